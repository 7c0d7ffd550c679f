# Training from several starts and keeping the best.

# The seeds of k trainings: the fit's own, and those that follow it.
restart_seeds <- function(seed, k) {
  as.integer((as.double(seed) + seq_len(k) - 1) %% .Machine$integer.max)
}

check_restarts <- function(restarts, settings) {
  restarts <- check_count(restarts, "restarts")
  if (restarts == 1L) {
    return(restarts)
  }
  # A row each of what the fit tells of them: the seed, two losses, the status, which is the best; and the seeds once more.
  check_room(
    40 * as.double(restarts), paste("The table of", count_text(restarts, "restart")),
    "Use fewer `restarts`: each is a training of its own.", training_call
  )
  if (!is.null(settings$start)) {
    stop_incompatible(
      "{.arg restarts} above 1 and {.arg start} do not go together: all trainings would begin at the same weights.",
      "Leave one of them out."
    )
  }
  if (!is.null(settings$checkpoint)) {
    stop_incompatible(
      "{.arg restarts} above 1 and {.arg checkpoint} do not go together: the file would mix the trainings.",
      "Leave one of them out."
    )
  }
  restarts
}

# `train` runs one training by a seed and the number of the start. The best is that of the
# smallest loss on validation rows, or of the smallest objective.
run_restarts <- function(spec, train, keep) {
  seeds <- restart_seeds(spec$engine$seed, spec$restarts)
  seen <- list(seed = seeds, loss = rep(NA_real_, length(seeds)), validation_loss = rep(NA_real_, length(seeds)), status = character(length(seeds)))
  best <- NULL
  smallest <- Inf
  warnings <- list()
  best_of_seen <- function() {
    best$restarts <- structure(
      c(seen, list(best = seq_along(seeds) == at)),
      class = "data.frame", row.names = .set_row_names(length(seeds))
    )
    best
  }
  # Once a start is finished, one that is interrupted is not what is worth keeping.
  keep_first <- function(make) if (is.null(best)) keep(make)
  for (k in seq_along(seeds)) {
    fit <- withCallingHandlers(train(seeds[k], keep_first, k), backprop_warning_diverged = function(cnd) {
      # One start that diverges is what restarts are for; only the best one's warning is shown.
      warnings[[k]] <<- cnd
      tryInvokeRestart("muffleWarning")
    })
    seen$loss[k] <- fit$final_loss
    seen$validation_loss[k] <- fit$final_validation_loss
    seen$status[k] <- fit$status
    judged <- if (is.na(fit$final_validation_loss)) fit$final_objective else fit$final_validation_loss
    # A start that diverged is the best only where all did.
    sound <- fit$status != "diverged"
    if (is.null(best) || (sound && !best_sound) || (sound == best_sound && is.finite(judged) && judged < smallest)) {
      best_sound <- sound
      at <- k
      best <- fit
      smallest <- if (is.finite(judged)) judged else Inf
    }
    keep(best_of_seen)
    if (fit$status == "stopped") break
  }
  if (at <= length(warnings) && !is.null(warnings[[at]])) {
    warning(warnings[[at]])
  }
  best_of_seen()
}
