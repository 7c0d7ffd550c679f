outcome_of <- function(y) read_outcome(y)

test_that("classes are spread evenly over folds", {
  y <- factor(rep(c("a", "b", "c"), c(50, 23, 5)))
  fold <- drawing_by(1, function() deal_folds(5, strata_of(outcome_of(y)), NULL))
  counts <- table(y, fold)
  expect_true(all(apply(counts, 1, function(row) diff(range(row))) <= 1))
  expect_true(all(counts["c", ] == 1))
  expect_lte(diff(range(colSums(counts))), 1)
})

test_that("numbers are spread evenly over folds: each stretch of five has one of each", {
  y <- stats::rexp(101)
  fold <- drawing_by(1, function() deal_folds(5, strata_of(outcome_of(y)), NULL))
  hands <- split(fold[order(y)], (seq_along(y) - 1) %/% 5)
  expect_true(all(vapply(hands[1:20], function(hand) setequal(hand, 1:5), NA)))
  expect_gt(length(unique(vapply(hands[1:20], function(hand) paste(hand, collapse = ""), ""))), 5)
})

test_that("folds hold out every row once in each repeat, and depend on the seed alone", {
  make <- function(seed) make_splits(c(3L, 5:23), outcome_of(stats::setNames(1:20 / 3, NULL)), 4, 2, NULL, seed)
  splits <- make(1)
  expect_length(splits, 8)
  expect_identical(vapply(splits, function(split) split$repetition, 0L), rep(1:2, each = 4))
  for (repetition in 1:2) {
    held <- unlist(lapply(splits[vapply(splits, function(split) split$repetition == repetition, NA)], function(split) split$held))
    expect_identical(sort(held), c(3L, 5:23))
  }
  expect_identical(make(1), splits)
  expect_false(identical(make(2), splits))
})

test_that("a share holds that share of each class out", {
  y <- factor(rep(c("a", "b"), c(80, 20)))
  split <- make_splits(1:100, outcome_of(y), 0.25, 2, NULL, 1)
  expect_length(split, 2)
  for (one in split) expect_equal(as.numeric(table(y[one$held])), c(20, 5), tolerance = 0.21)
})

test_that("a group is in one fold", {
  groups <- rep(letters[1:7], c(1, 2, 3, 4, 5, 6, 30))
  fold <- drawing_by(1, function() deal_folds(3, strata_of(outcome_of(seq_along(groups) / 2)), groups))
  expect_true(all(rowSums(table(groups, fold) > 0) == 1))
  expect_identical(sort(as.numeric(table(fold))), c(10, 11, 30))
  split <- make_splits(seq_along(groups), outcome_of(seq_along(groups) / 2), 0.3, 1, groups, 1)
  expect_length(unique(groups[split[[1]]$held]), 2)
  tuned <- nn_tune(mpg ~ wt, mtcars, group = "gear", folds = 3, preset = "textbook", epochs = 3, seed = 1)
  expect_setequal(vapply(tuned$held, function(held) unique(mtcars$gear[held]), 0), 3:5)
  same <- nn_tune(as.matrix(mtcars["wt"]), mtcars$mpg, group = mtcars$gear, folds = 3, epochs = 3, seed = 1)
  expect_identical(same$held, tuned$held)
})

test_that("rows that stand twice in a subset are held out together", {
  tuned <- nn_tune(mpg ~ wt, mtcars, subset = c(1:12, 1:6), preset = "textbook", epochs = 3, folds = 3, seed = 1)
  expect_identical(sort(unlist(tuned$held)), 1:12)
})

test_that("folds that cannot be are refused", {
  rare <- iris[c(1:52, 101:110), ]
  expect_snapshot(error = TRUE, {
    nn_tune(Species ~ ., rare, folds = 5)
    nn_tune(mpg ~ ., mtcars, folds = 33)
    nn_tune(mpg ~ ., mtcars, folds = 1)
    nn_tune(mpg ~ ., mtcars, folds = 0.001)
    nn_tune(mpg ~ ., mtcars, repeats = 0)
    nn_tune(mpg ~ ., mtcars, group = "gaer")
    nn_tune(mpg ~ ., mtcars, group = 1:3)
    nn_tune(mpg ~ ., mtcars, group = "gear", folds = 5)
    nn_tune(mpg ~ ., mtcars, group = c(NA, 1:31))
  })
})

test_that("so many repeats that there is no room for them are refused at once", {
  withr::local_options(backprop.max_bytes = 1e8)
  setTimeLimit(elapsed = 20)
  withr::defer(setTimeLimit())
  expect_error(nn_tune(mpg ~ wt, mtcars, penalty = c(0, 1), repeats = 1e9, preset = "textbook", epochs = 1, seed = 1), class = "backprop_error_memory")
})
