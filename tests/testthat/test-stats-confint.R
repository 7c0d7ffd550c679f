test_that("intervals are the estimate and its standard error times a quantile", {
  fit <- at_minimum(mpg ~ wt, data = mtcars, hidden = c(), keep = "data")
  line <- lm(mpg ~ wt, data = mtcars)
  found <- confint(fit, scale = "original", level = 0.9)
  expect_identical(dimnames(found), list(c("layer1:wt->mpg", "layer1:bias->mpg"), c("5 %", "95 %")))
  expect_equal(unname(found), unname(confint(line, level = 0.9)[2:1, ]), tolerance = 1e-6)
  expect_equal(confint(fit, "layer1:wt->mpg", scale = "original", level = 0.9), found[1, , drop = FALSE])
  expect_equal(confint(fit, 2, scale = "original", level = 0.9), found[2, , drop = FALSE])
  scaled <- confint(fit)
  expect_equal(unname(rowMeans(scaled)), as_parameters(fit))
})

test_that("unknown parameters and levels are refused", {
  fit <- at_minimum(mpg ~ wt, data = mtcars, hidden = c(), keep = "data")
  expect_snapshot(error = TRUE, {
    confint(fit, "wt")
    confint(fit, 7)
    confint(fit, level = 95)
  })
})
