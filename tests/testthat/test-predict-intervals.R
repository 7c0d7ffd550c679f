test_that("a linear network has the intervals of predict.lm()", {
  fit <- at_minimum(mpg ~ wt + factor(cyl), data = mtcars, hidden = c(), keep = "data")
  line <- lm(mpg ~ wt + factor(cyl), data = mtcars)
  new <- mtcars[c(1, 5, 9), ]
  for (type in c("conf_int", "pred_int")) {
    wanted <- predict(line, new, interval = if (type == "conf_int") "confidence" else "prediction", level = 0.8)
    found <- predict(fit, new, type = type, level = 0.8)
    expect_named(found, c(".pred_lower", ".pred_upper"))
    expect_equal(as.matrix(found), wanted[, 2:3], tolerance = 1e-6, ignore_attr = TRUE)
  }
  quantiles <- predict(fit, new, type = "quantile", quantile_levels = c(0.1, 0.9))
  expect_named(quantiles, ".pred")
  expect_equal(quantiles$.pred[[2]]$.pred, unlist(predict(fit, new, type = "pred_int", level = 0.8)[2, ], use.names = FALSE))
  expect_identical(quantiles$.pred[[2]]$.quantile, c(0.1, 0.9))
})

test_that("classes and counts have the intervals of glm()'s linear predictor", {
  control <- glm.control(epsilon = 1e-14, maxit = 100)
  compare <- function(fit, model, inverse, data, columns) {
    link <- predict(model, data, se.fit = TRUE)
    wanted <- inverse(link$fit + outer(link$se.fit, qnorm(c(0.025, 0.975))))
    found <- predict(fit, data, type = "conf_int", data = data)
    expect_equal(as.matrix(found[columns]), wanted, tolerance = 1e-5, ignore_attr = TRUE)
    found
  }
  data <- transform(mtcars, vs = factor(vs))
  fit <- at_minimum(vs ~ wt + disp, data = data, hidden = c())
  model <- glm(vs ~ wt + disp, binomial, data, control = control)
  found <- compare(fit, model, plogis, data, c(".pred_lower_1", ".pred_upper_1"))
  expect_equal(found$.pred_lower_0, 1 - found$.pred_upper_1)
  # The same by two softmax outputs.
  softmax <- at_minimum(vs ~ wt + disp, data = data, hidden = c(), output = "softmax")
  expect_equal(predict(softmax, data, type = "conf_int", data = data), found, tolerance = 1e-5)

  counts <- at_minimum(breaks ~ wool + tension, data = warpbreaks, hidden = c(), output = "exp", loss = "poisson")
  model <- glm(breaks ~ wool + tension, poisson, warpbreaks, control = control)
  compare(counts, model, exp, warpbreaks, c(".pred_lower", ".pred_upper"))
})

test_that("an offset is part of an interval of counts", {
  data <- transform(warpbreaks, length = rep(1:2, 27))
  fit <- at_minimum(breaks ~ wool, data = data, hidden = c(), output = "exp", loss = "poisson", offset = log(data$length), keep = "data")
  model <- glm(breaks ~ wool + offset(log(length)), poisson, data)
  link <- predict(model, data, se.fit = TRUE)
  found <- predict(fit, data, type = "conf_int", offset = log(data$length))
  expect_equal(found$.pred_upper, exp(unname(link$fit + qnorm(0.975) * link$se.fit)), tolerance = 1e-5)
  expect_equal(c(residuals(fit, type = "pearson")), unname(residuals(model, "pearson")), tolerance = 1e-5)
  expect_equal(c(logLik(fit)), c(logLik(model)))
})

test_that("rows that are not complete have no interval, no rows none", {
  fit <- at_minimum(mpg ~ wt, data = mtcars, hidden = c(), keep = "data")
  new <- data.frame(wt = c(2, NA, 3))
  found <- predict(fit, new, type = "pred_int")
  expect_identical(is.na(found$.pred_lower), c(FALSE, TRUE, FALSE))
  expect_identical(found[3, ], predict(fit, new[3, , drop = FALSE], type = "pred_int"))
  expect_identical(dim(predict(fit, new[0, , drop = FALSE], type = "conf_int")), c(0L, 2L))
  expect_identical(dim(predict(fit, new[2, , drop = FALSE], type = "quantile")), c(1L, 1L))
})

test_that("several outcomes have intervals of their own", {
  X <- as.matrix(mtcars[c("wt", "hp")])
  Y <- as.matrix(mtcars[c("mpg", "qsec")])
  fit <- at_minimum(X, Y, hidden = c(), standardize = TRUE, keep = "data")
  found <- predict(fit, X, type = "conf_int")
  expect_named(found, c(".pred_lower_mpg", ".pred_upper_mpg", ".pred_lower_qsec", ".pred_upper_qsec"))
  expect_true(all(found$.pred_lower_mpg < nn_predict(fit, X)[, 1] & nn_predict(fit, X)[, 1] < found$.pred_upper_mpg))
  expect_named(predict(fit, X, type = "quantile"), c(".pred_mpg", ".pred_qsec"))
})

