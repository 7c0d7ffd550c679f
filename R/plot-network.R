# The network as units and connections.

# Where each unit stands and what each connection weighs. Layers stand side by side; a layer of more
# than `max_units` units shows its first and last ones around an ellipsis.
network_picture <- function(fit, max_units) {
  names <- names_of_units(fit)
  shown <- lapply(names, function(of_layer) shown_units(length(of_layer), max_units))
  tallest <- max(lengths(shown))
  nodes <- lapply(seq_along(names), function(l) layer_nodes(l, names[[l]], shown[[l]], fit))
  edges <- lapply(seq_along(fit$weights), function(l) layer_edges(l, nodes, fit))
  omitted <- sum(lengths(names)) - sum(vapply(shown, function(of_layer) sum(!is.na(of_layer)), 0))
  list(
    nodes = do.call(rbind, nodes), edges = do.call(rbind, edges), tallest = tallest, layers = length(names),
    omitted = omitted, titles = c("inputs", picture_titles(fit))
  )
}

picture_titles <- function(fit) {
  layers <- seq_along(fit$weights)
  kinds <- vapply(layers, function(l) kind_shown(fit$settings, l), "")
  activations <- c(fit$settings$activation, fit$settings$output)
  shown <- ifelse(kinds == "dense" | activations != "linear", activations, "")
  paste0(layer_names(fit), "\n", ifelse(kinds == "dense", "", paste0(kinds, ifelse(nzchar(shown), ", ", ""))), shown)
}

# What a layer is, as it stands below it.
kind_shown <- function(settings, l) {
  layer <- layer_at(settings, l)
  if (layer$kind == "members") paste(layer$count, "members") else layer$kind
}

# Numbers of the units to show; NA stands for the ellipsis.
shown_units <- function(n, max_units) {
  if (n <= max_units) {
    return(seq_len(n))
  }
  top <- ceiling((max_units - 1L) / 2)
  c(seq_len(top), NA, seq.int(n - (max_units - 1L - top) + 1L, n))
}

layer_nodes <- function(l, names, shown, fit) {
  k <- length(shown)
  # Centred, first unit on top; the layer's bias feeds the next layer and stands above.
  height <- (k + 1) / 2 - seq_len(k)
  label <- ifelse(is.na(shown), "", names[shown])
  kind <- ifelse(is.na(shown), "ellipsis", if (l == 1L) "input" else if (l == length(fit$weights) + 1L) "output" else "hidden")
  nodes <- data.frame(layer = l, unit = shown, x = l, y = height, label = label, kind = kind)
  if (l <= length(fit$weights) && length(fit$biases[[l]]) > 0L) {
    nodes <- rbind(nodes, data.frame(layer = l, unit = 0L, x = l + 0.14, y = max(height) + 0.85, label = "1", kind = "bias"))
  }
  nodes
}

layer_edges <- function(l, nodes, fit) {
  found <- connections_of(fit, l)
  to <- nodes[[l + 1L]][!nodes[[l + 1L]]$kind %in% c("ellipsis", "bias"), ]
  edges <- lapply(unique(found$from), function(place) {
    from <- nodes[[place + 1L]][nodes[[place + 1L]]$kind != "ellipsis", ]
    of_place <- found[found$from == place, ]
    of_place <- of_place[order(of_place$j, of_place$i == 0L, of_place$i), ]
    i <- match(of_place$i, from$unit)
    j <- match(of_place$j, to$unit)
    shown <- !is.na(i) & !is.na(j)
    i <- i[shown]
    j <- j[shown]
    data.frame(
      layer = rep(l, length(i)), x0 = from$x[i], y0 = from$y[i], x1 = to$x[j], y1 = to$y[j], weight = of_place$weight[shown], bias = from$kind[i] == "bias"
    )
  })
  do.call(rbind, edges)
}

draw_network <- function(picture, main) {
  half <- picture$tallest / 2
  kept <- open_region(
    if (is.null(main)) "Network" else main,
    mar = c(3, 1, 2.5, 1),
    xlim = c(0.45, picture$layers + 0.55), ylim = c(-half - 0.2, half + 0.85)
  )
  on.exit(graphics::par(kept))
  draw_edges(picture$edges, picture$largest)
  draw_nodes(picture$nodes, picture$tallest)
  graphics::mtext(picture$titles, side = 1, at = seq_len(picture$layers), line = 1.4, cex = 0.85, col = palette_of$muted)
  if (picture$omitted > 0) {
    graphics::mtext(
      sprintf("%d units not drawn", picture$omitted),
      side = 3, line = 0, adj = 1, cex = 0.75, col = palette_of$muted
    )
  }
}

