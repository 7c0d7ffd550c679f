test_that("a fit gives back its formula", {
  data <- mtcars[c("mpg", "wt", "hp", "cyl")]
  trained_by <- function(formula) deparse1(formula(nn_train(formula, data = data, epochs = 0, seed = 1)))
  expect_identical(trained_by(log(mpg) ~ . - hp), "log(mpg) ~ wt + cyl")
  expect_identical(trained_by(mpg ~ wt * hp + factor(cyl)), "mpg ~ wt + hp + factor(cyl) + wt:hp")
  expect_identical(trained_by(cbind(mpg, hp) ~ wt), "cbind(mpg, hp) ~ wt")
})

test_that("a fit without one says so", {
  expect_snapshot(formula(nn_train(article_X, article_Y, epochs = 0, seed = 1)), error = TRUE)
})
