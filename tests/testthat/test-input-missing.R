# Gaps in columns of every kind, in the same rows for every method.
gappy_table <- function() {
  data <- mixed_table()
  data$number[c(2, 9)] <- NA
  data$text[c(2, 5)] <- NA
  data$flag[7] <- NA
  data
}

test_that("missing values are an error by default, which names the columns and counts", {
  data <- gappy_table()
  expect_snapshot(error = TRUE, {
    nn_train(y ~ ., data = data, preset = "textbook")
    nn_train(data[names(data) != "y"], data$y, preset = "textbook")
    nn_train(as.matrix(data[c("number", "whole")]), data$y)
    nn_train(y ~ log(number) + text, data = data, preset = "textbook")
  })
})

test_that("omit trains on the rows that are complete, and says how many", {
  data <- gappy_table()
  whole <- data[complete.cases(data), ]
  expect_message(fit <- nn_train(y ~ ., data = data, na_action = "omit", epochs = 5, seed = 1, preset = "textbook"), class = "backprop_message_omitted")
  expect_same_bits(fit, nn_train(y ~ ., data = whole, epochs = 5, seed = 1, preset = "textbook"))
  expect_identical(fit$omitted, c(2L, 5L, 7L, 9L))
  expect_identical(c(fit$rows, fit$rows_given), c(36L, 40L))
  by_columns <- suppressMessages(nn_train(data[names(data) != "y"], data$y, na_action = "omit", epochs = 5, seed = 1, preset = "textbook"))
  expect_same_bits(by_columns, fit)
  X <- as.matrix(data[c("number", "whole")])
  by_matrix <- suppressMessages(nn_train(X, data$y, na_action = "omit", epochs = 5, seed = 1))
  expect_same_bits(by_matrix, nn_train(X[-c(2, 9), ], data$y[-c(2, 9)], epochs = 5, seed = 1))
  # Rows with a gap are NA in predictions.
  expect_identical(which(is.na(predict(fit, data)$.pred)), c(2L, 5L, 7L, 9L))
  expect_snapshot(invisible(nn_train(y ~ ., data = data, na_action = "omit", epochs = 1, seed = 1, preset = "textbook")))
})

test_that("R's own names and functions for it are understood", {
  data <- gappy_table()
  fit <- suppressMessages(nn_train(y ~ ., data = data, na_action = "omit", epochs = 2, seed = 1, preset = "textbook"))
  for (action in list(na.omit, "na.omit", na.exclude)) {
    expect_same_bits(suppressMessages(nn_train(y ~ ., data = data, na_action = action, epochs = 2, seed = 1, preset = "textbook")), fit)
    expect_same_bits(suppressMessages(nn_train(y ~ ., data = data, na.action = action, epochs = 2, seed = 1, preset = "textbook")), fit)
  }
  expect_error(nn_train(y ~ ., data = data, na.action = na.fail, preset = "textbook"), class = "backprop_error_nonfinite_x")
  expect_error(nn_train(y ~ ., data = data, na.action = na.pass, preset = "textbook"), class = "backprop_error_choice")
  expect_error(nn_train(y ~ ., data = data, na_action = 3, preset = "textbook"), class = "backprop_error_choice")
})

test_that("impute fills numbers in with the weighted median and an indicator, factors with a level of their own", {
  data <- gappy_table()
  fit <- nn_train(y ~ number + text + flag + whole, data = data, na_action = "impute", epochs = 5, seed = 1, preset = "textbook")
  expect_identical(fit$rows, 40L)
  expect_identical(fit$inputs$names, c(
    "number", "texthigh", "textlow", "textmid", "text(missing)", "flag", "whole", "is.na(number)", "is.na(flag)"
  ))
  by_hand <- data.frame(
    number = replace(data$number, c(2, 9), median(data$number, na.rm = TRUE)),
    high = data$text %in% "high", low = data$text %in% "low", mid = data$text %in% "mid", missing = is.na(data$text),
    flag = replace(data$flag, 7, median(as.numeric(data$flag), na.rm = TRUE) > 0.5), whole = data$whole,
    gap_number = is.na(data$number), gap_flag = is.na(data$flag)
  )
  expect_same_bits(fit, nn_train(by_hand, data.frame(y = data$y), epochs = 5, seed = 1, preset = "textbook"))
  expect_false(anyNA(nn_predict(fit, data)))
  expect_equal(nn_predict(fit, data)[1:3, ], nn_predict(fit, data[1:3, ])[, 1], tolerance = 1e-12)
  # A column without gaps in training is filled in by its median in prediction, without an indicator; a factor by its commonest level.
  expect_equal(
    predict(fit, transform(data[1, ], whole = NA)), predict(fit, transform(data[1, ], whole = median(data$whole)))
  )
  expect_snapshot(summary(fit))
})

test_that("a factor without gaps in training is filled in by its commonest level", {
  data <- mixed_table()
  fit <- nn_train(y ~ text, data = data, na_action = "impute", epochs = 5, seed = 1, preset = "textbook")
  commonest <- names(which.max(table(data$text)))
  expect_equal(predict(fit, data.frame(text = NA_character_)), predict(fit, data.frame(text = commonest)))
})

