# Readers of CSV files: the types of their columns are fixed before the first pass, and what does not fit them is an error that says where it is.

#' @param sep,dec The character between fields, and the one of decimals: `";"` and `","` where the comma is the decimal mark.
#' @param na Fields that mean missing.
#' @param encoding Of the text in the files.
#' @param col_types Types of columns by name, for those whose type is not to be guessed: `c(zip = "text", share = "number")`. Types are `"number"`,
#'   `"logical"`
#'   (`TRUE`, `T`, `true` and so on) and `"text"`. The others are guessed by the first 10,000 rows of the first file; a column without values there
#'   is taken for numbers.
#' @section CSV files:
#' Several files are read one after another, as one; each has a header, with the same columns (in any order). Fields may stand in double quotes, and
#' compressed files
#' (gzip, bzip2, xz) are read as they are. Text becomes a factor in training as in any table. The types stay those that [nn_reader()] found: a later
#' field that does not fit is an error that names
#' file, row and column, and `col_types` mends it. Numbers are what [read.csv()] makes of them. Each pass reads the text anew: for many passes over
#' many
#' rows a binary format is several times faster, such as Parquet through an Arrow stream.
#' @rdname nn_reader
#' @export
nn_reader.character <- function(source, formula = NULL, ..., sep = ",", dec = ".", na = c("", "NA"), encoding = "UTF-8", col_types = NULL,
                                chunk_rows = 65536, shuffle_bytes = 64 * 2^20) {
  call <- quote(nn_reader())
  refuse_dots(..., known = names(formals(nn_reader.character)), call = call)
  chunk_rows <- check_count(chunk_rows, "chunk_rows", call = call)
  check_csv_character(sep, "sep", call)
  check_csv_character(dec, "dec", call)
  if (!is.character(na)) stop_argument("na", "texts that mean missing", na, call = call)
  if (!is_text(encoding)) stop_argument("encoding", "the name of an encoding", encoding, call = call)
  reader <- new_reader("csv", check_csv_files(source, call), formula, shuffle_bytes,
    chunk_rows = chunk_rows, csv = list(sep = sep, dec = dec, na = na, encoding = encoding), env = parent.frame()
  )
  reader$csv$types <- with_reader_errors(guess_csv_types(reader, col_types, call), "read", call)
  reader
}

check_csv_character <- function(x, arg, call) {
  if (!is_text(x) || nchar(x) != 1L) stop_argument(arg, "a single character", x, call = call)
}

# Full paths of files that are there: a reader may be used in another folder than it was made in.
check_csv_files <- function(source, call) {
  if (length(source) == 0L || anyNA(source) || !all(nzchar(source))) {
    stop_argument("source", "one or more names of files", source, call = call)
  }
  others <- grepl("\\.(parquet|feather|arrow|ipc)$", source, ignore.case = TRUE)
  if (any(others)) {
    name <- source[others][1L]
    stop_backprop("reader", c(
      "{.file {name}} is no CSV file.",
      i = "Give {.fn nn_reader} a function that opens it as an Arrow stream, such as {.code function() arrow::open_dataset(\"{name}\")}."
    ), call = call)
  }
  lost <- !file.exists(source) | dir.exists(source)
  if (any(lost)) {
    name <- source[lost][1L]
    stop_backprop("reader", c(
      if (dir.exists(name)) "{.file {name}} is a folder, not a file." else "There is no file {.file {name}}.",
      i = if (dir.exists(name)) "{.code list.files(full.names = TRUE)} gives the files in it."
    ), call = call)
  }
  normalizePath(source, mustWork = TRUE)
}

csv_types <- c("number", "logical", "text")

guess_csv_types <- function(reader, typed, call) {
  known <- is.null(typed) || (is.character(typed) && !is.null(names(typed)) && all(typed %in% csv_types))
  if (!known) {
    stop_argument("col_types", "the types of columns by name, each of \"number\", \"logical\" and \"text\"", typed, call = call)
  }
  file <- open_csv_file(reader$source[1L], reader$csv)
  on.exit(file$close())
  unknown <- setdiff(names(typed), file$columns)
  if (length(unknown) > 0L) {
    name <- reader$source[1L]
    stop_backprop("argument", "{.arg col_types} names columns that {.file {name}} has not: {.val {unknown}}.", call = call)
  }
  types <- stats::setNames(rep("number", length(file$columns)), file$columns)
  lines <- file$next_lines(10000L)
  if (!is.null(lines)) {
    fields <- text_of_csv(lines, length(types), reader$csv, list(path = reader$source[1L], rows = 0))
    types[] <- vapply(fields, function(field) {
      value <- utils::type.convert(field, na.strings = c(reader$csv$na, ""), as.is = TRUE, dec = reader$csv$dec)
      if (is.character(value)) "text" else if (is.logical(value) && !all(is.na(value))) "logical" else "number"
    }, "")
  }
  types[names(typed)] <- typed
  types
}

