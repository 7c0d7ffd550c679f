# What all methods of nn_train() share: from what was given to the engine.

# `nn_train(formula = , ...)` is understood; other spellings of the first argument are named.
without_x <- function(..., .method) {
  given <- ...names()
  if ("formula" %in% given) {
    return(.method(...))
  }
  if ("x" %in% given) {
    stop_backprop("unknown_argument", c("Unknown argument {.arg x}.", i = "Did you mean {.arg X}?"))
  }
  stop_missing("X", "a matrix or a data frame of inputs, or a formula")
}

stop_missing <- function(arg, what) {
  what <- cli::format_inline(what)
  stop_backprop("missing_argument", "{.arg {arg}} is missing: give {what}.")
}

# The fit that `start` may be, checked, and trained through the same interface as this call.
earlier_fit <- function(start, interface) {
  if (!inherits(start, "nn_fit")) {
    return(NULL)
  }
  start <- validate_fit(start, "start", training_call, names(fit_fields), ensembles = TRUE)
  if (start$interface != interface) {
    then <- start$interface
    stop_backprop("start", c(
      "{.arg start} must be a fit of the same kind of data.",
      x = "It was trained on a {then}; this call gives a {interface}.",
      i = "To take its weights alone, use {.code start = fit[c(\"weights\", \"biases\")]}."
    ))
  }
  start
}

# From here on all methods are one: rows, outcome, design, specification, engine, fit. `recorder` (of new_recorder()) takes what nn_trace() shows.
train_requested <- function(request, recorder = NULL) {
  request$settings["cluster"] <- list(read_cluster(request$settings$cluster))
  if (is.null(request$settings$cluster)) train_in_process(request, recorder) else train_on_cluster(request, recorder)
}

# The same of a call whose cluster, if there is one, was asked who it is.
train_in_process <- function(request, recorder = NULL) {
  if (is_streamed_request(request)) {
    if (!is.null(recorder)) refuse_streamed(request, "A trace")
    return(train_streamed(request))
  }
  request <- settle_request(request)
  given <- request$given
  settings <- request$settings
  plan <- plan_rows(settings, given)
  plan["weights"] <- list(weigh_trials(plan$weights, given$outcome))
  if (is.null(settings$seed)) {
    undoing_draws(train_planned(plan, given, settings, request$typed, request$earlier, recorder))
  } else {
    train_planned(plan, given, settings, request$typed, request$earlier, recorder)
  }
}

# A request with the rows that take part, their outcome, and settings that an earlier fit or a preset has completed.
settle_request <- function(request) {
  settings <- settle_arguments(request)
  check_given_again(request$typed, request$given, request$earlier)
  check_still_filled(settings$na_action, request$earlier)
  given <- keep_rows(request$given, settings$na_action)
  given$call <- request$call
  complete_request(replace(request, c("given", "settings"), list(given, settings)))
}

# The arguments of a call, with what an earlier fit passes on.
settle_arguments <- function(request) {
  settings <- request$settings
  if (!is.null(request$earlier)) {
    settings <- inherit_settings(settings, request$typed, request$earlier$settings)
  }
  settings <- without_draws(settings, request$typed, request$earlier)
  settings$na_action <- read_na_action(settings$na_action)
  settings
}

# What depends on the rows that take part: the outcome, and what a preset chooses by them.
complete_request <- function(request) {
  given <- request$given
  settings <- request$settings
  typed <- request$typed
  earlier <- request$earlier
  typed_family <- read_family(settings$family)
  given$outcome <- read_outcome(given$Y, like = earlier$outcome, arg = given$outcome_arg, family = typed_family$family)
  settings["resolved_family"] <- list(anticipate_family(settings, typed_family, given$outcome))
  settings <- apply_preset(settings, typed, given, earlier)
  settings <- without_intercept(settings, typed, given, earlier)
  settings["case_weights"] <- list(given$case_weights)
  settings["offset"] <- list(given$offset)
  replace(request, c("given", "settings"), list(given, settings))
}

# A formula that takes the intercept out has a network without biases.
without_intercept <- function(settings, typed, given, earlier) {
  if (!isFALSE(given$intercept)) {
    return(settings)
  }
  if (isTRUE(settings$bias) && "bias" %in% typed) {
    stop_incompatible(
      "{.arg formula} takes the intercept out, and {.code bias = TRUE} asks for biases.", "Leave {.code - 1} out of the formula, or {.arg bias} out of the call."
    )
  }
  settings$bias <- FALSE
  settings
}

# The family, as far as it is known before the objective is resolved: what presets and ensembles depend on.
anticipate_family <- function(settings, typed, outcome) {
  if (!is.null(typed)) {
    return(typed)
  }
  loss <- if (inherits(settings$loss, "nn_loss")) settings$loss$name else settings$loss
  if (is_choice(loss, names(all_losses))) {
    own <- if (is_custom_loss(settings$loss)) settings$loss$output
    output <- if (!is.null(own)) own else if (is.null(settings$output)) all_losses[[loss]]$outputs[1L] else settings$output
    return(family_of_settings(list(output = output, loss = loss)))
  }
  default_family(outcome)
}

