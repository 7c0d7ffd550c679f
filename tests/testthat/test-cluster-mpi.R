# Trainings on the ranks of MPI jobs, over loopback. Each rank writes lines that begin with its number.

problem_of_ranks <- "
  # At once, so that lines of ranks do not mix.
  say <- function(...) cat(paste(...))
  X <- cbind(a = (seq_len(600) * 37 %% 101) / 101, b = cos(seq_len(600)))
  Y <- X[, 1] * X[, 2]
  train <- function(cluster = nn_mpi(), ...) nn_train(X, Y, hidden = 3, seed = 5, threads = 1, cluster = cluster, ...)
  same <- function(name, ...) {
    fit <- train(...)
    alone <- train(NULL, ...)
    parts <- c('weights', 'biases', 'history', 'final_loss', 'optimizer_state', 'best')
    say(rank, name, identical(unclass(fit)[parts], unclass(alone)[parts]), '\\n')
    fit
  }
"

test_that("all ranks have the fit of one process, to the bit", {
  skip_on_cran()
  ran <- run_ranks(c(problem_of_ranks, "
    f <- same('gd', optimizer = 'gd', epochs = 5)
    f <- same('lbfgs', optimizer = 'lbfgs', epochs = 5)
    f <- same('shards', optimizer = 'adam', epochs = 3, batch_size = 200, shuffle = 'shards', precision = 'single', validation = 0.2)
    # Sums by MPI itself: other last bits at most.
    f <- train(nn_mpi(exact = FALSE), optimizer = 'gd', epochs = 5)
    say(rank, 'sums', isTRUE(all.equal(f$weights, train(NULL, optimizer = 'gd', epochs = 5)$weights, tolerance = 1e-12)), '\\n')
    mpi.quit()
  "))
  expect_null(ran$status)
  for (rank in 0:1) for (what in c("gd", "lbfgs", "shards", "sums")) expect_true(paste(rank, what, "TRUE ") %in% ran$output, label = paste(rank, what, paste(ran$output, collapse = "\n")))
})

test_that("errors and late ranks end a call on all ranks, and the next call works", {
  skip_on_cran()
  ran <- run_ranks(c(problem_of_ranks, "
    average <- function(...) train(nn_mpi(sync_every = 2, ...), epochs = 4, callback = callback)
    callback <- function(state) stop('own error')
    said <- tryCatch(average(), error = conditionMessage)
    say(rank, 'error', said, '\\n')
    callback <- NULL
    say(rank, 'again', average()$epochs_done, '\\n')
    if (rank == 1) Sys.sleep(3)
    late <- tryCatch(average(timeout = 1), backprop_error_cluster = function(cnd) conditionMessage(cnd))
    say(rank, 'late', strsplit(late, '\\n')[[1]][1], '\\n')
    mpi.quit()
  "))
  expect_null(ran$status)
  for (rank in 0:1) {
    expect_true(paste(rank, "error own error ") %in% ran$output)
    expect_true(paste(rank, "again 4 ") %in% ran$output)
    expect_true(paste(rank, "late Rank 1 has not answered within 1 seconds. ") %in% ran$output)
  }
})

test_that("a rank that is killed ends the job, and its checkpoint goes on to the same bits", {
  skip_on_cran()
  path <- withr::local_tempfile(fileext = ".rds")
  ran <- run_ranks(c(problem_of_ranks, sprintf("
    kill <- function(state) if (state$epoch == 5) tools::pskill(pids[2], tools::SIGKILL) else TRUE
    pids <- mpi.allgather(Sys.getpid(), 1, integer(2), comm = 0)
    fit <- train(nn_mpi(sync_every = 1, timeout = 5), optimizer = 'rprop', epochs = 12, checkpoint = list(path = %s), callback = kill)
    say(rank, 'came to the end\\n')
    mpi.quit()
  ", deparse(path))))
  expect_false(is.null(ran$status))
  expect_false(any(grepl("came to the end", ran$output)))
  stored <- readRDS(path)
  # The job may end before or after the fifth is stored.
  expect_true(stored$epochs_done %in% 4:5)
  expect_true(all(is.finite(unlist(stored$weights))))
})

test_that("without MPI there is one rank, which is the master and its own worker", {
  skip_on_cran()
  skip_without_rmpi()
  ran <- run_process(c("rank <- 0L", problem_of_ranks, "f <- train(nn_mpi(sync_every = 3), epochs = 6); cat('same', identical(f$weights, train(NULL, epochs = 6)$weights), '\n')"))
  expect_true("same TRUE " %in% ran$output)
})
