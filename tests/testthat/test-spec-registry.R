test_that("every activation, output, loss, optimizer and initialisation of the registry trains", {
  data <- smooth_data(20)
  finite <- function(...) {
    fit <- nn_train(data$X, ..., epochs = 3, seed = 1)
    all(is.finite(unlist(fit[c("weights", "biases")])), is.finite(fit$history$loss))
  }
  for (name in names(activations)) expect_true(finite(data$Y, activation = name), label = name)
  for (name in names(optimizers)) expect_true(finite(data$Y, optimizer = name), label = name)
  for (name in names(inits)) expect_true(finite(data$Y, init = name), label = name)
  for (loss in names(losses)) {
    for (output in losses[[loss]]$outputs) {
      expect_true(finite(outcome_for(losses[[loss]]$needs, 20), output = output, loss = loss), label = paste(output, loss))
    }
  }
})

test_that("each output's own loss works with it", {
  for (output in names(outputs)) {
    expect_true(output %in% losses[[outputs[[output]]]]$outputs)
  }
})

test_that("every argument of the methods is known, and the other way round", {
  for (method in list(nn_train.default, nn_train.data.frame, nn_train.formula)) {
    formal <- setdiff(names(formals(method)), c("X", "Y", "formula", "data", "subset", "..."))
    expect_setequal(formal, training_arguments)
  }
})

test_that("the generated tables are what the engine states", {
  stated <- engine_registry()
  for (name in names(stated)) expect_equal(get(name), stated[[name]], tolerance = 1e-15, label = name)
})

test_that("functions that make optimizers and schedules have the defaults that the engine states", {
  # What is settled when the training is known is NULL there and NA here.
  stated <- function(hyperparameters) lapply(hyperparameters, function(default) if (!is.na(default)) default)
  for (name in names(optimizers)) expect_equal(as.list(formals(paste0("opt_", name))), stated(optimizer_defaults[[name]]), label = name)
  for (name in names(schedules)) expect_equal(as.list(formals(paste0("schedule_", name))), stated(schedule_defaults[[name]]), label = name)
})

test_that("each kind of range has its words, and holds what they say", {
  range <- function(range, default = 0, ...) list(default = default, range = range, ...)
  number <- function(from, above, to, below, default = 0) range("number", default, from = from, above = above, to = to, below = below)
  said <- list(
    list(number(0, TRUE, Inf, TRUE), "a positive, finite number", right = 1e-9, wrong = c(0, Inf)),
    list(number(0, FALSE, Inf, TRUE), "a number of at least 0", right = 0, wrong = c(-1, Inf)),
    list(number(0, FALSE, 1, TRUE), "a number of at least 0 and below 1", right = 0, wrong = 1),
    list(number(0, TRUE, 1, FALSE), "a number above 0 and at most 1", right = 1, wrong = 0),
    list(number(0, TRUE, 1, TRUE), "a number above 0 and below 1", right = 0.5, wrong = c(0, 1)),
    list(number(1, FALSE, Inf, TRUE, NA_real_), "a number of at least 1, or `NA`", right = c(1, NA), wrong = c(0.5, NaN)),
    list(range("count"), "a whole number, 1 or more", right = c(1, 7), wrong = c(0, 1.5, NA)),
    list(range("count", NA_real_), "a whole number, 1 or more, or `NA`", right = c(2, NA), wrong = 0),
    list(range("flag", TRUE), "`TRUE` or `FALSE`", right = c(TRUE, FALSE), wrong = c(NA, 1))
  )
  for (one in said) {
    expect_identical(words_of_range(one[[1L]]), one[[2L]])
    for (value in as.list(one$right)) expect_true(is_in_range(value, one[[1L]]), label = paste(one[[2L]], value))
    for (value in as.list(one$wrong)) expect_false(is_in_range(value, one[[1L]]), label = paste(one[[2L]], value))
  }
})
