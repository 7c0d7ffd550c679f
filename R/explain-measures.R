# How wrong predictions are, by the measure that an importance is counted in: each a function of predictions, inputs and outcome.

# `name`; `sign`, 1 where less is better; `score`, a function of the predictions of all rows as predict_rows() gives them or, `by_inputs`, of their inputs.
measure_of <- function(fit, metric, base, call) {
  if (is.function(metric)) {
    return(list(name = "custom", sign = 1, by_inputs = FALSE, score = own_measure(metric, base, call)))
  }
  if (is.null(metric)) metric <- "loss"
  check_choice(metric, "metric", explained_metrics, call)
  outcome <- fit$outcome
  fitting <- metrics_of_outcome(outcome)
  if (!metric %in% fitting) {
    stop_backprop("incompatible", c(
      "{.code metric = \"{metric}\"} does not go with a {outcome$kind} outcome.", i = "Use {.or {.val {fitting}}}, or a function of the outcome and the predictions."
    ), call = call)
  }
  if (metric == "auc" && length(unique(base$Y)) == 1L) {
    stop_backprop("outcome", "{.code metric = \"auc\"} needs rows of both levels, and all of {.arg data} have {.val {as.character(base$Y[1L])}}.", call = call)
  }
  by_inputs <- metric == "loss" && identical(family_of(fit)$averages, FALSE)
  score <- if (by_inputs) loss_by_engine(fit, base, call) else score_by(metric, fit, base)
  list(name = metric, sign = if (rises(metric)) -1 else 1, by_inputs = by_inputs, score = score)
}

words_of_metric <- function(metric) {
  if (metric %in% c("rmse", "mae", "auc")) toupper(metric) else if (metric == "custom") "measure" else gsub("_", " ", metric)
}

explained_metrics <- c("loss", "rmse", "mae", "log_loss", "brier", "accuracy", "auc")

metrics_of_outcome <- function(outcome) {
  if (outcome$kind == "survival") {
    return("loss")
  }
  if (outcome$kind != "factor") {
    return(c("loss", "rmse", "mae"))
  }
  c("loss", "log_loss", "brier", "accuracy", if (outcome$k == 2L) "auc")
}

# Several outcomes count in their own units.
score_by <- function(metric, fit, base) {
  numbers <- metric %in% c("rmse", "mae")
  y <- if (numbers) base$observed else base$y
  function(predicted) {
    if (numbers) {
      predicted <- means_of(predicted, fit)
      y <- beside(y, predicted)
    }
    measure(metric, unname(predicted), unname(y), base$weights, fit$settings, units = rep(1, ncol(predicted)))
  }
}

# The loss of families with parameters of their own, which predictions do not tell, by the engine from the inputs.
loss_by_engine <- function(fit, base, call) {
  engine <- derivative_specification(fit, call)
  y <- transform_outcome(base$y, fit$outcome$transform)
  if (!is.null(fit$outcome$center)) y <- scale_columns(y, fit$outcome$center, fit$outcome$scale)
  offset <- scale_offset(base$offset, fit$outcome$scale, fit$settings)
  function(x) answered(engine_evaluate(engine, fit$weights, fit$biases, x, y, base$weights, offset), call = call)$loss
}

own_measure <- function(metric, base, call) {
  function(predicted) {
    value <- metric(base$Y, if (ncol(predicted) == 1L) predicted[, 1L] else predicted)
    if (!is_one_number(value) || is.na(value)) {
      stop_argument("metric", "a function of the outcome and the predictions that gives one number", value, call = call)
    }
    as.double(value)
  }
}
