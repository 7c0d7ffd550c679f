test_that("every loss is what its definition says, at the weights of the fit", {
  data <- smooth_data(30)
  fit <- function(...) nn_train(data$X, abs(data$Y), ..., activation = "tanh", epochs = 5, seed = 1)
  error <- function(fit) abs(data$Y) - drop(nn_predict(fit, data$X))
  a <- fit(loss = "sse", output = "linear")
  expect_equal(a$final_loss, sum(error(a)^2) / 2)
  a <- fit(loss = "mse")
  expect_equal(a$final_loss, mean(error(a)^2))
  a <- fit(loss = "mae")
  expect_equal(a$final_loss, mean(abs(error(a))))
  a <- fit(loss = loss_huber(delta = 0.4))
  e <- abs(error(a))
  expect_equal(a$final_loss, mean(ifelse(e <= 0.4, e^2 / 2, 0.4 * (e - 0.2))))
  a <- fit(loss = "poisson")
  p <- drop(nn_predict(a, data$X))
  expect_equal(a$final_loss, mean(p - abs(data$Y) * log(p)))
})

test_that("several quantiles are fitted at once, named, and cover their shares", {
  n <- 400
  data <- withr::with_seed(3, {
    x <- runif(n)
    list(X = matrix(x), Y = x + rnorm(n) * (0.2 + x))
  })
  fit <- nn_train(data$X, data$Y,
    hidden = 5, activation = "tanh", loss = loss_quantile(c(0.9, 0.1, 0.5)), optimizer = "adam", lr = 0.02, epochs = 300,
    standardize = TRUE, seed = 1
  )
  value <- nn_predict(fit, data$X)
  expect_identical(colnames(value), c("q0.1", "q0.5", "q0.9"))
  expect_equal(colMeans(data$Y < value), c(q0.1 = 0.1, q0.5 = 0.5, q0.9 = 0.9), tolerance = 0.1)
  expect_named(predict(fit, data$X), c(".pred_q0.1", ".pred_q0.5", ".pred_q0.9"))
  single <- nn_train(data$X, data$Y, loss = loss_quantile(0.5), epochs = 2, seed = 1)
  expect_named(predict(single, data$X), ".pred")
  e <- data$Y - value
  tau <- rep(c(0.1, 0.5, 0.9), each = n)
  expect_equal(fit$final_loss * fit$outcome$scale, mean(pmax(tau * e, (tau - 1) * e)), tolerance = 1e-8)
  expect_identical(dim(residuals(fit, data = data)), c(400L, 3L))
})

test_that("crossing quantiles are reported with their rows", {
  fit <- nn_train(matrix(c(-1, 0, 1)), c(0, 1, 2), hidden = c(), loss = loss_quantile(c(0.2, 0.8)), epochs = 0, seed = 1)
  fit$weights[[1]][] <- c(1, -1)
  fit$biases[[1]][] <- 0
  caught <- tryCatch(nn_predict(fit, matrix(c(-1, 0, 1))), warning = identity)
  expect_s3_class(caught, "backprop_warning_crossing")
  expect_identical(caught$rows, 3L)
  expect_snapshot(value <- nn_predict(fit, matrix(c(-1, 0, 1))))
})

test_that("an offset is added on the log scale, in training and prediction", {
  data <- withr::with_seed(1, {
    x <- matrix(rnorm(200), 100)
    exposure <- runif(100, 1, 10)
    list(X = x, exposure = exposure, Y = rpois(100, exposure * exp(0.5 * x[, 1])))
  })
  fit <- nn_train(data$X, data$Y, hidden = c(), loss = "poisson", offset = log(data$exposure), optimizer = "lbfgs", seed = 1)
  model <- glm(data$Y ~ data$X, poisson, offset = log(data$exposure))
  expect_equal(c(fit$biases[[1]], fit$weights[[1]]), unname(coef(model)), tolerance = 1e-5)
  expect_equal(drop(nn_predict(fit, data$X, offset = log(data$exposure))), unname(fitted(model)), tolerance = 1e-5)
  rate <- nn_predict(fit, data$X, offset = 0)
  expect_equal(rate * data$exposure, nn_predict(fit, data$X, offset = log(data$exposure)))
  expect_equal(predict(fit, data$X, offset = 0)$.pred, drop(rate))
  frame <- data.frame(x = data$X, y = data$Y)
  frame$x.1[2] <- NA
  expect_identical(
    is.na(drop(nn_predict(nn_train(y ~ ., frame[-2, ], output = "exp", offset = log(data$exposure)[-2], epochs = 1, seed = 1, preset = "textbook"), frame, offset = 0))),
    seq_len(100) == 2
  )
})

