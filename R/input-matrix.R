# Inputs of the matrix interface: a matrix of doubles, integers or logicals with one row per sample, or an error that says why not.

# For training. Values that are not finite are found by the engine, which reads every value anyway.
read_matrix <- function(X) {
  X <- as_input_matrix(X)
  if (nrow(X) == 0L || ncol(X) == 0L) {
    what <- if (nrow(X) == 0L) "rows" else "columns"
    stop_backprop("empty", c(
      "{.arg X} must have at least one row and one column.",
      x = "It has no {what}."
    ))
  }
  names <- colnames(X)
  if (!is.null(names) && anyDuplicated(names[nzchar(names)])) {
    stop_duplicates(names[nzchar(names)], "X")
  }
  X
}

as_input_matrix <- function(X, arg = "X", call = training_call) {
  if (is.matrix(X) && !is.object(X)) {
    # The engine reads all three as they are.
    if (is.double(X) || is.integer(X) || is.logical(X)) {
      return(X)
    }
  }
  if (isS4(X) && inherits(X, "dgCMatrix")) {
    return(as_sparse(X, arg, call))
  }
  refuse_input(X, arg, call)
  # What is left is a plain numeric vector, or a matrix with a harmless class such as `table`.
  X <- if (is.matrix(X)) unclass(X) else matrix(as.double(unclass(X)), ncol = 1L, dimnames = list(names(X), NULL))
  storage.mode(X) <- "double"
  X
}

refuse_input <- function(X, arg, call) {
  if (isS4(X) && inherits(X, "Matrix")) {
    type <- class(X)[1L]
    stop_backprop("sparse", c(
      "{.arg {arg}} is a sparse matrix of class {.cls {type}}; of these only {.cls dgCMatrix} works.",
      i = "Use {.code methods::as(methods::as({arg}, \"generalMatrix\"), \"CsparseMatrix\")}, which is one if the values are numbers."
    ), call = call)
  }
  if (!is_number(X) || length(dim(X)) > 2L) {
    type <- describe_type(X)
    hint <- if (is.call(X) || (is.character(X) && length(X) == 1L && grepl("~", X, fixed = TRUE, useBytes = TRUE))) {
      "If it is to be a formula: {.fn as.formula} makes one of it."
    } else if (is.character(X) || is.factor(X)) {
      "Give a data frame, whose factor and character columns are encoded, or encode them yourself."
    } else {
      "A data frame or a formula with {.arg data} works too."
    }
    stop_backprop("type", c(
      "{.arg {arg}} must be a numeric, integer or logical matrix, not {article(type)} {type}.",
      i = hint
    ), call = call)
  }
}

stop_duplicates <- function(names, arg, call = training_call) {
  twice <- unique(names[duplicated(names)])
  stop_backprop("column_names", c(
    "Column names of {.arg {arg}} must be unique.",
    x = "Found more than once: {.val {twice}}."
  ), call = call)
}

# n rows of inputs, m of outcomes.
check_same_rows <- function(n, m, call = training_call, what = NULL) {
  if (m != n) {
    of <- if (is.null(what)) "" else paste0(" of `", what, "`")
    stop_backprop("rows", c(
      "{.arg X} and {.arg Y}{of} must have the same number of rows.",
      x = "{.arg X} has {n} row{?s}, {.arg Y} has {m}."
    ), call = call)
  }
}

# Columns and rows of a prediction's input: matched by name when both sides have names, else by position.
# A vector is one row, except under a network of one input, where it is a column.
read_new_matrix <- function(X, fit, arg, call) {
  filled <- fit$blueprint$kind
  p <- if (is.null(filled)) fit$inputs$n else fit$blueprint$width
  wanted <- if (is.null(filled)) fit$inputs$names else fit$blueprint$names
  if (is.data.frame(X)) {
    X <- new_matrix_from_table(X, wanted, arg, call)
  } else if (is.null(dim(X)) && p > 1L && (is.numeric(X) || is.logical(X)) && !is.object(X)) {
    X <- matrix(as.double(X), nrow = 1L, dimnames = list(NULL, names(X)))
  } else {
    X <- as_input_matrix(X, arg, call)
  }
  given <- colnames(X)
  if (!is.null(wanted) && !is.null(given)) {
    if (identical(wanted, given)) {
      return(X)
    }
    at <- match(wanted, given)
    if (anyNA(at)) {
      stop_missing_columns(wanted[is.na(at)], arg, call)
    }
    if (anyDuplicated(given[given %in% wanted])) {
      stop_duplicates(given[given %in% wanted], arg, call)
    }
    return(X[, at, drop = FALSE])
  }
  if (ncol(X) != p) {
    q <- ncol(X)
    stop_backprop("columns", c(
      "{.arg {arg}} must have {p} column{?s}, as in training.",
      x = "It has {q}."
    ), call = call)
  }
  X
}

stop_missing_columns <- function(missing, arg, call) {
  k <- length(missing)
  stop_backprop("columns", c(
    "{.arg {arg}} lacks {k} column{?s} of the training data.",
    x = "Missing: {.val {missing}}."
  ), call = call)
}

# A data frame for a network that was trained on a matrix: its columns must be numeric already.
new_matrix_from_table <- function(X, wanted, arg, call) {
  keep <- if (is.null(wanted)) names(X) else intersect(wanted, names(X))
  numeric <- vapply(keep, function(name) is_plain_number(X[[name]]), NA)
  if (!all(numeric)) {
    bad <- keep[!numeric][1L]
    stop_changed_type(X[[bad]], bad, "numeric", arg, call)
  }
  matrix(
    as.double(unlist(lapply(keep, function(name) as.double(X[[name]])), use.names = FALSE)),
    nrow = nrow(X), dimnames = list(table_row_names(X), keep)
  )
}

is_plain_number <- function(x) is.null(dim(x)) && is_number(x)

# Numbers, or logicals, that mean what they say.
is_number <- function(x) {
  (is.numeric(x) || is.logical(x)) && !inherits(x, c("factor", "Date", "POSIXt", "difftime", "integer64"))
}

# Row names that someone gave, not the running numbers that every data frame has.
table_row_names <- function(data) {
  if (is.character(attr(data, "row.names"))) row.names(data) else NULL
}
