weighted <- function(..., epochs = 30, seed = 1) {
  nn_train(..., preset = "textbook", hidden = 4, activation = "tanh", epochs = epochs, seed = seed)
}

test_that("weight 2 equals the row twice, to 1e-12 in full batches, for every loss", {
  data <- smooth_data(20)
  twice <- c(1:20, 1:5)
  w <- rep(c(2, 1), c(5, 15))
  Y <- abs(data$Y) / max(abs(data$Y))
  outputs <- list(
    sse = "linear", mse = "linear", mae = "linear", huber = "linear", quantile = "linear",
    binary_cross_entropy = "sigmoid", poisson = "exp"
  )
  for (loss in names(outputs)) {
    for (optimizer in c("gd", "rprop", "adam", "lbfgs")) {
      train <- function(rows, ...) {
        weighted(data$X[rows, ], Y[rows], ...,
          standardize = TRUE, loss = loss, output = outputs[[loss]], optimizer = optimizer, batch_size = 25, lr = 0.01, epochs = 10
        )
      }
      a <- train(1:20, case_weights = w)
      b <- train(twice)
      # A subgradient at a kink may fall either way, and L-BFGS amplifies rounding.
      close <- if (optimizer == "lbfgs") 1e-6 else 1e-12
      expect_lt(largest_difference(a$weights, b$weights), close, label = paste(loss, optimizer))
      expect_lt(largest_difference(a$history$loss, b$history$loss), close, label = paste(loss, optimizer))
      expect_equal(a$inputs, b$inputs, tolerance = 1e-13)
      expect_equal(a$outcome, b$outcome, tolerance = 1e-13)
    }
  }
  expect_identical(weighted(data$X, Y, case_weights = w)$total_weight, 25)
})

test_that("rows of weight 0 are left out before anything else", {
  data <- smooth_data(30)
  w <- rep(c(0, 1, 0.5), 10)
  a <- weighted(data$X, data$Y, case_weights = w, standardize = TRUE, optimizer = "adam", batch_size = 8)
  b <- weighted(data$X[w > 0, ], data$Y[w > 0], case_weights = w[w > 0], standardize = TRUE, optimizer = "adam", batch_size = 8)
  expect_same_bits(a, b)
  expect_identical(a$rows, 20L)
  kept <- weighted(data$X, data$Y, case_weights = w, keep = "data")
  expect_identical(kept$data$case_weights, w)
})

test_that("standardising moments are weighted", {
  data <- smooth_data(20)
  w <- withr::with_seed(1, runif(20, 1, 3))
  fit <- weighted(data$X, data$Y, case_weights = w, standardize = TRUE, epochs = 1)
  center <- colSums(w * data$X) / sum(w)
  expect_equal(fit$inputs$center, center)
  expect_equal(fit$inputs$scale, sqrt(colSums(w * t(t(data$X) - center)^2) / (sum(w) - 1)))
})

test_that("class weights multiply the rows of each class", {
  of_class <- c(setosa = 1, versicolor = 3, virginica = 2)
  a <- weighted(Species ~ ., iris, class_weights = rev(of_class))
  b <- weighted(Species ~ ., iris, case_weights = unname(of_class[iris$Species]))
  expect_same_bits(a, b)
  expect_same_bits(a, weighted(Species ~ ., iris, class_weights = unname(of_class)))
  both <- weighted(Species ~ ., iris, class_weights = of_class, case_weights = 1:150)
  expect_same_bits(both, weighted(Species ~ ., iris, case_weights = 1:150 * unname(of_class[iris$Species])))
})

test_that("balanced class weights give all classes the same sum", {
  data <- iris[c(1:10, 51:100, 101:130), ]
  a <- weighted(Species ~ ., data, class_weights = "balanced")
  share <- 90 / 3 / c(setosa = 10, versicolor = 50, virginica = 30)
  expect_same_bits(a, weighted(Species ~ ., data, class_weights = share))
  zero_one <- weighted(as.matrix(data[1:4]), data$Species == "setosa", class_weights = "balanced")
  expect_equal(zero_one$total_weight, 90)
  expect_same_bits(zero_one, weighted(as.matrix(data[1:4]), data$Species == "setosa", class_weights = c("TRUE" = 4.5, "FALSE" = 0.5625)))
})

