# Boundaries, surfaces and curves with ggplot2.

gg_boundary <- function(picture, main) {
  draw <- if (length(picture$axes) == 1L) gg_curve else if (is.null(picture$classes)) gg_surface else gg_classes
  plot <- draw(picture) +
    ggplot2::labs(title = gg_title(main, picture$title), subtitle = gg_note(picture$note), x = picture$axes[1L]) +
    gg_theme()
  if (length(picture$axes) == 1L) {
    return(plot)
  }
  plot + ggplot2::labs(y = picture$axes[2L]) + ggplot2::coord_cartesian(expand = FALSE) +
    if (is.null(picture$classes)) ggplot2::theme(legend.position = "right")
}

boundary_grid <- function(picture) expand.grid(x = picture$span[[1L]], y = picture$span[[2L]])

boundary_points <- function(picture) data.frame(x = picture$points[[1L]], y = picture$points[[2L]])

gg_surface <- function(picture) {
  grid <- boundary_grid(picture)
  grid$value <- picture$value[, 1L]
  points <- boundary_points(picture)
  points$observed <- if (is.null(picture$observed)) rep(NA_real_, nrow(points)) else picture$observed[, 1L]
  limits <- range(grid$value, picture$observed[, 1L])
  surface <- matrix(grid$value, length(picture$span[[1L]]))
  ggplot2::ggplot(grid, ggplot2::aes(.data$x, .data$y)) +
    ggplot2::geom_raster(ggplot2::aes(fill = .data$value)) +
    gg_contours(contour_picture(picture$span[[1L]], picture$span[[2L]], surface, limits, sequential_colours())) +
    ggplot2::geom_point(ggplot2::aes(fill = .data$observed), data = points, shape = 21, colour = palette_of$ink, na.rm = TRUE) +
    ggplot2::scale_fill_gradientn(colours = sequential_colours(), na.value = palette_of$paper, limits = limits) +
    ggplot2::labs(fill = NULL)
}

gg_contours <- function(contours) {
  if (is.null(contours)) {
    return(NULL)
  }
  paths <- do.call(rbind, lapply(seq_along(contours$lines), function(i) {
    line <- contours$lines[[i]]
    data.frame(x = line$x, y = line$y, line = i, ink = line$ink)
  }))
  labels <- contours$labels
  list(
    if (NROW(paths) > 0L) ggplot2::geom_path(ggplot2::aes(.data$x, .data$y, group = .data$line), data = paths, colour = faded(paths$ink, 0.75), linewidth = 0.4),
    if (nrow(labels) > 0L) ggplot2::geom_label(
      ggplot2::aes(.data$x, .data$y, label = .data$text),
      data = labels, colour = labels$ink, fill = faded(labels$colour, 0.85), size = 2.7, label.size = 0, label.padding = ggplot2::unit(0.1, "lines")
    )
  )
}

gg_classes <- function(picture) {
  shares <- as_shares(picture$value)
  k <- ncol(shares)
  best <- max.col(shares, ties.method = "first")
  class_of_code <- function(code) factor(picture$classes[code], picture$classes)
  grid <- boundary_grid(picture)
  grid$class <- class_of_code(best)
  grid$shade <- shaded(class_colours(k)[best], shares[cbind(seq_along(best), best)], k)
  points <- boundary_points(picture)
  borders <- class_borders(picture$span, shares)
  borders <- do.call(rbind, lapply(seq_along(borders), function(i) data.frame(x = borders[[i]]$x, y = borders[[i]]$y, line = i)))
  names <- region_names(picture, best)
  plot <- ggplot2::ggplot(grid, ggplot2::aes(.data$x, .data$y)) + ggplot2::geom_raster(fill = grid$shade)
  if (!is.null(borders)) plot <- plot + ggplot2::geom_path(ggplot2::aes(group = .data$line), data = borders, colour = palette_of$ink, linewidth = 0.5)
  plot <- if (is.null(picture$code)) {
    # Points that are nowhere, for the legend.
    plot + ggplot2::geom_point(data = points, colour = palette_of$muted, na.rm = TRUE) +
      ggplot2::geom_point(
        ggplot2::aes(fill = .data$class, shape = .data$class),
        data = transform(grid[rep(1L, k), ], class = class_of_code(seq_len(k))), colour = NA, size = 0
      )
  } else {
    points$class <- class_of_code(picture$code)
    plot + ggplot2::geom_point(ggplot2::aes(fill = .data$class, shape = .data$class), data = points, colour = palette_of$paper, size = 2, na.rm = TRUE)
  }
  if (!is.null(names)) {
    plot <- plot + ggplot2::geom_label(
      ggplot2::aes(.data$x, .data$y, label = .data$text),
      data = names, fill = faded(palette_of$paper, 0.85), colour = palette_of$ink, size = 2.9, label.size = 0, label.padding = ggplot2::unit(0.1, "lines")
    )
  }
  legend <- gg_legend(picture$classes, override.aes = list(size = 2.2, colour = palette_of$paper))
  plot +
    ggplot2::scale_fill_manual(values = stats::setNames(class_colours(k), picture$classes), drop = FALSE, guide = legend) +
    ggplot2::scale_shape_manual(values = stats::setNames(class_symbols(k), picture$classes), drop = FALSE, guide = gg_legend(picture$classes)) +
    ggplot2::labs(fill = NULL, shape = NULL)
}

gg_curve <- function(picture) {
  k <- ncol(picture$value)
  observed <- if (k == 1L || is.null(picture$classes)) picture$observed
  long <- function(x, values, outputs) {
    data.frame(x = rep(x, ncol(values)), y = as.double(values), output = factor(rep(outputs, each = nrow(values)), picture$outputs))
  }
  curves <- long(picture$span[[1L]], picture$value, picture$outputs)
  plot <- ggplot2::ggplot(curves, ggplot2::aes(.data$x, .data$y, colour = .data$output, linetype = .data$output))
  if (!is.null(observed)) {
    several <- ncol(observed) > 1L
    points <- long(picture$points[[1L]], observed, picture$outputs[seq_len(ncol(observed))])
    plot <- plot + (if (several) {
      ggplot2::geom_point(ggplot2::aes(shape = .data$output, fill = .data$output), data = points, alpha = 0.5, colour = palette_of$paper, na.rm = TRUE)
    } else {
      ggplot2::geom_point(data = points, colour = gg_inks()$muted, alpha = 0.5, show.legend = FALSE, na.rm = TRUE)
    })
  }
  legend <- if (k == 1L) "none" else gg_legend(picture$outputs)
  plot + ggplot2::geom_line(linewidth = 0.9) +
    ggplot2::scale_colour_manual(values = class_colours(k), guide = legend) +
    ggplot2::scale_linetype_manual(values = class_lines(k), guide = legend) +
    ggplot2::scale_shape_manual(values = class_symbols(k), guide = "none") +
    ggplot2::scale_fill_manual(values = class_colours(k), guide = "none") +
    ggplot2::labs(y = picture$label, colour = NULL, linetype = NULL)
}
