# Tables of weights and activations with ggplot2.

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
  text <- if (room[1L] > 0.42 && room[2L] > 0.14) {
    cell_numbers(cells$value)
  } else if (room[1L] > 0.1 && room[2L] > 0.12) {
    ifelse(cells$value < 0, "-", "")
  }
  # Of names that have no room the first and the last.
  ends <- function(most) function(names) if (length(names) <= most) names else names[c(1L, length(names))]
  plot <- ggplot2::ggplot(cells, ggplot2::aes(.data$unit, .data$row, fill = .data$value)) +
    ggplot2::geom_tile(colour = if (nrow(cells) <= 400L) gg_inks()$paper else NA)
  if (!is.null(text)) plot <- plot + ggplot2::geom_text(ggplot2::aes(label = text), colour = unname(ink_on(cells$colour)), size = 2.7)
  ruled <- vapply(picture$panels, function(panel) length(panel$ruled) > 0L && panel$ruled > 0L, NA)
  if (any(ruled)) {
    # Biases are the lowest row.
    below <- data.frame(panel = factor(titles[ruled], titles))
    plot <- plot + ggplot2::geom_hline(ggplot2::aes(yintercept = 1.5), data = below, colour = gg_inks()$ink, linewidth = 0.6)
  }
  shared <- k > 1L && is.null(rownames(picture$panels[[2L]]$values))
  # The names that are drawn, and the room between them where there are most.
  each <- split(as.character(cells$row), cells$panel)
  each <- lapply(each, function(names) if (length(unique(names)) <= 40L) unique(names))
  all_rows <- unique(unlist(each))
  rows <- fit_rows(all_rows, 0.35 * across, 0.7 * size[2L] / rows_of_panels(k) / max(lengths(each), 1L), 0.2, 0.8, measure = gg_inches)
  plot +
    ggplot2::facet_wrap(ggplot2::vars(.data$panel), scales = if (shared) "free_x" else "free", nrow = rows_of_panels(k), labeller = gg_labeller(across)) +
    ggplot2::scale_x_discrete(breaks = ends(max(2, 0.75 * across / 0.16)), labels = function(names) gg_wrap(names, 24)) +
    ggplot2::scale_y_discrete(breaks = ends(40L), labels = function(names) ifelse(names %in% all_rows, rows$text[match(names, all_rows)], names)) +
    ggplot2::scale_fill_gradientn(colours = picture$colours, limits = picture$range) +
    ggplot2::labs(title = gg_title(main, picture$title), subtitle = gg_note(picture$note), x = NULL, y = NULL, fill = NULL) +
    gg_theme() +
    ggplot2::theme(
      panel.grid = ggplot2::element_blank(), legend.position = "right", legend.key.height = ggplot2::unit(1.5, "lines"),
      axis.text.x = ggplot2::element_text(angle = 45, hjust = 1), axis.text.y = ggplot2::element_text(size = ggplot2::rel(rows$cex / 0.8))
    )
}
