test_that("a diagnosis prints findings with evidence and what to change", {
  X <- as.matrix(mtcars[c("disp", "hp")])
  fit <- nn_train(X, mtcars$am, epochs = 200, lr = 0.1, seed = 1)
  good <- nn_train(article_X, article_Y, epochs = 5000, lr = 0.1, seed = 1, keep = "data")
  withr::local_options(width = 80)
  expect_snapshot({
    nn_diagnose(fit, list(X = X, Y = mtcars$am))
    nn_diagnose(fit)
    nn_diagnose(good)
  })
})

test_that("a diverged training is named, and nothing else of its history", {
  fit <- suppressWarnings(nn_train(mpg ~ ., data = mtcars, lr = 10, epochs = 500, hidden = 5, activation = "tanh", seed = 1))
  out <- nn_diagnose(fit)
  expect_identical(out$findings$check, "diverged")
  expect_identical(out$passed, character())
})

test_that("what is no fit is refused", {
  expect_snapshot(error = TRUE, {
    nn_diagnose()
    nn_diagnose(lm(mpg ~ wt, mtcars))
    nn_diagnose(nn_train(article_X, article_Y, epochs = 1, seed = 1), article_X)
  })
})
