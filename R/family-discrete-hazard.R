# Times of an event in intervals: the hazard in each, for rows in any batches.

family_discrete_hazard <- function(breaks = NULL) {
  new_family(
    "discrete_hazard", "discrete hazard", "logit", "sigmoid", "discrete_hazard",
    kinds = "survival", types = c("survival", "hazard"), averages = FALSE, breaks = breaks,
    constant = "the share of events in each interval",
    terms = function(problem) problem$rows,
    # One for each interval in which a row is at risk.
    values = function(problem) sum(weigh_rows(problem$y >= 0, problem)),
    natural = function(ancillary, fit) list(breaks = fit$settings$loss_par),
    # The breaks of the family, those that an earlier fit had, or deciles of the times of events.
    par = function(outcome, given, weights) {
      if (!is.null(breaks)) check_breaks(breaks, training_call) else if (length(given) > 0L) given else default_breaks(outcome$values, weights)
    },
    units = function(outcome, par) length(par),
    targets = function(outcome, par) hazard_targets(outcome$values, par),
    columns = function(fit) interval_names(fit$settings$loss_par),
    at_times = function(value, time, type, fit) {
      breaks <- fit$settings$loss_par
      if (type == "survival") {
        return(discrete_survival(value, time, breaks))
      }
      value[, replace(findInterval(time, breaks, left.open = TRUE) + 1L, time > breaks[length(breaks)], NA), drop = FALSE]
    },
    times = function(fit) fit$settings$loss_par,
    martingale = function(problem, p) rowSums(problem$y == 1) + rowSums(log1p(-p) * (problem$y >= 0)),
    draw = function(p, fit) draw_intervals(p, fit$settings$loss_par)
  )
}

interval_names <- function(breaks) {
  ends <- format_each(breaks)
  paste0("(", c("0", ends[-length(ends)]), ",", ends, "]")
}

check_breaks <- function(breaks, call) {
  if (!is_bare_number(breaks) || !is_breaks(breaks)) {
    stop_argument("breaks", "ascending numbers above 0: the ends of the intervals", breaks, call = call)
  }
  as.double(breaks)
}

# Ten intervals with about as many events in each, as they weigh.
default_breaks <- function(y, weights) {
  events <- which(y[, 2L] == 1 & y[, 1L] > 0)
  if (length(events) == 0L) {
    stop_backprop("argument", c(
      "No event comes after time 0: intervals cannot be chosen by them.",
      i = "Give their ends: {.code family = nn_family(\"discrete_hazard\", breaks = )}."
    ))
  }
  events <- events[order(y[events, 1L])]
  reached <- cumsum(if (is.null(weights)) rep(1, length(events)) else weights[events])
  share <- reached / reached[length(reached)]
  unique(as.double(y[events[vapply(seq_len(10L) / 10, function(tenth) which(share > tenth - 1e-12)[1L], 0L)], 1L]))
}

# For each interval 1 where the event came, 0 where it did not, -1 where the row was no longer at risk: a row that is censored within an
# interval tells nothing of it.
hazard_targets <- function(y, breaks) {
  time <- y[, 1L]
  event <- y[, 2L] == 1 & time <= breaks[length(breaks)]
  starts <- c(0, breaks[-length(breaks)])
  passed <- outer(time, breaks, `>=`)
  within <- outer(time, starts, `>`) & outer(time, breaks, `<=`)
  within[time == 0, 1L] <- TRUE
  targets <- matrix(-1, length(time), length(breaks))
  targets[passed] <- 0
  # Of a row whose event comes in the interval, that is what is known, whether or not it is at the end.
  targets[within & event] <- 1
  targets
}

# Survival at times, with the hazard spread evenly over its interval; unknown beyond the last.
discrete_survival <- function(hazards, time, breaks) {
  starts <- c(0, breaks[-length(breaks)])
  log_survived <- cbind(0, t(apply(log1p(-hazards), 1L, cumsum)), deparse.level = 0)
  if (length(breaks) == 1L) log_survived <- cbind(0, log1p(-hazards), deparse.level = 0)
  if (nrow(hazards) == 0L) {
    return(matrix(0, 0L, length(time)))
  }
  at <- vapply(time, function(t) {
    if (t > breaks[length(breaks)]) {
      return(rep(NA_real_, nrow(hazards)))
    }
    j <- max(1L, findInterval(t, breaks, left.open = TRUE) + 1L)
    share <- (t - starts[j]) / (breaks[j] - starts[j])
    exp(log_survived[, j] + share * (log_survived[, j + 1L] - log_survived[, j]))
  }, numeric(nrow(hazards)))
  matrix(at, nrow(hazards), length(time))
}

draw_intervals <- function(hazards, breaks) {
  happens <- matrix(stats::runif(length(hazards)), nrow(hazards), ncol(hazards)) < hazards
  first <- max.col(cbind(happens, rep(TRUE, nrow(hazards)), deparse.level = 0), ties.method = "first")
  reached <- first <= length(breaks)
  cbind(time = breaks[pmin(first, length(breaks))], status = as.double(reached))
}
