test_that("JSON is what another reader of it reads", {
  skip_if_not_installed("jsonlite")
  value <- list(
    number = 0.1 + 0.2, several = c(1, -2.5e-300, 1e22), one = I(3), text = "a \"quoted\" \u00e9 \U1F600 \\ </script>\n", none = NULL, flag = TRUE,
    empty = list(), named = stats::setNames(list(), character()), nested = list(a = list(1, "b"))
  )
  read <- jsonlite::fromJSON(json_text(value), simplifyVector = FALSE)
  expect_identical(read$number, 0.1 + 0.2)
  expect_identical(as.double(unlist(read$several)), c(1, -2.5e-300, 1e22))
  expect_identical(read$one, list(3L))
  expect_identical(read$text, value$text)
  expect_identical(names(read), names(value))
  expect_identical(json_text(c(NaN, Inf, -Inf)), "[\"NaN\",\"Infinity\",\"-Infinity\"]")
  expect_match(json_text("bytes: \xff"), "<ff>|u003cff", perl = TRUE)
})
