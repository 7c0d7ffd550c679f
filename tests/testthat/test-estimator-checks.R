# CRAN wants all tests in a minute.
skip_on_cran()

# What peers ask of everything that learns from data: the demands of scikit-learn's estimator checks, in our own words. Each test names the checks that
# it stands for; those about weights, classes and numbers are in test-estimator-checks-outcomes.R. Those that mean nothing here, and why:
#
# | check | why not |
# |---|---|
# | tags_renamed, valid_tag_types, mixin_order | there are no tags and no classes to inherit from |
# | cloneable, no_attributes_set_in_init, parameters_default_constructible, get_params_invariance, set_params, do_not_raise_errors_in_init_or_set_params | there is no object before training: arguments are given to it and checked there |
# | array_api_input, array_api_same_namespace | numbers are R's own |
# | nonsquare_error | inputs are no distances |
# | sparsify_coefficients | weights are dense |
# | classifier_not_supporting_multiclass | any number of classes is supported |
# | transformer_*, transformers_unfitted, set_output_transform*, global_*output_transform*, get_feature_names_out* | nothing here transforms data |
# | clustering, clusterer_compute_labels_predict, outlier_*, outliers_* | nothing here looks for groups or outliers |

# ---- data and arguments are left alone ----------------------------------------------------------------

test_that("training changes neither data nor arguments, and predicting does not change the fit (overwrite_params, dont_overwrite_parameters, dict_unchanged, sample_weights_not_overwritten, inplace_ensure_writeable)", {
  X <- matrix(as.double(1:20), 10)
  Y <- rep(c(0, 1), 5)
  weights <- rep(c(0, 1, 2, 1, 1), 2)
  start <- nn_init(c(2, 3, 1), seed = 1)
  before <- serialize(list(X, Y, weights, start), NULL)
  fit <- nn_train(X, Y, start = start, case_weights = weights, standardize = TRUE, epochs = 5, threads = 2, seed = 1)
  expect_identical(serialize(list(X, Y, weights, start), NULL), before)
  stored <- serialize(fit, NULL)
  nn_predict(fit, X)
  predict(fit, X)
  nn_gradient(fit, X, Y, case_weights = weights)
  expect_identical(serialize(fit, NULL), stored)
  expect_identical(serialize(X, NULL), serialize(matrix(as.double(1:20), 10), NULL))
})

test_that("data that cannot be written to train and predict (readonly_memmap_input, fit_returns_self)", {
  X <- matrix(as.double(1:20), 10)
  Y <- 1:10 # A sequence that R has not written out.
  lockBinding("X", environment())
  lockBinding("Y", environment())
  fit <- nn_train(X, Y, epochs = 2, seed = 1)
  expect_s3_class(fit, "nn_fit")
  expect_identical(nn_predict(fit, X), nn_predict(fit, X + 0))
})

test_that("what was asked for is what the fit tells (get_params, repr, fit_check_is_fitted)", {
  fit <- nn_train(article_X, article_Y, hidden = c(3, 2), epochs = 4, lr = 0.2, penalty = 0.1, seed = 7)
  expect_identical(fit$settings[c("hidden", "epochs", "lr", "penalty", "seed")], list(hidden = 3:2, epochs = 4L, lr = 0.2, penalty = 0.1, seed = 7L))
  expect_output(print(fit), "4-3-2-1")
})

# ---- what is no model, and what is no data ------------------------------------------------------------

test_that("what was not trained is refused (estimators_unfitted)", {
  for (other in list(NULL, list(), 1, nn_init(c(4, 3, 1), seed = 1), stats::lm(dist ~ speed, datasets::cars))) {
    expect_error(nn_predict(other, article_X), class = "backprop_error_not_a_fit")
    expect_error(nn_gradient(other, article_X, article_Y), class = "backprop_error_not_a_fit")
    expect_error(nn_diagnose(other), class = "backprop_error_not_a_fit")
  }
})

test_that("an outcome is asked for, as the second argument of every method (requires_y_none, fit_score_takes_y)", {
  expect_error(nn_train(article_X), class = "backprop_error_missing_argument")
  expect_error(nn_train(article_X, NULL), class = "backprop_error_rows")
  expect_error(nn_train(as.data.frame(article_X), preset = "textbook"), class = "backprop_error_missing_argument")
  for (method in c("nn_train.matrix", "nn_train.data.frame", "nn_train.default")) {
    expect_identical(names(formals(get(method, asNamespace("backprop"))))[1:2], c("X", "Y"))
  }
})

test_that("no rows and no columns are told apart from other faults (empty_data_messages)", {
  expect_error(nn_train(matrix(0, 0, 3), numeric()), "no rows", class = "backprop_error_empty")
  expect_error(nn_train(matrix(0, 3, 0), c(1, 0, 1)), "no columns", class = "backprop_error_empty")
  expect_error(nn_train(data.frame(a = numeric()), numeric(), preset = "textbook"), class = "backprop_error_empty")
})

