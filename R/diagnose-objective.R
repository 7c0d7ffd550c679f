# What the objective of a training tells on its data: whether the network predicts better than a constant, and whether more iterations, or
# another start, would lower it.

# Of what a perfect prediction would save, the share below which a network has learned nothing, and the fall of the objective that
# is worth telling; of the way down to a lower point, the shares still to go that are found from the fit's weights and from other starts.
least_gain <- 0.01
least_fall <- 0.02
least_way <- c(here = 0.1, elsewhere = 0.25)

probe_iterations <- c(here = 20L, elsewhere = 50L)
other_starts <- 5L
# Parameters times rows up to which other starts take no more than a second or so.
most_for_starts <- 2e6
# A decay of weights apart from the gradient moves the point where training comes to rest; at adamw's default by very little.
most_decay <- 0.01

diagnose_objective <- function(problem, is_constant, call) {
  fit <- problem$fit
  trained <- training_rows(problem)
  known <- if (is.null(trained)) problem else trained
  constant <- constant_problem(known, call)
  if (is.null(constant)) {
    return(lapply(c("baseline", "far_from_minimum", "poor_minimum"), not_made, why = "memory"))
  }
  losses <- list(fit = loss_of(known, call), constant = loss_of(constant, call))
  losses$perfect <- perfect_loss(known, losses$constant)
  why <- c(
    if (identical(fit$status, "diverged")) "diverged",
    if (!varies(known$y)) "outcome",
    if (!all(is.finite(unlist(losses)))) "infinite"
  )[1L]
  if (!is.null(why)) {
    return(lapply(c("baseline", "far_from_minimum", "poor_minimum"), not_made, why = why))
  }
  baseline <- check_baseline(losses, fit)
  if (!is.null(baseline) && is_constant) {
    baseline <- not_made("baseline", "constant")
  }
  c(list(baseline), diagnose_minimum(trained, losses, fit, call))
}

check_baseline <- function(losses, fit) {
  gain <- (losses$constant - losses$fit) / (losses$constant - losses$perfect)
  if (gain >= least_gain) {
    return(NULL)
  }
  baseline_finding(
    paste0(
      "Their loss is ", short(losses$fit), "; that of the best constant prediction (", name_constant(fit$settings), ") is ",
      short(losses$constant), "."
    ), fit
  )
}

baseline_finding <- function(evidence, fit) {
  finding(
    "baseline", "The predictions are no better than a constant: the network has learned nothing from the inputs.", evidence,
    one_of(
      "another start (`seed`, or the best of several `restarts`)", "more `hidden` units or `epochs`", "a larger `lr`",
      if (setting(fit$settings$penalty, 0) > 0) "a smaller `penalty`",
      if (!isTRUE(fit$settings$standardize)) "`standardize = TRUE`"
    )
  )
}

one_of <- function(...) {
  texts <- c(...)
  n <- length(texts)
  if (n == 1L) texts else paste0(paste(texts[-n], collapse = ", "), ", or ", texts[n])
}

name_constant <- function(settings) {
  family <- family_of_settings(settings)
  if (!is.null(family)) {
    return(family$constant)
  }
  switch(settings$loss,
    mae = "the median",
    quantile = if (length(settings$loss_par) == 1L) "the quantile" else "the quantiles",
    huber = "a robust mean",
    if (trains_constant(settings)) "one value" else "the mean"
  )
}

# What trained: all rows given, or those that `validation` left of them. NULL where the data are others than those of training.
training_rows <- function(problem) {
  fit <- problem$fit
  n <- nrow(problem$x)
  if (isTRUE(n == fit$rows)) {
    return(problem)
  }
  places <- if (is.null(problem$places)) seq_len(n) else problem$places
  trained <- which(!places %in% fit$validation_rows)
  if (isTRUE(length(trained) == fit$rows) && n == fit$rows + length(fit$validation_rows)) pick_from_problem(problem, trained)
}

varies <- function(y) any(apply(y, 2L, function(column) min(column) < max(column)))

loss_of <- function(problem, call) ask_engine(engine_evaluate, problem, call)$loss

# Steps in which the engine finds the best constant where it has no formula, by training biases, and what the family has of its own.
constant_iterations <- 200L

# The network of no weights whose biases predict the best constant, for the engine to judge.
constant_problem <- function(problem, call) {
  sizes <- problem$engine$sizes
  ends <- sizes[c(1L, length(sizes))]
  problem$engine["layers"] <- list(NULL)
  if (trains_constant(problem$engine)) {
    problem$x <- matrix(0, nrow(problem$x), 1L)
    problem$engine[c("center", "scale", "encoding")] <- list(NULL)
    problem$engine$sizes <- c(1L, ends[2L])
    problem$engine$activation <- character()
    problem$engine$penalty <- problem$engine$mixture <- 0
    problem$weights <- list(matrix(0, 1L, ends[2L]))
    problem$biases <- list(numeric(ends[2L]))
    return(probe(problem, constant_iterations, call))
  }
  problem$engine$sizes <- ends
  problem$engine$activation <- character()
  problem$weights <- list(matrix(0, ends[1L], ends[2L]))
  problem$biases <- list(as_weighted_input(best_constant(problem), problem$engine$output))
  problem
}

