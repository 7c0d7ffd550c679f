# The prediction over two inputs, the others held.

boundary_picture <- function(fit, inputs, data, at, call) {
  frame <- boundary_frame(fit, data, call)
  axes <- boundary_axes(inputs, frame, call)
  held <- held_values(frame, axes, at, call)
  points <- lapply(frame[axes], function(column) column$points)
  span <- lapply(frame[axes], function(column) seq_across(column$range, if (length(axes) == 1L) 301L else 121L))
  grid <- expand.grid(span)
  table <- boundary_table(fit, frame, grid, held)
  # A model of rates is drawn per unit of exposure.
  offset <- if (isTRUE(fit$settings$offset)) 0
  value <- predict_outputs(fit, table, "data", 1L, call, offset)
  meaning <- boundary_meaning(fit, data, call)
  picture <- c(list(axes = axes, span = unname(span), value = value, points = unname(points), held = held, note = held_note(held)), meaning)
  picture$title <- boundary_title(picture, outcome_text(fit))
  if (length(axes) == 1L) picture <- curve_picture(picture)
  picture
}

# What the outcome is called: by a formula, or by its only column.
outcome_text <- function(fit) {
  name <- if (fit$interface == "formula") rlang::as_label(stats::formula(fit)[[2L]]) else if (length(fit$outcome$names) == 1L) fit$outcome$names
  if (length(name) == 1L && nchar(name) <= 60L) name
}

boundary_title <- function(picture, outcome) {
  what <- if (is.null(picture$classes)) picture$title else if (is.null(outcome)) "class" else outcome
  by <- if (length(picture$axes) == 1L) paste(" by", picture$axes) else ""
  kind <- if (is.null(picture$classes) || length(picture$axes) == 2L) "Predicted" else "Probability of"
  if (ncol(as.matrix(picture$value)) > 1L && is.null(picture$classes) && length(picture$axes) == 1L) what <- "outputs"
  paste0(kind, " ", what, by)
}

# Of one input: a curve for each output, and the values that were observed where they are of the same kind.
curve_picture <- function(picture) {
  k <- ncol(picture$value)
  if (!is.null(picture$classes)) {
    picture$label <- if (k == 1L) paste("probability of", picture$classes[2L]) else "probability"
    if (!is.null(picture$code)) picture$observed <- if (k == 1L) matrix(picture$code - 1, ncol = 1L) else outer(picture$code, seq_len(k), "==") + 0
    picture$outputs <- if (k == 1L) picture$classes[2L] else picture$classes
  } else {
    picture$outputs <- if (is.null(colnames(picture$value))) if (k == 1L) "prediction" else paste0("y", seq_len(k)) else colnames(picture$value)
    if (!is.null(picture$observed) && !ncol(picture$observed) %in% c(1L, k)) picture$observed <- NULL
  }
  picture
}

# Each input of the data that training took: its range, its usual value, its points.
boundary_frame <- function(fit, data, call) {
  if (is.null(data) && is.null(fit$data) && is.null(fit$blueprint) && !is.null(fit$inputs$center)) {
    return(frame_from_moments(fit))
  }
  X <- inputs_of(fit, data_or_kept(fit, data, call))
  if (fit$interface == "matrix") {
    x <- dense_inputs(read_new_matrix(X, fit, "data", call))
    # Where gaps are filled in, the network has more inputs than the matrix has columns.
    names <- if (is.null(fit$blueprint)) names_of_units(fit)[[1L]] else fit$blueprint$names
    if (is.null(names)) names <- paste0("x", seq_len(ncol(x)))
    X <- stats::setNames(as_plain_table(lapply(seq_len(ncol(x)), function(j) as.double(x[, j])), nrow(x)), names)
  } else if (fit$interface == "recipe") {
    X <- columns_of_recipe(as_table(X, "data", call), fit$blueprint$recipe)
  } else {
    X <- restore_columns(as_table(X, "data", call), needed_columns(fit$blueprint), "data", call)
  }
  if (NROW(X) == 0L) {
    stop_backprop("empty", "{.arg data} must have at least one row.", call = call)
  }
  lapply(X, describe_input)
}

describe_input <- function(column) {
  if (is.factor(column) || is.character(column)) {
    usual <- names(which.max(table(column)))
    # Recipes ask for a factor where there was one.
    return(list(usual = if (is.factor(column)) factor(usual, levels(column)) else usual, numeric = FALSE))
  }
  if (is.logical(column)) {
    return(list(usual = mean(column, na.rm = TRUE) > 0.5, numeric = FALSE))
  }
  list(
    usual = stats::median(column, na.rm = TRUE), range = range(column, na.rm = TRUE, finite = TRUE),
    points = as.double(column), numeric = TRUE
  )
}

