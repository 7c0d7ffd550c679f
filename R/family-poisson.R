# Counts whose variance is their mean.

family_poisson <- function() {
  new_family(
    "poisson", "poisson", "log", "exp", "poisson",
    classical = TRUE, is_density = TRUE, constant = "the mean rate",
    kinds = c("numeric", "logical"),
    whole = whole_counts,
    log_likelihood = function(problem, call) -total_loss(problem, call) - sum(weigh_rows(lgamma(problem$y + 1), problem)),
    deviance = function(problem, call) {
      y <- problem$y
      2 * total_loss(problem, call) - 2 * sum(weigh_rows(y - times_log(y, y), problem))
    },
    shares = function(y, p, problem) 2 * (times_log(y, y / p) - (y - p)),
    spread = function(p, problem) p,
    log_density = function(y, p, fit) stats::dpois(y, p, log = TRUE),
    draw = function(p, fit) stats::rpois(length(p), p)
  )
}

whole_counts <- list(test = function(y) all(y == floor(y)), needs = "whole counts")
