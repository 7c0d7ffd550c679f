# Calibration: predicted probabilities made to mean what they say, by rows that training has not seen. The methods are in calibrate-methods.R.

#' Calibrate predicted probabilities
#'
#' Networks are often surer than they are right. `nn_calibrate()` learns from rows that training has not seen how to mend that, and gives a fit whose
#' predictions are mended: everything that predicts (`predict()`, [nn_predict()], [fitted()][fitted.nn_fit], [simulate()][simulate.nn_fit], [nn_metrics()], pictures of
#' borders) has the calibrated probabilities.
#'
#' | `method` | probabilities p become | learns | order of rows |
#' |---|---|---|---|
#' | `"temperature"` | in proportion to \eqn{p^{1/T}}{p^(1/T)} (Guo et al. 2017) | one number T above 0: above 1 it makes them less sure, below 1 surer | kept, and so are predicted classes |
#' | `"platt"` | \eqn{1/(1+e^{-(a f + b)})}{1 / (1 + exp(-(a f + b)))} with the log-odds f of p (Platt 1999) | two numbers, with his smoothed targets | kept where a is above 0 |
#' | `"isotonic"` | a curve that does not fall, piecewise linear through the steps of isotonic regression (Zadrozny and Elkan 2002) | as many numbers as there are steps: give it 1000 rows or more | kept, with ties; may give 0 and 1 |
#' | `"none"` | what the network gives | nothing: it takes a calibration off | |
#'
#' T is where the log loss on `data` is smallest, which is one place, since the loss is convex in 1/T; it is sought between 0.01 and 100. So a temperature never makes the log
#' loss on `data` larger. Of an ensemble, the mean of its networks is calibrated. `"platt"` and `"isotonic"` treat more than two classes one against the
#' rest, and divide by the sum; a row of which nothing is left stays as it was. Probabilities below 1e-15 count as 1e-15.
#'
#' @param fit A model from [nn_train()] of classes: a factor, a logical or numbers 0 and 1 under a sigmoid output, or counts of trials; one network or an ensemble. One
#'   that is calibrated already is calibrated anew.
#' @param data Rows that training has not seen, with their outcome, in the form that training took: a data frame for a formula, `list(X =, Y =)` otherwise. Rows
#'   with missing values are left out.
#' @param method One of the table.
#' @param ... Not used; a misspelt argument is an error.
#' @param case_weights,offset Weights of rows and offset, as in [nn_metrics()].
#' @return The fit, with the element `calibration`: a list of `method`, `rows` and `parameters`. What is about the weights of the network, and not about its predictions
#'   (likelihoods, covariances, confidence intervals, gradients), is an error on a calibrated fit, and is there for `nn_calibrate(fit, method = "none")`. Training that goes on
#'   (`start = fit`, [nn_trace()]), [nn_diagnose()] and [nn_member()] are about networks that are not calibrated.
#' @section Errors and warnings:
#' An outcome that is no class is an error of class `backprop_error_incompatible`. A class that no row of `data` has is one of class
#' `backprop_error_calibration`, under `"platt"` and `"isotonic"`. A temperature at an end of its range, or a slope a of 0 or less, is reported with a warning of
#' class `backprop_warning_calibration`: such rows are few, or say the opposite of what is predicted.
#' @references
#' Guo, C., Pleiss, G., Sun, Y., & Weinberger, K. Q. (2017). On calibration of modern neural networks. *ICML 2017*, 1321-1330.
#'
#' Platt, J. (1999). Probabilistic outputs for support vector machines and comparisons to regularized likelihood methods. *Advances in Large Margin Classifiers*,
#' 61-74.
#'
#' Zadrozny, B., & Elkan, C. (2002). Transforming classifier scores into accurate multiclass probability estimates. *KDD 2002*, 694-699.
#' @examples
#' set.seed(1)
#' data <- data.frame(x = rnorm(300))
#' data$y <- factor(ifelse(runif(300) < plogis(data$x), "yes", "no"))
#' fit <- nn_train(y ~ x, data = data[1:40, ], preset = "textbook", hidden = 10,
#'                 activation = "tanh", optimizer = "adam", epochs = 500, seed = 1)
#' better <- nn_calibrate(fit, data[41:170, ])
#' better
#' nn_metrics(fit, data[171:300, ])
#' nn_metrics(better, data[171:300, ])
#' @seealso [nn_reliability()], [nn_threshold()]
#' @export
nn_calibrate <- function(fit, data, method = "temperature", ..., case_weights = NULL, offset = NULL) {
  call <- quote(nn_calibrate())
  fit <- check_fit_given(fit, call)
  refuse_dots(..., known = c("fit", "data", "method", "case_weights", "offset"), call = call)
  check_choice(method, "method", c(calibration_methods, "none"), call)
  fit <- without_calibration(fit)
  if (method == "none") {
    return(fit)
  }
  check_data_given(if (missing(data)) NULL else data, call)
  judged <- judge(fit, data, call, case_weights, offset)
  classes <- require_classes(fit, judged, call)
  parameters <- switch(method,
    temperature = fit_temperature(classes),
    platt = fit_against_rest(classes, fit_platt, call),
    isotonic = fit_against_rest(classes, fit_isotonic, call)
  )
  fit$calibration <- list(method = method, rows = length(judged$weights), parameters = parameters)
  fit
}

