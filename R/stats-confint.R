# Wald intervals of weights and biases.

#' @rdname vcov.nn_fit
#' @importFrom stats confint
#' @export
confint.nn_fit <- function(object, parm, level = 0.95, data = NULL, scale = "scaled", sandwich = FALSE, ...,
                           case_weights = NULL, offset = NULL) {
  call <- quote(confint())
  refuse_dots(..., known = c(data_arguments, "parm", "level", "scale", "sandwich"), call = call)
  level <- check_level(level, "level", call)
  known <- estimate_parameters(object, data, scale, sandwich, call, case_weights, offset)
  names <- names(known$estimates)
  if (missing(parm)) {
    parm <- names
  } else if (is.numeric(parm)) {
    if (!all(parm %in% seq_along(names))) {
      stop_argument("parm", paste("names, or numbers from 1 to", length(names)), parm, call = call)
    }
    parm <- names[parm]
  }
  check_choices(parm, "parm", names, call)
  sides <- c((1 - level) / 2, (1 + level) / 2)
  # Rounding may leave less than nothing of a variance of 0.
  error <- sqrt(pmax(0, diag(known$covariance)))
  error <- stats::setNames(error, names)[parm]
  limits <- known$estimates[parm] + outer(error, stats::qt(sides, known$df))
  dimnames(limits) <- list(parm, paste(format(100 * sides, trim = TRUE, digits = 3), "%"))
  limits
}

# A number strictly between 0 and 1.
check_level <- function(x, arg, call) {
  if (!is_bare_number(x) || length(x) != 1L || is.na(x) || x <= 0 || x >= 1) {
    stop_argument(arg, "a number between 0 and 1, such as `0.95`", x, call = call)
  }
  as.double(x)
}
