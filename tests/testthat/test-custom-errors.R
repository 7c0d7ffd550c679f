bad_activation <- function(value = function(z) tanh(z), derivative = function(z) 1 - tanh(z)^2, ...) {
  data <- smooth_data(20)
  nn_train(data$X, data$Y, hidden = 3, activation = list(value = value, derivative = derivative), ..., epochs = 40, seed = 1)
}

bad_loss <- function(value = function(y_hat, y) rowMeans((y_hat - y)^2), gradient = function(y_hat, y) 2 * (y_hat - y) / ncol(y), ...) {
  data <- smooth_data(20)
  nn_train(data$X, data$Y, hidden = 3, loss = loss_custom(value, gradient, ...), epochs = 5, seed = 1)
}

# Answers `late` from the 25th question on: the count is in the function's own environment, which travels with it.
late <- function(late) {
  asked <- 0
  function(z) {
    asked <<- asked + 1
    if (asked > 25) late(z) else tanh(z)
  }
}

test_that("wrong answers are refused before training, in words", {
  expect_snapshot(error = TRUE, {
    bad_activation(function(z) 1)
    bad_activation(function(z) tanh(z) > 0)
    bad_activation(function(z) "a")
    bad_activation(function(z) log(abs(z) - 1e6 * (z < 0 & z > -0.5)) * NA)
    bad_activation(function(z) stop("no {z} and 100 %s"))
    bad_activation(derivative = function(z) z)
    bad_activation(function(z) z / max(z))
    bad_activation(function(z) tanh(z) * stats::runif(1))
    bad_loss(function(y_hat, y) mean((y_hat - y)^2))
    bad_loss(gradient = function(y_hat, y) 1)
    bad_loss(gradient = function(y_hat, y) 3 * (y_hat - y))
    bad_loss(function(y_hat, y) rowSums((y_hat - mean(y_hat) - y)^2))
    bad_loss(function(y_hat, y) rowSums((y_hat - y) / 0))
    bad_loss(function(y_hat, y) not_there(y))
  })
  expect_error(bad_activation(function(z) 1), class = "backprop_error_custom")
  expect_error(bad_loss(gradient = function(y_hat, y) 1), class = "backprop_error_custom")
})

test_that("a few points may differ from central differences, as at kinks", {
  relu <- activation_custom(function(z) pmax(0, z), function(z) as.numeric(z > 0))
  expect_s3_class(bad_activation(relu$value, relu$derivative), "nn_fit")
  # Wrong beside one of the points only.
  stepped <- function(z) ifelse(z > 1 & z < 1.1, 2, 1 - tanh(z)^2)
  expect_s3_class(bad_activation(derivative = stepped), "nn_fit")
})

test_that("what is no such function is refused", {
  data <- smooth_data(20)
  expect_snapshot(error = TRUE, {
    nn_train(data$X, data$Y, activation = function(z) z)
    nn_train(data$X, data$Y, activation = list(value = tanh))
    nn_train(data$X, data$Y, hidden = c(2, 2), activation = list("tanh", 3))
    nn_train(data$X, data$Y, hidden = c(2, 2), activation = list("custom", custom_tanh()))
    nn_train(data$X, data$Y, hidden = c(2, 2, 2), activation = list("tanh", custom_tanh()))
    nn_train(data$X, data$Y, activation = "custom")
    nn_train(data$X, data$Y, activation = list())
    nn_train(data$X, data$Y, loss = "custom")
    nn_train(data$X, data$Y, loss = structure(list(name = "custom", value = 1), class = "nn_loss"))
    nn_train(data$X, data$Y, loss = custom_mse(), output = "sigmoid")
    nn_train(data$X, data$Y, loss = custom_mse(), family = "gaussian")
    nn_train(data$X, factor(data$Y > 0), loss = custom_mse())
    activation_custom(tanh)
    activation_custom(tanh, 1)
    loss_custom(1, tanh)
    loss_custom(tanh, tanh, "cubic")
  })
})

