# The pictures of plot() with ggplot2, which is only needed when they are asked for.

#' Pictures with ggplot2
#'
#' The pictures of [plot.nn_fit()] and of [nn_activation()] as ggplot objects, to which layers, scales and themes can be added.
#'
#' @inheritParams plot.nn_fit
#' @param object A model from [nn_train()], or what [nn_activation()] returns.
#' @param ... Not used.
#' @return A ggplot object.
#' @section Errors:
#' As [plot.nn_fit()].
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' fit <- nn_train(Species ~ ., data = iris, preset = "textbook",
#'                 hidden = 4, activation = "tanh", epochs = 200, seed = 1)
#' ggplot2::autoplot(fit)
#' ggplot2::autoplot(fit, type = "network")
#' ggplot2::autoplot(fit, type = "boundary", inputs = c("Petal.Length", "Petal.Width"), data = iris)
#' ggplot2::autoplot(nn_activation(c("sigmoid", "tanh")))
#' @name autoplot
NULL

#' @rdname autoplot
#' @exportS3Method ggplot2::autoplot
autoplot.nn_fit <- function(object, type = "loss", ..., log = FALSE, data = NULL, inputs = NULL, at = NULL, layer = NULL,
                            max_units = 16, max_rows = 60, label_weights = NULL, main = NULL) {
  call <- quote(autoplot())
  refuse_dots(..., known = setdiff(names(formals(autoplot.nn_fit)), "..."), call = call)
  object <- validate_fit(object, "object", call, ensembles = TRUE)
  check_choice(type, "type", picture_types, call)
  check_type_of_ensemble(object, type, "object", call)
  check_flag(log, "log", call)
  check_title(main, call)
  picture <- picture_of(object, type, data, inputs, at, layer, max_units, max_rows, call, label_weights)
  switch(type,
    loss = gg_loss(picture, log, main),
    network = gg_network(picture, main),
    weights = gg_tables(picture, main),
    boundary = gg_boundary(picture, main),
    activations = gg_tables(picture, main),
    history = gg_history(picture, main)
  )
}

#' @rdname autoplot
#' @exportS3Method ggplot2::autoplot
autoplot.nn_activation <- function(object, ...) {
  points <- activation_curves(object)
  names <- unique(points$activation)
  points$activation <- factor(points$activation, names)
  shown <- do.call(rbind, lapply(names, function(name) activation_pieces(points[points$activation == name, ])))
  several <- length(names) > 1L
  ggplot2::ggplot(shown, ggplot2::aes(.data$z, .data$y, colour = .data$curve, linetype = .data$curve, group = interaction(.data$curve, .data$piece))) +
    ggplot2::geom_hline(yintercept = 0, colour = gg_inks()$rule) +
    ggplot2::geom_vline(xintercept = 0, colour = gg_inks()$rule) +
    ggplot2::geom_line(linewidth = 0.8, na.rm = TRUE) +
    (if (several) ggplot2::facet_wrap(ggplot2::vars(.data$activation), scales = "free_y", ncol = activation_columns(length(names)))) +
    ggplot2::scale_colour_manual(values = c(value = palette_of$positive, derivative = palette_of$negative)) +
    ggplot2::scale_linetype_manual(values = c(value = 1, derivative = 2)) +
    ggplot2::labs(title = gg_title(NULL, activation_title(names)), y = NULL, colour = NULL, linetype = NULL) +
    gg_theme()
}

#' @importFrom rlang .data
NULL

# Inches to draw on, as far as is known: those of the device that is open.
gg_size <- function() if (grDevices::dev.cur() > 1L) grDevices::dev.size() else c(7, 5)

# Columns of a legend, whose keys are so wide.
gg_columns <- function(labels, key = 0.4) max(1L, min(length(labels), as.integer((gg_size()[1L] - 0.4) / (key + 0.09 * max(nchar(labels))))))

gg_legend <- function(labels, ...) ggplot2::guide_legend(ncol = gg_columns(labels), byrow = TRUE, ...)

# Names along an axis, on lines of a third of the width.
gg_names <- function(names) gg_wrap(names, max(8, 0.33 * gg_size()[1L] / 0.075))

# The theme that the user has set; where none is, a plain one. In any case titles begin where the picture does, and legends stand outside of the panel.
gg_theme <- function() {
  plain <- if (is_plain_theme()) ggplot2::theme_minimal()
  list(plain, ggplot2::theme(
    panel.grid.minor = ggplot2::element_blank(), legend.position = "top", legend.justification = if (gg_size()[1L] < 4.5) "right" else "left", legend.margin = ggplot2::margin(0, 0, 0, 0),
    legend.key.height = ggplot2::unit(0.9, "lines"), strip.clip = if (utils::packageVersion("ggplot2") >= "3.4.0") "off", plot.title.position = "plot", plot.subtitle = ggplot2::element_text(size = ggplot2::rel(0.85))
  ))
}

