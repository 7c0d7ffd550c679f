test_that("there is a line for every weight and bias", {
  picture <- history_picture(with_snapshots(drawn_fit()), 1:2, quote(plot()))
  expect_identical(dim(picture$panels[[1]]$weights), c(11L, 12L))
  expect_identical(picture$panels[[1]]$weights[11, ], as.double(drawn_fit()$weights[[1]]))
  expect_identical(dim(picture$panels[[2]]$biases), c(11L, 1L))
})

test_that("a fit that keeps its weights has a history", {
  fit <- nn_train(article_X, article_Y, epochs = 6, keep_weights = 2, seed = 1)
  picture <- history_picture(fit, 1:2, quote(plot()))
  expect_identical(picture$epochs, c(0, 2, 4, 6))
  expect_identical(picture$panels[[2]]$weights[4, ], as.double(fit$weights[[2]]))
  expect_identical(picture$panels[[1]]$weights[1, ], as.double(nn_init(c(4, 3, 1), seed = 1)$weights[[1]]))
  expect_identical(picture$title, "Weights over 6 epochs")
})

test_that("histories look as they should", {
  expect_picture("history", function() plot(with_snapshots(drawn_fit()), type = "history"))
  expect_picture("history-one-layer", function() plot(with_snapshots(drawn_fit()), type = "history", layer = 2))
})
