# The derivatives of the training objective at the weights of a fit, and the reading of data that they share
# with everything else that asks the engine about a fit and its training data.

#' Gradient and Hessian of the objective
#'
#' First and second derivatives of what training minimises (the loss, penalty included) by every weight and bias, at the weights
#' of a fit, over all rows given, exact and in double precision. The gradient is by backpropagation, the Hessian by forward
#' differentiation of the backward pass (Pearlmutter 1994), so that it holds for networks of any depth.
#'
#' The parameters are those that the network holds: layer by layer, the weights unit by unit, then the biases. Inputs (and a
#' numeric outcome) that were standardised in training are standardised here, by the same numbers; the loss is a sum under `sse` and a mean
#' otherwise, as [nn_train()] defines it. Where the loss has a kink (relu at 0, an error of 0 under `mae`) one of the slopes of both sides is taken.
#' @param fit A model from [nn_train()].
#' @param X,Y Inputs and outcome in the form that training took; for a model trained by formula the data frame as `X`. Neither for a
#'   model that keeps its data.
#' @param case_weights,offset Weights of rows and offset, as in training, if there were any.
#' @return `nn_gradient()`: a named vector. `nn_hessian()`: a symmetric matrix with the same names for rows and columns. A weight is named
#'   `"layer1:x1->h1"` (from input `x1` to hidden unit `h1`), a bias `"layer1:bias->h1"`.
#' @section Errors:
#' Derivatives that are not finite come with a warning of class `backprop_warning_overflow`. Errors are data that do not fit the model; missing or infinite values; a Hessian that does not fit into memory (class `backprop_error_memory`).
#' @references Pearlmutter, B. A. (1994). Fast exact multiplication by the Hessian. *Neural Computation*, 6(1), 147-160.
#' @seealso [nn_check_gradient()] compares the gradient with differences of the loss; [vcov()][vcov.nn_fit] inverts the Hessian.
#' @examples
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, preset = "textbook",
#'                 hidden = 2, activation = "tanh", epochs = 500,
#'                 seed = 1)
#' nn_gradient(fit, mtcars)
#' H <- nn_hessian(fit, mtcars)
#' eigen(H, only.values = TRUE)$values
#' @export
nn_gradient <- function(fit, X, Y, case_weights = NULL, offset = NULL) {
  call <- quote(nn_gradient())
  problem <- problem_of_call(fit, if (!missing(X)) X, if (!missing(Y)) Y, case_weights, offset, call)
  count <- count_parameters(problem$fit)
  check_room(count * bytes_of_named, paste("The gradient of", count_text(count, "parameter")), "Use fewer `hidden` units.", call)
  answer <- ask_engine(engine_gradient, problem, call)
  warn_derivatives(stats::setNames(as_parameters(answer), parameter_names(problem$fit)))
}

# Returns the derivatives. Where some are not finite that is told, as predictions tell it.
warn_derivatives <- function(value) {
  # Only where the sum is not finite are the numbers looked at.
  bad <- if (is.finite(sum(value))) 0L else sum(!is.finite(value))
  if (bad > 0L) {
    warn_backprop("overflow", c(
      "{bad} of {length(value)} derivative{?s} {cli::qty(bad)}{?is/are} not finite: numbers became larger than 1.8e308.",
      i = "The data, or the weights, are very large."
    ))
  }
  value
}

# `data` in the form that residuals() and its like take, from the arguments of nn_gradient() and nn_hessian().
problem_of_call <- function(fit, X, Y, case_weights, offset, call) {
  check_not_missing(fit, call)
  fit <- validate_fit(fit, "fit", call)
  data <- NULL
  if (!is.null(X)) {
    one_table <- has_one_table(fit$interface)
    data <- if (one_table) list(data = X) else list(X = X, Y = Y)
    if (!one_table && is.null(Y)) {
      stop_backprop("missing_argument", "{.arg Y} is missing: give the outcome.", call = call)
    }
  }
  problem_of(fit, data, call, case_weights, offset)
}

# A fit with data as the engine takes them: its specification, weights and biases, `x` and `y` (scaled where training
# scaled it), weights of rows and offset; besides, the number of rows (weighted) and of outputs.
# Rows of weight 0 are left out, as in training, unless `all_rows`.
problem_of <- function(fit, data, call, case_weights = NULL, offset = NULL, all_rows = FALSE) {
  refuse_calibrated(fit, call)
  known <- data_of(fit, data, call, case_weights, offset)
  x <- known$x
  y <- encode_outcome(known$outcome, fit$settings)
  y <- transform_outcome(y, fit$outcome$transform)
  if (!is.null(fit$outcome$center)) {
    y <- scale_columns(y, fit$outcome$center, fit$outcome$scale)
  }
  check_given_with_data(fit, known, call)
  weights <- weights_of_rows(fit, known, is.null(data), call)
  offset <- read_offset(known$offset, nrow(x), last_size(fit), call = call, objective = fit$settings)
  offset <- scale_offset(offset, fit$outcome$scale, fit$settings)
  places <- known$places
  used <- NULL
  if (any(weights == 0) && !all_rows) {
    used <- which(weights > 0)
    places <- pick_places(places, used)
    x <- x[used, , drop = FALSE]
    y <- y[used, , drop = FALSE]
    weights <- weights[used]
    offset <- offset[used, , drop = FALSE]
  }
  list(
    fit = fit, engine = derivative_specification(fit, call), weights = fit$weights, biases = fit$biases,
    x = x, y = y, case_weights = weights, offset = offset, trials = pick(known$outcome$trials, used),
    rows = if (is.null(weights)) as.double(nrow(x)) else sum(weights), outputs = ncol(y),
    row_names = known$row_names, places = places, call = call
  )
}

# What the fit was trained with and keeps no values of: without it the data are not those of training.
check_given_with_data <- function(fit, known, call) {
  for (arg in c("case_weights", "offset")) {
    if (isTRUE(fit$settings[[arg]]) && is.null(known[[arg]])) {
      stop_backprop("no_data", c(
        "The model was trained with {.arg {arg}}, which it does not keep.",
        i = "Give {.arg {arg}} too: as an argument, or as an element of a list given as {.arg data}."
      ), call = call)
    }
  }
}

# Weights of rows; their trials and those of classes multiply them. What a fit keeps has all already.
weights_of_rows <- function(fit, known, kept, call) {
  outcome <- known$outcome
  weights <- read_case_weights(known$case_weights, outcome$n, call = call)
  class_weights <- fit$settings$class_weights
  if (kept) {
    return(weights)
  }
  weights <- weigh_trials(weights, outcome)
  if (is.null(class_weights)) {
    return(weights)
  }
  codes <- outcome_codes(outcome)
  weigh(weights, class_factors(class_weights, codes, weights, outcome_levels(outcome)), codes)
}

derivative_specification <- function(fit, call) {
  settings <- fit$settings
  c(network_for_engine(fit), list(
    loss = settings$loss, loss_par = settings$loss_par, ancillary = own_parameters(fit),
    penalty = setting(settings$penalty, 0), mixture = setting(settings$mixture, 0),
    precision = "double", threads = resolve_threads(NULL, call), max_bytes = resolve_max_bytes()
  ))
}

# A setting that older fits do not have.
setting <- function(value, absent) if (is.null(value)) absent else value

# One of the engine's functions of (specification, weights, biases, data) on a problem.
ask_engine <- function(ask, problem, call) {
  answer <- ask(
    problem$engine, problem$weights, problem$biases, problem$x, problem$y, problem$case_weights, problem$offset
  )
  answered(answer, colnames(problem$x), call)
}
