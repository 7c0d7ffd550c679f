# Numbers of one variance: the family of lm().

family_gaussian <- function() {
  new_family(
    "gaussian", "Gaussian", "identity", "linear", c("mse", "sse"),
    classical = TRUE,
    kinds = c("numeric", "logical"), extra_df = 1,
    terms = function(problem) if (problem$engine$loss == "sse") 1 else problem$rows * problem$outputs,
    # At the variance that makes the data likeliest; on the outcome's own scale, however training scaled it.
    log_likelihood = function(problem, call) {
      values <- problem$rows * problem$outputs
      scale <- problem$fit$outcome$scale
      own_scale <- if (is.null(scale)) 0 else problem$rows * sum(log(scale))
      -values / 2 * (log(2 * pi * residual_squares(problem, call) / values) + 1) - own_scale
    },
    deviance = function(problem, call) {
      squares <- (problem$y - problem_outputs(problem, call))^2
      sum(weigh_rows(squares, problem) %*% scale_of_outcome(problem)^2)
    },
    shares = function(y, p, problem) ((y - p) * rep(scale_of_outcome(problem), each = nrow(y)))^2,
    # On the scale of training, whose residuals are brought to the outcome's own.
    spread = function(p, problem) p * 0 + 1 / rep(if (is.null(problem)) 1 else scale_of_outcome(problem), each = NROW(p))^2,
    dispersion = function(problem, df, call) residual_squares(problem, call) / df,
    draw = function(p, fit) p + stats::rnorm(length(p)) * rep(residual_sd(fit), each = nrow(p))
  )
}

scale_of_outcome <- function(problem) setting(problem$fit$outcome$scale, rep(1, problem$outputs))

# Sum of squares on the scale that training saw.
residual_squares <- function(problem, call) {
  total_loss(problem, call) * if (problem$engine$loss == "sse") 2 else 1
}
