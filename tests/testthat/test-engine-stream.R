stream_table <- function(n = 157) {
  set.seed(31)
  data.frame(
    y = rnorm(n), a = rnorm(n, 5), b = runif(n), flag = rep_len(c(TRUE, FALSE, FALSE), n),
    f = factor(sample(letters[1:4], n, TRUE)), w = runif(n, 0.2, 2), o = rnorm(n)
  )
}

stream_fields <- c("weights", "biases", "history", "final_loss", "final_validation_loss", "optimizer_state", "epochs_done", "status")

fit_of <- function(..., optimizer = "adam", shuffle = FALSE) {
  data <- stream_table()
  nn_train(
    y ~ a + b + flag + f + offset(o), data,
    case_weights = data$w, hidden = c(6, 4), epochs = 5, seed = 3, shuffle = shuffle, preset = "textbook", optimizer = optimizer, ...
  )[stream_fields]
}

test_that("rows that come chunk by chunk train the same bits as in memory, whatever the size of the chunks", {
  settings <- list(
    list(batch_size = 20), list(batch_size = 157, precision = "single"), list(optimizer = "lbfgs"),
    list(batch_size = 32, validation = stream_table(61), standardize = TRUE)
  )
  for (given in settings) {
    wanted <- do.call(fit_of, given)
    for (size in if (identical(given$optimizer, "lbfgs")) 31 else c(1, 50, 157)) {
      local({
        said <- local_streams(size)
        expect_identical(do.call(fit_of, given), wanted)
        expect_null(said()$error)
        # The first chunk is read once more than it is asked for nowhere.
        if (!identical(given$optimizer, "lbfgs")) expect_identical(said()$stream$passes(), 1L + 5L + 1L)
      })
    }
  }
})

test_that("encoded inputs come out of chunks as out of the table", {
  data <- stream_table()
  fit <- function() {
    nn_train(y ~ a + b + f, data, standardize = "quantile", epochs = 3, seed = 2, shuffle = FALSE, batch_size = 10, preset = "textbook", optimizer = "adam")[stream_fields]
  }
  wanted <- fit()
  local_streams(11)
  expect_identical(fit(), wanted)
})

test_that("shuffled rows have an order that chunks do not decide, and need a buffer", {
  shuffled <- function(size, bytes) {
    local_streams(size, shuffle_bytes = bytes)
    fit_of(batch_size = 20, shuffle = TRUE)
  }
  wanted <- shuffled(157, 4000)
  expect_identical(shuffled(1, 4000), wanted)
  expect_identical(shuffled(50, 4000), wanted)
  # All rows fit into this one.
  expect_false(identical(shuffled(50, 1e5), wanted))
  expect_identical(shuffled(50, 1e9), shuffled(7, 1e5))
  expect_error(shuffled(50, 0), "no buffer", class = "backprop_error_config")
})

test_that("an error while rows are read ends training, with the model of the last epoch", {
  failing <- function(pass, row) function(p, r, rows) if (p == pass && r >= row) stop("torn") else rows
  # Pass 1 is for the weights, so that the third epoch is pass 4.
  said <- local_streams(20, ask = failing(4L, 100L))
  try(fit_of(batch_size = 20), silent = TRUE)
  answer <- said()
  expect_null(answer$error)
  expect_identical(answer$status, "failed")
  expect_identical(answer$failure$kind, "stream")
  expect_identical(answer$epochs_done, 2L)
  expect_identical(conditionMessage(answer$stream$raised()[[1L]]), "torn")
  expect_identical(answer$final_loss, NA_real_)
  local({
    two <- nn_train(
      y ~ a + b + flag + f + offset(o), stream_table(),
      case_weights = stream_table()$w, hidden = c(6, 4), epochs = 2, seed = 3, shuffle = FALSE, preset = "textbook", optimizer = "adam", batch_size = 20
    )
    expect_identical(lapply(answer$weights, unname), lapply(two$weights, unname))
  })
})

test_that("an error before the first epoch is over gives no model", {
  for (pass in 1:2) {
    local({
      said <- local_streams(20, ask = function(p, r, rows) if (p == pass && r > 50L) stop("torn") else rows)
      expect_error(fit_of(batch_size = 20), class = "backprop_error_stream")
      expect_null(said()$weights)
      expect_length(said()$stream$raised(), 1L)
    })
  }
})

test_that("rows that are not as announced are refused in words", {
  expect_refused <- function(ask, words) {
    local_streams(20, ask = ask)
    expect_error(fit_of(batch_size = 20), words, class = "backprop_error_stream")
  }
  later <- function(change) function(pass, row, rows) if (pass == 1L && row == 41L) change(rows) else rows
  changed <- function(...) later(function(rows) utils::modifyList(rows, list(...)))
  expect_refused(later(function(rows) TRUE), "40 rows where 157 were announced")
  expect_refused(later(function(rows) utils::modifyList(rows, list(x = rows$x[, -1]))), "columns where")
  expect_refused(changed(y = matrix(0, 20, 2)), "targets of 20 rows and 2 columns")
  expect_refused(changed(case_weights = 1), "case weights of 1 rows")
  expect_refused(changed(case_weights = NULL), "case weights of 20 rows and 0 columns")
  expect_refused(changed(offset = NULL), "offsets of 20 rows and 0 columns")
  longer <- function(pass, row, rows) if (row == 141L) lapply(rows, function(part) if (is.matrix(part)) part[c(1:17, 1:17), , drop = FALSE] else rep(part, 2)) else rows
  expect_refused(longer, "174 rows or more where 157 were announced")
})

test_that("an interrupt while rows are read is an interrupt", {
  said <- local_streams(20, ask = function(pass, row, rows) if (pass == 4L) rlang::interrupt() else rows)
  interrupted <- tryCatch(fit_of(batch_size = 20), interrupt = function(cnd) TRUE)
  expect_true(interrupted)
  expect_identical(said()$status, "interrupted")
  expect_identical(said()$epochs_done, 2L)
  expect_identical(nn_last()$status, "interrupted")
})

test_that("moments of chunks are those of the table, to the bit", {
  set.seed(8)
  x <- cbind(1e9 + rnorm(2500), runif(2500), rep_len(0:1, 2500), 0.1)
  w <- runif(2500)
  for (weights in list(NULL, w)) {
    wanted <- engine_moments(x, weights)
    expect_identical(wanted$zeros_and_ones, c(FALSE, FALSE, TRUE, FALSE))
    expect_equal(wanted$weight, if (is.null(weights)) 2500 else sum(w))
    for (size in c(1000, 107, 2500)) {
      state <- NULL
      for (first in seq.int(1, 2500, by = size)) {
        rows <- seq.int(first, min(2500, first + size - 1))
        state <- engine_moments_add(state, x[rows, , drop = FALSE], weights[rows])
        expect_null(state$error)
      }
      expect_identical(engine_moments_end(state), wanted)
    }
  }
  integers <- matrix(c(1L, 0L, 1L, 5L), 2)
  expect_identical(engine_moments_end(engine_moments_add(NULL, integers, NULL)), engine_moments(integers + 0, NULL))
  expect_identical(engine_moments_end(engine_moments_add(NULL, integers == 1L, NULL)), engine_moments((integers == 1L) + 0, NULL))
  expect_identical(engine_moments_add(state, integers, NULL)$error$kind, "config")
})
