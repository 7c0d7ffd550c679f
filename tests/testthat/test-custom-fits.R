test_that("a fit goes on with its functions, to the same numbers", {
  data <- smooth_data(30)
  train <- function(...) nn_train(data$X, data$Y, ..., seed = 1)
  first <- train(hidden = c(3, 2), activation = list("tanh", custom_tanh()), loss = custom_mse(), optimizer = "adam", epochs = 4)
  whole <- train(hidden = c(3, 2), activation = list("tanh", custom_tanh()), loss = custom_mse(), optimizer = "adam", epochs = 10)
  on <- nn_train(data$X, data$Y, start = first, epochs = 6)
  expect_identical(numbers_of(on), numbers_of(whole))
  expect_identical(on$settings$activation, c("tanh", "custom"))
  expect_identical(on$settings$loss, "custom")
  # What is typed anew replaces it.
  other <- nn_train(data$X, data$Y, start = first, activation = "tanh", loss = "mse", epochs = 1)
  expect_null(other$settings$custom)
  expect_identical(names(nn_train(data$X, data$Y, start = first, loss = "mse", epochs = 1)$settings$custom), "activation")
  expect_identical(names(nn_train(data$X, data$Y, start = other, loss = custom_mse(), epochs = 1)$settings$custom), "loss")
})

test_that("one function in several layers is one, and several have a name each", {
  data <- smooth_data(20)
  bent <- activation_custom(function(z) z / sqrt(1 + z^2), function(z) (1 + z^2)^-1.5)
  train <- function(activation) nn_train(data$X, data$Y, hidden = c(2, 2, 2), activation = activation, epochs = 1, seed = 1)$settings
  tanh_of <- custom_tanh()
  expect_identical(train(tanh_of)$activation, rep("custom", 3))
  expect_identical(train(list(tanh_of, "tanh", tanh_of))$activation, c("custom", "tanh", "custom"))
  several <- train(list(tanh_of, bent, tanh_of))
  expect_identical(several$activation, c("custom", "custom2", "custom"))
  expect_named(several$custom$activation, c("custom", "custom2"))
  none <- nn_train(data$X, data$Y, hidden = c(), activation = custom_tanh(), epochs = 1, seed = 1)
  expect_null(none$settings$custom)
})

test_that("a saved fit predicts the same in a new session, with what its functions read", {
  skip_on_cran()
  data <- smooth_data(20)
  steepness <- 1.5
  curve <- function(z) tanh(steepness * z)
  own <- activation_custom(function(z) curve(z), function(z) steepness * (1 - curve(z)^2))
  logistic <- activation_custom(function(z) plogis(z), stats::dlogis)
  fit <- nn_train(data$X, data$Y, hidden = c(3, 2), activation = list(own, logistic), loss = custom_mse(), epochs = 5, seed = 1)
  path <- withr::local_tempfile(fileext = ".rds")
  saveRDS(list(fit, data, nn_predict(fit, data$X)), path)
  expect_lt(file.size(path), 20000)
  done <- run_process(c(
    sprintf("all <- readRDS(%s)", deparse(path)),
    "stopifnot(identical(nn_predict(all[[1]], all[[2]]$X), all[[3]]))",
    "on <- nn_train(all[[2]]$X, all[[2]]$Y, start = all[[1]], epochs = 1)",
    "cat('the same\\n')"
  ))
  expect_match(paste(done$output, collapse = "\n"), "the same")
  # Nothing of where they were written is left around them.
  around <- environment(fit$settings$custom$activation$custom$value)
  expect_setequal(ls(around), "curve")
  expect_setequal(ls(environment(around$curve)), "steepness")
  expect_identical(parent.env(around), baseenv())
})

test_that("data do not travel", {
  data <- smooth_data(20)
  large <- as.numeric(1:2e5)
  own <- activation_custom(function(z) tanh(z) + 0 * large[1], function(z) 1 - tanh(z)^2)
  expect_snapshot(error = TRUE, nn_train(data$X, data$Y, activation = own))
})

test_that("a fit whose functions were edited is none", {
  data <- smooth_data(20)
  fit <- nn_train(data$X, data$Y, hidden = 2, activation = custom_tanh(), loss = custom_mse(), epochs = 1, seed = 1)
  plain <- nn_train(data$X, data$Y, hidden = 2, epochs = 1, seed = 1)
  edited <- list(
    NULL, "x", list(), list(activation = 1, loss = 2), fit$settings$custom["loss"], fit$settings$custom["activation"],
    replace(fit$settings$custom, "loss", list(list(value = 1, gradient = tanh)))
  )
  for (custom in edited) {
    fit$settings["custom"] <- list(custom)
    expect_error(nn_predict(fit, data$X), class = "backprop_error_edited_fit")
  }
  plain$settings$custom <- list(loss = list(value = tanh, gradient = tanh))
  expect_error(nn_predict(plain, data$X), class = "backprop_error_edited_fit")
})

test_that("a checkpoint and a callback go with them", {
  data <- smooth_data(20)
  path <- withr::local_tempfile(fileext = ".rds")
  heard <- 0
  fit <- nn_train(data$X, data$Y,
    hidden = 2, activation = custom_tanh(), loss = custom_mse(), epochs = 4, seed = 1, checkpoint = list(path = path, every = 2),
    callback = function(...) {
      heard <<- heard + 1
      TRUE
    }
  )
  expect_identical(heard, 4)
  stored <- readRDS(path)
  expect_identical(numbers_of(stored), numbers_of(fit))
  expect_identical(nn_predict(stored, data$X), nn_predict(fit, data$X))
})

test_that("a call that holds functions does not bring along what is around them", {
  data <- smooth_data(20)
  large <- as.numeric(1:1e5)
  own <- list(value = function(z) tanh(z), derivative = function(z) 1 - tanh(z)^2)
  fit <- do.call(nn_train, list(data$X, data$Y, activation = own, loss = custom_mse(), epochs = 1, seed = 1))
  expect_lt(length(serialize(fit, NULL)), 50000)
})
