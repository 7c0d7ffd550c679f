# Recording: how nn_trace() gets the engine's own steps out of an ordinary training.

# Of a training that it is passed to, the engine records the first `steps` steps, of `epochs` epochs. `keep()` is what run_training() calls after the engine;
# `recorded()` are the steps, what the engine went by, the data and the fit. A training inside a callback is none of its business.
# Each epoch has at least one step, and the engine stops once it has recorded enough.
new_recorder <- function(steps, epochs = steps) {
  recorded <- NULL
  keep <- function(result, engine, start, data, fit) {
    recorded <<- list(
      trace = name_slots(result$trace, result$optimizer_state$slots), engine = engine, start = start, x = data$x, y = data$y,
      case_weights = data$case_weights, offset = data$offset, rows = data$rows, fit = fit
    )
  }
  list(steps = steps, epochs = epochs, keep = keep, recorded = function() recorded)
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
