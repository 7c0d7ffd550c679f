# Split conformal prediction: intervals from the errors on rows that training has not seen.

# Limits for each output: a list of a matrix [rows x sides]. For an interval, the prediction plus and minus a quantile of
# the calibration rows' absolute errors; for single quantiles, plus one of their errors.
conformal_limits <- function(fit, new_data, type, sides, arguments, threads, call) {
  calibration <- arguments$calibration
  if (fit$outcome$kind == "factor") {
    stop_backprop("incompatible", "{.code type = \"{type}\"} needs a numeric outcome.", call = call)
  }
  errors <- if (is.null(calibration)) errors_held_back(fit, type, call) else errors_on(fit, calibration, threads, call)
  predicted <- predict_outputs(fit, new_data, "new_data", threads, call, arguments$offset)
  limits <- lapply(seq_len(ncol(predicted)), function(k) {
    shift <- if (type == "quantile") {
      vapply(sides, conformal_quantile, 0, errors = errors[, k], call = call)
    } else {
      c(-1, 1) * conformal_quantile(diff(sides), abs(errors[, k]), call)
    }
    outer(unname(predicted[, k]), shift, `+`)
  })
  names(limits) <- output_names(fit)
  limits
}

errors_on <- function(fit, calibration, threads, call) {
  known <- data_of(fit, calibration, call, gaps = TRUE)
  errors <- known$targets(fit$settings) - predict_rows(fit, known, "calibration", threads, call)
  if (anyNA(errors)) errors[stats::complete.cases(errors), , drop = FALSE] else errors
}

# An ensemble's own: of rows that the networks averaged there had not trained on.
errors_held_back <- function(fit, type, call) {
  errors <- if (is_ensemble(fit)) fit$out_of_fold$errors
  if (is.null(errors)) {
    stop_no_calibration(fit, type, call)
  }
  do.call(cbind, errors)
}

# With n errors and a new one exchangeable, the new one is at most the k-th smallest with probability k / (n + 1). So upper quantiles
# are rounded up and lower ones down: what they promise holds exactly, for any network.
conformal_quantile <- function(level, errors, call, arg = "calibration") {
  n <- length(errors)
  place <- (n + 1) * level
  k <- if (level >= 0.5) ceiling(place - 1e-9) else floor(place + 1e-9)
  if (k < 1 || k > n) {
    needed <- ceiling(max(1 / level, 1 / (1 - level)) - 1 - 1e-9)
    stop_backprop("calibration", c(
      "{.arg {arg}} has too few rows for that level: {n}; it takes at least {needed}."
    ), call = call)
  }
  sort(errors, partial = k)[k]
}

stop_no_calibration <- function(fit, type, call) {
  delta <- identical(family_of(fit)$family, "gaussian")
  stop_backprop("calibration", c(
    "{.code type = \"{type}\"} needs {.arg calibration}: rows that training has not seen, with their outcome.",
    i = "Split them off before training. They take the form of training's data, a data frame for a formula, {.code list(X =, Y =)} otherwise.",
    i = if (delta) "{.code method = \"delta\"} computes the intervals from the training data, rough for a network of this size."
  ), call = call)
}
