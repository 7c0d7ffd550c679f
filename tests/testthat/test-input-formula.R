# CRAN wants all tests in a minute.
skip_on_cran()

# lm() and glm() are the other implementation: what they make of a formula is what it means.

table <- formula_table()
env <- formula_environment()
as_formula <- function(text) as.formula(text, env = env)

test_that("the formulas compared are many", {
  expect_gte(length(formula_right_sides()) + length(formula_outcomes), 150)
})

test_that("every right side spans what lm() makes of it", {
  for (right in formula_right_sides()) {
    formula <- as_formula(paste("y ~", right))
    model <- lm(formula, data = table)
    fit <- nn_train(formula, data = table, hidden = c(), epochs = 0, seed = 1, preset = "textbook")
    expect_same_space(model.matrix(fit, table), design_of(model), right)
    # Rows by themselves are what they are among others.
    expect_equal(nn_predict(fit, table[7:9, ]), nn_predict(fit, table)[7:9, , drop = FALSE], tolerance = 1e-10, label = right)
  }
})

test_that("fitted values are those of lm()", {
  skip_on_cran()
  for (right in formula_right_sides()) {
    formula <- as_formula(paste("y ~", right))
    expected <- unname(fitted(lm(formula, data = table)))
    fit <- nn_train(formula, data = table, hidden = c(), optimizer = "lbfgs", epochs = 5000, seed = 1, preset = "textbook")
    expect_lt(max(abs(nn_predict(fit, table) - expected)), 1e-6 * sd(table$y), label = right)
  }
})

test_that("every left side is one outcome, evaluated", {
  for (left in formula_outcomes) {
    formula <- as_formula(paste(left, "~ x + g"))
    model <- lm(formula, data = table)
    fit <- nn_train(formula, data = table, hidden = c(), optimizer = "lbfgs", epochs = 500, seed = 1, preset = "textbook")
    expect_identical(ncol(nn_predict(fit, table)), 1L, label = left)
    expect_lt(max(abs(nn_predict(fit, table) - fitted(model))), 1e-6 * sd(fitted(model)), label = left)
    expect_equal(unname(residuals(fit, data = table)[, 1]), as.double(residuals(model)), tolerance = 1e-5, label = left)
  }
})

test_that("outcomes of two values are those of glm()", {
  data <- table
  data$c <- factor(ifelse(data$b == 1, "yes", "no"))
  for (left in c("b", "1 - b", "b == 1", "b > 0", "!b", "c", "as.character(c)", "c == \"yes\"", "I(b)")) {
    for (right in c("x + h", "h * x + poly(z, 2)", "flag:x + offset(z)", "factor(k) + log(w)")) {
      formula <- as_formula(paste(left, "~", right))
      # glm() takes no text as outcome.
      asked <- if (left == "as.character(c)") as_formula(paste("c ~", right)) else formula
      model <- glm(asked, family = binomial, data = data, control = glm.control(epsilon = 1e-12, maxit = 100))
      fit <- nn_train(formula, data = data, hidden = c(), optimizer = "lbfgs", epochs = 5000, seed = 1, preset = "textbook")
      expect_identical(fit$settings$loss, "binary_cross_entropy", label = left)
      expect_lt(max(abs(nn_predict(fit, data) - fitted(model))), 1e-6, label = paste(left, right))
    }
  }
})

test_that("counts with an offset are those of glm(), whose predictions find it in new data", {
  data <- table
  data$count <- withr::with_seed(5, rpois(nrow(data), data$w * exp(data$x / 2)))
  model <- glm(count ~ x + g + offset(log(w)), family = poisson, data = data, control = glm.control(epsilon = 1e-12))
  fit <- nn_train(count ~ x + g + offset(log(w)), data = data, output = "exp", hidden = c(), optimizer = "lbfgs", epochs = 2000, seed = 1, preset = "textbook")
  expect_equal(drop(nn_predict(fit, data)), unname(fitted(model)), tolerance = 1e-6)
  new <- transform(data[1:5, ], w = 7)
  expect_equal(predict(fit, new)$.pred, unname(predict(model, new, type = "response")), tolerance = 1e-6)
  by_argument <- nn_train(count ~ x + g, data = data, offset = log(w), output = "exp", hidden = c(), optimizer = "lbfgs", epochs = 2000, seed = 1, preset = "textbook")
  expect_same_bits(by_argument, fit)
  expect_identical(nn_predict(by_argument, new), nn_predict(fit, new))
  # Given as an argument, it takes the place of what the data say.
  expect_equal(nn_predict(fit, new, offset = 0), nn_predict(fit, transform(new, w = 1)))
})

