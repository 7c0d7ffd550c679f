skip_if_not_installed("generics")

quick <- function(..., hidden = 2) nn_train(..., preset = "textbook", hidden = hidden, epochs = 10, seed = 3)

test_that("a number gets its prediction and its residual beside the data, whose row names become a column", {
  fit <- quick(mpg ~ wt + hp, mtcars, keep = "data")
  value <- generics::augment(fit, mtcars)
  expect_identical(names(value), c(".rownames", names(mtcars), ".pred", ".resid"))
  expect_identical(value$.pred, predict(fit, mtcars)$.pred)
  expect_identical(value$.resid, mtcars$mpg - value$.pred)
  expect_identical(generics::augment(fit), value)
  expect_identical(generics::augment(fit, new_data = mtcars), value)
  expect_identical(generics::augment(fit, newdata = mtcars[3:1, ]), value[3:1, ])
  # Without the outcome there is nothing to compare with.
  expect_named(generics::augment(fit, new_data = data.frame(wt = 1:2, hp = 100)), c("wt", "hp", ".pred"))
  expect_identical(generics::augment(fit, mtcars, type.residuals = "pearson")$.resid, unname(residuals(fit, type = "pearson")[, 1]))
})

test_that("a factor of two or more levels gets its class and the probability of each level", {
  data <- transform(iris, large = factor(ifelse(Sepal.Length > 5.8, "yes", "no")))
  for (outcome in c("Species", "large")) {
    fit <- quick(reformulate("Sepal.Width + Petal.Width", outcome), data)
    value <- generics::augment(fit, data)
    added <- setdiff(names(value), names(data))
    expect_identical(added, c(".pred_class", paste0(".pred_", levels(data[[outcome]]))))
    expect_identical(value[".pred_class"], predict(fit, data))
    expect_identical(value[added[-1]], predict(fit, data, type = "prob"))
    expect_named(generics::augment(fit, data, type.predict = "class"), c(names(data), ".pred_class"))
  }
})

test_that("several numbers, counts and logicals have columns by name, from every interface", {
  X <- as.matrix(mtcars[c("wt", "hp")])
  several <- quick(X, cbind(mpg = mtcars$mpg, disp = mtcars$disp), keep = "data")
  value <- generics::augment(several)
  expect_named(value, c(".rownames", "wt", "hp", "mpg", "disp", ".pred_mpg", ".pred_disp", ".resid_mpg", ".resid_disp"))
  expect_identical(value$.resid_disp, value$disp - value$.pred_disp)
  unnamed <- quick(unname(X), mtcars$am, keep = "data")
  expect_named(generics::augment(unnamed), c("x1", "x2", "y", ".pred", ".resid"))
  expect_identical(nrow(generics::augment(unnamed, new_data = c(1, 2))), 1L)
  table <- quick(mtcars["wt"], mtcars$am == 1)
  expect_identical(generics::augment(table, list(X = mtcars["wt"], Y = mtcars$am == 1))$.resid, mtcars$am - predict(table, mtcars)$.pred)
  counts <- quick(cbind(ncases, ncontrols) ~ agegp, esoph, family = "binomial")
  expect_equal(generics::augment(counts, esoph)$.resid, esoph$ncases / (esoph$ncases + esoph$ncontrols) - predict(counts, esoph)$.pred)
})

test_that("times of an event have predictions and no residuals", {
  data <- data.frame(time = 1:20, x = cos(1:20))
  data$y <- plain_surv(data$time, rep(c(TRUE, FALSE), 10))
  fit <- quick(y ~ x, data, family = "cox")
  expect_named(generics::augment(fit, data), c("time", "x", "y", ".pred_linear_pred"))
  expect_type(generics::augment(fit, data, type.predict = "survival")$.pred, "list")
})

test_that("ensembles and rows with gaps are augmented as any", {
  fit <- quick(mpg ~ wt, mtcars, ensemble = 2)
  gaps <- transform(mtcars, wt = replace(wt, 2, NA), mpg = replace(mpg, 3, NA))
  value <- generics::augment(fit, gaps)
  expect_identical(which(is.na(value$.pred)), 2L)
  expect_identical(which(is.na(value$.resid)), 2:3)
  expect_named(generics::augment(fit, mtcars["wt"], type.predict = "spread"), c(".rownames", "wt", ".spread"))
})

test_that("an offset and recipes are read as in predictions", {
  data <- data.frame(y = rpois(20, 3), x = 1:20)
  fit <- quick(y ~ x, data, family = "poisson", offset = rep(1, 20))
  expect_identical(generics::augment(fit, data, offset = 0)$.pred, predict(fit, data, offset = 0)$.pred)
  skip_if_not_installed("recipes")
  recipe <- recipes::step_log(recipes::recipe(mpg ~ wt, mtcars), mpg, skip = TRUE)
  fit <- quick(recipe, mtcars)
  value <- generics::augment(fit, mtcars)
  expect_equal(value$.resid, log(mtcars$mpg) - value$.pred)
  expect_named(generics::augment(fit, mtcars["wt"]), c(".rownames", "wt", ".pred"))
})

test_that("no rows give no rows, of the columns and types that one has", {
  types <- function(table) lapply(table, function(column) class(column))
  expect_alike <- function(fit, one, none) {
    value <- generics::augment(fit, none)
    expect_identical(nrow(value), 0L)
    expect_identical(types(value), types(generics::augment(fit, one)))
  }
  counts <- data.frame(x = 1:6, good = 1, bad = 2)
  fits <- list(
    list(quick(mpg ~ wt, mtcars), mtcars), list(quick(cbind(mpg, hp) ~ wt, mtcars), mtcars), list(quick(Species ~ ., iris), iris),
    list(quick(mpg ~ wt, mtcars, loss = loss_quantile(c(0.1, 0.9))), mtcars), list(quick(mpg ~ wt, mtcars, family = "location_scale"), mtcars),
    list(quick(cbind(good, bad) ~ x, counts), counts), list(nn_train(mpg ~ wt, mtcars, epochs = 1, ensemble = 2, seed = 1), mtcars)
  )
  for (pair in fits) expect_alike(pair[[1]], pair[[2]][1, ], pair[[2]][0, ])
  X <- as.matrix(unname(mtcars[c("wt", "hp")]))
  fit <- quick(unname(X), mtcars$mpg)
  expect_alike(fit, list(X = unname(X)[1:2, ], Y = mtcars$mpg[1:2]), list(X = unname(X)[0, ], Y = mtcars$mpg[0]))
  expect_alike(fit, unname(X)[1:2, ], unname(X)[0, ])
})

test_that("what cannot be augmented is refused with a reason", {
  fit <- quick(mpg ~ wt, mtcars)
  expect_snapshot(error = TRUE, {
    generics::augment(fit)
    generics::augment(fit, mtcars, new_data = mtcars)
    generics::augment(fit, transform(mtcars, .pred = 1, .resid = 2))
    generics::augment(fit, mtcars, type.predict = "class")
    generics::augment(fit, mtcars, type.residuals = "working")
    generics::augment(fit, mtcars, type = "class")
  })
  expect_error(generics::augment(fit, mtcars["hp"]), class = "backprop_error")
})
