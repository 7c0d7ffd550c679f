# Rows of a reader on a cluster: every worker reads the reader by itself, and takes the rows of its shards.

# What a worker needs of a stream. Readers of Arrow go by way of R there.
stream_to_send <- function(stream) {
  stream["native"] <- list(NULL)
  structure(stream, class = "stream")
}

# The stream of the rows of `part`, see cut_rows(). Of those behind it nothing is read, nor are parts of the reader that lie before it.
part_of_stream <- function(stream, part) {
  at <- 0
  last <- part$first - 1 + part$count
  stream$rows <- part$count
  open <- stream$open
  next_rows <- stream$next_rows
  stream$open <- function() {
    opened <- open(part$first - 1)
    at <<- if (isTRUE(opened)) stream$given() else 0
    opened
  }
  stream$next_rows <- function() {
    repeat {
      if (at >= last) {
        return(TRUE)
      }
      rows <- next_rows()
      if (!is.list(rows)) {
        return(rows)
      }
      places <- seq_len(nrow(rows$x)) + at
      at <<- at + nrow(rows$x)
      own <- which(places >= part$first & places <= last)
      if (length(own) > 0L) {
        return(c(list(x = rows$x[own, , drop = FALSE]), pick_rows(rows$y, rows$case_weights, rows$offset, own)))
      }
    }
  }
  stream
}

# As the engine adds them, row by row.
total_weight_of_stream <- function(stream) {
  if (!stream$case_weights) {
    return(as.double(stream$rows))
  }
  on.exit(stream$close())
  total <- 0
  isTRUE(stream$open())
  repeat {
    rows <- stream$next_rows()
    if (!is.list(rows)) {
      return(total)
    }
    total <- total_weight_of(rows$case_weights, NULL, total)
  }
}

# What was raised while a worker read its rows is what it says.
raise_at_worker <- function(rows) {
  raised <- if (is_streamed(rows)) rows$x$raised()
  if (length(raised) > 0L) stop(raised[[1L]])
}

# What needs rows at hand, by name.
check_stream_on_cluster <- function(cluster, batch_size, n) {
  if (!is.null(cluster$sync_every)) {
    stop_incompatible(
      "{.arg sync_every} trains on rows that a worker has in memory, and a reader gives them in parts.",
      "Leave {.arg sync_every} out, or give each worker rows in memory."
    )
  }
  if (batch_size < n) {
    stop_incompatible(
      "On a cluster every step takes all rows of a reader, and {.arg batch_size} asks for {size} of them.",
      "Use an optimizer of all rows ({.code optimizer = \"lbfgs\"}, \"rprop\", \"gd\"), or leave {.arg batch_size} or {.arg cluster} out.",
      size = batch_size
    )
  }
}
