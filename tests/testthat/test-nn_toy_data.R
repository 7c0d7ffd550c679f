test_that("each shape has the rows asked for, in balance, within its square", {
  for (name in names(toy_shapes)) {
    data <- nn_toy_data(name, n = 101, seed = 1)
    expect_named(data, c("x1", "x2", "y"))
    expect_identical(nrow(data), 101L)
    expect_lte(max(abs(as.matrix(data[c("x1", "x2")]))), if (name == "gaussians") 6 else 5)
    if (is.factor(data$y)) expect_identical(as.vector(table(data$y)), c(51L, 50L)) else expect_lte(max(abs(data$y)), 1)
  }
})

test_that("the same seed draws the same rows, and leaves R's generator alone", {
  set.seed(9)
  before <- .Random.seed
  first <- nn_toy_data("moons", noise = 0.1, seed = 4)
  expect_identical(.Random.seed, before)
  expect_identical(nn_toy_data("moons", noise = 0.1, seed = 4), first)
  expect_false(identical(nn_toy_data("moons", noise = 0.1, seed = 5), first))
  drawn <- nn_toy_data("moons", noise = 0.1)
  set.seed(9)
  expect_identical(nn_toy_data("moons", noise = 0.1), drawn)
})

test_that("the shapes are those that the help says", {
  circles <- nn_toy_data("circles", seed = 1)
  radius <- sqrt(circles$x1^2 + circles$x2^2)
  expect_lte(max(radius[circles$y == "inner"]), 2.5)
  expect_gte(min(radius[circles$y == "outer"]), 3.5)
  xor <- nn_toy_data("xor", seed = 1)
  expect_identical(as.character(xor$y), ifelse(xor$x1 * xor$x2 > 0, "same", "different"))
  expect_gte(min(abs(c(xor$x1, xor$x2))), 0.3)
  waves <- nn_toy_data("waves", seed = 1)
  expect_identical(waves$y, sin(waves$x1) * cos(waves$x2))
  # The noise of a surface is the outcome's: its standard deviation within four standard errors of 200 rows.
  noisy <- nn_toy_data("plane", noise = 0.5, seed = 1)
  expect_equal(stats::sd(noisy$y - (noisy$x1 + noisy$x2) / 10), 0.5, tolerance = 4 / sqrt(400))
})

test_that("what cannot be drawn is refused", {
  expect_snapshot(error = TRUE, {
    nn_toy_data("circle")
    nn_toy_data(n = 0)
    nn_toy_data(noise = -1)
    nn_toy_data(seed = 1.5)
  })
})
