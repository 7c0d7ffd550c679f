test_that("the list has every activation of the registry and the output's exp", {
  listed <- nn_activation()
  expect_setequal(listed$activation, c(names(activations), "exp"))
  expect_true(all(nzchar(listed$value)) && all(nzchar(listed$derivative)))
  expect_identical(listed$used_for[listed$activation == "exp"], "output")
})

test_that("values and derivatives agree with the reference", {
  z <- c(-30, -3, -1, -0.1, 0, 0.5, 2, 20)
  at <- function(name) nn_activation(name, z)
  expect_equal(at("sigmoid")$value, stats::plogis(z), tolerance = 1e-13)
  expect_equal(at("sigmoid")$derivative, stats::dlogis(z), tolerance = 1e-13)
  expect_equal(at("tanh")$value, tanh(z), tolerance = 1e-13)
  expect_equal(at("gelu")$value, z * stats::pnorm(z), tolerance = 1e-12)
  expect_equal(at("relu")$derivative, as.double(z > 0))
  expect_equal(at("exp")$derivative, exp(z), tolerance = 1e-13)
})

test_that("each derivative is the slope of its value", {
  z <- c(-2.3, -0.7, 0.4, 1.9)
  h <- 1e-5
  for (name in nn_activation()$activation) {
    slope <- (nn_activation(name, z + h)$value - nn_activation(name, z - h)$value) / (2 * h)
    expect_equal(nn_activation(name, z)$derivative, slope, tolerance = 1e-7, info = name)
  }
})

test_that("several functions come one after the other", {
  both <- nn_activation(c("relu", "tanh"), z = c(-1, 1))
  expect_identical(both$activation, rep(c("relu", "tanh"), each = 2L))
  expect_identical(both$z, c(-1, 1, -1, 1))
})

test_that("the list prints as a table", {
  expect_snapshot(nn_activation(c("sigmoid", "exp")))
})

test_that("what it cannot take is refused", {
  expect_snapshot(error = TRUE, {
    nn_activation("sigmiod")
    nn_activation(3)
    nn_activation("tanh", z = "a")
    nn_activation("tanh", z = c(1, NA))
  })
})

test_that("drawing leaves the graphical parameters as they were", {
  withr::local_pdf(NULL)
  graphics::par(mfrow = c(1, 1))
  before <- graphics::par(c("mfrow", "mar", "mgp", "tcl"))
  expect_identical(plot(nn_activation("tanh")), nn_activation("tanh"))
  plot(nn_activation())
  expect_identical(graphics::par(c("mfrow", "mar", "mgp", "tcl")), before)
})

test_that("the curves look as they should", {
  skip_on_cran()
  skip_if_not_installed("vdiffr")
  vdiffr::expect_doppelganger("activation-functions", function() plot(nn_activation()))
  vdiffr::expect_doppelganger("activation-function", function() plot(nn_activation("silu")))
})

test_that("an activation without notes is listed by its templates, and without these by its name", {
  tables <- list(activation_notes = activation_notes["relu"], trace_functions = trace_functions[c("tanh", "sigmoid")])
  found <- with_tables(tables, nn_activation(c("relu", "tanh", "silu")))
  expect_identical(found$value, c("max(0, z)", "tanh(z)", NA))
  expect_identical(found$derivative, c("1 if z > 0, else 0", "1 - a^2", NA))
  expect_identical(found$range, c("0 to Inf", NA, NA))
  expect_identical(nn_activation()$activation, c(names(activations), "exp"))
})