# From the split on: what may draw a seed, and be refused after that.
train_planned <- function(plan, given, settings, typed, earlier, recorder) {
  members <- check_ensemble(settings$ensemble, settings)
  check_same_networks(members, earlier)
  if (members > 1L || length(settings$blend) > 0L || is_ensemble(earlier)) {
    return(train_ensemble(plan, given, settings, typed, earlier, members))
  }
  plan <- split_rows(plan, given, settings, typed, earlier)
  if (is.null(earlier)) warn_unused_levels(given$outcome, plan)
  given$blueprint <- complete_blueprint(given, plan, settings, earlier)
  rows <- encode_given(given, plan)
  if (!is.null(plan$given)) {
    plan$given <- read_validation(plan$given, given, settings$na_action)
  }
  check_events(given$outcome, plan, settings$resolved_family)
  ready <- prepare_training(plan$settings, plan, given, rows, typed, earlier)
  spec <- ready$spec
  if (!is.null(spec$cluster)) check_goes_with_cluster(ready)
  seconds <- clock(settings$time_limit, settings$began)$left()
  keeping_last(function(keep) {
    train <- function(seed, keep, restart = NULL) run_training(ready, given, earlier, seed, seconds, keep, restart, recorder)
    fit <- if (spec$restarts > 1L && is.null(recorder)) run_restarts(spec, train, keep) else train(spec$engine$seed, keep)
    warn_symptoms(fit, started = !is.null(spec$start))
    fit
  })
}

# What the engine is to do (`spec`), with which rows (`data`), and what was learnt from these: how they are scaled and encoded, and where the
# family's own parameters begin (`ancillary`). Of the networks of an ensemble that is the same but for their rows; of the places `plan$aside` nothing is
# learnt of inputs and outcome, see deal_rows().
prepare_training <- function(settings, plan, given, rows, typed, earlier) {
  held <- plan$aside
  learning <- function(value) if (length(held) == 0L || is.null(value)) value else pick_rows_of(value, -held)
  x <- if (is.null(earlier)) learning(rows$x) else rows$x
  embed <- embed_of_layers(settings, typed)
  standardize <- read_standardize(settings$standardize)
  # Bins and bends are learnt of numbers. Elsewhere the engine finds what is none, as it reads them.
  if (!is.null(embed) || is.character(standardize)) check_inputs_known(list(rows$x), given$arg, impute = FALSE)
  # The seed is drawn here only where rows are: elsewhere the last thing, see resolve_specification().
  if (nrow(x) > most_looked_at) settings$seed <- seed_or_drawn(settings$seed)
  seed <- if (!is.null(settings$seed)) split_seed(settings$seed, typed, earlier)
  encoding <- learn_encoding(standardize, embed, x, pick(plan$weights, plan$learn), earlier, seed)
  inputs <- list(
    n = plan$n, p = encoded_width(ncol(rows$x), encoding), rows = given$kept, embed = embed,
    validation = if (!is.null(plan$given)) "given" else if (isTRUE(plan$out_of_bag)) "out_of_bag" else plan$share
  )
  if (needs_columns(settings$hidden)) inputs$columns <- describe_columns(x, given$blueprint, encoding)
  spec <- resolve_specification(settings, typed, inputs, given$outcome, given$interface != "matrix", earlier)
  data <- take_rows(plan, spec, given, rows)
  scaling <- resolve_scaling(spec, facts_of_rows(x, learning(data$y), learning(data$case_weights), seed), earlier)
  data <- scale_outcomes(data, scaling, spec$engine)
  probe_loss(spec$engine$custom$loss, spec$engine$output, data$y)
  ancillary <- start_ancillary(spec$engine, learning(data$y), learning(data$case_weights))
  list(spec = spec, data = data, scaling = scaling, encoding = encoding, ancillary = ancillary)
}

# What the engine takes: the specification, what was learnt from the rows, and in `...` what this run has of its own (its seed, its time), which
# replaces what the specification says of it. NULL stands for nothing.
engine_settings <- function(ready, ...) {
  data <- ready$data
  scaling <- ready$scaling
  encoding <- encoding_for_engine(list(n = count_training_inputs(data), center = scaling$center, scale = scaling$scale, encoding = ready$encoding))
  more <- list(
    center = scaling$center, scale = scaling$scale, encoding = encoding, validation = data$validation, ancillary = ready$ancillary, ...
  )
  more <- more[!vapply(more, is.null, NA)]
  replace(ready$spec$engine, names(more), more)
}

# Where the family's own parameters begin, unless an earlier fit or a typed start has them.
start_ancillary <- function(engine, y, weights) {
  family <- family_of_settings(engine)
  if (is.null(family$own)) numeric() else as.double(family$start(y, weights, engine$loss_par))
}
