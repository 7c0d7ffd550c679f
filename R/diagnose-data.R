# What a network does with data: its inputs, hidden units and predictions.

data_checks <- c("unscaled", "dead", "saturated", "constant", "baseline", "far_from_minimum", "poor_minimum", "imbalance")
diagnosis_rows <- 5000L

# The fit with its data, many rows thinned out evenly; all of them are `whole`, for what one pass through the rows tells.
diagnosis_problem <- function(fit, data, call, case_weights = NULL, offset = NULL) {
  whole <- problem_of(fit, data, call, case_weights, offset)
  problem <- thin_problem(whole)
  problem$x <- dense_inputs(problem$x)
  problem$whole <- whole
  problem
}

thin_problem <- function(problem) {
  n <- nrow(problem$x)
  if (n <= diagnosis_rows) problem else pick_from_problem(problem, unique(round(seq(1, n, length.out = diagnosis_rows))))
}

pick_from_problem <- function(problem, rows) {
  problem$x <- problem$x[rows, , drop = FALSE]
  problem$y <- problem$y[rows, , drop = FALSE]
  problem$case_weights <- problem$case_weights[rows]
  problem$offset <- problem$offset[rows, , drop = FALSE]
  problem
}

diagnose_on_data <- function(problem, call) {
  whole <- problem$whole
  # The weights of rows would only scale what is recorded.
  problem$case_weights <- problem$whole <- NULL
  step <- record_step(problem, call)
  layers <- step$layers
  constant <- check_constant(problem, predicted_outcome(layers[[length(layers)]]$activation, problem$fit))
  c(
    list(check_unscaled_inputs(problem), check_unscaled_outcome(problem)),
    list(check_dead(layers, problem$fit$settings), check_saturated(layers, problem$fit$settings)),
    list(constant), diagnose_objective(whole, !is.null(constant), call), list(check_imbalance(problem, call))
  )
}

# The engine's outputs as what they predict: of classes in order the probabilities, of means and spreads the means.
predicted_outcome <- function(value, fit) means_of(if (is_ordered(fit)) as_predictions(value, fit) else value, fit)

# One step over all rows in their order, as the engine records it; the weights that it makes are not used.
record_step <- function(problem, call) {
  engine <- problem$engine
  engine$penalty <- engine$mixture <- NULL
  sizes <- engine$sizes
  engine <- c(engine, list(
    optimizer = list(name = "gd"), lr = 1e-300, schedule = list(name = "constant"), epochs = 1L,
    batch_size = nrow(problem$x), shuffle = FALSE, init = rep("normal", length(sizes) - 1L), bias_init = "zeros",
    seed = 1L, trace_steps = 1L
  ))
  start <- list(weights = problem$weights, biases = problem$biases, optimizer_state = NULL, epochs_done = 0L)
  answer <- engine_train(engine, problem$x, problem$y, problem$case_weights, problem$offset, start, NULL)
  finished(answer, colnames(problem$x), call)$trace[[1L]]
}

check_unscaled_inputs <- function(problem) {
  fit <- problem$fit
  if (!is.null(fit$inputs$center)) {
    return(NULL)
  }
  largest <- apply(abs(problem$x), 2L, max)
  spread <- apply(problem$x, 2L, stats::sd)
  spread <- spread[is.finite(spread) & spread > 0]
  ratio <- if (length(spread) > 1L) max(spread) / min(spread) else 1
  worst <- which.max(largest)
  if (largest[worst] <= 10 && ratio <= 100) {
    return(NULL)
  }
  evidence <- paste0("Input ", input_names(fit)[worst], " goes up to ", short(largest[worst]), " in absolute value")
  if (ratio > 100) {
    evidence <- paste0(evidence, "; the largest spread of an input is ", short(ratio), " times the smallest")
  }
  finding("unscaled", "The inputs are not scaled.", paste0(evidence, "."), "`standardize = TRUE`")
}

check_unscaled_outcome <- function(problem) {
  fit <- problem$fit
  largest <- max(abs(problem$y))
  # Classes in order and times of an event are compared with each other alone.
  if (!scales_outcome(fit$settings) || !is.null(fit$outcome$center) || largest <= 10) {
    return(NULL)
  }
  finding(
    "unscaled", "The outcome is not scaled.",
    paste0("It goes up to ", short(largest), " in absolute value, and the output is linear."), "`standardize = TRUE`"
  )
}

relu_family <- c("relu", "leaky_relu", "elu", "selu", "gelu", "softplus", "silu")
largest_slope <- c(sigmoid = 0.25, tanh = 1, softsign = 1)

check_dead <- function(layers, settings) {
  units <- lapply(seq_along(settings$activation), function(l) {
    if (!settings$activation[l] %in% relu_family) {
      return(integer())
    }
    # No slope anywhere, to rounding: leaky units always have one.
    which(apply(abs(layers[[l]]$slope), 2L, max) < 1e-6)
  })
  if (all(lengths(units) == 0L)) {
    return(NULL)
  }
  change <- "a smaller `lr`, `activation = \"leaky_relu\"` or \"elu\", or another `seed`"
  if (!isTRUE(settings$standardize)) {
    change <- paste0(change, "; and `standardize = TRUE`")
  }
  finding(
    "dead", paste0("Hidden units are dead: ", name_units(units, settings), "."),
    "Their activation does not change with the inputs, and its slope is 0, in every row: no gradient reaches their weights.", change
  )
}

