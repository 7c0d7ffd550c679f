# Covariances of weights and biases, from the exact Hessian.

#' Covariance matrix and confidence intervals of the parameters
#'
#' The covariance of the estimates of weights and biases is the inverse of the Fisher information, computed from the exact Hessian H of the
#' objective (see [nn_hessian()]) at the weights of the fit. The objective is brought to the scale of the log-likelihood: a mean over n rows is multiplied
#' by n (and by the number of outputs where it is a mean over these too), and under a Gaussian likelihood divided by the variance
#' \eqn{\hat\sigma^2 = \sum(y-p)^2/(nk - P)}{s^2 = sum((y-p)^2)/(nk - P)}, with P parameters, as `lm()` has it. For a network without hidden
#' layers, trained to the minimum, these are the standard errors of `lm()`, `glm()` and `nnet::multinom()`.
#'
#' With `sandwich = TRUE` it is \eqn{H^{-1} (\sum g_i g_i^\top) H^{-1}}{solve(H) \%*\% crossprod(g) \%*\% solve(H)}, with the gradient
#' \eqn{g_i} of each row (Huber 1967, White 1980, 1982): valid when the likelihood is not the right one, too, and the only one where there is
#' none (as for 0/1 outcomes under `sse`).
#'
#' Two kinds of parameters are redundant by construction, and left out as `glm()` and `nnet::multinom()` do: the
#' column of a factor's first level, and the weights to the softmax output of the first level. The others are then contrasts to
#' these. With a penalty the inverse of the penalised Hessian is the covariance of a Gaussian approximation to the posterior (MacKay 1992).
#'
#' Hidden units can be exchanged and mirrored without changing the network. Its parameters are therefore never identified
#' globally; these are covariances around the minimum that training found, and rough ones unless there are many more rows than parameters.
#' @param object A model from [nn_train()].
#' @param parm Names or numbers of the parameters to give intervals for; all if missing.
#' @param level Confidence level.
#' @inheritParams logLik.nn_fit
#' @param scale `"scaled"`: of the parameters as the network holds them, for standardised inputs. `"original"`: for inputs (and a
#'   numeric outcome) in their own units, as [coef()][coef.nn_fit] gives them.
#' @param sandwich Whether to give the sandwich estimate, which does not rely on the likelihood.
#' @return `vcov()`: a symmetric matrix with the parameters' names (as in [nn_hessian()]). `confint()`: a matrix with a row per
#'   parameter and the columns of the lower and upper limit, the estimate minus and plus its standard error times a quantile of Student's t
#'   (Gaussian) or of the normal distribution.
#' @section Errors and warnings:
#' Where the Hessian is singular, the data cannot tell all parameters: an error of class `backprop_error_singular`. So it is, too, where classes
#' can be told apart without error: the best weights are infinite then. Where it has negative
#' eigenvalues, the weights are at no minimum (class `backprop_error_no_minimum`). Where the weights are further than a tenth
#' of a standard error from the minimum, a warning of class `backprop_warning_no_minimum` says so: train on, best with
#' `optimizer = "lbfgs"`. A penalty with `mixture` above 0 has no Hessian (class `backprop_error_incompatible`). Networks with so many
#' parameters that the matrices of all their pairs do not fit into memory are refused (class `backprop_error_memory`).
#' @references
#' Huber, P. J. (1967). The behavior of maximum likelihood estimates under nonstandard conditions. *Proceedings of the Fifth Berkeley
#' Symposium on Mathematical Statistics and Probability*, 1, 221-233.
#'
#' MacKay, D. J. C. (1992). A practical Bayesian framework for backpropagation networks. *Neural Computation*, 4(3), 448-472.
#'
#' White, H. (1982). Maximum likelihood estimation of misspecified models. *Econometrica*, 50(1), 1-25.
#' @examples
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, preset = "textbook",
#'                 hidden = c(), epochs = 5000, seed = 1)
#' V <- vcov(fit, data = mtcars, scale = "original")
#' sqrt(diag(V))
#' confint(fit, data = mtcars, scale = "original")
#' confint(lm(mpg ~ wt + hp, data = mtcars))
#' @importFrom stats vcov
#' @export
vcov.nn_fit <- function(object, data = NULL, scale = "scaled", sandwich = FALSE, ..., case_weights = NULL, offset = NULL) {
  call <- quote(vcov())
  refuse_dots(..., known = c(data_arguments, "scale", "sandwich"), call = call)
  estimate_parameters(object, data, scale, sandwich, call, case_weights, offset)$covariance
}

