learn <- function(..., seed = 1) {
  nn_train(..., preset = "textbook", hidden = 6, activation = "tanh", optimizer = "adam", lr = 0.02, seed = seed)
}

test_that("a share of every class is split off, and does not train", {
  fit <- learn(Species ~ ., data = iris, validation = 0.2, epochs = 5, keep = "data")
  expect_identical(fit$rows, 120L)
  expect_identical(fit$validation_count, 30L)
  held <- fit$data$case_weights == 0
  expect_identical(fit$validation_rows, which(held))
  expect_identical(as.vector(table(iris$Species[held])), c(10L, 10L, 10L))
  expect_equal(unname(fit$inputs$center), unname(colMeans(iris[!held, 1:4])))
  shares <- nn_predict(fit, iris[held, ])
  best <- fit$best$epoch
  expect_identical(best, which.min(fit$history$validation_loss))
  expect_equal(fit$history$validation_loss[best], -mean(log(shares[cbind(1:30, as.integer(iris$Species[held]))])))
  expect_equal(fit$history$validation_accuracy[best], mean(max.col(shares) == as.integer(iris$Species[held])))
  expect_equal(fit$final_validation_loss, fit$history$validation_loss[best])
})

test_that("the split follows the seed", {
  held <- function(seed) learn(Species ~ ., data = iris, validation = 0.2, epochs = 0, keep = "data", seed = seed)$data$case_weights
  expect_identical(held(1), held(1))
  expect_false(identical(held(1), held(2)))
})

test_that("rows that are given validate by the blueprint of the training rows", {
  data <- mixed_table(60)
  train <- data[1:40, ]
  other <- data[41:60, ]
  by_formula <- learn(y ~ ., data = train, validation = other, epochs = 5)
  expect_identical(by_formula$validation_count, 20L)
  expect_identical(by_formula$validation_rows, integer())
  scaled <- (other$y - nn_predict(by_formula, other)) / by_formula$outcome$scale
  expect_equal(by_formula$history$validation_loss[by_formula$best$epoch], mean(scaled^2))
  inputs <- setdiff(names(data), "y")
  by_table <- learn(train[inputs], train$y, validation = list(X = other[inputs], Y = other$y), epochs = 5)
  expect_equal(by_table$history, by_formula$history)
  X <- as.matrix(iris[1:4])
  by_matrix <- learn(X[1:100, ], X[1:100, 1] > 5, validation = list(X = X[101:150, 4:1], Y = X[101:150, 1] > 5), epochs = 3)
  same <- learn(X[1:100, ], X[1:100, 1] > 5, validation = list(X = X[101:150, ], Y = X[101:150, 1] > 5), epochs = 3)
  expect_same_bits(by_matrix, same)
})

test_that("validation rows may have weights and offsets", {
  data <- smooth_data(40)
  counts <- round(exp(data$Y))
  fit <- learn(data$X, counts,
    output = "exp", offset = rep(0.1, 40), epochs = 4,
    validation = list(X = data$X[1:10, ], Y = counts[1:10], offset = rep(0.2, 10), case_weights = 1:10)
  )
  p <- drop(nn_predict(fit, data$X[1:10, ], offset = 0.2))
  expect_equal(fit$final_validation_loss, weighted.mean(p - counts[1:10] * log(p), 1:10))
})

test_that("training stops when the validation loss does not fall, and the best weights are restored", {
  data <- smooth_data(60)
  fit <- learn(data$X, data$Y, validation = 0.3, stop_iter = 5, epochs = 2000)
  expect_identical(fit$status, "converged")
  curve <- fit$history$validation_loss
  expect_identical(fit$best$epoch, which.min(curve))
  expect_identical(nrow(fit$history), fit$best$epoch + 5L)
  expect_equal(fit$final_validation_loss, min(curve))
  # The last state is kept beside the best, and training goes on from it.
  expect_false(identical(fit$last$weights, fit$weights))
  more <- learn(data$X, data$Y, start = fit, epochs = 3)
  longer <- learn(data$X, data$Y, validation = 0.3, epochs = nrow(fit$history) + 3L)
  expect_identical(more$history$loss, longer$history$loss)
})

