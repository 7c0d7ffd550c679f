test_that("a linear network has the coefficients and standard errors of lm()", {
  fit <- at_minimum(mpg ~ wt + hp + qsec, data = mtcars, hidden = c())
  line <- lm(mpg ~ wt + hp + qsec, data = mtcars)
  V <- vcov(fit, data = mtcars, scale = "original")
  order <- c(2:4, 1)
  expect_identical(rownames(V), paste0("layer1:", c("wt", "hp", "qsec", "bias"), "->mpg"))
  expect_lt(max(abs(unname(V) / unname(vcov(line)[order, order]) - 1)), 1e-5)
  coefficients <- coef(fit, scale = "original")
  expect_equal(unname(c(coefficients$weights[[1]], coefficients$biases[[1]])), unname(coef(line)[order]), tolerance = 1e-5)
})

test_that("standard errors of classes and counts are those of glm()", {
  same_as_glm <- function(fit, model, data) {
    ours <- vcov(fit, data = data, scale = "original")
    theirs <- vcov(model)
    order <- c(seq_len(nrow(theirs))[-1], 1)
    expect_lt(max(abs(sqrt(diag(ours)) / sqrt(diag(theirs))[order] - 1)), 1e-5)
    expect_lt(max(abs(confint(fit, data = data, scale = "original")[, 1] - confint.default(model)[order, 1])), 1e-3)
  }
  control <- glm.control(epsilon = 1e-14, maxit = 100)
  same_as_glm(
    at_minimum(vs ~ wt + disp, data = mtcars, hidden = c()),
    glm(vs ~ wt + disp, binomial, mtcars, control = control), mtcars
  )
  same_as_glm(
    at_minimum(breaks ~ wool + tension, data = warpbreaks, hidden = c(), output = "exp", loss = "poisson"),
    glm(breaks ~ wool + tension, poisson, warpbreaks, control = control), warpbreaks
  )
})

test_that("softmax has the contrasts and standard errors of nnet::multinom()", {
  skip_if_not_installed("nnet")
  fit <- at_minimum(education ~ age + parity, data = infert, hidden = c(), keep = "data")
  theirs <- nnet::multinom(education ~ age + parity, infert, trace = FALSE, reltol = 1e-15, maxit = 2000, Hess = TRUE)
  V <- vcov(fit, scale = "original")
  expect_identical(
    rownames(V), paste0("layer1:", c(outer(c("age", "parity"), c("6-11yrs", "12+ yrs"), paste, sep = "->"), "bias->6-11yrs", "bias->12+ yrs"))
  )
  errors <- summary(theirs)$standard.errors
  expect_equal(unname(sqrt(diag(V))), unname(c(t(errors[, 2:3]), errors[, 1])), tolerance = 1e-5)
  intervals <- confint(fit, scale = "original")
  estimates <- coef(theirs)
  expect_equal(unname(rowMeans(intervals)), unname(c(t(estimates[, 2:3]), estimates[, 1])), tolerance = 1e-5)
  expect_equal(c(logLik(fit)), c(logLik(theirs)), tolerance = 1e-8)
  expect_equal(attr(logLik(fit), "df"), attr(logLik(theirs), "df"))
})

test_that("a factor's first level is left out, as in lm()", {
  fit <- at_minimum(len ~ supp + dose, data = ToothGrowth, hidden = c(), keep = "data")
  line <- lm(len ~ supp + dose, ToothGrowth)
  found <- confint(fit, scale = "original")
  wanted <- confint(line)
  expect_identical(rownames(found), paste0("layer1:", c("suppVC", "dose", "bias"), "->len"))
  expect_equal(unname(found), unname(wanted[c(2, 3, 1), ]), tolerance = 1e-5)
  expect_equal(AIC(fit), AIC(line))
  expect_equal(df.residual(fit), df.residual(line))
})

test_that("sse and mse have one covariance, and weights of 2 equal rows twice", {
  data <- smooth_data(50)
  mse <- at_minimum(data$X, data$Y, hidden = c(), loss = "mse")
  sse <- at_minimum(data$X, data$Y, hidden = c(), loss = "sse", output = "linear")
  expect_equal(vcov(mse, data), vcov(sse, data), tolerance = 1e-6)
  weights <- rep(1:2, 25)
  weighted <- at_minimum(data$X, data$Y, hidden = c(), case_weights = weights, keep = "data")
  twice <- rep(1:50, weights)
  expect_equal(vcov(weighted), vcov(weighted, list(X = data$X[twice, ], Y = data$Y[twice], case_weights = rep(1, 75))))
  expect_error(vcov(weighted, data), class = "backprop_error_no_data")
})

test_that("the sandwich is the one of White", {
  line <- lm(dist ~ speed, cars)
  fit <- at_minimum(dist ~ speed, data = cars, hidden = c())
  X <- model.matrix(line)
  bread <- solve(crossprod(X))
  wanted <- (bread %*% crossprod(X * residuals(line)) %*% bread)[2:1, 2:1]
  expect_equal(unname(vcov(fit, data = cars, scale = "original", sandwich = TRUE)), unname(wanted), tolerance = 1e-5)
  # It needs no likelihood.
  squares <- at_minimum(cbind(cars$speed) / 10, cars$dist > 40, hidden = c())
  known <- list(X = cars$speed / 10, Y = cars$dist > 40)
  expect_snapshot(vcov(squares, known), error = TRUE)
  expect_true(all(diag(vcov(squares, known, sandwich = TRUE)) > 0))
})

