# What R does while the engine runs: the progress bar and the user's callback.

# `hook` is called by the engine on the main thread.
watch_training <- function(progress, callback = NULL, restart = NULL, member = FALSE) {
  of_ensemble <- member
  if (is.null(progress)) {
    progress <- interactive()
  }
  if (!progress && is.null(callback)) {
    return(list(close = function() NULL, raised = function() NULL))
  }
  bar <- if (progress) new_bar()
  warnings <- list()

  look <- function(epoch, epochs, loss, validation_loss, lr, accuracy, validation_accuracy, member) {
    if (progress) {
      bar$show(epoch, epochs, loss, if (of_ensemble) member)
    }
    is.null(callback) || !isFALSE(callback(list(
      epoch = epoch, epochs = epochs, loss = loss, validation_loss = validation_loss, lr = lr,
      accuracy = accuracy, validation_accuracy = validation_accuracy, restart = restart, member = if (of_ensemble) member
    )))
  }
  keep_warning <- function(cnd) {
    warnings[[length(warnings) + 1L]] <<- cnd
    tryInvokeRestart("muffleWarning")
  }
  guarded <- guarded_hook(function(...) withCallingHandlers(look(...), warning = keep_warning))
  list(
    hook = list(
      fun = guarded$fun,
      # Seconds, or each epoch. Where a bar cannot be redrawn, each update is a line of its own.
      every = if (!is.null(callback)) "epoch" else if (cli::is_dynamic_tty()) 0.1 else 2
    ),
    close = function() {
      if (progress) bar$close()
      # The callback's warnings, now that handlers outside may do with them what they like.
      lapply(warnings, warning)
    },
    raised = guarded$raised
  )
}

# A bar that appears when the work has taken long enough.
new_bar <- function() {
  bar <- NULL
  began <- shown <- proc.time()[["elapsed"]]
  patience <- if (interactive()) 2 else 0
  pause <- if (cli::is_dynamic_tty()) 0.1 else 2
  list(
    show = function(epoch, epochs, loss, member = NULL) {
      now <- proc.time()[["elapsed"]]
      if (is.null(bar)) {
        if (now - began < patience) {
          return(invisible())
        }
        bar <<- open_bar(epochs)
      } else if (now - shown < pause && epoch < epochs) {
        # A callback wants every epoch; the bar need not be redrawn as often.
        return(invisible())
      }
      shown <<- now
      cli::cli_progress_update(
        set = epoch, id = bar, force = TRUE,
        extra = list(loss = format(loss, digits = 4), of = if (is.null(member)) "" else paste0("network ", member, ", "))
      )
    },
    close = function() if (!is.null(bar)) cli::cli_progress_done(id = bar)
  )
}

# The bar belongs to no function's frame: it is opened in one call of the hook and updated in others.
open_bar <- function(epochs) {
  cli::cli_progress_bar(
    type = "custom",
    total = epochs,
    format = "{cli::pb_bar} {cli::pb_extra$of}epoch {cli::pb_current}/{cli::pb_total}, loss {cli::pb_extra$loss}, {cli::pb_eta_str}",
    extra = list(loss = "", of = ""),
    clear = TRUE,
    auto_terminate = FALSE,
    .auto_close = FALSE,
    .envir = session
  )
}

check_callback <- function(callback) {
  takes_one <- is.function(callback) && (is.primitive(callback) || length(formals(callback)) > 0L)
  if (!is.null(callback) && !takes_one) {
    stop_argument("callback", "a function of one argument, or `NULL`", callback)
  }
  callback
}
