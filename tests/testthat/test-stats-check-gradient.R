# Backpropagation against central differences.

test_that("backpropagation passes for every activation", {
  data <- smooth_data(n = 15)
  for (activation in names(activations)) {
    check <- nn_check_gradient(data$X, data$Y, hidden = c(4, 3), activation = activation, seed = 1)
    expect_true(check$pass, label = activation)
    expect_lt(check$worst, 1e-6, label = activation)
  }
})

test_that("backpropagation passes for every loss and output", {
  X <- as.matrix(iris[c(1, 60, 120, 2, 70), 2:3])
  for (loss in names(losses)) {
    for (output in losses[[loss]]$outputs) {
      check <- nn_check_gradient(X, outcome_for(losses[[loss]]$needs, 5), hidden = 3, activation = "tanh", loss = loss, output = output, seed = 1)
      expect_true(check$pass, label = paste(loss, output))
      expect_lt(check$worst, 1e-6, label = paste(loss, output))
    }
  }
})

test_that("there is a row for every weight and bias, and the gradient is that of training", {
  start <- nn_init(c(4, 3, 1), seed = 1)
  check <- nn_check_gradient(article_X, article_Y, start = start)
  expect_identical(nrow(check$table), 19L)
  expect_identical(unique(check$table$key), c("wh", "bh", "wout", "bout"))
  fit <- nn_train(article_X, article_Y, start = start, epochs = 1, lr = 1)
  step <- start$weights[[1]] - fit$weights[[1]]
  expect_lt(largest_difference(check$table$backpropagation[1:12], step), 1e-12)
})

test_that("fits, formulas and traces are checked at their own weights and data", {
  fit <- nn_train(Species ~ ., data = iris, hidden = 3, epochs = 5, seed = 1, preset = "textbook")
  by_fit <- nn_check_gradient(fit, iris)
  expect_true(by_fit$pass)
  expect_true(nn_check_gradient(Species ~ ., data = iris, hidden = 3, seed = 1)$pass)
  kept <- nn_train(iris[1:4], iris$Species, hidden = 3, epochs = 5, seed = 1, keep = "data", preset = "textbook")
  expect_equal(nn_check_gradient(kept)$loss, by_fit$loss)
  expect_equal(nn_check_gradient(fit = kept, X = iris[1:4], Y = iris$Species)$loss, by_fit$loss)
  trace <- nn_trace(fit, iris, optimizer = "adam", batch_size = 10, lr = 0.1)
  by_trace <- nn_check_gradient(trace)
  expect_true(by_trace$pass)
  expect_equal(by_trace$loss, trace$iterations$loss)
  expect_error(nn_check_gradient(fit), class = "backprop_error_no_data")
})

test_that("on a kink any slope between both sides passes", {
  # Zero inputs and biases put every unit on relu's kink.
  start <- list(weights = list(diag(2), matrix(c(1, -1))), biases = list(c(0, 0), 0.5))
  check <- nn_check_gradient(matrix(0, 2, 2), c(1, 0), start = start, activation = "relu", output = "linear", loss = "sse")
  expect_true(check$pass)
  exact <- nn_check_gradient(matrix(0, 1, 1), 0.5, start = list(weights = list(matrix(1)), biases = list(0.5)), loss = "mae", output = "linear")
  expect_true(exact$pass)
})

test_that("a wrong gradient fails, and the print says where", {
  start <- nn_init(c(2, 2, 1), seed = 1)
  x <- article_X[, 1:2]
  engine <- recorded_training(x, article_Y, start = start)$engine
  exact <- engine_gradient(engine, start$weights, start$biases, x, article_Y, NULL, NULL)
  loss_at <- function(weights, biases, ancillary) engine_evaluate(engine, weights, biases, x, article_Y, NULL, NULL)$loss
  right <- compare_gradients(exact, loss_at, start$weights, start$biases, numeric(), 1e-5)
  expect_true(right$pass)
  passed <- capture.output(print(right))
  expect_match(passed[1], "PASS")
  expect_match(passed[2], "9 derivatives")
  exact$weights[[1]][2, 1] <- 2 * exact$weights[[1]][2, 1]
  exact$biases[[2]] <- -exact$biases[[2]]
  wrong <- compare_gradients(exact, loss_at, start$weights, start$biases, numeric(), 1e-5)
  expect_false(wrong$pass)
  expect_identical(which(wrong$table$relative_error > 1e-5), c(2L, 9L))
  shown <- capture.output(print(wrong))
  expect_match(shown[1], "FAIL")
  expect_match(shown, "^ +wh +2 +1 ", all = FALSE)
  expect_match(capture.output(print(wrong, n = 1)), "and 1 more", all = FALSE)
})

test_that("the penalty belongs to the objective that is checked", {
  recorded <- recorded_training(article_X, article_Y, hidden = 3, seed = 1)
  recorded$engine$penalty <- 0.2
  recorded$engine$mixture <- 0.4
  check <- check_gradient(problem_of_recording(recorded), 1e-5, quote(nn_check_gradient()))
  expect_true(check$pass)
})

test_that("tolerances that make no sense are refused", {
  expect_error(nn_check_gradient(article_X, article_Y, tolerance = 0), class = "backprop_error_argument")
  expect_error(nn_check_gradient(), class = "backprop_error_missing_argument")
})

test_that("a formula may be named, and weights a column of its data", {
  data <- data.frame(y = c(1, 2, 4), x = c(0, 1, 3), w = 1:3)
  first <- nn_check_gradient(y ~ x, data = data, case_weights = w, seed = 1)
  expect_identical(nn_check_gradient(formula = y ~ x, data = data, case_weights = w, seed = 1), first)
  expect_true(first$pass)
})

test_that("how many derivatives to print is checked", {
  check <- nn_check_gradient(article_X, article_Y, seed = 1)
  for (n in list(NA, -1, 1.5, "2", c(1, 2), quote(x))) {
    expect_error(print(check, n = n), class = "backprop_error_argument")
  }
})
