test_that("any plan of processes gives the same results", {
  skip_on_cran()
  skip_if_not_installed("future.apply")
  grid <- tuned_iris()
  halved <- tuned_iris(search = "halving")
  cluster <- parallel::makePSOCKcluster(2)
  withr::defer(parallel::stopCluster(cluster))
  parallel::clusterCall(cluster, function(code) {
    eval(parse(text = code))
    NULL
  }, prelude())
  old <- future::plan(future::cluster, workers = cluster)
  withr::defer(future::plan(old), priority = "first")
  expect_true(in_parallel())
  expect_identical(without_time(tuned_iris()), without_time(grid))
  expect_identical(without_time(tuned_iris(search = "halving")), without_time(halved))
  # Errors of other processes are those of this one.
  request <- request_training(Species ~ ., iris, preset = "textbook", epochs = 2)
  task <- new_task(request, list(list(hidden = 3), list(hidden = 0)), 3, 1, NULL, NULL, 1, FALSE)
  expect_error(run_stages(task, plan_stages(2, "grid", 3, 2), identity), "In configuration 2: hidden = 0", class = "backprop_error_argument")
})

test_that("threads do not matter", {
  expect_identical(without_time(tuned_iris(threads = 1)), without_time(tuned_iris(threads = 2)))
})

test_that("after an interrupt what was done so far is kept", {
  # Kept where a function that travels with a fit finds it.
  withr::local_options(backprop.test_calls = 0)
  # The first configuration knows nothing of it; the second is interrupted in a training after its first one.
  interrupts <- activation_custom(
    value = function(x) {
      calls <- getOption("backprop.test_calls") + 1
      options(backprop.test_calls = calls)
      if (calls == 150) rlang::interrupt()
      tanh(x)
    },
    derivative = function(x) 1 - tanh(x)^2
  )
  expect_true(is_interrupted(tuned_iris(hidden = 3, penalty = 0, activation = list("tanh", interrupts))))
  kept <- nn_last()
  expect_s3_class(kept, "nn_tune")
  expect_identical(kept$status, "interrupted")
  expect_identical(kept$results$configuration[1], 1L)
  expect_identical(kept$results$folds[1], 3L)
  expect_true(all(is.na(kept$results$mean) == (kept$results$folds < 3L)))
  expect_lt(sum(kept$results$folds), 6)
  expect_output(print(kept), "interrupted, without a fit")
  expect_error(predict(kept, iris), class = "backprop_error_not_a_fit")
})

test_that("a training that diverged has no value, and its configuration is last", {
  wild <- function(lr) nn_tune(mpg ~ wt, mtcars, preset = "textbook", standardize = FALSE, hidden = 2, activation = "linear", lr = lr, epochs = 50, folds = 2, seed = 1)
  expect_warning(tuned <- wild(c(1e10, 1e-4)), "2 of 4 trainings diverged", class = "backprop_warning_tuning_diverged")
  expect_identical(tuned$folds$status, c("diverged", "diverged", "completed", "completed"))
  expect_identical(is.na(tuned$results$mean), c(FALSE, TRUE))
  expect_identical(tuned$best, list(lr = 1e-4))
  said <- testthat::capture_warnings(all <- wild(c(1e10, 1e11)))
  expect_identical(is.na(all$results$mean), c(TRUE, TRUE))
  expect_identical(all$fit$status, "diverged")
})

test_that("rows with a level that the others have not are not judged, with a warning", {
  table <- data.frame(y = 1:30 / 7, x = 30:1, level = c("rare", rep(c("a", "b"), c(15, 14))))
  expect_warning(
    tuned <- nn_tune(y ~ x + level, table, preset = "textbook", epochs = 3, folds = 3, seed = 1),
    "In 1 of 3 trainings rows were held out that cannot be predicted", class = "backprop_warning_tuning_unknown"
  )
  expect_identical(sum(tuned$folds$rows), 29L)
  expect_true(all(is.finite(tuned$folds$value)))
})

test_that("outcomes of a fold that are all 0 and 1 do not make it another network", {
  table <- data.frame(y = c(rep(0:1, 15), 5), x = 1:31)
  tuned <- nn_tune(y ~ x, table, preset = "textbook", hidden = 2, epochs = 5, folds = 2, seed = 1)
  held <- tuned$held[[which(vapply(tuned$held, function(held) 31 %in% held, NA))]]
  fold <- which(vapply(tuned$held, function(one) 31 %in% one, NA))
  fit <- nn_train(y ~ x, table[-held, ], preset = "textbook", hidden = 2, epochs = 5, output = "linear", seed = fold)
  expect_equal(tuned$folds$value[fold], sqrt(mean((nn_predict(fit, table[held, ]) - table$y[held])^2)))
})

test_that("progress is shown where it is asked for", {
  withr::local_options(cli.progress_show_after = 0, cli.dynamic = FALSE)
  shown <- cli::cli_fmt(tuned_iris(epochs = 2, progress = TRUE))
  expect_match(paste(shown, collapse = " "), "training [0-9]+/12")
  expect_silent(tuned_iris(epochs = 2, progress = FALSE))
})
