# The generator of random calls: the arguments that say how to train.

an_optimizer <- function(near) {
  if (near) {
    return(draw_one(a_choice_of(names(fuzz_optimizers))(TRUE), "sgdd", opt_adam, quote(opt_adam()), list(name = "adam"), schedule_cosine()))
  }
  maker <- draw_from(fuzz_optimizers)
  if (chance(0.5)) draw_from(names(fuzz_optimizers)) else do.call(maker$fun, draw_arguments(maker$kinds, "right"))
}

# The makers of objects, with the kinds of their arguments.
fuzz_optimizers <- list(
  gd = list(fun = "opt_gd", kinds = list()),
  sgd = list(fun = "opt_sgd", kinds = list()),
  momentum = list(fun = "opt_momentum", kinds = list(momentum = a_share_below_one)),
  nesterov = list(fun = "opt_nesterov", kinds = list(momentum = a_share_below_one)),
  adagrad = list(fun = "opt_adagrad", kinds = list(epsilon = a_positive)),
  rmsprop = list(fun = "opt_rmsprop", kinds = list(rho = a_share_below_one, epsilon = a_positive)),
  adam = list(fun = "opt_adam", kinds = list(beta1 = a_share_below_one, beta2 = a_share_below_one, epsilon = a_positive)),
  adamw = list(
    fun = "opt_adamw", kinds = list(beta1 = a_share_below_one, beta2 = a_share_below_one, epsilon = a_positive, weight_decay = a_share)
  ),
  rprop = list(
    fun = "opt_rprop",
    kinds = list(
      eta_minus = a_share_below_one, eta_plus = function(near) if (near) draw_one(0.9, NA, Inf) else 1 + stats::runif(1),
      step_min = function(near) if (near) draw_one(0, 1e3, NA) else 10^stats::runif(1, -8, -3), step_max = a_positive
    )
  ),
  lbfgs = list(
    fun = "opt_lbfgs", kinds = list(memory = or_null(a_count), gradient_tolerance = a_share, value_tolerance = a_share)
  )
)

fuzz_schedules <- list(
  constant = list(fun = "schedule_constant", kinds = list(warmup = a_count_or_zero)),
  step = list(fun = "schedule_step", kinds = list(factor = a_factor, every = or_null(a_count), warmup = a_count_or_zero)),
  exponential = list(fun = "schedule_exponential", kinds = list(rate = a_factor, warmup = a_count_or_zero)),
  cosine = list(
    fun = "schedule_cosine",
    kinds = list(period = or_null(a_count), floor = a_share, restarts = a_flag, growth = a_count, warmup = a_count_or_zero)
  ),
  one_cycle = list(
    fun = "schedule_one_cycle", kinds = list(total = or_null(a_count), rise = a_factor, start = a_share, floor = a_share, warmup = a_count_or_zero)
  ),
  plateau = list(
    fun = "schedule_plateau", kinds = list(factor = a_factor, patience = a_count, tolerance = a_share, floor = a_share, warmup = a_count_or_zero)
  )
)

a_schedule <- function(near) {
  if (near) {
    return(draw_one(a_choice_of(names(fuzz_schedules))(TRUE), "cos", schedule_step, list(name = "step"), opt_adam()))
  }
  maker <- draw_from(fuzz_schedules)
  if (chance(0.5)) draw_from(names(fuzz_schedules)) else do.call(maker$fun, draw_arguments(maker$kinds, "right"))
}

fuzz_embeddings <- list(
  embed_piecewise = list(bins = a_count, columns = or_null(function(near) if (near) draw_one(1, NA_character_, character(), list("a")) else draw_one("x1", c("a", "b"))))
)

an_embedding <- function(near) {
  if (near) draw_one("piece", 8, list(name = "piecewise"), embed_piecewise, embed_piecewise(3, "no such column")) else draw_one("piecewise", "none", embed_piecewise(3), embed_piecewise(1))
}

