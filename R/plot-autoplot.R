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
  points$activation <- factor(points$activation, unique(points$activation))
  long <- rbind(
    data.frame(points[c("activation", "z")], y = points$value, curve = "value"),
    data.frame(points[c("activation", "z")], y = points$derivative, curve = "derivative")
  )
  long$curve <- factor(long$curve, c("value", "derivative"))
  ggplot2::ggplot(long, ggplot2::aes(.data$z, .data$y, colour = .data$curve, linetype = .data$curve)) +
    ggplot2::geom_line(linewidth = 0.8) +
    ggplot2::facet_wrap(ggplot2::vars(.data$activation), scales = "free_y") +
    ggplot2::scale_colour_manual(values = c(palette_of$positive, palette_of$negative)) +
    ggplot2::labs(y = NULL, colour = NULL, linetype = NULL) +
    gg_theme()
}

#' @importFrom rlang .data
NULL

# Inches to draw on, as far as is known: those of the device that is open.
gg_size <- function() if (grDevices::dev.cur() > 1L) grDevices::dev.size() else c(7, 5)

# Columns of a legend, whose keys are so wide.
gg_columns <- function(labels, key = 0.4) max(1L, min(length(labels), as.integer((gg_size()[1L] - 0.4) / (key + 0.09 * max(nchar(labels))))))

