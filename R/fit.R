# The fit: a plain list that outlives the session, and the check that it is still one.

# Raised when the list's structure changes in a way that older code cannot read.
fit_format <- 3L

# `engine` is what the run went by, of which the seed and the epochs may be others than those of the specification.
new_fit <- function(result, ready, given, earlier, engine = ready$spec$engine) {
  spec <- ready$spec
  data <- ready$data
  scaling <- ready$scaling
  outcome <- given$outcome
  final <- final_losses(result)
  # Not structure(), which takes longer than all the rest here.
  optimizer <- engine$optimizer
  class(optimizer) <- "nn_optimizer"
  controls <- spec$controls
  if (is.null(controls$dropout)) controls$dropout <- 0
  layers_kept <- list(architecture = spec$architecture, layers = engine$layers)
  layers_kept <- c(list(bias = spec$bias), layers_kept[!vapply(layers_kept, is.null, NA)])
  schedule <- engine$schedule
  class(schedule) <- "nn_schedule"
  fit <- list(
    weights = result$weights,
    biases = result$biases,
    ancillary = result$ancillary,
    history = new_history(result, earlier$history),
    status = result$status,
    epochs_done = result$epochs_done,
    rows = count_training_rows(data),
    rows_given = given$n,
    omitted = given$omitted,
    total_weight = weigh_training_rows(data),
    validation_rows = as.integer(data$held),
    validation_count = if (is.null(data$validation)) 0L else count_training_rows(data$validation),
    final_loss = final$loss,
    final_objective = final$objective,
    final_validation_loss = final$validation_loss,
    best = keep_best(result, earlier),
    settings = c(list(
      sizes = engine$sizes,
      hidden = spec$hidden,
      epochs = engine$epochs,
      lr = engine$lr,
      activation = engine$activation,
      output = engine$output,
      loss = engine$loss,
      loss_par = engine$loss_par,
      custom = engine$custom,
      optimizer = optimizer,
      batch_size = engine$batch_size,
      shuffle = engine$shuffle,
      lr_schedule = schedule,
      decay_schedule = structure(engine$decay_schedule, class = "nn_schedule"),
      dropout_schedule = structure(engine$dropout_schedule, class = "nn_schedule"),
      stop_metric = engine$metric,
      init = spec$init,
      layer_init = engine$init,
      standardize = spec$standardize,
      embed = spec$embed,
      rare_levels = spec$rare_levels,
      outcome_transform = spec$outcome_transform,
      clip_predictions = spec$clip_predictions,
      validation = spec$validation,
      case_weights = spec$has_weights,
      class_weights = spec$class_weights,
      offset = !is.null(spec$offset),
      na_action = spec$na_action,
      precision = engine$precision,
      threads = engine$threads,
      seed = engine$seed,
      split_seed = spec$split_seed,
      keep = spec$keep,
      preset = spec$preset,
      effort = spec$effort,
      time_limit = spec$time_limit,
      ensemble = 1L,
      bootstrap = spec$bootstrap
    ), layers_kept, controls),
    seed = engine$seed,
    interface = given$interface,
    inputs = list(n = count_training_inputs(data), names = name_training_inputs(data), center = scaling$center, scale = scaling$scale, encoding = ready$encoding),
    outcome = list(
      kind = outcome$kind, k = outcome$k, levels = outcome$levels, names = outcome$names,
      center = scaling$y_center, scale = scaling$y_scale, transform = scaling$y_transform, limits = scaling$y_limits
    ),
    blueprint = given$blueprint,
    data = if (spec$keep == "data") kept_data(given, data),
    optimizer_state = result$optimizer_state,
    last = result$last,
    snapshots = c(earlier$snapshots, result$snapshots),
    restarts = NULL,
    call = plain_call(given$call),
    format = fit_format,
    version = package_version_text()
  )
  fit$start <- kept_start(engine, spec, earlier)
  complete <- family_of(fit)$complete
  if (!is.null(complete) && length(fit$weights) > 0L) {
    fit <- complete(fit, data, function(fit) run_prediction(fit, data$x, data$offset, given$arg, engine$threads, training_call))
  }
  class(fit) <- "nn_fit"
  fit
}

