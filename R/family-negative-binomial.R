# Counts that vary more than Poisson's: variance mu + mu^2 / theta.

family_negative_binomial <- function() {
  new_family(
    "negative_binomial", "negative binomial", "log", "exp", "negative_binomial",
    averages = FALSE, own = "log theta", is_density = TRUE, whole = whole_counts,
    count_own = function(units, par) units,
    start = function(y, weights, par) {
      moments <- moments_of_columns(y, weights)
      theta <- ifelse(moments$variance > moments$mean, moments$mean^2 / (moments$variance - moments$mean), 1e3)
      log(pmin(pmax(theta, 1e-2), 1e3))
    },
    natural = function(ancillary, fit) list(theta = exp(ancillary)),
    log_likelihood = function(problem, call) -total_loss(problem, call) - sum(weigh_rows(lgamma(problem$y + 1), problem)),
    shares = function(y, p, problem) negative_binomial_shares(y, p, problem$fit),
    spread = function(p, problem) p + p^2 / by_column(theta_of(problem$fit), p),
    log_density = function(y, p, fit) stats::dnbinom(y, size = by_column(theta_of(fit), p), mu = p, log = TRUE),
    draw = function(p, fit) stats::rnbinom(length(p), size = by_column(theta_of(fit), p), mu = p),
    variance = function(mu) stop_backprop("argument", "The variance depends on {.field theta}, which training estimates: ask {.code family(fit)}.", call = quote(variance()))
  )
}

theta_of <- function(fit) exp(own_parameters(fit))

negative_binomial_shares <- function(y, p, fit) {
  theta <- by_column(theta_of(fit), p)
  2 * (times_log(y, y / p) - (y + theta) * log((y + theta) / (p + theta)))
}

# A number for each column, in the shape of `like`.
by_column <- function(numbers, like) matrix(numbers, nrow(like), ncol(like), byrow = TRUE)

# Weighted means and variances of columns.
moments_of_columns <- function(y, weights) {
  if (is.null(weights)) weights <- rep(1, nrow(y))
  mean <- colSums(y * weights) / sum(weights)
  list(mean = mean, variance = colSums((y - rep(mean, each = nrow(y)))^2 * weights) / sum(weights))
}
