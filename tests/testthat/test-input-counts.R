set.seed(3)
rows <- data.frame(x = rnorm(40), n = sample(1:6, 40, TRUE))
rows$success <- rbinom(40, rows$n, plogis(rows$x))
rows$failure <- rows$n - rows$success
rows$other <- rpois(40, 2)
train <- function(..., family = "binomial", epochs = 5) nn_train(..., family = family, preset = "textbook", hidden = 2, epochs = epochs, seed = 1)

test_that("counts are one outcome under a typed family, in every method, and two numbers without", {
  fit <- train(cbind(success, failure) ~ x, rows)
  expect_identical(fit$outcome[c("kind", "k", "names")], list(kind = "counts", k = 1L, names = "success"))
  expect_identical(train(rows["x"], rows[c("success", "failure")])$weights, fit$weights)
  expect_identical(train(rows["x"], cbind(rows$success, rows$failure), standardize = TRUE)$weights, fit$weights)
  expect_identical(train(cbind(success, failure) ~ x, rows, family = binomial)$weights, fit$weights)
  expect_identical(nn_train(cbind(success, failure) ~ x, rows, preset = "textbook", epochs = 1, seed = 1)$outcome$k, 2L)
  classes <- train(cbind(success, failure, other) ~ x, rows, family = "multinomial")
  expect_identical(colnames(nn_predict(classes, rows)), c("success", "failure", "other"))
})

test_that("counts are the trials one by one", {
  one_by_one <- rows[rep(1:40, rows$n), ]
  one_by_one$success <- unlist(Map(function(s, f) rep(c(1, 0), c(s, f)), rows$success, rows$failure))
  counts <- train(cbind(success, failure) ~ x, rows, standardize = FALSE)
  each <- train(success ~ x, one_by_one, standardize = FALSE)
  expect_equal(counts$final_loss, each$final_loss, tolerance = 1e-12)
  expect_equal(counts$weights, each$weights, tolerance = 1e-10, ignore_attr = TRUE)
})

test_that("counts as conditions are counts as well", {
  fit <- train(cbind(success > 0, success == 0) ~ x, rows)
  expect_identical(fit$outcome$kind, "counts")
  expect_equal(fit$final_loss, train(success > 0 ~ x, rows)$final_loss, tolerance = 1e-12)
})

test_that("what cannot be counts is refused with its rows", {
  expect_snapshot(error = TRUE, {
    train(cbind(success + 0.5, failure) ~ x, rows)
    train(cbind(success - 7, failure) ~ x, rows)
    train(cbind(success * 0, failure * 0) ~ x, rows)
    train(cbind(success, failure) ~ x, transform(rows, success = replace(success, 3, 0), failure = replace(failure, 3, 0)))
    train(cbind(success, failure, other) ~ x, rows)
    train(cbind(success, failure) ~ x, transform(rows, success = replace(success, 2, NA)))
    train(cbind(success, failure) ~ x, rows, validation = transform(rows, success = 0, failure = 0))
    train(cbind(success, failure) ~ x, rows, validation = 0.2, stop_metric = "auc")
    train(cbind(success, failure) ~ x, rows, class_weights = "balanced")
  })
})

test_that("counts go on, validate, are weighted and left out as other outcomes are", {
  fit <- train(cbind(success, failure) ~ x, rows, epochs = 10)
  half <- train(cbind(success, failure) ~ x, rows)
  expect_identical(nn_train(cbind(success, failure) ~ x, rows, start = half, epochs = 5)$weights, fit$weights)
  judged <- train(cbind(success, failure) ~ x, rows[1:30, ], validation = rows[31:40, ])
  held <- logLik(judged, data = rows[31:40, ])
  expect_true(is.finite(held))
  weights <- rep(c(1, 2), 20)
  expect_equal(
    train(cbind(success, failure) ~ x, rows, case_weights = weights)$final_loss,
    train(cbind(success, failure) ~ x, rows[rep(1:40, weights), ])$final_loss, tolerance = 1e-12
  )
  gaps <- transform(rows, success = replace(success, 2, NA))
  expect_message(omitted <- train(cbind(success, failure) ~ x, gaps, na_action = "omit"))
  expect_identical(omitted$weights, train(cbind(success, failure) ~ x, rows[-2, ])$weights)
})