# Of rows in memory, or of a stream of them (see new_stream()), whose inputs the design names.
is_streamed <- function(data) inherits(data$x, "stream")

count_training_rows <- function(data) if (is_streamed(data)) count_as_integer(data$x$rows) else nrow(data$x)

count_training_inputs <- function(data) if (is_streamed(data)) length(data$x$names) else ncol(data$x)

name_training_inputs <- function(data) if (is_streamed(data)) data$x$names else colnames(data$x)

weigh_training_rows <- function(data) {
  if (is_streamed(data)) {
    return(data$x$total_weight)
  }
  if (is.null(data$case_weights)) as.double(nrow(data$x)) else sum(data$case_weights)
}

# As nrow() has it; more rows than an integer counts are a double.
count_as_integer <- function(count) if (count <= .Machine$integer.max) as.integer(count) else as.double(count)

# Whether inputs and outcome come in one data frame, rather than as X and Y.
has_one_table <- function(interface) interface %in% c("formula", "recipe")

# The data as given (of a subset, its rows), with the weight that each row had in training: 0 for those that did not train.
kept_data <- function(given, data) {
  rows <- unique(given$subset_rows)
  kept <- c(
    given$original, list(case_weights = if (is.null(data$all_weights)) data$case_weights else data$all_weights),
    list(offset = given$offset_given)
  )
  kept <- kept[!vapply(kept, is.null, NA)]
  if (is.null(rows)) kept else lapply(kept, function(part) if (length(part) == 1L && is.atomic(part)) part else pick_rows_of(part, rows))
}

# What a function passes on in its dots stands as `..1` in match.call(), which means nothing later: the words typed for it take its place.
# `env` is the frame that called.
with_words_of_dots <- function(call, env) {
  for (i in seq_along(call)[-1L]) {
    part <- call[[i]]
    if (is.name(part) && grepl("^[.][.][0-9]+$", part)) {
      words <- as.list(eval(quote(substitute(list(...))), env))[-1L]
      call[i] <- list(words[[as.integer(substring(part, 3L))]])
    }
  }
  call
}

# The call as it was typed. Where values stand in it instead (of do.call(), say), data stay out: names take their place.
plain_call <- function(call, name = quote(nn_train)) {
  if (is.null(call)) {
    return(NULL)
  }
  call[[1L]] <- name
  for (i in seq_along(call)[-1L]) {
    value <- call[[i]]
    if (is.name(value) || (is.atomic(value) && length(value) == 1L)) next
    # do.call(quote = TRUE) wraps every value.
    if (is.call(value) && deparse1(value[[1L]]) %in% c("quote", "base::quote")) value <- value[[2L]]
    if (inherits(value, "formula")) {
      attributes(value) <- NULL
      call[[i]] <- value
    } else if (!is.language(value) && !is.null(value) && (is.environment(value) || has_functions(value) || utils::object.size(value) > 1000)) {
      name <- names(call)[i]
      call[[i]] <- as.name(if (length(name) == 1L && nzchar(name)) name else "X")
    }
  }
  call
}

# Functions bring along what is around them.
has_functions <- function(value) is.function(value) || (is.list(value) && any(vapply(value, has_functions, NA)))

# The losses at the weights that the fit has, which the history does not tell: it is of the weights before each
# update. Missing after an interrupt, which is answered at once, and in a checkpoint.
final_losses <- function(result) {
  known <- function(loss) if (is.null(loss)) NA_real_ else loss
  loss <- known(result$final_loss)
  list(
    loss = loss,
    objective = loss + known(result$final_penalty),
    validation_loss = known(result$final_validation_loss)
  )
}

