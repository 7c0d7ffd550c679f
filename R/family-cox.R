# Times of an event, by relative hazards alone: Cox's partial likelihood, ties as by Breslow.

family_cox <- function() {
  new_family(
    "cox", "Cox", "log", "linear", "cox",
    kinds = "survival", types = c("linear_pred", "survival", "hazard"), averages = FALSE, all_rows = TRUE,
    scales = FALSE, has_level = FALSE, constant = "the same hazard for all",
    units = function(outcome, par) 1L,
    complete = function(fit, data, predict) {
      fit$baseline <- baseline_hazard(predict(fit)[, 1L], data$y, data$case_weights)
      fit
    },
    terms = function(problem) problem$rows,
    values = function(problem) problem$rows,
    # Times of an event are no names of its logarithm of a hazard.
    columns = function(fit) NULL,
    target_names = function(fit, outputs) c("time", "status"),
    at_times = function(value, time, type, fit) {
      if (type == "survival") cox_survival(value[, 1L], time, fit$baseline) else cox_hazard(value[, 1L], time, fit$baseline)
    },
    times = function(fit) unique(stats::quantile(fit$baseline$time, seq_len(9L) / 10, type = 1L, names = FALSE)),
    martingale = function(problem, p) problem$y[, 2L] - exp(p[, 1L]) * cumulative_at(problem$y[, 1L], problem$fit$baseline),
    draw = function(p, fit) draw_times(p, fit)
  )
}

# Breslow's cumulative hazard of a row whose log relative hazard is 0: `time` of each event and `hazard` up to it.
baseline_hazard <- function(log_hazards, y, case_weights) {
  time <- y[, 1L]
  weights <- if (is.null(case_weights)) rep(1, length(time)) else case_weights
  order <- order(time, decreasing = TRUE)
  at_risk <- log_cumulative(log(weights[order]) + log_hazards[order])
  times <- sort(unique(time[y[, 2L] == 1]))
  events <- rowsum(weights[y[, 2L] == 1], time[y[, 2L] == 1])[, 1L]
  last <- length(time) - findInterval(times, sort(time), left.open = TRUE)
  hazard <- exp(log_cumulative(log(events) - at_risk[last]))
  list(time = times, hazard = pmin(as.double(unname(hazard)), .Machine$double.xmax))
}

# The logarithm of cumsum(exp(x)). Where values are so far apart that small ones would be lost beside later large ones, each sum is kept relative to
# the largest so far.
log_cumulative <- function(x) {
  top <- max(x)
  if (top - min(x) < 600) {
    return(log(cumsum(exp(x - top))) + top)
  }
  Reduce(function(sum, value) max(sum, value) + log1p(exp(-abs(sum - value))), x, accumulate = TRUE)
}

# Survival of rows of log relative hazards at times: a matrix [rows x times].
cox_survival <- function(log_hazards, time, baseline) {
  exp(-cox_hazard(log_hazards, time, baseline))
}

# Their cumulative hazards. By logarithms: 0 times infinity is no number.
cox_hazard <- function(log_hazards, time, baseline) exp(outer(log_hazards, log(cumulative_at(time, baseline)), `+`))

cumulative_at <- function(time, baseline) c(0, baseline$hazard)[findInterval(time, baseline$time) + 1L]

# A time for each row, from the step function that was estimated; who is not reached by its end is censored there.
draw_times <- function(log_hazards, fit) {
  baseline <- fit$baseline
  needed <- -log(stats::runif(nrow(log_hazards))) / exp(log_hazards[, 1L])
  place <- findInterval(needed, baseline$hazard, left.open = TRUE) + 1L
  reached <- place <= length(baseline$time)
  cbind(time = ifelse(reached, baseline$time[place], max(baseline$time)), status = as.double(reached))
}
