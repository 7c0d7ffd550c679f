test_that("functions that do what is built in train and predict the same, in both precisions and under all optimizers", {
  data <- smooth_data(40)
  for (optimizer in c("gd", "adam", "lbfgs", "rprop")) {
    for (precision in c("double", "single")) {
      train <- function(...) {
        nn_train(data$X, data$Y, hidden = c(4, 3), output = "linear", ..., optimizer = optimizer, precision = precision, epochs = 20, validation = 0.2, seed = 1)
      }
      plain <- train(activation = c("tanh", "softplus"), loss = "mse")
      own <- train(activation = list(custom_tanh(), "softplus"), loss = custom_mse())
      tolerance <- if (precision == "double") 1e-12 else 1e-4
      expect_lt(max(abs(numbers_of(own) - numbers_of(plain))), if (optimizer == "lbfgs") 1e3 * tolerance else tolerance, label = paste(optimizer, precision))
      expect_equal(own$history, plain$history, tolerance = 10 * tolerance)
      expect_equal(nn_predict(own, data$X), nn_predict(plain, data$X), tolerance = 1e3 * tolerance)
    }
  }
})

test_that("they do so with case weights, dropout, a penalty, an offset, clipping and mini-batches", {
  data <- smooth_data(50)
  train <- function(...) {
    nn_train(data$X, data$Y,
      hidden = 6, output = "linear", ..., case_weights = rep(1:2, 25), dropout = 0.2, penalty = 0.01, mixture = 0.3, offset = data$X[, 1], clip_norm = 1,
      batch_size = 7, optimizer = "adam", lr = 0.01, epochs = 10, standardize = TRUE, seed = 1
    )
  }
  plain <- train(activation = "tanh", loss = "mse")
  own <- train(activation = custom_tanh(), loss = custom_mse())
  expect_equal(numbers_of(own), numbers_of(plain), tolerance = 1e-12)
})

test_that("a loss goes with every output, whose slope is the engine's part", {
  data <- smooth_data(30)
  for (output in c("linear", "sigmoid", "exp")) {
    train <- function(loss) nn_train(data$X, abs(data$Y), loss = loss, output = output, activation = "tanh", epochs = 10, seed = 1)
    expect_equal(numbers_of(train(custom_mse(output))), numbers_of(train("mse")), tolerance = 1e-12, label = output)
  }
  train <- function(loss) nn_train(as.matrix(iris[1:4]), iris$Species, loss = loss, optimizer = "adam", epochs = 5, seed = 1)
  expect_equal(numbers_of(train(custom_cross_entropy())), numbers_of(train("cross_entropy")), tolerance = 1e-10)
  expect_identical(nn_predict(train(custom_cross_entropy()), as.matrix(iris[1:4]), type = "class"), nn_predict(train("cross_entropy"), as.matrix(iris[1:4]), type = "class"))
})

test_that("all three interfaces take them, and the preset for tables trains its networks one after the other", {
  cars <- mtcars[c("mpg", "wt", "hp")]
  by <- function(...) nn_train(..., hidden = 3, epochs = 5, standardize = TRUE, preset = "textbook", seed = 1, activation = custom_tanh(), loss = custom_mse())
  fits <- list(by(as.matrix(cars[-1]), cars$mpg), by(cars[-1], cars$mpg), by(mpg ~ wt + hp, data = cars))
  expect_identical(numbers_of(fits[[2]]), numbers_of(fits[[1]]))
  expect_identical(numbers_of(fits[[3]]), numbers_of(fits[[1]]))
  expect_equal(predict(fits[[3]], cars), predict(fits[[2]], cars))
  own <- nn_train(mpg ~ ., mtcars[rep(1:32, 2), ], activation = custom_tanh(), loss = custom_mse(), ensemble = 2, epochs = 5, precision = "double", threads = 2, seed = 1)
  plain <- nn_train(mpg ~ ., mtcars[rep(1:32, 2), ], activation = "tanh", loss = "mse", ensemble = 2, epochs = 5, precision = "double", threads = 2, seed = 1)
  expect_s3_class(own, "nn_ensemble")
  expect_equal(predict(own, mtcars), predict(plain, mtcars), tolerance = 1e-8)
  expect_equal(own$out_of_fold$loss, plain$out_of_fold$loss, tolerance = 1e-8)
})

test_that("any number of threads gives the same bits", {
  data <- smooth_data(600)
  train <- function(threads) {
    nn_train(data$X, data$Y, hidden = c(40, 20), activation = custom_tanh(), loss = custom_mse(), batch_size = 300, optimizer = "adam", epochs = 3, threads = threads, seed = 1)
  }
  one <- train(1)
  expect_identical(numbers_of(train(4)), numbers_of(one))
  expect_identical(nn_predict(one, data$X, threads = 4), nn_predict(one, data$X, threads = 1))
})

