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
