# Recording: how nn_trace() gets the engine's own steps out of an ordinary call of nn_train().

# Runs `train`, a call of nn_train(), with the engine recording its first `steps` steps.
# What run_training() kept comes back: the recorded steps, the specification, the data and the fit.
with_recording <- function(steps, train) {
  session$wants_recording <- steps
  on.exit(session$wants_recording <- session$recorded <- NULL)
  force(train)
  session$recorded
}

# Called by run_training() before the engine: the specification, with the wish to record if there is one.
# The wish is taken off the table at once: a training inside a callback is not meant.
ask_for_recording <- function(spec) {
  steps <- session$wants_recording
  if (is.null(steps)) {
    return(spec)
  }
  session$wants_recording <- NULL
  spec$engine$trace_steps <- steps
  # Each epoch has at least one step, and the engine stops once it has recorded enough.
  spec$engine$epochs <- steps
  spec
}

# Called by run_training() after the engine.
# `rows` are the places of the training rows among those given, if not all of these train.
keep_recording <- function(result, spec, x, y, fit, case_weights = NULL, offset = NULL, rows = NULL) {
  if (!is.null(spec$engine$trace_steps)) {
    result$trace <- name_slots(result$trace, result$optimizer_state$slots)
    session$recorded <- list(
      trace = result$trace, engine = spec$engine, start = spec$start, x = x, y = y,
      case_weights = case_weights, offset = offset, rows = rows, fit = fit
    )
  }
}

# What the optimizer keeps has the same names in all steps.
name_slots <- function(trace, slots) {
  lapply(trace, function(record) {
    if (length(record$optimizer_state$slots) == length(slots)) {
      names(record$optimizer_state$slots) <- names(slots)
    }
    record
  })
}
