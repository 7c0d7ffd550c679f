test_that("the interval is the prediction and the right order statistic of the errors", {
  train <- mtcars[1:16, ]
  held <- mtcars[17:32, ]
  fit <- nn_train(mpg ~ wt + hp, data = train, hidden = c(4, 2), activation = "tanh", epochs = 200, seed = 1, preset = "textbook")
  errors <- c(held$mpg - nn_predict(fit, held))
  new <- mtcars[1:3, ]
  predicted <- unname(nn_predict(fit, new)[, 1])
  found <- predict(fit, new, type = "pred_int", level = 0.8, calibration = held)
  # (16 + 1) * 0.8 = 13.6: the 14th.
  expect_equal(found$.pred_upper, predicted + sort(abs(errors))[14])
  expect_equal(found$.pred_lower, predicted - sort(abs(errors))[14])
  quantiles <- predict(fit, new, type = "quantile", quantile_levels = c(0.2, 0.8), calibration = held)
  expect_equal(quantiles$.pred[[1]]$.pred, predicted[1] + sort(errors)[c(3, 14)])
})

test_that("too few rows for a level are refused with the number it takes", {
  fit <- nn_train(as.matrix(mtcars["wt"]), mtcars$mpg, epochs = 5, hidden = c(2, 2), seed = 1)
  held <- list(X = as.matrix(mtcars["wt"])[1:10, , drop = FALSE], Y = mtcars$mpg[1:10])
  expect_snapshot(error = TRUE, {
    predict(fit, held$X, type = "pred_int", calibration = held)
    predict(fit, held$X, type = "pred_int", calibration = held$X)
  })
  expect_silent(predict(fit, held$X, type = "pred_int", level = 0.9, calibration = held))
})

test_that("conformal intervals cover as often as they say, for a network of any depth and skewed errors", {
  skip_on_cran()
  hits <- withr::with_seed(3, replicate(60, {
    data <- data.frame(x = runif(170, -2, 2))
    data$y <- sin(2 * data$x) + rexp(170) - 1
    fit <- nn_train(
      y ~ x, data = data[1:60, ], hidden = c(6, 3), activation = "tanh",
      optimizer = "adam", lr = 0.02, epochs = 50, preset = "textbook"
    )
    found <- predict(fit, data[161:170, ], type = "pred_int", level = 0.8, calibration = data[61:160, ])
    upper <- predict(fit, data[161:170, ], type = "quantile", quantile_levels = 0.9, calibration = data[61:160, ])
    y <- data$y[161:170]
    c(mean(found$.pred_lower < y & y < found$.pred_upper), mean(y <= vapply(upper$.pred, function(q) q$.pred, 0)))
  }))
  expect_lt(abs(mean(hits[1, ]) - 0.8), 0.04)
  expect_lt(abs(mean(hits[2, ]) - 0.9), 0.04)
})
