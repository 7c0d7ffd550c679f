# Verbs of a fit of each family: what it shows and gives beside predictions and likelihoods.

verbs_data <- local({
  set.seed(12)
  n <- 80
  x1 <- rnorm(n)
  x2 <- runif(n)
  data <- data.frame(
    x1, x2,
    amount = exp(x1 / 2 + rnorm(n) / 2), count = rnbinom(n, size = 2, mu = exp(1 + x1 / 2)), share = plogis(x1 + rnorm(n)), number = x1 + exp(x2) * rnorm(n),
    class = cut(1.5 * x1 + rlogis(n), c(-Inf, -1.5, 0, 1.5, Inf), labels = c("a", "b", "c", "d")), yes = rbinom(n, 6, plogis(x1))
  )
  data$no <- 6L - data$yes
  data$y <- plain_surv(rexp(n, exp(x1 / 2)), runif(n) < 0.7)
  data
})

verbs_formulas <- list(
  gamma = amount ~ x1 + x2, negative_binomial = count ~ x1 + x2, beta = share ~ x1 + x2, location_scale = number ~ x1 + x2, ordinal = class ~ x1 + x2,
  cox = y ~ x1 + x2, discrete_hazard = y ~ x1 + x2, binomial = cbind(yes, no) ~ x1 + x2
)

fit_verbs <- function(name, ..., hidden = c(), optimizer = "lbfgs", epochs = 200) {
  nn_train(
    verbs_formulas[[name]], data = verbs_data, family = name, hidden = hidden, optimizer = optimizer, epochs = epochs, seed = 1, preset = "textbook", keep = "data", ...
  )
}

test_that("print() and summary() name the family and what it trained of its own, on its natural scale", {
  withr::local_options(width = 80)
  shown <- function(x) paste(utils::capture.output(print(x)), collapse = "\n")
  for (name in names(verbs_formulas)) {
    fit <- fit_verbs(name)
    own <- family(fit)$parameters
    expect_match(shown(fit), paste0("Family:  ", name), fixed = TRUE)
    expect_match(shown(summary(fit)), paste0("Family: +", name))
    expect_identical(summary(fit)$family, name)
    expect_identical(summary(fit)$own, if (length(own) > 0L) own else list())
    for (number in unlist(own)) expect_match(shown(fit), format(number, digits = 4), fixed = TRUE)
    expect_identical(summary(fit)$parameters, as.double(length(nn_gradient(fit))))
  }
  expect_no_match(shown(fit_verbs("ordinal")), "for the level")
  # Plain families are told by output and loss.
  expect_no_match(shown(nn_train(mpg ~ wt, mtcars, epochs = 5, seed = 1, preset = "textbook")), "Family")
  # A loss that is no likelihood has none.
  expect_null(summary(nn_train(mpg ~ wt, mtcars, loss = "mae", epochs = 5, seed = 1, preset = "textbook"))$family)
})

test_that("coef() has what a family trained of its own, as it goes with the weights", {
  fit <- fit_verbs("negative_binomial")
  expect_identical(coef(fit)$family, family(fit)$parameters)
  fit <- fit_verbs("ordinal")
  original <- coef(fit, scale = "original")
  x <- as.matrix(verbs_data[c("x1", "x2")])
  below <- plogis(outer(-drop(x %*% original$weights$output), original$family$thresholds, `+`))
  expect_equal(below[, 1L], predict(fit, verbs_data, type = "prob")$.pred_a, tolerance = 1e-10, ignore_attr = TRUE)
  expect_named(coef(fit_verbs("gamma")), c("weights", "biases"))
})

test_that("classes in order without biases have their first threshold at 0", {
  fit <- fit_verbs("ordinal", bias = FALSE)
  thresholds <- coef(fit, scale = "original")$family$thresholds
  expect_named(thresholds, c("a|b", "b|c", "c|d"))
  expect_identical(thresholds[[1L]], 0)
  x <- as.matrix(verbs_data[c("x1", "x2")])
  below <- plogis(outer(-drop(x %*% coef(fit, scale = "original")$weights$output), thresholds, `+`))
  expect_equal(below[, 1L], predict(fit, verbs_data, type = "prob")$.pred_a, tolerance = 1e-10, ignore_attr = TRUE)
  expect_output(print(fit), "thresholds a|b 0, b|c", fixed = TRUE)
})

test_that("an earlier epoch has the family's own parameters of that epoch", {
  for (name in c("negative_binomial", "beta", "ordinal")) {
    fit <- fit_verbs(name, optimizer = "adam", epochs = 6, keep_weights = 2, lr = 0.1)
    short <- fit_verbs(name, optimizer = "adam", epochs = 4, lr = 0.1)
    expect_identical(coef(fit, epoch = 4), coef(short))
    expect_identical(nn_predict(fit, verbs_data, epoch = 4), nn_predict(short, verbs_data))
    expect_false(identical(coef(fit, epoch = 4)$family, coef(fit)$family))
  }
  cox <- fit_verbs("cox", optimizer = "adam", epochs = 6, keep_weights = 2, lr = 0.1)
  short <- fit_verbs("cox", optimizer = "adam", epochs = 4, lr = 0.1)
  expect_identical(predict(cox, verbs_data, epoch = 4, type = "linear_pred"), predict(short, verbs_data, type = "linear_pred"))
  expect_error(predict(cox, verbs_data, epoch = 4, type = "survival"), class = "backprop_error_incompatible")
})

