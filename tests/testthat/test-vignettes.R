# What vignettes say in words that no number beside them shows.

# The outputs that the article came to, as it prints them.
article_end <- c(0.98032096, 0.96845624, 0.04532167)

ends_at <- function(...) nn_predict(nn_train(article_X, article_Y, hidden = 3, lr = 0.1, ...), article_X)[, 1]

test_that("from the article's printed start 5,460 rounds come nearest to its end", {
  away <- function(epochs) max(abs(ends_at(epochs = epochs, start = article_printed_start()) - article_end))
  nearest <- away(5460)
  # Measured: 0.00124; 20 rounds more or less are 0.00004 worse or more.
  expect_lt(nearest, 0.0013)
  expect_lt(nearest, away(5440))
  expect_lt(nearest, away(5480))
})

test_that("the article's end lies among the ends of starts drawn as its Python script draws them", {
  ends <- vapply(1:40, function(seed) ends_at(epochs = 5000, init = "uniform", seed = seed), numeric(3))
  expect_true(all(apply(ends, 1, min) < article_end & article_end < apply(ends, 1, max)))
})

test_that("the article's end is not one of its R script, which has a bias for each row", {
  # Both biases are vectors over rows, which R adds to each column of units; of the hidden layer there are three of each.
  sigmoid <- function(z) 1 / (1 + exp(-z))
  third <- vapply(1:5, function(seed) {
    set.seed(seed)
    wh <- matrix(rnorm(12), 4)
    bh <- runif(3)
    wout <- rnorm(3)
    bout <- rep(runif(1), 3)
    for (epoch in 1:5000) {
      hidden <- sigmoid(article_X %*% wh + bh)
      output <- sigmoid(drop(hidden %*% wout) + bout)
      d_output <- (article_Y[, 1] - output) * output * (1 - output)
      d_hidden <- outer(d_output, wout) * hidden * (1 - hidden)
      wout <- wout + 0.1 * drop(crossprod(hidden, d_output))
      bout <- bout + 0.1 * d_output
      wh <- wh + 0.1 * crossprod(article_X, d_hidden)
      bh <- bh + 0.1 * rowSums(d_hidden)
    }
    output[[3]]
  }, 0)
  expect_lt(max(third), 0.04) # of 60 starts the largest was 0.038
})

test_that("with two outputs the error of a hidden unit is the sum over both", {
  two <- cbind(zero = 1 - article_Y[, 1], one = article_Y[, 1])
  trace <- nn_trace(article_X, two, hidden = 3, lr = 0.1, seed = 1)
  result <- function(key) unname(trace[[key]]$result)
  expect_identical(dim(result("wout")), c(3L, 2L))
  by_output <- function(k) outer(result("d_output")[, k], result("wout")[, k])
  expect_equal(result("Error_at_hidden_layer"), by_output(1) + by_output(2), tolerance = 1e-14)
  expect_match(trace[["Error_at_hidden_layer"]]$formula, "d_output %*% t(wout)", fixed = TRUE)
})

test_that("for adam ten and a hundred times the default rate are better on Boston, a thousand times is worse", {
  skip_if_not_installed("MASS")
  after <- function(optimizer, lr) {
    fit <- suppressWarnings(nn_train(
      medv ~ ., data = MASS::Boston, preset = "textbook", hidden = 8, activation = "tanh", optimizer = optimizer, lr = lr,
      epochs = 100, seed = 1
    ))
    fit$final_loss
  }
  losses <- vapply(c(0.001, 0.01, 0.1, 1), function(lr) after("adam", lr), 0)
  expect_true(all(losses[2:3] < losses[[1]] / 2))
  expect_gt(losses[[4]], 2 * losses[[1]])
  expect_gt(after("gd", 1), 1) # worse than the mean of the outcome
})
