results_of <- function(mean, parameters, std_error = 0.1, stage = 1) {
  data.frame(configuration = seq_along(mean), mean = mean, std_error = std_error, parameters = parameters, stage = stage)
}
task_of <- function(penalty, dropout = 0) list(trials = Map(function(penalty, dropout) list(settings = list(penalty = penalty, dropout = dropout)), penalty, dropout))

test_that("the rule of one standard error takes the smallest network near the best", {
  results <- results_of(c(1, 1.05, 1.09, 1.2), c(50, 20, 20, 5))
  expect_identical(choose_configuration(results, task_of(c(0, 0, 0.1, 0)), "best"), 1L)
  # The last one is too far; of the two with 20 parameters the larger penalty.
  expect_identical(choose_configuration(results, task_of(c(0, 0, 0.1, 0)), "one_se"), 3L)
  expect_identical(choose_configuration(results, task_of(0, c(0, 0.1, 0, 0)), "one_se"), 2L)
  expect_identical(choose_configuration(results, task_of(rep(0, 4)), "one_se"), 2L)
  # Those that ended in an earlier stage are not compared; nor is there a rule without a standard error.
  expect_identical(choose_configuration(results_of(c(1, 1.05), c(50, 20), stage = 2:1), task_of(c(0, 0)), "one_se"), 1L)
  expect_identical(choose_configuration(results_of(c(1, 1.05), c(50, 20), std_error = NA_real_), task_of(c(0, 0)), "one_se"), 1L)
})

test_that("the rule reaches the fit", {
  tuned <- tuned_iris(hidden = list(c(), 8), penalty = 0.001, epochs = 60, rule = "one_se")
  near <- tuned$results$mean <= tuned$results$mean[1] + tuned$results$std_error[1]
  expect_identical(tuned$chosen, tuned$results$configuration[near][which.min(tuned$results$parameters[near])])
  expect_identical(tuned$fit$settings$hidden, as.integer(tuned$best$hidden))
})

test_that("measures that are to be large are ranked so", {
  tuned <- tuned_iris(metric = "accuracy", epochs = c(1, 100), hidden = 4)
  expect_true(all(diff(tuned$results$mean) <= 0))
  expect_gt(tuned$results$mean[1], 0.8)
  expect_identical(tuned$best$epochs, 100)
})

test_that("one configuration is cross-validated, and repeats deal anew", {
  tuned <- nn_tune(mpg ~ wt, mtcars, preset = "textbook", epochs = 10, folds = 4, repeats = 2, seed = 1)
  expect_identical(nrow(tuned$results), 1L)
  expect_identical(nrow(tuned$folds), 8L)
  expect_length(tuned$best, 0)
  expect_false(identical(tuned$held[1:4], tuned$held[5:8]))
  share <- nn_tune(mpg ~ wt, mtcars, preset = "textbook", epochs = 10, folds = 0.25, seed = 1)
  expect_identical(share$folds$rows, 8L)
  expect_identical(share$results$std_error, NA_real_)
})

test_that("what is no result any more is refused", {
  tuned <- tuned_iris(epochs = 1)
  expect_error(print.nn_tune(list(1)), class = "backprop_error_not_a_tuning")
  for (field in c("results", "folds", "best", "metric", "chosen", "alone", "search", "rule", "status")) {
    expect_error(plot(replace(tuned, field, list(NULL))), class = "backprop_error_edited_fit")
  }
})
