test_that("coefficients have names and the network's own numbers", {
  fit <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = 2, epochs = 5, seed = 1, preset = "textbook")
  out <- coef(fit)
  expect_identical(unname(lapply(out$weights, unname)), fit$weights)
  expect_identical(dimnames(out$weights[[1]]), list(c("wt", "hp"), c("h1", "h2")))
  expect_identical(dimnames(out$weights[[2]]), list(c("h1", "h2"), "mpg"))
  expect_named(out$biases, c("hidden1", "output"))
})

test_that("original coefficients give the predictions from data in their own units", {
  fit <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = 2, activation = "tanh", epochs = 50, seed = 1, preset = "textbook")
  out <- coef(fit, scale = "original")
  X <- as.matrix(mtcars[c("wt", "hp")])
  h <- tanh(sweep(X %*% out$weights[[1]], 2, out$biases[[1]], "+"))
  predicted <- h %*% out$weights[[2]] + out$biases[[2]]
  expect_equal(unname(predicted), unname(nn_predict(fit, mtcars)), tolerance = 1e-10)
})

test_that("without hidden layers they are those of lm()", {
  fit <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = c(), epochs = 3000, seed = 1, preset = "textbook")
  out <- coef(fit, scale = "original")
  wanted <- coef(lm(mpg ~ wt + hp, data = mtcars))
  expect_equal(c(out$biases[[1]], out$weights[[1]]), unname(wanted), tolerance = 1e-6, ignore_attr = TRUE)
})

test_that("an unknown scale is refused", {
  fit <- nn_train(article_X, article_Y, epochs = 1)
  expect_snapshot(coef(fit, scale = "raw"), error = TRUE)
})
