named <- matrix(c(1, 2, 3, 4, 5, 6, 7, 8, 10), 3, dimnames = list(c("r1", "r2", "r3"), c("a", "b", "c")))
fit <- nn_train(named, c(1, 5, 2), epochs = 20, seed = 1)

test_that("columns are matched by name; others are ignored", {
  wanted <- nn_predict(fit, named)
  expect_identical(nn_predict(fit, named[, c("c", "a", "b")]), wanted)
  expect_identical(nn_predict(fit, cbind(extra = 0, named)), wanted)
  expect_identical(nn_predict(fit, as.data.frame(named)), wanted)
  expect_identical(unname(nn_predict(fit, unname(named))), unname(wanted))
})

test_that("row names are kept", {
  expect_identical(rownames(nn_predict(fit, named)), c("r1", "r2", "r3"))
  cars <- nn_train(mpg ~ ., data = mtcars, epochs = 1, preset = "textbook")
  expect_identical(rownames(nn_predict(cars, mtcars)), rownames(mtcars))
  expect_null(rownames(nn_predict(fit, unname(named))))
})

test_that("no rows, one row and a vector give the right shapes", {
  expect_identical(dim(nn_predict(fit, named[0, ])), c(0L, 1L))
  expect_identical(dim(nn_predict(fit, named[1, , drop = FALSE])), c(1L, 1L))
  expect_identical(c(nn_predict(fit, named[1, ])), c(nn_predict(fit, named[1, , drop = FALSE])))
  one_input <- nn_train(1:3, 1:3, epochs = 1)
  expect_identical(dim(nn_predict(one_input, 1:5)), c(5L, 1L))
  flowers <- nn_train(Species ~ ., data = iris, epochs = 1, preset = "textbook")
  expect_identical(dim(nn_predict(flowers, iris[0, ])), c(0L, 3L))
  expect_identical(dim(nn_predict(flowers, as.matrix(iris[1:2, 1:4]))), c(2L, 3L))
})

test_that("a row's prediction does not depend on its neighbours", {
  withr::local_seed(1)
  X <- matrix(rnorm(700 * 6), ncol = 6)
  Y <- rnorm(700)
  for (precision in c("double", "single")) {
    tolerance <- if (precision == "double") 1e-12 else 1e-5
    model <- nn_train(X, Y, hidden = c(19, 7), activation = "tanh", epochs = 3, seed = 1, precision = precision)
    whole <- nn_predict(model, X)
    order <- sample(nrow(X))
    expect_lt(largest_difference(nn_predict(model, X[order, ]), whole[order, ]), tolerance)
    some <- sample(nrow(X), 33)
    expect_lt(largest_difference(nn_predict(model, X[some, ]), whole[some, ]), tolerance)
    alone <- vapply(some, function(i) nn_predict(model, X[i, , drop = FALSE])[1], 0)
    expect_lt(largest_difference(alone, whole[some, ]), tolerance)
  }
})

test_that("a row with a missing or infinite input is NA, whatever holds it", {
  holes <- named
  holes[2, 3] <- NA
  for (X in list(holes, replace(holes, 8, Inf), as.data.frame(holes))) {
    predicted <- nn_predict(fit, X)
    expect_identical(unname(is.na(predicted[, 1])), c(FALSE, TRUE, FALSE))
    expect_equal(predicted[c(1, 3), ], nn_predict(fit, named)[c(1, 3), ], tolerance = 1e-12)
  }

  flowers <- iris[c(1, 51, 101), ]
  flowers[2, 2] <- NA
  model <- nn_train(Species ~ ., data = iris, epochs = 1, preset = "textbook")
  expect_identical(unname(is.na(nn_predict(model, flowers)[, 1])), c(FALSE, TRUE, FALSE))
  expect_identical(unname(is.na(predict(model, flowers)$.pred_class)), c(FALSE, TRUE, FALSE))
  flowers[] <- NA
  expect_true(all(is.na(nn_predict(model, flowers))))
})

test_that("inputs that do not fit are refused", {
  flowers <- nn_train(Species ~ ., data = iris, epochs = 1, preset = "textbook")
  expect_snapshot(error = TRUE, {
    nn_predict(fit, unname(named)[, 1:2])
    nn_predict(fit, named[, 1:2])
    nn_predict(fit, 1:2)
    nn_predict(fit, "a")
    nn_predict(fit, data.frame(a = "x", b = 1, c = 2))
    nn_predict(fit)
    nn_predict()
    nn_predict(flowers, iris[, 1:3])
    nn_predict(flowers, 1:4)
    nn_predict(flowers, unname(as.matrix(iris[1:4])))
  })
})

test_that("classes come as a plain factor when asked for", {
  flowers <- nn_train(Species ~ ., data = iris, epochs = 20, seed = 1, preset = "textbook")
  class <- nn_predict(flowers, iris, type = "class")
  expect_identical(class, predict(flowers, iris)$.pred_class)
  expect_identical(dim(table(class, iris$Species)), c(3L, 3L))
  expect_error(nn_predict(fit, named, type = "class"), class = "backprop_error_incompatible")
})

test_that("predictions that are not finite come with a warning that counts them", {
  counts <- nn_train(matrix(c(0, 1, 2, 3)), c(1, 2, 4, 9), hidden = c(), output = "exp", loss = "poisson", lr = 0.01, epochs = 200, seed = 1)
  expect_snapshot(p <- nn_predict(counts, matrix(c(1, 1e5, NA))))
  expect_identical(is.finite(p[, 1]), c(TRUE, FALSE, FALSE))
  expect_warning(predict(counts, matrix(1e5)), class = "backprop_warning_overflow")
  # Their sum overflows, they do not.
  large <- nn_train(matrix(1:3), 1:3, hidden = c(), epochs = 0, start = list(weights = list(matrix(1e150)), biases = list(0)))
  expect_no_warning(nn_predict(large, matrix(rep(1e157, 20))))
})

test_that("inputs beyond single precision are infinite to it: their rows are NA", {
  skip_if_not_installed("Matrix")
  X <- cbind(a = c(1, 2, 3, 4), b = c(0, 1, 2, 5))
  far <- replace(X, 6, 1e200)
  fit <- nn_train(X, 1:4, epochs = 2, precision = "single", seed = 1)
  expect_identical(is.na(nn_predict(fit, far)[, 1]), c(FALSE, TRUE, FALSE, FALSE))
  expect_identical(nn_predict(fit, Matrix::Matrix(far, sparse = TRUE)), nn_predict(fit, far))
  # Once standardised it is no larger than others.
  scaled <- nn_train(far, 1:4, epochs = 2, precision = "single", standardize = TRUE, seed = 1)
  expect_false(anyNA(nn_predict(scaled, far)))
  double <- nn_train(X, 1:4, epochs = 2, seed = 1)
  expect_false(anyNA(nn_predict(double, far)))
})

test_that("a table without columns is refused", {
  fit <- nn_train(article_X, article_Y, epochs = 1, seed = 1)
  expect_error(nn_predict(fit, data.frame()), class = "backprop_error_columns")
  expect_error(nn_gradient(fit, data.frame(), 1), class = "backprop_error_columns")
})
