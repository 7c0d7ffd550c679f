# Without hidden layers each family is a model that R has elsewhere: the same coefficients, likelihoods and derivatives. Others' default stops
# are up to 4e-6 from the minimum, so theirs are tightened.

fit_linear <- function(formula, data, family, ...) {
  nn_train(formula, data = data, family = family, hidden = c(), epochs = 2000, seed = 1, keep = "data", optimizer = opt_lbfgs(value_tolerance = 0), ...)
}

# How far a step of Newton's method, by differences of the function alone, would go from where it is at its minimum.
distance_to_minimum <- function(f, at) {
  h <- 1e-4
  n <- length(at)
  moved <- function(i, by) replace(at, i, at[i] + by)
  slope <- vapply(seq_len(n), function(i) {
    (8 * (f(moved(i, h)) - f(moved(i, -h))) - (f(moved(i, 2 * h)) - f(moved(i, -2 * h)))) / (12 * h)
  }, 0)
  max(abs(solve(optimHess(at, f), slope)))
}

slopes_of <- function(fit) coef(fit, scale = "original")$weights$output[, 1L]
intercept_of <- function(fit) unname(coef(fit, scale = "original")$biases$output[1L])

amounts <- local({
  set.seed(4)
  x1 <- rnorm(120)
  x2 <- runif(120)
  mean <- exp(0.4 + 0.5 * x1 - x2)
  data.frame(
    x1, x2,
    amount = rgamma(120, shape = 3, rate = 3 / mean), count = rnbinom(120, size = 1.7, mu = 4 * mean),
    share = pmin(pmax(rbeta(120, 6 * plogis(x1 - x2), 6 * plogis(x2 - x1)), 1e-6), 1 - 1e-6),
    number = 1 + x1 - 2 * x2 + exp(0.3 * x1 - 0.5) * rnorm(120)
  )
})

test_that("gamma equals glm() with a log link", {
  fit <- fit_linear(amount ~ x1 + x2, amounts, "gamma")
  reference <- glm(amount ~ x1 + x2, amounts, family = Gamma("log"), control = glm.control(epsilon = 1e-14, maxit = 100))
  expect_equal(c(intercept_of(fit), slopes_of(fit)), coef(reference), tolerance = 1e-6, ignore_attr = TRUE)
  expect_equal(as.numeric(logLik(fit)), as.numeric(logLik(reference)), tolerance = 1e-8)
  expect_equal(attr(logLik(fit), "df"), attr(logLik(reference), "df"))
  expect_equal(deviance(fit), deviance(reference), tolerance = 1e-8)
  for (type in c("response", "pearson", "deviance")) {
    expect_equal(residuals(fit, type = type)[, 1L], residuals(reference, type = type), tolerance = 1e-5, ignore_attr = TRUE)
  }
  weighted <- fit_linear(amount ~ x1 + x2, amounts, Gamma("log"), case_weights = 1 + (amounts$x1 > 0))
  reference <- glm(amount ~ x1 + x2, amounts, family = Gamma("log"), weights = 1 + (x1 > 0), control = glm.control(epsilon = 1e-14))
  expect_equal(slopes_of(weighted), coef(reference)[-1L], tolerance = 1e-6, ignore_attr = TRUE)
})

test_that("negative binomial equals MASS::glm.nb(), theta included", {
  skip_if_not_installed("MASS")
  fit <- fit_linear(count ~ x1 + x2, amounts, "negative_binomial")
  reference <- MASS::glm.nb(count ~ x1 + x2, amounts, control = glm.control(epsilon = 1e-14, maxit = 200))
  expect_equal(c(intercept_of(fit), slopes_of(fit)), coef(reference), tolerance = 1e-6, ignore_attr = TRUE)
  expect_equal(family(fit)$parameters$theta, reference$theta, tolerance = 1e-6)
  expect_equal(as.numeric(logLik(fit)), as.numeric(logLik(reference)), tolerance = 1e-8)
  expect_equal(attr(logLik(fit), "df"), attr(logLik(reference), "df"))
  expect_equal(deviance(fit), reference$deviance, tolerance = 1e-6)
  expect_equal(residuals(fit, type = "pearson")[, 1L], residuals(reference, type = "pearson"), tolerance = 1e-5, ignore_attr = TRUE)
  expect_equal(residuals(fit, type = "deviance")[, 1L], residuals(reference, type = "deviance"), tolerance = 1e-5, ignore_attr = TRUE)
})

# Minus the log-likelihood of beta regression, by R's own density.
test_that("beta equals the direct maximum of its likelihood", {
  fit <- fit_linear(share ~ x1 + x2, amounts, "beta")
  minus <- function(p) {
    mean <- plogis(p[1] + p[2] * amounts$x1 + p[3] * amounts$x2)
    -sum(dbeta(amounts$share, mean * exp(p[4]), (1 - mean) * exp(p[4]), log = TRUE))
  }
  found <- c(intercept_of(fit), slopes_of(fit), log(family(fit)$parameters$phi))
  expect_equal(as.numeric(logLik(fit)), -minus(found), tolerance = 1e-10)
  expect_lt(distance_to_minimum(minus, found), 1e-6)
  expect_equal(attr(logLik(fit), "df"), 4)
})

