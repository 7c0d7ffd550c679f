remote_table <- function(n = 1003) {
  set.seed(32)
  data.frame(
    y = rnorm(n), matrix(rnorm(n * 8), n), f = factor(sample(letters[1:4], n, TRUE)), w = runif(n, 0.2, 2), o = rnorm(n)
  )
}

remote_fields <- c("weights", "biases", "history", "final_loss", "final_validation_loss", "optimizer_state", "epochs_done", "status")

remote_fit <- function(..., optimizer = "adam", data = remote_table()) {
  nn_train(
    y ~ . - w - o + offset(o), data,
    case_weights = data$w, hidden = c(32, 16), epochs = 3, seed = 3, preset = "textbook", optimizer = optimizer, ...
  )[remote_fields]
}

test_that("rows that workers have train the same bits as one process has of them", {
  settings <- list(
    list(batch_size = 1003), list(batch_size = 1003, precision = "single", optimizer = "rprop"), list(optimizer = "lbfgs"),
    list(batch_size = 100, dropout = 0.2), list(batch_size = 64, precision = "single", penalty = 0.01, clip_norm = 0.5),
    list(batch_size = 200, validation = remote_table(700), stop_iter = 1L, standardize = "quantile")
  )
  for (given in settings) {
    wanted <- local({
      local_workers(0)
      do.call(remote_fit, given)
    })
    # More workers than shards, too: those without one are not asked.
    for (workers in c(3, 40)) {
      local({
        said <- local_workers(workers, held = !is.null(given$validation) && workers > 3)
        expect_identical(do.call(remote_fit, given), wanted)
        expect_null(said()$error)
        expect_gt(said()$remote$shards, 4)
      })
    }
  }
})

test_that("a training on workers goes on from one in this process", {
  data <- remote_table()
  wanted <- local({
    local_workers(0)
    remote_fit(batch_size = 100, data = data)
  })
  first <- local({
    local_workers(0)
    nn_train(
      y ~ . - w - o + offset(o), data,
      case_weights = data$w, hidden = c(32, 16), epochs = 2, seed = 3, preset = "textbook", optimizer = "adam", batch_size = 100
    )
  })
  local_workers(3)
  rest <- nn_train(y ~ . - w - o + offset(o), data, case_weights = data$w, epochs = 1, start = first)
  expect_identical(rest$weights, wanted$weights)
  # An epoch has 1003 / 100 steps, rounded up.
  expect_identical(rest$optimizer_state$steps, 3 * 11)
})

test_that("sums of workers are close to those of their shards", {
  wanted <- remote_fit(batch_size = 1003)
  for (workers in c(1, 4)) {
    local({
      local_workers(workers, sum = TRUE)
      expect_equal(remote_fit(batch_size = 1003), wanted, tolerance = 1e-10)
    })
  }
})

test_that("workers that fail end training, with the model of the last epoch", {
  fail_at <- function(call) function(number) if (number == call) stop("worker 2 is gone")
  local({
    said <- local_workers(2, ask = fail_at(3L))
    try(remote_fit(batch_size = 1003), silent = TRUE)
    answer <- said()
    expect_null(answer$error)
    expect_identical(answer$status, "failed")
    expect_identical(answer$failure$kind, "stream")
    expect_identical(answer$epochs_done, 2L)
    expect_identical(conditionMessage(answer$remote$raised()[[1L]]), "worker 2 is gone")
  })
  local({
    said <- local_workers(2, ask = fail_at(1L))
    expect_error(remote_fit(batch_size = 1003), class = "backprop_error_stream")
    expect_null(said()$weights)
    expect_length(said()$remote$raised(), 1L)
  })
})

test_that("answers that do not fit are refused in words", {
  expect_refused <- function(change, words) {
    local_workers(2, change = change)
    expect_error(remote_fit(batch_size = 1003), words, class = "backprop_error_stream")
  }
  expect_refused(function(answer) replace(answer, "gradients", list(answer$gradients[-1L])), "bytes of gradients where")
  expect_refused(function(answer) replace(answer, "totals", list(answer$totals[-1L])), "losses where")
  expect_refused(function(answer) 1, "cannot be read")
  expect_refused(function(answer) list(gradients = "a", totals = "b"), "cannot be read")
})

test_that("a worker refuses rows and parameters that are not those of its part", {
  spec <- NULL
  local_engine_train(function(own) {
    function(spec, ...) {
      spec <<- spec
      own(spec, ...)
    }
  })
  x <- as.matrix(remote_table()[2:9])
  y <- as.matrix(remote_table()["y"])
  nn_train(x, y, hidden = 32, epochs = 1, seed = 1)
  part <- list(rows = 1003, shards = 4, from = 0, to = 4)
  ask <- function(part, parameters = raw(8L), job = list(scale = 1), rows = 1:1003) {
    answer <- engine_worker_gradients(spec, x[rows, ], y[rows, , drop = FALSE], NULL, NULL, part, parameters, job)
    answer$error$message
  }
  expect_match(ask(part), "parameters of another network")
  expect_match(ask(part, raw(7L)), "parameters")
  expect_match(ask(part, 1), "parameters")
  expect_match(ask(replace(part, "to", 5)), "1003 rows")
  expect_match(ask(replace(part, "from", 4)), "rows for")
  expect_match(ask(part, rows = 1:1002), "1002 rows")
  expect_match(ask(part, job = list()), "scale")
  expect_match(ask(part, job = list(scale = 1, shuffled = 1)), "shuffled")
  totals <- engine_worker_totals(spec, x, y, NULL, NULL, part, raw(8L), list(chunk = 64))
  expect_match(totals$error$message, "parameters of another network")
})
