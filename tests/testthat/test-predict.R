test_that("a numeric or logical outcome gives .pred", {
  fit <- nn_train(article_X, c(3, 1, 2), epochs = 1)
  out <- predict(fit, article_X)
  expect_s3_class(out, "tbl_df")
  expect_named(out, ".pred")
  expect_identical(out$.pred, c(nn_predict(fit, article_X)))
  logical <- nn_train(article_X, c(TRUE, FALSE, TRUE), epochs = 1)
  expect_named(predict(logical, article_X), ".pred")
})

test_that("a logical outcome has classes that are logical, and shares, where its output is a probability", {
  data <- transform(mtcars, am = am == 1)
  fit <- nn_train(am ~ wt, data, preset = "textbook", epochs = 200, seed = 1)
  p <- nn_predict(fit, data)[, 1]
  expect_identical(predict(fit, data, type = "class")$.pred_class, unname(p) > 0.5)
  expect_identical(nn_predict(fit, data, type = "class"), unname(p) > 0.5)
  share <- predict(fit, data, type = "prob")
  expect_named(share, c(".pred_FALSE", ".pred_TRUE"))
  expect_identical(share$.pred_TRUE, unname(p))
  expect_equal(rowSums(share), rep(1, 32))
  # To miss one that is TRUE costs nine times as much: it is decided for above a tenth.
  cost <- matrix(c(0, 9, 1, 0), 2, dimnames = rep(list(c("FALSE", "TRUE")), 2))
  expect_identical(predict(fit, data, type = "class", cost = cost)$.pred_class, unname(p) > 0.1)
  expect_identical(predict(fit, data.frame(wt = c(NA, 1)), type = "class")$.pred_class, c(NA, TRUE))
  expect_identical(predict(fit, data[0, ], type = "class")$.pred_class, logical())
  line <- nn_train(as.matrix(mtcars["wt"]), data$am, output = "linear", epochs = 1)
  expect_error(predict(line, as.matrix(mtcars["wt"]), type = "class"), class = "backprop_error_incompatible")
})

test_that("a factor gives classes by default, and a share for every level in order", {
  fit <- nn_train(Species ~ ., data = iris, epochs = 200, activation = "tanh", seed = 1, preset = "textbook")
  class <- predict(fit, iris)
  expect_named(class, ".pred_class")
  expect_identical(levels(class$.pred_class), levels(iris$Species))
  share <- predict(fit, iris, type = "prob")
  expect_named(share, paste0(".pred_", levels(iris$Species)))
  expect_equal(rowSums(share), rep(1, 150))
  expect_identical(as.integer(class$.pred_class), max.col(as.matrix(share), ties.method = "first"))
})

test_that("two levels have both shares, of which the network gives the second", {
  y <- factor(c("no", "yes", "no"))
  fit <- nn_train(article_X, y, epochs = 2000, seed = 1, lr = 1)
  share <- predict(fit, article_X, type = "prob")
  expect_named(share, c(".pred_no", ".pred_yes"))
  expect_identical(share$.pred_yes, unname(nn_predict(fit, article_X)[, 1]))
  expect_equal(share$.pred_no + share$.pred_yes, rep(1, 3))
  expect_identical(predict(fit, article_X)$.pred_class, y)
})

test_that("no rows give no rows of the right columns", {
  fit <- nn_train(Species ~ ., data = iris, epochs = 1, preset = "textbook")
  expect_identical(dim(predict(fit, iris[0, ])), c(0L, 1L))
  expect_identical(dim(predict(fit, iris[0, ], type = "prob")), c(0L, 3L))
  numbers <- nn_train(article_X, 1:3, epochs = 1)
  expect_identical(dim(predict(numbers, article_X[0, ])), c(0L, 1L))
})

test_that("types that are unknown or do not fit are refused", {
  flowers <- nn_train(Species ~ ., data = iris, epochs = 1, preset = "textbook")
  numbers <- nn_train(article_X, 1:3, epochs = 1)
  expect_snapshot(error = TRUE, {
    predict(flowers, iris, type = "probability")
    predict(flowers, iris, type = "numeric")
    predict(numbers, article_X, type = "class")
    predict(flowers, newdat = iris)
    predict(flowers, iris, newdata = iris)
    predict(flowers)
  })
})

test_that("newdata, the name of R's own methods, is understood", {
  flowers <- nn_train(Species ~ ., data = iris, epochs = 1, seed = 1, preset = "textbook")
  expect_identical(predict(flowers, newdata = iris), predict(flowers, iris))
  expect_identical(predict(flowers, newdata = iris, type = "prob"), predict(flowers, iris, type = "prob"))
})
