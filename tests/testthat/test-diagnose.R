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
  fit <- suppressWarnings(nn_train(mpg ~ ., data = mtcars, lr = 10, epochs = 500, hidden = 5, activation = "tanh", seed = 1, preset = "textbook"))
  out <- nn_diagnose(fit)
  expect_identical(out$findings$check, "diverged")
  expect_identical(out$passed, "copies")
  expect_identical(out$why[match(c("oscillating", "overfitting", "baseline"), out$skipped)], c("diverged", "diverged", "data"))
  with_data <- nn_diagnose(fit, mtcars)
  expect_identical(with_data$why[match(c("baseline", "far_from_minimum"), with_data$skipped)], c("diverged", "diverged"))
})

test_that("a program can tell what was found, what was not and what was not made", {
  fit <- nn_train(article_X, article_Y, epochs = 5000, lr = 0.1, seed = 1)
  blind <- nn_diagnose(fit)
  expect_identical(nrow(blind$findings), 0L)
  expect_identical(blind$passed, c("diverged", "oscillating", "crawling", "unfinished", "copies"))
  expect_identical(blind$skipped, c("overfitting", data_checks))
  expect_identical(blind$why, c("validation", rep("data", length(data_checks))))
  seeing <- nn_diagnose(fit, list(X = article_X, Y = article_Y))
  expect_identical(seeing$passed, c(blind$passed, data_checks))
  expect_identical(seeing$skipped, "overfitting")
  expect_identical(seeing$why, "validation")
})

test_that("the first line says how many checks wait for data", {
  first_line <- function(...) capture.output(print(structure(list(...), class = "nn_diagnosis")))[1L]
  none <- data.frame(check = character(), found = character(), evidence = character(), change = character())
  one <- data.frame(check = "copies", found = "f", evidence = "e", change = "c")
  expect_identical(first_line(findings = none, passed = "copies", skipped = character(), why = character()), "<nn_diagnosis> nothing found")
  expect_identical(
    first_line(findings = none, passed = "copies", skipped = c("overfitting", "dead"), why = c("validation", "data")),
    "<nn_diagnosis> nothing found by the 1 check that needs no data; 1 was not made: give `data`"
  )
  expect_identical(
    first_line(findings = one, passed = "diverged", skipped = c("dead", "unscaled"), why = c("data", "data")),
    "<nn_diagnosis> 1 finding; 2 checks were not made: give `data`"
  )
  expect_identical(
    first_line(findings = one, passed = "diverged", skipped = "overfitting", why = "validation"), "<nn_diagnosis> 1 finding"
  )
})

test_that("a diagnosis neither draws from R's generator nor prints, and leaves nn_last() alone", {
  data <- smooth_data(60)
  fit <- nn_train(data$X, data$Y, hidden = 4, activation = "tanh", epochs = 50, seed = 1)
  set.seed(3)
  before <- .Random.seed
  last <- session$last
  expect_silent(nn_diagnose(fit, data))
  expect_identical(.Random.seed, before)
  expect_identical(session$last, last)
})

test_that("what is no fit is refused", {
  expect_snapshot(error = TRUE, {
    nn_diagnose()
    nn_diagnose(lm(mpg ~ wt, mtcars))
    nn_diagnose(nn_train(article_X, article_Y, epochs = 1, seed = 1), article_X)
  })
})

test_that("a calibrated fit is diagnosed as its network", {
  fit <- nn_train(factor(am) ~ wt, data = mtcars, preset = "textbook", hidden = 2, epochs = 50, keep = "data", seed = 1)
  expect_identical(nn_diagnose(nn_calibrate(fit, mtcars)), nn_diagnose(fit))
})
