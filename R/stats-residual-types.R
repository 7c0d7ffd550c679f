# Pearson's and deviance residuals, where training maximises a likelihood.

likelihood_residuals <- function(fit, data, type, call, case_weights, offset) {
  family <- require_family(fit, call, instead = "{.code type = \"response\"} needs none.")
  problem <- problem_of(fit, data, call, case_weights, offset, all_rows = TRUE)
  check_likelihood_outcome(problem, family, call)
  p <- problem_outputs(problem, call)
  y <- problem$y
  value <- if (family == "gaussian") {
    (y - p) * rep(setting(fit$outcome$scale, rep(1, ncol(y))), each = nrow(y))
  } else if (type == "pearson") {
    # A prediction that is right to the last bit may have no variance.
    ifelse(y == p, 0, (y - p) / sqrt(if (family == "poisson") p else p * (1 - p)))
  } else {
    sign(y - p) * sqrt(pmax(0, deviance_shares(y, p, family)))
  }
  value <- if (is.null(problem$case_weights)) value else value * sqrt(problem$case_weights)
  if (!is.null(problem$places)) {
    # Rows with gaps have no residual, as with type "response".
    all <- matrix(NA_real_, NROW(inputs_of(fit, data_or_kept(fit, data, call))), ncol(value))
    all[problem$places, ] <- value
    value <- all
    problem$row_names <- NULL
  }
  if (!is.null(problem$row_names) || !is.null(output_names(fit))) {
    dimnames(value) <- list(problem$row_names, output_names(fit))
  }
  value
}

# Each value's share of the deviance.
deviance_shares <- function(y, p, family) {
  of_zero <- function(y, value) ifelse(y == 0, 0, y * value)
  switch(family,
    binomial = -2 * (of_zero(y, log(p)) + of_zero(1 - y, log1p(-p))),
    multinomial = -2 * of_zero(y, log(p)),
    poisson = 2 * (of_zero(y, log(y / p)) - (y - p))
  )
}
