test_that("print() shows the best configurations", {
  expect_snapshot({
    print(drawn_tuning(), n = 3)
    print(utils::modifyList(drawn_tuning(), list(alone = TRUE, rule = "one_se", fit = NULL, status = "interrupted", metric = "auc")), n = 1)
  })
  expect_snapshot(error = TRUE, print(drawn_tuning(), n = 0))
})

test_that("print() says how many networks the fit has", {
  tuned <- replace(drawn_tuning(), "fit", list(nn_train(mpg ~ wt, mtcars, hidden = 2, epochs = 1, ensemble = 2, seed = 1)))
  expect_output(print(tuned), "Fit:      2 networks on 32 rows")
})
