test_that("printing shows what was trained", {
  withr::local_options(backprop.threads = 1)
  X <- article_X
  article <- nn_train(X, article_Y, epochs = 100, seed = 1)
  flowers <- nn_train(
    Species ~ ., data = iris, hidden = c(8, 4), activation = c("tanh", "relu"), optimizer = "adam", epochs = 3, seed = 1, preset = "textbook"
  )
  logistic <- nn_train(X, factor(c("no", "yes", "no")), hidden = c(), epochs = 0, seed = 1)
  expect_snapshot({
    article
    flowers
    logistic
    opt_adam(beta1 = 0.8)
    opt_gd()
  })
})

test_that("the summary shows layers and all settings as resolved", {
  withr::local_options(backprop.threads = 1)
  cars <- nn_train(mpg ~ wt + hp, data = mtcars, epochs = 50, seed = 1, preset = "textbook")
  flowers <- nn_train(Species ~ ., data = iris, optimizer = "sgd", epochs = 5, seed = 1, preset = "textbook")
  expect_snapshot({
    summary(cars)
    summary(cars, data = mtcars)
    summary(flowers, data = iris)
  })
  expect_identical(summary(cars)$parameters, 13)
  expect_identical(sum(summary(cars)$layers$parameters), 13L)
})

test_that("errors are measured in the outcome's own units", {
  fit <- nn_train(mpg ~ wt + hp, data = mtcars, epochs = 200, seed = 1, preset = "textbook")
  error <- summary(fit, data = mtcars)$error
  residual <- mtcars$mpg - predict(fit, mtcars)$.pred
  expect_equal(unname(error$rmse), sqrt(mean(residual^2)))
  expect_equal(unname(error$mae), mean(abs(residual)))
  kept <- nn_train(mpg ~ wt + hp, data = mtcars, epochs = 200, seed = 1, keep = "data", preset = "textbook")
  expect_equal(summary(kept)$error, error)
  expect_null(summary(fit)$error)
})
