# What the package offers: every name that an argument accepts, with what belongs to it. Checks, error listings and defaults are all
# read from tables. Those of activations, outputs, losses, optimizers, schedules, initialisations, measures and precisions are the
# engine's, in registry-generated.R; here is what R adds to them, and what only R knows.

# Hyperparameters as they are where nothing is said, by the name of what has them.
defaults_of <- function(table) lapply(table, function(entry) lapply(entry$hyperparameters, function(hyperparameter) hyperparameter$default))
optimizer_defaults <- defaults_of(optimizers)
schedule_defaults <- defaults_of(schedules)

# Losses with that which is the user's own: `loss = "custom"` alone says nothing.
all_losses <- c(losses, list(custom = list(outputs = names(outputs), sum = FALSE, par = numeric(), needs = "any", of_inputs = FALSE)))

# Measures of predictions that may choose the best epoch: which outputs each is for. The loss goes with all.
stop_metrics <- c(list(loss = names(outputs)), metrics)

# The biases that go with initialisations of weights, where all of them agree; else none.
biases_of <- function(init) {
  biases <- unique(unname(inits[init]))
  if (length(biases) == 1L) biases else "zeros"
}

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

# The arguments that say how to train (see nn_train-methods.R). A fit given as `start` passes on all that are not typed anew but those that are
# of one call: its data and time, what is in the fit already, and what goes on around the training.
training_arguments <- names(training_defaults)
inherited_arguments <- setdiff(training_arguments, c(
  "hidden", "epochs", "preset", "effort", "time_limit", "family", "start", "restarts", "case_weights", "offset", "threads", "cluster", "callback", "checkpoint", "progress"
))
