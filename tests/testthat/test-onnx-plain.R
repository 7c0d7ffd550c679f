# Values of R as plain data, and bytes as text.

stop_reading <- function(reason, ...) stop(paste("read:", reason), call. = FALSE)

there_and_back <- function(x) {
  message <- wire_encode(as_plain(x, function(x) stop("not plain")), "Plain", plain_messages)
  from_plain(wire_decode(message, "Plain", stop_reading, plain_messages), stop_reading)
}

test_that("plain values come back as they were, with missing ones, names and attributes", {
  values <- list(
    NULL, TRUE, c(a = 1L, b = NA), c(NA, FALSE), c(1.5, NA, NaN, Inf, -0), c("é", NA, ""), character(), list(), list(x = NULL, list(1L)), as.name("wt"),
    matrix(1:6 / 7, 2, dimnames = list(NULL, c("a", "b", "c"))), data.frame(a = 1:3, b = letters[1:3]), data.frame(a = 1, row.names = "r"),
    opt_adam(), nn_layers(4, layer_norm())
  )
  for (value in values) expect_identical(there_and_back(value), value)
})

test_that("code, functions, environments and foreign classes are not plain", {
  for (value in list(quote(log(x)), sum, globalenv(), y ~ x, structure(1, class = "foreign"), 1i, structure(1, secret = 2))) {
    expect_error(there_and_back(value), "not plain")
  }
  class <- as_plain("foreign", stop)
  crafted <- list(kind = match("double", plain_kinds), doubles = 1, attributes = list(kind = match("list", plain_kinds), elements = list(class), names = "class"))
  expect_error(from_plain(crafted, stop_reading), "no known class")
  crafted$attributes$names <- "dim"
  crafted$attributes$elements <- list(as_plain(c(2L, 2L), stop))
  expect_error(from_plain(crafted, stop_reading), "cannot be")
  expect_error(from_plain(list(kind = 99), stop_reading), "no known kind")
})

test_that("bytes as text are those of RFC 4648", {
  # Its section 10.
  for (case in list(c("", ""), c("f", "Zg=="), c("fo", "Zm8="), c("foo", "Zm9v"), c("foobar", "Zm9vYmFy"))) {
    expect_identical(to_base64(charToRaw(case[1])), case[2])
    expect_identical(from_base64(case[2], stop_reading), charToRaw(case[1]))
  }
  expect_error(from_base64("Zm9", stop_reading), "damaged")
  expect_error(from_base64("Zm9!", stop_reading), "damaged")
})
