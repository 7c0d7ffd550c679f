# A fit with a history made by hand.
with_history <- function(loss, validation = NA_real_, ...) {
  fit <- nn_train(article_X, article_Y, hidden = 3, epochs = 1, lr = 0.1, seed = 1)
  fit$history <- data.frame(epoch = seq_along(loss), loss = loss, validation_loss = validation, lr = 0.1)
  # Curves alone: how high they are says nothing of these data.
  fit$final_loss <- NA_real_
  fit$settings$epochs <- length(loss)
  fit$settings$lr <- 0.1
  changes <- list(...)
  fit$settings[names(changes)] <- changes
  fit
}

found_in <- function(fit) nn_diagnose(fit)$findings$check

test_that("the article's example is in order, during training too", {
  expect_no_warning(fit <- nn_train(article_X, article_Y, epochs = 5000, lr = 0.1, seed = 1))
  expect_identical(found_in(fit), character())
  expect_silent(warn_symptoms(fit))
})

test_that("each kind of curve is told by its own name", {
  epochs <- 1:100
  expect_identical(found_in(with_history(exp(-epochs / 10))), character())
  expect_identical(found_in(with_history(0.5 + 0.1 * (-1)^epochs)), "oscillating")
  expect_identical(found_in(with_history(1 - epochs * 1e-4)), "crawling")
  expect_identical(found_in(with_history(rep(0.7, 100))), "crawling")
  expect_identical(found_in(with_history(2 - epochs / 100)), "unfinished")
  expect_identical(found_in(with_history(exp(-epochs / 10), abs(epochs - 20) / 100 + 0.5)), "overfitting")
  expect_identical(found_in(with_history(exp(-epochs / 10), exp(-epochs / 10) + 0.1)), character())
})

test_that("noise of mini-batches, a short training and the end of L-BFGS are no symptoms", {
  noisy <- 0.5 + 0.03 * (-1)^(1:100)
  expect_identical(found_in(with_history(noisy)), "oscillating")
  fit <- with_history(noisy, batch_size = 2L)
  fit$history$loss[1] <- 2
  expect_identical(found_in(fit), character())
  expect_identical(found_in(with_history(c(1, 1, 1))), character())
  expect_identical(found_in(with_history(rep(0.7, 100), optimizer = opt_lbfgs())), character())
  expect_identical(
    found_in(with_history(exp(-(1:100) / 10), abs(1:100 - 20) / 100 + 0.5, stop_iter = 10L)), character()
  )
})

test_that("curves that are too short are not called in order", {
  short <- nn_diagnose(with_history(c(1, 0.9, 0.8), c(1, 0.9, 0.8)))
  expect_identical(short$skipped[short$why == "epochs"], c("oscillating", "crawling", "unfinished", "overfitting"))
  expect_identical(short$passed, c("diverged", "copies"))
  long <- nn_diagnose(with_history(exp(-(1:30)), exp(-(1:30))))
  expect_identical(long$passed, c("diverged", "oscillating", "crawling", "unfinished", "overfitting", "copies"))
})

test_that("at the end of training only what is clearly wrong is said, once", {
  expect_silent(warn_symptoms(with_history(1 - (1:100) * 1e-4)))
  expect_silent(warn_symptoms(with_history(2 - (1:100) / 100)))
  expect_silent(warn_symptoms(with_history(rep(0.7, 100)), started = TRUE))
  expect_snapshot({
    warn_symptoms(with_history(rep(0.7, 100)))
    warn_symptoms(with_history(0.5 + 0.1 * (-1)^(1:100)))
    warn_symptoms(with_history(exp(-(1:100) / 10), abs(1:100 - 20) / 100 + 0.5))
  })
  said <- tryCatch(warn_symptoms(with_history(rep(0.7, 100))), warning = identity)
  expect_s3_class(said, c("backprop_warning_symptom", "backprop_warning"))
  expect_identical(said$check, "crawling")
})
