set.seed(5)
rows <- data.frame(x = rnorm(60), g = factor(sample(c("a", "b"), 60, TRUE)), time = round(rexp(60), 2) + 0.01, status = rep(c(1, 1, 0), 20))
times <- plain_surv
train <- function(..., epochs = 5) nn_train(..., preset = "textbook", hidden = 2, epochs = epochs, seed = 1)
same_model <- function(a, b) expect_identical(a[c("weights", "biases", "baseline", "final_loss")], b[c("weights", "biases", "baseline", "final_loss")])

test_that("times are understood in every method, and mean Cox where no family is typed", {
  fit <- train(times(time, status) ~ x, rows)
  expect_identical(fit$settings$loss, "cox")
  expect_identical(fit$inputs$names, "x")
  outcome <- plain_surv(rows$time, rows$status)
  with_column <- rows["x"]
  with_column$s <- outcome
  settings <- list(standardize = TRUE)
  same_model(train(s ~ ., with_column), fit)
  same_model(train(rows["x"], outcome), fit)
  same_model(train(rows["x"], with_column["s"]), fit)
  by_matrix <- train(as.matrix(rows["x"]), outcome, standardize = TRUE)
  expect_identical(by_matrix$final_loss, fit$final_loss)
  same_model(train(rows["x"], outcome, loss = "cox", output = "linear"), fit)
})

test_that("the survival package's own times are understood, whether or not it is attached", {
  skip_if_not_installed("survival")
  fit <- train(times(time, status) ~ x + g, rows)
  same_model(train(survival::Surv(time, status) ~ x + g, rows), fit)
  Surv <- survival::Surv
  same_model(train(Surv(time, status) ~ x + g, rows), fit)
  same_model(train(Surv(time, status == 1) ~ x + g, rows), fit)
  # Status as 1 and 2, as survival::lung has it.
  same_model(train(Surv(time, status + 1) ~ x + g, rows), fit)
  # Everything that is not named on the left is an input, as in other formulas.
  expect_identical(train(Surv(time, status) ~ ., rows)$inputs$names, c("x", "ga", "gb"))
  same_model(train(rows[c("x", "g")], Surv(rows$time, rows$status)), fit)
})

test_that("a data frame with times beside another outcome is refused, not taken for two numbers", {
  several <- data.frame(other = rows$x)
  several$s <- plain_surv(rows$time, rows$status)
  expect_snapshot(error = TRUE, train(rows["x"], several))
})

test_that("times that are not censored on the right are refused by their type", {
  skip_if_not_installed("survival")
  expect_snapshot(error = TRUE, {
    train(survival::Surv(time, status, type = "left") ~ x, rows)
    train(survival::Surv(time, time + 1, type = "interval2") ~ x, rows)
    train(survival::Surv(time - 0.01, time, status) ~ x, rows)
    train(survival::Surv(time, factor(status)) ~ x, rows)
    train(rows["x"], survival::Surv(rows$time, rows$status, type = "left"))
  })
})

test_that("Surv() that is not found gets the way to it", {
  env <- new.env(parent = baseenv())
  formula <- Surv(time, status) ~ x
  environment(formula) <- env
  expect_snapshot(error = TRUE, train(formula, rows))
})

test_that("times that mean nothing are refused", {
  changed <- function(...) replace(rows, names(list(...)), list(...))
  expect_snapshot(error = TRUE, {
    train(times(time, status) ~ x, changed(time = replace(rows$time, 3, NA)))
    train(times(time, status) ~ x, changed(status = replace(rows$status, 4, NA)))
    train(times(time, status) ~ x, changed(time = replace(rows$time, 3, Inf)))
    train(times(time, status) ~ x, changed(time = replace(rows$time, 3, -1)))
    train(times(time, status) ~ x, changed(status = numeric(60)))
    train(times(time, status) ~ x, changed(status = numeric(60)), family = "discrete_hazard")
    train(times(time, status) ~ x, rows, subset = status == 0)
    train(times(time, status) ~ x, rows, case_weights = 1 - status)
    train(times(time, status) ~ x, rows, class_weights = "balanced")
    train(times(time, status) ~ x, changed(time = numeric(60)), family = "discrete_hazard")
  })
})