frame_from_moments <- function(fit) {
  center <- fit$inputs$center
  # What was constant in training has an infinite scale.
  reach <- 2.5 * ifelse(is.finite(fit$inputs$scale), fit$inputs$scale, 1)
  frame <- lapply(seq_along(center), function(j) {
    list(usual = center[j], range = center[j] + c(-1, 1) * reach[j], points = numeric(), numeric = TRUE)
  })
  stats::setNames(frame, names_of_units(fit)[[1L]])
}

# Names of the inputs along the axes.
boundary_axes <- function(inputs, frame, call) {
  numeric <- names(frame)[vapply(frame, function(column) column$numeric, NA)]
  if (length(numeric) == 0L) {
    stop_backprop("inputs", "There is no numeric input to draw along an axis.", call = call)
  }
  if (is.null(inputs)) {
    return(utils::head(numeric, 2L))
  }
  if (is.numeric(inputs) && all(inputs %in% seq_along(frame))) {
    inputs <- names(frame)[inputs]
  }
  wanted <- min(2L, length(numeric))
  if (!is.character(inputs) || length(inputs) != wanted || !all(inputs %in% numeric) || anyDuplicated(inputs)) {
    stop_backprop("inputs", c(
      "{.arg inputs} must be {wanted} different numeric input{?s}, not {describe_value(inputs)}.",
      i = "Numeric inputs: {.val {numeric}}."
    ), call = call)
  }
  inputs
}

# The values of the inputs that are held: the usual ones unless told.
held_values <- function(frame, axes, at, call) {
  others <- setdiff(names(frame), axes)
  unnamed <- !is.null(at) && (!is.list(at) && !is.atomic(at) || is.null(names(at)))
  if (unnamed || !all(names(at) %in% others)) {
    stop_backprop("at", c(
      "{.arg at} must be a list of values with the names of inputs that are held.",
      i = if (length(others) > 0L) "Inputs held: {.val {others}}." else "No input is held here."
    ), call = call)
  }
  held <- lapply(frame[others], function(column) column$usual)
  held[names(at)] <- as.list(at)
  held
}

# The grid in the form that training took, with the held inputs filled in.
boundary_table <- function(fit, frame, grid, held) {
  columns <- lapply(names(frame), function(name) {
    if (name %in% names(grid)) grid[[name]] else rep(held[[name]], nrow(grid))
  })
  names(columns) <- names(frame)
  table <- as_plain_table(columns, nrow(grid))
  if (fit$interface == "matrix") matrix(unlist(columns), nrow(grid)) else table
}

seq_across <- function(range, n) {
  margin <- diff(range) * 0.04
  if (margin == 0) {
    margin <- max(abs(range[1L]) * 0.1, 0.5)
  }
  seq(range[1L] - margin, range[2L] + margin, length.out = n)
}

# Classes or numbers, and the outcome of the points where it is known.
boundary_meaning <- function(fit, data, call) {
  known <- tryCatch(data_of(fit, data, call)$outcome, backprop_error = function(cnd) NULL)
  outcome <- fit$outcome
  # A single 0/1 outcome under a sigmoid is two classes too.
  binary <- outcome$kind %in% c("numeric", "logical") && fit$settings$output == "sigmoid" && outcome$k == 1L && all_losses[[fit$settings$loss]]$needs != "inner_unit"
  if (outcome$kind == "factor" || binary) {
    levels <- if (outcome$kind == "factor") outcome$levels else if (outcome$kind == "logical") c("FALSE", "TRUE") else c("0", "1")
    code <- if (is.null(known)) NULL else if (is.factor(known$values)) as.integer(known$values) else 1L + (known$values[, 1L] > 0.5)
    return(list(classes = levels, code = code))
  }
  if (outcome$kind == "survival") {
    # Times are no values of what is predicted.
    relative <- !has_level(fit)
    title <- if (relative) "log relative hazard" else paste("hazard in", named_outputs(fit)[1L])
    return(list(classes = NULL, observed = NULL, title = title, label = if (relative) title else "hazard"))
  }
  list(
    classes = NULL, observed = known$values, title = named_outputs(fit)[1L],
    label = if (length(outcome$names) == 1L) outcome$names else "prediction"
  )
}

# The first few of the inputs that are held, and that there are more.
held_note <- function(held) {
  if (length(held) == 0L) {
    return(NULL)
  }
  each <- paste(names(held), "=", vapply(held, format, "", digits = 3))
  paste0("held: ", paste(utils::head(each, 4L), collapse = ", "), if (length(each) > 4L) ", ...")
}
