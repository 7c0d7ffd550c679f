# Networks of several kinds beside others that they must equal.

d <- layers_table()

test_that("skip = TRUE reaches the minimum of nnet's", {
  skip_if_not_installed("nnet")
  X <- unname(as.matrix(d[c("x", "z")]))
  for (size in c(0L, 2L)) {
    reference <- withr::with_seed(2, nnet::nnet(
      X, d$y, size = size, skip = TRUE, linout = TRUE, decay = 0, maxit = 20000, trace = FALSE, reltol = 1e-16, abstol = 1e-16
    ))
    w <- reference$wts
    # nnet takes sigmoids beyond 15 for 0 and 1. Unit by unit: its bias, what comes in, and of the output the skip at last.
    at <- size * 3L
    start <- if (size == 0L) {
      list(weights = list(matrix(0, 2, 1), matrix(w[2:3])), biases = list(w[1], numeric()))
    } else {
      first <- matrix(w[seq_len(at)], 3)
      out <- w[-seq_len(at)]
      list(weights = list(first[-1, ], matrix(out[1 + seq_len(size)]), matrix(out[-seq_len(size + 1)])), biases = list(first[1, ], out[1], numeric()))
    }
    train <- function(...) {
      nn_train(
        X, d$y, hidden = if (size == 0L) nn_layers(skip = TRUE) else nn_layers(size, skip = TRUE), activation = "sigmoid", output = "linear", loss = "sse", optimizer = opt_lbfgs(gradient_tolerance = 1e-12, value_tolerance = 0),
        ...
      )
    }
    same <- train(start = start, epochs = 0)
    expect_equal(unname(nn_predict(same, X)), unname(predict(reference, X)), tolerance = 1e-7)
    expect_equal(2 * same$final_loss, reference$value, tolerance = 1e-7)
    reached <- train(start = start, epochs = 2000)
    expect_lte(reached$final_loss, same$final_loss * (1 + 1e-12))
    expect_equal(reached$final_loss, same$final_loss, tolerance = 1e-4)
    if (size == 0L) {
      own <- train(seed = 1, epochs = 500)
      expect_equal(unname(nn_predict(own, X)), unname(fitted(lm(d$y ~ X))), tolerance = 1e-7, ignore_attr = TRUE)
    } else {
      own <- min(vapply(1:10, function(seed) train(seed = seed, epochs = 2000)$final_loss, 0))
      expect_lte(own, same$final_loss * 1.001)
    }
  }
})

test_that("an embedding that begins as identity and is frozen equals the indicators themselves", {
  formula <- y ~ city + x
  plain <- train_layers(5, formula, optimizer = "gd", epochs = 20)
  # What passes comes first: the weights of the indicators go to the end.
  start <- list(
    weights = list(diag(5), plain$weights[[1]][c(6, 1:5), ], plain$weights[[2]]), biases = list(numeric(), plain$biases[[1]], plain$biases[[2]])
  )
  hidden <- nn_layers(layer_embedding("city", size = 5, bias = FALSE, lr_factor = 0), 5)
  embedded <- train_layers(hidden, formula, optimizer = "gd", epochs = 0, start = start)
  expect_equal(nn_predict(embedded, d), nn_predict(plain, d), tolerance = 1e-14)
  more <- train_layers(hidden, formula, optimizer = "gd", epochs = 30, start = start)
  beside <- train_layers(5, formula, optimizer = "gd", epochs = 30, start = plain[c("weights", "biases")])
  expect_equal(nn_predict(more, d), nn_predict(beside, d), tolerance = 1e-10)
  expect_identical(more$weights[[1]], diag(5))
})

test_that("one member without adapters is the plain network, bit for bit", {
  plain <- train_layers(c(5, 4), batch_size = 16)
  one <- train_layers(nn_layers(layer_members(1, adapters = FALSE), 5, 4, heads = FALSE), batch_size = 16)
  expect_identical(one$weights[-1], plain$weights)
  expect_identical(one$biases[-1], plain$biases)
  expect_identical(one$history, plain$history)
  expect_identical(nn_predict(one, d), nn_predict(plain, d))
})

test_that("a scale of ones that does not learn changes no bit", {
  plain <- train_layers(c(5, 4), batch_size = 16)
  scaled <- train_layers(nn_layers(layer_scale(lr_factor = 0), 5, layer_scale(lr_factor = 0), 4), batch_size = 16)
  expect_identical(scaled$weights[c(2, 4, 5)], plain$weights)
  expect_identical(nn_predict(scaled, d), nn_predict(plain, d))
})

test_that("dense layers alone are a plain network", {
  plain <- train_layers(c(5, 4), dropout = c(0.1, 0.3))
  described <- train_layers(nn_layers(layer_dense(5, dropout = 0.1), layer_dense(4, activation = "tanh")), dropout = 0.3)
  expect_same_bits(described, plain)
  expect_identical(described$settings, plain$settings)
})

