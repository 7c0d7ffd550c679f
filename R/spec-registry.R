# What the package offers, in one place: every name that an argument accepts, with what belongs to it.
# Checks, error listings and defaults are all read from these tables.

# Activation functions of hidden layers, each with the family its default initialisation comes from.
activations <- c(
  sigmoid = "glorot_uniform", tanh = "glorot_uniform", relu = "he_normal", leaky_relu = "he_normal",
  elu = "he_normal", selu = "he_normal", gelu = "he_normal", softplus = "he_normal",
  silu = "he_normal", softsign = "glorot_uniform", linear = "glorot_uniform"
)

# Output activations: the loss that goes with each by default.
outputs <- c(
  sigmoid = "binary_cross_entropy", softmax = "cross_entropy", linear = "mse", exp = "poisson"
)

# Losses: the outputs each works with (the first is taken when none is asked for and the outcome's own
# does not fit), whether it is a sum over rows, its parameter, and what it asks of the outcome.
losses <- list(
  sse = list(outputs = c("linear", "sigmoid", "exp"), sum = TRUE, par = numeric(), needs = "any"),
  mse = list(outputs = c("linear", "sigmoid", "exp"), sum = FALSE, par = numeric(), needs = "any"),
  mae = list(outputs = c("linear", "sigmoid", "exp"), sum = FALSE, par = numeric(), needs = "any"),
  huber = list(outputs = c("linear", "sigmoid", "exp"), sum = FALSE, par = c(delta = 1), needs = "any"),
  binary_cross_entropy = list(outputs = "sigmoid", sum = FALSE, par = numeric(), needs = "unit"),
  cross_entropy = list(outputs = "softmax", sum = FALSE, par = numeric(), needs = "share"),
  poisson = list(outputs = "exp", sum = FALSE, par = numeric(), needs = "nonnegative"),
  quantile = list(outputs = "linear", sum = FALSE, par = c(0.1, 0.5, 0.9), needs = "single")
)

# Optimizers: default learning rate, whether they step on mini-batches, whether they find the length of
# their steps themselves, and their hyperparameters' defaults.
optimizers <- list(
  gd = list(lr = 0.1, batches = FALSE, own_steps = FALSE, hyperparameters = list()),
  sgd = list(lr = 0.01, batches = TRUE, own_steps = FALSE, hyperparameters = list()),
  momentum = list(lr = 0.01, batches = TRUE, own_steps = FALSE, hyperparameters = list(momentum = 0.9)),
  nesterov = list(lr = 0.01, batches = TRUE, own_steps = FALSE, hyperparameters = list(momentum = 0.9)),
  adagrad = list(lr = 0.01, batches = TRUE, own_steps = FALSE, hyperparameters = list(epsilon = 1e-10)),
  rmsprop = list(lr = 0.001, batches = TRUE, own_steps = FALSE, hyperparameters = list(rho = 0.99, epsilon = 1e-8)),
  adam = list(
    lr = 0.001, batches = TRUE, own_steps = FALSE, hyperparameters = list(beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8)
  ),
  adamw = list(
    lr = 0.001, batches = TRUE, own_steps = FALSE,
    hyperparameters = list(beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0.01)
  ),
  rprop = list(
    lr = 0.01, batches = FALSE, own_steps = TRUE,
    hyperparameters = list(eta_minus = 0.5, eta_plus = 1.2, step_min = 1e-6, step_max = 50)
  ),
  lbfgs = list(
    lr = 1, batches = FALSE, own_steps = TRUE,
    hyperparameters = list(memory = NA_real_, gradient_tolerance = 1e-10, value_tolerance = 1e-14)
  )
)

default_batch_size <- 32L

# Initialisations of weights, each with the biases that go with it.
inits <- c(
  normal = "uniform", uniform = "uniform", glorot_uniform = "zeros", glorot_normal = "zeros",
  he_uniform = "zeros", he_normal = "zeros", lecun_normal = "zeros", orthogonal = "zeros"
)

precisions <- c("double", "single")
keeps <- c("minimal", "data")
standardizings <- c("robust", "quantile")
na_actions <- c("error", "omit", "impute")

# Networks that are blended with that of a preset, judged by the rows that the networks hold back: a function of the number of rows, and of whether
# the outcome is of classes, gives their settings.
blends <- list(
  linear = function(n, classes) {
    # Of numbers so little that collinear columns keep what they tell; the rows that judge end the training before it goes astray.
    c(plain_steps, list(hidden = c(), penalty = (if (classes) 1 else 1e-4) / n, activation = "tanh"))
  },
  small = function(n, classes) {
    c(plain_steps, list(hidden = 10L, penalty = 0.5 / n, activation = "tanh"))
  },
  log = function(n, classes) list(outcome_transform = "log"),
  plain = function(n, classes) list(embed = NULL, standardize = "robust"),
  scores = function(n, classes) list(standardize = "quantile")
)
plain_steps <- list(
  optimizer = "lbfgs", epochs = 200, lr = NULL, batch_size = NULL, clip_norm = NULL, dropout = 0, lr_schedule = "constant", embed = NULL,
  precision = "double", init = NULL, decay_schedule = NULL, dropout_schedule = NULL
)

schedules <- c("constant", "step", "exponential", "cosine", "one_cycle", "plateau")

# The arguments that say how to train (see nn_train-methods.R). Those that a fit given as `start` passes on unless they are typed anew are
# `inherited_arguments`.
training_arguments <- names(training_defaults)
inherited_arguments <- c(
  "lr", "activation", "output", "loss", "optimizer", "batch_size", "shuffle", "lr_schedule", "init",
  "ensemble", "blend", "standardize", "embed", "rare_levels", "outcome_transform", "clip_predictions", "penalty", "mixture", "dropout", "clip_norm", "decay_schedule", "dropout_schedule", "validation", "stop_iter", "stop_metric", "tol",
  "class_weights", "na_action", "precision", "seed", "keep", "keep_weights"
)
