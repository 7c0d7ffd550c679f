# Predictions and residuals on the training data, which a fit keeps only when asked to.

#' Fitted values and residuals
#'
#' A fit keeps no data by default: give them again as `data`, or train with `keep = "data"`.
#'
#' @param object A model from [nn_train()].
#' @param data The training data (or others) in the form that training took: a data frame for a formula,
#'   `list(X =, Y =)` otherwise; for `fitted()` the inputs alone will do. With an offset or case weights add them to the list:
#'   `list(X =, Y =, offset =)`, or `list(data =, offset =)` for a formula.
#' @param ... Not used.
#' @param type Of residuals: `"response"`, `"pearson"` or `"deviance"`.
#' @return A matrix with a row per row of data and a column per output, as [nn_predict()] gives it. With outcomes y and predictions p,
#'   case weights w (1 without), residuals are
#'   * `"response"`: \eqn{y-p}, in the outcome's own units; for a factor y is 0 or 1 for each output;
#'   * `"pearson"`: \eqn{\sqrt{w}(y-p)/\sqrt{v(p)}}{sqrt(w) (y-p) / sqrt(v(p))}, where the variance v(p) is 1 for a Gaussian likelihood,
#'     \eqn{p(1-p)} for probabilities, p for counts;
#'   * `"deviance"`: the root of each value's share of the [deviance()][logLik.nn_fit], with the sign of \eqn{y-p}. Of several classes, the one
#'     that was observed has all of a row's share, \eqn{-2\log p}{-2 log(p)}.
#' @section Errors:
#' Without data an error of class `backprop_error_no_data`. Pearson's and deviance residuals need a likelihood (class
#' `backprop_error_no_likelihood`, see [logLik()][logLik.nn_fit]).
#' @examples
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, epochs = 500, activation = "tanh", seed = 1)
#' head(fitted(fit, data = mtcars))
#' head(residuals(fit, data = mtcars))
#'
#' counts <- nn_train(carb ~ wt + hp, data = mtcars, output = "exp", loss = "poisson", epochs = 200,
#'                    seed = 1)
#' head(residuals(counts, data = mtcars, type = "deviance"))
#' @importFrom stats fitted
#' @export
fitted.nn_fit <- function(object, data = NULL, ...) {
  call <- quote(fitted())
  validate_fit(object, "object", call)
  data <- data_or_kept(object, data, call)
  has_outcome <- object$interface != "formula" && is.list(data) && !is.data.frame(data)
  X <- if (has_outcome) data$X else take_inputs(data)
  predict_outputs(object, X, "data", NULL, call, extra_of(data, "offset"))
}

take_inputs <- function(data) if (is.list(data) && !is.data.frame(data)) data$data else data

#' @rdname fitted.nn_fit
#' @importFrom stats residuals
#' @export
residuals.nn_fit <- function(object, data = NULL, type = "response", ...) {
  call <- quote(residuals())
  validate_fit(object, "object", call)
  check_choice(type, "type", c("response", "pearson", "deviance"), call)
  if (type != "response") {
    return(likelihood_residuals(object, data, type, call))
  }
  known <- data_of(object, data, call)
  predicted <- predict_outputs(object, known$X, "data", NULL, call, known$offset)
  # In place, to keep the names of the predictions' rows and columns.
  predicted[] <- beside(encode_outcome(known$outcome, object$settings$output), predicted) - predicted
  predicted
}

data_or_kept <- function(fit, data, call) {
  if (!is.null(data)) {
    return(data)
  }
  if (is.null(fit$data)) {
    stop_backprop("no_data", c(
      "{.arg data} is missing, and the model keeps no data.",
      i = "Give the data again as {.arg data}, or train with {.code keep = \"data\"}."
    ), call = call)
  }
  fit$data
}

# Inputs and outcome of some data, the outcome read as training read it.
data_of <- function(fit, data, call) {
  data <- data_or_kept(fit, data, call)
  if (fit$interface == "formula") {
    X <- take_inputs(data)
    if (!is.data.frame(X)) {
      stop_argument("data", "a data frame, as in training", data, call = call)
    }
    Y <- forge_outcome(X, fit, call)
  } else {
    if (!is.list(data) || is.null(data$X) || is.null(data$Y)) {
      stop_argument("data", "a list of `X` and `Y`, as in training", data, call = call)
    }
    X <- data$X
    Y <- data$Y
  }
  outcome <- read_outcome(Y, like = fit$outcome, arg = if (fit$interface == "formula") "data" else "Y", call = call)
  check_same_rows(NROW(X), outcome, call)
  list(X = X, outcome = outcome, case_weights = extra_of(data, "case_weights"), offset = extra_of(data, "offset"))
}

# What stands beside X and Y, or beside the data frame, in a list of data.
extra_of <- function(data, name) if (is.list(data) && !is.data.frame(data)) data[[name]]
