# What configurations are compared by: one measure of the predictions of rows that were held out, on the outcome's own scale.

# The measure where none was typed: the same whichever losses the configurations have.
choose_metric <- function(outcome, choices) {
  losses <- unique(vapply(choices, function(choice) choice$loss, ""))
  if (outcome$kind %in% c("factor", "logical") || outcome$unit) {
    classes <- all(losses %in% c("sse", "mse", "binary_cross_entropy", "cross_entropy"))
    return(if (classes) "log_loss" else "loss")
  }
  squared <- all(losses %in% c("sse", "mse", "mae", "huber")) && (any(losses %in% c("sse", "mse")) || length(losses) > 1L)
  if (squared) "rmse" else "loss"
}

# `choices`: the output, loss and number of outputs of each configuration.
check_metric <- function(metric, outcome, choices) {
  if (is.null(metric)) {
    metric <- choose_metric(outcome, choices)
  }
  check_choice(metric, "metric", names(stop_metrics), call = tuning_call)
  for (choice in unique(choices)) check_metric_fits(metric, "metric", choice$output, outcome, choice$outputs, choice$loss)
  of_loss <- unique(lapply(choices, function(choice) choice[c("loss", "loss_par")]))
  if (metric == "loss" && length(of_loss) > 1L) {
    stop_tuning(
      "Configurations of different losses are not to be compared by {.code metric = \"loss\"}.",
      "Give a {.arg metric} that is the same for all, such as {.val rmse} for numbers or {.val log_loss} for classes."
    )
  }
  metric
}

# The measure on the rows `held` of what was given: `value`, the `rows` that were judged, and how many `unknown` have a level that training had not.
judge_fit <- function(fit, given, held, metric, units) {
  data <- given_rows_as_data(given, held)
  # As typed; training reads them for itself.
  weights <- if (!is.null(given$case_weights)) as.double(unclass(given$case_weights))[held]
  offset <- if (length(given$offset) > 1L) pick_rows_of(given$offset, held) else given$offset
  known <- data_of(fit, data, tuning_call, weights, offset, gaps = TRUE)
  used <- which(finite_rows(known$x))
  judged <- list(value = NA_real_, rows = length(used), unknown = nrow(known$x) - length(used))
  if (length(used) == 0L) {
    return(judged)
  }
  family <- family_of(fit)
  if (metric == "loss" && !is.null(family) && !family$classical) {
    offset <- if (length(offset) > 1L) pick_rows_of(offset, used) else offset
    likelihood <- stats::logLik(fit, data = given_rows_as_data(given, held[used]), case_weights = pick(weights, used), offset = offset)
    judged$value <- -as.double(likelihood) / attr(likelihood, "nobs")
    return(judged)
  }
  predicted <- means_of(predict_rows(fit, known, "data", NULL, tuning_call), fit)[used, , drop = FALSE]
  y <- known$targets(fit$settings)[used, , drop = FALSE]
  weights <- pick(weights, used)
  if (fit$outcome$kind == "counts") {
    weights <- weigh_trials(weights, read_outcome(pick_rows_of(known$Y, used), like = fit$outcome, call = tuning_call))
  }
  judged$value <- measure(metric, unname(predicted), unname(y), weights, fit$settings, units)
  judged
}

given_rows_as_data <- function(given, rows) {
  if (has_one_table(given$interface)) {
    return(list(data = given$original$data[rows, , drop = FALSE]))
  }
  list(X = pick_rows_of(given$original$X, rows), Y = pick_rows_of(given$Y, rows))
}
