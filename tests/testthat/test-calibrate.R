test_that("the temperature is where optimize() finds the log loss smallest, for two classes and for three", {
  for (k in 2:3) {
    fit <- overconfident_fit(k)
    held <- overconfident_data(200, k, seed = 2)
    found <- nn_calibrate(fit, held)
    p <- as.matrix(predict(fit, held, type = "prob"))
    loss <- function(log_t) {
      z <- log(p) / exp(log_t)
      own <- z[cbind(seq_len(200), as.integer(held$y))]
      mean(log(rowSums(exp(z - apply(z, 1, max)))) + apply(z, 1, max) - own)
    }
    best <- optimize(loss, c(-3, 4), tol = 1e-10)
    expect_equal(found$calibration$parameters, exp(best$minimum), tolerance = 1e-5)
    expect_equal(log_loss_of(found, held), best$objective, tolerance = 1e-8)
    expect_gt(found$calibration$parameters, 1)
    expect_lt(log_loss_of(found, overconfident_data(500, k, seed = 3)), log_loss_of(fit, overconfident_data(500, k, seed = 3)))
    # Classes stay as they are.
    expect_identical(predict(found, held), predict(fit, held))
  }
})

test_that("the temperature of a logistic regression on its own data is 1, as the slope of glm() on its own logits is", {
  data <- overconfident_data(300)
  fit <- nn_train(y ~ x + noise, data = data, hidden = c(), optimizer = "lbfgs", epochs = 200, preset = "textbook")
  expect_equal(nn_calibrate(fit, data)$calibration$parameters, 1, tolerance = 1e-4)
  # Without an intercept glm() has the inverse of the temperature.
  held <- overconfident_data(200, seed = 2)
  logit <- qlogis(nn_predict(fit, held)[, 1])
  slope <- coef(glm(held$y ~ 0 + logit, family = binomial()))
  expect_equal(nn_calibrate(fit, held)$calibration$parameters, unname(1 / slope), tolerance = 1e-5)
})

test_that("a temperature never makes the log loss on its rows larger", {
  fit <- overconfident_fit(3)
  for (seed in 1:8) {
    held <- overconfident_data(12, 3, seed = seed)
    found <- suppressWarnings(nn_calibrate(fit, held), classes = "backprop_warning_calibration")
    expect_lte(log_loss_of(found, held), log_loss_of(fit, held) + 1e-12)
  }
})

test_that("Platt's line is glm()'s on his targets, and weights count as rows", {
  fit <- overconfident_fit()
  held <- overconfident_data(100, seed = 2)
  found <- nn_calibrate(fit, held, "platt")$calibration$parameters[[1]]
  logit <- qlogis(nn_predict(fit, held)[, 1])
  yes <- held$y == "b"
  target <- ifelse(yes, (sum(yes) + 1) / (sum(yes) + 2), 1 / (sum(!yes) + 2))
  expect_equal(found, unname(coef(suppressWarnings(glm(target ~ logit, family = quasibinomial()))))[2:1], tolerance = 1e-5)
  w <- rep(1:2, 50)
  twice <- nn_calibrate(fit, held[rep(1:100, w), ], "platt")
  expect_equal(nn_calibrate(fit, held, "platt", case_weights = w)$calibration$parameters, twice$calibration$parameters)
  # Classes that are apart have finite numbers.
  apart <- data.frame(x = c(-3, -2, 2, 3), noise = 0, y = factor(c("a", "a", "b", "b")))
  expect_true(all(is.finite(nn_calibrate(fit, apart, "platt")$calibration$parameters[[1]])))
})

test_that("the isotonic curve is isoreg()'s at its rows, and does not fall between them", {
  fit <- overconfident_fit()
  held <- overconfident_data(150, seed = 2)
  found <- nn_calibrate(fit, held, "isotonic")
  p <- nn_predict(fit, held)[, 1]
  steps <- isoreg(p, as.numeric(held$y == "b"))
  expect_equal(unname(nn_predict(found, held)[order(p), 1]), steps$yf)
  between <- use_isotonic(seq(0, 1, length.out = 500), found$calibration$parameters[[1]])
  expect_false(is.unsorted(between))
  # Ties are one place; weights count as rows.
  tied <- fit_isotonic(c(0.2, 0.2, 0.7, 0.7), c(TRUE, FALSE, FALSE, FALSE), rep(1, 4))
  expect_identical(tied, list(x = c(0.2, 0.7), y = c(0.25, 0.25)))
  expect_equal(fit_isotonic(c(0.1, 0.5, 0.9), c(TRUE, FALSE, TRUE), c(1, 3, 1)), list(x = c(0.1, 0.5, 0.9), y = c(0.25, 0.25, 1)))
  expect_equal(use_isotonic(c(0, 1), fit_isotonic(c(0.5, 0.5), c(TRUE, FALSE), c(1, 1))), c(0.5, 0.5))
})

test_that("several classes are taken one against the rest, and sum to 1", {
  fit <- overconfident_fit(3)
  held <- overconfident_data(200, 3, seed = 2)
  for (method in c("platt", "isotonic")) {
    found <- suppressWarnings(nn_calibrate(fit, held, method), classes = "backprop_warning_calibration")
    p <- nn_predict(found, held)
    expect_equal(unname(rowSums(p)), rep(1, 200))
    expect_identical(colnames(p), levels(held$y))
    expect_length(found$calibration$parameters, 3)
  }
  # A row of which nothing is left stays as it was.
  nothing <- list(x = c(0.6, 0.9), y = c(0, 1))
  p <- rbind(c(0.3, 0.3, 0.4))
  expect_identical(use_against_rest(p, list(nothing, nothing, nothing), use_isotonic), p)
})

