# Steps 10 to 12: from the deltas to new weights and biases. Plain gradient descent is the article's one formula; other
# rules, and a penalty or clipping, go by the gradient and what the optimizer keeps, each a step of its own.

# `kind` is "weights" or "biases".
update_steps <- function(l, kind, seen, record, plan, state_before) {
  # Layers without such parameters, and those that are frozen, have nothing to update.
  if (length(seen$before[[kind]][[l]]) == 0L || lr_factor_in(l, plan) == 0) {
    return(list())
  }
  if (!is_dense_in(l, plan)) {
    return(kind_update_steps(l, kind, seen, record, plan, state_before))
  }
  if (plan$plain) {
    return(list(descend_step(l, kind, seen, record, plan)))
  }
  update <- gather_update(l, kind, seen, record, plan, state_before)
  c(
    list(gradient_step(l, kind, seen, plan, update$keys[["gradient"]])),
    lapply(update$slots, slot_step, update),
    list(rule_step(kind, update))
  )
}

# Step 12: what the family trains of its own, by its own derivative of the loss and the same rule as biases.
own_steps <- function(seen, record, plan, state_before) {
  update <- gather_update(plan$layers, "ancillary", seen, record, plan, state_before)
  key <- update$keys[["w"]]
  operands <- list(Y = seen$y, output = seen$a[[plan$layers]], own_of(seen, plan))
  names(operands)[3L] <- key
  by_column <- ncol(seen$y) == ncol(update$gradient) && ncol(operands$output) == ncol(update$gradient)
  rows <- if (by_column) c("all", "j") else c("all", "all")
  reads <- stats::setNames(list(rows, rows, if (by_column) c("one", "j") else c("one", "all")), names(operands))
  if (!is.null(seen$case_weights)) {
    operands$case_weights <- seen$case_weights
    reads$case_weights <- c("all", "one")
  }
  clip <- clipping(seen, plan)
  gradient <- new_step(
    12L, plan$layers, update$keys[["gradient"]], paste("Gradient of the loss by the", update$where), "update", "engine",
    paste0("derivative of the loss by ", key, ", all rows together", if (clip < 1) ", clipped"), operands, reads, update$gradient,
    note = paste0("As the engine computed it: ", own_texts[[plan$loss]], "."), values = list(clipped = clip)
  )
  c(list(gradient), lapply(update$slots, slot_step, update), list(rule_step("ancillary", update)))
}

# All that the steps of one layer's update share.
gather_update <- function(l, kind, seen, record, plan, state_before) {
  key <- plan$keys[[kind]][l]
  rule <- trace_rules[[plan$optimizer$name]]
  slots <- names(seen$state)
  # A known rule's in the order in which they depend on each other; of others, what has a name before and after.
  slots <- if (is.null(rule)) intersect(slots[nzchar(slots)], names(state_before)) else intersect(names(rule), slots)
  part <- function(state) lapply(state[slots], function(slot) slot[[kind]][[l]])
  list(
    number = c(weights = 10L, biases = 11L, ancillary = 12L)[[kind]], layer = l, name = plan$optimizer$name, rule = rule, slots = slots,
    # Roles of the templates and the keys that play them; sprintf() makes none of no slots.
    keys = c(w = key, gradient = paste0("gradient_", key), stats::setNames(sprintf("%s_%s", slots, key), slots)),
    where = if (kind == "ancillary") "parameters of the family" else paste(kind, "of the", plan$keys$text[l]),
    gradient = seen$gradient[[kind]][[l]],
    before = seen$before[[kind]][[l]], after = seen$after[[kind]][[l]],
    slots_before = part(state_before), slots_after = part(seen$state),
    scalars = c(list(lr = record$lr * lr_factor_in(l, plan), t = record$optimizer_state$steps), decayed_hyperparameters(plan$optimizer, setting(record$decay, 1) * decay_factor_in(l, plan)))
  )
}

