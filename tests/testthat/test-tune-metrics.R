# The engine measures validation rows by code of its own: what chooses the best epoch.
engine_metric <- function(metric, X, Y, rest, ...) {
  fit <- nn_train(X[-rest, ], if (is.factor(Y)) Y[-rest] else Y[-rest, , drop = FALSE], validation = list(X = X[rest, ], Y = if (is.factor(Y)) Y[rest] else Y[rest, , drop = FALSE]), stop_metric = metric, epochs = 30, lr = 0.05, seed = 1, ...)
  # That of the epoch whose weights the fit has.
  list(fit = fit, value = fit$history$validation_metric[fit$best$epoch])
}

expect_as_engine <- function(metric, X, Y, ...) {
  rest <- seq(1, nrow(X), by = 3)
  engine <- engine_metric(metric, X, Y, rest, ...)
  given <- given_matrix(X, Y, list(), NULL)
  expect_equal(judge_fit(engine$fit, given, rest, metric, 1)$value, engine$value, tolerance = 1e-9, label = metric)
}

test_that("measures are those by which the engine chooses the best epoch", {
  X <- as.matrix(iris[1:4])
  two <- factor(iris$Species == "versicolor")
  for (metric in c("log_loss", "brier", "accuracy", "deviance")) expect_as_engine(metric, X, iris$Species)
  for (metric in c("log_loss", "brier", "accuracy", "deviance", "auc")) expect_as_engine(metric, X, two)
  cars <- as.matrix(scale(mtcars))
  for (metric in c("rmse", "mae", "deviance")) expect_as_engine(metric, cars[, 2:5], cars[, c("mpg", "qsec")], output = "linear")
  for (metric in c("rmse", "mae", "deviance")) expect_as_engine(metric, cars[, 2:5], as.matrix(mtcars["carb"]), output = "exp")
})

test_that("the loss is the mean loss on the outcome's own scale", {
  fit <- nn_train(mpg ~ wt, mtcars, preset = "textbook", loss = "mae", epochs = 20, seed = 1)
  given <- list(interface = "formula", original = list(data = mtcars))
  expect_equal(judge_fit(fit, given, 1:10, "loss", 1)$value, mean(abs(nn_predict(fit, mtcars[1:10, ]) - mtcars$mpg[1:10])))
  gamma <- nn_train(mpg ~ wt, mtcars, preset = "textbook", family = "gamma", epochs = 20, seed = 1)
  expect_equal(judge_fit(gamma, given, 1:10, "loss", 1)$value, -as.numeric(logLik(gamma, data = mtcars[1:10, ])) / 10)
})

test_that("errors of several outcomes are each divided by its standard deviation", {
  given <- list(interface = "formula", original = list(data = mtcars))
  fit <- nn_train(cbind(mpg, hp) ~ wt, mtcars, preset = "textbook", epochs = 20, seed = 1)
  units <- units_of(read_outcome(as.matrix(mtcars[c("mpg", "hp")])))
  error <- (nn_predict(fit, mtcars) - as.matrix(mtcars[c("mpg", "hp")])) / rep(c(sd(mtcars$mpg), sd(mtcars$hp)), each = 32)
  expect_equal(judge_fit(fit, given, 1:32, "rmse", units)$value, sqrt(mean(error^2)))
})

test_that("weights are those of rows given so many times", {
  p <- c(0.1, 0.4, 0.4, 0.8, 0.3)
  second <- c(FALSE, TRUE, FALSE, TRUE, TRUE)
  w <- c(1, 2, 3, 1, 2)
  expect_equal(area_under_curve(p, second, w), area_under_curve(rep(p, w), rep(second, w), rep(1, 9)))
  # By pairs: 6 of them, of which one is a tie and one in the wrong order.
  expect_equal(area_under_curve(p, second, rep(1, 5)), (4 + 1 / 2) / 6)
  expect_identical(area_under_curve(p, rep(TRUE, 5), w), NA_real_)
  settings <- list(output = "sigmoid")
  for (metric in c("log_loss", "brier", "accuracy", "deviance")) {
    expect_equal(
      measure(metric, matrix(p), matrix(second + 0), w, settings, 1), measure(metric, matrix(rep(p, w)), matrix(rep(second + 0, w)), NULL, settings, 1),
      label = metric
    )
  }
})

test_that("what is not finite is not measured", {
  expect_identical(measure("rmse", matrix(c(1, Inf)), matrix(1:2), NULL, list(output = "linear"), 1), NA_real_)
})

test_that("the measure is one for all configurations", {
  classes <- read_outcome(iris$Species)
  numbers <- read_outcome(mtcars$mpg)
  of <- function(...) lapply(c(...), function(loss) list(loss = loss))
  expect_identical(choose_metric(classes, of("cross_entropy")), "log_loss")
  expect_identical(choose_metric(numbers, of("mse")), "rmse")
  expect_identical(choose_metric(numbers, of("mae")), "loss")
  expect_identical(choose_metric(numbers, of("mse", "mae")), "rmse")
  expect_identical(choose_metric(numbers, of("mae", "huber")), "rmse")
  expect_identical(choose_metric(numbers, of("quantile")), "loss")
  expect_identical(choose_metric(numbers, of("poisson")), "loss")
})
