# Most networks here were not trained, and are far from a minimum and no better than a constant besides.
untrained <- c("baseline", "far_from_minimum", "poor_minimum")
findings_on <- function(fit, data) {
  findings <- nn_diagnose(fit, data)$findings
  findings[!findings$check %in% untrained, ]
}
found_on <- function(fit, data) findings_on(fit, data)$check

test_that("inputs and outcomes far from 0 are named when they were not scaled", {
  X <- as.matrix(mtcars[c("disp", "drat")])
  fit <- nn_train(X, mtcars$mpg, hidden = 2, activation = "tanh", epochs = 0, seed = 1)
  found <- findings_on(fit, list(X = X, Y = mtcars$mpg))
  expect_identical(found$check[1], "unscaled")
  expect_match(found$evidence[1], "disp goes up to 472")
  expect_match(found$evidence[1], "232 times the smallest")
  expect_match(found$found[2], "outcome")
  expect_match(found$evidence[2], "33.9")
  scaled <- nn_train(X, mtcars$mpg, hidden = 2, epochs = 0, standardize = TRUE, seed = 1)
  expect_false("unscaled" %in% found_on(scaled, list(X = X, Y = mtcars$mpg)))
})

test_that("dead and saturated units are named by layer", {
  data <- smooth_data(30)
  fit <- nn_train(data$X, data$Y, hidden = c(3, 2), activation = c("relu", "tanh"), epochs = 0, seed = 1)
  expect_identical(found_on(fit, data), character())
  fit$biases[[1]][2] <- -100
  fit$biases[[2]][1] <- 50
  found <- findings_on(fit, data)
  expect_identical(found$check, c("dead", "saturated"))
  expect_match(found$found[1], "h2 (1 of 3 in hidden layer 1)", fixed = TRUE)
  expect_match(found$found[2], "h1 (1 of 2 in hidden layer 2)", fixed = TRUE)
})

test_that("predictions that do not move are named", {
  data <- smooth_data(30)
  fit <- nn_train(data$X, data$Y, hidden = 2, activation = "tanh", epochs = 0, seed = 1)
  fit$weights[[2]][] <- 0
  expect_identical(found_on(fit, data), "constant")
  classes <- nn_train(iris[1:4], iris$Species, hidden = 2, activation = "tanh", epochs = 0, seed = 1, preset = "textbook")
  classes$biases[[2]][2] <- 20
  found <- findings_on(classes, list(X = iris[1:4], Y = iris$Species))
  expect_identical(found$check, "constant")
  expect_match(found$found, "versicolor")
})

test_that("a rare class is named, with how much of it is found", {
  rows <- c(1:50, 51:53)
  few <- droplevels(iris[rows, ])
  fit <- nn_train(Species ~ ., data = few, hidden = 2, activation = "tanh", epochs = 300, seed = 1, preset = "textbook")
  found <- nn_diagnose(fit, few)$findings
  expect_true("imbalance" %in% found$check)
  expect_match(found$evidence[found$check == "imbalance"], "5.7 % of the rows are \"versicolor\"")
  fit$settings$class_weights <- "balanced"
  expect_false("imbalance" %in% found_on(fit, few))
})

test_that("many rows are thinned out", {
  data <- smooth_data(5200)
  fit <- nn_train(data$X, data$Y, hidden = 2, activation = "tanh", epochs = 0, seed = 1)
  expect_identical(nrow(diagnosis_problem(fit, data, quote(f()))$x), 5000L)
  expect_identical(found_on(fit, data), character())
})
