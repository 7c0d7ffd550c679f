# Numbers whose mean and standard deviation are both predicted.

family_location_scale <- function() {
  new_family(
    "location_scale", "location-scale", "identity", "linear", "location_scale",
    averages = FALSE, types = c("numeric", "sd", "pred_int", "quantile"), is_density = TRUE, log_sds = TRUE,
    constant = "the mean and the standard deviation",
    units = function(outcome, par) 2L * outcome$k,
    log_likelihood = function(problem, call) {
      scale <- setting(problem$fit$outcome$scale, rep(1, problem$outputs))
      -total_loss(problem, call) - problem$rows * (problem$outputs / 2 * log(2 * pi) + sum(log(scale)))
    },
    # On the scale of training, as residuals are there.
    spread = function(p, problem) exp(2 * p[, -seq_len(ncol(p) / 2), drop = FALSE]),
    log_density = function(y, p, fit) {
      k <- ncol(p) / 2
      stats::dnorm(y, p[, seq_len(k), drop = FALSE], p[, k + seq_len(k), drop = FALSE], log = TRUE)
    },
    variance = function(mu) {
      stop_backprop("argument", "The variance is predicted row by row: ask {.code predict(fit, type = \"sd\")}.", call = quote(variance()))
    },
    respond = function(value, fit) {
      k <- ncol(value) / 2
      mean <- value[, seq_len(k), drop = FALSE]
      sd <- exp(value[, k + seq_len(k), drop = FALSE])
      outcome <- fit$outcome
      if (!is.null(outcome$scale)) sd <- sd * rep(outcome$scale, each = nrow(sd))
      cbind(to_outcome(mean, outcome), sd)
    },
    columns = function(fit) {
      names <- fit$outcome$names
      if (is.null(names)) names <- if (fit$outcome$k == 1L) "mean" else paste0("y", seq_len(fit$outcome$k))
      c(names, paste0("sd", if (fit$outcome$k > 1L) paste0("_", names)))
    },
    # Targets are the means alone.
    target_names = function(fit, outputs) {
      k <- fit$outcome$k
      if (!is.null(fit$outcome$names)) fit$outcome$names else if (k == 1L) "y" else paste0("y", seq_len(k))
    },
    means = function(value, fit) value[, seq_len(fit$outcome$k), drop = FALSE],
    quantiles = function(value, sides, fit) {
      k <- fit$outcome$k
      limits <- lapply(seq_len(k), function(j) unname(value[, j]) + outer(unname(value[, k + j]), stats::qnorm(sides)))
      if (k > 1L) names(limits) <- fit$outcome$names
      limits
    },
    draw = function(p, fit) {
      k <- ncol(p) / 2
      stats::rnorm(length(p) / 2, p[, seq_len(k)], p[, k + seq_len(k)])
    }
  )
}
