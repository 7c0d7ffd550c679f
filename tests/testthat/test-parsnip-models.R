# The engine as users of parsnip, workflows and tune meet it. nn_train() itself is the reference.

spec_of <- function(mode, ..., typed = list()) {
  parsnip::set_engine(do.call(parsnip::mlp, c(list(mode = mode, hidden_units = 3, epochs = 20), typed)), "backprop", preset = "textbook", optimizer = "adam", seed = 1, ...)
}

train_alike <- function(...) nn_train(..., hidden = 3, epochs = 20, preset = "textbook", optimizer = "adam", seed = 1)

test_that("mlp() and bag_mlp() know the engine for both modes, however often it is registered", {
  skip_without_tidymodels()
  register_in_parsnip()
  for (model in c("mlp", "bag_mlp")) {
    engines <- parsnip::show_engines(model)
    expect_identical(sort(engines$mode[engines$engine == "backprop"]), c("classification", "regression"))
  }
  arguments <- parsnip::get_from_env("mlp_args")
  expect_identical(arguments$parsnip[arguments$engine == "backprop"], names(words_of_parsnip))
})

test_that("a formula means what it means to nn_train()", {
  skip_without_tidymodels()
  model <- parsnip::fit(spec_of("regression"), mpg ~ wt * hp + log(disp) - hp, mtcars)
  plain <- train_alike(mpg ~ wt * hp + log(disp) - hp, data = mtcars)
  expect_identical(predict(model, mtcars), predict(plain, mtcars))
  expect_identical(predict(model, mtcars, type = "raw"), nn_predict(plain, mtcars))
  expect_identical(predict(model, mtcars, type = "raw", opts = list(threads = 1)), nn_predict(plain, mtcars))
})

test_that("without arguments it is the ensemble of nn_train()", {
  skip_without_tidymodels()
  skip_on_cran()
  spec <- parsnip::set_engine(parsnip::mlp("regression"), "backprop", seed = 1)
  model <- parsnip::fit(spec, mpg ~ wt + hp, mtcars)
  plain <- nn_train(mpg ~ wt + hp, data = mtcars, seed = 1)
  expect_s3_class(model$fit, "nn_ensemble")
  for (type in c("numeric", "pred_int")) expect_equal(predict(model, mtcars, type = type), predict(plain, mtcars, type = type), ignore_attr = TRUE)
  expect_error(predict(model, mtcars, type = "conf_int"), class = "backprop_error_ensemble")
  expect_error(parsnip::multi_predict(model, mtcars, epochs = 5), class = "backprop_error_epoch")
})

test_that("fit_xy() takes data frames and matrices, and several outcomes", {
  skip_without_tidymodels()
  inputs <- mtcars[c("wt", "hp", "disp")]
  plain <- train_alike(inputs, mtcars$mpg)
  expect_identical(predict(parsnip::fit_xy(spec_of("regression"), inputs, mtcars$mpg), inputs), predict(plain, inputs))
  expect_identical(predict(parsnip::fit_xy(spec_of("regression"), as.matrix(inputs), mtcars$mpg), as.matrix(inputs)), predict(plain, inputs))
  two <- predict(parsnip::fit_xy(spec_of("regression"), inputs, mtcars[c("mpg", "qsec")]), inputs)
  expect_identical(two, predict(train_alike(cbind(mpg, qsec) ~ ., data = mtcars[c("mpg", "qsec", "wt", "hp", "disp")]), inputs))
  expect_named(two, c(".pred_mpg", ".pred_qsec"))
})

test_that("classes keep their order, and probabilities their names", {
  skip_without_tidymodels()
  data <- transform(iris, Species = factor(Species, rev(levels(Species))))
  for (table in list(data, droplevels(data[data$Species != "setosa", ]))) {
    model <- parsnip::fit(spec_of("classification"), Species ~ ., table)
    plain <- train_alike(Species ~ ., data = table)
    for (type in c("class", "prob")) expect_equal(predict(model, table, type = type), predict(plain, table, type = type))
    expect_identical(levels(predict(model, table)$.pred_class), levels(table$Species))
  }
})

test_that("what cannot be predicted is missing, and no rows give none", {
  skip_without_tidymodels()
  model <- parsnip::fit(spec_of("classification"), Species ~ ., iris)
  gap <- iris[c(1, 60, 120), ]
  gap$Sepal.Width[2] <- NA
  expect_identical(is.na(predict(model, gap)$.pred_class), c(FALSE, TRUE, FALSE))
  expect_identical(is.na(predict(model, gap, type = "prob")[[1L]]), c(FALSE, TRUE, FALSE))
  expect_identical(dim(predict(model, iris[0, ])), c(0L, 1L))
  expect_identical(dim(predict(model, iris[1, ], type = "prob")), c(1L, 3L))
})

