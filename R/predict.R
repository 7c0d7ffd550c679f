# Predictions in the form of the tidymodels: a tibble with a row per row of the new data.

#' Predict, as a tibble
#'
#' Predictions by the conventions of the tidymodels. For a plain matrix see [nn_predict()].
#'
#' @param object A model from [nn_train()].
#' @param new_data A data frame or matrix of new inputs; columns are matched as [nn_predict()] describes. `newdata`, the name of R's own methods, is understood.
#' @param type What to predict; `NULL` is `"class"` for a factor, `"linear_pred"` or `"survival"` for times of an event, `"numeric"` otherwise.
#'
#'   | type | outcome | columns |
#'   |---|---|---|
#'   | `"numeric"` | numeric, logical or counts | `.pred`, or `.pred_<name>` for several outputs (`y1`, `y2` where they have no names); for a logical, the probability of `TRUE` |
#'   | `"class"` | factor or logical | `.pred_class`, a factor with the levels of the outcome; of a logical under a sigmoid output, a logical |
#'   | `"prob"` | factor or logical | `.pred_<level>` for every level, in order; of a logical `.pred_FALSE` and `.pred_TRUE` |
#'   | `"conf_int"` | any | `.pred_lower`, `.pred_upper`: where the mean is (of a factor, with `_<level>`: the probability); see below |
#'   | `"pred_int"` | numeric | `.pred_lower`, `.pred_upper`: where a new outcome is |
#'   | `"quantile"` | numeric | `.pred`, a list of a tibble for each row, with `.pred` and `.quantile` |
#'   | `"sd"` | numeric, family `"location_scale"` | `.pred_sd` (with `_<name>` of several): the standard deviation that is predicted with the mean |
#'   | `"linear_pred"` | times, family `"cox"` | `.pred_linear_pred`: the log of the relative hazard |
#'   | `"survival"` | times of an event | `.pred`, a list of a tibble for each row, with `.eval_time` and `.pred_survival`, the probability that the event comes after `time` |
#'   | `"hazard"` | times of an event | the same with `.pred_hazard`: of `"cox"` the cumulative hazard at `time`, of `"discrete_hazard"` the probability of the event in the interval of `time` |
#'   | `"spread"` | any, of an ensemble | `.spread` (with `_<name>` of several outputs, of a factor `_<level>`): the standard deviation of what its networks predict, each weighted by its share |
#' @param ... Not used; anything here is an error.
#' @param offset,epoch As in [nn_predict()].
#' @param threads Processor threads, as in [nn_train()].
#' @param level Confidence level of `"conf_int"` and `"pred_int"`.
#' @param quantile_levels Levels of the quantiles, between 0 and 1. `NULL`: those that a network with quantile loss was trained on; for
#'   others 0.05, 0.25, 0.5, 0.75 and 0.95.
#' @param time Times to predict survival or hazards at. `NULL`: the ends of the intervals, or for `"cox"` the deciles of the times of events.
#' @param data For the delta method, the training data, in the form that [logLik()][logLik.nn_fit] takes; not needed if the fit keeps
#'   them.
#' @param calibration For the conformal method, rows that training has not seen, with their outcome: a data frame for a formula,
#'   `list(X =, Y =)` otherwise.
#' @param cost Of `"class"`, what decisions cost: a matrix with a row for each true class and a column for each decision, in the order of the levels or named by
#'   them, or what [nn_threshold()] returns. The class of the smallest expected cost is predicted, which asks for probabilities that mean what they say (see
#'   [nn_calibrate()]). `NULL`: the likeliest class.
#' @param method `"delta"`, `"conformal"`, or `NULL` to choose as described below.
#' @section A tibble, a vector, a factor:
#' The result is a tibble whatever is predicted, so take its column for computations: `mean((predict(fit, data)$.pred - data$y)^2)`,
#' `table(predict(fit, data)$.pred_class, data$class)`. [nn_predict()] gives plain values: `mean((nn_predict(fit, data) - data$y)^2)`,
#' `table(nn_predict(fit, data, type = "class"), data$class)`.
#'
#' @section Intervals:
#' By the **delta method** the standard error of a prediction is \eqn{\sqrt{g^\top V g}}{sqrt(g' V g)}, with the derivatives g of the linear
#' predictor (the output before its activation) by all parameters, and their covariance V (see [vcov()][vcov.nn_fit]). Confidence intervals are
#' computed for the linear predictor and brought through the output's activation (for softmax, those of each class's log-odds). Prediction
#' intervals and quantiles of a Gaussian outcome add the variance of the errors; quantiles are Student's t. It assumes that the
#' likelihood is right and that the weights are identified and at the minimum.
#'
#' By **split conformal prediction** (Papadopoulos et al. 2002, Lei et al. 2018) the interval is the prediction plus and minus the k-th smallest absolute error on n
#' calibration rows, \eqn{k = \lceil (n+1)\,\mathrm{level} \rceil}{k = ceiling((n + 1) level)}. It contains a new outcome with at least that
#' probability, on average over rows, for any network and any distribution, if the rows are exchangeable. Quantiles are taken of the errors with their
#' signs.
#'
#' `method = NULL` takes the delta method for networks without hidden layers, and for those with one and ten rows or more for each parameter, under a
#' likelihood (Gaussian for `"pred_int"` and `"quantile"`); elsewhere the conformal one. Confidence intervals exist by the delta method only. A network with quantile loss gives `"quantile"` and `"pred_int"`
#' from its own outputs, for the levels that it was trained on.
#' @references
#' Lei, J., G'Sell, M., Rinaldo, A., Tibshirani, R. J., & Wasserman, L. (2018). Distribution-free predictive inference for regression. *Journal of the
#' American Statistical Association*, 113(523), 1094-1111.
#'
#' Papadopoulos, H., Proedrou, K., Vovk, V., & Gammerman, A. (2002). Inductive confidence machines for regression. *ECML 2002*, 345-356.
#' @return A tibble with as many rows as `new_data`, in its order. Rows with missing values (unless the fit fills them in), or with
#'   factor levels that training did not have (this with a warning), are `NA`.
#' @section Errors:
#' As [nn_predict()], and an unknown `type`, or one that does not fit the outcome.
#' @examples
#' fit <- nn_train(Species ~ ., data = iris, preset = "textbook",
#'                 hidden = 4, activation = "tanh", epochs = 200, seed = 1)
#' predict(fit, iris[c(1, 51, 101), ])
#' predict(fit, iris[c(1, 51, 101), ], type = "prob")
#'
#' line <- nn_train(mpg ~ wt, data = mtcars, preset = "textbook",
#'                  hidden = c(), epochs = 1000, keep = "data", seed = 1)
#' predict(line, data.frame(wt = 2:4), type = "conf_int")
#' predict(line, data.frame(wt = 2:4), type = "pred_int", level = 0.8)
#'
#' # Any network, with rows held back from training:
#' held <- seq(2, 50, by = 2)
#' deep <- nn_train(dist ~ speed, data = cars[-held, ], preset = "textbook",
#'                  hidden = c(5, 3), activation = "tanh",
#'                  epochs = 500, seed = 1)
#' predict(deep, data.frame(speed = 10), type = "pred_int", level = 0.9, calibration = cars[held, ])
#' @importFrom stats predict
#' @export
predict.nn_fit <- function(object, new_data, type = NULL, ..., threads = NULL, level = 0.95,
                           quantile_levels = NULL, data = NULL, calibration = NULL, method = NULL,
                           offset = NULL, epoch = NULL, time = NULL, cost = NULL) {
  call <- quote(predict())
  object <- validate_fit(object, "object", call, c("description", "weights"), ensembles = TRUE)
  dots <- list(...)
  if (missing(new_data) && identical(names(dots), "newdata")) {
    # What R's own methods call it.
    new_data <- dots$newdata
  } else {
    refuse_dots(..., known = predict_arguments, call = call)
  }
  if (missing(new_data)) {
    stop_backprop("missing_argument", "{.arg new_data} is missing: give the rows to predict.", call = call)
  }
  object <- at_epoch(object, epoch, "object", call)
  type <- resolve_type(type, object, call)
  check_cost_wanted(cost, type, call)
  if (!is.null(cost)) cost <- check_cost(cost, levels_of(object), call)
  if (type %in% interval_types && !is_ensemble(object)) check_parts(object, "record", "object", call)
  if (type %in% interval_types) {
    arguments <- list(
      level = level, quantile_levels = quantile_levels, data = data, calibration = calibration, method = method,
      offset = offset
    )
    return(predict_intervals(object, new_data, type, arguments, threads, call))
  }
  if (type == "spread") {
    return(predict_spread(object, new_data, threads, call, offset))
  }
  value <- predict_outputs(object, new_data, "new_data", threads, call, offset)
  if (object$outcome$kind == "survival") {
    return(predict_survival(object, value, type, time, call))
  }
  k <- object$outcome$k
  switch(type,
    numeric = tibble_of_numbers(means_of(value, object)),
    sd = tibble_of_columns(value[, k + seq_len(k), drop = FALSE], sub("^sd", ".pred_sd", colnames(value)[k + seq_len(k)])),
    class = tibble::new_tibble(list(.pred_class = decide(value, object, cost)), nrow = nrow(value)),
    prob = tibble_of_shares(value, levels_of(object))
  )
}

