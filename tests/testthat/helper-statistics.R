# Fits at the minimum of their objective, and simulated data, for tests of what is computed there.

# Without hidden layers the objective is convex, and every start ends in the same place.
at_minimum <- function(...) nn_train(..., preset = "textbook", optimizer = "lbfgs", epochs = 2000, seed = 1)

# Central differences of the gradient, by all parameters.
numeric_hessian <- function(fit, data) {
  parameters <- as_parameters(fit)
  at <- function(parameters) {
    layers <- as_layers(parameters, fit$weights)
    fit[names(layers)] <- layers
    nn_gradient(fit, data$X, data$Y, data$case_weights)
  }
  vapply(seq_along(parameters), function(j) {
    h <- replace(numeric(length(parameters)), j, 1e-5)
    (at(parameters + h) - at(parameters - h)) / 2e-5
  }, parameters)
}
