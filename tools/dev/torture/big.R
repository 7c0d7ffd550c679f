# More than 2^31 elements of X, in single precision: logical, integer and sparse inputs train and predict. Takes 10 GB of memory.
#
# Rscript big.R

source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "common.R"))
library(backprop)

rows <- 22e6
columns <- 100L
# Only the first two columns are not constant; the last one ends beyond 2^31.
signal <- runif(rows) < 0.3
late <- runif(rows) < 0.5
Y <- as.double(signal) - 2 * late

broken <- 0L
try_kind <- function(kind, make) {
  X <- make()
  stopifnot(as.double(nrow(X)) * ncol(X) > 2^31)
  began <- proc.time()[["elapsed"]]
  fit <- nn_train(X, Y, hidden = c(), epochs = 8, lr = 0.5, precision = "single", seed = 1, threads = 2)
  batches <- nn_train(
    X, Y, hidden = c(), epochs = 1, optimizer = "sgd", batch_size = 4096, shuffle = FALSE, lr = 0.2, precision = "single", seed = 1, threads = 2
  )
  p <- nn_predict(fit, X)
  some <- sample.int(rows, 1000L)
  alone <- nn_predict(fit, X[some, , drop = FALSE])
  right <- all(is.finite(p)) && max(abs(p[some, 1L] - alone[, 1L])) < 1e-5 && fit$final_loss < var(Y) / 2 && batches$final_loss < var(Y) / 20
  cat(sprintf(
    "big %s: %.3g elements, %.0f s, loss %.3g and %.3g of %.3g, %s\n", kind, as.double(nrow(X)) * ncol(X), proc.time()[["elapsed"]] - began,
    fit$final_loss, batches$final_loss, var(Y), if (right) "right" else "wrong"
  ))
  broken <<- broken + !right
  invisible(gc())
}

dense <- function(what) {
  X <- matrix(what, rows, columns)
  X[, 1L] <- signal
  X[, columns] <- late
  X
}
try_kind("logical", function() dense(FALSE))
try_kind("integer", function() dense(0L))
if (requireNamespace("Matrix", quietly = TRUE)) {
  try_kind("sparse", function() {
    at <- which(signal)
    last <- which(late)
    Matrix::sparseMatrix(i = c(at, last), j = rep(c(1L, columns), c(length(at), length(last))), x = 1, dims = c(rows, columns))
  })
}
cat(sprintf("big: %d wrong\n", broken))
quit(status = broken > 0L)
