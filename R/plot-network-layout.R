# Where everything in the picture of a network stands, in inches, so that names, captions and weights neither leave the figure nor meet.

# Of a picture from network_picture() in a figure of `size` inches, `top` of which belong to the header and a line of text takes `line`: the picture's nodes and
# edges in inches from the lower left corner, the margins, names of inputs and outputs, captions of layers, and weights beside their connections where there is room.
network_layout <- function(picture, size, top, line, measure = text_inches) {
  nodes <- picture$nodes
  gap <- 0.35 * line
  radius <- max(0.03, min(0.19, 0.36 * (size[2L] - top - 3 * line) / (picture$tallest + 1.05), 0.11 * size[1L] / (picture$layers - 1)))
  names <- lapply(c(input = "input", output = "output"), function(kind) names_beside(nodes[nodes$kind == kind, ], picture, size, top, line, measure))
  captions <- caption_layers(picture$titles, size[1L] - names$input$width - names$output$width - 4 * gap - 2 * radius, measure)
  bottom <- (max(count_each(captions$text)) * captions$cex + 0.7) * line
  # A few units need not be spread over all of a large figure.
  room <- size[2L] - top - bottom
  down <- min(room / (picture$tallest + 1.05), 1.2)
  radius <- min(radius, max(0.03, 0.36 * down))
  # A caption may be wider than the names beside its layer.
  side <- function(name, caption) max(name$width + 2 * gap, caption / 2 - radius + gap)
  left <- side(names$input, captions$width[1L])
  right <- side(names$output, captions$width[picture$layers])
  across <- (size[1L] - left - right - 2 * radius) / (picture$layers - 1)
  to_x <- function(x) left + radius + (x - 1) * across
  to_y <- function(y) bottom + (room - (picture$tallest + 1.05) * down) / 2 + (y + picture$tallest / 2 + 0.2) * down
  nodes$x <- to_x(nodes$x)
  nodes$y <- to_y(nodes$y)
  edges <- picture$edges
  edges[c("x0", "x1")] <- lapply(edges[c("x0", "x1")], to_x)
  edges[c("y0", "y1")] <- lapply(edges[c("y0", "y1")], to_y)
  hidden <- nodes$kind == "hidden"
  inside_cex <- 0.72
  nodes$inside <- hidden & nzchar(nodes$label)
  if (any(nodes$inside)) {
    fitting <- fit_text(nodes$label[nodes$inside], 1.65 * radius, inside_cex, smallest = 0.55, measure = measure)
    inside_cex <- fitting$cex
    if (radius < 0.07 || any(grepl("\n", fitting$text, fixed = TRUE))) nodes$inside <- FALSE
  }
  list(
    nodes = nodes, edges = edges, left = left, right = right, bottom = bottom, radius = radius, gap = gap, down = down, inside_cex = inside_cex,
    input = names$input, output = names$output,
    captions = c(captions, list(x = to_x(seq_len(picture$layers)), y = min(nodes$y) - radius - 0.35 * line)),
    labels = edge_labels(edges, nodes, radius, line, picture$label_weights, measure)
  )
}

# What stands below the layers, which are spread over `across` inches. A layer and its number stay together.
caption_layers <- function(titles, across, measure) {
  titles <- gsub("layer ([0-9])", "layer\u00a0\\1", titles)
  captions <- fit_text(titles, 0.92 * across / (length(titles) - 1), 0.85, smallest = 0.4, lines = 4L, measure = measure)
  captions$text <- gsub("\u00a0", " ", captions$text)
  c(captions, list(width = measure(captions$text, captions$cex)))
}

# Names beside the units of one side, which share the figure's height with the tallest layer: no taller than the room between them, no wider than 0.3 of the figure
# where that can be.
names_beside <- function(units, picture, size, top, line, measure) {
  text <- fit_rows(units$label, 0.3 * size[1L], (size[2L] - top - 3 * line) / (picture$tallest + 1.05), line, 0.8, measure)
  c(text, list(unit = units$unit, width = max(measure(text$text, text$cex))))
}

