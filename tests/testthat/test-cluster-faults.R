# Workers that end, that do not answer, and that fail: each is named within the time there is, and what was trained is kept.

faulty <- local({
  X <- cbind(a = (seq_len(400) * 37 %% 101) / 101, b = cos(seq_len(400)))
  list(X = X, Y = X[, 1] * X[, 2])
})
train_faulty <- function(cluster, ...) nn_train(faulty$X, faulty$Y, hidden = 3, epochs = 12, optimizer = "rprop", seed = 5, threads = 1, cluster = cluster, ...)

# Sends a signal to the second worker when an epoch has ended. It is there before anything else is asked.
signalling <- function(cl, signal, epoch) {
  function(state) {
    if (state$epoch == epoch) {
      tools::pskill(attr(cl, "pids")[2], signal)
      Sys.sleep(0.1)
    }
    TRUE
  }
}

expect_kept <- function(path, epochs, cluster = NULL, sync_every = NULL) {
  expect_identical(nn_last()$epochs_done, epochs)
  expect_identical(nn_last()$status, "interrupted")
  stored <- readRDS(path)
  expect_identical(stored$epochs_done, epochs)
  stored
}

test_that("a worker that is killed is named, and its training goes on elsewhere as if nothing had been", {
  skip_on_cran()
  skip_on_os("windows")
  cl <- local_cluster(2)
  path <- withr::local_tempfile(fileext = ".rds")
  expect_error(
    train_faulty(cl, callback = signalling(cl, tools::SIGKILL, 5), checkpoint = list(path = path)),
    "Worker 2 \\(localhost\\) has ended", class = "backprop_error_cluster"
  )
  stored <- expect_kept(path, 5L)
  whole <- train_faulty(NULL)
  gone_on <- nn_train(faulty$X, faulty$Y, start = stored, epochs = 7, cluster = cl[1])
  expect_identical(gone_on$weights, whole$weights)
  expect_identical(gone_on$history$loss, whole$history$loss)
  # A new training finds at once that it is not there.
  expect_error(train_faulty(cl), "Worker 2", class = "backprop_error_cluster")
})

test_that("a worker that is stopped is named when its time has elapsed, and does its part again when it goes on", {
  skip_on_cran()
  skip_on_os("windows")
  cl <- local_cluster(2)
  path <- withr::local_tempfile(fileext = ".rds")
  socket_time <- socketTimeout(cl[[2]]$con, -1)
  elapsed <- system.time(expect_error(
    train_faulty(nn_cluster(cl, timeout = 2), callback = signalling(cl, tools::SIGSTOP, 5), checkpoint = list(path = path)),
    "Worker 2 \\(localhost\\) has not answered within 2 seconds", class = "backprop_error_cluster"
  ))[["elapsed"]]
  expect_gt(elapsed, 1.5)
  expect_lt(elapsed, 20)
  expect_kept(path, 5L)
  expect_identical(socketTimeout(cl[[2]]$con, -1), socket_time)
  # What it was asked before, it answers now: that is not taken for an answer to what it is asked next.
  tools::pskill(attr(cl, "pids")[2], tools::SIGCONT)
  expect_identical(train_faulty(cl)$weights, train_faulty(NULL)$weights)
})

test_that("an error of a worker reaches the user in its words", {
  skip_on_cran()
  cl <- local_cluster(2)
  parallel::clusterCall(cl[2], function() {
    held <- asNamespace("backprop")$held_rows
    # It forgets the rows that it is given.
    lockBinding("held_rows", asNamespace("backprop"))
    makeActiveBinding("forget", function() rm(list = ls(held), envir = held), globalenv())
    NULL
  })
  forgetting <- function(state) {
    if (state$epoch == 3) parallel::clusterCall(cl[2], function() get("forget", globalenv()))
    TRUE
  }
  expect_error(train_faulty(cl, callback = forgetting), "Worker 2 .*no rows of this training", class = "backprop_error_cluster")
  expect_identical(nn_last()$epochs_done, 3L)
  expect_identical(train_faulty(cl)$weights, train_faulty(NULL)$weights)
})

test_that("a worker without the package, or with another version of it, is refused before anything is trained", {
  skip_on_cran()
  about <- worker_operations$about()
  transport <- function(...) {
    other <- replace(about, names(list(...)), list(...))
    list(size = 2, describe = function(worker) paste("Worker", worker), counter = new.env(), exchange = function(operation, arguments, at) list(list(value = about), list(value = other)))
  }
  counted <- function(transport) {
    transport$counter$sent <- transport$counter$received <- transport$counter$exchanges <- 0
    transport
  }
  expect_error(check_workers(counted(transport(version = "0.0.1")), TRUE), "Worker 2 has another version of backprop", class = "backprop_error_cluster")
  expect_error(check_workers(counted(transport(instructions = "abacus")), TRUE), "instruction set.*abacus", class = "backprop_error_cluster")
  expect_no_error(check_workers(counted(transport(version = "0.0.1", instructions = "abacus")), FALSE))
  expect_error(check_workers(counted(transport(protocol = 99L)), FALSE), "messages", class = "backprop_error_cluster")
  answer <- ask_node
  environment(answer) <- list2env(list(asNamespace = function(name) stop("there is no package called 'backprop'")), parent = baseenv())
  expect_identical(answer(list(), "about"), list(error = "there is no package called 'backprop'"))
})

test_that("an interrupt leaves workers that can be asked again", {
  skip_on_cran()
  cl <- local_cluster(2)
  expect_true(is_interrupted(train_faulty(cl, callback = function(state) if (state$epoch == 4) rlang::interrupt() else TRUE)))
  expect_identical(nn_last()$epochs_done, 4L)
  expect_identical(train_faulty(cl)$weights, train_faulty(NULL)$weights)
})
