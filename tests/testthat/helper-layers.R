# A table with a factor, numbers and a flag, and a network of each kind of layer on it.

layers_table <- function(n = 80) {
  withr::with_seed(3, {
    d <- data.frame(
      x = rnorm(n), z = rexp(n), city = factor(sample(c("ams", "ber", "cph", "dub", "edi"), n, replace = TRUE)), kind = factor(sample(c("p", "q", "r"), n, replace = TRUE)),
      flag = rnorm(n) > 0
    )
    d$y <- sin(2 * d$x) + as.integer(d$city) / 3 + 0.3 * d$z * d$flag + rnorm(n) / 5
    d$class <- factor(c("low", "mid", "high")[1 + (d$y > 0.8) + (d$y > 1.6)])
    d
  })
}

layer_networks <- list(
  scale = function() nn_layers(layer_scale(), 4),
  embedding = function() nn_layers(layer_embedding(size = 2), 4),
  piecewise = function() nn_layers(layer_piecewise(size = 2, bins = 3), 4),
  pbld = function() nn_layers(layer_periodic(frequencies = 3, size = 3, sigma = 0.3), 4),
  plr = function() nn_layers(layer_periodic("x", frequencies = 3, size = 2, sigma = 0.3, kind = "plr"), 4),
  prelu = function() nn_layers(layer_dense(4, "linear"), layer_parametric(), 3),
  share = function() nn_layers(layer_dense(4, "linear"), layer_parametric("silu"), 3),
  norm = function() nn_layers(4, layer_norm("tanh"), 3),
  residual = function() nn_layers(4, 4, layer_skip()),
  weights = function() nn_layers(4, 3, layer_skip(from = 1, weights = TRUE, activation = "softplus")),
  skip = function() nn_layers(3, skip = TRUE),
  members = function() nn_layers(layer_members(3), 4, layer_scale(of_members = TRUE), 3),
  shared_output = function() nn_layers(4, layer_members(2), 3, heads = FALSE),
  frozen = function() nn_layers(layer_dense(4, lr_factor = 0), layer_dense(3, bias = FALSE, decay_factor = 2, init = "he_normal")),
  many = function() {
    nn_layers(
      layer_embedding("city", size = 2), layer_scale(), layer_periodic("z", frequencies = 2, size = 2), 4, layer_norm(), 4, layer_skip(), layer_members(2), 3,
      layer_parametric("tanh"), skip = TRUE
    )
  }
)

train_layers <- function(hidden, formula = y ~ x + z + city + kind + flag, data = layers_table(), epochs = 6, optimizer = "adam", ..., activation = "tanh", seed = 1) {
  nn_train(
    formula, data = data, preset = "textbook", hidden = hidden, activation = activation, epochs = epochs, optimizer = optimizer,
    seed = seed, ...
  )
}
