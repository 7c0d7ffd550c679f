# How families are given, what they refuse, and how their training goes on; test-family-equals.R has what they equal.

rows_of_families <- local({
  set.seed(11)
  n <- 60
  x <- rnorm(n)
  g <- factor(sample(c("a", "b"), n, TRUE))
  trials <- rpois(n, 4) + 1
  success <- rbinom(n, trials, plogis(x))
  data.frame(
    x, g, amount = rgamma(n, 3, 3 / exp(x)), count = rnbinom(n, 2, mu = 4 * exp(0.3 * x)), share = rbeta(n, 6 * plogis(x), 6 * plogis(-x)),
    number = x + rnorm(n), class = cut(x + rlogis(n), c(-Inf, -1, 1, Inf), labels = c("low", "mid", "high")),
    success, failure = trials - success, other = rpois(n, 2), time = round(rexp(n, exp(x)), 2) + 0.01, event = rbinom(n, 1, 0.7)
  )
})

# The formula of each family; times without the survival package.
times <- plain_surv
formulas_of_families <- list(
  gamma = amount ~ x + g, negative_binomial = count ~ x + g, beta = share ~ x + g, location_scale = number ~ x + g, ordinal = class ~ x + g,
  cox = times(time, event) ~ x + g, discrete_hazard = times(time, event) ~ x + g, binomial = cbind(success, failure) ~ x + g,
  multinomial = cbind(success, failure, other) ~ x + g
)

fit_family <- function(name, data = rows_of_families, ..., epochs = 10, seed = 1) {
  nn_train(formulas_of_families[[name]], data = data, family = name, preset = "textbook", hidden = 3, epochs = epochs, seed = seed, ...)
}

trained_parts <- function(fit) fit[c("weights", "biases", "ancillary", "baseline", "final_loss")]

test_that("training that goes on has the bits of one that was not interrupted, with every family and kind of step", {
  for (name in names(formulas_of_families)) {
    settings <- list(
      list(optimizer = "adam"), list(optimizer = "lbfgs"), list(optimizer = "rprop"), list(optimizer = "adam", validation = 0.25),
      if (name != "cox") list(optimizer = "momentum", batch_size = 16)
    )
    for (typed in settings[lengths(settings) > 0L]) {
      whole <- do.call(fit_family, c(list(name, epochs = 20), typed))
      half <- do.call(fit_family, c(list(name, epochs = 10), typed))
      again <- nn_train(formulas_of_families[[name]], rows_of_families, start = half, epochs = 10)
      expect_identical(trained_parts(again), trained_parts(whole), label = paste(name, toString(typed)))
    }
  }
})

test_that("a saved fit of a family predicts and simulates alike in another process, without the survival package", {
  path <- withr::local_tempfile(fileext = ".rds")
  fits <- lapply(stats::setNames(nm = names(formulas_of_families)), fit_family, keep = "data")
  saveRDS(list(fits = fits, rows = rows_of_families), path)
  process <- run_process(c(
    sprintf("stored <- readRDS(%s)", deparse(path)),
    "answers <- lapply(stored$fits, function(fit) list(predict(fit, stored$rows), nn_predict(fit, stored$rows), simulate(fit, seed = 1), logLik(fit)))",
    sprintf("saveRDS(answers, %s)", deparse(path)),
    "cat('survival:', isNamespaceLoaded('survival'))"
  ))
  expect_identical(process$status, 0L, info = process$output)
  expect_identical(utils::tail(process$output, 1L), "survival: FALSE")
  expected <- lapply(fits, function(fit) list(predict(fit, rows_of_families), nn_predict(fit, rows_of_families), simulate(fit, seed = 1), logLik(fit)))
  expect_equal(readRDS(path), expected, tolerance = 1e-14)
})

test_that("one and two threads give the same bits where rows are many", {
  many <- rows_of_families[rep_len(1:60, 4000), ]
  many$x <- many$x + seq(-1, 1, length.out = 4000)
  for (name in c("cox", "ordinal", "negative_binomial", "location_scale")) {
    for (precision in c("double", "single")) {
      one <- fit_family(name, many, epochs = 2, threads = 1, precision = precision, dropout = 0.2, batch_size = 4000)
      two <- fit_family(name, many, epochs = 2, threads = 2, precision = precision, dropout = 0.2, batch_size = 4000)
      expect_identical(trained_parts(two), trained_parts(one), label = paste(name, precision))
    }
  }
})

