# Readers on clusters: every worker reads by itself and takes the rows of its shards; the fit is that of one process, which is that of the rows in memory.

streamed <- local({
  n <- 1200
  draw <- function(k) ((seq_len(n) * k) %% 10007) / 10007
  table <- data.frame(a = draw(7919), b = draw(6007), g = letters[1 + (seq_len(n) * 31) %% 3], w = 1 + draw(313))
  table$y <- sin(4 * table$a) + table$b^2 + (table$g == "b")
  table
})
train_streamed_rows <- function(source, cluster = NULL, ..., chunk_rows = 77, optimizer = "rprop", epochs = 5) {
  reader <- nn_reader(source, y ~ a + b + g, chunk_rows = chunk_rows)
  nn_train(reader, preset = "textbook", hidden = c(5, 4), optimizer = optimizer, epochs = epochs, seed = 3, threads = 1, cluster = cluster, ...)
}

test_that("a reader on 1, 2, 3 workers trains the bits of one process", {
  for (optimizer in c("rprop", "lbfgs")) {
    alone <- train_streamed_rows(streamed, optimizer = optimizer)
    for (k in 1:3) {
      apart <- train_streamed_rows(streamed, workers_here(k), optimizer = optimizer)
      expect_identical(bits_of_fit(apart), bits_of_fit(alone))
    }
  }
  memory <- nn_train(y ~ a + b + g, streamed, preset = "textbook", hidden = c(5, 4), optimizer = "lbfgs", epochs = 5, seed = 3, threads = 1)
  expect_identical(apart$weights, memory$weights)
})

test_that("so it does with weights of rows, rows that judge, and in single precision", {
  judges <- streamed[seq(1, 1200, by = 5), ]
  train <- function(cluster) {
    train_streamed_rows(streamed, cluster, case_weights = w, validation = judges, precision = "single", optimizer = "gd")
  }
  expect_identical(bits_of_fit(train(workers_here(2))), bits_of_fit(train(NULL)))
})

test_that("two processes read by themselves", {
  skip_on_cran()
  cl <- local_cluster(2)
  read_by_parts <- local({
    table <- streamed
    function() {
      at <- 0
      function(reset) {
        if (reset) {
          at <<- 0
          return(invisible())
        }
        if (at >= nrow(table)) {
          return(NULL)
        }
        rows <- (at + 1):min(nrow(table), at + 250)
        at <<- max(rows)
        table[rows, ]
      }
    }
  })
  reader <- nn_reader(read_by_parts(), y ~ a + b + g)
  train <- function(cluster) nn_train(reader, preset = "textbook", hidden = c(5, 4), optimizer = "rprop", epochs = 3, seed = 3, threads = 1, cluster = cluster)
  expect_identical(bits_of_fit(train(cl)), bits_of_fit(train(NULL)))
})

test_that("what a worker cannot read is the error, and what steps cannot take is refused", {
  passes <- 0
  failing <- function(reset) {
    if (reset) {
      passes <<- passes + 1
      at <<- 0
      return(invisible())
    }
    if (passes > 6) stop("the disk is gone")
    if (at >= 1200) {
      return(NULL)
    }
    at <<- at + 300
    streamed[(at - 299):at, ]
  }
  at <- 0
  reader <- nn_reader(failing, y ~ a + b)
  train <- function(...) nn_train(reader, preset = "textbook", hidden = c(5, 4), seed = 1, ...)
  expect_error(train(optimizer = "rprop", epochs = 50, cluster = workers_here(2)), "the disk is gone", class = "backprop_error_cluster")
  passes <- -1000
  expect_error(train(optimizer = "adam", cluster = workers_here(2)), "takes all rows of a reader", class = "backprop_error_incompatible")
  averaging <- workers_here(2)
  averaging$sync_every <- 1L
  expect_error(train(optimizer = "gd", cluster = averaging), "sync_every", class = "backprop_error_incompatible")
})