is_plain_theme <- function() isTRUE(all.equal(ggplot2::theme_get(), ggplot2::theme_grey()))

# Ink and paper of the theme.
gg_inks <- function() {
  theme <- if (is_plain_theme()) ggplot2::theme_minimal() else ggplot2::theme_get()
  part <- function(element, what, absent) {
    found <- ggplot2::calc_element(element, theme)[[what]]
    if (is.null(found) || is.na(found)) absent else found
  }
  inks_of(part("text", "colour", palette_of$ink), part("panel.background", "fill", part("plot.background", "fill", palette_of$paper)))
}

# A title, or names, on lines of so many characters.
gg_wrap <- function(text, width) {
  if (!is.character(text)) {
    return(text)
  }
  vapply(text, wrap_text, "", width = width, cex = 1, measure = function(text, cex) nchar(text), USE.NAMES = FALSE)
}

gg_note <- function(note) if (!is.null(note)) gg_wrap(note, (gg_size()[1L] - 0.2) / 0.085)

gg_title <- function(main, own) gg_wrap(if (is.null(main)) own else main, (gg_size()[1L] - 0.2) / 0.1)

gg_loss <- function(picture, log, main) {
  history <- picture$history
  long <- rbind(
    data.frame(epoch = history$epoch, loss = history$loss, rows = "training"),
    data.frame(epoch = history$epoch, loss = history$validation_loss, rows = "validation")
  )
  long <- long[!is.na(long$loss), ]
  if (log) long <- long[long$loss > 0, ]
  validated <- length(unique(long$rows)) > 1L
  guide <- if (validated) "legend" else "none"
  draw <- if (nrow(history) > 1L) ggplot2::geom_line(linewidth = 0.8) else ggplot2::geom_point()
  plot <- ggplot2::ggplot(long, ggplot2::aes(.data$epoch, .data$loss, colour = .data$rows, linetype = .data$rows)) +
    draw +
    ggplot2::scale_colour_manual(values = c(training = palette_of$positive, validation = palette_of$negative), guide = guide) +
    ggplot2::scale_linetype_manual(values = c(training = 1, validation = 2), guide = guide) +
    ggplot2::labs(title = gg_title(main, picture$title), subtitle = gg_note(picture$note), y = picture$label, colour = NULL, linetype = NULL) +
    gg_theme()
  if (log) plot + ggplot2::scale_y_log10() else plot
}

gg_network <- function(picture, main) {
  inks <- gg_inks()
  layout <- network_layout(picture, gg_size(), 0.6, 0.2, measure = gg_inches)
  edges <- layout$edges
  look <- edge_look(edges$weight)
  edges$sign <- ifelse(look$line == 1L, "positive", "negative")
  edges$shown <- mapply(faded, ifelse(is.na(edges$weight), inks$muted, look$colour), look$opacity)
  edges$wide <- look$width / 2.13
  edges <- edges[order(abs(edges$weight), na.last = FALSE), ]
  signs <- signs_shown(edges)
  nodes <- layout$nodes
  circles <- nodes[nodes$kind %in% names(unit_hues), ]
  circles$fill <- unit_fills(circles$kind, inks)
  gap <- nodes[nodes$kind == "ellipsis", ]
  on_side <- function(kind) circles$y[circles$kind == kind]
  names_of <- function(kind) layout[[kind]]$text[match(circles$unit[circles$kind == kind], layout[[kind]]$unit)]
  plot <- ggplot2::ggplot() +
    ggplot2::geom_segment(
      ggplot2::aes(x = .data$x0, y = .data$y0, xend = .data$x1, yend = .data$y1, linetype = .data$sign),
      data = edges, colour = edges$shown, linewidth = edges$wide,
      key_glyph = "path"
    )
  if (!is.null(layout$labels)) {
    plot <- plot + ggplot2::geom_label(
      ggplot2::aes(.data$x, .data$y, label = .data$text),
      data = layout$labels, size = 2.6, colour = sign_inks(layout$labels$weight, inks), fill = faded(inks$paper, 0.85), label.size = 0,
      label.padding = ggplot2::unit(0.08, "lines")
    )
  }
  inside <- nodes[nodes$inside, ]
  plot +
    ggplot2::geom_point(ggplot2::aes(.data$x, .data$y), data = circles, shape = 21, size = 64 * layout$radius, fill = circles$fill, colour = inks$ink) +
    ggplot2::geom_point(ggplot2::aes(.data$x, .data$y), data = nodes[nodes$kind == "bias", ], shape = 22, size = 42 * layout$radius, fill = inks$paper, colour = inks$muted) +
    ggplot2::geom_text(ggplot2::aes(.data$x, .data$y), data = gap, label = "...", angle = 90, colour = inks$muted) +
    ggplot2::geom_text(ggplot2::aes(.data$x, .data$y, label = .data$label), data = inside, size = 3.85 * layout$inside_cex, colour = inks$ink) +
    ggplot2::scale_linetype_manual(
      values = c(positive = 1, negative = 2), breaks = signs$sign, labels = signs$label,
      guide = if (nrow(signs) == 0L) "none" else ggplot2::guide_legend(ncol = gg_columns(signs$label, 0.7), override.aes = list(colour = signs$colour, linewidth = 0.8, linetype = signs$line))
    ) +
    ggplot2::scale_x_continuous(breaks = layout$captions$x, labels = layout$captions$text, expand = ggplot2::expansion(add = 0.3)) +
    ggplot2::scale_y_continuous(
      limits = range(nodes$y, layout$bottom, gg_size()[2L] - 0.6), breaks = on_side("input"), labels = names_of("input"), sec.axis = ggplot2::dup_axis(breaks = on_side("output"), labels = names_of("output"), name = NULL)
    ) +
    ggplot2::coord_cartesian(clip = "off") +
    ggplot2::labs(title = gg_title(main, picture$title), subtitle = gg_note(network_note(picture)), x = NULL, y = NULL, linetype = NULL) +
    gg_theme() +
    ggplot2::theme(
      panel.grid = ggplot2::element_blank(), axis.ticks = ggplot2::element_blank(), legend.key.width = ggplot2::unit(2, "lines"),
      axis.text.x = ggplot2::element_text(size = ggplot2::rel(layout$captions$cex / 0.85)),
      axis.text.y = ggplot2::element_text(size = ggplot2::rel(layout$input$cex / 0.8)), axis.text.y.right = ggplot2::element_text(size = ggplot2::rel(layout$output$cex / 0.8))
    )
}

