test_that("names that other packages taught get an error that says what they are called here", {
  expect_snapshot(error = TRUE, {
    nn_train(mpg ~ wt, data = mtcars, size = 5, preset = "textbook")
    nn_train(mpg ~ wt, data = mtcars, weights = wt, preset = "textbook")
    nn_train(mtcars["wt"], mtcars$mpg, decay = 0.1, preset = "textbook")
    nn_train(article_X, article_Y, maxit = 10)
    nn_train(article_X, article_Y, linear.output = FALSE)
    nn_train(article_X, article_Y, momentum = 0.9)
  })
})

test_that("each is known in every method", {
  ours <- c(
    weights = "case_weights", size = "hidden", decay = "penalty", maxit = "epochs", learning_rate = "lr", learn_rate = "lr", eta = "lr",
    rep = "restarts", hidden_units = "hidden", patience = "stop_iter", early_stopping = "stop_iter", linear.output = "output",
    act.fct = "activation", stepmax = "epochs", threshold = "tol"
  )
  for (name in names(ours)) {
    wrong <- stats::setNames(list(1), name)
    for (arguments in list(list(article_X, article_Y), list(mtcars["wt"], mtcars$mpg), list(mpg ~ wt, data = mtcars))) {
      expect_error(do.call(nn_train, c(arguments, wrong)), ours[[name]], class = "backprop_error_unknown_argument", label = name)
    }
  }
})

test_that("no name is taught twice, or hides an argument of our own", {
  taught <- unlist(taught_arguments)
  expect_identical(anyDuplicated(taught), 0L)
  expect_length(intersect(taught, c(training_arguments, "X", "Y", "formula", "data", "subset")), 0L)
  expect_true(all(setdiff(names(taught_arguments), "momentum") %in% training_arguments))
  expect_true(all(names(taught_values) %in% taught))
})