predict_arguments <- c(
  "object", "new_data", "type", "threads", "level", "quantile_levels", "data", "calibration", "method",
  "offset", "epoch", "time", "cost"
)

prediction_types <- c("numeric", "class", "prob", interval_types, "sd", "linear_pred", "survival", "hazard", "spread")

# Where the family has types of its own, these; of a factor whatever the likelihood the classes, of numbers the numbers.
resolve_type <- function(type, fit, call) {
  kind <- fit$outcome$kind
  family <- family_of(fit)
  fitting <- if (!is.null(family$types)) {
    family$types
  } else if (kind == "factor") {
    c("class", "prob", "conf_int")
  } else if (kind == "counts") {
    c("numeric", "conf_int")
  } else {
    c("numeric", if (!is.null(levels_of(fit))) c("class", "prob"), interval_types)
  }
  fitting <- c(fitting, "spread")
  if (is.null(type)) {
    return(fitting[1L])
  }
  check_choice(type, "type", prediction_types, call)
  if (!type %in% fitting) {
    stop_backprop("incompatible", c(
      "{.code type = \"{type}\"} does not go with a {kind} outcome.",
      i = "Use {.or {.val {fitting}}}."
    ), call = call)
  }
  type
}

tibble_of_numbers <- function(value) {
  names <- colnames(value)
  if (ncol(value) == 1L) {
    names <- ".pred"
  } else {
    names <- paste0(".pred_", if (is.null(names)) paste0("y", seq_len(ncol(value))) else names)
  }
  tibble_of_columns(value, names)
}

