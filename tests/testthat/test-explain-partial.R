test_that("partial dependence is the mean prediction, with the error of a mean", {
  data <- cars_with_factor()
  for (formula in list(mpg ~ wt + hp + am, mpg ~ wt * am + hp, mpg ~ poly(wt, 2) + am)) {
    fit <- curved_fit(formula)
    partial <- nn_partial(fit, data, "wt", grid = c(2, 3.3))
    at <- vapply(c(2, 3.3), function(value) nn_predict(fit, transform(data, wt = value))[, 1], numeric(32))
    expect_equal(partial$estimate, colMeans(at))
    expect_equal(partial$std_error, apply(at, 2, stats::sd) / sqrt(32))
    curves <- nn_partial(fit, data, "wt", type = "ice", grid = c(2, 3.3))
    expect_equal(matrix(curves$estimate, 32, byrow = TRUE), unname(at))
    expect_identical(curves$row, rep(1:32, each = 2))
  }
})

test_that("a factor's grid are its levels, two columns make a surface, several outputs are in long form", {
  data <- cars_with_factor()
  fit <- nn_train(cbind(mpg, disp) ~ wt + am, data = data, hidden = 2, epochs = 5, seed = 1, preset = "textbook")
  levels <- nn_partial(fit, data, "am")
  expect_identical(levels$am, rep(c("automatic", "manual"), 2))
  expect_identical(levels$output, rep(c("mpg", "disp"), each = 2))
  surface <- nn_partial(fit, data, c("wt", "am"), grid = list(wt = c(2, 3)), output = "disp")
  expect_identical(names(surface), c("wt", "am", "output", "estimate", "std_error"))
  by_hand <- mapply(function(weight, level) mean(nn_predict(fit, transform(data, wt = weight, am = level))[, "disp"]), surface$wt, as.character(surface$am))
  expect_equal(surface$estimate, unname(by_hand))
  classes <- nn_train(Species ~ ., data = iris, hidden = 2, epochs = 20, seed = 1, preset = "textbook")
  shares <- nn_partial(classes, iris, "Petal.Width", grid = 5)
  expect_equal(c(rowsum(shares$estimate, shares$Petal.Width)), rep(1, 5))
})

test_that("accumulated effects of a number are those of Apley and Zhu, and do not leave the data", {
  # x and z are the same but for a little: where they are not, the product would give effects that the data never show.
  x <- seq(0, 1, length.out = 60)
  data <- data.frame(x = x, z = x + rep(c(-0.01, 0.01), 30), y = x^2)
  fit <- nn_train(y ~ x * z, data = data, hidden = 3, activation = "tanh", epochs = 50, optimizer = "lbfgs", seed = 1, preset = "textbook")
  ends <- c(0, 0.3, 0.5, 1)
  effects <- nn_partial(fit, data, "x", type = "ale", grid = ends)
  cell <- cut(x, ends, include.lowest = TRUE, labels = FALSE)
  change <- nn_predict(fit, transform(data, x = ends[cell + 1])) - nn_predict(fit, transform(data, x = ends[cell]))
  curve <- c(0, cumsum(tapply(change, cell, mean)))
  middle <- (curve[cell] + curve[cell + 1]) / 2
  expect_equal(effects$estimate, unname(curve - mean(middle)))
  # By default between quantiles, no value twice, over all of the data.
  quantiles <- nn_partial(fit, data, "x", type = "ale")
  expect_equal(range(quantiles$x), c(0, 1))
  expect_false(is.unsorted(quantiles$x, strictly = TRUE))
})

test_that("accumulated effects of levels follow their order, and have a mean of 0 over the rows", {
  data <- cars_with_factor()
  fit <- nn_train(mpg ~ cyl + wt, data = data, hidden = 3, activation = "tanh", epochs = 20, seed = 1, preset = "textbook")
  effects <- nn_partial(fit, data, "cyl", type = "ale")
  at <- vapply(levels(data$cyl), function(level) nn_predict(fit, transform(data, cyl = level))[, 1], numeric(32))
  steps <- c(
    mean((at[, 2] - at[, 1])[data$cyl %in% c("4", "6")]),
    mean((at[, 3] - at[, 2])[data$cyl %in% c("6", "8")])
  )
  expect_equal(diff(effects$estimate), steps)
  expect_equal(sum(effects$estimate * table(data$cyl)), 0)
  # A factor without order takes it from the grid.
  plain <- nn_train(mpg ~ am + wt, data = data, hidden = 2, epochs = 5, seed = 1, preset = "textbook")
  turned <- nn_partial(plain, data, "am", type = "ale", grid = c("manual", "automatic"))
  expect_identical(turned$am, c("manual", "automatic"))
  expect_equal(nrow(nn_partial(plain, data[data$am == "manual", ], "am", type = "ale", grid = list(am = "manual"))), 1L)
})