test_that("location and scale equal the direct maximum of their likelihood", {
  fit <- fit_linear(number ~ x1 + x2, amounts, "location_scale")
  minus <- function(p) {
    mean <- p[1] + p[2] * amounts$x1 + p[3] * amounts$x2
    -sum(dnorm(amounts$number, mean, exp(p[4] + p[5] * amounts$x1 + p[6] * amounts$x2), log = TRUE))
  }
  original <- coef(fit, scale = "original")
  found <- rbind(original$biases$output, original$weights$output)
  expect_equal(as.numeric(logLik(fit)), -minus(found), tolerance = 1e-10)
  expect_lt(distance_to_minimum(minus, as.vector(found)), 1e-6)
  expect_equal(attr(logLik(fit), "df"), 6)
  predicted <- predict(fit, amounts[1:3, ])
  expect_equal(predicted$.pred, drop(cbind(1, as.matrix(amounts[1:3, 1:2])) %*% found[, 1L]), tolerance = 1e-8, ignore_attr = TRUE)
  sd <- predict(fit, amounts[1:3, ], type = "sd")$.pred_sd
  expect_equal(log(sd), drop(cbind(1, as.matrix(amounts[1:3, 1:2])) %*% found[, 2L]), tolerance = 1e-8, ignore_attr = TRUE)
  expect_equal(predict(fit, amounts[1:3, ], type = "pred_int", level = 0.9)$.pred_upper, predicted$.pred + qnorm(0.95) * sd, tolerance = 1e-10)
})

test_that("ordinal equals MASS::polr(), thresholds and standard errors included", {
  skip_if_not_installed("MASS")
  housing <- MASS::housing
  fit <- fit_linear(Sat ~ Infl + Type + Cont, housing, "ordinal", case_weights = Freq)
  reference <- MASS::polr(Sat ~ Infl + Type + Cont, housing, weights = Freq, Hess = TRUE, control = list(reltol = 1e-16, maxit = 1000))
  expect_identical(dim(fit$weights[[1L]])[2L], 1L)
  probabilities <- as.matrix(predict(fit, housing, type = "prob"))
  expect_equal(probabilities, predict(reference, housing, type = "probs"), tolerance = 1e-5, ignore_attr = TRUE)
  expect_equal(predict(fit, housing)$.pred_class, factor(as.character(predict(reference, housing)), levels(housing$Sat)))
  expect_equal(as.numeric(logLik(fit)), as.numeric(logLik(reference)), tolerance = 1e-9)
  expect_equal(attr(logLik(fit), "df"), attr(logLik(reference), "df"))
  # One-hot inputs: contrasts to the first level are polr()'s coefficients.
  slopes <- slopes_of(fit)
  infl <- slopes[c("InflMedium", "InflHigh")] - slopes["InflLow"]
  expect_equal(unname(infl), unname(coef(reference)[1:2]), tolerance = 1e-5)
  variances <- diag(vcov(fit, scale = "original"))
  expect_equal(unname(variances[grep("InflMedium|InflHigh", names(variances))]), unname(diag(vcov(reference))[1:2]), tolerance = 1e-4)
})

test_that("thresholds are those of MASS::polr() where inputs are numbers", {
  skip_if_not_installed("MASS")
  set.seed(8)
  data <- data.frame(x = rnorm(200), z = runif(200))
  data$y <- cut(1.5 * data$x - data$z + rlogis(200), c(-Inf, -2, -0.5, 1, Inf), labels = c("a", "b", "c", "d"))
  fit <- fit_linear(y ~ x + z, data, "ordinal", standardize = FALSE)
  reference <- MASS::polr(y ~ x + z, data, control = list(reltol = 1e-16, maxit = 1000))
  expect_equal(family(fit)$parameters$thresholds, reference$zeta, tolerance = 1e-6)
  expect_equal(slopes_of(fit), coef(reference), tolerance = 1e-6)
  two <- transform(data, y = factor(y %in% c("c", "d")))
  binomial <- glm(y ~ x + z, two, family = binomial(), control = glm.control(epsilon = 1e-14))
  fit <- fit_linear(y ~ x + z, two, "ordinal", standardize = FALSE)
  expect_equal(c(intercept_of(fit), slopes_of(fit)), coef(binomial), tolerance = 1e-6, ignore_attr = TRUE)
})

