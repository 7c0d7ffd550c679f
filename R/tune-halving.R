# Stages of a search: of a grid there is one, in which all are trained to the end; under successive halving the best go on from stage to stage.

# The share of the epochs that each stage has reached at its end, and how many configurations take part in it. Of n configurations a share 1 / eta
# goes on, for eta times
# the epochs, until one is left or the first stage would be shorter than an epoch.
plan_stages <- function(n, search, eta, epochs) {
  steps <- if (search != "halving") 0 else floor(min(log(n), log(max(1, epochs))) / log(eta) + 1e-9)
  stage <- seq(0, steps)
  data.frame(share = eta^(stage - steps), count = pmax(1, floor(n / eta^stage + 1e-9)))
}

# Only what goes on bit for bit may be trained in stages.
check_halving <- function(values, trials) {
  if ("epochs" %in% names(values)) {
    stop_tuning(
      "{.code search = \"halving\"} decides itself for how many {.arg epochs} each configuration is trained: they are not to be tuned.",
      "Give one number, for those that are trained to the end."
    )
  }
  for (trial in trials) {
    if (!identical(as.double(trial$settings$restarts), 1)) {
      stop_tuning("{.code search = \"halving\"} goes on with trainings, and {.arg restarts} begins them again.", "Leave {.arg restarts} out.")
    }
  }
}

# A schedule whose length is left open has that of all epochs, in each of the stages.
with_whole_schedules <- function(settings) {
  optimizer <- optimizer_name(settings$optimizer)
  for (arg in c("lr_schedule", "decay_schedule", "dropout_schedule")) {
    if (!is.null(settings[[arg]])) settings[[arg]] <- read_schedule(settings[[arg]], settings$epochs, optimizer, arg)
  }
  settings
}

# The request of a training that goes on, on the rows that it had.
going_on <- function(request, fit) {
  given <- request$given
  given$blueprint <- fit$blueprint
  if (given$interface == "formula") given$terms <- fit$blueprint$design$terms
  # A fit passes on what is not typed, but for what it does not keep and what is of one call.
  settings <- lapply(training_defaults, eval, baseenv())
  own <- c("epochs", "seed", "threads", "progress", "validation", "began")
  settings[own] <- request$settings[own]
  settings$start <- fit
  replace(request, c("given", "settings", "typed", "earlier"), list(given, settings, c("epochs", if (is.list(settings$validation)) "validation"), fit))
}

# Runs all stages. Gives for each configuration what its last stage came to, in a list with an element for each training; `keep` is given all that is done.
run_stages <- function(task, stages, keep) {
  alive <- seq_along(task$trials)
  latest <- list()
  bar <- tuning_bar(task$progress, sum(stages$count) * length(task$splits))
  on.exit(bar$close())
  for (s in seq_len(nrow(stages))) {
    jobs <- unlist(lapply(alive, function(configuration) {
      lapply(seq_along(task$splits), function(split) job_of_stage(configuration, split, stages$share[s], task, latest))
    }), recursive = FALSE)
    over <- vapply(jobs, is.null, NA)
    # What has ended by itself goes on as it is.
    for (key in keys_of(alive, task)[over]) latest[[key]]$stage <- s
    run_jobs(jobs[!over], task, function(done) {
      key <- key_of(done$configuration, done$split)
      done$stage <- s
      done$seconds <- done$seconds + setting(latest[[key]]$seconds, 0)
      latest[[key]] <<- done
      keep(latest)
    }, bar)
    if (s < nrow(stages)) alive <- best_of_stage(alive, latest, stages$count[s + 1L], task)
  }
  latest
}

key_of <- function(configuration, split) paste(configuration, split)

# Of all trainings of some configurations, in the order of their jobs.
keys_of <- function(configurations, task) key_of(rep(configurations, each = length(task$splits)), rep(seq_along(task$splits), length(configurations)))

# NULL where the training had ended by itself in an earlier stage.
job_of_stage <- function(configuration, split, share, task, latest) {
  trial <- task$trials[[configuration]]
  before <- latest[[key_of(configuration, split)]]
  if (!is.null(before) && before$status != "completed") {
    return(NULL)
  }
  settings <- trial$settings
  if (share < 1 || !is.null(before)) {
    settings <- with_whole_schedules(settings)
    settings$epochs <- ceiling(settings$epochs * share) - (if (is.null(before)) 0 else trained_epochs(before$fit))
  }
  list(
    configuration = configuration, split = split, settings = settings, typed = trial$typed, held = task$splits[[split]]$held,
    seed = task$seeds[split], fit = before$fit
  )
}

trained_epochs <- function(fit) if (is_ensemble(fit)) max(vapply(fit$members, function(member) as.double(member$epochs_done), 0)) else fit$epochs_done

# The configurations that go on, by the mean over their trainings.
best_of_stage <- function(alive, latest, count, task) {
  values <- vapply(latest[keys_of(alive, task)], function(one) one$value, 0)
  means <- colMeans(matrix(values, length(task$splits)))
  alive[order_of_means(means, task$metric)][seq_len(min(count, length(alive)))]
}

# The best first; what could not be measured last.
order_of_means <- function(means, metric) order(if (rises(metric)) -means else means, na.last = TRUE)
