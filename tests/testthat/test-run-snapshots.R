test_that("snapshots are the weights that a shorter training has", {
  data <- smooth_data()
  train <- function(epochs, ...) nn_train(data$X, data$Y, optimizer = "adam", epochs = epochs, ..., seed = 1)
  fit <- train(23, keep_weights = 5)
  expect_identical(vapply(fit$snapshots, function(s) s$epoch, 0L), c(5L, 10L, 15L, 20L))
  for (epoch in c(5, 20)) {
    short <- train(epoch)
    expect_identical(nn_predict(fit, data$X, epoch = epoch), nn_predict(short, data$X))
    expect_identical(predict(fit, data$X, epoch = epoch), predict(short, data$X))
    expect_identical(coef(fit, epoch = epoch), coef(short))
    expect_identical(coef(fit, epoch = epoch, scale = "original"), coef(short, scale = "original"))
  }
  expect_identical(nn_predict(fit, data$X, epoch = 23), nn_predict(fit, data$X))
  expect_identical(fit$weights, train(23)$weights)
})

test_that("snapshots go on over two trainings", {
  data <- smooth_data()
  whole <- nn_train(data$X, data$Y, epochs = 20, keep_weights = 4, seed = 1)
  half <- nn_train(data$X, data$Y, epochs = 10, keep_weights = 4, seed = 1)
  both <- nn_train(data$X, data$Y, start = half, epochs = 10)
  expect_identical(both$snapshots, whole$snapshots)
})

test_that("an epoch that was not kept is refused", {
  fit <- nn_train(article_X, article_Y, epochs = 10, keep_weights = 5, seed = 1)
  none <- nn_train(article_X, article_Y, epochs = 10, seed = 1)
  expect_snapshot(error = TRUE, {
    nn_predict(fit, article_X, epoch = 3)
    coef(fit, epoch = -1)
    predict(fit, article_X, epoch = "last")
    nn_predict(none, article_X, epoch = 3)
  })
})

test_that("a fit that keeps its weights has those that training began with", {
  train <- function(epochs, ...) nn_train(article_X, article_Y, hidden = 3, epochs = epochs, ...)
  untrained <- train(0, seed = 1)
  fit <- train(6, seed = 1, keep_weights = 3)
  expect_identical(fit$start, list(epoch = 0L, weights = untrained$weights, biases = untrained$biases))
  expect_identical(train(4, start = fit, keep_weights = 2)$start, fit$start)
  given <- nn_init(c(4, 3, 1), seed = 7)
  expect_identical(train(4, start = given, keep_weights = 2)$start, c(list(epoch = 0L), unclass(given)))
  # What went before without snapshots is not known.
  later <- train(4, start = train(5, seed = 1), keep_weights = 2)
  expect_identical(later$start$epoch, 5L)
  expect_null(train(2, seed = 1)$start)
  best <- train(20, seed = 3, restarts = 2, keep_weights = 10)
  expect_identical(best$start$weights, nn_init(c(4, 3, 1), seed = best$seed)$weights)
})

test_that("the start of a network of several layers is what the engine draws for it", {
  layers <- nn_layers(4, layer_scale(), 4, layer_skip(2))
  train <- function(epochs, ...) nn_train(article_X, article_Y, hidden = layers, epochs = epochs, seed = 1, ...)
  expect_identical(train(2, keep_weights = 1)$start$weights, train(0)$weights)
})