test_that("errors and wrong answers in the course of training are conditions, and no model comes of them", {
  for (optimizer in c("gd", "adam", "lbfgs")) {
    expect_error(bad_activation(late(function(z) stop("late")), optimizer = optimizer), "late", class = "backprop_error_custom")
    expect_error(bad_activation(late(function(z) z[-1]), optimizer = optimizer), "as many numbers", class = "backprop_error_custom")
    expect_error(bad_activation(late(function(z) z * NA), optimizer = optimizer), "finite", class = "backprop_error_custom")
  }
  expect_snapshot(error = TRUE, bad_activation(late(function(z) replace(z, 2, Inf))))
  # The next one works.
  expect_s3_class(bad_activation(), "nn_fit")
})

test_that("the same in predictions and derivatives", {
  data <- smooth_data(20)
  fit <- bad_activation(function(z) ifelse(z > 30, NaN, tanh(z)))
  expect_error(nn_predict(fit, 1e4 * rbind(data$X, -data$X)), class = "backprop_error_custom")
  expect_identical(conditionCall(tryCatch(nn_predict(fit, 1e4 * rbind(data$X, -data$X)), error = identity)), quote(nn_predict()))
  expect_true(all(is.finite(nn_predict(fit, data$X))))
  expect_error(nn_gradient(fit, 1e4 * rbind(data$X, -data$X), c(data$Y, data$Y)), class = "backprop_error_custom")
})

test_that("an interrupt in a function leaves the epochs that were finished", {
  interrupted <- tryCatch(bad_activation(late(function(z) rlang::interrupt())), interrupt = function(cnd) "interrupted")
  expect_identical(interrupted, "interrupted")
  fit <- nn_last()
  expect_identical(fit$status, "interrupted")
  expect_gt(fit$epochs_done, 5)
  expect_lt(fit$epochs_done, 40)
  # A jump that nothing catches is one, too.
  jumped <- tryCatch(bad_activation(late(function(z) invokeRestart("abort"))), interrupt = function(cnd) "interrupted")
  expect_identical(jumped, "interrupted")
})

test_that("a training that diverges is noticed as such", {
  data <- smooth_data(20)
  own <- custom_mse()
  expect_warning(
    fit <- nn_train(data$X, data$Y, hidden = 3, activation = activation_custom(identity, function(z) 1 + 0 * z), loss = own, lr = 1e100, epochs = 30, seed = 1),
    class = "backprop_warning_diverged"
  )
  expect_true(all(is.finite(numbers_of(fit))))
})

test_that("a function may train and predict itself", {
  data <- smooth_data(20)
  inner <- nn_train(data$X[, 1], data$Y, hidden = 2, activation = custom_tanh(), epochs = 3, seed = 1)
  by_network <- function(z) tanh(z) + 0 * sum(nn_predict(inner, 1))
  fit <- bad_activation(by_network)
  expect_equal(numbers_of(fit), numbers_of(bad_activation()))
})

test_that("there is no Hessian and what comes from it, and no likelihood", {
  data <- smooth_data(40)
  own <- nn_train(data$X, data$Y, hidden = 2, activation = custom_tanh(), loss = "mse", output = "linear", epochs = 5, seed = 1, keep = "data")
  loss <- nn_train(data$X, data$Y, hidden = 2, activation = "tanh", loss = custom_mse(), epochs = 5, seed = 1, keep = "data")
  expect_snapshot(error = TRUE, {
    nn_hessian(own)
    vcov(own)
    confint(own)
    predict(own, data$X, type = "conf_int")
    nn_hessian(loss)
    vcov(loss, sandwich = TRUE)
    logLik(loss)
    simulate(loss)
  })
  # A network of the same functions has its likelihood, if the loss is one.
  expect_s3_class(logLik(own), "logLik")
  expect_null(family_of(loss))
})
