# What configurations are compared by: one measure of the predictions of rows that were held out, on the outcome's own scale.

# Whether more is better.
rises <- function(metric) metric %in% c("auc", "accuracy")

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
  weights <- pick(given$case_weights, held)
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
  if (given$interface == "formula") {
    return(list(data = given$original$data[rows, , drop = FALSE]))
  }
  list(X = pick_rows_of(given$original$X, rows), Y = pick_rows_of(given$Y, rows))
}

# Measures of predictions p of outcomes y with weights w. Means are the engine's, of a network whose outputs are the predictions.
measure <- function(metric, p, y, w, settings, units) {
  if (!all(is.finite(p))) {
    return(NA_real_)
  }
  mean_of <- function(loss, output, p) mean_loss(loss, numeric(), output, p, y, w)
  of_number <- function(loss) mean_loss(loss, numeric(), "linear", p / rep(units, each = nrow(p)), y / rep(units, each = nrow(y)), w)
  single <- settings$output == "sigmoid"
  weighted_mean <- function(of_row) if (is.null(w)) mean(of_row) else sum(w * of_row) / sum(w)
  switch(metric,
    loss = mean_loss(settings$loss, settings$loss_par, settings$output, p, y, w, settings$custom),
    log_loss = mean_of(outputs[[settings$output]], settings$output, p),
    brier = (if (single) 2 else 1) * weighted_mean(rowSums((y - p)^2)),
    accuracy = weighted_mean(if (single) rowMeans((p > 0.5) == (y > 0.5)) else max.col(p, "first") == max.col(y, "first")),
    auc = area_under_curve(p[, 1L], y[, 1L] > 0.5, if (is.null(w)) rep(1, nrow(p)) else w),
    rmse = sqrt(of_number("mse")),
    mae = of_number("mae"),
    deviance = {
      loss <- outputs[[settings$output]]
      # Losses that are means over outputs, too, and half of a deviance where they are logarithms.
      times <- (if (settings$output == "softmax") 1 else ncol(y)) * (if (settings$output == "linear") 1 else 2)
      times * (mean_of(loss, settings$output, p) - mean_of(loss, settings$output, y))
    }
  )
}

# The probability that a row of the second class is above one of the first, ties counting half. NA where a class has no row.
area_under_curve <- function(p, second, w) {
  if (all(second) || !any(second)) {
    return(NA_real_)
  }
  at <- match(p, sort(unique(p)))
  size <- max(at)
  sums <- function(rows) {
    total <- numeric(size)
    found <- rowsum(w[rows], at[rows])
    total[as.integer(rownames(found))] <- found[, 1L]
    total
  }
  above <- sums(second)
  below <- sums(!second)
  sum(above * (cumsum(below) - below / 2)) / (sum(above) * sum(below))
}
