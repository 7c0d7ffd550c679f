test_that("a callback sees every epoch", {
  seen <- list()
  fit <- nn_train(Species ~ ., iris,
    validation = 0.2, epochs = 4, lr_schedule = schedule_exponential(0.5), seed = 1,
    callback = function(state) {
      seen[[length(seen) + 1L]] <<- state
      NULL
    }, preset = "textbook"
  )
  expect_length(seen, 4L)
  for (name in names(fit$history)) {
    expect_identical(vapply(seen, function(state) as.double(state[[name]]), 0), as.double(fit$history[[name]]))
  }
  expect_identical(seen[[1]]$epochs, 4L)
  quiet <- nn_train(Species ~ ., iris, validation = 0.2, epochs = 4, lr_schedule = schedule_exponential(0.5), seed = 1, preset = "textbook")
  expect_same_bits(fit, quiet)
})

test_that("a callback that returns FALSE ends the training", {
  fit <- nn_train(article_X, article_Y, epochs = 100, seed = 1, callback = function(state) state$epoch < 7)
  expect_identical(fit$status, "stopped")
  expect_same_bits(fit, nn_train(article_X, article_Y, epochs = 7, seed = 1))
  more <- nn_train(article_X, article_Y, start = fit, epochs = 93)
  expect_identical(more$weights, nn_train(article_X, article_Y, epochs = 100, seed = 1)$weights)
})

test_that("an error in a callback reaches the user unchanged, and the model so far is kept", {
  mine <- structure(class = c("my_error", "error", "condition"), list(message = "50% {done} %s", call = quote(f(x)), data = 1:3))
  caught <- tryCatch(
    nn_train(article_X, article_Y, epochs = 100, seed = 1, callback = function(state) if (state$epoch == 5) stop(mine)),
    error = identity
  )
  expect_identical(caught, mine)
  expect_same_bits(nn_last(), nn_train(article_X, article_Y, epochs = 5, seed = 1))
  expect_identical(nn_train(article_X, article_Y, epochs = 3)$status, "completed")
})

test_that("an interrupt in a callback is one outside, and the model so far is kept", {
  interrupts <- function(state) if (state$epoch == 5) rlang::interrupt()
  expect_true(is_interrupted(nn_train(article_X, article_Y, epochs = 100, seed = 1, callback = interrupts)))
  expect_identical(nn_last()$status, "interrupted")
  expect_same_bits(nn_last(), nn_train(article_X, article_Y, epochs = 5, seed = 1))
  # Another kind of answer is none, as where an interrupt comes before anything in R could catch it.
  expect_null(guarded_hook(function() rlang::interrupt())$fun())
})

test_that("a callback's warnings come after the training, and handlers outside do not break it", {
  warns <- function(state) if (state$epoch < 3) warning("epoch ", state$epoch)
  said <- character()
  fit <- withCallingHandlers(
    nn_train(article_X, article_Y, epochs = 10, seed = 1, callback = warns),
    warning = function(cnd) {
      said <<- c(said, conditionMessage(cnd))
      invokeRestart("muffleWarning")
    }
  )
  expect_identical(said, c("epoch 1", "epoch 2"))
  expect_identical(fit$status, "completed")
  caught <- tryCatch(nn_train(article_X, article_Y, epochs = 10, callback = warns), warning = conditionMessage)
  expect_identical(caught, "epoch 1")
  signals <- function(state) rlang::signal("now", "my_signal")
  expect_identical(
    tryCatch(nn_train(article_X, article_Y, epochs = 3, callback = signals)$status, my_signal = function(cnd) "jumped"),
    "completed"
  )
})

test_that("a callback may train another network", {
  inner <- NULL
  fit <- nn_train(article_X, article_Y, epochs = 3, seed = 1, callback = function(state) {
    inner <<- nn_train(article_X, article_Y, epochs = state$epoch, seed = 2)
  })
  expect_same_bits(fit, nn_train(article_X, article_Y, epochs = 3, seed = 1))
  expect_same_bits(inner, nn_train(article_X, article_Y, epochs = 3, seed = 2))
})

test_that("a callback is told which of several starts it sees", {
  seen <- integer()
  nn_train(article_X, article_Y, epochs = 2, restarts = 3, seed = 1, callback = function(state) {
    seen <<- c(seen, state$restart)
    NULL
  })
  expect_identical(seen, c(1L, 1L, 2L, 2L, 3L, 3L))
})

test_that("a callback must be a function", {
  expect_snapshot(error = TRUE, {
    nn_train(article_X, article_Y, callback = "print")
    nn_train(article_X, article_Y, callback = function() TRUE)
  })
})