test_that("weights of rows and classes that cannot be are refused", {
  expect_snapshot(error = TRUE, {
    nn_train(article_X, article_Y, case_weights = c(1, -1, 1))
    nn_train(article_X, article_Y, case_weights = c(1, NA, 1))
    nn_train(article_X, article_Y, case_weights = c(0, 0, 0))
    nn_train(article_X, article_Y, case_weights = 1:2)
    nn_train(article_X, article_Y, case_weights = c("a", "b", "c"))
    nn_train(article_X, 1:3, class_weights = c(1, 2, 3))
    nn_train(article_X, article_Y, class_weights = c(1, 2, 3))
    nn_train(article_X, article_Y, class_weights = c(a = 1, b = 2))
    nn_train(article_X, article_Y, class_weights = c(-1, 2))
    nn_train(article_X, article_Y, class_weights = "equal")
    nn_train(article_X, article_Y, class_weights = c(0, 1), case_weights = c(0, 0, 1))
  })
})

test_that("case weights have to be given again to a fit that goes on", {
  fit <- nn_train(article_X, article_Y, case_weights = 1:3, epochs = 5, seed = 1)
  expect_snapshot(nn_train(article_X, article_Y, start = fit), error = TRUE)
  both <- nn_train(article_X, article_Y, start = fit, case_weights = 1:3, epochs = 5)
  expect_same_bits(both, nn_train(article_X, article_Y, case_weights = 1:3, epochs = 10, seed = 1))
})

# As hardhat makes them, without hardhat.
of_hardhat <- function(weights, class) structure(weights, class = c(class, "hardhat_case_weights", "vctrs_vctr"))

test_that("weights with a class of hardhat's count as the numbers that they are, in every interface", {
  data <- smooth_data(20)
  table <- data.frame(data$X, y = as.vector(data$Y))
  times <- rep(c(2L, 1L, 3L, 0L), 5)
  frequency <- of_hardhat(times, "hardhat_frequency_weights")
  importance <- of_hardhat(times / 3, "hardhat_importance_weights")
  expect_identical(weighted(data$X, data$Y, case_weights = frequency)$weights, weighted(data$X, data$Y, case_weights = times)$weights)
  expect_identical(weighted(data$X, data$Y, case_weights = importance)$weights, weighted(data$X, data$Y, case_weights = times / 3)$weights)
  of_table <- weighted(data.frame(data$X), data$Y, case_weights = frequency)
  expect_identical(of_table$weights, weighted(data.frame(data$X), data$Y, case_weights = times)$weights)
  table$w <- frequency
  expect_identical(weighted(y ~ . - w, table, case_weights = w)$weights, weighted(y ~ . - w, table, case_weights = times)$weights)
})

test_that("frequency weights equal rows that are repeated: predictions and likelihood", {
  data <- smooth_data(20)
  times <- rep(c(2L, 1L, 3L, 0L), 5)
  table <- data.frame(data$X, y = as.vector(data$Y), times = of_hardhat(times, "hardhat_frequency_weights"))
  inputs <- stats::reformulate(setdiff(names(table), c("y", "times")), "y")
  once <- weighted(inputs, table, case_weights = times)
  again <- weighted(inputs, table[rep(1:20, times), ])
  expect_equal(nn_predict(once, table), nn_predict(again, table), tolerance = 1e-12)
  expect_equal(logLik(once, data = table), logLik(again, data = table[rep(1:20, times), ]), tolerance = 1e-10)
})

test_that("a column of weights is no input", {
  table <- data.frame(a = 1:4, w = of_hardhat(c(1, 2, 1, 1), "hardhat_importance_weights"), y = 4:1)
  expect_snapshot(error = TRUE, weighted(y ~ ., table))
  expect_error(weighted(table[c("a", "w")], table$y), class = "backprop_error_column_type")
})
