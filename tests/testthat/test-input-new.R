counts <- withr::with_seed(8, {
  data <- data.frame(x = rnorm(60), exposure = rexp(60) + 0.5, g = factor(sample(letters[1:3], 60, replace = TRUE)))
  data$n <- rpois(60, data$exposure * exp(data$x))
  data
})
at_best <- function(...) nn_train(..., preset = "textbook", hidden = c(), optimizer = "lbfgs", epochs = 2000, seed = 1)

test_that("everything that asks for an offset takes it as an argument of that name", {
  off <- log(counts$exposure)
  inside <- at_best(n ~ x + g + offset(log(exposure)), data = counts, output = "exp")
  given <- at_best(n ~ x + g, data = counts, output = "exp", offset = off)
  model <- glm(n ~ x + g + offset(log(exposure)), family = poisson, data = counts, control = glm.control(epsilon = 1e-13))
  for (type in c("response", "pearson", "deviance")) {
    expect_equal(residuals(given, data = counts, offset = off, type = type), residuals(inside, data = counts, type = type))
    expect_equal(unname(residuals(inside, data = counts, type = type)[, 1]), unname(residuals(model, type)), tolerance = 1e-5)
  }
  expect_equal(fitted(given, data = counts, offset = off), fitted(inside, data = counts))
  expect_equal(as.numeric(logLik(given, data = counts, offset = off)), as.numeric(logLik(model)), tolerance = 1e-8)
  expect_equal(as.numeric(logLik(inside, data = counts)), as.numeric(logLik(model)), tolerance = 1e-8)
  expect_equal(deviance(given, data = counts, offset = off), deviance(model), tolerance = 1e-8)
  expect_equal(AIC(given, data = counts, offset = off), AIC(model), tolerance = 1e-8)
  expect_equal(BIC(inside, data = counts), BIC(model), tolerance = 1e-8)
  expect_equal(df.residual(given, data = counts, offset = off), df.residual(model))
  expect_equal(vcov(given, data = counts, offset = off), vcov(inside, data = counts))
  expect_equal(confint(given, data = counts, offset = off), confint(inside, data = counts))
  expect_equal(summary(given, data = counts, offset = off)$error, summary(inside, data = counts)$error)
  expect_equal(nn_gradient(given, counts, offset = off), nn_gradient(inside, counts))
  expect_identical(nn_diagnose(given, counts, offset = off)$findings, nn_diagnose(inside, counts)$findings)
  # A list still says the same.
  expect_equal(logLik(given, data = list(data = counts, offset = off)), logLik(given, data = counts, offset = off))
  expect_error(logLik(given, data = counts), class = "backprop_error_no_data")
})

test_that("an offset works under every output that it means something for", {
  shift <- counts$exposure
  y <- counts$n / 3 + shift
  linear <- at_best(y ~ x + offset(shift), data = counts)
  model <- lm(y ~ x + offset(shift), data = counts)
  expect_equal(drop(nn_predict(linear, transform(counts, shift = shift))), unname(fitted(model)), tolerance = 1e-7)
  expect_equal(as.numeric(logLik(linear, transform(counts, shift = shift, y = y))), as.numeric(logLik(model)), tolerance = 1e-8)
  X <- as.matrix(counts["x"])
  by_matrix <- nn_train(X, y, offset = shift, hidden = 2, activation = "tanh", epochs = 10, seed = 1)
  expect_equal(nn_predict(by_matrix, X, offset = shift) - shift, nn_predict(by_matrix, X, offset = 0))
  expect_true(nn_check_gradient(by_matrix, X, y, offset = shift)$pass)
  expect_error(nn_train(Species ~ ., data = iris, offset = rep(1, 150), preset = "textbook"), class = "backprop_error_incompatible")
  classes <- nn_train(Species ~ ., data = iris, offset = matrix(0, 150, 3), epochs = 3, seed = 1, preset = "textbook")
  expect_same_bits(classes, nn_train(Species ~ ., data = iris, epochs = 3, seed = 1, preset = "textbook"))
})

test_that("a missing offset makes a row's prediction NA, and its column is asked for only when it is needed", {
  fit <- at_best(n ~ x + offset(log(exposure)), data = counts, output = "exp")
  new <- counts[1:3, ]
  new$exposure[2] <- NA
  expect_identical(is.na(predict(fit, new)$.pred), c(FALSE, TRUE, FALSE))
  expect_equal(predict(fit, new["x"], offset = 0), predict(fit, transform(new, exposure = 1)))
  expect_error(predict(fit, new["x"]), class = "backprop_error_columns")
  expect_identical(dim(predict(fit, new[0, ])), c(0L, 1L))
})

test_that("case weights that were a column are found in other data", {
  data <- transform(counts, w = exposure)
  weighted <- at_best(n ~ x, data = data, case_weights = w)
  expect_equal(logLik(weighted, data = data), logLik(weighted, data = data, case_weights = data$w))
  expect_identical(weighted$settings$case_weights, TRUE)
  expect_error(logLik(weighted, data = data[c("n", "x")]), class = "backprop_error_no_data")
  split <- nn_train(n ~ x, data = data[1:40, ], case_weights = w, validation = data[41:60, ], epochs = 3, seed = 1, preset = "textbook")
  by_hand <- nn_train(
    n ~ x, data = data[1:40, ], case_weights = w,
    validation = list(data = data[41:60, ], case_weights = data$w[41:60]), epochs = 3, seed = 1, preset = "textbook"
  )
  expect_identical(split$history, by_hand$history)
})

