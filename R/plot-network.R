# The network as units and connections.

# Where each unit stands and what each connection weighs. Layers stand side by side; a layer of more
# than `max_units` units shows its first and last ones around an ellipsis.
network_picture <- function(fit, max_units, label_weights = NULL) {
  names <- names_of_units(fit)
  shown <- lapply(names, function(of_layer) shown_units(length(of_layer), max_units))
  tallest <- max(lengths(shown))
  nodes <- lapply(seq_along(names), function(l) layer_nodes(l, names[[l]], shown[[l]], fit))
  edges <- lapply(seq_along(fit$weights), function(l) layer_edges(l, nodes, fit))
  omitted <- sum(lengths(names)) - sum(vapply(shown, function(of_layer) sum(!is.na(of_layer)), 0))
  list(
    nodes = do.call(rbind, nodes), edges = do.call(rbind, edges), tallest = tallest, layers = length(names),
    omitted = omitted, titles = c("inputs", picture_titles(fit)), label_weights = label_weights,
    title = title_of_network(names, fit)
  )
}

title_of_network <- function(names, fit) {
  counts <- c(weight = sum(lengths(fit$weights)), bias = sum(lengths(fit$biases)))
  biases <- sub("biass", "biases", count_text(counts[["bias"]], "bias"))
  counted <- c(count_text(counts[["weight"]], "weight"), if (counts[["bias"]] > 0) biases)
  paste0("Network ", paste(lengths(names), collapse = "-"), ": ", paste(counted, collapse = " and "))
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
  signs <- signs_shown(picture$edges)
  keys <- if (nrow(signs) > 0L) legend_keys(signs$label, signs$colour, lty = signs$line)
  figure <- start_figure(setting(main, picture$title), network_note(picture), keys)
  on.exit(graphics::par(figure$kept))
  layout <- network_layout(picture, figure$size, figure$top, figure$line)
  place_panel(figure, layout$bottom, layout$left, layout$right)
  graphics::plot.new()
  # From here on a unit is an inch.
  graphics::plot.window(c(layout$left, figure$size[1L] - layout$right), c(layout$bottom, figure$size[2L] - figure$top), xaxs = "i", yaxs = "i")
  draw_edges(layout$edges, figure$inks, picture$largest)
  if (!is.null(layout$labels)) draw_edge_labels(layout$labels, figure$inks)
  draw_nodes(layout, figure$inks)
  at <- layout$captions
  graphics::text(at$x, at$y, at$text, adj = c(0.5, 1), cex = at$cex, col = figure$inks$muted, xpd = NA)
  finish_figure(figure)
}

network_note <- function(picture) if (picture$omitted > 0) sprintf("%d units not drawn", picture$omitted)

# The signs that weights have here, with the lines that stand for them.
signs_shown <- function(edges) {
  all <- data.frame(
    sign = c("positive", "negative"), label = c("positive weight", "negative weight"), colour = c(palette_of$positive, palette_of$negative), line = 1:2
  )
  all[c(any(edges$weight >= 0, na.rm = TRUE), any(edges$weight < 0, na.rm = TRUE)), ]
}

# `largest`: the largest weight of all pictures that stand beside this one.
draw_edges <- function(edges, inks, largest = NULL) {
  edges <- edges[order(abs(edges$weight), na.last = FALSE), ]
  look <- edge_look(edges$weight, largest)
  colours <- mapply(faded, ifelse(is.na(edges$weight), inks$muted, look$colour), look$opacity)
  graphics::segments(edges$x0, edges$y0, edges$x1, edges$y1, col = colours, lwd = look$width, lty = look$line, lend = 1)
}

# How connections look. Those without a weight of their own are thin; where there are many the small ones step back.
edge_look <- function(weights, largest = NULL) {
  size <- edge_size(weights, largest)
  positive <- is.na(weights) | weights >= 0
  crowd <- min(1, 60 / length(weights))
  data.frame(
    colour = ifelse(positive, palette_of$positive, palette_of$negative), line = ifelse(positive, 1L, 2L), width = (0.5 + 4 * size) * max(0.35, crowd^0.35),
    opacity = pmax(0.12, crowd^0.5 * (0.35 + 0.65 * size))
  )
}

# From 0 to 1, the largest.
edge_size <- function(weights, largest = NULL) {
  sizes <- abs(weights)
  sizes[is.na(sizes)] <- 0
  largest <- max(sizes, largest)
  if (largest > 0) sizes / largest else sizes
}

draw_edge_labels <- function(labels, inks) {
  graphics::rect(
    labels$x - labels$width / 2, labels$y - labels$height / 2, labels$x + labels$width / 2, labels$y + labels$height / 2,
    col = faded(inks$paper, 0.85), border = NA
  )
  graphics::text(labels$x, labels$y, labels$text, cex = labels$cex, col = sign_inks(labels$weight, inks))
}

# The colours of signs, as text that can be read.
sign_inks <- function(weights, inks) mixed_colours(ifelse(weights >= 0, palette_of$positive, palette_of$negative), inks$ink, 0.75)

# Three significant digits, without trailing zeros that say nothing.
format_short <- function(x) vapply(x, function(value) format(signif(value, 3L), digits = 3L), "")

# Hues of units, of which the paper takes most.
unit_hues <- c(input = "#B08A2E", hidden = "#0072B2", output = "#009E73")

unit_fills <- function(kinds, inks) mixed_colours(unit_hues[kinds], inks$paper, 0.14)

draw_nodes <- function(layout, inks) {
  nodes <- layout$nodes
  circles <- nodes[nodes$kind %in% names(unit_hues), ]
  circle <- function(of, radius, ...) graphics::symbols(of$x, of$y, circles = rep(1, nrow(of)), inches = radius, add = TRUE, ...)
  circle(circles, layout$radius, bg = unit_fills(circles$kind, inks), fg = inks$ink, lwd = 1.2)
  gap <- nodes[nodes$kind == "ellipsis", ]
  for (up in c(-0.25, 0, 0.25)) graphics::points(gap$x, gap$y + up * layout$down, pch = 16, cex = 0.45, col = inks$muted)
  bias <- nodes[nodes$kind == "bias", ]
  if (nrow(bias) > 0L) {
    graphics::symbols(bias$x, bias$y, squares = rep(1, nrow(bias)), inches = 1.1 * layout$radius, add = TRUE, bg = inks$paper, fg = inks$muted)
    if (layout$radius > 0.1) graphics::text(bias$x, bias$y, "1", cex = 0.6, col = inks$muted)
  }
  inside <- nodes[nodes$inside, ]
  if (nrow(inside) > 0L) graphics::text(inside$x, inside$y, inside$label, cex = layout$inside_cex, col = inks$ink)
  for (side in c("input", "output")) {
    own <- circles[circles$kind == side, ]
    away <- if (side == "input") -1 else 1
    graphics::text(
      own$x + away * (layout$radius + layout$gap), own$y, layout[[side]]$text[match(own$unit, layout[[side]]$unit)],
      adj = c(if (side == "input") 1 else 0, 0.5), cex = layout[[side]]$cex, col = inks$ink, xpd = NA
    )
  }
}
