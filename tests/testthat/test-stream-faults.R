# The passes of a training without validation by `standardize = TRUE`: 1 looks at the first chunk, 2 surveys, 3 gathers moments, 4 is the engine's first
# look at the weights, 5 the first epoch.
first_epoch <- 5

train_asking <- function(ask, ..., epochs = 5) {
  data <- streamed_table()
  nn_train(asking_reader(data, y ~ a + f + s, ask), epochs = epochs, preset = "textbook", standardize = TRUE, hidden = 3, seed = 1, ...)
}

test_that("what a reader raises in mid-epoch reaches the user, and the model of the last epoch is kept", {
  ask <- function(pass, chunk, rows) if (pass == first_epoch + 2 && chunk == 3) stop("the disk is gone") else rows
  cnd <- expect_error(train_asking(ask), "could not be read", class = "backprop_error_reader")
  expect_identical(conditionMessage(cnd$parent), "the disk is gone")
  expect_identical(nn_last()$epochs_done, 2L)
  two <- train_asking(function(pass, chunk, rows) rows, epochs = 2)
  expect_identical(nn_last()$weights, two$weights)
  expect_identical(validate_fit(nn_last()), nn_last())
})

test_that("an error in any earlier pass is raised as it is", {
  for (failing in 1:4) {
    ask <- function(pass, chunk, rows) if (pass == failing && chunk == 1) stop("gone") else rows
    cnd <- expect_error(train_asking(ask), class = "backprop_error_reader")
    expect_identical(conditionMessage(cnd$parent), "gone")
  }
})

test_that("passes that give other rows are refused", {
  later <- function(change) function(pass, chunk, rows) if (pass > first_epoch && chunk == 3) change(rows) else rows
  expect_error(train_asking(later(function(rows) rows[1:10, ])), "there are 127 rows that take part", class = "backprop_error_reader")
  expect_error(train_asking(later(function(rows) rows[c(1:40, 1:10), ])), "at least", class = "backprop_error_reader")
  expect_error(train_asking(later(function(rows) NULL)), "there are 80 rows", class = "backprop_error_reader")
  expect_error(train_asking(later(function(rows) rows["a"])), class = "backprop_error_reader")
  expect_error(train_asking(later(function(rows) transform(rows, a = "text"))), "Column \"a\".*same type", class = "backprop_error_reader")
  expect_error(train_asking(later(function(rows) transform(rows, f = factor("new")))), "new", class = "backprop_error_reader")
  expect_error(train_asking(later(function(rows) transform(rows, s = "new"))), class = "backprop_error_reader")
  expect_error(train_asking(later(function(rows) transform(rows, a = NA_real_))), "did not have before", class = "backprop_error_reader")
})

test_that("types that differ between the chunks of one pass are refused, and those that a later chunk tells are taken", {
  data <- streamed_table()
  mixed <- function(pass, chunk, rows) if (!is.null(rows) && chunk == 2) transform(rows, a = as.character(a)) else rows
  expect_error(train_asking(mixed), "In one it is text, before it was numbers", class = "backprop_error_reader")
  # Levels that come chunk by chunk, a text that begins with nothing but NA, and rows of none.
  data$s[1:40] <- NA
  growing <- asking_reader(data, y ~ a + f + s, function(pass, chunk, rows) {
    if (chunk == 1) rows$s <- NA
    if (!is.null(rows)) rows$f <- factor(as.character(rows$f), levels = letters[1:(2 + chunk)])
    rows
  })
  data$f <- factor(data$f, levels = letters[1:6])
  fit <- function(...) suppressMessages(nn_train(..., preset = "textbook", hidden = 3, epochs = 3, seed = 1, na_action = "impute"))
  known <- data$f %in% letters[1:3] | seq_len(nrow(data)) > 40
  data$f[!known] <- NA
  fields <- c("weights", "blueprint", "inputs", "history")
  expect_identical(fit(growing)[fields], fit(y ~ a + f + s, data)[fields])
})

test_that("readers without rows are refused", {
  expect_error(nn_train(nn_reader(streamed_table()[0, ], y ~ a)), "gives no rows", class = "backprop_error_reader")
  expect_error(nn_train(nn_reader(streamed_table(), y ~ a), subset = a > 100), class = "backprop_error_empty")
})

