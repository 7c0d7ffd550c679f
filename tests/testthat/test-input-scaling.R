test_that("standardize equals training on scaled data, and predictions undo it", {
  data <- smooth_data()
  X <- sweep(data$X, 2, c(10, 0.1, 100), "*") + 5
  Y <- data$Y * 1000 + 300
  fit <- nn_train(X, Y, epochs = 50, standardize = TRUE, seed = 1)
  by_hand <- nn_train(scale(X)[, ], c(scale(Y)), epochs = 50, seed = 1)
  expect_lt(largest_difference(fit$weights, by_hand$weights), 1e-10)
  expect_equal(fit$history$loss, by_hand$history$loss, tolerance = 1e-10)
  expect_equal(nn_predict(fit, X), nn_predict(by_hand, scale(X)[, ]) * sd(Y) + mean(Y), tolerance = 1e-10)
})

test_that("dummies are left as they are, and what is constant in training has no effect", {
  X <- cbind(a = c(1, 5, 9, 2), constant = 3, dummy = c(0, 1, 1, 0), one = 1)
  fit <- nn_train(X, c(1, 2, 4, 3), epochs = 1, standardize = TRUE)
  expect_identical(unname(fit$inputs$scale[2:3]), c(Inf, 1))
  expect_identical(nn_predict(fit, replace(X, c(5:8, 13:16), c(9, -1, 1e6, 3, 0, 50, 2, 7))), nn_predict(fit, X))
  expect_identical(unname(coef(fit, scale = "original")$weights$hidden1["constant", ]), c(0, 0, 0))
  expect_identical(unname(fit$inputs$center[3]), 0)
  expect_equal(unname(fit$inputs$scale[1]), sd(X[, 1]))
  expect_equal(unname(fit$inputs$center[1]), mean(X[, 1]))
})

test_that("outcomes other than numbers under a linear output are not scaled", {
  expect_null(nn_train(article_X, c(1, 2, 3), epochs = 1, standardize = TRUE, output = "exp")$outcome$center)
  expect_null(nn_train(Species ~ ., data = iris, epochs = 1, preset = "textbook")$outcome$center)
  expect_equal(unname(nn_train(mpg ~ ., data = mtcars, epochs = 1, preset = "textbook")$outcome$center), mean(mtcars$mpg))
})

test_that("standardizing is the default of tables only", {
  expect_null(nn_train(article_X, 1:3, epochs = 1)$inputs$center)
  expect_false(is.null(nn_train(as.data.frame(article_X), 1:3, epochs = 1, preset = "textbook")$inputs$center))
})
