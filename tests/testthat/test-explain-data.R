test_that("each input is read to be made of its columns", {
  data <- cars_with_factor()
  fit <- nn_train(mpg ~ log(wt) + am * hp + I(wt / hp) + offset(qsec), data = data, hidden = 1, epochs = 1, seed = 1, preset = "textbook")
  made <- columns_in_inputs(fit)
  expect_setequal(names(made$inputs), c("wt", "am", "hp"))
  expect_setequal(fit$inputs$names[made$inputs$wt], c("log(wt)", "I(wt/hp)"))
  expect_identical(fit$inputs$names[intersect(made$inputs$am, made$inputs$hp)], c("amautomatic:hp", "ammanual:hp"))
  expect_false(any(made$alone))
  base <- explained_rows(fit, data, "data", NULL)
  expect_equal(base$offset[, 1], data$qsec)
})

test_that("gaps belong to their column, in tables and in matrices", {
  holed <- mtcars[c("wt", "hp")]
  holed$hp[2] <- NA
  for (x in list(holed, as.matrix(holed))) {
    fit <- nn_train(x, mtcars$mpg, hidden = 1, epochs = 1, seed = 1, na_action = "impute", preset = "textbook")
    expect_identical(columns_in_inputs(fit)$inputs, list(wt = 1L, hp = 2:3))
    base <- explained_rows(fit, list(X = x), "data", NULL)
    expect_identical(base$alone, c(wt = TRUE, hp = TRUE))
    expect_identical(base$x[2, 3], 1)
    # The gap goes with the value.
    mixed <- mixed_inputs(fit, base, 1:3, base, c(2, 2, 2), list(hp = c(TRUE, FALSE, FALSE)), NULL)
    expect_identical(mixed[1, ], c(base$x[1, 1], base$x[2, 2:3]))
    expect_identical(mixed[2:3, ], base$x[2:3, ])
  }
})

test_that("columns of a matrix without names are numbered", {
  x <- as.matrix(mtcars[c("wt", "hp")])
  names_of <- function(names) {
    colnames(x) <- names
    names(columns_in_inputs(nn_train(x, mtcars$mpg, hidden = 1, epochs = 1, seed = 1))$inputs)
  }
  expect_identical(names_of(NULL), c("x1", "x2"))
  expect_identical(names_of(c("", "hp")), c("x1", "hp"))
  expect_identical(names_of(c("x2", "")), c("x2", "x2.1"))
})

test_that("inputs of several columns are made anew, levels of either side included", {
  data <- cars_with_factor()
  fit <- curved_fit(mpg ~ wt * am)
  base <- explained_rows(fit, data, "data", NULL)
  expected <- data[1:5, ]
  expected$am[2:5] <- data$am[20]
  mixed <- mixed_inputs(fit, base, 1:5, base, rep(20, 5), list(am = c(FALSE, rep(TRUE, 4))), NULL)
  expect_equal(mixed, inputs_of_columns(fit, expected[base$columns], NULL))
})

test_that("data that the fit keeps are data that are given again", {
  data <- transform(mtcars, successes = gear, vs = factor(vs))
  settings <- list(data = data, hidden = 2, epochs = 5, keep = "data", seed = 1, preset = "textbook")
  fits <- list(
    do.call(nn_train, c(list(mpg ~ wt + hp, case_weights = quote(qsec)), settings)),
    do.call(nn_train, c(list(cbind(successes, 5 - successes) ~ wt + hp, family = "binomial"), settings)),
    do.call(nn_train, c(list(vs ~ wt + hp, class_weights = "balanced"), settings))
  )
  for (fit in fits) {
    for (method in c("permutation", "gradient")) expect_equal(nn_importance(fit, method = method, seed = 1), nn_importance(fit, data, method = method, seed = 1))
    expect_equal(nn_partial(fit, variables = "wt"), nn_partial(fit, data, "wt"))
  }
})

test_that("draws do not depend on the session's generator, and leave it alone", {
  set.seed(2)
  before <- .Random.seed
  drawn <- drawing_by(5, function() sample.int(100, 5))
  expect_identical(.Random.seed, before)
  withr::local_preserve_seed()
  RNGkind("Wichmann-Hill", "Box-Muller", "Rejection")
  expect_identical(drawing_by(5, function() sample.int(100, 5)), drawn)
  expect_identical(RNGkind()[1:2], c("Wichmann-Hill", "Box-Muller"))
})

test_that("an error of a weighted mean is that of sd() where weights are alike", {
  expect_equal(mean_error(c(1, 4, 9), NULL), stats::sd(c(1, 4, 9)) / sqrt(3))
  expect_equal(mean_error(c(1, 4, 9), c(2, 2, 2)), stats::sd(c(1, 4, 9)) / sqrt(3))
  expect_identical(mean_error(3, NULL), NA_real_)
})
