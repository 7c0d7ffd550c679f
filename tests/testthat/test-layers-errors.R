# What is refused of a description of layers, in words.

d <- layers_table()

test_that("layers are checked where they are made, and printed", {
  expect_snapshot(error = TRUE, {
    layer_dense()
    layer_dense(0)
    layer_dense(3, activation = "tan")
    layer_dense(3, lr_factor = -1)
    layer_dense(3, dropout = 1)
    layer_embedding(size = 0)
    layer_embedding(columns = 3)
    layer_periodic(frequencies = 65)
    layer_periodic(size = 1)
    layer_periodic(kind = "waves")
    layer_parametric("prelu")
    layer_skip(from = -1)
    layer_members(257)
    layer_members()
    nn_layers(3, "a")
    nn_layers(c(3, 4))
    nn_layers(units = 3)
    nn_layers(3, skip = NA)
    print(structure(list(layers = list(1), skip = FALSE, heads = TRUE), class = "nn_layers"))
  })
  expect_snapshot({
    nn_layers()
    nn_layers(64, layer_dense(8, "relu", bias = FALSE, dropout = 0.1, lr_factor = 0), layer_skip(1), skip = TRUE)
    nn_layers(
      layer_embedding("city"), layer_embedding(list(a = 1:3)), layer_piecewise(), layer_periodic("x", kind = "plr"), layer_scale(of_members = TRUE), layer_parametric(),
      layer_parametric("silu", decay_factor = 1), layer_norm("relu"), layer_skip(weights = TRUE, lr_factor = 0.1), layer_members(4, adapters = FALSE)
    )
    layer_norm()
  })
})

test_that("descriptions that do not fit the data or themselves are refused", {
  train <- function(..., formula = y ~ x + z + city + kind + flag) train_layers(nn_layers(...), formula)
  expect_snapshot(error = TRUE, {
    train(4, 3, layer_skip(from = 1))
    train(4, 4, layer_skip(from = 2))
    train(4, 3, layer_skip())
    train(layer_skip())
    train(layer_members(2), layer_members(2), 3)
    train(layer_embedding("x"))
    train(layer_embedding("citi"))
    train(layer_embedding("city"), layer_embedding("city"))
    train(4, layer_embedding("city"))
    train(layer_embedding("city"), formula = y ~ x + city:kind)
    train(layer_embedding(), formula = y ~ x + flag)
    train(layer_embedding("city", size = 1e9))
    train(layer_periodic("zz"))
    train(layer_periodic("city"))
    train(layer_periodic(), formula = y ~ city)
    train(layer_piecewise("flag"))
    train(layer_piecewise(bins = 3), layer_piecewise(bins = 4))
    train_layers(nn_layers(layer_piecewise()), embed = "piecewise")
    train_layers(nn_layers(4, 3), activation = c("tanh", "relu", "tanh"))
    train_layers(nn_layers(4, 3), dropout = c(0.1, 0.2, 0.3))
    train_layers(nn_layers(layer_dense(4, lr_factor = 0.5)), optimizer = "lbfgs")
    train_layers(nn_layers(layer_dense(4, dropout = 0.5)), optimizer = "lbfgs")
    train_layers(nn_layers(layer_norm()), bias = NA)
  })
  X <- as.matrix(d[c("x", "z")])
  expect_snapshot(error = TRUE, {
    nn_train(X, d$y, hidden = nn_layers(layer_embedding()))
    nn_train(X, d$y, hidden = nn_layers(layer_embedding("x")))
    nn_train(X, d$y, hidden = nn_layers(layer_embedding(list(1:2))))
    nn_train(X, d$y, hidden = nn_layers(layer_embedding(list(2:3))))
  })
})

test_that("a Cox model has no members", {
  expect_snapshot(error = TRUE, nn_train(
    survival::Surv(z, flag) ~ x, data = d, preset = "textbook", hidden = nn_layers(layer_members(2), 3), epochs = 1
  ))
  fit <- nn_train(survival::Surv(z, flag) ~ x + city, data = d, preset = "textbook", hidden = nn_layers(layer_embedding(size = 2), 3, skip = TRUE), epochs = 5, seed = 1)
  expect_lt(nn_check_gradient(fit, d)$worst, 1e-6)
})

test_that("a start must be of the same network", {
  fit <- train_layers(nn_layers(layer_scale(), 4))
  expect_snapshot(error = TRUE, {
    train_layers(4, start = fit)
    train_layers(nn_layers(4), start = fit)
    train_layers(nn_layers(layer_scale(), 5), start = fit)
    train_layers(nn_layers(4, layer_norm()), start = fit[c("weights", "biases")])
    train_layers(nn_layers(layer_norm(), 4), start = fit[c("weights", "biases")])
    train_layers(nn_layers(layer_scale(), 4), start = train_layers(4))
    nn_train(y ~ x + z + city + kind + flag, data = d, start = fit, bias = FALSE)
  })
  expect_silent(train_layers(nn_layers(layer_scale(lr_factor = 0), 4), start = fit))
})

test_that("traces and pictures of weights say that they are not of these", {
  fit <- train_layers(nn_layers(layer_scale(), 4))
  expect_error(nn_trace(fit, d), class = "backprop_error_incompatible")
  expect_error(plot(fit, type = "network"), class = "backprop_error_incompatible")
  withr::with_pdf(withr::local_tempfile(), expect_silent(plot(fit, type = "loss")))
})

test_that("what the engine refuses beyond that is told with the layer's number", {
  expect_error(stop_engine(list(kind = "layer", layer = 2L, message = "a {skip}"), NULL), "Layer 2 .*a \\{skip\\}", class = "backprop_error_layer")
})