# Estimates (contrasts, where parameters are redundant), their covariance and its degrees of freedom.
estimate_parameters <- function(object, data, scale, sandwich, call, case_weights = NULL, offset = NULL) {
  object <- validate_fit(object, "object", call)
  check_choice(scale, "scale", c("scaled", "original"), call)
  check_flag(sandwich, "sandwich", call)
  problem <- problem_of(object, data, call, case_weights, offset)
  curved <- curvature(problem, sandwich, call)
  estimates <- as_parameters(object)
  contrasts <- curved$identified$contrasts
  all_names <- parameter_names(object)
  names <- all_names[curved$identified$keep]
  if (scale == "original") {
    refuse_encoded(object, "scale = \"original\"", call)
    refuse_not_linear(object, call)
    # Which columns make up which is another question in the data's own units.
    changed <- identify_parameters(problem, problem$x)
    contrasts <- multiply(changed$contrasts, original_scale(object))
    names <- all_names[changed$keep]
    unscaled <- unscale_network(object$weights, object$biases, object)
    estimates <- drop(changed$contrasts %*% as_parameters(c(unscaled, object["ancillary"])))
  } else {
    estimates <- drop(contrasts %*% estimates)
  }
  covariance <- multiply(multiply(contrasts, curved$inverse), t(contrasts))
  covariance <- (covariance + t(covariance)) / 2
  if (!all(is.finite(covariance))) {
    stop_backprop("singular", c(
      "The covariances are numbers beyond those that there are.",
      i = if (scale == "original") "{.code scale = \"scaled\"} gives them for standardised inputs."
    ), call = call)
  }
  dimnames(covariance) <- list(names, names)
  list(estimates = stats::setNames(estimates, names), covariance = covariance, df = curved$df)
}

# The linear part of what coef(scale = "original") does to the parameters.
original_scale <- function(fit) {
  count <- length(as_parameters(fit))
  unscaled <- function(parameters) {
    layers <- as_layers(parameters, fit$weights, fit$biases)
    as_parameters(c(unscale_network(layers$weights, layers$biases, fit), layers["ancillary"]))
  }
  origin <- unscaled(numeric(count))
  vapply(seq_len(count), function(j) unscaled(replace(numeric(count), j, 1)) - origin, numeric(count))
}

# Matrices of all pairs that are there at a time while the information is inverted and brought to contrasts, measured
# with garbage that waits.
covariance_copies <- 12

# The inverse of the information, as a matrix over all parameters: of the redundant ones 0, which changes no contrast.
curvature <- function(problem, sandwich, call) {
  refuse_no_hessian(problem, sandwich, call)
  fit <- problem$fit
  family <- family_of(fit)
  if (sandwich) {
    family <- NULL
  } else {
    require_family(fit, call, instead = "{.code sandwich = TRUE} needs none.")
  }
  scores <- if (sandwich) bytes_of_derivatives(nrow(problem$x), count_parameters(fit)) else 0
  check_room_for_pairs(fit, covariance_copies, "The covariance", call, scores)
  factor <- loss_terms(problem)
  penalised <- problem$engine$penalty > 0
  identified <- identify_parameters(problem)
  count <- count_parameters(fit)
  keep <- if (penalised) setdiff(seq_len(count), c(unpenalised_redundant(problem), frozen_places(fit$settings))) else identified$keep
  df <- Inf
  dispersion <- 1
  variance <- NULL
  if (!is.null(family$dispersion)) {
    df <- residual_freedom(problem, length(identified$keep))
    variance <- estimate_dispersion(problem, family, df, call)
    # Minus the log-likelihood is the loss by the dispersion; of squares it is half their sum, which sse has already.
    dispersion <- if (problem$engine$loss == "mse") 2 * variance else variance
  }
  information <- named_hessian(problem, call)[keep, keep, drop = FALSE] * (factor / dispersion)
  # Evaluated only where there is an error to explain.
  inverse <- invert_information(information, separation_hint(problem, call), call)
  gradient <- ask_engine(engine_gradient, problem, call)
  gradient <- as_parameters(gradient)[keep] * (factor / dispersion)
  warn_no_minimum(gradient, inverse)
  if (sandwich) {
    scores <- row_scores(problem, call)[, keep, drop = FALSE]
    inverse <- multiply(multiply(inverse, multiply(t(scores), scores)), inverse)
  }
  all <- matrix(0, count, count)
  all[keep, keep] <- inverse
  list(inverse = all, identified = identified, df = df, variance = variance)
}

# A penalty makes redundant weights unique, but it leaves out the biases, of which softmax has one too many.
unpenalised_redundant <- function(problem) {
  if (problem$engine$output != "softmax") {
    return(integer())
  }
  output_places(problem$fit$settings)$biases[, 1L]
}