test_that("complex numbers, lists, text and arrays are refused by their type (complex_data, dtype_object)", {
  expect_error(nn_train(article_X + 0i, article_Y), "complex", class = "backprop_error_type")
  expect_error(nn_train(article_X, article_Y + 0i), "complex", class = "backprop_error_type")
  expect_error(nn_train(array(1, c(3, 2, 2)), article_Y), "3-dimensional", class = "backprop_error_type")
  expect_error(nn_train(article_X, array(1, c(3, 1, 1))), "3-dimensional", class = "backprop_error_type")
  expect_error(nn_train(matrix(as.list(article_X), 3), article_Y), class = "backprop_error_type")
  expect_error(nn_train(matrix("a", 3, 2), article_Y), "character", class = "backprop_error_type")
  expect_error(nn_train(data.frame(a = I(list(1, 2, 3))), article_Y, preset = "textbook"), "\"a\"", class = "backprop_error_column_type")
})

test_that("missing and infinite values are refused, with their columns (nan_inf, supervised_y_no_nan)", {
  for (value in c(NA, NaN, Inf, -Inf)) {
    X <- replace(article_X, 4, value)
    expect_error(nn_train(X, article_Y), "by column: 2", class = "backprop_error_nonfinite_x")
    expect_error(nn_train(article_X, c(1, value, 0)), class = "backprop_error_nonfinite_y")
    fit <- nn_train(article_X, article_Y, epochs = 1, seed = 1)
    expect_identical(is.na(nn_predict(fit, X)[, 1]), c(TRUE, FALSE, FALSE))
  }
})

test_that("inputs and outcomes of different lengths are refused with both numbers (classifiers_train, regressors_train)", {
  expect_error(nn_train(article_X, c(1, 0)), "3 rows.*2", class = "backprop_error_rows")
  expect_error(nn_train(clouds()$X, clouds()$class[-1]), "60 rows.*59", class = "backprop_error_rows")
})

test_that("new data of another width are refused with both numbers (n_features_in, n_features_in_after_fitting)", {
  fit <- nn_train(article_X, article_Y, epochs = 1, seed = 1)
  expect_identical(fit$inputs$n, 4L)
  expect_error(nn_predict(fit, article_X[, -1]), "4 columns.*3", class = "backprop_error_columns")
  expect_error(nn_predict(fit, t(article_X)), "4 columns.*3", class = "backprop_error_columns")
  expect_error(predict(fit, cbind(article_X, 1)), "4 columns.*5", class = "backprop_error_columns")
})

test_that("training goes on with as many inputs as before (partial_fit_n_features)", {
  fit <- nn_train(article_X, article_Y, epochs = 1, seed = 1)
  expect_error(nn_train(article_X[, -1], article_Y, start = fit), class = "backprop_error_columns")
  expect_identical(nn_train(article_X, article_Y, start = fit, epochs = 2)$epochs_done, 3L)
})

test_that("a wrong argument is refused by its name (param_validation)", {
  # Of no type that any argument but these takes: callbacks are functions, data and starts have checks of their own.
  others <- c("start", "validation", "case_weights", "class_weights", "offset", "callback", "checkpoint")
  for (arg in setdiff(training_arguments, others)) {
    wrong <- structure(list(), class = "no_such_thing")
    caught <- tryCatch(do.call(nn_train, c(list(article_X, article_Y), stats::setNames(list(wrong), arg))), error = identity)
    expect_s3_class(caught, "backprop_error")
    expect_match(conditionMessage(caught), paste0("`", arg, "`"), fixed = TRUE)
  }
  for (arg in others) {
    caught <- tryCatch(do.call(nn_train, c(list(article_X, article_Y), stats::setNames(list("no such thing"), arg))), error = identity)
    expect_s3_class(caught, "backprop_error")
    expect_match(conditionMessage(caught), paste0("`", arg, "`"), fixed = TRUE)
  }
})

# ---- the same, however it is given ----------------------------------------------------------------------

