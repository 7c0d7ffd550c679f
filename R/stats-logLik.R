# The likelihood of a fit and what is computed from it: AIC, BIC, deviance, degrees of freedom.

#' Likelihood, information criteria and deviance
#'
#' Where the loss of training is a likelihood, up to constants, these are the usual measures of it.
#'
#' | loss | output | likelihood, with n rows, k outputs, outcomes y and predictions p | deviance |
#' |---|---|---|---|
#' | `sse`, `mse` | `linear` | Gaussian, at \eqn{\hat\sigma^2 = \sum(y-p)^2/(nk)}{s^2 = sum((y-p)^2)/(nk)}: \eqn{-\frac{nk}{2}(\log 2\pi\hat\sigma^2 + 1)}{-nk/2 (log(2 pi s^2) + 1)} | \eqn{\sum(y-p)^2}{sum((y-p)^2)} |
#' | `binary_cross_entropy` | `sigmoid` | binomial: \eqn{\sum y\log p+(1-y)\log(1-p)}{sum(y log(p) + (1-y) log(1-p))} | -2 times it |
#' | `cross_entropy` | `softmax` | multinomial: \eqn{\sum y\log p}{sum(y log(p))} | -2 times it |
#' | `poisson` | `exp` | Poisson: \eqn{\sum y\log p-p-\log y!}{sum(y log(p) - p - log(y!))} | \eqn{2\sum y\log(y/p)-(y-p)}{2 sum(y log(y/p) - (y-p))} |
#'
#' Several numeric outcomes have one variance, on the scale that training saw (standardised, if it was), since that is what the loss assumes; the
#' likelihood is given on the outcomes' own scale. A row with case weight w counts as w rows. The penalty is no part of the likelihood.
#'
#' The degrees of freedom of the likelihood are the parameters that the data can tell: all weights and biases, less one for each
#' input that others make up (of a factor's columns one) and hidden unit, less those of one softmax unit; plus one for the Gaussian variance. With a
#' penalty, or when training was stopped early, the network is less free than that, and AIC and BIC are pessimistic. A network with
#' hidden units is a singular model, for which AIC and BIC are rough guides.
#' @param object A model from [nn_train()].
#' @param data The training data in the form that training took (see [fitted.nn_fit()]); not needed if the fit was made with
#'   `keep = "data"`.
#' @param case_weights,offset Weights of rows and offset, if training had any; those that a formula's fit found in columns of its data are
#'   found in `data` too. Elements of the same names in a list given as `data` (`list(X =, Y =, case_weights =)`, or `list(data =, offset =)` for a
#'   formula) are understood as well.
#' @param k Penalty per degree of freedom.
#' @param ... For `AIC()` and `BIC()` further models, compared on the same `data`; otherwise not used.
#' @return `logLik()`: an object of class `logLik`. `AIC()`, `BIC()`: a number, or for several models a data frame. `deviance()`: a
#'   number. `df.residual()`: observations (rows times outputs, of softmax outputs one less) minus parameters. `nobs()`: the number of rows trained on. `weights()`: the case weights of the
#'   rows kept, 0 for those that did not train, or `NULL`; the weights of the network are in [coef()][coef.nn_fit].
#' @section Errors:
#' Other losses are no likelihoods, and neither are cross-entropies of outcomes that are no classes: an error of class
#' `backprop_error_no_likelihood`. Without data an error of class `backprop_error_no_data`.
#' @examples
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, preset = "textbook",
#'                 hidden = c(), epochs = 2000, keep = "data", seed = 1)
#' logLik(fit)
#' logLik(lm(mpg ~ wt + hp, data = mtcars))
#' BIC(fit)
#' @importFrom stats logLik
#' @export
logLik.nn_fit <- function(object, data = NULL, ..., case_weights = NULL, offset = NULL) {
  call <- quote(logLik())
  refuse_dots(..., known = data_arguments, call = call)
  problem <- problem_of_object(object, data, call, case_weights, offset)
  structure(
    log_likelihood(problem, call),
    df = count_identified(problem) + family_of(object)$extra_df,
    nobs = problem$rows,
    class = "logLik"
  )
}

data_arguments <- c("object", "data", "case_weights", "offset")

problem_of_object <- function(object, data, call, case_weights, offset) {
  object <- validate_fit(object, "object", call)
  problem_of(object, data, call, case_weights, offset)
}

