chosen <- function(...) {
  fit <- nn_train(..., preset = "textbook", epochs = 1, seed = 1)
  c(fit$settings$output, fit$settings$loss)
}

test_that("the outcome chooses output and loss, by method", {
  X <- article_X
  table <- as.data.frame(X)
  classes <- factor(c("a", "b", "c"))
  expect_identical(chosen(X, c(1, 1, 0)), c("sigmoid", "sse"))
  expect_identical(chosen(X, c(TRUE, TRUE, FALSE)), c("sigmoid", "sse"))
  expect_identical(chosen(table, c(1, 1, 0)), c("sigmoid", "binary_cross_entropy"))
  expect_identical(chosen(table, c(TRUE, TRUE, FALSE)), c("sigmoid", "binary_cross_entropy"))
  expect_identical(chosen(X, factor(c("a", "b", "a"))), c("sigmoid", "binary_cross_entropy"))
  expect_identical(chosen(X, c("a", "b", "a")), c("sigmoid", "binary_cross_entropy"))
  expect_identical(chosen(X, classes), c("softmax", "cross_entropy"))
  expect_identical(chosen(table, classes), c("softmax", "cross_entropy"))
  expect_identical(chosen(X, c(1, 2, 3)), c("linear", "mse"))
  expect_identical(chosen(X, c(1, 2, 3), loss = "poisson"), c("exp", "poisson"))
  expect_identical(chosen(X, c(1, 2, 3), output = "exp"), c("exp", "poisson"))
  expect_identical(chosen(X, classes, loss = "sse"), c("sigmoid", "sse"))
  expect_identical(chosen(X, factor(c("a", "b", "a")), output = "softmax"), c("softmax", "cross_entropy"))
})

test_that("softmax on two levels has two outputs, sigmoid one for the second level", {
  y <- factor(c("no", "yes", "no"))
  one <- nn_train(article_X, y, epochs = 1)
  two <- nn_train(article_X, y, epochs = 1, output = "softmax")
  expect_identical(dim(nn_predict(one, article_X)), c(3L, 1L))
  expect_identical(colnames(nn_predict(one, article_X)), "yes")
  expect_identical(colnames(nn_predict(two, article_X)), c("no", "yes"))
  expect_equal(rowSums(nn_predict(two, article_X)), rep(1, 3))
})

test_that("unused levels of the outcome are kept, in order, with a warning", {
  y <- factor(c("b", "c", "b"), levels = c("c", "b", "a"))
  expect_warning(fit <- nn_train(article_X, y, epochs = 1), class = "backprop_warning_unused_level")
  expect_identical(colnames(nn_predict(fit, article_X)), c("c", "b", "a"))
  expect_identical(levels(predict(fit, article_X)$.pred_class), c("c", "b", "a"))
})

test_that("several outputs keep their names", {
  Y <- cbind(a = 1:3, b = 3:1)
  fit <- nn_train(article_X, Y, epochs = 1)
  expect_identical(colnames(nn_predict(fit, article_X)), c("a", "b"))
  expect_identical(names(predict(fit, article_X)), c(".pred_a", ".pred_b"))
  fit <- nn_train(article_X, unname(Y), epochs = 1)
  expect_null(colnames(nn_predict(fit, article_X)))
  expect_identical(names(predict(fit, article_X)), c(".pred_y1", ".pred_y2"))
  expect_same_bits(fit, nn_train(article_X, as.data.frame(Y), epochs = 1, seed = fit$seed))
})

test_that("columns of outcomes are matched by name, wherever they are compared", {
  set.seed(4)
  X <- cbind(x = rnorm(30), z = rnorm(30))
  Y <- cbind(a = X[, 1], b = 10 + X[, 2])
  turned <- Y[, 2:1]
  fit <- nn_train(X, Y, hidden = c(), optimizer = "lbfgs", epochs = 20, seed = 1)
  expect_identical(nn_metrics(fit, list(X = X, Y = turned)), nn_metrics(fit, list(X = X, Y = Y)))
  expect_identical(residuals(fit, data = list(X = X, Y = turned)), residuals(fit, data = list(X = X, Y = Y)))
  held <- function(Y_held) nn_train(X, Y, hidden = 2, epochs = 5, validation = list(X = X, Y = Y_held), seed = 1)$history
  expect_identical(held(turned), held(Y))
})

test_that("outcomes that cannot be used are refused", {
  expect_snapshot(error = TRUE, {
    nn_train(article_X, c(1, NA, 3))
    nn_train(article_X, c(1, Inf, NaN))
    nn_train(article_X, factor(c("a", NA, "b")))
    nn_train(article_X, factor(c("a", "a", "a")))
    nn_train(article_X, c("a", "a", "a"))
    nn_train(article_X, list(1, 2, 3))
    nn_train(article_X, as.Date("2020-01-01") + 0:2)
    nn_train(article_X, complex(3))
    nn_train(article_X, matrix(0, 3, 0))
    nn_train(article_X, matrix(letters[1:6], 3))
    nn_train(article_X, cbind(a = 1:3, a = 1:3))
    nn_train(article_X, data.frame(a = 1:3, b = letters[1:3]))
  })
})

test_that("outcome, output and loss that do not fit say why", {
  expect_snapshot(error = TRUE, {
    nn_train(article_X, article_Y, output = "softmax")
    nn_train(article_X, -article_Y, loss = "poisson")
    nn_train(article_X, 1:3, loss = "binary_cross_entropy")
    nn_train(article_X, cbind(1:3, 1:3), loss = "cross_entropy")
    nn_train(article_X, article_Y, output = "linear", loss = "cross_entropy")
    nn_train(article_X, factor(letters[1:3]), output = "linear")
  })
})