test_that("a weight of 2 is the row twice, and one of 0 no row", {
  weights <- rep(c(1, 2, 0), 20)
  repeated <- rows_of_families[rep(1:60, weights), ]
  for (name in names(formulas_of_families)) {
    weighted <- fit_family(name, case_weights = weights)
    expect_equal(trained_parts(weighted), trained_parts(fit_family(name, repeated)), tolerance = 1e-10, label = name)
  }
})

test_that("parameters of a family's own can be given as a start, and are those of no other family", {
  fit <- fit_family("negative_binomial")
  network <- list(weights = fit$weights, biases = fit$biases, ancillary = fit$ancillary)
  start <- function(start, ..., family = "negative_binomial") {
    nn_train(count ~ x + g, rows_of_families, family = family, start = start, preset = "textbook", epochs = 0, seed = 1, ...)
  }
  expect_identical(start(network)$ancillary, fit$ancillary)
  expect_identical(start(replace(network, "ancillary", list(2L)))$ancillary, 2)
  expect_identical(start(network[c("weights", "biases")])$ancillary, fit_family("negative_binomial", epochs = 0)$ancillary)
  # log(theta) says nothing of phi, and an optimizer's memory of it neither.
  shares <- transform(rows_of_families, count = share)
  other <- nn_train(count ~ x + g, shares, family = "beta", start = fit, epochs = 0)
  expect_identical(other$ancillary, nn_train(count ~ x + g, shares, family = "beta", preset = "textbook", epochs = 0)$ancillary)
  expect_identical(unname(other$weights), unname(fit$weights))
  adam <- fit_family("negative_binomial", optimizer = "adam")
  for (typed in list(list(family = "poisson"), list(loss = "poisson"))) {
    poisson <- do.call(nn_train, c(list(count ~ x + g, rows_of_families, start = adam, epochs = 2), typed))
    expect_length(poisson$ancillary, 0L)
    expect_length(nn_train(count ~ x + g, rows_of_families, start = poisson, epochs = 2, family = "negative_binomial")$ancillary, 1L)
  }
})

test_that("the best epoch of one family is not the best of another that goes on from it", {
  first <- fit_family("negative_binomial", validation = 0.25, stop_iter = 5)
  then <- nn_train(count ~ x + g, rows_of_families, start = first, family = "poisson", epochs = 10)
  expect_gt(then$best$epoch, first$epochs_done)
})

test_that("the same family typed again is no other one", {
  fit <- nn_train(
    times(time, event) ~ x, rows_of_families, family = nn_family("discrete_hazard", breaks = c(0.5, 1, 4)), preset = "textbook", epochs = 5, seed = 1
  )
  later <- nn_train(times(time, event) ~ x, transform(rows_of_families, time = 2 * time), start = fit, family = "discrete_hazard", epochs = 1)
  expect_identical(family(later)$parameters$breaks, c(0.5, 1, 4))
  sums <- nn_train(number ~ x, rows_of_families, family = "gaussian", loss = "sse", preset = "textbook", epochs = 1, seed = 1)
  expect_identical(nn_train(number ~ x, rows_of_families, start = sums, family = "gaussian", epochs = 1)$settings$loss, "sse")
})

test_that("what a family is given as is understood, or refused by name", {
  fit <- function(family, ...) nn_train(count ~ x, rows_of_families, family = family, preset = "textbook", epochs = 1, seed = 1, ...)
  expect_identical(fit(family(fit("negative_binomial")))$settings$loss, "negative_binomial")
  expect_identical(fit("poisson", output = "exp", loss = "poisson")$weights, fit(poisson)$weights)
  edited <- function(object, value) {
    object["family"] <- list(value)
    object
  }
  expect_snapshot(error = TRUE, {
    fit("poison")
    fit("Gamma")
    fit(quasipoisson())
    fit(poisson("identity"))
    fit(mean)
    fit(NA)
    fit(c("poisson", "gamma"))
    fit(edited(nn_family("poisson"), "foo"))
    fit(edited(poisson(), NULL))
    fit(edited(poisson(), 3))
    fit("poisson", loss = "mse")
    fit("poisson", output = "linear")
    nn_train(event ~ x, rows_of_families, family = binomial("probit"))
    nn_family("cox", breaks = 1:2)
    nn_family("discrete_hazard", breaks = c(0, 1))
    nn_family(fit("poisson"), breaks = 1:2)
  })
})

