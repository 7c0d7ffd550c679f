# One validated specification: every argument checked, every default resolved.
# After this nothing about the training is left open, and nothing changes it: what is learnt from the rows stands beside it, see
# prepare_training(). The engine makes a checked configuration of it, whose shapes and ranges it verifies once more, since it can be used
# without R.

# `settings`: the arguments of the call, with what an earlier fit passes on; `typed`: the names of those that were typed; `inputs`: n (rows
# that train), p, rows (those kept), embed, validation (the share of rows that judge, or "given"); `outcome`: from read_outcome(); `table`:
# whether the data came as a table.
resolve_specification <- function(settings, typed, inputs, outcome, table, earlier = NULL) {
  optimizer <- read_optimizer(settings$optimizer)
  standardize <- read_standardize(settings$standardize)
  choice <- resolve_objective(settings, outcome, table)
  family <- family_of_settings(choice)
  outputs <- count_outputs(outcome, choice)
  check_offset_output(settings$offset, choice$output)
  offset <- read_offset(settings$offset, inputs$rows, outputs, objective = choice)

  own <- read_activations(settings$activation)
  settings$activation <- own$names
  settings$own_activations <- names(own$own)
  described <- describe_network(settings, typed, inputs, outputs)
  layered <- !is.null(described$layers)
  start <- read_start(settings$start, inputs$p, outputs, count_own(c(choice, list(sizes = outputs))), choice$loss, if (layered) described)
  network <- if (is.null(described)) {
    hidden <- resolve_hidden(settings$hidden, "hidden" %in% typed, start)
    list(sizes = c(inputs$p, hidden, outputs), hidden = hidden, activation = resolve_activation(own$names, hidden, own = names(own$own)))
  } else {
    resolve_described(described, settings, typed, start)
  }
  hidden <- network$hidden
  sizes <- network$sizes
  activation <- network$activation
  if (layered) check_network_goes_with(network, optimizer$name, family)
  optimizer <- complete_optimizer(optimizer, network)
  init <- resolve_init(settings$init, activation, choice, network = if (layered || length(network$described) > 0L) network)
  batch_size <- resolve_batch_size(settings$batch_size, optimizer$name, inputs$n, family)
  tell_full_batch(optimizer$name, batch_size, settings$batch_size, inputs$n)
  epochs <- check_count(settings$epochs, "epochs", min = 0)
  lr <- settings$lr
  if (is.null(lr)) {
    lr <- default_lr(optimizer$name, choice$loss, batch_size)
  } else {
    lr <- check_positive(lr, "lr")
  }
  if (identical(settings$precision, "single") && lr > 3.4e38) {
    stop_argument("lr", "at most 3.4e38, the largest number of single precision", lr)
  }
  if (!is.null(earlier) && !keeps_state(earlier$settings$optimizer, optimizer)) {
    start$optimizer_state <- NULL
  }
  if (!is.null(earlier)) {
    # The best by one loss is not the best by another.
    same_loss <- identical(earlier$settings$loss, choice$loss) && !(choice$loss == "custom" && "loss" %in% typed)
    if (same_loss) start$best <- earlier_best(earlier, typed, settings)
  }
  keep <- check_choice(settings$keep, "keep", keeps)
  if (!is.null(settings$progress)) {
    check_flag(settings$progress, "progress")
  }
  controls <- resolve_controls(settings, hidden, optimizer$name, network)
  callback <- check_callback(settings$callback)
  checkpoint <- read_checkpoint(settings$checkpoint)
  restarts <- check_restarts(settings$restarts, settings)

  engine <- c(controls, list(
    sizes = sizes,
    layers = network$layers,
    activation = activation,
    output = choice$output,
    loss = choice$loss,
    loss_par = choice$loss_par,
    custom = custom_functions(activation, own$own, choice),
    optimizer = unclass(optimizer),
    lr = lr,
    schedule = unclass(read_schedule(settings$lr_schedule, epochs, optimizer$name)),
    decay_schedule = unclass(read_factor_schedule(settings$decay_schedule, epochs, optimizer$name, "decay_schedule")),
    dropout_schedule = unclass(read_factor_schedule(settings$dropout_schedule, epochs, optimizer$name, "dropout_schedule")),
    metric = read_stop_metric(settings$stop_metric, settings$validation, choice$output, outcome, outputs, choice$loss),
    keep_best = !is.null(settings$validation),
    epochs = epochs,
    batch_size = batch_size,
    shuffle = read_shuffle(settings$shuffle, "shuffle" %in% typed, settings$cluster, batch_size, inputs$n),
    init = init$weights,
    bias_init = init$biases,
    precision = check_choice(settings$precision, "precision", precisions),
    threads = resolve_threads(settings$threads),
    max_bytes = resolve_max_bytes(),
    accuracy = choice$loss %in% c("cross_entropy", "binary_cross_entropy") && outcome$kind != "counts",
    # Last, so that a call that fails draws nothing from R's generator.
    seed = seed_or_drawn(settings$seed)
  ))
  list(
    engine = if (layered && !is.null(engine$dropout)) replace(engine, "dropout", list(for_engine_layers(network, engine$dropout, 0))) else engine,
    controls = controls,
    hidden = hidden,
    architecture = network$architecture,
    bias = settings$bias,
    split_seed = split_seed(engine$seed, typed, earlier),
    start = start,
    preset = settings$preset,
    effort = if (identical(settings$preset, "table")) settings$effort,
    time_limit = settings$time_limit,
    bootstrap = settings$bootstrap,
    standardize = standardize,
    embed = inputs$embed,
    rare_levels = check_count(settings$rare_levels, "rare_levels", min = 0),
    outcome_transform = read_outcome_transform(settings$outcome_transform, choice),
    clip_predictions = check_clipping(settings$clip_predictions, choice),
    init = settings$init,
    keep = keep,
    validation = inputs$validation,
    na_action = settings$na_action,
    has_weights = !is.null(settings$case_weights),
    progress = settings$progress,
    class_weights = settings$class_weights,
    offset = offset,
    callback = callback,
    checkpoint = checkpoint,
    restarts = restarts,
    cluster = settings$cluster
  )
}

