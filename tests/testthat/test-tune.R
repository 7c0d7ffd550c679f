test_that("every configuration is judged on the same folds, by what nn_train() trains on the other rows", {
  tuned <- tuned_iris()
  expect_s3_class(tuned, "nn_tune")
  expect_identical(nrow(tuned$results), 4L)
  expect_identical(sort(unlist(tuned$held)), 1:150)
  # One of them by hand: configuration 2 has the first penalty and both layers.
  held <- tuned$held[[3]]
  fit <- nn_train(
    Species ~ ., iris[-held, ],
    preset = "textbook", hidden = c(4, 3), penalty = 0, activation = "tanh", epochs = 40, lr = 0.3, seed = 4 + 2
  )
  p <- nn_predict(fit, iris[held, ])
  expect_equal(
    tuned$folds$value[tuned$folds$configuration == 2 & tuned$folds$fold == 3], -mean(log(p[cbind(seq_along(held), as.integer(iris$Species[held]))])),
    tolerance = 1e-12
  )
})

test_that("the table has the means and standard errors over folds, the best first", {
  tuned <- tuned_iris()
  of <- function(i) tuned$folds$value[tuned$folds$configuration == i]
  for (row in 1:4) {
    values <- of(tuned$results$configuration[row])
    expect_equal(tuned$results$mean[row], mean(values))
    expect_equal(tuned$results$std_error[row], stats::sd(values) / sqrt(3))
  }
  expect_false(is.unsorted(tuned$results$mean))
  expect_identical(tuned$results$rank, 1:4)
  expect_identical(tuned$chosen, tuned$results$configuration[1])
  expect_identical(tuned$best$penalty, tuned$results$penalty[1])
})

test_that("the fit is what nn_train() gives by the best settings and the seed", {
  tuned <- tuned_iris()
  by_hand <- nn_train(
    Species ~ ., iris,
    preset = "textbook", hidden = tuned$best$hidden, penalty = tuned$best$penalty, activation = "tanh", epochs = 40, lr = 0.3, seed = 4
  )
  expect_same_bits(tuned$fit, by_hand)
  expect_identical(predict(tuned, iris[1:5, ], type = "prob"), predict(by_hand, iris[1:5, ], type = "prob"))
})

test_that("the fit's call trains it again", {
  tuned <- nn_tune(Species ~ ., data = iris, preset = "textbook", hidden = list(c(), c(4, 3)), epochs = 10, validation = 0.2, stop_iter = 5, folds = 3, seed = 1)
  expect_same_bits(eval(tuned$fit$call), tuned$fit)
})

test_that("matrices, data frames and formulas are tuned alike", {
  X <- as.matrix(iris[1:4])
  arguments <- list(hidden = list(2, 4), epochs = 20, folds = 3, seed = 1, standardize = TRUE, activation = "tanh", preset = "textbook")
  by_formula <- do.call(nn_tune, c(list(Species ~ ., iris), arguments))
  by_table <- do.call(nn_tune, c(list(iris[1:4], iris$Species), arguments))
  by_matrix <- do.call(nn_tune, c(list(X, iris$Species), arguments))
  expect_equal(by_table$results[c("configuration", "mean")], by_formula$results[c("configuration", "mean")])
  expect_equal(by_matrix$results[c("configuration", "mean")], by_formula$results[c("configuration", "mean")])
  expect_same_bits(nn_tune(formula = Species ~ ., data = iris, epochs = 5, preset = "textbook", folds = 3, seed = 1)$fit, nn_train(Species ~ ., iris, epochs = 5, preset = "textbook", seed = 1))
})

test_that("sparse matrices and vectors are tuned as the matrix that they are", {
  skip_if_not_installed("Matrix")
  X <- as.matrix(mtcars[c("wt", "hp")])
  tune <- function(X) nn_tune(X, mtcars$mpg, hidden = list(2, 3), activation = "tanh", epochs = 5, folds = 3, seed = 1)$folds$value
  expect_equal(tune(Matrix::Matrix(X, sparse = TRUE)), tune(X))
  expect_identical(tune(X[, 1]), tune(X[, 1, drop = FALSE]))
})