test_that("integers and logicals train as doubles of the same values (estimators_dtypes, regressors_int)", {
  X <- matrix(c(0, 1, 1, 0, 1, 1, 0, 0, 1, 0), 5)
  double <- nn_train(X, c(1, 2, 3, 4, 5), epochs = 5, seed = 1)
  for (mode in c("integer", "logical")) {
    other <- X
    storage.mode(other) <- mode
    expect_same_bits(nn_train(other, c(1, 2, 3, 4, 5), epochs = 5, seed = 1), double)
    expect_identical(nn_predict(double, other), nn_predict(double, X))
    expect_identical(model.matrix(double, other), model.matrix(double, X))
    for (action in c("omit", "impute")) {
      gaps <- replace(X, 3, NA)
      storage.mode(gaps) <- mode
      train <- function(X) suppressMessages(nn_train(X, 1:5, na_action = action, epochs = 5, seed = 1))
      filled <- train(gaps)
      expect_same_bits(filled, train(gaps + 0))
      expect_identical(nn_predict(filled, gaps), nn_predict(filled, gaps + 0))
    }
    shown <- function(x) boundary_picture(double, NULL, x, NULL, quote(plot()))[c("axes", "span", "value")]
    expect_identical(shown(other), shown(X))
  }
  expect_same_bits(nn_train(X, 1:5, epochs = 5, seed = 1), double)
})

test_that("single precision learns what double precision learns (estimators_dtypes, classifiers_train with float32)", {
  single <- train_clouds(precision = "single")
  expect_identical(nn_predict(single, clouds()$X, type = "class"), nn_predict(train_clouds(), clouds()$X, type = "class"))
})

test_that("a data frame and a tibble are what a matrix is (data_not_an_array, multilabel_representation_invariance)", {
  X <- cbind(a = c(0.5, 1, 2, 3), b = c(4, 3, 1, 2))
  Y <- c(1, 0, 0, 1)
  settings <- list(preset = "textbook", hidden = 2, epochs = 5, seed = 1, loss = "sse", standardize = TRUE)
  matrix <- do.call(nn_train, c(list(X, Y), settings))
  for (table in list(as.data.frame(X), tibble::as_tibble(X))) {
    fit <- do.call(nn_train, c(list(table, Y), settings))
    expect_same_bits(fit, matrix)
    expect_identical(nn_predict(fit, table), nn_predict(matrix, X))
    expect_identical(nn_predict(matrix, table), nn_predict(matrix, X))
  }
  flags <- cbind(u = c(1, 0, 1, 0), v = c(0, 0, 1, 1))
  several <- do.call(nn_train, c(list(X, flags), settings))
  expect_same_bits(do.call(nn_train, c(list(X, flags == 1), settings)), several)
  expect_same_bits(do.call(nn_train, c(list(X, as.data.frame(flags)), settings)), several)
})

test_that("an outcome of one column is a vector (supervised_y_2d)", {
  vector <- nn_train(article_X, c(1, 1, 0), epochs = 5, seed = 1)
  expect_same_bits(nn_train(article_X, matrix(c(1, 1, 0)), epochs = 5, seed = 1), vector)
  expect_same_bits(nn_train(article_X, data.frame(y = c(1, 1, 0)), epochs = 5, seed = 1), vector)
})

test_that("a vector is a column in training, and a row in predictions of several inputs (fit1d, fit2d_predict1d)", {
  x <- c(0.5, 1, 2, 3)
  expect_same_bits(nn_train(x, 1:4, epochs = 5, seed = 1), nn_train(matrix(x), 1:4, epochs = 5, seed = 1))
  fit <- nn_train(article_X, article_Y, epochs = 5, seed = 1)
  expect_identical(nn_predict(fit, article_X[2, ]), nn_predict(fit, article_X[2, , drop = FALSE]))
})

test_that("a matrix that was turned on its side trains as one that was not (f_contiguous_array)", {
  turned <- t(matrix(article_X, 4, byrow = TRUE))
  expect_same_bits(nn_train(turned, article_Y, epochs = 5, seed = 1), nn_train(article_X, article_Y, epochs = 5, seed = 1))
})

test_that("a sparse matrix trains as the dense one, and other sparse classes are refused as sparse (estimator_sparse_matrix, _array, _tag)", {
  skip_if_not_installed("Matrix")
  X <- matrix(c(0, 1.5, 0, 0, 2, 0, 0, -1, 3, 0, 0, 0.5), 6)
  sparse <- Matrix::sparseMatrix(row(X)[X != 0], col(X)[X != 0], x = X[X != 0], dims = dim(X))
  Y <- c(1, 0, 2, 1, 0, 3)
  dense <- nn_train(X, Y, epochs = 20, seed = 1)
  fit <- nn_train(sparse, Y, epochs = 20, seed = 1)
  # Sums in another order: a few units in the last place, over 20 epochs.
  expect_equal(fit$weights, dense$weights, tolerance = 1e-12)
  expect_equal(nn_predict(fit, sparse), nn_predict(fit, X), tolerance = 1e-12)
  expect_error(nn_train(methods::as(sparse, "TsparseMatrix"), Y), "sparse", class = "backprop_error_sparse")
  expect_error(nn_train(Matrix::Diagonal(6), Y), "sparse", class = "backprop_error_sparse")
})