check_clipping <- function(clip, choice) {
  check_flag(clip, "clip_predictions")
  family <- family_of_settings(choice)
  if (clip && !is.null(family$quantiles)) {
    stop_incompatible("{.code clip_predictions = TRUE} does not go with {.code family = \"{name}\"}, whose predictions are not means alone.", "Leave it out.", name = family$family)
  }
  clip
}

# What a fit given as `start` passes on: all that was not typed anew.
inherit_settings <- function(settings, typed, earlier) {
  inherited <- setdiff(inherited_arguments, typed)
  # A full-batch optimizer's batch is all rows of today's data; other optimizers have defaults of their own.
  if ("optimizer" %in% typed) {
    inherited <- setdiff(inherited, c("lr", "batch_size", "lr_schedule", "decay_schedule", "dropout_schedule"))
  } else if (!optimizers[[earlier$optimizer$name]]$batches) {
    inherited <- setdiff(inherited, "batch_size")
  }
  # Without rows to measure on there is nothing to measure.
  if ("validation" %in% typed && is.null(settings$validation)) {
    inherited <- setdiff(inherited, "stop_metric")
  }
  # A new output comes with its own loss and the other way round; a family with both, unless it is the one that training had.
  if ("family" %in% typed && !identical(read_family(settings$family)$family, family_of_settings(earlier)$family)) {
    inherited <- setdiff(inherited, c("output", "loss"))
  }
  if ("output" %in% typed) {
    inherited <- setdiff(inherited, "loss")
  }
  if ("loss" %in% typed) {
    inherited <- setdiff(inherited, "output")
  }
  earlier$loss <- typed_loss(earlier)
  # Those of dense layers alone, as they are typed.
  if (!is.null(earlier[["layers"]])) earlier$activation <- earlier$activation[hidden_dense(earlier[["layers"]])]
  earlier$activation <- typed_activation(earlier)
  # Fits made before an argument existed go on with its default.
  inherited <- intersect(inherited, names(earlier))
  settings[inherited] <- earlier[inherited]
  if (identical(settings$validation, "given")) {
    settings["validation"] <- list(NULL)
  }
  settings
}

# The optimizer's memory of earlier steps goes on only under the very same rule.
keeps_state <- function(earlier, now) identical(unclass(earlier), unclass(now))

