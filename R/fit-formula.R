# What R's tools for models ask of a fit that was trained by formula: its formula and terms, its model frame and matrix.

#' The formula, terms and design of a network
#'
#' What R's own tools for models ask of a fit that was trained by formula. `update()` works on any fit: it changes the call that made it, and
#' calls again.
#'
#' @param x,formula,object,fit A model from [nn_train()].
#' @param ... Not used; a misspelt argument is an error.
#' @param data A data frame. Without it the data that the fit keeps (`keep = "data"`), else what the call that made it names, if that is found and still
#'   has the same number of rows.
#' @param scale,k Not used.
#' @return
#' * `formula()`: the formula that it was trained by, with `.` replaced by the inputs that it stood for. Its environment is the global one, with the
#'   functions and constants of its own that travel with the fit.
#' * `terms()`: its terms object, whose `predvars` are what the fit evaluates for new rows.
#' * `model.frame()`: a data frame of the outcome and of every variable, evaluated as the fit does for new rows.
#' * `model.matrix()`: the inputs of the network, encoded and not yet scaled: one column per level of a factor, no intercept; rows that cannot be predicted
#'   are `NA`.
#'
#' `stats::step()` asks `extractAIC()`, which is an error that says why: it compares maximum likelihood fits with more and fewer terms, and the training of a
#' network is not that. Compare networks on rows that did not train (`validation`).
#' @section Errors:
#' A model that was not trained by formula has none: an error of class `backprop_error_formula`. Without data an error of class `backprop_error_no_data`.
#' @examples
#' fit <- nn_train(mpg ~ ., data = mtcars, epochs = 10, seed = 1)
#' formula(fit)
#' update(fit, . ~ wt + factor(cyl), epochs = 20)
#' head(model.matrix(fit, mtcars), 3)
#' @name fit-formula
#' @importFrom stats formula
#' @export
formula.nn_fit <- function(x, ...) {
  call <- quote(formula())
  refuse_dots(..., known = "x", call = call)
  formula_call(formula_fit(x, "x", call), globalenv())
}

# The formula, in an environment of what travels with the fit inside another one.
formula_call <- function(x, parent) {
  typed <- x$blueprint$typed
  parts <- lapply(x$blueprint$design$terms, function(term) {
    Reduce(function(a, b) call(":", a, b), unname(typed$variables[term$at]))
  })
  parts <- c(parts, lapply(typed$offsets, function(offset) call("offset", offset)))
  right <- Reduce(function(a, b) call("+", a, b), parts)
  if (isFALSE(typed$intercept)) right <- call("-", right, 1)
  carried <- x$blueprint$carried$values
  env <- if (length(carried) == 0L) parent else list2env(carried, parent = parent)
  stats::as.formula(call("~", typed$outcome, right), env = env)
}

formula_fit <- function(fit, arg, call) {
  fit <- validate_fit(fit, arg, call, ensembles = TRUE)
  if (fit$interface != "formula") {
    stop_backprop("formula", "The model was not trained by formula: it has none.", call = call)
  }
  fit
}

#' @rdname fit-formula
#' @param formula. Changes to the formula, as in [stats::update.formula()].
#' @param evaluate Whether to train, or to give the changed call.
#' @importFrom stats update
#' @export
update.nn_fit <- function(object, formula., ..., evaluate = TRUE) {
  call <- quote(update())
  object <- validate_fit(object, "object", call, ensembles = TRUE)
  check_flag(evaluate, "evaluate", call)
  again <- object$call
  if (is.null(again)) {
    stop_backprop("no_call", "The model has no call to change: it was made by an older version or read by {.fn nn_import}, or its call was taken out.", call = call)
  }
  if (!missing(formula.)) {
    former <- formula_call(formula_fit(object, "object", call), parent.frame())
    worded <- inherits(formula., "formula") || (is.character(formula.) && length(formula.) == 1L)
    changed <- if (worded) tryCatch(stats::update(former, formula.), error = function(cnd) NULL)
    if (is.null(changed)) stop_argument("formula.", "a formula, such as `. ~ . + x`", formula., call = call)
    again$formula <- changed
  }
  typed <- match.call(expand.dots = FALSE)$...
  for (name in names(typed)) again[name] <- list(typed[[name]])
  if (evaluate) eval(again, parent.frame()) else again
}

