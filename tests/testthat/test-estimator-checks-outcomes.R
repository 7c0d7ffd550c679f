# What peers ask of everything that learns from data, continued: weights, classes and numbers. See test-estimator-checks.R.

# ---- weights ------------------------------------------------------------------------------------------------

test_that("a row of weight 0 is as good as left out, one of weight 2 as given twice (sample_weight_equivalence_on_dense_data, _on_sparse_data)", {
  skip_if_not_installed("Matrix")
  data <- smooth_data(12)
  sparse <- Matrix::sparseMatrix(row(data$X), col(data$X), x = c(data$X))
  weights <- c(0, 1, 2, 1, 0, 1, 2, 1, 1, 1, 1, 1)
  rows <- rep(seq_len(12), weights)
  for (X in list(data$X, sparse)) {
    for (loss in c("mse", "sse", "huber")) {
      weighted <- nn_train(X, data$Y, case_weights = weights, loss = loss, standardize = TRUE, lr = 0.05, epochs = 20, seed = 1)
      repeated <- nn_train(X[rows, ], data$Y[rows], loss = loss, standardize = TRUE, lr = 0.05, epochs = 20, seed = 1)
      # Sums of other length: rounding of 14 terms, over 20 epochs.
      expect_equal(weighted$weights, repeated$weights, tolerance = 1e-10)
    }
  }
  left_out <- nn_train(data$X[weights > 0, ], data$Y[weights > 0], epochs = 20, seed = 1)
  expect_same_bits(nn_train(data$X, data$Y, case_weights = as.double(weights > 0), epochs = 20, seed = 1), left_out)
})

test_that("weights may be integers, logicals or a column, and a list is refused (sample_weights_pandas_series, _not_an_array, _list)", {
  data <- smooth_data(6)
  weights <- c(1, 0, 1, 1, 0, 1)
  expected <- nn_train(data$X, data$Y, case_weights = weights, epochs = 5, seed = 1)
  for (same in list(as.integer(weights), weights == 1, matrix(weights), array(weights, 6))) {
    expect_same_bits(nn_train(data$X, data$Y, case_weights = same, epochs = 5, seed = 1), expected)
  }
  table <- data.frame(data$X, y = data$Y, w = weights)
  expect_same_bits(nn_train(y ~ X1 + X2 + X3, data = table, case_weights = w, standardize = FALSE, epochs = 5, seed = 1, preset = "textbook"), expected)
  expect_error(nn_train(data$X, data$Y, case_weights = as.list(weights)), class = "backprop_error_argument")
})

test_that("weights of another number, below 0 or all 0 are refused (sample_weights_shape, all_zero_sample_weights_error)", {
  expect_error(nn_train(article_X, article_Y, case_weights = c(1, 1)), "3 rows.*2", class = "backprop_error_rows")
  expect_error(nn_train(article_X, article_Y, case_weights = matrix(1, 3, 2)), class = "backprop_error_rows")
  expect_error(nn_train(article_X, article_Y, case_weights = c(1, -1, 1)), class = "backprop_error_argument")
  expect_error(nn_train(article_X, article_Y, case_weights = c(0, 0, 0)), "all be 0", class = "backprop_error_argument")
})

# ---- classes ------------------------------------------------------------------------------------------------

test_that("classes that are apart are learnt, and likelier classes are the ones predicted (classifiers_train, classifiers_classes)", {
  for (classes in 2:3) {
    data <- clouds(classes = classes)
    fit <- train_clouds(data)
    class <- nn_predict(fit, data$X, type = "class")
    # What the check asks for; these clouds hardly touch.
    expect_gt(mean(class == data$class), 0.83)
    shares <- as.matrix(predict(fit, data$X, type = "prob"))
    expect_identical(dim(shares), c(length(data$class), classes))
    # Sums of three shares.
    expect_equal(rowSums(shares), rep(1, nrow(shares)), tolerance = 1e-14)
    expect_identical(levels(data$class)[max.col(shares)], as.character(class))
    expect_identical(predict(fit, data$X)$.pred_class, class)
  }
})

test_that("names of classes are kept whatever they are: text, factors, numbers as levels (classifiers_classes)", {
  data <- clouds(classes = 2L)
  factor <- train_clouds(data)
  text <- train_clouds(list(X = data$X, class = as.character(data$class)))
  expect_identical(levels(nn_predict(text, data$X, type = "class")), sort(levels(data$class)))
  numbers <- train_clouds(list(X = data$X, class = factor(ifelse(data$class == "one", -1, 1))))
  expect_identical(levels(nn_predict(numbers, data$X, type = "class")), c("-1", "1"))
  expect_identical(as.integer(nn_predict(numbers, data$X, type = "class")), as.integer(nn_predict(factor, data$X, type = "class")))
})

