# Steps 5 to 9: errors, slopes and deltas, from the output back.

# Step 5. For a loss paired with its output E is for information: the error by z arises in one piece.
error_step <- function(seen, plan) {
  output <- seen$a[[plan$layers]]
  e <- spread_columns(seen$y, output) - output
  known <- trace_losses[[plan$loss]]
  operands <- list(Y = seen$y, output = output)
  reads <- list(Y = if (ncol(seen$y) == ncol(output)) c("i", "j") else c("i", "one"), output = c("i", "j"))
  template <- "{Y} - {output}"
  note <- NULL
  if (plan$paired) {
    result <- e
    note <- paste0(
      "For information: with the ", plan$functions[plan$layers], " output and ", gsub("_", " ", plan$loss),
      " the slope cancels, and d_output arises in one piece."
    )
  } else if (!is.null(known)) {
    result <- known$value(e, plan$loss_par) / (if (plan$sum) 1 else (nrow(e) * plan$mean_weight) * ncol(e))
    template <- known$template
    if (!is.null(seen$case_weights)) {
      result <- result * as.vector(seen$case_weights)
      template <- paste0("{case_weights} * ", if (plan$sum) paste0("(", template, ")") else template)
      operands$case_weights <- seen$case_weights
      reads$case_weights <- c("i", "one")
    }
    if (!plan$sum) {
      note <- paste0("Minus the derivative of the loss by the output; ", divisor_note(plan, e), ".")
    }
  } else {
    # A loss whose formula is not in the table: what the engine must have had.
    result <- seen$delta[[plan$layers]] / seen$slope[[plan$layers]]
    template <- "{d_output} / {slope_output_layer}"
    operands <- list(d_output = seen$delta[[plan$layers]], slope_output_layer = seen$slope[[plan$layers]])
    reads <- list(d_output = c("i", "j"), slope_output_layer = c("i", "j"))
    note <- "Minus the derivative of the loss by the output."
  }
  dimnames(result) <- dimnames(output)
  cell_step(
    5L, plan$layers, "E", "Error at the output", "backward", template, operands, reads, result,
    scalars = loss_scalars(plan, e), note = note
  )
}

loss_scalars <- function(plan, e) {
  par <- trace_losses[[plan$loss]]$par
  c(list(n = (nrow(e) * plan$mean_weight), k = ncol(e)), if (!is.null(par)) stats::setNames(list(plan$loss_par), par))
}

# Several outputs may share one outcome (quantiles).
spread_columns <- function(y, output) {
  if (ncol(y) == ncol(output)) y else y[, rep(1L, ncol(output)), drop = FALSE]
}

divisor_note <- function(plan, e) {
  text <- paste0("n = ", count_text(nrow(e), "row"))
  if (plan$mean_weight != 1) {
    text <- paste0(text, " times their mean weight ", format(plan$mean_weight, digits = 4))
  }
  if (plan$loss == "cross_entropy") text else paste0(text, ", k = ", count_text(ncol(e), "output"))
}

slope_step <- function(l, seen, plan) {
  keys <- plan$keys
  fun <- plan$functions[l]
  template <- trace_functions[[fun]]$slope
  name <- paste("Slope of the", keys$text[l])
  of_z <- is.null(template) || !grepl("{a}", template, fixed = TRUE)
  operands <- operand_list(if (of_z) keys$z[l] else keys$a[l], if (of_z) seen$z[[l]] else seen$a[[l]])
  roles <- stats::setNames(names(operands), if (of_z) "z" else "a")
  mask <- dropout_mask(l, seen, plan)
  if (!is.null(mask)) {
    operands[[mask$key]] <- mask$result
    roles[["dropout"]] <- mask$key
    if (!is.null(template)) {
      template <- gsub("{a}", "({a} / {dropout})", template, fixed = TRUE)
      template <- paste0("if({dropout} > 0, {dropout} * (", template, "), 0)")
    }
  }
  reads <- lapply(operands, function(operand) c("i", "j"))
  if (is.null(template)) {
    return(new_step(
      6L, l, keys$slope[l], name, "backward", "engine", paste("slope of", fun, "at", keys$z[l]),
      operands, reads, seen$slope[[l]]
    ))
  }
  cell_step(
    6L, l, keys$slope[l], name, "backward", template, operands, reads, seen$slope[[l]], roles = roles,
    note = if (l == plan$layers && plan$paired) "For information: d_output does not need it."
  )
}

# Step 7 for the output, steps 8 and 9 for a hidden layer.
delta_steps <- function(l, seen, plan) {
  keys <- plan$keys
  both <- c(keys$error[l], keys$slope[l])
  if (l == plan$layers && plan$paired) {
    return(list(paired_step(seen, plan)))
  }
  product <- cell_step(
    if (l == plan$layers) 7L else 9L, l, keys$delta[l], paste("Delta of the", keys$text[l]), "backward",
    paste0("{", both[1L], "} * {", both[2L], "}"), operand_list(both, seen$error[[l]], seen$slope[[l]]),
    operand_list(both, c("i", "j"), c("i", "j")), seen$delta[[l]]
  )
  if (l == plan$layers) {
    return(list(product))
  }
  from <- c(keys$delta[l + 1L], keys$weights[l + 1L])
  next_delta <- seen$delta[[l + 1L]]
  next_w <- seen$before$weights[[l + 1L]]
  list(
    new_step(
      8L, l, keys$error[l], paste("Error at the", keys$text[l]), "backward", "back",
      paste0(from[1L], " %*% t(", from[2L], ")"),
      operand_list(from, next_delta, next_w), operand_list(from, c("i", "all"), c("j", "all")), seen$error[[l]],
      shape = paste0(dims(next_delta), " %*% ", dims(t(next_w)), " = ", dims(seen$error[[l]]))
    ),
    product
  )
}

paired_step <- function(seen, plan) {
  delta <- seen$delta[[plan$layers]]
  template <- paired_losses[[plan$loss]]
  operands <- list(Y = seen$y, output = seen$a[[plan$layers]])
  reads <- list(Y = c("i", "j"), output = c("i", "j"))
  if (!is.null(seen$case_weights)) {
    template <- paste0("{case_weights} * ", template)
    operands$case_weights <- seen$case_weights
    reads$case_weights <- c("i", "one")
  }
  cell_step(
    7L, plan$layers, "d_output", "Delta of the output layer", "backward", template, operands, reads, delta,
    scalars = loss_scalars(plan, delta),
    note = paste0(
      "With the ", plan$functions[plan$layers], " output and ", gsub("_", " ", plan$loss),
      " it arises in one piece, without E and slope_output_layer; ", divisor_note(plan, delta), "."
    )
  )
}
