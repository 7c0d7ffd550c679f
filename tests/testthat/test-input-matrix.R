test_that("what is not a numeric matrix is refused with its type", {
  expect_snapshot(error = TRUE, {
    nn_train(matrix(letters[1:4], 2), 1:2)
    nn_train(list(1, 2), 1:2)
    nn_train(matrix(complex(4), 2), 1:2)
    nn_train(array(1, c(2, 2, 2)), 1:2)
    nn_train(as.Date("2020-01-01") + 0:1, 1:2)
    nn_train(Sys.time() + 0:1, 1:2)
    nn_train(as.difftime(1:2, units = "mins"), 1:2)
    nn_train(structure(c(1, 2), class = "integer64"), 1:2)
    nn_train(factor(c("a", "b")), 1:2)
    nn_train(mean, 1:2)
    nn_train(NULL, 1:2)
  })
})

test_that("missing and infinite inputs are named by column", {
  X <- article_X
  X[2, 3] <- NA
  X[1, 1] <- Inf
  named <- X
  colnames(named) <- c("a", "b{x}", "c", "d")
  expect_snapshot(error = TRUE, {
    nn_train(X, article_Y)
    nn_train(named, article_Y)
    nn_train(X, article_Y, standardize = TRUE)
  })
})

test_that("empty inputs, unequal rows and twin columns are refused", {
  twins <- article_X
  colnames(twins) <- c("a", "b", "a", "c")
  expect_snapshot(error = TRUE, {
    nn_train(article_X[0, ], article_Y)
    nn_train(article_X[, 0], article_Y)
    nn_train(article_X, 1:2)
    nn_train(twins, article_Y)
  })
})

test_that("a vector is one column, and a harmless class is ignored", {
  expect_identical(nn_train(1:3, article_Y, epochs = 1)$inputs$n, 1L)
  counts <- table(mtcars$cyl, mtcars$gear)
  expect_identical(nn_train(counts, article_Y, epochs = 1)$inputs$n, 3L)
})
