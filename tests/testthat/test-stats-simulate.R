set.seed(7)
rows <- data.frame(x = rnorm(40), g = factor(rep(c("a", "b"), 20)))
rows <- transform(rows,
  amount = rgamma(40, 4, 4 / exp(x)), count = rnbinom(40, 3, mu = 5 * exp(x / 2)), share = rbeta(40, 6 * plogis(x), 6 * plogis(-x)), number = x + rnorm(40),
  class = cut(x + rlogis(40), c(-Inf, -1, 1, Inf), labels = c("low", "mid", "high")), success = rbinom(40, 5, plogis(x)), other = rpois(40, 2),
  time = rexp(40, exp(x)), event = rep(c(1, 1, 1, 0), 10)
)
rows$failure <- 5 - rows$success
times <- plain_surv
fit <- function(formula, family, ...) {
  nn_train(formula, rows, family = family, preset = "textbook", hidden = 2, epochs = 100, optimizer = "lbfgs", penalty = 0.01, seed = 1, keep = "data", ...)
}

# Of so many draws the mean is within five standard errors of what is predicted.
expect_moments <- function(draws, mean, variance) {
  draws <- as.matrix(draws)
  error <- sqrt(variance / ncol(draws))
  expect_true(all(abs(rowMeans(draws) - mean) < 5 * error))
  found <- apply(draws, 1L, stats::var)
  expect_equal(found, as.double(variance), tolerance = 0.15, ignore_attr = TRUE)
}

test_that("draws have the mean and the variance that is predicted", {
  draws <- 2000
  mean_of <- function(fit) predict(fit, rows)$.pred
  gaussian <- fit(number ~ x, "gaussian")
  sigma <- sqrt(sum(residuals(gaussian)^2) / (40 - attr(logLik(gaussian), "df") + 1))
  expect_moments(simulate(gaussian, draws, seed = 1), mean_of(gaussian), rep(sigma^2, 40))
  poisson <- fit(count ~ x, "poisson")
  expect_moments(simulate(poisson, draws, seed = 1), mean_of(poisson), mean_of(poisson))
  for (case in list(list(count ~ x, "negative_binomial"), list(share ~ x, "beta"))) {
    model <- fit(case[[1L]], case[[2L]])
    expect_moments(simulate(model, draws, seed = 1), mean_of(model), family(model)$variance(mean_of(model)))
  }
  scale <- fit(number ~ x, "location_scale")
  expect_moments(simulate(scale, draws, seed = 1), mean_of(scale), predict(scale, rows, type = "sd")$.pred_sd^2)
  counts <- fit(cbind(success, failure) ~ x, "binomial")
  expect_moments(simulate(counts, draws, seed = 1), mean_of(counts), mean_of(counts) * (1 - mean_of(counts)) / 5)
  gamma <- fit(amount ~ x, "gamma")
  drawn <- as.matrix(simulate(gamma, draws, seed = 1))
  expect_equal(rowMeans(drawn), mean_of(gamma), tolerance = 0.1, ignore_attr = TRUE)
  expect_equal(sd(apply(drawn, 1L, sd) / mean_of(gamma)), 0, tolerance = 0.05)
})

test_that("classes are drawn by their probabilities, whatever their order", {
  for (family in c("ordinal", "multinomial")) {
    model <- fit(class ~ x, family)
    draws <- simulate(model, 2000, seed = 1)
    expect_identical(levels(draws$sim_1), levels(rows$class))
    shares <- vapply(levels(rows$class), function(level) rowMeans(draws == level), numeric(40))
    expect_equal(shares, as.matrix(predict(model, rows, type = "prob")), tolerance = 0.06, ignore_attr = TRUE)
  }
  two <- fit(factor(number > 0) ~ x, "binomial")
  expect_equal(rowMeans(simulate(two, 2000, seed = 1) == "TRUE"), predict(two, rows, type = "prob")$.pred_TRUE, tolerance = 0.06, ignore_attr = TRUE)
})

test_that("counts of classes have their trials, and the shares that are predicted", {
  model <- fit(cbind(success, failure, other) ~ x, "multinomial")
  draws <- simulate(model, 500, seed = 1)
  expect_identical(rowSums(draws$sim_1), as.double(5 + rows$other))
  expect_identical(colnames(draws$sim_1), c("success", "failure", "other"))
  shares <- Reduce(`+`, draws) / 500 / (5 + rows$other)
  expect_equal(shares, nn_predict(model, rows), tolerance = 0.05, ignore_attr = TRUE)
})

test_that("times are drawn by the survival that is predicted", {
  at <- unname(quantile(rows$time, c(0.25, 0.5)))
  for (family in c("cox", "discrete_hazard")) {
    model <- fit(times(time, event) ~ x, family)
    draws <- simulate(model, 2000, seed = 1)
    expect_identical(colnames(draws$sim_1), c("time", "status"))
    time <- if (family == "cox") at else family(model)$parameters$breaks[c(2, 5)]
    survived <- vapply(time, function(t) rowMeans(vapply(draws, function(draw) draw[, "time"] > t, logical(40))), numeric(40))
    predicted <- do.call(rbind, lapply(predict(model, rows, type = "survival", time = time)$.pred, function(row) row$.pred_survival))
    expect_equal(survived, predicted, tolerance = 0.06, ignore_attr = TRUE)
    # A new fit is to be had from a draw.
    drawn <- transform(rows, time = draws$sim_1[, "time"], event = draws$sim_1[, "status"])
    expect_s3_class(nn_train(times(time, event) ~ x, drawn, family = family, preset = "textbook", epochs = 1, seed = 1), "nn_fit")
  }
})

