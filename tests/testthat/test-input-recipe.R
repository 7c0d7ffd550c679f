skip_if_not_installed("recipes")

trained <- function(recipe, data, ..., epochs = 20, preset = "textbook") nn_train(recipe, data, hidden = 3, epochs = epochs, preset = preset, seed = 1, ...)

cars_table <- function() transform(mtcars, cyl = factor(cyl), gear = paste0("g", gear), am = am == 1)

test_that("a fit by recipe is the fit of what the recipe makes, and predicts data as they were before", {
  data <- cars_table()
  recipe <- recipes::recipe(mpg ~ wt + hp + cyl + gear + am, data = data)
  recipe <- recipes::step_pca(recipes::step_log(recipe, hp), wt, hp, num_comp = 2)
  fit <- trained(recipe, data)
  made <- recipes::bake(recipes::prep(recipe, training = data), new_data = NULL)
  inputs <- as.data.frame(made[setdiff(names(made), "mpg")])
  by_hand <- trained(inputs, made$mpg)
  expect_identical(fit$weights, by_hand$weights)
  expect_identical(nn_predict(fit, data[3:1, ]), nn_predict(by_hand, `rownames<-`(inputs, rownames(data))[3:1, ]))
  # Outcome and other columns are not needed, nor their order.
  expect_identical(predict(fit, data[c("am", "gear", "hp", "cyl", "wt")]), predict(fit, data))
  expect_identical(fit$interface, "recipe")
})

test_that("ensembles share the recipe", {
  data <- cars_table()
  recipe <- recipes::step_normalize(recipes::recipe(mpg ~ wt + hp + cyl, data = data), wt, hp)
  fit <- trained(recipe, data, ensemble = 2, validation = 0.2)
  made <- recipes::bake(recipes::prep(recipe, training = data), new_data = NULL)
  by_hand <- trained(as.data.frame(made[c("wt", "hp", "cyl")]), made$mpg, ensemble = 2, validation = 0.2)
  expect_identical(predict(fit, data), predict(by_hand, made))
  expect_identical(predict(nn_member(fit, 2), data), predict(nn_member(by_hand, 2), made))
})

test_that("classes, several outcomes and weights come by their roles", {
  data <- iris
  data$w <- hardhat::frequency_weights(rep(1:3, 50))
  recipe <- recipes::recipe(Species ~ ., data = data)
  fit <- trained(recipe, data)
  expect_identical(fit$weights, trained(Species ~ . - w, data, case_weights = w)$weights)
  expect_identical(fit$total_weight, 300)
  expect_named(predict(fit, iris[1:2, ], type = "prob"), paste0(".pred_", levels(iris$Species)))
  # Found again in data that have them.
  expect_equal(logLik(fit, data = data), logLik(trained(Species ~ . - w, data, case_weights = w), data = data))
  several <- trained(recipes::recipe(mpg + disp ~ wt + hp, data = mtcars), mtcars)
  expect_named(predict(several, mtcars), c(".pred_mpg", ".pred_disp"))
})

test_that("times of an event and classes are outcomes of data as they are of training", {
  times <- data.frame(x = cos(1:20))
  times$y <- plain_surv(1:20, rep(c(TRUE, FALSE), 10))
  fit <- trained(recipes::recipe(y ~ x, times), times, family = "cox")
  expect_identical(residuals(fit, data = times), residuals(trained(y ~ x, times, family = "cox"), data = times))
  classes <- trained(recipes::recipe(Species ~ ., iris), iris)
  expect_equal(logLik(classes, data = iris), logLik(trained(Species ~ ., iris), data = iris))
})

test_that("steps that are skipped train, leave new rows alone, and put outcomes on the scale that was trained", {
  data <- cars_table()
  recipe <- recipes::step_log(recipes::recipe(mpg ~ wt + hp, data = data), mpg, skip = TRUE)
  fit <- trained(recipe, data, keep = "data")
  same <- trained(log(mpg) ~ wt + hp, data, keep = "data")
  expect_identical(fit$weights, same$weights)
  expect_equal(unname(residuals(fit)), unname(residuals(same)))
  expect_equal(logLik(fit), logLik(same))
  judged <- trained(recipe, data[1:20, ], validation = data[21:32, ])
  expect_equal(judged$history, trained(log(mpg) ~ wt + hp, data[1:20, ], validation = data[21:32, ])$history)
  gaps <- replace(data, "wt", list(replace(data$wt, 3, NA)))
  omitting <- trained(recipes::step_naomit(recipes::recipe(mpg ~ wt + hp, data = gaps), wt, skip = TRUE), gaps)
  expect_identical(omitting$rows, 31L)
  expect_identical(which(is.na(nn_predict(omitting, gaps))), 3L)
})

test_that("nothing of the training rows, nor of what was around a step, stays in the fit", {
  make <- function() {
    ballast <- stats::rnorm(1e6)
    trained(recipes::step_log(recipes::recipe(mpg ~ wt + hp, data = mtcars), hp), mtcars)
  }
  fit <- make()
  expect_identical(nrow(fit$blueprint$recipe$template), 0L)
  expect_lt(length(serialize(fit, NULL)), 1e5)
})

