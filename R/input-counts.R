# Counts of trials: cbind(success, failure), or a column for each class. As glm() does, shares are learnt, and rows weigh as their trials.

# The outcome as shares, with the trials of each row; only under a family that was typed, since to others such columns are outcomes of their own.
# A fit that goes on, or new data of a fit, are like what training had.
as_counts <- function(outcome, family, arg, call) {
  counts <- !is.null(family) && family %in% c("binomial", "multinomial") && outcome$kind %in% c("numeric", "logical") && outcome$k > 1L
  # Rows of shares, or of one 1, are a multinomial outcome as they are.
  if (!counts || (family == "multinomial" && all(abs(rowSums(outcome$values) - 1) < 1e-8) && min(outcome$values) >= 0)) {
    return(outcome)
  }
  if (family == "binomial" && outcome$k != 2L) {
    stop_incompatible(
      "{.code family = \"binomial\"} takes counts in two columns, {.code cbind(success, failure)}; {.arg {arg}} has {k}.",
      "For several classes use {.code family = \"multinomial\"}.",
      arg = arg, k = outcome$k
    )
  }
  shares_of_counts(outcome, family, arg, call)
}

shares_of_counts <- function(outcome, family, arg, call) {
  counts <- outcome$values
  trials <- rowSums(counts)
  bad <- which(trials <= 0 | rowSums(counts < 0 | counts != floor(counts)) > 0)
  if (length(bad) > 0L) {
    stop_backprop("incompatible", c(
      "Counts in {.arg {arg}} must be whole numbers of 0 or more, with at least one trial in each row.",
      x = "Other in {cli::qty(length(bad))}row{?s} {utils::head(bad, 5L)}."
    ), call = call)
  }
  shares <- counts / trials
  outcome$kind <- "counts"
  if (family == "binomial") {
    shares <- shares[, 1L, drop = FALSE]
    outcome$k <- 1L
    outcome$names <- outcome$names[1L]
  }
  outcome$values <- shares
  outcome$unit <- FALSE
  outcome$trials <- trials
  outcome
}

# Weights of rows times their trials.
weigh_trials <- function(weights, outcome) {
  if (is.null(outcome$trials)) {
    return(weights)
  }
  if (is.null(weights)) as.double(outcome$trials) else weights * outcome$trials
}
