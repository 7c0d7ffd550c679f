# Which losses are likelihoods, and what the likelihood of a fit is on some data.

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
        "{.val cross_entropy} (multinomial) and {.val poisson}, and for the other families that {.help nn_family} lists."
      ),
      i = instead
    ), call = call)
  }
  family
}

# The loss over all rows as a sum, penalty left out.
total_loss <- function(problem, call) {
  ask_engine(engine_evaluate, problem, call)$loss * loss_terms(problem)
}

# What turns the loss, a mean where it is not sse, into a sum over observations.
loss_terms <- function(problem) {
  family <- family_of(problem$fit)
  if (is.null(family)) problem$rows * if (problem$engine$loss == "sse") 1 / problem$rows else problem$outputs else family$terms(problem)
}

# Cross-entropies and Poisson's loss fit values between classes or counts too, but these have no likelihood.
check_likelihood_outcome <- function(problem, family, call) {
  if (is.null(family$whole) || problem$fit$outcome$kind == "counts" || family$whole$test(problem$y)) {
    return(invisible())
  }
  stop_backprop("no_likelihood", "The {family$title} likelihood needs {family$whole$needs} as outcome.", call = call)
}

log_likelihood <- function(problem, call) {
  family <- require_family(problem$fit, call)
  check_likelihood_outcome(problem, family, call)
  family$log_likelihood(problem, call)
}
