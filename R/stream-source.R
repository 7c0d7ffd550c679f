# What the engine trains on where rows come from a reader: functions that give them chunk by chunk, in its form.

# `which`: the rows that train ("train"), or those held back ("held"); there are `rows` of them. `made` is how chunks become numbers (see encode_chunk()).
# `place` knows which of several streams of one reader was read last: a source may have just one place where it stands. `marks` are where parts begin, see note_part().
stream_of_reader <- function(reader, plan, made, which, rows, weighted, place, total_weight, native = NULL, marks = list(first_mark)) {
  cursor <- NULL
  at <- NULL
  me <- new.env()
  close <- function() {
    if (!is.null(cursor)) cursor$close()
    cursor <<- NULL
  }
  # From the first row, or from the first of the part that the row after `skip` rows may be in.
  start <- function(skip = 0) {
    close()
    mark <- mark_before(marks, which, skip)
    reader$from <- mark$part
    cursor <<- open_reader(reader)
    at <<- list(skip = skip, chunks = 0, first = mark$first, before = mark$before, given = mark[[which]])
    place$of <<- me
  }
  # Where another stream has been read since, this one goes back to where it was.
  resume <- function() {
    if (is.null(cursor) || identical(place$of, me)) {
      return(invisible())
    }
    then <- at
    start(then$skip)
    for (i in seq_len(then$chunks)) cursor$next_chunk()
    at <<- then
  }
  next_rows <- function() {
    resume()
    repeat {
      chunk <- if (!is.null(cursor)) cursor$next_chunk()
      if (is.null(chunk)) {
        close()
        if (at$given != rows) stop_other_rows(at$given, rows, which)
        return(TRUE)
      }
      found <- rows_of_chunk(chunk, plan, at$before, at$first)
      places <- split_chunk(found, plan)[[which]]
      at <<- list(
        skip = at$skip, chunks = at$chunks + 1, first = at$first + nrow(chunk), before = at$before + length(found$kept), given = at$given + length(places)
      )
      if (at$given > rows) stop_other_rows(at$given, rows, which, "at least ")
      if (length(places) > 0L) {
        return(encode_known(pick_of_chunk(found, places), made, at$first - nrow(chunk)))
      }
    }
  }
  guarded <- list(
    open = guarded_hook(function(skip = 0) {
      start(skip)
      TRUE
    }),
    next_rows = guarded_hook(next_rows)
  )
  # A buffer has room for one row at least.
  bytes_of_row <- 8 * (made$objective$sizes[1L] + made$targets + (if (made$offset) made$offsets else 0) + 1)
  structure(
    list(
      rows = rows, inputs = length(made$design$names), targets = made$targets, offsets = if (made$offset) made$offsets else 0L,
      case_weights = weighted, shuffle_bytes = max(reader$shuffle_bytes, bytes_of_row), open = guarded$open$fun, next_rows = guarded$next_rows$fun, native = native$plan,
      names = made$design$names, total_weight = total_weight, given = function() at$given, close = close,
      raised = function() c(guarded$open$raised(), guarded$next_rows$raised(), if (!is.null(native)) native$raised())
    ),
    class = "stream"
  )
}

new_place <- function() list2env(list(of = NULL))

# Rows that were known when they were surveyed are so in each pass.
encode_known <- function(rows, made, first) {
  data <- in_chunk(first, encode_chunk(rows, made))
  if (!all(is.finite(data$x))) {
    stop_backprop("reader", c("The rows of the reader have missing or infinite values in this pass that they did not have before.", i = "Every pass must give the same rows."))
  }
  data
}

stop_other_rows <- function(found, rows, which, at_least = "") {
  what <- if (which == "held") "held back" else "that take part"
  found <- format(found, big.mark = ",", scientific = FALSE)
  stop_backprop("reader", c(
    "Every pass of the reader must give the same rows.",
    x = "In this one there are {at_least}{found} rows {what}; before there were {format(rows, big.mark = ',', scientific = FALSE)}."
  ))
}

# What was raised while rows were read reaches the user as it is; the network as of the last epoch is kept.
raise_of_stream <- function(data, result, as_fit) {
  raised <- unlist(lapply(streams_of(data), function(stream) stream$raised()), recursive = FALSE)
  failed <- if (is.null(result$error)) result$failure else if (identical(result$error$kind, "stream")) result$error
  if (length(raised) == 0L && is.null(failed)) {
    return(invisible())
  }
  if (is.null(result$error)) {
    fit <- as_fit()
    fit$status <- "interrupted"
    session$last <- fit
  }
  if (length(raised) > 0L) rlang::cnd_signal(raised[[1L]])
  if (!identical(failed$kind, "stream")) stop_engine(failed, data$x$names, arg = "data")
  said <- failed$message
  stop_backprop("reader", c("The rows of the reader could not be read.", x = "The engine says: {said}."))
}
