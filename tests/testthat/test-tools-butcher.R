quick <- function(...) nn_train(..., preset = "textbook", hidden = 2, epochs = 10, seed = 1)

axe_all <- function(fit) axe_fitted.nn_fit(axe_env.nn_fit(axe_data.nn_fit(axe_ctrl.nn_fit(axe_call.nn_fit(fit)))))

test_that("what is left predicts the same bits, and says what is missing", {
  fits <- list(
    matrix = quick(as.matrix(mtcars["wt"]), mtcars$mpg, keep = "data"), formula = quick(mpg ~ log(wt), mtcars, keep = "data", keep_weights = 5, validation = 0.2),
    ensemble = quick(mpg ~ wt, mtcars, ensemble = 2, keep = "data", validation = 0.2)
  )
  for (fit in fits) {
    small <- axe_all(fit)
    expect_identical(predict(small, as.matrix(mtcars["wt"])), predict(fit, as.matrix(mtcars["wt"])))
    expect_lt(length(serialize(small, NULL)), length(serialize(fit, NULL)))
    expect_output(print(small), "nn_")
    expect_output(print(summary(small)))
    expect_error(fitted(small), class = "backprop_error_no_data")
    expect_error(update(small), class = "backprop_error_no_call")
    expect_identical(predict(nn_member(small, 1), as.matrix(mtcars["wt"])), predict(nn_member(fit, 1), as.matrix(mtcars["wt"])))
  }
  expect_error(quick(mpg ~ log(wt), mtcars, start = axe_ctrl.nn_fit(fits$formula)), class = "backprop_error_edited_fit")
  expect_error(nn_predict(axe_data.nn_fit(fits$formula), mtcars, epoch = 5), class = "backprop_error_epoch")
})

test_that("only what was there is called disabled", {
  fit <- quick(mpg ~ wt, mtcars)
  expect_null(attr(axe_data.nn_fit(fit), "butcher_disabled"))
  expect_identical(attr(axe_ctrl.nn_fit(axe_call.nn_fit(fit)), "butcher_disabled"), c("update()", "nn_train(start = )"))
  expect_identical(axe_fitted.nn_fit(fit), fit)
  expect_error(axe_call.nn_fit(list()), class = "backprop_error_not_a_fit")
})

test_that("butcher() finds these methods, and bundle() gives a fit back as it is", {
  skip_if_not_installed("butcher")
  fit <- quick(mpg ~ wt, mtcars, keep = "data")
  small <- butcher::butcher(fit)
  expect_null(small$data)
  expect_null(small$call)
  expect_identical(predict(small, mtcars), predict(fit, mtcars))
  skip_if_not_installed("bundle")
  expect_identical(bundle::unbundle(bundle::bundle(fit)), fit)
})

test_that("a recipe's steps lose what is around them", {
  skip_if_not_installed("butcher")
  skip_if_not_installed("recipes")
  recipe <- recipes::step_mutate(recipes::recipe(mpg ~ wt, mtcars), heavy = wt > 3)
  fit <- quick(recipe, mtcars)
  expect_identical(predict(butcher::butcher(fit), mtcars), predict(fit, mtcars))
})
