# Tables of colours: each layer's weights, and each layer's activations, as panels side by side.

# Panels, each a matrix with names; `colours` and `range` are shared, so that panels can be compared.
weights_picture <- function(fit, layers) {
  names <- names_of_units(fit)
  titles <- layer_names(fit)
  panels <- lapply(layers, function(l) {
    values <- table_of_layer(fit, l, names)
    list(values = values, title = titles[l], ruled = if ("bias" %in% rownames(values)) nrow(values) - 1L)
  })
  # Layers without parameters have no table.
  panels <- Filter(function(panel) length(panel$values) > 0L, panels)
  if (length(panels) == 0L) {
    stop_argument("layer", "layers that have parameters", layers, call = quote(plot()))
  }
  largest <- max(abs(unlist(lapply(panels, function(panel) panel$values))))
  list(
    panels = panels, range = c(-largest, largest), colours = diverging_colours(), title = "Weights and biases",
    row_label = "from", column_label = "to"
  )
}

# Weights as they lie, and biases below: a row, or one for each group or member that has some. Those of a periodic embedding have no columns
# in common with its weights; coef() has them.
table_of_layer <- function(fit, l, names) {
  w <- fit$weights[[l]]
  b <- fit$biases[[l]]
  if (is.null(fit$settings[["layers"]])) {
    return(structure(rbind(w, b), dimnames = list(c(names[[l]], "bias"), names[[l + 1L]])))
  }
  label <- layer_labels(fit)[[l]]
  if (length(w) > 0L) dimnames(w) <- list(label$rows, label$columns)
  if (length(b) == 0L || length(b) %% ncol(w) != 0L) {
    return(w)
  }
  rows <- length(b) / ncol(w)
  rbind(w, matrix(b, rows, byrow = TRUE, dimnames = list(if (rows == 1L) "bias" else paste0("bias", seq_len(rows)), NULL)))
}

draw_tables <- function(picture, main) {
  kept <- open_region(if (is.null(main)) picture$title else main, mar = c(0.5, 0.5, 2.5, 0.5))
  on.exit(graphics::par(kept))
  panels <- picture$panels
  # Room for the names of each panel's rows, and for the scale at the right.
  cex <- 0.72
  label_room <- vapply(panels, function(panel) row_label_room(panel, cex), 0)
  scale_room <- max(graphics::strwidth(format_short(picture$range), cex = cex)) + 0.05
  columns <- vapply(panels, function(panel) ncol(panel$values), 0)
  share <- pmax(sqrt(columns), 1.4)
  free <- 1 - sum(label_room) - scale_room - 0.03 * length(panels)
  widths <- free * share / sum(share)
  left <- 0
  for (i in seq_along(panels)) {
    left <- left + label_room[i]
    draw_table(panels[[i]], left, left + widths[i], picture, cex)
    left <- left + widths[i] + 0.03
  }
  draw_scale(picture, 1 - scale_room + 0.01, cex)
}

row_label_room <- function(panel, cex) {
  names <- rownames(panel$values)
  if (is.null(names) || length(names) > 40L) {
    return(0.015)
  }
  max(graphics::strwidth(names, cex = cex)) + 0.025
}

table_top <- 0.9
table_bottom <- 0.09

draw_table <- function(panel, left, right, picture, cex) {
  values <- panel$values
  n <- nrow(values)
  k <- ncol(values)
  colours <- colour_of(values, picture$range, picture$colours)
  x <- seq(left, right, length.out = k + 1L)
  y <- seq(table_top, table_bottom, length.out = n + 1L)
  if (n * k <= 4000L) {
    at <- expand.grid(i = seq_len(n), j = seq_len(k))
    line <- if (n * k <= 400L) palette_of$paper else NA
    graphics::rect(x[at$j], y[at$i + 1L], x[at$j + 1L], y[at$i], col = colours, border = line)
  } else {
    graphics::rasterImage(matrix(colours, n, k), left, table_bottom, right, table_top, interpolate = FALSE)
  }
  if (!is.null(panel$ruled) && panel$ruled > 0L) {
    graphics::segments(left, y[panel$ruled + 1L], right, y[panel$ruled + 1L], col = palette_of$ink, lwd = 1.5)
  }
  draw_numbers(values, colours, x, y)
  graphics::text((left + right) / 2, table_top + 0.045, panel$title, cex = cex * 1.15, col = palette_of$ink)
  if (n <= 40L && !is.null(rownames(values))) {
    graphics::text(left - 0.008, (y[-1L] + y[-(n + 1L)]) / 2, rownames(values), adj = 1, cex = cex, col = palette_of$muted)
  }
  draw_column_names(colnames(values), x, cex)
}

# The numbers, where a cell has room for them.
draw_numbers <- function(values, colours, x, y) {
  text <- matrix(formatC(round(values, 2L) + 0, digits = 2L, format = "f"), nrow(values))
  cex <- 0.72
  fits <- abs(x[2L] - x[1L]) > max(graphics::strwidth(text, cex = cex)) * 1.15 &&
    abs(y[1L] - y[2L]) > max(graphics::strheight(text, cex = cex)) * 1.6
  if (fits) {
    middle <- function(edges) (edges[-1L] + edges[-length(edges)]) / 2
    at <- expand.grid(y = middle(y), x = middle(x))
    graphics::text(at$x, at$y, text, cex = cex, col = ink_on(colours))
  }
}

draw_column_names <- function(names, x, cex) {
  k <- length(names)
  if (k == 0L) {
    return(invisible())
  }
  middle <- (x[-1L] + x[-(k + 1L)]) / 2
  if (max(graphics::strwidth(names, cex = cex)) < (x[2L] - x[1L])) {
    graphics::text(middle, table_bottom - 0.03, names, cex = cex, col = palette_of$muted)
  } else {
    # Not all fit: the first and the last tell the direction.
    graphics::text(x[1L], table_bottom - 0.03, names[1L], adj = 0, cex = cex, col = palette_of$muted)
    graphics::text(x[k + 1L], table_bottom - 0.03, names[k], adj = 1, cex = cex, col = palette_of$muted)
  }
}

draw_scale <- function(picture, left, cex) {
  steps <- length(picture$colours)
  y <- seq(table_bottom + 0.15, table_top - 0.15, length.out = steps + 1L)
  graphics::rect(left, y[-(steps + 1L)], left + 0.02, y[-1L], col = picture$colours, border = NA)
  ends <- c(picture$range, mean(picture$range))
  graphics::text(left + 0.027, c(y[1L], y[steps + 1L], mean(range(y))), format_short(ends), adj = 0, cex = cex, col = palette_of$muted)
}
