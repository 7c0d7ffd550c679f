# Cursors: one pass over the rows of a reader, chunk by chunk, whatever its source.

# What each kind of reader is: `open(reader)` gives a cursor, a list of `next_chunk()`, which returns a data frame or, at the end, NULL, and of
# `close()`, called once; `describe(reader)` says in words what is read; `whole(reader)` whether it has what its kind needs.
reader_sources <- function() {
  sized <- function(reader) is_whole(reader$chunk_rows, 1)
  list(
    data.frame = list(
      open = table_cursor, whole = function(reader) is.data.frame(reader$source) && sized(reader),
      describe = function(reader) paste0("a data frame of ", size_text(reader$source))
    ),
    "function" = list(
      open = function_cursor, whole = function(reader) is.function(reader$source), describe = function(reader) "a function of `reset`"
    ),
    arrow = list(open = function(reader) arrow_cursor(reader), whole = function(reader) TRUE, describe = function(reader) "an Arrow stream"),
    query = list(
      open = query_cursor, whole = function(reader) is_text(reader$query) && sized(reader),
      describe = function(reader) paste("a query of", class(reader$source)[1L], "by DBI")
    ),
    csv = list(
      open = csv_cursor,
      whole = function(reader) is_texts(reader$source) && is_plain_list(reader$csv) && is.character(reader$csv$types) && sized(reader),
      describe = function(reader) paste0(count_text(length(reader$source), "CSV file"), " of ", count_text(length(reader$csv$types), "column"))
    ),
    parts = list(open = parts_cursor, whole = has_whole_parts, describe = describe_part_sources),
    big.matrix = list(
      open = big_matrix_cursor, whole = sized, describe = function(reader) paste0("a big matrix of ", size_text(reader$source))
    )
  )
}

size_text <- function(source) paste0(count_text(nrow(source), "row"), " and ", count_text(ncol(source), "column"))

# A new pass over the rows of `reader`, from the first: a cursor whose chunks are plain data frames with the columns of the first one, in its
# order. What fails in the source is raised as an error of a reader. After the end, and after close(), there is NULL. `part()` is the number of the part that the last chunk is of, 1 where
# there are no parts.
open_reader <- function(reader, call = training_call) {
  opened <- with_reader_errors(reader_sources()[[reader$kind]]$open(reader), "opened", call)
  columns <- NULL
  close <- function() {
    left <- opened
    opened <<- NULL
    if (!is.null(left)) with_reader_errors(left$close(), "closed", call)
    invisible()
  }
  next_chunk <- function() {
    if (is.null(opened)) {
      return(NULL)
    }
    chunk <- with_reader_errors(opened$next_chunk(), "read", call)
    if (is.null(chunk)) {
      close()
      return(NULL)
    }
    chunk <- check_chunk(chunk, columns, call)
    columns <<- names(chunk)
    chunk
  }
  list(next_chunk = next_chunk, part = function() if (is.null(opened$part)) 1L else opened$part(), close = close)
}

# What a source says when it fails is the parent of the error; errors of this package say enough themselves.
with_reader_errors <- function(code, done, call) {
  tryCatch(code, error = function(cnd) {
    if (inherits(cnd, "backprop_error")) {
      cnd$call <- call
      stop(cnd)
    }
    said <- conditionMessage(cnd)
    stop_backprop("reader", c("The rows of the reader could not be {done}.", x = "{said}"), call = call, parent = cnd)
  })
}

# A chunk as a plain data frame. `columns`: names of those that the first chunk had, or NULL.
check_chunk <- function(chunk, columns, call) {
  if (!is.data.frame(chunk)) {
    type <- describe_value(chunk)
    stop_backprop("reader", c(
      "A reader must give data frames, chunk by chunk, and {.code NULL} after the last one.", x = "It gave {type}."
    ), call = call)
  }
  found <- names(chunk)
  if (is.null(columns)) {
    if (length(found) == 0L || anyNA(found) || !all(nzchar(found)) || anyDuplicated(found)) {
      twice <- unique(found[duplicated(found)])
      stop_backprop("reader", c(
        "The columns of a reader must have names, each its own.",
        x = if (length(found) == 0L) {
          "The first chunk has no columns."
        } else if (length(twice) > 0L) {
          "More than once: {.val {twice}}."
        } else {
          "One has none."
        }
      ), call = call)
    }
    columns <- found
  } else if (!identical(found, columns)) {
    refuse_other_columns(found, columns, call)
  }
  names_of_rows <- attr(chunk, "row.names")
  plain <- as_plain_table(unclass(chunk)[columns], nrow(chunk))
  if (is.character(names_of_rows)) attr(plain, "row.names") <- names_of_rows
  plain
}

refuse_other_columns <- function(found, columns, call) {
  lost <- setdiff(columns, found)
  new <- setdiff(found, columns)
  if (length(lost) + length(new) + anyDuplicated(found) > 0L) {
    stop_backprop("reader", c(
      "All chunks of a reader must have the columns of the first one.",
      x = if (length(lost) > 0L) "{.val {lost}} {?is/are} missing in a later one.",
      x = if (length(new) > 0L) "{.val {new}} {?was/were} not in the first one.",
      x = if (length(lost) + length(new) == 0L) "A later one has a column twice."
    ), call = call)
  }
}

# Some rows of a table as a plain one: what `[` of a data frame of another class makes of row numbers may be something else.
pick_table_rows <- function(table, rows) {
  columns <- lapply(unclass(table), pick_rows_of, rows)
  attributes(columns) <- list(names = names(table))
  picked <- as_plain_table(columns, length(rows))
  named <- table_row_names(table)
  if (!is.null(named)) attr(picked, "row.names") <- named[rows]
  picked
}

# Rows of a table in memory, `chunk_rows` at a time.
table_cursor <- function(reader) {
  table <- reader$source
  n <- nrow(table)
  place <- 0
  list(
    next_chunk = function() {
      if (place < n || n == 0L && place == 0) {
        rows <- place + seq_len(min(reader$chunk_rows, n - place))
        place <<- max(place + length(rows), 1)
        pick_table_rows(table, rows)
      }
    },
    close = function() invisible()
  )
}

# Chunks of a function of the user's, which knows by itself where it stands.
function_cursor <- function(reader) {
  source <- reader$source
  source(reset = TRUE)
  list(next_chunk = function() source(reset = FALSE), close = function() invisible())
}
