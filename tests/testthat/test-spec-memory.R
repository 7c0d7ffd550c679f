refused <- function(object, regexp, limit = 1e5) {
  withr::local_options(backprop.max_bytes = limit)
  expect_error(object, regexp, class = "backprop_error_memory")
}

wide_X <- matrix(seq(-1, 1, length.out = 40), 10)
wide_Y <- wide_X[, 1]

test_that("what is kept and stored on the way counts before a training begins", {
  train <- function(...) nn_train(wide_X, wide_Y, hidden = 20, epochs = 50, seed = 1, ...)
  withr::with_options(list(backprop.max_bytes = 2e5), expect_no_error(train()))
  refused(train(keep_weights = 1), "and its training need", 2e5)
  # Every tenth epoch fits where each of them does not.
  withr::with_options(list(backprop.max_bytes = 2e5), {
    expect_no_error(train(keep_weights = 10))
    expect_error(train(keep_weights = 1), class = "backprop_error_memory")
  })
  refused(nn_train(wide_X, wide_Y, hidden = 200, epochs = 1, checkpoint = list(path = withr::local_tempfile())), "and its training need", 2.2e5)
})

test_that("only the snapshots that are still to come count when a training goes on", {
  fit <- nn_train(wide_X, wide_Y, hidden = 20, epochs = 55, keep_weights = 50, seed = 1)
  withr::local_options(backprop.max_bytes = 1.42e5)
  # That after epoch 100 is one too many.
  expect_error(nn_train(wide_X, wide_Y, start = fit, epochs = 45), class = "backprop_error_memory")
  expect_length(nn_train(wide_X, wide_Y, start = fit, epochs = 40)$snapshots, 1L)
})

test_that("rows that are split off, predictions and dense copies of sparse inputs are refused by size", {
  fit <- nn_train(wide_X, wide_Y, hidden = 2, epochs = 1, seed = 1)
  many <- wide_X[rep(1:10, 500), ]
  refused(nn_train(many, many[, 1], validation = 0.5, epochs = 1), "Splitting 5,000 rows of 4 columns would need")
  refused(nn_predict(fit, many[rep(1:5000, 3), ]), "Take fewer rows at a time")
  skip_if_not_installed("Matrix")
  X <- Matrix::sparseMatrix(i = 1:5000, j = rep(1:5, 1000), x = 1)
  refused(nn_train(X, rep(c(0, 1), 2500), epochs = 1), "and its training need")
  sparse <- nn_train(X, rep(c(0, 1), 2500), epochs = 1, output = "sigmoid", loss = "binary_cross_entropy", seed = 1)
  refused(logLik(sparse, data = list(X = X, Y = rep(c(0, 1), 2500))), "Telling which of 5 inputs others make up, over 5,000 rows, would need", 1e6)
})

test_that("matrices of all pairs of parameters are refused with their number before R is asked", {
  fit <- nn_train(wide_X, wide_Y, hidden = 30, activation = "tanh", epochs = 1, seed = 1)
  data <- list(X = wide_X, Y = wide_Y)
  refused(nn_hessian(fit, wide_X, wide_Y), "The Hessian of 181 parameters would need", 4e5)
  refused(vcov(fit, data), "The covariance of 181 parameters would need", 1e6)
  refused(confint(fit, data = data), "The covariance of 181 parameters would need", 1e6)
  refused(predict(fit, wide_X, type = "conf_int", method = "delta", data = data), "The covariance of 181 parameters would need", 1e6)
  refused(nn_gradient(fit, wide_X, wide_Y), "The gradient of 181 parameters would need", 1e4)
  wide <- nn_train(wide_X, wide_Y, hidden = 1000, epochs = 0, seed = 1)
  refused(nn_check_gradient(wide, wide_X, wide_Y), "The table of 6,001 derivatives would need", 1e6)
  line <- nn_train(wide_X[, 1:2], wide_Y + rep(c(0, 1), 5), hidden = c(), output = "linear", optimizer = "lbfgs", epochs = 100, keep = "data", seed = 1)
  many <- matrix(0.5, 20000, 2)
  refused(predict(line, many, type = "pred_int"), "The derivatives of 20,000 rows by 3 parameters would need", 1e6)
})

test_that("a billion restarts, steps of a trace or units are refused at once", {
  expect_error(nn_train(wide_X, wide_Y, restarts = 2147483647), "2,147,483,647 restarts would need", class = "backprop_error_memory")
  expect_error(nn_trace(wide_X, wide_Y, iterations = 2147483647), "recording", class = "backprop_error_memory")
  expect_error(nn_init(c(2147483647, 2147483647, 2)), "these sizes need", class = "backprop_error_memory")
  refused(nn_init(c(100, 100)), "these sizes need")
  refused(nn_train(wide_X, wide_Y, restarts = 5000), "5,000 restarts would need")
  # Steps of L-BFGS are remembered, as many as there are: that they could be more takes nothing.
  expect_no_error(nn_train(wide_X, wide_Y, optimizer = opt_lbfgs(memory = 2147483647), epochs = 2, seed = 1))
})

