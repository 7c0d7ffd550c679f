test_that("fitted values and residuals need data, unless they were kept", {
  fit <- nn_train(mpg ~ wt, data = mtcars, epochs = 20, seed = 1, preset = "textbook")
  expect_snapshot(error = TRUE, {
    fitted(fit)
    residuals(fit)
    residuals(fit, data = 1:3)
    residuals(fit, data = mtcars["wt"])
  })
  expect_identical(fitted(fit, data = mtcars), nn_predict(fit, mtcars))
  kept <- nn_train(mpg ~ wt, data = mtcars, epochs = 20, seed = 1, keep = "data", preset = "textbook")
  expect_identical(fitted(kept), fitted(fit, data = mtcars))
  expect_equal(c(residuals(kept)), mtcars$mpg - c(fitted(kept)))
  expect_identical(residuals(kept), residuals(fit, data = mtcars))
})

test_that("every form of data works", {
  X <- as.matrix(iris[1:4])
  fit <- nn_train(X, iris$Species, epochs = 5, seed = 1)
  expect_identical(fitted(fit, data = X), fitted(fit, data = list(X = X)))
  out <- residuals(fit, data = list(X = X, Y = iris$Species))
  expect_identical(dim(out), c(150L, 3L))
  expect_equal(rowSums(out), rep(0, 150))
  table <- nn_train(iris[1:4], iris$Species, epochs = 5, seed = 1, keep = "data", preset = "textbook")
  expect_identical(fitted(table), fitted(table, data = iris))
  expect_identical(residuals(table), residuals(table, data = list(X = iris, Y = iris$Species)))
})

test_that("transformed outcomes of a formula are transformed again", {
  fit <- nn_train(log(mpg) ~ wt, data = mtcars, epochs = 5, seed = 1, preset = "textbook")
  expect_equal(c(residuals(fit, data = mtcars)), log(mtcars$mpg) - c(nn_predict(fit, mtcars)))
})

test_that("an offset of another length or type is refused by its name, wherever data are asked for", {
  fit <- nn_train(article_X, c(1, 2, 4), offset = c(1, 2, 3), epochs = 1, seed = 1)
  data <- list(X = article_X, Y = c(1, 2, 4))
  for (ask in list(deviance, logLik, residuals, nn_diagnose, df.residual)) {
    expect_no_warning(expect_error(ask(fit, data = data, offset = 1:4), "3 rows.*4", class = "backprop_error_rows"))
    expect_error(ask(fit, data = data, offset = c("a", "b", "c")), class = "backprop_error_argument")
    expect_error(ask(fit, data = data, offset = y ~ x), class = "backprop_error_argument")
  }
})

test_that("a table where a list of X and Y is asked for is refused without a warning", {
  fit <- nn_train(article_X, article_Y, epochs = 1, seed = 1)
  expect_no_warning(expect_error(deviance(fit, data = tibble::as_tibble(mtcars)), class = "backprop_error_argument"))
  expect_error(deviance(fit, data = as.POSIXlt("2020-01-01", tz = "UTC")), class = "backprop_error_argument")
})
