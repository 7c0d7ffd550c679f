# tidy(), broom's verb for parameters: a row for each weight and bias.

#' Weights and biases, a row each
#'
#' `tidy()` of the package generics (broom and the tidymodels bring it along) gives every parameter of a network a row, whatever kind of layer it is in.
#'
#' @param x A model from [nn_train()].
#' @param conf.int Whether to add standard errors and confidence intervals, from [vcov()][vcov.nn_fit].
#' @param conf.level Their level.
#' @param scale `"scaled"` or `"original"`, as in [coef()][coef.nn_fit].
#' @param data,sandwich,case_weights,offset As in [vcov()][vcov.nn_fit]; for `conf.int = TRUE`.
#' @param ... Not used; a misspelt argument is an error.
#' @return A tibble with a row per parameter:
#' * `member`, of an ensemble: the number of the network, as [nn_member()] counts them;
#' * `term`, the name that [vcov()][vcov.nn_fit] and [confint()][confint.nn_fit] use, such as `"layer1:wt->h1"`;
#' * `layer`, what [coef()][coef.nn_fit] calls the layer: `"hidden1"`, `"output"`, or its kind and number; `NA` for the parameters that a family has of its own;
#' * `from`, `to`: the row and the column of the layer's matrix of weights, such as an input and a unit; `from` is `"bias"` for a bias;
#' * `estimate`.
#'
#' With `conf.int = TRUE` there are `std.error`, `statistic` (`estimate / std.error`), `p.value` (two-sided, by Student's t where a variance is estimated, else by the
#' normal distribution), `conf.low` and `conf.high`. The rows then are those of [vcov()][vcov.nn_fit]: where parameters are redundant by construction, the others as
#' contrasts to what is left out.
#' @section Errors:
#' With `conf.int = TRUE` those of [vcov()][vcov.nn_fit]; an ensemble has no standard errors (class `backprop_error_ensemble`).
#' @examplesIf requireNamespace("generics", quietly = TRUE)
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, preset = "textbook", hidden = c(),
#'                 optimizer = "lbfgs", keep = "data", seed = 1)
#' generics::tidy(fit)
#' generics::tidy(fit, conf.int = TRUE, scale = "original")
#' @exportS3Method generics::tidy
tidy.nn_fit <- function(x, conf.int = FALSE, conf.level = 0.95, ..., scale = "scaled", data = NULL, sandwich = FALSE, case_weights = NULL, offset = NULL) {
  call <- quote(tidy())
  refuse_dots(..., known = setdiff(names(formals(tidy.nn_fit)), "..."), call = call)
  x <- validate_fit(x, "x", call, ensembles = TRUE)
  check_flag(conf.int, "conf.int", call)
  conf.level <- check_level(conf.level, "conf.level", call)
  check_choice(scale, "scale", c("scaled", "original"), call)
  check_flag(sandwich, "sandwich", call)
  if (conf.int) {
    if (is_ensemble(x)) refuse_ensemble(x, "x", call, "Without {.arg conf.int} there is a row for each parameter of each network.")
    return(tidy_estimates(x, estimate_parameters(x, data, scale, sandwich, call, case_weights, offset), conf.level))
  }
  if (!is_ensemble(x)) {
    return(tibble::as_tibble(tidy_parameters(x, scale)))
  }
  parts <- lapply(seq_along(x$members), function(number) cbind(member = number, tidy_parameters(member_of(x, number), scale)))
  tibble::as_tibble(do.call(rbind, parts))
}

tidy_parameters <- function(fit, scale) {
  values <- stats::coef(fit, scale = scale)
  estimate <- as_parameters(list(weights = values$weights, biases = values$biases, ancillary = fit$ancillary))
  data.frame(parameter_table(fit), estimate = estimate)
}

# Of what estimate_parameters() gives.
tidy_estimates <- function(fit, known, level) {
  table <- parameter_table(fit)
  at <- match(names(known$estimates), table$term)
  error <- sqrt(pmax(0, unname(diag(known$covariance))))
  estimate <- unname(known$estimates)
  reach <- stats::qt((1 + level) / 2, known$df) * error
  tibble::new_tibble(c(
    as.list(table[at, , drop = FALSE]),
    list(
      estimate = estimate, std.error = error, statistic = estimate / error, p.value = 2 * stats::pt(-abs(estimate / error), known$df),
      conf.low = estimate - reach, conf.high = estimate + reach
    )
  ), nrow = length(estimate))
}