test_that("of a linear model all three are its slope", {
  for (type in c("pdp", "ice", "ale")) {
    partial <- nn_partial(flat_fit(), mtcars, "wt", type = type)
    if (type == "ice") partial <- partial[partial$row == 7, ]
    expect_equal(diff(partial$estimate) / diff(partial$wt), rep(-3, nrow(partial) - 1))
  }
})

test_that("case weights count as rows do, an offset stays with its row", {
  weights <- rep(0:1, 16) * 2
  fit <- curved_fit(mpg ~ wt + hp)
  weighted <- nn_partial(fit, list(data = mtcars, case_weights = weights), "wt", grid = 2:3)
  expect_equal(weighted$estimate, nn_partial(fit, mtcars[weights > 0, ], "wt", grid = 2:3)$estimate)
  rates <- nn_train(carb ~ wt + offset(log(qsec)), data = mtcars, hidden = c(), epochs = 20, family = "poisson", seed = 1)
  per_unit <- nn_predict(rates, data.frame(wt = 2:3), offset = 0)
  expect_equal(nn_partial(rates, mtcars, "wt", grid = 2:3)$estimate, mean(mtcars$qsec) * per_unit[, 1])
})

test_that("many rows are sampled by the seed, and it is said", {
  fit <- flat_fit()
  many <- mtcars[rep(1:32, 40), ]
  partial <- nn_partial(fit, many, "wt", seed = 2)
  expect_identical(attr(partial, "explained")[c("rows", "given", "seed")], list(rows = 1000L, given = 1280L, seed = 2L))
  expect_identical(nn_partial(fit, many, "wt", seed = 2), partial)
  expect_snapshot(print(nn_partial(fit, many, "wt", grid = 2, rows = 1000, seed = 2)))
})

test_that("what has no grid is refused, and values of another type", {
  fit <- flat_fit()
  data <- cars_with_factor()
  dated <- data.frame(y = 1:20 / 20, when = as.Date("2024-01-01") + 1:20)
  by_date <- nn_train(y ~ as.numeric(when), data = dated, hidden = 1, epochs = 1, seed = 1, preset = "textbook")
  expect_equal(nrow(nn_partial(by_date, dated, "when", grid = list(when = dated$when[2:3]))), 2L)
  by_factor <- curved_fit()
  expect_snapshot(error = TRUE, {
    nn_partial(fit, mtcars)
    nn_partial(fit, mtcars, "weight")
    nn_partial(fit, mtcars, c("wt", "hp", "qsec"))
    nn_partial(fit, mtcars, c("wt", "hp"), type = "ale")
    nn_partial(fit, mtcars, "wt", grid = 1)
    nn_partial(fit, mtcars, "wt", grid = c("low", "high"))
    nn_partial(fit, mtcars, "wt", type = "ale", grid = c(100, 200))
    nn_partial(by_factor, data, "am", type = "ale")
    nn_partial(by_factor, data, "am", grid = c("manual", "none"))
    nn_partial(by_date, dated, "when")
  })
})

test_that("a column that has the name of a result keeps out of its way", {
  data <- data.frame(output = 1:20 / 20, row = rep(c(0, 1), 10), y = 1:20)
  fit <- nn_train(y ~ output + row, data = data, hidden = 1, epochs = 1, seed = 1, preset = "textbook")
  partial <- nn_partial(fit, data, c("output", "row"), grid = 2)
  expect_identical(names(partial), c("value.output", "value.row", "output", "estimate", "std_error"))
  expect_identical(names(nn_partial(fit, data, "output", type = "ale"))[1], "value.output")
  withr::local_pdf(NULL)
  expect_no_error(plot(partial))
})