test_that("layer_piecewise() is embed_piecewise() with the bins brought together", {
  bins <- train_layers(4, embed = embed_piecewise(4))
  layers <- train_layers(nn_layers(layer_piecewise(size = 2, bins = 4), 4))
  expect_identical(layers$inputs$encoding, bins$inputs$encoding)
  expect_identical(layers$settings$sizes[1], bins$settings$sizes[1])
  expect_identical(layers$settings$sizes[2], layers$inputs$n + 2L * 2L)
})

test_that("a frozen share of an activation is that activation", {
  plain <- train_layers(5, activation = "silu")
  shared <- train_layers(nn_layers(layer_dense(5, "linear"), layer_parametric("silu", lr_factor = 0)), start = list(
    weights = list(plain$weights[[1]], matrix(1, 1, 5), plain$weights[[2]]), biases = list(plain$biases[[1]], numeric(), plain$biases[[2]])
  ), epochs = 0)
  expect_equal(nn_predict(shared, d), nn_predict(plain, d), tolerance = 1e-14)
})

test_that("the mean over members is what is predicted", {
  hidden <- nn_layers(layer_members(3), 4)
  fit <- train_layers(hidden)
  of_member <- function(m) {
    w <- fit$weights
    first <- w[[2]] * w[[1]][m, ]
    rows <- (m - 1) * 4 + 1:4
    start <- list(weights = list(first, w[[3]][rows, , drop = FALSE]), biases = list(fit$biases[[2]], fit$biases[[3]][m]))
    nn_predict(train_layers(4, start = start, epochs = 0), d)
  }
  expect_equal(nn_predict(fit, d), Reduce(`+`, lapply(1:3, of_member)) / 3, tolerance = 1e-12)
})

test_that("a formula without intercept and without hidden layers is lm()'s", {
  data <- transform(d, many = z * 40 + 1000)
  for (formula in list(y ~ x - 1, y ~ 0 + x + many, y ~ city - 1, y ~ x + flag - 1, y ~ kind:x - 1, y ~ x + flag * kind - 1, y ~ city + kind - 1)) {
    fit <- nn_train(formula, data = data, hidden = c(), epochs = 2000)
    reference <- lm(formula, data)
    expect_false(fit$settings$bias)
    expect_identical(unique(lengths(fit$biases)), 0L)
    expect_equal(unname(nn_predict(fit, data)[, 1]), unname(fitted(reference)), tolerance = 1e-6)
    expect_identical(attr(terms(formula(fit)), "intercept"), 0L)
    expect_identical(attr(logLik(fit, data = data), "df"), attr(logLik(reference), "df"))
  }
  fit <- nn_train(y ~ x + z - 1, data = data, hidden = c(), epochs = 2000)
  reference <- lm(y ~ x + z - 1, data)
  expect_equal(unname(vcov(fit, data, scale = "original")), unname(vcov(reference)), tolerance = 1e-6)
  expect_equal(unname(coef(fit, scale = "original")$weights$output[, 1]), unname(coef(reference)), tolerance = 1e-6)
  classes <- nn_train(flag ~ x + z - 1, data = data, hidden = c(), epochs = 2000)
  expect_equal(unname(nn_predict(classes, data)[, 1]), unname(fitted(glm(flag ~ x + z - 1, binomial, data))), tolerance = 1e-5)
})

test_that("bias = FALSE takes every bias out, goes on and is passed on", {
  fit <- train_layers(c(4, 3), bias = FALSE, epochs = 3)
  expect_identical(fit$biases, list(numeric(), numeric(), numeric()))
  expect_identical(fit$inputs$center, numeric(fit$inputs$n))
  expect_identical(fit$outcome$center, 0)
  expect_same_bits(nn_train(y ~ x + z + city + kind + flag, data = d, start = fit, epochs = 3), train_layers(c(4, 3), bias = FALSE, epochs = 6))
  expect_named(coef(fit)$weights, c("hidden1", "hidden2", "output"))
  expect_lt(nn_check_gradient(fit, d)$worst, 1e-6)
  expect_identical(lengths(train_layers(layer_networks$many(), bias = FALSE)$biases)[c(1, 4, 6, 11)], integer(4))
  minus <- train_layers(c(4, 3), y ~ x + z - 1, epochs = 3)
  expect_false(minus$settings$bias)
  # Without inputs there is nothing left but what the activation gives.
  zero <- nn_train(cbind(x = d$x), d$y, hidden = 3, bias = FALSE, activation = "tanh", seed = 1, epochs = 5)
  expect_identical(nn_predict(zero, c(x = 0))[[1]], 0)
})