test_that("multi-label and multi-output networks have an output for each", {
  data <- smooth_data(30)
  labels <- cbind(a = data$Y > 0, b = data$X[, 1] > 0)
  fit <- nn_train(data$X, labels, loss = "binary_cross_entropy", optimizer = "adam", epochs = 3, seed = 1)
  expect_identical(fit$settings$output, "sigmoid")
  expect_named(predict(fit, data$X), c(".pred_a", ".pred_b"))
  both <- nn_train(data$X, cbind(data$Y, 2 * data$Y), epochs = 3, seed = 1)
  expect_named(predict(both, data$X), c(".pred_y1", ".pred_y2"))
})

test_that("losses out of range or out of place are refused", {
  counts <- c(0, 1, 2)
  with_offset <- nn_train(article_X, counts, output = "exp", offset = 1:3, epochs = 1, seed = 1)
  without <- nn_train(article_X, counts, output = "exp", epochs = 1, seed = 1)
  expect_snapshot(error = TRUE, {
    loss_huber(0)
    loss_huber("wide")
    loss_quantile(c(0.5, 1))
    loss_quantile(c(0.5, 0.5))
    loss_quantile(NA_real_)
    nn_train(article_X, article_Y, loss = function(y, p) sum((y - p)^2))
    nn_train(article_X, cbind(1:3, 3:1), loss = "quantile")
    nn_train(article_X, 1:3, loss = "quantile", output = "exp")
    nn_train(article_X, factor(1:3), offset = 1:3)
    nn_train(article_X, 1:3, output = "exp", offset = 1:2)
    nn_train(article_X, 1:3, output = "exp", offset = c(1, NA, 2))
    nn_train(article_X, 1:3, output = "exp", offset = c("a", "b", "c"))
    nn_predict(with_offset, article_X)
    nn_predict(without, article_X, offset = 1)
    nn_train(article_X, counts, start = with_offset)
  })
})

test_that("a loss prints its parameter", {
  expect_snapshot({
    loss_huber(2)
    loss_quantile()
  })
})

test_that("the mean loss of predictions is what the definitions say", {
  y <- matrix(c(0.2, 1, 0, 0.7))
  p <- matrix(c(0.3, 0.9, 0.1, 0.4))
  w <- c(1, 2, 0.5, 1)
  of <- function(values) sum(w * rowMeans(values)) / sum(w)
  expect_equal(mean_loss("mse", numeric(), "linear", p, y, w), of((y - p)^2))
  expect_equal(mean_loss("sse", numeric(), "sigmoid", p, y, w), of((y - p)^2))
  expect_equal(mean_loss("mae", numeric(), "exp", p, y, w), of(abs(y - p)))
  expect_equal(mean_loss("binary_cross_entropy", numeric(), "sigmoid", p, y, w), of(-y * log(p) - (1 - y) * log(1 - p)))
  expect_equal(mean_loss("poisson", numeric(), "exp", p, y, w), of(p - y * log(p)))
  expect_equal(mean_loss("gamma", numeric(), "exp", p, y + 1, w), of((y + 1) / p + log(p)))
  shares <- cbind(p, 1 - p)
  classes <- cbind(c(1, 0, 1, 0), c(0, 1, 0, 1))
  expect_equal(mean_loss("cross_entropy", numeric(), "softmax", shares, classes), mean(-rowSums(classes * log(shares))))
  quantiles <- cbind(p - 0.1, p + 0.2)
  error <- cbind(y, y) - quantiles
  expect_equal(mean_loss("quantile", c(0.1, 0.9), "linear", quantiles, y, w), of(error * (rep(c(0.1, 0.9), each = 4) - (error < 0))))
  expect_identical(mean_loss("mse", numeric(), "linear", p / 0, y), Inf)
})
