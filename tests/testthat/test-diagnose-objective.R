xor <- list(X = matrix(c(0, 0, 1, 1, 0, 1, 0, 1), 4), Y = matrix(c(0, 1, 1, 0)))
about_objective <- c("baseline", "far_from_minimum", "poor_minimum")

found_by <- function(fit, data = NULL) intersect(about_objective, nn_diagnose(fit, data)$findings$check)
why_not <- function(fit, data, check) {
  out <- nn_diagnose(fit, data)
  out$why[match(check, out$skipped)]
}

test_that("a good fit is in order: XOR learned, a linear model at its minimum, an interpolating network", {
  learned <- nn_train(xor$X, xor$Y, hidden = 2, lr = 0.5, epochs = 5000, seed = 1)
  expect_identical(nrow(nn_diagnose(learned, xor)$findings), 0L)
  linear <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = c(), optimizer = "lbfgs", seed = 1, preset = "textbook")
  expect_identical(nrow(nn_diagnose(linear, mtcars)$findings), 0L)
  penalised <- nn_train(mpg ~ ., data = mtcars, hidden = 3, activation = "tanh", optimizer = "lbfgs", penalty = 0.01, seed = 1, preset = "textbook")
  expect_identical(nrow(nn_diagnose(penalised, mtcars)$findings), 0L)
  # The loss can fall to a millionth of itself here, and that is nothing.
  expect_identical(found_by(nn_train(article_X, article_Y, lr = 0.1, epochs = 5000, seed = 1), list(X = article_X, Y = article_Y)), character())
})

test_that("XOR that got stuck is found, and without data nothing is said to be in order", {
  plateau <- nn_train(xor$X, xor$Y, hidden = 2, loss = "mse", epochs = 1500, seed = 1)
  half <- nn_train(xor$X, xor$Y, hidden = 2, lr = 0.5, epochs = 5000, seed = 4)
  withr::local_options(width = 80)
  expect_equal(plateau$final_loss, 0.25, tolerance = 0.01)
  expect_equal(half$final_loss, 0.25, tolerance = 0.01)
  expect_identical(found_by(plateau, xor), c("baseline", "far_from_minimum"))
  expect_snapshot({
    nn_diagnose(plateau)
    nn_diagnose(half, xor)
    nn_diagnose(half)
  })
})

test_that("an equal start is found by its copies, and by what other starts reach", {
  start <- list(weights = list(matrix(0, 2, 2), matrix(0, 2, 1)), biases = list(c(0, 0), 0))
  fit <- suppressWarnings(nn_train(xor$X, xor$Y, start = start, epochs = 2000, lr = 0.5))
  expect_equal(fit$final_loss, 0.5)
  out <- nn_diagnose(fit, xor)
  expect_true(all(c("copies", "constant", "poor_minimum") %in% out$findings$check))
  # The same thing is not told twice.
  expect_identical(why_not(fit, xor, "baseline"), "constant")
  expect_identical(found_by(fit), "baseline")
})

test_that("one class for all rows is no constant where the probabilities tell the rows apart", {
  data <- smooth_data(300)
  rare <- withr::with_seed(1, factor(runif(300) < stats::plogis(data$X[, 1] - 3.5)))
  fit <- nn_train(data$X, rare, hidden = c(), optimizer = "lbfgs", standardize = TRUE, seed = 1)
  out <- nn_diagnose(fit, list(X = data$X, Y = rare))
  expect_true("constant" %in% out$findings$check)
  expect_true("baseline" %in% out$passed)
})

test_that("a training that stopped early is far from its minimum", {
  fit <- nn_train(Species ~ ., data = iris, optimizer = "adam", epochs = 3, seed = 1, preset = "textbook")
  out <- nn_diagnose(fit, iris)
  expect_true("far_from_minimum" %in% out$findings$check)
  expect_match(out$findings$evidence[out$findings$check == "far_from_minimum"], "from 1.16 to 0.0", fixed = TRUE)
  expect_identical(out$why[match(c("unfinished", "poor_minimum"), out$skipped)], c("epochs", "far_from_minimum"))
  longer <- nn_train(Species ~ ., data = iris, optimizer = "adam", lr = 0.01, epochs = 300, seed = 1, preset = "textbook")
  expect_identical(found_by(longer, iris), character())
})

