# A linear network of lags is a linear model: what it forecasts can be had by hand.
linear_fit <- function(table, ...) {
  nn_train(y ~ ., data = table, hidden = c(), optimizer = "lbfgs", epochs = 500, preset = "textbook", standardize = TRUE, ...)
}

test_that("a recursive forecast takes each step as the newest value, as by hand", {
  fit <- linear_fit(nn_lag(lynx, lags = 1:2))
  rows <- embed(as.numeric(lynx), 3)
  b <- coef(lm(rows[, 1] ~ rows[, 2:3]))
  y <- as.numeric(lynx)
  for (i in 1:5) y <- c(y, sum(b * c(1, rev(tail(y, 2)))))
  found <- nn_forecast(fit, lynx, h = 5, level = NULL)
  expect_equal(found$.pred, tail(y, 5), tolerance = 1e-4)
  expect_equal(found$.time, 1935:1939)
  expect_named(found, c(".time", ".step", ".pred"))
})

test_that("changes are added up again, of one step and of a season", {
  for (d in c(1, 12)) {
    table <- nn_lag(nottem, lags = 1:2, difference = d)
    fit <- linear_fit(table)
    b <- coef(lm(y ~ ., data = table))
    y <- as.numeric(nottem)
    x <- diff(y, lag = d)
    for (i in 1:14) {
      x <- c(x, sum(b * c(1, rev(tail(x, 2)))))
      y <- c(y, y[length(y) + 1 - d] + tail(x, 1))
    }
    expect_equal(nn_forecast(fit, nottem, h = 14, level = NULL)$.pred, tail(y, 14), tolerance = 1e-4)
  }
})

test_that("a direct forecast is the network's outputs for the last origin", {
  table <- nn_lag(nottem, lags = c(1, 12), horizon = 15, difference = 12)
  fit <- linear_fit(table)
  y <- as.numeric(nottem)
  x <- diff(y, lag = 12)
  origin <- data.frame(y_lag1 = tail(x, 1), y_lag12 = x[length(x) - 11])
  by_hand <- c(nn_predict(fit, origin)) + c(tail(y, 12), tail(y, 12)[1:3])
  found <- nn_forecast(fit, nottem, level = NULL)
  expect_equal(found$.pred, by_hand)
  expect_equal(nn_forecast(fit, nottem, h = 3, level = NULL), found[1:3, ])
})

test_that("several series go on each from its own end", {
  table <- nn_lag(Orange, "circumference", lags = 1, group = "Tree")
  fit <- nn_train(circumference ~ ., data = table, hidden = 2, epochs = 50, seed = 1, preset = "textbook", standardize = TRUE)
  shorter <- Orange[!(Orange$Tree == "3" & Orange$age > 1000), ]
  found <- nn_forecast(fit, shorter, h = 2, paths = 20, seed = 1)
  expect_identical(found$Tree, rep(as.character(1:5), each = 2))
  expect_identical(found$.step, rep(1:2, 5))
  expect_equal(found$.time, c(8, 9, 8, 9, 4, 5, 8, 9, 8, 9))
  alone <- nn_forecast(fit, shorter[shorter$Tree == "3", ], h = 2, level = NULL)
  expect_equal(found$.pred[5:6], alone$.pred)
  expect_warning(unknown <- nn_forecast(fit, transform(Orange, Tree = "9")[1:7, ], h = 2, level = NULL), class = "backprop_warning_new_level")
  expect_identical(unknown$.pred, c(NA_real_, NA_real_))
})

test_that("dates and the calendar go on", {
  days <- data.frame(t = as.Date("2024-01-01") + 0:69)
  # Weekends are 10 higher.
  days$v <- 10 * (format(days$t, "%u") %in% c("6", "7"))
  table <- nn_lag(days, "v", lags = 1, time = "t", calendar = "weekday")
  fit <- nn_train(v ~ ., data = table, hidden = c(), optimizer = "lbfgs", epochs = 200, preset = "textbook")
  found <- nn_forecast(fit, days, h = 7, level = NULL)
  expect_identical(found$.time, as.Date("2024-03-11") + 0:6)
  expect_equal(found$.pred, c(0, 0, 0, 0, 0, 10, 10), tolerance = 1e-3)
})

test_that("intervals of held values are quantiles of the errors that forecasts made there", {
  held <- 24
  known <- window(nottem, end = c(1937, 12))
  fit <- linear_fit(nn_lag(known, lags = 1:12))
  found <- nn_forecast(fit, nottem, h = 2, level = 0.8, held = held)
  errors <- vapply(216 + 0:22, function(n) nottem[n + 2] - nn_forecast(fit, ts(nottem[1:n], start = 1920, frequency = 12), h = 2, level = NULL)$.pred[2], 0)
  # 23 errors of the second step: the 20th, (23 + 1) * 0.8 = 19.2.
  expect_equal(found$.pred_upper[2] - found$.pred[2], sort(abs(errors))[20])
  expect_equal(found$.pred - found$.pred_lower, found$.pred_upper - found$.pred)
  expect_error(nn_forecast(fit, nottem, h = 12, held = 24), "held", class = "backprop_error_calibration")
})

