test_that("a numeric or logical outcome gives .pred", {
  fit <- nn_train(article_X, c(3, 1, 2), epochs = 1)
  out <- predict(fit, article_X)
  expect_s3_class(out, "tbl_df")
  expect_named(out, ".pred")
  expect_identical(out$.pred, c(nn_predict(fit, article_X)))
  logical <- nn_train(article_X, c(TRUE, FALSE, TRUE), epochs = 1)
  expect_named(predict(logical, article_X), ".pred")
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
