# What the trainings of a tuning come to: the table of configurations, the one that is chosen, and that one trained on all rows.

# The result, without the fit. `latest` are the trainings done so far.
new_tune <- function(task, latest, search) {
  number <- function(field) vapply(latest, function(one) as.double(one[[field]]), 0, USE.NAMES = FALSE)
  order <- order(number("configuration"), number("split"))
  of_split <- task$splits[number("split")]
  folds <- data.frame(
    configuration = as.integer(number("configuration")), repetition = vapply(of_split, function(split) split$repetition, 0L),
    fold = vapply(of_split, function(split) split$fold, 0L), value = number("value"), rows = as.integer(number("rows")), epochs_done = number("epochs_done"),
    seconds = number("seconds"), status = vapply(latest, function(one) one$status, "", USE.NAMES = FALSE)
  )[order, ]
  row.names(folds) <- NULL
  results <- table_of_results(task, folds, cbind(parameters = number("parameters"), stage = number("stage"))[order, , drop = FALSE])
  chosen <- choose_configuration(results, task, search$rule)
  structure(
    list(
      results = results[setdiff(names(results), "stage")], folds = folds, best = task$trials[[chosen]]$values, chosen = chosen, fit = NULL,
      metric = task$metric, search = search$search, rule = search$rule, alone = task$trials[[chosen]]$alone, seed = search$seed, call = search$call,
      held = lapply(task$splits, function(split) split$held), status = "completed"
    ),
    class = "nn_tune"
  )
}

# A row for each configuration that was trained, the best first; those that went further before those that did not.
table_of_results <- function(task, folds, more) {
  numbers <- unique(folds$configuration)
  of_each <- function(values, how) vapply(numbers, function(number) how(values[folds$configuration == number]), 0)
  tuned <- names(task$trials[[1L]]$values)
  columns <- lapply(stats::setNames(tuned, tuned), function(name) column_of_values(lapply(task$trials[numbers], function(trial) trial$values[[name]])))
  # After an interrupt some have been trained on some folds only, or have gone on in some.
  whole <- of_each(folds$value, length) == length(task$splits)
  results <- list(configuration = numbers)
  results[tuned] <- columns
  results <- c(results, list(
    mean = ifelse(whole, of_each(folds$value, mean), NA_real_), std_error = of_each(folds$value, function(values) stats::sd(values) / sqrt(length(values))),
    folds = as.integer(of_each(folds$value, length)), epochs_done = of_each(folds$epochs_done, mean), parameters = of_each(more[, "parameters"], mean),
    seconds = of_each(folds$seconds, sum), stage = of_each(more[, "stage"], min)
  ))
  order <- order(is.na(results$mean), -results$stage, if (rises(task$metric)) -results$mean else results$mean)
  results <- lapply(c(list(rank = order(order)), results), `[`, order)
  structure(results, class = "data.frame", row.names = .set_row_names(length(numbers)))
}

# The number of the configuration that the rule takes.
choose_configuration <- function(results, task, rule) {
  if (is.na(results$mean[1L])) {
    return(results$configuration[1L])
  }
  near <- 1L
  if (rule == "one_se" && !is.na(results$std_error[1L])) {
    # Those of other stages were trained for other epochs.
    near <- which(!is.na(results$mean) & results$stage == results$stage[1L] & abs(results$mean - results$mean[1L]) <= results$std_error[1L])
  }
  of <- function(name) vapply(results$configuration[near], function(number) max(as.double(task$trials[[number]]$settings[[name]])), 0)
  results$configuration[near[order(results$parameters[near], -of("penalty"), -of("dropout"), near)[1L]]]
}

# Each configuration with no epoch, on one fold: what is refused, is refused before anything takes time.
rehearse <- function(task) {
  if (length(task$trials) == 1L) {
    return(invisible())
  }
  for (i in seq_along(task$trials)) {
    trial <- task$trials[[i]]
    settings <- replace(trial$settings, "epochs", if (is_whole(trial$settings$epochs, 0)) 0 else trial$settings$epochs)
    job <- list(configuration = i, split = 1L, settings = settings, typed = trial$typed, held = task$splits[[1L]]$held, seed = task$seeds[1L])
    as_tuning(run_job(job, task), task, i)
  }
}

