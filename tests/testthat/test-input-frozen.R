# What lm() makes of a term is what it means; what a row is worth does not depend on the rows beside it.

table <- formula_table()
env <- formula_environment()
linear <- function(right, data = table, ...) {
  nn_train(as.formula(paste("y ~", right), env = env), data = data, hidden = c(), optimizer = "lbfgs", epochs = 3000, seed = 1, ..., preset = "textbook")
}
expect_like_lm <- function(right, data = table) {
  fit <- linear(right, data)
  model <- suppressWarnings(lm(as.formula(paste("y ~", right), env = env), data = data))
  expect_lt(max(abs(nn_predict(fit, data) - fitted(model))), 1e-6, label = right)
  rows <- c(2, nrow(data))
  alone <- vapply(rows, function(i) nn_predict(fit, data[i, ])[1], 0)
  expect_equal(alone, nn_predict(fit, data)[rows], tolerance = 1e-9, label = paste(right, "row by row"))
}

test_that("functions that are passed on by name, and names that expressions bind themselves, are no columns", {
  for (right in c(
    "sapply(w, sqrt)", "apply(m, 1, max)", "do.call(cbind, list(x, z))", "Reduce(pmax, list(x, z))", "Vectorize(own)(x)",
    "local({a <- 2; x * a})", "with(list(q = 2), x * q)", "vapply(x, function(v) v^2, 0)", "mapply(function(a, b) a * b, x, z)"
  )) {
    expect_like_lm(right)
  }
  empty <- env
  empty$none <- NULL
  expect_like_lm("ns(x, df = 3, knots = none)")
  expect_error(linear("log(wieght)"), "wieght", class = "backprop_error_columns")
})

test_that("parts of matrices are terms", {
  for (right in c("scale(x)[, 1]", "poly(x, 3)[, 1:2]", "m[, 1]", "m[, \"u\"]:g", "scale(m)[, 2] * h", "cbind(x, z)[, 2]")) {
    expect_like_lm(right)
  }
})

test_that("terms that are computed row by row by way of all rows are", {
  for (right in c(
    "matrix(c(x, z), ncol = 2)", "t(rbind(x, z))", "t(sapply(x, function(v) c(v, v^2)))", "polym(x, z, degree = 2)",
    "factor(flag, labels = c(\"off\", \"on\"))", "factor(k > 2, labels = c(\"few\", \"many\"))", "as.numeric(base::factor(k))",
    "as.integer(droplevels(g))", "cut(x, 3, labels = FALSE)", "cut(I(x - min(x)), 3)", "pnorm(k, mean(w)) > x", "as.integer(cut(x, 4))", "(scale(x) > 0):g", "I(one > 0):h"
  )) {
    expect_like_lm(right)
  }
  few <- table[1:6, ]
  expect_like_lm("findInterval(x, quantile(x, c(0.1, 0.3, 0.5, 0.7, 0.8, 0.9)))", few)
})

test_that("what depends on rows that are not tried first is found all the same", {
  few <- data.frame(start = as.POSIXct("2024-01-01", tz = "UTC") + numeric(5), y = c(1, 3, 2, 8, 1), v = c(10, 2, 30, 4, 50))
  few$end <- few$start + c(10, 7200, 20, 90000, 30)
  expect_error(linear("as.numeric(end - start)", few), class = "backprop_error_formula")
  expect_error(linear("nchar(format(v))", few), class = "backprop_error_formula")
  expect_like_lm("as.numeric(difftime(end, start, units = \"mins\"))", few)
})

test_that("factors with levels and labels, scaled bases, and functions that have a known name are what they are", {
  for (right in c(
    "factor(k, 1:5, labels = letters[1:5])", "ordered(k, 1:5)", "factor(k > 2, c(FALSE, TRUE), c(\"few\", \"many\"))", "scale(poly(x, 2))",
    "as.integer(factor(k, levels = 5:1))"
  )) {
    expect_like_lm(right)
  }
  env$cut <- function(v) v > 0
  withr::defer(rm("cut", envir = env))
  expect_like_lm("cut(x) + z")
})