test_that("Cox equals survival::coxph() with Breslow's ties", {
  skip_if_not_installed("survival")
  Surv <- survival::Surv
  lung <- survival::lung[stats::complete.cases(survival::lung[c("time", "status", "age", "sex", "ph.ecog")]), ]
  fit <- fit_linear(Surv(time, status == 2) ~ age + sex + ph.ecog, lung, "cox", standardize = TRUE)
  reference <- survival::coxph(
    Surv(time, status == 2) ~ age + sex + ph.ecog, lung, ties = "breslow",
    control = survival::coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
  )
  expect_identical(dim(fit$weights[[1L]]), c(3L, 1L))
  expect_equal(slopes_of(fit), coef(reference), tolerance = 1e-6)
  expect_equal(as.numeric(logLik(fit)), reference$loglik[2L], tolerance = 1e-10)
  expect_equal(attr(logLik(fit), "df"), 3)
  covariance <- vcov(fit, scale = "original")
  expect_equal(unname(covariance), unname(vcov(reference)), tolerance = 1e-5)
  times <- c(50, 200, 365, 700)
  curve <- survival::survfit(reference, newdata = lung[1:3, ])
  expected <- t(summary(curve, times = times)$surv)
  found <- t(vapply(predict(fit, lung[1:3, ], type = "survival", time = times)$.pred, function(row) row$.pred_survival, numeric(4)))
  expect_equal(found, expected, tolerance = 1e-5, ignore_attr = TRUE)
  expect_equal(residuals(fit)[, 1L], residuals(reference, type = "martingale"), tolerance = 1e-5, ignore_attr = TRUE)
  weights <- rep(c(1, 2, 0.5), length.out = nrow(lung))
  weighted <- fit_linear(Surv(time, status == 2) ~ age + sex, lung, "cox", case_weights = weights)
  reference <- survival::coxph(
    Surv(time, status == 2) ~ age + sex, lung, weights = weights, ties = "breslow", control = survival::coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
  )
  expect_equal(slopes_of(weighted), coef(reference), tolerance = 1e-6)
})

# By a logistic regression for each interval, of the rows that came to it.
test_that("discrete hazards equal glm() by interval", {
  set.seed(3)
  n <- 300
  data <- data.frame(x = rnorm(n))
  time <- rexp(n, exp(0.5 * data$x))
  data$time <- pmin(time, 2.5)
  data$status <- as.numeric(time < 2.5 & runif(n) < 0.8)
  breaks <- c(0.3, 0.8, 1.5, 2.5)
  y <- plain_surv(data$time, data$status)
  fit <- nn_train(
    data["x"], y, family = nn_family("discrete_hazard", breaks = breaks), preset = "textbook", hidden = c(), standardize = FALSE,
    optimizer = opt_lbfgs(value_tolerance = 0), epochs = 2000, seed = 1
  )
  for (j in seq_along(breaks)) {
    start <- c(0, breaks)[j]
    event <- data$status == 1 & data$time > start & data$time <= breaks[j]
    there <- event | data$time >= breaks[j]
    reference <- glm(event[there] ~ x, binomial(), data[there, ], control = glm.control(epsilon = 1e-14))
    expect_equal(c(fit$biases[[1L]][j], fit$weights[[1L]][1L, j]), coef(reference), tolerance = 1e-6, ignore_attr = TRUE)
  }
  hazards <- nn_predict(fit, data.frame(x = 0.5))
  survival <- predict(fit, data.frame(x = 0.5), type = "survival", time = breaks)$.pred[[1L]]
  expect_equal(survival$.pred_survival, cumprod(1 - hazards[1L, ]), tolerance = 1e-12, ignore_attr = TRUE)
})

test_that("counts of trials equal glm() and their multinomial the same rows one by one", {
  set.seed(6)
  data <- data.frame(x = rnorm(40), n = sample(2:9, 40, TRUE))
  data$success <- rbinom(40, data$n, plogis(0.3 + data$x))
  data$failure <- data$n - data$success
  fit <- fit_linear(cbind(success, failure) ~ x, data, "binomial", standardize = FALSE)
  reference <- glm(cbind(success, failure) ~ x, binomial(), data, control = glm.control(epsilon = 1e-14))
  expect_equal(c(intercept_of(fit), slopes_of(fit)), coef(reference), tolerance = 1e-6, ignore_attr = TRUE)
  expect_equal(as.numeric(logLik(fit)), as.numeric(logLik(reference)), tolerance = 1e-9)
  expect_equal(deviance(fit), deviance(reference), tolerance = 1e-8)
  expect_equal(predict(fit, data)$.pred, fitted(reference), tolerance = 1e-6, ignore_attr = TRUE)
  expect_equal(sqrt(diag(vcov(fit))), sqrt(diag(vcov(reference)))[2:1], tolerance = 1e-5, ignore_attr = TRUE)
  # Without the family they are two numbers.
  expect_identical(nn_train(cbind(success, failure) ~ x, data, preset = "textbook", hidden = c(), epochs = 1, seed = 1)$settings$loss, "mse")
})

test_that("R's own family objects are understood where the link is ours", {
  fit <- function(family) nn_train(carb ~ wt, mtcars, family = family, preset = "textbook", hidden = c(), epochs = 5, seed = 1)
  expect_identical(fit(poisson())$weights, fit("poisson")$weights)
  expect_identical(fit(poisson)$weights, fit(nn_family("poisson"))$weights)
  expect_identical(fit(gaussian())$settings$loss, "mse")
  expect_error(fit(Gamma()), class = "backprop_error_incompatible")
  expect_error(fit(quasi()), class = "backprop_error_choice")
})
