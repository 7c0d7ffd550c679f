# The network's inputs, as a trace shows them.
encoded <- function(...) nn_trace(..., hidden = 1, seed = 1)[["X"]]$result

test_that("bins say how far a number has come through intervals of as many rows", {
  data <- data.frame(x = c(1, 2, 3, 5, 8, 13, 21, 34, 55), flag = rep(c(0, 1, 1), 3), y = 1:9)
  fit <- nn_train(y ~ ., data, preset = "textbook", embed = embed_piecewise(4), epochs = 0, seed = 1)
  edges <- fit$inputs$encoding$edges
  # R's own quantiles of type 2; a column of zeros and ones has none.
  expect_identical(edges[[1L]], unname(quantile(data$x, 0:4 / 4, type = 2)))
  expect_null(edges[[2L]])
  X <- encoded(y ~ ., data, embed = embed_piecewise(4))
  bins <- sapply(1:4, function(i) pmin(pmax((data$x - edges[[1L]][i]) / diff(edges[[1L]])[i], 0), 1))
  expect_equal(unname(X[, 3:6]), bins, tolerance = 1e-12)
  expect_equal(unname(X[, 1L]), as.vector(scale(data$x)))
  expect_identical(colnames(X)[1:3], c("x", "flag", "x [1, 3]"))
  expect_identical(fit$settings$sizes, c(6L, 3L, 1L))
  expect_identical(rownames(coef(fit)$weights$hidden1), colnames(X))
})

test_that("a trace of encoded inputs checks its own gradient", {
  trace <- nn_trace(mpg ~ wt + hp, mtcars, hidden = 2, embed = embed_piecewise(3), standardize = "robust", seed = 1)
  expect_true(nn_check_gradient(trace)$pass)
})

test_that("robust standardising is by quartiles, clipped smoothly", {
  x <- c(-3, 0, 1, 2, 4, 100, 5, 6)
  X <- encoded(y ~ x, data.frame(x = x, y = 1:8), standardize = "robust")
  quartiles <- quantile(x, c(0.25, 0.5, 0.75), type = 2, names = FALSE)
  z <- (x - quartiles[2]) / (diff(quartiles[c(1, 3)]) / (2 * qnorm(0.75)))
  expect_equal(unname(X[, 1]), z / sqrt(1 + (z / 3)^2))
  # Where half of the rows have one value, by half the range.
  X <- encoded(y ~ x, data.frame(x = c(0, 0, 0, 0, 0, 0, 4, -2), y = 1:8), standardize = "robust")
  expect_equal(unname(X[7, 1]), (4 / 3) / sqrt(1 + (4 / 9)^2))
})

test_that("quantile standardising gives normal scores along lines between quantiles", {
  x <- withr::with_seed(1, rexp(500))
  data <- data.frame(x = x, y = 1:500)
  X <- encoded(y ~ x, data, standardize = "quantile")
  shares <- (1:100 - 0.5) / 100
  knots <- quantile(x, shares, type = 2, names = FALSE)
  expect_equal(unname(X[, 1]), approx(knots, qnorm(shares), x, rule = 2)$y, tolerance = 1e-10)
  # Values that occur often have the mean of their places.
  tied <- encoded(y ~ x, data.frame(x = rep(c(1, 2, 3), c(60, 30, 10)), y = 1:100), standardize = "quantile")
  expect_equal(unname(tied[c(1, 61, 91), 1]), c(mean(qnorm(shares[1:60])), mean(qnorm(shares[61:90])), mean(qnorm(shares[91:100]))), tolerance = 1e-10)
})

test_that("a weight of two is the row twice", {
  data <- withr::with_seed(2, data.frame(x = rexp(40), z = rnorm(40), y = rnorm(40), w = rep(1:2, 20)))
  twice <- data[rep(1:40, data$w), ]
  for (standardize in c("robust", "quantile")) {
    train <- function(...) nn_train(y ~ x + z, ..., preset = "textbook", standardize = standardize, embed = embed_piecewise(5), epochs = 3, seed = 1)
    weighted <- train(data = data, case_weights = w)
    doubled <- train(data = twice)
    expect_equal(weighted$inputs$encoding, doubled$inputs$encoding)
    expect_equal(nn_predict(weighted, data), nn_predict(doubled, data), tolerance = 1e-10)
  }
})