# data.frame() takes 0.4 ms, as long as a small training; this takes none.
# `epochs_done` counts the epochs of earlier trainings too; losses are those of this one.
new_history <- function(result, earlier) {
  n <- length(result$loss)
  columns <- list(
    epoch = result$epochs_done - n + seq_len(n), loss = result$loss,
    validation_loss = or_missing(result$validation_loss, n), lr = or_missing(result$lr, n)
  )
  if (!is.null(result$validation_metric) || !is.null(earlier$validation_metric)) {
    columns$validation_metric <- or_missing(result$validation_metric, n)
  }
  if (!is.null(result$accuracy) || !is.null(earlier$accuracy)) {
    columns$accuracy <- or_missing(result$accuracy, n)
    columns$validation_accuracy <- or_missing(result$validation_accuracy, n)
  }
  if (!is.null(earlier)) {
    m <- length(earlier$epoch)
    columns <- Map(function(name, now) c(or_missing(unclass(earlier)[[name]], m), now), names(columns), columns)
  }
  attr(columns, "row.names") <- .set_row_names(length(columns$epoch))
  class(columns) <- "data.frame"
  columns
}

or_missing <- function(curve, n) if (length(curve) == 0L) rep(NA_real_, n) else curve

# Read once a session: it opens a file.
package_version_text <- function() {
  if (is.null(session$version)) {
    session$version <- as.character(utils::packageVersion("backprop"))
  }
  session$version
}

# The fit, if it is still one that can be used, in this version's format: `parts` of it are looked at (see fit-fields.R). Called before every use, so
# what predictions need costs microseconds. `ensembles`: whether the caller has an answer for several networks, too.
validate_fit <- function(fit, arg = "fit", call = quote(nn_predict()), parts = c("description", "weights", "record"),
                         ensembles = FALSE) {
  if (!inherits(fit, "nn_fit") || !is.list(fit)) {
    found <- describe_value(fit)
    stop_backprop("not_a_fit", c(
      "{.arg {arg}} must be a model made by {.fn nn_train}, not {found}.",
      i = if (inherits(fit, "nn_tune")) "Give the fit of that tuning, {.code tuned$fit}."
    ), call = call)
  }
  format <- fit[["format"]]
  if (!is_whole(format, 1)) {
    stop_edited(wrong_part("$format", "a whole number, 1 or more", format), arg, call)
  }
  if (format > fit_format) {
    version <- if (is_text(fit[["version"]])) fit[["version"]] else "unknown"
    stop_backprop("newer_format", c(
      "{.arg {arg}} was made by a newer version of backprop ({version}, format {format}).",
      x = "This version reads formats up to {fit_format}.",
      i = "Update backprop, or train the model again."
    ), call = call)
  }
  if (inherits(fit, "nn_ensemble")) {
    if (!ensembles) refuse_ensemble(fit, arg, call)
    check_ensemble_parts(fit, parts, arg, call)
    return(invisible(fit))
  }
  if (format < fit_format) {
    fit <- upgrade_fit(fit, arg, call)
  }
  check_parts(fit, parts, arg, call)
  invisible(fit)
}

# Whether an argument `fit` was given at all.
check_not_missing <- function(fit, call) {
  if (missing(fit)) {
    stop_backprop("missing_argument", "{.arg fit} is missing: give a model from {.fn nn_train}.", call = call)
  }
}

# A fit or an ensemble that may not have been given.
check_fit_given <- function(fit, call, parts = c("description", "weights", "record")) {
  check_not_missing(fit, call)
  validate_fit(fit, "fit", call, parts, ensembles = TRUE)
}

# More of a fit that validate_fit() has looked at. Of the model that was described last the description need not be read again: predictions one after
# the other are most often of one model.
check_parts <- function(fit, parts, arg, call) {
  plain <- unclass(fit)
  for (part in parts) {
    table <- fit_fields[[part]]
    if (part == "description") {
      described <- plain[table$name]
      if (identical(described, session$described)) next
    }
    wrong <- find_wrong(plain, table)
    if (!is.null(wrong)) stop_edited(wrong, arg, call)
    if (part == "description") session$described <- described
  }
}
