# What R itself is going to need, counted before R is asked for it: a request that is refused by its size comes back
# at once, and says what to change. What there is, and what is too little to ask about, the engine knows; what the engine needs, it counts.

# `what` says what would take the bytes: "The Hessian of 500 parameters"; `hint`, how to need less.
check_room <- function(bytes, what, hint, call) {
  limit <- resolve_max_bytes()
  answer <- engine_memory(as.double(bytes), if (is.na(limit)) NaN else limit)
  if (!is.null(answer$error)) stop_memory(answer$error, paste(what, "would need"), hint, call)
}

# Work on matrices of all pairs of parameters, `copies` of which are there at a time, and `more` bytes.
check_room_for_pairs <- function(fit, copies, what, call, more = 0) {
  count <- count_parameters(fit)
  check_room(
    8 * copies * count^2 + more, paste(what, "of", count_text(count, "parameter")),
    "It grows with the square of their number: use fewer `hidden` units, or fewer inputs.", call
  )
}

# `error`: what the engine says of it, with NaN where all that is known is that the system refuses.
stop_memory <- function(error, what, hint, call) {
  needed <- if (is.nan(error$needed)) "more memory" else paste(format_bytes(error$needed), "of memory")
  known <- if (is.nan(error$available)) ", which the system refuses" else paste0("; ", format_bytes(error$available), " can be used")
  stop_backprop("memory", c("{what} {needed}{known}.", i = if (!is.null(hint)) "{hint}"), call = call)
}

# The engine's own refusals: of a training, of a start, or of rows that a network is asked about.
stop_engine_memory <- function(error, call) {
  switch(deparse1(call[[1L]]),
    nn_train = ,
    nn_trace = ,
    nn_check_gradient = stop_memory(
      error, "The network and its training need",
      "Use fewer `hidden` units, a smaller `batch_size` or `precision = \"single\"`; or set `options(backprop.max_bytes = )`.", call
    ),
    nn_init = stop_memory(error, "Weights and biases of these sizes need", "Use fewer units.", call),
    stop_memory(error, "The network and these rows need", "Take fewer rows at a time; or set `options(backprop.max_bytes = )`.", call)
  )
}
