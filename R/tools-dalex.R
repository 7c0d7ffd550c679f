# Methods for DALEX: predictions as its explainers take them, and what kind of model it is.

#' Explaining a fit with DALEX
#'
#' `DALEX::explain(fit, data =, y =)` needs no `predict_function`: these methods say what the predictions are.
#'
#' @param X.model,model A model from [nn_train()].
#' @param newdata New rows.
#' @param is_multiclass Whether DALEX found more than two classes; the fit knows.
#' @param ... For `yhat()` further arguments of [nn_predict()].
#' @return `yhat()`: what [nn_predict()] gives, as a vector where that is one column (of two classes the probability of the second), else a matrix with a column per class or output.
#'   `model_info()`: a list of class `model_info` with `package`, `ver` and `type` (`"regression"`, `"classification"` or `"multiclass"`).
#' @examplesIf requireNamespace("DALEX", quietly = TRUE)
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, preset = "textbook", epochs = 100, seed = 1)
#' explainer <- DALEX::explain(fit, data = mtcars[c("wt", "hp")], y = mtcars$mpg, verbose = FALSE)
#' DALEX::model_performance(explainer)
#' @name DALEX-methods
NULL

#' @rdname DALEX-methods
#' @exportS3Method DALEX::yhat
yhat.nn_fit <- function(X.model, newdata, ...) {
  value <- nn_predict(X.model, newdata, ...)
  if (is.matrix(value) && ncol(value) == 1L) as.vector(value) else value
}

#' @rdname DALEX-methods
#' @exportS3Method DALEX::model_info
model_info.nn_fit <- function(model, is_multiclass = FALSE, ...) {
  model <- validate_fit(model, "model", quote(model_info()), ensembles = TRUE)
  outcome <- model$outcome
  type <- if (outcome$kind == "logical" || (outcome$kind == "factor" && outcome$k == 2L)) {
    "classification"
  } else if (outcome$kind == "factor") {
    "multiclass"
  } else {
    "regression"
  }
  structure(list(package = "backprop", ver = package_version_text(), type = type), class = "model_info")
}
