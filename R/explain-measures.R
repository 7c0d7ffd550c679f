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
  list(name = metric, sign = if (metric %in% rising_metrics) -1 else 1, by_inputs = by_inputs, score = score)
}

# Of which more is better.
rising_metrics <- c("accuracy", "auc")

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

score_by <- function(metric, fit, base) {
  settings <- fit$settings
  y <- base$observed
  weights <- base$weights
  mean_of_rows <- function(value) weighted_mean(value, weights)
  if (metric == "loss") {
    # On the outcome's own scale, so that it means the same for an ensemble.
    return(function(predicted) mean_loss(settings$loss, settings$loss_par, settings$output, predicted, base$y, weights, settings$custom))
  }
  if (fit$outcome$kind == "factor") {
    codes <- as.integer(base$Y)
    of_class <- cbind(seq_along(codes), codes)
    return(switch(metric,
      accuracy = function(predicted) mean_of_rows(as.integer(class_of(predicted, fit$outcome$levels)) == codes),
      log_loss = function(predicted) mean_of_rows(-log(pmax(class_shares(predicted)[of_class], 1e-15))),
      brier = function(predicted) {
        error <- class_shares(predicted)
        error[of_class] <- error[of_class] - 1
        mean_of_rows(rowSums(error^2))
      },
      auc = function(predicted) area_under_curve(class_shares(predicted)[, 2L], codes == 2L, weights)
    ))
  }
  size <- if (metric == "rmse") function(error) sqrt(mean_of_rows(rowMeans(error^2))) else function(error) mean_of_rows(rowMeans(abs(error)))
  function(predicted) {
    predicted <- means_of(predicted, fit)
    size(beside(y, predicted) - predicted)
  }
}

# How often, by weight, a row of the second class has the larger score; of equals half.
area_under_curve <- function(score, second, weights) {
  if (is.null(weights)) weights <- rep(1, length(score))
  place <- match(score, sort(unique(score)))
  of <- function(rows) vapply(split(weights * rows, factor(place, seq_len(max(place)))), sum, 0, USE.NAMES = FALSE)
  first <- of(!second)
  sum(of(second) * (cumsum(first) - first / 2)) / (sum(weights[second]) * sum(first))
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
