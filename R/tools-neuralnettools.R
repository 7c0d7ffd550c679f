# Methods for NeuralNetTools: the weights of a fit in its form, and its pictures and measures.

#' NeuralNetTools on a fit
#'
#' `NeuralNetTools::neuralweights()`, `garson()`, `olden()` and `plotnet()` take fits whose layers are a chain of dense ones. The weights are those of the standardised inputs,
#' so that those of different inputs can be compared. `lekprofile(fit, xvars = data[inputs], ysel = "y")` works without a method.
#'
#' @param mod_in A model from [nn_train()].
#' @param rel_rsc Two numbers to which the sizes of the weights are scaled, or `NULL`.
#' @param ... Arguments of the functions of NeuralNetTools.
#' @return `neuralweights()`: a list of `struct`, the sizes of the layers, and `wts`, a vector for each unit, its bias first. The others what they give for networks of other packages.
#' @section Errors:
#' Layers of other kinds, networks without biases and ensembles are refused, and by `garson()` and `olden()` networks without a hidden layer.
#' @examplesIf requireNamespace("NeuralNetTools", quietly = TRUE)
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, preset = "textbook", epochs = 100, seed = 1)
#' NeuralNetTools::olden(fit, bar_plot = FALSE)
#' @name NeuralNetTools-methods
NULL

#' @rdname NeuralNetTools-methods
#' @exportS3Method NeuralNetTools::neuralweights
neuralweights.nn_fit <- function(mod_in, rel_rsc = NULL, ...) {
  fit <- chain_of_dense(mod_in, "neuralweights")
  units <- Map(function(w, b) lapply(seq_along(b), function(u) c(b[u], w[, u])), fit$weights, fit$biases)
  last <- length(units)
  titles <- c(paste("hidden", seq_len(last - 1L))[seq_len(last - 1L)], "out")
  names <- unlist(Map(function(title, layer) paste(title, seq_along(layer)), titles, units), use.names = FALSE)
  wts <- stats::setNames(unlist(units, recursive = FALSE, use.names = FALSE), names)
  list(struct = as.integer(fit$settings$sizes), wts = if (is.null(rel_rsc)) wts else rescale_sizes(wts, rel_rsc))
}

#' @rdname NeuralNetTools-methods
#' @exportS3Method NeuralNetTools::garson
garson.nn_fit <- function(mod_in, ...) {
  weights <- hidden_weights(mod_in, "garson")
  NeuralNetTools::garson(weights, x_names = input_names(mod_in), y_names = named_outputs(mod_in), ...)
}

#' @rdname NeuralNetTools-methods
#' @exportS3Method NeuralNetTools::olden
olden.nn_fit <- function(mod_in, ...) {
  weights <- hidden_weights(mod_in, "olden")
  NeuralNetTools::olden(weights, x_names = input_names(mod_in), y_names = named_outputs(mod_in), ...)
}

#' @rdname NeuralNetTools-methods
#' @exportS3Method NeuralNetTools::plotnet
plotnet.nn_fit <- function(mod_in, ...) {
  fit <- chain_of_dense(mod_in, "plotnet")
  given <- list(...)
  named <- list(x_names = input_names(fit), y_names = named_outputs(fit))
  weights <- unlist(neuralweights.nn_fit(fit)$wts, use.names = FALSE)
  do.call(NeuralNetTools::plotnet, c(list(weights, struct = fit$settings$sizes), named[setdiff(names(named), names(given))], given))
}

hidden_weights <- function(fit, fun) {
  fit <- chain_of_dense(fit, fun)
  if (length(fit$weights) == 1L) {
    stop_backprop("incompatible", c(
      "The network has no hidden layer, through which {.fn {fun}} follows its inputs.", i = "{.fn coef} has the weights of the inputs."
    ), call = call(fun))
  }
  neuralweights.nn_fit(fit)$wts
}

chain_of_dense <- function(fit, fun) {
  fit <- validate_fit(fit, "mod_in", call(fun), c("description", "weights"))
  if (!is.null(fit$settings[["layers"]])) {
    stop_backprop("incompatible", c(
      "{.fn {fun}} is for chains of dense layers with biases, and the network has other layers.", i = "{.code plot(fit, type = \"network\")} draws any."
    ), call = call(fun))
  }
  fit
}

# Their sizes, from the smallest to the largest, between two numbers.
rescale_sizes <- function(values, to) {
  span <- range(abs(unlist(values)))
  share <- function(x) if (span[1L] == span[2L]) 0.5 else (abs(x) - span[1L]) / (span[2L] - span[1L])
  lapply(values, function(x) to[1L] + share(x) * (to[2L] - to[1L]))
}
