test_that("the grid's predictions are the network's, with the other inputs held", {
  fit <- nn_train(mpg ~ wt + hp + qsec, data = mtcars, hidden = 3, epochs = 50, seed = 1, preset = "textbook")
  picture <- boundary_picture(fit, c("hp", "wt"), mtcars, list(qsec = 17), quote(plot()))
  first <- data.frame(wt = picture$span[[2]][1], hp = picture$span[[1]][1], qsec = 17)
  expect_identical(unname(picture$value[1, ]), unname(nn_predict(fit, first)[1, ]))
  expect_identical(picture$axes, c("hp", "wt"))
})

test_that("factors are held at their most frequent level, numbers at their median", {
  data <- mixed_table()
  fit <- nn_train(y ~ ., data = data, hidden = 3, epochs = 20, seed = 1, preset = "textbook")
  picture <- boundary_picture(fit, c("number", "whole"), data, NULL, quote(plot()))
  expect_identical(picture$held$text, names(which.max(table(data$text))))
  expect_true(all(is.finite(picture$value)))
  picture <- boundary_picture(fit, c("number", "whole"), data, list(text = "low"), quote(plot()))
  expect_identical(picture$held$text, "low")
})

test_that("a standardised matrix fit needs no data", {
  picture <- boundary_picture(drawn_surface(), NULL, NULL, NULL, quote(plot()))
  expect_equal(mean(range(picture$span[[1]])), mean(mtcars$wt))
})

test_that("sparse inputs are drawn as the same numbers in full", {
  skip_if_not_installed("Matrix")
  data <- smooth_data()
  dense <- nn_train(data$X, data$Y, hidden = 2, epochs = 5, seed = 1, keep = "data")
  sparse <- nn_train(Matrix::Matrix(data$X, sparse = TRUE), data$Y, hidden = 2, epochs = 5, seed = 1, keep = "data")
  for (type in c("boundary", "activations")) {
    of <- function(fit) picture_of(fit, type, NULL, NULL, NULL, NULL, 16, 60, quote(plot()))
    parts <- if (type == "boundary") c("axes", "span", "points") else "range"
    expect_equal(of(sparse)[parts], of(dense)[parts], tolerance = 1e-10)
  }
})

test_that("a model of rates is drawn per unit of exposure", {
  data <- smooth_data()
  counts <- round(abs(data$Y) * 3)
  fit <- nn_train(data$X, counts, output = "exp", hidden = 2, epochs = 5, offset = rep(0.5, length(counts)), seed = 1)
  picture <- boundary_picture(fit, 1:2, list(X = data$X, Y = counts), NULL, quote(plot()))
  first <- matrix(c(picture$span[[1]][1], picture$span[[2]][1], picture$held[[1]]), 1)
  expect_identical(picture$value[1, ], nn_predict(fit, first, offset = 0)[1, ])
})

test_that("wrong inputs and held values are refused", {
  fit <- nn_train(mpg ~ wt + hp + qsec, data = mtcars, hidden = 3, epochs = 5, seed = 1, preset = "textbook")
  expect_snapshot(error = TRUE, {
    plot(fit, type = "boundary", data = mtcars, inputs = c("wt", "weight"))
    plot(fit, type = "boundary", data = mtcars, inputs = "wt")
    plot(fit, type = "boundary", data = mtcars, at = list(cyl = 3))
    plot(fit, type = "boundary", data = mtcars["wt"])
  })
})

test_that("boundaries, surfaces and curves look as they should", {
  expect_picture("boundary-classes", function() plot(drawn_classes(), type = "boundary", data = iris))
  cars <- list(X = as.matrix(mtcars[c("wt", "hp", "qsec")]), Y = mtcars$mpg)
  expect_picture("boundary-surface", function() plot(drawn_surface(), type = "boundary", data = cars))
  curve <- nn_train(matrix(0:4), c(0, 0, 1, 1, 1), hidden = c(), epochs = 0, seed = 1, keep = "data")
  curve$weights <- list(matrix(2))
  curve$biases <- list(-3)
  expect_picture("boundary-curve", function() plot(curve, type = "boundary"))
})

test_that("beyond eight classes each region has its name within it", {
  at <- seq(0, 1, length.out = 41)
  grid <- expand.grid(at, at)
  best <- 1L + floor(grid[[1]] * 2.99) + 3L * floor(grid[[2]] * 3.99)
  picture <- list(classes = paste0("class", 1:13), span = list(at, at))
  names <- region_names(picture, best)
  # Class 13 has no region.
  expect_identical(names$text, paste0("class", 1:12))
  expect_identical(1L + floor(names$x * 2.99) + 3L * floor(names$y * 3.99), as.double(1:12))
  expect_null(region_names(list(classes = paste0("class", 1:8), span = list(at, at)), pmin(best, 8)))
})

test_that("titles name the outcome", {
  title <- function(fit, ...) boundary_picture(fit, ..., at = NULL, call = quote(plot()))$title
  expect_identical(title(drawn_classes(), NULL, iris), "Predicted Species")
  expect_identical(title(drawn_surface(), NULL, NULL), "Predicted y")
  xor <- nn_train(rbind(c(0, 0), c(0, 1), c(1, 0), c(1, 1)), c(0, 1, 1, 0), epochs = 1, seed = 1, keep = "data")
  expect_identical(title(xor, NULL, NULL), "Predicted class")
  curve <- nn_train(mpg ~ wt, data = mtcars, epochs = 1, seed = 1, preset = "textbook")
  expect_identical(title(curve, NULL, mtcars), "Predicted mpg by wt")
})

test_that("a flat surface is drawn without a warning about its contours", {
  fit <- nn_train(cbind(a = 1:4, b = 4:1), rep(2, 4), epochs = 0, start = list(weights = list(matrix(0, 2, 1)), biases = list(2)))
  withr::local_pdf(NULL)
  expect_no_warning(plot(fit, type = "boundary", data = cbind(a = 1:4, b = 4:1)))
})

test_that("classes that lead by the same everywhere have no border, and no warning", {
  same <- list(seq_len(3), seq_len(4))
  expect_no_warning(borders <- class_borders(same, cbind(rep(0.7, 12), 0.3)))
  expect_length(borders, 0L)
  expect_length(class_borders(same, cbind(rep(c(0.2, 0.4, 0.9), 4), rep(c(0.8, 0.6, 0.1), 4))), 1L)
})
