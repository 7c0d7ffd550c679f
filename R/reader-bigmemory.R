# Readers of big matrices, which lie in a file or in memory that processes share.

#' @section Big matrices:
#' A `big.matrix` of the package \pkg{bigmemory} is read by rows; its columns must have names.
#' @rdname nn_reader
#' @export
nn_reader.big.matrix <- function(source, formula = NULL, ..., chunk_rows = 65536, shuffle_bytes = 64 * 2^20) {
  call <- quote(nn_reader())
  refuse_dots(..., known = names(formals(nn_reader.big.matrix)), call = call)
  rlang::check_installed("bigmemory", "to read a big matrix.")
  chunk_rows <- check_count(chunk_rows, "chunk_rows", call = call)
  refuse_lost_big_matrix(source, call)
  if (is.null(colnames(source))) {
    stop_backprop("reader", c(
      "The columns of {.arg source} must have names.",
      i = "Give them: {.code options(bigmemory.allow.dimnames = TRUE)}, then {.code colnames(source) <- ...}."
    ), call = call)
  }
  new_reader("big.matrix", source, formula, shuffle_bytes, chunk_rows = chunk_rows, env = parent.frame())
}

# One that was saved with the session is an address of nothing.
refuse_lost_big_matrix <- function(source, call) {
  if (bigmemory::is.nil(attr(source, "address"))) {
    stop_backprop("reader", c(
      "The big matrix is of another session.", i = "{.fn bigmemory::attach.big.matrix} opens its file again."
    ), call = call)
  }
}

big_matrix_cursor <- function(reader) {
  source <- reader$source
  refuse_lost_big_matrix(source, training_call)
  columns <- colnames(source)
  n <- nrow(source)
  place <- 0
  next_chunk <- function() {
    if (place == n) {
      return(NULL)
    }
    rows <- place + seq_len(min(reader$chunk_rows, n - place))
    place <<- place + length(rows)
    block <- source[rows, , drop = FALSE]
    as_plain_table(stats::setNames(lapply(seq_along(columns), function(j) unname(block[, j])), columns), length(rows))
  }
  list(next_chunk = next_chunk, close = function() invisible())
}