# Whether the best constant has no formula here.
trains_constant <- function(engine) {
  family <- family_of_settings(engine)
  if (is.null(family)) !engine$loss %in% c("sse", "mse", "mae", "huber", "quantile") else !family$classical
}

# One value per output.
best_constant <- function(problem) {
  y <- problem$y
  par <- problem$engine$loss_par
  # Several quantiles are outputs for one outcome, each with an offset of its own.
  if (problem$engine$loss == "quantile") y <- y[, rep(1L, length(par)), drop = FALSE]
  # What an offset gives already is not for the constant to give.
  if (problem$engine$output == "linear" && !is.null(problem$offset)) y <- y - problem$offset
  w <- row_weights(problem)
  by_column <- function(f) apply(y, 2L, f)
  switch(problem$engine$loss,
    mae = by_column(function(column) weighted_quantiles(column, w, 0.5)),
    quantile = vapply(seq_along(par), function(k) weighted_quantiles(y[, k], w, par[k]), 0),
    huber = by_column(function(column) huber_location(column, w, par)),
    poisson = {
      exposure <- if (is.null(problem$offset)) matrix(1, nrow(y), ncol(y)) else exp(problem$offset)
      colSums(w * y) / colSums(w * exposure)
    },
    colSums(w * y) / sum(w)
  )
}

row_weights <- function(problem) if (is.null(problem$case_weights)) rep(1, nrow(problem$y)) else problem$case_weights

weighted_quantiles <- function(y, w, tau) {
  sorted <- order(y)
  below <- cumsum(w[sorted]) / sum(w)
  y[sorted][vapply(tau, function(t) which(below >= t * (1 - 1e-12))[1L], 0L)]
}

# Where errors cut off at delta balance.
huber_location <- function(y, w, delta) {
  pull <- function(center) sum(w * pmax(-delta, pmin(delta, y - center)))
  if (min(y) == max(y)) y[1L] else stats::uniroot(pull, range(y), tol = 1e-10 * (max(y) - min(y)))$root
}

# No output reaches its limits, but this is as near as the loss can tell.
as_weighted_input <- function(value, output, least = 1e-12) {
  switch(output,
    sigmoid = stats::qlogis(pmin(pmax(value, least), 1 - least)),
    softmax = ,
    exp = log(pmax(value, least)),
    linear = value
  )
}

# The loss if every prediction were the outcome itself: not 0 for shares and counts. A density has no least loss where its spread is predicted
# too; there it is set so that the shares of what is to be gained are about those of a variance.
perfect_loss <- function(problem, constant) {
  y <- problem$y
  w <- row_weights(problem)
  own <- by_column(exp(own_parameters(problem$fit)), y)
  family <- family_of_settings(problem$engine)
  if (problem$engine$loss == "custom") {
    # It may have no value there; what others have then is as good.
    return(tryCatch(mean_loss("custom", NULL, problem$engine$output, y, y, w, problem$engine$custom), backprop_error_custom = function(cnd) 0))
  }
  values <- switch(problem$engine$loss,
    negative_binomial = (y + own) * log1p(y / own) - ifelse(y > 0, y * log(y / own), 0) - lgamma(y + own) + lgamma(own),
    beta = -stats::dbeta(y, y * own, (1 - y) * own, log = TRUE),
    location_scale = return(constant - 0.5),
    cox = return(perfect_order(y, w)),
    return(if (is.null(family) || !is.null(family$units)) 0 else mean_loss(problem$engine$loss, NULL, problem$engine$output, y, y, w))
  )
  sum(w * values) / (sum(w) * ncol(y))
}

# Whoever has the event first has by far the largest hazard: what is left are those that have it at the same time.
perfect_order <- function(y, w) {
  happened <- w * y[, 2L]
  together <- stats::ave(happened, y[, 1L], FUN = sum)
  sum(ifelse(happened > 0, happened * log(together), 0)) / sum(w)
}

# Whether other weights have a lower objective. They are looked for on a part of the rows and judged on all of them: a point that is better
# there is proof, however it was found, and to have found none is not.
diagnose_minimum <- function(trained, losses, fit, call) {
  checks <- c("far_from_minimum", "poor_minimum")
  why <- why_no_minimum(trained, fit)
  if (!is.null(why)) {
    return(lapply(checks, not_made, why = why))
  }
  before <- objective_of(trained, call)
  reached <- objective_of(probe(trained, probe_iterations[["here"]], call), call)
  if (is.null(reached)) {
    return(lapply(checks, not_made, why = "memory"))
  }
  if (is_much_lower(reached, before, losses, "here")) {
    return(list(far_finding(before, reached, losses, fit), not_made("poor_minimum", "far_from_minimum")))
  }
  parameters <- length(unlist(trained[c("weights", "biases")]))
  if (parameters * as.double(min(nrow(trained$x), diagnosis_rows)) > most_for_starts) {
    return(list(not_made("poor_minimum", "size")))
  }
  elsewhere <- vapply(seq_len(other_starts), function(seed) {
    objective_of(probe(trained, probe_iterations[["elsewhere"]], call, seed), call)
  }, 0)
  best <- suppressWarnings(min(elsewhere[is.finite(elsewhere)]))
  list(if (is_much_lower(best, before, losses, "elsewhere")) poor_finding(before, best, losses))
}

