# Intervals and quantiles around predictions: which method, and the delta method. The other one is in predict-conformal.R.

interval_types <- c("conf_int", "pred_int", "quantile")
interval_methods <- c("delta", "conformal")
default_quantile_levels <- c(0.05, 0.25, 0.5, 0.75, 0.95)

# `arguments`: level, quantile_levels, data, calibration, method and offset, as typed.
predict_intervals <- function(fit, new_data, type, arguments, threads, call) {
  level <- check_level(arguments$level, "level", call)
  if (!is.null(family_of(fit)$quantiles)) {
    return(predict_own_quantiles(fit, new_data, type, arguments, level, threads, call))
  }
  own <- fit$settings$loss == "quantile"
  levels <- arguments$quantile_levels
  if (is.null(levels)) {
    levels <- if (own) fit$settings$loss_par else default_quantile_levels
  }
  levels <- check_quantile_levels(levels, call)
  sides <- if (type == "quantile") levels else c((1 - level) / 2, (1 + level) / 2)
  if (own && type != "conf_int") {
    found <- own_quantiles(fit, new_data, type, sides, arguments$offset, threads, call)
    return(if (type == "quantile") tibble_of_quantiles(found, sides) else tibble_of_limits(found, fit))
  }
  method <- choose_method(fit, type, arguments, call)
  found <- if (method == "delta") {
    delta_limits(fit, new_data, type, sides, arguments, call)
  } else {
    conformal_limits(fit, new_data, type, sides, arguments, threads, call)
  }
  if (type == "quantile") tibble_of_quantiles(found, sides) else tibble_of_limits(found, fit)
}

check_quantile_levels <- function(x, call) {
  if (!is_bare_number(x) || length(x) == 0L || anyNA(x) || any(x <= 0 | x >= 1)) {
    stop_argument("quantile_levels", "numbers between 0 and 1, such as `c(0.05, 0.5, 0.95)`", x, call = call)
  }
  as.double(x)
}

# Limits and quantiles of a family whose predictions say where outcomes are.
predict_own_quantiles <- function(fit, new_data, type, arguments, level, threads, call) {
  levels <- check_quantile_levels(setting(arguments$quantile_levels, default_quantile_levels), call)
  sides <- if (type == "quantile") levels else c((1 - level) / 2, (1 + level) / 2)
  value <- predict_outputs(fit, new_data, "new_data", threads, call, arguments$offset)
  limits <- family_of(fit)$quantiles(value, sides, fit)
  if (type == "quantile") tibble_of_quantiles(limits, sides) else tibble_of_limits(limits, fit)
}

# A network trained on quantiles has them as outputs; others than these it does not know.
own_quantiles <- function(fit, new_data, type, sides, offset, threads, call) {
  known <- fit$settings$loss_par
  at <- vapply(sides, function(side) which.min(abs(known - side)), 1L)
  if (any(abs(known[at] - sides) > 1e-8)) {
    unknown <- format_each(sides[abs(known[at] - sides) > 1e-8])
    known <- format_each(known)
    hint <- if (type == "pred_int") "A {.arg level} of 0.8 asks for the quantiles 0.1 and 0.9." else "Train with {.code loss = loss_quantile()} of these."
    stop_backprop("incompatible", c(
      "{.code type = \"{type}\"} asks for quantiles that the network was not trained on: {unknown}.",
      x = "It was trained on {known}.", i = hint
    ), call = call)
  }
  value <- predict_outputs(fit, new_data, "new_data", threads, call, offset)
  list(unname(value[, at, drop = FALSE]))
}

# Delta where the weights are identified: without hidden layers, or with one and ten rows for each parameter.
choose_method <- function(fit, type, arguments, call) {
  method <- arguments$method
  if (!is.null(method)) {
    check_choice(method, "method", interval_methods, call)
  }
  if (is_ensemble(fit)) {
    if (type == "conf_int" || identical(method, "delta")) refuse_ensemble(fit, "object", call, "{.code type = \"spread\"} tells how far its networks are apart, {.code type = \"pred_int\"} where new outcomes are.")
    return("conformal")
  }
  gaussian <- identical(family_of(fit)$family, "gaussian") && is.null(fit$outcome$transform)
  if (type == "conf_int") {
    require_family(fit, call)
    if (identical(method, "conformal")) {
      stop_no_conformal_mean(call)
    }
    if (is.null(method) && !is_small(fit)) {
      stop_not_identified(fit, call)
    }
    return("delta")
  }
  if (identical(method, "delta") && !gaussian) {
    stop_backprop("incompatible", c(
      "{.code type = \"{type}\"} by the delta method needs Gaussian errors: {.code loss = \"mse\"} or {.val sse} with a linear output.",
      i = "Use {.code method = \"conformal\"} and give {.arg calibration}."
    ), call = call)
  }
  if (!is.null(method)) {
    return(method)
  }
  has_data <- !is.null(arguments$data) || !is.null(fit$data)
  if (!is.null(arguments$calibration) && !(has_data && gaussian && is_small(fit))) {
    return("conformal")
  }
  if (gaussian && is_small(fit)) "delta" else "conformal"
}

is_small <- function(fit) {
  hidden <- if (is.null(fit$settings[["architecture"]])) length(fit$settings$hidden) else length(fit$settings$sizes) - 2L
  hidden == 0L || (hidden == 1L && fit$rows >= 10 * count_parameters(fit))
}

stop_no_conformal_mean <- function(call) {
  stop_backprop("incompatible", c(
    "Conformal prediction gives intervals for outcomes, not for their mean.",
    i = "Use {.code type = \"pred_int\"}."
  ), call = call)
}

