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

test_that("several quantiles have the one scale of their outcome", {
  for (tau in list(c(0.1, 0.9), c(0.2, 0.5, 0.8))) {
    fit <- nn_train(mpg ~ wt, data = mtcars, hidden = c(), loss = loss_quantile(tau), epochs = 200, seed = 1, preset = "textbook")
    out <- coef(fit, scale = "original")
    slopes <- drop(fit$weights[[1]]) * fit$outcome$scale / fit$inputs$scale
    expect_equal(drop(out$weights$output), slopes, ignore_attr = TRUE)
    expect_equal(out$biases$output, fit$biases[[1]] * fit$outcome$scale + fit$outcome$center - slopes * fit$inputs$center, ignore_attr = TRUE)
    predicted <- outer(mtcars$wt, out$weights$output["wt", ]) + rep(out$biases$output, each = nrow(mtcars))
    expect_equal(predicted, suppressWarnings(nn_predict(fit, mtcars)), ignore_attr = TRUE)
  }
})

test_that("several quantiles behind hidden units have it too", {
  for (tau in list(c(0.1, 0.9), c(0.2, 0.5, 0.8))) {
    fit <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = 2, loss = loss_quantile(tau), epochs = 20, seed = 1, preset = "textbook")
    out <- coef(fit, scale = "original")
    expect_equal(unname(out$weights$output), fit$weights[[2]] * fit$outcome$scale)
    expect_equal(unname(out$biases$output), fit$biases[[2]] * fit$outcome$scale + fit$outcome$center)
    # What covariances would be brought to that scale by: without the shift, it multiplies each quantile's parameters.
    moved <- drop(original_scale(fit) %*% as_parameters(fit))
    expect_equal(utils::tail(moved, length(tau)), fit$biases[[2]] * fit$outcome$scale)
  }
})

test_that("of means and standard deviations the first have the scale, the second its logarithm", {
  Y <- as.matrix(mtcars[c("mpg", "qsec")])
  fit <- nn_train(as.matrix(mtcars[c("wt", "hp")]), Y, hidden = c(), family = "location_scale", epochs = 20, standardize = TRUE, seed = 1)
  out <- coef(fit, scale = "original")
  scale <- fit$outcome$scale
  slopes <- fit$weights[[1]] / fit$inputs$scale * rep(c(scale, 1, 1), each = 2)
  expect_equal(unname(out$weights$output), slopes)
  shift <- c(fit$outcome$center, log(scale)) - drop(fit$inputs$center %*% slopes)
  expect_equal(unname(out$biases$output), fit$biases[[1]] * c(scale, 1, 1) + shift)
})

test_that("an unknown scale is refused", {
  fit <- nn_train(article_X, article_Y, epochs = 1)
  expect_snapshot(coef(fit, scale = "raw"), error = TRUE)
})
