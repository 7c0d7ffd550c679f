# One call of the engine: what is watched while it runs, and what its answer becomes.

# `ready` is from prepare_training(), `seconds` the time that there is, or NULL. `restart` is the number of the start, where there are several. `keep()`
# takes a function that makes the fit so far, see keeping_last(). `recorder` has the first steps recorded, see new_recorder().
run_training <- function(ready, given, earlier, seed, seconds, keep, restart = NULL, recorder = NULL) {
  spec <- ready$spec
  data <- ready$data
  engine <- engine_settings(ready, seed = seed, seconds = seconds, trace_steps = recorder$steps, epochs = recorder$epochs)
  watch <- watch_training(spec$progress, spec$callback, restart)
  stored <- if (!is.null(spec$checkpoint)) {
    checkpoint_hook(spec$checkpoint, function(state) {
      new_fit(c(state, status = "checkpoint"), ready, given, earlier, engine)
    })
  }
  result <- NULL
  # Beforehand, so that nothing comes between the engine's answer and the promise to keep it.
  keep(function() if (is.null(result$error) && !is.null(result)) new_fit(result, ready, given, earlier, engine))
  told <- c(engine, if (!is.null(stored)) list(checkpoint = stored$engine))
  cluster <- spec$cluster
  remote <- NULL
  if (is.null(cluster)) {
    result <- engine_train(told, data$x, data$y, data$case_weights, data$offset, spec$start, watch$hook)
  } else if (is.null(cluster$sync_every)) {
    remote <- train_remotely(cluster, told, data, spec$start, watch$hook)
    result <- remote$result
  } else {
    result <- keeping_last_average(
      function(seen) train_averaging(cluster, engine, data, spec$start, watch, stored, seen),
      function(so_far) result <<- so_far, function() new_fit(result, ready, given, earlier, engine)
    )
  }
  watch$close()
  if (!is.null(remote)) raise_of_workers(remote, function() new_fit(result, ready, given, earlier, engine))
  if (identical(result$error$kind, "nonfinite_x") && !is_streamed(data)) stop_unknown_in(data, given$arg)
  if (is_streamed(data)) raise_of_stream(data, result, function() new_fit(result, ready, given, earlier, engine))
  finished(result, name_training_inputs(data), arg = given$arg)
  fit <- new_fit(result, ready, given, earlier, engine)
  if (!is.null(recorder)) recorder$keep(result, engine, spec$start, data, fit)
  raised <- c(if (!is.null(stored)) stored$raised(), watch$raised())
  if (length(raised) > 0L) {
    session$last <- fit
    stop(raised[[1L]])
  }
  if (result$status == "diverged") {
    looked <- if (is_streamed(data)) data$looked_at else data
    warn_diverged(result$epoch, engine, looked$x, looked$y)
  }
  fit
}

# Runs `code(keep)`. If it is interrupted, in the engine or in R, what `keep()` last took is what nn_last() gives: a function
# that makes a fit, or NULL where there is none yet, since making it takes time that most trainings need not spend.
keeping_last <- function(code) {
  make <- NULL
  withCallingHandlers(code(function(how) make <<- how), interrupt = function(cnd) {
    suspendInterrupts({
      fit <- if (!is.null(make)) make()
      if (!is.null(fit)) {
        fit$status <- "interrupted"
        session$last <- fit
      }
    })
  })
}

# A function as the engine may call it: no condition leaves it, since it would jump over the engine's frames. It answers whether to
# go on. After an error, which `raised()` has in a list, it does not; an interrupt has no answer, and the engine takes that as one.
guarded_hook <- function(code) {
  raised <- list()
  list(
    fun = function(...) {
      tryCatch(code(...), interrupt = function(cnd) NULL, error = function(cnd) {
        raised <<- list(cnd)
        FALSE
      })
    },
    raised = function() raised
  )
}

# Whose inputs these are: of the rows that train, or of those that validate.
stop_unknown_in <- function(data, arg) {
  bad <- if (all(finite_rows(data$x)) && !is.null(data$validation)) data$validation$x else data$x
  stop_unknown_inputs(bad, if (is.null(colnames(bad))) seq_len(ncol(bad)) else colnames(bad), arg)
}