# Inches that texts take, as if all letters had one width.
gg_inches <- function(text, cex) 0.09 * cex * vapply(strsplit(as.character(text), "\n", fixed = TRUE), function(lines) max(0L, nchar(lines)), 0)

gg_tables <- function(picture, main) {
  # Rows of one panel may have names that another panel lacks (rows of data are named once).
  names <- rownames(picture$panels[[1L]]$values)
  titles <- panel_titles(picture$panels)
  cells <- do.call(rbind, lapply(seq_along(picture$panels), function(i) {
    values <- picture$panels[[i]]$values
    rows <- if (is.null(rownames(values))) names else rownames(values)
    if (is.null(rows)) rows <- as.character(seq_len(nrow(values)))
    data.frame(
      panel = titles[i], row = rep(paste(rows), ncol(values)), order = rep(seq_len(nrow(values)), ncol(values)),
      unit = rep(colnames(values), each = nrow(values)), at = rep(seq_len(ncol(values)), each = nrow(values)), value = as.double(values),
      colour = colour_of(as.double(values), picture$range, picture$colours)
    )
  }))
  size <- gg_size()
  k <- length(titles)
  across <- size[1L] / ceiling(k / rows_of_panels(k))
  cells$panel <- factor(cells$panel, titles)
  cells$row <- factor(cells$row, rev(unique(cells$row[order(cells$row == "bias", cells$panel, cells$order)])))
  cells$unit <- factor(cells$unit, unique(cells$unit[order(cells$panel, cells$at)]))
  widest <- max(vapply(picture$panels, function(panel) ncol(panel$values), 0L))
  highest <- max(vapply(picture$panels, function(panel) nrow(panel$values), 0L)) * rows_of_panels(k)
  # The numbers, where cells have room for them; else what is negative has a mark, which is seen without colours too.
  room <- c(0.75 * across / widest, 0.7 * size[2L] / highest)
  text <- if (room[1L] > 0.42 && room[2L] > 0.14) cell_numbers(cells$value) else if (room[1L] > 0.1 && room[2L] > 0.12) ifelse(cells$value < 0, "-", "")
  # Of names that have no room the first and the last.
  ends <- function(most) function(names) if (length(names) <= most) names else names[c(1L, length(names))]
  plot <- ggplot2::ggplot(cells, ggplot2::aes(.data$unit, .data$row, fill = .data$value)) +
    ggplot2::geom_tile(colour = if (nrow(cells) <= 400L) gg_inks()$paper else NA)
  if (!is.null(text)) plot <- plot + ggplot2::geom_text(ggplot2::aes(label = text), colour = unname(ink_on(cells$colour)), size = 2.7)
  ruled <- vapply(picture$panels, function(panel) length(panel$ruled) > 0L && panel$ruled > 0L, NA)
  if (any(ruled)) {
    # Biases are the lowest row.
    plot <- plot + ggplot2::geom_hline(ggplot2::aes(yintercept = 1.5), data = data.frame(panel = factor(titles[ruled], titles)), colour = gg_inks()$ink, linewidth = 0.6)
  }
  shared <- k > 1L && is.null(rownames(picture$panels[[2L]]$values))
  all_rows <- levels(cells$row)
  rows <- fit_rows(all_rows, 0.35 * across, room[2L], 0.2, 0.8, measure = gg_inches)
  plot +
    ggplot2::facet_wrap(ggplot2::vars(.data$panel), scales = if (shared) "free_x" else "free", nrow = rows_of_panels(k), labeller = gg_labeller(across)) +
    ggplot2::scale_x_discrete(breaks = ends(max(2, 0.75 * across / 0.16)), labels = function(names) gg_wrap(names, 24)) +
    ggplot2::scale_y_discrete(breaks = ends(40L), labels = function(names) rows$text[match(names, all_rows)]) +
    ggplot2::scale_fill_gradientn(colours = picture$colours, limits = picture$range) +
    ggplot2::labs(title = gg_title(main, picture$title), subtitle = gg_note(picture$note), x = NULL, y = NULL, fill = NULL) +
    gg_theme() +
    ggplot2::theme(
      panel.grid = ggplot2::element_blank(), legend.position = "right", legend.key.height = ggplot2::unit(1.5, "lines"),
      axis.text.x = ggplot2::element_text(angle = 45, hjust = 1), axis.text.y = ggplot2::element_text(size = ggplot2::rel(rows$cex / 0.8))
    )
}