test_that("formulas that cannot be used are refused", {
  expect_snapshot(error = TRUE, {
    nn_train(~ wt, data = mtcars, preset = "textbook")
    nn_train(mpg ~ 1, data = mtcars, preset = "textbook")
    nn_train(mpg ~ weight, data = mtcars, preset = "textbook")
    nn_train(mpg ~ wt + log(mpg), data = mtcars, preset = "textbook")
    nn_train(mpg + hp ~ wt, data = mtcars, preset = "textbook")
    nn_train(cbind(mpg, factor(cyl)) ~ wt, data = mtcars, preset = "textbook")
    nn_train(mpg ~ mtcars$wt, data = mtcars, preset = "textbook")
    nn_train(mpg ~ unique(wt), data = mtcars, preset = "textbook")
    nn_train(head(mpg) ~ head(wt), data = mtcars, preset = "textbook")
    nn_train(mpg ~ rank(wt), data = mtcars, preset = "textbook")
    nn_train(cbind(mpg, hp) ~ wt + hp, data = mtcars, preset = "textbook")
  })
})

test_that("transformations and interactions in a formula work, in training and prediction", {
  fit <- nn_train(log(mpg) ~ poly(wt, 2) + hp:factor(cyl), data = mtcars, epochs = 5, seed = 1, preset = "textbook")
  whole <- nn_predict(fit, mtcars)
  expect_identical(colnames(whole), "log(mpg)")
  expect_equal(nn_predict(fit, mtcars[3, ]), whole[3, , drop = FALSE], tolerance = 1e-12)
})

test_that("several outcomes of a formula keep their names", {
  bound <- nn_train(cbind(mpg, hp) ~ wt, data = mtcars, epochs = 5, seed = 1, preset = "textbook")
  expect_identical(names(predict(bound, mtcars)), c(".pred_mpg", ".pred_hp"))
  made <- nn_train(cbind(log(mpg), hp, both = mpg + hp) ~ wt, data = mtcars, epochs = 5, seed = 1, preset = "textbook")
  expect_identical(colnames(nn_predict(made, mtcars)), c("log(mpg)", "hp", "both"))
  data <- mtcars
  data$Y <- as.matrix(mtcars[c("mpg", "hp")])
  column <- nn_train(Y ~ wt, data = data, epochs = 5, seed = 1, preset = "textbook")
  expect_same_bits(column, bound)
})

test_that("a sum on the left that is meant as one is one", {
  together <- transform(table, both = y + yp)
  fit <- nn_train(I(y + yp) ~ x, data = table, epochs = 5, seed = 1, preset = "textbook")
  expect_same_bits(fit, nn_train(both ~ x, data = together, epochs = 5, seed = 1, preset = "textbook"))
  expect_same_bits(fit, nn_train((y + yp) ~ x, data = table, epochs = 5, seed = 1, preset = "textbook"))
})

test_that("thousands of columns by a point take seconds", {
  wide <- withr::with_seed(1, as.data.frame(matrix(rnorm(30 * 3000), 30)))
  wide$y <- wide$V1
  # Processor time: others may work on the same machine.
  time <- sum(system.time(fit <- nn_train(y ~ ., data = wide, epochs = 1, seed = 1, preset = "textbook"))[1:2])
  expect_identical(fit$inputs$n, 3000L)
  expect_lt(time, 20)
  # The square of the terms' number is nowhere kept.
  expect_lt(length(serialize(fit, NULL)), 3e6)
  expect_identical(dim(nn_predict(fit, wide)), c(30L, 1L))
})

test_that("a level beside a column of the same name keeps apart", {
  fit <- nn_train(y ~ g + ga, data = table, epochs = 1, seed = 1, preset = "textbook")
  expect_identical(anyDuplicated(fit$inputs$names), 0L)
  expect_true("ga" %in% fit$inputs$names)
  expect_identical(fit$inputs$n, 4L)
})

test_that("variables and data that lm() finds in the environment are found", {
  outside <- table$x * 2
  data <- table["y"]
  fit <- nn_train(y ~ outside, data = data, hidden = c(), optimizer = "lbfgs", seed = 1, preset = "textbook")
  expect_equal(nn_predict(fit, data.frame(outside = outside)), unname(as.matrix(fitted(lm(y ~ outside, data = data)))), tolerance = 1e-6, ignore_attr = TRUE)
  expect_error(nn_predict(fit, data), class = "backprop_error_columns")
  kept <- nn_train(y ~ outside, data = data, keep = "data", epochs = 1, seed = 1, preset = "textbook")
  expect_identical(nrow(residuals(kept)), 90L)
  y <- table$y
  expect_same_bits(nn_train(y ~ outside, epochs = 3, seed = 1, preset = "textbook"), nn_train(y ~ outside, data = data, epochs = 3, seed = 1, preset = "textbook"))
})

