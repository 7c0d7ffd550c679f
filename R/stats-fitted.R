# Predictions and residuals on the training data, which a fit keeps only when asked to.

#' Fitted values and residuals
#'
#' A fit keeps no data by default: give them again as `data`, or train with `keep = "data"`.
#'
#' @param object A model from [nn_train()].
#' @param data The training data (or others) in the form that training took: a data frame for a formula,
#'   `list(X =, Y =)` otherwise; for `fitted()` the inputs alone will do.
#' @param case_weights,offset Weights of rows and offset, if training had any; those that a formula's fit found in columns of its data are
#'   found in `data` too. Elements of the same names in a list given as `data` (`list(data =, offset =)` for a formula) are understood as well.
#' @param ... Not used; a misspelt argument is an error.
#' @param type Of residuals: `"response"`, `"pearson"` or `"deviance"`.
#' @return A matrix with a row per row of data and a column per output, as [nn_predict()] gives it; `NA` in rows with missing values. With outcomes y and predictions p,
#'   case weights w (1 without), residuals are
#'   * `"response"`: \eqn{y-p}, in the outcome's own units; for a factor y is 0 or 1 for each output; of times of an event martingale residuals, the
#'     events that a row had less those that were to be expected by its time;
#'   * `"pearson"`: \eqn{\sqrt{w}(y-p)/\sqrt{v(p)}}{sqrt(w) (y-p) / sqrt(v(p))}, where the variance v(p) is 1 for a Gaussian likelihood,
#'     \eqn{p(1-p)} for probabilities, p for counts, the predicted one of `"location_scale"`, and otherwise as [nn_family()] says;
#'   * `"deviance"`: the root of each value's share of the [deviance()][logLik.nn_fit], with the sign of \eqn{y-p}. Of several classes, the one
#'     that was observed has all of a row's share, \eqn{-2\log p}{-2 log(p)}.
#' @section Errors:
#' Without data an error of class `backprop_error_no_data`. Pearson's and deviance residuals need a likelihood (class
#' `backprop_error_no_likelihood`, see [logLik()][logLik.nn_fit]).
#' @examples
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, preset = "textbook",
#'                 epochs = 500, activation = "tanh", seed = 1)
#' head(fitted(fit, data = mtcars))
#' head(residuals(fit, data = mtcars))
#'
#' counts <- nn_train(carb ~ wt + hp, data = mtcars, preset = "textbook",
#'                    output = "exp", loss = "poisson", epochs = 200,
#'                    seed = 1)
#' head(residuals(counts, data = mtcars, type = "deviance"))
#' @importFrom stats fitted
#' @export
fitted.nn_fit <- function(object, data = NULL, ..., offset = NULL) {
  call <- quote(fitted())
  refuse_dots(..., known = c("object", "data", "offset"), call = call)
  object <- validate_fit(object, "object", call, ensembles = TRUE)
  data <- data_or_kept(object, data, call)
  if (is.null(offset)) offset <- extra_of(data, "offset")
  predict_outputs(object, inputs_of(object, data), "data", NULL, call, offset)
}