test_that("a refusal by the system names no number that it does not know", {
  expect_snapshot(error = TRUE, {
    stop_engine(list(kind = "memory", needed = 2^30, available = NaN), NULL)
    stop_engine(list(kind = "memory", needed = NaN, available = NaN), NULL, call = quote(nn_predict()))
    stop_engine(list(kind = "memory", needed = 2^30, available = 2^20), NULL, call = quote(nn_init()))
  })
})

test_that("thousands of layers train, and more than there is memory for are refused", {
  expect_identical(nn_train(wide_X[rep(1:10, 5), ], rep(wide_Y, 5), hidden = rep(1, 5000), epochs = 1, seed = 1)$status, "completed")
  refused(nn_train(wide_X, wide_Y, hidden = rep(1, 2000), epochs = 1), "and its training need", 1e6)
})

test_that("what R refuses by a limit of its own is refused, in the middle of a training too", {
  skip_on_cran()
  withr::local_envvar(R_MAX_VSIZE = "100M")
  done <- run_process(c(
    "X <- matrix(rnorm(20), 5)",
    "told <- function(code) cat(tryCatch({ force(code); 'went through' }, error = function(cnd) class(cnd)[1L]), '\\n')",
    "f <- nn_train(X[, 1:2], cbind(X, X, X), hidden = 2, output = 'linear', epochs = 1, seed = 1)",
    "told(nn_predict(f, matrix(0.1, 1e6, 2)))",
    "told(nn_train(X, X[, 1], hidden = c(1500, 1500), keep_weights = 1, checkpoint = list(path = tempfile()), epochs = 20, threads = 2, seed = 1))",
    "told(nn_train(X, X[, 1], epochs = 1, seed = 1))"
  ))
  expect_identical(done$status, 0L)
  # No word of R's about the same.
  expect_identical(trimws(done$output), c("backprop_error_memory", "backprop_error_memory", "went through"))
})

test_that("where the system refuses memory R gets an error and lives on", {
  skip_on_cran()
  skip_if_not(file.exists("/proc/self/status"))
  begin <- c(
    "size <- function() as.numeric(gsub('[^0-9]', '', grep('VmSize', readLines('/proc/self/status'), value = TRUE)))",
    "try(nn_train(1), silent = TRUE) # loads what tells of errors"
  )
  # Kilobytes that a process has before it does anything, and enough for the data of each call but not for its work.
  limit <- as.numeric(run_process(c(begin, "cat(size(), '\\n')"))$output) + 150000
  try_all <- c(
    begin,
    "told <- function(code) {",
    "  class <- tryCatch({ force(code); 'went through' }, error = function(cnd) class(cnd)[1L])",
    "  gc()",
    "  cat(class, '\\n')",
    "}",
    "X <- matrix(rnorm(20), 5)",
    "told(nn_train(X, X[, 1], hidden = c(3, 3), keep_weights = 1, epochs = 40000, seed = 1))",
    "told(nn_train(X, X[, 1], hidden = c(400, 400), keep_weights = 1, epochs = 100, optimizer = 'sgd', batch_size = 5, seed = 1))",
    "told(nn_train(X, X[, 1], hidden = c(1500, 1500), checkpoint = list(path = tempfile()), epochs = 2, seed = 1))",
    "told(nn_train(X, X[, 1], hidden = c(1500, 1500), optimizer = 'adam', epochs = 1, seed = 1))",
    "told(nn_trace(X, X[, 1], iterations = 3000, seed = 1))",
    "told(nn_init(c(3000, 3000)))",
    "told({ Y <- rnorm(2e6); nn_train(matrix(Y), Y, hidden = 1, validation = .5, epochs = 1, seed = 1) })",
    "rm(Y)",
    "f <- nn_train(X[, 1:2], cbind(X, X, X), hidden = 300, output = 'linear', epochs = 1, seed = 1)",
    "told(nn_hessian(f, X[, 1:2], cbind(X, X, X)))",
    "told(nn_predict(f, matrix(0.1, 1e6, 2)))",
    "told(nn_train(X, X[, 1], epochs = 1, seed = 1))"
  )
  done <- run_process(try_all, limit)
  expect_identical(done$status, 0L)
  expect_identical(trimws(done$output), c(rep("backprop_error_memory", 9), "went through"))
})
