test_that("a plan, carried out step by step, gives what nn_predict() gives, for fits of all kinds", {
  skip_on_cran()
  differences <- vapply(export_cases(), function(case) {
    made <- suppressWarnings(run_plan(export_plan(case$fit), case$data))
    exported_difference(as_expected(made, case), expected_of(case))
  }, 0)
  # Rounding alone: both sides compute in double precision.
  expect_identical(names(which(!differences < 1e-12)), character())
})

test_that("the rows that have no prediction are among those of the comparison, for more than one reason", {
  skip_on_cran()
  gaps <- vapply(export_cases(), function(case) sum(is.na(expected_of(case)[, 1L])), 0)
  expect_gt(sum(gaps > 0), 20)
  expect_gt(sum(gaps > 2), 10)
})

test_that("what training did not see at all is no prediction: a combination of levels, a level of a factor in an expression", {
  d <- data.frame(g = factor(c("a", "a", "b", "b")), h = factor(c("p", "q", "p", "p")), x = c(1, 3, 2, 5), y = 1:4)
  new <- expand.grid(g = c("a", "b"), h = c("p", "q"), x = 1)
  fit <- nn_train(y ~ g:h, d, preset = "textbook", hidden = 2, epochs = 2, seed = 1)
  expect_identical(is.na(run_plan(export_plan(fit), new)[, 1L]), c(FALSE, FALSE, FALSE, TRUE))
  fit <- nn_train(y ~ x + ifelse(g == "a", 1, 2), d, preset = "textbook", hidden = 2, epochs = 2, seed = 1)
  new <- data.frame(g = c("a", "new", NA), x = 1)
  expect_identical(is.na(run_plan(export_plan(fit), new)[, 1L]), c(FALSE, TRUE, TRUE))
  expect_identical(unname(is.na(suppressWarnings(nn_predict(fit, new))[, 1L])), c(FALSE, TRUE, TRUE))
})

test_that("a plan has the user's columns as inputs, once each, with their levels", {
  d <- transform(layers_table(), town = as.character(city))
  plan <- export_plan(nn_train(y ~ log(z) + z + town + kind + flag, d, preset = "textbook", hidden = 2, epochs = 1, seed = 1))
  expect_identical(vapply(plan$inputs, function(input) input$name, ""), c("z", "town", "kind", "flag"))
  expect_identical(vapply(plan$inputs, function(input) input$kind, ""), c("number", "levels", "levels", "flag"))
  expect_identical(plan$inputs[[2L]]$levels, levels(d$city))
  expect_false(plan$matrix)
})

test_that("constants that copies of a row share stand in a plan once", {
  plan <- export_plan(train_layers(nn_layers(layer_members(8), 4, heads = FALSE), epochs = 1))
  expect_length(grep("^dense_weights", names(plan$constants)), 2L)
  expect_length(Filter(function(step) step$op == "linear", plan$steps), 16L)
})
