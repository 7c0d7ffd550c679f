# Checkpoints: the fit so far, stored every few epochs so that a training survives the end of its process.

# `checkpoint` as typed, checked; NULL when there is none.
read_checkpoint <- function(checkpoint) {
  if (is.null(checkpoint)) {
    return(NULL)
  }
  path <- if (is.list(checkpoint)) checkpoint$path
  fits <- is.list(checkpoint) && setequal(union(names(checkpoint), c("path", "every")), c("path", "every")) &&
    is_path(path)
  if (!fits) {
    stop_argument("checkpoint", "a list of `path`, a file, and `every`, a number of epochs", checkpoint)
  }
  every <- checkpoint$every
  path <- path.expand(path)
  if (!dir.exists(dirname(path)) || dir.exists(path)) {
    stop_backprop("checkpoint", c(
      "{.code checkpoint$path} must be a file in a folder that exists.",
      x = "Got {.file {path}}."
    ))
  }
  list(path = path, every = if (is.null(every)) 1L else check_count(every, "checkpoint$every"))
}

# What the engine calls. `as_fit` makes a fit of the engine's state.
checkpoint_hook <- function(checkpoint, as_fit) {
  hook <- guarded_hook(function(state) {
    write_whole(as_fit(state), checkpoint$path)
    TRUE
  })
  list(engine = list(fun = hook$fun, every = as.double(checkpoint$every)), raised = hook$raised)
}

# The file at `path` is the former one until the new one is complete.
write_whole <- function(object, path) {
  write_file(
    path, function(connection) suppressWarnings(saveRDS(object, connection)), "checkpoint",
    hint = "Training has ended; {.fn nn_last} has the model so far.", call = training_call
  )
}