test_that("every way to predict has the calibrated probabilities, of ensembles and logicals too, and none takes them off", {
  held <- overconfident_data(100, seed = 2)
  held$flag <- held$y == "b"
  ensemble <- nn_train(y ~ x + noise, data = overconfident_data(60), ensemble = 2, hidden = 4, epochs = 20, seed = 1)
  flags <- nn_train(flag ~ x + noise, data = held, hidden = 5, epochs = 100, seed = 1, family = "binomial", preset = "textbook")
  for (fit in list(overconfident_fit(), overconfident_fit(output = "softmax"), ensemble, flags)) {
    found <- nn_calibrate(fit, held)
    t <- found$calibration$parameters
    last <- function(value) unname(value[, ncol(value)])
    expect_equal(last(nn_predict(found, held)), plogis(qlogis(last(nn_predict(fit, held))) / t))
    expect_identical(last(fitted(found, data = held)), last(nn_predict(found, held)))
    rows <- held[c(3, 1), ]
    rows$x[1] <- NA
    expect_identical(c(nn_predict(found, rows)[2, ]), c(nn_predict(found, held[1, ])[1, ]))
    expect_true(all(is.na(nn_predict(found, rows)[1, ])))
    expect_identical(nn_predict(nn_calibrate(found, method = "none"), held), nn_predict(fit, held))
    expect_equal(nn_calibrate(nn_calibrate(found, held, "platt"), held), found)
  }
  prob <- predict(nn_calibrate(ensemble, held), held, type = "prob")
  expect_equal(prob$.pred_a + prob$.pred_b, rep(1, 100))
  expect_identical(predict(nn_calibrate(ensemble, held), held, type = "spread"), predict(ensemble, held, type = "spread"))
  copy <- unserialize(serialize(nn_calibrate(ensemble, held, "isotonic"), NULL))
  expect_identical(predict(copy, held, type = "prob"), predict(nn_calibrate(ensemble, held, "isotonic"), held, type = "prob"))
  counts <- nn_train(cbind(am, 1 - am) ~ wt, data = mtcars, hidden = c(), family = "binomial", epochs = 200, preset = "textbook")
  expect_gt(nn_calibrate(counts, mtcars)$calibration$parameters, 0)
})

test_that("what is about the weights of a calibrated network is refused, and says how to have it", {
  data <- overconfident_data(60)
  fit <- nn_calibrate(overconfident_fit(keep_weights = 50), overconfident_data(50, seed = 2))
  expect_snapshot(logLik(fit, data = data), error = TRUE)
  for (ask in list(vcov, AIC, function(...) predict(fit, data, type = "conf_int", method = "delta", data = data))) {
    expect_error(ask(fit, data = data), class = "backprop_error_calibrated")
  }
  expect_error(nn_gradient(fit, data), class = "backprop_error_calibrated")
  expect_error(predict(fit, data, epoch = 50), class = "backprop_error_calibrated")
  expect_no_error(logLik(nn_calibrate(fit, method = "none"), data = data))
  expect_null(nn_train(y ~ x + noise, data = data, start = fit, epochs = 1)$calibration)
})

test_that("a calibrated fit says so", {
  held <- overconfident_data(50, seed = 2)
  fit <- overconfident_fit()
  shown <- function(fit) grep("Calibrated", c(capture.output(print(fit)), capture.output(print(summary(fit)))), value = TRUE)
  expect_match(shown(nn_calibrate(fit, held)), "Calibrated: .*temperature [0-9.]+, on 50 rows", all = TRUE)
  expect_length(shown(nn_calibrate(fit, held, "platt")), 2)
  expect_match(shown(nn_calibrate(overconfident_fit(3), overconfident_data(50, 3, seed = 2), "isotonic")), "isotonic, 3 curves, on 50 rows", all = TRUE)
  ensemble <- nn_train(y ~ x, data = held, ensemble = 2, hidden = 2, epochs = 50, seed = 1)
  expect_length(shown(nn_calibrate(ensemble, held, "platt")), 2)
})

test_that("what cannot be calibrated is refused, and a doubtful calibration is told of", {
  fit <- overconfident_fit(3)
  held <- overconfident_data(50, 3, seed = 2)
  line <- nn_train(mpg ~ wt, data = mtcars, epochs = 1, seed = 1, preset = "textbook")
  expect_snapshot(error = TRUE, {
    nn_calibrate(fit)
    nn_calibrate(fit, held, "temprature")
    nn_calibrate(fit, held[held$y != "c", ], "platt")
    nn_calibrate(line, mtcars)
    nn_calibrate(fit, held["x"])
  })
  two <- overconfident_fit()
  reverse <- transform(held[held$y != "c", ], y = factor(ifelse(x > 0, "a", "b")))
  expect_snapshot(found <- nn_calibrate(two, reverse))
  expect_identical(found$calibration$parameters, 100)
  expect_warning(nn_calibrate(two, reverse, "platt"), class = "backprop_warning_calibration")
  expect_warning(nn_calibrate(two, data.frame(x = c(-3, 3), noise = 0, y = c("a", "b"))), class = "backprop_warning_calibration")
})

test_that("a calibration that was edited is named", {
  fit <- nn_calibrate(overconfident_fit(), overconfident_data(50, seed = 2))
  edited <- function(change) {
    fit$calibration <- change(fit$calibration)
    fit
  }
  expect_snapshot(error = TRUE, {
    nn_predict(edited(function(x) replace(x, "parameters", -1)), overconfident_data(2))
    nn_predict(edited(function(x) list(method = "platt", rows = 50L, parameters = 2)), overconfident_data(2))
    nn_predict(edited(function(x) "temperature"), overconfident_data(2))
  })
})