test_that("every method imputes alike, a matrix too", {
  data <- gappy_table()[c("number", "whole", "y")]
  data$whole[3] <- NA
  by_formula <- nn_train(y ~ ., data = data, na_action = "impute", epochs = 5, seed = 1, preset = "textbook")
  by_columns <- nn_train(data[1:2], data["y"], na_action = "impute", epochs = 5, seed = 1, preset = "textbook")
  X <- as.matrix(data[1:2])
  by_matrix <- nn_train(X, as.matrix(data["y"]), na_action = "impute", standardize = TRUE, epochs = 5, seed = 1)
  expect_same_bits(by_columns, by_formula)
  expect_same_bits(by_matrix, by_formula)
  expect_identical(by_matrix$inputs$names, c("number", "whole", "is.na(number)", "is.na(whole)"))
  expect_equal(nn_predict(by_matrix, X[, 2:1]), nn_predict(by_matrix, X))
  expect_false(anyNA(nn_predict(by_matrix, X)))
  unnamed <- nn_train(unname(X), data$y, na_action = "impute", epochs = 1, seed = 1)
  expect_identical(dim(nn_predict(unnamed, unname(X))), c(40L, 1L))
  expect_error(nn_predict(unnamed, unname(X)[, 1]), class = "backprop_error_columns")
})

test_that("the weighted median counts a row of weight 2 twice", {
  x <- c(4, 1, NA, 9, 2)
  w <- c(2, 1, 5, 3, 1)
  expect_equal(weighted_median(x, w), median(rep(x, w), na.rm = TRUE))
  expect_equal(weighted_median(c(1, 2, 3, 4)), 2.5)
  expect_equal(weighted_median(c(1, 2), c(1, 3)), 2)
  data <- data.frame(y = 1:6 / 2, x = c(1, 5, NA, 7, 2, 8), w = c(1, 2, 1, 1, 2, 1))
  weighted <- nn_train(y ~ x, data = data, case_weights = w, na_action = "impute", epochs = 3, seed = 1, preset = "textbook")
  twice <- nn_train(y ~ x, data = data[rep(1:6, data$w), ], na_action = "impute", epochs = 3, seed = 1, preset = "textbook")
  expect_equal(weighted$weights, twice$weights, tolerance = 1e-12)
})

test_that("rows without an outcome are left out under omit and impute, refused otherwise", {
  data <- mixed_table()
  data$y[c(1, 4)] <- c(NA, Inf)
  expect_error(nn_train(y ~ number, data = data, preset = "textbook"), class = "backprop_error_nonfinite_y")
  for (action in c("omit", "impute")) {
    expect_message(fit <- nn_train(y ~ number, data = data, na_action = action, epochs = 2, seed = 1, preset = "textbook"), class = "backprop_message_omitted")
    expect_same_bits(fit, nn_train(y ~ number, data = data[-c(1, 4), ], epochs = 2, seed = 1, preset = "textbook"))
  }
  classes <- iris
  classes$Species[3] <- NA
  fit <- suppressMessages(nn_train(Species ~ ., data = classes, na_action = "omit", epochs = 2, seed = 1, preset = "textbook"))
  expect_same_bits(fit, nn_train(Species ~ ., data = iris[-3, ], epochs = 2, seed = 1, preset = "textbook"))
})

test_that("what is computed from data leaves out the rows that training left out", {
  data <- gappy_table()
  whole <- data[complete.cases(data), ]
  fit <- suppressMessages(nn_train(y ~ number + text, data = data, hidden = c(), optimizer = "lbfgs", na_action = "omit", seed = 1, preset = "textbook"))
  same <- nn_train(y ~ number + text, data = data[-c(2, 5, 9), ], hidden = c(), optimizer = "lbfgs", seed = 1, preset = "textbook")
  expect_identical(as.numeric(logLik(fit, data)), as.numeric(logLik(same, data[-c(2, 5, 9), ])))
  expect_identical(vcov(fit, data), vcov(same, data[-c(2, 5, 9), ]))
  left <- residuals(fit, data = data)
  expect_identical(which(is.na(left)), c(2L, 5L, 9L))
  expect_identical(which(is.na(residuals(fit, data = data, type = "pearson"))), c(2L, 5L, 9L))
  kept <- suppressMessages(nn_train(y ~ number + text, data = data, na_action = "omit", keep = "data", epochs = 5, seed = 1, preset = "textbook"))
  expect_identical(nobs(kept), 37L)
  expect_true(is.finite(deviance(kept)))
  expect_error(logLik(same, data), class = "backprop_error_nonfinite_x")
})

