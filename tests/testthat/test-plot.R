fit <- nn_train(mpg ~ wt, data = mtcars, epochs = 50, seed = 1, preset = "textbook")

test_that("plotting restores par(), opens no device and returns the fit", {
  full <- with_snapshots(nn_train(mpg ~ wt + hp, data = mtcars, epochs = 20, seed = 1, keep = "data", preset = "textbook"))
  for (type in picture_types) {
    expect_no_marks(function() expect_identical(plot(full, type = type), full))
  }
})

test_that("one layout holds several pictures", {
  withr::local_pdf(NULL)
  graphics::par(mfrow = c(1, 3))
  plot(fit)
  plot(fit, type = "network")
  expect_identical(graphics::par("mfg")[2L], 2L)
  plot(fit, type = "weights")
  expect_identical(graphics::par("mfg")[2L], 3L)
})

test_that("every type works for a network without hidden layers, and for a deep one", {
  withr::local_pdf(NULL)
  flat <- nn_train(Species ~ ., data = iris, hidden = c(), epochs = 5, seed = 1, keep = "data", preset = "textbook")
  deep <- nn_train(Species ~ ., data = iris, hidden = c(3, 2, 4, 2), epochs = 5, seed = 1, keep = "data", preset = "textbook")
  for (type in setdiff(picture_types, "history")) {
    expect_no_error(plot(flat, type = type))
    expect_no_error(plot(deep, type = type))
  }
})

test_that("what cannot be drawn is refused", {
  empty <- nn_train(mpg ~ wt, data = mtcars, epochs = 0, preset = "textbook")
  expect_snapshot(error = TRUE, {
    plot(fit, type = "weight")
    plot(empty)
    plot(fit, log = NA)
    plot(fit, type = "history")
    plot(fit, type = "boundary")
    plot(fit, type = "activations")
    plot(fit, type = "weights", layer = 3)
    plot(fit, type = "network", max_units = 1)
    plot(fit, type = "network", max_unit = 5)
  })
})

test_that("a title that is a number of a class is refused, not converted", {
  dated <- structure(1, class = "Date")
  expect_error(plot(nn_train(article_X, article_Y, epochs = 1, seed = 1), main = dated), class = "backprop_error_argument")
})
