# Networks of layers of several kinds: what holds of each.

d <- layers_table()

for (name in names(layer_networks)) {
  hidden <- layer_networks[[name]]()

  test_that(paste("a network with", name, "trains, predicts rows by themselves and is described"), {
    fit <- train_layers(hidden)
    expect_lt(fit$final_loss, fit$history$loss[1L])
    predicted <- nn_predict(fit, d)
    expect_true(all(is.finite(predicted)))
    expect_identical(nn_predict(fit, d[7:9, ]), predicted[7:9, , drop = FALSE])
    expect_identical(fit$settings$architecture, hidden)
    expect_length(fit$settings$layers, length(fit$weights))
    expect_output(print(fit), "Hidden:")
    expect_output(print(summary(fit)), "kind")
    expect_identical(sum(summary(fit)$layers$parameters), as.integer(summary(fit)$parameters))
    file <- withr::local_tempfile()
    saveRDS(fit, file)
    expect_identical(nn_predict(readRDS(file), d), predicted)
  })

  test_that(paste("derivatives of a network with", name, "are those of its loss"), {
    fit <- train_layers(hidden, activation = "softplus")
    expect_lt(nn_check_gradient(fit, d)$worst, 1e-6)
    H <- nn_hessian(fit, d)
    expect_identical(H, t(H))
    expect_identical(rownames(H), names(nn_gradient(fit, d)))
    expect_false(anyDuplicated(rownames(H)) > 0L)
    expect_length(unlist(coef(fit)), nrow(H))
    # Along a direction, so that no column has to be compared by itself.
    parameters <- as_parameters(fit)
    way <- withr::with_seed(5, rnorm(length(parameters)))
    gradient_at <- function(h) {
      moved <- as_layers(parameters + h * way, fit$weights, fit$biases)
      fit[c("weights", "biases")] <- moved[c("weights", "biases")]
      nn_gradient(fit, d)
    }
    h <- 1e-5
    expect_equal(unname(drop(H %*% way)), unname((gradient_at(h) - gradient_at(-h)) / (2 * h)), tolerance = 1e-6)
  })

  test_that(paste("a network with", name, "has the same bits by any number of threads, goes on and begins where it is told"), {
    mini <- function(...) train_layers(hidden, batch_size = 16, ...)
    one <- mini(threads = 1)
    for (threads in c(2, 3, 8)) expect_same_bits(mini(threads = threads), one)
    half <- mini(epochs = 3)
    expect_same_bits(mini(start = half, epochs = 3), one)
    expect_same_bits(nn_train(y ~ x + z + city + kind + flag, data = d, start = half, epochs = 3), one)
    again <- train_layers(hidden, start = half[c("weights", "biases")], epochs = 0)
    expect_identical(again[c("weights", "biases")], half[c("weights", "biases")])
  })

  test_that(paste("a network with", name, "trains by every optimizer, in either precision, with penalty, dropout and weights"), {
    for (optimizer in names(optimizers)) {
      fit <- suppressMessages(train_layers(hidden, optimizer = optimizer, epochs = 3, lr = if (optimizer == "lbfgs") 1 else 0.005))
      expect_true(all(is.finite(unlist(fit$weights))))
      expect_lte(fit$final_loss, 1.5 * fit$history$loss[1L])
    }
    fit <- train_layers(hidden, precision = "single", penalty = 0.01, mixture = 0.3, dropout = 0.2, case_weights = d$z, batch_size = 16)
    expect_true(all(is.finite(nn_predict(fit, d))))
    expect_equal(unname(nn_predict(train_layers(hidden, precision = "single"), d)), unname(nn_predict(train_layers(hidden), d)), tolerance = 1e-3)
    expect_same_bits(train_layers(hidden, dropout = 0.2, start = train_layers(hidden, dropout = 0.2, epochs = 2), epochs = 4), train_layers(hidden, dropout = 0.2))
  })
}

test_that("every kind trains classes, counts and several outcomes", {
  for (name in names(layer_networks)) {
    hidden <- layer_networks[[name]]()
    for (formula in list(class ~ x + z + city + kind + flag, flag ~ x + z + city + kind, cbind(y, square = y^2) ~ x + z + city + kind + flag)) {
      fit <- train_layers(hidden, formula)
      expect_true(all(is.finite(fit$history$loss)))
      expect_identical(nrow(nn_predict(fit, d)), nrow(d))
    }
  }
})

test_that("a frozen layer stays as it was, also under a penalty and L-BFGS", {
  hidden <- nn_layers(layer_dense(4, lr_factor = 0), 3)
  for (optimizer in c("adam", "adamw", "lbfgs", "rprop")) {
    before <- train_layers(hidden, optimizer = optimizer, epochs = 0)
    after <- train_layers(hidden, optimizer = optimizer, epochs = 5, penalty = 0.1)
    expect_identical(after$weights[[1]], before$weights[[1]])
    expect_identical(after$biases[[1]], before$biases[[1]])
    expect_false(identical(after$weights[[2]], before$weights[[2]]))
  }
  # Later it may learn.
  more <- train_layers(nn_layers(4, 3), start = after)
  expect_false(identical(more$weights[[1]], after$weights[[1]]))
  expect_null(more$settings$layers)
  held <- train_layers(nn_layers(4, layer_dense(3, lr_factor = 0)), start = more)
  expect_identical(held$weights[[2]], more$weights[[2]])
})