test_that("validation rows with gaps follow the same rule", {
  data <- gappy_table()
  expect_error(nn_train(y ~ number, data = mixed_table(), validation = data, epochs = 1, preset = "textbook"), class = "backprop_error_nonfinite_x")
  omit <- suppressMessages(nn_train(y ~ number, data = mixed_table(), validation = data, na_action = "omit", epochs = 2, seed = 1, preset = "textbook"))
  expect_identical(omit$validation_count, 38L)
  impute <- nn_train(y ~ number, data = data, validation = data, na_action = "impute", epochs = 2, seed = 1, preset = "textbook")
  expect_identical(impute$validation_count, 40L)
  expect_equal(impute$final_loss, impute$final_validation_loss)
  share <- suppressMessages(nn_train(y ~ number, data = data, validation = 0.25, na_action = "omit", epochs = 2, seed = 1, preset = "textbook"))
  expect_false(any(c(2L, 9L) %in% share$validation_rows))
})

test_that("training goes on with what was learnt about gaps", {
  data <- gappy_table()
  once <- nn_train(y ~ number + text, data = data, na_action = "impute", epochs = 6, seed = 1, preset = "textbook")
  first <- nn_train(y ~ number + text, data = data, na_action = "impute", epochs = 3, seed = 1, preset = "textbook")
  expect_same_bits(nn_train(y ~ number + text, data = data, start = first, epochs = 3, preset = "textbook"), once)
  X <- as.matrix(data["number"])
  once <- nn_train(X, data$y, na_action = "impute", epochs = 6, seed = 1)
  first <- nn_train(X, data$y, na_action = "impute", epochs = 3, seed = 1)
  expect_same_bits(nn_train(X, data$y, start = first, epochs = 3), once)
})

test_that("what fills gaps in is not learnt when training goes on", {
  fit <- nn_train(y ~ number, data = mixed_table(), epochs = 1, seed = 1, preset = "textbook")
  expect_error(nn_train(y ~ number, data = gappy_table(), start = fit, na_action = "impute", preset = "textbook"), class = "backprop_error_start")
  expect_message(nn_train(y ~ number, data = gappy_table(), start = fit, na_action = "omit", epochs = 1, preset = "textbook"), class = "backprop_message_omitted")
})

test_that("NaN and infinite inputs are refused under every rule, by column", {
  data <- mixed_table()
  data$number[3] <- NaN
  data$whole[1] <- NA
  for (action in c("error", "omit", "impute")) {
    expect_error(
      suppressMessages(nn_train(y ~ number + whole, data = data, na_action = action, preset = "textbook")), "number",
      class = "backprop_error_nonfinite_x"
    )
    expect_error(
      suppressMessages(nn_train(replace(as.matrix(data[c("number", "whole")]), 5, Inf), data$y, na_action = action)), "number",
      class = "backprop_error_nonfinite_x"
    )
  }
})

test_that("nothing left to train on is an error", {
  data <- data.frame(y = 1:3, x = NA_real_)
  expect_error(nn_train(y ~ x, data = data, na_action = "omit", preset = "textbook"), class = "backprop_error_empty")
  expect_error(nn_train(y ~ x, data = data, subset = y > 5, preset = "textbook"), class = "backprop_error_empty")
  # Nothing tells what could fill it in.
  expect_error(nn_train(y ~ x, data = data, na_action = "impute", preset = "textbook"), "\"x\"", class = "backprop_error_nonfinite_x")
})

test_that("values that a labelled column declares missing are missing", {
  spss <- structure(
    c(1, 2, 9, 3, -99),
    labels = c(refused = 9), na_values = 9, na_range = c(-Inf, -1), class = c("haven_labelled_spss", "haven_labelled", "vctrs_vctr", "double")
  )
  data <- data.frame(y = c(1, 2, 3, 5, 4))
  data$x <- spss
  expect_error(nn_train(y ~ x, data = data, preset = "textbook"), "\"x\" \\(2\\)", class = "backprop_error_nonfinite_x")
  plain <- data.frame(y = data$y, x = c(1, 2, NA, 3, NA))
  for (formula in c(y ~ x, y ~ log(x))) {
    fit <- suppressMessages(nn_train(formula, data = data, na_action = "omit", epochs = 3, seed = 1, preset = "textbook"))
    expect_same_bits(fit, suppressMessages(nn_train(formula, data = plain, na_action = "omit", epochs = 3, seed = 1, preset = "textbook")))
    expect_identical(nn_predict(fit, data), nn_predict(fit, plain))
  }
})

test_that("sparse rows with gaps are left out, not filled in", {
  skip_if_not_installed("Matrix")
  X <- Matrix::Matrix(c(1, 0, 2, 0, 0, NA, 3, 1), 4, sparse = TRUE)
  y <- c(1, 2, 3, 4)
  fit <- suppressMessages(nn_train(X, y, na_action = "omit", epochs = 3, seed = 1))
  expect_same_bits(fit, nn_train(X[-2, ], y[-2], epochs = 3, seed = 1))
  expect_identical(is.na(drop(nn_predict(fit, X))), c(FALSE, TRUE, FALSE, FALSE))
  expect_identical(is.na(drop(nn_predict(fit, X[2, , drop = FALSE]))), TRUE)
  expect_error(nn_train(X, y, na_action = "impute"), class = "backprop_error_incompatible")
})