#' The model of an interrupted training
#'
#' After Ctrl-C has stopped [nn_train()], the network as of the last finished epoch is available here, until
#' another training is interrupted or the session ends. Give it as `start =` to go on. Of several `restarts`, it is the best of those
#' that were finished, or the first one as far as it came. An interrupt before the first epoch has begun leaves things as they were.
#'
#' After an error in a callback, or a checkpoint that could not be written, the network is here as well. Of [nn_tune()] that was interrupted, it is
#' the table of what was compared so far.
#'
#' @return An `nn_fit` (or `nn_tune`), with `status` `"interrupted"` after Ctrl-C. If no training was interrupted in this session, an error of
#'   class `backprop_error_no_last`.
#' @examples
#' \dontrun{
#' fit <- nn_train(X, Y, epochs = 1e6) # press Ctrl-C
#' fit <- nn_train(X, Y, start = nn_last(), epochs = 1e6)
#' }
#' @export
nn_last <- function() {
  if (is.null(session$last)) {
    stop_backprop(
      "no_last", "No training has been interrupted in this session.",
      call = quote(nn_last())
    )
  }
  session$last
}

# What the engine answered, or else its error as a condition.
answered <- function(answer, columns = NULL, call = training_call, arg = "X") {
  if (!is.null(answer$error)) {
    stop_engine(answer$error, columns, call, arg)
  }
  answer
}

# The same of a training, which gives a model when it is interrupted, too.
finished <- function(answer, columns = NULL, call = training_call, arg = "X") {
  answered(answer, columns, call, arg)
  if (answer$status == "interrupted") {
    stop_engine(list(kind = "interrupted"))
  }
  answer
}

# An error that the engine reports, as a condition. `columns` are names of inputs, if there are any.
stop_engine <- function(error, columns, call = training_call, arg = "X") {
  switch(error$kind,
    nonfinite_x = {
      at <- error$columns
      stop_unknown_values(if (is.null(columns)) at else columns[at], numeric(length(at)), rep(NA_real_, length(at)), arg, call)
    },
    nonfinite_y = stop_backprop("nonfinite_y", "{.arg Y} must not have missing or infinite values.", call = call),
    memory = stop_engine_memory(error, call),
    layer = {
      l <- error$layer
      message <- error$message
      stop_backprop("layer", c("Layer {l} of {.arg hidden} does not fit those before it.", x = "The engine says: {message}.", i = "See {.code ?nn_layers}."), call = call)
    },
    start = stop_backprop("start", c(
      "{.arg start} has numbers too large to train with, or its optimizer's state has.",
      i = "Weights and biases may be up to 1e154, and up to 1e19 with {.code precision = \"single\"}."
    ), call = call),
    custom = stop_custom(call),
    # The engine swallowed the interrupt to leave in order; now it takes its usual course.
    interrupted = rlang::interrupt(),
    panic = {
      message <- error$message
      stop_backprop("panic", c(
        "The engine failed: {message}",
        i = "This is a fault of the package; nothing was changed. Please report it."
      ), call = call)
    },
    {
      message <- error$message
      stop_backprop(error$kind, "{message}", call = call)
    }
  )
}

format_bytes <- function(bytes) {
  units <- c("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
  power <- if (bytes < 1) 0 else min(floor(log(bytes, 1024)), 5)
  paste(format(round(bytes / 1024^power, 1), trim = TRUE), units[power + 1])
}

warn_diverged <- function(epoch, engine, x, y) {
  largest <- if (is.null(engine$center)) largest_value(x) else 0
  lr <- engine$lr
  if (largest > 100) {
    cause <- paste0("the inputs are not scaled: their largest absolute value is ", format(largest, digits = 3))
    remedy <- "use `standardize = TRUE`"
  } else if (engine$output %in% c("linear", "exp") && max(abs(y)) > 100) {
    cause <- paste0("the outcome is not scaled: its largest absolute value is ", format(max(abs(y)), digits = 3))
    remedy <- "use `standardize = TRUE` or a smaller `lr`"
  } else {
    cause <- paste0("the learning rate ", format(lr, digits = 3), " is too large")
    remedy <- paste0("try `lr = ", format(lr / 10, digits = 3), "`")
  }
  warn_backprop("diverged", c(
    "Training diverged: the loss or the weights were no longer finite in epoch {epoch}.",
    x = "Likely cause: {cause}.",
    i = "Remedy: {remedy}. The model returned is the last finite one."
  ), epoch = epoch, cause = cause, remedy = remedy)
}
