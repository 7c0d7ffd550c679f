# How well a fit predicts: one row for each measure that suits its outcome, in the names of the tidymodels.

#' Measures of a fit on data
#'
#' Judges predictions against outcomes by the measures that suit the outcome, and gives them as a tibble with a row for each. Take data that training has
#' not seen: on those it has, every network looks better than it is.
#'
#' Rows have case weights w (1 without), outcomes y and predictions p; every mean is weighted by w.
#'
#' | outcome | `.metric` | what it is |
#' |---|---|---|
#' | numbers | `rmse`, `mae` | root of the mean squared error, mean absolute error, in the outcome's units |
#' | | `rsq_trad` | \eqn{1 - \sum w (y-p)^2 / \sum w (y-\bar y)^2}{1 - sum(w (y - p)^2) / sum(w (y - mean(y))^2)}; `NA` where y does not vary |
#' | of `"poisson"`, `"negative_binomial"`, `"gamma"` | `mean_deviance` | the [deviance][logLik.nn_fit] for each row |
#' | of `"poisson"`, `"negative_binomial"`, `"beta"`, `"location_scale"` | `log_loss` | the mean of minus the log density that the family predicts for y |
#' | quantiles | `pinball` | the mean loss of each quantile tau: \eqn{\tau e}{tau e} where the error e = y - p is positive, \eqn{(\tau - 1) e}{(tau - 1) e} where it is negative |
#' | | `coverage` | the share of outcomes at or below each quantile, which should be tau |
#' | classes | `accuracy` | the share of rows whose likeliest class is theirs |
#' | | `bal_accuracy` | the mean, over the classes that rows have, of the share of each that is found |
#' | | `mn_log_loss` | the mean of \eqn{-\log p}{-log(p)} of the class that was observed, p at least 1e-15 |
#' | | `brier_class` | half the mean of \eqn{\sum_k (y_k - p_k)^2}{sum over classes of (y - p)^2}: of two classes \eqn{(y - p)^2} of either (Brier 1950) |
#' | | `ece` | expected calibration error: over bins of equally many rows, the mean distance between the mean probability and the share observed; of two classes by the probability of the second, of more by that of the class predicted and whether it is right (Guo et al. 2017) |
#' | two classes | `roc_auc` | the probability that a row of the second class has a higher prediction than one of the first, ties counted half |
#'
#' Classes are a factor; a logical, or numbers that are 0 and 1, under a sigmoid output; and counts of trials, where each trial is a case. Where outputs of several
#' classes do not sum to 1 (sigmoid outputs), they are divided by their sum. Without a row of each of the two classes `roc_auc` is `NA`.
#'
#' @param fit A model from [nn_train()], one network or an ensemble, calibrated by [nn_calibrate()] or not.
#' @param data Data to judge it on, in the form that training took: a data frame for a formula, `list(X =, Y =)` otherwise. `NULL`: those that the fit keeps,
#'   with the weights they had in training.
#' @param ... Not used; a misspelt argument is an error.
#' @param case_weights,offset Weights of rows and offset. Those that a formula's fit found in columns of its data are found in `data` too; where training had weights and `data` have none, a message
#'   (class `backprop_message_unweighted`) says that all rows count the same.
#' @param bins How many bins `ece` has. Equal probabilities stay in one bin, so that there may be fewer.
#' @return A tibble with `.metric`, `.estimate`, and `n`, the rows that were judged: those with a prediction, an outcome and a weight above 0. With several
#'   outcomes or quantiles there is a row for each, named in `.output`.
#' @section Errors:
#' Times of an event have measures of their own (class `backprop_error_incompatible`). Without data an error of class `backprop_error_no_data`, without a row
#' that can be judged of class `backprop_error_empty`.
#' @references
#' Brier, G. W. (1950). Verification of forecasts expressed in terms of probability. *Monthly Weather Review*, 78(1), 1-3.
#'
#' Guo, C., Pleiss, G., Sun, Y., & Weinberger, K. Q. (2017). On calibration of modern neural networks. *ICML 2017*, 1321-1330.
#' @examples
#' held <- seq(1, 150, by = 3)
#' fit <- nn_train(Species ~ ., data = iris[-held, ], preset = "textbook",
#'                 hidden = 4, activation = "tanh", epochs = 200, seed = 1)
#' nn_metrics(fit, iris[held, ])
#'
#' line <- nn_train(mpg ~ wt, data = mtcars[1:20, ], preset = "textbook", hidden = c(), epochs = 500)
#' nn_metrics(line, mtcars[21:32, ])
#' @seealso [nn_reliability()], [nn_calibrate()]
#' @export
nn_metrics <- function(fit, data = NULL, ..., case_weights = NULL, offset = NULL, bins = 15) {
  call <- quote(nn_metrics())
  fit <- check_fit_given(fit, call)
  refuse_dots(..., known = c("fit", "data", "case_weights", "offset", "bins"), call = call)
  bins <- check_count(bins, "bins", call = call)
  judged <- judge(fit, data, call, case_weights, offset)
  classes <- judged_classes(fit, judged)
  if (!is.null(classes)) {
    return(metrics_table(measure_classes(classes, bins), length(judged$weights)))
  }
  metrics_table(measure_numbers(fit, judged), length(judged$weights))
}

