# Settings of clusters, how rows are cut, and trainings on two workers of the package parallel.

two_workers <- new.env()
workers <- function() {
  skip_on_cran()
  if (is.null(two_workers$cl)) two_workers$cl <- local_cluster(2, testthat::teardown_env())
  two_workers$cl
}

wide <- local({
  n <- 1200
  draw <- function(k) ((seq_len(n) * k) %% 10007) / 10007
  X <- cbind(a = draw(7919), b = draw(6007), c = draw(4001))
  list(X = X, Y = sin(4 * X[, 1]) + X[, 2]^2, w = 1 + draw(313))
})
train_wide <- function(..., cluster = NULL, optimizer = "rprop", epochs = 6) {
  nn_train(wide$X, wide$Y, hidden = c(5, 4), optimizer = optimizer, epochs = epochs, standardize = TRUE, seed = 3, threads = 1, cluster = cluster, ...)
}

test_that("a cluster says what it is, and what it cannot be", {
  cl <- structure(list(structure(list(), class = "node")), class = c("SOCKcluster", "cluster"))
  expect_output(print(nn_cluster(cl)), "1 worker.*same bits")
  expect_output(print(nn_mpi(sync_every = 3)), "MPI job.*averaged every 3 epochs")
  expect_output(print(nn_mpi(exact = FALSE)), "depend on the workers")
  expect_error(nn_cluster(), class = "backprop_error_missing_argument")
  expect_error(nn_cluster(2), "cluster object", class = "backprop_error_argument")
  expect_error(nn_mpi(exact = NA), "exact", class = "backprop_error_argument")
  expect_error(nn_mpi(sync_every = 0), "sync_every", class = "backprop_error_argument")
  expect_error(nn_mpi(timeout = 0.5), "timeout", class = "backprop_error_argument")
  expect_error(train_wide(cluster = 2), "nn_cluster", class = "backprop_error_argument")
})

test_that("workers have whole shards, in order, and all rows once", {
  for (n in c(1, 7, 1000, 4097)) {
    for (shards in c(1, 3, 16)) {
      for (workers in 1:5) {
        parts <- cut_rows(n, shards, workers)
        of <- function(name) vapply(parts, `[[`, 0, name)
        expect_equal(sum(of("count")), n)
        expect_equal(of("first"), 1 + cumsum(c(0, of("count")))[seq_len(workers)])
        expect_equal(of("from")[-1], of("to")[-workers])
        expect_equal(range(c(of("from"), of("to"))), c(0, shards))
        # Edges are those of the engine's shards.
        expect_equal(of("first") - 1, (n * of("from")) %/% shards)
      }
    }
  }
})

test_that("rows of a batch are of shards, or the call is refused", {
  cluster <- nn_mpi()
  expect_identical(read_shuffle(TRUE, FALSE, cluster, 10, 100), "shards")
  expect_identical(read_shuffle(TRUE, FALSE, cluster, 100, 100), TRUE)
  expect_identical(read_shuffle(TRUE, TRUE, nn_mpi(sync_every = 2), 10, 100), TRUE)
  expect_error(read_shuffle(TRUE, TRUE, cluster, 10, 100), "shards", class = "backprop_error_incompatible")
  expect_error(read_shuffle(FALSE, TRUE, cluster, 10, 100), "shards", class = "backprop_error_incompatible")
  expect_error(read_shuffle("rows", TRUE, NULL, 10, 100), "shuffle", class = "backprop_error_argument")
})

test_that("numbers cross as bytes in either precision", {
  x <- c(1.5, -2^-20, 0, 3e30)
  expect_identical(from_bytes(to_bytes(x, 8L), 8L), x)
  expect_identical(from_bytes(to_bytes(x[1:3], 4L), 4L), x[1:3])
  expect_length(to_bytes(x, 4L), 16)
})

test_that("two workers give the bits of one process", {
  cl <- workers()
  expect_same <- function(...) expect_identical(bits_of_fit(train_wide(..., cluster = cl)), bits_of_fit(train_wide(...)))
  expect_same(optimizer = "gd")
  expect_same(optimizer = "rprop", case_weights = wide$w, precision = "single", validation = 0.2)
  expect_same(optimizer = "lbfgs", offset = wide$w, penalty = 0.01)
  expect_same(optimizer = "adam", batch_size = 400, shuffle = "shards", dropout = 0.2, validation = 0.2, stop_iter = 2, clip_norm = 1)
  # Of an ensemble's settings a preset has one network; the batches of a cluster are those of shards.
  preset <- function(...) nn_train(wide$X, wide$Y, preset = "table", epochs = 2, seed = 1, ...)
  expect_identical(bits_of_fit(preset(cluster = cl)), bits_of_fit(preset(ensemble = 1, blend = NULL, shuffle = "shards")))
})

test_that("a worker more or less changes no bit, nor does one without rows", {
  cl <- workers()
  expect_identical(bits_of_fit(train_wide(cluster = cl[1])), bits_of_fit(train_wide(cluster = cl)))
  few <- function(cluster) nn_train(wide$X[1:20, ], wide$Y[1:20], epochs = 5, seed = 1, cluster = cluster)
  # Twenty rows are one shard.
  expect_identical(bits_of_fit(few(cl)), bits_of_fit(few(NULL)))
})

