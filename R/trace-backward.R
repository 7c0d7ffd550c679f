# Steps 5 to 9: errors, slopes and deltas, from the output back.

# Step 5. For a loss paired with its output E is for information: the error by z arises in one piece.
error_step <- function(seen, plan) {
  output <- seen$a[[plan$layers]]
  result <- seen$error[[plan$layers]]
  if (plan$copies > 1L) {
    if (is.null(result)) result <- seen$delta[[plan$layers]]
    return(members_step(5L, "E", "Error at the output", seen, plan, result))
  }
  known <- trace_losses[[plan$loss]]
  operands <- list(Y = seen$y, output = output)
  reads <- list(Y = if (ncol(seen$y) == ncol(output)) c("i", "j") else c("i", "one"), output = c("i", "j"))
  template <- "{Y} - {output}"
  note <- NULL
  if (plan$paired && plan$loss != "custom") {
    note <- paste0(
      "For information: with the ", plan$functions[plan$layers], " output and ", gsub("_", " ", plan$loss),
      if (plan$loss %in% names(own_keys) || !is_told(plan$loss)) "" else " the slope cancels, and", " d_output arises in one piece."
    )
    if (plan$loss == "discrete_hazard") {
      template <- "if({Y} < 0, 0, {Y} - {output})"
      note <- paste(note, "Of -1 in Y, where a row is not at risk, nothing is learnt.")
    }
  } else if (!is.null(known)) {
    template <- known$template
    if (!is.null(seen$case_weights)) {
      template <- paste0("{case_weights} * ", if (plan$sum) paste0("(", template, ")") else template)
      operands$case_weights <- seen$case_weights
      reads$case_weights <- c("i", "one")
    }
    if (!plan$sum) {
      note <- paste0("Minus the derivative of the loss by the output; ", divisor_note(plan, output), ".")
    }
  } else {
    # No template: where the slope of these losses' outputs is 1, the engine's delta is it.
    if (all_losses[[plan$loss]]$of_inputs) result <- seen$delta[[plan$layers]]
    return(worded_step(5L, "E", "Error at the output", seen, plan, "Minus the derivative of the loss by the output", result))
  }
  cell_step(
    5L, plan$layers, "E", "Error at the output", "backward", template, operands, reads, result,
    scalars = loss_scalars(plan, output), note = note
  )
}

loss_scalars <- function(plan, e) {
  par <- trace_losses[[plan$loss]]$par
  c(list(n = (nrow(e) * plan$mean_weight), k = ncol(e)), if (!is.null(par)) stats::setNames(list(plan$loss_par), par))
}

divisor_note <- function(plan, e) {
  text <- paste0("n = ", count_text(nrow(e), "row"))
  if (plan$mean_weight != 1) {
    text <- paste0(text, " times their mean weight ", format(plan$mean_weight, digits = 4))
  }
  if (plan$loss %in% c("cross_entropy", "discrete_hazard", "ordinal", "cox", "custom")) text else paste0(text, ", k = ", count_text(ncol(e), "output"))
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
  if (l == plan$layers && plan$copies > 1L) {
    return(list(members_step(7L, keys$delta[l], "Delta of the output layer", seen, plan, seen$delta[[l]])))
  }
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
  if (!comes_back_dense(l, plan)) {
    return(list(kind_back_step(l, seen, plan), product))
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

# What the engine computed of a loss that no template tells, in words.
worded_step <- function(number, key, name, seen, plan, what, result = seen$delta[[plan$layers]]) {
  worded <- plan$worded
  output <- seen$a[[plan$layers]]
  operands <- list(Y = seen$y, output = output)
  reads <- list(Y = worded$reads, output = worded$reads)
  formula <- worded$formula
  if (!is.null(seen$case_weights)) {
    operands$case_weights <- seen$case_weights
    reads$case_weights <- if (worded$reads[1L] == "all") c("all", "one") else c("i", "one")
    formula <- paste0("case_weights * (", formula, ")")
  }
  if (!is.null(seen$before$ancillary)) {
    own <- plan$keys$ancillary[plan$layers]
    operands[[own]] <- own_of(seen, plan)
    reads[[own]] <- if (worded$reads[2L] == "j") c("one", "j") else c("one", "all")
  }
  new_step(
    number, plan$layers, key, name, "backward", "engine", formula, operands, reads, result,
    note = paste0(what, ", as the engine computed it: ", worded$note, "; ", divisor_note(plan, seen$y), ".")
  )
}

paired_step <- function(seen, plan) {
  if (plan$loss == "custom") {
    both <- c("E", "output")
    return(new_step(
      7L, plan$layers, "d_output", "Delta of the output layer", "backward", "engine", "output * (E - rowSums(E * output))",
      operand_list(both, seen$error[[plan$layers]], seen$a[[plan$layers]]), operand_list(both, c("i", "all"), c("i", "all")),
      seen$delta[[plan$layers]], note = "By softmax each output depends on all weighted inputs of its row; as the engine computed it."
    ))
  }
  if (!is.null(plan$worded)) {
    return(worded_step(7L, "d_output", "Delta of the output layer", seen, plan, "Minus the derivative of the loss by output_layer_input, in one piece"))
  }
  delta <- seen$delta[[plan$layers]]
  template <- paired_losses[[plan$loss]]
  operands <- list(Y = seen$y, output = seen$a[[plan$layers]])
  reads <- list(Y = c("i", "j"), output = c("i", "j"))
  own <- plan$keys$ancillary[plan$layers]
  if (own %in% template_names(template)) {
    operands[[own]] <- own_of(seen, plan)
    reads[[own]] <- c("one", "j")
  }
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
