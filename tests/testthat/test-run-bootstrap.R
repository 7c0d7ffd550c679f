bagged <- function(..., epochs = 10, ensemble = 3, seed = 1) {
  nn_train(..., preset = "textbook", hidden = 4, activation = "tanh", optimizer = "adam", lr = 0.01, epochs = epochs, ensemble = ensemble, bootstrap = TRUE, seed = seed)
}
X <- as.matrix(mtcars[c("wt", "hp", "disp")]) / 100
Y <- mtcars$mpg / 10

# The rows that a network drew, as often as it did.
drawn_by <- function(number, seed = 1, n = 32) drawing_by(seed + number - 1, function() sort(sample.int(n, n, replace = TRUE)))

test_that("each network is the one that is trained by hand on the rows that it drew", {
  weights <- rep(c(1, 2, 0.5, 3), 8)
  fit <- bagged(X, Y, case_weights = weights, batch_size = 8)
  for (i in 1:3) {
    rows <- drawn_by(i)
    expect_gt(anyDuplicated(rows), 0)
    alone <- nn_train(X[rows, ], Y[rows], case_weights = weights[rows], hidden = 4, activation = "tanh", optimizer = "adam", lr = 0.01, batch_size = 8, epochs = 10, seed = i)
    expect_identical(nn_member(fit, i)$weights, alone$weights)
    expect_identical(nn_member(fit, i)$total_weight, sum(weights[rows]))
  }
  # In full batches a row that was drawn twice is a row of twice the weight.
  fit <- bagged(X, Y, case_weights = weights, batch_size = 32)
  times <- tabulate(drawn_by(2), 32)
  alone <- nn_train(X, Y, case_weights = weights * times, hidden = 4, activation = "tanh", optimizer = "adam", lr = 0.01, batch_size = 32, epochs = 10, seed = 2)
  expect_equal(nn_member(fit, 2)$weights, alone$weights, tolerance = 1e-10)
})

test_that("side by side or one after the other the bits are the same, and a network's rows do not depend on how many there are", {
  train <- function(...) bagged(Species ~ ., iris, validation = "out_of_bag", stop_iter = 3, epochs = 20, blend = "linear", ...)
  fit <- train(threads = 1)
  expect_same_bits(train(threads = 2), fit)
  expect_same_bits(train(threads = 2, callback = function(state) TRUE), fit)
  expect_identical(train(ensemble = 2)$members[1:2], fit$members[c(1, 2)])
  before <- withr::with_seed(5, .Random.seed)
  withr::with_seed(5, {
    train()
    expect_identical(.Random.seed, before)
  })
})

test_that("the rows out of its bag choose a network's best epoch", {
  fit <- bagged(X, Y, validation = "out_of_bag", epochs = 60, lr_schedule = "constant")
  for (i in 1:3) {
    member <- nn_member(fit, i)
    rows <- drawn_by(i)
    apart <- setdiff(1:32, rows)
    expect_identical(member$validation_rows, apart)
    expect_equal(min(member$history$validation_loss), mean((nn_predict(member, X[apart, ]) - Y[apart])^2))
    alone <- nn_train(X[rows, ], Y[rows],
      validation = list(X = X[apart, ], Y = Y[apart]), hidden = 4, activation = "tanh", optimizer = "adam", lr = 0.01, epochs = 60, seed = i
    )
    expect_identical(member$weights, alone$weights)
  }
})

test_that("a row's errors are those of the mean of the networks that did not train on it, whether they were judged by it or not", {
  for (validation in list(NULL, "out_of_bag", list(X = X[1:5, ], Y = Y[1:5]))) {
    fit <- bagged(X, Y, validation = validation, ensemble = 5, standardize = TRUE)
    predicted <- sapply(1:5, function(i) {
      rows <- drawn_by(i)
      replace(nn_predict(nn_member(fit, i), X)[, 1], rows, NA)
    })
    known <- rowSums(!is.na(predicted)) > 0
    errors <- (Y - rowMeans(predicted, na.rm = TRUE))[known]
    expect_identical(fit$out_of_fold$rows, sum(known))
    # The loss is that of the outcome on its own scale.
    expect_equal(fit$out_of_fold$loss, mean(errors^2))
    expect_equal(fit$out_of_fold$errors[[1]], unname(sort(errors)))
    expect_identical(fit$members[[1]]$validation_rows, if (is.character(validation)) setdiff(1:32, drawn_by(1)) else integer())
  }
  limits <- predict(fit, X, type = "pred_int", level = 0.8)
  # The 80 % interval of n errors is the ceiling(0.8 (n + 1))-th smallest on either side.
  half <- sort(abs(errors))[ceiling(0.8 * (length(errors) + 1))]
  expect_equal(limits$.pred_upper - limits$.pred_lower, rep(2 * unname(half), 32), tolerance = 1e-8)
})

test_that("under a share each network draws from the rows that it does not hold back", {
  fit <- bagged(Species ~ ., iris, validation = 0.2)
  plain <- nn_train(Species ~ ., iris, preset = "textbook", epochs = 0, ensemble = 3, validation = 0.2, seed = 1)
  for (i in 1:3) {
    expect_identical(fit$members[[i]]$validation_rows, plain$members[[i]]$validation_rows)
    expect_identical(fit$members[[i]]$rows, 120L)
  }
  expect_identical(fit$out_of_fold$rows, 90L)
  expect_identical(fit$inputs$center, plain$inputs$center)
})

