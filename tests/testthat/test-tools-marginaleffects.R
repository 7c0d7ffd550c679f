quick <- function(..., hidden = 2) nn_train(..., preset = "textbook", hidden = hidden, epochs = 10, seed = 1)

linear <- function() nn_train(mpg ~ wt + hp, mtcars, preset = "textbook", hidden = c(), optimizer = "lbfgs", seed = 1, keep = "data")

test_that("predictions come by row, and of several outputs by group", {
  fit <- quick(mpg ~ wt, mtcars)
  expect_identical(get_predict.nn_fit(fit, mtcars), data.frame(rowid = 1:32, estimate = predict(fit, mtcars)$.pred))
  classes <- quick(Species ~ ., iris, ensemble = 2)
  value <- get_predict.nn_fit(classes, cbind(iris[1:2, ], rowid = 7:8))
  expect_identical(value$rowid, rep(7:8, 3))
  expect_identical(levels(value$group), levels(iris$Species))
  expect_identical(value$estimate, as.vector(nn_predict(classes, iris[1:2, ])))
  expect_error(get_predict.nn_fit(fit, mtcars, type = "link"), class = "backprop_error_choice")
})

test_that("parameters go out and in again, those of a family too", {
  for (fit in list(quick(mpg ~ wt, mtcars), quick(ordered(gear) ~ wt, mtcars, family = "ordinal"))) {
    coefs <- get_coef.nn_fit(fit)
    expect_identical(names(coefs), parameter_names(fit))
    expect_identical(set_coef.nn_fit(fit, coefs), fit)
    expect_identical(unname(get_coef.nn_fit(set_coef.nn_fit(fit, coefs + 1))), unname(coefs) + 1)
    expect_s3_class(predict(set_coef.nn_fit(fit, coefs + 1), mtcars), "tbl_df")
  }
})

test_that("covariances are those of vcov(), 0 for redundant parameters, and where there are none a warning says why", {
  fit <- linear()
  expect_equal(get_vcov.nn_fit(fit), vcov(fit))
  dummies <- nn_train(mpg ~ factor(cyl), mtcars, preset = "textbook", hidden = c(), optimizer = "lbfgs", seed = 1, keep = "data")
  covariance <- get_vcov.nn_fit(dummies)
  expect_identical(dim(covariance), c(4L, 4L))
  expect_identical(sum(diag(covariance) == 0), 1L)
  expect_null(get_vcov.nn_fit(quick(mpg ~ wt, mtcars), vcov = FALSE))
  expect_warning(expect_null(get_vcov.nn_fit(quick(mpg ~ wt, mtcars))), class = "backprop_warning_no_covariance")
  expect_warning(expect_null(get_vcov.nn_fit(quick(mpg ~ wt, mtcars, ensemble = 2))), "ensemble", class = "backprop_warning_no_covariance")
  expect_error(get_vcov.nn_fit(fit, vcov = "HC3"), class = "backprop_error_argument")
})

test_that("slopes of a linear network are the coefficients of lm(), with its standard errors", {
  skip_if_not_installed("marginaleffects")
  withr::local_options(marginaleffects_model_classes = "nn_fit")
  slopes <- marginaleffects::avg_slopes(linear(), newdata = mtcars, variables = c("wt", "hp"))
  of_lm <- summary(lm(mpg ~ wt + hp, mtcars))$coefficients[c("hp", "wt"), ]
  expect_equal(slopes$estimate, unname(of_lm[, "Estimate"]), tolerance = 1e-5)
  expect_equal(slopes$std.error, unname(of_lm[, "Std. Error"]), tolerance = 1e-4)
})
