test_that("an interrupt while a message is made waits until it is made, and later messages can be made", {
  slow <- function() {
    rlang::interrupt()
    "x"
  }
  expect_true(is_interrupted(stop_backprop("argument", "{.arg {slow()}} is wrong.")))
  expect_true(is_interrupted(warn_backprop("argument", "{.arg {slow()}} is wrong.")))
  expect_error(nn_train(article_X, article_Y, lr = -1), class = "backprop_error_argument")
})

test_that("errors have the package's classes and name the call", {
  caught <- tryCatch(nn_train(article_X, article_Y, lr = -1), error = identity)
  expect_s3_class(caught, c("backprop_error_argument", "backprop_error"), exact = FALSE)
  expect_identical(caught$call, quote(nn_train()))
})

test_that("braces in what a user typed are shown, not evaluated", {
  expect_error(nn_train(article_X, article_Y, optimizer = "{stop('no')}"), "stop('no')", fixed = TRUE)
  expect_error(nn_train(article_X, article_Y, `{x}` = 1), "{x}", fixed = TRUE)
  data <- stats::setNames(data.frame(c("{a}", "{a}"), 1:2), c("{y}", "x"))
  expect_error(nn_train(data["x"], data[["{y}"]], preset = "textbook"), "{a}", fixed = TRUE)
})

test_that("the nearest name is found by beginning or by distance", {
  expect_identical(nearest("epoch", c("epochs", "lr")), "epochs")
  expect_identical(nearest("adma", c("gd", "adam")), "adam")
  expect_identical(nearest("y", c("X", "Y")), "Y")
  expect_null(nearest("zzzzzzzz", c("epochs", "lr")))
})