# The makers of layers, with the kinds of their arguments.
fuzz_layers <- local({
  own <- or_null(a_choice_of(c("sigmoid", "tanh", "relu", "silu", "linear")))
  some <- a_choice_of(c("linear", "tanh", "relu"))
  columns <- or_null(function(near) if (near) draw_one(1, NA_character_, character(), list("a", 1.5), c("a", "a")) else draw_one("x1", c("a", "b"), "g"))
  size <- function(near) if (near) draw_one(0, 65, NA, "2") else draw_one(2, 3L)
  factors <- list(lr_factor = function(near) if (near) draw_one(-1, NA, Inf, "1") else draw_one(0, 1, 1, 0.5), decay_factor = function(near) if (near) -1 else draw_one(0, 1, 2))
  lapply(list(
    layer_dense = list(
      units = a_count, activation = own, bias = a_flag, dropout = or_null(a_share_below_one),
      init = or_null(a_choice_of(c("normal", "he_normal", "orthogonal")))
    ),
    layer_scale = list(of_members = a_flag),
    layer_embedding = list(columns = columns, size = size, bias = a_flag),
    layer_piecewise = list(columns = columns, size = size, bins = a_count, bias = a_flag),
    layer_periodic = list(columns = columns, frequencies = size, size = size, sigma = a_positive, kind = a_choice_of(c("pbld", "plr"))),
    layer_parametric = list(activation = own),
    layer_norm = list(activation = some),
    layer_skip = list(from = or_null(function(near) if (near) draw_one(-1, 1.5, NA) else draw_one(0, 1, 2)), weights = a_flag, activation = some),
    layer_members = list(k = function(near) if (near) draw_one(0, 257, NA) else draw_one(1, 2, 3), adapters = a_flag)
  ), c, factors)
})

# A network of several kinds of layers, most of which are possible.
some_layers <- function() {
  in_front <- list(
    function() layer_scale(lr_factor = draw_one(0, 1)), function() layer_embedding(size = 2), function() layer_piecewise(size = 2, bins = 3),
    function() layer_periodic(frequencies = 2, size = 2, kind = draw_one("pbld", "plr")), function() layer_members(draw_one(1, 2, 3), adapters = chance(0.7))
  )
  behind <- list(
    function() layer_dense(draw_one(2, 3), bias = chance(0.8)), function() layer_norm(), function() layer_parametric(draw_one(NULL, "silu")), function() layer_skip(0, weights = TRUE),
    function() layer_skip(), function() layer_scale(of_members = chance(0.5))
  )
  layers <- c(draw_some(in_front, 0.2), list(function() layer_dense(3)), draw_some(behind, 0.3))
  do.call(nn_layers, c(lapply(layers, function(make) make()), list(skip = chance(0.3), heads = chance(0.7))))
}

# Functions of the user's own as activation and loss, and what is none.
fuzz_own_activation <- function(near) {
  bent <- list(value = function(z) z / sqrt(1 + z^2), derivative = function(z) (1 + z^2)^-1.5)
  if (!near) {
    return(draw_one(do.call(activation_custom, bent), bent))
  }
  draw_one(
    list(value = function(z) 1, derivative = function(z) z), list(value = function(z) z, derivative = function(z) z), list(value = tanh), function(z) z,
    list("tanh", 3), list(value = function(z) stop("{no}"), derivative = function(z) z), list(value = function(z) z / max(z), derivative = function(z) z)
  )
}

fuzz_own_loss <- function(near) {
  squares <- function(y_hat, y) rowMeans((y_hat - y)^2)
  if (!near) {
    return(loss_custom(squares, function(y_hat, y) 2 * (y_hat - y) / ncol(y), draw_one("linear", "sigmoid", "exp", "softmax")))
  }
  draw_one(
    loss_custom(function(y_hat, y) 1, function(y_hat, y) y), loss_custom(squares, function(y_hat, y) y),
    loss_custom(function(y_hat, y) stop("%s"), function(y_hat, y) y), structure(list(name = "custom"), class = "nn_loss")
  )
}

fuzz_losses <- list(
  loss_huber = list(delta = a_positive),
  loss_quantile = list(tau = function(near) if (near) draw_one(0, 1, c(0.5, 0.5), numeric(), NA, "0.5") else sort(stats::runif(sample.int(3L, 1L), 0.01, 0.99)))
)

