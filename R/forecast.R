# Forecasts by a network that was trained on a series as a table of its past (see forecast-lag.R). Intervals are in forecast-intervals.R.

#' Forecast a series
#'
#' Goes on with a series by a network that was trained, by formula, on what [nn_lag()] makes of one. With `horizon = 1` there, each forecast becomes the newest
#' value for the next one (recursive); with a larger one all steps are outputs of the network (direct).
#'
#' @param fit A model from `nn_train(y ~ ., data = nn_lag(...))`, one network or an ensemble.
#' @param data The series up to where the forecast begins, in the form that [nn_lag()] took (not the table that it made): the one of training, one with newer
#'   values, or another of the same steps.
#' @param h How many steps to forecast. `NULL`: the `horizon`; if that is 1, one season of a `ts`, else 10.
#' @param ... Not used; a misspelt argument is an error.
#' @param level Level of the intervals, between 0 and 1. `NULL`: none.
#' @param held How many of the last values of `data` (of each series) training has not seen. Above 0, intervals come from the errors of forecasts of these values.
#' @param paths How many futures are drawn for the intervals of a recursive forecast.
#' @param seed A whole number, by which the paths can be had again; `NULL` draws from R's stream as it stands.
#' @param threads Processor threads, as in [nn_train()].
#' @return A tibble with a row for every step (of every series, in the order of their names): the group's column, where there is one, `.time`, `.step`, `.pred`,
#'   and without `level = NULL` `.pred_lower` and `.pred_upper`.
#' @section Intervals:
#' * With `held = m`, from each of the last m places of `data` the network forecasts what followed. At step s the interval is the forecast plus and minus a quantile of the
#'   absolute errors of step s, the k-th smallest of n with \eqn{k = \lceil (n+1)\,\mathrm{level} \rceil}{k = ceiling((n + 1) level)}: split conformal prediction. Errors of a
#'   series are not exchangeable, so that the level is met about, and only while the series goes on as it did. This is the one to prefer.
#' * Without, of a recursive forecast, between quantiles of `paths` futures: to every step of each an error of one step ahead is added, drawn at random (as
#'   `forecast::nnetar()` does), and the path goes on from there.
#' * Without, of a direct forecast, as with `held`, from other errors.
#'
#' Errors without `held` are those of an ensemble on rows that its networks held back, which overlap with rows that trained; of one network those on `data`. Both are
#' smaller than those of forecasts, the second much so where a network has many weights, and the intervals are too narrow then: on fourteen series of R's own, those of 80 %
#' by paths of ensembles held 69 % (standard error 5) of what followed, those by `held` 74 % (6).
#' @section Errors:
#' A fit that was not trained on a table of [nn_lag()], or whose outcome is not its outcome, a series of other steps, or one shorter than its lags, are errors; so are too few
#' `held` values for a level (class `backprop_error_calibration`), and a horizon that is exceeded.
#' @examples
#' temperature <- window(nottem, end = c(1937, 12))
#' fit <- nn_train(y ~ ., data = nn_lag(temperature, lags = 1:12), preset = "textbook",
#'                 hidden = 4, activation = "tanh", standardize = TRUE,
#'                 optimizer = "lbfgs", epochs = 50, penalty = 0.01, seed = 1)
#' nn_forecast(fit, temperature, h = 3, paths = 200, seed = 1)
#' # By the errors of two years that training has not seen:
#' nn_forecast(fit, nottem, h = 3, level = 0.8, held = 24)
#' @seealso [nn_lag()]
#' @export
nn_forecast <- function(fit, data, h = NULL, ..., level = 0.95, held = 0, paths = 1000, seed = NULL, threads = NULL) {
  call <- quote(nn_forecast())
  fit <- check_fit_given(fit, call)
  refuse_dots(..., known = c("fit", "data", "h", "level", "held", "paths", "seed", "threads"), call = call)
  spec <- lag_of_fit(fit, call)
  if (missing(data)) {
    stop_backprop("missing_argument", "{.arg data} is missing: give the series up to where the forecast begins.", call = call)
  }
  series <- series_to_forecast(data, spec, call)
  h <- check_steps(h, spec, call)
  if (!is.null(level)) level <- check_level(level, "level", call)
  held <- check_count(held, "held", min = 0, call = call)
  paths <- check_count(paths, "paths", call = call)
  if (!is.null(seed)) seed <- check_seed(seed, call)
  model <- list(fit = fit, spec = spec, series = series, threads = threads, call = call)
  ends <- list(which = seq_along(series), place = vapply(series, function(one) length(one$y), 0L))
  # Eight numbers for each row of the table, and as many on the way.
  check_room(128 * as.double(h) * length(series), paste("A forecast of", count_text(h, "step")), "Use a smaller `h`.", call)
  predicted <- forecast_from(model, ends, h)
  table <- forecast_table(predicted, model, ends)
  if (!is.null(level)) {
    limits <- forecast_limits(model, ends, predicted, level, held, paths, seed)
    table$.pred_lower <- as.double(t(limits$lower))
    table$.pred_upper <- as.double(t(limits$upper))
  }
  table
}