test_that("bytes of a step are those of the formula", {
  cl <- workers()
  bytes <- function(epochs, ...) {
    fit <- train_wide(epochs = epochs, optimizer = "gd", cluster = nn_cluster(cl, ...))
    c(attr(fit, "cluster")$bytes_sent, attr(fit, "cluster")$bytes_received)
  }
  # As the engine lays parameters out: units of a layer, rounded up to 8, times inputs and bias; the single output unit has its 5 rounded up.
  p <- (3 + 1) * 8 + (5 + 1) * 8 + 8
  # One for 64 rows, at most 16.
  shards <- 16
  each <- bytes(12) - bytes(11)
  # Beside the numbers a step has some words: which training, which step, the sums of losses.
  expect_gte(each[1], 2 * 8 * p)
  expect_lt(each[1], 2 * 8 * p + 1000)
  expect_gte(each[2], shards * 8 * p)
  expect_lt(each[2], shards * 8 * p + 100 * shards)
  each <- bytes(12, exact = FALSE) - bytes(11, exact = FALSE)
  expect_gte(each[2], 2 * 8 * p)
  expect_lt(each[2], 2 * 8 * p + 200)
})

test_that("sockets of a cluster are told to send at once, at either end", {
  cl <- workers()
  port <- port_of(cl[[1]])
  expect_gt(port, 0)
  # Of both workers the master's end; a worker has its own.
  expect_identical(engine_send_at_once(port), 2L)
  hastened <- hasten_nodes(cl)
  expect_identical(lapply(hastened, `[[`, "value"), list(1L, 1L))
  expect_identical(engine_send_at_once(0L), 0L)
  expect_identical(engine_send_at_once(70000L), 0L)
  expect_identical(port_of(list(con = stdin())), 0L)
})

test_that("a fit says how its cluster added", {
  lines <- function(...) grep("Cluster", capture.output(print(train_wide(epochs = 2, ...))), value = TRUE)
  expect_identical(lines(cluster = workers()), "Cluster: 2 workers, the same bits as one process")
  expect_match(lines(cluster = nn_cluster(workers(), sync_every = 2)), "2 workers, networks trained apart are averaged every 2 epochs")
  expect_identical(lines(), character())
})

test_that("sums in any order differ in the last bits at most", {
  fit <- train_wide(cluster = nn_cluster(workers(), exact = FALSE), optimizer = "gd")
  expect_equal(fit$weights, train_wide(optimizer = "gd")$weights, tolerance = 1e-12)
})

test_that("a training on a cluster that diverges says so as any other", {
  diverging <- function(cluster) suppressWarnings(nn_train(wide$X, 1e3 * wide$Y, activation = "relu", lr = 1e6, epochs = 100, seed = 1, cluster = cluster))
  fit <- diverging(workers())
  expect_identical(fit$status, "diverged")
  expect_identical(bits_of_fit(fit), bits_of_fit(diverging(NULL)))
})

test_that("a training that went on from a checkpoint is that which was not disturbed", {
  cl <- workers()
  path <- withr::local_tempfile(fileext = ".rds")
  stopping <- function(state) if (state$epoch == 4) stop("enough")
  expect_error(train_wide(cluster = cl, epochs = 8, callback = stopping, checkpoint = list(path = path, every = 2)), "enough")
  stored <- readRDS(path)
  gone_on <- nn_train(wide$X, wide$Y, start = stored, epochs = 8 - stored$epochs_done, cluster = cl)
  expect_identical(gone_on$weights, train_wide(epochs = 8)$weights)
})

test_that("what needs all rows in one process is refused by name", {
  cl <- workers()
  expect_error(train_wide(cluster = cl, ensemble = 2), "ensemble.*cluster", class = "backprop_error_incompatible")
  skip_if_not_installed("survival")
  times <- survival::Surv(1 + wide$w, rep(c(1, 0), 600))
  expect_error(nn_train(wide$X, times, cluster = cl, epochs = 2), "cox", class = "backprop_error_incompatible")
  expect_error(nn_trace(wide$X, wide$Y, cluster = cl, iterations = 1), "cluster")
})

test_that("rows that judge are the workers' where they are many, and choose the same best epoch", {
  asked <- new.env()
  train <- function(cluster, ...) train_wide(cluster = cluster, validation = list(X = wide$X, Y = wide$Y * 0.9 + 0.1), stop_iter = 2, optimizer = "adam", batch_size = 1200, epochs = 8, ...)
  expect_identical(bits_of_fit(train(workers_here(3, asked))), bits_of_fit(train(NULL)))
  # Once for the rows that train, once for those that judge.
  expect_identical(sum(asked$operations == "begin"), 2L)
  expect_gt(sum(asked$operations == "totals"), 7L)
  # A measure of predictions needs them in one place.
  asked <- new.env()
  expect_identical(bits_of_fit(train(workers_here(2, asked), stop_metric = "mae")), bits_of_fit(train(NULL, stop_metric = "mae")))
  expect_identical(sum(asked$operations == "begin"), 1L)
})
