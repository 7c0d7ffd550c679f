# Zeros and ones, or shares of trials: the family of logistic regression.

family_binomial <- function() {
  new_family(
    "binomial", "binomial", "logit", "sigmoid", "binary_cross_entropy",
    classical = TRUE,
    kinds = c("factor", "logical", "numeric", "counts"),
    whole = list(test = function(y) all(y == 0 | y == 1), needs = "classes (zeros and ones)"),
    log_likelihood = function(problem, call) -total_loss(problem, call) + ways_of_trials(problem),
    deviance = function(problem, call) {
      if (problem$fit$outcome$kind != "counts") {
        return(2 * total_loss(problem, call))
      }
      sum(weigh_rows(binomial_shares(problem$y, problem_outputs(problem, call)), problem))
    },
    shares = function(y, p, problem) binomial_shares(y, p),
    spread = function(p, problem) p * (1 - p),
    draw = function(p, fit) {
      trials <- fit$trials
      if (is.null(trials)) stats::rbinom(length(p), 1L, p) else stats::rbinom(length(p), round(trials), p)
    }
  )
}

binomial_shares <- function(y, p) 2 * (times_log(y, y) - times_log(y, p) + times_log(1 - y, 1 - y) - times_log(1 - y, 1 - p))

# y log x, which is 0 where y is.
times_log <- function(y, x) ifelse(y == 0, 0, y * log(x))

# Of counts, in how many orders they may have come: the part of their likelihood that no network changes.
ways_of_trials <- function(problem) {
  if (problem$fit$outcome$kind != "counts") {
    return(0)
  }
  n <- problem$trials
  y <- if (ncol(problem$y) == 1L) cbind(problem$y, 1 - problem$y) else problem$y
  weights <- if (is.null(problem$case_weights)) 1 else problem$case_weights / n
  sum(weights * (lgamma(n + 1) - rowSums(lgamma(y * n + 1))))
}
