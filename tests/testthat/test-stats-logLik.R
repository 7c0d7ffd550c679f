test_that("a linear network has the likelihood of lm()", {
  fit <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = c(), epochs = 3000, keep = "data", seed = 1, preset = "textbook")
  line <- lm(mpg ~ wt + hp, data = mtcars)
  expect_equal(c(logLik(fit)), c(logLik(line)))
  expect_identical(attributes(logLik(fit))[c("df", "nobs")], lapply(attributes(logLik(line))[c("df", "nobs")], as.double))
  expect_equal(logLik(fit, data = mtcars), logLik(fit))
  expect_equal(AIC(fit), AIC(line))
  expect_equal(BIC(fit), BIC(line))
  expect_equal(deviance(fit), deviance(line))
  expect_equal(df.residual(fit), df.residual(line))
  expect_identical(nobs(fit), nobs(line))
  table <- AIC(fit, line)
  expect_identical(dimnames(table), list(c("fit", "line"), c("df", "AIC")))
  expect_equal(table$AIC[1], table$AIC[2])
  expect_identical(names(BIC(fit, line)), c("df", "BIC"))
})

test_that("sse and mse, scaled or not, have one likelihood", {
  data <- smooth_data(30)
  start <- nn_init(c(3, 1), seed = 1)
  fits <- lapply(c("sse", "mse"), function(loss) {
    nn_train(data$X, data$Y, output = "linear", loss = loss, start = start, epochs = 0)
  })
  known <- list(X = data$X, Y = data$Y)
  expect_equal(logLik(fits[[1]], data = known), logLik(fits[[2]], data = known))
  p <- nn_predict(fits[[1]], data$X)
  expect_equal(
    as.numeric(logLik(fits[[1]], data = known)), sum(dnorm(data$Y, p, sqrt(mean((data$Y - p)^2)), log = TRUE))
  )
})

test_that("classes and counts have the likelihood of their distribution", {
  binary <- nn_train(am ~ wt, data = mtcars, hidden = 2, epochs = 50, seed = 1, preset = "textbook")
  p <- c(nn_predict(binary, mtcars))
  expect_equal(as.numeric(logLik(binary, data = mtcars)), sum(dbinom(mtcars$am, 1, p, log = TRUE)))
  expect_equal(deviance(binary, data = mtcars), -2 * as.numeric(logLik(binary, data = mtcars)))

  classes <- nn_train(Species ~ ., data = iris, hidden = 2, epochs = 50, seed = 1, preset = "textbook")
  p <- nn_predict(classes, iris)
  value <- logLik(classes, data = iris)
  expect_equal(as.numeric(value), sum(log(p[cbind(1:150, iris$Species)])))
  # One softmax unit is redundant.
  expect_equal(attr(value, "df"), 5 * 2 + 3 * 2)

  counts <- nn_train(carb ~ wt + hp, data = mtcars, output = "exp", loss = "poisson", hidden = 2, epochs = 50, seed = 1, preset = "textbook")
  p <- c(nn_predict(counts, mtcars))
  expect_equal(as.numeric(logLik(counts, data = mtcars)), sum(dpois(mtcars$carb, p, log = TRUE)))
  expect_equal(deviance(counts, data = mtcars), sum(poisson()$dev.resids(mtcars$carb, p, 1)))
})

test_that("several outputs are summed", {
  X <- withr::with_seed(1, matrix(rnorm(120), 40))
  counts <- withr::with_seed(2, matrix(rpois(80, exp(X[, 1:2])), 40))
  known <- list(X = X, Y = counts)
  fit <- nn_train(X, counts, hidden = 2, output = "exp", loss = "poisson", epochs = 5, seed = 1)
  expect_equal(c(logLik(fit, known)), sum(dpois(counts, nn_predict(fit, X), log = TRUE)))
  known$Y <- (counts > 0) * 1
  fit <- nn_train(X, known$Y, hidden = 2, output = "sigmoid", loss = "binary_cross_entropy", epochs = 5, seed = 1)
  expect_equal(c(logLik(fit, known)), sum(dbinom(known$Y, 1, nn_predict(fit, X), log = TRUE)))
  expect_equal(df.residual(fit, known), 80 - 14)
  # One variance on the scale that training saw.
  known$Y <- cbind(X[, 1], 100 * X[, 2])
  fit <- nn_train(X, known$Y, hidden = 2, standardize = TRUE, epochs = 5, seed = 1)
  errors <- (known$Y - nn_predict(fit, X)) / rep(apply(known$Y, 2, sd), each = 40)
  sd <- sqrt(mean(errors^2)) * apply(known$Y, 2, sd)
  expect_equal(c(logLik(fit, known)), sum(dnorm(known$Y, nn_predict(fit, X), rep(sd, each = 40), log = TRUE)))
})

