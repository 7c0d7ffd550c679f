quick <- function(...) nn_train(..., preset = "textbook", hidden = 2, epochs = 10, seed = 1)

test_that("vip is told what nn_importance() finds", {
  fit <- quick(mpg ~ wt + hp, mtcars)
  found <- vi_model.nn_fit(fit)
  expected <- nn_importance(fit, method = "olden")
  expect_identical(found$Variable, expected$variable)
  expect_identical(found$Importance, expected$importance)
  expect_s3_class(found, "vi")
  expect_identical(vi_model.nn_fit(fit, "gradient", data = mtcars)$Importance, nn_importance(fit, mtcars, "gradient")$importance)
})

test_that("of several outputs one is to be named", {
  fit <- quick(Species ~ ., iris)
  expect_error(vi_model.nn_fit(fit), class = "backprop_error_incompatible")
  expect_identical(nrow(vi_model.nn_fit(fit, output = "setosa")), 4L)
})

test_that("vip takes a fit", {
  skip_if_not_installed("vip")
  fit <- quick(mpg ~ wt + hp, mtcars)
  expect_setequal(vip::vi(fit)$Variable, c("wt", "hp"))
})
