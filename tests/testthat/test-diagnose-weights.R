xor_X <- matrix(c(0, 0, 1, 1, 0, 1, 0, 1), 4)
xor_Y <- matrix(c(0, 1, 1, 0))

equal_start <- function(value, sizes = c(2, 2, 1)) {
  layers <- seq_len(length(sizes) - 1L)
  list(
    weights = lapply(layers, function(l) matrix(value, sizes[l], sizes[l + 1L])),
    biases = lapply(layers, function(l) rep(value, sizes[l + 1L]))
  )
}

copies_in <- function(fit) {
  findings <- nn_diagnose(fit)$findings
  findings$found[findings$check == "copies"]
}

test_that("an all-equal start makes copies, which are named, and a start of zeros too", {
  for (value in c(0, 0.5)) {
    fit <- suppressWarnings(nn_train(xor_X, xor_Y, start = equal_start(value), epochs = 3000, lr = 0.5))
    expect_identical(copies_in(fit), "Hidden units are copies of each other: h1, h2 (2 of 2 in hidden layer 1).")
  }
  data <- smooth_data(40)
  deep <- nn_train(data$X, data$Y, start = equal_start(0.3, c(3, 3, 2, 1)), activation = "tanh", optimizer = "adam", epochs = 50)
  expect_match(copies_in(deep), "h1, h2, h3 (3 of 3 in hidden layer 1); h1, h2 (2 of 2 in hidden layer 2)", fixed = TRUE)
})

test_that("units are copies when all their weights are equal, and only then", {
  data <- smooth_data(30)
  fit <- nn_train(data$X, data$Y, hidden = 5, activation = "tanh", epochs = 20, seed = 1)
  expect_identical(copies_in(fit), character())
  twins <- function(fit, from, to, outgoing = TRUE) {
    fit$weights[[1]][, to] <- fit$weights[[1]][, from]
    fit$biases[[1]][to] <- fit$biases[[1]][from]
    if (outgoing) fit$weights[[2]][to, ] <- fit$weights[[2]][from, ]
    fit
  }
  expect_identical(copies_in(twins(fit, 2, 4, outgoing = FALSE)), character())
  both <- twins(twins(fit, 2, 4), 3, 5)
  expect_match(copies_in(both), "h2, h3, h4, h5 (4 of 5 in hidden layer 1)", fixed = TRUE)
  expect_match(nn_diagnose(both)$findings$evidence, "4 units do the work of 2")
  none <- nn_train(data$X, data$Y, hidden = c(), epochs = 20, seed = 1)
  expect_identical(copies_in(none), character())
  one <- nn_train(data$X, data$Y, hidden = 1, epochs = 20, seed = 1)
  expect_identical(copies_in(one), character())
})

test_that("units that a penalty has made alike are no copies", {
  fit <- nn_train(am ~ disp + hp, data = mtcars, optimizer = "lbfgs", penalty = 0.01, seed = 1, preset = "textbook")
  expect_identical(copies_in(fit), character())
  out <- nn_diagnose(fit)
  expect_identical(out$why[out$skipped == "copies"], "penalty")
})
