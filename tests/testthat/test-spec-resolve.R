settings_of <- function(...) nn_train(article_X, article_Y, ..., epochs = 0)$settings

test_that("arguments out of range say what was got", {
  expect_snapshot(error = TRUE, {
    nn_train(article_X, article_Y, hidden = 0)
    nn_train(article_X, article_Y, hidden = -2)
    nn_train(article_X, article_Y, hidden = 2.5)
    nn_train(article_X, article_Y, hidden = c(3, NA))
    nn_train(article_X, article_Y, hidden = "three {units}")
    nn_train(article_X, article_Y, epochs = -1)
    nn_train(article_X, article_Y, epochs = NA)
    nn_train(article_X, article_Y, epochs = 1.5)
    nn_train(article_X, article_Y, epochs = c(1, 2))
    nn_train(article_X, article_Y, lr = 0)
    nn_train(article_X, article_Y, lr = -0.1)
    nn_train(article_X, article_Y, lr = NA)
    nn_train(article_X, article_Y, lr = Inf)
    nn_train(article_X, article_Y, lr = "fast")
    nn_train(article_X, article_Y, optimizer = "sgd", batch_size = 0)
    nn_train(article_X, article_Y, shuffle = NA)
    nn_train(article_X, article_Y, standardize = "yes")
    nn_train(article_X, article_Y, threads = 0)
    nn_train(article_X, article_Y, seed = 1.5)
    nn_train(article_X, article_Y, seed = "one")
    nn_train(article_X, article_Y, progress = 1)
  })
})

test_that("unknown names list the valid ones", {
  expect_snapshot(error = TRUE, {
    nn_train(article_X, article_Y, activation = "sigmoyd")
    nn_train(article_X, article_Y, activation = c("tanh", "tanh"))
    nn_train(article_X, article_Y, activation = NULL)
    nn_train(article_X, article_Y, output = "sofmax")
    nn_train(article_X, article_Y, loss = "rmse")
    nn_train(article_X, article_Y, optimizer = "adma")
    nn_train(article_X, article_Y, optimizer = list(name = "gd"))
    nn_train(article_X, article_Y, init = "xavier")
    nn_train(article_X, article_Y, init = c("normal", "normal", "normal"))
    nn_train(article_X, article_Y, precision = "half")
    nn_train(article_X, article_Y, keep = "all")
  })
})

test_that("batch_size with a full-batch optimizer names those that take it", {
  expect_snapshot(nn_train(article_X, article_Y, batch_size = 2), error = TRUE)
  expect_error(nn_train(article_X, article_Y, optimizer = "rprop", batch_size = 2), class = "backprop_error_incompatible")
})

test_that("batch sizes default to all rows or 32, and never exceed the rows", {
  data <- smooth_data(100)
  size <- function(...) nn_train(data$X, data$Y, ..., epochs = 0)$settings$batch_size
  expect_identical(size(), 100L)
  expect_identical(size(optimizer = "rprop"), 100L)
  expect_identical(size(optimizer = "adam"), 32L)
  expect_identical(size(optimizer = "sgd", batch_size = 1000), 100L)
})

test_that("default learning rates follow optimizer, loss and rows per step", {
  data <- smooth_data(64)
  rate <- function(...) nn_train(data$X, data$Y, ..., epochs = 0)$settings$lr
  expect_identical(rate(), 0.1)
  expect_identical(rate(optimizer = "sgd"), 0.01)
  expect_identical(rate(optimizer = "adam"), 0.001)
  expect_identical(rate(loss = "sse"), 0.05)
  expect_identical(rate(loss = "sse", optimizer = "sgd"), 0.01)
  expect_identical(rate(loss = "sse", lr = 0.2), 0.2)
  expect_identical(settings_of()$lr, 0.1)
})

test_that("the initialisation follows activations, output and loss", {
  init <- function(...) settings_of(...)$layer_init
  expect_identical(init(), c("normal", "normal"))
  expect_identical(init(activation = "tanh"), c("glorot_uniform", "glorot_uniform"))
  expect_identical(init(hidden = c(3, 2), activation = c("relu", "sigmoid")), c("he_normal", "glorot_uniform", "glorot_uniform"))
  expect_identical(init(loss = "mse"), c("glorot_uniform", "glorot_uniform"))
  expect_identical(init(init = "uniform"), c("uniform", "uniform"))
})

test_that("threads are capped by option, cores and environment", {
  cores <- engine_info()$cores
  withr::local_envvar(OMP_THREAD_LIMIT = NA, `_R_CHECK_LIMIT_CORES_` = NA)
  withr::local_options(backprop.threads = NULL)
  expect_identical(resolve_threads(NULL), max(1L, as.integer(cores) %/% 2L))
  expect_identical(resolve_threads(10000), as.integer(cores))
  withr::local_options(backprop.threads = 1)
  expect_identical(resolve_threads(NULL), 1L)
  withr::local_envvar(OMP_THREAD_LIMIT = "1")
  expect_identical(resolve_threads(2), 1L)
  withr::local_envvar(OMP_THREAD_LIMIT = NA, `_R_CHECK_LIMIT_CORES_` = "TRUE")
  expect_lte(resolve_threads(8), 2L)
})

test_that("a failed call draws nothing from R's generator", {
  withr::local_seed(1)
  before <- .Random.seed
  try(nn_train(article_X, article_Y, lr = -1), silent = TRUE)
  expect_identical(.Random.seed, before)
})

test_that("a network larger than memory is refused before it is allocated, with its size", {
  expect_error(nn_train(article_X, article_Y, hidden = c(3e5, 3e5), epochs = 1), class = "backprop_error_memory")
  withr::local_options(backprop.max_bytes = 1000)
  expect_error(nn_train(article_X, article_Y, hidden = 100, epochs = 1), "KiB", class = "backprop_error_memory")
})

test_that("sgd with all rows in a batch says that it is gradient descent", {
  expect_snapshot(invisible(nn_train(article_X, article_Y, optimizer = "sgd", epochs = 1, seed = 1)))
  expect_message(nn_train(article_X, article_Y, optimizer = "sgd", batch_size = 100, epochs = 1), class = "backprop_message_full_batch")
  # Whoever types that number knows.
  expect_silent(nn_train(article_X, article_Y, optimizer = "sgd", batch_size = 3, epochs = 1))
  expect_silent(nn_train(article_X, article_Y, optimizer = "adam", epochs = 1))
  expect_silent(nn_train(iris[1:4], iris$Species, optimizer = "sgd", epochs = 1, preset = "textbook"))
})
