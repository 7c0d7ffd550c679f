test_that("a fit gives back its formula", {
  data <- mtcars[c("mpg", "wt", "hp", "cyl")]
  trained_by <- function(formula) deparse1(formula(nn_train(formula, data = data, epochs = 0, seed = 1, preset = "textbook")))
  expect_identical(trained_by(log(mpg) ~ . - hp), "log(mpg) ~ wt + cyl")
  expect_identical(trained_by(mpg ~ wt * hp + factor(cyl)), "mpg ~ wt + hp + factor(cyl) + wt:hp")
  expect_identical(trained_by(cbind(mpg, hp) ~ wt), "cbind(mpg, hp) ~ wt")
  expect_identical(trained_by(mpg ~ (wt > 3) * hp + offset(cyl)), "mpg ~ (wt > 3) + hp + (wt > 3):hp + offset(cyl)")
})

test_that("a fit without one says so", {
  fit <- nn_train(article_X, article_Y, epochs = 0, seed = 1)
  expect_snapshot(error = TRUE, {
    formula(fit)
    terms(fit)
    model.frame(fit)
  })
})

test_that("update() trains anew by the changed call", {
  fit <- nn_train(mpg ~ wt, data = mtcars, epochs = 5, seed = 1, preset = "textbook")
  expect_same_bits(update(fit, . ~ . + factor(cyl)), nn_train(mpg ~ wt + factor(cyl), data = mtcars, epochs = 5, seed = 1, preset = "textbook"))
  expect_same_bits(update(fit, log(.) ~ ., epochs = 3), nn_train(log(mpg) ~ wt, data = mtcars, epochs = 3, seed = 1, preset = "textbook"))
  by_matrix <- nn_train(article_X, article_Y, epochs = 5, seed = 1)
  expect_same_bits(update(by_matrix, epochs = 9), nn_train(article_X, article_Y, epochs = 9, seed = 1))
  local({
    half <- function(v) v / 2
    fit <- nn_train(mpg ~ half(wt), data = mtcars, epochs = 5, seed = 1, preset = "textbook")
    expect_same_bits(update(fit, . ~ . + hp), nn_train(mpg ~ half(wt) + hp, data = mtcars, epochs = 5, seed = 1, preset = "textbook"))
  })
})

test_that("update() finds what stands where it is called", {
  train <- function(data) {
    outside <- data$hp / 100
    fit <- nn_train(mpg ~ wt + outside, data = data, epochs = 2, preset = "textbook", seed = 1)
    update(fit, . ~ . + qsec)
  }
  expect_identical(train(mtcars)$inputs$names, c("wt", "outside", "qsec"))
  expect_identical(update(nn_train(mpg ~ wt, data = mtcars, epochs = 1, preset = "textbook"), epochs = 4, evaluate = FALSE)$epochs, 4)
})

test_that("terms of thousands of columns take no time", {
  wide <- as.data.frame(matrix(0, 2, 2000))
  wide$y <- 1:2
  fit <- nn_train(y ~ ., data = wide, epochs = 0, seed = 1, preset = "textbook")
  expect_lt(sum(system.time(terms(fit))[1:2]), 5)
})

test_that("the call is kept and holds no data", {
  fit <- nn_train(mpg ~ wt, data = mtcars, epochs = 2, preset = "textbook", seed = 1)
  expect_identical(fit$call, quote(nn_train(formula = mpg ~ wt, data = mtcars, epochs = 2, preset = "textbook", seed = 1)))
  direct <- do.call(nn_train, list(mpg ~ wt, data = mtcars[rep(1:32, 100), ], epochs = 2, preset = "textbook", seed = 1))
  expect_lt(as.numeric(object.size(direct$call)), 5000)
  expect_identical(direct$call$data, quote(data))
  expect_lt(length(serialize(direct, NULL)), length(serialize(fit, NULL)) + 500)
  watch <- local({
    large <- rnorm(1e5)
    function(state) TRUE
  })
  called <- do.call(nn_train, list(mpg ~ wt, data = quote(mtcars), epochs = 1, callback = watch, preset = "textbook", seed = 1))
  expect_lt(length(serialize(called, NULL)), 50000)
})

