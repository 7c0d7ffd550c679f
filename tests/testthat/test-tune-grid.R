test_that("only a list has several values where one value may be a vector", {
  expect_named(read_tuned(list(hidden = c(8, 4), activation = c("tanh", "relu"), dropout = c(0.1, 0.2), penalty = 0.1)), character())
  expect_identical(read_tuned(list(hidden = list(8, NULL), lr = c(0.1, 1))), list(hidden = list(8, NULL), lr = list(0.1, 1)))
  expect_identical(read_tuned(list(optimizer = c("adam", "sgd")))$optimizer, list("adam", "sgd"))
  # An object is one value, whatever it is made of, and what is about the data is never tuned.
  expect_named(read_tuned(list(optimizer = opt_adam(), hidden = nn_layers(3), class_weights = c(1, 2), validation = list(X = 1, Y = 1))), character())
})

test_that("a grid has every combination once", {
  grid <- make_configurations(list(a = list(1, 2, 3), b = list("x", NULL)), "grid", NULL, 1)
  expect_length(grid, 6)
  expect_length(unique(grid), 6)
  expect_identical(grid[[1]], list(a = 1, b = "x"))
  expect_identical(grid[[6]], list(a = 3, b = NULL))
  expect_identical(make_configurations(list(), "grid", NULL, 1), list(list()))
})

test_that("draws of a grid are without repetition, by the seed", {
  values <- list(a = as.list(1:10), b = as.list(1:10))
  drawn <- make_configurations(values, "random", 30, 1)
  expect_length(unique(drawn), 30)
  expect_identical(drawn, make_configurations(values, "random", 30, 1))
  expect_false(identical(drawn, make_configurations(values, "random", 30, 2)))
  expect_length(make_configurations(values, "random", 1000, 1), 100)
})

test_that("draws of a range stay in it, evenly on its scale", {
  drawn <- make_configurations(list(lr = nn_range(1e-4, 1, log = TRUE), hidden = nn_range(1, 4, whole = TRUE), lin = nn_range(-1, 1)), "random", 2000, 1)
  lr <- vapply(drawn, function(one) one$lr, 0)
  expect_true(all(lr >= 1e-4 & lr <= 1))
  # 2,000 draws of a fair share of one half have a standard error of 0.011.
  expect_equal(mean(lr < 1e-2), 0.5, tolerance = 0.1)
  hidden <- vapply(drawn, function(one) one$hidden, 0)
  expect_setequal(hidden, 1:4)
  expect_equal(as.numeric(table(hidden)) / 2000, rep(0.25, 4), tolerance = 0.2)
  expect_equal(mean(vapply(drawn, function(one) one$lin, 0) < 0), 0.5, tolerance = 0.1)
})

test_that("ranges and counts that cannot be are refused", {
  expect_snapshot(error = TRUE, {
    nn_range(1, 1)
    nn_range(0, 1, log = TRUE)
    nn_range(1, 2.5, whole = TRUE)
    nn_range("a", 1)
    nn_range(1)
    nn_tune(mpg ~ ., mtcars, penalty = nn_range(0, 1))
    nn_tune(mpg ~ ., mtcars, penalty = c(0, 1), search = "random")
    nn_tune(mpg ~ ., mtcars, penalty = c(0, 1), configurations = 3)
    nn_tune(mpg ~ ., mtcars, penalty = c(0, 1), search = "random", configurations = 0)
    nn_tune(mpg ~ ., mtcars, penalty = as.numeric(1:200), lr = as.numeric(1:200))
    nn_tune(mpg ~ ., mtcars, penalty = nn_range(0, 1), search = "random", configurations = 1e6)
  })
})

test_that("values are columns where they can be, and have short labels", {
  expect_identical(column_of_values(list(0, 1L)), c(0, 1))
  expect_identical(column_of_values(list("a", 1)), list("a", 1))
  expect_identical(column_of_values(list(8, NULL)), list(8, NULL))
  expect_identical(label_value(NULL), "none")
  expect_identical(label_value(c(64, 32)), "64, 32")
  expect_identical(label_value(1e-4 / 3), "3.333e-05")
  expect_identical(label_value(nn_layers(layer_scale(), 3)), "scale, dense")
  expect_match(label_value(opt_sgd()), "sgd")
  expect_match(label_value(schedule_cosine()), "cosine")
  expect_identical(label_value(loss_huber()), "huber")
})