# A file from its first row on: `columns`, its header; `next_lines(rows)`, that many lines or, where a field has line breaks, lines that
# end with a row, NULL at the end.
open_csv_file <- function(path, csv) {
  # Encodings of which ASCII is a part are converted line by line, whatever the locale; the others have other line breaks.
  wide <- grepl("^(UTF-?(16|32)|UCS)", csv$encoding, ignore.case = TRUE)
  connection <- base::file(path, "rt", encoding = if (wide) csv$encoding else "native.enc")
  close_it <- function() {
    if (!is.null(connection)) close(connection)
    connection <<- NULL
  }
  opened <- FALSE
  on.exit(if (!opened) close_it())
  read <- function(count) {
    lines <- withCallingHandlers(readLines(connection, count), warning = function(cnd) {
      # A last line without a line break is a line; what else is wrong, such as bytes that are no text, would be lost.
      if (!grepl("incomplete final line", conditionMessage(cnd), fixed = TRUE)) stop(conditionMessage(cnd), call. = FALSE)
      invokeRestart("muffleWarning")
    })
    if (wide) {
      return(enc2utf8(lines))
    }
    if (!is_utf8(csv$encoding)) lines <- iconv(lines, csv$encoding, "UTF-8")
    if (anyNA(lines) || !all(validUTF8(lines))) {
      stop("The file ", path, " is not in ", csv$encoding, ": say in which `encoding` it is.", call. = FALSE)
    }
    Encoding(lines) <- "UTF-8"
    lines
  }
  next_lines <- function(count) {
    lines <- read(count)
    quotes <- count_quotes(lines)
    while (quotes %% 2 == 1) {
      more <- read(1L)
      if (length(more) == 0L) stop("A field in double quotes does not end in the file ", path, ".", call. = FALSE)
      lines <- c(lines, more)
      quotes <- quotes + count_quotes(more)
    }
    if (length(lines) > 0L) lines
  }
  header <- next_lines(1L)
  if (is.null(header)) stop("The file ", path, " is empty: it has no header.", call. = FALSE)
  header[1L] <- sub("^\ufeff", "", header[1L])
  columns <- scan(
    text = header, what = "", sep = csv$sep, quote = "\"", quiet = TRUE, strip.white = TRUE, encoding = "UTF-8", comment.char = "",
    na.strings = character()
  )
  opened <- TRUE
  list(columns = columns, next_lines = next_lines, close = close_it)
}

is_utf8 <- function(encoding) toupper(encoding) %in% c("UTF-8", "UTF8")

count_quotes <- function(lines) {
  quoted <- lines[grepl("\"", lines, fixed = TRUE, useBytes = TRUE)]
  sum(nchar(quoted, "bytes") - nchar(gsub("\"", "", quoted, fixed = TRUE, useBytes = TRUE), "bytes"))
}

# Fields of lines, a vector for each column, of the type of `what`.
scan_csv <- function(lines, what, csv) {
  scan(
    text = lines, what = what, sep = csv$sep, dec = csv$dec, quote = "\"", na.strings = csv$na, quiet = TRUE, multi.line = FALSE,
    strip.white = vapply(what, Negate(is.character), NA), comment.char = "", encoding = "UTF-8"
  )
}

