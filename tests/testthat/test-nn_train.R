test_that("the example of the README learns the article's outcome", {
  fit <- withr::with_seed(1, nn_train(article_X, article_Y, hidden = 3, epochs = 5000, lr = 0.1))
  expect_s3_class(fit, "nn_fit")
  expect_equal(round(nn_predict(fit, article_X)), article_Y)
  expect_identical(fit$status, "completed")
  expect_identical(nrow(fit$history), 5000L)
})

test_that("set.seed() alone makes a fit reproducible", {
  one <- withr::with_seed(1, nn_train(article_X, article_Y, epochs = 50))
  two <- withr::with_seed(1, nn_train(article_X, article_Y, epochs = 50))
  other <- withr::with_seed(2, nn_train(article_X, article_Y, epochs = 50))
  expect_same_bits(one, two)
  expect_false(identical(one$weights, other$weights))
})

test_that("seed = leaves R's own stream untouched, and one number is drawn without it", {
  withr::local_seed(1)
  before <- .Random.seed
  nn_train(article_X, article_Y, epochs = 5, seed = 3)
  expect_identical(.Random.seed, before)
  fit <- nn_train(article_X, article_Y, epochs = 5)
  after <- .Random.seed
  set.seed(1)
  expect_identical(sample.int(.Machine$integer.max, 1L), fit$seed)
  expect_identical(.Random.seed, after)
})

test_that("a fit's recorded seed gives the same fit", {
  fit <- nn_train(article_X, article_Y, epochs = 20)
  expect_same_bits(fit, nn_train(article_X, article_Y, epochs = 20, seed = fit$seed))
})

test_that("integer and logical inputs equal double", {
  double <- nn_train(article_X, article_Y, epochs = 20, seed = 1)
  X <- article_X
  storage.mode(X) <- "integer"
  expect_same_bits(double, nn_train(X, article_Y, epochs = 20, seed = 1))
  storage.mode(X) <- "logical"
  expect_same_bits(double, nn_train(X, as.integer(article_Y), epochs = 20, seed = 1))
})

test_that("a vector outcome equals a matrix of one column", {
  fit <- nn_train(article_X, article_Y, epochs = 20, seed = 1)
  expect_same_bits(fit, nn_train(article_X, c(article_Y), epochs = 20, seed = 1))
})

test_that("matrix, data frame, tibble and formula agree at equal settings", {
  settings <- list(preset = "textbook", hidden = 4, epochs = 30, activation = "tanh", seed = 1)
  train <- function(...) do.call(nn_train, c(list(...), settings))
  X <- as.matrix(iris[1:4])
  by_matrix <- train(X, iris$Species, standardize = TRUE)
  expect_same_bits(by_matrix, train(iris[1:4], iris$Species))
  expect_same_bits(by_matrix, train(tibble::as_tibble(iris[1:4]), iris$Species))
  expect_same_bits(by_matrix, train(Species ~ ., data = iris))
  expect_same_bits(by_matrix, train(Species ~ ., data = tibble::as_tibble(iris)))

  data <- mixed_table()
  expect_same_bits(train(data[names(data) != "y"], data$y), train(y ~ ., data = data))
})

test_that("a formula given by name is understood", {
  by_name <- nn_train(formula = Species ~ ., data = iris, epochs = 5, seed = 1, preset = "textbook")
  expect_same_bits(by_name, nn_train(Species ~ ., data = iris, epochs = 5, seed = 1, preset = "textbook"))
  expect_same_bits(by_name, nn_train(data = iris, formula = Species ~ ., epochs = 5, seed = 1, preset = "textbook"))
})

test_that("misspelt arguments get an error that names the nearest, in every method", {
  expect_snapshot(error = TRUE, {
    nn_train(article_X, article_Y, epoch = 10)
    nn_train(article_X, article_Y, batchsize = 10)
    nn_train(iris[1:4], iris$Species, optimiser = "gd", preset = "textbook")
    nn_train(Species ~ ., data = iris, activations = "tanh", preset = "textbook")
    nn_train(article_X, y = article_Y)
    nn_train(x = article_X, y = article_Y)
    nn_train(article_X, article_Y, zzzzzzzz = 1)
    nn_train(article_X, article_Y, 3, 10, 0.1, "tanh")
    nn_train(X = Species ~ ., data = iris, preset = "textbook")
  })
})