# The chosen configuration, on all rows.
refit <- function(request, tuned, task, seed) {
  request$settings[names(tuned$best)] <- tuned$best
  request$settings$seed <- seed
  request$settings["progress"] <- list(task$progress)
  request$typed <- union(request$typed, c(names(tuned$best), "seed"))
  # What is left out was told.
  quietly <- function(code) withCallingHandlers(code, backprop_message_omitted = function(cnd) tryInvokeRestart("muffleMessage"))
  settings <- quietly(settle_request(request))$settings
  words <- as.list(request$call)[-(1:2)]
  words[c(names(tuned$best), "seed")] <- c(tuned$best, list(seed))
  if (stops_by_share(settings)) {
    # The rows that judged train too, for as many epochs as it took before.
    epochs <- mean(tuned$folds$epochs_done[tuned$folds$configuration == tuned$chosen])
    request$settings$epochs <- max(1, round(epochs))
    request$settings[c("validation", "stop_iter", "stop_metric")] <- list(NULL)
    request$typed <- union(request$typed, c("epochs", "validation", "stop_iter", "stop_metric"))
    words <- words[setdiff(names(words), c("stop_iter", "stop_metric"))]
    words[c("epochs", "validation")] <- list(request$settings$epochs, NULL)
  }
  request$settings$began <- proc.time()[["elapsed"]]
  request$call <- as.call(c(as.list(request$call[1:2]), words))
  as_tuning(quietly(train_requested(request)))
}

# Whether it is one network whose best epoch a share of the rows chose. Where a schedule has the length of all epochs, or the best of several starts
# was chosen as well, fewer
# epochs without these rows would be another training.
stops_by_share <- function(settings) {
  single <- settings$ensemble == 1 && length(settings$blend) == 0L && identical(as.double(settings$restarts), 1)
  is_constant <- function(schedule) is.null(schedule) || identical(schedule, "constant") || (inherits(schedule, "nn_schedule") && schedule$name == "constant")
  single && is.numeric(settings$validation) && all(vapply(settings[c("lr_schedule", "decay_schedule", "dropout_schedule")], is_constant, NA))
}

# The call of nn_train() that trains the chosen configuration but for the values of what is tuned, which come in later.
training_words <- function(words, names, values) {
  own <- setdiff(names(formals(nn_tune)), c("X", "..."))
  parts <- as.list(words)[-1L]
  parts <- parts[!names_of(parts) %in% own]
  first <- names_of(parts) %in% c("X", "formula")
  at <- if (any(first)) which(first)[1L] else 1L
  others <- parts[-at]
  names(others) <- names
  as.call(c(list(quote(nn_train)), unname(parts[at]), others[!names %in% names(values)]))
}

# A result of nn_tune(), if it is still one.
check_tuned <- function(x, arg, call) {
  if (!inherits(x, "nn_tune") || !is.list(x)) {
    found <- describe_value(x)
    stop_backprop("not_a_tuning", "{.arg {arg}} must be a result of {.fn nn_tune}, not {found}.", call = call)
  }
  wanted <- c("rank", "configuration", "mean", "std_error", "folds", "epochs_done", "parameters", "seconds")
  whole <- is.data.frame(x$results) && nrow(x$results) > 0L && all(wanted %in% names(x$results)) && is.data.frame(x$folds) &&
    is_plain_list(x$best) && all(names(x$best) %in% names(x$results)) && is_choice(x$metric, names(stop_metrics)) &&
    is_whole(x$chosen, 1) && is_flag(x$alone) && all(vapply(x[c("search", "rule", "status")], is_text, NA))
  if (!whole) {
    stop_backprop("edited_fit", "{.arg {arg}} is not whole any more: its fields are to be read, not written.", call = call)
  }
  invisible(x)
}
