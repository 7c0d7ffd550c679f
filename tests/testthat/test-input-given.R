table <- formula_table()
at_best <- function(...) nn_train(..., preset = "textbook", hidden = c(), optimizer = "lbfgs", epochs = 2000, seed = 1)

test_that("training goes on by the formula that the fit has, and by no other", {
  fit <- nn_train(mpg ~ wt + hp, data = mtcars, epochs = 3, seed = 1, preset = "textbook")
  expect_identical(nn_train(mpg ~ hp + wt, data = mtcars, start = fit, epochs = 2, preset = "textbook")$epochs_done, 5L)
  expect_snapshot(nn_train(mpg ~ wt, data = mtcars, start = fit, preset = "textbook"), error = TRUE)
  expect_error(nn_train(log(mpg) ~ wt + hp, data = mtcars, start = fit, preset = "textbook"), class = "backprop_error_start")
  expect_error(nn_train(mpg ~ wt + hp + offset(qsec), data = mtcars, start = fit, preset = "textbook"), class = "backprop_error_start")
  # An offset and weights that are given anew are found again.
  more <- nn_train(mpg ~ wt + hp, data = mtcars, start = fit, offset = qsec, case_weights = cyl, epochs = 2, preset = "textbook")
  expect_equal(nn_predict(more, mtcars), nn_predict(more, mtcars, offset = mtcars$qsec))
  expect_silent(logLik(more, mtcars))
  without <- nn_train(mpg ~ wt + hp, data = mtcars, start = more, offset = NULL, case_weights = NULL, epochs = 1, preset = "textbook")
  expect_identical(dim(nn_predict(without, data.frame(wt = 3, hp = 100))), c(1L, 1L))
  outside <- mtcars$qsec
  local <- nn_train(mpg ~ wt + outside, data = mtcars, epochs = 1, seed = 1, preset = "textbook")
  expect_identical(nn_train(mpg ~ wt + outside, data = mtcars, start = local, epochs = 1, preset = "textbook")$epochs_done, 2L)
})

test_that("the outcome in other data is that of training", {
  fit <- at_best(as.integer(h) - 1 ~ x, data = table)
  yes <- droplevels(table[table$h == "yes", ][1:3, ])
  expect_equal(residuals(fit, data = yes), residuals(fit, data = table)[match(rownames(yes), rownames(table)), , drop = FALSE], ignore_attr = TRUE)
  text <- transform(yes, h = as.character(h))
  expect_equal(residuals(fit, data = text), residuals(fit, data = yes))
  K <- 100
  scaled <- at_best(I(y / K) ~ x, data = table)
  expect_equal(residuals(scaled, data = transform(table, K = 1)), residuals(scaled, data = table))
  centred <- at_best(y - mean(y) ~ x, data = table)
  expect_equal(residuals(centred, data = table[3, ])[1], residuals(centred, data = table)[3], tolerance = 1e-10)
  ranks <- at_best(rank(y) ~ x, data = table)
  expect_identical(nrow(residuals(ranks, data = table)), 90L)
  expect_error(residuals(ranks, data = table[1:5, ]), class = "backprop_error_outcome")
  expect_error(nn_train(rank(y) ~ x, data = table, validation = table[1:9, ], preset = "textbook"), class = "backprop_error_outcome")
})

test_that("weights of an argument keep what they read where it was written", {
  wrap <- function(formula, data, power) at_best(formula, data = data, case_weights = w^power)
  power <- 0
  fit <- wrap(y ~ x, table, 2)
  expect_equal(logLik(fit, table), logLik(fit, table, case_weights = table$w^2))
  shadowed <- transform(table, power = 9)
  expect_equal(logLik(fit, shadowed), logLik(fit, table))
})

test_that("labelled outcomes, inputs and weights lose what is declared missing in every method", {
  labelled <- structure(c(1, 2, 99, 3), na_values = 99, class = c("haven_labelled_spss", "haven_labelled", "vctrs_vctr", "double"))
  X <- matrix(c(1, 3, 2, 4), dimnames = list(NULL, "x"))
  for (Y in list(labelled, structure(list(y = labelled), class = "data.frame", row.names = 1:4))) {
    expect_error(nn_train(X, Y), class = "backprop_error_nonfinite_y")
    expect_error(nn_train(as.data.frame(X), Y, preset = "textbook"), class = "backprop_error_nonfinite_y")
  }
  data <- data.frame(y = 1:6 / 2, x = c(1, 4, 2, 6, 3, 5), w = c(1, NA, 2, 1, 1, 1))
  expect_error(nn_train(y ~ x, data = data, case_weights = w, preset = "textbook"), class = "backprop_error_argument")
  expect_message(fit <- nn_train(y ~ x, data = data, case_weights = w, na_action = "omit", epochs = 2, seed = 1, preset = "textbook"), "1 row")
  expect_same_bits(fit, nn_train(y ~ x, data = data[-2, ], case_weights = w, epochs = 2, seed = 1, preset = "textbook"))
})