# One sigmoid output stands for both levels.
tibble_of_shares <- function(value, levels) {
  if (ncol(value) == 1L) {
    value <- cbind(1 - value, value)
  }
  tibble_of_columns(value, paste0(".pred_", levels))
}

tibble_of_columns <- function(value, names) {
  columns <- lapply(seq_len(ncol(value)), function(j) unname(value[, j]))
  names(columns) <- names
  tibble::new_tibble(columns, nrow = nrow(value))
}

# The classes of an outcome: those of a factor, or of a logical whose output is a probability; NULL where it has none.
levels_of <- function(fit) {
  outcome <- fit$outcome
  if (outcome$kind == "logical" && outcome$k == 1L && fit$settings$output == "sigmoid") c("FALSE", "TRUE") else outcome$levels
}

decide <- function(value, fit, cost) {
  levels <- levels_of(fit)
  class <- if (is.null(cost)) class_of(value, levels) else class_by_cost(value, levels, cost)
  if (fit$outcome$kind == "logical") class == "TRUE" else class
}

# The likeliest level; of equals the first, so that no random draw is made.
class_of <- function(value, levels) {
  if (ncol(value) == 1L) {
    code <- ifelse(value[, 1L] > 0.5, 2L, 1L)
  } else {
    known <- !is.na(value[, 1L])
    code <- rep(NA_integer_, nrow(value))
    code[known] <- max.col(value[known, , drop = FALSE], ties.method = "first")
  }
  factor(levels[as.integer(code)], levels = levels)
}