test_that("every kind of outcome is tuned", {
  quick <- function(...) nn_tune(..., hidden = list(2, 3), preset = "textbook", activation = "tanh", epochs = 5, folds = 2, seed = 1)
  metric_of <- function(tuned) {
    expect_true(all(is.finite(tuned$folds$value)))
    tuned$metric
  }
  expect_identical(metric_of(quick(mpg ~ wt, mtcars)), "rmse")
  expect_identical(metric_of(quick(cbind(mpg, hp) ~ wt, mtcars)), "rmse")
  expect_identical(metric_of(quick(am == 1 ~ wt, mtcars)), "log_loss")
  expect_identical(metric_of(quick(factor(cyl) ~ wt, mtcars)), "log_loss")
  expect_identical(metric_of(quick(as.matrix(mtcars["wt"]), mtcars$am)), "log_loss")
  expect_identical(metric_of(quick(mtcars["wt"], as.character(mtcars$am))), "log_loss")
  expect_identical(metric_of(quick(carb ~ wt, mtcars, loss = "poisson", output = "exp")), "loss")
  expect_identical(metric_of(quick(mpg ~ wt, mtcars, loss = "quantile")), "loss")
  expect_identical(metric_of(quick(mpg ~ wt, mtcars, family = "gamma")), "loss")
  expect_identical(metric_of(quick(ordered(cyl) ~ wt, mtcars, family = "ordinal")), "loss")
  expect_identical(metric_of(quick(cbind(ncases, ncontrols) ~ alcgp, esoph, family = "binomial")), "loss")
  skip_if_not_installed("survival")
  lung <- stats::na.omit(survival::lung)
  expect_identical(metric_of(quick(lung[c("age", "sex")], survival::Surv(lung$time, lung$status == 2))), "loss")
})

test_that("case weights, offsets, subsets and gaps are those of nn_train()", {
  tuned <- nn_tune(
    carb ~ wt + offset(log(cyl)), mtcars,
    case_weights = qsec, subset = cyl > 4, loss = "poisson", output = "exp", hidden = list(2, 3), preset = "textbook", epochs = 10, folds = 2, seed = 1
  )
  rows <- which(mtcars$cyl > 4)
  expect_setequal(unlist(tuned$held), rows)
  held <- tuned$held[[2]]
  train <- mtcars[setdiff(rows, held), ]
  fit <- nn_train(carb ~ wt + offset(log(cyl)), train, case_weights = qsec, loss = "poisson", output = "exp", hidden = 2, preset = "textbook", epochs = 10, seed = 2)
  p <- nn_predict(fit, mtcars[held, ])
  w <- mtcars$qsec[held]
  expect_equal(tuned$folds$value[tuned$folds$configuration == 1][2], sum(w * (p - mtcars$carb[held] * log(p))) / sum(w), tolerance = 1e-10)

  expect_message(
    gaps <- nn_tune(Ozone ~ Solar.R + Wind, airquality, na_action = "omit", hidden = list(2, 3), preset = "textbook", epochs = 5, folds = 2, seed = 1),
    class = "backprop_message_omitted"
  )
  expect_setequal(unlist(gaps$held), which(stats::complete.cases(airquality[c("Ozone", "Solar.R", "Wind")])))
})

test_that("under the table's preset networks are compared one by one, with what the preset chooses by all rows, and the fit is the preset's ensemble", {
  skip_on_cran()
  tuned <- nn_tune(mpg ~ ., mtcars, hidden = list(4, 6), epochs = 8, folds = 3, seed = 1)
  expect_true(tuned$alone)
  expect_s3_class(tuned$fit, "nn_ensemble")
  expect_same_bits(nn_member(tuned$fit, 2), nn_member(nn_train(mpg ~ ., mtcars, hidden = tuned$best$hidden, epochs = 8, seed = 1), 2))
  # 32 rows hold some back, the 21 of a fold alone would not: what was chosen by 32 holds.
  held <- tuned$held[[1]]
  fit <- nn_train(
    mpg ~ ., mtcars[-held, ],
    hidden = 4, epochs = 8, seed = 1, preset = "textbook", activation = "silu", optimizer = "adam", lr = 0.002, batch_size = 32, stop_iter = 40, validation = 0.15, clip_norm = 1,
    precision = "single", rare_levels = 5, clip_predictions = TRUE, embed = embed_piecewise(8)
  )
  expect_equal(tuned$folds$value[1], sqrt(mean((nn_predict(fit, mtcars[held, ]) - mtcars$mpg[held])^2)), tolerance = 1e-6)
})

test_that("an ensemble that is typed is compared as an ensemble", {
  tuned <- nn_tune(mpg ~ wt + hp, mtcars, ensemble = 2, hidden = list(3, 4), epochs = 5, folds = 2, seed = 1)
  expect_false(tuned$alone)
  expect_identical(length(tuned$fit$members), 2L)
  counts <- nn_tune(mpg ~ wt + hp, mtcars, ensemble = c(1, 2), hidden = 3, epochs = 5, folds = 2, seed = 1)
  expect_equal(counts$results$parameters[order(counts$results$ensemble)] / counts$results$parameters[counts$results$ensemble == 1], c(1, 2), tolerance = 0.2)
})

