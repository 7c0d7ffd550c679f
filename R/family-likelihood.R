# Which losses are likelihoods, and what the likelihood of a fit is on some data.

# "gaussian", "binomial", "multinomial", "poisson", or NULL where training maximises no likelihood.
family_of <- function(fit) {
  loss <- fit$settings$loss
  output <- fit$settings$output
  if (output == "linear" && loss %in% c("sse", "mse")) {
    return("gaussian")
  }
  switch(loss, binary_cross_entropy = "binomial", cross_entropy = "multinomial", poisson = "poisson")
}

require_family <- function(fit, call, instead = NULL) {
  family <- family_of(fit)
  if (!is.null(fit$outcome$transform)) {
    stop_backprop("no_likelihood", c(
      "There is no likelihood for a network that learnt the logarithm of its outcome.",
      i = "Train it on the logarithm itself: {.code log(y) ~ .}"
    ), call = call)
  }
  if (is.null(family)) {
    loss <- fit$settings$loss
    output <- fit$settings$output
    stop_backprop("no_likelihood", c(
      "There is no likelihood for {.code loss = \"{loss}\"} with {.code output = \"{output}\"}.",
      i = paste(
        "Likelihoods exist for {.val sse} and {.val mse} with a linear output (Gaussian), {.val binary_cross_entropy} (binomial),",
        "{.val cross_entropy} (multinomial) and {.val poisson}."
      ),
      i = instead
    ), call = call)
  }
  family
}

# What turns the loss, a mean where it is not sse, into a sum over rows and outputs.
sum_factor <- function(problem) {
  switch(problem$engine$loss,
    sse = 1,
    cross_entropy = problem$rows,
    problem$rows * problem$outputs
  )
}

# The loss over all rows as a sum, penalty left out.
total_loss <- function(problem, call) {
  ask_engine(engine_evaluate, problem, call)$loss * sum_factor(problem)
}

# Sum of squares on the scale that training saw.
residual_squares <- function(problem, call) {
  total_loss(problem, call) * if (problem$engine$loss == "sse") 2 else 1
}

# Cross-entropies and Poisson's loss fit values between classes or counts too, but these have no likelihood.
check_likelihood_outcome <- function(problem, family, call) {
  y <- problem$y
  whole <- switch(family,
    gaussian = TRUE,
    poisson = all(y == floor(y)),
    all(y == 0 | y == 1)
  )
  if (!whole) {
    needs <- if (family == "poisson") "whole counts" else "classes (zeros and ones)"
    stop_backprop("no_likelihood", "The {family} likelihood needs {needs} as outcome.", call = call)
  }
}

log_likelihood <- function(problem, call) {
  family <- require_family(problem$fit, call)
  check_likelihood_outcome(problem, family, call)
  weights <- problem$case_weights
  if (family == "gaussian") {
    # At the variance that makes the data likeliest; on the outcome's own scale, however training scaled it.
    values <- problem$rows * problem$outputs
    scale <- problem$fit$outcome$scale
    own_scale <- if (is.null(scale)) 0 else problem$rows * sum(log(scale))
    return(-values / 2 * (log(2 * pi * residual_squares(problem, call) / values) + 1) - own_scale)
  }
  value <- -total_loss(problem, call)
  if (family == "poisson") {
    value <- value - sum((if (is.null(weights)) 1 else weights) * lgamma(problem$y + 1))
  }
  value
}