test_that("a fit by recipe goes on, is updated, traced, drawn and asked for gradients", {
  data <- cars_table()
  recipe <- recipes::step_log(recipes::recipe(mpg ~ wt + hp + cyl, data = data), mpg, skip = TRUE)
  fit <- nn_train(recipe, data, hidden = 3, epochs = 20, preset = "textbook", seed = 1, keep = "data")
  expect_identical(trained(recipe, data, start = trained(recipe, data, epochs = 12), epochs = 8)$weights, fit$weights)
  expect_identical(update(fit, epochs = 3)$epochs_done, 3L)
  expect_identical(nn_trace(fit, iterations = 1)[[1]]$result, nn_trace(fit, data, iterations = 1)[[1]]$result)
  expect_true(nn_check_gradient(fit)$pass)
  expect_identical(nn_gradient(fit, data), nn_gradient(fit))
  expect_identical(dim(model.matrix(fit)), c(32L, 5L))
  withr::with_pdf(NULL, expect_silent(plot(fit, type = "boundary")))
  expect_error(formula(fit), class = "backprop_error_formula")
})

test_that("a level that training did not have makes NA with a warning", {
  data <- cars_table()
  fit <- trained(recipes::recipe(mpg ~ wt + gear, data = data), data)
  new <- replace(data, "gear", list(replace(data$gear, 2, "g9")))
  expect_warning(value <- nn_predict(fit, new), class = "backprop_warning_new_level")
  expect_identical(which(is.na(value)), 2L)
  expect_identical(nn_predict(fit, data[0, ]), nn_predict(fit, data)[0, , drop = FALSE])
})

test_that("what a recipe cannot do is an error that says so", {
  data <- cars_table()
  recipe <- recipes::recipe(mpg ~ wt + hp, data = data)
  expect_snapshot(error = TRUE, {
    trained(recipe)
    trained(recipe, 1:3)
    trained(recipes::step_filter(recipe, wt > 3, skip = FALSE), data)
    trained(recipes::step_filter(recipe, wt > 3, skip = TRUE), data, keep = "data")
    trained(recipes::update_role(recipe, mpg, new_role = "other"), data)
    trained(recipe, data, start = trained(recipes::step_log(recipe, wt), data))
    trained(mpg ~ wt + hp, data, start = trained(recipe, data))
    predict(trained(recipes::step_log(recipe, mpg), data), data["wt"])
  }, transform = function(lines) gsub("step_log\\(\\).*", "", lines))
  expect_error(trained(recipe, data[0, ]), class = "backprop_error_empty")
  expect_error(trained(recipe, data, hiden = 3), class = "backprop_error_unknown_argument")
  edited <- trained(recipe, data)
  edited$blueprint$recipe <- "none"
  expect_error(predict(edited, data), class = "backprop_error_edited_fit")
})

test_that("a saved fit predicts in a new process, and says what it needs where recipes is not installed", {
  skip_on_cran()
  fit <- trained(recipes::step_log(recipes::recipe(mpg ~ wt + hp, data = mtcars), hp), mtcars)
  file <- withr::local_tempfile(fileext = ".rds")
  saveRDS(fit, file)
  ran <- run_process(c(
    sprintf("fit <- readRDS(%s)", deparse(file)),
    "cat(format(nn_predict(fit, mtcars[3, ]), digits = 15), \"\\n\")",
    "unlockBinding(\"requireNamespace\", baseenv())",
    "assign(\"requireNamespace\", function(package, ...) package != \"recipes\", baseenv())",
    "tryCatch(predict(fit, mtcars), error = function(cnd) cat(class(cnd)[1], conditionMessage(cnd)))"
  ))
  expect_true(any(grepl(format(nn_predict(fit, mtcars[3, ]), digits = 15), ran$output, fixed = TRUE)))
  expect_match(paste(ran$output, collapse = " "), "backprop_error_package.*recipes.*not installed")
})

test_that("a fit by recipe is not exported, and the error says how to have it; that way the file predicts as the fit", {
  recipe <- recipes::step_log(recipes::recipe(mpg ~ wt + hp, data = mtcars), hp)
  fit <- trained(recipe, mtcars)
  path <- withr::local_tempfile(fileext = ".R")
  expect_snapshot(nn_export(fit, path), error = TRUE)
  expect_error(nn_export(fit, path, "onnx"), class = "backprop_error_export")
  expect_false(file.exists(path))
  baked <- as.data.frame(recipes::bake(recipes::prep(recipe), new_data = NULL))
  behind <- trained(mpg ~ wt + hp, baked)
  env <- new.env(parent = baseenv())
  sys.source(nn_export(behind, path, name = "predict_baked"), env)
  expect_equal(env$predict_baked(baked)$.pred, unname(nn_predict(fit, mtcars)[, 1L]), tolerance = 1e-12)
})

test_that("a recipe is tuned, on the same folds and with the same numbers as what it makes", {
  recipe <- recipes::step_log(recipes::recipe(mpg ~ wt + hp, data = mtcars), hp)
  tune <- function(...) nn_tune(..., hidden = list(2, 3), preset = "textbook", standardize = TRUE, epochs = 10, folds = 2, seed = 1)
  by_recipe <- tune(recipe, mtcars)
  by_formula <- tune(mpg ~ wt + hp, data = transform(mtcars, hp = log(hp)))
  expect_equal(by_recipe$results[c("mean", "std_error")], by_formula$results[c("mean", "std_error")], tolerance = 1e-12)
  expect_identical(by_recipe$held, by_formula$held)
  expect_equal(predict(by_recipe, mtcars), predict(by_recipe$fit, mtcars))
  grouped <- tune(recipe, mtcars, group = "gear")
  expect_length(intersect(mtcars$gear[grouped$held[[1L]]], mtcars$gear[grouped$held[[2L]]]), 0L)
  expect_snapshot(tune(recipes::step_naomit(recipe, hp, skip = TRUE), transform(mtcars, hp = replace(hp, 1, NA))), error = TRUE)
})
