# What a formula asks for: its outcomes, its inputs, and a form of it that hardhat handles rightly.

# hardhat looks up every name that stands in a formula, those taken out by `. - a` too, and forgets the
# levels of factors made inside a formula, as in `y ~ factor(a)`. So `.` is expanded here, and a factor made
# inside becomes a column of its own (`derived`, an expression for each), treated like any other.
plan_formula <- function(formula, data) {
  if (length(formula) != 3L) {
    stop_formula("{.arg formula} must have an outcome on its left side, as in {.code y ~ .}.")
  }
  terms <- with_formula_errors(stats::terms(formula, data = data))
  labels <- attr(terms, "term.labels")
  if (attr(terms, "intercept") == 0L) {
    stop_formula("{.arg formula} must not take out the intercept: every unit of a network has a bias.")
  }
  if (!is.null(attr(terms, "offset"))) {
    stop_formula(c(
      "{.fn offset} in {.arg formula} is not supported.",
      i = "Give it as the argument {.arg offset}."
    ))
  }
  if (length(labels) == 0L) {
    stop_formula("{.arg formula} must have at least one input on its right side.")
  }
  right <- lapply(labels, str2lang)
  outcomes <- all.vars(formula[[2L]])
  check_formula_names(unique(unlist(lapply(right, all.vars))), outcomes, data)

  derived <- derived_factors(terms, data, environment(formula))
  right <- lapply(right, put_names, derived)
  plain <- call("~", formula[[2L]], Reduce(function(a, b) call("+", a, b), right))
  list(
    formula = stats::as.formula(plain, env = environment(formula)),
    inputs = unique(unlist(lapply(right, all.vars))),
    outcomes = outcomes,
    derived = derived
  )
}

check_formula_names <- function(inputs, outcomes, data) {
  missing <- setdiff(c(outcomes, inputs), names(data))
  if (length(missing) > 0L) {
    stop_backprop("columns", c(
      "All variables of {.arg formula} must be columns of {.arg data}.",
      x = "Not found: {.val {missing}}."
    ))
  }
  both <- intersect(inputs, outcomes)
  if (length(both) > 0L) {
    stop_formula("{.val {both}} must not stand on both sides of {.arg formula}.", both = both)
  }
}

# Calls on the right side that give a factor, text or a logical, by the name their column gets.
derived_factors <- function(terms, data, env) {
  variables <- as.list(attr(terms, "variables"))[-1L]
  variables <- variables[-attr(terms, "response")]
  is_derived <- vapply(variables, function(variable) {
    if (!is.call(variable)) {
      return(FALSE)
    }
    value <- with_formula_errors(eval(variable, data, env))
    (is.factor(value) || is.character(value) || is.logical(value)) && is.null(dim(value))
  }, NA)
  derived <- variables[is_derived]
  names(derived) <- vapply(derived, deparse1, "")
  derived
}

# An expression with each derived call replaced by the name of its column.
put_names <- function(expression, derived) {
  for (name in names(derived)) {
    if (identical(expression, derived[[name]])) {
      return(as.name(name))
    }
  }
  if (is.call(expression)) {
    expression[-1L] <- lapply(expression[-1L], put_names, derived)
  }
  expression
}

# The data with the derived columns added.
with_derived <- function(data, derived, env, arg = "data", call = quote(nn_train())) {
  if (length(derived) == 0L) {
    return(data)
  }
  missing <- setdiff(unlist(lapply(derived, all.vars)), names(data))
  if (length(missing) > 0L) {
    stop_missing_columns(missing, arg, call)
  }
  rows <- attr(data, "row.names")
  columns <- c(as.list(data), lapply(derived, eval, data, env))
  structure(columns, class = "data.frame", row.names = rows)
}

# `...` are the values that the message mentions.
stop_formula <- function(message, ...) {
  stop_backprop("formula", message, .envir = list2env(list(...), parent = environment()))
}

# What hardhat and terms() refuse (a removed intercept, for one) gets the package's class and call.
with_formula_errors <- function(expr) {
  withCallingHandlers(expr, error = function(cnd) {
    if (!inherits(cnd, "backprop_error")) {
      said <- conditionMessage(cnd)
      stop_formula("{.arg formula} cannot be used: {said}", said = said)
    }
  })
}

#' The formula of a network
#'
#' @param x A model from [nn_train()].
#' @param ... Not used.
#' @return The formula that it was trained by, with `.` replaced by the inputs that it stood for. Its environment is the global one: a fit does not
#'   keep that of its making.
#' @section Errors:
#' A model that was not trained by formula has none: an error of class `backprop_error_formula`.
#' @examples
#' formula(nn_train(mpg ~ ., data = mtcars, epochs = 10, seed = 1))
#' @importFrom stats formula
#' @export
formula.nn_fit <- function(x, ...) {
  call <- quote(formula())
  validate_fit(x, "x", call)
  if (x$interface != "formula") {
    stop_backprop("formula", "The model was not trained by formula: it has none.", call = call)
  }
  right <- x$blueprint$hardhat$formula[[3L]]
  # hardhat takes out the intercept of one-hot encodings itself.
  if (is.call(right) && identical(right[[1L]], as.name("+")) && identical(right[[3L]], 0)) {
    right <- right[[2L]]
  }
  right <- if (length(x$blueprint$derived) == 0L) right else take_out_names(right, x$blueprint$derived)
  stats::as.formula(call("~", x$blueprint$left, right), env = globalenv())
}

# The opposite of put_names().
take_out_names <- function(expression, derived) {
  if (is.name(expression)) {
    name <- as.character(expression)
    return(if (name %in% names(derived)) derived[[name]] else expression)
  }
  if (is.call(expression)) {
    expression[-1L] <- lapply(expression[-1L], take_out_names, derived)
  }
  expression
}