test_that("a better epoch of an earlier training stays the best", {
  data <- smooth_data(60)
  train <- function(...) learn(data$X, data$Y, ..., validation = 0.3, stop_iter = 30)
  whole <- train(epochs = 120)
  half <- train(epochs = whole$best$epoch + 10L)
  both <- train(start = half, epochs = 120 - half$epochs_done)
  expect_same_bits(both, whole)
  expect_identical(both$best, whole$best)
  expect_identical(both$status, whole$status)
  # After it has converged, a training waits anew.
  more <- train(start = whole, epochs = 50)
  expect_identical(more$best$epoch >= whole$best$epoch, TRUE)
  expect_gt(more$epochs_done, whole$epochs_done + 10L)
})

test_that("tol asks for a relative fall, and without validation rows the training loss counts", {
  fit <- learn(article_X, article_Y, stop_iter = 3, tol = 0.05, epochs = 500)
  expect_identical(fit$status, "converged")
  expect_lt(nrow(fit$history), 500L)
  expect_true(all(is.na(fit$history$validation_loss)))
})

test_that("without stop_iter all epochs are made, and the weights of the best one stay", {
  data <- smooth_data(40)
  # That it goes on too long is what is asked for.
  fit <- suppressWarnings(learn(data$X, data$Y, validation = 0.25, epochs = 400), classes = "backprop_warning")
  expect_identical(fit$status, "completed")
  expect_identical(nrow(fit$history), 400L)
  best <- which.min(fit$history$validation_loss)
  expect_lt(best, 400L)
  expect_identical(fit$best$epoch, best)
  expect_equal(fit$final_validation_loss, fit$history$validation_loss[best])
  # The same weights as of a training that ends there.
  ended <- learn(data$X, data$Y, validation = 0.25, epochs = best)
  expect_identical(ended$weights, fit$weights)
  # Going on is from the last ones.
  more <- suppressWarnings(learn(data$X, data$Y, start = fit, epochs = 10))
  expect_identical(more$history, suppressWarnings(learn(data$X, data$Y, validation = 0.25, epochs = 410))$history)
  without <- learn(data$X, data$Y, epochs = 20)
  expect_null(without$best)
  expect_null(without$last)
})

# Measures in R, of predictions on the rows held back.
reference_metric <- function(metric, p, y) {
  shares <- cbind(1 - p, p)
  truth <- cbind(1 - y, y)
  switch(metric,
    log_loss = -mean(rowSums(truth * log(shares))),
    brier = mean(rowSums((truth - shares)^2)),
    accuracy = mean((p > 0.5) == (y > 0.5)),
    auc = mean(outer(p[y == 1], p[y == 0], function(a, b) (a > b) + (a == b) / 2)),
    deviance = -2 * mean(rowSums(truth * log(shares)))
  )
}

test_that("stop_metric chooses the best epoch by what it says", {
  data <- withr::with_seed(3, data.frame(a = rnorm(120), b = rnorm(120)))
  data$class <- withr::with_seed(4, factor(ifelse(data$a * data$b + rnorm(120) > 0, "yes", "no")))
  for (metric in c("log_loss", "brier", "accuracy", "auc", "deviance")) {
    fit <- learn(class ~ ., data = data, validation = 0.3, stop_metric = metric, epochs = 60)
    measured <- fit$history$validation_metric
    falls <- !metric %in% c("accuracy", "auc")
    expect_identical(fit$best$epoch, if (falls) which.min(measured) else which.max(measured))
    expect_identical(fit$best$loss, if (falls) min(measured) else -max(measured))
    held <- data[fit$validation_rows, ]
    found <- reference_metric(metric, nn_predict(fit, held)[, 1], as.double(held$class == "yes"))
    expect_equal(measured[fit$best$epoch], found, tolerance = 1e-10)
    expect_identical(learn(class ~ ., data = data, validation = 0.3, stop_metric = metric, epochs = 60, threads = 2)$history, fit$history)
  }
  fit <- learn(mpg ~ wt + hp, data = mtcars, validation = 0.3, stop_metric = "mae", epochs = 60)
  held <- mtcars[fit$validation_rows, ]
  expect_equal(min(fit$history$validation_metric) * fit$outcome$scale, mean(abs(held$mpg - nn_predict(fit, held))))
  plain <- learn(mpg ~ wt + hp, data = mtcars, validation = 0.3, epochs = 60)
  expect_identical(learn(mpg ~ wt + hp, data = mtcars, validation = 0.3, stop_metric = "loss", epochs = 60)$history, plain$history)
})