is_much_lower <- function(after, before, losses, where) {
  fall <- before - after
  isTRUE(fall > least_way[[where]] * (max(before, losses$constant) - after)) &&
    is.finite(fall) && fall > least_fall * (losses$constant - losses$perfect)
}

# The digits of what is next to nothing say nothing.
short_beside <- function(x, other) short(zapsmall(c(x, other), 5L)[1L])

# A lower objective may be no more than noise learned by heart.
whether_better <- "; `validation` tells whether new rows gain by it"

far_finding <- function(before, after, losses, fit) {
  settings <- fit$settings
  finding(
    "far_from_minimum", "Training stopped far from a minimum.",
    paste0(
      probe_iterations[["here"]], " iterations of L-BFGS from the weights of the fit lower the objective from ", short(before), " to ",
      short_beside(after, before), "; the best constant prediction has ", short(losses$constant), "."
    ),
    paste0(
      one_of(
        "more `epochs` (go on with `start = fit`)",
        if (settings$optimizer$name != "lbfgs") c("`optimizer = \"lbfgs\"`", paste0("another `lr` than ", short(settings$lr))),
        if (!is.null(settings$stop_iter)) "a larger `stop_iter`",
        if (!isTRUE(settings$standardize)) "`standardize = TRUE`"
      ),
      whether_better
    )
  )
}

poor_finding <- function(before, after, losses) {
  finding(
    "poor_minimum", "Training ended in a poor minimum: other starts lead lower.",
    paste0(
      "The objective is ", short(before), "; the best of ", other_starts, " other starts reaches ", short_beside(after, before), " in ",
      probe_iterations[["elsewhere"]], " iterations of L-BFGS, and the best constant prediction has ", short(losses$constant), "."
    ),
    paste0("another `seed`, the best of several `restarts`, or more `hidden` units", whether_better)
  )
}

# Where the weights were not meant to be at a minimum of this objective on these rows.
why_no_minimum <- function(trained, fit) {
  settings <- fit$settings
  by_validation <- setting(fit$validation_count, 0L) > 0L &&
    (identical(fit$status, "converged") || !is.null(fit$last))
  if (is.null(trained)) {
    "rows"
  } else if (any(setting(settings$dropout, 0) > 0)) {
    "dropout"
  } else if (setting(settings$optimizer$weight_decay, 0) > most_decay) {
    "weight_decay"
  } else if (by_validation) {
    "stop_iter"
  } else if (!is.null(check_overfitting(fit, gentle_bounds))) {
    # To go on would make it worse.
    "overfitting"
  }
}

# Loss and penalty; NULL of no problem.
objective_of <- function(problem, call) {
  if (is.null(problem)) {
    return(NULL)
  }
  answer <- ask_engine(engine_evaluate, problem, call)
  answer$loss + answer$penalty
}

# The problem at the weights that some iterations of L-BFGS lead to, from its own or from a start drawn with `seed`; NULL where there is no memory
# for it. The engine alone is asked, so that neither R's generator nor nn_last() hears of it.
probe <- function(problem, iterations, call, seed = NULL) {
  few <- thin_problem(problem)
  engine <- few$engine
  if (engine$loss == "sse") {
    engine$penalty <- engine$penalty * sum(row_weights(few)) / sum(row_weights(problem))
  }
  init <- utils::tail(problem$fit$settings$layer_init, length(engine$sizes) - 1L)
  engine <- c(engine, list(
    optimizer = unclass(opt_lbfgs(memory = 10)), lr = optimizers$lbfgs$lr,
    schedule = list(name = "constant"), epochs = iterations, batch_size = nrow(few$x), shuffle = FALSE, init = init,
    bias_init = biases_of(init), seed = if (is.null(seed)) 1L else seed
  ))
  start <- if (is.null(seed)) list(weights = few$weights, biases = few$biases, optimizer_state = NULL, epochs_done = 0L)
  answer <- engine_train(engine, few$x, few$y, few$case_weights, few$offset, start, NULL)
  if (identical(answer$error$kind, "memory")) {
    return(NULL)
  }
  finished(answer, colnames(few$x), call)
  problem[c("weights", "biases")] <- answer[c("weights", "biases")]
  problem$engine$ancillary <- setting(answer$ancillary, numeric())
  problem
}
