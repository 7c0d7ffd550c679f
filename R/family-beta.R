# Shares strictly between 0 and 1: variance mu (1 - mu) / (1 + phi).

family_beta <- function() {
  new_family(
    "beta", "beta", "logit", "sigmoid", "beta",
    averages = FALSE, own = "log phi", is_density = TRUE, constant = "one mean and spread",
    count_own = function(units, par) units,
    start = function(y, weights, par) {
      moments <- moments_of_columns(y, weights)
      phi <- moments$mean * (1 - moments$mean) / pmax(moments$variance, 1e-12) - 1
      # Steps grow with phi: where shares hardly vary it begins lower, and rises once the mean is found.
      log(pmin(pmax(phi, 1e-2), 100))
    },
    natural = function(ancillary, fit) list(phi = exp(ancillary)),
    spread = function(p, problem) p * (1 - p) / (1 + by_column(phi_of(problem$fit), p)),
    log_density = function(y, p, fit) {
      phi <- by_column(phi_of(fit), p)
      stats::dbeta(y, p * phi, (1 - p) * phi, log = TRUE)
    },
    draw = function(p, fit) {
      phi <- by_column(phi_of(fit), p)
      stats::rbeta(length(p), p * phi, (1 - p) * phi)
    },
    variance = function(mu) stop_backprop("argument", "The variance depends on {.field phi}, which training estimates: ask {.code family(fit)}.", call = quote(variance()))
  )
}

phi_of <- function(fit) exp(own_parameters(fit))