test_that("a level that would not have been drawn is, in the place of a row that was drawn twice", {
  rare <- data.frame(g = factor(c(letters[1:20], rep("z", 80))), y = 1:100 / 100)
  given <- list(variables = list(g = rare$g), terms = list(list(at = 1L)))
  for (seed in 1:5) {
    drawn <- draw_again(given, 1:100, seed)
    expect_true(all(1:20 %in% drawn$rows))
    expect_length(drawn$rows, 100)
    expect_setequal(union(drawn$rows, drawn$missed), 1:100)
    expect_length(intersect(drawn$rows, drawn$missed), 0)
  }
  expect_silent(fit <- bagged(y ~ g, rare, validation = "out_of_bag"))
  expect_false(anyNA(nn_predict(fit, rare)))
})

test_that("a bootstrap goes on with the rows that each network drew, and one of its networks alone with all rows", {
  train <- function(epochs) bagged(Species ~ ., iris, validation = "out_of_bag", epochs = epochs)
  whole <- train(20)
  more <- nn_train(Species ~ ., iris, start = train(8), epochs = 12)
  expect_identical(nn_predict(more, iris), nn_predict(whole, iris))
  expect_identical(more$members[[2]]$validation_rows, whole$members[[2]]$validation_rows)
  one <- nn_train(Species ~ ., iris, start = nn_member(whole, 2), epochs = 3)
  expect_identical(one$rows, 150L)
  expect_false(one$settings$bootstrap)
  expect_null(one$settings$validation)
})

test_that("weights, gaps, sparse inputs, offsets and logarithms go with a bootstrap", {
  gaps <- transform(iris, Sepal.Width = replace(Sepal.Width, c(3, 90), NA))
  fit <- bagged(Species ~ ., gaps, na_action = "impute", class_weights = "balanced", validation = "out_of_bag", stop_metric = "brier")
  expect_equal(rowSums(nn_predict(fit, gaps)), rep(1, 150))
  # A row of weight 0 takes no part: neither is it drawn, nor does it judge.
  weights <- rep(c(0, 1), 16)
  fit <- bagged(X, Y, case_weights = weights, validation = "out_of_bag")
  expect_true(all(unlist(lapply(fit$members, `[[`, "validation_rows")) %% 2 == 0))
  counts <- data.frame(x = X[, 1], exposure = 1:32, y = rep(c(0, 2, 1, 4), 8))
  rates <- bagged(y ~ x + offset(log(exposure)), counts, family = "poisson")
  judged <- bagged(y ~ x + offset(log(exposure)), counts, family = "poisson", validation = "out_of_bag", epochs = 10)
  expect_gt(rates$out_of_fold$loss, -Inf)
  # Both have gone the same way.
  expect_identical(rates$members[[1]]$history$loss, judged$members[[1]]$history$loss)
  log <- bagged(Y ~ wt, data.frame(X, Y), blend = "log")
  expect_true(all(nn_predict(log, data.frame(X)) > 0))
  skip_if_not_installed("Matrix")
  sparse <- bagged(Matrix::Matrix(X, sparse = TRUE), Y)
  expect_equal(nn_predict(sparse, X), nn_predict(bagged(X, Y), X), tolerance = 1e-12)
  expect_equal(sparse$out_of_fold, bagged(X, Y)$out_of_fold, tolerance = 1e-12)
})

test_that("the table's preset lets the rows out of its bag judge, and a saved bootstrap is what it was", {
  fit <- nn_train(mpg ~ ., mtcars, bootstrap = TRUE, ensemble = 3, epochs = 20, seed = 1, keep = "data")
  expect_identical(fit$settings$validation, "out_of_bag")
  expect_gt(nrow(fit$choice), 1)
  path <- withr::local_tempfile()
  saveRDS(fit, path)
  expect_identical(readRDS(path), fit)
  expect_snapshot({
    bagged(Species ~ ., iris, validation = "out_of_bag")
    summary(bagged(X, Y))
  })
  # A fit from before there were bootstraps goes on.
  old <- nn_train(mpg ~ ., mtcars, preset = "textbook", ensemble = 2, epochs = 2, seed = 1)
  old$settings$bootstrap <- NULL
  for (i in 1:2) old$members[[i]]$settings$bootstrap <- NULL
  expect_false(nn_train(mpg ~ ., mtcars, start = old, epochs = 1)$settings$bootstrap)
})

test_that("what a bootstrap cannot be of is refused with the reason", {
  fit <- bagged(X, Y, validation = "out_of_bag")
  expect_snapshot(error = TRUE, {
    nn_train(X, Y, bootstrap = TRUE)
    nn_train(X, Y, ensemble = 2, bootstrap = "yes")
    nn_train(X, Y, ensemble = 2, validation = "out_of_bag")
    nn_train(X, Y, ensemble = 2, bootstrap = TRUE, validation = "out of bag")
    nn_train(X, Y, ensemble = 2, bootstrap = TRUE, blend = "forest")
    nn_train(Species ~ ., iris, family = "ordinal", bootstrap = TRUE)
    nn_train(X, Y, start = fit, bootstrap = FALSE)
    nn_train(X, Y, bag = TRUE)
    nn_trace(X, Y, bootstrap = TRUE)
  })
})