test_that("seeds mean what they mean to other models", {
  model <- fit(count ~ x, "poisson")
  reference <- glm(count ~ x, poisson(), rows)
  set.seed(9)
  before <- .Random.seed
  expect_identical(attr(simulate(model), "seed"), before)
  expect_false(identical(.Random.seed, before))
  before <- .Random.seed
  expect_identical(attr(simulate(model, seed = 3), "seed"), attr(simulate(reference, seed = 3), "seed"))
  expect_identical(.Random.seed, before)
  expect_identical(simulate(model, 2, seed = 3), simulate(model, 2, seed = 3))
  expect_identical(names(simulate(model, 2)), c("sim_1", "sim_2"))
  expect_identical(dim(simulate(reference, 2)), dim(simulate(model, 2)))
})

test_that("rows with missing values are missing in every form", {
  gaps <- transform(rows, x = replace(x, c(2, 5), NA))
  missing <- seq_len(40) %in% c(2, 5)
  models <- list(
    fit(number ~ x, "gaussian"), fit(amount ~ x, "gamma"), fit(count ~ x, "negative_binomial"), fit(share ~ x, "beta"), fit(number ~ x, "location_scale"),
    fit(class ~ x, "ordinal"), fit(times(time, event) ~ x, "cox"), fit(times(time, event) ~ x, "discrete_hazard"),
    fit(cbind(success, failure) ~ x, "binomial"), fit(cbind(success, failure, other) ~ x, "multinomial"), fit(cbind(number, amount) ~ x, "gaussian")
  )
  for (model in models) {
    drawn <- simulate(model, 1, seed = 1, data = gaps)$sim_1
    name <- paste(model$settings$loss, model$outcome$kind)
    expect_identical(if (is.matrix(drawn)) rowSums(is.na(drawn)) > 0 else is.na(drawn), missing, label = name)
    expect_identical(NROW(drawn), 40L, label = name)
  }
  nothing <- transform(rows, x = NA_real_)
  for (model in models[c(3, 6, 7, 8, 9, 10)]) {
    drawn <- simulate(model, 1, data = nothing)$sim_1
    expect_true(all(is.na(drawn)))
    expect_identical(NROW(drawn), 40L)
  }
  # Trials that are not known.
  counts <- transform(rows, success = replace(success, 3, NA))
  expect_identical(which(is.na(simulate(models[[9]], 1, data = counts)$sim_1)), 3L)
})

test_that("classes that have a probability each of its own are not drawn", {
  model <- nn_train(class ~ x, rows, output = "sigmoid", preset = "textbook", hidden = 1, epochs = 1, seed = 1, keep = "data")
  expect_snapshot(simulate(model), error = TRUE)
  expect_s3_class(simulate(nn_train(factor(number > 0) ~ x, rows, output = "sigmoid", preset = "textbook", hidden = 1, epochs = 1, seed = 1, keep = "data"))$sim_1, "factor")
})

test_that("predictions that are too large for a number are drawn as missing, and a variance that is is refused", {
  far <- rbind(rows, transform(rows[1L, ], x = 1e308))
  for (case in list(list(count ~ x, "poisson"), list(count ~ x, "negative_binomial"), list(number ~ x, "location_scale"), list(amount ~ x, "gamma"), list(number ~ x, "gaussian"))) {
    model <- nn_train(case[[1L]], rows, family = case[[2L]], preset = "textbook", hidden = c(), epochs = 50, optimizer = "lbfgs", standardize = FALSE, seed = 1)
    # Numbers as large as can be, times a weight above 1.
    model$weights[[1L]][] <- sign(model$weights[[1L]]) * pmax(abs(model$weights[[1L]]), 2)
    if (case[[2L]] %in% c("gamma", "gaussian")) {
      expect_warning(expect_error(simulate(model, 1, seed = 1, data = far), class = "backprop_error_overflow"), class = "backprop_warning_overflow")
    } else {
      expect_warning(drawn <- simulate(model, 1, seed = 1, data = far)$sim_1, class = "backprop_warning_overflow")
      expect_identical(is.na(drawn), seq_len(41) == 41)
    }
  }
})

test_that("so many draws that there is no room for them are refused at once", {
  withr::local_options(backprop.max_bytes = 1e8)
  setTimeLimit(elapsed = 20)
  withr::defer(setTimeLimit())
  model <- fit(count ~ x, "poisson")
  expect_error(simulate(model, 1e9), class = "backprop_error_memory")
})

test_that("a loss without likelihood has nothing to draw from", {
  model <- nn_train(number ~ x, rows, loss = "huber", preset = "textbook", epochs = 1, seed = 1, keep = "data")
  expect_error(simulate(model), class = "backprop_error_no_likelihood")
})
