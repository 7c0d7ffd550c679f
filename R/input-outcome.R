# Outcomes: what Y is, and how it becomes the numbers that the network is trained on.

# Y described: `kind` is "numeric", "logical", "factor", "survival" or "counts"; `values` a double matrix or a factor.
# `unit` says whether all values are 0 or 1. A fit given in `like` imposes its kind, levels and columns. `family` is the name of one that was typed.
read_outcome <- function(Y, like = NULL, arg = "Y", call = training_call, family = NULL) {
  if (is.data.frame(Y)) {
    Y <- outcome_from_table(Y, arg, call)
  }
  classes <- is.factor(Y) || is.character(Y)
  if (is_survival(Y)) {
    outcome <- read_survival(Y, arg, call)
  } else if (classes && !is.null(like) && like$kind == "factor") {
    outcome <- read_factor(Y, like$levels, arg, call)
  } else if (classes) {
    outcome <- read_factor(Y, NULL, arg, call)
  } else {
    outcome <- as_counts(read_numbers(Y, arg, call), family, arg, call)
  }
  if (!is.null(like)) {
    if (like$kind == "counts" && outcome$kind %in% c("numeric", "logical") && outcome$k > 1L) {
      outcome <- shares_of_counts(outcome, if (like$k == 1L) "binomial" else "multinomial", arg, call)
    }
    check_like(outcome, like, arg, call)
    outcome <- in_order_of(outcome, like$names)
    outcome$kind <- like$kind
    outcome$names <- like$names
  }
  outcome
}

# Columns that have the names of training are matched by them, as those of the inputs are.
in_order_of <- function(outcome, names) {
  if (length(outcome$names) > 1L && !identical(outcome$names, names) && setequal(outcome$names, names)) {
    outcome$values <- outcome$values[, match(names, outcome$names), drop = FALSE]
  }
  outcome
}

# Whether something has values by row; what these are is asked later.
is_outcome <- function(Y) is.data.frame(Y) || (is.atomic(Y) && length(dim(Y)) <= 2L)

stop_no_outcome <- function(Y, arg, call) {
  type <- describe_type(Y)
  stop_backprop("type", c(
    "{.arg {arg}} must be numeric, logical or a factor, not {article(type)} {type}."
  ), call = call)
}

read_numbers <- function(Y, arg, call) {
  if (!is_number(Y) || !is_outcome(Y)) {
    stop_no_outcome(Y, arg, call)
  }
  kind <- if (is.logical(Y)) "logical" else "numeric"
  values <- if (is.matrix(Y)) Y else matrix(Y, ncol = 1L)
  attributes(values) <- list(dim = dim(values), dimnames = dimnames(values))
  storage.mode(values) <- "double"
  if (!all(is.finite(values))) {
    stop_nonfinite_outcome(which(rowSums(!is.finite(values)) > 0), arg, call)
  }
  if (ncol(values) == 0L) {
    stop_backprop("empty", "{.arg {arg}} must have at least one column.", call = call)
  }
  names <- colnames(values)
  if (!is.null(names) && anyDuplicated(names[nzchar(names)])) {
    stop_duplicates(names[nzchar(names)], arg, call)
  }
  list(
    kind = kind, values = values, levels = NULL, names = names,
    n = nrow(values), k = ncol(values), unit = all(values == 0 | values == 1)
  )
}

# `known` are the levels of an earlier training; without them they are the outcome's own.
read_factor <- function(Y, known, arg, call) {
  if (!is.null(dim(Y)) && length(Y) != NROW(Y)) {
    stop_backprop("type", "{.arg {arg}} must have one column when it is a factor or of text.", call = call)
  }
  levels <- if (is.null(known)) if (is.factor(Y)) levels(Y) else levels_of_text(as.character(Y)) else known
  values <- factor(as.character(Y), levels = levels)
  if (is.null(known) && length(levels) < 2L) {
    stop_backprop("one_level", c(
      "{.arg {arg}} must have at least two levels.",
      x = "Its {length(levels)} level{?s}: {.val {levels}}."
    ), call = call)
  }
  if (anyNA(Y)) {
    stop_nonfinite_outcome(which(is.na(Y)), arg, call)
  }
  if (anyNA(values)) {
    new <- setdiff(as.character(Y), levels)
    stop_backprop("outcome_level", c(
      "{.arg {arg}} has {cli::qty(length(new))}{?a level/levels} that training did not have: {.val {new}}.",
      i = "Levels in training: {.val {levels}}."
    ), call = call)
  }
  list(
    kind = "factor", values = values, levels = levels, names = NULL,
    n = length(values), k = length(levels), unit = FALSE
  )
}

