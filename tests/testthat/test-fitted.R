test_that("fitted values and residuals need data, unless they were kept", {
  fit <- nn_train(mpg ~ wt, data = mtcars, epochs = 20, seed = 1)
  expect_snapshot(error = TRUE, {
    fitted(fit)
    residuals(fit)
    residuals(fit, data = 1:3)
    residuals(fit, data = mtcars["wt"])
  })
  expect_identical(fitted(fit, data = mtcars), nn_predict(fit, mtcars))
  kept <- nn_train(mpg ~ wt, data = mtcars, epochs = 20, seed = 1, keep = "data")
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
  table <- nn_train(iris[1:4], iris$Species, epochs = 5, seed = 1, keep = "data")
  expect_identical(fitted(table), fitted(table, data = iris))
  expect_identical(residuals(table), residuals(table, data = list(X = iris, Y = iris$Species)))
})

test_that("transformed outcomes of a formula are transformed again", {
  fit <- nn_train(log(mpg) ~ wt, data = mtcars, epochs = 5, seed = 1)
  expect_equal(c(residuals(fit, data = mtcars)), log(mtcars$mpg) - c(nn_predict(fit, mtcars)))
})
