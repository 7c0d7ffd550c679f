# Readers of Arrow streams: what a function of the user's opened is turned into an address by which the stream is taken over, and its
# batches become chunks.

# Rows of a chunk at most: batches may be as large as a file.
arrow_chunk_rows <- 65536

#' @section Arrow streams:
#' A function that opens an Arrow stream returns one of these, anew for each pass: a stream of \pkg{nanoarrow}; a `RecordBatchReader`, a dataset, a table or a
#' query of \pkg{arrow}; a result of \pkg{duckdb} (of `dbSendQuery(con, query, arrow = TRUE)`); whatever \pkg{nanoarrow} makes a stream of, as tables of \pkg{polars};
#' in Python, by \pkg{reticulate}, a dataset, scanner, table or `RecordBatchReader` of pyarrow, or any object with a method `__arrow_c_stream__`; or the address of a
#' struct `ArrowArrayStream`, as a number or a text. The stream is taken over, and released at the end of the pass. A stream that is given itself
#' instead of a function can be read once: this is enough for [nn_predict()].
#'
#' Numbers of all widths, logical values, strings and dictionaries of strings are read; strings are text and dictionaries factors, as in a data frame. Whole
#' numbers beyond 2^53 are an error, since a double cannot hold them. Of a type that is not read (decimals, dates, times, lists and others), a column is an
#' error when the formula wants it, and not there otherwise: cast it where the stream is made.
#'
#' The stream's functions are called on R's thread alone, while another one decodes the batches that were fetched and, where the formula has nothing but columns, makes rows of the network of them. What a stream of Python's does on threads of
#' its own must not need the interpreter, which R holds: pyarrow's own file systems do not, those of fsspec do.
#'
#' A dataset of pyarrow reads ahead as far as its defaults say, which may be gigabytes. A scanner that takes little memory is `dataset.scanner(batch_readahead = 2, fragment_readahead = 1,
#' use_threads = False, fragment_scan_options = ParquetFragmentScanOptions(pre_buffer = False))`, all of `pyarrow.dataset`.
#' @rdname nn_reader
#' @export
nn_reader.nanoarrow_array_stream <- function(source, formula = NULL, ..., shuffle_bytes = 64 * 2^20) {
  refuse_dots(..., known = names(formals(nn_reader.nanoarrow_array_stream)), call = quote(nn_reader()))
  new_reader("arrow", source, formula, shuffle_bytes, once = TRUE, env = parent.frame())
}

#' @rdname nn_reader
#' @export
nn_reader.RecordBatchReader <- nn_reader.nanoarrow_array_stream

# One pass over an Arrow stream. Texts become character vectors, dictionaries factors with the levels that there were so far.
arrow_cursor <- function(reader) {
  source <- reader$source
  opened <- open_arrow(if (is.function(source)) source() else source, reader$columns)
  refuse_unread(opened, reader$formula)
  pick <- function(values, levels, kind) {
    switch(kind,
      text = levels[values],
      levels = structure(values, levels = as.character(levels), class = "factor"),
      values
    )
  }
  list(
    next_chunk = function() {
      chunk <- arrow_answer(engine_arrow_next(opened$reader, arrow_chunk_rows))
      if (is.null(chunk$rows)) {
        return(NULL)
      }
      columns <- Map(pick, chunk$columns, chunk$levels, opened$kinds)
      as_plain_table(stats::setNames(columns, opened$names), as.integer(chunk$rows))
    },
    close = function() arrow_answer(engine_arrow_close(opened$reader))
  )
}

# A stream that belongs to us: `reader`, by which the engine knows it, and names and kinds of its columns.
open_arrow <- function(object, columns = NULL) {
  address <- arrow_address(object)
  arrow_answer(engine_arrow_open(address$address, columns))
}

arrow_answer <- function(answer) {
  if (identical(answer$error$kind, "stream")) {
    said <- answer$error$message
    stop_backprop("reader", c(
      "The Arrow stream could not be read.",
      x = "It says: {said}.",
      i = if (grepl("which is not read$", said)) cast_hint
    ))
  }
  answered(answer)
}

cast_hint <- "Cast the column where the stream is made: to double, string, or a dictionary of strings; or leave it out there."

# A column of a type that is not read is an error once a formula asks for it, be it by a dot.
refuse_unread <- function(opened, formula) {
  if (length(opened$refused) == 0L || is.null(formula)) {
    return(invisible())
  }
  wanted <- all.vars(formula)
  if ("." %in% wanted) {
    all <- c(opened$names, opened$refused)
    terms <- stats::terms(formula, data = stats::setNames(as.list(seq_along(all)), all))
    wanted <- c(all.vars(formula[[2L]]), all.vars(parse(text = c(attr(terms, "term.labels"), "NULL"), keep.source = FALSE)))
  }
  at <- which(opened$refused %in% wanted)
  if (length(at) > 0L) {
    found <- paste0("Column `", opened$refused[at], "` is ", vapply(opened$reasons[at], article, ""), " ", opened$reasons[at], ".")
    stop_backprop("reader", c(
      "The formula has columns of types that are not read.",
      stats::setNames(gsub("([{}])", "\\1\\1", found), rep("x", length(at))),
      i = cast_hint
    ))
  }
}