test_that("missing inputs, outcomes and data are named", {
  expect_snapshot(error = TRUE, {
    nn_train()
    nn_train(article_X)
    nn_train(iris, preset = "textbook")
    nn_train(Species ~ ., preset = "textbook")
    nn_train(iris, Species ~ ., preset = "textbook")
    nn_train(Species ~ ., data = as.matrix(iris), preset = "textbook")
  })
})

test_that("every kind of table trains: several classes, numbers, two classes, a csv", {
  skip_if_not_installed("MASS")
  flowers <- nn_train(Species ~ ., data = iris, hidden = c(8, 4), activation = "tanh", epochs = 500, seed = 1, preset = "textbook")
  expect_gt(summary(flowers, data = iris)$error$accuracy, 0.95)

  boston <- nn_train(medv ~ ., data = MASS::Boston, hidden = 8, activation = "tanh", epochs = 1000, seed = 1, preset = "textbook")
  expect_lt(summary(boston, data = MASS::Boston)$error$rmse, sd(MASS::Boston$medv) / 2)

  pima <- nn_train(type ~ ., data = MASS::Pima.tr, epochs = 500, activation = "tanh", seed = 1, preset = "textbook")
  expect_identical(c(pima$settings$output, pima$settings$loss), c("sigmoid", "binary_cross_entropy"))
  expect_gt(summary(pima, data = MASS::Pima.te)$error$accuracy, 0.7)

  path <- withr::local_tempfile(fileext = ".csv")
  write.csv(mixed_table(), path, row.names = FALSE)
  fit <- nn_train(y ~ ., data = read.csv(path), epochs = 200, seed = 1, preset = "textbook")
  expect_true(all(is.finite(predict(fit, read.csv(path))$.pred)))
})

test_that("degenerate data train without NaN", {
  finite <- function(fit) all(is.finite(unlist(fit[c("weights", "biases")])), is.finite(fit$history$loss))
  expect_true(finite(nn_train(article_X[1, , drop = FALSE], 1, epochs = 20, seed = 1)))
  expect_true(finite(nn_train(article_X[, 1, drop = FALSE], article_Y, epochs = 20, seed = 1)))
  expect_true(finite(nn_train(cbind(article_X, 7), article_Y, epochs = 20, seed = 1, standardize = TRUE)))
  expect_true(finite(nn_train(article_X, c(1, 1, 1), epochs = 20, seed = 1)))
  one_class <- factor(c("a", "a", "a"), levels = c("a", "b"))
  expect_true(finite(suppressWarnings(nn_train(article_X, one_class, epochs = 20, seed = 1), classes = "backprop_warning_unused_level")))
  expect_true(finite(nn_train(data.frame(a = 1, b = "x"), 5, epochs = 20, seed = 1, preset = "textbook")))
  expect_true(finite(nn_train(data.frame(a = 1:5), rep(3, 5), epochs = 20, seed = 1, preset = "textbook")))
})

test_that("huge values give an error or a finite model, never a silent NaN", {
  X <- article_X * 1e200
  fit <- suppressWarnings(nn_train(X, article_Y, epochs = 20, seed = 1))
  expect_true(all(is.finite(unlist(fit[c("weights", "biases")]))))
  expect_true(all(is.finite(nn_predict(fit, X))))
  fit <- suppressWarnings(nn_train(article_X, c(1e200, -1e200, 3), epochs = 20, seed = 1))
  expect_true(all(is.finite(unlist(fit[c("weights", "biases")]))))
})

test_that("the model of a training that diverged is one that can be used, under every optimizer and rate", {
  # Units that saturate keep the loss finite while weights are infinite already.
  Y <- article_X[, 1]
  limit <- c(double = 1e154, single = 1e19)
  for (optimizer in setdiff(names(optimizers), "lbfgs")) {
    for (precision in names(limit)) {
      for (lr in if (precision == "single") c(1e18, 1e38) else c(1e38, 1e154, 1e300)) {
        fit <- suppressWarnings(nn_train(
          article_X, Y, hidden = 3, loss = "binary_cross_entropy", optimizer = optimizer, lr = lr, epochs = 6, seed = 1,
          precision = precision
        ))
        expect_true(all(abs(unlist(fit[c("weights", "biases")])) <= limit[[precision]]))
        expect_true(all(is.finite(unlist(fit$optimizer_state$slots))))
        expect_true(all(is.finite(nn_predict(fit, article_X))))
      }
    }
  }
})