# Output, loss and its parameter: those of the family, where one is typed or the outcome has no other.
resolve_objective <- function(settings, outcome, table) {
  loss <- read_loss(settings$loss)
  family <- read_family(settings$family)
  if (is.null(family) && is.null(loss)) family <- default_family(outcome)
  if (is.null(family) && is_custom_loss(loss)) {
    choice <- custom_objective(loss, settings$output)
  } else if (is.null(family)) {
    choice <- resolve_output(settings$output, loss$name, outcome, table)
  } else {
    check_family_alone(family, settings$output, loss)
    check_family_outcome(family, outcome)
    choice <- list(output = family$output, loss = if (is.null(loss)) family$losses[1L] else loss$name)
  }
  check_outcome_fits(outcome, choice$output, choice$loss)
  if (is.null(family)) family <- family_of_settings(choice)
  given <- as.double(if (is.null(loss)) all_losses[[choice$loss]]$par else loss$par)
  choice$loss_par <- if (is.null(family$par)) given else family$par(outcome, given, settings$case_weights)
  choice
}

resolve_output <- function(output, loss, outcome, table) {
  if (is.null(output)) {
    output <- default_output(outcome)
    if (!is.null(loss) && !output %in% all_losses[[loss]]$outputs) {
      # sse of classes is one sigmoid per class rather than a linear output.
      fitting <- all_losses[[loss]]$outputs
      output <- if (outcome$kind == "factor" && "sigmoid" %in% fitting) "sigmoid" else fitting[1L]
    }
  } else {
    check_choice(output, "output", names(outputs))
  }
  if (is.null(loss)) {
    loss <- default_loss(output, outcome, table)
  }
  list(output = output, loss = loss)
}

default_output <- function(outcome) {
  if (outcome$kind == "factor") {
    return(if (outcome$k == 2L) "sigmoid" else "softmax")
  }
  if (outcome$unit) "sigmoid" else "linear"
}

# A matrix with numbers under a sigmoid output is the article's case, trained on half the sum of squares.
default_loss <- function(output, outcome, table) {
  if (output == "sigmoid" && outcome$kind != "factor") {
    if (!table) {
      return("sse")
    }
    if (min(outcome$values) < 0 || max(outcome$values) > 1) {
      return("mse")
    }
  }
  outputs[[output]]
}

resolve_hidden <- function(hidden, typed, start) {
  if (is.null(start)) {
    return(check_hidden(hidden))
  }
  found <- start$hidden
  if (typed && !identical(check_hidden(hidden), found)) {
    stop_start(
      "{.arg hidden} says {describe_hidden(hidden)}, but {.arg start} has {describe_hidden(found)}.",
      "Leave {.arg hidden} out: it is read from {.arg start}.",
      hidden = hidden, found = found
    )
  }
  found
}

describe_hidden <- function(hidden) {
  if (length(hidden) == 0L) "no hidden layer" else paste(paste(hidden, collapse = ", "), "hidden units")
}

# `own` are the names that stand for functions of the user's.
resolve_activation <- function(activation, hidden, call = training_call, own = NULL) {
  layers <- length(hidden)
  if (layers == 0L && identical(activation, character())) {
    # What a fit without hidden layers passes on.
    return(activation)
  }
  check_choices(activation, "activation", c(names(activations), own), call = call)
  if (length(activation) == 1L) {
    return(rep(activation, layers))
  }
  if (length(activation) != layers) {
    k <- length(activation)
    stop_backprop("argument", c(
      "{.arg activation} must have length 1 or one name for each hidden layer.",
      x = "It has {k} names; there {cli::qty(layers)}{?is/are} {layers} hidden layer{?s}."
    ), call = call)
  }
  activation
}

# What was described, with what else was typed of its dense layers.
resolve_described <- function(network, settings, typed, start) {
  if (network$from_start && "activation" %in% typed) {
    network$activation[network$dense] <- activations_of(network$described, settings)
  }
  if (is.null(network$layers) && !is.null(start)) {
    resolve_hidden(network$hidden, TRUE, list(hidden = as.integer(start$hidden)))
  }
  if (network$from_start && "hidden" %in% typed && !is_layers(settings$hidden)) {
    resolve_hidden(settings$hidden, TRUE, list(hidden = as.integer(network$hidden)))
  }
  network
}