calibration_methods <- c("temperature", "platt", "isotonic")

without_calibration <- function(fit) {
  fit["calibration"] <- NULL
  fit
}

# Rows that training has not seen: those that a fit keeps are none.
check_data_given <- function(data, call) {
  if (is.null(data)) {
    stop_backprop("missing_argument", c(
      "{.arg data} is missing: give rows that training has not seen, with their outcome.",
      i = "They take the form of training's data, a data frame for a formula, {.code list(X =, Y =)} otherwise."
    ), call = call)
  }
}

require_classes <- function(fit, judged, call) {
  classes <- judged_classes(fit, judged)
  if (is.null(classes)) {
    kind <- describe_outcome(fit$outcome)
    stop_backprop("incompatible", c(
      "This needs probabilities of classes; the outcome of the model is {kind}.",
      i = "Classes are a factor, or a logical or numbers 0 and 1 under {.code family = \"binomial\"}."
    ), call = call)
  }
  classes
}

# For what is about the network's weights, and not about its predictions.
refuse_calibrated <- function(fit, call) {
  if (is.null(fit$calibration)) {
    return(invisible())
  }
  stop_backprop("calibrated", c(
    "The model is calibrated, and this is about the weights of its network.",
    i = "{.code nn_calibrate(fit, method = \"none\")} is the model without its calibration."
  ), call = call)
}

# Predictions, NA where they are, as the calibration of the fit has them.
calibrate_predictions <- function(value, fit) {
  calibration <- fit$calibration
  known <- which(rowSums(is.na(value)) == 0)
  if (is.null(calibration) || length(known) == 0L) {
    return(value)
  }
  p <- as_shares(unname(value[known, , drop = FALSE]))
  p <- switch(calibration$method,
    temperature = temper(p, calibration$parameters),
    platt = use_against_rest(p, calibration$parameters, use_platt),
    isotonic = use_against_rest(p, calibration$parameters, use_isotonic)
  )
  value[known, ] <- if (ncol(value) == 1L) p[, 2L] else p
  value
}

# "temperature 1.83, on 50 rows".
describe_calibration <- function(fit) {
  calibration <- fit$calibration
  if (is.null(calibration)) {
    return(NULL)
  }
  parameters <- calibration$parameters
  curves <- if (is.list(parameters)) length(parameters)
  what <- switch(calibration$method,
    temperature = paste("temperature", format(parameters, digits = 4)),
    platt = if (curves == 1L) paste0("Platt's, slope ", format(parameters[[1L]][1L], digits = 4), ", intercept ", format(parameters[[1L]][2L], digits = 4)) else "Platt's",
    isotonic = "isotonic"
  )
  paste0(what, if (isTRUE(curves > 1L)) paste0(", ", curves, " curves"), ", on ", count_text(calibration$rows, "row"))
}
