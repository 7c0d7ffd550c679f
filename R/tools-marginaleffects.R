# Methods for marginaleffects: predictions, parameters and their covariance in its form.

#' marginaleffects on a fit
#'
#' With `options(marginaleffects_model_classes = "nn_fit")` the functions of marginaleffects, such as `avg_slopes()` and `comparisons()`, take a fit and the data as `newdata`.
#'
#' Standard errors are by the delta method, from the covariances that [vcov()][vcov.nn_fit] is made of; the fit then has to keep its data (`keep = "data"`). An ensemble, a network whose training
#' maximised no likelihood, and one whose weights the data cannot tell have none: there is a warning of class `backprop_warning_no_covariance` with the reason, and `vcov = FALSE` asks for none. marginaleffects asks for a prediction for
#' each parameter of the network.
#'
#' @param model A model from [nn_train()].
#' @param newdata New rows.
#' @param type `"response"`, the predictions of [nn_predict()].
#' @param coefs Parameters in the order of `get_coef()`.
#' @param vcov `FALSE` for no standard errors.
#' @param ... What marginaleffects passes on; not used.
#' @return `get_predict()`: a data frame of `rowid`, `estimate` and, of several outputs or classes, `group`. `get_coef()`: all parameters, named. `set_coef()`: the fit with others. `get_vcov()`: their covariances, 0 for those that
#'   are redundant by construction, or `NULL`.
#' @name marginaleffects-methods
NULL

#' @rdname marginaleffects-methods
#' @exportS3Method marginaleffects::get_predict
get_predict.nn_fit <- function(model, newdata, type = "response", ...) {
  if (!is.null(type)) check_choice(type, "type", "response", quote(get_predict()))
  value <- nn_predict(model, newdata)
  n <- nrow(value)
  rows <- data.frame(rowid = if (is.null(newdata[["rowid"]])) seq_len(n) else newdata[["rowid"]])
  if (ncol(value) == 1L) {
    return(cbind(rows, estimate = as.vector(value)))
  }
  groups <- if (is.null(colnames(value))) paste0("y", seq_len(ncol(value))) else colnames(value)
  data.frame(rowid = rep(rows$rowid, ncol(value)), group = factor(rep(groups, each = n), groups), estimate = as.vector(value))
}

#' @rdname marginaleffects-methods
#' @exportS3Method marginaleffects::get_coef
get_coef.nn_fit <- function(model, ...) {
  model <- validate_fit(model, "model", quote(get_coef()), ensembles = TRUE)
  # Of several networks there is no covariance that their parameters would be asked for.
  if (is_ensemble(model)) numeric() else stats::setNames(as_parameters(model), parameter_names(model))
}

#' @rdname marginaleffects-methods
#' @exportS3Method marginaleffects::set_coef
set_coef.nn_fit <- function(model, coefs, ...) {
  model <- validate_fit(model, "model", quote(set_coef()))
  layers <- as_layers(unname(coefs), model$weights, model$biases)
  if (is.null(model$ancillary)) layers$ancillary <- NULL
  model[names(layers)] <- layers
  model
}

#' @rdname marginaleffects-methods
#' @exportS3Method marginaleffects::get_vcov
get_vcov.nn_fit <- function(model, vcov = NULL, ...) {
  call <- quote(get_vcov())
  model <- validate_fit(model, "model", call, ensembles = TRUE)
  if (isFALSE(vcov)) {
    return(NULL)
  }
  if (!is.null(vcov) && !isTRUE(vcov)) {
    stop_argument("vcov", "`TRUE` or `FALSE`", vcov, call = call)
  }
  covariance <- tryCatch(
    curvature(problem_of_object(model, NULL, call, NULL, NULL), FALSE, call)$inverse,
    backprop_error = function(cnd) {
      said <- cnd$message
      warn_backprop("no_covariance", c("There are no standard errors. {said}", i = "{.code vcov = FALSE} asks for none."))
    }
  )
  if (!is.matrix(covariance)) {
    return(NULL)
  }
  names <- parameter_names(model)
  dimnames(covariance) <- list(names, names)
  covariance
}
