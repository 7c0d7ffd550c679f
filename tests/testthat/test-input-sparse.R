sparse_data <- function(n = 60, p = 8) {
  testthat::skip_if_not_installed("Matrix")
  withr::with_seed(5, {
    X <- matrix(rnorm(n * p) * rbinom(n * p, 1, 0.3), n)
    X[, 2] <- rbinom(n, 1, 0.2)
    X[, 3] <- 0
    colnames(X) <- letters[seq_len(p)]
    list(X = X, S = Matrix::Matrix(X, sparse = TRUE, doDiag = FALSE), Y = sin(X[, 1]) + X[, 2] + rnorm(n) / 10)
  })
}

expect_same_fit <- function(a, b, tolerance = 1e-10) {
  testthat::expect_equal(a$weights, b$weights, tolerance = tolerance)
  testthat::expect_equal(a$biases, b$biases, tolerance = tolerance)
  testthat::expect_equal(a$history, b$history, tolerance = tolerance)
}

test_that("a sparse matrix trains and predicts as the dense one does", {
  data <- sparse_data()
  expect_s4_class(data$S, "dgCMatrix")
  for (optimizer in c("gd", "adam", "lbfgs")) {
    for (standardize in c(FALSE, TRUE)) {
      train <- function(X) {
        nn_train(X, data$Y, hidden = 5, activation = "tanh", optimizer = optimizer, standardize = standardize, epochs = 20, seed = 1)
      }
      dense <- train(data$X)
      sparse <- train(data$S)
      expect_same_fit(sparse, dense)
      expect_equal(sparse$inputs, dense$inputs)
      expect_equal(nn_predict(sparse, data$S), nn_predict(dense, data$X), tolerance = 1e-10)
      expect_equal(nn_predict(sparse, data$X), nn_predict(dense, data$X), tolerance = 1e-10)
    }
  }
})

test_that("validation rows and weights of 0 are taken from sparse inputs too", {
  data <- sparse_data()
  train <- function(X) {
    nn_train(X, data$Y,
      validation = 0.25, case_weights = rep(c(0, 1, 2), 20), standardize = TRUE, optimizer = "adam", epochs = 10, seed = 1
    )
  }
  expect_same_fit(train(data$S), train(data$X))
})

test_that("rows and columns are picked as from a matrix", {
  data <- sparse_data()
  x <- as_sparse(data$S)
  dense <- function(x) {
    x <- unclass(x)
    as.matrix(Matrix::sparseMatrix(i = x$i, p = x$p, x = x$x, dims = x$dim, index1 = FALSE, dimnames = x$names))
  }
  expect_identical(dense(x), data$X)
  rows <- c(7, 3, 3, 60, 1)
  columns <- c(8, 1, 2)
  expect_identical(dense(x[rows, , drop = FALSE]), data$X[rows, ])
  expect_identical(dense(x[, columns, drop = FALSE]), data$X[, columns])
  expect_identical(dense(x[data$X[, 2] == 1, , drop = FALSE]), data$X[data$X[, 2] == 1, ])
  expect_identical(dim(x[integer(), , drop = FALSE]), c(0L, 8L))
})

test_that("columns of sparse new data are matched by name", {
  data <- sparse_data()
  fit <- nn_train(data$S, data$Y, epochs = 5, seed = 1, preset = "textbook")
  expect_identical(nn_predict(fit, data$S[, 8:1]), nn_predict(fit, data$S))
  expect_error(nn_predict(fit, data$S[, 1:7]), class = "backprop_error_columns")
})

test_that("missing values in sparse inputs are named by column", {
  data <- sparse_data()
  data$S@x[1] <- NA
  expect_snapshot(nn_train(data$S, data$Y, preset = "textbook"), error = TRUE)
})

test_that("other sparse classes get an error that says sparse", {
  skip_if_not_installed("Matrix")
  X <- Matrix::Diagonal(3)
  expect_snapshot(nn_train(X, 1:3), error = TRUE)
  expect_error(nn_train(X, 1:3), "sparse", class = "backprop_error_sparse")
})

test_that("shuffled mini-batches of sparse inputs need no memory for a dense copy", {
  skip_if_not_installed("Matrix")
  n <- 50000
  p <- 100
  X <- Matrix::sparseMatrix(i = seq_len(n), j = rep_len(seq_len(p), n), x = 1, dims = c(n, p))
  Y <- rep_len(c(0, 1), n)
  train <- function(X) {
    nn_train(X, Y, hidden = 4, activation = "tanh", optimizer = "adam", batch_size = 256, epochs = 1, seed = 1)
  }
  # Of the 40 MB that the dense copy takes, half may be used.
  withr::local_options(backprop.max_bytes = 8 * n * p / 2)
  expect_no_error(train(X))
  expect_error(train(as.matrix(X)), "MiB", class = "backprop_error_memory")
})

test_that("a sparse matrix whose parts do not fit together is refused before it is read", {
  data <- sparse_data()
  broken <- function(slot, value) {
    X <- data$S
    attr(X, slot) <- value
    X
  }
  fit <- nn_train(data$S, data$Y, epochs = 1, seed = 1, preset = "textbook")
  parts <- list(
    list("i", replace(data$S@i, 1, 60L)), list("i", replace(data$S@i, 1, -1L)), list("i", rev(data$S@i)), list("i", data$S@i[-1]),
    list("p", data$S@p[-1]), list("p", rev(data$S@p)), list("p", replace(data$S@p, 9, 99999L)), list("x", data$S@x[-1]), list("x", as.character(data$S@x)),
    list("Dim", c(60L, 9L)), list("Dim", c(-60L, 8L)), list("Dimnames", list(NULL, "a"))
  )
  for (part in parts) {
    X <- broken(part[[1]], part[[2]])
    expect_error(nn_train(X, data$Y), class = "backprop_error_sparse", label = part[[1]])
    expect_error(nn_predict(fit, X), class = "backprop_error_sparse", label = part[[1]])
  }
})
