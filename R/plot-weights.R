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
  biased <- any(lengths(fit$biases[layers]) > 0L)
  when <- if (fit$epochs_done > 0) paste("after", count_text(fit$epochs_done, "epoch")) else "before training"
  list(
    panels = panels, range = c(-largest, largest), colours = diverging_colours(), title = paste(c("Weights", if (biased) "and biases", when), collapse = " "),
    note = "rows: from which unit; columns: to which unit"
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

# Names of panels must differ.
panel_titles <- function(panels) make.unique(vapply(panels, function(panel) panel$title, ""))

# More than three panels stand in rows.
rows_of_panels <- function(k) if (k <= 3L) 1L else if (k <= 8L) 2L else ceiling(k / 4)

draw_tables <- function(picture, main) {
  figure <- start_figure(setting(main, picture$title), picture$note)
  on.exit(graphics::par(figure$kept))
  line <- figure$line
  panels <- picture$panels
  k <- length(panels)
  rows <- rows_of_panels(k)
  per_row <- ceiling(k / rows)
  scale <- 1.9 * line + max(text_inches(format_short(picture$range), 0.72))
  width <- figure$size[1L] - scale - 0.5 * line
  height <- (figure$size[2L] - figure$top - 0.3 * line) / rows
  place_panel(figure, 0.3 * line, 0.5 * line, scale)
  graphics::plot.new()
  # From here on a unit is an inch, from the lower left of the panel.
  graphics::plot.window(c(0, width), c(0, rows * height), xaxs = "i", yaxs = "i")
  for (row in seq_len(rows)) {
    own <- panels[seq_len(k) > (row - 1L) * per_row & seq_len(k) <= row * per_row]
    draw_row_of_tables(own, (rows - row) * height, height, width, picture, figure)
  }
  draw_table_scale(picture, width, rows * height, figure)
  finish_figure(figure)
}

# Panels side by side, each with the names of its rows at its left; wide ones get more room.
draw_row_of_tables <- function(panels, bottom, height, width, picture, figure) {
  line <- figure$line
  share <- pmax(sqrt(vapply(panels, function(panel) ncol(panel$values), 0)), 1.4)
  labels <- lapply(panels, function(panel) {
    names <- rownames(panel$values)
    slot <- (height - 3.2 * line) / nrow(panel$values)
    cex <- min(0.72, 0.95 * slot / line)
    # Names that would be too small to read are not drawn.
    if (is.null(names) || cex < 0.35) {
      return(NULL)
    }
    fit_rows(names, min(0.34, 0.5 / length(panels)) * width, slot, line, cex)
  })
  room <- vapply(labels, function(part) if (is.null(part)) 0.1 * line else max(text_inches(part$text, part$cex)) + 0.4 * line, 0)
  free <- max(0.2 * width, width - sum(room) - 0.5 * line * (length(panels) - 1L))
  wide <- free * share / sum(share)
  titles <- fit_text(vapply(panels, function(panel) panel$title, ""), wide + 0.6 * room, 0.83, smallest = 0.5, lines = 2L)
  names_below <- lapply(seq_along(panels), function(i) fit_column_names(colnames(panels[[i]]$values), wide[i], 0.3 * height, line))
  head <- (max(count_each(titles$text)) * titles$cex + 0.4) * line
  foot <- max(vapply(names_below, function(part) part$height, 0)) + 0.35 * line
  left <- 0
  for (i in seq_along(panels)) {
    left <- left + room[i]
    at <- list(left = left, right = left + wide[i], top = bottom + height - head, bottom = bottom + foot)
    draw_table(panels[[i]], at, labels[[i]], names_below[[i]], picture, figure)
    graphics::text((at$left + at$right) / 2, at$top + 0.2 * line, titles$text[i], adj = c(0.5, 0), cex = titles$cex, col = figure$inks$ink, xpd = NA)
    left <- left + wide[i] + 0.5 * line
  }
}

# Names below columns: side by side, upright, or only the first and the last, which tell the direction.
fit_column_names <- function(names, width, height, line, measure = text_inches) {
  k <- length(names)
  if (k == 0L) {
    return(list(text = character(), height = 0))
  }
  slot <- width / k
  cex <- 0.72
  if (max(measure(names, cex)) < 0.95 * slot) {
    return(list(text = names, at = seq_len(k) - 0.5, cex = cex, upright = FALSE, adj = 0.5, height = cex * line))
  }
  if (slot >= 0.5 * line) {
    largest <- min(cex, 0.95 * slot / line)
    upright <- fit_text(names, height, largest, smallest = min(largest, 0.5), lines = max(1L, floor(slot / line / cex)), measure = measure)
    return(c(upright, list(at = seq_len(k) - 0.5, upright = TRUE, height = max(measure(upright$text, upright$cex)))))
  }
  ends <- fit_text(names[c(1L, k)], 0.48 * width, cex, smallest = 0.4, measure = measure, lines = 2L)
  c(ends, list(at = c(0, k), upright = FALSE, adj = c(0, 1), height = max(count_each(ends$text)) * ends$cex * line))
}

draw_table <- function(panel, at, labels, names_below, picture, figure) {
  values <- panel$values
  n <- nrow(values)
  k <- ncol(values)
  colours <- colour_of(values, picture$range, picture$colours)
  x <- seq(at$left, at$right, length.out = k + 1L)
  y <- seq(at$top, at$bottom, length.out = n + 1L)
  if (n * k <= 4000L) {
    cells <- expand.grid(i = seq_len(n), j = seq_len(k))
    border <- if (n * k <= 400L) figure$inks$paper else NA
    graphics::rect(x[cells$j], y[cells$i + 1L], x[cells$j + 1L], y[cells$i], col = colours, border = border)
  } else {
    graphics::rasterImage(matrix(colours, n, k), at$left, at$bottom, at$right, at$top, interpolate = FALSE)
  }
  if (!is.null(panel$ruled) && panel$ruled > 0L) {
    graphics::segments(at$left, y[panel$ruled + 1L], at$right, y[panel$ruled + 1L], col = figure$inks$ink, lwd = 1.5)
  }
  draw_numbers(values, colours, x, y)
  muted <- figure$inks$muted
  if (!is.null(labels)) {
    graphics::text(at$left - 0.2 * figure$line, (y[-1L] + y[-(n + 1L)]) / 2, labels$text, adj = c(1, 0.5), cex = labels$cex, col = muted, xpd = NA)
  }
  if (length(names_below$text) == 0L) {
    return(invisible())
  }
  place <- at$left + names_below$at / k * (at$right - at$left)
  for (i in seq_along(place)) {
    upright <- names_below$upright
    adj <- if (upright) c(1, 0.5) else c(rep_len(names_below$adj, length(place))[i], 1)
    graphics::text(
      place[i], at$bottom - 0.2 * figure$line, names_below$text[i],
      adj = adj, srt = if (upright) 90 else 0, cex = names_below$cex, col = muted, xpd = NA
    )
  }
}

# The numbers, where all cells have room for them; else a mark in those that are negative, which is seen without colours too.
draw_numbers <- function(values, colours, x, y) {
  cell <- c(x[2L] - x[1L], y[1L] - y[2L])
  cex <- 0.72
  fits <- function(text, cex) {
    cell[1L] > max(graphics::strwidth(text, cex = cex)) * 1.15 && cell[2L] > graphics::strheight("0", cex = cex) * 1.6
  }
  text <- matrix(cell_numbers(values), nrow(values))
  for (size in c(cex, 0.6, 0.5)) {
    if (fits(text, size)) break
  }
  if (!fits(text, size)) {
    if (!fits("--", cex)) {
      return(invisible())
    }
    text[] <- ifelse(values < 0, "-", "")
    size <- cex
  }
  middle <- function(edges) (edges[-1L] + edges[-length(edges)]) / 2
  at <- expand.grid(y = middle(y), x = middle(x))
  graphics::text(at$x, at$y, text, cex = size, col = ink_on(colours))
}

cell_numbers <- function(values) formatC(round(values, 2L) + 0, digits = 2L, format = "f")

# The scale at the right of the panel.
draw_table_scale <- function(picture, width, height, figure) {
  line <- figure$line
  x <- width + c(0.6, 1.1) * line
  y <- height * c(0.2, 0.8)
  graphics::rasterImage(matrix(rev(picture$colours), ncol = 1L), x[1L], y[1L], x[2L], y[2L], interpolate = FALSE, xpd = NA)
  ends <- c(picture$range, mean(picture$range))
  graphics::text(x[2L] + 0.2 * line, c(y, mean(y)), format_short(ends), adj = c(0, 0.5), cex = 0.72, col = figure$inks$muted, xpd = NA)
}
