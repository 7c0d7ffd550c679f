# What parsnip calls to train; none of this needs parsnip.

train_quickly <- function(...) do.call(nn_train, c(list(...), quick))
by_parsnip <- function(...) do.call(nn_parsnip, c(list(...), quick))

test_that("arguments of the model are those of nn_train()", {
  typed <- train_quickly(mpg ~ wt * hp, data = mtcars, hidden = c(4, 2), epochs = 5, penalty = 0.01, dropout = 0.1, activation = "tanh", lr = 0.02)
  mapped <- by_parsnip(
    mpg ~ wt * hp, data = mtcars,
    model_hidden_units = c(4, 2), model_epochs = 5, model_penalty = 0.01, model_dropout = 0.1, model_activation = "tanh", model_learn_rate = 0.02
  )
  expect_same_bits(mapped, typed)
})

test_that("arguments of the engine go to nn_train() as they are", {
  expect_same_bits(by_parsnip(mpg ~ wt, data = mtcars, batch_size = 8, activation = "relu", lr = 0.1), train_quickly(mpg ~ wt, data = mtcars, batch_size = 8, activation = "relu", lr = 0.1))
})

test_that("nothing typed is the preset for tables, an ensemble", {
  expect_identical(formals(nn_train.formula)$preset, "table")
  fit <- nn_parsnip(mpg ~ wt, mtcars[1:20, ], seed = 1)
  expect_s3_class(fit, "nn_ensemble")
  expect_identical(nn_predict(fit, mtcars), nn_predict(nn_train(mpg ~ wt, mtcars[1:20, ], seed = 1), mtcars))
})

test_that("the outcome that parsnip names itself is that of a data frame", {
  data <- cbind(mtcars[c("wt", "hp")], ..y = mtcars$mpg)
  fit <- by_parsnip(..y ~ wt + hp, data = data)
  expect_same_bits(fit, train_quickly(X = mtcars[c("wt", "hp")], Y = mtcars$mpg))
  expect_identical(fit$interface, "data.frame")
  expect_identical(fit$call[c("X", "Y")], quote(nn_train(X = X, Y = Y))[c("X", "Y")])
})

test_that("weights are the ones given, whatever columns the data have", {
  data <- cbind(mtcars, weights = 0, case_weights = 0)
  given <- rep(1:2, 16)
  expect_same_bits(by_parsnip(mpg ~ wt, data = data, weights = given), train_quickly(mpg ~ wt, data = mtcars, case_weights = given))
})

test_that("what parsnip gives itself is an error of the engine", {
  expect_snapshot(error = TRUE, {
    nn_parsnip(mpg ~ wt, mtcars, hidden = 3)
    nn_parsnip(mpg ~ wt, mtcars, epochs = 3)
    nn_parsnip(mpg ~ wt, mtcars, penalty = 1)
    nn_parsnip(mpg ~ wt, mtcars, X = 1)
    nn_parsnip(mpg ~ wt, mtcars, Y = 1)
    nn_parsnip(mpg ~ wt, mtcars, case_weights = 1)
    nn_parsnip(mpg ~ wt, mtcars, offset = 1)
    nn_parsnip(mpg ~ wt, mtcars, subset = 1)
    nn_parsnip(mpg ~ wt, mtcars, model_learn_rate = 0.1, lr = 0.2)
    nn_parsnip(mpg ~ wt, mtcars, 5)
    nn_parsnip(mpg ~ wt, mtcars, batchsize = 8)
    nn_parsnip(mpg ~ wt)
  })
})

test_that("what waits for a package happens when it is loaded, and what fails then is said and no more", {
  skip_on_cran()
  process <- run_process('
    when_loaded <- backprop:::when_loaded
    when_loaded("splines", function() cat("splines is there\\n"))
    when_loaded("stats4", function() stop("it changed"))
    when_loaded("stats", function() cat("stats was there\\n"))
    cat("waiting\\n")
    loadNamespace("splines")
    loadNamespace("stats4")
    cat(isNamespaceLoaded("parsnip"), "\\n")
  ')
  expect_identical(process$status, 0L)
  said <- grep("there|waiting|not an engine|FALSE|TRUE", process$output, value = TRUE)
  expect_identical(said[1:3], c("stats was there", "waiting", "splines is there"))
  expect_match(said[4L], "not an engine of stats4 .*: it changed")
  # Nor does loading this package load parsnip.
  expect_identical(said[5L], "FALSE ")
})
