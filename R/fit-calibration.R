# The calibration of a fit as a field: what it must be.

# Of a network and of an ensemble.
calibration_field <- nested(fields(
  method = choice_field(calibration_methods),
  rows = whole_field(1),
  parameters = field(
    function(fit) if (identical(fit$calibration$method, "temperature")) "a positive number" else "a list with the numbers of each curve",
    function(x, fit) {
      if (fit$calibration$method == "temperature") {
        return(is_positive(x))
      }
      is_curve <- if (fit$calibration$method == "platt") is_platt else is_isotonic
      is_plain_list(x) && length(x) == count_curves(fit) && all(vapply(x, is_curve, NA))
    }
  )
), optional = TRUE)

is_platt <- function(x) is.double(x) && length(x) == 2L && all(is.finite(x))

is_isotonic <- function(x) {
  is_plain_list(x) && is.double(x[["x"]]) && is.double(x[["y"]]) && length(x$x) == length(x$y) && length(x$x) > 0L &&
    all(is.finite(x$x)) && !is.unsorted(x$x, strictly = TRUE) && all(is.finite(x$y)) && !is.unsorted(x$y) && all(x$y >= 0 & x$y <= 1)
}

# Two classes have one curve.
count_curves <- function(fit) {
  k <- fit$outcome$k
  if (is.numeric(k) && k > 2) k else 1
}