test_that("an outcome that a family does not take is refused by both names", {
  fit <- function(formula, family, ...) nn_train(formula, rows_of_families, family = family, preset = "textbook", epochs = 1, seed = 1, ...)
  expect_snapshot(error = TRUE, {
    fit(number ~ x, "gamma")
    fit(event ~ x, "gamma")
    fit(event ~ x, "beta")
    fit(number ~ x, "negative_binomial")
    fit(class ~ x, "negative_binomial")
    fit(class ~ x, "binomial")
    fit(number ~ x, "ordinal")
    fit(event == 1 ~ x, "ordinal")
    fit(number ~ x, "cox")
    fit(times(time, event) ~ x, "gamma")
    fit(times(time, event) ~ x, NULL, loss = "mse")
    fit(times(time, event) ~ x, NULL, output = "sigmoid")
    fit(class ~ x, "location_scale")
  })
})

test_that("what a family cannot be trained with is refused by name", {
  expect_snapshot(error = TRUE, {
    fit_family("cox", batch_size = 20, optimizer = "adam")
    fit_family("ordinal", ensemble = 3)
    fit_family("cox", validation = 0.2, blend = "linear")
    fit_family("gamma", validation = 0.2, stop_metric = "deviance")
    fit_family("ordinal", validation = 0.2, stop_metric = "rmse")
    fit_family("location_scale", validation = 0.2, stop_metric = "mae")
    fit_family("location_scale", clip_predictions = TRUE)
    fit_family("negative_binomial", class_weights = "balanced")
    fit_family("negative_binomial", start = list(weights = list(matrix(1, 3, 1)), biases = list(0), ancillary = "a"))
    nn_train(count ~ x + g, rows_of_families, start = fit_family("negative_binomial"), family = "location_scale")
  })
  expect_identical(fit_family("ordinal", validation = 0.2, stop_metric = "loss")$settings$loss, "ordinal")
})

test_that("ordinal classes take weights as rows do", {
  by_class <- c(low = 1, mid = 2, high = 3)
  expect_identical(
    trained_parts(fit_family("ordinal", class_weights = by_class)),
    trained_parts(fit_family("ordinal", case_weights = unname(by_class[as.character(rows_of_families$class)])))
  )
})

test_that("an ordinal level without rows is warned of and leaves all finite", {
  for (levels in list(c("low", "none", "mid", "high"), c("none", "low", "mid", "high"), c("low", "mid", "high", "none"))) {
    data <- transform(rows_of_families, class = factor(class, levels = levels))
    expect_warning(fit <- fit_family("ordinal", data, epochs = 200, optimizer = "lbfgs"), class = "backprop_warning_unused_level")
    probabilities <- nn_predict(fit, data)
    expect_identical(colnames(probabilities), levels)
    expect_true(all(is.finite(probabilities)) && all(is.finite(fit$ancillary)) && is.finite(fit$final_loss))
    expect_equal(rowSums(probabilities), rep(1, 60), ignore_attr = TRUE)
    expect_lt(max(probabilities[, "none"]), 1e-2)
  }
})

test_that("an ordered factor is without order unless the family says so", {
  data <- transform(rows_of_families, class = factor(class, ordered = TRUE))
  expect_identical(nn_train(class ~ x, data, preset = "textbook", epochs = 1, seed = 1)$settings$loss, "cross_entropy")
  expect_identical(trained_parts(fit_family("ordinal", data)), trained_parts(fit_family("ordinal")))
})

test_that("two ordered levels predict as any two classes do", {
  data <- transform(rows_of_families, class = factor(number > 0, labels = c("no", "yes")))
  fit <- fit_family("ordinal", data, epochs = 100)
  expect_identical(names(predict(fit, data, type = "prob")), c(".pred_no", ".pred_yes"))
  expect_identical(levels(predict(fit, data)$.pred_class), c("no", "yes"))
  expect_identical(predict(fit, data)$.pred_class == "yes", predict(fit, data, type = "prob")$.pred_yes > 0.5)
})

test_that("all methods give the same fit", {
  for (name in c("gamma", "negative_binomial", "beta", "location_scale", "ordinal")) {
    outcome <- rows_of_families[[all.vars(formulas_of_families[[name]])[1L]]]
    settings <- list(family = name, hidden = 2, epochs = 5, seed = 1, preset = "textbook", standardize = TRUE)
    by_formula <- do.call(nn_train, c(list(reformulate("x", all.vars(formulas_of_families[[name]])[1L]), rows_of_families), settings))
    by_table <- do.call(nn_train, c(list(rows_of_families["x"], outcome), settings))
    by_matrix <- do.call(nn_train, c(list(as.matrix(rows_of_families["x"]), outcome), settings))
    expect_identical(trained_parts(by_table), trained_parts(by_formula), label = name)
    expect_identical(unname(by_matrix$ancillary), unname(by_formula$ancillary), label = name)
    expect_identical(by_matrix$final_loss, by_formula$final_loss, label = name)
  }
})