test_that("what R writes beside a formula means what it means to lm()", {
  weighted <- nn_train(y ~ x + g, data = table, case_weights = w, subset = k > 1, hidden = c(), optimizer = "lbfgs", epochs = 500, seed = 1, preset = "textbook")
  model <- lm(y ~ x + g, data = table, weights = w, subset = k > 1)
  expect_equal(drop(nn_predict(weighted, table)), unname(predict(model, table)), tolerance = 1e-6, ignore_attr = TRUE)
  expect_identical(weighted$rows, sum(table$k > 1))
  expect_identical(weighted$rows_given, nrow(table))
  by_number <- nn_train(y ~ x + g, data = table, case_weights = w, subset = which(table$k > 1), hidden = c(), optimizer = "lbfgs", epochs = 500, seed = 1, preset = "textbook")
  expect_same_bits(by_number, weighted)
  values <- table$w
  expect_same_bits(nn_train(y ~ x, data = table, case_weights = values, epochs = 3, seed = 1, preset = "textbook"), nn_train(y ~ x, data = table, case_weights = w, epochs = 3, seed = 1, preset = "textbook"))
  wrap <- function(d, a) nn_train(y ~ x, data = d, case_weights = a, epochs = 3, seed = 1, preset = "textbook")
  expect_same_bits(wrap(table, table$w), nn_train(y ~ x, data = table, case_weights = w, epochs = 3, seed = 1, preset = "textbook"))
  named <- nn_train(formula = y ~ x, data = table, case_weights = w, epochs = 3, seed = 1, preset = "textbook")
  expect_same_bits(named, wrap(table, table$w))
  repeated <- nn_train(y ~ x, data = table, subset = c(5, 3, 5, 8), keep = "data", epochs = 2, seed = 1, preset = "textbook")
  expect_identical(weights(repeated), c(2, 1, 1))
  expect_equal(nn_gradient(repeated), nn_gradient(repeated, table[c(5, 3, 5, 8), ]))
  expect_error(nn_train(y ~ x, data = table, case_weights = nowhere, preset = "textbook"), class = "backprop_error_argument")
  expect_error(nn_train(y ~ x, data = table, subset = "all", preset = "textbook"), class = "backprop_error_argument")
})

test_that("data do not travel with a fit, its own functions do", {
  train <- function() {
    large <- rnorm(1e6)
    slope <- 2
    bend <- function(v) ifelse(v > 0, slope * v, helper(v))
    helper <- function(v) v / slope
    nn_train(y ~ bend(x) + ns(z, 3), data = table, epochs = 5, seed = 1, preset = "textbook")
  }
  environment(train) <- env
  env$table <- table
  fit <- train()
  expect_lt(length(serialize(fit, NULL)), 60000)
  files <- withr::local_tempfile(pattern = c("fit", "value"))
  saveRDS(list(fit = fit, data = table), files[1])
  process <- run_process(c(
    sprintf("given <- readRDS(%s)", deparse(files[1])),
    sprintf("saveRDS(list(value = nn_predict(given$fit, given$data), attached = search()), %s)", deparse(files[2]))
  ))
  expect_identical(process$status, 0L)
  elsewhere <- readRDS(files[2])
  expect_identical(elsewhere$value, nn_predict(fit, table))
  expect_false("package:splines" %in% elsewhere$attached)
})

test_that("what would have to travel and is too large is refused at training", {
  big <- rnorm(3e5)
  expect_error(nn_train(y ~ I(x + sum(big)), data = table, preset = "textbook"), class = "backprop_error_formula")
})

test_that("what a row's value takes from other rows is kept, or refused", {
  for (right in c("rank(x)", "cumsum(x)", "ave(x, g)", "ecdf(x)(x)", "I(x[c(2:90, 1)])", "rev(x)", "seq_along(x)")) {
    expect_error(nn_train(as_formula(paste("y ~", right)), data = table, epochs = 1, preset = "textbook"), class = "backprop_error_formula", label = right)
  }
  for (right in c("x - mean(x)", "I(x - mean(x))", "scale(x)", "I(x / max(abs(x)))", "cut(x, 3)", "I(x > median(x))", "log(scale(w) + 3)")) {
    fit <- nn_train(as_formula(paste("y ~ z +", right)), data = table, epochs = 1, seed = 1, preset = "textbook")
    expect_equal(nn_predict(fit, table[3, ]), nn_predict(fit, table)[3, , drop = FALSE], tolerance = 1e-12, label = right)
  }
})