# At most so many weights are written unless all are asked for: more of them are not read.
most_edge_labels <- 24L

# The weights beside their connections: NULL where they would cover each other, which tells nothing, unless `wanted` is TRUE; and where it is FALSE.
edge_labels <- function(edges, nodes, radius, line, wanted, measure) {
  edges <- edges[!is.na(edges$weight), ]
  if (isFALSE(wanted) || nrow(edges) == 0L || (is.null(wanted) && nrow(edges) > most_edge_labels)) {
    return(NULL)
  }
  text <- format_short(edges$weight)
  sizes <- c(0.7, 0.62, 0.55)
  for (cex in sizes) {
    width <- measure(text, cex) + 0.25 * line * cex
    height <- 1.05 * line * cex
    at <- place_labels(edges, width, height, nodes, radius, insist = isTRUE(wanted) && cex == sizes[3L])
    if (!is.null(at)) {
      return(data.frame(x = at$x, y = at$y, text = text, width = width, height = height, weight = edges$weight, cex = cex))
    }
  }
  NULL
}

# A place on each connection for a box of `width` and `height`: off the units and the boxes before it, and as far from other connections as can be, so
# that it is plain whose it is. NULL where there is none, unless `insist`.
place_labels <- function(edges, width, height, nodes, radius, insist = FALSE) {
  n <- nrow(edges)
  part <- seq(0.1, 0.9, by = 0.04)
  placed <- data.frame(x = rep(NA_real_, n), y = rep(NA_real_, n))
  taken <- nodes[nodes$kind != "ellipsis", ]
  for (i in order(abs(edges$y1 - edges$y0) + abs(edges$x1 - edges$x0))) {
    x <- edges$x0[i] + part * (edges$x1[i] - edges$x0[i])
    y <- edges$y0[i] + part * (edges$y1[i] - edges$y0[i])
    off <- function(at_x, at_y, reach_x, reach_y) {
      rowSums(abs(outer(x, at_x, "-")) < rep(reach_x, each = length(x)) & abs(outer(y, at_y, "-")) < rep(reach_y, each = length(y))) == 0
    }
    others <- which(!is.na(placed$x))
    clear <- off(taken$x, taken$y, rep(width[i] / 2 + radius, nrow(taken)), rep(height / 2 + radius, nrow(taken)))
    if (length(others) > 0L) clear <- clear & off(placed$x[others], placed$y[others], (width[i] + width[others]) / 2, rep(height, length(others)))
    if (!any(clear) && !insist) {
      return(NULL)
    }
    # What is farther than half a box does not disturb; of places that are alike the middle.
    far <- pmin(distance_to_edges(x, y, edges[-i, ]), width[i] / 2)
    if (length(others) > 0L) far <- pmin(far, 0.3 * sqrt(apply(outer(x, placed$x[others], "-")^2 + outer(y, placed$y[others], "-")^2, 1L, min)))
    far <- far - 0.02 * width[i] * abs(part - 0.5)
    best <- which.max(if (any(clear)) replace(far, !clear, -Inf) else far)
    placed[i, ] <- list(x[best], y[best])
  }
  placed
}

# From each point to the nearest of the connections.
distance_to_edges <- function(x, y, edges) {
  if (nrow(edges) == 0L) {
    return(rep(Inf, length(x)))
  }
  dx <- edges$x1 - edges$x0
  dy <- edges$y1 - edges$y0
  from_x <- outer(x, edges$x0, "-")
  from_y <- outer(y, edges$y0, "-")
  along <- sweep(sweep(from_x, 2L, dx, "*") + sweep(from_y, 2L, dy, "*"), 2L, pmax(dx^2 + dy^2, 1e-12), "/")
  along[] <- pmin(pmax(along, 0), 1)
  sqrt(apply((from_x - sweep(along, 2L, dx, "*"))^2 + (from_y - sweep(along, 2L, dy, "*"))^2, 1L, min))
}