# The theme that the user has set; where none is, a plain one. In any case titles begin where the picture does, and legends stand outside of the panel.
gg_theme <- function() {
  plain <- if (is_plain_theme()) ggplot2::theme_minimal()
  list(plain, ggplot2::theme(
    panel.grid.minor = ggplot2::element_blank(), legend.position = "top", legend.justification = if (gg_size()[1L] < 4.5) "right" else "left", legend.margin = ggplot2::margin(0, 0, 0, 0),
    plot.title.position = "plot", plot.subtitle = ggplot2::element_text(size = ggplot2::rel(0.85))
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

gg_title <- function(main, own) gg_wrap(if (is.null(main)) own else main, (gg_size()[1L] - 0.2) / 0.1)

gg_loss <- function(picture, log, main) {
  history <- picture$history
  long <- rbind(
    data.frame(epoch = history$epoch, loss = history$loss, rows = "training"),
    data.frame(epoch = history$epoch, loss = history$validation_loss, rows = "validation")
  )
  long <- long[!is.na(long$loss), ]
  plot <- ggplot2::ggplot(long, ggplot2::aes(.data$epoch, .data$loss, colour = .data$rows, linetype = .data$rows)) +
    ggplot2::geom_line(linewidth = 0.8) +
    ggplot2::scale_colour_manual(values = c(training = palette_of$positive, validation = palette_of$negative)) +
    ggplot2::labs(title = if (is.null(main)) "Training" else main, y = picture$label, colour = NULL, linetype = NULL) +
    gg_theme()
  if (length(unique(long$rows)) == 1L) {
    plot <- plot + ggplot2::guides(colour = "none", linetype = "none")
  }
  if (log) plot + ggplot2::scale_y_log10() else plot
}

gg_network <- function(picture, main) {
  inks <- gg_inks()
  # With letters of about one width.
  layout <- network_layout(picture, gg_size(), 0.6, 0.2, measure = function(text, cex) max_width(text) * 0.09 * cex)
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
    ggplot2::labs(title = gg_title(main, picture$title), subtitle = network_note(picture), x = NULL, y = NULL, linetype = NULL) +
    gg_theme() +
    ggplot2::theme(
      panel.grid = ggplot2::element_blank(), axis.ticks = ggplot2::element_blank(), legend.key.width = ggplot2::unit(2, "lines"),
      axis.text.x = ggplot2::element_text(size = ggplot2::rel(layout$captions$cex / 0.85)),
      axis.text.y = ggplot2::element_text(size = ggplot2::rel(layout$input$cex / 0.8)), axis.text.y.right = ggplot2::element_text(size = ggplot2::rel(layout$output$cex / 0.8))
    )
}

# Characters of the longest line of each text.
max_width <- function(text) vapply(strsplit(paste0(text, ""), "\n", fixed = TRUE), function(lines) max(0L, nchar(lines)), 0)

gg_tables <- function(picture, main) {
  # Rows of one panel may have names that another panel lacks (rows of data are named once).
  names <- rownames(picture$panels[[1L]]$values)
  crowded <- any(vapply(picture$panels, function(panel) nrow(panel$values), 0L) > 40L)
  cells <- do.call(rbind, lapply(picture$panels, function(panel) {
    values <- panel$values
    rows <- if (is.null(rownames(values))) names else rownames(values)
    if (is.null(rows)) rows <- as.character(seq_len(nrow(values)))
    data.frame(
      panel = panel$title, row = rep(paste(rows), ncol(values)), order = rep(seq_len(nrow(values)), ncol(values)),
      unit = rep(colnames(values), each = nrow(values)), at = rep(seq_len(ncol(values)), each = nrow(values)), value = as.double(values)
    )
  }))
  cells$panel <- factor(cells$panel, unique(cells$panel))
  cells$row <- factor(cells$row, rev(unique(cells$row[order(cells$row == "bias", cells$panel, cells$order)])))
  cells$unit <- factor(cells$unit, unique(cells$unit[order(cells$panel, cells$at)]))
  ggplot2::ggplot(cells, ggplot2::aes(.data$unit, .data$row, fill = .data$value)) +
    ggplot2::geom_tile(colour = if (nrow(cells) <= 400L) "white" else NA) +
    ggplot2::facet_wrap(ggplot2::vars(.data$panel), scales = "free") +
    ggplot2::scale_fill_gradientn(colours = picture$colours, limits = picture$range) +
    ggplot2::labs(title = if (is.null(main)) picture$title else main, x = picture$column_label, y = picture$row_label, fill = NULL) +
    gg_theme() +
    ggplot2::theme(
      panel.grid = ggplot2::element_blank(), legend.position = "right",
      axis.text.x = ggplot2::element_text(angle = 45, hjust = 1),
      axis.text.y = if (crowded) ggplot2::element_blank() else ggplot2::element_text()
    )
}

gg_boundary <- function(picture, main) {
  if (length(picture$axes) == 1L) {
    return(gg_curve(picture, main))
  }
  plot <- if (is.null(picture$classes)) gg_surface(picture, main) else gg_classes(picture, main)
  plot +
    ggplot2::labs(x = picture$axes[1L], y = picture$axes[2L], subtitle = held_note(picture$held)) +
    ggplot2::coord_cartesian(expand = FALSE) +
    gg_theme() +
    ggplot2::theme(legend.position = "right")
}

boundary_grid <- function(picture) expand.grid(x = picture$span[[1L]], y = picture$span[[2L]])

boundary_points <- function(picture) data.frame(x = picture$points[[1L]], y = picture$points[[2L]])

gg_surface <- function(picture, main) {
  grid <- boundary_grid(picture)
  grid$value <- picture$value[, 1L]
  points <- boundary_points(picture)
  points$observed <- if (is.null(picture$observed)) rep(NA_real_, nrow(points)) else picture$observed[, 1L]
  ggplot2::ggplot(grid, ggplot2::aes(.data$x, .data$y)) +
    ggplot2::geom_raster(ggplot2::aes(fill = .data$value)) +
    ggplot2::geom_contour(ggplot2::aes(z = .data$value), colour = "white", linewidth = 0.3) +
    ggplot2::geom_point(ggplot2::aes(fill = .data$observed), data = points, shape = 21) +
    ggplot2::scale_fill_gradientn(colours = sequential_colours(), na.value = "white") +
    ggplot2::labs(title = if (is.null(main)) paste("Prediction of", picture$title) else main, fill = NULL)
}

gg_classes <- function(picture, main) {
  shares <- as_shares(picture$value)
  k <- ncol(shares)
  best <- max.col(shares, ties.method = "first")
  class_of_code <- function(code) factor(picture$classes[code], picture$classes)
  grid <- boundary_grid(picture)
  grid$class <- class_of_code(best)
  grid$sure <- shares[cbind(seq_along(best), best)]
  points <- boundary_points(picture)
  plot <- ggplot2::ggplot(grid, ggplot2::aes(.data$x, .data$y)) +
    ggplot2::geom_raster(ggplot2::aes(fill = .data$class, alpha = .data$sure)) +
    ggplot2::scale_fill_manual(values = stats::setNames(class_colours(k), picture$classes), drop = FALSE) +
    ggplot2::scale_alpha_continuous(range = c(0.12, 0.5), limits = c(1 / k, 1), guide = "none") +
    ggplot2::labs(title = if (is.null(main)) "Classes" else main, fill = NULL, shape = NULL)
  if (is.null(picture$code)) {
    return(plot + ggplot2::geom_point(data = points, colour = palette_of$muted))
  }
  points$class <- class_of_code(picture$code)
  plot +
    ggplot2::geom_point(ggplot2::aes(fill = .data$class, shape = .data$class), data = points, colour = "white", size = 2) +
    ggplot2::scale_shape_manual(values = rep_len(c(21, 24, 22, 23, 25), k), drop = FALSE)
}

gg_curve <- function(picture, main) {
  k <- ncol(picture$value)
  labels <- colnames(picture$value)
  if (is.null(labels)) {
    labels <- if (k == 1L) "prediction" else paste0("y", seq_len(k))
  }
  curves <- data.frame(
    x = rep(picture$span[[1L]], k), y = as.double(picture$value), output = factor(rep(labels, each = nrow(picture$value)), labels)
  )
  plot <- ggplot2::ggplot(curves, ggplot2::aes(.data$x, .data$y))
  if (!is.null(picture$observed)) {
    seen <- data.frame(x = picture$points[[1L]], y = picture$observed[, 1L])
    plot <- plot + ggplot2::geom_point(data = seen, colour = palette_of$muted, alpha = 0.5)
  }
  plot +
    ggplot2::geom_line(ggplot2::aes(colour = .data$output, linetype = .data$output), linewidth = 0.9) +
    ggplot2::scale_colour_manual(values = class_colours(k)) +
    ggplot2::labs(title = if (is.null(main)) "Prediction" else main, x = picture$axes[1L], y = picture$label, colour = NULL, linetype = NULL) +
    gg_theme()
}

gg_history <- function(picture, main) {
  epochs <- picture$epochs
  long <- do.call(rbind, lapply(picture$panels, function(panel) {
    of_kind <- function(values, kind) {
      data.frame(
        epoch = rep(epochs, ncol(values)), value = as.double(values), kind = kind,
        line = paste(panel$title, kind, rep(seq_len(ncol(values)), each = length(epochs))), panel = panel$title
      )
    }
    rbind(of_kind(panel$weights, "weights"), of_kind(panel$biases, "biases"))
  }))
  long$panel <- factor(long$panel, unique(long$panel))
  long$kind <- factor(long$kind, c("weights", "biases"))
  ggplot2::ggplot(long, ggplot2::aes(.data$epoch, .data$value, group = .data$line, colour = .data$kind, linetype = .data$kind)) +
    ggplot2::geom_line(alpha = 0.8) +
    ggplot2::facet_wrap(ggplot2::vars(.data$panel), scales = "free_y") +
    ggplot2::scale_colour_manual(values = c(weights = palette_of$positive, biases = palette_of$negative)) +
    ggplot2::labs(title = if (is.null(main)) picture$title else main, y = "weight", colour = NULL, linetype = NULL) +
    gg_theme()
}