test_that("outcomes that tell little train without NaN", {
  for (name in c("gamma", "negative_binomial", "beta", "location_scale")) {
    outcome <- all.vars(formulas_of_families[[name]])[1L]
    constant <- rows_of_families
    constant[[outcome]] <- rep(constant[[outcome]][1L], 60)
    for (data in list(constant, rows_of_families[1L, ], transform(rows_of_families, x = 1))) {
      fit <- suppressWarnings(fit_family(name, data))
      expect_true(all(is.finite(c(unlist(trained_parts(fit)), nn_predict(fit, data)))), label = name)
    }
  }
  none <- fit_family("negative_binomial", transform(rows_of_families, count = 0))
  expect_true(all(is.finite(nn_predict(none, rows_of_families))))
})

test_that("shares that hardly vary are learnt by plain gradient descent", {
  set.seed(1)
  data <- data.frame(x = rnorm(200), y = rbeta(200, 600, 2400))
  fit <- nn_train(y ~ x, data, family = "beta", preset = "textbook", seed = 1)
  expect_identical(fit$status, "completed")
  expect_equal(mean(predict(fit, data)$.pred), 0.2, tolerance = 0.1)
})

test_that("the preset for tables learns with every family", {
  set.seed(2)
  n <- 400
  x <- runif(n, -2, 2)
  signal <- sin(2 * x)
  data <- data.frame(
    x, z = rnorm(n), amount = rgamma(n, 4, 4 / exp(signal)), count = rnbinom(n, 3, mu = 6 * exp(signal)), share = rbeta(n, 10 * plogis(signal), 10 * plogis(-signal)),
    number = signal + rnorm(n, sd = 0.3), class = cut(3 * signal + rlogis(n), c(-Inf, -1, 1, Inf), labels = c("low", "mid", "high")),
    success = rbinom(n, 6, plogis(signal)), time = rexp(n, exp(2 * signal)), event = rbinom(n, 1, 0.8), skewed = rbinom(n, 6, plogis(signal - 3))
  )
  data$failure <- 6 - data$success
  data$rest <- 6 - data$skewed
  train <- 1:300
  fit <- function(formula, family) nn_train(formula, data[train, ], family = family, effort = "quick", seed = 1)
  agrees <- function(predicted) abs(stats::cor(as.double(predicted), signal[-train], method = "spearman"))
  test <- data[-train, ]
  expect_gt(agrees(predict(fit(amount ~ x + z, "gamma"), test)$.pred), 0.85)
  expect_gt(agrees(predict(fit(count ~ x + z, "negative_binomial"), test)$.pred), 0.85)
  expect_gt(agrees(predict(fit(share ~ x + z, "beta"), test)$.pred), 0.85)
  expect_gt(agrees(predict(fit(number ~ x + z, "location_scale"), test)$.pred), 0.85)
  expect_gt(agrees(predict(fit(class ~ x + z, "ordinal"), test, type = "prob")$.pred_high), 0.85)
  expect_gt(agrees(predict(fit(times(time, event) ~ x + z, "cox"), test)$.pred_linear_pred), 0.85)
  hazards <- predict(fit(times(time, event) ~ x + z, "discrete_hazard"), test, time = stats::median(data$time))$.pred
  expect_gt(agrees(vapply(hazards, function(row) row$.pred_survival, 0)), 0.8)
  expect_gt(agrees(predict(fit(cbind(success, failure) ~ x + z, "binomial"), test)$.pred), 0.85)
  # An average of networks, and a blend, of what has a long tail.
  for (formula in list(amount ~ x + z, cbind(skewed, rest) ~ x + z, count ~ x + z)) {
    family <- c(amount = "gamma", skewed = "binomial", count = "poisson")[[all.vars(formula)[1L]]]
    blended <- nn_train(formula, data[train, ], family = family, ensemble = 4, seed = 1)
    expect_setequal(blended$choice$kind, c("linear", "small", "network"))
    expect_gt(agrees(predict(blended, test)$.pred), 0.8)
  }
})

test_that("the preset's Cox model orders new rows of the lung data", {
  skip_if_not_installed("survival")
  lung <- stats::na.omit(survival::lung[c("time", "status", "age", "sex", "ph.ecog", "ph.karno", "wt.loss")])
  concordance <- vapply(1:8, function(seed) {
    set.seed(seed)
    held <- sample(nrow(lung), 70)
    fit <- nn_train(survival::Surv(time, status) ~ ., lung[-held, ], seed = seed)
    risk <- predict(fit, lung[held, ])$.pred_linear_pred
    survival::concordance(survival::Surv(time, status) ~ risk, lung[held, ], reverse = TRUE)$concordance
  }, 0)
  expect_gt(mean(concordance), 0.6)
})

