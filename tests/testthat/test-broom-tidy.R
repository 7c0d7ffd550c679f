skip_if_not_installed("generics")

quick <- function(..., hidden = 2) nn_train(..., preset = "textbook", hidden = hidden, epochs = 10, seed = 3)

test_that("each weight and bias has a row that says where it is", {
  fit <- quick(mpg ~ wt + hp, mtcars)
  value <- generics::tidy(fit)
  expect_named(value, c("term", "layer", "from", "to", "estimate"))
  expect_identical(nrow(value), 9L)
  expect_identical(value$term[c(1, 5, 7)], c("layer1:wt->h1", "layer1:bias->h1", "layer2:h1->mpg"))
  weights <- coef(fit)
  for (i in seq_len(nrow(value))) {
    row <- value[i, ]
    one <- if (row$from == "bias") weights$biases[[row$layer]][[row$to]] else weights$weights[[row$layer]][row$from, row$to]
    expect_identical(row$estimate, one)
  }
  original <- coef(fit, scale = "original")
  expect_identical(generics::tidy(fit, scale = "original")$estimate, as_parameters(original))
})

test_that("layers of every kind have rows, by their titles", {
  skip_on_cran()
  for (kind in names(layer_networks)) {
    fit <- train_layers(layer_networks[[kind]](), epochs = 1)
    value <- generics::tidy(fit)
    expect_identical(nrow(value), as.integer(count_parameters(fit)), label = kind)
    expect_identical(value$term, parameter_names(fit))
    expect_identical(value$estimate, as_parameters(fit))
    expect_true(all(value$layer %in% names(coef(fit)$weights)))
  }
})

test_that("parameters of a family of its own are rows without a layer", {
  value <- generics::tidy(quick(ordered(gear) ~ wt, mtcars, family = "ordinal"))
  own <- value[is.na(value$layer), ]
  expect_identical(own$term, "log step")
  expect_true(is.na(own$from) && is.na(own$to))
})

test_that("standard errors and intervals are those of vcov() and confint(), and of lm() where the network is one", {
  fit <- nn_train(mpg ~ wt + hp, mtcars, preset = "textbook", hidden = c(), optimizer = "lbfgs", seed = 1, keep = "data")
  value <- generics::tidy(fit, conf.int = TRUE, conf.level = 0.9, scale = "original")
  expect_named(value, c("term", "layer", "from", "to", "estimate", "std.error", "statistic", "p.value", "conf.low", "conf.high"))
  expect_identical(value$std.error, unname(sqrt(diag(vcov(fit, scale = "original")))))
  limits <- confint(fit, scale = "original", level = 0.9)
  expect_identical(value$term, rownames(limits))
  expect_equal(cbind(value$conf.low, value$conf.high), unname(limits), tolerance = 1e-12)
  # R's own least squares.
  of_lm <- summary(lm(mpg ~ wt + hp, mtcars))$coefficients[c(2, 3, 1), ]
  expect_equal(as.matrix(value[c("estimate", "std.error", "statistic", "p.value")]), unname(of_lm), tolerance = 1e-5, ignore_attr = TRUE)
})

test_that("where a variance is known the normal distribution is used, and contrasts have rows", {
  fit <- nn_train(am == 1 ~ factor(gear > 3) + wt, mtcars, preset = "textbook", hidden = c(), optimizer = "lbfgs", epochs = 100, penalty = 0.01, seed = 1)
  value <- generics::tidy(fit, conf.int = TRUE, data = mtcars)
  expect_equal(value$p.value, 2 * pnorm(-abs(value$statistic)))
  expect_lt(nrow(value), nrow(generics::tidy(fit)))
})

test_that("an ensemble has the rows of each network", {
  fit <- quick(mpg ~ wt, mtcars, ensemble = 2, validation = 0.2, blend = "linear")
  value <- generics::tidy(fit)
  expect_identical(names(value)[1], "member")
  expect_identical(unique(value$member), seq_along(fit$members))
  last <- length(fit$members)
  expect_identical(value[value$member == last, -1], generics::tidy(nn_member(fit, last)))
})

test_that("what cannot be told is refused with a reason", {
  fit <- quick(mpg ~ wt, mtcars)
  expect_snapshot(error = TRUE, {
    generics::tidy(fit, conf.int = TRUE)
    generics::tidy(quick(mpg ~ wt, mtcars, ensemble = 2), conf.int = TRUE)
    generics::tidy(fit, conf.int = NA)
    generics::tidy(fit, conf.level = 95)
    generics::tidy(fit, scale = "standard")
    generics::tidy(fit, conf.lvel = 0.9)
  })
})
