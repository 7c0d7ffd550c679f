test_that("under one hidden layer Garson's shares are those of his formula", {
  fit <- drawn_fit()
  w <- abs(fit$weights[[1L]])
  v <- abs(fit$weights[[2L]][, 1L])
  # The share of input i in hidden unit h, times the share of h in the output.
  expected <- vapply(1:4, function(i) sum(w[i, ] / colSums(w) * v / sum(v)), 0)
  importance <- nn_importance(fit, method = "garson")
  expect_equal(importance$importance[order(importance$variable)], expected)
  expect_identical(sort(importance$variable), paste0("x", 1:4))
})

test_that("Olden's products are summed over all ways, at any depth", {
  fit <- nn_train(as.matrix(mtcars[c("wt", "hp")]), mtcars[c("mpg", "disp")], hidden = c(3, 2), epochs = 1, seed = 1)
  importance <- nn_importance(fit, method = "olden")
  w <- fit$weights
  for (i in 1:2) {
    for (o in 1:2) {
      ways <- expand.grid(a = 1:3, b = 1:2)
      expected <- sum(w[[1]][i, ways$a] * w[[2]][cbind(ways$a, ways$b)] * w[[3]][ways$b, o])
      found <- importance$importance[importance$variable == c("wt", "hp")[i] & importance$output == c("mpg", "disp")[o]]
      expect_equal(found, expected)
    }
  }
  expect_equal(c(tapply(nn_importance(fit, method = "garson")$importance, importance$output, sum)), c(disp = 1, mpg = 1))
})

test_that("of several inputs of a column sizes are summed, and of an ensemble the mean is taken", {
  data <- cars_with_factor()
  fit <- nn_train(mpg ~ am + wt, data = data, hidden = c(), epochs = 0, seed = 1, preset = "textbook")
  fit$weights <- list(matrix(c(-2, 1, -4)))
  importance <- nn_importance(fit, method = "olden")
  expect_identical(importance$variable, c("wt", "am"))
  expect_equal(importance$importance, c(-4, 3))
  ensemble <- nn_train(mpg ~ am + wt, data = data, hidden = 2, epochs = 3, seed = 1, preset = "textbook", ensemble = 2)
  of <- function(fit) with(nn_importance(fit, method = "garson"), importance[match(c("am", "wt"), variable)])
  expect_equal(of(ensemble), (of(nn_member(ensemble, 1)) + of(nn_member(ensemble, 2))) / 2)
})

test_that("networks that are no chain of dense layers, and arguments of other methods, are refused by name", {
  scaled <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = nn_layers(layer_scale(), layer_dense(2)), epochs = 1, seed = 1, preset = "textbook")
  pieces <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = 2, embed = "piecewise", epochs = 1, seed = 1, preset = "textbook")
  expect_snapshot(error = TRUE, {
    nn_importance(scaled, method = "olden")
    nn_importance(pieces, method = "garson")
    nn_importance(flat_fit(), method = "garson", repeats = 3)
    nn_importance(flat_fit(), mtcars, method = "gradient", metric = "mae")
    nn_importance(flat_fit(), mtcars, method = "garsson")
  })
})
