# Intervals around forecasts: from forecasts of values that training has not seen, or from one-step errors that are drawn into paths.

# `lower` and `upper`, matrices as `predicted`.
forecast_limits <- function(model, ends, predicted, level, held, paths, seed) {
  if (held > 0L) {
    return(limits_by_step(predicted, errors_of_held(model, held, ncol(predicted)), level, "held", model$call))
  }
  errors <- errors_one_ahead(model)
  if (model$spec$horizon > 1L) {
    return(limits_by_step(predicted, errors[seq_len(ncol(predicted))], level, "data", model$call))
  }
  limits_of_paths(model, ends, ncol(predicted), errors[[1L]], level, paths, seed)
}

# `errors`: for each step those that were made.
limits_by_step <- function(predicted, errors, level, arg, call) {
  half <- vapply(errors, function(error) conformal_quantile(level, abs(error), call, arg), 0)
  half <- rep(half, each = nrow(predicted))
  list(lower = predicted - half, upper = predicted + half)
}

# Forecasts from every one of the last `held` places, compared with what followed: for each step its errors, over all series.
errors_of_held <- function(model, held, h) {
  needed <- needed_values(model$spec)
  from <- lapply(seq_along(model$series), function(i) {
    n <- length(model$series[[i]]$y)
    if (n - held < needed) {
      stop_series(
        "short", "{.arg held} is {held}, and a series has {n} values, of which the lags of the model take {needed}.", "Hold fewer values back.", model$call,
        held = held, n = n, needed = needed
      )
    }
    list(which = rep(i, held), place = n - rev(seq_len(held)))
  })
  from <- list(which = unlist(lapply(from, function(one) one$which)), place = unlist(lapply(from, function(one) one$place)))
  predicted <- forecast_from(model, from, h)
  lapply(seq_len(h), function(step) {
    followed <- vapply(seq_along(from$place), function(i) model$series[[from$which[i]]]$y[from$place[i] + step], 0)
    error <- followed - predicted[, step]
    error[!is.na(error)]
  })
}

# Errors of the network's own rows, for each of its outputs: of an ensemble on rows that were held back, otherwise on the data.
errors_one_ahead <- function(model) {
  held_back <- if (is_ensemble(model$fit)) model$fit$out_of_fold$errors
  if (!is.null(held_back)) {
    return(held_back)
  }
  spec <- model$spec
  rows <- lapply(seq_along(model$series), function(i) list(which = i, n = length(model$series[[i]]$y) - spec$horizon))
  rows <- Filter(function(one) one$n >= needed_values(spec), rows)
  if (length(rows) == 0L) {
    stop_series(
      "short", "No series in {.arg data} is long enough for an error, from which intervals come.", "Give more of what came before, or {.code level = NULL}.", model$call
    )
  }
  errors <- lapply(rows, function(one) {
    places <- seq(needed_values(spec), one$n)
    predicted <- forecast_from(model, list(which = rep(one$which, length(places)), place = places), spec$horizon)
    y <- model$series[[one$which]]$y
    vapply(seq_len(spec$horizon), function(step) y[places + step], numeric(length(places))) - predicted
  })
  errors <- do.call(rbind, lapply(errors, matrix, ncol = spec$horizon))
  lapply(seq_len(spec$horizon), function(step) errors[!is.na(errors[, step]), step])
}

# Quantiles of futures to whose steps errors are added. Where an output cannot be negative, neither are these.
limits_of_paths <- function(model, ends, h, errors, level, paths, seed) {
  if (length(errors) < 2L) {
    stop_series("short", "There are too few errors of one step to draw from.", "Give {.arg data} more values, or {.code level = NULL}.", model$call)
  }
  check_room(
    8 * as.double(paths) * length(ends$place) * (h + 2 * max(model$spec$lags) + model$spec$difference), "The paths of a forecast", "Use fewer `paths`.", model$call
  )
  from <- lapply(ends, rep, each = paths)
  drawn <- with_seed(seed, function() {
    forecast_from(model, from, h, function(n) errors[sample.int(length(errors), n, replace = TRUE)])
  })
  if (model$fit$settings$output == "exp" && model$spec$difference == 0L) drawn <- pmax(drawn, 0)
  series <- rep(seq_along(ends$place), each = paths)
  quantile_at <- function(side) {
    t(vapply(seq_along(ends$place), function(i) {
      apply(drawn[series == i, , drop = FALSE], 2L, function(path) if (anyNA(path)) NA_real_ else stats::quantile(path, side, names = FALSE))
    }, numeric(h)))
  }
  list(lower = as_rows(quantile_at((1 - level) / 2), h), upper = as_rows(quantile_at((1 + level) / 2), h))
}

# Of one step, t() of a vector is one row.
as_rows <- function(limits, h) matrix(if (h == 1L) as.double(limits) else limits, ncol = h)
