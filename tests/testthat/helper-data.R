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

parts <- c("weights", "biases", "ancillary", "history")

# The same network to the last bit.
expect_same_bits <- function(a, b) {
  testthat::expect_identical(unclass(a)[parts], unclass(b)[parts])
}

# Three clouds of points around corners, 20 each: classes that a small network tells apart.
clouds <- function(n = 20L, classes = 3L) {
  withr::with_seed(1, {
    class <- rep(seq_len(classes), n)
    corners <- rbind(c(-2, 0), c(2, 0), c(0, 3))
    X <- corners[class, ] + matrix(rnorm(2 * length(class)) / 2, length(class))
    list(X = X, class = factor(c("one", "two", "three")[class], levels = c("one", "two", "three")[seq_len(classes)]))
  })
}

train_clouds <- function(data = clouds(), ...) nn_train(data$X, data$class, hidden = 4, optimizer = "adam", lr = 0.05, epochs = 100, seed = 1, ...)
