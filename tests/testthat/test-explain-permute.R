test_that("the rise of the loss is that of all pairs of rows, within its error", {
  # A permutation gives row i the value of row j: on average over permutations each of all n^2 pairs is met alike.
  data <- cars_with_factor()
  fit <- curved_fit(mpg ~ wt * am + hp)
  importance <- nn_importance(fit, data, repeats = 60, seed = 1)
  whole <- mean((nn_predict(fit, data) - data$mpg)^2)
  expect_equal(attr(importance, "explained")$baseline, whole)
  pairs <- expand.grid(i = 1:32, j = 1:32)
  for (column in c("wt", "hp", "am")) {
    mixed <- data[pairs$i, ]
    mixed[[column]] <- data[[column]][pairs$j]
    rise <- mean((nn_predict(fit, mixed) - mixed$mpg)^2) - whole
    found <- importance[importance$variable == column, ]
    expect_lt(abs(found$importance - rise), 4 * found$std_error)
    expect_equal(c(found$lower, found$upper), found$importance + c(-1, 1) * stats::qt(0.975, 59) * found$std_error)
  }
})

test_that("matrix, table and formula give the same, and so do any threads", {
  x <- as.matrix(mtcars[c("wt", "hp")])
  arguments <- list(hidden = 2, epochs = 20, seed = 1, standardize = TRUE, output = "linear", loss = "mse", preset = "textbook")
  by_matrix <- do.call(nn_train, c(list(x, mtcars$mpg), arguments))
  by_table <- do.call(nn_train, c(list(mtcars[c("wt", "hp")], mtcars$mpg), arguments))
  by_formula <- do.call(nn_train, c(list(mpg ~ wt + hp, data = mtcars), arguments))
  first <- nn_importance(by_matrix, list(X = x, Y = mtcars$mpg), seed = 1, threads = 1)
  expect_equal(nn_importance(by_table, list(X = mtcars[c("wt", "hp")], Y = mtcars$mpg), seed = 1), first)
  expect_equal(nn_importance(by_formula, mtcars, seed = 1), first)
  expect_identical(nn_importance(by_matrix, list(X = x, Y = mtcars$mpg), seed = 1, threads = 2), first)
})

test_that("measures are those of the predictions", {
  numbers <- flat_fit()
  p <- nn_predict(numbers, mtcars)[, 1]
  baseline <- function(fit, data, metric) attr(nn_importance(fit, data, metric = metric, repeats = 1, seed = 1), "explained")$baseline
  expect_equal(baseline(numbers, mtcars, "rmse"), sqrt(mean((p - mtcars$mpg)^2)))
  expect_equal(baseline(numbers, mtcars, "mae"), mean(abs(p - mtcars$mpg)))
  expect_equal(baseline(numbers, mtcars, function(observed, predicted) max(abs(observed - predicted))), max(abs(p - mtcars$mpg)))
  data <- cars_with_factor()
  two <- nn_train(am ~ wt + hp, data = data, hidden = 2, epochs = 5, seed = 1, preset = "textbook")
  p <- nn_predict(two, data)[, 1]
  manual <- data$am == "manual"
  expect_equal(baseline(two, data, "accuracy"), mean((p > 0.5) == manual))
  expect_equal(baseline(two, data, "log_loss"), -mean(log(ifelse(manual, p, 1 - p))))
  expect_equal(baseline(two, data, NULL), -mean(log(ifelse(manual, p, 1 - p))))
  # Of both classes' probabilities.
  expect_equal(baseline(two, data, "brier"), 2 * mean((p - manual)^2))
  # The share of pairs in order is Wilcoxon's statistic.
  wilcoxon <- suppressWarnings(stats::wilcox.test(p[manual], p[!manual])$statistic)
  expect_equal(baseline(two, data, "auc"), unname(wilcoxon) / (sum(manual) * sum(!manual)))
  classes <- nn_train(Species ~ ., data = iris, hidden = 2, epochs = 50, seed = 1, preset = "textbook")
  p <- nn_predict(classes, iris)
  expect_equal(baseline(classes, iris, "log_loss"), -mean(log(p[cbind(1:150, as.integer(iris$Species))])))
})

test_that("the area under the curve counts rows by their weights, equals half", {
  score <- c(0.1, 0.4, 0.4, 0.9)
  second <- c(FALSE, TRUE, FALSE, TRUE)
  # Pairs: (0.4, 0.1) and (0.4, 0.4) of weights 2 and 6, (0.9, 0.1) and (0.9, 0.4) of 1 and 3.
  expect_equal(area_under_curve(score, second, c(1, 2, 3, 1)), (2 + 6 / 2 + 1 + 3) / 12)
})