test_that("with hidden units it is the inverse of the information, in either scale", {
  data <- data.frame(x = seq(-2, 2, length.out = 200))
  data$y <- withr::with_seed(1, 3 * tanh(1.5 * data$x) + rnorm(200) / 5)
  fit <- at_minimum(y ~ x, data = data, hidden = 1, activation = "tanh", keep = "data")
  V <- vcov(fit)
  s2 <- mean((data$y - nn_predict(fit, data))^2) * 200 / 196 / sd(data$y)^2
  expect_equal(unname(V), unname(solve(nn_hessian(fit) * 200 / (2 * s2))), tolerance = 1e-8)
  # The same model by nls().
  coefficients <- coef(fit, scale = "original")
  start <- stats::setNames(unlist(coefficients) * 1.02, c("a", "b", "c", "d"))
  curve <- nls(y ~ d + b * tanh(c + a * x), data, start = start)
  ours <- vcov(fit, scale = "original")
  expect_identical(rownames(ours), c("layer1:x->h1", "layer1:bias->h1", "layer2:h1->y", "layer2:bias->y"))
  # nls() takes the expected information, without the residuals' share.
  expect_equal(unname(sqrt(diag(ours))), unname(sqrt(diag(vcov(curve)))[c("a", "c", "b", "d")]), tolerance = 0.1)
})

test_that("a ridge penalty enters the information", {
  data <- smooth_data(50)
  fit <- at_minimum(data$X, data$Y, hidden = c(), penalty = 0.1)
  V <- vcov(fit, data)
  H <- nn_hessian(fit, data$X, data$Y)
  s2 <- deviance(fit, data) / df.residual(fit, data)
  expect_equal(unname(V), unname(solve(H * 50 / (2 * s2))), tolerance = 1e-8)
  # It makes softmax's weights unique, but not its biases.
  classes <- at_minimum(Species ~ ., data = iris, hidden = c(), penalty = 0.01, keep = "data")
  of_classes <- vcov(classes)
  expect_identical(dim(of_classes), c(10L, 10L))
  expect_gt(min(eigen(of_classes, symmetric = TRUE)$values), 0)
  fit$settings$mixture <- 0.5
  expect_snapshot(vcov(fit, data), error = TRUE)
})

test_that("a Hessian that gives no covariance is an error that says why", {
  data <- smooth_data(30)
  far <- nn_train(data$X, data$Y, hidden = 2, activation = "tanh", epochs = 1, seed = 1)
  many <- nn_train(data$X[1:5, ], data$Y[1:5], hidden = 3, epochs = 1, seed = 1)
  # A second hidden unit that is 1 in all rows: its weights do nothing, and its output is another bias.
  idle <- at_minimum(data$X, data$Y, hidden = 1, activation = "tanh")
  idle$weights <- list(cbind(idle$weights[[1]], 0), rbind(idle$weights[[2]], 0.1))
  idle$biases <- list(c(idle$biases[[1]], 50), idle$biases[[2]] - 0.1)
  idle$settings[c("sizes", "hidden")] <- list(c(3L, 2L, 1L), 2L)
  absolute <- nn_train(data$X, data$Y, hidden = 1, loss = "mae", epochs = 1, seed = 1)
  # Setosa can be told apart perfectly.
  separated <- at_minimum(Species ~ ., data = iris, hidden = c())
  expect_error(vcov(separated, iris), "told apart perfectly", class = "backprop_error_singular")
  expect_error(vcov(far, data), class = "backprop_error_no_minimum")
  expect_error(vcov(idle, data), class = "backprop_error_singular")
  expect_snapshot(error = TRUE, {
    vcov(many, list(X = data$X[1:5, ], Y = data$Y[1:5]))
    vcov(absolute, data)
    vcov(absolute)
    vcov(far, data, scale = "raw")
    vcov(far, data, sandwich = NA)
  })
})

test_that("weights some way from the minimum get a warning that says how far", {
  fit <- nn_train(mpg ~ wt, data = mtcars, hidden = c(), epochs = 10, lr = 0.1, seed = 1, preset = "textbook")
  warned <- tryCatch(vcov(fit, data = mtcars), warning = identity)
  expect_s3_class(warned, "backprop_warning_no_minimum")
  expect_gt(warned$distance, 0.1)
})

test_that("covariances beyond all numbers are an error", {
  # The square of its inverse is beyond 1.8e308.
  X <- cbind(a = c(1, 2, 3, 5, 8, 1), b = c(3, 1, 2, 1, 5, 9) * 1e-157)
  Y <- c(1, 4, 2, 7, 3, 5)
  fit <- nn_train(X, Y, hidden = c(), standardize = TRUE, optimizer = "lbfgs", seed = 1)
  expect_true(all(is.finite(vcov(fit, data = list(X = X, Y = Y)))))
  expect_error(vcov(fit, data = list(X = X, Y = Y), scale = "original"), "beyond", class = "backprop_error_singular")
})