test_that("intervals and quantiles are those of predict.nn_fit()", {
  skip_without_tidymodels()
  rows <- cars[1:3, ]
  linear <- parsnip::set_engine(parsnip::mlp("regression", hidden_units = integer()), "backprop", keep = "data", seed = 1)
  model <- parsnip::fit(linear, dist ~ speed, cars)
  plain <- nn_train(dist ~ speed, data = cars, hidden = c(), keep = "data", seed = 1)
  for (type in c("conf_int", "pred_int")) {
    expect_equal(predict(model, rows, type = type, level = 0.8), predict(plain, rows, type = type, level = 0.8), ignore_attr = TRUE)
  }
  expect_error(predict(model, rows, type = "conf_int", std_error = TRUE), class = "backprop_error_incompatible")
  wanted <- predict(plain, rows, type = "quantile", quantile_levels = c(0.1, 0.9))$.pred
  if (utils::packageVersion("parsnip") >= "1.3.0") {
    found <- predict(model, rows, type = "quantile", quantile_levels = c(0.1, 0.9))$.pred_quantile
    expect_s3_class(found, "quantile_pred")
    expect_equal(unname(as.matrix(found)), t(vapply(wanted, function(row) row$.pred, numeric(2))))
  } else {
    expect_equal(predict(model, rows, type = "quantile", quantile = c(0.1, 0.9))$.pred, wanted)
  }
})

test_that("case weights of both kinds are those of nn_train()", {
  skip_without_tidymodels(c("parsnip", "hardhat"))
  counts <- rep(1:2, 16)
  data <- cbind(mtcars, weights = 0)
  plain <- train_alike(mpg ~ wt, data = mtcars, case_weights = counts)
  for (given in list(hardhat::frequency_weights(counts), hardhat::importance_weights(counts))) {
    expect_identical(predict(parsnip::fit(spec_of("regression"), mpg ~ wt, data, case_weights = given), mtcars), predict(plain, mtcars))
  }
})

test_that("multi_predict() is predict() after earlier epochs", {
  skip_without_tidymodels()
  model <- parsnip::fit(spec_of("classification", keep_weights = 5), Species ~ ., iris)
  expect_true(parsnip::has_multi_predict(model))
  several <- parsnip::multi_predict(model, iris[c(1, 120), ], type = "prob", epochs = c(20, 5))$.pred
  expect_identical(several[[2L]]$epochs, c(5L, 20L))
  for (epochs in c(5L, 20L)) {
    alone <- predict(model$fit, iris[c(1, 120), ], type = "prob", epoch = epochs)
    found <- do.call(rbind, lapply(several, function(row) row[row$epochs == epochs, ]))
    expect_identical(found[names(alone)], alone)
  }
  classes <- parsnip::multi_predict(model, iris[1, ])$.pred[[1L]]
  expect_identical(classes$.pred_class, predict(model, iris[1, ])$.pred_class)
})

test_that("bag_mlp() averages as many networks as are asked for, eleven where nothing is said", {
  skip_without_tidymodels()
  bag <- parsnip::bag_mlp("classification", hidden_units = 2, epochs = 3)
  eleven <- parsnip::fit(parsnip::set_engine(bag, "backprop", preset = "textbook", seed = 1), Species ~ ., iris)
  expect_length(eleven$fit$members, 11)
  expect_identical(dim(predict(eleven, iris, type = "prob")), c(150L, 3L))
  three <- parsnip::fit(parsnip::set_engine(bag, "backprop", preset = "textbook", ensemble = 3), Species ~ ., iris)
  expect_length(three$fit$members, 3)
  expect_identical(vapply(list(eleven, three), function(model) model$fit$settings$bootstrap, NA), c(TRUE, TRUE))
  plain <- nn_train(Species ~ ., iris, preset = "textbook", hidden = 2, epochs = 3, ensemble = 11, bootstrap = TRUE, seed = 1)
  expect_identical(predict(eleven, iris, type = "prob"), predict(plain, iris, type = "prob"))
  held <- parsnip::fit(parsnip::set_engine(bag, "backprop", bootstrap = FALSE, ensemble = 2), Species ~ ., iris)
  expect_identical(held$fit$settings$validation, 0.15)
})

