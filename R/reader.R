# Readers: where rows come from that are read in chunks, again for each pass over them, and never held all at once.

#' Read rows in chunks
#'
#' A reader says where rows are to be had and how they become chunks: from a database, files, a function of yours, an Arrow
#' stream. [nn_train()] trains on a reader, and [nn_predict()] predicts for all its rows, while only a chunk of them is in memory.
#'
#' A reader holds no rows and opens nothing before it is used. It is read from its first row to its last once for each pass; training makes many
#' passes. Each pass must give the same rows in the same order: what is computed is defined by that, and a pass of another number of rows is an error.
#'
#' Every chunk is a data frame of any number of rows with the same columns. Their types are to be the same in all chunks too, except that a text may
#' become a factor, and that a chunk may have nothing but `NA` in a column.
#'
#' @section Functions:
#' A function with an argument `reset` is called as the package \pkg{biglm} calls it: `source(reset = TRUE)` goes back to the first row (what it
#' returns is ignored), and `source(reset = FALSE)` gives the next chunk, a data frame, or `NULL` after the last one. Such a function has one place
#' where it stands: it cannot be read by two readers at once, as for training rows and validation rows; make two functions.
#'
#' A function without an argument `reset` is called without arguments at the start of each pass, and opens an Arrow stream, see below: of a folder of Parquet files,
#' `nn_reader(function() arrow::open_dataset("folder"), y ~ a + b)`.
#' @param source Where rows come from: a data frame; a function (see below); the names of CSV files; a connection to a database; a `big.matrix`; an
#'   Arrow stream, which can be read once.
#' @param formula What is to be learnt, as in [nn_train()]: `outcome ~ inputs`, in names of the columns. A reader for predictions needs none.
#' @param ... For methods; else nothing.
#' @param chunk_rows How many rows are read at a time. The numbers that come of it do not depend on this, the time and the memory do. Functions and
#'   Arrow streams give chunks as large as they like.
#' @param shuffle_bytes Training by mini-batches in random order draws the rows from a buffer of as many bytes, which is filled up with the
#'   next row read. The larger, the more random: at the size of all rows (8 bytes per input and target, in single precision 4), it is the order that
#'   training in memory
#'   has in kind.
#' @return A reader, of class `nn_reader`, a list. It can be printed.
#' @section Errors:
#' What goes wrong while rows are read is an error of class `backprop_error_reader`: what the source itself said is its parent. Chunks that are no
#' data frames or have
#' other columns than the first are refused.
#' @seealso [streams], on training with a reader; [nn_train()], [nn_predict()]; `vignette("streams-and-clusters")`
#' @examples
#' reader <- nn_reader(iris, Species ~ Petal.Length + Petal.Width, chunk_rows = 50)
#' reader
#'
#' # The next chunk of a function, or NULL: here three chunks.
#' chunks <- function() {
#'   place <- 0
#'   function(reset) {
#'     if (reset) {
#'       place <<- 0
#'     } else if (place < 3) {
#'       place <<- place + 1
#'       iris[50 * (place - 1) + 1:50, ]
#'     }
#'   }
#' }
#' nn_reader(chunks(), Sepal.Length ~ Sepal.Width + Species)
#' @order 1
#' @export
nn_reader <- function(source, formula = NULL, ...) {
  if (missing(source)) {
    stop_backprop("missing_argument", "{.arg source} is missing: say where rows come from.", call = quote(nn_reader()))
  }
  UseMethod("nn_reader")
}

#' @rdname nn_reader
#' @export
nn_reader.data.frame <- function(source, formula = NULL, ..., chunk_rows = 65536, shuffle_bytes = 64 * 2^20) {
  refuse_dots(..., known = names(formals(nn_reader.data.frame)), call = quote(nn_reader()))
  chunk_rows <- check_count(chunk_rows, "chunk_rows", call = quote(nn_reader()))
  new_reader("data.frame", source, formula, shuffle_bytes, chunk_rows = chunk_rows, env = parent.frame())
}

