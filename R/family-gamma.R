# Positive amounts whose standard deviation grows with their mean.

family_gamma <- function() {
  new_family(
    "gamma", "gamma", "log", "exp", "gamma",
    extra_df = 1, is_density = TRUE,
    # As glm() has it: at the dispersion that is the mean deviance.
    log_likelihood = function(problem, call) {
      p <- problem_outputs(problem, call)
      shape <- problem$rows * problem$outputs / sum(weigh_rows(gamma_shares(problem$y, p), problem))
      sum(weigh_rows(stats::dgamma(problem$y, shape = shape, rate = shape / p, log = TRUE), problem))
    },
    shares = function(y, p, problem) gamma_shares(y, p),
    spread = function(p, problem) p^2,
    # As summary.glm() has it: Pearson's.
    dispersion = function(problem, df, call) {
      p <- problem_outputs(problem, call)
      sum(weigh_rows(((problem$y - p) / p)^2, problem)) / df
    },
    draw = function(p, fit) {
      shape <- 1 / fit$dispersion
      stats::rgamma(length(p), shape = shape, rate = shape / p)
    }
  )
}

# At a mean that is 0 or beyond all numbers, which no positive outcome has, the deviance is infinite.
gamma_shares <- function(y, p) ifelse(p == 0 | is.infinite(p), Inf, 2 * ((y - p) / p - log(y / p)))
