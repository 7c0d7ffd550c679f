# The network with ggplot2, by the layout that plot() has.

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
      data = edges, colour = edges$shown, linewidth = edges$wide, key_glyph = "path"
    )
  if (!is.null(layout$labels)) {
    plot <- plot + ggplot2::geom_label(
      ggplot2::aes(.data$x, .data$y, label = .data$text),
      data = layout$labels, size = 2.6, colour = sign_inks(layout$labels$weight, inks), fill = faded(inks$paper, 0.85), label.size = 0,
      label.padding = ggplot2::unit(0.08, "lines")
    )
  }
  inside <- nodes[nodes$inside, ]
  bias <- nodes[nodes$kind == "bias", ]
  guide <- if (nrow(signs) == 0L) {
    "none"
  } else {
    ggplot2::guide_legend(ncol = gg_columns(signs$label, 0.7), override.aes = list(colour = signs$colour, linewidth = 0.8, linetype = signs$line))
  }
  plot +
    ggplot2::geom_point(ggplot2::aes(.data$x, .data$y), data = circles, shape = 21, size = 64 * layout$radius, fill = circles$fill, colour = inks$ink) +
    ggplot2::geom_point(ggplot2::aes(.data$x, .data$y), data = bias, shape = 22, size = 42 * layout$radius, fill = inks$paper, colour = inks$muted) +
    ggplot2::geom_text(ggplot2::aes(.data$x, .data$y), data = gap, label = "...", angle = 90, colour = inks$muted) +
    ggplot2::geom_text(ggplot2::aes(.data$x, .data$y, label = .data$label), data = inside, size = 3.85 * layout$inside_cex, colour = inks$ink) +
    ggplot2::scale_linetype_manual(values = c(positive = 1, negative = 2), breaks = signs$sign, labels = signs$label, guide = guide) +
    ggplot2::scale_x_continuous(breaks = layout$captions$x, labels = layout$captions$text, expand = ggplot2::expansion(add = 0.3)) +
    ggplot2::scale_y_continuous(
      limits = range(nodes$y, layout$bottom, gg_size()[2L] - 0.6), breaks = on_side("input"), labels = names_of("input"),
      sec.axis = ggplot2::dup_axis(breaks = on_side("output"), labels = names_of("output"), name = NULL)
    ) +
    ggplot2::coord_cartesian(clip = "off") +
    ggplot2::labs(title = gg_title(main, picture$title), subtitle = gg_note(network_note(picture)), x = NULL, y = NULL, linetype = NULL) +
    gg_theme() +
    ggplot2::theme(
      panel.grid = ggplot2::element_blank(), axis.ticks = ggplot2::element_blank(), legend.key.width = ggplot2::unit(2, "lines"),
      axis.text.x = ggplot2::element_text(size = ggplot2::rel(layout$captions$cex / 0.85)),
      axis.text.y = ggplot2::element_text(size = ggplot2::rel(layout$input$cex / 0.8)),
      axis.text.y.right = ggplot2::element_text(size = ggplot2::rel(layout$output$cex / 0.8))
    )
}
