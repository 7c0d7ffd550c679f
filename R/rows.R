# The rows of a training, in the engine's form: inputs, outcomes, weights and offsets of those that train and
# of those that validate.

# `plan` is from plan_rows(). A training on all rows without weights copies nothing.
take_rows <- function(plan, spec, prepared, offset) {
  y <- encode_outcome(prepared$outcome, spec$engine$output)
  x <- prepared$x
  if (is.null(plan$used) && is.null(plan$weights) && is.null(plan$class_weights) && is.null(plan$share) && is.null(plan$given)) {
    return(list(x = x, y = y, case_weights = NULL, offset = offset))
  }
  codes <- outcome_codes(prepared$outcome)
  train <- plan$used
  held <- NULL
  if (!is.null(plan$share)) {
    rows <- if (is.null(train)) seq_len(nrow(x)) else train
    chosen <- engine_split(codes[rows], plan$share, as.double(spec$split_seed))$rows
    held <- rows[chosen]
    train <- rows[-chosen]
  }
  factors <- if (!is.null(plan$class_weights)) {
    of <- if (is.null(train)) seq_along(codes) else train
    class_factors(plan$class_weights, codes[of], plan$weights[of], outcome_levels(prepared$outcome))
  }
  weights <- weigh(plan$weights, factors, codes)
  data <- pick_rows(x, y, weights, offset, train)
  if (!is.null(held)) {
    data$validation <- pick_rows(x, y, weights, offset, held)
  } else if (!is.null(plan$given)) {
    data$validation <- given_rows(plan$given, spec, factors, offset)
  }
  # The weights of all rows as given, 0 for those that did not train.
  data$all_weights <- if (is.null(weights)) rep(1, nrow(x)) else weights
  if (!is.null(train)) {
    data$all_weights[-train] <- 0
    data$rows <- train
  }
  data
}

# Case weights times the factors of their classes; NULL when both are.
weigh <- function(weights, factors, codes) {
  if (is.null(factors)) {
    return(weights)
  }
  if (is.null(weights)) factors[codes] else weights * factors[codes]
}

pick_rows <- function(x, y, weights, offset, rows) {
  if (is.null(rows)) {
    return(list(x = x, y = y, case_weights = weights, offset = offset))
  }
  list(
    x = x[rows, , drop = FALSE], y = y[rows, , drop = FALSE], case_weights = weights[rows],
    offset = if (!is.null(offset)) offset[rows, , drop = FALSE]
  )
}

given_rows <- function(given, spec, factors, offset) {
  outputs <- spec$engine$sizes[length(spec$engine$sizes)]
  if (!is.null(offset) && is.null(given$offset)) {
    stop_backprop("argument", "{.arg validation} must have an {.field offset}, since the training has one.")
  }
  list(
    x = given$x,
    y = encode_outcome(given$outcome, spec$engine$output),
    case_weights = weigh(given$weights, factors, outcome_codes(given$outcome)),
    offset = if (!is.null(offset)) read_offset(given$offset, nrow(given$x), outputs, "validation$offset")
  )
}