# With the weight decay as the schedule had it in that step.
decayed_hyperparameters <- function(optimizer, decay) {
  hyperparameters <- hyperparameters_of(optimizer)
  if (!is.null(hyperparameters$weight_decay) && !is.null(decay)) hyperparameters$weight_decay <- hyperparameters$weight_decay * decay
  hyperparameters
}

# A number that the optimizer keeps for each weight.
slot_step <- function(slot, update) {
  update_step(
    slot, paste0(gsub("_", " ", slot), ", ", update$where), update$rule[[slot]], update,
    operands = c(list(gradient = update$gradient), update$slots_before),
    before = update$slots_before[[slot]], result = update$slots_after[[slot]]
  )
}

# The new weights.
rule_step <- function(kind, update) {
  own <- kind != "weights" && !is.null(update$rule$biases)
  update_step(
    "w", paste("New", update$where), update$rule[[if (own) "biases" else "weights"]], update,
    operands = c(list(w = update$before, gradient = update$gradient), update$slots_after),
    before = update$before, result = update$after
  )
}

# `template` is NULL for a rule that is not in the table: then the numbers stand without a formula.
update_step <- function(role, name, template, update, operands, before, result) {
  if (!is.null(template)) {
    operands <- operands[intersect(template_names(template), names(operands))]
  }
  names(operands) <- update$keys[names(operands)]
  reads <- lapply(operands, function(operand) c("i", "j"))
  key <- update$keys[[role]]
  if (is.null(template)) {
    return(new_step(
      update$number, update$layer, key, name, "update", "engine", paste("the rule of", update$name),
      operands, reads, result,
      before = before, note = update$rule$note
    ))
  }
  cell_step(
    update$number, update$layer, key, name, "update", template, operands, reads, result,
    scalars = update$scalars, roles = update$keys, before = before
  )
}

# The article's rule: weights + lr * t(input) %*% delta.
descend_step <- function(l, kind, seen, record, plan) {
  key <- plan$keys[[kind]][l]
  delta_key <- plan$keys$delta[l]
  delta <- seen$delta[[l]]
  before <- seen$before[[kind]][[l]]
  after <- seen$after[[kind]][[l]]
  lr <- record$lr * lr_factor_in(l, plan)
  note <- paste("lr =", format(lr, digits = 4))
  values <- list(lr = lr)
  if (kind == "biases") {
    return(new_step(
      11L, l, key, paste("New biases of the", plan$keys$text[l]), "update", "descend_biases",
      paste0(key, " + lr * colSums(", delta_key, ")"),
      operand_list(c(key, delta_key), before, delta), operand_list(c(key, delta_key), c("i", "j"), c("all", "j")),
      after,
      shape = paste0(dims(before), " + lr * (1 x ", ncol(delta), ") = ", dims(after)),
      note = note, values = values, before = before
    ))
  }
  input <- layer_input(l, seen, plan)
  from <- c(key, input$key, delta_key)
  new_step(
    10L, l, key, paste("New weights of the", plan$keys$text[l]), "update", "descend_weights",
    paste0(key, " + lr * t(", input$key, ") %*% ", delta_key),
    operand_list(from, before, input$value, delta), operand_list(from, c("i", "j"), c("all", "i"), c("all", "j")),
    after,
    shape = paste0(dims(before), " + lr * ", dims(t(input$value)), " %*% ", dims(delta), " = ", dims(after)),
    note = note, values = values, before = before
  )
}