test_that("going on without validation is from the last weights, and with another judge from none of the earlier best", {
  data <- smooth_data(60)
  fit <- suppressWarnings(learn(data$X, data$Y, validation = 0.25, epochs = 300))
  expect_lt(fit$best$epoch, 300L)
  free <- nn_train(data$X, data$Y, start = fit, validation = NULL, epochs = 5)
  expect_null(free$best)
  expect_false(identical(free$weights, fit$weights))
  expect_null(free$last)
  # The same as going on from the last weights by hand.
  by_hand <- fit
  by_hand[names(fit$last)] <- fit$last
  by_hand[c("best", "last")] <- NULL
  class(by_hand) <- "nn_fit"
  expect_identical(nn_train(data$X, data$Y, start = by_hand, validation = NULL, epochs = 5)$weights, free$weights)
  other <- suppressWarnings(nn_train(data$X, data$Y, start = fit, validation = 0.4, epochs = 5))
  expect_gt(other$best$epoch, 300L)
  measured <- suppressWarnings(nn_train(data$X, data$Y, start = fit, stop_metric = "mae", epochs = 5))
  expect_gt(measured$best$epoch, 300L)
  expect_identical(measured$best$loss, min(measured$history$validation_metric, na.rm = TRUE))
  back <- suppressWarnings(nn_train(data$X, data$Y, start = measured, validation = NULL, epochs = 2))
  expect_null(back$settings$stop_metric)
  decayed <- learn(data$X, data$Y, penalty = 0.1, decay_schedule = "cosine", epochs = 3)
  expect_identical(nn_train(data$X, data$Y, start = decayed, optimizer = "lbfgs", epochs = 2)$settings$decay_schedule$name, "constant")
})

test_that("a stop_metric that does not fit is refused by name", {
  expect_snapshot(error = TRUE, {
    nn_train(mpg ~ wt, mtcars, preset = "textbook", validation = 0.2, stop_metric = "auc")
    nn_train(Species ~ ., iris, preset = "textbook", validation = 0.2, stop_metric = "rmse")
    nn_train(Species ~ ., iris, preset = "textbook", validation = 0.2, stop_metric = "auc")
    nn_train(Species ~ ., iris, preset = "textbook", stop_metric = "accuracy")
    nn_train(Species ~ ., iris, preset = "textbook", validation = 0.2, stop_metric = "r2")
    nn_train(mpg ~ wt, mtcars, preset = "textbook", validation = 0.2, loss = loss_quantile(c(0.1, 0.9)), stop_metric = "rmse")
    nn_train(mpg ~ wt, mtcars, preset = "textbook", validation = 0.2, loss = "mae", stop_metric = "deviance")
  })
})

test_that("decay_schedule and dropout_schedule multiply what they are of, and a constant one changes no bit", {
  data <- smooth_data(40)
  train <- function(...) nn_train(data$X, data$Y, hidden = 4, activation = "tanh", optimizer = "adam", lr = 0.01, batch_size = 10, seed = 1, ...)
  whole <- train(epochs = 20, penalty = 0.1, decay_schedule = schedule_step(0.5, every = 10))
  half <- train(epochs = 10, penalty = 0.1)
  joined <- nn_train(data$X, data$Y, start = half, epochs = 10, penalty = 0.05)
  expect_identical(whole$weights, joined$weights)
  # The objective tells of the penalty as it was.
  expect_equal(whole$history$loss, joined$history$loss)
  half <- train(epochs = 10, dropout = 0.4)
  joined <- nn_train(data$X, data$Y, start = half, epochs = 10, dropout = 0.2)
  expect_identical(train(epochs = 20, dropout = 0.4, dropout_schedule = schedule_step(0.5, every = 10))$weights, joined$weights)
  plain <- train(epochs = 20, penalty = 0.1, dropout = 0.4)
  expect_same_bits(plain, train(epochs = 20, penalty = 0.1, dropout = 0.4, decay_schedule = "constant", dropout_schedule = "constant"))
  decayed <- function(...) {
    nn_train(data$X, data$Y, hidden = 4, optimizer = opt_adamw(weight_decay = 0.5), lr = 0.01, epochs = 5, seed = 1, decay_schedule = schedule_exponential(0.5), ...)
  }
  expect_same_bits(decayed(), decayed(threads = 2))
  step <- nn_trace(data$X, data$Y,
    hidden = 2, optimizer = opt_adamw(weight_decay = 0.5), batch_size = 40, decay_schedule = schedule_exponential(0.5), steps = 3, seed = 1
  )
  expect_error(train(decay_schedule = "plateau"), class = "backprop_error_incompatible")
  expect_error(nn_train(data$X, data$Y, optimizer = "lbfgs", decay_schedule = "cosine"), class = "backprop_error_incompatible")
})

