# A method for vip: the importance of columns in its form.

#' vip on a fit
#'
#' `vip::vi(fit)` and `vip::vip(fit)` show what [nn_importance()] finds. By permutation, vip has a way of its own: `vip::vi(fit, method = "permute", ...)`.
#'
#' @param object A model from [nn_train()].
#' @param method,... Arguments of [nn_importance()]: `method = "gradient"` and `"shapley"` need the `data`. Of a model of several classes or outcomes, the `output` to
#'   explain must be named.
#' @return A tibble of `Variable` and `Importance`, of vip's class `vi`.
#' @section Errors:
#' As [nn_importance()]; several outputs, none of which is named, are an error of class `backprop_error_incompatible`.
#' @examplesIf requireNamespace("vip", quietly = TRUE)
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, preset = "textbook",
#'                 hidden = 3, epochs = 100, seed = 1)
#' vip::vi(fit)
#' @name vip-methods
#' @exportS3Method vip::vi_model
vi_model.nn_fit <- function(object, method = "olden", ...) {
  found <- nn_importance(object, ..., method = method)
  outputs <- unique(found$output)
  if (length(outputs) > 1L) {
    stop_backprop("incompatible", c(
      "Importance differs between the outputs of {.arg object}: {.val {outputs}}.", i = "Name one, as in {.code vip::vi(fit, output = \"{outputs[1]}\")}."
    ), call = quote(vi_model()))
  }
  measures <- tibble::tibble(Variable = found$variable, Importance = found$importance)
  structure(measures, class = c("vi", class(measures)), type = method)
}
