# The trainings behind paths: what methods are, and each point's weights as the engine had them.

# What a method may say: how to go down, not what.
descent_arguments <- c("optimizer", "lr", "batch_size", "shuffle", "lr_schedule", "clip_norm")

# A named list of lists of arguments.
path_methods <- function(methods, base, call) {
  if (is.null(methods)) {
    usual <- usual_methods(nrow(base$x))
    # A family that compares every row with all others has no smaller batches.
    return(if (isTRUE(family_of(base$fit)$all_rows)) usual["full batch"] else usual)
  }
  if (is.character(methods)) methods <- stats::setNames(as.list(methods), names(methods))
  if (inherits(methods, "nn_optimizer") || !is.list(methods) || is.data.frame(methods) || length(methods) == 0L) {
    stop_argument("methods", "`NULL` or a named list of lists of arguments", methods, hint = "For instance `list(slow = list(lr = 0.01), fast = list(lr = 1))`.", call = call)
  }
  read <- lapply(seq_along(methods), function(k) read_method(methods[[k]], k, call))
  names <- names_of(methods)
  unnamed <- names == ""
  names[unnamed] <- vapply(read[unnamed], method_name, "")
  stats::setNames(read, make.unique(names))
}

usual_methods <- function(rows) {
  few <- as.integer(min(max(2, round(sqrt(rows))), 32))
  c(
    list(`full batch` = list(optimizer = "gd")),
    if (rows > 1L) list(SGD = list(optimizer = "sgd", batch_size = 1L)),
    if (few < rows) list(`mini-batch` = list(optimizer = "sgd", batch_size = few))
  )
}

read_method <- function(method, k, call) {
  if (is_text(method) || inherits(method, "nn_optimizer")) {
    return(list(optimizer = method))
  }
  place <- paste0("methods[[", k, "]]")
  if (!is_plain_list(method) || (length(method) > 0L && any(names_of(method) == "")) || !is_named(method)) {
    stop_argument(place, "an optimizer or a list of arguments with names", method, call = call)
  }
  unknown <- setdiff(names(method), descent_arguments)
  if (length(unknown) > 0L) {
    stop_backprop("unknown_argument", c(
      "{.code {place}} has {.arg {unknown[1]}}, which is no way to descend.",
      i = "A method may have {.or {.arg {descent_arguments}}}; all else is common to all methods and stands outside."
    ), call = call)
  }
  method
}

method_name <- function(method) {
  optimizer <- method$optimizer
  name <- if (is.null(optimizer)) "gd" else if (is.list(optimizer)) as.character(optimizer$name) else as.character(optimizer)
  paste(c(name, if (!is.null(method$batch_size)) paste("of", format(method$batch_size)), if (is.numeric(method$lr)) paste("at", format(method$lr))), collapse = " ")
}

# One path: `parameters`, a matrix with a row per point; `iteration` and `epoch` of each; the `fit`.
train_path <- function(common, method, name, base, epochs, each, call) {
  arguments <- c(common[!names_of(common) %in% names(method)], method)
  # What there is to say of the data was said once, of what all methods have in common.
  first <- saying_no_more(train_recorded(arguments, 0L, call), messages = TRUE)
  per_epoch <- max(1L, ceiling(nrow(first$x) / first$engine$batch_size))
  start <- as_parameters(first$fit)
  if (epochs == 0L) {
    return(list(parameters = matrix(start, 1L), iteration = 0L, epoch = 0L, fit = first$fit))
  }
  if (per_epoch == 1L || each == "epoch") {
    states <- saying_no_more(train_by_epochs(c(arguments, list(epochs = epochs, keep_weights = 1L)), as.integer(first$fit$epochs_done), call))
    epoch <- states$epoch
    iteration <- epoch * as.integer(per_epoch)
  } else {
    states <- saying_no_more(train_by_steps(arguments, per_epoch * epochs, epochs, call))
    iteration <- seq_along(states$networks)
    epoch <- states$epoch
  }
  points <- c(list(start), lapply(states$networks, as_parameters))
  # It names data that are here alone.
  states$fit["call"] <- list(NULL)
  parameters <- matrix(unlist(points), ncol = length(start), byrow = TRUE)
  # The steps recorded go on to the end of the epoch in which training diverged.
  finite <- cumsum(rowSums(!is.finite(parameters))) == 0
  list(parameters = parameters[finite, , drop = FALSE], iteration = c(0L, iteration)[finite], epoch = c(0L, epoch)[finite], fit = states$fit)
}

# An epoch's weights are in the snapshots that the training keeps. A model that training goes on from, which did `before` epochs, may have some as well.
train_by_epochs <- function(arguments, before, call) {
  arguments$preset <- "textbook"
  fit <- tryCatch(
    train_requested(do.call("request_training", arguments, quote = TRUE)),
    backprop_error = function(cnd) {
      cnd$call <- call
      rlang::cnd_signal(cnd)
    }
  )
  epoch <- vapply(fit$snapshots, function(snapshot) as.integer(snapshot$epoch), 0L) - before
  networks <- fit$snapshots[epoch > 0L]
  # As without snapshots, which nobody asked for.
  fit$snapshots <- list()
  fit["start"] <- NULL
  fit$settings["keep_weights"] <- list(NULL)
  list(networks = networks, epoch = epoch[epoch > 0L], fit = fit)
}

# Those of each update only the engine's recording has.
train_by_steps <- function(arguments, steps, epochs, call) {
  if (steps > 1e6) {
    stop_backprop("memory", c(
      "The path would have {format(steps, big.mark = ',')} updates, more than a million.", i = "Give fewer {.arg epochs}, or {.code each = \"epoch\"}."
    ), call = call)
  }
  # Schedules go by the epochs that were asked for. One step more than there are: no recording ends this training.
  recorded <- train_recorded(c(arguments, list(epochs = epochs)), as.integer(steps) + 1L, call, epochs, "give fewer `epochs` or rows, or `each = \"epoch\"`")
  records <- recorded$trace
  # A model that training goes on from has epochs that were before.
  epoch <- vapply(records, function(record) as.integer(record$epoch), 0L)
  list(networks = lapply(records, function(record) record$after), epoch = epoch - epoch[1L] + 1L, fit = recorded$fit)
}

# Without warnings, but for those of this training alone.
saying_no_more <- function(code, messages = FALSE) {
  withCallingHandlers(
    code,
    backprop_warning = function(cnd) if (!inherits(cnd, "backprop_warning_diverged")) invokeRestart("muffleWarning"),
    backprop_message = function(cnd) if (messages) invokeRestart("muffleMessage")
  )
}
