# Small data that many tests share.

article_X <- matrix(c(1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1), nrow = 3, byrow = TRUE)
article_Y <- matrix(c(1, 1, 0))

# Three inputs and a smooth outcome; drawn without touching the session's generator.
smooth_data <- function(n = 60, p = 3) {
  withr::with_seed(42, {
    X <- matrix(rnorm(n * p), n)
    list(X = X, Y = sin(X[, 1]) + 0.5 * X[, 2] + rnorm(n) / 10)
  })
}

# A table with a column of every kind that training takes.
mixed_table <- function(n = 40) {
  withr::with_seed(7, data.frame(
    number = rnorm(n, 50, 10),
    whole = sample.int(20L, n, replace = TRUE),
    flag = sample(c(TRUE, FALSE), n, replace = TRUE),
    text = sample(c("low", "mid", "high"), n, replace = TRUE),
    group = factor(sample(c("a", "b"), n, replace = TRUE)),
    grade = factor(sample(1:3, n, replace = TRUE), ordered = TRUE),
    y = rnorm(n, 100, 25)
  ))
}

parts <- c("weights", "biases", "history")

# The same network to the last bit.
expect_same_bits <- function(a, b) {
  testthat::expect_identical(unclass(a)[parts], unclass(b)[parts])
}