# Where the stream is that `object` gives or stands for: `address`, an external pointer or a number as text, and in `keep` what must live until it
# is taken over from there.
arrow_address <- function(object) {
  if (inherits(object, "nanoarrow_array_stream") && typeof(object) == "externalptr") {
    return(list(address = object, keep = object))
  }
  if (is_stream_address(object)) {
    return(list(address = if (is.character(object)) object else format(object, scientific = FALSE), keep = NULL))
  }
  if (inherits(object, "python.builtin.object")) {
    return(exported(object, export_python))
  }
  if (inherits(object, "duckdb_result")) {
    need_package("duckdb", "a result of DuckDB")
    object <- duckdb::duckdb_fetch_record_batch(object)
  }
  if (inherits(object, c("ArrowObject", "arrow_dplyr_query")) && !inherits(object, "RecordBatchReader")) {
    need_package("arrow", "an object of Arrow's")
    object <- arrow::as_record_batch_reader(object)
  }
  if (inherits(object, "RecordBatchReader")) {
    return(exported(object, function(object, address) object$export_to_c(address)))
  }
  stream <- stream_by_nanoarrow(object)
  if (!is.null(stream)) {
    return(list(address = stream, keep = stream))
  }
  refuse_no_stream(object)
}

# An address that a program in C has: a whole number, as such or as text.
is_stream_address <- function(object) {
  if (!is.atomic(object) || length(object) != 1L || is.na(object)) {
    return(FALSE)
  }
  if (is.character(object)) {
    return(grepl("^[1-9][0-9]{3,19}$", object))
  }
  is.double(object) && !is.object(object) && object == floor(object) && object >= 4096 && object < 2^53
}

# What `export(object, address)` moves to an address of ours.
exported <- function(object, export) {
  room <- answered(engine_arrow_allocate())
  export(object, room$address)
  list(address = room$address, keep = room$holder)
}

# Classes of other packages that nanoarrow knows how to read, such as those of polars.
stream_by_nanoarrow <- function(object) {
  if (is.data.frame(object) || !is.object(object) || !has_package("nanoarrow")) {
    return(NULL)
  }
  tryCatch(nanoarrow::as_nanoarrow_array_stream(object), error = function(cnd) NULL)
}

refuse_no_stream <- function(object) {
  type <- describe_value(object)
  stop_backprop("reader", c(
    "A function without an argument {.arg reset} must open an Arrow stream.",
    x = "It gave {type}.",
    i = if (is.data.frame(object)) {
      "A data frame is a source itself: {.code nn_reader(data, formula)}. For chunks of it, give the function an argument {.arg reset}."
    } else {
      "Streams are given by objects of the packages {.pkg nanoarrow}, {.pkg arrow}, {.pkg duckdb}, {.pkg polars}, and of Python's {.pkg pyarrow}."
    }
  ))
}

need_package <- function(package, what) {
  if (!has_package(package)) {
    stop_backprop("reader", c(
      "The function gave {what}, and the package {.pkg {package}}, which makes a stream of it, is not installed.",
      i = "Install {.pkg {package}}."
    ))
  }
}

# Moves the stream that an object of Python's gives to an address. A dataset and a scanner are made readers of first; a capsule holds a struct of five
# pointers, the fourth of which says how it is released: what was moved no longer says it.
python_export <- "
def export(source, address):
    import ctypes
    if hasattr(source, 'to_reader'):
        source = source.to_reader()
    elif hasattr(source, 'scanner'):
        source = source.scanner().to_reader()
    if hasattr(source, '__arrow_c_stream__'):
        pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
        pointer_of.restype = ctypes.c_void_p
        pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]
        capsule = source.__arrow_c_stream__()
        pointer = pointer_of(capsule, b'arrow_array_stream')
        size = ctypes.sizeof(ctypes.c_void_p)
        ctypes.memmove(int(address), pointer, 5 * size)
        ctypes.memset(pointer + 3 * size, 0, size)
        return True
    if type(source).__name__ == 'RecordBatchReader':
        source._export_to_c(int(address))
        return True
    return False
"

export_python <- function(object, address) {
  need_package("reticulate", "an object of Python's")
  defined <- reticulate::py_run_string(python_export, local = TRUE)
  if (!isTRUE(defined$export(object, address))) refuse_no_stream(object)
}
