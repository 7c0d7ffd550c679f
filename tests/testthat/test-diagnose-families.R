# Diagnoses of families: nothing is found in a good fit of each, and a fit that learned nothing is told apart from the constant of its family.

family_problems <- local({
  set.seed(9)
  n <- 150
  x <- rnorm(n)
  mean <- exp(0.5 + 0.8 * x)
  # Right in the tails too, so that the best loss of each is far below that of a constant.
  time <- rexp(n, exp(x))
  list(
    gamma = rgamma(n, 4, 4 / mean), negative_binomial = rnbinom(n, size = 3, mu = 4 * mean),
    beta = pmin(pmax(rbeta(n, 8 * plogis(x), 8 * plogis(-x)), 1e-6), 1 - 1e-6), location_scale = 2 * x + exp(0.4 * x) * rnorm(n),
    ordinal = cut(2 * x + rlogis(n), c(-Inf, -1.5, 0, 1.5, Inf), labels = c("a", "b", "c", "d")),
    cox = plain_surv(1000 * time, runif(n) < 0.8), discrete_hazard = plain_surv(time, runif(n) < 0.8),
    X = cbind(x = x)
  )
})

fit_family <- function(name, X = family_problems$X, ...) {
  nn_train(X, family_problems[[name]], family = name, hidden = c(), optimizer = "lbfgs", epochs = 300, seed = 1, preset = "textbook", standardize = TRUE, ...)
}

families_diagnosed <- setdiff(names(family_problems), "X")

test_that("a good fit of each family has no findings, and all checks of data are made", {
  for (name in families_diagnosed) {
    out <- nn_diagnose(fit_family(name), list(X = family_problems$X, Y = family_problems[[name]]))
    expect_identical(out$findings$check, character(), info = name)
    expect_true(all(c("constant", "baseline", "far_from_minimum", "poor_minimum", "imbalance", "unscaled") %in% out$passed), info = name)
  }
})

test_that("a fit that its penalty keeps from learning is no better than its family's constant", {
  for (name in families_diagnosed) {
    fit <- fit_family(name, penalty = 300)
    out <- nn_diagnose(fit, list(X = family_problems$X, Y = family_problems[[name]]))
    expect_true(any(c("baseline", "constant") %in% out$findings$check), info = name)
    expect_false("imbalance" %in% out$findings$check, info = name)
  }
})

test_that("the best constant of a family is that of training without inputs", {
  y <- family_problems
  loss_of_constant <- function(name) {
    fit <- fit_family(name)
    problem <- problem_of(fit, list(X = y$X, Y = y[[name]]), quote(nn_diagnose()))
    constant <- constant_problem(problem, quote(nn_diagnose()))
    list(problem = constant, loss = loss_of(constant, quote(nn_diagnose())))
  }
  expect_equal(exp(loss_of_constant("gamma")$problem$biases[[1L]]), mean(y$gamma), tolerance = 1e-6)
  expect_equal(exp(loss_of_constant("negative_binomial")$problem$biases[[1L]]), mean(y$negative_binomial), tolerance = 1e-6)
  shares <- table(y$ordinal) / length(y$ordinal)
  expect_equal(loss_of_constant("ordinal")$loss, -sum(shares * log(shares)), tolerance = 1e-7)
  found <- loss_of_constant("location_scale")$problem$biases[[1L]]
  expect_equal(found, c(0, log(sqrt(149 / 150))), tolerance = 1e-5)
  hazards <- loss_of_constant("discrete_hazard")
  targets <- hazards$problem$y
  expect_equal(plogis(hazards$problem$biases[[1L]]), colSums(targets == 1) / colSums(targets >= 0), tolerance = 1e-6, ignore_attr = TRUE)
  at_risk <- vapply(y$cox[, 1L], function(t) sum(y$cox[, 1L] >= t), 0)
  expect_equal(loss_of_constant("cox")$loss, sum(log(at_risk)[y$cox[, 2L] == 1]) / 150, tolerance = 1e-8)
})
