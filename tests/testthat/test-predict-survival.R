set.seed(5)
rows <- data.frame(x = rnorm(60), g = factor(sample(c("a", "b"), 60, TRUE)), time = round(rexp(60), 2) + 0.01, status = rep(c(1, 1, 0), 20))
times <- plain_surv
fits <- lapply(c(cox = "cox", discrete_hazard = "discrete_hazard"), function(family) {
  nn_train(times(time, status) ~ x + g, rows, family = family, preset = "textbook", hidden = 2, epochs = 20, seed = 1)
})
curve <- function(fit, new_data, ...) predict(fit, new_data, type = "survival", ...)$.pred

test_that("survival falls from 1 with time, in rows of the form of the tidymodels", {
  time <- c(0, 0.1, 0.5, 1)
  for (fit in fits) {
    rows_of_list <- curve(fit, rows, time = time)
    expect_length(rows_of_list, 60L)
    for (row in rows_of_list) {
      expect_identical(names(row), c(".eval_time", ".pred_survival"))
      expect_identical(row$.eval_time, time)
      expect_identical(row$.pred_survival[1L], 1)
      expect_true(all(diff(row$.pred_survival) <= 0))
    }
  }
})

test_that("hazards are those that survival comes from", {
  time <- c(0.2, 0.7, 1.5)
  hazards <- predict(fits$cox, rows[1:2, ], type = "hazard", time = time)$.pred
  expect_equal(lapply(hazards, function(row) exp(-row$.pred_hazard)), lapply(curve(fits$cox, rows[1:2, ], time = time), function(row) row$.pred_survival))
  breaks <- family(fits$discrete_hazard)$parameters$breaks
  hazards <- predict(fits$discrete_hazard, rows[1:2, ], type = "hazard", time = breaks)$.pred
  at_ends <- curve(fits$discrete_hazard, rows[1:2, ], time = breaks)
  expect_equal(lapply(hazards, function(row) cumprod(1 - row$.pred_hazard)), lapply(at_ends, function(row) row$.pred_survival))
  expect_equal(unname(nn_predict(fits$discrete_hazard, rows[1L, ])[1L, ]), hazards[[1L]]$.pred_hazard)
})

test_that("beyond the last interval nothing is known, and beyond the last event of Cox nothing changes", {
  last <- max(rows$time[rows$status == 1])
  expect_identical(curve(fits$discrete_hazard, rows[1L, ], time = 1e6)[[1L]]$.pred_survival, NA_real_)
  expect_identical(predict(fits$discrete_hazard, rows[1L, ], type = "hazard", time = 1e6)$.pred[[1L]]$.pred_hazard, NA_real_)
  expect_identical(curve(fits$cox, rows[1L, ], time = 1e6)[[1L]]$.pred_survival, curve(fits$cox, rows[1L, ], time = last)[[1L]]$.pred_survival)
})

test_that("times that are left out are deciles of events, or the ends of the intervals", {
  expect_identical(curve(fits$discrete_hazard, rows[1L, ])[[1L]]$.eval_time, family(fits$discrete_hazard)$parameters$breaks)
  expect_true(all(curve(fits$cox, rows[1L, ])[[1L]]$.eval_time %in% rows$time[rows$status == 1]))
})

test_that("a row's prediction does not depend on its neighbours, and none are none", {
  for (fit in fits) {
    for (type in c("survival", "hazard")) {
      whole <- predict(fit, rows, type = type, time = c(0.3, 1))
      expect_identical(predict(fit, rows[7L, ], type = type, time = c(0.3, 1))$.pred[[1L]], whole$.pred[[7L]])
      expect_identical(predict(fit, rows[0L, ], type = type, time = 1), tibble::tibble(.pred = list()))
      expect_identical(nrow(predict(fit, rows[0L, ], type = type)), 0L)
    }
  }
})

test_that("rows that cannot be predicted are NA in every type", {
  gaps <- transform(rows[1:3, ], x = replace(x, 2, NA))
  unknown <- transform(rows[1:3, ], g = c("a", "new", "b"))
  for (fit in fits) {
    for (type in c("survival", "hazard")) {
      found <- predict(fit, gaps, type = type, time = c(0.3, 1))$.pred
      expect_identical(vapply(found, function(row) sum(is.na(row[[2L]])), 0L), c(0L, 2L, 0L))
      expect_identical(found[[2L]]$.eval_time, c(0.3, 1))
      expect_warning(found <- predict(fit, unknown, type = type, time = 1)$.pred, class = "backprop_warning_new_level")
      expect_identical(vapply(found, function(row) sum(is.na(row[[2L]])), 0L), c(0L, 1L, 0L))
    }
  }
  expect_identical(which(is.na(predict(fits$cox, gaps)$.pred_linear_pred)), 2L)
})

test_that("times that are none, and types that do not fit, are refused", {
  expect_snapshot(error = TRUE, {
    predict(fits$cox, rows, type = "survival", time = -1)
    predict(fits$cox, rows, type = "survival", time = NA)
    predict(fits$cox, rows, type = "survival", time = Inf)
    predict(fits$cox, rows, type = "survival", time = "1")
    predict(fits$cox, rows, type = "survival", time = numeric())
    predict(fits$cox, rows, type = "numeric")
    predict(fits$cox, rows, type = "class")
    predict(fits$discrete_hazard, rows, type = "linear_pred")
    predict(fits$cox, rows, eval_time = 1)
    predict(fits$cox, rows, times = 1)
  })
})

test_that("relative hazards are the default of Cox, and survival that of intervals", {
  expect_identical(names(predict(fits$cox, rows)), ".pred_linear_pred")
  expect_identical(unname(nn_predict(fits$cox, rows)[, 1L]), predict(fits$cox, rows)$.pred_linear_pred)
  expect_identical(predict(fits$discrete_hazard, rows), predict(fits$discrete_hazard, rows, type = "survival"))
  expect_match(colnames(nn_predict(fits$discrete_hazard, rows)), "^\\(.*\\]$")
})
