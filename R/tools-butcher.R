# Methods for butcher: what a fit can do without, taken out.

#' Smaller fits with butcher
#'
#' `butcher::butcher()` takes out of a fit what [predict()][predict.nn_fit] does not need. Predictions stay the same, to the bit; what else a fit answers to becomes an
#' error that says what is missing.
#'
#' * `axe_call()` takes out the call; `update()` then has none.
#' * `axe_data()` takes out data that the fit keeps (`keep = "data"`), as well as the weights of earlier epochs (`keep_weights`).
#' * `axe_ctrl()` takes out what training needs to go on: the optimizer's state, and the last weights where those of an earlier epoch are the fit's. `start = fit` is then refused.
#' * `axe_env()` takes out of a recipe what its steps have around them. Other fits hold no environments.
#' * `axe_fitted()` does nothing: a fit keeps no predictions.
#' @param x A model from [nn_train()].
#' @param verbose Not used; `butcher::butcher(verbose = TRUE)` tells how much memory was released.
#' @param ... Not used.
#' @return The fit without these parts.
#' @examplesIf requireNamespace("butcher", quietly = TRUE)
#' fit <- nn_train(mpg ~ wt, data = mtcars, preset = "textbook", epochs = 10, keep = "data", seed = 1)
#' small <- butcher::butcher(fit)
#' predict(small, head(mtcars, 3))
#' @name butcher-methods
NULL

#' @rdname butcher-methods
#' @exportS3Method butcher::axe_call
axe_call.nn_fit <- function(x, verbose = FALSE, ...) {
  without_parts(x, "call", "axe_call", "update()")
}

#' @rdname butcher-methods
#' @exportS3Method butcher::axe_data
axe_data.nn_fit <- function(x, verbose = FALSE, ...) {
  without_parts(x, c("data", "snapshots", "start"), "axe_data", c("fitted()", "residuals()"))
}

#' @rdname butcher-methods
#' @exportS3Method butcher::axe_ctrl
axe_ctrl.nn_fit <- function(x, verbose = FALSE, ...) {
  x <- without_parts(x, c("optimizer_state", "last"), "axe_ctrl", "nn_train(start = )")
  if (is_ensemble(x)) x$members <- lapply(x$members, function(member) member[setdiff(names(member), c("optimizer_state", "last"))])
  x
}

#' @rdname butcher-methods
#' @exportS3Method butcher::axe_env
axe_env.nn_fit <- function(x, verbose = FALSE, ...) {
  x <- without_parts(x, character(), "axe_env")
  if (x$interface == "recipe") x$blueprint$recipe <- butcher::axe_env(x$blueprint$recipe)
  x
}

#' @rdname butcher-methods
#' @exportS3Method butcher::axe_fitted
axe_fitted.nn_fit <- function(x, verbose = FALSE, ...) without_parts(x, character(), "axe_fitted")

# `disabled` is what butcher tells that does not work any more.
without_parts <- function(fit, parts, fun, disabled = NULL) {
  validate_fit(fit, "x", call(fun), ensembles = TRUE)
  there <- parts[lengths(unclass(fit)[parts]) > 0L]
  fit[intersect(names(fit), parts)] <- NULL
  if (length(there) > 0L) attr(fit, "butcher_disabled") <- union(attr(fit, "butcher_disabled"), disabled)
  fit
}
