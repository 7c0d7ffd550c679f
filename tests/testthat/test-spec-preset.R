test_that("the matrix method is the textbook's, to the last bit, and a table's with preset = \"textbook\" as well", {
  fit <- nn_train(article_X, article_Y, 3, 50, 0.1, seed = 1)
  typed <- nn_train(article_X, article_Y,
    hidden = 3, epochs = 50, lr = 0.1, activation = "sigmoid", optimizer = "gd", batch_size = NULL, ensemble = 1, standardize = FALSE,
    embed = NULL, penalty = 0, dropout = 0, validation = NULL, precision = "double", seed = 1
  )
  expect_same_bits(fit, typed)
  expect_identical(fit$settings$preset, "textbook")
  expect_identical(as.list(formals(nn_train.default))[training_arguments], training_defaults)
  table <- nn_train(mpg ~ wt, mtcars, preset = "textbook", seed = 1)
  expect_identical(table$settings$sizes, c(1L, 3L, 1L))
  expect_identical(table$epochs_done, 1000L)
})

test_that("nothing typed gives an ensemble that is better than the textbook's network", {
  train <- seq(1, 150, by = 2)
  fit <- nn_train(Species ~ ., iris[train, ], seed = 1)
  expect_s3_class(fit, "nn_ensemble")
  expect_gt(mean(predict(fit, iris[-train, ])$.pred_class == iris$Species[-train]), 0.9)
  wave <- withr::with_seed(1, data.frame(x = runif(200, -3, 3)))
  wave$y <- sin(2 * wave$x) + withr::with_seed(2, rnorm(200)) / 10
  r2 <- function(fit) 1 - mean((predict(fit, wave)$.pred - wave$y)^2) / var(wave$y)
  expect_gt(r2(nn_train(y ~ x, wave, seed = 1)), 0.97)
  expect_lt(r2(nn_train(y ~ x, wave, preset = "textbook", seed = 1)), 0.5)
})

test_that("the same seed gives the same fit, by set.seed() alone, on any number of threads and in every interface", {
  train <- function(...) {
    set.seed(5)
    nn_train(..., effort = "standard")
  }
  fit <- train(mpg ~ wt + hp, mtcars, threads = 1)
  expect_identical(nn_predict(train(mpg ~ wt + hp, mtcars, threads = 2), mtcars), nn_predict(fit, mtcars))
  expect_identical(nn_predict(train(mtcars[c("wt", "hp")], mtcars$mpg), mtcars), nn_predict(fit, mtcars), ignore_attr = TRUE)
  X <- as.matrix(mtcars[c("wt", "hp")])
  expect_equal(nn_predict(train(X, mtcars$mpg, preset = "table"), X), nn_predict(fit, mtcars), ignore_attr = TRUE)
})

test_that("hidden = c() is the linear model, as lm(), glm() and multinom() fit it", {
  fit <- nn_train(mpg ~ wt + factor(cyl), mtcars, hidden = c())
  expect_identical(class(fit), "nn_fit")
  expect_equal(nn_predict(fit, mtcars)[, 1], fitted(lm(mpg ~ wt + factor(cyl), mtcars)), tolerance = 1e-6)
  expect_identical(fit$rows, 32L)
  expect_null(fit$inputs$encoding)
  expect_null(fit$outcome$limits)
  fit <- nn_train(factor(am) ~ wt, mtcars, hidden = c())
  expect_equal(nn_predict(fit, mtcars)[, 1], fitted(glm(am ~ wt, binomial, mtcars)), tolerance = 1e-5)
  skip_if_not_installed("nnet")
  fit <- nn_train(Species ~ Sepal.Length, iris, hidden = c())
  classes <- nnet::multinom(Species ~ Sepal.Length, iris, trace = FALSE, maxit = 500, reltol = 1e-14)
  expect_equal(nn_predict(fit, iris), fitted(classes), tolerance = 1e-4, ignore_attr = TRUE)
})

test_that("what is typed wins, and what does not go with it gives way", {
  settings <- function(...) nn_train(mpg ~ ., mtcars, epochs = 2, seed = 1, ...)$settings
  typed <- settings(hidden = c(7, 3), activation = "relu", lr = 0.1, ensemble = 2, embed = NULL, clip_norm = NULL)
  expect_identical(typed[c("hidden", "ensemble")], list(hidden = c(7L, 3L), ensemble = 2L))
  expect_identical(typed$activation, c("relu", "relu"))
  expect_identical(typed$lr, 0.1)
  expect_null(typed$clip_norm)
  expect_null(typed$embed)
  expect_length(typed$blend, 0L)
  descent <- settings(optimizer = "gd")
  expect_identical(descent$lr, 0.1)
  expect_s3_class(descent$architecture, "nn_layers")
  # L-BFGS knows of no layers that learn faster than others.
  expect_identical(settings(optimizer = "lbfgs")$hidden, c(64L, 32L))
  expect_null(settings(optimizer = "lbfgs")$architecture)
  expect_null(descent$clip_norm)
  expect_identical(settings(restarts = 2)$ensemble, 1L)
  expect_identical(settings(keep_weights = 1)$ensemble, 1L)
  blind <- settings(validation = NULL)
  expect_null(blind$stop_iter)
  expect_identical(blind$ensemble, 8L)
  given <- settings(validation = mtcars[1:5, ])
  expect_identical(given$validation, "given")
  expect_error(settings(preset = "textbook", effort = "quick"), class = "backprop_error_incompatible")
  expect_error(settings(preset = "article"), class = "backprop_error_choice")
  expect_error(settings(effort = "some"), class = "backprop_error_choice")
})