#' @rdname fitted.nn_fit
#' @importFrom stats residuals
#' @export
residuals.nn_fit <- function(object, data = NULL, type = "response", ..., case_weights = NULL, offset = NULL) {
  call <- quote(residuals())
  refuse_dots(..., known = c("object", "data", "type", "case_weights", "offset"), call = call)
  object <- validate_fit(object, "object", call, ensembles = TRUE)
  check_choice(type, "type", c("response", "pearson", "deviance"), call)
  if (type != "response") {
    if (is_ensemble(object)) refuse_ensemble(object, "object", call)
    return(likelihood_residuals(object, data, type, call, case_weights, offset))
  }
  if (object$outcome$kind == "survival") {
    return(martingale_residuals(object, data, call, case_weights, offset))
  }
  known <- data_of(object, data, call, case_weights, offset, gaps = TRUE)
  predicted <- predict_rows(object, known, "data", NULL, call)
  predicted <- means_of(predicted, object)
  # In place, to keep the names of the predictions' rows and columns.
  predicted[] <- beside(known$targets(object$settings), predicted) - predicted
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

# The inputs alone, of data in the form that training took, or given alone.
inputs_of <- function(fit, data) {
  if (is.data.frame(data) || !is.list(data)) {
    return(data)
  }
  if (has_one_table(fit$interface)) data$data else data$X
}

# Inputs and outcome of some data, read as training read them: `x`, `outcome`, `case_weights`, `offset`, `row_names`, and where rows are left out `places`,
# those that stay. Rows with gaps are left out as training would leave them out, and refused where it would refuse them; with `gaps` they stay, unknown.
data_of <- function(fit, data, call, case_weights = NULL, offset = NULL, gaps = FALSE) {
  data <- data_or_kept(fit, data, call)
  one_table <- has_one_table(fit$interface)
  arg <- if (one_table) "data" else "X"
  X <- inputs_of(fit, data)
  if (one_table) {
    if (!is.data.frame(X)) {
      stop_argument("data", "a data frame, as in training", data, call = call)
    }
    Y <- new_outcome(X, fit, "data", call)
  } else {
    plain <- is.list(data) && (!is.object(data) || is.data.frame(data))
    if (!plain || is.null(data[["X"]]) || is.null(data[["Y"]])) {
      stop_argument("data", "a list of `X` and `Y`, as in training", data, call = call)
    }
    Y <- read_outcome_columns(data$Y)
  }
  if (!is_outcome(Y)) stop_no_outcome(Y, if (one_table) "data" else "Y", call)
  if (is.null(offset)) offset <- extra_of(data, "offset")
  if (is.null(case_weights)) case_weights <- extra_of(data, "case_weights")
  if (is.null(case_weights) && is.data.frame(X)) case_weights <- weights_in_data(X, fit)
  new <- read_new_rows(fit, X, arg, call, with_offset = is.null(offset), warn = gaps)
  known <- list(
    x = new$x, variables = new$variables, Y = Y, offset = if (is.null(offset)) new$offset else offset, case_weights = case_weights,
    offset_in_data = is.null(offset), row_names = new$rows
  )
  check_same_rows(nrow(known$x), NROW(Y), call)
  known["offset"] <- list(read_offset(known$offset, nrow(known$x), last_size(fit), call = call, gaps = TRUE, objective = fit$settings))
  if (nrow(known$x) == 0L) {
    stop_backprop("empty", "{.arg {arg}} must have at least one row.", call = call)
  }
  outcome_arg <- if (one_table) "data" else "Y"
  if (gaps) {
    known$targets <- targets_with_gaps(Y, fit, outcome_arg, call)
    return(known)
  }
  known <- complete_rows(known, fit, arg, call)
  known$outcome <- read_outcome(known$Y, like = fit$outcome, arg = outcome_arg, call = call)
  known
}

# A function of a fit's settings that gives the outcome as numbers, in the columns of predictions, NA where it is missing.
targets_with_gaps <- function(Y, fit, arg, call) {
  there <- is_known_outcome(Y)
  outcome <- read_outcome(if (all(there)) Y else pick_rows_of(Y, which(there)), like = fit$outcome, arg = arg, call = call)
  function(settings) {
    encoded <- observed_outcome(outcome, settings)
    if (all(there)) {
      return(encoded)
    }
    all <- matrix(NA_real_, length(there), ncol(encoded))
    all[there, ] <- encoded
    all
  }
}

# Rows without gaps, as training took them. Rows of weight 0 do not count.
complete_rows <- function(known, fit, arg, call) {
  n <- nrow(known$x)
  weights <- read_case_weights(known$case_weights, n, call = call)
  looked_at <- if (is.null(weights)) rep(TRUE, n) else weights > 0
  good <- finite_rows(known$x)
  # A level without weights is no gap: rows that have one are not to be left out without a word.
  if (!all(good[looked_at])) refuse_known_levels(known, which(looked_at), fit, arg, call)
  # What is no offset for these rows is refused for that, later.
  by_row <- length(known$offset) > 1L && is_number(known$offset) && NROW(known$offset) == n
  if (by_row) good <- good & finite_rows(as.matrix(known$offset))
  drop <- (!good | !is_known_outcome(known$Y)) & (isTRUE(fit$settings$na_action != "error") | !looked_at)
  if (any(!good & !drop)) {
    stop_incomplete(known, which(looked_at), fit, arg, call)
  }
  if (any(drop)) {
    if (all(drop)) {
      stop_backprop("empty", "{.arg {arg}} has no row without missing values.", call = call)
    }
    known <- keep_known(known, which(!drop))
  }
  known
}

# The rows `keep` of what data_of() has read.
keep_known <- function(known, keep) {
  n <- nrow(known$x)
  known$x <- known$x[keep, , drop = FALSE]
  known$Y <- pick_rows_of(known$Y, keep)
  known$case_weights <- known$case_weights[keep]
  if (length(known$offset) > 1L && NROW(known$offset) == n) known$offset <- pick_rows_of(known$offset, keep)
  known$row_names <- known$row_names[keep]
  known$places <- keep
  known
}

refuse_known_levels <- function(known, rows, fit, arg, call) {
  if (fit$interface == "matrix") {
    return(invisible())
  }
  unknown <- attr(known$variables, "unknown")
  if (any(unknown$rows %in% rows)) stop_unknown_levels(unknown, arg, call)
  refuse_new_levels(lapply(known$variables, pick_rows_of, rows), fit$blueprint$design, arg, call)
}

# Says which values are missing where.
stop_incomplete <- function(known, rows, fit, arg, call) {
  variables <- lapply(known$variables, pick_rows_of, rows)
  check_inputs_known(variables, arg, FALSE, call)
  x <- known$x[rows, , drop = FALSE]
  stop_unknown_inputs(x, if (is.null(colnames(x))) seq_len(ncol(x)) else colnames(x), arg, call)
}

# What stands beside X and Y, or beside the data frame, in a list of data.
extra_of <- function(data, name) if (is.list(data) && !is.data.frame(data)) data[[name]]
