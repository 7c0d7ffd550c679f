# What a trace looks like in the console.

test_that("a trace is shown as the article's spreadsheet", {
  local_reproducible_output()
  expect_snapshot(article_trace(iterations = 3))
})

test_that("a step is shown with what it reads and the sum behind a cell", {
  local_reproducible_output()
  trace <- article_trace()
  expect_snapshot({
    trace[[1]]
    trace[["hidden_layer_input"]]
    print(trace[[18]], cell = c(4, 2))
  })
})

test_that("large matrices, many iterations and long formulas are cut in what is shown, with a message", {
  local_reproducible_output()
  trace <- nn_trace(
    Species ~ ., data = iris, hidden = 12, activation = "tanh", optimizer = "adam", batch_size = 20, seed = 1, iterations = 4
  )
  expect_snapshot({
    print(trace[c(1, 7, 17, 18, 19, 20)], rows = 3)
    print(trace[["d_hiddenlayer"]], cell = c(2, 1), rows = 2, columns = 2)
    print(trace[["X", 4]], rows = 2)
  })
  cells <- as.data.frame(trace)
  expect_identical(sum(cells$key == "X" & cells$iteration == 1), 80L)
})

test_that("a softmax trace says what arises in one piece", {
  local_reproducible_output()
  trace <- nn_trace(Species ~ ., data = iris[c(1, 60, 120), ], hidden = 2, seed = 1)
  expect_snapshot(print(trace[which(vapply(as.list(trace), function(step) step$phase == "backward", NA))]))
})

test_that("changed cells are coloured where the console has colours", {
  withr::local_options(cli.num_colors = 256L)
  shown <- paste(capture.output(print(article_trace())), collapse = "\n")
  expect_match(shown, "\033[43m0.2951", fixed = TRUE)
  expect_match(shown, "Highlighted: changed by the update.", fixed = TRUE)
  expect_no_match(shown, "0.2951*", fixed = TRUE)
  # Only what changed: the second input was 0 in the rows with an error.
  expect_no_match(shown, "\033[43m0.42 ", fixed = TRUE)
})

test_that("arguments of print are checked", {
  trace <- article_trace()
  expect_error(print(trace[["E"]], cell = c(4, 1)), "3 x 1", class = "backprop_error_argument")
  expect_error(print(trace, rows = 0), class = "backprop_error_argument")
  expect_error(print(trace, digits = 23), "from 1 to 22", class = "backprop_error_argument")
  expect_output(print(trace, digits = 22), "hidden_layer_input")
})

test_that("numbers are aligned, without needless zeros", {
  expect_identical(format_aligned(c(0.42, 0.1), 4), c("0.42", "0.10"))
  expect_identical(format_aligned(c(1, 0, -1), 4), c("1", "0", "-1"))
  expect_identical(format_aligned(c(-1e-9, 0.5), 4), c("0.0", "0.5"))
  expect_identical(trimws(format_aligned(c(0.0012345, NA), 4)), c("0.001234", "NA"))
  expect_identical(format_aligned(c(1.5e-7, 0), 3), c("1.50e-07", "0.00e+00"))
  expect_identical(format_aligned(c(123456.789, 1), 4), c("123457", "1"))
  expect_identical(trimws(format_aligned(c(Inf, NaN), 4)), c("Inf", "NaN"))
})