check_saturated <- function(layers, settings) {
  shares <- lapply(seq_along(settings$activation), function(l) {
    top <- largest_slope[settings$activation[l]]
    if (is.na(top)) {
      return(0)
    }
    colMeans(abs(layers[[l]]$slope) < 0.05 * top)
  })
  units <- lapply(shares, function(share) which(share >= 0.95))
  if (all(lengths(units) == 0L)) {
    return(NULL)
  }
  least <- min(unlist(Map(function(share, unit) share[unit], shares, units)))
  change <- "smaller starting weights (`init = \"glorot_uniform\"`), a smaller `lr`, a `penalty`, or `activation = \"relu\"`"
  if (!isTRUE(settings$standardize)) {
    change <- paste0("`standardize = TRUE`; else ", change)
  }
  finding(
    "saturated", paste0("Hidden units are saturated: ", name_units(units, settings), "."),
    paste0("Their slope is below 5 % of its largest in ", percent(least), " of the rows or more: they hardly learn."), change
  )
}

# "h2, h3 (2 of 8 in layer 1)"
name_units <- function(units, settings) {
  texts <- vapply(which(lengths(units) > 0L), function(l) {
    shown <- paste0("h", units[[l]])
    if (length(shown) > 6L) {
      shown <- c(shown[1:6], "...")
    }
    paste0(paste(shown, collapse = ", "), " (", length(units[[l]]), " of ", settings$sizes[l + 1L], " in hidden layer ", l, ")")
  }, "")
  paste(texts, collapse = "; ")
}

check_constant <- function(problem, predicted) {
  fit <- problem$fit
  y <- problem$y
  if (nrow(y) < 2L || all(apply(y, 2L, stats::sd) == 0)) {
    return(NULL)
  }
  change <- paste0("a larger `lr`, another `seed`, more `hidden` units or `epochs`", unless_scaled(fit))
  if (fit$outcome$kind == "factor") {
    class <- class_of(predicted, fit$outcome$levels)
    if (length(unique(class)) > 1L) {
      return(NULL)
    }
    share <- mean(code_classes(y, fit) == as.integer(class[1L]))
    return(finding(
      "constant", paste0("All rows are predicted to be \"", class[1L], "\"."),
      paste0("Of the rows ", percent(share), " are."), paste0("`class_weights = \"balanced\"`; ", change)
    ))
  }
  spread <- max(apply(predicted, 2L, stats::sd))
  # Hazards are of another kind than times: their own size is what there is to compare with.
  times <- fit$outcome$kind == "survival"
  wanted <- if (times) 1 else max(apply(y, 2L, stats::sd))
  if (spread >= 1e-3 * wanted) {
    return(NULL)
  }
  spread <- if (spread < 1e-12) "0" else short(spread)
  finding(
    "constant", "The predictions are the same for all rows.",
    paste0("Their standard deviation is ", spread, if (!times) paste0("; that of the outcome is ", short(wanted)), "."), change
  )
}

# The class of each row, from the outcome as the engine takes it.
code_classes <- function(y, fit = NULL) {
  if (is_ordered(fit)) {
    return(as.integer(y[, 1L]) + 1L)
  }
  if (ncol(y) == 1L) as.integer(y[, 1L] > 0.5) + 1L else max.col(y, ties.method = "first")
}

check_imbalance <- function(problem, call) {
  fit <- problem$fit
  y <- problem$y
  binary <- ncol(y) == 1L && all(y == 0 | y == 1) && fit$settings$output == "sigmoid" && fit$outcome$kind %in% c("numeric", "logical")
  if (!(binary || fit$outcome$kind == "factor") || !is.null(fit$settings$class_weights)) {
    return(NULL)
  }
  ordered <- is_ordered(fit)
  classes <- if (ordered) length(fit$outcome$levels) else if (ncol(y) == 1L) 2L else ncol(y)
  codes <- code_classes(y, fit)
  shares <- tabulate(codes, classes) / length(codes)
  rare <- which.min(shares)
  # Of a class that does not occur, weights cannot make more.
  if (shares[rare] == 0 || shares[rare] >= 0.2 / classes) {
    return(NULL)
  }
  levels <- if (is.null(fit$outcome$levels)) c("0", "1") else fit$outcome$levels
  predicted <- predicted_outcome(problem_outputs(problem, call), fit)
  found <- code_classes(predicted)[codes == rare] == rare
  evidence <- paste0("Only ", percent(shares[rare]), " of the rows are \"", levels[rare], "\"")
  if (length(found) > 0L) {
    evidence <- paste0(evidence, "; the network finds ", sum(found), " of these ", length(found))
  }
  finding("imbalance", "The classes are unbalanced.", paste0(evidence, "."), "`class_weights = \"balanced\"`")
}