test_that("training goes on with weights and an offset that the data have", {
  once <- nn_train(n ~ x + offset(log(exposure)), data = counts, case_weights = exposure, output = "exp", epochs = 6, seed = 1, preset = "textbook")
  half <- nn_train(n ~ x + offset(log(exposure)), data = counts, case_weights = exposure, output = "exp", epochs = 3, seed = 1, preset = "textbook")
  expect_same_bits(nn_train(formula(half), data = counts, start = half, epochs = 3, preset = "textbook"), once)
  without <- nn_train(formula(half), data = counts, start = half, case_weights = NULL, epochs = 1, preset = "textbook")
  expect_false(without$settings$case_weights)
})

test_that("an offset in the formula and one that is no column are not mixed", {
  elsewhere <- seq_len(60)
  expect_error(
    nn_train(n ~ x + offset(exposure), data = counts, offset = c(elsewhere, 1)[1:60] / 60, preset = "textbook"), class = "backprop_error_incompatible"
  )
  both <- nn_train(n ~ x + offset(exposure), data = counts, offset = x / 2, epochs = 2, seed = 1, preset = "textbook")
  expect_same_bits(both, nn_train(n ~ x + offset(exposure) + offset(x / 2), data = counts, epochs = 2, seed = 1, preset = "textbook"))
})

test_that("an argument's own functions travel with the fit", {
  train <- function(formula, d) {
    halve <- function(v) v / 2
    nn_train(formula, data = d, offset = halve(exposure), epochs = 2, seed = 1, preset = "textbook")
  }
  fit <- train(n ~ x, counts)
  expect_equal(nn_predict(fit, counts), nn_predict(fit, counts, offset = counts$exposure / 2))
  double <- function(v) 2 * v
  twice <- nn_train(n ~ double(x), data = counts, offset = double(exposure), epochs = 1, seed = 1, preset = "textbook")
  expect_true(all(is.finite(nn_predict(twice, counts))))
})

test_that("no method swallows a misspelt argument", {
  fit <- nn_train(n ~ x, data = counts, epochs = 2, keep = "data", seed = 1, preset = "textbook")
  expect_snapshot(error = TRUE, {
    residuals(fit, typpe = "pearson")
    coef(fit, scales = "original")
    fitted(fit, offst = 1)
    logLik(fit, dta = counts)
    deviance(fit, caseweights = 1)
    AIC(fit, kk = 2)
    vcov(fit, sandwhich = TRUE)
    confint(fit, levl = 0.9)
    summary(fit, dta = counts)
    predict(fit, counts, tpye = "numeric")
    df.residual(fit, counts, 3)
    model.matrix(fit, dta = counts)
    plot(fit, type = "network", mian = "title")
    weights(fit, typ = "prior")
  })
  # Further models are no misspelt arguments.
  expect_identical(nrow(AIC(fit, again = fit)), 2L)
})

test_that("weights() are those of rows, as for lm()", {
  expect_null(weights(nn_train(n ~ x, data = counts, epochs = 1, seed = 1, preset = "textbook")))
  kept <- nn_train(n ~ x, data = counts, case_weights = exposure, keep = "data", epochs = 1, seed = 1, preset = "textbook")
  expect_identical(weights(kept), counts$exposure)
  expect_error(weights(nn_train(n ~ x, data = counts, case_weights = exposure, epochs = 1, preset = "textbook")), class = "backprop_error_no_data")
})

test_that("traces and gradient checks evaluate columns of the data too", {
  trace <- nn_trace(n ~ x, data = counts, case_weights = exposure, subset = g != "a", output = "exp", offset = log(exposure), seed = 1)
  expect_equal(as.vector(trace[["case_weights"]]$result), counts$exposure[counts$g != "a"])
  expect_true(nn_check_gradient(n ~ x, data = counts, case_weights = exposure, offset = log(exposure), output = "exp", seed = 1)$pass)
  fit <- nn_train(n ~ x + offset(log(exposure)), data = counts, output = "exp", epochs = 2, seed = 1, preset = "textbook")
  expect_true(nn_check_gradient(fit, counts)$pass)
  expect_equal(as.vector(nn_trace(fit, counts)[["offset"]]$result), log(counts$exposure))
})

test_that("pictures of a fit with an offset, a matrix column or gaps can be drawn", {
  withr::local_pdf(NULL)
  fit <- nn_train(n ~ x + offset(log(exposure)), data = counts, output = "exp", epochs = 2, seed = 1, preset = "textbook")
  expect_silent(plot(fit, type = "boundary", data = counts))
  expect_silent(plot(fit, type = "activations", data = counts))
  gaps <- counts
  gaps$x[3] <- NA
  filled <- nn_train(n ~ x + exposure, data = gaps, na_action = "impute", epochs = 2, seed = 1, preset = "textbook")
  expect_silent(plot(filled, type = "boundary", data = gaps))
  by_matrix <- nn_train(as.matrix(gaps[c("x", "exposure")]), gaps$n, na_action = "impute", epochs = 2, seed = 1)
  expect_silent(plot(by_matrix, type = "boundary", data = list(X = as.matrix(gaps[c("x", "exposure")]), Y = gaps$n)))
})
