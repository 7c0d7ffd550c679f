# Outcomes drawn from what a fit predicts.

#' Simulate outcomes
#'
#' Draws outcomes from the distribution that the fit's family predicts for each row: `stats::simulate()` for networks.
#'
#' @param object A fit from [nn_train()] of a family (see [nn_family()]).
#' @param nsim How many times to draw.
#' @param seed A whole number, by which the draws can be had again; `NULL` draws from R's stream as it stands.
#' @param data Rows to draw for, in the form that [fitted()][fitted.nn_fit] takes; not needed if the fit was made with `keep = "data"`. For counts of trials, with
#'   their outcome, which says how many trials a row has.
#' @param ... Not used.
#' @param offset As in [nn_predict()].
#' @return A data frame with a column `sim_1`, `sim_2`, ... for each draw and a row for each row of data: numbers, or a factor with the
#'   outcome's levels. Several outcomes, times (`time` and `status`) and counts of classes are matrices in these columns; of counts of trials it is the share of successes, as `simulate.lm()` has it. Rows with missing
#'   values are `NA`. As with other models, the attribute `seed` is the state of R's generator before.
#' @section Variances:
#' Gaussian and gamma draws have the dispersion of the residuals on `data`, divided by the degrees of freedom that are left (by the rows where none are).
#' Times of `"cox"` are drawn from Breslow's estimate of the hazard: who outlives its last event is censored there.
#' @section Errors:
#' A loss without likelihood has nothing to draw from: an error of class `backprop_error_no_likelihood`. Three classes or more under a sigmoid output, which gives
#' each a probability of its own, are an error of class `backprop_error_incompatible`. A variance that is no finite number is one of class
#' `backprop_error_overflow`. Rows whose predictions are too large for a number are `NA`, with the warning of [nn_predict()].
#' @examples
#' fit <- nn_train(carb ~ wt + hp, data = mtcars, family = "poisson", preset = "textbook",
#'                 hidden = c(), optimizer = "lbfgs", epochs = 100, keep = "data")
#' simulate(fit, nsim = 2, seed = 1)[1:3, ]
#' @importFrom stats simulate
#' @export
simulate.nn_fit <- function(object, nsim = 1, seed = NULL, data = NULL, ..., offset = NULL) {
  call <- quote(simulate())
  refuse_dots(..., known = c("object", "nsim", "seed", "data", "offset"), call = call)
  object <- validate_fit(object, "object", call)
  family <- require_family(object, call)
  refuse_separate_classes(object, family, call)
  nsim <- check_count(nsim, "nsim", call = call)
  data <- data_or_kept(object, data, call)
  predicted <- predict_outputs(object, inputs_of(object, data), "data", NULL, call, setting(offset, extra_of(data, "offset")))
  # Of each draw its values, and what a column of a data frame takes besides.
  check_room((8 * length(predicted) + 200) * nsim, paste(count_text(nsim, "draw"), "of", count_text(nrow(predicted), "row")), "Use a smaller `nsim`.", call)
  # What is too large for a number has been told.
  known <- rowSums(!is.finite(predicted)) == 0
  if (object$outcome$kind == "counts") {
    trials <- trials_of(object, data, call)
    known <- known & !is.na(trials)
    object$trials <- trials[known]
  }
  if (!is.null(family$dispersion)) object$dispersion <- dispersion_on(object, family, data, call, offset)
  with_seed(seed, function() {
    draws <- lapply(seq_len(nsim), function(i) place_draw(family$draw(predicted[known, , drop = FALSE], object), known, object))
    names(draws) <- paste0("sim_", seq_len(nsim))
    structure(draws, row.names = setting(rownames(predicted), .set_row_names(length(known))), class = "data.frame")
  })
}

# One output for each of several classes: nothing says that just one of them comes true.
refuse_separate_classes <- function(fit, family, call) {
  k <- fit$outcome$k
  if (fit$outcome$kind == "factor" && k > 2L && family$family == "binomial") {
    stop_backprop("incompatible", c(
      "Under a sigmoid output each of the {k} classes has a probability of its own: no single class can be drawn by them.",
      i = "Train with {.code output = \"softmax\"}."
    ), call = call)
  }
}

# R's stream goes on where it stood; a seed that is given leaves it as it was.
with_seed <- function(seed, draw) {
  if (!exists(".Random.seed", envir = globalenv(), inherits = FALSE)) stats::runif(1L)
  before <- get(".Random.seed", envir = globalenv(), inherits = FALSE)
  if (!is.null(seed)) {
    check_seed(seed)
    set.seed(seed)
    on.exit(assign(".Random.seed", before, envir = globalenv()))
  }
  drawn <- draw()
  attr(drawn, "seed") <- if (is.null(seed)) before else structure(seed, kind = as.list(RNGkind()))
  drawn
}

# A draw of the rows that have predictions, in the form of the outcome.
place_draw <- function(drawn, known, fit) {
  outcome <- fit$outcome
  n <- length(known)
  if (outcome$kind == "factor") {
    codes <- rep(NA_integer_, n)
    codes[known] <- if (is_single_class(outcome, fit$settings$output)) as.integer(drawn) + 1L else as.integer(drawn)
    return(factor(outcome$levels[codes], levels = outcome$levels))
  }
  if (outcome$kind == "counts" && outcome$k == 1L) drawn <- drawn / fit$trials
  columns <- outcome$k
  values <- matrix(NA_real_, n, columns)
  values[known, ] <- drawn
  if (columns == 1L) {
    return(if (outcome$kind == "logical") values[, 1L] == 1 else values[, 1L])
  }
  colnames(values) <- if (outcome$kind == "survival") c("time", "status") else outcome$names
  values
}

trials_of <- function(fit, data, call) {
  Y <- data_of(fit, data, call, gaps = TRUE)$Y
  there <- is_known_outcome(Y)
  trials <- rep(NA_real_, length(there))
  trials[there] <- read_outcome(pick_rows_of(Y, which(there)), like = fit$outcome, arg = "data", call = call)$trials
  trials
}

# What the variance is multiplied by, on the scale of training.
dispersion_on <- function(fit, family, data, call, offset) {
  # Rows that are drawn as missing are no residuals.
  fit$settings$na_action <- "omit"
  problem <- problem_of(fit, data, call, offset = offset)
  left <- residual_freedom(problem)
  dispersion <- family$dispersion(problem, if (left > 0) left else problem$rows * problem$outputs, call)
  if (!all(is.finite(dispersion))) {
    stop_backprop("overflow", c(
      "The variance of the residuals on {.arg data} is too large for a number: nothing can be drawn by it.",
      i = "Leave out rows that are far from those of training."
    ), call = call)
  }
  dispersion
}

residual_sd <- function(fit) sqrt(fit$dispersion) * setting(fit$outcome$scale, 1)
