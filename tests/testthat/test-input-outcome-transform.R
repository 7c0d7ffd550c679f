test_that("the logarithm is learnt as if it were the outcome, and predictions are its exponential", {
  train <- function(...) nn_train(..., preset = "textbook", hidden = 4, activation = "tanh", epochs = 50, seed = 1)
  fit <- train(mpg ~ wt + hp, mtcars, outcome_transform = "log")
  by_hand <- train(log(mpg) ~ wt + hp, mtcars)
  expect_identical(fit$weights, by_hand$weights)
  expect_equal(unname(nn_predict(fit, mtcars)), unname(exp(nn_predict(by_hand, mtcars))), tolerance = 1e-12)
  expect_identical(fit$outcome$transform, list(name = "log", shift = 0, factor = 1))
  more <- train(mpg ~ wt + hp, mtcars, start = fit)
  expect_identical(more$outcome$transform, fit$outcome$transform)
  expect_equal(residuals(fit, mtcars)[, 1], mtcars$mpg - nn_predict(fit, mtcars)[, 1], ignore_attr = TRUE)
  expect_true(nn_check_gradient(fit, mtcars)$pass)
})

test_that("outcomes that are not positive are shifted: counts by one, others by half their distance from the median", {
  shift <- function(y) learn_log(matrix(y), NULL)$shift
  expect_identical(shift(c(2, 5, 9)), 0)
  expect_identical(shift(c(0, 1, 7)), 1)
  expect_identical(shift(c(-3.5, 0.5, 9)), 2 + 3.5)
  expect_identical(shift(c(0.5, 0, 0)), 1)
  transform <- list(name = "log", shift = c(0, 2), factor = c(1, 1))
  y <- cbind(c(1, 5), c(-1, 3))
  expect_equal(undo_transform(transform_outcome(y, transform), transform), y)
})

test_that("a row held back whose outcome is too low for the logarithm counts as the lowest that trains", {
  X <- matrix(1:20 / 10)
  y <- c(-50, 1:19 - 2)
  train <- function(y, given) nn_train(X[-1, , drop = FALSE], y[-1], outcome_transform = "log", validation = list(X = X[1, , drop = FALSE], Y = given), epochs = 3, seed = 1)
  expect_silent(fit <- train(y, -50))
  # The shift of -1 to 17, whose median is 8, is 4.5 + 1.
  expect_identical(fit$outcome$transform$shift, 5.5)
  expect_identical(fit$history, train(y, -1)$history)
  # One that has a logarithm keeps it.
  expect_false(identical(train(y, -2)$history, fit$history))
  expect_silent(nn_train(X, y, outcome_transform = "log", validation = 0.3, ensemble = 3, epochs = 3, seed = 1))
})

test_that("predictions are held to the range of the training rows, a tenth wider, but not across 0", {
  expect_identical(learn_limits(cbind(c(0, 10), c(-5, 5), c(-20, -10))), list(lower = c(0, -6, -21), upper = c(11, 6, -9)))
  data <- data.frame(x = 1:20, y = 1:20 + 0)
  fit <- nn_train(y ~ x, data, hidden = c(), clip_predictions = TRUE, seed = 1)
  expect_equal(nn_predict(fit, data.frame(x = c(-100, 10, 100)))[, 1], c(0, 10, 21.9), tolerance = 1e-5)
  expect_equal(nn_predict(fit, data)[, 1], data$y, tolerance = 1e-5)
})

test_that("where there is no number or no likelihood, that is said", {
  fit <- nn_train(mpg ~ wt, mtcars, preset = "textbook", outcome_transform = "log", epochs = 1, keep = "data", seed = 1)
  expect_snapshot(error = TRUE, {
    nn_train(Species ~ ., iris, preset = "textbook", outcome_transform = "log")
    nn_train(carb ~ wt, mtcars, preset = "textbook", outcome_transform = "log", output = "exp", loss = "poisson")
    nn_train(mpg ~ wt, mtcars, preset = "textbook", outcome_transform = "sqrt")
    logLik(fit)
  })
})
