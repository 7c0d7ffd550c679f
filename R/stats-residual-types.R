# Pearson's and deviance residuals, where training maximises a likelihood.

likelihood_residuals <- function(fit, data, type, call, case_weights, offset) {
  family <- require_family(fit, call, instead = "{.code type = \"response\"} needs none.")
  if (is.null(if (type == "pearson") family$spread else family$shares)) {
    stop_incompatible(
      "There are no residuals of {.code type = \"{type}\"} for the family {.val {name}}.", "{.code type = \"response\"} is there for every family.",
      type = type, name = family$family
    )
  }
  problem <- problem_of(fit, data, call, case_weights, offset, all_rows = TRUE)
  check_likelihood_outcome(problem, family, call)
  p <- problem_outputs(problem, call)
  y <- problem$y
  variance <- if (type == "pearson") family$spread(p, problem)
  # The means, where spreads are predicted too.
  p <- p[, seq_len(ncol(y)), drop = FALSE]
  value <- if (type == "pearson") {
    # A prediction that is right to the last bit may have no variance.
    ifelse(y == p, 0, (y - p) / sqrt(variance))
  } else {
    sign(y - p) * sqrt(pmax(0, family$shares(y, p, problem)))
  }
  value <- if (is.null(problem$case_weights)) value else value * sqrt(problem$case_weights)
  place_residuals(value, problem, fit, data, call)
}

# Of the rows that were given: those with gaps have no residual, as with type "response".
place_residuals <- function(value, problem, fit, data, call) {
  if (!is.null(problem$places)) {
    all <- matrix(NA_real_, NROW(inputs_of(fit, data_or_kept(fit, data, call))), ncol(value))
    all[problem$places, ] <- value
    value <- all
    problem$row_names <- NULL
  }
  names <- if (fit$outcome$kind != "survival") utils::head(output_names(fit), ncol(value))
  if (!is.null(problem$row_names) || !is.null(names)) {
    dimnames(value) <- list(problem$row_names, names)
  }
  value
}

# What a row has had of events less than what was to be expected by its time: of Cox's model, martingale residuals.
martingale_residuals <- function(fit, data, call, case_weights, offset) {
  problem <- problem_of(fit, data, call, case_weights, offset, all_rows = TRUE)
  value <- matrix(family_of(fit)$martingale(problem, problem_outputs(problem, call)))
  place_residuals(value, problem, fit, data, call)
}