test_that("weights that were not meant to be at a minimum are left alone", {
  data <- smooth_data(200)
  train <- function(...) nn_train(data$X, data$Y, hidden = 4, activation = "tanh", seed = 1, ...)
  expect_identical(why_not(train(optimizer = "adam", epochs = 3, dropout = 0.2), data, "far_from_minimum"), "dropout")
  decayed <- train(optimizer = opt_adamw(weight_decay = 0.5), epochs = 3)
  expect_identical(why_not(decayed, data, "far_from_minimum"), "weight_decay")
  patient <- train(optimizer = "adam", lr = 0.3, epochs = 500, validation = 0.3, stop_iter = 2)
  expect_identical(patient$status, "converged")
  expect_identical(why_not(patient, data, "poor_minimum"), "stop_iter")
  # Patience that was not used up chose nothing.
  hasty <- train(optimizer = "adam", epochs = 3, validation = 0.3, stop_iter = 50)
  expect_identical(found_by(hasty, data), "far_from_minimum")
  fewer <- list(X = data$X[1:150, ], Y = data$Y[1:150])
  expect_identical(why_not(train(epochs = 3), fewer, c("far_from_minimum", "baseline")), c("rows", NA))
})

test_that("the rows that validation split off are found again", {
  data <- smooth_data(60)
  overfitted <- suppressWarnings(nn_train(
    data$X, data$Y,
    hidden = 8, activation = "tanh", optimizer = "lbfgs", epochs = 200, validation = 0.3, keep = "data", seed = 5
  ))
  expect_identical(why_not(overfitted, data, "far_from_minimum"), "stop_iter")
  problem <- problem_of(overfitted, data, quote(f()))
  again <- training_rows(problem)
  expect_identical(nrow(again$x), overfitted$rows)
  expect_equal(loss_of(again, quote(f())), overfitted$final_loss)
  kept <- training_rows(problem_of(overfitted, NULL, quote(f())))
  expect_equal(loss_of(kept, quote(f())), overfitted$final_loss)
  classes <- nn_train(Species ~ ., data = iris, optimizer = "lbfgs", epochs = 20, validation = 0.3, seed = 5, preset = "textbook")
  expect_equal(loss_of(training_rows(problem_of(classes, iris, quote(f()))), quote(f())), classes$final_loss)
  flags <- nn_train(am ~ wt, data = mtcars, optimizer = "lbfgs", epochs = 20, validation = 0.3, output = "linear", seed = 5, preset = "textbook")
  expect_equal(loss_of(training_rows(problem_of(flags, mtcars, quote(f()))), quote(f())), flags$final_loss)
})

test_that("the best constant is the one that a network of biases alone would learn", {
  w <- withr::with_seed(2, sample(1:4, 50, replace = TRUE))
  o <- withr::with_seed(3, rnorm(50) / 3)
  data <- smooth_data(50)
  counts <- withr::with_seed(4, rpois(50, 3))
  shares <- withr::with_seed(5, matrix(runif(150), 50))
  shares <- shares / rowSums(shares)
  cases <- list(
    list(Y = data$Y, loss = "mse"), list(Y = data$Y, loss = "sse"), list(Y = data$Y, loss = "mae"),
    list(Y = data$Y, loss = loss_huber(0.5)), list(Y = data$Y, loss = "quantile"), list(Y = data$Y, loss = loss_quantile(0.8)),
    list(Y = cbind(data$Y, data$X[, 1]), loss = "mse"), list(Y = cbind(data$Y, data$X[, 1]), loss = "huber"),
    list(Y = data$Y > 0, loss = "binary_cross_entropy"), list(Y = data$Y > 0.5, loss = "sse"),
    list(Y = factor(counts %% 3), loss = "cross_entropy"), list(Y = shares, loss = "cross_entropy", output = "softmax"),
    list(Y = counts, loss = "poisson"), list(Y = counts, loss = "poisson", offset = o), list(Y = counts, loss = "mse", output = "exp")
  )
  for (case in cases) {
    fit <- do.call(nn_train, c(list(data$X, hidden = 2, epochs = 0, case_weights = w, seed = 1), case))
    given <- list(X = data$X, Y = case$Y, case_weights = w, offset = case$offset)
    problem <- constant_problem(problem_of(fit, given, quote(f())))
    best <- loss_of(problem, quote(f()))
    label <- paste(fit$settings$loss, fit$settings$output)
    expect_gt(best, perfect_loss(problem), label = label)
    for (k in seq_along(problem$biases[[1]])) {
      for (step in c(-0.05, 0.05)) {
        moved <- problem
        moved$biases[[1]][k] <- moved$biases[[1]][k] + step
        expect_gte(loss_of(moved, quote(f())), best, label = label)
      }
    }
    # And no check stumbles over it.
    out <- nn_diagnose(fit, given)
    expect_setequal(c(out$findings$check, out$passed, out$skipped), c(history_checks, "copies", data_checks))
    expect_true(all(out$why %in% names(reasons)))
  }
})

