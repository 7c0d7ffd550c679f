# Bootstrap samples of the rows for the networks of an ensemble.

check_bootstrap <- function(settings, ensemble) {
  if (settings$bootstrap && ensemble == 1L && length(settings$blend) == 0L) {
    stop_incompatible(
      "{.code bootstrap = TRUE} is for several networks, whose mean makes up for the rows that each of them lacks; there is one.",
      "{.code ensemble = 10} trains ten."
    )
  }
}

# One network of a bootstrap goes on by itself on all rows: that it had drawn some of them was a matter of the others, too.
without_draws <- function(settings, typed, earlier) {
  check_flag(settings$bootstrap, "bootstrap")
  if (settings$bootstrap && !is.null(earlier) && !is_ensemble(earlier) && !"bootstrap" %in% typed) {
    settings$bootstrap <- FALSE
    if (identical(settings$validation, "out_of_bag") && !"validation" %in% typed) settings[c("validation", "stop_metric")] <- list(NULL)
  }
  settings
}

# Each network's rows are drawn by a seed of its own, so that they do not depend on how many networks there are.
draw_for_members <- function(plan, given, rows, seed) {
  check_room_for_split(given)
  members <- length(plan$dealt)
  check_room(
    24 * as.double(length(rows)) * members, paste("The rows of", count_text(members, "network")),
    "Use a smaller `ensemble`, or `bootstrap = FALSE`.", training_call
  )
  seeds <- restart_seeds(seed, max(plan$numbers))[plan$numbers]
  for (i in seq_len(members)) {
    left <- seq_along(rows)
    if (length(plan$dealt[[i]]) > 0L) left <- left[-plan$dealt[[i]]]
    drawn <- draw_again(given, rows[left], seeds[i])
    plan$drawn[[i]] <- left[drawn$rows]
    if (is.null(plan$share)) plan$dealt[[i]] <- left[drawn$missed]
  }
  plan
}

# Of `rows` as many places, drawn with replacement and in order, and those that were `missed`. The only rows of a level take the places of others that
# were drawn twice: there are as many of these as were missed.
draw_again <- function(given, rows, seed) {
  n <- length(rows)
  drawn <- drawing_by(seed, function() sample.int(n, n, replace = TRUE))
  missed <- setdiff(seq_len(n), drawn)
  needed <- rows_needed_in_training(given, rows, missed)
  drawn[which(duplicated(drawn))[seq_along(needed)]] <- needed
  list(rows = sort(drawn), missed = setdiff(missed, needed))
}
