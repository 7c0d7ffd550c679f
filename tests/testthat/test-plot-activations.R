test_that("activations are those of the network computed by hand", {
  fit <- drawn_fit()
  values <- unit_activations(fit, article_X, quote(plot()))
  hidden <- plogis(sweep(article_X %*% fit$weights[[1]], 2, fit$biases[[1]], "+"))
  expect_equal(values[[1]], hidden, tolerance = 1e-12)
  expect_equal(values[[2]], unname(nn_predict(fit, article_X)), tolerance = 1e-12)
})

test_that("scaling and every activation are those of the fit", {
  fit <- nn_train(mpg ~ ., data = mtcars, hidden = c(3, 2), activation = c("gelu", "relu"), epochs = 3, seed = 1, preset = "textbook")
  x <- encoded_inputs(fit, mtcars, quote(plot()))
  values <- unit_activations(fit, x, quote(plot()))
  scaled <- sweep(sweep(x, 2, fit$inputs$center), 2, fit$inputs$scale, "/")
  z <- sweep(scaled %*% fit$weights[[1]], 2, fit$biases[[1]], "+")
  expect_equal(values[[1]], unname(z * pnorm(z)), tolerance = 1e-12, ignore_attr = TRUE)
  z <- sweep(values[[1]] %*% fit$weights[[2]], 2, fit$biases[[2]], "+")
  expect_equal(values[[2]], pmax(z, 0), tolerance = 1e-12)
})

test_that("activations look as they should", {
  expect_picture("activations", function() plot(drawn_fit(), type = "activations"))
  expect_picture("activations-classes", function() plot(drawn_classes(), type = "activations", data = iris))
})