test_that("covariances, statistics and intervals work on networks of several kinds", {
  fit <- train_layers(nn_layers(2, skip = TRUE), y ~ x + z, optimizer = "lbfgs", epochs = 2000, penalty = 1e-3, keep = "data")
  V <- vcov(fit)
  expect_identical(rownames(V), names(nn_gradient(fit, d)))
  expect_true(all(diag(V) > 0))
  expect_silent(confint(fit))
  expect_silent(predict(fit, d[1:3, ], type = "pred_int", method = "delta"))
  expect_s3_class(logLik(fit), "logLik")
  expect_s3_class(nn_diagnose(fit), "nn_diagnosis")
  for (name in names(layer_networks)) {
    expect_s3_class(nn_diagnose(train_layers(layer_networks[[name]]()), data = d), "nn_diagnosis")
  }
})

test_that("coef() names what each kind has", {
  fit <- train_layers(layer_networks$many())
  shown <- coef(fit)
  expect_named(shown$weights, c("embedding1", "scale2", "periodic3", "dense4", "norm5", "dense6", "skip7", "members8", "dense9", "parametric10", "output", "skip"))
  expect_identical(dimnames(shown$weights$embedding1), list(paste0("city", levels(d$city)), c("e1", "e2")))
  expect_identical(colnames(shown$weights$scale2), c("x", "z", "kindp", "kindq", "kindr", "flag", "city.e1", "city.e2"))
  expect_identical(rownames(shown$weights$periodic3), "z")
  expect_identical(rownames(shown$weights$members8), c("m1", "m2"))
  expect_identical(rownames(shown$weights$output), paste0(rep(c("m1", "m2"), each = 3), ":h", 1:3))
  expect_identical(rownames(shown$weights$skip), input_names(fit))
  expect_length(shown$weights$skip7, 0)
})

test_that("coef(scale = 'original') brings a skip and a first dense layer back, and refuses what is not linear", {
  fit <- train_layers(nn_layers(3, skip = TRUE), y ~ x + z)
  back <- coef(fit, scale = "original")
  X <- as.matrix(d[c("x", "z")])
  through <- tanh(sweep(X %*% back$weights$dense1, 2, back$biases$dense1, "+")) %*% back$weights$output + back$biases$output + X %*% back$weights$skip
  expect_equal(unname(through), unname(nn_predict(fit, d)), tolerance = 1e-12)
  expect_snapshot(error = TRUE, {
    coef(train_layers(nn_layers(layer_scale(), 3)), scale = "original")
    coef(train_layers(nn_layers(layer_dense(3, bias = FALSE))), scale = "original")
  })
})

test_that("ensembles of such networks train, go on and predict their mean", {
  for (hidden in list(layer_networks$many(), layer_networks$piecewise())) {
    fit <- nn_train(y ~ x + z + city + kind + flag, data = d, hidden = hidden, epochs = 4, ensemble = 2, seed = 1)
    expect_s3_class(fit, "nn_ensemble")
    expect_true(all(is.finite(nn_predict(fit, d))))
    more <- nn_train(y ~ x + z + city + kind + flag, data = d, start = fit, epochs = 2)
    expect_identical(nn_member(more, 1)$epochs_done, nn_member(fit, 1)$epochs_done + 2L)
    expect_output(print(fit), "Networks:")
    expect_output(print(summary(fit)), "Network")
  }
})

test_that("new and rare levels are what they are without an embedding", {
  hidden <- nn_layers(layer_embedding("city", size = 2), 3)
  fit <- train_layers(hidden)
  new <- transform(d[1:2, ], city = factor(c("ams", "rom")))
  expect_warning(value <- nn_predict(fit, new), class = "backprop_warning_new_level")
  expect_identical(is.na(value[, 1]), c(FALSE, TRUE))
  merged <- train_layers(hidden, rare_levels = 18)
  expect_identical(nrow(merged$weights[[1]]), length(merged$blueprint$design$variables[[3]]$levels))
  expect_warning(expect_true(all(is.finite(nn_predict(merged, new)))), class = "backprop_warning_new_level")
})

test_that("groups of columns of a matrix are embedded", {
  X <- cbind(x = d$x, model.matrix(~ city - 1, d))
  named <- nn_train(X, d$y, hidden = nn_layers(layer_embedding(list(city = colnames(X)[-1]), size = 2), 3), epochs = 2, seed = 1)
  numbered <- nn_train(X, d$y, hidden = nn_layers(layer_embedding(list(city = 2:6), size = 2), 3), epochs = 2, seed = 1)
  expect_same_bits(named, numbered)
  expect_identical(rownames(coef(named)$weights$embedding1), colnames(X)[-1])
})

test_that("a fit that was edited is refused with what its layers should be", {
  fit <- train_layers(layer_networks$many())
  edit <- function(layers) {
    fit$settings$layers <- layers
    fit
  }
  expect_error(nn_predict(edit(fit$settings$layers[-1]), d), class = "backprop_error_edited_fit")
  expect_error(nn_predict(edit("a"), d), class = "backprop_error_edited_fit")
  wrong <- fit
  wrong$settings$layers[[1]]$first <- 99L
  expect_error(nn_predict(wrong, d), "layers", class = "backprop_error_edited_fit")
  wrong <- fit
  wrong$weights[[2]] <- wrong$weights[[2]][, -1, drop = FALSE]
  expect_error(nn_predict(wrong, d), "1 x 8", class = "backprop_error_edited_fit")
  wrong <- fit
  wrong$settings["layers"] <- NULL
  expect_error(nn_predict(wrong, d), class = "backprop_error_edited_fit")
  wrong <- fit
  wrong$settings$architecture <- nn_layers(3)
  expect_error(print(wrong), class = "backprop_error_edited_fit")
})
