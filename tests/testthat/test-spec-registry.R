test_that("every activation, output, loss, optimizer and initialisation of the registry trains", {
  data <- smooth_data(20)
  finite <- function(...) {
    fit <- nn_train(data$X, ..., epochs = 3, seed = 1)
    all(is.finite(unlist(fit[c("weights", "biases")])), is.finite(fit$history$loss))
  }
  for (name in names(activations)) expect_true(finite(data$Y, activation = name), label = name)
  for (name in names(optimizers)) expect_true(finite(data$Y, optimizer = name), label = name)
  for (name in names(inits)) expect_true(finite(data$Y, init = name), label = name)
  shares <- exp(data$X) / rowSums(exp(data$X))
  for (loss in names(losses)) {
    for (output in losses[[loss]]$outputs) {
      outcome <- if (losses[[loss]]$needs == "single") shares[, 1] else shares
      expect_true(finite(outcome, output = output, loss = loss), label = paste(output, loss))
    }
  }
})

test_that("each output's own loss works with it", {
  for (output in names(outputs)) {
    expect_true(output %in% losses[[outputs[[output]]]]$outputs)
  }
})

test_that("every argument of the methods is known, and the other way round", {
  for (method in list(nn_train.default, nn_train.data.frame, nn_train.formula)) {
    formal <- setdiff(names(formals(method)), c("X", "Y", "formula", "data", "subset", "..."))
    expect_setequal(formal, training_arguments)
  }
})