test_that("paths of a random walk spread as theory says, and the seed decides them", {
  steps <- withr::with_seed(1, rnorm(400))
  fit <- nn_train(y ~ ., data = nn_lag(cumsum(steps), lags = 1, difference = 1), hidden = c(), optimizer = "lbfgs", epochs = 100, penalty = 10, preset = "textbook")
  found <- nn_forecast(fit, cumsum(steps), h = 9, level = 0.9, paths = 4000, seed = 1)
  half <- (found$.pred_upper - found$.pred_lower) / 2
  # Of normal steps qnorm(0.95) times the root of their number.
  expect_equal(half / (sd(steps) * sqrt(1:9)), rep(qnorm(0.95), 9), tolerance = 0.07)
  expect_identical(nn_forecast(fit, cumsum(steps), h = 9, level = 0.9, paths = 4000, seed = 1), found)
  set.seed(5)
  before <- .Random.seed
  nn_forecast(fit, cumsum(steps), h = 2, paths = 10, seed = 1)
  expect_identical(.Random.seed, before)
  expect_identical(nn_forecast(fit, cumsum(steps), h = 9, level = NULL)$.pred, found$.pred)
})

test_that("ensembles forecast, with the errors of rows that they held back, recursive and direct", {
  recursive <- nn_train(y ~ ., data = nn_lag(lynx, lags = 1:2), hidden = 2, epochs = 20, seed = 1, ensemble = 2, validation = 0.3)
  found <- nn_forecast(recursive, lynx, h = 1, paths = 5000, seed = 1)
  errors <- recursive$out_of_fold$errors[[1]]
  expect_equal(found$.pred_upper - found$.pred, unname(quantile(errors, 0.975)), tolerance = 0.05)
  direct <- nn_train(y ~ ., data = nn_lag(lynx, lags = 1:2, horizon = 3), hidden = 2, epochs = 20, seed = 1, ensemble = 2, validation = 0.3)
  found <- nn_forecast(direct, lynx, level = 0.8)
  expect_equal(found$.pred_upper - found$.pred, vapply(direct$out_of_fold$errors, function(e) conformal_quantile(0.8, abs(e), NULL), 0))
})

test_that("counts have no negative futures", {
  counts <- withr::with_seed(2, rpois(150, 1))
  fit <- nn_train(y ~ ., data = nn_lag(counts, lags = 1:2), family = "poisson", hidden = c(), epochs = 50, preset = "textbook")
  expect_gte(min(nn_forecast(fit, counts, h = 3, paths = 100, seed = 1)$.pred_lower), 0)
})

test_that("what cannot be forecast is refused, and says how it can", {
  table <- nn_lag(lynx, lags = 1:2)
  fit <- nn_train(y ~ ., data = table, hidden = 1, epochs = 1, seed = 1, preset = "textbook")
  direct <- nn_train(y ~ ., data = nn_lag(lynx, lags = 1, horizon = 2), hidden = 1, epochs = 1, seed = 1, preset = "textbook")
  matrix <- nn_train(as.matrix(as.data.frame(table)[-1]), table$y, epochs = 1, seed = 1)
  logs <- nn_train(log(y) ~ ., data = table, hidden = 1, epochs = 1, seed = 1, preset = "textbook")
  quantiles <- nn_train(y ~ ., data = table, hidden = 1, epochs = 1, seed = 1, preset = "textbook", loss = loss_quantile(c(0.1, 0.9)))
  panel <- nn_train(
    circumference ~ ., data = nn_lag(Orange, "circumference", lags = 1, group = "Tree"), hidden = 1, epochs = 1, seed = 1, preset = "textbook"
  )
  expect_snapshot(error = TRUE, {
    nn_forecast(fit)
    nn_forecast(fit, table)
    nn_forecast(fit, nottem)
    nn_forecast(fit, lynx[1])
    nn_forecast(fit, ts(1, start = 1900))
    nn_forecast(fit, lynx, h = 0)
    nn_forecast(fit, lynx, levels = 0.8)
    nn_forecast(fit, lynx, level = 80)
    nn_forecast(fit, lynx, held = 113)
    nn_forecast(fit, ts(c(1, 2), start = 1900))
    nn_forecast(direct, lynx, h = 3)
    nn_forecast(matrix, lynx)
    nn_forecast(logs, lynx)
    nn_forecast(quantiles, lynx)
    nn_forecast(panel, lynx)
  })
  expect_length(nn_forecast(fit, ts(c(1, 2), start = 1900), h = 4, level = NULL)$.pred, 4)
})

test_that("so many steps that there is no room for them are refused at once", {
  withr::local_options(backprop.max_bytes = 1e8)
  setTimeLimit(elapsed = 20)
  withr::defer(setTimeLimit())
  table <- nn_lag(datasets::nottem, lags = 1:2)
  fit <- nn_train(stats::as.formula(paste(attr(table, "lag")$column, "~ .")), table, hidden = 1, epochs = 1, preset = "textbook", seed = 1)
  expect_error(nn_forecast(fit, datasets::nottem, h = 1e9), class = "backprop_error_memory")
})
