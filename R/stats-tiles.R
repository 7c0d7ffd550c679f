# Linear algebra on large symmetric matrices, block by block: LAPACK and BLAS do not hear Ctrl-C before they are done, and on the
# whole of some thousand parameters that is minutes. Each block is some hundredths of a second.

# Multiplications in a block.
block_work <- 5e7
tile_size <- 128L

blocks_of <- function(n, size) split(seq_len(n), (seq_len(n) - 1L) %/% size)

# a %*% b.
multiply <- function(a, b) {
  if (as.double(nrow(a)) * ncol(a) * ncol(b) <= block_work) {
    return(a %*% b)
  }
  value <- matrix(0, nrow(a), ncol(b))
  columns_at_once <- max(1, floor(block_work / (as.double(tile_size) * ncol(a))))
  for (rows in blocks_of(nrow(a), tile_size)) {
    part <- a[rows, , drop = FALSE]
    for (columns in blocks_of(ncol(b), columns_at_once)) {
      value[rows, columns] <- part %*% b[, columns, drop = FALSE]
    }
  }
  value
}

# The upper Cholesky factor; NULL where the matrix is not positive definite.
cholesky <- function(a) {
  tiles <- blocks_of(nrow(a), tile_size)
  for (k in seq_along(tiles)) {
    here <- tiles[[k]]
    corner <- tryCatch(chol(a[here, here]), error = function(cnd) NULL)
    if (is.null(corner)) {
      return(NULL)
    }
    a[here, here] <- corner
    later <- tiles[seq_along(tiles) > k]
    for (columns in later) {
      a[here, columns] <- backsolve(corner, a[here, columns, drop = FALSE], transpose = TRUE)
      for (rows in later[seq_len(match(list(columns), later))]) {
        a[rows, columns] <- a[rows, columns] - crossprod(a[here, rows, drop = FALSE], a[here, columns, drop = FALSE])
      }
    }
  }
  # What is below the diagonal is never read.
  a
}

# The matrix of this factor, inverted, times `b`.
solve_factored <- function(factor, b) {
  n <- nrow(factor)
  for (columns in blocks_of(ncol(b), max(1, floor(block_work / 2 / n^2)))) {
    b[, columns] <- backsolve(factor, backsolve(factor, b[, columns, drop = FALSE], transpose = TRUE))
  }
  b
}

# The eigenvalue that is largest in magnitude and its vector, to some digits, by power iteration (from a start that
# has a part in every direction, the same each time). `multiplied(v)` is the matrix times v.
dominant_eigenvector <- function(multiplied, n, digits = 4) {
  v <- sin(seq_len(n)^2)
  value <- 0
  for (step in 1:1000) {
    v <- v / sqrt(sum(v^2))
    image <- drop(multiplied(v))
    before <- value
    value <- sum(v * image)
    v <- image
    if (abs(value - before) <= 10^-digits * abs(value)) break
  }
  list(value = value, vector = v / sqrt(sum(v^2)))
}