test_that("a learning rate that single precision does not have is refused", {
  expect_snapshot(nn_train(article_X, article_Y, lr = 1e39, precision = "single"), error = TRUE)
})

test_that("epochs = 0 gives the untrained network", {
  fit <- nn_train(article_X, article_Y, epochs = 0, seed = 5)
  start <- nn_init(c(4, 3, 1), seed = 5)
  expect_identical(fit$weights, start$weights)
  expect_identical(fit$biases, start$biases)
  expect_identical(nrow(fit$history), 0L)
  expect_true(all(is.finite(nn_predict(fit, article_X))))
})

test_that("hidden = c() is a logistic or linear model", {
  data <- smooth_data()
  fit <- nn_train(data$X, data$Y, hidden = c(), epochs = 3000, seed = 1)
  expect_length(fit$weights, 1L)
  linear <- stats::lm(data$Y ~ data$X)
  expect_equal(c(fit$biases[[1]], fit$weights[[1]]), unname(coef(linear)), tolerance = 1e-6)

  y <- withr::with_seed(1, as.integer(data$Y + rnorm(60) > 0))
  fit <- nn_train(data$X, y, hidden = c(), loss = "binary_cross_entropy", epochs = 3000, lr = 2, seed = 1)
  logistic <- stats::glm(y ~ data$X, family = stats::binomial())
  expect_equal(c(nn_predict(fit, data$X)), unname(fitted(logistic)), tolerance = 1e-5)
})

test_that("batches of all rows equal full batches, and gd equals sgd on all rows", {
  full <- nn_train(article_X, article_Y, epochs = 30, lr = 0.1, seed = 1)
  expect_same_bits(full, nn_train(article_X, article_Y, epochs = 30, lr = 0.1, seed = 1, batch_size = 100))
  by_sgd <- nn_train(article_X, article_Y, epochs = 30, lr = 0.1, seed = 1, optimizer = "sgd", shuffle = FALSE)
  expect_equal(by_sgd$weights, full$weights, tolerance = 1e-12)
})

test_that("rows in order, one at a time, are the article's stochastic descent", {
  sigmoid <- function(z) 1 / (1 + exp(-z))
  start <- nn_init(c(4, 3, 1), seed = 1)
  w <- start$weights
  b <- start$biases
  for (i in 1:3) {
    x <- article_X[i, , drop = FALSE]
    h <- sigmoid(x %*% w[[1]] + b[[1]])
    o <- sigmoid(h %*% w[[2]] + b[[2]])
    d_o <- (o - article_Y[i, ]) * o * (1 - o)
    d_h <- (d_o %*% t(w[[2]])) * h * (1 - h)
    w[[2]] <- w[[2]] - 0.1 * t(h) %*% d_o
    b[[2]] <- b[[2]] - 0.1 * c(d_o)
    w[[1]] <- w[[1]] - 0.1 * t(x) %*% d_h
    b[[1]] <- b[[1]] - 0.1 * c(d_h)
  }
  fit <- nn_train(
    article_X, article_Y, epochs = 1, lr = 0.1, seed = 1, optimizer = "sgd", batch_size = 1, shuffle = FALSE
  )
  expect_lt(largest_difference(c(fit$weights, fit$biases), c(w, b)), 1e-14)
})

test_that("a last short batch is used", {
  # Two batches, of 2 rows and 1: with a learning rate that differs per batch size only through the sum.
  start <- list(weights = list(matrix(0)), biases = list(0))
  fit <- nn_train(
    c(1, 1, 1), c(1, 1, 4), hidden = c(), epochs = 1, lr = 0.1, start = start, optimizer = "sgd", batch_size = 2,
    shuffle = FALSE, output = "linear", loss = "sse"
  )
  w <- 0.1 * 2
  expect_equal(fit$weights[[1]][1], w + 0.1 * (4 - 2 * w), tolerance = 1e-14)
})

test_that("shuffling changes the path and is reproducible", {
  data <- smooth_data()
  train <- function(shuffle, seed) {
    nn_train(data$X, data$Y, epochs = 5, optimizer = "sgd", batch_size = 7, shuffle = shuffle, seed = seed)
  }
  expect_same_bits(train(TRUE, 1), train(TRUE, 1))
  expect_false(identical(train(TRUE, 1)$weights, train(FALSE, 1)$weights))
})

