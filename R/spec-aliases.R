# Names that other packages taught: an argument of theirs gets an error that says what it is called here.

taught_arguments <- list(
  case_weights = c("weights", "weight", "sample_weight", "sample.weight", "obs_weights", "wts"),
  hidden = c("size", "hidden_units", "hidden.units", "hidden_layers", "hidden.layers", "hidden_layer_sizes", "units", "neurons", "nodes", "layers"),
  epochs = c("maxit", "max_iter", "maxiter", "stepmax", "n_epochs", "num_epochs", "nepochs", "iter", "n_iter", "rounds", "nrounds"),
  lr = c("learning_rate", "learn_rate", "learning.rate", "learningrate", "eta", "learn.rate", "rate", "learnFuncParams"),
  penalty = c("decay", "weight_decay", "weight.decay", "lambda", "alpha", "l2", "L2", "regularization"),
  mixture = c("l1", "L1", "l1_ratio"),
  bootstrap = c("bag", "bagging", "replace", "resample"),
  ensemble = c("times", "n_estimators", "repeats", "num_networks"),
  restarts = c("rep", "reps", "n_restarts", "nstart", "n_start"),
  activation = c("act.fct", "act_fct", "act", "activations", "hidden_activation", "activ.functions", "hiddenActFunc"),
  output = c("linear.output", "linear_output", "linout", "softmax", "output_activation", "linOut"),
  bias = c("intercept", "fit_intercept", "use_bias", "biases"),
  family = c("distribution", "dist", "distr", "likelihood"),
  loss = c("err.fct", "err_fct", "entropy", "error", "objective", "loss_function", "loss_type", "criterion"),
  optimizer = c("algorithm", "solver", "optim", "optimiser", "learnFunc", "method", "optim_type"),
  tol = c("threshold", "reltol", "abstol", "stop_tol", "min_delta", "tolerance", "stopping_tolerance"),
  stop_iter = c(
    "patience", "early_stopping", "early_stopping_rounds", "early_stop", "n_iter_no_change", "stopping_rounds", "stop.iter",
    "no_improvement", "burnin"
  ),
  validation = c("validation_split", "validation_data", "val_split", "validation_fraction", "valid_pct", "val", "validation_frame", "eval_set"),
  batch_size = c("batch.size", "batchsize", "batch", "mini_batch_size", "minibatch", "mini_batch"),
  start = c("Wts", "startweights", "start_weights", "start.weights", "init_weights", "checkpoint_model", "warm_start"),
  init = c("initializer", "initFunc", "weight_init", "kernel_initializer", "initial_weight_distribution", "rang"),
  dropout = c("dropout_rate", "drop", "hidden_dropout_ratios", "dropout_ratio", "p_drop"),
  standardize = c("standardise", "scale", "normalize", "normalise", "center"),
  progress = c("verbose", "trace", "lifesign", "quiet"),
  threads = c("n_threads", "nthreads", "num_threads", "nthread", "n_jobs", "num.threads", "cores", "n_cores"),
  seed = c("random_state", "random_seed", "rng_seed"),
  momentum = c("momentum", "nesterov_momentum", "learning_momentum"),
  clip_norm = c("gradient_clip", "clip", "clipnorm", "max_norm", "grad_norm_clip"),
  lr_schedule = c("rate_schedule", "scheduler", "lr_scheduler", "schedule"),
  class_weights = c("class_weight", "class.weights", "classwt"),
  keep = c("model", "keep_data"),
  na_action = c("na_omit", "na.rm", "missing_values", "missing_values_handling")
)

# Where the other's values are not ours, how to say them.
taught_values <- c(
  linear.output = "{.code linear.output = FALSE} is {.code output = \"sigmoid\"}, {.code TRUE} is {.code output = \"linear\"}.",
  linout = "{.code linout = TRUE} is {.code output = \"linear\"}; an outcome of other numbers than 0 and 1 has it by default.",
  softmax = "{.code softmax = TRUE} is {.code output = \"softmax\"}; a factor of three or more levels has it by default.",
  entropy = "{.code entropy = TRUE} is {.code loss = \"binary_cross_entropy\"}; a factor of two levels has it by default.",
  early_stopping = "Early stopping is {.code validation = 0.2, stop_iter = 10}.",
  rang = "Starting weights are chosen by {.arg init}, or given as {.arg start}."
)

refuse_taught_argument <- function(name, known) {
  ours <- names(taught_arguments)[vapply(taught_arguments, function(names) name %in% names, NA)]
  if (length(ours) == 0L || (!ours %in% known && ours != "momentum")) {
    return(invisible())
  }
  hint <- if (name %in% names(taught_values)) taught_values[[name]] else NULL
  if (ours == "momentum") {
    stop_backprop("unknown_argument", c(
      "Unknown argument {.arg {name}}.",
      i = "Momentum is chosen by {.code optimizer = opt_momentum(momentum = 0.9)} or {.code opt_nesterov()}."
    ))
  }
  stop_backprop("unknown_argument", c(
    "Unknown argument {.arg {name}}: here it is called {.arg {ours}}.",
    i = hint
  ))
}
