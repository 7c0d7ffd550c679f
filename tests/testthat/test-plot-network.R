test_that("there is an edge for every weight and bias, with its value", {
  picture <- network_picture(drawn_fit(), 16L)
  expect_identical(nrow(picture$edges), 19L)
  expect_setequal(picture$edges$weight, unlist(coef_list(drawn_fit())))
  from_x2_to_h1 <- subset(picture$edges, layer == 1 & !bias & y0 == 0.5 & y1 == 1)
  expect_identical(from_x2_to_h1$weight, 3.38)
})

test_that("a wide layer is cut, and the picture says by how many units", {
  wide <- nn_train(article_X, article_Y, hidden = 50, epochs = 1, seed = 1)
  picture <- network_picture(wide, 7L)
  hidden <- subset(picture$nodes, layer == 2 & kind == "hidden")
  expect_identical(hidden$unit, c(1L, 2L, 3L, 48L, 49L, 50L))
  expect_identical(picture$omitted, 44)
  cut <- subset(picture$edges, layer == 2 & !bias)
  expect_identical(cut$weight, wide$weights[[2]][c(1:3, 48:50), 1])
})

test_that("networks look as they should", {
  expect_picture("network", function() plot(drawn_fit(), type = "network"))
  wide <- drawn_fit()
  wide$settings$sizes <- c(4L, 30L, 1L)
  wide$settings$hidden <- 30L
  wide$weights <- list(outer(1:4, 1:30, function(i, j) sin(i * j)), matrix(cos(1:30), 30))
  wide$biases <- list(sin(1:30), 0.5)
  expect_picture("network-wide", function() plot(wide, type = "network", max_units = 9))
})
