test_that("a name and its object with default hyperparameters are one", {
  data <- smooth_data()
  for (name in names(optimizers)) {
    made <- do.call(paste0("opt_", name), list())
    expect_identical(made, read_optimizer(name))
    by_name <- nn_train(data$X, data$Y, epochs = 2, optimizer = name, seed = 1)
    expect_same_bits(by_name, nn_train(data$X, data$Y, epochs = 2, optimizer = made, seed = 1))
  }
})

test_that("hyperparameters change the fit", {
  data <- smooth_data()
  train <- function(optimizer) nn_train(data$X, data$Y, epochs = 5, optimizer = optimizer, seed = 1)$weights
  expect_false(identical(train(opt_adam()), train(opt_adam(beta1 = 0.5))))
  expect_false(identical(train(opt_momentum()), train(opt_momentum(momentum = 0.5))))
  expect_equal(train(opt_momentum(momentum = 0)), train(opt_sgd()), tolerance = 1e-14)
})

test_that("hyperparameters out of range are refused", {
  expect_snapshot(error = TRUE, {
    opt_momentum(1)
    opt_adam(beta1 = -0.1)
    opt_adam(beta2 = NA)
    opt_adamw(weight_decay = -1)
    opt_rmsprop(epsilon = 0)
    opt_rprop(eta_plus = 0.5)
    opt_rprop(step_min = 1, step_max = 0.1)
    opt_lbfgs(memory = 0)
    opt_lbfgs(value_tolerance = -1)
  })
})

test_that("the memory of L-BFGS follows the size of the network", {
  memory <- function(...) nn_train(article_X, article_Y, ..., epochs = 0, seed = 1)$settings$optimizer$memory
  expect_identical(memory(optimizer = "lbfgs"), 100)
  expect_identical(memory(optimizer = "lbfgs", hidden = 1000), 16)
  expect_identical(memory(optimizer = "lbfgs", hidden = 5000), 10)
  expect_identical(memory(optimizer = opt_lbfgs(memory = 7)), 7)
})
