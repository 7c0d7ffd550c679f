train_terms <- function(formula, ...) nn_train(nn_reader(streamed_table(), formula, chunk_rows = 50), hidden = 2, epochs = 1, seed = 1, validation = NULL, ...)

test_that("terms that depend on all rows are refused by name, and say what to write", {
  centred <- function(x) x - mean(x)
  for (formula in list(y ~ poly(a, 2), y ~ scale(a), y ~ cut(a, 3), y ~ I(a - mean(a)), y ~ splines::ns(a, 3), y ~ centred(a), y ~ rank(a))) {
    cnd <- expect_error(train_terms(formula), "depends on all rows", class = "backprop_error_formula")
    expect_match(conditionMessage(cnd), deparse(formula[[3L]]), fixed = TRUE)
    expect_match(conditionMessage(cnd), "Write the constants out")
  }
  expect_error(train_terms(scale(y) ~ a), "depends on all rows", class = "backprop_error_formula")
})

test_that("terms of single rows train, own functions too", {
  own <- function(x) sqrt(abs(x)) + 3.5
  expect_same_streamed(y ~ own(a) + I((a - 3.2) / 1.5) + log(b), sizes = 50)
  expect_no_error(train_terms(y ~ splines::ns(a, knots = 5, Boundary.knots = c(0, 10)) + cut(a, c(0, 5, 10))))
})

test_that("a vector beside the reader is no column", {
  beside <- runif(157)
  expect_error(train_terms(y ~ a + beside), "beside", class = "backprop_error")
  expect_error(train_terms(y ~ a, case_weights = beside), "columns of the reader", class = "backprop_error_incompatible")
  expect_error(train_terms(y ~ a, offset = beside), "columns of the reader", class = "backprop_error_incompatible")
  expect_error(train_terms(y ~ a, subset = 1:10), "columns of the reader", class = "backprop_error_incompatible")
})

test_that("what needs all rows at once is refused by name", {
  reader <- nn_reader(streamed_table(), y ~ a)
  for (given in list(list(ensemble = 3), list(bootstrap = TRUE), list(restarts = 2), list(keep = "data"), list(blend = "linear"))) {
    expect_error(do.call(nn_train, c(list(reader), given)), paste0("`?", names(given), "`? does not go with a reader"), class = "backprop_error_incompatible")
  }
  expect_error(nn_trace(reader), "A trace needs its rows in memory", class = "backprop_error_incompatible")
  expect_error(nn_tune(reader, lr = c(0.1, 0.2)), "A tuning needs its rows in memory", class = "backprop_error")
  expect_error(nn_train(nn_reader(streamed_table())), "has no `formula`", class = "backprop_error_reader")
  skip_if_not_installed("survival")
  expect_error(train_terms(survival::Surv(exp(y), flag) ~ a), "cox", class = "backprop_error_incompatible")
})

test_that("a share that is held back judges, and is the same for every size of chunks", {
  data <- streamed_table(400)
  fit <- function(size, ...) {
    nn_train(
      nn_reader(data, y ~ a + f + s, chunk_rows = size), preset = "textbook", hidden = 3, epochs = 5, seed = 4, validation = 0.25, optimizer = "adam",
      shuffle = FALSE, ...
    )
  }
  wanted <- fit(400)
  expect_identical(fit(33)[setdiff(names(wanted), "call")], wanted[setdiff(names(wanted), "call")])
  expect_identical(wanted$rows + wanted$validation_count, 400L)
  # By their keys, of which a quarter is held back: 5 standard deviations of a binomial.
  expect_lt(abs(wanted$validation_count - 100), 5 * sqrt(400 * 0.25 * 0.75))
  # The same rows as a table and a table of those held back.
  held <- row_keys(4, 0, 400, "held") < 0.25
  expect_identical(sum(held), wanted$validation_count)
  by_hand <- nn_train(
    y ~ a + f + s, data[!held, ], validation = data[held, ], preset = "textbook", hidden = 3, epochs = 5, seed = 4, optimizer = "adam", shuffle = FALSE
  )
  expect_identical(wanted[c("weights", "history", "inputs")], by_hand[c("weights", "history", "inputs")])
})

test_that("a level that would train no row is not held back", {
  data <- streamed_table(400)
  held <- which(row_keys(4, 0, 400, "held") < 0.25)
  data$s[held[3]] <- "alone"
  fit <- nn_train(nn_reader(data, y ~ s, chunk_rows = 90), preset = "textbook", hidden = 3, epochs = 2, seed = 4, validation = 0.25)
  expect_identical(fit$validation_count, length(held) - 1L)
  expect_true("salone" %in% fit$inputs$names)
})

test_that("the rows that are looked at are those of the smallest keys", {
  package <- environment(nn_train)
  put <- function(most) {
    unlockBinding("most_looked_at", package)
    assign("most_looked_at", most, envir = package)
    lockBinding("most_looked_at", package)
  }
  usual <- most_looked_at
  withr::defer(put(usual))
  put(50)
  data <- streamed_table(700)
  reader <- nn_reader(data, y ~ a + s, chunk_rows = 64)
  seen <- look_at_reader(reader, list(subset = rlang::quo(NULL)), character(), NULL)
  survey <- survey_reader(reader, seen, list(subset = rlang::quo(NULL)), "error", function(survey) list(), 9)
  keys <- row_keys(9, 0, 700, "sample")
  expect_equal(survey$table$a[survey$looked_at], data$a[sort(order(keys)[1:50])])
  expect_setequal(survey$table$s, data$s)
  expect_identical(range(survey$table$y), range(data$y))
})