test_that("both curves and the accuracies are in the history", {
  fit <- learn(Species ~ ., data = iris, validation = 0.2, epochs = 3)
  expect_named(fit$history, c("epoch", "loss", "validation_loss", "lr", "accuracy", "validation_accuracy"))
  expect_false(anyNA(fit$history))
  expect_named(learn(article_X, article_Y, epochs = 1)$history, c("epoch", "loss", "validation_loss", "lr"))
})

test_that("a validation that cannot be is refused", {
  table_fit <- function(...) nn_train(Species ~ ., data = iris, ..., preset = "textbook")
  given <- nn_train(article_X, article_Y, validation = list(X = article_X, Y = article_Y), epochs = 1, seed = 1)
  expect_snapshot(error = TRUE, {
    nn_train(article_X, article_Y, validation = 0)
    nn_train(article_X, article_Y, validation = 1)
    nn_train(article_X, article_Y, validation = NA_real_)
    nn_train(article_X, article_Y, validation = 0.1)
    nn_train(article_X, article_Y, validation = "some")
    nn_train(article_X, article_Y, validation = list(X = article_X))
    nn_train(article_X, article_Y, validation = list(X = article_X, Y = article_Y, weights = 1:3))
    nn_train(article_X, article_Y, validation = list(X = article_X[, 1:2], Y = article_Y))
    nn_train(article_X, article_Y, validation = list(X = article_X, Y = 1:2))
    nn_train(article_X, article_Y, validation = list(X = article_X, Y = c(1, NA, 0)))
    nn_train(article_X, article_Y, validation = list(X = article_X + c(NA, 1, 1), Y = article_Y))
    table_fit(validation = iris[1:4])
    table_fit(validation = list(X = iris[1:4], Y = iris$Species))
    nn_train(article_X, article_Y, stop_iter = 0)
    nn_train(article_X, article_Y, tol = -1)
    nn_train(article_X, article_Y, start = given)
  })
})

test_that("a share whose rows are all needed in training is refused", {
  # Of three rows with a level each, one would be held back.
  lonely <- data.frame(x = c(0.1, 0.7, 0.4), g = c("a", "b", "c"))
  expect_snapshot(error = TRUE, {
    nn_train(lonely, c(1, 3, 2), validation = 0.34, preset = "textbook", seed = 1)
  })
})

test_that("a fit that goes on keeps its validation rows, also where combinations of levels decide", {
  data <- formula_table()
  for (seed in 1:8) {
    fit <- nn_train(y ~ g * h * flag, data = data, validation = 0.4, epochs = 2, seed = seed, preset = "textbook")
    more <- nn_train(y ~ g * h * flag, data = data, start = fit, epochs = 2, preset = "textbook")
    expect_identical(more$validation_rows, fit$validation_rows)
  }
  gaps <- transform(data, s = replace(s, match(c("a", "b", "c"), g), NA))
  for (seed in 1:12) {
    fit <- nn_train(y ~ s * g, data = gaps, na_action = "impute", validation = 0.3, epochs = 1, seed = seed, preset = "textbook")
    expect_true(is.finite(fit$final_validation_loss))
  }
})