test_that("an error of a callback and of a checkpoint ends training as in memory", {
  reader <- nn_reader(streamed_table(), y ~ a, chunk_rows = 20)
  expect_error(nn_train(reader, hidden = 2, epochs = 5, validation = NULL, seed = 1, callback = function(info) if (info$epoch == 3) stop("mine")), "mine")
  expect_identical(nn_last()$epochs_done, 3L)
  path <- withr::local_tempfile()
  fit <- nn_train(reader, hidden = 2, epochs = 4, validation = NULL, seed = 1, checkpoint = list(path = path, every = 4))
  expect_identical(readRDS(path)$weights, fit$weights)
})

test_that("a fit that L-BFGS was cut off at goes on as if it had not been, wherever that was", {
  data <- streamed_table(60)
  fields <- c("weights", "biases", "history", "optimizer_state")
  go <- function(source, ...) nn_train(source, preset = "textbook", hidden = 3, optimizer = "lbfgs", seed = 1, stop_iter = 50, ...)
  reader <- function(rows = data) nn_reader(rows, y ~ a + b, chunk_rows = 40)
  whole <- go(reader(), validation = data[1:20, ], epochs = 6)
  failing <- function(rows, at) asking_reader(rows, y ~ a + b, function(pass, chunk, rows) if (pass == at) stop("gone") else rows)
  begun <- go(reader(), validation = data[1:20, ], epochs = 2)
  # In a line search, and while the rows that judge are read.
  for (trainer in list(list(failing(data, 6), data[1:20, ]), list(failing(data, 7), data[1:20, ]), list(reader(), failing(data[1:20, ], 5)))) {
    expect_error(go(trainer[[1L]], start = begun, validation = trainer[[2L]], epochs = 4), class = "backprop_error_reader")
    expect_gt(nn_last()$epochs_done, 2)
    rest <- go(reader(), start = nn_last(), validation = data[1:20, ], epochs = 6L - nn_last()$epochs_done)
    expect_identical(rest[fields], whole[fields])
  }
})

test_that("a text among factors brings levels as a factor does, wherever it comes first", {
  data <- streamed_table(100)
  late <- asking_reader(data, y ~ a + f, function(pass, chunk, rows) if (chunk == 3) transform(rows, f = "zebra") else rows)
  fit <- nn_train(late, preset = "textbook", hidden = 2, epochs = 2, seed = 1)
  expect_identical(fit$blueprint$design$variables[[2L]]$levels, c(levels(data$f), "zebra"))
})

test_that("errors of rows that judge name the reader of them", {
  data <- streamed_table(100)
  train <- function(judges) {
    nn_train(nn_reader(data, y ~ a + f), validation = nn_reader(judges), preset = "textbook", hidden = 2, epochs = 2, seed = 1)
  }
  expect_error(train(transform(data, f = "new")), "\"new\".*reader of `validation`", class = "backprop_error_reader")
  expect_error(train(data["a"]), "Missing: \"y\".*reader of `validation`", class = "backprop_error_reader")
  expect_error(train(transform(data, a = "text")), "reader of `validation`", class = "backprop_error_reader")
})

test_that("rows that train and rows that judge may come from one function, which stands at one place", {
  data <- streamed_table(100)
  rows <- function(pass, chunk, rows) rows
  reader <- asking_reader(data, y ~ a + f, rows)
  fit <- function(validation, source = asking_reader(data, y ~ a + f, rows)) {
    nn_train(source, validation = validation, preset = "textbook", hidden = 2, epochs = 3, seed = 1, shuffle = FALSE)
  }
  expect_identical(fit(reader, reader)[c("weights", "history")], fit(data)[c("weights", "history")])
})

test_that("a buffer that is smaller than a row has one", {
  data <- streamed_table(60)
  train <- function(...) nn_train(..., preset = "textbook", hidden = 2, epochs = 2, seed = 1, optimizer = "adam", batch_size = 16)$weights
  expect_identical(train(nn_reader(data, y ~ a, shuffle_bytes = 1)), train(y ~ a, data, shuffle = FALSE))
})