#' @rdname fit-formula
#' @importFrom stats terms
#' @export
terms.nn_fit <- function(x, ...) {
  x <- formula_fit(x, "x", quote(terms()))
  terms <- stats::terms(formula(x))
  predvars <- as.list(attr(terms, "variables"))[-1L]
  offsets <- utils::head(x$blueprint$offsets, length(x$blueprint$typed$offsets))
  as_offset <- function(expressions) lapply(expressions, function(expression) call("offset", expression))
  frozen <- c(list(x$blueprint$outcome), x$blueprint$variables, as_offset(offsets))
  texts <- c(
    x$blueprint$outcome_name, names(x$blueprint$variables), vapply(as_offset(x$blueprint$typed$offsets), expression_text, "")
  )
  at <- match(vapply(predvars, expression_text, ""), texts)
  predvars[!is.na(at)] <- frozen[at[!is.na(at)]]
  attr(terms, "predvars") <- as.call(c(quote(list), predvars))
  terms
}

#' @rdname fit-formula
#' @importFrom stats model.frame
#' @export
model.frame.nn_fit <- function(formula, data = NULL, ...) {
  call <- quote(model.frame())
  refuse_dots(..., known = c("formula", "data"), call = call)
  fit <- formula_fit(formula, "formula", call)
  data <- data_of_call(fit, data, parent.frame(), call)
  variables <- evaluate_variables(data, fit, "data", call)
  offset <- offset_in_data(data, fit, "data", call)
  columns <- c(list(new_outcome(data, fit, "data", call)), variables, if (!is.null(offset)) list(offset))
  names(columns) <- c(fit$blueprint$outcome_name, names(variables), if (!is.null(offset)) "(offset)")
  frame <- as_plain_table(columns, nrow(data))
  attr(frame, "row.names") <- attr(data, "row.names")
  attr(frame, "terms") <- terms(fit)
  frame
}

#' @rdname fit-formula
#' @importFrom stats model.matrix
#' @export
model.matrix.nn_fit <- function(object, data = NULL, ...) {
  call <- quote(model.matrix())
  refuse_dots(..., known = c("object", "data"), call = call)
  fit <- validate_fit(object, "object", call, ensembles = TRUE)
  X <- if (has_one_table(fit$interface)) data_of_call(fit, data, parent.frame(), call) else inputs_of(fit, data_or_kept(fit, data, call))
  new <- read_new_rows(fit, X, "data", call, with_offset = FALSE)
  x <- dense_inputs(new$x)
  storage.mode(x) <- "double"
  rownames(x) <- if (is.data.frame(X)) row.names(X) else new$rows
  x
}

# Data given, kept, or named by the call that made the fit.
data_of_call <- function(fit, data, env, call) {
  if (is.null(data)) data <- fit$data$data
  if (is.null(data) && is.language(fit$call$data)) {
    found <- tryCatch(eval(fit$call$data, env), error = function(cnd) NULL)
    if (is.data.frame(found) && nrow(found) == fit$rows_given) data <- found
  }
  if (is.null(data)) data_or_kept(fit, NULL, call)
  if (!is.data.frame(data)) {
    stop_argument("data", "a data frame, as in training", data, call = call)
  }
  data
}

#' @rdname fit-formula
#' @importFrom stats extractAIC
#' @export
extractAIC.nn_fit <- function(fit, scale, k = 2, ...) {
  stop_backprop("no_step", c(
    "{.fn step} does not work on networks: it compares maximum likelihood fits with more and fewer terms, and the training of a network is not that.",
    i = "Compare networks on rows that did not train: {.code nn_train(..., validation = 0.2)} and {.field final_validation_loss}.",
    i = "For networks without hidden layers, trained to the minimum, {.fn AIC} with {.arg data} works."
  ), call = quote(step()))
}