test_that("probabilities order rows as the linear predictor does (decision_proba_consistency)", {
  data <- clouds(classes = 2L)
  fit <- nn_train(data$X, data$class, hidden = c(), epochs = 20, seed = 1)
  predictor <- data$X %*% fit$weights[[1]] + fit$biases[[1]]
  expect_identical(rank(nn_predict(fit, data$X)), rank(predictor))
})

test_that("numbers are no classes, and numeric models give no probabilities (classifiers_regression_target, regressors_no_decision_function)", {
  fit <- nn_train(article_X, c(0.5, 1.5, 2.5), epochs = 1, seed = 1)
  expect_error(nn_predict(fit, article_X, type = "class"), class = "backprop_error_incompatible")
  expect_error(predict(fit, article_X, type = "prob"), class = "backprop_error_incompatible")
  expect_error(nn_train(article_X, c(0.5, 1.5, 2.5), loss = "binary_cross_entropy"), class = "backprop_error_incompatible")
})

test_that("several yes-or-no outcomes have a column each (classifier_multioutput, multilabel_output_format_*)", {
  X <- clouds()$X
  flags <- cbind(left = X[, 1] < 0, high = X[, 2] > 1.5)
  fit <- nn_train(X, flags, hidden = 4, optimizer = "adam", lr = 0.05, epochs = 200, seed = 1)
  value <- nn_predict(fit, X)
  expect_identical(dim(value), c(60L, 2L))
  expect_identical(colnames(value), c("left", "high"))
  expect_true(all(value > 0 & value < 1))
  expect_gt(mean((value > 0.5) == flags), 0.9)
})

test_that("a heavy class is the one predicted, and balanced weights are those by hand (class_weight_classifiers, class_weight_balanced_*)", {
  # Classes that cannot be told apart, so that weights decide.
  data <- withr::with_seed(1, list(X = matrix(rnorm(200), 100), class = factor(sample(c("a", "b", "c"), 100, TRUE, c(0.6, 0.3, 0.1)))))
  heavy <- nn_train(data$X, data$class, hidden = 3, class_weights = c(a = 1e-4, b = 1e-4, c = 1000), epochs = 50, lr = 0.5, seed = 1)
  # The share that the check asks for.
  expect_gt(mean(nn_predict(heavy, data$X, type = "class") == "c"), 0.87)
  counts <- table(data$class)
  balanced <- nn_train(data$X, data$class, hidden = 3, class_weights = "balanced", epochs = 5, seed = 1)
  by_hand <- nn_train(data$X, data$class, hidden = 3, class_weights = c(100 / (3 * counts)), epochs = 5, seed = 1)
  # The same numbers by another formula.
  expect_equal(balanced$weights, by_hand$weights, tolerance = 1e-12)
  plain <- nn_train(data$X, data$class, hidden = 3, epochs = 50, lr = 0.5, seed = 1)
  even <- nn_train(data$X, data$class, hidden = 3, class_weights = "balanced", epochs = 50, lr = 0.5, seed = 1)
  expect_gt(mean(nn_predict(even, data$X, type = "class") == "c"), mean(nn_predict(plain, data$X, type = "class") == "c"))
})

# ---- numbers --------------------------------------------------------------------------------------------------

test_that("a numeric outcome is learnt, in its own units and shape (regressors_train, regressor_multioutput)", {
  data <- smooth_data()
  fit <- nn_train(data$X, data$Y, hidden = 5, activation = "tanh", optimizer = "lbfgs", epochs = 100, seed = 1)
  explained <- 1 - sum((nn_predict(fit, data$X) - data$Y)^2) / sum((data$Y - mean(data$Y))^2)
  # What the check asks for.
  expect_gt(explained, 0.5)
  several <- cbind(data$Y, 100 * data$Y, data$X)
  fit <- nn_train(data$X, several, hidden = 5, epochs = 5, seed = 1, standardize = TRUE)
  value <- nn_predict(fit, data$X)
  expect_identical(dim(value), dim(several))
  expect_type(value, "double")
})

test_that("the number of epochs is told, and is 1 or more after training (non_transformer_estimators_n_iter)", {
  fit <- nn_train(article_X, article_Y, epochs = 3, seed = 1)
  expect_identical(fit$epochs_done, 3L)
  expect_identical(nrow(fit$history), 3L)
  early <- nn_train(clouds()$X, clouds()$X[, 1], optimizer = "lbfgs", hidden = c(), epochs = 1000, seed = 1)
  expect_true(early$epochs_done >= 1L && early$epochs_done < 1000L)
})

test_that("negative inputs train, and outcomes that must not be negative are refused (positive_only_tag_during_fit, fit_non_negative)", {
  fit <- nn_train(-article_X, article_Y, epochs = 1, seed = 1)
  expect_true(all(is.finite(nn_predict(fit, -article_X))))
  expect_error(nn_train(article_X, c(-1, 0, 2), loss = "poisson"), class = "backprop_error_incompatible")
})
