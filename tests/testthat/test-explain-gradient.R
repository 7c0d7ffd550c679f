test_that("of a linear model it is the size of a weight times the standard deviation", {
  importance <- nn_importance(flat_fit(), mtcars, method = "gradient")
  expect_identical(importance$variable, c("hp", "wt", "qsec"))
  sizes <- c(hp = 0.05, wt = 3, qsec = 0.5) * vapply(mtcars[c("hp", "wt", "qsec")], stats::sd, 0)
  expect_equal(importance$importance, unname(sizes), tolerance = 1e-6)
  # The slope is the same in every row.
  expect_lt(max(importance$std_error), 1e-6)
})

test_that("a factor is one column: the standard deviation of what its levels add", {
  data <- cars_with_factor()
  data$gear <- factor(data$gear)
  fit <- nn_train(mpg ~ gear + wt, data = data, hidden = c(), epochs = 0, standardize = FALSE, seed = 1, preset = "textbook")
  fit$weights <- list(matrix(c(1, -2, 5, -3)))
  importance <- nn_importance(fit, data, method = "gradient")
  added <- c(1, -2, 5)[as.integer(data$gear)]
  expect_equal(importance$importance[importance$variable == "gear"], stats::sd(added), tolerance = 1e-6)
})

test_that("slopes are the engine's derivatives, by the parameters of a first layer", {
  # The output changes by an input as it does by the biases of the first layer, times the weights from that input.
  fit <- curved_fit(mpg ~ wt + hp)
  problem <- problem_of(fit, list(data = mtcars), quote(nn_importance()))
  by_biases <- jacobian(problem, quote(nn_importance()))[[1L]][, grepl("layer1:bias", parameter_names(fit))]
  slopes <- by_biases %*% t(fit$weights[[1L]]) * fit$outcome$scale / rep(fit$inputs$scale, each = 32)
  expected <- colMeans(abs(slopes)) * vapply(mtcars[c("wt", "hp")], stats::sd, 0)
  importance <- nn_importance(fit, mtcars, method = "gradient")
  expect_equal(importance$importance[match(c("wt", "hp"), importance$variable)], unname(expected), tolerance = 1e-6)
})

test_that("single precision and ensembles give nearly the same, and weights count", {
  double <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = 3, epochs = 0, seed = 1, preset = "textbook")
  single <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = 3, epochs = 0, seed = 1, preset = "textbook", precision = "single")
  expect_equal(nn_importance(single, mtcars, method = "gradient")$importance, nn_importance(double, mtcars, method = "gradient")$importance, tolerance = 1e-3)
  ensemble <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = 3, epochs = 5, seed = 1, preset = "textbook", ensemble = 2)
  expect_identical(nrow(nn_importance(ensemble, mtcars, method = "gradient")), 2L)
  twice <- nn_importance(double, list(data = mtcars, case_weights = rep(1:2, 16)), method = "gradient")
  repeated <- nn_importance(double, mtcars[rep(1:32, rep(1:2, 16)), ], method = "gradient")
  # But for the divisor of a standard deviation: 31 of 32 rows, 47 of 48.
  expect_equal(twice$importance * sqrt(31 / 32), repeated$importance * sqrt(47 / 48), tolerance = 1e-6)
})

test_that("each output has its own, or those asked for", {
  data <- cars_with_factor()
  fit <- nn_train(cbind(mpg, disp) ~ wt + am, data = data, hidden = 2, epochs = 3, seed = 1, preset = "textbook")
  all <- nn_importance(fit, data, method = "gradient")
  expect_identical(unique(all$output), c("mpg", "disp"))
  expect_equal(nn_importance(fit, data, method = "gradient", output = "disp")$importance, all$importance[all$output == "disp"])
})
