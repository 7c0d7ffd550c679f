test_that("the Hessian agrees with differences of the gradient for every loss and output", {
  data <- smooth_data(20)
  # Of absolute errors there is none.
  for (loss in setdiff(names(losses), c("mae", "quantile"))) {
    for (output in losses[[loss]]$outputs) {
      known <- list(X = data$X, Y = outcome_for(losses[[loss]]$needs, 20))
      fit <- nn_train(
        known$X, known$Y,
        hidden = c(3, 2), activation = c("tanh", "gelu"), loss = loss, output = output, epochs = 5, lr = 1e-3, standardize = TRUE, seed = 1
      )
      H <- nn_hessian(fit, known$X, known$Y)
      expect_true(isSymmetric(H))
      expect_identical(nrow(H), as.integer(count_parameters(fit)))
      expect_lt(max(abs(unname(H) - unname(numeric_hessian(fit, known)))), 1e-6 * max(1, abs(H)), label = paste(loss, output))
    }
  }
})

test_that("the Hessian counts the penalty and the weights of rows", {
  data <- smooth_data(20)
  data$case_weights <- rep(1:2, 10)
  fit <- nn_train(data$X, data$Y, hidden = 2, activation = "tanh", epochs = 5, seed = 1)
  fit$settings$penalty <- 0.3
  expect_lt(max(abs(
    unname(nn_hessian(fit, data$X, data$Y, data$case_weights)) - unname(numeric_hessian(fit, data))
  )), 1e-6)
})

test_that("the Hessian is half of nnet's, whose objective is twice ours", {
  skip_if_not_installed("nnet")
  data <- smooth_data(40)
  theirs <- withr::with_seed(1, nnet::nnet(data$X, data$Y, size = 2, linout = TRUE, Hess = TRUE, trace = FALSE, maxit = 30))
  # nnet's order: unit by unit, the bias before the inputs; its hidden units are sigmoid.
  wts <- theirs$wts
  start <- list(
    weights = list(cbind(wts[2:4], wts[6:8]), matrix(wts[10:11])),
    biases = list(wts[c(1, 5)], wts[9])
  )
  ours <- nn_train(data$X, data$Y, loss = "sse", output = "linear", start = start, epochs = 0)
  order <- c(2:4, 6:8, 1, 5, 10:11, 9)
  expect_equal(unname(2 * nn_hessian(ours, data$X, data$Y)), unname(theirs$Hessian[order, order]), tolerance = 1e-6)
})

test_that("the Hessian of a softmax network, times the rows, is nnet's", {
  skip_if_not_installed("nnet")
  # Early in training: nnet cuts sigmoids off at 15.
  theirs <- withr::with_seed(1, {
    nnet::nnet(Species ~ Sepal.Length + Petal.Width, iris, size = 2, Hess = TRUE, trace = FALSE, maxit = 2, rang = 0.3)
  })
  wts <- theirs$wts
  start <- list(
    weights = list(cbind(wts[2:3], wts[5:6]), cbind(wts[8:9], wts[11:12], wts[14:15])),
    biases = list(wts[c(1, 4)], wts[c(7, 10, 13)])
  )
  X <- as.matrix(iris[c("Sepal.Length", "Petal.Width")])
  ours <- nn_train(X, iris$Species, start = start, epochs = 0)
  order <- c(2:3, 5:6, 1, 4, 8:9, 11:12, 14:15, 7, 10, 13)
  expect_equal(unname(150 * nn_hessian(ours, X, iris$Species)), unname(theirs$Hessian[order, order]), tolerance = 1e-6)
})