test_that("rows without a time are left out where that is asked for", {
  gaps <- transform(rows, time = replace(time, 3, NA), status = replace(status, 5, NA))
  for (na_action in c("omit", "impute")) {
    expect_message(fit <- train(times(time, status) ~ x, gaps, na_action = na_action), class = "backprop_message_omitted")
    same_model(fit, train(times(time, status) ~ x, rows[-c(3, 5), ]))
  }
  expect_message(fit <- train(gaps["x"], plain_surv(gaps$time, gaps$status), na_action = "omit"))
  same_model(fit, train(times(time, status) ~ x, rows[-c(3, 5), ]))
})

test_that("rows that judge must have an event where rows are only compared with each other", {
  censored <- rows[rows$status == 0, ]
  expect_snapshot(error = TRUE, train(times(time, status) ~ x, rows, validation = censored))
  # Of hazards each row tells something.
  fit <- train(times(time, status) ~ x, rows, validation = censored, family = "discrete_hazard")
  expect_true(all(is.finite(fit$history$validation_loss)))
})

test_that("a split leaves the same share of events on both sides", {
  few <- transform(rows, status = rep(c(1, 0, 0, 0, 0), 12))
  for (seed in 1:5) {
    fit <- nn_train(times(time, status) ~ x, few, preset = "textbook", hidden = 2, epochs = 2, validation = 0.25, seed = seed)
    expect_identical(sum(few$status[fit$validation_rows]), 3)
  }
  one <- transform(rows, status = replace(numeric(60), 7, 1))
  expect_snapshot(error = TRUE, train(times(time, status) ~ x, one, validation = 0.2))
})

test_that("zero times, ties everywhere, one row and constant inputs train", {
  cases <- list(
    zero = transform(rows, time = replace(time, 1:5, 0)), ties = transform(rows, time = 3), events = transform(rows, status = 1),
    one = rows[1L, ], constant = transform(rows, x = 1)
  )
  for (name in names(cases)) {
    for (family in c("cox", "discrete_hazard")) {
      fit <- train(times(time, status) ~ x, cases[[name]], family = family)
      survival <- predict(fit, rows[1:3, ], type = "survival", time = c(0, with(cases[[name]], max(time[status == 1]))))$.pred
      found <- unlist(lapply(survival, function(row) row$.pred_survival))
      expect_true(is.finite(fit$final_loss) && all(found >= 0 & found <= 1), label = paste(name, family))
    }
  }
})

test_that("rows of new data need no event to be judged", {
  censored <- rows[rows$status == 0, ]
  for (family in c("cox", "discrete_hazard")) {
    fit <- train(times(time, status) ~ x, rows, family = family)
    expect_true(is.finite(logLik(fit, data = censored)))
  }
})

test_that("deciles of events by weights are those of rows as often", {
  y <- cbind(c(1, 2, 2, 3, 5, 8, 13), c(1, 1, 0, 1, 1, 1, 1))
  weights <- c(3, 1, 4, 2, 1, 1, 2)
  repeated <- y[rep(1:7, weights), ]
  expect_identical(default_breaks(y, weights), default_breaks(repeated, NULL))
  expect_identical(default_breaks(repeated, NULL), unique(as.double(quantile(repeated[repeated[, 2L] == 1, 1L], 1:10 / 10, type = 1))))
})

test_that("relative hazards may be far apart: inputs that are not scaled train, and times in perfect order predict", {
  fit <- nn_train(
    times(time, status) ~ I(1000 * x), rows, preset = "textbook", hidden = c(), standardize = FALSE, optimizer = "lbfgs", epochs = 200, seed = 1
  )
  scaled <- nn_train(times(time, status) ~ x, rows, preset = "textbook", hidden = c(), optimizer = "lbfgs", epochs = 200, seed = 1)
  expect_equal(fit$final_loss, scaled$final_loss, tolerance = 1e-6)
  ordered <- transform(rows, time = rank(-x), status = 1)
  fit <- nn_train(times(time, status) ~ x, ordered, preset = "textbook", hidden = c(), optimizer = "adam", lr = 100, epochs = 50, seed = 1)
  expect_true(is.finite(fit$final_loss) && diff(range(nn_predict(fit, ordered))) > 2000)
  for (type in c("survival", "hazard")) {
    found <- unlist(lapply(predict(fit, ordered, type = type, time = c(0, 5, 30, 60))$.pred, function(row) row[[2L]]))
    expect_false(anyNA(found))
  }
})