test_that("the caller's objects are never modified", {
  X <- article_X + 0
  Y <- article_Y + 0
  start <- nn_init(c(4, 3, 1), seed = 1)
  copies <- unserialize(serialize(list(X, Y, start), NULL))
  fit <- nn_train(X, Y, epochs = 50, start = start, optimizer = "momentum", standardize = TRUE)
  expect_identical(list(X, Y, start), copies)
  kept <- unserialize(serialize(fit, NULL))
  nn_train(X, Y, epochs = 50, start = fit)
  nn_predict(fit, X)
  expect_identical(fit, kept)
})

test_that("bits do not depend on the number of threads, in full batches and mini-batches", {
  withr::local_seed(1)
  X <- matrix(rnorm(3000 * 20), ncol = 20)
  Y <- rnorm(3000)
  for (precision in c("double", "single")) {
    for (optimizer in c("gd", "sgd")) {
      fits <- lapply(1:3, function(threads) {
        nn_train(
          X, Y, hidden = c(40, 17), epochs = 3, activation = "tanh", optimizer = optimizer, seed = 1,
          precision = precision, threads = threads
        )
      })
      expect_same_bits(fits[[1]], fits[[2]])
      expect_same_bits(fits[[1]], fits[[3]])
      expect_identical(nn_predict(fits[[1]], X, threads = 1), nn_predict(fits[[1]], X, threads = 2))
    }
  }
})

test_that("training works before, after and inside a fork", {
  skip_on_cran()
  skip_on_os("windows")
  withr::local_seed(1)
  X <- matrix(rnorm(5000 * 20), ncol = 20)
  Y <- rnorm(5000)
  fit <- nn_train(X, Y, hidden = 32, epochs = 3, threads = 2, seed = 1)
  wanted <- nn_predict(fit, X, threads = 2)
  inside <- parallel::mclapply(1:4, function(i) {
    again <- nn_train(X, Y, hidden = 32, epochs = 3, threads = 2, seed = 1)
    list(nn_predict(fit, X, threads = 2), again$weights)
  }, mc.cores = 2)
  for (one in inside) {
    expect_identical(one, list(wanted, fit$weights))
  }
  expect_same_bits(fit, nn_train(X, Y, hidden = 32, epochs = 3, threads = 2, seed = 1))
})

test_that("a small fit costs the R side no more than a few calls of lm()", {
  skip_on_cran()
  skip_if(nzchar(Sys.getenv("R_COVR")))
  ours <- function() nn_train(article_X, article_Y, epochs = 0, seed = 1)
  theirs <- function() stats::lm(mpg ~ wt, data = datasets::mtcars)
  # Processor time, side by side: a busy machine makes the clock run on, and machines differ. lm() takes a bit under a millisecond.
  seconds <- function(fit) sum(system.time(for (j in 1:25) fit())[1:2])
  in_turn <- vapply(1:10, function(i) c(seconds(ours), seconds(theirs)), c(0, 0))
  expect_lt(min(in_turn[1L, ]), 4 * min(in_turn[2L, ]))
})

test_that("the engine that is installed was compiled for speed: steps take far less than their matrices do in R", {
  skip_on_cran()
  skip_if(nzchar(Sys.getenv("R_COVR")))
  withr::local_seed(1)
  X <- matrix(rnorm(256 * 16), 256)
  Y <- matrix(rnorm(256))
  in_r <- function() {
    w <- list(matrix(rnorm(16 * 64), 16), matrix(rnorm(64 * 64), 64) / 8, matrix(rnorm(64), 64) / 8)
    for (step in 1:100) {
      a1 <- tanh(X %*% w[[1]])
      a2 <- tanh(a1 %*% w[[2]])
      d3 <- (a2 %*% w[[3]] - Y) / 256
      d2 <- tcrossprod(d3, w[[3]]) * (1 - a2^2)
      d1 <- tcrossprod(d2, w[[2]]) * (1 - a1^2)
      w <- Map(function(w, a, d) w - 0.01 * crossprod(a, d), w, list(X, a1, a2), list(d1, d2, d3))
    }
  }
  ours <- function() nn_train(X, Y, hidden = c(64, 64), activation = "tanh", output = "linear", epochs = 100, lr = 0.01, seed = 1, threads = 1)
  seconds <- function(work) sum(system.time(work())[1:2])
  in_turn <- vapply(1:5, function(i) c(seconds(ours), seconds(in_r)), c(0, 0))
  # 15 times as fast on an AMD EPYC; 3 times where generic code was compiled for size.
  expect_lt(5 * min(in_turn[1L, ]), min(in_turn[2L, ]))
})
