# What is done to a numeric outcome beside scaling: a network may learn its logarithm, and predictions may be held to the range of the training rows.

outcome_transforms <- c("none", "log")

# Whether the outcome is learnt as it is, or its logarithm: "none" or "log".
read_outcome_transform <- function(name, choice) {
  name <- check_choice(setting(name, "none"), "outcome_transform", outcome_transforms)
  if (name != "none" && (!scales_outcome(choice) || !is.null(family_of_settings(choice)$quantiles))) {
    stop_incompatible(
      "{.code outcome_transform = \"{name}\"} is for a numeric outcome under a linear output.",
      "Leave it out; {.code output = \"exp\"} has a logarithm as its link.",
      name = name
    )
  }
  name
}

# What is learnt is log(y + shift). Where all outcomes are positive the shift is 0, where the smallest is 0 it is 1 for whole numbers; otherwise half the distance from the
# smallest outcome to the median is what the smallest becomes. `factor` is what predictions, which are on the way of medians, are multiplied by.
learn_log <- function(y, case_weights) {
  smallest <- apply(y, 2L, min)
  middle <- apply(y, 2L, weighted_median, case_weights)
  counts <- apply(y, 2L, function(column) all(column == floor(column))) & smallest == 0
  gap <- (middle - smallest) / 2
  shift <- ifelse(smallest > 0, 0, ifelse(counts, 1, ifelse(gap > 0, gap, 1) - smallest))
  list(name = "log", shift = as.double(unname(shift)), factor = rep(1, ncol(y)))
}

# The shift is learnt from rows that train. Others, which judge or train other networks, may have an outcome so low that it has no logarithm: it counts as
# `lowest`, of each column.
transform_outcome <- function(y, transform, lowest = NULL) {
  if (is.null(transform)) {
    return(y)
  }
  shifted <- y + rep(transform$shift, each = nrow(y))
  without <- !is.na(shifted) & shifted <= 0
  if (!is.null(lowest)) shifted[without] <- lowest[col(y)[without]]
  log(shifted)
}

# The lowest of each column, its shift added, that has a logarithm; 1 where there is none.
lowest_of_log <- function(y, transform) {
  if (is.null(transform)) {
    return(NULL)
  }
  apply(y + rep(transform$shift, each = nrow(y)), 2L, function(column) if (any(column > 0, na.rm = TRUE)) min(column[column > 0], na.rm = TRUE) else 1)
}

undo_transform <- function(value, transform) {
  if (is.null(transform)) {
    return(value)
  }
  exp(value) * rep(transform$factor, each = nrow(value)) - rep(transform$shift, each = nrow(value))
}

# From what the network gives to the scale of the outcome.
to_outcome <- function(value, outcome) {
  if (!is.null(outcome$center)) value <- unscale_columns(value, outcome$center, outcome$scale)
  hold_to_limits(undo_transform(value, outcome$transform), outcome$limits)
}

# Predictions are held to the range of the training rows, a tenth of it wider on either side, but not beyond 0 where no outcome is.
learn_limits <- function(y) {
  lower <- apply(y, 2L, min)
  upper <- apply(y, 2L, max)
  room <- (upper - lower) / 10
  list(
    lower = as.double(unname(ifelse(lower >= 0, pmax(0, lower - room), lower - room))),
    upper = as.double(unname(ifelse(upper <= 0, pmin(0, upper + room), upper + room)))
  )
}

hold_to_limits <- function(value, limits) {
  if (is.null(limits)) {
    return(value)
  }
  # In place, to keep names.
  value[] <- pmin(pmax(value, rep(limits$lower, each = nrow(value))), rep(limits$upper, each = nrow(value)))
  value
}

# Several quantiles share one outcome's limits.
limits_of_outputs <- function(limits, outputs) if (is.null(limits)) NULL else lapply(limits, rep_len, outputs)
