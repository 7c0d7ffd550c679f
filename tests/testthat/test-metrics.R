held <- seq(1, 150, by = 3)
estimate <- function(table, metric) table$.estimate[table$.metric == metric]

test_that("numbers are judged by what lm() makes of the same rows, with weights", {
  fit <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = c(), optimizer = "lbfgs", epochs = 200, preset = "textbook")
  line <- lm(mpg ~ wt + hp, data = mtcars)
  found <- nn_metrics(fit, mtcars)
  expect_s3_class(found, "tbl_df")
  expect_named(found, c(".metric", ".estimate", "n"))
  expect_equal(estimate(found, "rmse"), sqrt(mean(residuals(line)^2)), tolerance = 1e-6)
  expect_equal(estimate(found, "mae"), mean(abs(residuals(line))), tolerance = 1e-4)
  expect_equal(estimate(found, "rsq_trad"), summary(line)$r.squared, tolerance = 1e-6)
  # A weight of 2 is a row twice.
  w <- rep(c(1, 2), 16)
  twice <- mtcars[rep(1:32, w), ]
  expect_equal(nn_metrics(fit, mtcars, case_weights = w)$.estimate, nn_metrics(fit, twice)$.estimate)
  # Rows without outcome or prediction are left out, and counted so.
  gaps <- mtcars
  gaps$wt[3] <- NA
  gaps$mpg[4] <- NA
  expect_equal(nn_metrics(fit, gaps), nn_metrics(fit, mtcars[-(3:4), ]))
  expect_identical(unique(nn_metrics(fit, gaps)$n), 30L)
  expect_identical(estimate(nn_metrics(fit, mtcars[1, ]), "rsq_trad"), NA_real_)
})

test_that("several outcomes have a row each for every measure", {
  fit <- nn_train(cbind(mpg, qsec) ~ wt, data = mtcars, hidden = 2, epochs = 50, seed = 1, preset = "textbook")
  found <- nn_metrics(fit, mtcars)
  expect_identical(found$.output, rep(c("mpg", "qsec"), each = 3))
  errors <- as.matrix(mtcars[c("mpg", "qsec")]) - nn_predict(fit, mtcars)
  expect_equal(estimate(found, "mae"), unname(colMeans(abs(errors))))
})

test_that("quantiles are judged by pinball loss and coverage", {
  fit <- nn_train(dist ~ speed, data = cars, hidden = c(), loss = loss_quantile(c(0.2, 0.8)), optimizer = "adam", lr = 0.1, epochs = 300, preset = "textbook")
  found <- nn_metrics(fit, cars)
  expect_identical(found$.output, rep(c("q0.2", "q0.8"), each = 2))
  p <- nn_predict(fit, cars)[, 2]
  expect_equal(estimate(found, "coverage")[2], mean(cars$dist <= p))
  expect_equal(estimate(found, "pinball")[2], mean(ifelse(cars$dist > p, 0.8, -0.2) * (cars$dist - p)))
})

test_that("families are judged by their deviance and their density, as glm() has them", {
  skip_if_not_installed("MASS")
  counts <- nn_train(Days ~ Age, data = MASS::quine, family = "poisson", hidden = c(), optimizer = "lbfgs", epochs = 300, preset = "textbook")
  same <- glm(Days ~ Age, data = MASS::quine, family = poisson())
  found <- nn_metrics(counts, MASS::quine)
  expect_equal(estimate(found, "mean_deviance"), deviance(same) / 146, tolerance = 1e-5)
  expect_equal(estimate(found, "log_loss"), -c(logLik(same)) / 146, tolerance = 1e-5)
  for (family in c("negative_binomial", "gamma", "beta", "location_scale")) {
    data <- MASS::quine
    data$y <- switch(family, beta = (data$Days + 1) / 100, gamma = data$Days + 1, data$Days)
    fit <- nn_train(y ~ Age, data = data, family = family, hidden = c(), optimizer = "lbfgs", epochs = 100, preset = "textbook", standardize = FALSE)
    found <- nn_metrics(fit, data)
    if (family != "gamma") expect_equal(estimate(found, "log_loss"), -c(logLik(fit, data)) / 146, label = family)
    if (family %in% c("gamma", "negative_binomial")) expect_equal(estimate(found, "mean_deviance"), deviance(fit, data) / 146, label = family)
  }
})

test_that("classes have the measures of their definitions", {
  fit <- nn_train(Species ~ ., data = iris[-held, ], hidden = 4, activation = "tanh", epochs = 100, seed = 1, preset = "textbook")
  data <- iris[held, ]
  found <- nn_metrics(fit, data)
  p <- as.matrix(predict(fit, data, type = "prob"))
  y <- model.matrix(~ 0 + Species, data)
  class <- predict(fit, data)$.pred_class
  expect_equal(estimate(found, "accuracy"), mean(class == data$Species))
  expect_equal(estimate(found, "bal_accuracy"), mean(tapply(class == data$Species, data$Species, mean)))
  expect_equal(estimate(found, "mn_log_loss"), -mean(log(rowSums(p * y))))
  expect_equal(estimate(found, "brier_class"), mean(rowSums((p - y)^2)) / 2)
  expect_false("roc_auc" %in% found$.metric)
  expect_equal(summary(fit, data = data)$error$accuracy, estimate(found, "accuracy"))
  # A class that no row has does not count.
  some <- data$Species != "setosa"
  expect_equal(estimate(nn_metrics(fit, data[some, ]), "bal_accuracy"), mean(tapply(class == data$Species, data$Species, mean)[-1]))
})