# How the table that a fit was trained on was made.
lag_of_fit <- function(fit, call) {
  spec <- fit$blueprint$lag
  if (is.null(spec)) {
    stop_backprop("incompatible", c(
      "{.arg fit} was not trained on a table of lags, and cannot go on with a series.",
      i = "{.code nn_train(y ~ ., data = nn_lag(series))} trains one that can: by formula, on the whole table or rows of it."
    ), call = call)
  }
  if (!identical(fit$blueprint$outcome, as.name(spec$column))) {
    found <- fit$blueprint$outcome_name
    stop_backprop("incompatible", c(
      "The outcome of {.arg fit} is {.code {found}}, not {.code {spec$column}} as {.fn nn_lag} made it.",
      i = "Transform the series before {.fn nn_lag} sees it: {.code nn_lag(log(series))}."
    ), call = call)
  }
  columns <- ncol_of_means(fit)
  if (fit$outcome$kind != "numeric" || columns != spec$horizon) {
    stop_backprop("incompatible", c(
      "{.arg fit} predicts no single number for each step.",
      i = "Train it on means: {.code loss = \"mse\"}, or a {.arg family} of numbers."
    ), call = call)
  }
  if (isTRUE(fit$settings$offset)) {
    stop_backprop("offset", "{.arg fit} was trained with an {.arg offset}, whose future is not known.", call = call)
  }
  spec
}

ncol_of_means <- function(fit) ncol(means_of(matrix(0, 0L, count_predictions(fit)), fit))

series_to_forecast <- function(data, spec, call) {
  if (inherits(data, "nn_lag")) {
    stop_backprop("type", c(
      "{.arg data} is a table of {.fn nn_lag}; the forecast goes on from the series itself.",
      i = "Give what {.fn nn_lag} was given, as long as it is known."
    ), call = call)
  }
  if (!is.data.frame(data) && (!is.null(spec$group) || !is.null(spec$time))) {
    stop_argument("data", "a data frame, as `nn_lag()` was given", data, call = call)
  }
  series <- read_series(data, spec, call)
  needed <- needed_values(spec)
  for (one in series) {
    if (one$clock$kind != spec$kind || abs(one$clock$step - spec$step) > 1e-8 * spec$step) {
      step <- c(describe_step(one$clock$kind, one$clock$step), describe_step(spec$kind, spec$step))
      stop_series("time", "{.arg data} has steps of {step[1]}; the model was trained on steps of {step[2]}.", "Give a series of the same steps.", call, step = step)
    }
    n <- length(one$y)
    if (n < needed) {
      stop_series("short", "A series has {n} value{?s}; the lags of the model take {needed}.", "Give more of what came before.", call, n = n, needed = needed)
    }
  }
  series
}

