# The playground without its page: a training that goes on in slices, goes back, and knows the code that makes it anew.

# `source` of the user's own data: `data`, `formula` and the `expression` that was typed; NULL for toy data, which settings make.
# A play is a plain list: `fit`, the network as of the epoch shown; `snapshots`, earlier (and, gone back, later) fits by their epoch;
# `history` of the furthest epoch; `stages`, what was set from which epoch on; `pace`, seconds for an epoch; `problem`, a text or NULL.
new_play <- function(settings, source = NULL) {
  data <- play_data(settings, source)
  play <- list(settings = settings, source = source, data = data, gaps = anyNA(data), stages = list(), pace = NULL, problem = NULL)
  first <- c(
    first_arguments(settings, source, play$gaps), stage_arguments(settings, settings$optimizer), list(epochs = 0L)
  )
  trained <- train_quietly(play, first)
  play$fit <- trained$fit
  play$start_loss <- c(training = play$fit$final_loss, validation = play$fit$final_validation_loss)
  play$history <- play$fit$history
  remembered(play)
}

# Trains `play` by `arguments`; where it diverged, the warning's text is the problem. Other warnings are for who trains to the end.
train_quietly <- function(play, arguments) {
  problem <- NULL
  arguments <- c(list(play_formula(play$settings, play$source), data = play$data), arguments, list(threads = 1L, progress = FALSE))
  fit <- withCallingHandlers(
    # Messages tell of rows left out.
    suppressMessages(do.call(nn_train, arguments, quote = FALSE)),
    warning = function(cnd) {
      if (inherits(cnd, "backprop_warning_diverged")) problem <<- cli::ansi_strip(conditionMessage(cnd))
      rlang::cnd_muffle(cnd)
    }
  )
  list(fit = fit, problem = problem)
}

# The play `epochs` later. Whatever lay ahead, where it had gone back, is forgotten.
advance <- function(play, epochs = 1L) {
  done <- play$fit$epochs_done
  play <- with_stage(play)
  play$snapshots <- play$snapshots[snapshot_epochs(play) <= done]
  # Only what is new is typed, as in the code: typed anew, the search for the best epoch would begin again.
  stage <- stage_arguments(play$settings, play$settings$optimizer, settings_carried(play$fit))
  began <- proc.time()[["elapsed"]]
  trained <- train_quietly(play, c(list(start = play$fit, epochs = as.integer(epochs)), stage))
  # The time around the engine is in it: a slice is rather too short than too long.
  play$pace <- (proc.time()[["elapsed"]] - began) / epochs
  play$fit <- trained$fit
  play$problem <- trained$problem
  play$history <- play$fit$history
  remembered(play)
}

# What a fit passes on of that which may change on the way.
settings_carried <- function(fit) list(lr = fit$settings$lr, penalty = fit$settings$penalty, dropout = c(fit$settings$dropout, 0)[1L])

# As many epochs as go into `seconds`, by the pace of the slice before, and no more than twice as many as then; `most` at most.
advance_for <- function(play, seconds, most = 1000) {
  known <- !is.null(play$pace) && !is.null(play$slice)
  play$slice <- if (known) max(1, min(floor(seconds / max(play$pace, 1e-5)), 2 * play$slice, most)) else 1
  advance(play, play$slice)
}

# Whether another epoch would change something.
can_advance <- function(play) !play$fit$status %in% c("diverged", "converged")

# The play as it was after `epoch`, or the nearest one that is remembered.
rewind <- function(play, epoch) {
  known <- snapshot_epochs(play)
  fit <- play$snapshots[[which.min(abs(known - epoch))]]
  fit$history <- play$history[seq_len(fit$epochs_done), ]
  play$fit <- fit
  play["problem"] <- list(NULL)
  play
}

snapshot_epochs <- function(play) vapply(play$snapshots, function(fit) as.integer(fit$epochs_done), 0L)

# Fits are small without their history; of many every second one is dropped, so that what is remembered reaches back to the beginning.
remembered <- function(play, most = 100L) {
  fit <- play$fit
  fit["history"] <- list(NULL)
  kept <- c(play$snapshots[snapshot_epochs(play) != fit$epochs_done], list(fit))
  if (length(kept) > most) kept <- kept[unique(c(seq(1L, length(kept), by = 2L), length(kept)))]
  play$snapshots <- kept
  play
}

# Stages that the first `done` epochs were made by; before the first epoch, what is set.
stages_until <- function(play, done) {
  past <- Filter(function(stage) stage$from < done, play$stages)
  if (length(past) > 0L) past else list(c(list(from = 0L), play$settings[staged_settings]))
}

# What is set now begins a stage, unless it is what the one before had.
with_stage <- function(play) {
  done <- as.integer(play$fit$epochs_done)
  past <- Filter(function(stage) stage$from < done, play$stages)
  now <- play$settings[staged_settings]
  if (length(past) == 0L || !identical(past[[length(past)]][staged_settings], now)) {
    past <- c(past, list(c(list(from = done), now)))
  }
  play$stages <- past
  play
}

# The play under other settings: it goes on where that is possible, and begins anew where it is not.
with_settings <- function(play, settings) {
  same <- names(settings)[vapply(names(settings), function(name) identical(settings[[name]], play$settings[[name]]), NA)]
  if (length(setdiff(names(settings), c(same, staged_settings))) > 0L || play$fit$epochs_done == 0L && length(same) < length(settings)) {
    return(new_play(settings, play$source))
  }
  # Refused here, not at the next slice.
  changed <- setdiff(names(settings), same)
  if (length(changed) > 0L) {
    trial <- play
    trial$settings <- settings
    advance(trial, 0L)
  }
  play$settings <- settings
  play
}

# The fit with the weights of its last epoch: where rows are held back, its own are those of the best one.
shown_fit <- function(play) {
  fit <- play$fit
  if (!is.null(fit$last)) fit[c("weights", "biases")] <- fit$last[c("weights", "biases")]
  fit
}