test_that("terms and model frame are those of lm(), evaluated for the rows given", {
  fit <- nn_train(log(mpg) ~ poly(wt, 2) + factor(cyl), data = mtcars, epochs = 0, seed = 1, preset = "textbook")
  model <- lm(log(mpg) ~ poly(wt, 2) + factor(cyl), data = mtcars)
  expect_identical(attr(terms(fit), "term.labels"), attr(terms(model), "term.labels"))
  expect_equal(
    model.frame(delete.response(terms(fit)), mtcars[1:3, ])[[1]], model.frame(delete.response(terms(model)), mtcars[1:3, ])[[1]],
    ignore_attr = TRUE
  )
  frame <- model.frame(fit, mtcars)
  expect_named(frame, names(model.frame(model)))
  expect_equal(as.vector(frame[[1]]), unname(model.response(model.frame(model))))
  expect_equal(unclass(frame[[2]]), unclass(model.frame(model)[[2]]), ignore_attr = TRUE)
  shifted <- nn_train(mpg ~ wt + offset(hp - mean(hp)), data = mtcars, epochs = 0, seed = 1, preset = "textbook")
  expect_equal(model.offset(model.frame(terms(shifted), mtcars[1:3, ])), mtcars$hp[1:3] - mean(mtcars$hp))
  # Found by the call, when it still has as many rows.
  expect_identical(model.frame(fit), frame)
  expect_identical(nrow(model.matrix(fit)), 32L)
  gone <- local({
    here <- mtcars
    nn_train(mpg ~ wt, data = here, epochs = 0, seed = 1, preset = "textbook")
  })
  expect_error(model.matrix(gone), class = "backprop_error_no_data")
})

test_that("step() says why not", {
  fit <- nn_train(mpg ~ wt + hp, data = mtcars, epochs = 2, preset = "textbook", seed = 1)
  expect_snapshot(step(fit, trace = 0), error = TRUE)
})

test_that("a prediction sees base R, what travels with the fit, and nothing of the session", {
  session <- new.env(parent = globalenv())
  session$shift <- 2
  session$own <- function(x) x - shift
  environment(session$own) <- session
  formula <- mpg ~ own(wt) + splines::ns(hp, 2)
  environment(formula) <- session
  fit <- nn_train(formula, data = mtcars, epochs = 1, preset = "textbook", seed = 1)
  before <- nn_predict(fit, mtcars)
  session$shift <- 3
  session$own <- function(x) stop("of the session")
  expect_identical(nn_predict(fit, mtcars), before)
  env <- environment_of_carried(fit$blueprint$carried, quote(nn_predict()))
  expect_identical(parent.env(env), baseenv())
  expect_identical(parent.env(baseenv()), emptyenv())
  for (expression in list(quote(wt + shift), quote(mtcars$wt), quote(sd(wt)))) {
    fit$blueprint$variables[[1]] <- expression
    expect_error(nn_predict(fit, mtcars), class = "backprop_error_formula")
  }
})

test_that("the call has the words that were typed, where the formula is named and where dots pass them on", {
  rows <- mtcars
  units <- 2
  named <- nn_train(formula = mpg ~ wt, data = rows, hidden = units, epochs = 1, preset = "textbook", seed = 1)
  expect_identical(named$call, quote(nn_train(formula = mpg ~ wt, data = rows, hidden = units, epochs = 1, preset = "textbook", seed = 1)))
  expect_identical(update(named, epochs = 2)$epochs_done, 2L)
  passed <- function(...) nn_train(mpg ~ wt, ..., seed = 1, preset = "textbook")
  fit <- passed(data = rows, hidden = units, epochs = 1)
  expect_identical(fit$call, quote(nn_train(formula = mpg ~ wt, data = rows, hidden = units, epochs = 1, preset = "textbook", seed = 1)))
  by_rows <- passed(data = rows, epochs = 1, case_weights = cyl)
  expect_identical(by_rows$call$case_weights, quote(cyl))
})

test_that("update() refuses what is no formula and no flag", {
  fit <- nn_train(mpg ~ wt, data = mtcars, epochs = 1, preset = "textbook", seed = 1)
  for (formula in list(1, "no formula", list(1), quote(x), c("~ .", "~ wt"))) {
    expect_error(update(fit, formula), class = "backprop_error_argument")
  }
  expect_identical(formula(update(fit, "~ . + hp")), mpg ~ wt + hp, ignore_formula_env = TRUE)
  for (flag in list(NULL, NA, "yes", c(TRUE, TRUE))) {
    expect_error(update(fit, evaluate = flag), class = "backprop_error_argument")
  }
})