#' @rdname logLik.nn_fit
#' @importFrom stats AIC
#' @export
AIC.nn_fit <- function(object, ..., k = 2, data = NULL, case_weights = NULL, offset = NULL) {
  refuse_named_models(..., known = c(data_arguments, "k"), call = quote(AIC()))
  k <- check_number(k, "k", quote(AIC()))
  criterion <- function(value) k * attr(value, "df") - 2 * as.vector(value)
  compare_models(list(object, ...), list(data = data, case_weights = case_weights, offset = offset), "AIC", criterion, match.call())
}

# Dots hold further models, whatever they are called; what is none is a misspelt argument.
refuse_named_models <- function(..., known, call) {
  models <- vapply(list(...), function(model) is.list(model) && is.object(model), NA)
  if (!all(models)) {
    do.call(refuse_dots, c(list(...)[!models], list(known = known, call = call)), quote = TRUE)
  }
}

#' @rdname logLik.nn_fit
#' @importFrom stats BIC
#' @export
BIC.nn_fit <- function(object, ..., data = NULL, case_weights = NULL, offset = NULL) {
  refuse_named_models(..., known = data_arguments, call = quote(BIC()))
  criterion <- function(value) log(attr(value, "nobs")) * attr(value, "df") - 2 * as.vector(value)
  compare_models(list(object, ...), list(data = data, case_weights = case_weights, offset = offset), "BIC", criterion, match.call())
}

# One number, or like AIC.default() a row for each model, named as it was typed.
compare_models <- function(models, data, name, criterion, matched) {
  values <- lapply(models, function(model) {
    if (inherits(model, "nn_fit")) do.call(stats::logLik, c(list(model), data), quote = TRUE) else stats::logLik(model)
  })
  numbers <- vapply(values, criterion, 0)
  if (length(models) == 1L) {
    return(numbers)
  }
  matched[c("k", data_arguments[-1L])] <- NULL
  table <- data.frame(df = vapply(values, attr, 0, "df"), numbers)
  names(table)[2L] <- name
  row.names(table) <- make.unique(vapply(as.list(matched)[-1L], deparse1, ""))
  table
}

#' @rdname logLik.nn_fit
#' @importFrom stats nobs
#' @export
nobs.nn_fit <- function(object, ...) {
  # stats::BIC() and others pass arguments of their own.
  object <- validate_fit(object, "object", quote(nobs()))
  object$rows
}

#' @rdname logLik.nn_fit
#' @importFrom stats deviance
#' @export
deviance.nn_fit <- function(object, data = NULL, ..., case_weights = NULL, offset = NULL) {
  call <- quote(deviance())
  refuse_dots(..., known = data_arguments, call = call)
  problem <- problem_of_object(object, data, call, case_weights, offset)
  family <- require_family(object, call)
  check_likelihood_outcome(problem, family, call)
  family$deviance(problem, call)
}

weigh_rows <- function(values, problem) {
  if (is.null(problem$case_weights)) values else values * problem$case_weights
}

# The outputs on the scale that training saw.
problem_outputs <- function(problem, call, output = problem$engine$output) {
  engine <- problem$engine
  engine$output <- output
  answer <- engine_predict(engine, problem$weights, problem$biases, problem$x, problem$offset)
  answered(answer, colnames(problem$x), call)$value
}

#' @rdname logLik.nn_fit
#' @importFrom stats df.residual
#' @export
df.residual.nn_fit <- function(object, data = NULL, ..., case_weights = NULL, offset = NULL) {
  call <- quote(df.residual())
  refuse_dots(..., known = data_arguments, call = call)
  residual_freedom(problem_of_object(object, data, call, case_weights, offset))
}

residual_freedom <- function(problem, identified = count_identified(problem)) {
  count_values(problem) - identified
}

# Values of the outcome that may differ from their predictions.
count_values <- function(problem) {
  family <- family_of(problem$fit)
  if (is.null(family)) count_free_values(problem) else family$values(problem)
}

# Of shares the last one follows from the others.
count_free_values <- function(problem) problem$rows * (problem$outputs - (problem$engine$output == "softmax"))

#' @rdname logLik.nn_fit
#' @importFrom stats weights
#' @export
weights.nn_fit <- function(object, ...) {
  call <- quote(weights())
  refuse_dots(..., known = "object", call = call)
  object <- validate_fit(object, "object", call, ensembles = TRUE)
  kept <- object$data$case_weights
  if (is.null(kept) && isTRUE(object$settings$case_weights)) {
    stop_backprop("no_data", c(
      "The model was trained with {.arg case_weights}, which it does not keep.",
      i = "Train with {.code keep = \"data\"}. The weights of the network are in {.fn coef}."
    ), call = call)
  }
  kept
}