# The gradient as the optimizer gets it: penalty included, clipped.
gradient_step <- function(l, kind, seen, plan, gradient_key) {
  delta_key <- plan$keys$delta[l]
  delta <- seen$delta[[l]]
  gradient <- seen$gradient[[kind]][[l]]
  name <- paste("Gradient of the loss by the", kind, "of the", plan$keys$text[l])
  number <- if (kind == "weights") 10L else 11L
  clip <- clipping(seen, plan)
  clip_note <- if (clip < 1) {
    factor <- format(clip, digits = 4)
    paste0("The whole gradient was shortened to the norm ", format(plan$clip_norm), ": times ", factor, ".")
  }
  if (kind == "biases") {
    return(new_step(
      number, l, gradient_key, name, "update", "gradient_biases",
      paste0("-colSums(", delta_key, ")", if (clip < 1) " * clipping"),
      operand_list(delta_key, delta), operand_list(delta_key, c("all", "j")), gradient,
      shape = paste(dims(delta), "summed by column =", dims(gradient)), note = clip_note, values = list(clip = clip)
    ))
  }
  input <- layer_input(l, seen, plan)
  from <- c(input$key, delta_key)
  operands <- operand_list(from, input$value, delta)
  reads <- operand_list(from, c("all", "i"), c("all", "j"))
  penalised <- plan$penalty * decay_factor_in(l, plan) > 0
  if (penalised) {
    operands[[plan$keys$weights[l]]] <- seen$before$weights[[l]]
    reads[[plan$keys$weights[l]]] <- c("i", "j")
  }
  new_step(
    number, l, gradient_key, name, "update", "gradient_weights",
    paste0("-t(", input$key, ") %*% ", delta_key, if (penalised) " + penalty", if (clip < 1) " * clipping"),
    operands, reads, gradient,
    shape = paste0("-", dims(t(input$value)), " %*% ", dims(delta), " = ", dims(gradient)),
    note = paste(c(if (penalised) penalty_note(decayed_penalty(l, seen, plan), plan$mixture), clip_note), collapse = " "),
    values = list(clip = clip, penalty = penalty_strength(l, seen, plan), mixture = plan$mixture)
  )
}

penalty_note <- function(penalty, mixture) {
  parts <- c(
    if (mixture < 1) paste(format(penalty * (1 - mixture)), "* w"),
    if (mixture > 0) paste(format(penalty * mixture), "* sign(w)")
  )
  paste0("Penalty on each weight: ", paste(parts, collapse = " + "), ".")
}

# The factor by which the gradient was shortened; 1 where it was not.
clipping <- function(seen, plan) {
  if (is.null(plan$clip_norm)) {
    return(1)
  }
  numbers <- unlist(seen$gradient, use.names = FALSE)
  norm <- sqrt(sum(numbers^2))
  if (!is.finite(norm) || norm < plan$clip_norm * (1 - 1e-9)) {
    return(1)
  }
  # Recover the factor from one number of a dense layer: a bias, whose gradient has no penalty, where there are any.
  of_dense <- function(kind) {
    which(vapply(seq_along(seen$delta), function(l) is_dense_in(l, plan) && length(seen$gradient[[kind]][[l]]) > 0L && lr_factor_in(l, plan) > 0, NA))
  }
  dense <- of_dense("biases")
  if (length(dense) > 0L) {
    raw <- lapply(seen$delta[dense], colSums)
    kept <- lapply(seen$gradient$biases[dense], `-`)
  } else {
    dense <- of_dense("weights")
    raw <- lapply(dense, function(l) crossprod(layer_input(l, seen, plan)$value, seen$delta[[l]]) - penalty_of(l, seen, plan))
    kept <- lapply(seen$gradient$weights[dense], `-`)
  }
  raw <- unlist(raw, use.names = FALSE)
  largest <- which.max(abs(raw))
  factor <- unlist(kept, use.names = FALSE)[largest] / raw[largest]
  # Of numbers beyond all bounds there is none to tell, nor in networks without a dense layer that learns.
  if (length(factor) == 1L && is.finite(factor)) factor else 1
}

# The penalty's part of the gradient by a layer's weights.
penalty_of <- function(l, seen, plan) {
  w <- seen$before$weights[[l]]
  penalty_strength(l, seen, plan) * ((1 - plan$mixture) * w + plan$mixture * sign(w))
}

# The penalty of a layer in a step: sums over a batch have their share of it.
penalty_strength <- function(l, seen, plan) {
  share <- if (plan$sum) nrow(seen$delta[[l]]) / plan$rows else 1
  decayed_penalty(l, seen, plan) * share
}

# The penalty of a layer as the schedule had it in a step.
decayed_penalty <- function(l, seen, plan) plan$penalty * setting(seen$decay, 1) * decay_factor_in(l, plan)
