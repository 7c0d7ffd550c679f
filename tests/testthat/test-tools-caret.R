skip_if_not_installed("caret")

control <- function(...) caret::trainControl(method = "cv", number = 2, ...)

# caret attaches itself; here it goes again.
tuned <- function(..., grid = expand.grid(hidden = c(0, 3), penalty = 0.001, lr = 0.1, dropout = 0), trControl = control()) {
  suppressPackageStartupMessages(withr::local_package("caret", warn.conflicts = FALSE))
  withr::with_seed(1, caret::train(..., method = nn_caret(), tuneGrid = grid, trControl = trControl, epochs = 30, preset = "textbook"))
}

test_that("caret tunes a network, whose predictions are those of the fit trained alone", {
  tune <- tuned(mpg ~ wt + hp, data = mtcars)
  expect_identical(sort(tune$results$hidden), c(0, 3))
  expect_true(all(is.finite(tune$results$RMSE)))
  expect_s3_class(tune$finalModel, "nn_fit")
  alone <- nn_train(mtcars[c("wt", "hp")], mtcars$mpg,
    hidden = if (tune$bestTune$hidden > 0) tune$bestTune$hidden, penalty = 0.001, lr = 0.1, epochs = 30, preset = "textbook", seed = tune$finalModel$seed
  )
  expect_identical(predict(tune, mtcars), unname(predict(alone, mtcars)$.pred))
  expect_setequal(caret::predictors(tune), c("wt", "hp"))
  expect_identical(tuned(mpg ~ wt + hp, data = mtcars)$results, tune$results)
})

test_that("classes of two and more levels have probabilities by level, factors among the inputs, and weights", {
  data <- transform(iris, kind = factor(rep(c("a", "b"), 75)), large = factor(ifelse(Sepal.Length > 5.8, "yes", "no")))
  for (outcome in c("Species", "large")) {
    tune <- tuned(data[c("Sepal.Width", "Petal.Width", "kind")], data[[outcome]], weights = rep(1:2, 75), trControl = control(classProbs = TRUE))
    shares <- predict(tune, data[1:5, ], type = "prob")
    expect_named(shares, levels(data[[outcome]]))
    expect_equal(unname(rowSums(shares)), rep(1, 5))
    expect_identical(unname(predict(tune, data)), nn_predict(tune$finalModel, data, type = "class"))
    expect_identical(tune$finalModel$total_weight, 225)
    expect_identical(tune$finalModel$blueprint$columns$kind$type, "factor")
  }
})

test_that("the tuned parameters are the network's, NA and 0 what is not asked for", {
  fit_by <- function(hidden, penalty, lr, dropout, ...) {
    nn_caret()$fit(mtcars["wt"], mtcars$mpg, NULL, data.frame(hidden = hidden, penalty = penalty, lr = lr, dropout = dropout), NULL, FALSE, FALSE, ..., epochs = 2)
  }
  one <- fit_by(5, 0.01, 0.02, 0.3, preset = "textbook", optimizer = "adam")
  expect_identical(unname(unlist(one$settings[c("hidden", "penalty", "lr", "dropout")])), c(5, 0.01, 0.02, 0.3))
  plain <- fit_by(0, 0, NA, 0.3, preset = "textbook")
  expect_length(plain$weights, 1)
  expect_identical(unname(unlist(plain$settings[c("penalty", "lr", "dropout")])), c(0, 0.1, 0))
  # Without more, one network by the table's preset.
  expect_identical(fit_by(4, 0, NA, 0)$settings$effort, "quick")
  matrices <- nn_caret()$fit(as.matrix(mtcars[c("wt", "hp")]), mtcars$mpg, rep(1, 32), data.frame(hidden = 2, penalty = 0, lr = NA, dropout = 0), NULL, FALSE, FALSE, epochs = 2)
  expect_length(nn_caret()$predict(matrices, as.matrix(mtcars[1:3, c("hp", "wt")])), 3)
})

test_that("grids are made for both kinds of search, and the plainest network comes first", {
  grid <- nn_caret()$grid(NULL, NULL, len = 3)
  expect_identical(nrow(grid), 9L)
  expect_identical(unique(grid$hidden), c(4, 8, 16))
  expect_identical(unique(grid$penalty), c(0, 0.1, 0.01))
  random <- withr::with_seed(1, nn_caret()$grid(NULL, NULL, len = 20, search = "random"))
  expect_identical(names(random), names(grid))
  expect_true(all(random$hidden == round(random$hidden) & random$hidden >= 2 & random$dropout < 0.5))
  sorted <- nn_caret()$sort(data.frame(hidden = c(8, 4, 4), penalty = c(1, 0, 1), dropout = 0))
  expect_identical(sorted$hidden, c(4, 4, 8))
  expect_identical(sorted$penalty[1:2], c(1, 0))
  expect_identical(nrow(nn_caret()$grid(NULL, NULL, len = 1)), 1L)
})

test_that("caret's own message of a misspelt argument has the package's words", {
  expect_error(
    nn_caret()$fit(mtcars["wt"], mtcars$mpg, NULL, data.frame(hidden = 2, penalty = 0, lr = NA, dropout = 0), NULL, FALSE, FALSE, epocs = 2),
    class = "backprop_error_unknown_argument"
  )
})

test_that("varImp() has a number for each column, of several classes the mean size", {
  fit <- nn_train(Species ~ ., iris, preset = "textbook", hidden = 2, epochs = 10, seed = 1)
  found <- nn_caret()$varImp(fit)
  olden <- nn_importance(fit, method = "olden")
  expect_setequal(row.names(found), names(iris)[1:4])
  expect_equal(found["Sepal.Width", "Overall"], mean(abs(olden$importance[olden$variable == "Sepal.Width"])))
})
