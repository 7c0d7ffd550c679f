test_that("of n configurations a share 1 / eta goes on, for eta times the epochs, until one is left", {
  expect_equal(plan_stages(81, "halving", 3, 81), data.frame(share = 3^(-4:0), count = c(81, 27, 9, 3, 1)))
  expect_equal(plan_stages(100, "halving", 3, 400)$count, c(100, 33, 11, 3, 1))
  expect_equal(plan_stages(8, "halving", 2, 100), data.frame(share = 2^(-3:0), count = c(8, 4, 2, 1)))
  # No stage is shorter than an epoch.
  expect_equal(plan_stages(81, "halving", 3, 9)$share, 3^(-2:0))
  expect_identical(nrow(plan_stages(81, "halving", 3, 1)), 1L)
  expect_identical(nrow(plan_stages(81, "grid", 3, 81)), 1L)
})

# What halving trains to the end is what a grid trains: the last configuration's trainings are compared to the last bit.
expect_halving_as_grid <- function(...) {
  halved <- suppressWarnings(nn_tune(..., folds = 3, seed = 3, search = "halving"))
  whole <- suppressWarnings(nn_tune(..., folds = 3, seed = 3))
  of <- function(tuned) {
    folds <- tuned$folds[tuned$folds$configuration == halved$chosen, c("value", "epochs_done", "status")]
    row.names(folds) <- NULL
    folds
  }
  expect_identical(of(halved), of(whole))
  expect_lt(min(halved$results$epochs_done), max(halved$results$epochs_done))
}

test_that("trainings that go on are those that were never parted: optimizers, batches, dropout, schedules", {
  X <- as.matrix(scale(mtcars[2:7]))
  penalty <- c(0, 0.01, 0.1)
  batches <- list(X, mtcars$mpg, hidden = 8, activation = "relu", penalty = penalty, epochs = 30, optimizer = "adam", batch_size = 8, lr = 0.01)
  for (more in list(list(dropout = 0.2), list(lr_schedule = "cosine"), list(lr_schedule = "one_cycle", decay_schedule = "step"))) {
    do.call(expect_halving_as_grid, c(batches, more))
  }
  for (optimizer in c("gd", "rprop", "lbfgs")) expect_halving_as_grid(X, mtcars$mpg, hidden = 3, activation = "tanh", penalty = penalty, epochs = 30, optimizer = optimizer)
})

test_that("trainings that go on are those that were never parted: tables, formulas, validation, families", {
  skip_on_cran()
  hidden <- list(2, 4, c(3, 4))
  expect_halving_as_grid(mpg ~ ., mtcars, hidden = hidden, epochs = 9)
  expect_halving_as_grid(mtcars[-1], mtcars[1], hidden = hidden, epochs = 9)
  expect_halving_as_grid(mpg ~ wt + factor(cyl) * hp, mtcars, case_weights = qsec, hidden = hidden, epochs = 27, preset = "textbook")
  expect_halving_as_grid(carb ~ wt + offset(log(cyl)), mtcars, hidden = hidden, epochs = 27, output = "exp", preset = "textbook")
  expect_halving_as_grid(mpg ~ wt, mtcars, hidden = hidden, epochs = 27, family = "gamma", preset = "textbook", activation = "tanh")
  expect_halving_as_grid(Ozone ~ Wind + Solar.R, airquality[!is.na(airquality$Ozone), ], na_action = "impute", hidden = hidden, epochs = 27, preset = "textbook")
  expect_halving_as_grid(mpg ~ wt, mtcars, ensemble = 2, stop_iter = NULL, hidden = hidden, epochs = 9)
  validation <- iris[c(1:20, 60:70, 120:130), ]
  expect_halving_as_grid(Species ~ ., iris, validation = validation, hidden = hidden, epochs = 27, preset = "textbook", activation = "tanh")
})

test_that("a training that has ended by itself is not begun again", {
  # Almost at once at the minimum.
  tuned <- nn_tune(mpg ~ wt, mtcars, preset = "textbook", hidden = c(), optimizer = "lbfgs", penalty = c(0.1, 1, 10), epochs = 300, folds = 3, search = "halving", seed = 1)
  expect_true(all(tuned$folds$status == "converged"))
  expect_lt(max(tuned$folds$epochs_done), 100)
  whole <- nn_tune(mpg ~ wt, mtcars, preset = "textbook", hidden = c(), optimizer = "lbfgs", penalty = c(0.1, 1, 10), epochs = 300, folds = 3, seed = 1)
  expect_identical(tuned$results$mean[1], whole$results$mean[1])
})

test_that("those that went further are ranked before those that did not", {
  tuned <- nn_tune(
    mpg ~ wt + hp, mtcars,
    preset = "textbook", lr = nn_range(1e-3, 0.5, log = TRUE), epochs = 27, search = "halving", configurations = 9, folds = 2, seed = 1
  )
  expect_equal(tuned$results$epochs_done, c(27, 9, 9, rep(3, 6)))
  expect_identical(tuned$fit$epochs_done, 27L)
})

test_that("what halving cannot tune is refused", {
  expect_snapshot(error = TRUE, {
    nn_tune(mpg ~ ., mtcars, search = "halving", epochs = c(3, 4))
    nn_tune(mpg ~ ., mtcars, search = "halving", restarts = 2, penalty = c(0, 1), preset = "textbook")
  })
})
