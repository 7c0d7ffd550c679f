# Fits of format 1 with their predictions, stored by version 0.1.0.
stored <- readRDS(test_path("fixtures", "fits-format-1.rds"))

test_that("fits of format 1 predict the bits that they did", {
  for (name in names(stored$fits)) {
    expect_identical(nn_predict(stored$fits[[name]], stored$new[[name]]), stored$expected[[name]], label = name)
  }
})

test_that("they answer to everything else", {
  fits <- stored$fits
  data <- transform(mtcars, gear = factor(gear), vs = as.logical(vs), kind = ifelse(am == 1, "manual", "automatic"))
  expect_identical(deparse1(formula(fits$classes)), "gear ~ mpg + wt + hp + vs + kind")
  expect_identical(dim(model.matrix(fits$formula, data)), c(32L, 12L))
  expect_output(print(fits$data.frame), "nn_fit")
  expect_output(print(summary(fits$data.frame)), "Validation: +6 rows|Validation: +8 rows")
  more <- nn_train(formula(fits$formula), data = data, start = fits$formula, epochs = 2)
  expect_identical(more$epochs_done, 22L)
  expect_identical(more$format, fit_format)
  expect_silent(logLik(fits$classes))
})
