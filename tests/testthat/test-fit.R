fit <- nn_train(Species ~ ., data = iris, hidden = 4, epochs = 3, seed = 1, preset = "textbook")

test_that("a fit is a plain list that serialize() keeps", {
  expect_type(fit, "list")
  expect_identical(unserialize(serialize(fit, NULL)), fit)
  expect_identical(fit$format, 3L)
  expect_identical(fit$version, as.character(utils::packageVersion("backprop")))
  expect_named(fit$history, c("epoch", "loss", "validation_loss", "lr", "accuracy", "validation_accuracy"))
  expect_s3_class(fit$history, "data.frame")
})

test_that("a fit read in a new process predicts the same bits", {
  skip_on_cran()
  path <- withr::local_tempfile(fileext = ".rds")
  out <- withr::local_tempfile(fileext = ".rds")
  saveRDS(fit, path)
  done <- run_process(sprintf("saveRDS(nn_predict(readRDS(%s), iris), %s)", deparse(path), deparse(out)))
  expect_identical(done$status, 0L)
  expect_identical(readRDS(out), nn_predict(fit, iris))
})

test_that("what is not a fit, or no whole one, gets a specific error", {
  change <- function(...) {
    new <- list(...)
    fit[names(new)] <- new
    fit
  }
  expect_snapshot(error = TRUE, {
    nn_predict("fit", iris)
    nn_predict(structure(1, class = "nn_fit"), iris)
    nn_predict(unclass(fit), iris)
    nn_predict(structure(unclass(fit)[c("weights", "history")], class = "nn_fit"), iris)
    nn_predict(change(weights = fit$weights[1]), iris)
    nn_predict(change(weights = list(fit$weights[[1]][-1, ], fit$weights[[2]])), iris)
    nn_predict(change(biases = list(c(1, NA, 2, 3), fit$biases[[2]])), iris)
    nn_predict(change(format = 99L, version = "9.9.9"), iris)
    print(change(format = 99L))
    nn_train(Species ~ ., data = iris, start = change(format = 99L), preset = "textbook")
  })
})

test_that("the data are kept only when asked for", {
  expect_null(fit$data)
  kept <- nn_train(Species ~ ., data = iris, epochs = 1, keep = "data", preset = "textbook")
  expect_identical(kept$data, list(data = iris))
  kept <- nn_train(article_X, article_Y, epochs = 1, keep = "data")
  expect_identical(kept$data, list(X = article_X, Y = article_Y))
})

test_that("dots of a function around the one that calls are words of the call too", {
  train <- function(...) {
    by_optimizer <- function(optimizer) nn_train(article_X, article_Y, optimizer = optimizer, ...)
    by_optimizer("adam")
  }
  fit <- train(epochs = 2, seed = 1)
  expect_identical(fit$weights, nn_train(article_X, article_Y, optimizer = "adam", epochs = 2, seed = 1)$weights)
  expect_identical(fit$call$epochs, 2)
})
