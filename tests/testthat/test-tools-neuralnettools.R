quick <- function(..., hidden = 2) nn_train(..., preset = "textbook", hidden = hidden, epochs = 10, seed = 1)

test_that("each unit has its bias and then its weights", {
  fit <- quick(Species ~ Sepal.Width + Petal.Width, iris, hidden = c(2, 3))
  value <- neuralweights.nn_fit(fit)
  expect_identical(value$struct, c(2L, 2L, 3L, 3L))
  expect_named(value$wts, c(paste("hidden 1", 1:2), paste("hidden 2", 1:3), paste("out", 1:3)))
  expect_identical(value$wts[["hidden 2 3"]], c(fit$biases[[2]][3], fit$weights[[2]][, 3]))
  expect_identical(value$wts[["out 2"]], c(fit$biases[[3]][2], fit$weights[[3]][, 2]))
  scaled <- unlist(neuralweights.nn_fit(fit, rel_rsc = c(1, 7))$wts)
  expect_equal(range(scaled), c(1, 7))
  # The largest weight, whatever its sign, is the largest.
  expect_identical(which.max(scaled), which.max(abs(unlist(value$wts))))
})

test_that("what is no chain of dense layers is refused, with what can be had", {
  no_hidden <- quick(mpg ~ wt, mtcars, hidden = c())
  expect_snapshot(error = TRUE, {
    neuralweights.nn_fit(quick(mpg ~ wt, mtcars, hidden = nn_layers(layer_scale(), 2)))
    neuralweights.nn_fit(quick(mpg ~ wt, mtcars, ensemble = 2))
    hidden_weights(no_hidden, "garson")
  })
  expect_named(neuralweights.nn_fit(no_hidden)$wts, "out 1")
})

test_that("NeuralNetTools measures and draws a fit", {
  skip_if_not_installed("NeuralNetTools")
  fit <- quick(mpg ~ wt + hp + qsec, mtcars)
  importance <- NeuralNetTools::olden(fit, bar_plot = FALSE)
  # The products of weights along the paths, summed over hidden units.
  expect_equal(importance$importance, as.vector(fit$weights[[1]] %*% fit$weights[[2]]))
  expect_identical(rownames(importance), c("wt", "hp", "qsec"))
  expect_equal(sum(NeuralNetTools::garson(fit, bar_plot = FALSE)$rel_imp), 1)
  withr::with_pdf(NULL, expect_error(NeuralNetTools::plotnet(fit), NA))
  withr::with_pdf(NULL, expect_error(NeuralNetTools::plotnet(fit, x_names = c("a", "b", "c")), NA))
  profile <- NeuralNetTools::lekprofile(fit, xvars = mtcars[c("wt", "hp", "qsec")], ysel = "mpg", val_out = TRUE)
  expect_true(is.data.frame(profile[[1]]))
})