# `largest`: the largest weight of all pictures that stand beside this one.
draw_edges <- function(edges, largest = NULL) {
  edges <- edges[order(abs(edges$weight), na.last = FALSE), ]
  size <- edge_size(edges$weight, largest)
  positive <- is.na(edges$weight) | edges$weight >= 0
  # With many connections the small ones step back.
  crowd <- min(1, 60 / nrow(edges))
  colours <- mapply(
    faded, ifelse(is.na(edges$weight), palette_of$muted, ifelse(positive, palette_of$positive, palette_of$negative)), pmax(0.12, crowd^0.5 * (0.35 + 0.65 * size))
  )
  graphics::segments(
    edges$x0, edges$y0, edges$x1, edges$y1,
    col = colours, lwd = (0.5 + 4 * size) * max(0.35, crowd^0.35), lty = ifelse(positive, 1, 2), lend = 1
  )
  if (nrow(edges) <= 24L) {
    draw_edge_labels(edges)
  }
}

# Connections without a weight of their own are drawn as thin ones.
edge_size <- function(weights, largest = NULL) {
  sizes <- abs(weights)
  sizes[is.na(sizes)] <- 0
  largest <- max(sizes, largest)
  if (largest > 0) sizes / largest else sizes
}

# Near the start of each connection, where those of one unit fan out: there no two labels meet.
draw_edge_labels <- function(edges) {
  edges <- edges[!is.na(edges$weight), ]
  targets <- max(table(edges$x0, edges$y0))
  at <- min(0.2, 0.85 / targets)
  x <- edges$x0 + at * (edges$x1 - edges$x0)
  y <- edges$y0 + at * (edges$y1 - edges$y0)
  text <- format_short(edges$weight)
  # Labels that would cover each other tell nothing.
  if (at < 1.1 * max(graphics::strheight(text, cex = 0.68))) {
    return(invisible())
  }
  width <- graphics::strwidth(text, cex = 0.68) * 0.55
  height <- graphics::strheight(text, cex = 0.68) * 0.8
  graphics::rect(x - width, y - height, x + width, y + height, col = faded(palette_of$paper, 0.85), border = NA)
  graphics::text(x, y, text, cex = 0.68, col = ifelse(edges$weight >= 0, "#00558C", "#A84300"))
}

# Three significant digits, without trailing zeros that say nothing.
format_short <- function(x) vapply(x, function(value) format(signif(value, 3L), digits = 3L), "")

draw_nodes <- function(nodes, tallest) {
  size <- max(1.1, min(5.2, 34 / (tallest + 2)))
  circles <- nodes[nodes$kind %in% c("input", "hidden", "output"), ]
  fill <- c(input = "#F3EFE4", hidden = "#E6EEF5", output = "#E3F1EA")[circles$kind]
  graphics::points(circles$x, circles$y, pch = 21, cex = size, bg = fill, col = palette_of$ink, lwd = 1.2)
  gap <- nodes[nodes$kind == "ellipsis", ]
  if (nrow(gap) > 0L) {
    graphics::points(rep(gap$x, 3L), c(gap$y - 0.25, gap$y, gap$y + 0.25), pch = 16, cex = 0.45, col = palette_of$muted)
  }
  bias <- nodes[nodes$kind == "bias", ]
  graphics::points(bias$x, bias$y, pch = 22, cex = size * 0.55, bg = palette_of$paper, col = palette_of$muted)
  if (size > 3 && nrow(bias) > 0L) {
    graphics::text(bias$x, bias$y, "1", cex = 0.6, col = palette_of$muted)
  }
  draw_node_labels(circles, size)
}

# Inside the circle where the text fits, else beside it: inputs to the left, outputs to the right.
draw_node_labels <- function(circles, size) {
  inside <- nchar(circles$label) <= 4L & size > 3
  if (any(inside)) {
    graphics::text(circles$x[inside], circles$y[inside], circles$label[inside], cex = 0.72, col = palette_of$ink)
  }
  side <- c(input = 2, output = 4)[circles$kind]
  beside <- !inside & !is.na(side)
  if (any(beside)) {
    graphics::text(
      circles$x[beside], circles$y[beside], circles$label[beside],
      pos = side[beside], offset = 0.25 + size * 0.2, cex = 0.75, col = palette_of$ink, xpd = NA
    )
  }
}