test_that("a saved fit with encoded inputs predicts the same bits, row by row, on any number of threads", {
  train <- function(...) {
    nn_train(mpg ~ ., mtcars, preset = "textbook", hidden = 8, standardize = "robust", embed = "piecewise", epochs = 20, seed = 1, ...)
  }
  fit <- train()
  path <- withr::local_tempfile()
  saveRDS(fit, path)
  expect_identical(nn_predict(readRDS(path), mtcars), nn_predict(fit, mtcars))
  expect_equal(nn_predict(fit, mtcars[7, ])[1], nn_predict(fit, mtcars)[7], tolerance = 1e-12)
  expect_same_bits(fit, train(threads = 2))
  # Mini-batches gather rows out of order, full batches in order: the same inputs.
  shuffled <- function(...) train(optimizer = "adam", batch_size = 8, ...)
  expect_same_bits(shuffled(), shuffled(threads = 2))
  single <- nn_predict(train(precision = "single"), mtcars)
  expect_equal(single, nn_predict(fit, mtcars), tolerance = 1e-3)
  expect_true(nn_check_gradient(fit, mtcars)$pass)
  # New numbers may lie anywhere; what is none has no prediction.
  far <- transform(mtcars[1:3, ], wt = c(-1e6, 1e6, NA))
  expect_identical(is.na(nn_predict(fit, far)[, 1]), c(`Mazda RX4` = FALSE, `Mazda RX4 Wag` = FALSE, `Datsun 710` = TRUE))
})

test_that("without hidden layers bins are a regression on a broken line", {
  data <- withr::with_seed(1, data.frame(x = sort(runif(80, 0, 10))))
  data$y <- abs(data$x - 4) + withr::with_seed(2, rnorm(80)) / 10
  fit <- nn_train(y ~ x, data, hidden = c(), embed = embed_piecewise(4), seed = 1, keep = "data")
  edges <- fit$inputs$encoding$edges[[1L]]
  bins <- sapply(1:4, function(i) pmin(pmax((data$x - edges[i]) / (edges[i + 1] - edges[i]), 0), 1))
  line <- lm(data$y ~ bins)
  expect_equal(unname(nn_predict(fit, data)[, 1]), unname(fitted(line)), tolerance = 1e-5)
  expect_equal(AIC(fit), AIC(line), tolerance = 1e-6)
})

test_that("what cannot be encoded is refused by name", {
  skip_if_not_installed("Matrix")
  sparse <- methods::as(matrix(c(1, 0, 2, 0, 3, 0), 3), "CsparseMatrix")
  fit <- nn_train(mpg ~ wt, mtcars, preset = "textbook", embed = "piecewise", epochs = 1, seed = 1)
  expect_snapshot(error = TRUE, {
    nn_train(sparse, 1:3, embed = "piecewise")
    nn_train(sparse, 1:3, standardize = "robust")
    nn_train(mpg ~ wt, mtcars, preset = "textbook", embed = embed_piecewise(columns = "weight"))
    nn_train(mpg ~ wt, mtcars, preset = "textbook", embed = "periodic")
    embed_piecewise(bins = 0)
    embed_piecewise(columns = 1)
    coef(fit, scale = "original")
  })
  expect_snapshot(print(embed_piecewise(4, "wt")))
})

test_that("inputs that are infinite or missing are refused before bins are learnt of them", {
  X <- cbind(a = c(1:9, Inf), b = c(1:8, NA, 10), c = 1:10)
  for (arguments in list(list(embed = "piecewise"), list(standardize = "quantile"), list(hidden = nn_layers(layer_piecewise(), 2)), list(embed = "piecewise", ensemble = 2, validation = 0.3))) {
    error <- expect_error(do.call(nn_train, c(list(X, 1:10, preset = "textbook", seed = 1), arguments)), class = "backprop_error_nonfinite_x")
    expect_match(conditionMessage(error), "\"a\" (1)", fixed = TRUE)
    expect_match(conditionMessage(error), "\"b\" (1)", fixed = TRUE)
  }
})

test_that("single columns may be encoded, and a fit that goes on keeps its edges", {
  fit <- nn_train(mpg ~ wt + hp, mtcars, preset = "textbook", embed = embed_piecewise(3, "hp"), epochs = 2, seed = 1)
  expect_identical(lengths(fit$inputs$encoding$edges), c(0L, 4L))
  more <- nn_train(mpg ~ wt + hp, mtcars[1:20, ], start = fit, epochs = 2)
  expect_identical(more$inputs$encoding, fit$inputs$encoding)
})