test_that("products of factors without their margins span what lm() makes of them", {
  for (right in c(
    "g + x:h + g:h", "x:h + g:h", "x + x:h + g:h", "x / h + g / h", "poly(x, 2):g + g:h", "m:h + g:h", "x:flag + h:flag", "g:h:flag + x:g",
    "factor(k) * s * h + poly(z, 2) / g + g:s", "scale(w) / cut(x, 3) / g + s:cut(x, 3) + flag:g"
  )) {
    formula <- as.formula(paste("y ~", right), env = env)
    model <- lm(formula, data = table)
    fit <- nn_train(formula, data = table, hidden = c(), epochs = 0, seed = 1, preset = "textbook")
    expect_same_space(model.matrix(fit, table), design_of(model), right)
  }
})

test_that("where lm() makes of a product what its contrasts are, other contrasts than ours are refused", {
  expect_error(linear("g + x:o + g:o"), "o", class = "backprop_error_formula")
  expect_like_lm("g * o + x:o")
})

test_that("helpers that fill gaps from other rows are found", {
  data <- table
  data$x[47] <- NA
  env$fill <- function(v) {
    v[is.na(v)] <- mean(v, na.rm = TRUE)
    v
  }
  environment(env$fill) <- env
  expect_error(linear("fill(x)", data), class = "backprop_error_formula")
  expect_error(linear("duplicated(round(z, 1))", data), class = "backprop_error_formula")
})

test_that("poly() of a column with gaps is as ns() is", {
  data <- table
  data$x[3] <- NA
  expect_error(linear("poly(x, 2)", data), "poly\\(x, 2\\)1", class = "backprop_error_nonfinite_x")
  fit <- suppressMessages(linear("poly(x, 2)", data, na_action = "omit"))
  model <- lm(y ~ poly(x, 2), data = data[-3, ])
  expect_equal(unname(nn_predict(fit, data)[-3, ]), unname(fitted(model)), tolerance = 1e-6)
  filled <- nn_train(y ~ poly(x, 2) * g, data = data, na_action = "impute", epochs = 2, seed = 1, preset = "textbook")
  expect_false(anyNA(nn_predict(filled, data)))
})

test_that("training goes on from a basis with the same bits", {
  once <- nn_train(y ~ poly(x, 2) + scale(w) + z, data = table, hidden = 2, epochs = 6, seed = 1, preset = "textbook")
  half <- nn_train(y ~ poly(x, 2) + scale(w) + z, data = table, hidden = 2, epochs = 3, seed = 1, preset = "textbook")
  expect_same_bits(nn_train(y ~ poly(x, 2) + scale(w) + z, data = table, start = half, epochs = 3, preset = "textbook"), once)
})

test_that("contrasts that do not span the levels are refused, others change nothing", {
  expect_error(linear("C(g, c(1, -1, 0), 1)"), class = "backprop_error_formula")
  expect_like_lm("C(g, contr.sum)")
})

test_that("rows with gaps do not stand in the way of splines", {
  data <- table
  data$x[c(1, 5)] <- NA
  fit <- suppressMessages(linear("ns(x, 3)", data, na_action = "omit"))
  model <- lm(as.formula("y ~ ns(x, 3)", env = env), data = data)
  expect_equal(unname(nn_predict(fit, data)[-c(1, 5), ]), unname(fitted(model)), tolerance = 1e-6)
  expect_identical(which(is.na(nn_predict(fit, data))), c(1L, 5L))
  # Nothing but gaps, and a column that has lost its type with them.
  expect_identical(unname(drop(nn_predict(fit, data[c(1, 5), ]))), c(NA_real_, NA_real_))
  for (right in c("ns(x, 3)", "cut(z, 3)", "weekdays(d)", "m")) {
    fit <- linear(right)
    gone <- data.frame(x = NA, z = NA, d = NA, m = NA)
    expect_identical(unname(drop(nn_predict(fit, gone))), NA_real_, label = right)
  }
})

test_that("a new level inside an expression is told, and its row unknown", {
  fit <- linear("as.numeric(o)")
  new <- data.frame(o = c("low", "HUGE", "high"))
  expect_warning(predicted <- nn_predict(fit, new), "HUGE", class = "backprop_warning_new_level")
  expect_identical(is.na(drop(unname(predicted))), c(FALSE, TRUE, FALSE))
  expect_warning(nn_predict(linear("I(o > \"low\")"), new), class = "backprop_warning_new_level")
})

