# Weights of rows and classes, and offsets: which rows take part in a training, and how much.

# Case weights as typed, checked: double, one per row; NULL when there are none. `some`: they are those of some rows of many.
read_case_weights <- function(weights, n, arg = "case_weights", call = training_call, some = FALSE) {
  if (is.null(weights)) {
    return(NULL)
  }
  weights <- check_row_numbers(weights, n, arg, call)
  if (any(weights < 0)) {
    at <- which(weights < 0)[1L]
    found <- format(weights[at])
    stop_backprop("argument", c(
      "{.arg {arg}} must not be negative.",
      x = "Number {at} is {found}."
    ), call = call)
  }
  if (!some && all(weights == 0)) {
    stop_backprop("argument", c(
      "{.arg {arg}} must not all be 0: no row would be left.",
      i = "A row of weight 0 is left out of the training."
    ), call = call)
  }
  weights
}

# One finite number per row, as a double vector. hardhat's importance_weights() and frequency_weights() are numbers with a class, known by its name so that
# hardhat need not be there.
check_row_numbers <- function(x, n, arg, call) {
  numeric <- (is.numeric(x) || is.logical(x) || inherits(x, "hardhat_case_weights")) &&
    !inherits(x, c("factor", "Date", "POSIXt", "difftime"))
  if (!numeric) {
    stop_argument(arg, "a numeric vector with one number for each row", x, call = call)
  }
  x <- as.double(unclass(x))
  if (length(x) != n) {
    m <- length(x)
    stop_backprop("rows", c(
      "{.arg {arg}} must have one number for each row.",
      x = "There {cli::qty(n)}{?is/are} {n} row{?s}; it has {m} number{?s}."
    ), call = call)
  }
  if (!all(is.finite(x))) {
    at <- which(!is.finite(x))[1L]
    stop_backprop("argument", c(
      "{.arg {arg}} must not have missing or infinite values.",
      x = "Number {at} is {.val {x[at]}}."
    ), call = call)
  }
  x
}

# Class weights as typed, checked against the outcome: "balanced", or one number per level, named.
read_class_weights <- function(weights, outcome) {
  if (is.null(weights)) {
    return(NULL)
  }
  levels <- outcome_levels(outcome)
  if (is.null(levels)) {
    stop_incompatible(
      "{.arg class_weights} needs classes: a factor, a logical or a column of 0 and 1 as outcome.",
      "For a numeric outcome give each row its weight in {.arg case_weights}."
    )
  }
  if (identical(weights, "balanced")) {
    return(weights)
  }
  named <- names(weights)
  fits <- is.numeric(weights) && length(weights) == length(levels) && !anyNA(weights) &&
    all(is.finite(weights)) && all(weights >= 0) && any(weights > 0) &&
    (is.null(named) || setequal(named, levels))
  if (!fits) {
    shown <- paste0("`", levels, "`", collapse = ", ")
    stop_argument(
      "class_weights", "`\"balanced\"` or one number, 0 or more, for each level", weights,
      hint = paste0("The levels are ", shown, "; names, if given, must be these.")
    )
  }
  values <- as.double(weights)
  if (is.null(named)) stats::setNames(values, levels) else stats::setNames(values, named)[levels]
}

# Levels by which rows can be told apart; NULL for numbers.
outcome_levels <- function(outcome) {
  if (outcome$kind == "factor") {
    return(outcome$levels)
  }
  if (outcome$k == 1L && outcome$unit) {
    return(if (outcome$kind == "logical") c("FALSE", "TRUE") else c("0", "1"))
  }
  NULL
}

# The level of each row as a number from 1; all rows are of one kind where there are no levels.
outcome_codes <- function(outcome) {
  if (outcome$kind == "factor") {
    return(as.integer(outcome$values))
  }
  # Whether the event came, so that a split leaves events on both sides.
  if (outcome$kind == "survival") {
    return(as.integer(outcome$values[, 2L]) + 1L)
  }
  if (outcome$k == 1L && outcome$unit) as.integer(outcome$values) + 1L else rep(1L, outcome$n)
}

# The factor that each level gets. Balanced: all levels weigh the same together, and the sum of weights stays.
class_factors <- function(class_weights, codes, case_weights, levels) {
  if (!identical(class_weights, "balanced")) {
    return(unname(class_weights))
  }
  if (is.null(case_weights)) {
    case_weights <- rep(1, length(codes))
  }
  balanced_factors(vapply(seq_along(levels), function(code) sum(case_weights[codes == code]), 0))
}

# Of the weights that levels have together.
balanced_factors <- function(total) {
  present <- total > 0
  factors <- rep(1, length(total))
  factors[present] <- sum(total) / (sum(present) * total[present])
  factors
}

# The offset as typed, as an n x outputs matrix; NULL when there is none.
# With `gaps`, missing numbers stay. `objective`: the output and the loss, where they are known.
read_offset <- function(offset, n, outputs, arg = "offset", call = training_call, gaps = FALSE, objective = NULL) {
  if (is.null(offset)) {
    return(NULL)
  }
  # Of a mean and a standard deviation it is the mean that is moved.
  means <- if (!is.null(objective) && has_log_sds(objective)) outputs / 2 else outputs
  for_all <- function(values) cbind(matrix(values, n, means), matrix(0, n, outputs - means))
  if (gaps && is.numeric(offset) && NROW(offset) == n && (is.null(dim(offset)) || ncol(offset) %in% c(1L, means, outputs))) {
    values <- as.double(unclass(offset))
    return(if (NCOL(offset) == outputs) matrix(values, n, outputs) else for_all(values))
  }
  if (is.matrix(offset) && ncol(offset) %in% c(means, outputs) && outputs > 1L) {
    columns <- unlist(lapply(seq_len(ncol(offset)), function(j) check_row_numbers(offset[, j], n, arg, call)))
    return(if (ncol(offset) == outputs) matrix(columns, n, outputs) else for_all(columns))
  }
  if (is.numeric(offset) && length(offset) == 1L) {
    offset <- rep(offset, n)
  }
  for_all(check_row_numbers(offset, n, arg, call))
}

# What all classes get alike changes no softmax.
check_offset_output <- function(offset, output) {
  if (output == "softmax" && !is.null(offset) && NCOL(offset) == 1L) {
    stop_incompatible(
      "An {.arg offset} of one number per row changes nothing under {.code output = \"softmax\"}: all classes get it alike.",
      "Give a matrix with a column per class."
    )
  }
}