refuse_no_hessian <- function(problem, sandwich, call) {
  engine <- problem$engine
  refuse_custom_hessian(engine, call)
  if (engine$penalty > 0 && engine$mixture > 0) {
    stop_backprop("incompatible", c(
      "Covariances need a smooth objective; a penalty with {.arg mixture} above 0 is none.",
      i = "Use {.code mixture = 0}, or no penalty."
    ), call = call)
  }
  if (sandwich && isTRUE(family_of(problem$fit)$all_rows)) {
    stop_backprop("incompatible", c(
      "{.code sandwich = TRUE} sums over rows by themselves; those of a Cox model depend on each other.",
      i = "Leave {.arg sandwich} out."
    ), call = call)
  }
  if (engine$loss %in% c("mae", "quantile")) {
    loss <- engine$loss
    stop_backprop("incompatible", c(
      "{.code loss = \"{loss}\"} has no second derivatives, from which covariances are computed.",
      i = "{.code loss = \"huber\"} with {.code sandwich = TRUE} has them."
    ), call = call)
  }
}

# Of the errors, on the scale that training saw.
estimate_dispersion <- function(problem, family, df, call) {
  if (df <= 0) {
    values <- problem$rows * problem$outputs
    parameters <- values - df
    stop_backprop("singular", c(
      "There are {parameters} parameters for {values} values of the outcome: nothing is left to estimate their variance from.",
      i = "Use fewer {.arg hidden} units."
    ), call = call)
  }
  family$dispersion(problem, df, call)
}

# Judged with the diagonal scaled to 1, so that units of inputs make no difference: singular is what has an eigenvalue below 1e-10
# times the largest.
invert_information <- function(information, hint, call) {
  n <- nrow(information)
  size <- sqrt(abs(diag(information)))
  size[size == 0] <- 1
  scaled <- information / outer(size, size)
  if (!all(is.finite(scaled))) {
    stop_backprop("singular", c(
      "The Hessian of the objective has numbers that are not finite: there are no covariances.",
      i = "Standardised inputs and outcomes, and more training, make it finite."
    ), call = call)
  }
  largest <- abs(dominant_eigenvector(function(v) scaled %*% v, n)$value)
  if (is.null(cholesky(scaled - diag(1e-10 * largest, n)))) {
    stop_singular(scaled, largest, rownames(information), hint, call)
  }
  inverse <- solve_factored(cholesky(scaled), diag(n))
  inverse <- (inverse + t(inverse)) / 2
  inverse / outer(size, size)
}

# `largest` is the largest eigenvalue in magnitude.
stop_singular <- function(scaled, largest, names, hint, call) {
  n <- nrow(scaled)
  shift <- 1e-8 * largest
  factor <- cholesky(scaled + diag(shift, n))
  if (is.null(factor)) {
    lowest <- format(largest - dominant_eigenvector(function(v) largest * v - scaled %*% v, n)$value, digits = 2)
    highest <- format(dominant_eigenvector(function(v) largest * v + scaled %*% v, n)$value - largest, digits = 2)
    stop_backprop("no_minimum", c(
      "The weights are not at a minimum of the objective, so that its Hessian gives no covariances.",
      x = "Its eigenvalues go from {lowest} to {highest}.",
      i = "Train on with {.code start = fit}, best with {.code optimizer = \"lbfgs\"}."
    ), call = call)
  }
  found <- dominant_eigenvector(function(v) solve_factored(factor, matrix(v)), n)
  lowest <- format(1 / found$value - shift, digits = 2)
  highest <- format(largest, digits = 2)
  involved <- names[utils::head(order(-abs(found$vector)), 3L)]
  stop_backprop("singular", c(
    "The Hessian is singular: the data cannot tell all parameters.",
    x = "Its eigenvalues go from {lowest} to {highest}; most involved in the smallest: {.val {involved}}.",
    i = hint,
    i = "Use fewer {.arg hidden} units or a {.arg penalty}, or leave out inputs that others make up."
  ), call = call)
}

# Classes that the inputs tell apart without error have their best weights at infinity.
separation_hint <- function(problem, call) {
  if (!problem$engine$output %in% c("sigmoid", "softmax")) {
    return(NULL)
  }
  p <- problem_outputs(problem, call)
  sure <- rowSums(pmin(p, 1 - p) < 1e-6) > 0
  if (!any(sure)) {
    return(NULL)
  }
  paste0(
    "For ", percent(mean(sure)), " of the rows a probability is 0 or 1 to six digits: classes that can be told apart perfectly have no ",
    "finite best weights, unless a penalty gives them some."
  )
}

# How far the minimum is, in standard errors, by one step of Newton's method.
warn_no_minimum <- function(gradient, inverse) {
  distance <- sqrt(max(0, sum(gradient * (inverse %*% gradient))))
  if (distance > 0.1) {
    shown <- format(distance, digits = 2)
    warn_backprop("no_minimum", c(
      "The weights are about {shown} standard errors from the minimum of the objective: covariances are rough.",
      i = "Train on with {.code start = fit}, best with {.code optimizer = \"lbfgs\"}."
    ), distance = distance)
  }
}