#' @rdname nn_reader
#' @export
nn_reader.function <- function(source, formula = NULL, ..., shuffle_bytes = 64 * 2^20) {
  refuse_dots(..., known = names(formals(nn_reader.function)), call = quote(nn_reader()))
  arguments <- formals(args(source))
  if ("reset" %in% names(arguments)) {
    return(new_reader("function", source, formula, shuffle_bytes, env = parent.frame()))
  }
  needed <- setdiff(names(arguments)[vapply(arguments, identical, NA, quote(expr = ))], "...")
  if (length(needed) > 0L) {
    stop_backprop("argument", c(
      "{.arg source} must be a function of {.arg reset}, or one that needs no argument.",
      x = "It needs {.arg {needed}}.",
      i = "{.code function(reset)} goes back to the first row, or gives the next chunk; {.code function()} opens an Arrow stream."
    ), call = quote(nn_reader()))
  }
  new_reader("arrow", source, formula, shuffle_bytes, env = parent.frame())
}

#' @export
nn_reader.default <- function(source, formula = NULL, ...) {
  stop_argument(
    "source", "a data frame, a function, names of files, a connection to a database or a `big.matrix`", source,
    hint = if (inherits(source, "formula")) "The formula comes second: `nn_reader(source, formula)`.", call = quote(nn_reader())
  )
}

# A reader of a kind that reader_sources() knows. `formula` may be without an environment: then it is `env`.
new_reader <- function(kind, source, formula, shuffle_bytes, ..., env) {
  call <- quote(nn_reader())
  if (!is.null(formula)) {
    if (!inherits(formula, "formula")) {
      stop_argument("formula", "a formula", formula, hint = "`as.formula()` makes one of a text or a call.", call = call)
    }
    if (length(formula) != 3L) {
      text <- expression_text(formula)
      stop_backprop("formula", c("{.arg formula} must have an outcome on its left side.", x = "It is {.code {text}}."), call = call)
    }
    if (is.null(environment(formula))) environment(formula) <- env
  }
  shuffle_bytes <- check_positive(shuffle_bytes, "shuffle_bytes", call = call)
  structure(list(kind = kind, source = source, formula = formula, shuffle_bytes = shuffle_bytes, ...), class = "nn_reader")
}

# A reader as it was made. With `training` it must have a formula, and can be read more than once.
check_reader <- function(reader, arg, call = training_call, training = FALSE) {
  whole <- is.list(reader) && inherits(reader, "nn_reader") && is_choice(reader$kind, names(reader_sources())) && !is.null(reader$source) &&
    (is.null(reader$formula) || inherits(reader$formula, "formula")) && is_positive(reader$shuffle_bytes) &&
    reader_sources()[[reader$kind]]$whole(reader)
  if (!whole) {
    stop_argument(arg, "a reader, as `nn_reader()` makes it", reader, call = call)
  }
  if (training && is.null(reader$formula)) {
    stop_backprop("reader", c(
      "{.arg {arg}} has no {.arg formula}: it says nothing of what is to be learnt.",
      i = "Make it by {.code nn_reader(source, outcome ~ inputs)}."
    ), call = call)
  }
  if (training && isTRUE(reader$once)) {
    stop_backprop("reader", c(
      "{.arg {arg}} can be read once only, and training reads its rows many times.",
      i = "Give {.fn nn_reader} a function that opens the stream anew: {.code nn_reader(function() ..., formula)}."
    ), call = call)
  }
  reader
}

#' @param x A reader.
#' @rdname nn_reader
#' @export
print.nn_reader <- function(x, ...) {
  reader <- check_reader(x, "x", quote(print()))
  line <- function(name, ...) cat(format(paste0(name, ":"), width = 10), ..., "\n", sep = "")
  cat("<nn_reader> ", reader_sources()[[reader$kind]]$describe(reader), "\n", sep = "")
  line("Formula", if (is.null(reader$formula)) "none: for predictions" else expression_text(reader$formula))
  if (!is.null(reader$chunk_rows)) line("Chunks", "of ", count_text(reader$chunk_rows, "row"))
  if (!is.null(reader$formula)) line("Shuffled", "in a buffer of ", format_bytes(reader$shuffle_bytes))
  invisible(x)
}