fuzz_activations <- c("sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "softplus", "silu", "softsign", "linear")
fuzz_inits <- c("normal", "uniform", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "orthogonal")

# A loss that goes with the outcome, most of the time.
a_loss_for <- function(problem) {
  fitting <- switch(problem$outcome,
    zero_one = , logical = , flags = , unit = c("sse", "mse", "mae", "binary_cross_entropy"), factor2 = , text = c("sse", "binary_cross_entropy"),
    factor3 = , unused = , ordered = c("cross_entropy", "sse", "mse"), counts = c("poisson", "mse"), shares = c("cross_entropy", "mse"),
    c("sse", "mse", "mae", "huber", "quantile")
  )
  all <- c("sse", "mse", "mae", "huber", "binary_cross_entropy", "cross_entropy", "poisson", "quantile")
  function(near) {
    if (near) {
      return(draw_one(a_choice_of(all)(TRUE), draw_from(all), loss_huber, function(y, p) y - p, fuzz_own_loss(TRUE), fuzz_own_loss(FALSE)))
    }
    name <- draw_from(fitting)
    if (name %in% c("huber", "quantile") && chance(0.7)) do.call(paste0("loss_", name), draw_arguments(fuzz_losses[[paste0("loss_", name)]], "right")) else name
  }
}

fuzz_families <- c(
  "gaussian", "binomial", "multinomial", "poisson", "gamma", "negative_binomial", "beta", "location_scale", "ordinal", "cox", "discrete_hazard"
)

# Families that go with the outcome.
families_for <- function(outcome) {
  switch(outcome,
    zero_one = , logical = , factor2 = , text = c("binomial", "ordinal")[c(TRUE, outcome %in% c("factor2", "text"))],
    factor3 = , unused = , ordered = c("multinomial", "ordinal"), counts = c("poisson", "negative_binomial"), unit = "beta",
    positive = c("gamma", "location_scale"), times = c("cox", "discrete_hazard"), trials = c("binomial", "multinomial", "negative_binomial"),
    flags = "gaussian", shares = "multinomial", c("gaussian", "location_scale")
  )
}

a_family_for <- function(problem) {
  fitting <- families_for(problem$outcome)
  function(near) {
    if (near) {
      return(draw_one(a_choice_of(fuzz_families)(TRUE), draw_from(fuzz_families), stats::Gamma(), stats::binomial("probit"), stats::quasi(), mean, list(family = "cox")))
    }
    name <- draw_from(fitting)
    own <- list(gaussian = stats::gaussian, binomial = stats::binomial, poisson = stats::poisson(), gamma = stats::Gamma("log"))[[name]]
    if (name == "discrete_hazard" && chance(0.3)) {
      nn_family(name, breaks = c(0.5, 1, 4))
    } else if (chance(0.2)) {
      nn_family(name)
    } else if (!is.null(own) && chance(0.3)) {
      own
    } else {
      name
    }
  }
}

# Kinds of the arguments that all methods of nn_train() share. Right numbers of epochs and restarts are small.
training_kinds <- function(problem) {
  n <- problem$n
  list(
    hidden = function(near) {
      if (near) draw_one(0, -1, 1.5, NA, c(2, NA), "3", matrix(2), 3e9, 1e9, c(1e5, 1e5), rep(1, 300), list(2)) else draw_one(1L, 2, 3, 5, c(3, 2), c(2, 2, 2), NULL, integer(), 17)
    },
    epochs = function(near) if (near) draw_one(-1, 1.5, NA, "5", 3e9, 1e9, NULL, c(1, 2)) else draw_one(0, 1, 2L, 5, 10, 20),
    lr = or_null(function(near) if (near) draw_one(a_positive(TRUE), 1e300, 1e10) else a_positive(FALSE)),
    activation = function(near) {
      if (near) {
        return(draw_one(a_choice_of(fuzz_activations)(TRUE), c("tanh", "relu"), "softmax", "exp", fuzz_own_activation(TRUE)))
      }
      if (chance(0.1)) fuzz_own_activation(FALSE) else draw_from(fuzz_activations)
    },
    bias = a_flag, family = or_null(a_family_for(problem)), output = or_null(a_choice_of(c("sigmoid", "softmax", "linear", "exp"))), loss = or_null(a_loss_for(problem)), optimizer = an_optimizer,
    batch_size = or_null(function(near) if (near) a_count(TRUE) else draw_one(1, 2, 7L, 32, 1e9)), shuffle = function(near) if (near) draw_one(a_flag(TRUE), "shard") else draw_one(TRUE, FALSE, "shards"), lr_schedule = a_schedule,
    init = or_null(function(near) if (near) draw_one(a_choice_of(fuzz_inits)(TRUE), rep("normal", 9)) else draw_from(fuzz_inits)),
    start = function(near) if (near) draw_start(problem) else NULL,
    restarts = function(near) if (near) draw_one(0, 1.5, NA, "2", 2147483647) else draw_one(1, 1, 2, 3L),
    preset = function(near) if (near) draw_one("tables", "", NA, 1, "TABLE") else "textbook",
    effort = function(near) if (near) draw_one("fast", NA, 2) else draw_one("quick", "standard"),
    time_limit = or_null(function(near) if (near) draw_one(0, -1, NA, "1", c(1, 2), Inf) else 1000),
    ensemble = function(near) if (near) draw_one(0, -1, 1.5, NA, "2", c(2, 3), 2147483647) else draw_one(1, 2, 3L),
    bootstrap = function(near) if (near) a_flag(TRUE) else draw_one(TRUE, FALSE),
    blend = or_null(function(near) if (near) draw_one("line", NA, 1, c("linear", "trees"), list("small")) else draw_one("linear", "small", c("linear", "small"), "plain", "scores")),
    standardize = function(near) if (near) draw_one(a_flag(TRUE), "robustly", c("robust", "quantile")) else draw_one(TRUE, FALSE, "robust", "quantile"),
    embed = or_null(an_embedding), rare_levels = a_count_or_zero, outcome_transform = a_choice_of(c("none", "none", "log")), clip_predictions = a_flag,
    decay_schedule = or_null(a_schedule), dropout_schedule = or_null(a_schedule),
    stop_metric = or_null(a_choice_of(c("loss", "log_loss", "brier", "auc", "accuracy", "rmse", "mae", "deviance"))),
    penalty = function(near) if (near) draw_one(-1, NA, Inf, "0", c(0, 0)) else draw_one(0, 0.01, 1, 1e-9), mixture = a_share,
    dropout = function(near) if (near) draw_one(1, -0.1, NA, c(0.1, 0.1, 0.1, 0.1), "0.5") else draw_one(0, 0.2, 0.9),
    clip_norm = or_null(a_positive), validation = or_null(a_validation_for(problem)), stop_iter = or_null(a_count),
    tol = function(near) if (near) draw_one(-1, NA, Inf) else draw_one(0, 0.01, 1), case_weights = or_null(weights_for(problem)),
    class_weights = class_weights_for(problem), offset = function(near) if (near) draw_one(NA, Inf, "1", rep(0, n + 1), matrix(0, n, 2)) else if (chance(0.5)) NULL else stats::rnorm(n),
    na_action = function(near) if (near) draw_one(a_choice_of(c("error", "omit"))(TRUE), mean, "pass") else draw_one("error", "omit", "impute", stats::na.omit, stats::na.fail, "na.exclude"),
    precision = a_choice_of(c("double", "single")), threads = or_null(function(near) if (near) a_count(TRUE) else draw_one(1, 2L, 3)),
    cluster = function(near) if (near) draw_one(2, "cl", NA, list(1)) else NULL,
    seed = or_null(a_seed), keep = a_choice_of(c("minimal", "data")), keep_weights = or_null(a_count), callback = a_callback, checkpoint = a_checkpoint,
    progress = function(near) if (near) draw_one(NA, "yes", c(TRUE, TRUE)) else draw_one(FALSE, FALSE, FALSE, NULL, TRUE)
  )
}

weights_for <- function(problem) {
  n <- problem$n
  function(near) {
    if (near) draw_one(rep(0, n), rep(-1, n), rep(NA_real_, n), rep(1, n + 1), "w", rep(Inf, n), matrix(1, n, 2), 1e308 * rep(1, n)) else draw_one(rep(1, n), sample(0:2, n, TRUE), stats::runif(n), rep(TRUE, n))
  }
}

class_weights_for <- function(problem) {
  classes <- !problem$outcome %in% c("numeric", "several", "counts", "large", "constant", "shares", "unit", "positive", "times", "trials")
  function(near) {
    if (near) draw_one("balance", c(a = 1, z = 2), -1, c(1, NA), rep(1, 9), c(0, 0), "balanced") else if (classes && chance(0.7)) draw_one("balanced", c(1, 2), c(2, 0.5)) else NULL
  }
}

a_validation_for <- function(problem) {
  own <- function() if (problem$interface == "formula") problem$first$data else problem$first[c("X", "Y")]
  function(near) {
    if (near) {
      return(draw_one(0, 1, -0.1, NA, "0.2", c(0.1, 0.2), list(X = problem$inputs), own()[1L], "out_of_bag", 0.999, 1e-9, c(own(), zzz = 1)))
    }
    draw_one(0.2, 0.5, own(), 0.34)
  }
}

# Callbacks are without memory, so that a second training sees the same.
a_callback <- function(near) {
  if (near) {
    return(draw_one(function() TRUE, "print", quote(x), function(x) stop(own_error), function(x) if (x$epoch == 3) stop(own_error), function(x) warning(own_warning)))
  }
  draw_one(NULL, function(state) TRUE, function(state) NULL, function(state) FALSE, function(state) state$epoch < 3, identity, function(...) invisible(1))
}

# What a callback signals must come out as it is.
own_error <- structure(class = c("fuzz_own_error", "error", "condition"), list(message = "the user's own", call = NULL))
own_warning <- structure(class = c("fuzz_own_warning", "warning", "condition"), list(message = "the user's own", call = NULL))

a_checkpoint <- function(near) {
  file <- file.path(tempdir(), "fuzz-checkpoint.rds")
  if (near) {
    return(draw_one(file, list(path = file, every = 0), list(every = 1), list(path = file.path(tempdir(), "no", "folder.rds")), list(path = tempdir()), list(path = "", every = 1), list(path = file, often = 1)))
  }
  draw_one(NULL, NULL, list(path = file), list(path = file, every = 3))
}

# Weights to start from, most of them in the wrong shape.
draw_start <- function(problem) {
  p <- if (is.data.frame(problem$inputs)) length(problem$inputs) else ncol(problem$inputs)
  start <- nn_init(c(p, draw_one(NULL, 2, c(3, 2)), draw_one(1, 1, 2)), seed = 1)
  draw_one(
    start, start["weights"], unname(start), list(weights = start$weights, biases = rev(start$biases)), list(weights = list(), biases = list()),
    list(weights = start$weights[[1L]], biases = start$biases[[1L]]), utils::modifyList(start, list(biases = list(NA))), start$weights
  )
}

# What an optimizer or a loss refuses is left out most of the time, so that most trainings are trained.
without_clashes <- function(settings) {
  optimizer <- settings$optimizer
  name <- if (inherits(optimizer, "nn_optimizer")) optimizer$name else if (is.character(optimizer)) optimizer[1L] else "gd"
  if ("batch_size" %in% names(settings) && is.null(settings$optimizer)) settings$optimizer <- name <- "adam"
  if (name %in% c("rprop", "lbfgs")) settings$lr_schedule <- NULL
  if (name %in% c("rprop", "lbfgs", "gd")) settings$batch_size <- NULL
  if (name %in% "lbfgs") settings[c("dropout", "clip_norm")] <- NULL
  if (!is.null(settings$family)) settings[c("loss", "outcome_transform")] <- NULL
  if (!is.null(settings$loss) || !is.null(settings$family)) settings$output <- NULL
  if (!is.null(settings$restarts)) settings[c("checkpoint", "start")] <- NULL
  if (name %in% c("rprop", "lbfgs")) settings[c("decay_schedule", "dropout_schedule")] <- NULL
  if (isTRUE(settings$bootstrap) && identical(as.double(settings$ensemble), 1) && is.null(settings$blend)) settings$ensemble <- 2
  if (isTRUE(settings$bootstrap) && is.null(settings$ensemble)) settings$bootstrap <- NULL
  if (isTRUE(settings$bootstrap) && !is.null(settings$validation) && chance(0.5)) settings$validation <- "out_of_bag"
  if (!is.null(settings$ensemble)) settings[c("restarts", "checkpoint", "keep_weights", "start")] <- NULL
  if ("hidden" %in% names(settings) && length(settings$hidden) == 0L) settings$dropout <- NULL
  settings
}