test_that("a row's prediction does not depend on its neighbours", {
  data <- smooth_data(300)
  fit <- nn_train(data$X, data$Y, hidden = 5, activation = custom_tanh(), epochs = 2, seed = 1)
  some <- c(7, 300, 1)
  expect_identical(nn_predict(fit, data$X[some, ]), nn_predict(fit, data$X)[some, , drop = FALSE])
  expect_identical(nn_predict(fit, data$X[5, ]), nn_predict(fit, data$X)[5, , drop = FALSE])
  expect_identical(dim(nn_predict(fit, data$X[0, , drop = FALSE])), c(0L, 1L))
})

test_that("the functions see the numbers of real units only, many rows at a time", {
  seen <- new.env()
  remembering <- function(z) z
  data <- smooth_data(100)
  # What is around a function does not travel, so that it cannot tell: the attribute of an option can.
  withr::local_options(backprop.test_seen = list())
  watch <- function(z) {
    options(backprop.test_seen = c(getOption("backprop.test_seen"), list(z)))
    tanh(z)
  }
  fit <- nn_train(data$X, data$Y, hidden = 3, activation = activation_custom(watch, function(z) 1 - tanh(z)^2), epochs = 0, seed = 1)
  options(backprop.test_seen = list())
  nn_predict(fit, data$X)
  seen <- getOption("backprop.test_seen")
  expect_lte(length(seen), 2L)
  z <- data$X %*% fit$weights[[1]] + rep(fit$biases[[1]], each = 100)
  expect_equal(unlist(seen), as.vector(t(z)))
})

test_that("backpropagation through them passes the check of the gradient", {
  data <- smooth_data(15)
  for (output in c("linear", "sigmoid", "exp")) {
    check <- nn_check_gradient(data$X, abs(data$Y), hidden = c(3, 2), activation = list("tanh", custom_tanh()), loss = custom_mse(output), seed = 1)
    expect_true(check$pass, label = output)
  }
  check <- nn_check_gradient(as.matrix(iris[c(1:5, 60:65, 120:125), 1:4]), iris$Species[c(1:5, 60:65, 120:125)], loss = custom_cross_entropy(), seed = 1)
  expect_true(check$pass)
  fit <- nn_train(data$X, data$Y, hidden = 3, activation = custom_tanh(), loss = custom_mse(), epochs = 5, seed = 1)
  plain <- nn_train(data$X, data$Y, hidden = 3, activation = "tanh", loss = "mse", output = "linear", epochs = 5, seed = 1)
  expect_true(nn_check_gradient(fit, data$X, data$Y)$pass)
  expect_equal(nn_gradient(fit, data$X, data$Y), nn_gradient(plain, data$X, data$Y), tolerance = 1e-10)
})

test_that("a trace has their numbers, its derivatives are differences, and it can be written", {
  data <- smooth_data(8)
  trace <- function(...) nn_trace(data$X, data$Y, hidden = c(3, 2), ..., iterations = 2, seed = 1)
  own <- trace(activation = list(custom_tanh(), "sigmoid"), loss = custom_mse())
  plain <- trace(activation = c("tanh", "sigmoid"), loss = "mse", output = "linear")
  numbers <- function(trace) lapply(trace$steps, function(step) unname(step$result))
  expect_equal(numbers(own), numbers(plain), tolerance = 1e-12)
  expect_equal(own$loss, plain$loss, tolerance = 1e-12)
  expect_true(nn_check_gradient(own)$pass)
  expect_snapshot(print(summary(own)))
  expect_output(print(own), "gradient() is the function", fixed = TRUE)
  path <- withr::local_tempfile(fileext = ".csv")
  nn_write_trace(own, path)
  expect_true(file.exists(path))
})

test_that("a trace of softmax has the derivatives by probabilities, and their sum by weighted inputs", {
  rows <- c(1:3, 60:62, 120:122)
  trace <- nn_trace(as.matrix(iris[rows, 1:4]), iris$Species[rows], loss = custom_cross_entropy(), iterations = 1, seed = 1)
  of <- function(key) Filter(function(step) step$key == key, trace$steps)[[1]]$result
  expect_equal(unname(of("E")), unname(of("Y") / of("output") / length(rows)), tolerance = 1e-12)
  expect_equal(unname(of("d_output")), unname((of("Y") - of("output")) / length(rows)), tolerance = 1e-12)
})

test_that("print(), summary() and pictures say custom", {
  data <- smooth_data(20)
  other <- activation_custom(function(z) z / sqrt(1 + z^2), function(z) (1 + z^2)^-1.5)
  fit <- nn_train(data$X, data$Y, hidden = c(3, 2, 2), activation = list(custom_tanh(), other, "tanh"), loss = custom_mse(), epochs = 2, seed = 1, keep = "data", threads = 1)
  expect_snapshot({
    print(fit)
    print(summary(fit)$layers)
    print(custom_tanh())
    print(custom_mse())
  })
  withr::local_pdf(NULL)
  expect_no_error(plot(fit, type = "activations"))
  expect_no_error(plot(fit))
  hidden <- unit_activations(fit, data$X, NULL)
  expect_equal(hidden[[1]], tanh(data$X %*% fit$weights[[1]] + rep(fit$biases[[1]], each = 20)), ignore_attr = TRUE)
  expect_s3_class(nn_diagnose(fit), "nn_diagnosis")
})
