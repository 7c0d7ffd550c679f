test_that("panels hold the weights with the biases below", {
  picture <- weights_picture(drawn_fit(), 1:2)
  expect_identical(unname(picture$panels[[1]]$values[1:4, ]), drawn_fit()$weights[[1]])
  expect_identical(unname(picture$panels[[1]]$values[5, ]), drawn_fit()$biases[[1]])
  expect_identical(picture$range, c(-4.37, 4.37))
})

test_that("tables of weights look as they should", {
  expect_picture("weights", function() plot(drawn_fit(), type = "weights"))
  expect_picture("weights-one-layer", function() plot(drawn_fit(), type = "weights", layer = 2))
})
