skip_if_not_installed("generics")

quick <- function(..., hidden = 2) nn_train(..., preset = "textbook", hidden = hidden, epochs = 10, seed = 3)

columns <- c(
  "nobs", "parameters", "networks", "loss", "validation_loss", "epochs", "status", "seed", "logLik", "AIC", "BIC", "deviance", "df", "df.residual"
)

test_that("a fit is one row, with what R's own functions say of it", {
  fit <- quick(mpg ~ wt + hp, mtcars, keep = "data")
  value <- generics::glance(fit)
  expect_named(value, columns)
  expect_identical(nrow(value), 1L)
  expect_identical(value$logLik, as.vector(logLik(fit)))
  expect_identical(c(value$AIC, value$BIC, value$deviance), c(AIC(fit), BIC(fit), deviance(fit)))
  expect_identical(c(value$df, value$df.residual), c(attr(logLik(fit), "df"), df.residual(fit)))
  expect_identical(value[c("nobs", "parameters", "networks", "epochs", "status", "seed")], tibble::tibble(nobs = 32L, parameters = 9, networks = 1L, epochs = 10L, status = "completed", seed = 3L))
  expect_identical(value$loss, fit$final_loss)
  expect_identical(generics::glance(quick(mpg ~ wt + hp, mtcars), mtcars), value)
})

test_that("what is not known is missing, in columns of the same types", {
  fits <- list(
    plain = quick(mpg ~ wt, mtcars, validation = 0.2), ensemble = quick(mpg ~ wt, mtcars, ensemble = 2), robust = quick(mpg ~ wt, mtcars, loss = "mae", keep = "data"),
    classes = quick(Species ~ ., iris, keep = "data"), several = quick(cbind(mpg, hp) ~ wt, mtcars, keep = "data")
  )
  all <- do.call(rbind, lapply(fits, generics::glance))
  expect_identical(vapply(all, typeof, ""), vapply(generics::glance(quick(mpg ~ wt, mtcars, keep = "data")), typeof, ""))
  expect_identical(is.na(all$logLik), c(TRUE, TRUE, TRUE, FALSE, FALSE))
  expect_identical(all$networks, c(1L, 2L, 1L, 1L, 1L))
  expect_identical(all$validation_loss[1], fits$plain$final_validation_loss)
  expect_identical(all$epochs[2], 20L)
  # Cross-entropy of shares is no likelihood, and no fault.
  shares <- quick(mtcars["wt"], (mtcars$hp - 50) / 300, output = "sigmoid", loss = "binary_cross_entropy", keep = "data")
  expect_true(is.na(generics::glance(shares)$logLik))
})

test_that("data that are not those of training are refused", {
  fit <- quick(mpg ~ wt, mtcars)
  expect_error(generics::glance(fit, mtcars["wt"]), class = "backprop_error")
  expect_error(generics::glance(fit, mtcars, weights = 1), class = "backprop_error_unknown_argument")
})

test_that("of a calibrated fit no likelihood is known, and the rest is that of its network", {
  skip_if_not_installed("generics")
  fit <- nn_train(factor(am) ~ wt, data = mtcars, preset = "textbook", hidden = c(), epochs = 50, keep = "data", seed = 1)
  plain <- generics::glance(fit)
  calibrated <- generics::glance(nn_calibrate(fit, mtcars))
  expect_identical(unlist(calibrated[names(likelihood_unknown)], use.names = FALSE), rep(NA_real_, 6L))
  expect_identical(calibrated[setdiff(names(plain), names(likelihood_unknown))], plain[setdiff(names(plain), names(likelihood_unknown))])
})
