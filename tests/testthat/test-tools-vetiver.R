quick <- function(...) nn_train(..., preset = "textbook", hidden = 2, epochs = 10, seed = 1)

test_that("a fit is described, without its data", {
  fit <- quick(mpg ~ wt, mtcars, keep = "data")
  expect_match(vetiver_create_description.nn_fit(fit), "^A neural network for regression, trained by backprop [0-9.]+$")
  expect_match(vetiver_create_description.nn_fit(quick(Species ~ ., iris, ensemble = 2)), "^An ensemble of 2 neural networks for classification")
  expect_null(vetiver_prepare_model.nn_fit(fit)$data)
  expect_identical(predict(vetiver_prepare_model.nn_fit(fit), mtcars), predict(fit, mtcars))
})

test_that("the prototype has the columns that predictions read, of their types", {
  data <- transform(iris, kind = rep(c("a", "b"), 75), flag = Sepal.Length > 5)
  expect_identical(
    vetiver_ptype.nn_fit(quick(Sepal.Length ~ log(Sepal.Width) + Species + kind, data)),
    tibble::tibble(Sepal.Width = numeric(), Species = iris$Species[0], kind = character())
  )
  expect_named(vetiver_ptype.nn_fit(quick(data[c("Petal.Width", "flag")], iris$Species)), c("Petal.Width", "flag"))
  X <- as.matrix(mtcars[c("wt", "hp")])
  expect_identical(vetiver_ptype.nn_fit(quick(X, mtcars$mpg)), tibble::tibble(wt = numeric(), hp = numeric()))
  expect_named(vetiver_ptype.nn_fit(quick(unname(X), mtcars$mpg)), c("x1", "x2"))
  gaps <- replace(X, 3, NA)
  expect_named(vetiver_ptype.nn_fit(quick(gaps, mtcars$mpg, na_action = "impute")), c("wt", "hp"))
  expect_identical(vetiver_ptype.nn_fit(quick(X, mtcars$mpg), prototype_data = mtcars["wt"]), tibble::as_tibble(mtcars["wt"])[0, ])
  expect_error(vetiver_ptype.nn_fit(quick(X, mtcars$mpg), prototype = 1), class = "backprop_error_unknown_argument")
})

test_that("a request is answered by predict(), from what a client sends", {
  fit <- quick(Species ~ ., transform(iris, kind = factor(rep(c("a", "b"), 75))))
  sent <- transform(iris[c(1, 80), ], kind = "a")
  answer <- handler_predict.nn_fit(list(model = fit), type = "prob")
  expect_identical(answer(list(body = sent)), predict(fit, sent, type = "prob"))
  expect_error(answer(list(body = sent["kind"])), class = "backprop_error")
})

test_that("packages that a formula or a recipe needs are told", {
  expect_identical(packages_of_predictions(quick(mpg ~ wt, mtcars)), "backprop")
  expect_identical(packages_of_predictions(quick(mpg ~ splines::ns(wt, 3), mtcars)), c("backprop", "splines"))
  skip_if_not_installed("recipes")
  fit <- quick(recipes::recipe(mpg ~ wt, mtcars), mtcars)
  expect_identical(packages_of_predictions(fit), c("backprop", "recipes"))
  expect_error(vetiver_ptype.nn_fit(fit), "prototype_data", class = "backprop_error_recipe")
})

test_that("vetiver makes a model of a fit", {
  skip_if_not_installed("vetiver")
  fit <- quick(mpg ~ wt, mtcars)
  model <- vetiver::vetiver_model(fit, "cars")
  expect_identical(model$metadata$required_pkgs, "backprop")
  expect_named(model$prototype, "wt")
  expect_identical(vetiver::handler_predict(model)(list(body = mtcars)), predict(fit, mtcars))
})
