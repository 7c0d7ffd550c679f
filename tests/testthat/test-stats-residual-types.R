test_that("residuals are those of lm() and glm() at the same predictions", {
  line <- nn_train(mpg ~ wt, data = mtcars, hidden = c(), epochs = 3000, seed = 1, keep = "data", preset = "textbook")
  wanted <- lm(mpg ~ wt, data = mtcars)
  for (type in c("response", "pearson", "deviance")) {
    expect_equal(residuals(line, type = type)[, "mpg"], residuals(wanted, type = type), tolerance = 1e-6)
  }
  counts <- nn_train(carb ~ wt + hp, data = mtcars, output = "exp", loss = "poisson", epochs = 50, seed = 1, keep = "data", preset = "textbook")
  p <- c(nn_predict(counts, mtcars))
  expect_equal(c(residuals(counts, type = "pearson")), (mtcars$carb - p) / sqrt(p))
  expect_equal(sum(residuals(counts, type = "deviance")^2), deviance(counts))
  expect_identical(dimnames(residuals(counts, type = "deviance")), dimnames(residuals(counts)))

  binary <- nn_train(am ~ wt, data = mtcars, epochs = 50, seed = 1, keep = "data", preset = "textbook")
  p <- c(nn_predict(binary, mtcars))
  expect_equal(c(residuals(binary, type = "pearson")), (mtcars$am - p) / sqrt(p * (1 - p)))
  expect_equal(
    c(residuals(binary, type = "deviance")),
    sign(mtcars$am - p) * sqrt(binomial()$dev.resids(mtcars$am, p, rep(1, 32)))
  )
})

test_that("the squares of deviance residuals add up to the deviance for classes and weighted rows", {
  fit <- nn_train(iris[1:4], iris$Species, epochs = 20, seed = 1, preset = "textbook")
  known <- list(X = iris[1:4], Y = iris$Species, case_weights = rep(0:2, 50))
  found <- residuals(fit, data = known, type = "deviance")
  expect_identical(dim(found), c(150L, 3L))
  expect_equal(sum(found^2), deviance(fit, data = known))
  expect_identical(sign(found[2, ]), c(setosa = 1, versicolor = 0, virginica = 0))
})

test_that("residuals without a likelihood are refused", {
  fit <- nn_train(article_X, article_Y, epochs = 1, seed = 1)
  expect_snapshot(error = TRUE, {
    residuals(fit, data = list(X = article_X, Y = article_Y), type = "pearson")
    residuals(fit, data = list(X = article_X, Y = article_Y), type = "working")
  })
})

test_that("a prediction that is right to the last bit has no residual", {
  sure <- nn_train(matrix(c(-1, 1)), c(0, 1), loss = "binary_cross_entropy", epochs = 0, start = list(weights = list(matrix(1000)), biases = list(0)))
  expect_identical(unname(nn_predict(sure, matrix(c(-1, 1)))[, 1]), c(0, 1))
  data <- list(X = matrix(c(-1, 1)), Y = c(0, 1))
  expect_identical(unname(residuals(sure, data = data, type = "pearson")[, 1]), c(0, 0))
  expect_identical(unname(residuals(sure, data = data, type = "deviance")[, 1]), c(0, 0))
})