# Titles of panels, on lines that fit into so many inches.
gg_labeller <- function(across) ggplot2::as_labeller(function(titles) gg_wrap(titles, max(6, 0.6 * across / 0.08)))

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
    ggplot2::geom_point(ggplot2::aes(fill = .data$observed), data = points, shape = 21, colour = palette_of$ink) +
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
    plot + ggplot2::geom_point(data = points, colour = palette_of$muted) +
      ggplot2::geom_point(ggplot2::aes(fill = .data$class, shape = .data$class), data = transform(grid[rep(1L, k), ], class = class_of_code(seq_len(k))), colour = NA, size = 0)
  } else {
    points$class <- class_of_code(picture$code)
    plot + ggplot2::geom_point(ggplot2::aes(fill = .data$class, shape = .data$class), data = points, colour = palette_of$paper, size = 2)
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
  plot <- ggplot2::ggplot(long(picture$span[[1L]], picture$value, picture$outputs), ggplot2::aes(.data$x, .data$y, colour = .data$output, linetype = .data$output))
  if (!is.null(observed)) {
    several <- ncol(observed) > 1L
    points <- long(picture$points[[1L]], observed, picture$outputs[seq_len(ncol(observed))])
    plot <- plot + (if (several) {
      ggplot2::geom_point(ggplot2::aes(shape = .data$output, fill = .data$output), data = points, alpha = 0.5, colour = palette_of$paper)
    } else {
      ggplot2::geom_point(data = points, colour = gg_inks()$muted, alpha = 0.5, show.legend = FALSE)
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

gg_history <- function(picture, main) {
  epochs <- picture$epochs
  titles <- panel_titles(picture$panels)
  long <- do.call(rbind, lapply(seq_along(titles), function(i) {
    panel <- picture$panels[[i]]
    of_kind <- function(values, kind) {
      data.frame(
        epoch = rep(epochs, ncol(values)), value = as.double(values), kind = rep(kind, length(values)),
        line = paste(rep(titles[i], length(values)), kind, rep(seq_len(ncol(values)), each = length(epochs))), panel = rep(titles[i], length(values))
      )
    }
    rbind(of_kind(panel$weights, "weights"), of_kind(panel$biases, "biases"))
  }))
  long$panel <- factor(long$panel, titles)
  long$kind <- factor(long$kind, c("weights", "biases"))
  k <- length(titles)
  ggplot2::ggplot(long, ggplot2::aes(.data$epoch, .data$value, group = .data$line, colour = .data$kind, linetype = .data$kind)) +
    ggplot2::geom_hline(yintercept = 0, colour = gg_inks()$rule) +
    ggplot2::geom_line(alpha = history_opacity(picture)) +
    ggplot2::facet_wrap(ggplot2::vars(.data$panel), scales = "free_y", ncol = min(k, 2L), labeller = gg_labeller(gg_size()[1L] / min(k, 2L))) +
    ggplot2::scale_colour_manual(values = c(weights = palette_of$positive, biases = palette_of$negative)) +
    ggplot2::scale_linetype_manual(values = c(weights = 1, biases = 2)) +
    ggplot2::labs(title = gg_title(main, picture$title), subtitle = gg_note(picture$note), y = "weight", colour = NULL, linetype = NULL) +
    gg_theme()
}
