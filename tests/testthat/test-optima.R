# How good the optima are that L-BFGS finds, measured against other software on the same problems.

# Weights of nnet (bias first, unit by unit) as a start.
nnet_start <- function(w, inputs, hidden, outputs) {
  first <- matrix(w[seq_len((inputs + 1) * hidden)], inputs + 1)
  second <- matrix(w[-seq_len((inputs + 1) * hidden)], hidden + 1)
  list(
    weights = list(first[-1, , drop = FALSE], second[-1, , drop = FALSE]),
    biases = list(first[1, ], second[1, ])
  )
}

# Coefficients of a network without hidden layers, a column per output, intercepts first.
linear_coef <- function(fit) {
  known <- coef(fit, scale = "original")
  rbind(known$biases[[1]], known$weights[[1]])
}

test_that("from nnet's starts on iris, L-BFGS is at least as good in the median of 20", {
  skip_on_cran()
  skip_if_not_installed("nnet")
  X <- unname(as.matrix(iris[1:4]))
  Y <- nnet::class.ind(iris$Species)
  reached <- withr::with_seed(1, vapply(1:20, function(i) {
    w <- runif(5 * 2 + 3 * 3, -0.5, 0.5)
    fit <- nn_train(X, iris$Species, start = nnet_start(w, 4, 2, 3), optimizer = "lbfgs", epochs = 1000, seed = 1)
    c(nnet::nnet(X, Y, size = 2, Wts = w, softmax = TRUE, maxit = 1000, trace = FALSE)$value, 150 * fit$final_loss)
  }, numeric(2)))
  expect_lte(median(reached[2, ]), median(reached[1, ]))
})

test_that("from nnet's starts on rock, L-BFGS is at least as good in the median of 20", {
  skip_on_cran()
  skip_if_not_installed("nnet")
  X <- cbind(rock$area / 10000, rock$peri / 10000, rock$shape)
  Y <- log(rock$perm)
  for (units in 2) {
    reached <- withr::with_seed(2, vapply(1:20, function(i) {
      w <- runif(4 * units + units + 1, -0.5, 0.5)
      fit <- nn_train(X, Y, start = nnet_start(w, 3, units, 1), loss = "mse", optimizer = "lbfgs", epochs = 1000, seed = 1)
      c(nnet::nnet(X, Y, size = units, Wts = w, linout = TRUE, maxit = 1000, trace = FALSE)$value, 48 * fit$final_loss)
    }, numeric(2)))
    expect_lte(median(reached[2, ]), median(reached[1, ]), label = paste(units, "units"))
  }
})

test_that("on small curves, L-BFGS reaches nnet's best of 10 within 1 %, in the median of 5 such searches", {
  skip_on_cran()
  skip_if_not_installed("nnet")
  curves <- withr::with_seed(1, {
    x <- 1:250
    bells <- 98.78 * exp(-0.0105 * x) + 100.49 * exp(-((x - 67.48) / 23.13)^2) + 71.99 * exp(-((x - 178.99) / 18.39)^2)
    step <- seq(-5, 5, length.out = 51)
    wave <- seq(-1, 1, length.out = 60)
    box <- matrix(runif(300), ncol = 3)
    list(
      # Two bells on a decaying ground, a single sigmoid, a step with waves, and a smooth function of three variables.
      bells = list(X = matrix(x), Y = bells + rnorm(250, sd = 2.5), units = 5),
      step = list(X = matrix(step), Y = tanh(0.7 * step - 1) + rnorm(51, sd = 0.1), units = 2),
      waves = list(X = matrix(wave), Y = tanh(4 * wave) + 0.5 * sin(6 * wave) + rnorm(60, sd = 0.05), units = 3),
      box = list(
        X = box, units = 5,
        Y = 4 * (box[, 1] - 2 + 8 * box[, 2] - 8 * box[, 2]^2)^2 + (3 - 4 * box[, 2])^2 + 16 * sqrt(box[, 3] + 1) * (2 * box[, 3] - 1)^2
      )
    )
  })
  # The box has many minima, so that one search of ten starts says little.
  for (name in names(curves)) {
    X <- unname(scale(curves[[name]]$X))[, , drop = FALSE]
    Y <- drop(scale(curves[[name]]$Y))
    units <- curves[[name]]$units
    reached <- vapply(1:5, function(search) {
      theirs <- withr::with_seed(search, replicate(10, {
        nnet::nnet(X, Y, size = units, linout = TRUE, maxit = 1000, trace = FALSE)$value
      }))
      # The restarts of a fit take seeds that follow each other.
      fit <- nn_train(X, Y,
        hidden = units, activation = "tanh", output = "linear", loss = "mse", optimizer = "lbfgs", init = "normal",
        epochs = 1000, restarts = 10, seed = 10 * search
      )
      sqrt(c(min(theirs) / length(Y), fit$final_loss))
    }, numeric(2))
    expect_lt(median(reached[2, ]), 1.01 * median(reached[1, ]), label = name)
  }
})