test_that("a network with quantile loss gives its own quantiles", {
  fit <- nn_train(mpg ~ wt, data = mtcars, hidden = c(), loss = loss_quantile(c(0.1, 0.5, 0.9)), epochs = 2000, lr = 0.01, seed = 1, preset = "textbook")
  value <- suppressWarnings(nn_predict(fit, mtcars))
  found <- suppressWarnings(predict(fit, mtcars, type = "quantile"))
  expect_equal(found$.pred[[3]]$.pred, unname(value[3, ]))
  expect_identical(found$.pred[[3]]$.quantile, c(0.1, 0.5, 0.9))
  limits <- suppressWarnings(predict(fit, mtcars, type = "pred_int", level = 0.8))
  expect_equal(as.matrix(limits), value[, c(1, 3)], ignore_attr = TRUE)
})

test_that("what does not fit is refused, with what would", {
  line <- at_minimum(mpg ~ wt, data = mtcars, hidden = c())
  deep <- nn_train(mpg ~ wt, data = mtcars, hidden = c(3, 2), epochs = 5, seed = 1, keep = "data", preset = "textbook")
  classes <- nn_train(Species ~ ., data = iris, hidden = c(), epochs = 5, seed = 1, preset = "textbook")
  counts <- nn_train(carb ~ wt, data = mtcars, hidden = c(), output = "exp", loss = "poisson", epochs = 5, seed = 1, preset = "textbook")
  square <- nn_train(article_X, article_Y, hidden = c(), epochs = 5, seed = 1)
  quantiles <- nn_train(mpg ~ wt, data = mtcars, loss = "quantile", epochs = 5, seed = 1, preset = "textbook")
  expect_snapshot(error = TRUE, {
    predict(line, mtcars, type = "conf_int")
    predict(line, mtcars, type = "pred_int", level = 95)
    predict(line, mtcars, type = "quantile", quantile_levels = 2)
    predict(line, mtcars, type = "pred_int", method = "bootstrap")
    predict(line, mtcars, type = "conf_int", method = "conformal")
    predict(deep, mtcars, type = "conf_int")
    predict(deep, mtcars, type = "pred_int")
    predict(classes, iris, type = "pred_int")
    predict(counts, mtcars, type = "pred_int", method = "delta")
    predict(square, article_X, type = "conf_int")
    predict(quantiles, mtcars, type = "quantile", quantile_levels = c(0.1, 0.2))
    predict(quantiles, mtcars, type = "pred_int")
    predict(quantiles, mtcars, type = "conf_int")
  })
})

# Share of simulations in which the interval has what it should have: within three standard errors of its level.
expect_coverage <- function(hits, level) {
  allowed <- 3 * sqrt(level * (1 - level) / length(hits))
  expect_lt(abs(mean(hits) - level), allowed)
}

test_that("intervals by the delta method cover as often as they say, without hidden layers and with one", {
  skip_on_cran()
  truth <- function(x) 2 * tanh(1.2 * x)
  new <- data.frame(x = c(-1, 0.5))
  hits <- withr::with_seed(1, replicate(200, {
    data <- data.frame(x = runif(120, -2, 2))
    data$y <- truth(data$x) + rnorm(120) / 3
    fit <- nn_train(y ~ x, data = data, hidden = 1, activation = "tanh", optimizer = "lbfgs", epochs = 300, keep = "data", preset = "textbook")
    mean <- predict(fit, new, type = "conf_int", level = 0.9)
    outcome <- predict(fit, new, type = "pred_int", level = 0.9)
    y <- truth(new$x) + rnorm(2) / 3
    c(
      mean$.pred_lower < truth(new$x) & truth(new$x) < mean$.pred_upper,
      outcome$.pred_lower < y & y < outcome$.pred_upper
    )
  }))
  for (i in 1:4) expect_coverage(hits[i, ], 0.9)
})

test_that("intervals of probabilities cover as often as they say", {
  skip_on_cran()
  hits <- withr::with_seed(2, replicate(200, {
    data <- data.frame(x = rnorm(300))
    data$y <- factor(rbinom(300, 1, plogis(0.5 + data$x)))
    fit <- nn_train(y ~ x, data = data, hidden = c(), optimizer = "lbfgs", epochs = 100, keep = "data", preset = "textbook")
    found <- predict(fit, data.frame(x = 1), type = "conf_int", level = 0.9)
    found$.pred_lower_1 < plogis(1.5) & plogis(1.5) < found$.pred_upper_1
  }))
  expect_coverage(hits, 0.9)
})
