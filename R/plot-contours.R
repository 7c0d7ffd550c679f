# Surfaces of colour: contour lines that can be read on them, and the scale beside them.

# Lines of equal value at round numbers, each in the ink that can be read on the colour there; and where numbers stand on them: at most one on each
# line, not near an edge and not near another one.
contour_picture <- function(x, y, z, limits, colours) {
  # A flat surface has no contours.
  if (!all(is.finite(z)) || diff(range(z)) <= 0) {
    return(NULL)
  }
  levels <- pretty(range(z), 8L)
  levels <- levels[levels > min(z) & levels < max(z)]
  found <- grDevices::contourLines(x, y, z, levels = levels)
  texts <- stats::setNames(format(levels, trim = TRUE), levels)
  lines <- lapply(found, function(line) {
    colour <- colour_of(line$level, limits, colours)
    list(x = line$x, y = line$y, level = line$level, text = texts[[as.character(line$level)]], colour = colour, ink = unname(ink_on(colour)))
  })
  list(lines = lines, labels = label_contours(lines, range(x), range(y)))
}

label_contours <- function(lines, xlim, ylim) {
  labels <- data.frame(x = numeric(), y = numeric(), text = character(), colour = character(), ink = character())
  # Long lines first: they have most room.
  across <- lapply(lines, function(line) cbind((line$x - xlim[1L]) / diff(xlim), (line$y - ylim[1L]) / diff(ylim)))
  long <- vapply(across, function(at) sum(sqrt(rowSums(diff(at)^2))), 0)
  taken <- matrix(0, 0L, 2L)
  for (i in order(-long)) {
    at <- across[[i]]
    fit <- at[, 1L] > 0.07 & at[, 1L] < 0.93 & at[, 2L] > 0.05 & at[, 2L] < 0.95
    # A number is wider than it is high.
    for (j in seq_len(nrow(taken))) fit <- fit & (abs(at[, 1L] - taken[j, 1L]) > 0.14 | abs(at[, 2L] - taken[j, 2L]) > 0.07)
    if (long[i] < 0.2 || !any(fit)) next
    # As near to the line's middle as can be.
    middle <- which(fit)[which.min(abs(which(fit) - nrow(at) / 2))]
    taken <- rbind(taken, at[middle, ])
    line <- lines[[i]]
    labels[nrow(labels) + 1L, ] <- list(line$x[middle], line$y[middle], line$text, line$colour, line$ink)
  }
  labels
}

draw_contours <- function(contours) {
  for (line in contours$lines) graphics::lines(line$x, line$y, col = faded(line$ink, 0.75), lwd = 1.1)
  labels <- contours$labels
  if (NROW(labels) > 0L) draw_boxed_text(labels, labels$ink, labels$colour, cex = 0.7)
}

# Inches that the scale takes in the right margin.
side_scale_room <- function(limits, line) 1.75 * line + max(text_inches(format(scale_ticks(limits)), 0.8))

scale_ticks <- function(limits) {
  ticks <- pretty(limits, 5L)
  ticks <- ticks[ticks >= limits[1L] & ticks <= limits[2L]]
  if (length(ticks) == 0L) limits[1L] else ticks
}

# A colour scale in the right margin, in the coordinates of the plot.
draw_side_scale <- function(limits, colours, figure) {
  usr <- graphics::par("usr")
  inch <- diff(usr[1:2]) / graphics::par("pin")[1L]
  x <- usr[2L] + c(0.5, 1.1) * figure$line * inch
  graphics::rasterImage(matrix(rev(colours), ncol = 1L), x[1L], usr[3L], x[2L], usr[4L], interpolate = FALSE, xpd = NA)
  ticks <- scale_ticks(limits)
  at <- usr[3L] + (ticks - limits[1L]) / max(diff(limits), 1e-300) * (usr[4L] - usr[3L])
  graphics::text(x[2L] + 0.25 * figure$line * inch, at, format(ticks), adj = c(0, 0.5), cex = 0.8, col = figure$inks$muted, xpd = NA)
}