test_that("what helps a measure of which more is better has a positive importance", {
  data <- cars_with_factor()
  fit <- nn_train(am ~ wt, data = data, hidden = 2, epochs = 200, optimizer = "lbfgs", seed = 1, preset = "textbook")
  for (metric in c("accuracy", "auc", "brier")) expect_gt(nn_importance(fit, data, metric = metric, seed = 1)$importance, 0)
})

test_that("families with parameters of their own are judged by their loss", {
  skip_if_not_installed("survival")
  lung <- stats::na.omit(survival::lung[c("time", "status", "age", "sex")])
  fit <- nn_train(survival::Surv(time, status) ~ age + sex, data = lung, family = "cox", hidden = c(), epochs = 100, optimizer = "lbfgs", seed = 1, preset = "textbook")
  importance <- nn_importance(fit, lung, repeats = 3, seed = 1)
  # The partial likelihood at the maximum: any exchange makes it worse on average. In the lung data sex tells more than age.
  expect_identical(importance$variable, c("sex", "age"))
  partial <- survival::coxph(survival::Surv(time, status) ~ age + sex, data = lung, ties = "breslow")
  none <- survival::coxph(survival::Surv(time, status) ~ age, data = lung, ties = "breslow")
  # Exchanged, the column is worth less than left out.
  gain <- (partial$loglik[2] - none$loglik[2]) / nrow(lung)
  expect_gt(importance$importance[1], gain)
  expect_equal(attr(importance, "explained")$baseline, -partial$loglik[2] / nrow(lung), tolerance = 1e-4)
})

test_that("rows of weight 0 do not count, and rows can be drawn", {
  fit <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = 2, epochs = 10, seed = 1, preset = "textbook")
  weights <- rep(c(1, 0), 16)
  weighted <- nn_importance(fit, list(data = mtcars, case_weights = weights), seed = 1)
  expect_equal(weighted, nn_importance(fit, mtcars[weights == 1, ], seed = 1))
  drawn <- nn_importance(fit, mtcars, rows = 10, seed = 1)
  expect_identical(attr(drawn, "explained")$rows, 10L)
})

test_that("rows without a prediction or an outcome are left out, with the warning of the other methods", {
  fit <- nn_train(mpg ~ wt + hp, mtcars, preset = "textbook", hidden = 2, epochs = 20, seed = 1)
  gaps <- transform(mtcars, hp = replace(hp, 3, NA))
  expect_warning(value <- nn_importance(fit, gaps, seed = 1), class = "backprop_warning_left_out")
  expect_equal(value, nn_importance(fit, mtcars[-3, ], seed = 1))
  found <- tryCatch(nn_importance(fit, transform(gaps, mpg = replace(mpg, 5:6, NA)), seed = 1), backprop_warning_left_out = identity)
  expect_identical(found$rows, c(3L, 5L, 6L))
  expect_snapshot(invisible(nn_importance(fit, transform(gaps, mpg = replace(mpg, 5:6, NA)), seed = 1)))
  # One that does not count is not told of.
  expect_silent(nn_importance(fit, list(data = gaps, case_weights = replace(rep(1, 32), 3, 0)), seed = 1))
  expect_error(nn_importance(fit, transform(mtcars, hp = NA_real_)), class = "backprop_error_empty")
})

test_that("what cannot be judged is refused", {
  fit <- flat_fit()
  data <- cars_with_factor()
  product <- nn_train(mpg ~ wt + gear:carb, data = transform(mtcars, gear = factor(gear), carb = factor(carb)), hidden = 2, epochs = 2, seed = 1, preset = "textbook")
  two <- nn_train(am ~ wt, data = data, hidden = 2, epochs = 2, seed = 1, preset = "textbook")
  expect_snapshot(error = TRUE, {
    nn_importance(fit, mtcars["wt"])
    nn_importance(fit, mtcars[1, ])
    nn_importance(fit, mtcars, metric = "auc")
    nn_importance(fit, mtcars, metric = "rsme")
    nn_importance(fit, mtcars, metric = function(observed, predicted) "good", seed = 1)
    nn_importance(two, data[data$am == "manual", ], metric = "auc")
    nn_importance(product, transform(mtcars, gear = factor(gear), carb = factor(carb)), seed = 1)
  })
})
