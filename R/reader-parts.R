# Readers of parts: several sources whose rows follow each other, read as one.

#' @section Parts:
#' A list of sources is read as one: the rows of its first source, then those of its second, and so on. Sources may be of any kinds that have the same columns, and are given the
#' arguments `...` each, unless they are readers already. On a cluster (see [nn_cluster()]) a worker opens those parts alone that its rows lie in: the master, which surveys the rows, must reach all of them, a worker its own.
#' @rdname nn_reader
#' @export
nn_reader.list <- function(source, formula = NULL, ..., shuffle_bytes = 64 * 2^20) {
  if (length(source) == 0L || !is_plain_list(source)) {
    stop_argument("source", "a list of sources, at least one", source, call = quote(nn_reader()))
  }
  if (inherits(formula, "formula") && is.null(environment(formula))) environment(formula) <- parent.frame()
  made <- vapply(source, inherits, NA, "nn_reader")
  if (all(made)) refuse_dots(..., known = names(formals(nn_reader.list)), call = quote(nn_reader()))
  parts <- lapply(unname(source), function(part) {
    if (inherits(part, "nn_reader")) check_reader(part, "source", quote(nn_reader())) else nn_reader(part, formula, ..., shuffle_bytes = shuffle_bytes)
  })
  # Parts of parts are parts.
  parts <- unlist(lapply(parts, leaves_of), recursive = FALSE)
  new_reader("parts", parts, formula, shuffle_bytes, once = any(vapply(parts, function(part) isTRUE(part$once), NA)), env = parent.frame())
}

# The readers of sources that a reader is made of.
leaves_of <- function(reader) if (reader$kind == "parts") reader$source else list(reader)

has_whole_parts <- function(reader) {
  is_plain_list(reader$source) && length(reader$source) > 0L && all(vapply(reader$source, inherits, NA, "nn_reader"))
}

describe_part_sources <- function(reader) {
  first <- reader$source[[1L]]
  paste0(count_text(length(reader$source), "part"), ", the first ", reader_sources()[[first$kind]]$describe(first))
}

# The rows of all parts, from part `reader$from` on where it is given. `part()` is the part of the last chunk.
parts_cursor <- function(reader) {
  count <- length(reader$source)
  at <- if (is.null(reader$from)) 1L else reader$from
  cursor <- NULL
  close <- function() {
    left <- cursor
    cursor <<- NULL
    if (!is.null(left)) left$close()
  }
  next_of_part <- function() {
    in_part(at, count, {
      if (is.null(cursor)) {
        part <- reader$source[[at]]
        part["columns"] <- list(reader$columns)
        cursor <<- reader_sources()[[part$kind]]$open(part)
      }
      chunk <- cursor$next_chunk()
      if (is.null(chunk)) close()
      with_columns_alone(chunk, reader$columns)
    })
  }
  list(
    next_chunk = function() {
      while (at <= count) {
        chunk <- next_of_part()
        if (!is.null(chunk)) {
          return(chunk)
        }
        at <<- at + 1L
      }
      NULL
    },
    part = function() min(at, count), close = close
  )
}

# The columns that are wanted, which Arrow streams give alone. Where one is missing, the chunk as it is: the error is that of any chunk.
with_columns_alone <- function(chunk, columns) {
  if (is.null(columns) || !is.data.frame(chunk) || !all(columns %in% names(chunk))) {
    return(chunk)
  }
  structure(unclass(chunk)[columns], row.names = attr(chunk, "row.names"), class = "data.frame")
}

# Which part an error is of.
in_part <- function(part, count, code) {
  tryCatch(code, error = function(cnd) {
    if (inherits(cnd, "backprop_error")) {
      cnd$body <- c(cnd$body, i = paste0("It is part ", part, " of ", count, "."))
      stop(cnd)
    }
    said <- conditionMessage(cnd)
    stop_backprop("reader", c("Part {part} of {count} could not be read.", x = "{said}"), parent = cnd)
  })
}

# Where a stream begins that is to skip `given` rows: the last part with no more rows before it. `marks` are those of the survey, see note_part(); `which` are the rows that
# count, "train" or "held".
mark_before <- function(marks, which, given) {
  before <- vapply(marks, function(mark) mark[[which]], 0)
  marks[[sum(before <= given)]]
}
