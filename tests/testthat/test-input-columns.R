test_that("characters, factors, ordered factors, logicals and numbers are encoded", {
  fit <- nn_train(y ~ ., data = mixed_table(), epochs = 1, seed = 1, preset = "textbook")
  expect_identical(fit$inputs$names, c(
    "number", "whole", "flag", "texthigh", "textlow", "textmid", "groupa", "groupb", "grade1", "grade2", "grade3"
  ))
})

test_that("a factor, its characters and its ordered form train the same network", {
  fit <- nn_train(Sepal.Length ~ Species, data = iris, epochs = 5, seed = 1, preset = "textbook")
  text <- transform(iris, Species = as.character(Species))
  ordered <- transform(iris, Species = factor(Species, ordered = TRUE))
  expect_same_bits(fit, nn_train(Sepal.Length ~ Species, data = text, epochs = 5, seed = 1, preset = "textbook"))
  expect_same_bits(fit, nn_train(Sepal.Length ~ Species, data = ordered, epochs = 5, seed = 1, preset = "textbook"))
})

test_that("a character outcome becomes a factor", {
  text <- transform(iris, Species = as.character(Species))
  fit <- nn_train(Species ~ ., data = text, epochs = 5, seed = 1, preset = "textbook")
  expect_same_bits(fit, nn_train(Species ~ ., data = iris, epochs = 5, seed = 1, preset = "textbook"))
  expect_identical(levels(predict(fit, text)$.pred_class), levels(iris$Species))
})

test_that("levels of characters are remembered for predictions", {
  data <- mixed_table()
  for (fit in list(
    nn_train(y ~ ., data = data, epochs = 5, seed = 1, preset = "textbook"),
    nn_train(data[names(data) != "y"], data$y, epochs = 5, seed = 1, preset = "textbook")
  )) {
    whole <- nn_predict(fit, data)
    for (i in 1:3) {
      expect_equal(nn_predict(fit, data[i, ]), whole[i, , drop = FALSE], tolerance = 1e-12)
    }
  }
})

test_that("columns that cannot be used are refused by name and type", {
  table <- function(column) {
    data <- data.frame(y = c(1, 2, 3), a = 1:3)
    data$`odd {name}` <- column
    data
  }
  expect_snapshot(error = TRUE, {
    nn_train(y ~ ., data = table(as.Date("2020-01-01") + 0:2), preset = "textbook")
    nn_train(table(as.Date("2020-01-01") + 0:2)[-1], 1:3, preset = "textbook")
    nn_train(y ~ ., data = table(as.POSIXct("2020-01-01", tz = "UTC") + 0:2), preset = "textbook")
    nn_train(y ~ ., data = table(as.difftime(1:3, units = "mins")), preset = "textbook")
    nn_train(y ~ ., data = table(I(list(1, 2, 3))), preset = "textbook")
    nn_train(y ~ ., data = table(complex(3)), preset = "textbook")
    nn_train(y ~ ., data = table(structure(c(1, 2, 3), class = "integer64")), preset = "textbook")
    nn_train(y ~ ., data = table(matrix(letters[1:6], 3)), preset = "textbook")
    nn_train(y ~ ., data = table(as.raw(1:3)), preset = "textbook")
  })
})

test_that("columns that the formula does not use are not looked at", {
  data <- cbind(mtcars, when = Sys.Date(), empty = NA)
  expect_s3_class(nn_train(mpg ~ wt + hp, data = data, epochs = 1, preset = "textbook"), "nn_fit")
  expect_s3_class(nn_train(mpg ~ . - when - empty, data = data, epochs = 1, preset = "textbook"), "nn_fit")
})

test_that("missing and infinite values are named by column", {
  data <- mixed_table()
  data$number[2] <- NA
  data$text[3] <- NA
  data$whole[1] <- NA
  outcome <- mixed_table()
  outcome$y[4] <- NaN
  expect_snapshot(error = TRUE, {
    nn_train(y ~ ., data = data, preset = "textbook")
    nn_train(data[1:4], 1:40, preset = "textbook")
    nn_train(y ~ ., data = outcome, preset = "textbook")
    nn_train(y ~ log(number - 1000), data = mixed_table(), preset = "textbook")
  })
})

test_that("duplicate names and empty tables are refused", {
  twins <- stats::setNames(data.frame(1:3, 1:3, 1:3), c("y", "a", "a"))
  expect_snapshot(error = TRUE, {
    nn_train(y ~ ., data = twins, preset = "textbook")
    nn_train(twins, 1:3)
    nn_train(Species ~ ., data = iris[0, ], preset = "textbook")
    nn_train(iris[0, 1:4], numeric(), preset = "textbook")
    nn_train(iris[, 0], iris$Species, preset = "textbook")
  })
})

test_that("names that are not syntactic keep their spelling", {
  data <- stats::setNames(data.frame(1:3, c("x", "y", "x"), c(2, 5, 1)), c("my col", "a{b}", "out come"))
  fit <- nn_train(`out come` ~ ., data = data, epochs = 1, preset = "textbook")
  expect_identical(fit$inputs$names, c("my col", "a{b}x", "a{b}y"))
  expect_identical(dimnames(nn_predict(fit, data))[[2]], "out come")
})

test_that("a formula's environment is not carried along", {
  train <- function() {
    large <- rnorm(1e6)
    nn_train(mpg ~ wt, data = mtcars, epochs = 1, preset = "textbook")
  }
  expect_lt(length(serialize(train(), NULL)), 50000)
})

test_that("a new level of a factor gives NA with a warning that names it", {
  data <- mixed_table()
  new <- data[1:3, ]
  new$text[2] <- "{top}"
  for (fit in list(
    nn_train(y ~ ., data = data, epochs = 5, seed = 1, preset = "textbook"),
    nn_train(data[names(data) != "y"], data$y, epochs = 5, seed = 1, preset = "textbook")
  )) {
    expect_snapshot(predicted <- predict(fit, new))
    expect_identical(is.na(predicted$.pred), c(FALSE, TRUE, FALSE))
    expect_warning(nn_predict(fit, new), class = "backprop_warning_new_level")
    expect_equal(suppressWarnings(nn_predict(fit, new))[c(1, 3)], nn_predict(fit, data)[c(1, 3)], tolerance = 1e-12)
  }
})

test_that("columns of another type than in training are refused", {
  data <- mixed_table()
  fit <- nn_train(y ~ ., data = data, epochs = 1, preset = "textbook")
  expect_snapshot(error = TRUE, {
    predict(fit, transform(data, number = "a"))
    predict(fit, transform(data, text = 1))
    predict(fit, transform(data, number = as.Date("2020-01-01")))
  })
})