stop_nonfinite_outcome <- function(rows, arg, call) {
  what <- if (arg == "data") "The outcome in {.arg data}" else "{.arg {arg}}"
  shown <- paste(c(utils::head(rows, 5L), if (length(rows) > 5L) "..."), collapse = ", ")
  stop_backprop("nonfinite_y", c(
    paste(what, "must not have missing or infinite values."),
    x = "Found in {length(rows)} row{?s}: {shown}",
    i = if (identical(call, training_call)) "{.code na_action = \"omit\"} leaves {cli::qty(length(rows))}{?this row/these rows} out."
  ), call = call)
}

# A data frame of outcomes: one column of any kind, or several numeric ones.
outcome_from_table <- function(Y, arg, call) {
  if (ncol(Y) == 1L) {
    column <- Y[[1L]]
    if (is.factor(column) || is.character(column) || !is_plain_number(column)) {
      return(column)
    }
    return(matrix(column, ncol = 1L, dimnames = list(NULL, names(Y))))
  }
  numeric <- vapply(Y, is_plain_number, NA)
  if (!all(numeric)) {
    bad <- names(Y)[!numeric][1L]
    type <- describe_type(Y[[bad]])
    stop_backprop("column_type", c(
      "Several outcomes must all be numeric.",
      x = "Column {.val {bad}} of {.arg {arg}} is {article(type)} {type}."
    ), call = call)
  }
  as.matrix(as.data.frame(Y))
}

check_like <- function(outcome, like, arg, call) {
  of_its_own <- c("factor", "survival", "counts")
  same <- (outcome$kind == like$kind || !any(c(outcome$kind, like$kind) %in% of_its_own)) && outcome$k == like$k
  if (!same) {
    now <- describe_outcome(outcome)
    then <- describe_outcome(like)
    stop_backprop("outcome", c(
      "{.arg {arg}} must be like the outcome of the first training.",
      x = "It is {now}; then it was {then}."
    ), call = call)
  }
}

describe_outcome <- function(outcome) {
  if (outcome$kind == "factor") {
    return(paste("a factor of", outcome$k, "levels"))
  }
  if (outcome$kind %in% c("survival", "counts")) {
    return(c(survival = "times of an event", counts = "counts of trials")[[outcome$kind]])
  }
  if (outcome$k == 1L) outcome$kind else paste(outcome$kind, "with", outcome$k, "columns")
}

# How many output units the outcome takes. `objective`, here and below: a list of `output`, `loss` and `loss_par`, as settings are.
count_outputs <- function(outcome, objective) {
  units <- family_of_settings(objective)$units
  if (!is.null(units)) {
    return(units(outcome, objective$loss_par))
  }
  if (objective$loss == "quantile") {
    return(length(objective$loss_par))
  }
  if (is_single_class(outcome, objective$output)) 1L else outcome$k
}

# Two levels whose second one has one output.
is_single_class <- function(outcome, output) outcome$kind == "factor" && outcome$k == 2L && output == "sigmoid"

# The double matrix of targets that the engine is trained on, with a row for each row.
encode_outcome <- function(outcome, objective) {
  targets <- family_of_settings(objective)$targets
  if (is.null(targets)) observed_outcome(outcome, objective) else targets(outcome, objective$loss_par)
}

# The outcome in the columns that predictions have.
observed_outcome <- function(outcome, objective) {
  if (outcome$kind != "factor") {
    return(outcome$values)
  }
  codes <- as.integer(outcome$values)
  if (is_single_class(outcome, objective$output)) {
    return(matrix(as.double(codes == 2L), ncol = 1L))
  }
  y <- matrix(0, length(codes), outcome$k)
  y[cbind(seq_along(codes), codes)] <- 1
  y
}

# Whether classes are in order, so that the engine takes their numbers.
is_ordered <- function(fit) !is.null(fit) && all_losses[[fit$settings$loss]]$needs == "ordered"

# The outcomes for each column of predictions: several quantiles share one.
beside <- function(y, predicted) if (ncol(y) == ncol(predicted)) y else y[, rep(1L, ncol(predicted)), drop = FALSE]

