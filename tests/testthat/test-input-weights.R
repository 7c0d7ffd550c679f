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
