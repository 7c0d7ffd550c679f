test_that("a level that no training row has is new to predictions, in every method", {
  data <- mixed_table()
  data$group <- factor(data$group, levels = c("never", "a", "b"))
  for (fit in list(
    nn_train(y ~ group + number, data = data, epochs = 3, seed = 1, preset = "textbook"),
    nn_train(data[c("group", "number")], data$y, epochs = 3, seed = 1, preset = "textbook")
  )) {
    expect_identical(fit$inputs$n, 3L)
    new <- data[1:2, ]
    new$group[1] <- "never"
    expect_snapshot(predicted <- predict(fit, new))
    expect_identical(is.na(predicted$.pred), c(TRUE, FALSE))
  }
})

test_that("levels of rows that do not train are new: those of weight 0, out of the subset, with gaps", {
  data <- mixed_table()
  data$group <- as.character(data$group)
  data$group[3] <- "rare"
  data$w <- replace(rep(1, 40), 3, 0)
  data$gap <- replace(data$number, 3, NA)
  for (fit in list(
    nn_train(y ~ group, data = data, case_weights = w, epochs = 1, seed = 1, preset = "textbook"),
    nn_train(y ~ group, data = data, subset = group != "rare", epochs = 1, seed = 1, preset = "textbook"),
    suppressMessages(nn_train(y ~ group + gap, data = data, na_action = "omit", epochs = 1, seed = 1, preset = "textbook")),
    nn_train(data["group"], data$y, case_weights = data$w, epochs = 1, seed = 1, preset = "textbook")
  )) {
    expect_false("grouprare" %in% fit$inputs$names)
    expect_warning(nn_predict(fit, transform(data[3, ], gap = 1)), class = "backprop_warning_new_level")
  }
})

test_that("a level with one row trains, wherever the split falls", {
  data <- mixed_table()
  data$group <- as.character(data$group)
  data$group[3] <- "rare"
  fits <- lapply(1:12, function(seed) nn_train(y ~ group, data = data, validation = 0.5, epochs = 1, seed = seed, preset = "textbook"))
  expect_true(all(vapply(fits, function(fit) "grouprare" %in% fit$inputs$names, NA)))
  expect_false(any(vapply(fits, function(fit) 3L %in% fit$validation_rows, NA)))
  expect_true(all(vapply(fits, function(fit) is.finite(fit$final_validation_loss), NA)))
})

test_that("a factor of one level works alike in all methods", {
  data <- transform(mixed_table(), site = "A")
  by_formula <- nn_train(y ~ number + site, data = data, epochs = 3, seed = 1, preset = "textbook")
  by_columns <- nn_train(data[c("number", "site")], data["y"], epochs = 3, seed = 1, preset = "textbook")
  expect_same_bits(by_formula, by_columns)
  expect_identical(by_formula$inputs$names, c("number", "siteA"))
})

test_that("a new level in validation or in data that training goes on with says what is so there", {
  text <- transform(iris, Species = as.character(Species))
  text$Species[c(1, 4)] <- "new"
  fit <- nn_train(Sepal.Length ~ Species, data = iris, epochs = 1, seed = 1, preset = "textbook")
  by_columns <- nn_train(iris["Species"], iris$Sepal.Length, epochs = 1, seed = 1, preset = "textbook")
  expect_snapshot(error = TRUE, {
    nn_train(Sepal.Length ~ Species, data = iris, validation = text, preset = "textbook")
    nn_train(iris["Species"], iris$Sepal.Length, validation = list(X = text["Species"], Y = iris$Sepal.Length), preset = "textbook")
    nn_train(Sepal.Length ~ Species, data = text, start = fit, preset = "textbook")
    nn_train(text["Species"], iris$Sepal.Length, start = by_columns)
    logLik(fit, data = text)
  })
})