test_that("the area under the curve is Wilcoxon's statistic, ties counted half", {
  p <- c(0.1, 0.4, 0.4, 0.4, 0.8, 0.9, 0.9)
  y <- c(FALSE, TRUE, FALSE, FALSE, TRUE, FALSE, TRUE)
  by_rank <- unname(suppressWarnings(wilcox.test(p[y], p[!y]))$statistic) / (3 * 4)
  expect_equal(area_under_curve(p, y, rep(1, 7)), by_rank)
  w <- c(1, 2, 1, 3, 1, 2, 1)
  expect_equal(area_under_curve(p, y, w), area_under_curve(rep(p, w), rep(y, w), rep(1, sum(w))))
  expect_identical(area_under_curve(p, rep(TRUE, 7), w), NA_real_)
})

test_that("bins weigh the same, and equal probabilities share one", {
  binned <- bin_probabilities(c(0.1, 0.2, 0.3, 0.4), c(0, 1, 0, 1), rep(1, 4), 2)
  expect_equal(binned[1:3], list(predicted = c(0.15, 0.35), observed = c(0.5, 0.5), weight = c(2, 2)))
  expect_length(bin_probabilities(rep(0.5, 9), rep(0:1, length.out = 9), rep(1, 9), 5)$predicted, 1L)
  expect_equal(bin_probabilities(c(0.2, 0.2), c(0, 1), c(1, 3), 5)$n, 16 / 10)
  # By hand: |0.15 - 0.5| and |0.35 - 0.5|, halves each.
  classes <- list(p = cbind(1 - c(1:4) / 10, c(1:4) / 10), code = c(1L, 2L, 1L, 2L), weights = rep(1, 4))
  expect_equal(measure_classes(classes, 2)[[1]][["ece"]], (0.35 + 0.15) / 2)
})

test_that("a logical, numbers 0 and 1, a factor and counts of trials are the same classes", {
  data <- transform(mtcars, flag = am == 1, level = factor(am, labels = c("auto", "manual")))
  train <- function(formula, ...) nn_train(formula, data = data, hidden = c(), optimizer = "lbfgs", epochs = 50, family = "binomial", preset = "textbook", ...)
  found <- lapply(list(am ~ wt, flag ~ wt, level ~ wt, cbind(am, 1 - am) ~ wt), function(formula) nn_metrics(train(formula), data))
  expect_true("roc_auc" %in% found[[1]]$.metric)
  for (other in found[-1]) expect_equal(other, found[[1]], tolerance = 1e-6)
  # Five trials in one row are as five rows.
  trials <- data.frame(yes = c(1, 4, 2), no = c(4, 1, 0), x = 1:3)
  fit <- nn_train(cbind(yes, no) ~ x, data = trials, hidden = c(), family = "binomial", optimizer = "lbfgs", epochs = 50, preset = "textbook")
  long <- data.frame(x = rep(1:3, c(5, 5, 2)), y = c(1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 1))
  expect_equal(estimate(nn_metrics(fit, trials), "brier_class"), mean((long$y - nn_predict(fit, long))^2))
})

test_that("ensembles, matrices, data frames and kept data are judged alike", {
  fit <- nn_train(mpg ~ wt + hp, data = mtcars, ensemble = 2, hidden = 2, epochs = 20, seed = 1)
  expect_equal(estimate(nn_metrics(fit, mtcars), "rmse"), sqrt(mean((nn_predict(fit, mtcars) - mtcars$mpg)^2)))
  X <- as.matrix(mtcars[c("wt", "hp")])
  kept <- nn_train(X, mtcars$mpg, epochs = 20, seed = 1, keep = "data")
  expect_equal(nn_metrics(kept), nn_metrics(kept, list(X = X, Y = mtcars$mpg)))
  table <- nn_train(iris[1:4], iris$Species, epochs = 5, seed = 1, preset = "textbook")
  expect_equal(estimate(nn_metrics(table, list(X = iris[1:4], Y = iris$Species)), "accuracy"), mean(predict(table, iris[1:4])$.pred_class == iris$Species))
})

test_that("what cannot be judged is refused", {
  fit <- nn_train(mpg ~ wt, data = mtcars, epochs = 1, seed = 1, preset = "textbook")
  expect_snapshot(error = TRUE, {
    nn_metrics()
    nn_metrics(1)
    nn_metrics(fit)
    nn_metrics(fit, mtcars, bin = 3)
    nn_metrics(fit, transform(mtcars, wt = NA_real_))
    nn_metrics(fit, mtcars[0, ])
    nn_metrics(fit, mtcars, case_weights = 1)
  })
  skip_if_not_installed("survival")
  times <- nn_train(survival::Surv(time, status) ~ age, data = survival::lung, epochs = 1, seed = 1, preset = "textbook")
  expect_snapshot(nn_metrics(times, survival::lung), error = TRUE)
})

test_that("data without the weights that training had are judged unweighted, and that is said", {
  fit <- nn_train(mpg ~ wt + hp, mtcars, case_weights = qsec, preset = "textbook", hidden = c(), epochs = 20, seed = 1)
  without <- mtcars[c("mpg", "wt", "hp")]
  expect_message(value <- nn_metrics(fit, without), class = "backprop_message_unweighted")
  expect_silent(plain <- nn_metrics(fit, without, case_weights = rep(1, 32)))
  expect_identical(value, plain)
  expect_silent(weighted <- nn_metrics(fit, mtcars))
  expect_false(identical(weighted, plain))
  expect_snapshot(invisible(nn_metrics(fit, without)))
  expect_snapshot(invisible(summary(fit, without)))
  kept <- nn_train(mpg ~ wt, mtcars, case_weights = qsec, preset = "textbook", epochs = 2, keep = "data")
  expect_silent(nn_metrics(kept))
})