# Outcome, output and loss must fit each other; called once both choices are made.
check_outcome_fits <- function(outcome, output, loss) {
  allowed <- all_losses[[loss]]$outputs
  if (!output %in% allowed) {
    stop_incompatible(
      "{.code loss = \"{loss}\"} does not go with {.code output = \"{output}\"}.",
      "It goes with {.code output =} {.or {.val {allowed}}}.",
      loss = loss, output = output, allowed = allowed
    )
  }
  if (all_losses[[loss]]$needs == "survival" || outcome$kind == "survival") {
    check_survival_fits(outcome, loss)
    return(invisible())
  }
  if (all_losses[[loss]]$needs == "ordered") {
    check_ordered(outcome)
    return(invisible())
  }
  if (outcome$kind == "factor" && !output %in% c("sigmoid", "softmax")) {
    stop_incompatible(
      "{.code output = \"{output}\"} does not go with a factor as outcome.",
      "Use {.val sigmoid} or {.val softmax}, or make {.arg Y} numeric.",
      output = output
    )
  }
  if (output == "softmax" && outcome$k < 2L) {
    stop_incompatible(
      "{.code output = \"softmax\"} needs at least two outputs, and {.arg Y} has one column.",
      "Give {.arg Y} as a factor, or use {.code output = \"sigmoid\"}."
    )
  }
  values <- outcome$values
  needs <- all_losses[[loss]]$needs
  if (outcome$kind == "factor") {
    if (!needs %in% c("any", "unit", "share", "nonnegative")) {
      stop_incompatible(
        "{.code loss = \"{loss}\"} needs a numeric outcome; {.arg Y} is a factor.", "For classes use {.code loss = \"{own}\"}.",
        loss = loss, own = outputs[[output]]
      )
    }
    return(invisible())
  }
  if (needs == "single" && ncol(values) != 1L) {
    k <- ncol(values)
    stop_incompatible(
      "{.code loss = \"{loss}\"} needs an outcome of one column; {.arg Y} has {k}.",
      "Train one network for each column.",
      loss = loss, k = k
    )
  }
  if (needs == "unit" && (min(values) < 0 || max(values) > 1)) {
    stop_incompatible(
      "{.code loss = \"{loss}\"} needs values of {.arg Y} between 0 and 1; they go from {low} to {high}.",
      "For a numeric outcome use {.code output = \"linear\"}.",
      loss = loss, low = format(min(values)), high = format(max(values))
    )
  }
  if (needs == "inner_unit" && (min(values) <= 0 || max(values) >= 1)) {
    stop_incompatible(
      "{.code loss = \"{loss}\"} needs values of {.arg Y} between 0 and 1, without these; they go from {low} to {high}.",
      "Shares of a known number of trials are for {.code family = \"binomial\"} and {.code cbind(success, failure)}.",
      loss = loss, low = format(min(values)), high = format(max(values))
    )
  }
  if (needs == "positive" && min(values) <= 0) {
    stop_incompatible(
      "{.code loss = \"{loss}\"} needs values of {.arg Y} above 0; the smallest is {low}.",
      "For counts use {.code family = \"poisson\"} or {.val negative_binomial}, for other numbers {.val gaussian}.",
      loss = loss, low = format(min(values))
    )
  }
  if (needs == "nonnegative" && min(values) < 0) {
    stop_incompatible(
      "{.code loss = \"{loss}\"} needs counts, 0 or more, in {.arg Y}; the smallest value is {low}.",
      "For a numeric outcome use {.code output = \"linear\"}.",
      loss = loss, low = format(min(values))
    )
  }
  if (needs == "share" && (min(values) < 0 || max(abs(rowSums(values) - 1)) > 1e-8)) {
    stop_incompatible(
      "{.code loss = \"{loss}\"} needs rows of {.arg Y} that are shares: 0 or more, with sum 1.",
      "For classes give {.arg Y} as a factor.",
      loss = loss
    )
  }
}

check_survival_fits <- function(outcome, loss) {
  if (outcome$kind == "survival" && all_losses[[loss]]$needs == "survival") {
    return(invisible())
  }
  if (outcome$kind == "survival") {
    stop_incompatible(
      "{.code loss = \"{loss}\"} does not go with times of an event.",
      "Use {.code family = \"cox\"} or {.val discrete_hazard}.", loss = loss
    )
  }
  found <- describe_outcome(outcome)
  stop_incompatible(
    "{.code loss = \"{loss}\"} needs times of an event as outcome; it is {found}.",
    "{.code survival::Surv(time, event)} makes them.", loss = loss, found = found
  )
}

check_ordered <- function(outcome) {
  if (outcome$kind != "factor") {
    found <- describe_outcome(outcome)
    stop_incompatible(
      "{.code loss = \"ordinal\"} needs a factor as outcome, whose levels are in order; it is {found}.",
      "{.code factor(y, levels = )} makes one.", found = found
    )
  }
}

# `...` are the values that the two texts mention.
stop_incompatible <- function(message, hint, ...) {
  stop_backprop("incompatible", c(message, i = hint), .envir = list2env(list(...), parent = environment()))
}