test_that("no check stumbles over an outcome that does not vary, one row, or weights of 0", {
  X <- smooth_data(20)$X
  same <- nn_train(X, rep(2, 20), hidden = 2, epochs = 30, seed = 1)
  expect_identical(why_not(same, list(X = X, Y = rep(2, 20)), about_objective), rep("outcome", 3))
  row <- nn_train(X[1, , drop = FALSE], 1.5, hidden = 2, epochs = 30, seed = 1)
  expect_identical(why_not(row, list(X = X[1, , drop = FALSE], Y = 1.5), about_objective), rep("outcome", 3))
  y <- X[, 1]
  weighted <- nn_train(X, y, hidden = 2, epochs = 30, case_weights = rep(0:1, 10), seed = 1)
  expect_silent(out <- nn_diagnose(weighted, list(X = X, Y = y, case_weights = rep(0:1, 10))))
  expect_false("rows" %in% out$why)
})

test_that("of many rows a part is searched and all are judged, with the penalty in proportion", {
  data <- smooth_data(6000)
  train <- function(...) nn_train(data$X, data$Y, hidden = 3, activation = "tanh", seed = 1, ...)
  for (loss in c("mse", "sse")) {
    fit <- train(loss = loss, optimizer = "lbfgs", epochs = 200, penalty = if (loss == "sse") 60 else 0.02)
    out <- nn_diagnose(fit, data)
    expect_false("far_from_minimum" %in% out$findings$check)
  }
  hasty <- train(loss = "sse", optimizer = "adam", epochs = 1, batch_size = 500)
  expect_true("far_from_minimum" %in% found_by(hasty, data))
})

test_that("a network that is too large for other starts says so", {
  data <- smooth_data(5000)
  fit <- nn_train(data$X, data$Y, hidden = 100, activation = "tanh", optimizer = "lbfgs", epochs = 40, seed = 1)
  expect_identical(why_not(fit, data, "poor_minimum"), "size")
})

test_that("without data the loss of a constant is known for some outcomes only", {
  level <- function(...) constant_level(nn_train(..., preset = "textbook", epochs = 0, seed = 1))$loss
  expect_equal(level(xor$X, xor$Y), 0.5)
  expect_equal(level(xor$X, xor$Y, loss = "mse"), 0.25)
  expect_equal(level(am ~ wt, data = mtcars), log(2))
  expect_equal(level(Species ~ ., data = iris), log(3))
  expect_null(level(mpg ~ wt, data = mtcars, loss = "mae"))
  expect_null(level(as.matrix(mtcars["wt"]), mtcars$mpg))
  scaled <- nn_train(mpg ~ wt, data = mtcars, epochs = 0, seed = 1, preset = "textbook")
  problem <- problem_of(scaled, mtcars, quote(f()))
  expect_equal(constant_level(scaled)$loss, loss_of(constant_problem(problem), quote(f())))
})

test_that("several quantiles with an offset are compared with their best constants", {
  data <- withr::with_seed(1, data.frame(x = rnorm(60), y = rnorm(60), o = rnorm(60)))
  fit <- nn_train(y ~ x + offset(o), data, preset = "textbook", loss = loss_quantile(c(0.1, 0.9)), standardize = FALSE, epochs = 20, seed = 1)
  problem <- diagnosis_problem(fit, data, quote(nn_diagnose()))
  quantiles <- stats::quantile(data$y - data$o, c(0.1, 0.9), type = 1, names = FALSE)
  expect_equal(best_constant(problem), quantiles, tolerance = 1e-6)
  expect_s3_class(nn_diagnose(fit, data), "nn_diagnosis")
})
