test_that("biases may be vectors or matrices of one row", {
  start <- nn_init(c(4, 3, 1), seed = 1)
  rows <- start
  rows$biases <- lapply(start$biases, matrix, nrow = 1)
  a <- nn_train(article_X, article_Y, epochs = 5, start = start, seed = 1)
  expect_same_bits(a, nn_train(article_X, article_Y, epochs = 5, start = rows, seed = 1))
  expect_same_bits(a, nn_train(article_X, article_Y, epochs = 5, seed = 1))
})

test_that("weights and biases may have a class of other packages", {
  start <- nn_init(c(ncol(article_X), 2, 1), seed = 1)
  labelled <- function(x) structure(x, class = c("haven_labelled", "vctrs_vctr", "double"))
  classed <- list(weights = lapply(start$weights, labelled), biases = lapply(start$biases, labelled))
  train <- function(start) nn_train(article_X, article_Y, start = start, epochs = 2, seed = 1)
  expect_identical(train(classed)$weights, train(start)$weights)
})

test_that("hidden is read from the start", {
  start <- nn_init(c(4, 5, 2, 1), seed = 1)
  expect_identical(nn_train(article_X, article_Y, epochs = 1, start = start)$settings$hidden, c(5L, 2L))
  expect_identical(nn_train(article_X, article_Y, epochs = 1, start = start, hidden = c(5, 2))$settings$hidden, c(5L, 2L))
})

test_that("a start of the wrong shape says what is wrong", {
  good <- nn_init(c(4, 3, 1), seed = 1)
  change <- function(...) utils::modifyList(good, list(...))
  expect_snapshot(error = TRUE, {
    nn_train(article_X, article_Y, start = 3)
    nn_train(article_X, article_Y, start = list(weights = good$weights))
    nn_train(article_X, article_Y, start = list(weights = good$weights, biases = good$biases[1]))
    nn_train(article_X, article_Y, start = list(weights = good$weights, biases = list(1:2, 1)))
    nn_train(article_X, article_Y, start = list(weights = list(good$weights[[1]], matrix(1, 2, 1)), biases = good$biases))
    nn_train(article_X, article_Y, start = list(weights = list("a", "b"), biases = good$biases))
    nn_train(article_X, article_Y, start = list(weights = good$weights, biases = list(c(1, NA, 2), 1)))
    nn_train(article_X[, 1:2], article_Y, start = good)
    nn_train(article_X, cbind(article_Y, article_Y), start = good)
    nn_train(article_X, article_Y, start = good, hidden = 5)
  })
})

test_that("50 and 50 epochs equal 100, bit for bit, for every optimizer, shuffling and dropout included", {
  data <- smooth_data()
  for (optimizer in names(optimizers)) {
    for (precision in c("double", "single")) {
      train <- function(...) {
        # Dropout, penalty and validation on few rows: the network may well learn them by heart.
        suppressWarnings(nn_train(data$X, data$Y, ...,
          hidden = c(6, 4), activation = "tanh", seed = 1, optimizer = optimizer, precision = precision, standardize = TRUE,
          batch_size = if (optimizers[[optimizer]]$batches) 16, dropout = if (optimizer == "lbfgs") 0 else c(0.2, 0.1),
          penalty = 0.001, validation = 0.2
        ), classes = "backprop_warning")
      }
      whole <- train(epochs = 100)
      half <- train(epochs = 50)
      both <- suppressWarnings(nn_train(data$X, data$Y, start = half, epochs = 50), classes = "backprop_warning")
      for (part in c("weights", "biases", "history", "optimizer_state", "status", "final_loss")) {
        expect_identical(both[[part]], whole[[part]], label = paste(optimizer, precision, part))
      }
      if (optimizer != "lbfgs") expect_identical(both$epochs_done, 100L)
    }
  }
})

test_that("a fit passes on what is not typed anew", {
  fit <- nn_train(Species ~ ., data = iris, hidden = 4, activation = "tanh", optimizer = "adam", epochs = 5, seed = 1, preset = "textbook")
  more <- nn_train(Species ~ ., data = iris, start = fit, epochs = 5, preset = "textbook")
  same <- setdiff(names(fit$settings), c("epochs", "threads"))
  expect_identical(more$settings[same], fit$settings[same])
  expect_identical(more$inputs, fit$inputs)
  expect_identical(more$history$epoch, 1:10)

  other <- nn_train(Species ~ ., data = iris, start = fit, epochs = 5, optimizer = "gd", preset = "textbook")
  expect_identical(other$settings$lr, 0.1)
  expect_identical(other$settings$batch_size, 150L)
  expect_identical(other$settings$activation, "tanh")
})

test_that("a fit without hidden layers goes on", {
  fit <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = c(), epochs = 50, seed = 1, preset = "textbook")
  both <- nn_train(mpg ~ wt + hp, data = mtcars, start = fit, epochs = 50, preset = "textbook")
  whole <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = c(), epochs = 100, seed = 1, preset = "textbook")
  expect_same_bits(both, whole)
})

test_that("scaling and levels come from the first training", {
  fit <- nn_train(Species ~ ., data = iris, epochs = 5, seed = 1, preset = "textbook")
  more <- nn_train(Species ~ ., data = iris[1:60, ], start = fit, epochs = 5, preset = "textbook")
  expect_identical(more$inputs$center, fit$inputs$center)
  expect_identical(more$outcome$levels, levels(iris$Species))
  expect_identical(more$rows, 60L)
})

test_that("a fit continued on other data says what does not match", {
  fit <- nn_train(Species ~ ., data = iris, epochs = 1, seed = 1, preset = "textbook")
  by_matrix <- nn_train(article_X, article_Y, epochs = 1)
  new <- iris
  new$Species <- factor("blue")
  expect_snapshot(error = TRUE, {
    nn_train(article_X, article_Y, start = fit)
    nn_train(Species ~ ., data = iris[-1], start = fit, preset = "textbook")
    nn_train(Species ~ ., data = iris[-5], start = fit, preset = "textbook")
    nn_train(Species ~ ., data = new, start = fit, preset = "textbook")
    nn_train(article_X, factor(1:3), start = by_matrix)
    nn_train(article_X[, 1:2], article_Y, start = by_matrix)
  })
})

test_that("a start beyond what the precision can train with is refused", {
  start <- nn_init(c(4, 3, 1), seed = 1)
  large <- start
  large$weights[[1]][2] <- 1e39
  for (epochs in 0:1) {
    expect_error(nn_train(article_X, article_Y, start = large, precision = "single", epochs = epochs), class = "backprop_error_start")
  }
  expect_identical(nn_train(article_X, article_Y, start = large, epochs = 1)$status, "completed")
  large$biases[[2]] <- 1e200
  expect_snapshot(nn_train(article_X, article_Y, start = large, epochs = 1), error = TRUE)
})
