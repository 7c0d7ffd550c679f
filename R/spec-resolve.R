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
  loss <- read_loss(settings$loss)
  choice <- resolve_output(settings$output, loss$name, outcome, table)
  loss_par <- if (is.null(loss)) as.double(losses[[choice$loss]]$par) else as.double(loss$par)
  check_outcome_fits(outcome, choice$output, choice$loss)
  outputs <- count_outputs(outcome, choice$output, choice$loss, loss_par)
  check_offset_output(settings$offset, choice$output)
  offset <- read_offset(settings$offset, inputs$rows, outputs)

  start <- read_start(settings$start, inputs$p, outputs)
  hidden <- resolve_hidden(settings$hidden, "hidden" %in% typed, start)
  sizes <- c(inputs$p, hidden, outputs)
  optimizer <- complete_optimizer(optimizer, sizes)
  activation <- resolve_activation(settings$activation, hidden)
  init <- resolve_init(settings$init, activation, choice)
  batch_size <- resolve_batch_size(settings$batch_size, optimizer$name, inputs$n)
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
    start$best <- earlier_best(earlier, typed, settings)
  }
  keep <- check_choice(settings$keep, "keep", keeps)
  if (!is.null(settings$progress)) {
    check_flag(settings$progress, "progress")
  }
  controls <- resolve_controls(settings, hidden, optimizer$name)
  callback <- check_callback(settings$callback)
  checkpoint <- read_checkpoint(settings$checkpoint)
  restarts <- check_restarts(settings$restarts, settings)

  engine <- list(
    sizes = sizes,
    activation = activation,
    output = choice$output,
    loss = choice$loss,
    loss_par = loss_par,
    optimizer = unclass(optimizer),
    lr = lr,
    schedule = unclass(read_schedule(settings$lr_schedule, epochs, optimizer$name)),
    decay_schedule = unclass(read_factor_schedule(settings$decay_schedule, epochs, optimizer$name, "decay_schedule")),
    dropout_schedule = unclass(read_factor_schedule(settings$dropout_schedule, epochs, optimizer$name, "dropout_schedule")),
    metric = read_stop_metric(settings$stop_metric, settings$validation, choice$output, outcome, outputs, choice$loss),
    keep_best = !is.null(settings$validation),
    epochs = epochs,
    batch_size = batch_size,
    shuffle = check_flag(settings$shuffle, "shuffle"),
    init = init$weights,
    bias_init = init$biases,
    precision = check_choice(settings$precision, "precision", precisions),
    threads = resolve_threads(settings$threads),
    max_bytes = resolve_max_bytes(),
    penalty = controls$penalty,
    mixture = controls$mixture,
    dropout = controls$dropout,
    clip_norm = controls$clip_norm,
    stop_iter = controls$stop_iter,
    tol = controls$tol,
    keep_weights = controls$keep_weights,
    accuracy = choice$loss %in% c("cross_entropy", "binary_cross_entropy"),
    # Last, so that a call that fails draws nothing from R's generator.
    seed = if (is.null(settings$seed)) sample.int(.Machine$integer.max, 1L) else check_seed(settings$seed)
  )
  list(
    engine = engine,
    split_seed = split_seed(engine$seed, typed, earlier),
    start = start,
    preset = settings$preset,
    effort = if (identical(settings$preset, "table")) settings$effort,
    time_limit = settings$time_limit,
    standardize = standardize,
    embed = inputs$embed,
    rare_levels = check_count(settings$rare_levels, "rare_levels", min = 0),
    outcome_transform = read_outcome_transform(settings$outcome_transform, outcome, choice$output),
    clip_predictions = check_flag(settings$clip_predictions, "clip_predictions"),
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
    restarts = restarts
  )
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
  # A new output comes with its own loss and the other way round.
  if ("output" %in% typed) {
    inherited <- setdiff(inherited, "loss")
  }
  if ("loss" %in% typed) {
    inherited <- setdiff(inherited, "output")
  }
  earlier$loss <- new_loss(earlier$loss, earlier$loss_par)
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

resolve_output <- function(output, loss, outcome, table) {
  if (is.null(output)) {
    output <- default_output(outcome)
    if (!is.null(loss) && !output %in% losses[[loss]]$outputs) {
      # sse of classes is one sigmoid per class rather than a linear output.
      fitting <- losses[[loss]]$outputs
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

resolve_activation <- function(activation, hidden, call = training_call) {
  layers <- length(hidden)
  if (layers == 0L && identical(activation, character())) {
    # What a fit without hidden layers passes on.
    return(activation)
  }
  check_choices(activation, "activation", names(activations), call = call)
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

# Weights' initialisation of every layer (output included), and the biases'.
resolve_init <- function(init, activation, choice, call = training_call) {
  layers <- length(activation) + 1L
  if (is.null(init)) {
    article <- all(activation == "sigmoid") && choice$output == "sigmoid" && choice$loss == "sse"
    init <- if (article) "normal" else c(activations[activation], "glorot_uniform", use.names = FALSE)
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
  list(weights = weights, biases = if (all(inits[weights] == "uniform")) "uniform" else "zeros")
}

resolve_batch_size <- function(batch_size, optimizer, n) {
  batches <- optimizers[[optimizer]]$batches
  if (is.null(batch_size)) {
    return(if (batches) min(default_batch_size, n) else n)
  }
  batch_size <- min(check_count(batch_size, "batch_size"), n)
  if (!batches && batch_size < n) {
    taking <- names(optimizers)[vapply(optimizers, function(o) o$batches, NA)]
    stop_incompatible(
      "{.code optimizer = \"{optimizer}\"} uses all {n} rows in each step and takes no {.arg batch_size} below that.",
      "Optimizers that take it: {.or {.val {taking}}}.",
      optimizer = optimizer, n = n, taking = taking
    )
  }
  batch_size
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

# A sum over many rows has a gradient that grows with them: the step is held to what 32 rows would make.
default_lr <- function(optimizer, loss, rows_per_step) {
  lr <- optimizers[[optimizer]]$lr
  if (losses[[loss]]$sum) lr * min(1, 32 / rows_per_step) else lr
}

# Threads asked for (argument, option, else half the cores) under every cap there is.
resolve_threads <- function(threads, call = training_call) {
  if (is.null(session$cores)) {
    session$cores <- max(1L, as.integer(engine_info()$cores))
  }
  if (is.null(threads)) {
    threads <- getOption("backprop.threads")
  }
  threads <- if (is.null(threads)) max(1L, session$cores %/% 2L) else check_count(threads, "threads", call = call)
  max(1L, min(threads, session$cores, thread_limit()))
}

thread_limit <- function() {
  limit <- Sys.getenv("OMP_THREAD_LIMIT", "")
  limit <- if (nzchar(limit)) suppressWarnings(as.integer(limit)) else NA_integer_
  # R CMD check sets this to anything but "false" to ask for at most two cores.
  check <- Sys.getenv("_R_CHECK_LIMIT_CORES_", "")
  if (nzchar(check) && !identical(tolower(check), "false")) {
    limit <- min(limit, 2L, na.rm = TRUE)
  }
  if (is.na(limit)) .Machine$integer.max else limit
}

resolve_max_bytes <- function() {
  bytes <- getOption("backprop.max_bytes")
  if (is.null(bytes)) NA_real_ else check_positive(bytes, "options(backprop.max_bytes = )")
}
