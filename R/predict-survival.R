# Predictions of times of an event: survival and hazards at given times, in the form of the tidymodels.

# `value` are the engine's outputs: log relative hazards, or hazards in intervals.
predict_survival <- function(fit, value, type, time, call) {
  if (type == "linear_pred") {
    return(tibble_of_columns(value, ".pred_linear_pred"))
  }
  family <- family_of(fit)
  if (!is.null(family$complete) && is.null(fit$baseline)) {
    stop_backprop("incompatible", c(
      "{.code type = \"{type}\"} needs the cumulative hazard of the fit, which is estimated at its final weights only.",
      i = "{.code type = \"linear_pred\"} goes with {.arg epoch}."
    ), call = call)
  }
  time <- check_times(if (is.null(time)) family$times(fit) else time, call)
  at <- family$at_times(value, time, type, fit)
  column <- paste0(".pred_", type)
  rows <- lapply(seq_len(nrow(value)), function(i) {
    row <- list(.eval_time = time, at[i, ])
    names(row)[2L] <- column
    tibble::new_tibble(lapply(row, unname), nrow = length(time))
  })
  tibble::new_tibble(list(.pred = rows), nrow = nrow(value))
}

check_times <- function(time, call) {
  if (!is_bare_number(time) || length(time) == 0L || !all(is.finite(time)) || any(time < 0)) {
    stop_argument("time", "one or more numbers of at least 0", time, call = call)
  }
  as.double(time)
}
