# A calibrated fit as steps of a plan (export-plan.R): what calibrate_predictions() does with the probabilities.

# Adds the steps behind `from`, the probabilities of all classes, and answers with the name of the calibrated ones.
plan_calibration <- function(plan, fit, from) {
  calibration <- fit$calibration
  # Of several flags the probabilities need not sum to 1.
  if (fit$settings$output == "sigmoid" && last_size(fit) > 1) from <- add_shares(plan, from, from)
  if (calibration$method == "temperature") {
    logarithms <- add_activation(plan, hold_probabilities(plan, from, 1), "log")
    k <- length_of(plan, from)
    tempered <- add_step(
      plan, "standardise", logarithms, k,
      center = add_constant(plan, numeric(k), "temperature_center"), scale = add_constant(plan, rep(calibration$parameters, k), "temperature_scale")
    )
    return(add_step(plan, "softmax", tempered, k))
  }
  curves <- calibration$parameters
  add_curves <- if (calibration$method == "platt") add_platt else add_isotonic
  if (length(curves) == 1L) {
    return(add_pair(plan, add_curves(plan, add_take(plan, list(list(from = from, at = 2L))), curves)))
  }
  add_shares(plan, add_curves(plan, from, curves), from)
}

# One number for the second of two classes, as those of both.
add_pair <- function(plan, from) add_linear(plan, from, matrix(c(-1, 1), 1L), c(1, 0), "both")

# `from` in proportion; what `otherwise` has where nothing is left of it.
add_shares <- function(plan, from, otherwise) add_step(plan, "shares", c(from, otherwise), length_of(plan, from))

# As log_probabilities() and log_odds() hold them away from 0 and 1.
hold_probabilities <- function(plan, from, largest) {
  k <- length_of(plan, from)
  lower <- add_constant(plan, rep(smallest_probability, k), "lower")
  add_step(plan, "clamp", from, k, lower = lower, upper = add_constant(plan, rep(largest, k), "upper"))
}

# The log-odds are the difference of two logarithms.
add_platt <- function(plan, from, curves) {
  k <- length_of(plan, from)
  minus <- rep(-1, k)
  held <- hold_probabilities(plan, from, 1 - smallest_probability)
  against <- add_activation(plan, add_rescale(plan, held, minus, rep(1, k), "rest"), "log")
  against <- add_step(plan, "times", against, k, factors = add_constant(plan, minus, "minus"))
  odds <- add_plus(plan, c(add_activation(plan, held, "log"), against))
  number <- function(at) vapply(curves, function(curve) curve[at], 0)
  add_activation(plan, add_rescale(plan, odds, number(1L), number(2L), "platt"), "sigmoid")
}

add_isotonic <- function(plan, from, curves) {
  curves <- Map(function(column, curve) list(column = column, knots = curve$x, scores = curve$y), seq_along(curves), curves)
  add_step(plan, "bend", from, length_of(plan, from), clipped = integer(), curves = curves)
}