test_that("without hidden layers a linear network is lm()", {
  skip_if_not_installed("MASS")
  fit <- nn_train(medv ~ ., MASS::Boston, hidden = c(), optimizer = "lbfgs", seed = 1, preset = "textbook")
  expect_identical(fit$status, "converged")
  expect_equal(unname(linear_coef(fit)[, 1]), unname(coef(lm(medv ~ ., MASS::Boston))), tolerance = 1e-5)
})

test_that("without hidden layers a sigmoid network is a logistic regression", {
  skip_if_not_installed("MASS")
  formula <- low ~ age + lwt + smoke + ht + ui
  fit <- nn_train(formula, MASS::birthwt, hidden = c(), optimizer = "lbfgs", seed = 1, preset = "textbook")
  model <- glm(formula, binomial, MASS::birthwt, control = list(epsilon = 1e-14))
  expect_equal(unname(linear_coef(fit)[, 1]), unname(coef(model)), tolerance = 1e-5)
  w <- rep(1:3, 63)
  weighted <- nn_train(formula, MASS::birthwt, hidden = c(), optimizer = "lbfgs", case_weights = w, seed = 1, preset = "textbook")
  model <- suppressWarnings(glm(formula, binomial, MASS::birthwt, weights = w, control = list(epsilon = 1e-14)))
  expect_equal(unname(linear_coef(weighted)[, 1]), unname(coef(model)), tolerance = 1e-5)
})

test_that("without hidden layers a Poisson network is a log-linear model, offset included", {
  skip_if_not_installed("MASS")
  claims <- transform(MASS::Insurance, age = as.numeric(Age), group = as.numeric(Group))
  fit <- nn_train(Claims ~ age + group, claims,
    hidden = c(), output = "exp", offset = log(claims$Holders), optimizer = "lbfgs", seed = 1, preset = "textbook"
  )
  model <- glm(Claims ~ age + group + offset(log(Holders)), poisson, claims, control = list(epsilon = 1e-14))
  expect_equal(unname(linear_coef(fit)[, 1]), unname(coef(model)), tolerance = 1e-5)
})

test_that("without hidden layers a softmax network is multinom()", {
  skip_if_not_installed("nnet")
  skip_if_not_installed("MASS")
  housing <- transform(MASS::housing, infl = as.numeric(Infl), cont = as.numeric(Cont))
  fit <- nn_train(Sat ~ infl + cont, housing, hidden = c(), case_weights = housing$Freq, optimizer = "lbfgs", seed = 1, preset = "textbook")
  model <- nnet::multinom(Sat ~ infl + cont, housing, weights = Freq, reltol = 1e-15, maxit = 2000, trace = FALSE)
  found <- linear_coef(fit)
  expect_equal(unname(t(found[, -1] - found[, 1])), unname(coef(model)), tolerance = 1e-5)
  expect_equal(fit$final_loss * sum(housing$Freq), model$value, tolerance = 1e-10)
  glass <- nn_train(type ~ RI + Na + Mg, MASS::fgl, hidden = c(), optimizer = "lbfgs", seed = 1, preset = "textbook")
  model <- nnet::multinom(type ~ RI + Na + Mg, MASS::fgl, reltol = 1e-15, maxit = 2000, trace = FALSE)
  found <- linear_coef(glass)
  expect_equal(unname(t(found[, -1] - found[, 1])), unname(coef(model)), tolerance = 1e-5)
})
