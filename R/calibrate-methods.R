# How each method of calibration learns from classes (see judged_classes()), and how it is used on probabilities.

# Probabilities of 0 have no logarithm.
smallest_probability <- 1e-15

log_probabilities <- function(p) log(pmax(p, smallest_probability))

log_odds <- function(p) stats::qlogis(pmin(pmax(p, smallest_probability), 1 - smallest_probability))

# In proportion to p^(1/T).
temper <- function(p, temperature) softmax_rows(log_probabilities(p) / temperature)

softmax_rows <- function(z) {
  e <- exp(z - z[cbind(seq_len(nrow(z)), max.col(z, ties.method = "first"))])
  e / rowSums(e)
}

temperature_range <- c(0.01, 100)

# The mean log loss is convex in b = 1 / T; its derivative is the mean of what is expected of log p at b, less log p of the class observed.
fit_temperature <- function(classes) {
  z <- log_probabilities(classes$p)
  observed <- z[cbind(seq_along(classes$code), classes$code)]
  slope <- function(b) stats::weighted.mean(rowSums(softmax_rows(z * b) * z) - observed, classes$weights)
  ends <- 1 / rev(temperature_range)
  if (slope(ends[2L]) <= 0) {
    warn_calibration("The probabilities are right in every row of {.arg data}: the temperature is the lowest there is, {temperature}.", temperature = temperature_range[1L])
    return(temperature_range[1L])
  }
  if (slope(ends[1L]) >= 0) {
    warn_calibration("The probabilities say nothing of the outcome, or the opposite: the temperature is the highest there is, {temperature}.", temperature = temperature_range[2L])
    return(temperature_range[2L])
  }
  1 / stats::uniroot(slope, ends, tol = 1e-12)$root
}

warn_calibration <- function(message, ...) {
  warn_backprop("calibration", c(message, i = "Give {.arg data} more rows, or look at {.fn nn_reliability}."), .envir = list2env(list(...), parent = environment()))
}

# A curve for the second of two classes, or for each of several against the others.
fit_against_rest <- function(classes, fit_one, call) {
  k <- ncol(classes$p)
  absent <- setdiff(seq_len(k), classes$code)
  if (length(absent) > 0L) {
    missing <- classes$levels[absent]
    stop_backprop("calibration", c(
      "No row of {.arg data} has the {cli::qty(length(missing))}class{?es} {.val {missing}}.",
      i = "Give {.arg data} rows of every class; {.code method = \"temperature\"} does without."
    ), call = call)
  }
  lapply(if (k == 2L) 2L else seq_len(k), function(level) fit_one(classes$p[, level], classes$code == level, classes$weights))
}

use_against_rest <- function(p, curves, use_one) {
  if (length(curves) == 1L) {
    second <- use_one(p[, 2L], curves[[1L]])
    return(cbind(1 - second, second, deparse.level = 0))
  }
  made <- p
  for (level in seq_along(curves)) made[, level] <- use_one(p[, level], curves[[level]])
  total <- rowSums(made)
  left <- total > 0
  made[left, ] <- made[left, ] / total[left]
  made[!left, ] <- p[!left, ]
  made
}

use_platt <- function(p, curve) stats::plogis(curve[1L] * log_odds(p) + curve[2L])

# Slope and intercept by Newton's method. Targets are a little less than certain, as if each class had one more row, half right: so both numbers are
# finite even where the classes are apart.
fit_platt <- function(p, positive, weights) {
  count <- c(sum(weights[positive]), sum(weights[!positive]))
  target <- ifelse(positive, (count[1L] + 1) / (count[1L] + 2), 1 / (count[2L] + 2))
  x <- cbind(log_odds(p), 1)
  # log(1 + exp(z)) without overflow.
  loss <- function(at) {
    z <- (x %*% at)[, 1L]
    sum(weights * (pmax(z, 0) + log1p(exp(-abs(z))) - target * z))
  }
  at <- c(0, stats::qlogis(sum(weights * target) / sum(weights)))
  now <- loss(at)
  for (iteration in seq_len(100L)) {
    q <- stats::plogis((x %*% at)[, 1L])
    gradient <- crossprod(x, weights * (q - target))[, 1L]
    hessian <- crossprod(x, x * (weights * q * (1 - q)))
    step <- solve(hessian + diag(1e-10 * sum(diag(hessian)) + 1e-300, 2L), gradient, tol = 0)
    length <- 1
    while (length > 1e-10 && !isTRUE(loss(at - length * step) <= now)) length <- length / 2
    gained <- now - loss(at - length * step)
    if (length <= 1e-10 || !is.finite(gained)) break
    at <- at - length * step
    now <- now - gained
    if (gained <= 1e-14 * (1 + abs(now))) break
  }
  if (at[1L] <= 0) {
    warn_calibration("Platt's slope is {slope}: where a class is predicted more surely it is not found more often.", slope = format(at[1L], digits = 3))
  }
  as.double(at)
}

# A single step has one value everywhere.
use_isotonic <- function(p, curve) {
  if (length(curve$x) == 1L) rep(curve$y, length(p)) else stats::approx(curve$x, curve$y, p, rule = 2, ties = "ordered")$y
}

# Isotonic regression by pooling adjacent violators; equal probabilities are one place. The ends of each step are kept.
fit_isotonic <- function(p, positive, weights) {
  place <- sort(unique(p))
  group <- match(p, place)
  weight <- as.double(rowsum(weights, group))
  mean <- as.double(rowsum(weights * positive, group)) / weight
  # Blocks so far: where each ends, its weight and its mean.
  end <- integer(length(place))
  blocks <- 0L
  for (i in seq_along(place)) {
    blocks <- blocks + 1L
    end[blocks] <- i
    weight[blocks] <- weight[i]
    mean[blocks] <- mean[i]
    while (blocks > 1L && mean[blocks - 1L] >= mean[blocks]) {
      both <- weight[blocks - 1L] + weight[blocks]
      mean[blocks - 1L] <- (weight[blocks - 1L] * mean[blocks - 1L] + weight[blocks] * mean[blocks]) / both
      weight[blocks - 1L] <- both
      end[blocks - 1L] <- i
      blocks <- blocks - 1L
    }
  }
  end <- end[seq_len(blocks)]
  start <- c(1L, end[-blocks] + 1L)
  kept <- sort(unique(c(start, end)))
  list(x = place[kept], y = pmin(pmax(mean[findInterval(kept, start)], 0), 1))
}
