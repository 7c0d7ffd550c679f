# Networks of workers that train by themselves and are averaged.

average_problem <- local({
  n <- 600
  draw <- function(k) ((seq_len(n) * k) %% 10007) / 10007
  X <- cbind(a = draw(7919), b = draw(6007))
  list(X = X, Y = sin(4 * X[, 1]) + X[, 2]^2)
})
train_averaged <- function(..., cluster = NULL) {
  nn_train(average_problem$X, average_problem$Y, hidden = 4, seed = 2, threads = 1, standardize = TRUE, cluster = cluster, ...)
}

# Workers in this process: what a transport has to do, without processes.
workers_here <- function(k, sync_every) {
  transport <- list(
    size = k, describe = function(worker) paste("Worker", worker), close = function(...) NULL, settle = function() NULL,
    exchange = function(operation, arguments, at) {
      Map(function(arguments, worker) {
        if (!is.null(arguments$id)) arguments$id <- paste0(arguments$id, "-", worker)
        answer_worker(operation, arguments)
      }, arguments, at)
    }
  )
  cl <- structure(rep(list(list()), k), class = "cluster")
  replace(nn_cluster(cl, sync_every = sync_every), "open", list(function(cluster) transport))
}

test_that("one worker that is averaged with none trains as one process does", {
  cluster <- workers_here(1, 7)
  for (optimizer in c("gd", "rprop", "adam")) {
    averaged <- train_averaged(cluster = cluster, optimizer = optimizer, epochs = 10)
    alone <- train_averaged(optimizer = optimizer, epochs = 10)
    expect_identical(averaged$weights, alone$weights)
    expect_identical(averaged$optimizer_state, alone$optimizer_state)
    expect_identical(averaged$history, alone$history)
    expect_equal(averaged$final_loss, alone$final_loss, tolerance = 1e-14)
  }
})

test_that("averaging after each step of gradient descent is gradient descent", {
  # The mean of gradients by rows is the gradient of all rows.
  averaged <- train_averaged(cluster = workers_here(3, 1), lr = 0.2, epochs = 5)
  expect_equal(averaged$weights, train_averaged(lr = 0.2, epochs = 5)$weights, tolerance = 1e-12)
  expect_equal(averaged$history, train_averaged(lr = 0.2, epochs = 5)$history, tolerance = 1e-12)
})

test_that("networks count by what their rows weigh", {
  networks <- list(
    list(weights = list(matrix(1)), biases = list(0), optimizer_state = list(steps = 4, slots = list(m = list(weights = list(matrix(2)), biases = list(1))))),
    list(weights = list(matrix(5)), biases = list(4), optimizer_state = list(steps = 4, slots = list(m = list(weights = list(matrix(6)), biases = list(5)))))
  )
  mean <- average_of(networks, c(0.75, 0.25))
  expect_identical(mean$weights, list(matrix(2)))
  expect_identical(mean$biases, list(1))
  expect_identical(mean$optimizer_state, list(steps = 4, slots = list(m = list(weights = list(matrix(3)), biases = list(2)))))
  expect_null(mean$ancillary)
})

test_that("rows that judge choose among averages, and end the training", {
  cluster <- workers_here(2, 2)
  fit <- train_averaged(cluster = cluster, optimizer = "adam", lr = 0.5, epochs = 400, validation = 0.2, stop_iter = 6)
  expect_identical(fit$status, "converged")
  expect_true(fit$epochs_done < 400L)
  judged <- fit$history$validation_loss
  expect_true(all(is.na(judged) == (fit$history$epoch %% 2 == 1)))
  expect_identical(fit$best$loss, min(judged, na.rm = TRUE))
  expect_equal(fit$final_validation_loss, fit$best$loss)
})

test_that("checkpoints, callbacks and further training go by rounds", {
  cluster <- workers_here(2, 3)
  path <- withr::local_tempfile(fileext = ".rds")
  heard <- integer()
  fit <- train_averaged(
    cluster = cluster, optimizer = "rprop", epochs = 8, checkpoint = list(path = path),
    callback = function(state) {
      heard <<- c(heard, state$epoch)
      state$epoch < 6
    }
  )
  expect_identical(heard, c(3L, 6L))
  expect_identical(fit$status, "stopped")
  gone_on <- train_averaged(cluster = cluster, start = readRDS(path), epochs = 3)
  expect_identical(gone_on$weights, train_averaged(cluster = cluster, optimizer = "rprop", epochs = 6)$weights)
  expect_identical(train_averaged(cluster = cluster, epochs = 0)$weights, train_averaged(epochs = 0)$weights)
})

test_that("what averaging cannot do is refused by name", {
  cluster <- workers_here(2, 3)
  expect_error(train_averaged(cluster = cluster, optimizer = "lbfgs"), "sync_every", class = "backprop_error_incompatible")
  expect_error(train_averaged(cluster = cluster, tol = 0.1), "tol", class = "backprop_error_incompatible")
  expect_error(train_averaged(cluster = cluster, validation = 0.2, stop_metric = "rmse"), "stop_metric", class = "backprop_error_incompatible")
})

test_that("a network that diverges at one worker ends the training", {
  cluster <- workers_here(2, 3)
  expect_warning(fit <- train_averaged(cluster = cluster, activation = "relu", lr = 1e9, epochs = 30), class = "backprop_warning_diverged")
  expect_identical(fit$status, "diverged")
  expect_true(all(is.finite(unlist(fit$weights))))
})