test_that("wrong arguments of the engine are this package's errors", {
  skip_without_tidymodels()
  try_with <- function(...) parsnip::fit(spec_of("regression", ...), mpg ~ wt, mtcars)
  expect_error(try_with(epochs = 5), class = "backprop_error_argument")
  expect_error(try_with(hidden = 5), class = "backprop_error_argument")
  expect_error(try_with(batchsize = 5), "batch_size")
  expect_error(parsnip::fit(spec_of("regression", lr = 1, typed = list(learn_rate = 1)), mpg ~ wt, mtcars), "given twice")
})

test_that("activation is an argument of the engine, and of the model where parsnip lets it be", {
  skip_without_tidymodels()
  plain <- train_alike(mpg ~ wt, data = mtcars, activation = "tanh")
  expect_identical(predict(parsnip::fit(spec_of("regression", activation = "tanh"), mpg ~ wt, mtcars), mtcars), predict(plain, mtcars))
  skip_if_not_installed("parsnip", "1.2.0")
  expect_identical(predict(parsnip::fit(spec_of("regression", typed = list(activation = "tanh")), mpg ~ wt, mtcars), mtcars), predict(plain, mtcars))
})

test_that("workflows with recipes, and case weights, give the fit of what the recipe gives", {
  skip_without_tidymodels(c("parsnip", "workflows", "recipes", "hardhat"))
  data <- transform(mtcars, gear = factor(gear), weight = hardhat::importance_weights(rep(1:2, 16)))
  recipe <- recipes::step_normalize(recipes::recipe(mpg ~ wt + hp + gear + weight, data = data), recipes::all_numeric_predictors())
  flow <- workflows::workflow(recipe, spec_of("regression"))
  model <- parsnip::fit(workflows::add_case_weights(flow, weight), data)
  baked <- recipes::bake(recipes::prep(recipe), new_data = data)
  plain <- train_alike(as.data.frame(baked[c("wt", "hp", "gear")]), mtcars$mpg, case_weights = rep(1:2, 16))
  expect_equal(predict(model, data), predict(plain, baked))
  expect_s3_class(hardhat::extract_fit_engine(model), "nn_fit")
})

test_that("tune_grid() trains once for all epochs that are kept, and finds what single fits find", {
  skip_without_tidymodels(c("parsnip", "tune", "dials", "rsample", "workflows", "yardstick"))
  skip_on_cran()
  spec <- function(...) {
    parsnip::set_engine(parsnip::mlp("classification", hidden_units = tune::tune(), epochs = tune::tune()), "backprop", preset = "textbook", optimizer = "adam", seed = 1, ...)
  }
  grid <- expand.grid(hidden_units = 2:3, epochs = c(5L, 10L, 20L))
  if (asks_for_grid()) expect_identical(nrow(tune::min_grid(spec(keep_weights = 5), grid)), 2L)
  expect_identical(nrow(tune::min_grid(spec(), grid)), 6L)
  expect_identical(nrow(tune::min_grid(parsnip::set_engine(spec(), "nnet"), grid)), 6L)
  folds <- withr::with_seed(1, rsample::vfold_cv(iris, v = 2))
  measure <- function(spec) {
    tuned <- tune::tune_grid(workflows::workflow(Species ~ ., spec), folds, grid = grid)
    found <- tune::collect_metrics(tuned)
    found[order(found$.metric, found$hidden_units, found$epochs), c(".metric", "hidden_units", "epochs", "mean")]
  }
  once <- measure(spec(keep_weights = 5))
  expect_equal(nrow(once) %% nrow(grid), 0)
  expect_equal(once, measure(spec()))
})

test_that("dials proposes values that training takes", {
  skip_without_tidymodels(c("parsnip", "dials", "tune"))
  spec <- parsnip::mlp(
    "regression",
    hidden_units = tune::tune(), epochs = tune::tune(), penalty = tune::tune(), activation = tune::tune(), learn_rate = tune::tune()
  )
  parameters <- hardhat::extract_parameter_set_dials(parsnip::set_engine(spec, "backprop"))
  expect_identical(parameters$object[[which(parameters$name == "hidden_units")]]$range, list(lower = 2L, upper = 64L))
  expect_identical(parameters$object[[which(parameters$name == "activation")]]$values, activations)
  expect_identical(parameters$object[[which(parameters$name == "learn_rate")]]$range, list(lower = -4, upper = -1))
})
