# Predictions after earlier epochs; none of this needs parsnip. Fits of fewer epochs are the reference.

earlier <- function(...) why_no_earlier_epochs(list(eng_args = lapply(list(...), rlang::new_quosure)))

test_that("a longer fit is, after fewer epochs, the shorter fit", {
  train <- function(epochs, ...) do.call(nn_train, c(list(Species ~ ., data = iris, hidden = 3, epochs = epochs, dropout = 0.2, clip_norm = 1), quick, list(...)))
  long <- train(20, keep_weights = 5)
  for (epochs in c(5, 10, 20)) {
    expect_identical(nn_predict(as_shorter_fit(long, epochs, quote(multi_predict())), iris), nn_predict(train(epochs), iris))
  }
  # With a schedule of a length of its own, too.
  scheduled <- function(epochs, ...) train(epochs, lr_schedule = schedule_cosine(period = 8), ...)
  expect_identical(nn_predict(as_shorter_fit(scheduled(20, keep_weights = 5), 10, NULL), iris), nn_predict(scheduled(10), iris))
})

test_that("after more epochs than it took to converge, a fit is what it was", {
  train <- function(epochs) nn_train(mpg ~ wt, data = mtcars, preset = "textbook", hidden = c(), optimizer = "lbfgs", epochs = epochs, keep_weights = 1, seed = 1)
  long <- train(500)
  expect_identical(long$status, "converged")
  expect_identical(as_shorter_fit(long, 400, NULL)$weights, train(400)$weights)
  short <- nn_train(mpg ~ wt, data = mtcars, preset = "textbook", epochs = 2, keep_weights = 1, seed = 1)
  expect_error(as_shorter_fit(short, 3, quote(multi_predict())), class = "backprop_error_epoch")
})

test_that("a row has its epochs together, of numbers and of classes", {
  numbers <- nest_by_row(c(1L, 5L), list(tibble::tibble(.pred = 1:3 / 2), tibble::tibble(.pred = 4:6 / 2)))
  expect_identical(numbers$.pred[[2L]], tibble::tibble(epochs = c(1L, 5L), .pred = c(1, 2.5)))
  level <- function(x) tibble::tibble(.pred_class = factor(x, c("b", "a")))
  classes <- nest_by_row(c(1L, 5L), list(level(c("a", "b")), level(c("b", NA))))
  expect_identical(classes$.pred[[2L]]$.pred_class, factor(c("b", NA), c("b", "a")))
  expect_identical(nest_by_row(3L, list(tibble::tibble(.pred = double())))$.pred, list())
})

test_that("fits whose earlier weights are not those of shorter fits are told apart by what was typed", {
  expect_null(earlier(preset = "textbook", keep_weights = 1))
  expect_null(earlier(validation = NULL, keep_weights = 1))
  expect_null(earlier(preset = "textbook", keep_weights = 1, stop_iter = 5, lr_schedule = "exponential", decay_schedule = schedule_step(every = 3)))
  expect_match(earlier(preset = "textbook"), "not kept")
  expect_match(earlier(keep_weights = 1), "best epoch")
  expect_match(earlier(preset = "textbook", keep_weights = 1, validation = 0.2), "best epoch")
  for (schedule in list("cosine", "step", "one_cycle", schedule_cosine(), schedule_one_cycle())) {
    expect_match(earlier(preset = "textbook", keep_weights = 1, lr_schedule = schedule), "as long as the training")
  }
  expect_match(earlier(preset = "textbook", keep_weights = 1, dropout_schedule = "cosine"), "dropout_schedule")
  for (name in c("restarts", "time_limit", "start")) {
    expect_match(do.call(earlier, c(list(preset = "textbook", keep_weights = 1), structure(list(2), names = name))), name)
  }
})

test_that("what multi_predict() cannot answer is an error that says why, of one network and of ensembles", {
  one <- nn_train(mpg ~ wt, data = mtcars, preset = "textbook", epochs = 20, keep_weights = 10, seed = 1)
  several <- nn_train(mpg ~ wt, data = mtcars, preset = "textbook", epochs = 2, ensemble = 2, seed = 1)
  model <- fit_as_of_parsnip(one, "regression", preset = "textbook", keep_weights = 10)
  expect_snapshot(error = TRUE, {
    multi_predict._nn_ensemble(fit_as_of_parsnip(several, "regression", preset = "textbook", ensemble = 2), mtcars, epochs = 1)
    multi_predict._nn_fit(model, mtcars, epochs = 1.5)
    multi_predict._nn_fit(model, mtcars, epochs = integer())
    multi_predict._nn_fit(model, mtcars, epochs = 7)
    multi_predict._nn_fit(model, mtcars, type = "class")
    multi_predict._nn_fit(model, mtcars, penalty = 1)
  })
})

test_that("one fit serves a grid whose epochs it keeps, if nothing else of it is tuned", {
  tune <- identity
  served <- function(epochs, ...) is_served_by_one_fit(list(eng_args = rlang::enquos(...)), epochs)
  expect_true(served(c(10, 20), preset = "textbook", keep_weights = 10))
  expect_false(served(c(10, 25), preset = "textbook", keep_weights = 10))
  expect_false(served(c(10, 20), keep_weights = 10))
  expect_false(served(c(10, 20), preset = "textbook"))
  expect_false(served(c(10, 20), preset = "textbook", keep_weights = 10, batch_size = tune(8)))
})
