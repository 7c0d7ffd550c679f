test_that("under two columns, and as many pairs as rows of data, values are those of the definition", {
  # Both orders of two columns are all there are, and every row of data is drawn once.
  data <- cars_with_factor()
  for (formula in list(mpg ~ wt + am, mpg ~ wt * am, mpg ~ log(wt) + poly(wt, 2) + am)) {
    fit <- curved_fit(formula)
    shap <- nn_shap(fit, data, data[3:4, ], samples = 2 * nrow(data), seed = 1)
    for (i in 1:2) {
      expect_equal(shap$shap[shap$row == i], enumerated_shapley(fit, data, data[2 + i, ], c("wt", "am")), tolerance = 1e-8, ignore_attr = TRUE)
    }
    expect_equal(shap$baseline[1], mean(nn_predict(fit, data)))
  }
})

test_that("under more columns they are within their errors, and errors fall with the root of the orders", {
  data <- cars_with_factor()
  fit <- curved_fit(mpg ~ wt + hp * am + qsec)
  known <- enumerated_shapley(fit, data, data[20, ], c("wt", "hp", "am", "qsec"))
  few <- nn_shap(fit, data, data[20, ], samples = 320, seed = 2)
  many <- nn_shap(fit, data, data[20, ], samples = 5120, seed = 2)
  expect_identical(few$variable, c("wt", "hp", "am", "qsec"))
  expect_true(all(abs(few$shap - known) < 4 * few$std_error))
  expect_true(all(abs(many$shap - known) < 4 * many$std_error))
  expect_equal(few$std_error / many$std_error, rep(4, 4), tolerance = 0.2)
})

test_that("of a linear model they are its weights times the distance from the mean of the data", {
  columns <- c("wt", "hp", "qsec")
  shap <- nn_shap(flat_fit(), mtcars, mtcars[5, ], samples = 64, seed = 3)
  distance <- unlist(mtcars[5, columns]) - colMeans(mtcars[columns])
  expect_equal(shap$shap, c(-3, -0.05, 0.5) * unname(distance))
  expect_equal(shap$prediction, rep(c(nn_predict(flat_fit(), mtcars[5, ])), 3))
})

test_that("values and baseline sum to the prediction, for every outcome, offset and ensemble", {
  data <- cars_with_factor()
  fits <- list(
    nn_train(cyl ~ wt + hp, data = data, hidden = 2, epochs = 3, seed = 1, preset = "textbook"),
    nn_train(cbind(mpg, disp) ~ wt + am, data = data, hidden = 2, epochs = 3, seed = 1, preset = "textbook"),
    nn_train(carb ~ wt + offset(log(qsec)), data = data, hidden = 2, epochs = 3, seed = 1, family = "poisson"),
    nn_train(mpg ~ wt + hp + am, data = data, hidden = 2, epochs = 3, seed = 1, preset = "textbook", ensemble = 2),
    nn_train(cyl ~ wt + hp, data = data, hidden = 2, epochs = 3, seed = 1, family = "ordinal")
  )
  for (fit in fits) {
    shap <- nn_shap(fit, data, data[1:3, ], samples = 6, seed = 1)
    sums <- tapply(shap$shap, paste(shap$row, shap$output), sum)
    first <- shap[!duplicated(paste(shap$row, shap$output)), ]
    expect_equal(c(sums[paste(first$row, first$output)]), first$prediction - first$baseline, ignore_attr = TRUE)
    expect_equal(matrix(first$prediction, 3, byrow = TRUE), unname(nn_predict(fit, data[1:3, ])))
  }
})

test_that("of two levels the second is explained, and the first when asked for", {
  fit <- nn_train(am ~ wt + hp, data = cars_with_factor(), hidden = 2, epochs = 3, seed = 1, preset = "textbook")
  second <- nn_shap(fit, mtcars, mtcars[1, ], samples = 4, seed = 1)
  first <- nn_shap(fit, mtcars, mtcars[1, ], samples = 4, seed = 1, output = "automatic")
  expect_identical(unique(second$output), "manual")
  expect_equal(first$shap, -second$shap)
  expect_equal(first$prediction, 1 - second$prediction)
})

test_that("draws are by the seed alone, and leave R's generator where it was", {
  fit <- flat_fit()
  set.seed(9)
  before <- .Random.seed
  once <- nn_shap(fit, mtcars, mtcars[1:2, ], samples = 10, seed = 4, threads = 1)
  expect_identical(.Random.seed, before)
  withr::local_rng_version("1.0.0")
  expect_identical(nn_shap(fit, mtcars, mtcars[1:2, ], samples = 10, seed = 4, threads = 2), once)
  expect_false(identical(nn_shap(fit, mtcars, mtcars[1:2, ], samples = 10, seed = 5)$shap, once$shap))
})

test_that("rows without a prediction are left out and told of, and those explained do not weigh", {
  holed <- mtcars[1:3, ]
  holed$wt[2] <- NA
  expect_warning(shap <- nn_shap(flat_fit(), mtcars, holed, samples = 2, seed = 1), class = "backprop_warning_left_out")
  expect_identical(unique(shap$row), c(1L, 3L))
  weights <- c(1, rep(0, nrow(mtcars) - 1))
  x <- as.matrix(mtcars[c("wt", "hp")])
  fit <- nn_train(x, mtcars$mpg, epochs = 3, seed = 1)
  one <- nn_shap(fit, list(X = x, case_weights = weights), list(X = x[2:3, ], case_weights = c(0, 1)), samples = 4, seed = 1)
  expect_identical(unique(one$row), 1:2)
  # So is a column of weights that the formula's fit knows.
  weighed <- nn_train(mpg ~ wt, data = transform(mtcars, w = 1), case_weights = w, epochs = 1, seed = 1)
  expect_identical(unique(nn_shap(weighed, transform(mtcars, w = 1), transform(mtcars[1:2, ], w = 0), samples = 2, seed = 1)$row), 1:2)
  # All of the weight is on the first row.
  expect_equal(one$baseline, rep(nn_predict(fit, x)[1], 4))
})

test_that("what cannot be explained is refused, and what can is printed", {
  fit <- flat_fit()
  expect_snapshot(error = TRUE, {
    nn_shap(fit)
    nn_shap(fit, mtcars, samples = 3)
    nn_shap(fit, mtcars, output = "disp")
    nn_shap(fit, mtcars, mtcars["wt"])
    nn_shap(mtcars)
  })
  expect_snapshot(print(nn_shap(fit, mtcars, mtcars[1:2, ], samples = 64, seed = 1), n = 4))
})