test_that("what an expression has no value for is told, and not filled in", {
  for (action in c("error", "impute")) {
    fit <- linear("cut(x, 3) + z", na_action = action)
    expect_warning(predicted <- nn_predict(fit, data.frame(x = c(0, 100), z = 0)), "no value", class = "backprop_warning_new_level")
    expect_identical(is.na(drop(unname(predicted))), c(FALSE, TRUE), label = action)
  }
  expect_identical(is.na(nn_predict(fit, data.frame(x = NA_real_, z = 0))[1]), FALSE)
})

test_that("a level that training did not have is told where offset, outcome or weights read it", {
  fit <- nn_train(y ~ x + offset(as.numeric(g)), data = table, epochs = 1, seed = 1, preset = "textbook")
  new <- data.frame(x = 0, g = c("a", "zz"))
  expect_warning(predicted <- nn_predict(fit, new), "zz", class = "backprop_warning_new_level")
  expect_identical(is.na(drop(unname(predicted))), c(FALSE, TRUE))
  coded <- nn_train(as.numeric(g) ~ x, data = table, epochs = 1, seed = 1, preset = "textbook")
  changed <- transform(table[1:3, ], g = c("a", "zz", "b"))
  expect_error(residuals(coded, data = changed), "zz", class = "backprop_error_new_level")
  expect_error(nn_train(as.numeric(g) ~ x, data = table, validation = changed, preset = "textbook"), "zz", class = "backprop_error_new_level")
  omit <- nn_train(y ~ g, data = table[table$g != "c", ], na_action = "omit", epochs = 1, seed = 1, preset = "textbook")
  expect_error(logLik(omit, table), class = "backprop_error_new_level")
})

test_that("one new level is told once", {
  count <- function(code) {
    told <- 0
    withCallingHandlers(code, backprop_warning_new_level = function(cnd) {
      told <<- told + 1
      tryInvokeRestart("muffleWarning")
    })
    told
  }
  few <- table[!(table$g == "a" & table$h == "no"), ]
  fit <- nn_train(y ~ g * h * flag, data = few, epochs = 1, seed = 1, preset = "textbook")
  expect_identical(count(nn_predict(fit, data.frame(g = "a", h = "no", flag = TRUE))), 1)
  fit <- nn_train(y ~ g + I(g == "a") + addNA(g), data = table, epochs = 1, seed = 1, preset = "textbook")
  expect_identical(count(nn_predict(fit, data.frame(g = "zz"))), 1)
})

test_that("columns of a matrix column are matched by name", {
  for (fit in list(linear("m"), nn_train(table["m"], table$y, epochs = 3, seed = 1, preset = "textbook"))) {
    turned <- table
    turned$m <- turned$m[, c("v", "u")]
    expect_identical(nn_predict(fit, turned), nn_predict(fit, table))
    unnamed <- table
    unnamed$m <- unname(unnamed$m)
    expect_identical(nn_predict(fit, unnamed), nn_predict(fit, table))
    colnames(turned$m) <- c("u", "w")
    expect_error(nn_predict(fit, turned), class = "backprop_error_column_type")
  }
})

test_that("names of a matrix that are no names do not match", {
  data <- table
  for (names in list(c("a", "a"), c("x", ""))) {
    data$mm <- matrix(c(data$x, data$z), ncol = 2, dimnames = list(NULL, names))
    expect_equal(unname(nn_predict(linear("mm", data), data)[, 1]), unname(fitted(lm(y ~ mm, data = data))), tolerance = 1e-6)
  }
})

test_that("a column of scale() or tapply() and a plain one are alike", {
  data <- table
  data$x <- scale(data$x)
  plain <- transform(data, x = as.vector(x))
  fit <- linear("x", data)
  expect_equal(nn_predict(fit, plain), nn_predict(fit, data))
  expect_equal(nn_predict(linear("x", plain), data), nn_predict(fit, data))
  turned <- plain
  turned$x <- array(plain$x, 90)
  expect_equal(nn_predict(linear("x", turned), plain), nn_predict(fit, data))
})

test_that("helpers that change what they read, or are called by name, travel or are refused with the reason", {
  env$scaled <- function(v) {
    shift <- shift + 1
    v * shift
  }
  environment(env$scaled) <- env
  expect_like_lm("scaled(x)")
  expect_error(linear("do.call(\"own\", list(x))"), "from what travels", class = "backprop_error_formula")
})
