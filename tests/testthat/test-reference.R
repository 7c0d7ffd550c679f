# The engine against numbers that other implementations computed.

article_start <- function(article) {
  list(
    weights = list(article$start$wh, article$start$wout),
    biases = list(article$start$bh, article$start$bout)
  )
}

test_that("the article's network is met to 1e-12 after 1, 10, 100 and 5000 epochs", {
  article <- reference("article")
  for (epochs in names(article$after)) {
    after <- article$after[[epochs]]
    fit <- nn_train(article$X, article$Y, epochs = as.integer(epochs), lr = article$lr, start = article_start(article))
    wanted <- list(after$wh, after$wout, after$bh, after$bout)
    expect_lt(largest_difference(c(fit$weights, fit$biases), wanted), 1e-12)
    expect_lt(largest_difference(nn_predict(fit, article$X), after$output), 1e-12)
  }
})

test_that("one iteration gives the article's printed tables, to one unit of the last place", {
  tables <- reference("article_tables")
  printed <- tables$step_1_start
  start <- list(weights = list(printed$wh, printed$wout), biases = list(printed$bh, printed$bout))
  before <- nn_train(tables$X, tables$y, epochs = 0, start = start, preset = "textbook")
  after <- nn_train(tables$X, tables$y, epochs = 1, lr = tables$lr, start = start, preset = "textbook")

  expect_lte(largest_difference(nn_predict(before, tables$X), tables$step_4_output), 0.01 + 1e-9)
  expect_lte(largest_difference(after$weights[[2]], tables$step_10_wout), 0.01)
  expect_lte(largest_difference(after$weights[[1]], tables$step_10_wh), 0.01)
  expect_lte(largest_difference(after$biases[[1]], tables$step_11_bh), 0.01)
  expect_lte(largest_difference(after$biases[[2]], tables$step_11_bout), 0.01)
  # Half the sum of the squares of the printed errors.
  expect_equal(after$history$loss, sum(tables$step_5_E^2) / 2, tolerance = 0.02)
})

test_that("activations have the reference's values and derivatives to 1e-10", {
  file <- reference("activations")
  names(file$activations) <- sub("_(0.01|1|erf)$", "", names(file$activations))
  names(file$activations)[names(file$activations) == "identity"] <- "linear"
  start <- list(weights = list(matrix(1), matrix(1)), biases = list(0, 0))
  for (name in names(file$activations)) {
    wanted <- file$activations[[name]]
    fit <- nn_train(file$z, wanted$value, epochs = 0, start = start, activation = name, output = "linear", loss = "sse")
    expect_lt(largest_difference(nn_predict(fit, file$z), wanted$value), 1e-10)
    # With an error of 1 and weights of 1, a step of 1 moves the hidden bias by minus the derivative.
    steps <- vapply(seq_along(file$z), function(i) {
      one <- nn_train(
        file$z[i], wanted$value[i] - 1, epochs = 1, lr = 1, start = start,
        activation = name, output = "linear", loss = "sse"
      )
      -one$biases[[1]]
    }, 0)
    expect_lt(largest_difference(steps, wanted$derivative), 1e-10)
  }
})

test_that("losses and their gradients agree with the reference to 1e-10", {
  file <- reference("losses")
  pairs <- list(
    sse_half_sum_identity_output = c("linear", "sse"), sse_half_sum_sigmoid_output = c("sigmoid", "sse"),
    mse_mean_identity_output = c("linear", "mse"), mae_mean = c("linear", "mae"),
    huber_delta1_mean = c("linear", "huber"),
    binary_cross_entropy_mean_logits = c("sigmoid", "binary_cross_entropy"),
    cross_entropy_mean_softmax_logits = c("softmax", "cross_entropy"), poisson_mean_log_link = c("exp", "poisson")
  )
  k <- ncol(file$z)
  for (name in names(pairs)) {
    wanted <- file$losses[[name]]
    y <- if (is.matrix(wanted$y)) wanted$y else factor(wanted$y, levels = seq_len(k) - 1L)
    # Weights of one and no hidden layer: the inputs are the logits.
    fit <- nn_train(
      file$z, y, epochs = 1, lr = 1, output = pairs[[name]][1], loss = pairs[[name]][2],
      start = list(weights = list(diag(k)), biases = list(rep(0, k)))
    )
    expect_equal(fit$history$loss, wanted$loss, tolerance = 1e-12, label = name)
    gradient <- diag(k) - fit$weights[[1]]
    expect_lt(largest_difference(gradient, crossprod(file$z, wanted$gradient_wrt_z)), 1e-10)
    expect_lt(largest_difference(-fit$biases[[1]], colSums(wanted$gradient_wrt_z)), 1e-10)
  }
})

test_that("gradients of a deep network agree with the reference to 1e-10 for every activation", {
  file <- reference("gradients")
  names(file$gradients) <- sub("_(0.01|1|erf)$", "", names(file$gradients))
  names(file$gradients)[names(file$gradients) == "identity"] <- "linear"
  start <- list(weights = layers_of(file$start_weights), biases = biases_of(file$start_biases))
  for (name in names(file$gradients)) {
    wanted <- file$gradients[[name]]
    fit <- nn_train(
      file$X, file$Y, epochs = 1, lr = 1, start = start,
      activation = name, output = "linear", loss = "sse"
    )
    expect_equal(fit$history$loss, wanted$sse, tolerance = 1e-12, label = name)
    steps <- Map(`-`, start$weights, fit$weights)
    expect_lt(largest_difference(steps, layers_of(wanted$grad_weights)), 1e-10)
    expect_lt(largest_difference(Map(`-`, start$biases, fit$biases), biases_of(wanted$grad_biases)), 1e-10)
  }
})

test_that("ten steps of every optimizer agree with the reference to 1e-10", {
  file <- reference("optimizers")
  rules <- list(
    sgd = opt_sgd(), momentum_0.9 = opt_momentum(), nesterov_0.9 = opt_nesterov(),
    `rmsprop_rho0.99_eps1e-8` = opt_rmsprop(), `adagrad_eps1e-10` = opt_adagrad(),
    `adam_0.9_0.999_1e-8` = opt_adam(), adamw_decay0.01_weights_only = opt_adamw(),
    `rprop_0.5_1.2_min1e-6_max50_start_lr` = opt_rprop()
  )
  y <- factor(file$class0, levels = 0:2)
  start <- list(weights = layers_of(file$start_weights), biases = biases_of(file$start_biases))
  for (name in names(rules)) {
    wanted <- file$after_10_steps[[name]]
    fit <- nn_train(
      file$X, y, epochs = 10, lr = file$lr, start = start, activation = "tanh",
      optimizer = rules[[name]], batch_size = nrow(file$X)
    )
    expect_lt(largest_difference(fit$weights, layers_of(wanted$weights)), 1e-10, label = name)
    expect_lt(largest_difference(fit$biases, biases_of(wanted$biases)), 1e-10, label = name)
    expect_lt(largest_difference(fit$history$loss, wanted$loss_before_each_step), 1e-10, label = name)
  }
})

test_that("single precision follows the reference to about 1e-5", {
  article <- reference("article")
  fit <- nn_train(
    article$X, article$Y, epochs = 100, lr = article$lr, start = article_start(article), precision = "single"
  )
  after <- article$after[["100"]]
  expect_lt(largest_difference(fit$weights, list(after$wh, after$wout)), 1e-5)
  expect_lt(largest_difference(nn_predict(fit, article$X), after$output), 1e-5)
})