# Weights' initialisation of every layer (output included), and the biases'. `network`: from describe_network(), NULL of a plain chain: names are of its dense layers
# and the output layer.
resolve_init <- function(init, activation, choice, call = training_call, network = NULL) {
  if (!is.null(network)) {
    return(init_of_layers(init, activation, choice, call, network))
  }
  layers <- length(activation) + 1L
  if (is.null(init)) {
    article <- is_article(activation, choice)
    init <- if (article) "normal" else c(activations[activation], activations[["linear"]], use.names = FALSE)
    # Of functions of the user's nothing is known.
    init[is.na(init)] <- "glorot_uniform"
  }
  check_choices(init, "init", names(inits), call = call)
  if (length(init) != 1L && length(init) != layers) {
    k <- length(init)
    stop_backprop("argument", c(
      "{.arg init} must have length 1 or one name for each layer, the output layer included.",
      x = "It has {k} names; there {cli::qty(layers)}{?is/are} {layers} layer{?s}."
    ), call = call)
  }
  weights <- rep_len(init, layers)
  list(weights = weights, biases = biases_of(weights))
}

is_article <- function(activation, choice) all(activation == "sigmoid") && choice$output == "sigmoid" && choice$loss == "sse"

init_of_layers <- function(init, activation, choice, call, network) {
  of_dense <- resolve_init(init, activation[network$dense], choice, call)$weights
  outputs <- of_dense[length(of_dense)]
  # Weights of a skip begin as those of the outputs do.
  weights <- c(rep(outputs, length(activation)), outputs)
  own <- lapply(network$described, function(layer) layer$init)
  weights[network$dense] <- unlist(Map(function(own, call) if (is.null(own)) call else own, own, of_dense[-length(of_dense)]))
  list(weights = weights, biases = biases_of(weights))
}

resolve_batch_size <- function(batch_size, optimizer, n, family) {
  wanted <- if (!is.null(batch_size)) check_count(batch_size, "batch_size")
  if (isTRUE(family$all_rows)) {
    if (is.null(wanted)) wanted <- as.integer(n)
    if (wanted < n) {
      stop_incompatible(
        "{.code family = \"{name}\"} compares every row with all that are at risk, and takes no {.arg batch_size} below {n}.",
        "{.code family = \"discrete_hazard\"} takes mini-batches.",
        name = family$family, n = n
      )
    }
  }
  rows <- answered(engine_batch_size(optimizer, wanted, as.integer(n)))$rows
  if (is.null(rows)) {
    taking <- names(optimizers)[vapply(optimizers, function(o) o$batches, NA)]
    stop_incompatible(
      "{.code optimizer = \"{optimizer}\"} uses all {n} rows in each step and takes no {.arg batch_size} below that.",
      "Optimizers that take it: {.or {.val {taking}}}.",
      optimizer = optimizer, n = n, taking = taking
    )
  }
  rows
}

# "sgd" with all rows in a step is no longer what its name says; whoever typed that number of rows knows.
tell_full_batch <- function(optimizer, batch_size, typed, n) {
  if (optimizer == "sgd" && batch_size == n && n > 1L && !identical(as.double(typed), as.double(n))) {
    wanted <- if (is.null(typed)) default_batch_size else typed
    inform_backprop("full_batch", c(
      "{.code optimizer = \"sgd\"} takes all {n} rows in each step, since a batch has {wanted}: it is gradient descent on the full batch.",
      i = "{.code batch_size = 1} steps row by row."
    ))
  }
}

# A sum over many rows has a gradient that grows with them: the step is held to what a batch of the default size would make.
default_lr <- function(optimizer, loss, rows_per_step) {
  lr <- optimizers[[optimizer]]$lr
  if (all_losses[[loss]]$sum) lr * min(1, default_batch_size / rows_per_step) else lr
}

# Threads asked for (argument, option), as many of them as the engine will use.
resolve_threads <- function(threads, call = training_call) {
  if (is.null(threads)) {
    threads <- getOption("backprop.threads")
  }
  engine_threads(if (!is.null(threads)) check_count(threads, "threads", call = call))
}

resolve_max_bytes <- function() {
  bytes <- getOption("backprop.max_bytes")
  if (is.null(bytes)) NA_real_ else check_positive(bytes, "options(backprop.max_bytes = )")
}
