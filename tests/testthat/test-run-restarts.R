test_that("restarts keep the best of several starts and report the spread", {
  data <- smooth_data()
  train <- function(...) nn_train(data$X, data$Y, hidden = 4, activation = "tanh", optimizer = "adam", lr = 0.05, epochs = 20, ...)
  fit <- train(restarts = 5, seed = 7)
  expect_named(fit$restarts, c("seed", "loss", "validation_loss", "status", "best"))
  expect_identical(nrow(fit$restarts), 5L)
  expect_identical(which(fit$restarts$best), which.min(fit$restarts$loss))
  expect_gt(diff(range(fit$restarts$loss)), 0)
  # Each is the training that its seed alone makes.
  expect_identical(fit$seed, fit$restarts$seed[fit$restarts$best])
  expect_same_bits(fit, train(seed = fit$seed))
  expect_equal(min(fit$restarts$loss), mean((data$Y - nn_predict(fit, data$X))^2))
  expect_identical(train(restarts = 5, seed = 7), fit)
  expect_output(print(summary(fit)), "in 5 starts")
})

test_that("validation rows decide, and are the same for all starts", {
  data <- smooth_data()
  fit <- nn_train(data$X, data$Y, validation = 0.3, restarts = 4, epochs = 30, seed = 2, keep = "data")
  expect_identical(which(fit$restarts$best), which.min(fit$restarts$validation_loss))
  held <- nn_train(data$X, data$Y, validation = 0.3, epochs = 0, seed = 2, keep = "data")
  expect_identical(fit$data$case_weights, held$data$case_weights)
  # The split stays when the best goes on.
  more <- nn_train(data$X, data$Y, start = fit, epochs = 1)
  expect_identical(more$data$case_weights, held$data$case_weights)
})

test_that("one start that diverges does not matter when another is fine", {
  data <- smooth_data()
  train <- function(...) nn_train(data$X, data$Y, activation = "relu", epochs = 200, ...)
  expect_warning(fit <- train(lr = 1, restarts = 3, seed = 4), NA, class = "backprop_warning_diverged")
  expect_setequal(fit$restarts$status, c("diverged", "completed"))
  expect_identical(fit$status, "completed")
  expect_warning(fit <- train(lr = 5, restarts = 3, seed = 4), class = "backprop_warning_diverged")
  expect_identical(fit$status, "diverged")
})

test_that("after an interrupt the best start so far is there, and of the first one what there is", {
  data <- smooth_data()
  train <- function(...) nn_train(data$X, data$Y, hidden = 4, activation = "tanh", lr = 0.05, epochs = 20, seed = 7, ...)
  interrupted_at <- function(restart, epoch) {
    interrupts <- function(state) if (state$restart == restart && state$epoch == epoch) rlang::interrupt()
    expect_true(is_interrupted(train(restarts = 5, callback = interrupts)))
    nn_last()
  }
  fit <- interrupted_at(4, 10)
  all <- train(restarts = 3)
  expect_same_bits(fit, all)
  expect_identical(fit$status, "interrupted")
  expect_identical(fit$restarts[1:3, ], all$restarts)
  expect_identical(fit$restarts$status[4:5], c("", ""))
  expect_same_bits(interrupted_at(1, 10), nn_train(data$X, data$Y, hidden = 4, activation = "tanh", lr = 0.05, epochs = 10, seed = 7))
})

test_that("restarts that cannot be are refused", {
  start <- nn_init(c(4, 3, 1), seed = 1)
  expect_snapshot(error = TRUE, {
    nn_train(article_X, article_Y, restarts = 0)
    nn_train(article_X, article_Y, restarts = 1.5)
    nn_train(article_X, article_Y, restarts = 2, start = start)
    nn_train(article_X, article_Y, restarts = 2, checkpoint = list(path = "fit.rds"))
  })
})
