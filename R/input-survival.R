# Times of an event, as survival::Surv() has them: a matrix of `time` and `status`, censored on the right.

# Surv() itself has methods only where the survival package is loaded: from here on it is a plain matrix, known by its class.
plain_survival <- function(Y, arg = "Y", call = training_call) {
  if (!inherits(Y, "Surv")) {
    return(Y)
  }
  type <- attr(Y, "type")
  if (!identical(type, "right")) {
    stop_backprop("incompatible", c(
      "{.arg {arg}} must be times that are censored on the right, as {.code Surv(time, event)} makes them; its type is {.val {type}}.",
      i = if (identical(type, "mright")) "A status that is a factor means several kinds of event: for one kind give 0 and 1, or a logical.",
      i = "Times that are truncated, or censored on the left or in intervals, have no family here."
    ), call = call)
  }
  as_survival(matrix(as.double(unclass(Y)), nrow(Y), 2L))
}

as_survival <- function(values) {
  dimnames(values) <- list(NULL, c("time", "status"))
  class(values) <- "nn_survival"
  values
}

is_survival <- function(Y) inherits(Y, "nn_survival")

#' @export
`[.nn_survival` <- function(x, i, j, drop = TRUE) {
  values <- unclass(x)
  # A row keeps being one; a column is numbers.
  if (missing(j)) as_survival(values[i, , drop = FALSE]) else values[i, j, drop = drop]
}

read_survival <- function(Y, arg, call) {
  values <- unclass(Y)
  attributes(values) <- list(dim = dim(values), dimnames = dimnames(values))
  if (!all(is.finite(values))) {
    stop_nonfinite_outcome(which(rowSums(!is.finite(values)) > 0), arg, call)
  }
  if (any(values[, 1L] < 0)) {
    low <- format(min(values[, 1L]))
    stop_backprop("argument", c("Times in {.arg {arg}} must not be negative.", x = "The smallest is {low}."), call = call)
  }
  list(kind = "survival", values = values, levels = NULL, names = c("time", "status"), n = nrow(values), k = 2L, unit = FALSE)
}

# Without an event there is nothing to learn; nothing to judge by either where rows are only compared with each other.
check_events <- function(outcome, plan, family) {
  if (outcome$kind != "survival") {
    return(invisible())
  }
  happened <- function(rows) any(pick(outcome$values[, 2L], rows) == 1)
  if (!happened(plan$train)) {
    stop_backprop("argument", c(
      "The rows that train have no event: each is censored, and there is nothing to learn.",
      i = if (!is.null(plan$held)) "All events are among the rows that {.arg validation} holds back: give rows of their own, or another {.arg seed}."
    ))
  }
  judged <- if (!is.null(plan$given)) any(plan$given$outcome$values[, 2L] == 1) else is.null(plan$held) || happened(plan$held)
  if (isTRUE(family$all_rows) && !judged) {
    stop_backprop("argument", c(
      "The rows of {.arg validation} have no event: the loss of {.code family = \"cox\"} is 0 there whatever the network.",
      i = "Give more rows, or use {.code family = \"discrete_hazard\"}, which learns from rows without events, too."
    ))
  }
}
