# The trainings of a tuning: each is of one configuration, on the rows that one fold leaves, and is judged on those that the fold holds out.

# A configuration as all its trainings have it: `settings`, complete, so that rows left out change none of them, and the names of those `typed`.
# `request` is the call's, with all rows.
settle_trial <- function(request, values) {
  request$settings[names(values)] <- values
  request$typed <- union(request$typed, names(values))
  settled <- settle_request(request)
  settings <- settled$settings
  outcome <- settled$given$outcome
  objective <- resolve_objective(settings, outcome, request$given$interface != "matrix")
  # A fold's outcomes may all be 0 and 1 where those of all rows are not.
  if (is.null(settings$family) && is.null(settings$loss) && outcome$kind == "numeric") settings$output <- objective$output
  # Networks are compared one by one where it is the preset that would have several.
  alone <- identical(settings$preset, "table") && !any(c("ensemble", "blend", "bootstrap") %in% request$typed) && (settings$ensemble > 1 || length(settings$blend) > 0L)
  if (alone) settings[c("ensemble", "blend")] <- list(1, NULL)
  # What the preset has chosen by all rows, it is not to choose again by those of a fold.
  settings$preset <- "textbook"
  settings$keep <- "minimal"
  settings$progress <- FALSE
  settings[c("case_weights", "offset")] <- list(NULL)
  objective$outputs <- count_outputs(outcome, objective)
  list(values = values, settings = settings, typed = setdiff(request$typed, c("effort", "keep")), objective = objective, alone = alone)
}

# The request of one training. `job` has its `settings`, those `typed`, the places `held` out, the `seed` and, where it goes on, the `fit` so far.
request_of_job <- function(job, given, call) {
  given$subset <- setdiff_rows(given$taking_part, job$held, given$n)
  settings <- replace(job$settings, c("seed", "began"), list(job$seed, proc.time()[["elapsed"]]))
  request <- list(given = given, settings = settings, typed = job$typed, earlier = NULL, call = call)
  if (is.null(job$fit)) request else going_on(request, job$fit)
}

# Trains and judges. What a single training has to say is no matter here: that of the fit says it again, and what cannot be measured is counted.
run_job <- function(job, task) {
  began <- proc.time()[["elapsed"]]
  withCallingHandlers(
    {
      fit <- train_requested(request_of_job(job, task$given, task$call))
      judged <- judge_fit(fit, task$given, job$held, task$metric, task$units)
    },
    backprop_warning = function(cnd) tryInvokeRestart("muffleWarning"),
    backprop_message = function(cnd) tryInvokeRestart("muffleMessage")
  )
  status <- status_of(fit)
  list(
    configuration = job$configuration, split = job$split, value = if (status == "diverged") NA_real_ else judged$value, epochs_done = epochs_of(fit),
    rows = judged$rows, unknown = judged$unknown, parameters = count_all_parameters(fit), seconds = proc.time()[["elapsed"]] - began, status = status,
    fit = if (task$keep_fits) fit
  )
}

# An ensemble leaves networks that diverged out, unless there are no others.
status_of <- function(fit) {
  if (is_ensemble(fit) && all(vapply(fit$members, function(member) member$status == "diverged", NA))) "diverged" else fit$status
}

# Of an ensemble the mean over its networks. Of a training that is judged as it goes, up to the epoch whose weights it has.
epochs_of <- function(fit) {
  of_one <- function(member) as.double(if (is.null(member$best)) member$epochs_done else member$best$epoch)
  if (is_ensemble(fit)) mean(vapply(fit$members, of_one, 0)) else of_one(fit)
}

# All jobs, in the processes of the plan that was made for the package future, if one was, or else one after the other. `keep` is given each result as
# it comes.
run_jobs <- function(jobs, task, keep, bar) {
  parallel <- in_parallel()
  if (parallel) {
    # One thread each: the processes share the cores.
    jobs <- lapply(jobs, function(job) replace(job, "settings", list(replace(job$settings, "threads", 1))))
    done <- future.apply::future_lapply(
      jobs, guarded_job,
      task = task[c("given", "call", "metric", "units", "keep_fits")], future.seed = NULL, future.globals = FALSE, future.packages = "backprop",
      future.scheduling = 4
    )
  }
  for (i in seq_along(jobs)) {
    one <- if (parallel) done[[i]] else guarded_job(jobs[[i]], task)
    if (inherits(one, "condition")) as_tuning(rlang::cnd_signal(one), task, jobs[[i]]$configuration)
    keep(one)
    bar$step()
  }
}

# An error as a result, so that it is raised where it is told which configuration had it.
guarded_job <- function(job, task) tryCatch(run_job(job, task), backprop_error = function(cnd) cnd)

# A plan is made by future::plan(), which loads that package.
in_parallel <- function() {
  isNamespaceLoaded("future") && future::nbrOfWorkers() > 1 && requireNamespace("future.apply", quietly = TRUE)
}

# Runs code whose errors are those of a configuration, and speak of this function.
as_tuning <- function(code, task = NULL, configuration = NULL) {
  withCallingHandlers(code, backprop_error = function(cnd) {
    if (identical(cnd$call, tuning_call)) {
      return()
    }
    cnd$call <- tuning_call
    if (length(task$trials) > 1L) {
      cnd$body <- c(cnd$body, i = paste0("In configuration ", configuration, ": ", label_configuration(task$trials[[configuration]]$values), "."))
    }
    rlang::cnd_signal(cnd)
  })
}

# How far the trainings are.
tuning_bar <- function(progress, total) {
  if (!(if (is.null(progress)) interactive() else progress)) {
    return(list(step = function() NULL, close = function() NULL))
  }
  id <- cli::cli_progress_bar(
    type = "custom", total = total, format = "{cli::pb_bar} training {cli::pb_current}/{cli::pb_total}, {cli::pb_eta_str}",
    clear = TRUE, auto_terminate = FALSE, .auto_close = FALSE, .envir = session
  )
  list(step = function() cli::cli_progress_update(id = id), close = function() cli::cli_progress_done(id = id))
}

# What could not be measured, once for all trainings.
tell_of_trainings <- function(done) {
  count <- length(done)
  unknown <- sum(vapply(done, function(one) one$unknown > 0, NA))
  if (unknown > 0L) {
    warn_backprop("tuning_unknown", c(
      "In {unknown} of {count} training{?s} rows were held out that cannot be predicted: they have a level of a factor that the others have not.",
      i = "These rows are not judged; fewer {.arg folds}, or {.arg rare_levels}, leave fewer of them."
    ))
  }
  diverged <- sum(vapply(done, function(one) one$status == "diverged", NA))
  if (diverged > 0L) {
    warn_backprop("tuning_diverged", c(
      "{diverged} of {count} training{?s} diverged: the loss or the weights were no longer finite.",
      i = "Their configurations are ranked last. Remedy: a smaller {.arg lr}, or {.code standardize = TRUE}."
    ))
  }
}