# Outcomes `y` and what is `predicted` for them, in the same columns, of the rows that have both, with their `weights`.
judge <- function(fit, data, call, case_weights = NULL, offset = NULL) {
  if (fit$outcome$kind == "survival") {
    stop_backprop("incompatible", c(
      "Times of an event cannot be judged here: censored ones have no error.",
      i = "{.code survival::concordance()} and the like take what {.code predict(fit, type = \"survival\")} or {.val linear_pred} gives."
    ), call = call)
  }
  known <- data_of(fit, data, call, case_weights, offset, gaps = TRUE)
  if (isTRUE(fit$settings$case_weights) && is.null(known$case_weights)) tell_unweighted(call)
  predicted <- unname(predict_rows(fit, known, "data", NULL, call))
  y <- known$targets(fit$settings)
  weights <- setting(read_case_weights(known$case_weights, nrow(y), call = call), rep(1, nrow(y)))
  # Those that a fit keeps count their trials already.
  if (fit$outcome$kind == "counts" && !is.null(data)) weights <- weights * trials_of(fit, data, call)
  used <- which(rowSums(is.na(predicted)) == 0 & rowSums(is.na(y)) == 0 & weights > 0)
  if (length(used) == 0L) {
    stop_backprop("empty", c(
      "{.arg data} has no row with a prediction and an outcome.",
      i = "Rows with missing values cannot be judged."
    ), call = call)
  }
  list(y = unname(y[used, , drop = FALSE]), predicted = predicted[used, , drop = FALSE], weights = weights[used])
}

# New data often have no weights, and are judged without: not in silence, since training had them.
tell_unweighted <- function(call) {
  where <- if (identical(call, quote(summary()))) {
    "Give {.arg data} as a list with an element {.field case_weights}."
  } else {
    "Give {.arg case_weights}; a 1 for each row says that none are meant."
  }
  inform_backprop("unweighted", c("The model was trained with {.arg case_weights}, and {.arg data} have none: all rows count the same here.", i = where))
}

# A tibble of what is a list of named measures for each output.
metrics_table <- function(measures, n) {
  each <- lengths(measures)
  columns <- list(.metric = unlist(lapply(measures, names), use.names = FALSE))
  if (length(measures) > 1L) columns$.output <- rep(names(measures), each)
  columns$.estimate <- unlist(measures, use.names = FALSE)
  columns$n <- rep(n, sum(each))
  tibble::new_tibble(columns, nrow = sum(each))
}

# For each column of predictions its measures.
measure_numbers <- function(fit, judged) {
  quantiles <- identical(fit$settings$loss, "quantile")
  weights <- judged$weights
  predicted <- means_of(judged$predicted, fit)
  y <- beside(judged$y, predicted)
  own <- if (!quantiles) measure_family(fit, judged$y, judged$predicted, weights)
  measures <- lapply(seq_len(ncol(predicted)), function(j) {
    error <- y[, j] - predicted[, j]
    if (quantiles) {
      return(measure_quantile(error, fit$settings$loss_par[j], weights))
    }
    c(measure_errors(error, y[, j], weights), if (!is.null(own)) own[j, ])
  })
  names <- if (quantiles) output_names(fit) else fit$outcome$names
  stats::setNames(measures, if (length(names) == length(measures)) names else paste0("y", seq_along(measures)))
}

measure_errors <- function(error, y, weights) {
  total <- sum(weights * (y - stats::weighted.mean(y, weights))^2)
  c(
    rmse = sqrt(stats::weighted.mean(error^2, weights)), mae = stats::weighted.mean(abs(error), weights),
    rsq_trad = if (total > 0) 1 - sum(weights * error^2) / total else NA_real_
  )
}

measure_quantile <- function(error, tau, weights) {
  c(pinball = stats::weighted.mean(pmax(tau * error, (tau - 1) * error), weights), coverage = stats::weighted.mean(error <= 0, weights))
}

# What the family says of each value, where its predictions on the outcome's scale are all that it takes: a matrix with a row for each outcome.
measure_family <- function(fit, y, predicted, weights) {
  family <- family_of(fit)
  if (is.null(family) || !is.null(fit$outcome$transform) || (!is.null(family$whole) && !family$whole$test(y))) {
    return(NULL)
  }
  mean_of_columns <- function(values) colSums(values * weights) / sum(weights)
  cbind(
    mean_deviance = if (family$output == "exp") mean_of_columns(family$shares(y, predicted, list(fit = fit))),
    log_loss = if (!is.null(family$log_density)) -mean_of_columns(family$log_density(y, predicted, fit))
  )
}

# How far the predictions on some data are from their outcomes, in the outcome's own units: what summary() shows.
measure_error <- function(fit, data, call, offset) {
  if (fit$outcome$kind == "survival") {
    return(NULL)
  }
  judged <- judge(fit, data, call, offset = offset)
  rows <- length(judged$weights)
  if (fit$outcome$kind == "factor") {
    return(list(rows = rows, accuracy = measure_classes(judged_classes(fit, judged), 1L)[[1L]][["accuracy"]]))
  }
  predicted <- means_of(judged$predicted, fit)
  error <- beside(judged$y, predicted) - predicted
  mean_of_columns <- function(values) colSums(values * judged$weights) / sum(judged$weights)
  list(rows = rows, rmse = sqrt(mean_of_columns(error^2)), mae = mean_of_columns(abs(error)))
}