test_that("the preset looks at rows, columns and outcome", {
  chosen <- function(n, numeric = 5, levels = 0, y = rnorm(n), effort = "standard", sparse = FALSE) {
    table <- list(n = n, numeric = numeric, levels = levels, inputs = numeric + levels, sparse = sparse, outcome = read_outcome(y))
    choose_for_table(table, effort)
  }
  expect_identical(chosen(20)$optimizer, "lbfgs")
  expect_null(chosen(20)$validation)
  expect_identical(chosen(200)$hidden, nn_layers(layer_scale(lr_factor = 6), 64, 32))
  expect_identical(chosen(2000)$hidden, nn_layers(layer_scale(lr_factor = 6), 128, 64))
  expect_null(chosen(200, numeric = 100)$embed)
  expect_s3_class(chosen(200)$embed, "nn_embedding")
  expect_identical(chosen(200, effort = "quick")$ensemble, 1)
  expect_null(chosen(200, effort = "quick")$blend)
  expect_true("log" %in% chosen(200, y = exp(rnorm(200) * 2))$blend)
  expect_false("log" %in% chosen(200)$blend)
  expect_false(chosen(100, y = factor(rep(1:2, 50)))$clip_predictions)
})

test_that("missing values, weights, families, rare levels and few rows are no obstacles", {
  gaps <- airquality
  fit <- suppressMessages(nn_train(Ozone ~ ., gaps, na_action = "impute", seed = 1))
  expect_false(anyNA(nn_predict(fit, gaps)))
  expect_s3_class(nn_train(mpg ~ wt, mtcars, case_weights = hp, seed = 1), "nn_ensemble")
  expect_s3_class(nn_train(factor(am) ~ wt, mtcars, class_weights = "balanced", seed = 1), "nn_ensemble")
  expect_s3_class(nn_train(carb ~ wt, mtcars, output = "exp", loss = "poisson", seed = 1), "nn_ensemble")
  expect_s3_class(nn_train(cbind(mpg, hp) ~ wt, mtcars, seed = 1), "nn_ensemble")
  few <- nn_train(dist ~ speed, cars[c(1, 20, 50), ], seed = 1)
  expect_true(all(is.finite(nn_predict(few, cars))))
  data <- withr::with_seed(1, data.frame(g = factor(c(rep(letters[1:3], 30), letters[4:8])), x = rnorm(95), y = rnorm(95)))
  fit <- nn_train(y ~ ., data, seed = 1)
  expect_identical(fit$inputs$names, c("ga", "gb", "gc", "g(rare)", "x"))
  expect_warning(p <- nn_predict(fit, data.frame(g = c("d", "zz"), x = 0)), class = "backprop_warning_new_level")
  expect_identical(p[1], p[2])
})

test_that("constant and near-constant columns, integer codes and collinear columns do no harm", {
  data <- withr::with_seed(1, data.frame(a = rnorm(100), code = sample(1:4, 100, TRUE)))
  data$y <- data$a + data$code + withr::with_seed(2, rnorm(100)) / 10
  base <- nn_train(y ~ ., data, seed = 1)
  harmed <- cbind(data, constant = 3, nearly = c(1, rep(0, 99)), copy = data$a * 2)
  error <- function(fit, data) sqrt(mean((predict(fit, data)$.pred - data$y)^2))
  expect_lt(error(nn_train(y ~ ., harmed, seed = 1), harmed), 0.3)
  expect_lt(error(base, data), 0.3)
})

test_that("print() and summary() name the preset, what it chose and why", {
  fit <- nn_train(mpg ~ wt + hp, mtcars, seed = 1, threads = 1)
  expect_output(print(fit), "Preset: +table, effort standard")
  expect_output(print(summary(fit)), "Why the preset chose so")
  expect_output(print(summary(fit, data = mtcars)), "RMSE")
  quick <- nn_train(mpg ~ wt + hp, mtcars, effort = "quick", seed = 1, threads = 1)
  expect_output(print(quick), "Preset: +table, effort quick")
  expect_false(any(grepl("Preset", utils::capture.output(print(nn_train(article_X, article_Y, epochs = 1, seed = 1))))))
})

test_that("going on keeps what the preset chose, and chooses nothing anew", {
  fit <- nn_train(Species ~ ., iris, effort = "quick", epochs = 5, seed = 1)
  more <- nn_train(Species ~ ., iris, start = fit, epochs = 5)
  expect_identical(more$settings[c("hidden", "embed", "preset")], fit$settings[c("hidden", "embed", "preset")])
  expect_identical(nn_train(Species ~ ., iris, effort = "quick", epochs = 10, seed = 1)$weights, more$weights)
})
