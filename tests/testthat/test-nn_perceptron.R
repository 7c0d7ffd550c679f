test_that("the three forms answer as by hand", {
  x <- c(0, 1, 1)
  expect_identical(nn_perceptron(x), 1L)
  expect_identical(nn_perceptron(x, threshold = 2), 0L)
  expect_identical(nn_perceptron(x, weights = c(2, 3, 4)), 1L)
  expect_identical(nn_perceptron(x, weights = c(2, 3, 4), threshold = 6.9), 1L)
  expect_identical(nn_perceptron(x, weights = c(2, 3, 4), bias = -6.9), 1L)
})

test_that("a sum equal to the threshold gives 0", {
  expect_identical(nn_perceptron(c(0, 1, 1), weights = c(2, 3, 4), threshold = 7), 0L)
  expect_identical(nn_perceptron(c(0, 1, 1), weights = c(2, 3, 4), bias = -7), 0L)
  expect_identical(nn_perceptron(c(0, 0)), 0L)
})

test_that("every row is a case, and rows keep their names", {
  X <- rbind(a = c(0, 0), b = c(0, 1), c = c(1, 0), d = c(1, 1))
  expect_identical(nn_perceptron(X, bias = -1.5), c(a = 0L, b = 0L, c = 0L, d = 1L))
  expect_identical(nn_perceptron(X, bias = -0.5), c(a = 0L, b = 1L, c = 1L, d = 1L))
  expect_identical(nn_perceptron(as.data.frame(X), bias = -0.5), nn_perceptron(X, bias = -0.5))
  expect_identical(nn_perceptron(X == 1, bias = -0.5), nn_perceptron(X, bias = -0.5))
})

test_that("no weights of a fine grid make one unit XOR, and two layers do", {
  X <- rbind(c(0, 0), c(0, 1), c(1, 0), c(1, 1))
  grid <- expand.grid(w1 = seq(-2, 2, 0.25), w2 = seq(-2, 2, 0.25), b = seq(-2, 2, 0.25))
  is_xor <- mapply(
    function(w1, w2, b) identical(nn_perceptron(X, c(w1, w2), b), c(0L, 1L, 1L, 0L)),
    grid$w1, grid$w2, grid$b
  )
  expect_false(any(is_xor))
  hidden <- cbind(nn_perceptron(X, 1, -0.5), nn_perceptron(X, 1, -1.5))
  expect_identical(nn_perceptron(hidden, c(1, -1), -0.5), c(0L, 1L, 1L, 0L))
})

test_that("what a perceptron cannot take is refused", {
  expect_snapshot(error = TRUE, {
    nn_perceptron()
    nn_perceptron(c(1, NA))
    nn_perceptron("a")
    nn_perceptron(c(0, 1, 1), weights = c(2, 3))
    nn_perceptron(c(0, 1), weights = "a")
    nn_perceptron(c(0, 1), bias = c(1, 2))
    nn_perceptron(c(0, 1), threshold = NA)
    nn_perceptron(data.frame(a = 1, b = "x"))
  })
})
