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
  c(
    list(axes = axes, span = unname(span), value = value, points = unname(points), held = held),
    boundary_meaning(fit, data, call)
  )
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
  kept <- graphics::par(mar = c(4, 4, 3.2, if (is.null(picture$classes) && length(picture$axes) == 2L) 4.5 else 1))
  on.exit(graphics::par(kept))
  if (length(picture$axes) == 1L) {
    draw_curve(picture, main)
  } else if (is.null(picture$classes)) {
    draw_surface(picture, main)
  } else {
    draw_classes(picture, main)
  }
  graphics::mtext(held_note(picture$held), side = 3, line = 0.2, cex = 0.75, col = palette_of$muted)
}

draw_frame <- function(picture, main, ylim = range(picture$span[[2L]]), ylab = picture$axes[2L]) {
  graphics::plot(
    range(picture$span[[1L]]), ylim,
    type = "n", xaxs = "i", yaxs = "i", las = 1, bty = "n", xlab = picture$axes[1L], ylab = ylab
  )
  graphics::title(main, line = 1.5, font.main = 1, cex.main = 1.15, col.main = palette_of$ink)
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
  best <- max.col(shares, ties.method = "first")
  draw_frame(picture, if (is.null(main)) "Classes" else main)
  draw_raster(picture, shaded(hues[best], shares[cbind(seq_along(best), best)], k))
  for (class in seq_len(if (k == 2L) 1L else k)) {
    others <- apply(shares[, -class, drop = FALSE], 1L, max)
    lead <- matrix(shares[, class] - others, length(picture$span[[1L]]))
    # Where one class leads by the same everywhere there is no border.
    if (diff(range(lead, finite = TRUE)) > 0) graphics::contour(picture$span[[1L]], picture$span[[2L]], lead, levels = 0, drawlabels = FALSE, add = TRUE, lwd = 1.5, col = palette_of$ink)
  }
  symbols <- rep_len(c(21L, 24L, 22L, 23L, 25L), k)
  x <- picture$points[[1L]]
  if (length(x) > 0L) {
    code <- picture$code
    fill <- if (is.null(code)) palette_of$muted else hues[code]
    graphics::points(
      x, picture$points[[2L]],
      pch = if (is.null(code)) 21L else symbols[code], bg = fill, col = palette_of$paper, lwd = 0.7, cex = 1.05
    )
  }
  graphics::legend(
    "topleft", picture$classes,
    pch = symbols, pt.bg = hues, col = palette_of$paper, bg = faded(palette_of$paper, 0.8), box.col = NA, cex = 0.85, pt.cex = 1.2
  )
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
  # `reach`: what other pictures beside this one show.
  limits <- range(value, picture$observed[, 1L], picture$reach, finite = TRUE)
  colours <- sequential_colours()
  draw_frame(picture, if (is.null(main)) paste("Prediction of", picture$title) else main)
  draw_raster(picture, colour_of(value, limits, colours))
  surface <- matrix(value, length(picture$span[[1L]]))
  # A flat surface has no contours.
  if (diff(range(surface, finite = TRUE)) > 0) graphics::contour(picture$span[[1L]], picture$span[[2L]], surface, add = TRUE, col = faded(palette_of$paper, 0.9), labcex = 0.7, lwd = 1.2)
  x <- picture$points[[1L]]
  if (length(x) > 0L) {
    fill <- if (is.null(picture$observed)) palette_of$paper else colour_of(picture$observed[, 1L], limits, colours)
    graphics::points(x, picture$points[[2L]], pch = 21, bg = fill, col = palette_of$ink, lwd = 0.8, cex = 1.05)
  }
  draw_side_scale(limits, colours)
}

# A colour scale in the right margin, in the coordinates of the plot.
draw_side_scale <- function(limits, colours) {
  usr <- graphics::par("usr")
  steps <- length(colours)
  x <- usr[2L] + (usr[2L] - usr[1L]) * c(0.03, 0.06)
  y <- seq(usr[3L], usr[4L], length.out = steps + 1L)
  graphics::rect(x[1L], y[-(steps + 1L)], x[2L], y[-1L], col = colours, border = NA, xpd = NA)
  ticks <- pretty(limits, 5L)
  ticks <- ticks[ticks >= limits[1L] & ticks <= limits[2L]]
  at <- usr[3L] + (ticks - limits[1L]) / max(diff(limits), 1e-300) * (usr[4L] - usr[3L])
  graphics::text(x[2L], at, format(ticks), pos = 4, offset = 0.3, cex = 0.8, col = palette_of$muted, xpd = NA)
}

draw_curve <- function(picture, main) {
  value <- picture$value
  observed <- if (is.null(picture$code)) picture$observed else matrix(picture$code - 1, ncol = 1L)
  if (ncol(value) > 1L && !is.null(picture$classes)) {
    observed <- NULL
  }
  k <- ncol(value)
  hues <- class_colours(k)
  label <- if (is.null(picture$classes)) picture$label else if (k == 1L) paste("probability of", picture$classes[2L]) else "probability"
  span <- range(value, observed, picture$reach, finite = TRUE)
  draw_frame(picture, if (is.null(main)) "Prediction" else main, span + c(-0.04, 0.04) * max(diff(span), 1e-6), label)
  if (!is.null(observed)) {
    graphics::points(picture$points[[1L]], observed[, 1L], pch = 21, bg = faded(palette_of$muted, 0.4), col = palette_of$paper)
  }
  graphics::matlines(picture$span[[1L]], value, col = hues, lwd = 2.5, lty = seq_len(k))
  if (k > 1L) {
    graphics::legend(
      "topright", colnames(value),
      col = hues, lwd = 2.5, lty = seq_len(k), bg = faded(palette_of$paper, 0.8), box.col = NA, cex = 0.85
    )
  }
}