test_that("rows held out do not stop a training, and the last training has the epochs that were best", {
  tuned <- nn_tune(
    mpg ~ wt + hp, mtcars,
    preset = "textbook", hidden = list(8, 12), optimizer = "adam", lr = 0.05, activation = "tanh", epochs = 200, validation = 0.2, stop_iter = 10, folds = 3, seed = 1
  )
  held <- tuned$held[[1]]
  fit <- nn_train(
    mpg ~ wt + hp, mtcars[-held, ],
    preset = "textbook", hidden = 8, optimizer = "adam", lr = 0.05, activation = "tanh", epochs = 200, validation = 0.2, stop_iter = 10, seed = 1
  )
  first <- tuned$folds[tuned$folds$configuration == 1 & tuned$folds$fold == 1, ]
  expect_equal(first$epochs_done, fit$best$epoch)
  expect_equal(first$value, sqrt(mean((nn_predict(fit, mtcars[held, ]) - mtcars$mpg[held])^2)))
  best <- tuned$folds[tuned$folds$configuration == tuned$chosen, ]
  expect_identical(tuned$fit$epochs_done, as.integer(round(mean(best$epochs_done))))
  expect_identical(tuned$fit$rows, 32L)
  # Under a schedule that has the length of all epochs, fewer of them would be another training.
  scheduled <- nn_tune(mpg ~ wt, mtcars, preset = "textbook", optimizer = "adam", epochs = 20, validation = 0.2, lr_schedule = "cosine", folds = 2, seed = 1)
  expect_identical(scheduled$fit$epochs_done, 20L)
  expect_identical(scheduled$fit$rows, 26L)
})

test_that("a saved result is the same in a file", {
  tuned <- tuned_iris(epochs = 3)
  file <- withr::local_tempfile(fileext = ".rds")
  saveRDS(tuned, file)
  expect_lt(file.size(file), 20000)
  expect_identical(predict(readRDS(file), iris), predict(tuned, iris))
})

test_that("the seed alone decides, and R's stream stays where it was", {
  set.seed(1)
  before <- .Random.seed
  a <- tuned_iris(epochs = 3)
  expect_identical(.Random.seed, before)
  suppressWarnings(RNGkind("Wichmann-Hill", sample.kind = "Rounding"))
  b <- tuned_iris(epochs = 3)
  RNGkind("default", "default", "default")
  expect_identical(without_time(a), without_time(b))
  set.seed(2)
  one <- tuned_iris(epochs = 3, seed = NULL)
  set.seed(2)
  expect_identical(without_time(one), without_time(tuned_iris(epochs = 3, seed = NULL)))
})

test_that("what cannot be is refused in words, before anything is trained", {
  expect_snapshot(error = TRUE, {
    nn_tune()
    nn_tune(Species ~ ., iris, hiden = list(3, 4))
    nn_tune(Species ~ ., iris, nfolds = 3)
    nn_tune(Species ~ ., iris, size = list(3, 4))
    nn_tune(Species ~ ., iris, hidden = list())
    nn_tune(Species ~ ., iris, search = "gird")
    nn_tune(Species ~ ., iris, start = nn_init(c(4, 3)))
    nn_tune(Species ~ ., iris, time_limit = 3)
    nn_tune(Species ~ ., iris, eta = 1)
    nn_tune(Species ~ ., iris, metric = "rmse", preset = "textbook")
    nn_tune(mpg ~ ., mtcars, metric = "auc", preset = "textbook")
    nn_tune(mpg ~ ., mtcars, family = "gamma", metric = "rmse", preset = "textbook")
    nn_tune(mpg ~ ., mtcars, loss = c("mse", "mae"), metric = "loss", preset = "textbook")
    nn_tune(Species ~ ., iris, hidden = list(3, 0), preset = "textbook", epochs = 1e9)
    nn_tune(Species ~ ., iris, optimizer = list("adam", "lbfgs"), batch_size = c(10, 20), preset = "textbook", epochs = 1e9)
    nn_tune(mpg ~ ., mtcars[0, ])
    nn_tune(Ozone ~ ., airquality, preset = "textbook")
  })
})

test_that("whole numbers are case weights, too", {
  tune <- function(weights) nn_tune(mpg ~ wt, mtcars, penalty = c(0, 1), preset = "textbook", hidden = 2, epochs = 5, folds = 2, seed = 1, case_weights = weights)
  expect_equal(tune(1:32)$results$mean, tune(as.double(1:32))$results$mean)
})

test_that("what takes a fit says of a result of nn_tune() where its fit is", {
  tuned <- tuned_iris()
  expect_snapshot(error = TRUE, {
    nn_predict(tuned, iris)
    nn_export(tuned, "f.c")
    nn_importance(tuned, iris)
  })
  expect_false(file.exists("f.c"))
  verbs <- list(
    coef, confint, deviance, df.residual, family, fitted, formula, logLik, AIC, BIC, model.frame, model.matrix, nobs, residuals, simulate, terms, vcov, weights,
    nn_trace, nn_check_gradient, nn_metrics, nn_diagnose
  )
  if (requireNamespace("generics", quietly = TRUE)) verbs <- c(verbs, generics::augment, generics::glance, generics::tidy)
  for (verb in verbs) expect_error(verb(tuned), "tuned$fit", fixed = TRUE, class = "backprop_error_not_a_fit")
})
