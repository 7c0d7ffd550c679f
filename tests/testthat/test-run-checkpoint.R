test_that("a training resumed from a checkpoint equals the uninterrupted one", {
  data <- smooth_data()
  path <- withr::local_tempfile(fileext = ".rds")
  for (optimizer in c("sgd", "adam", "rprop", "lbfgs")) {
    train <- function(...) {
      nn_train(data$X, data$Y, ..., hidden = 6, activation = "tanh", optimizer = optimizer, seed = 1, validation = 0.2, keep_weights = 5)
    }
    whole <- train(epochs = 30, checkpoint = list(path = path, every = 20))
    stored <- readRDS(path)
    expect_s3_class(stored, "nn_fit")
    expect_identical(stored$status, "checkpoint")
    expect_identical(stored$epochs_done, 20L)
    expect_true(all(is.finite(nn_predict(stored, data$X))))
    resumed <- nn_train(data$X, data$Y, start = stored, epochs = 10)
    for (part in c("weights", "biases", "history", "snapshots", "optimizer_state", "status")) {
      expect_identical(resumed[[part]], whole[[part]], label = paste(optimizer, part))
    }
  }
})

test_that("early stopping goes on from a checkpoint as if there had been none", {
  data <- smooth_data()
  path <- withr::local_tempfile(fileext = ".rds")
  train <- function(...) {
    nn_train(data$X, data$Y, ..., hidden = 6, activation = "tanh", optimizer = "adam", lr = 0.02, validation = 0.3, stop_iter = 20, seed = 1)
  }
  whole <- train(epochs = 2000)
  expect_identical(whole$status, "converged")
  at <- whole$best$epoch + 10L
  train(epochs = at, checkpoint = list(path = path, every = at))
  resumed <- nn_train(data$X, data$Y, start = readRDS(path), epochs = 2000)
  for (part in c("weights", "biases", "history", "best", "last", "status")) {
    expect_identical(resumed[[part]], whole[[part]], label = part)
  }
})

test_that("storing checkpoints changes nothing", {
  data <- smooth_data()
  train <- function(...) nn_train(data$X, data$Y, optimizer = "adam", dropout = 0.2, epochs = 10, ..., seed = 1)
  path <- withr::local_tempfile()
  expect_same_bits(train(checkpoint = list(path = path)), train())
  expect_identical(readRDS(path)$epochs_done, 10L)
  # Nothing is left beside it.
  expect_identical(list.files(dirname(path), pattern = basename(path)), basename(path))
})

test_that("a kill while writing leaves a whole file", {
  skip_on_cran()
  skip_on_os("windows")
  folder <- withr::local_tempdir()
  path <- file.path(folder, "fit.rds")
  process <- start_process(c(
    "X <- matrix(rnorm(50 * 20), ncol = 20); Y <- rnorm(50)",
    "cat('pid', Sys.getpid(), '\\n'); flush(stdout())",
    sprintf("fit <- try(nn_train(X, Y, hidden = 20000, optimizer = 'adam', batch_size = 50, epochs = 1e6, checkpoint = list(path = %s), seed = 1))", deparse(path)),
    "print(fit)"
  ))
  until <- function(condition) {
    end <- Sys.time() + 20
    while (!eval.parent(substitute(condition)) && Sys.time() < end) Sys.sleep(0.001)
  }
  left <- 0
  for (round in 1:5) {
    process$run(wait = FALSE)
    pid <- pid_of(process)
    until(file.exists(path))
    # The kill comes while a file is being written.
    until(length(list.files(folder, "part$")) > left)
    tools::pskill(pid, tools::SIGKILL)
    Sys.sleep(0.1)
    left <- length(list.files(folder, "part$"))
    stored <- readRDS(path)
    expect_identical(length(stored$history$loss), stored$epochs_done)
    expect_true(all(is.finite(unlist(stored$weights))))
    unlink(path)
  }
  expect_gt(left, 0)
})

test_that("a checkpoint that cannot be written ends the training with an error", {
  skip_on_os("windows")
  folder <- withr::local_tempdir()
  path <- file.path(folder, "sub", "fit.rds")
  dir.create(dirname(path))
  remove_folder <- function(state) {
    if (state$epoch == 3L) unlink(dirname(path), recursive = TRUE)
  }
  expect_error(
    nn_train(article_X, article_Y, epochs = 100, checkpoint = list(path = path, every = 1), callback = remove_folder),
    class = "backprop_error_checkpoint"
  )
  expect_identical(nn_last()$epochs_done, 4L)
  expect_identical(nn_train(article_X, article_Y, epochs = 2)$status, "completed")
})

test_that("a full disk ends the training, and the last good checkpoint is as it was", {
  folder <- local_disk("64k")
  path <- file.path(folder, "fit.rds")
  train <- function(epochs) nn_train(article_X, article_Y, epochs = epochs, checkpoint = list(path = path), seed = 1)
  train(2)
  # A file of this size waits in memory until it is closed; a larger one is refused while it is written.
  for (rows in c(10, 1000)) {
    fill_disk(folder)
    X <- matrix(as.double(seq_len(4 * rows)) / rows, rows)
    expect_refused(
      nn_train(X, X[, 1], hidden = rows, epochs = 1, checkpoint = list(path = path), seed = 1), path, "No space left on device",
      class = "backprop_error_checkpoint"
    )
    expect_identical(nn_last()$epochs_done, 1L)
  }
  expect_identical(readRDS(path)$epochs_done, 2L)
})

test_that("a checkpoint goes where a link leads, and a pipe is refused at once", {
  skip_on_os("windows")
  withr::local_dir(withr::local_tempdir())
  file.symlink("fit.rds", "link")
  nn_train(article_X, article_Y, epochs = 2, checkpoint = list(path = "link"), seed = 1)
  expect_identical(unname(Sys.readlink("link")), "fit.rds")
  expect_identical(readRDS("fit.rds")$epochs_done, 2L)
  system2("mkfifo", "pipe")
  expect_error(nn_train(article_X, article_Y, checkpoint = list(path = "pipe")), "a pipe", class = "backprop_error_checkpoint")
})

test_that("a checkpoint that cannot be is refused before training", {
  expect_snapshot(error = TRUE, {
    nn_train(article_X, article_Y, checkpoint = "fit.rds")
    nn_train(article_X, article_Y, checkpoint = list(every = 5))
    nn_train(article_X, article_Y, checkpoint = list(path = NA, every = 5))
    nn_train(article_X, article_Y, checkpoint = list(path = "fit.rds", every = 0))
    nn_train(article_X, article_Y, checkpoint = list(path = "fit.rds", each = 5))
    nn_train(article_X, article_Y, checkpoint = list(path = "no/such/folder/fit.rds"))
  })
})

test_that("a checkpoint that is no list is refused like any other argument", {
  for (checkpoint in list("fit.rds", 1:3, NA, quote(x))) {
    expect_error(nn_train(article_X, article_Y, checkpoint = checkpoint), class = "backprop_error_argument")
  }
})