stop_not_identified <- function(fit, call) {
  parameters <- count_parameters(fit)
  rows <- fit$rows
  stop_backprop("not_identified", c(
    "The weights of this network are not well enough identified for confidence intervals.",
    x = "It has {length(fit$settings$hidden)} hidden layer{?s} and {parameters} parameters for {rows} rows; at most one layer and ten rows for each parameter are asked for.",
    i = "For a numeric outcome {.code type = \"pred_int\"} with {.arg calibration} works for any network. {.code method = \"delta\"} computes the intervals all the same."
  ), call = call)
}

# Limits by the delta method: a list of a matrix [rows x sides] for each output. A confidence interval is one of the linear
# predictor, brought through the output's activation; so probabilities stay between 0 and 1, counts above 0.
delta_limits <- function(fit, new_data, type, sides, arguments, call) {
  problem <- problem_of(fit, arguments$data, call)
  check_likelihood_outcome(problem, require_family(fit, call), call)
  curved <- curvature(problem, FALSE, call)
  new <- new_rows(fit, new_data, arguments$offset, problem$outputs, call)
  outputs <- problem$outputs
  limits <- rep(list(matrix(NA_real_, length(new$complete), length(sides))), outputs)
  names(limits) <- output_names(fit)
  if (!any(new$complete)) {
    return(limits)
  }
  problem[c("x", "y", "case_weights", "offset")] <- list(new$x, matrix(0, nrow(new$x), outputs), NULL, new$offset)
  # Of each output, once more while it is multiplied.
  check_room(
    outputs * 2 * bytes_of_derivatives(nrow(new$x), count_parameters(fit)),
    paste("The derivatives of", count_text(nrow(new$x), "row"), "by", count_text(count_parameters(fit), "parameter")),
    "Predict fewer rows at a time.", call
  )
  predictor <- problem_outputs(problem, call, output = "linear")
  slopes <- jacobian(problem, call)
  if (fit$settings$output == "softmax") {
    of_logits <- logits_of_softmax(predictor, slopes)
    predictor <- of_logits$value
    slopes <- of_logits$slopes
  }
  for (k in seq_len(outputs)) {
    variance <- rowSums(multiply(slopes[[k]], curved$inverse) * slopes[[k]])
    if (type != "conf_int") {
      variance <- variance + curved$variance
    }
    limit <- predictor[, k] + outer(sqrt(pmax(0, variance)), stats::qt(sides, curved$df))
    limit <- switch(fit$settings$output, linear = limit, exp = exp(limit), stats::plogis(limit))
    if (!is.null(fit$outcome$center)) {
      limit <- limit * fit$outcome$scale[k] + fit$outcome$center[k]
    }
    limits[[k]][new$complete, ] <- limit
  }
  limits
}

# The logit of each class's probability, and its derivatives: those of log p, divided by 1 - p.
logits_of_softmax <- function(z, slopes) {
  largest <- z[cbind(seq_len(nrow(z)), max.col(z, ties.method = "first"))]
  e <- exp(z - largest)
  p <- e / rowSums(e)
  mean_slope <- Reduce(`+`, lapply(seq_along(slopes), function(j) p[, j] * slopes[[j]]))
  others <- vapply(seq_along(slopes), function(k) rowSums(p[, -k, drop = FALSE]), numeric(nrow(z)))
  others <- matrix(others, nrow(z))
  list(
    value = log(p) - log(others),
    slopes = lapply(seq_along(slopes), function(k) (slopes[[k]] - mean_slope) / others[, k])
  )
}

# New rows as the network takes them: the complete ones, and which these are.
new_rows <- function(fit, new_data, offset, outputs, call) {
  new <- read_new_rows(fit, new_data, "new_data", call, with_offset = is.null(offset))
  given <- if (is.null(offset)) new$offset else offset
  offset <- prediction_offset(fit, given, nrow(new$x), outputs, call, gaps = is.null(offset))
  complete <- finite_rows(new$x)
  if (!is.null(offset)) complete <- complete & finite_rows(offset)
  list(
    x = new$x[complete, , drop = FALSE], complete = complete,
    offset = scale_offset(offset, fit$outcome$scale, fit$settings)[complete, , drop = FALSE]
  )
}

# `.pred_lower`, `.pred_upper`; with the output's or the level's name where there are several.
tibble_of_limits <- function(limits, fit) {
  if (fit$outcome$kind == "factor") {
    if (length(limits) == 1L) {
      # One sigmoid output stands for both levels.
      limits <- list(1 - limits[[1L]][, 2:1, drop = FALSE], limits[[1L]])
    }
    ends <- paste0("_", fit$outcome$levels)
  } else if (length(limits) == 1L) {
    ends <- ""
  } else {
    ends <- paste0("_", if (is.null(names(limits))) paste0("y", seq_along(limits)) else names(limits))
  }
  columns <- do.call(cbind, limits)
  tibble_of_columns(columns, paste0(c(".pred_lower", ".pred_upper"), rep(ends, each = 2L)))
}

# A list column with a tibble of `.quantile` and `.pred` for each row, the form of the tidymodels.
tibble_of_quantiles <- function(limits, levels) {
  columns <- lapply(limits, function(limit) {
    lapply(seq_len(nrow(limit)), function(i) {
      tibble::new_tibble(list(.pred = limit[i, ], .quantile = levels), nrow = length(levels))
    })
  })
  ends <- if (is.null(names(limits))) paste0("y", seq_along(limits)) else names(limits)
  names(columns) <- if (length(limits) == 1L) ".pred" else paste0(".pred_", ends)
  tibble::new_tibble(columns, nrow = nrow(limits[[1L]]))
}
