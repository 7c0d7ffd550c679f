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
ask_for_recording <- function(spec, rows) {
  steps <- session$wants_recording
  if (is.null(steps)) {
    return(spec)
  }
  session$wants_recording <- NULL
  spec$engine$trace_steps <- steps
  # Each epoch has at least one step, and the engine stops once it has recorded enough.
  spec$engine$epochs <- steps
  # The engine refuses beforehand what would not fit in memory.
  spec$engine$extra_bytes <- recording_bytes(spec$engine, rows)
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

# Per step: what each layer computed for its rows, and the parameters before, after, their gradient and
# the optimizer's numbers; once as the engine holds it and twice in R (as recorded, and as steps).
recording_bytes <- function(engine, rows) {
  sizes <- as.double(engine$sizes)
  rows <- as.double(min(engine$batch_size, rows))
  outputs <- sizes[length(sizes)]
  per_row <- sizes[1L] + outputs + 1 + 5 * sum(sizes[-1L])
  parameters <- sum((sizes[-length(sizes)] + 1) * sizes[-1L])
  3 * 8 * as.double(engine$trace_steps) * (rows * per_row + 5 * parameters)
}
