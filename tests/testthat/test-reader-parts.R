# Readers of parts: a list of sources is one table; on a cluster a worker opens those of its rows.

parts_table <- local({
  n <- 1000
  draw <- function(k) ((seq_len(n) * k) %% 10007) / 10007
  table <- data.frame(a = draw(7919), b = draw(6007), g = letters[1 + (seq_len(n) * 31) %% 3], w = 1 + draw(313))
  table$y <- sin(4 * table$a) + table$b^2 + (table$g == "b")
  table$a[c(11, 640)] <- NA
  table
})

# A function by biglm's contract that gives a table in chunks, and writes its name to a file when it is opened.
logging <- function(name, table, log, size = 90) {
  force(table)
  at <- 0
  function(reset) {
    if (reset) {
      at <<- 0
      cat(name, "\n", file = log, append = TRUE)
      return(invisible())
    }
    if (at >= nrow(table)) {
      return(NULL)
    }
    rows <- (at + 1):min(nrow(table), at + size)
    at <<- max(rows)
    table[rows, ]
  }
}

parts_in <- function(log) {
  rows <- list(1:100, integer(), 101:333, 334:900, 901:1000)
  Map(function(name, rows) logging(name, parts_table[rows, ], log), letters[seq_along(rows)], rows)
}

train_parts <- function(source, ..., na_action = "omit", optimizer = "rprop") {
  reader <- if (inherits(source, "nn_reader")) source else nn_reader(source, y ~ a + b + g)
  suppressMessages(nn_train(reader, preset = "textbook", hidden = c(5, 4), optimizer = optimizer, epochs = 4, seed = 3, threads = 1, na_action = na_action, ...))
}

test_that("parts of any kinds are one table", {
  file <- withr::local_tempfile(fileext = ".csv")
  write.csv(parts_table[401:700, ], file, row.names = FALSE)
  log <- withr::local_tempfile()
  mixed <- list(parts_table[1:400, 5:1], nn_reader(file, col_types = c(g = "text")), parts_table[0, ], logging("c", parts_table[701:1000, ], log))
  memory <- suppressMessages(nn_train(y ~ a + b + g, parts_table, preset = "textbook", hidden = c(5, 4), optimizer = "rprop", epochs = 4, seed = 3, na_action = "omit"))
  expect_identical(train_parts(mixed)$weights, memory$weights)
  expect_identical(train_parts(nn_reader(list(parts_table), y ~ a + b + g, chunk_rows = 33))$weights, memory$weights)
  held <- function(source) train_parts(source, validation = 0.3, optimizer = "lbfgs")
  expect_identical(bits_of_fit(held(parts_in(log))), bits_of_fit(held(parts_table)))
  of_parts <- nn_predict(memory, nn_reader(mixed))
  expect_equal(of_parts, nn_predict(memory, parts_table), ignore_attr = TRUE)
})

test_that("a worker opens the parts of its rows alone, for the bits of one process", {
  log <- withr::local_tempfile()
  alone <- train_parts(parts_in(log))
  asked <- new.env()
  cluster <- workers_here(3, asked)
  opened_by <- function(worker_log) table(factor(trimws(readLines(worker_log)), letters[1:5]))
  file.remove(log)
  apart <- train_parts(parts_in(log), cluster = cluster)
  expect_identical(bits_of_fit(apart), bits_of_fit(alone))
  opened <- opened_by(log)
  # 998 rows are cut into shards for three workers. The master passes over all parts to look, survey and find moments; of the others each worker opens its own in
  # each step: the first part and the last are one worker's each.
  passes <- sum(asked$operations %in% c("gradients", "totals")) / 3
  master <- opened[["b"]]
  expect_lt(opened[["e"]], master + 1.5 * passes)
  expect_lt(opened[["a"]], master + 1.5 * passes)
  expect_gt(opened[["d"]], master + 1.5 * passes)
})

test_that("so it does with rows held back and weights", {
  log <- withr::local_tempfile()
  train <- function(cluster = NULL) {
    reader <- nn_reader(parts_in(log), y ~ a + b + g)
    train_parts(reader, case_weights = w, validation = 0.3, cluster = cluster)
  }
  expect_identical(bits_of_fit(train(workers_here(4))), bits_of_fit(train()))
})

test_that("errors say which part they are of", {
  log <- withr::local_tempfile()
  broken <- function(reset) if (!reset) stop("the disk is gone")
  expect_error(train_parts(list(parts_table, broken)), "Part 2 of 2.*the disk is gone", class = "backprop_error_reader")
  expect_error(train_parts(list(parts_table, function() 3)), "part 2 of 2", class = "backprop_error_reader")
  other <- stats::setNames(parts_table, c("a", "B", "g", "w", "y"))
  expect_error(train_parts(list(parts_table, other)), "columns of the first one", class = "backprop_error_reader")
})

test_that("columns that nothing wants are left out of every part, and parts of parts are parts", {
  reader <- nn_reader(list(parts_table[1:2, ], list(parts_table[3, 5:1], nn_reader(parts_table[4, ]))))
  expect_length(reader$source, 3)
  reader$columns <- c("b", "y")
  cursor <- open_reader(reader)
  chunks <- lapply(1:3, function(i) cursor$next_chunk())
  expect_equal(do.call(rbind, chunks), parts_table[1:4, c("b", "y")])
  expect_error(nn_reader(list(nn_reader(mtcars)), mpg ~ wt, chunk_row = 10), "chunk_row", class = "backprop_error")
})

test_that("a list that is none of sources is refused", {
  expect_error(nn_reader(list(), y ~ a), "at least one", class = "backprop_error_argument")
  expect_error(nn_reader(list(3), y ~ a), "source", class = "backprop_error_argument")
  reader <- nn_reader(list(parts_table, parts_table), y ~ a)
  expect_error(train_parts(replace(reader, "source", list(list(3)))), "reader", class = "backprop_error_argument")
  expect_output(print(reader), "2 parts, the first a data frame of 1,000 rows and 5 columns")
})
