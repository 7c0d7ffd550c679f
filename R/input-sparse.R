# Sparse inputs: a `dgCMatrix` of the package Matrix as the list of its slots that the engine reads. Training
# and predicting never make it dense, and Matrix need not be loaded.

# A small class of its own, so that nrow(), ncol(), colnames() and row picking work as for a matrix.
as_sparse <- function(X, arg = "X", call = training_call) {
  if (!is_whole_sparse(X)) {
    stop_backprop("sparse", c(
      "{.arg {arg}} is no sparse matrix: its parts do not fit together.",
      i = "{.code methods::validObject({arg})} says which; {.fn Matrix::sparseMatrix} makes one that is whole."
    ), call = call)
  }
  names <- X@Dimnames
  structure(
    list(i = X@i, p = X@p, x = X@x, dim = X@Dim, names = if (!all(vapply(names, is.null, NA))) names),
    class = "nn_sparse"
  )
}

# What validObject() of Matrix asks, which need not be loaded: a row number for each number, rising within a column.
is_whole_sparse <- function(X) {
  i <- X@i
  p <- X@p
  dim <- X@Dim
  typed <- is.integer(i) && is.integer(p) && is.double(X@x) && is.integer(dim) && length(dim) == 2L && is.list(X@Dimnames) && length(X@Dimnames) == 2L
  typed && !anyNA(i) && !anyNA(p) && !anyNA(dim) && all(dim >= 0L) && length(p) == dim[2L] + 1L && p[1L] == 0L && !is.unsorted(p) &&
    p[length(p)] == length(i) && length(i) == length(X@x) && all(i >= 0L & i < dim[1L]) && all(which(diff(i) <= 0L) %in% p) &&
    all(vapply(X@Dimnames, is.null, NA) | lengths(X@Dimnames) == dim)
}

is_sparse <- function(x) inherits(x, "nn_sparse")

#' @export
dim.nn_sparse <- function(x) unclass(x)$dim

#' @export
dimnames.nn_sparse <- function(x) unclass(x)$names

# Rows by positive numbers in any order (repeats allowed), columns likewise.
#' @export
`[.nn_sparse` <- function(x, i, j, ..., drop = FALSE) {
  x <- unclass(x)
  if (!missing(j)) {
    x <- sparse_columns(x, j)
  }
  if (!missing(i)) {
    x <- sparse_rows(x, i)
  }
  structure(x, class = "nn_sparse")
}

sparse_columns <- function(x, j) {
  counts <- diff(x$p)[j]
  places <- sequence(counts, from = x$p[j] + 1L)
  x$i <- x$i[places]
  x$x <- x$x[places]
  x$p <- c(0L, as.integer(cumsum(counts)))
  x$dim <- c(x$dim[1L], length(j))
  if (!is.null(x$names[[2L]])) x$names[[2L]] <- x$names[[2L]][j]
  x
}

sparse_rows <- function(x, i) {
  if (is.logical(i)) {
    i <- which(i)
  }
  column <- rep(seq_len(x$dim[2L]), diff(x$p))
  # Where each old row goes: its new places follow each other in `to`.
  old <- order(i)
  times <- tabulate(i, x$dim[1L])
  first <- cumsum(times) - times
  here <- times[x$i + 1L]
  to <- old[sequence(here, from = first[x$i + 1L] + 1L)]
  from <- rep(seq_along(x$i), here)
  sorted <- order(column[from], to)
  counts <- tabulate(column[from], x$dim[2L])
  x$i <- to[sorted] - 1L
  x$x <- x$x[from[sorted]]
  x$p <- c(0L, as.integer(cumsum(counts)))
  x$dim <- c(length(i), x$dim[2L])
  if (!is.null(x$names[[1L]])) x$names[[1L]] <- x$names[[1L]][i]
  x
}

# Which columns hold nothing but 0 and 1.
sparse_dummies <- function(x) {
  x <- unclass(x)
  other <- !is.na(x$x) & x$x != 0 & x$x != 1
  column <- rep(seq_len(x$dim[2L]), diff(x$p))
  tabulate(column[other], x$dim[2L]) == 0L
}

largest_value <- function(x) {
  numbers <- if (is_sparse(x)) unclass(x)$x else x
  if (length(numbers) == 0L) 0 else max(abs(numbers))
}

# Which rows hold a stored number of a kind.
rows_of_sparse <- function(x, is_kind) {
  x <- unclass(x)
  replace(logical(x$dim[1L]), x$i[is_kind(x$x)] + 1L, TRUE)
}

# A sparse matrix with its zeros: for standard errors and pictures, whose inputs are few.
dense_inputs <- function(x) {
  if (!is_sparse(x)) {
    return(x)
  }
  slots <- unclass(x)
  dense <- matrix(0, slots$dim[1L], slots$dim[2L], dimnames = slots$names)
  dense[cbind(slots$i + 1L, rep(seq_len(slots$dim[2L]), diff(slots$p)))] <- slots$x
  dense
}