test_that("no hidden layers are the model of other packages under the preset, too", {
  skip_if_not_installed("MASS")
  skip_if_not_installed("survival")
  slopes <- function(fit) coef(fit, scale = "original")$weights$output[, 1L]
  data <- transform(rows_of_families, z = rev(x))
  fit <- nn_train(count ~ x + z, data, family = "negative_binomial", hidden = c(), seed = 1)
  expect_equal(slopes(fit), coef(MASS::glm.nb(count ~ x + z, data))[-1L], tolerance = 1e-4)
  fit <- nn_train(class ~ x + z, data, family = "ordinal", hidden = c(), seed = 1)
  expect_equal(slopes(fit), coef(MASS::polr(class ~ x + z, data)), tolerance = 1e-4)
  fit <- nn_train(survival::Surv(time, event) ~ x + z, data, hidden = c(), seed = 1)
  expect_equal(slopes(fit), coef(survival::coxph(survival::Surv(time, event) ~ x + z, data, ties = "breslow")), tolerance = 1e-4)
})

test_that("an offset moves the mean of a location-scale model and not its standard deviation", {
  settings <- list(family = "location_scale", preset = "textbook", hidden = c(), optimizer = opt_lbfgs(value_tolerance = 0), epochs = 1000, seed = 1)
  data <- transform(rows_of_families, known = 3 * sin(seq_along(x)))
  with_offset <- do.call(nn_train, c(list(I(number + known) ~ x + offset(known), data), settings))
  without <- do.call(nn_train, c(list(number ~ x, data), settings))
  expect_equal(as.numeric(logLik(with_offset, data = data)), as.numeric(logLik(without, data = data)), tolerance = 1e-8)
  expect_equal(predict(with_offset, data)$.pred, predict(without, data)$.pred + data$known, tolerance = 1e-6)
  expect_equal(predict(with_offset, data, type = "sd"), predict(without, data, type = "sd"), tolerance = 1e-6)
  # A column for each output says what is added to the logarithm of the standard deviation, too.
  as_table <- function(offset) do.call(nn_train, c(list(data["x"], data$number, offset = offset), settings))
  expect_identical(as_table(cbind(data$known, 0))$weights, as_table(data$known)$weights)
})

test_that("offsets are those of other packages", {
  skip_if_not_installed("MASS")
  skip_if_not_installed("survival")
  data <- transform(rows_of_families, known = sin(seq_along(x)))
  slope <- function(fit) coef(fit, scale = "original")$weights$output[, 1L]
  linear <- function(...) slope(nn_train(..., preset = "textbook", hidden = c(), optimizer = opt_lbfgs(value_tolerance = 0), epochs = 1000, seed = 1))
  expect_equal(
    linear(survival::Surv(time, event) ~ x + offset(known), data),
    coef(survival::coxph(survival::Surv(time, event) ~ x + offset(known), data, ties = "breslow")), tolerance = 1e-5, ignore_attr = TRUE
  )
  expect_equal(linear(class ~ x + offset(known), data, family = "ordinal"), coef(MASS::polr(class ~ x + offset(known), data)), tolerance = 1e-4, ignore_attr = TRUE)
  expect_equal(linear(count ~ x + offset(known), data, family = "negative_binomial"), coef(MASS::glm.nb(count ~ x + offset(known), data))[2L], tolerance = 1e-5, ignore_attr = TRUE)
})

test_that("the preset's choice for Cox gives way to what is typed", {
  fit <- function(...) nn_train(times(time, event) ~ x, rows_of_families, epochs = 3, seed = 1, ...)
  expect_identical(fit()$settings$optimizer$name, "lbfgs")
  expect_identical(fit(dropout = 0.2)$settings$optimizer$name, "adam")
  expect_identical(fit(clip_norm = 1)$settings$clip_norm, 1)
  expect_identical(fit(optimizer = "adam")$settings$penalty, 0)
  expect_identical(fit(validation = 0.2)$validation_count, 12L)
  expect_identical(fit(effort = "thorough")$settings$ensemble, 1L)
})

test_that("nn_family() asks for a family", {
  expect_error(nn_family(), class = "backprop_error_missing_argument")
  expect_error(nn_family(NULL, breaks = 1), class = "backprop_error_argument")
})

test_that("the gamma deviance at a mean of 0 or beyond all numbers is infinite, not NaN", {
  expect_identical(gamma_shares(2, c(Inf, 0, 2)), c(Inf, Inf, 0))
})