csv_cursor <- function(reader) {
  csv <- reader$csv
  at <- 0L
  file <- NULL
  rows <- 0
  # Numbers in quotes cannot be read as such: once there were some, all fields are read as text first.
  as_text <- FALSE
  open_next <- function() {
    at <<- at + 1L
    rows <<- 0
    path <- reader$source[at]
    file <<- open_csv_file(path, csv)
    if (!identical(sort(file$columns), sort(names(csv$types)))) {
      refuse_csv_columns(path, file$columns, names(csv$types))
    }
  }
  close_file <- function() {
    if (!is.null(file)) file$close()
    file <<- NULL
  }
  next_lines <- function() {
    repeat {
      if (is.null(file)) {
        if (at == length(reader$source)) {
          return(NULL)
        }
        open_next()
      }
      lines <- file$next_lines(reader$chunk_rows)
      if (!is.null(lines)) {
        return(lines)
      }
      close_file()
    }
  }
  next_chunk <- function() {
    lines <- next_lines()
    if (is.null(lines)) {
      return(NULL)
    }
    types <- csv$types[file$columns]
    fields <- if (!as_text) tryCatch(scan_csv(lines, csv_prototype(types), csv), error = function(cnd) NULL)
    if (is.null(fields)) {
      where <- list(path = reader$source[at], rows = rows)
      fields <- convert_csv(text_of_csv(lines, length(types), csv, where), types, csv, where)
      as_text <<- TRUE
    }
    names(fields) <- names(types)
    rows <<- rows + length(fields[[1L]])
    as_plain_table(fields[names(csv$types)], length(fields[[1L]]))
  }
  list(next_chunk = next_chunk, close = close_file)
}

csv_prototype <- function(types) unname(lapply(types, function(type) switch(type, number = 0, logical = NA, text = "")))

refuse_csv_columns <- function(path, found, columns) {
  lost <- setdiff(columns, found)
  new <- setdiff(found, columns)
  stop_backprop("reader", c(
    "{.file {path}} must have the columns that the first file had when the reader was made.",
    x = if (length(lost) > 0L) "{.val {lost}} {?is/are} missing.",
    x = if (length(new) > 0L) "{.val {new}} {?is/are} new.",
    x = if (length(lost) + length(new) == 0L) "It has columns of the same name."
  ))
}

# Fields as text; a row that has too few or too many is named.
text_of_csv <- function(lines, columns, csv, where) {
  tryCatch(scan_csv(lines, rep(list(""), columns), csv), error = function(cnd) {
    text <- textConnection(lines, encoding = "bytes")
    on.exit(close(text))
    counts <- utils::count.fields(text, sep = csv$sep, quote = "\"", comment.char = "")
    # Of a row of several lines all but the last have no count.
    counts <- counts[!is.na(counts)]
    wrong <- which(counts != columns)
    if (length(wrong) == 0L) stop(cnd)
    path <- where$path
    row <- where$rows + wrong[1L]
    found <- counts[wrong[1L]]
    stop_backprop("reader", c(
      "{.file {path}} must have {columns} field{?s} in each row, as its header has.",
      x = "Row {format(row, scientific = FALSE)} has {found}."
    ))
  })
}

# The same by the types of their columns.
convert_csv <- function(fields, types, csv, where) {
  Map(function(field, type, name) {
    if (type == "text") {
      return(field)
    }
    fits <- function(value) if (type == "number") is.numeric(value) else is.logical(value)
    read <- function(field) utils::type.convert(field, na.strings = c(csv$na, ""), as.is = TRUE, dec = csv$dec)
    value <- read(field)
    if (all(is.na(value)) && !is.character(value)) value <- rep(if (type == "number") NA_real_ else NA, length(value))
    if (!fits(value)) stop_csv_field(field, type, name, read, where)
    if (type == "number") as.double(value) else value
  }, fields, types, names(types))
}

stop_csv_field <- function(field, type, name, read, where) {
  # The type of all is told by the first that is no number: each by itself says which.
  alone <- vapply(unique(field), function(one) {
    value <- read(one)
    is.na(one) || is.na(value) || (if (type == "number") is.numeric(value) else is.logical(value))
  }, NA)
  first <- which(field %in% unique(field)[!alone])[1L]
  shown <- quote_each(field[first])
  row <- where$rows + first
  path <- where$path
  expected <- if (type == "number") "a number" else "a logical"
  stop_backprop("reader", c(
    "Column {.val {name}} must have {expected} in each row of {.file {path}}.",
    x = "Row {format(row, scientific = FALSE)} has {shown}.",
    i = "{.code col_types = c({name} = \"text\")} reads the column as text; {.code na = } says which texts mean missing."
  ))
}