test_that("validation rows are not counted, class weights are", {
  fit <- nn_train(mpg ~ wt, data = mtcars, hidden = 1, epochs = 50, validation = 0.25, keep = "data", seed = 1, preset = "textbook")
  expect_identical(nobs(fit), 24L)
  expect_identical(attr(logLik(fit), "nobs"), 24)
  fit <- nn_train(am ~ wt, data = mtcars, hidden = 1, epochs = 5, class_weights = c(2, 1), keep = "data", seed = 1, preset = "textbook")
  p <- c(nn_predict(fit, mtcars))
  expect_equal(c(logLik(fit)), sum((2 - mtcars$am) * dbinom(mtcars$am, 1, p, log = TRUE)))
  expect_equal(logLik(fit, data = mtcars), logLik(fit))
})

test_that("sparse inputs have the likelihood and covariance of dense ones", {
  skip_if_not_installed("Matrix")
  dense <- withr::with_seed(1, matrix(rbinom(300, 2, 0.3), 60))
  y <- c(dense %*% 1:5) + dense[, 1]^2
  fit <- at_minimum(Matrix::Matrix(dense, sparse = TRUE), y, hidden = c(), keep = "data")
  expect_equal(logLik(fit), logLik(fit, list(X = dense, Y = y)))
  expect_equal(vcov(fit), vcov(fit, list(X = dense, Y = y)))
  expect_equal(vcov(fit, sandwich = TRUE), vcov(fit, list(X = dense, Y = y), sandwich = TRUE))
})

test_that("a weight of 2 is a row twice", {
  weights <- rep(1:2, 16)
  twice <- rep(1:32, weights)
  fit <- nn_train(mpg ~ wt, data = mtcars, hidden = 1, epochs = 50, seed = 1, preset = "textbook")
  weighted <- list(data = mtcars, case_weights = weights)
  expect_equal(logLik(fit, data = weighted), logLik(fit, data = mtcars[twice, ]))
  expect_equal(deviance(fit, data = weighted), deviance(fit, data = mtcars[twice, ]))
  expect_equal(df.residual(fit, data = weighted), df.residual(fit, data = mtcars[twice, ]))
})

test_that("where there is no likelihood, an error says so", {
  fit <- nn_train(article_X, article_Y, epochs = 1, seed = 1)
  known <- list(X = article_X, Y = article_Y)
  shares <- nn_train(article_X, c(0.2, 0.3, 1), output = "sigmoid", loss = "binary_cross_entropy", epochs = 1, seed = 1)
  expect_snapshot(error = TRUE, {
    logLik(fit, data = known)
    deviance(fit, data = known)
    logLik(shares, data = list(X = article_X, Y = c(0.2, 0.3, 1)))
    AIC(nn_train(mpg ~ wt, data = mtcars, epochs = 1, seed = 1, preset = "textbook"))
  })
})

test_that("arguments of criteria are checked, and code among them is not run", {
  fit <- nn_train(mpg ~ wt, data = mtcars, hidden = c(), epochs = 1, seed = 1, preset = "textbook")
  for (k in list("2", NA, quote(x), c(2, 3))) {
    expect_error(AIC(fit, k = k, data = mtcars), class = "backprop_error_argument")
  }
  expect_error(BIC(fit, data = mtcars, offset = quote(stop("it was run"))), class = "backprop_error_argument")
})
