# Rows in memory as a stream of the engine's: what a reader is for rows that are not in memory.

# `x`, `y`, `case_weights` and `offset` as `engine_train()` takes them, given in chunks of `size` rows. `ask(pass, row, rows)` is called before a chunk is
# given and may fail or change it.
as_stream <- function(x, y, case_weights, offset, size = nrow(x), ask = function(pass, row, rows) rows) {
  pass <- 0L
  at <- 0L
  open <- guarded_hook(function() {
    pass <<- pass + 1L
    at <<- 0L
    TRUE
  })
  next_rows <- guarded_hook(function() {
    if (at >= nrow(x)) {
      return(TRUE)
    }
    take <- seq.int(at + 1L, min(nrow(x), at + size))
    at <<- at + length(take)
    ask(pass, take[1L], list(
      x = x[take, , drop = FALSE], y = y[take, , drop = FALSE], case_weights = case_weights[take],
      offset = if (!is.null(offset)) offset[take, , drop = FALSE]
    ))
  })
  structure(
    list(
      rows = nrow(x), inputs = ncol(x), targets = ncol(y), offsets = if (is.null(offset)) 0L else ncol(offset),
      case_weights = !is.null(case_weights), open = open$fun, next_rows = next_rows$fun,
      passes = function() pass, raised = function() c(open$raised(), next_rows$raised())
    ),
    class = "stream"
  )
}

# Puts a function in the place of engine_train(), of the same arguments, for as long as `env` is there. Gives the engine's own.
local_engine_train <- function(make, env = parent.frame()) {
  package <- environment(nn_train)
  own <- package$engine_train
  put <- function(what) {
    unlockBinding("engine_train", package)
    assign("engine_train", what, envir = package)
    lockBinding("engine_train", package)
  }
  put(make(own))
  withr::defer(put(own), envir = env)
}

# Trains on streams of the rows that are in memory, those that validate too; `answer()` is what the engine said last.
local_streams <- function(size, ..., env = parent.frame()) {
  said <- NULL
  local_engine_train(env = env, function(in_memory) {
    function(spec, x, y, case_weights, offset, start, hook) {
      held <- spec$validation
      if (!is.null(held)) {
        spec$validation <- list(x = as_stream(held$x, as.matrix(held$y), held$case_weights, held$offset, size))
      }
      stream <- as_stream(x, as.matrix(y), case_weights, offset, size, ...)
      answer <- in_memory(spec, stream, NULL, NULL, NULL, start, hook)
      said <<- c(answer, list(stream = stream))
      answer
    }
  })
  function() said
}
