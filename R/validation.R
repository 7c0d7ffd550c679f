# Which rows train and which only judge: rows of weight 0 are left out, a share may be split off, or
# other rows given.

# Checked before the seed is drawn. Gives: `n` rows that will train; `used`, the rows that are not left out
# (NULL for all); `share` to split off; `given`, validation rows of their own; `weights`; `class_weights`.
plan_rows <- function(settings, prepared, earlier, typed) {
  outcome <- prepared$outcome
  n <- nrow(prepared$x)
  check_given_again(typed, settings, earlier)
  weights <- read_case_weights(settings$case_weights, n)
  class_weights <- read_class_weights(settings$class_weights, outcome)
  used <- NULL
  if (!is.null(class_weights) && !identical(class_weights, "balanced") && any(class_weights == 0)) {
    weights <- (if (is.null(weights)) rep(1, n) else weights) * (class_weights[outcome_codes(outcome)] > 0)
  }
  if (!is.null(weights) && any(weights == 0)) {
    used <- which(weights > 0)
    if (length(used) == 0L) {
      stop_backprop("argument", "{.arg case_weights} and {.arg class_weights} leave no row of positive weight.")
    }
  }
  plan <- list(
    n = if (is.null(used)) n else length(used), used = used, weights = weights, class_weights = class_weights,
    share = NULL, given = NULL
  )
  validation <- settings$validation
  if (is.null(validation)) {
    return(plan)
  }
  if (is.numeric(validation)) {
    plan$share <- check_validation_share(validation, plan$n)
    plan$n <- plan$n - rounded_share(plan$n, plan$share)
  } else {
    plan$given <- read_validation(validation, prepared)
  }
  plan
}

# What a fit cannot pass on, since it keeps no data.
check_given_again <- function(typed, settings, earlier) {
  if (is.null(earlier)) {
    return(invisible())
  }
  then <- c(
    case_weights = isTRUE(earlier$settings$case_weights), offset = isTRUE(earlier$settings$offset),
    validation = identical(earlier$settings$validation, "given")
  )
  for (arg in names(then)[then]) {
    if (!arg %in% typed) {
      stop_backprop("start", c(
        "{.arg start} was trained with {.arg {arg}}, which a fit does not keep.",
        i = "Give {.arg {arg}} again, or {.code {arg} = NULL} to go on without."
      ))
    }
  }
}

check_validation_share <- function(share, n) {
  if (length(share) != 1L || !is.finite(share) || share <= 0 || share >= 1) {
    stop_argument("validation", "a proportion above 0 and below 1, or a list of `X` and `Y`", share)
  }
  held <- rounded_share(n, share)
  if (held < 1 || held >= n) {
    stop_backprop("argument", c(
      "{.arg validation} must leave rows on both sides.",
      x = "{share} of {n} row{?s} {?is/are} {held}."
    ))
  }
  as.double(share)
}

# As the engine rounds.
rounded_share <- function(n, share) as.integer(floor(n * share + 0.5))

# Validation rows that were given: their inputs and outcome, prepared as those of the training.
read_validation <- function(validation, prepared, call = quote(nn_train())) {
  outcome <- prepared$outcome
  like <- list(
    interface = prepared$interface, blueprint = prepared$blueprint, outcome = outcome,
    inputs = list(n = ncol(prepared$x), names = colnames(prepared$x))
  )
  by_formula <- prepared$interface == "formula"
  if (by_formula && is.data.frame(validation)) {
    validation <- list(data = validation)
  }
  parts <- c(if (by_formula) "data" else c("X", "Y"), "case_weights", "offset")
  needed <- setdiff(parts, c("case_weights", "offset"))
  if (!is.list(validation) || is.data.frame(validation) || !all(needed %in% names(validation))) {
    wanted <- if (by_formula) "a proportion, or a data frame with the variables of the formula" else "a proportion, or a list of `X` and `Y`"
    stop_argument("validation", wanted, validation)
  }
  unknown <- setdiff(names(validation), parts)
  if (length(unknown) > 0L) {
    stop_backprop("argument", c(
      "{.arg validation} has unknown elements: {.val {unknown}}.",
      i = "It may have {.val {parts}}."
    ))
  }
  if (by_formula) {
    missing <- setdiff(like$blueprint$outcomes, names(validation$data))
    if (length(missing) > 0L) {
      stop_missing_columns(missing, "validation", call)
    }
    x <- forge_table(validation$data, like$blueprint, "validation", call)
    y <- forge_outcome(validation$data, like, call)
  } else {
    x <- if (is.null(like$blueprint)) {
      read_new_matrix(validation$X, like, "validation", call)
    } else {
      forge_table(validation$X, like$blueprint, "validation", call)
    }
    y <- validation$Y
  }
  if (nrow(x) == 0L) {
    stop_backprop("empty", "{.arg validation} must have at least one row.")
  }
  check_finite_columns(x, "validation")
  read <- read_outcome(y, like = outcome, arg = "validation", call = call)
  check_same_rows(nrow(x), read, what = "validation")
  list(
    x = x, outcome = read, offset = validation$offset,
    weights = read_case_weights(validation$case_weights, nrow(x), "validation$case_weights")
  )
}

check_finite_columns <- function(x, arg) {
  if (!is.matrix(x)) {
    # The engine looks at sparse inputs itself.
    return(invisible())
  }
  bad <- !is.finite(colSums(x))
  if (any(bad)) {
    names <- if (is.null(colnames(x))) which(bad) else colnames(x)[bad]
    stop_nonfinite_columns(names, arg)
  }
}
