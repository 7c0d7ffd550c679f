# Which rows quantiles are found in, and that nothing depends on the session's locale.

test_that("of many rows those of the smallest keys are looked at, the same whatever chunks keys are drawn in", {
  rows <- rows_looked_at(1000, 7, 100)
  keys <- c(row_keys(7, 0, 13, "sample"), row_keys(7, 13, 987, "sample"))
  expect_identical(rows, sort(order(keys)[1:100]))
  expect_false(identical(rows, rows_looked_at(1000, 8, 100)))
  expect_identical(rows_looked_at(100, NULL, 100), 1:100)
  # Half of them in either half, give or take four standard deviations of a sample without replacement.
  expect_lt(abs(sum(rows <= 500) - 50), 4 * sqrt(100 * 0.25 * 0.9))
  expect_false(any(row_keys(7, 0, 1000, "held") == row_keys(7, 0, 1000, "sample")))
})

test_that("of more than 100,000 rows the edges of intervals are quantiles of those that the seed draws, also of a seed of R's generator", {
  n <- 100500
  x <- matrix((seq_len(n) * 0.6180339887) %% 1)
  y <- x[, 1]
  train <- function(...) nn_train(x, y, hidden = integer(), embed = embed_piecewise(2), epochs = 0, preset = "textbook", ...)
  fit <- train(seed = 3)
  expect_identical(fit$inputs$encoding$edges[[1L]], unique(quantiles_of(x[rows_looked_at(n, 3), 1L], NULL, c(0, 0.5, 1))))
  again <- withr::with_seed(1, train())
  seed <- withr::with_seed(1, seed_or_drawn(NULL))
  expect_identical(again$settings$seed, seed)
  expect_identical(coef(again), coef(train(seed = seed)))
  expect_identical(again$inputs$encoding, train(seed = seed)$inputs$encoding)
})

test_that("levels of texts are in the same order in every locale", {
  text <- c("b", "B", "a", "A", "_", "a")
  data <- data.frame(y = c(1, 4, 2, 5, 3, 2), text = text)
  train <- function() {
    list(
      nn_train(y ~ text, data = data, hidden = 2, epochs = 1, seed = 1, preset = "textbook"),
      nn_train(text ~ y, data = data, hidden = 2, epochs = 1, seed = 1, preset = "textbook")
    )
  }
  fits <- train()
  expect_identical(fits[[1L]]$inputs$names, paste0("text", c("A", "B", "_", "a", "b")))
  expect_identical(fits[[2L]]$outcome$levels, c("A", "B", "_", "a", "b"))
  skip_if_not(capabilities("ICU"))
  withr::defer(icuSetCollate(locale = "default"))
  icuSetCollate(locale = "en_US")
  skip_if_not(identical(sort(c("b", "B", "a", "A")), c("a", "A", "b", "B")))
  others <- train()
  expect_identical(lapply(others, coef), lapply(fits, coef))
  expect_identical(others[[2L]]$outcome$levels, fits[[2L]]$outcome$levels)
})
