test_that("the gradient is what one step of gradient descent takes", {
  fit <- nn_train(article_X, article_Y, hidden = 3, epochs = 10, lr = 0.1, seed = 1)
  after <- nn_train(article_X, article_Y, start = fit, epochs = 1)
  step <- as_parameters(after) - as_parameters(fit)
  expect_equal(unname(-0.1 * nn_gradient(fit, article_X, article_Y)), step, tolerance = 1e-10)
})

test_that("derivatives name layer, from and to", {
  fit <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = 2, epochs = 1, seed = 1, preset = "textbook")
  expect_named(nn_gradient(fit, mtcars), c(
    "layer1:wt->h1", "layer1:hp->h1", "layer1:wt->h2", "layer1:hp->h2", "layer1:bias->h1", "layer1:bias->h2",
    "layer2:h1->mpg", "layer2:h2->mpg", "layer2:bias->mpg"
  ))
})

test_that("kept data are used, and weights of 2 equal rows twice", {
  fit <- nn_train(iris[1:4], iris$Species, epochs = 3, seed = 1, keep = "data", preset = "textbook")
  expect_identical(nn_gradient(fit), nn_gradient(fit, iris[1:4], iris$Species))
  weights <- rep(1:2, 75)
  twice <- rep(1:150, weights)
  expect_equal(
    nn_gradient(fit, iris[1:4], iris$Species, case_weights = weights),
    nn_gradient(fit, iris[twice, 1:4], iris$Species[twice]),
    tolerance = 1e-12
  )
  weights[1:10] <- 0
  expect_equal(
    nn_gradient(fit, iris[1:4], iris$Species, case_weights = weights),
    nn_gradient(fit, iris[11:150, 1:4], iris$Species[11:150], case_weights = weights[11:150]),
    tolerance = 1e-12
  )
})

test_that("bad data for derivatives are refused by name", {
  fit <- nn_train(as.matrix(iris[1:4]), iris$Species, epochs = 3, seed = 1)
  X <- as.matrix(iris[1:4])
  expect_snapshot(error = TRUE, {
    nn_gradient()
    nn_gradient(1)
    nn_gradient(fit)
    nn_gradient(fit, X)
    nn_gradient(fit, replace(X, 3, NA), iris$Species)
    nn_gradient(fit, X[1:10, ], iris$Species)
    nn_gradient(fit, X[, 1:3], iris$Species)
    nn_gradient(fit, X, iris$Species, case_weights = 1)
    nn_gradient(fit, X, iris$Species, case_weights = rep(0, 150))
    nn_gradient(fit, X, iris$Species, case_weights = rep(-1, 150))
  })
})

test_that("derivatives that are not finite come with a warning that counts them", {
  large <- nn_train(matrix(c(1, 2)), c(1, 2), hidden = c(), epochs = 0, start = list(weights = list(matrix(1)), biases = list(0)))
  expect_warning(slope <- nn_gradient(large, matrix(c(1e200, 1)), c(1, 2)), "1 of 2 derivatives", class = "backprop_warning_overflow")
  expect_identical(unname(is.finite(slope)), c(FALSE, TRUE))
  expect_warning(nn_hessian(large, matrix(c(1e200, 1)), c(1, 2)), class = "backprop_warning_overflow")
})
