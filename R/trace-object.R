# The trace as an object: from what was recorded to the list that trace.R describes.

new_trace <- function(recorded) {
  plan <- trace_plan(recorded)
  records <- recorded$trace
  states <- c(list(first_state(recorded, plan)), lapply(records, function(record) record$optimizer_state$slots))
  steps <- lapply(seq_along(records), function(i) steps_of_iteration(records[[i]], i, plan, states[[i]]))
  losses <- losses_of_trace(recorded)
  count <- length(records)
  number <- function(field) vapply(records, function(record) as.double(record[[field]]), 0)
  rows <- lengths(lapply(records, `[[`, "rows"))
  fit <- recorded$fit
  structure(
    list(
      steps = unlist(steps, recursive = FALSE),
      iterations = data.frame(
        iteration = seq_len(count), epoch = as.integer(number("epoch")), lr = number("lr"), rows = rows,
        loss = number("loss_sum") / (if (plan$sum) 1 else rows * plan$mean_weight),
        loss_before = losses[seq_len(count)], loss_after = losses[-1L]
      ),
      network = c(fit$settings[c("sizes", "activation", "output", "loss", "optimizer")]),
      settings = fit$settings,
      lr = if (count > 0L) records[[1L]]$lr else recorded$engine$lr,
      loss = c(before = losses[1L], after = losses[count + 1L]),
      names = list(
        parameters = plan$parameters, inputs = plan$units[[1L]], hidden = plan$units[-c(1L, length(plan$units))],
        outputs = plan$units[[length(plan$units)]], rows = plan$row_names
      ),
      keys = plan$keys[c("weights", "biases", "z", "a", "slope", "error", "delta")],
      start = if (count > 0L) records[[1L]]$before,
      end = if (count > 0L) records[[count]]$after,
      engine = with_own(engine_of_scaled_data(recorded$engine), if (count > 0L) records[[1L]]$before),
      mean_weight = plan$mean_weight
    ),
    class = "nn_trace"
  )
}

# Names of the engine's targets, where these are no values of the outputs.
target_names <- function(fit, outputs) {
  family <- family_of(fit)
  if (is.null(family)) outputs else family$target_names(fit, outputs)
}

# What is the same for all iterations.
trace_plan <- function(recorded) {
  engine <- recorded$engine
  fit <- recorded$fit
  layers <- length(engine$sizes) - 1L
  hidden <- lapply(engine$sizes[-c(1L, layers + 1L)], function(n) paste0("h", seq_len(n)))
  outputs <- named_outputs(fit)
  shared <- engine$loss == "quantile"
  if (shared) outputs <- paste0("q", vapply(engine$loss_par, format, ""))
  units <- c(list(input_names(fit)), hidden, list(outputs))
  if (is.null(engine[["layers"]])) {
    labels <- lapply(seq_len(layers), function(l) list(rows = units[[l]], columns = units[[l + 1L]], biases = units[[l + 1L]]))
  } else {
    labels <- layer_labels(fit)
    units[-1L] <- lapply(labels, function(label) label$out)
    if (length(outputs) == length(units[[layers + 1L]])) units[[layers + 1L]] <- outputs
  }
  weights <- recorded$case_weights
  penalty <- if (is.null(engine$penalty)) 0 else engine$penalty
  rows <- rownames(recorded$x)
  if (is.null(rows)) {
    rows <- as.character(if (is.null(recorded$rows)) seq_len(nrow(recorded$x)) else recorded$rows)
  }
  described <- lapply(seq_len(layers), function(l) layer_at(fit$settings, l))
  list(
    layers = layers,
    described = described,
    copies = utils::tail(layer_shapes(fit$settings)$copies, 1L),
    parameters = labels,
    worded = if (is_told(engine$loss)) worded_losses[[engine$loss]] else untold_loss,
    keys = c(trace_keys(layers), list(ancillary = c(rep("", layers - 1L), unname(own_keys[engine$loss])))),
    units = units,
    outcome_names = if (shared) setting(fit$outcome$names, "y") else target_names(fit, outputs),
    own_names = own_names(fit),
    row_names = rows,
    rows = nrow(recorded$x),
    batches = engine$batch_size < nrow(recorded$x),
    functions = c(engine$activation, engine$output),
    dropout = if (length(engine$dropout) == 0L) numeric(layers - 1L) else rep_len(engine$dropout, layers - 1L),
    loss = engine$loss,
    loss_par = engine$loss_par,
    sum = isTRUE(all_losses[[engine$loss]]$sum),
    paired = is_paired(engine),
    mean_weight = if (is.null(weights)) 1 else mean(weights),
    offset = recorded$offset,
    optimizer = engine$optimizer,
    penalty = penalty,
    mixture = if (is.null(engine$mixture)) 0 else engine$mixture,
    clip_norm = engine$clip_norm,
    plain = engine$optimizer$name %in% c("gd", "sgd") && penalty == 0 && is.null(engine$clip_norm),
    scaled_x = !is.null(engine$center),
    scaled_y = !is.null(fit$outcome$center)
  )
}

# What the optimizer keeps before the first step: from an earlier fit, else zeros (rprop's first steps: lr).
first_state <- function(recorded, plan) {
  state <- recorded$start$optimizer_state$slots
  if (!is.null(state) || length(recorded$trace) == 0L) {
    return(state)
  }
  slots <- recorded$trace[[1L]]$optimizer_state$slots
  Map(function(slot, name) {
    value <- if (name == "step_size") recorded$engine$lr else 0
    rapply(slot, function(x) x * 0 + value, how = "replace")
  }, slots, names_of(slots))
}

# Loss of all rows before each recorded step and after the last.
losses_of_trace <- function(recorded) {
  last <- utils::tail(recorded$trace, 1L)
  networks <- c(lapply(recorded$trace, function(record) record$before), lapply(last, function(record) record$after))
  vapply(networks, function(network) {
    loss <- engine_evaluate(
      with_own(recorded$engine, network), network$weights, network$biases, recorded$x, recorded$y, recorded$case_weights, recorded$offset
    )
    answered(loss)$loss
  }, 0)
}

# What the engine is told, with the own parameters of the loss as a network has them.
with_own <- function(engine, network) {
  if (!is.null(network$ancillary)) engine$ancillary <- network$ancillary
  engine
}

# The recorded X and Y are as the network sees them: scaled already.
engine_of_scaled_data <- function(engine) {
  engine[c("center", "scale", "encoding", "trace_steps", "validation")] <- NULL
  engine
}
