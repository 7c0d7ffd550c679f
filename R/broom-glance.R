# glance(), broom's verb for models: a row for the whole fit.

#' A fit in one row
#'
#' `glance()` of the package generics (broom and the tidymodels bring it along) tells of a fit in one row, to compare several.
#'
#' @param x A model from [nn_train()].
#' @param data,case_weights,offset The training data, as [logLik()][logLik.nn_fit] takes them, for what is computed from the likelihood; not needed if the fit keeps them.
#' @param ... Not used; a misspelt argument is an error.
#' @return A tibble of one row, with the same columns for every fit:
#' * `nobs`: the number of rows that trained; `parameters`: how many weights, biases and parameters of a family there are, of all networks;
#' * `networks`: 1, or how many an ensemble has;
#' * `loss`, `validation_loss`: at the weights that the fit has, of an ensemble the mean over its networks by their shares; `NA` where there is none;
#' * `epochs`: how many were trained, of all networks; `status`: how the training ended; `seed`;
#' * `logLik`, `AIC`, `BIC`, `deviance`, `df`, `df.residual`: as the functions of these names give them (`df` is the number of parameters that the data can tell, which AIC
#'   and BIC count). `NA` where training maximised no likelihood, for an ensemble, for a calibrated fit, and without data.
#' @section Errors:
#' Data that are not those of training are refused as by [logLik()][logLik.nn_fit].
#' @examplesIf requireNamespace("generics", quietly = TRUE)
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, preset = "textbook", epochs = 200, seed = 1)
#' generics::glance(fit, data = mtcars)
#' @exportS3Method generics::glance
glance.nn_fit <- function(x, data = NULL, ..., case_weights = NULL, offset = NULL) {
  call <- quote(glance())
  refuse_dots(..., known = c("x", "data", "case_weights", "offset"), call = call)
  x <- validate_fit(x, "x", call, ensembles = TRUE)
  likelihood <- if (is_ensemble(x) || !is.null(x$calibration)) likelihood_unknown else summarise_likelihood(x, data, call, case_weights, offset)
  tibble::new_tibble(c(
    list(
      nobs = x$rows, parameters = count_all_parameters(x), networks = if (is_ensemble(x)) length(x$members) else 1L,
      loss = x$final_loss, validation_loss = as.double(x$final_validation_loss), epochs = as.integer(x$epochs_done), status = x$status, seed = as.integer(x$seed)
    ),
    likelihood
  ), nrow = 1L)
}

likelihood_unknown <- list(
  logLik = NA_real_, AIC = NA_real_, BIC = NA_real_, deviance = NA_real_, df = NA_real_, df.residual = NA_real_
)

# From one look at the data. Where there is no likelihood, or are no data, nothing is known, and that is no fault.
summarise_likelihood <- function(fit, data, call, case_weights, offset) {
  family <- family_of(fit)
  if (is.null(family) || (is.null(data) && is.null(fit$data))) {
    return(likelihood_unknown)
  }
  problem <- problem_of(fit, data, call, case_weights, offset)
  tryCatch(
    {
      identified <- count_identified(problem)
      df <- identified + family$extra_df
      value <- log_likelihood(problem, call)
      list(
        logLik = value, AIC = 2 * df - 2 * value, BIC = log(problem$rows) * df - 2 * value, deviance = family$deviance(problem, call),
        df = df, df.residual = residual_freedom(problem, identified)
      )
    },
    backprop_error_no_likelihood = function(cnd) likelihood_unknown
  )
}