test_that("degrees of freedom count rows of times, or intervals in which they are at risk", {
  expect_identical(df.residual(fit_verbs("cox")), 80 - 2)
  hazards <- fit_verbs("discrete_hazard")
  targets <- hazard_targets(unclass(verbs_data$y), hazards$settings$loss_par)
  expect_identical(df.residual(hazards), as.double(sum(targets >= 0) - length(nn_gradient(hazards))))
  expect_identical(df.residual(fit_verbs("ordinal")), 80 - 5)
})

test_that("Pearson's residuals of location and scale are divided by the spread that was predicted", {
  fit <- fit_verbs("location_scale")
  expected <- (verbs_data$number - predict(fit, verbs_data)$.pred) / predict(fit, verbs_data, type = "sd")$.pred_sd
  expect_equal(residuals(fit, type = "pearson")[, 1L], expected, tolerance = 1e-10, ignore_attr = TRUE)
  expect_error(family(fit)$variance(1), "type = \"sd\"", fixed = TRUE)
  expect_error(residuals(fit, type = "deviance"), class = "backprop_error_incompatible")
})

test_that("confidence intervals of means are those of the weights' covariance, whatever else the family trains", {
  for (name in c("negative_binomial", "beta")) {
    fit <- fit_verbs(name)
    limits <- predict(fit, verbs_data[1:5, ], type = "conf_int")
    z <- family(fit)$linkfun(predict(fit, verbs_data[1:5, ])$.pred)
    original <- vcov(fit, scale = "original")
    names <- grep("->", rownames(original), value = TRUE)
    design <- cbind(as.matrix(verbs_data[1:5, c("x1", "x2")]), 1)
    error <- sqrt(rowSums((design %*% original[names, names]) * design))
    expect_equal(family(fit)$linkfun(limits$.pred_upper), z + qnorm(0.975) * error, tolerance = 1e-6, ignore_attr = TRUE)
  }
})

test_that("simulate() draws outcomes in the outcome's own form, and the same ones by the same seed", {
  for (name in names(verbs_formulas)) {
    fit <- fit_verbs(name)
    drawn <- simulate(fit, 2, seed = 3)
    expect_identical(drawn, simulate(fit, 2, seed = 3))
    expect_named(drawn, c("sim_1", "sim_2"))
    expect_identical(nrow(drawn), 80L)
  }
  classes <- simulate(fit_verbs("ordinal"), 1, seed = 1)$sim_1
  expect_identical(levels(classes), levels(verbs_data$class))
  species <- nn_train(Species ~ Petal.Width, iris, hidden = c(), optimizer = "lbfgs", penalty = 0.01, epochs = 100, seed = 1, keep = "data", preset = "textbook")
  expect_gt(mean(simulate(species, 1, seed = 1)$sim_1 == iris$Species), 0.6)
})

test_that("every picture of a fit of a family can be drawn", {
  grDevices::pdf(NULL)
  withr::defer(grDevices::dev.off())
  for (name in names(verbs_formulas)) {
    for (hidden in list(c(), 2)) {
      fit <- fit_verbs(name, hidden = hidden, epochs = 5, optimizer = "adam", keep_weights = 1)
      types <- c("loss", "network", "weights", "boundary", "history", if (length(hidden) > 0L) "activations")
      for (type in types) expect_no_error(plot(fit, type))
      skip_if_not_installed("ggplot2")
      for (type in types) expect_no_error(suppressMessages(ggplot2::ggplot_build(ggplot2::autoplot(fit, type))))
    }
  }
})

test_that("boundaries of shares and of times are surfaces of numbers, not of two classes", {
  picture <- boundary_meaning(fit_verbs("beta"), NULL, quote(plot()))
  expect_null(picture$classes)
  picture <- boundary_meaning(fit_verbs("cox"), NULL, quote(plot()))
  expect_null(picture$observed)
  expect_identical(picture$title, "log relative hazard")
  expect_match(boundary_meaning(fit_verbs("discrete_hazard"), NULL, quote(plot()))$title, "^hazard in ")
})

test_that("a fit of a family is the same in a new process", {
  files <- withr::local_tempfile(fileext = c(".rds", ".rds"))
  fits <- lapply(stats::setNames(nm = names(verbs_formulas)), fit_verbs, hidden = 2, epochs = 5)
  saveRDS(list(fits = fits, data = verbs_data), files[1L])
  there <- run_process(c(
    sprintf("known <- readRDS(%s)", deparse(files[1L])),
    "answers <- lapply(known$fits, function(fit) list(nn_predict(fit, known$data), coef(fit), family(fit)$parameters, AIC(fit), simulate(fit, 1, seed = 1)))",
    sprintf("saveRDS(answers, %s)", deparse(files[2L]))
  ))
  expect_identical(there$status, 0L, info = paste(there$output, collapse = "\n"))
  here <- lapply(fits, function(fit) list(nn_predict(fit, verbs_data), coef(fit), family(fit)$parameters, AIC(fit), simulate(fit, 1, seed = 1)))
  expect_identical(readRDS(files[2L]), here)
})
