# Axes in base graphics, with margins that hold their numbers and names.

# A panel with axes: numbers where `xlabels` or `ylabels` is NULL, else these texts at 1, 2, ... from left to right or from below. The margins hold all of
# them. `snug`: no room between the axes and what is drawn; `whole`: only whole numbers along the lower axis; `open`: as in place_panel().
open_axes <- function(figure, xlim, ylim, xlab, ylab, xlabels = NULL, ylabels = NULL, right = NULL, log = "", bty = "l", snug = FALSE, whole = FALSE, open = FALSE) {
  line <- figure$line
  size <- figure$size
  tick <- 0.75 * line
  tall <- size[2L] - figure$top - 3 * line
  down <- fit_text(ylab, tall, 1, smallest = 0.6, lines = 2L)
  title_room <- function(part) if (!any(nzchar(part$text))) 0.2 * line else (count_lines(part$text) * part$cex + 0.4) * line
  marks <- if (!is.null(ylabels)) {
    fit_text(ylabels, 0.42 * size[1L], 0.9, smallest = 0.6, lines = 2L)
  } else {
    list(text = format(numbers_along(ylim, grepl("y", log))), cex = 1)
  }
  left <- tick + max(text_inches(marks$text, marks$cex)) + title_room(down) + 0.15 * line
  right <- max(right, 0.6 * line)
  # Centred below the panel, which may be off the figure's middle.
  along <- fit_text(xlab, size[1L] - abs(left - right) - 0.5 * line, 1, smallest = 0.6, lines = 2L)
  below <- if (is.null(xlabels)) list(height = line) else fit_axis_labels(xlabels, (size[1L] - left - right) / length(xlabels), 0.3 * size[2L], line)
  bottom <- tick + below$height + title_room(along)
  place_panel(figure, bottom, left, right, open)
  graphics::plot(
    xlim, ylim,
    type = "n", axes = FALSE, xlab = "", ylab = "", log = log, xaxs = if (snug) "i" else "r", yaxs = if (snug) "i" else "r"
  )
  inks <- figure$inks
  if (bty != "n") graphics::box(bty = bty, col = inks$ink)
  if (is.null(xlabels)) {
    graphics::axis(1, at = if (whole) whole_ticks(xlim), col = inks$ink, mgp = c(3, 0.6, 0))
  } else {
    draw_axis_labels(1, seq_along(xlabels), below, line)
  }
  if (is.null(ylabels)) graphics::axis(2, las = 1, col = inks$ink, mgp = c(3, 0.7, 0)) else draw_axis_labels(2, seq_along(ylabels), marks, line)
  # Several lines grow upwards from the lowest, and to the right from the leftmost.
  graphics::title(xlab = paste(along$text, collapse = "\n"), line = bottom / line - 1.4, cex.lab = along$cex, col.lab = inks$ink)
  outermost <- left / line - 1.05 * max(1, count_lines(down$text) * down$cex)
  graphics::title(ylab = paste(down$text, collapse = "\n"), line = outermost, cex.lab = down$cex, col.lab = inks$ink)
  finish_figure(figure)
}

# Whole numbers along an axis of ranks.
whole_ticks <- function(range) {
  at <- unique(round(pretty(range)))
  at[at >= range[1L] & at <= range[2L]]
}

# About what an axis will say.
numbers_along <- function(range, log = FALSE) {
  if (log) grDevices::axisTicks(log10(range), log = TRUE, nint = 5L) else pretty(range)
}

# Texts below an axis: side by side where each has room, on several lines if need be, else upright.
fit_axis_labels <- function(labels, slot, height, line) {
  flat <- fit_text(labels, 0.92 * slot, 0.9, smallest = 0.65, lines = 3L)
  lines <- max(count_each(flat$text))
  broken <- any(widest_part(labels, flat$cex, text_inches) > 0.95 * slot)
  if (lines <= 3L && !broken && all(text_inches(flat$text, flat$cex) <= slot)) {
    return(c(flat, list(upright = FALSE, height = lines * flat$cex * line)))
  }
  lines <- max(1L, floor(slot / (0.6 * line)))
  cex <- min(0.9, 0.95 * slot / line)
  upright <- fit_text(labels, height, cex, smallest = min(cex, 0.4), lines = lines)
  c(upright, list(upright = TRUE, height = max(text_inches(upright$text, upright$cex))))
}

draw_axis_labels <- function(side, at, part, line) {
  inks <- device_inks()
  if (side == 1L) {
    away <- graphics::grconvertY(graphics::par("plt")[3L] - 0.45 * line / graphics::par("fin")[2L], "nfc", "user")
    adj <- if (part$upright) c(1, 0.5) else c(0.5, 1)
    graphics::text(at, away, part$text, srt = if (part$upright) 90 else 0, adj = adj, cex = part$cex, col = inks$ink, xpd = NA)
  } else {
    away <- graphics::grconvertX(graphics::par("plt")[1L] - 0.45 * line / graphics::par("fin")[1L], "nfc", "user")
    graphics::text(away, at, part$text, adj = c(1, 0.5), cex = part$cex, col = inks$ink, xpd = NA)
  }
}
