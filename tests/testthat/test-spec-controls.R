test_that("the penalty is in the objective, by its formula, and not on biases", {
  data <- smooth_data(30)
  for (mixture in c(0, 0.3, 1)) {
    fit <- nn_train(data$X, data$Y, hidden = 4, penalty = 0.2, mixture = mixture, epochs = 3, seed = 1)
    w <- unlist(fit$weights)
    expect_equal(fit$final_objective - fit$final_loss, 0.2 * ((1 - mixture) / 2 * sum(w^2) + mixture * sum(abs(w))))
    start <- nn_train(data$X, data$Y, hidden = 4, epochs = 0, seed = 1)
    w <- unlist(start$weights)
    expect_equal(
      fit$history$loss[1],
      start$final_loss + 0.2 * ((1 - mixture) / 2 * sum(w^2) + mixture * sum(abs(w)))
    )
  }
})

test_that("a ridge penalty without hidden layers has its closed form", {
  data <- smooth_data(50)
  fit <- nn_train(data$X, data$Y, hidden = c(), penalty = 0.5, optimizer = "lbfgs", seed = 1)
  x <- scale(data$X, scale = FALSE)
  n <- nrow(x)
  # mse has no factor 1/2, so the penalty counts half as much in the normal equations.
  expect_equal(drop(fit$weights[[1]]), drop(solve(crossprod(x) / n + diag(0.5 / 2, 3), crossprod(x, data$Y) / n)), tolerance = 1e-6)
})

test_that("a lasso penalty makes weights small that have nothing to say", {
  data <- smooth_data(100)
  fit <- nn_train(data$X, data$Y, hidden = c(), penalty = 0.3, mixture = 1, epochs = 3000, lr = 0.01, seed = 1)
  expect_lt(abs(fit$weights[[1]][3]), 0.02)
  expect_gt(abs(fit$weights[[1]][1]), 0.2)
})

test_that("dropout is off at prediction, and takes one rate or one per layer", {
  data <- smooth_data(40)
  train <- function(...) nn_train(data$X, data$Y, hidden = c(8, 4), activation = "tanh", epochs = 5, ..., seed = 1)
  expect_same_bits(train(dropout = 0.3), train(dropout = c(0.3, 0.3)))
  expect_same_bits(train(dropout = 0), train())
  expect_false(identical(train(dropout = 0.3)$weights, train(dropout = c(0.3, 0))$weights))
  fit <- train(dropout = 0.3)
  expect_identical(nn_predict(fit, data$X), nn_predict(fit, data$X))
  expect_equal(fit$final_loss, mean((data$Y - nn_predict(fit, data$X))^2))
})

test_that("a clipped step is no longer than lr times the norm", {
  data <- smooth_data(40)
  step <- function(...) {
    before <- nn_train(data$X, 100 * data$Y, epochs = 0, lr = 0.1, seed = 1)
    after <- nn_train(data$X, 100 * data$Y, epochs = 1, lr = 0.1, seed = 1, ...)
    sqrt(sum((unlist(after[c("weights", "biases")]) - unlist(before[c("weights", "biases")]))^2))
  }
  expect_gt(step(), 0.1)
  expect_equal(step(clip_norm = 1), 0.1)
  expect_identical(step(clip_norm = 1e6), step())
  # The squares of this gradient are beyond all numbers.
  huge <- function(epochs) {
    nn_train(article_X * 1e200, article_Y, hidden = c(), output = "linear", loss = "mae", lr = 0.1, clip_norm = 1, epochs = epochs, seed = 1)
  }
  expect_equal(sqrt(sum((unlist(huge(1)$weights) - unlist(huge(0)$weights))^2)), 0.1)
})

test_that("settings that tame a training are printed", {
  fit <- nn_train(Species ~ ., iris,
    penalty = 0.01, mixture = 0.5, dropout = 0.1, clip_norm = 1, validation = 0.2, stop_iter = 3, tol = 0.01,
    optimizer = "adam", lr_schedule = "cosine", class_weights = "balanced", epochs = 2, seed = 1, threads = 1, preset = "textbook"
  )
  expect_snapshot(summary(fit), transform = function(lines) sub("[0-9.]+$", "<number>", lines))
})

test_that("what tames a training is checked", {
  expect_snapshot(error = TRUE, {
    nn_train(article_X, article_Y, penalty = -1)
    nn_train(article_X, article_Y, penalty = NA)
    nn_train(article_X, article_Y, penalty = "ridge")
    nn_train(article_X, article_Y, mixture = 1.5)
    nn_train(article_X, article_Y, dropout = 1)
    nn_train(article_X, article_Y, dropout = NA)
    nn_train(article_X, article_Y, dropout = c(0.1, 0.2))
    nn_train(article_X, article_Y, dropout = 0.5, hidden = c())
    nn_train(article_X, article_Y, dropout = 0.5, optimizer = "lbfgs")
    nn_train(article_X, article_Y, clip_norm = 0)
    nn_train(article_X, article_Y, clip_norm = 1, optimizer = "lbfgs")
    nn_train(article_X, article_Y, optimizer = "lbfgs", batch_size = 2)
    nn_train(article_X, article_Y, keep_weights = 0)
    nn_train(article_X, article_Y, keep_weights = "all")
  })
})