test_that("a call that is refused leaves R's generator where it was", {
  X <- matrix(rnorm(2000), 500)
  before <- function(code) {
    set.seed(5)
    seed <- .Random.seed
    expect_error(code(), class = "backprop_error")
    expect_identical(.Random.seed, seed)
  }
  before(function() withr::with_options(list(backprop.max_bytes = 1000), nn_train(X, X[, 1], hidden = 1000)))
  before(function() nn_train(y ~ jitter(x), data = table, preset = "textbook"))
  before(function() nn_train(X, X[, 1], validation = 0.2, lr = -1))
})

test_that("an argument's warnings come once", {
  data <- table
  data$t <- c("x", seq_len(89))
  warnings <- 0
  withCallingHandlers(
    suppressMessages(nn_train(cbind(as.numeric(t), z) ~ x + log(w - 0.1), data = data, na_action = "omit", epochs = 1, preset = "textbook")),
    warning = function(cnd) {
      warnings <<- warnings + 1
      tryInvokeRestart("muffleWarning")
    }
  )
  expect_identical(warnings, 1)
})

test_that("data kept of a subset are its rows", {
  fit <- nn_train(mpg ~ wt, data = mtcars, subset = am == 1, keep = "data", epochs = 5, seed = 1, preset = "textbook")
  expect_identical(rownames(fitted(fit)), rownames(mtcars)[mtcars$am == 1])
  expect_identical(summary(fit)$error$rows, 13L)
  again <- nn_train(mpg ~ wt, data = mtcars, subset = rep(1:10, 2), keep = "data", hidden = c(), optimizer = "lbfgs", seed = 1, preset = "textbook")
  model <- lm(mpg ~ wt, data = mtcars, subset = rep(1:10, 2))
  expect_equal(as.numeric(logLik(again)), as.numeric(logLik(model)), tolerance = 1e-6)
  expect_equal(AIC(again), AIC(model), tolerance = 1e-6)
})

test_that("formulas in other forms are understood or told how to be written", {
  expect_error(nn_train("mpg ~ wt", mtcars, preset = "textbook"), "as.formula", class = "backprop_error_type")
  expect_error(nn_train(quote(mpg ~ wt), mtcars, preset = "textbook"), "as.formula", class = "backprop_error_type")
  bare <- mpg ~ log(wt)
  environment(bare) <- NULL
  expect_same_bits(nn_train(bare, data = mtcars, epochs = 1, seed = 1, preset = "textbook"), nn_train(mpg ~ log(wt), data = mtcars, epochs = 1, seed = 1, preset = "textbook"))
  expect_same_bits(nn_train(mpg ~ wt, mtcars, subset = !!(am == 1), epochs = 1, seed = 1, preset = "textbook"), nn_train(mpg ~ wt, mtcars[mtcars$am == 1, ], epochs = 1, seed = 1, preset = "textbook"))
  y <- table$y
  x <- table$x
  breaks <- seq(-9, 9, length.out = 200)
  expect_identical(nn_train(y ~ cut(x, breaks), epochs = 1, preset = "textbook")$rows, 90L)
})

test_that("a column may be called like an element of dots, and must be called something", {
  data <- stats::setNames(data.frame(1:10, (1:10)^2, 1:10 / 3), c("..1", "b", "y"))
  fits <- list(
    nn_train(data[1:2], data$y, epochs = 1, seed = 1, preset = "textbook"), nn_train(y ~ ., data = data, epochs = 1, seed = 1, preset = "textbook"), nn_train(y ~ `..1` * b, data = data, epochs = 1, seed = 1, preset = "textbook")
  )
  for (fit in fits) {
    expect_true(all(is.finite(nn_predict(fit, data))))
    expect_true("..1" %in% fit$inputs$names)
  }
  expect_error(nn_train(y ~ log(`..1`), data = data, epochs = 1, preset = "textbook"), class = "backprop_error_formula")
  for (name in c("", NA)) {
    unnamed <- stats::setNames(data, c(name, "b", "y"))
    expect_error(nn_train(unnamed[1:2], data$y), "column 1", class = "backprop_error_column_names")
  }
})

test_that("what is no outcome and no offset is refused however gaps are treated", {
  X <- replace(article_X, 1, NA)
  for (na_action in c("error", "omit", "impute")) {
    for (value in list(quote(f(x, y)), quote(x), mean, array(1, c(3, 2, 2)), list(1, 2, 3))) {
      expect_error(nn_train(X, value, na_action = na_action), class = "backprop_error_type")
      expect_error(suppressMessages(nn_train(article_X, article_Y, offset = value, na_action = na_action)), class = "backprop_error")
    }
  }
})

test_that("an outcome that is none is refused by its type, whatever is done about gaps", {
  for (Y in list(quote(x), list(1, 2, 3), sum, as.POSIXlt(rep("2020-01-01", 3), tz = "UTC"))) {
    for (action in c("error", "omit", "impute")) {
      expect_no_warning(expect_error(nn_train(article_X, Y, na_action = action), class = "backprop_error_type"))
    }
  }
})