test_that("columns are known by their names (dataframe_column_names_consistency)", {
  X <- cbind(a = c(0.5, 1, 2, 3), b = c(4, 3, 1, 2))
  for (data in list(X, as.data.frame(X))) {
    fit <- nn_train(data, c(1, 0, 0, 1), epochs = 5, seed = 1, preset = "textbook")
    expected <- nn_predict(fit, data)
    expect_identical(nn_predict(fit, data[, c("b", "a")]), expected)
    expect_identical(nn_predict(fit, cbind(c = 9, data)), expected)
    expect_error(nn_predict(fit, data[, "b", drop = FALSE]), "\"a\"", class = "backprop_error_columns")
    wrong <- data
    colnames(wrong) <- c("a", "z")
    expect_error(nn_predict(fit, wrong), "\"b\"", class = "backprop_error_columns")
  }
})

# ---- the same again ---------------------------------------------------------------------------------------

test_that("training twice with a seed gives the same model (fit_idempotent, pipeline_consistency)", {
  fit <- train_clouds()
  expect_same_bits(train_clouds(), fit)
  table <- data.frame(clouds()$X, class = clouds()$class)
  by_formula <- nn_train(class ~ ., data = table, epochs = 5, seed = 1, preset = "textbook")
  expect_same_bits(update(by_formula), by_formula)
  set.seed(1)
  drawn <- nn_train(article_X, article_Y, epochs = 5)
  set.seed(1)
  expect_same_bits(nn_train(article_X, article_Y, epochs = 5), drawn)
})

test_that("predictions of some rows are some of the predictions, in any order (methods_subset_invariance, methods_sample_order_invariance)", {
  X <- clouds()$X
  fit <- train_clouds()
  all <- nn_predict(fit, X)
  expect_identical(nn_predict(fit, X[60:1, ]), all[60:1, ])
  one_by_one <- do.call(rbind, lapply(seq_len(60), function(i) nn_predict(fit, X[i, , drop = FALSE])))
  expect_identical(one_by_one, all)
  expect_identical(predict(fit, X[7:9, ], type = "prob"), predict(fit, X, type = "prob")[7:9, ])
})

test_that("a fit that was stored predicts the same (estimators_pickle)", {
  fit <- train_clouds()
  file <- withr::local_tempfile(fileext = ".rds")
  saveRDS(fit, file)
  stored <- readRDS(file)
  expect_identical(nn_predict(stored, clouds()$X), nn_predict(fit, clouds()$X))
  expect_identical(stored$version, as.character(utils::packageVersion("backprop")))
})

# ---- small data ---------------------------------------------------------------------------------------------

test_that("one row, one column and constant columns train (fit2d_1sample, fit2d_1feature)", {
  one_row <- nn_train(matrix(1:10 / 10, 1), 1, epochs = 5, seed = 1)
  expect_true(is.finite(nn_predict(one_row, 1:10 / 10)))
  one_column <- nn_train(matrix(1:10 / 10), rep(0:1, 5), epochs = 5, seed = 1)
  expect_true(all(is.finite(nn_predict(one_column, matrix(1:10 / 10)))))
  constant <- nn_train(cbind(1, 1:4 / 4), c(1, 0, 1, 0), standardize = TRUE, epochs = 5, seed = 1)
  expect_true(all(is.finite(nn_predict(constant, cbind(1, 1:4 / 4)))))
})

test_that("an outcome of one value trains, and is predicted (classifiers_one_label, a regressor of a constant)", {
  X <- clouds()$X
  fit <- nn_train(X, rep(1, 60), epochs = 200, lr = 0.5, seed = 1)
  # A sigmoid comes near 1; half way is where it would be another class.
  expect_true(all(nn_predict(fit, X) > 0.5))
  one <- factor(rep("one", 60), levels = c("one", "two"))
  expect_warning(fit <- nn_train(X, one, epochs = 200, lr = 0.5, seed = 1), class = "backprop_warning_unused_level")
  expect_identical(nn_predict(fit, X, type = "class"), one)
  expect_error(nn_train(X, factor(rep("one", 60))), class = "backprop_error_one_level")
  number <- nn_train(as.data.frame(X), rep(7.5, 60), epochs = 200, seed = 1, preset = "textbook")
  # Centred, the outcome is 0, and gradient descent with a step of 0.1 comes near it.
  expect_equal(nn_predict(number, as.data.frame(X))[, 1], rep(7.5, 60), tolerance = 0.05)
})

test_that("weights that leave one class are no reason to fail (classifiers_one_label_sample_weights)", {
  data <- clouds(classes = 2L)
  weights <- as.double(data$class == "two")
  expect_warning(fit <- nn_train(data$X, data$class, case_weights = weights, epochs = 100, lr = 0.5, seed = 1), class = "backprop_warning_unused_level")
  expect_identical(unique(as.character(nn_predict(fit, data$X, type = "class"))), "two")
})
