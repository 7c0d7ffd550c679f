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

draw_boundary <- function(picture, main) {
  draw <- if (length(picture$axes) == 1L) draw_curve else if (is.null(picture$classes)) draw_surface else draw_classes
  draw(picture, setting(main, picture$title))
}

draw_raster <- function(picture, colours) {
  nx <- length(picture$span[[1L]])
  ny <- length(picture$span[[2L]])
  image <- t(matrix(colours, nx, ny))[rev(seq_len(ny)), ]
  x <- range(picture$span[[1L]])
  y <- range(picture$span[[2L]])
  graphics::rasterImage(image, x[1L], y[1L], x[2L], y[2L], interpolate = FALSE)
}

draw_classes <- function(picture, main) {
  shares <- as_shares(picture$value)
  k <- ncol(shares)
  hues <- class_colours(k)
  symbols <- class_symbols(k)
  best <- max.col(shares, ties.method = "first")
  figure <- start_figure(main, picture$note, legend_keys(picture$classes, palette_of$paper, pch = symbols, fill = hues))
  on.exit(graphics::par(figure$kept))
  open_axes(figure, range(picture$span[[1L]]), range(picture$span[[2L]]), picture$axes[1L], picture$axes[2L], bty = "n", snug = TRUE)
  draw_raster(picture, shaded(hues[best], shares[cbind(seq_along(best), best)], k))
  for (border in class_borders(picture$span, shares)) graphics::lines(border$x, border$y, lwd = 1.5, col = palette_of$ink)
  x <- picture$points[[1L]]
  if (length(x) > 0L) {
    code <- picture$code
    graphics::points(
      x, picture$points[[2L]],
      pch = if (is.null(code)) 21L else symbols[code], bg = if (is.null(code)) palette_of$muted else hues[code], col = palette_of$paper, lwd = 0.7, cex = 1.05
    )
  }
  draw_boxed_text(region_names(picture, best), palette_of$ink, palette_of$paper)
}

# Lines along which a class and the best of the others are equal.
class_borders <- function(span, shares) {
  k <- ncol(shares)
  borders <- lapply(seq_len(if (k == 2L) 1L else k), function(class) {
    others <- apply(shares[, -class, drop = FALSE], 1L, max)
    grDevices::contourLines(span[[1L]], span[[2L]], matrix(shares[, class] - others, length(span[[1L]])), levels = 0)
  })
  do.call(c, borders)
}

# Where colours repeat, the name of each class stands in its region, at the point that is farthest from the region's edge. None of a class without a region.
region_names <- function(picture, best) {
  if (length(picture$classes) <= length(palette_of$classes)) {
    return(NULL)
  }
  size <- lengths(picture$span)
  places <- lapply(sort(unique(best)), function(class) {
    inside <- matrix(best == class, size[1L])
    # Peeled from all sides until nothing is left.
    repeat {
      peeled <- inside
      peeled[-1L, ] <- peeled[-1L, ] & inside[-size[1L], ]
      peeled[-size[1L], ] <- peeled[-size[1L], ] & inside[-1L, ]
      peeled[, -1L] <- peeled[, -1L] & inside[, -size[2L]]
      peeled[, -size[2L]] <- peeled[, -size[2L]] & inside[, -1L]
      peeled[c(1L, size[1L]), ] <- FALSE
      peeled[, c(1L, size[2L])] <- FALSE
      if (!any(peeled)) break
      inside <- peeled
    }
    # Of what is left the point nearest to its middle.
    left <- which(inside, arr.ind = TRUE)
    at <- left[which.min(rowSums(sweep(left, 2L, colMeans(left))^2)), ]
    data.frame(x = picture$span[[1L]][at[1L]], y = picture$span[[2L]][at[2L]], text = picture$classes[class])
  })
  do.call(rbind, places)
}

# Text on a box, which hides what would make it hard to read.
draw_boxed_text <- function(labels, ink, paper, cex = 0.75) {
  if (NROW(labels) == 0L) {
    return(invisible())
  }
  width <- graphics::strwidth(labels$text, cex = cex) / 2 + graphics::strwidth("n", cex = cex) * 0.3
  height <- graphics::strheight("Mg", cex = cex) * 0.75
  graphics::rect(labels$x - width, labels$y - height, labels$x + width, labels$y + height, col = faded(paper, 0.85), border = NA)
  graphics::text(labels$x, labels$y, labels$text, cex = cex, col = ink)
}

# A class's colour, paler where its share is smaller.
shaded <- function(hues, share, k) {
  sure <- pmax(0, (share - 1 / k) / (1 - 1 / k))
  rgb <- grDevices::col2rgb(hues) / 255
  opacity <- rep(0.12 + 0.38 * sure, each = 3L)
  mixed <- rgb * opacity + (1 - opacity)
  grDevices::rgb(mixed[1L, ], mixed[2L, ], mixed[3L, ])
}

draw_surface <- function(picture, main) {
  value <- picture$value[, 1L]
  limits <- range(value, picture$observed[, 1L])
  colours <- sequential_colours()
  figure <- start_figure(main, picture$note)
  on.exit(graphics::par(figure$kept))
  open_axes(
    figure, range(picture$span[[1L]]), range(picture$span[[2L]]), picture$axes[1L], picture$axes[2L],
    right = side_scale_room(limits, figure$line), bty = "n", snug = TRUE
  )
  draw_raster(picture, colour_of(value, limits, colours))
  draw_contours(contour_picture(picture$span[[1L]], picture$span[[2L]], matrix(value, length(picture$span[[1L]])), limits, colours))
  x <- picture$points[[1L]]
  if (length(x) > 0L) {
    fill <- if (is.null(picture$observed)) palette_of$paper else colour_of(picture$observed[, 1L], limits, colours)
    graphics::points(x, picture$points[[2L]], pch = 21, bg = fill, col = palette_of$ink, lwd = 0.8, cex = 1.05)
  }
  draw_side_scale(limits, colours, figure)
}

draw_curve <- function(picture, main) {
  k <- ncol(picture$value)
  hues <- class_colours(k)
  lines <- class_lines(k)
  symbols <- class_symbols(k)
  observed <- picture$observed
  figure <- start_figure(main, picture$note, if (k > 1L) legend_keys(picture$outputs, hues, lty = lines))
  on.exit(graphics::par(figure$kept))
  open_axes(figure, range(picture$span[[1L]]), range(picture$value, observed, finite = TRUE), picture$axes[1L], picture$label)
  # The points of several outputs have their colours and symbols; classes have none, since they would all lie at 0 and 1.
  for (j in seq_len(if (is.null(observed) || (k > 1L && !is.null(picture$classes))) 0L else ncol(observed))) {
    graphics::points(
      picture$points[[1L]], observed[, j],
      pch = symbols[j], bg = faded(if (ncol(observed) == 1L) figure$inks$muted else hues[j], 0.4), col = figure$inks$paper
    )
  }
  graphics::matlines(picture$span[[1L]], picture$value, col = hues, lwd = 2.5, lty = lines)
}
