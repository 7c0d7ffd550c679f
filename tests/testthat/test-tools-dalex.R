quick <- function(...) nn_train(..., preset = "textbook", hidden = 2, epochs = 10, seed = 1)

test_that("predictions are a vector for one output and a matrix for several", {
  number <- quick(mpg ~ wt, mtcars)
  expect_identical(yhat.nn_fit(number, mtcars), predict(number, mtcars)$.pred)
  two <- quick(factor(am) ~ wt, mtcars)
  expect_identical(yhat.nn_fit(two, mtcars), predict(two, mtcars, type = "prob")$.pred_1)
  three <- quick(Species ~ ., iris, ensemble = 2)
  expect_identical(yhat.nn_fit(three, iris), nn_predict(three, iris))
})

test_that("the kind of model is told by its outcome", {
  type <- function(...) model_info.nn_fit(quick(...))$type
  expect_identical(type(mpg ~ wt, mtcars), "regression")
  expect_identical(type(factor(am) ~ wt, mtcars), "classification")
  expect_identical(type(am == 1 ~ wt, mtcars), "classification")
  expect_identical(type(Species ~ ., iris), "multiclass")
  expect_s3_class(model_info.nn_fit(quick(mpg ~ wt, mtcars)), "model_info")
})

test_that("DALEX explains a fit without being told how", {
  skip_if_not_installed("DALEX")
  fit <- quick(mpg ~ wt + hp, mtcars)
  explainer <- DALEX::explain(fit, data = mtcars[c("wt", "hp")], y = mtcars$mpg, verbose = FALSE)
  expect_identical(explainer$y_hat, predict(fit, mtcars)$.pred)
  expect_identical(explainer$model_info$package, "backprop")
})

test_that("predict(newdata = ), by which iml and others ask, is understood", {
  fit <- quick(Species ~ ., iris)
  expect_identical(do.call(predict, list(fit, newdata = iris, type = "prob")), predict(fit, iris, type = "prob"))
  skip_if_not_installed("iml")
  predictor <- iml::Predictor$new(fit, data = iris[1:4], y = iris$Species, type = "prob")
  expect_equal(predictor$predict(iris[1:3, 1:4]), as.data.frame(predict(fit, iris[1:3, ], type = "prob")), ignore_attr = TRUE)
})