describe_step <- function(kind, step) {
  switch(kind,
    index = format(step), season = paste0("1/", format(1 / step), " in a `ts`"), second = count_text(step, "second"),
    count_text(step, kind)
  )
}

check_steps <- function(h, spec, call) {
  if (is.null(h)) {
    season <- if (spec$kind == "season") round(1 / spec$step) else 1
    return(if (spec$horizon > 1L) spec$horizon else if (season > 1) as.integer(season) else 10L)
  }
  h <- check_count(h, "h", call = call)
  if (spec$horizon > 1L && h > spec$horizon) {
    horizon <- spec$horizon
    stop_backprop("incompatible", c(
      "{.arg h} is {h}, and the network was trained to forecast {horizon} steps.",
      i = "{.code nn_lag(horizon = {h})} makes a table for {h}; with {.code horizon = 1} there is no limit."
    ), call = call)
  }
  h
}

# Forecasts of `h` steps after the places `from$place` of the series `from$which`: a matrix with a row for each. `errors`, a function of how many are wanted, adds
# to each step.
forecast_from <- function(model, from, h, errors = NULL) {
  spec <- model$spec
  depth <- max(spec$lags)
  recent <- values_before(lapply(model$series, function(one) changes_of(one$y, spec$difference)), from, depth)
  level <- values_before(lapply(model$series, function(one) one$y), from, spec$difference)
  if (spec$horizon > 1L) {
    return(predict_steps(model, recent, from, 1L)[, seq_len(h), drop = FALSE] + level_at(level, seq_len(h)))
  }
  predicted <- matrix(0, length(from$place), h)
  for (step in seq_len(h)) {
    change <- predict_steps(model, recent, from, step)[, 1L]
    if (!is.null(errors)) change <- change + errors(length(change))
    predicted[, step] <- change + level_at(level, 1L)
    recent <- cbind(recent[, -1L, drop = FALSE], change, deparse.level = 0)
    if (spec$difference > 0L) level <- cbind(level[, -1L, drop = FALSE], predicted[, step], deparse.level = 0)
  }
  predicted
}

# The last `depth` values up to each place, the newest last.
values_before <- function(values, from, depth) {
  found <- vapply(seq_along(from$place), function(i) values[[from$which[i]]][from$place[i] - depth + seq_len(depth)], numeric(depth))
  t(matrix(found, depth, length(from$place)))
}

# What changes up to `steps` are counted from; without differences nothing.
level_at <- function(level, steps) if (ncol(level) == 0L) 0 else level[, (steps - 1L) %% ncol(level) + 1L]

# The network's means for the row whose first step is `step` after the place.
predict_steps <- function(model, recent, from, step) {
  spec <- model$spec
  lagged <- recent[, ncol(recent) + 1L - spec$lags, drop = FALSE]
  table <- as_plain_table(lag_inputs(lagged, model$series, from$which, from$place + step, spec), nrow(lagged))
  predict <- function() means_of(predict_outputs(model$fit, table, "data", model$threads, model$call), model$fit)
  # What a series is called does not change from step to step: it is told once.
  value <- if (step == 1L) predict() else suppressWarnings(predict(), classes = "backprop_warning_new_level")
  unname(value)
}

forecast_table <- function(predicted, model, ends) {
  h <- ncol(predicted)
  times <- lapply(seq_along(model$series), function(i) time_at(model$series[[i]]$clock, ends$place[i] + seq_len(h)))
  columns <- list(.time = do.call(c, times), .step = rep(seq_len(h), nrow(predicted)), .pred = as.double(t(predicted)))
  group <- model$spec$group
  if (!is.null(group)) columns <- c(stats::setNames(list(rep(vapply(model$series, function(one) one$id, ""), each = h)), group), columns)
  tibble::new_tibble(columns, nrow = length(predicted))
}