test_that("values of a flag and combinations of levels that no training row has have no weights", {
  data <- formula_table()
  off <- nn_train(y ~ x + flag, data = data, subset = !flag, epochs = 3, seed = 1, preset = "textbook")
  expect_snapshot(predicted <- nn_predict(off, data.frame(x = 1, flag = c(TRUE, FALSE))))
  expect_identical(unname(is.na(drop(predicted))), c(TRUE, FALSE))
  by_columns <- nn_train(data[!data$flag, c("x", "flag")], data$y[!data$flag], epochs = 3, seed = 1, preset = "textbook")
  expect_warning(nn_predict(by_columns, data.frame(x = 1, flag = TRUE)), class = "backprop_warning_new_level")
  some <- data[!(data$g == "a" & data$h == "no"), ]
  for (right in c("g:h", "g * h", "g:(h == \"yes\") + x")) {
    cells <- nn_train(as.formula(paste("y ~", right)), data = some, epochs = 3, seed = 1, preset = "textbook")
    expect_warning(predicted <- nn_predict(cells, data.frame(g = c("a", "b"), h = "no", x = 0)), "combination", class = "backprop_warning_new_level")
    expect_identical(unname(is.na(drop(predicted))), c(TRUE, FALSE), label = right)
    expect_error(nn_train(as.formula(paste("y ~", right)), data = some, validation = data, epochs = 1, preset = "textbook"), class = "backprop_error_new_level")
  }
  split <- lapply(1:6, function(seed) nn_train(y ~ g * h * o, data = data, validation = 0.5, epochs = 1, seed = seed, preset = "textbook"))
  expect_true(all(vapply(split, function(fit) is.finite(fit$final_validation_loss), NA)))
})

test_that("the missing level of addNA() is a level", {
  data <- mixed_table()
  data$text[c(2, 5)] <- NA
  fit <- nn_train(y ~ addNA(text), data = data, epochs = 3, seed = 1, preset = "textbook")
  expect_identical(fit$inputs$names, paste0("addNA(text)", c("high", "low", "mid", NA)))
  expect_false(anyNA(nn_predict(fit, data)))
  expect_equal(nn_predict(fit, data[2, ]), nn_predict(fit, data)[2, , drop = FALSE], tolerance = 1e-12)
})

test_that("matrices and products of columns keep names, in the order of model.matrix()", {
  data <- formula_table()
  fit <- nn_train(y ~ m * h + poly(x, 2), data = data, epochs = 1, seed = 1, preset = "textbook")
  expect_identical(fit$inputs$names, c(
    "mu", "mv", "hno", "hyes", "poly(x, 2)1", "poly(x, 2)2", "mu:hno", "mv:hno", "mu:hyes", "mv:hyes"
  ))
  expect_equal(unname(model.matrix(fit, data)[, "mv:hyes"]), unname(data$m[, "v"] * (data$h == "yes")))
  by_columns <- nn_train(data[c("x", "m")], data$y, epochs = 1, seed = 1, preset = "textbook")
  expect_identical(by_columns$inputs$names, c("x", "mu", "mv"))
  expect_equal(nn_predict(by_columns, data[4, ]), nn_predict(by_columns, data)[4, , drop = FALSE], tolerance = 1e-12)
})

test_that("covariances are of contrasts to first levels, in interactions too", {
  data <- formula_table()
  fit <- nn_train(y ~ g * x, data = data, hidden = c(), optimizer = "lbfgs", epochs = 2000, seed = 1, preset = "textbook")
  model <- lm(y ~ g * x, data = data)
  errors <- sqrt(diag(vcov(fit, data, scale = "original")))
  expect_equal(sort(unname(errors)), sort(unname(sqrt(diag(vcov(model))))), tolerance = 1e-5)
})

test_that("more inputs than there is memory for are refused before they are made", {
  data <- data.frame(y = 1:2000 + 0, id = as.character(1:2000), other = as.character(2000:1))
  withr::with_options(list(backprop.max_bytes = 1e7), {
    expect_snapshot(error = TRUE, {
      nn_train(y ~ id, data = data, preset = "textbook")
      nn_train(data["id"], data$y, preset = "textbook")
    })
  })
  # 4 million products of levels, 64 GB.
  expect_error(nn_train(y ~ id:other, data = data, preset = "textbook"), class = "backprop_error_memory")
})
