# Room around a picture in base graphics: all text is measured before anything is drawn, so that no name is cut and no two texts collide.

# Begins a figure: what stands above it (`main`, `sub` and `keys`, a legend by legend_keys()) is measured, in inches. Only what is changed is put
# back by `par(figure$kept)`: restoring everything would also restart a layout of the user's.
start_figure <- function(main, sub = NULL, keys = NULL) {
  kept <- graphics::par(c("mar", "fg", "col.axis", "col.lab"))
  margins <- graphics::par("mai")
  on.exit(graphics::par(kept))
  graphics::par(mar = c(0, 0, 0, 0))
  # Text can be measured only where a plot has begun; place_panel() lets the next one begin in the same place.
  graphics::plot.new()
  inks <- device_inks()
  graphics::par(fg = inks$ink, col.axis = inks$ink, col.lab = inks$ink)
  size <- graphics::par("fin")
  line <- graphics::par("cin")[2L] * graphics::par("cex") * graphics::par("mex")
  figure <- list(kept = kept, margins = margins, size = size, line = line, inks = inks)
  on.exit()
  c(figure, measure_header(main, sub, keys, size[1L] - line, size[2L], line))
}

# The parts of the header, and how far above the panel each begins, in inches.
measure_header <- function(main, sub, keys, width, height, line, measure = text_inches) {
  title <- if (is.character(main)) fit_text(main, width, 1.15, smallest = 0.7, measure = measure) else list(text = main, cex = 1.15)
  title$lines <- if (is.character(main)) count_lines(title$text) else as.integer(length(main) > 0L)
  below <- fit_text(sub, width, 0.8, smallest = 0.6, measure = measure)
  below$lines <- count_lines(below$text)
  legend <- if (!is.null(keys)) lay_out_keys(keys, width, 0.45 * height, line, measure)
  # With a note and a legend of one row it still fits into the usual margin of 4.1 lines.
  at <- 0.4 * line
  if (!is.null(legend)) {
    legend$at <- at
    at <- at + legend$height + 0.25 * line
  }
  below$at <- at
  at <- at + below$lines * below$cex * line
  if (below$lines > 0L) at <- at + 0.15 * line
  title$at <- at
  list(title = title, sub = below, legend = legend, top = at + title$lines * title$cex * line + 0.2 * line)
}

# A legend: for each label a line (`lty`), a point (`pch`), or both.
legend_keys <- function(labels, col, lty = NULL, pch = NULL, fill = NULL, lwd = 2) {
  list(labels = as.character(labels), col = col, lty = lty, pch = pch, fill = fill, lwd = lwd)
}

# Keys in one row where there is room, else in columns of one width, filled by row.
lay_out_keys <- function(keys, width, height, line, measure = text_inches) {
  k <- length(keys$labels)
  for (cex in c(0.85, 0.75, 0.65, 0.55, 0.45)) {
    glyph <- (if (is.null(keys$lty)) 0.9 else 1.9) * line * cex
    gap <- 1.2 * line * cex
    labels <- mapply(wrap_text, keys$labels, width - glyph, MoreArgs = list(cex = cex, measure = measure), USE.NAMES = FALSE)
    wide <- glyph + measure(labels, cex) + gap
    tall <- max(count_each(labels))
    row_height <- line * cex * (tall + 0.15)
    columns <- if (sum(wide) - gap <= width) k else max(1L, min(k, floor((width + gap) / max(wide))))
    x <- if (columns == k) c(0, cumsum(wide)[-k]) else (seq_len(k) - 1L) %% columns * max(wide)
    row <- if (columns == k) rep(0, k) else (seq_len(k) - 1L) %/% columns
    if ((max(row) + 1) * row_height <= height) break
  }
  c(keys[-1L], list(labels = labels, cex = cex, glyph = glyph, x = x, row = row, row_height = row_height, height = (max(row) + 1) * row_height))
}

# Margins in inches; the next plot stands in the figure that start_figure() began.
# `open`: they are no smaller than the user's, which hold again afterwards; where these were enough, what is then added falls where the axes say.
place_panel <- function(figure, bottom, left, right = 0.5 * figure$line, open = FALSE) {
  mai <- c(bottom, left, figure$top, right)
  if (open) mai <- pmax(mai, figure$margins)
  graphics::par(mai = margins_within(mai, figure$size), new = TRUE)
}

# Margins that leave nothing to draw on are made smaller; `size` is that of the figure, in inches.
margins_within <- function(mai, size) {
  across <- (size - 0.3) / c(mai[2L] + mai[4L], mai[1L] + mai[3L])
  mai * pmin(1, pmax(0.05, across[c(2L, 1L, 2L, 1L)]))
}

# Draws the header, once the panel has its axes.
finish_figure <- function(figure) {
  at <- graphics::grconvertX(0.5 * figure$line / figure$size[1L], "nfc", "user")
  draw_margin_text(figure$title, at, figure, figure$inks$ink)
  draw_margin_text(figure$sub, at, figure, figure$inks$muted)
  if (!is.null(figure$legend)) draw_keys(figure)
}

# Lines upwards from where the text begins.
draw_margin_text <- function(part, at, figure, colour) {
  if (length(part$text) == 0L) {
    return(invisible())
  }
  lines <- if (is.character(part$text)) unlist(strsplit(paste0(part$text, " "), "\n", fixed = TRUE)) else list(part$text)
  cex <- part$cex * graphics::par("cex")
  for (i in seq_along(lines)) {
    up <- part$at / figure$line + (length(lines) - i) * part$cex
    text <- if (is.list(lines)) grDevices::as.graphicsAnnot(lines[[i]]) else sub(" $", "", lines[i])
    graphics::mtext(text, side = 3, line = up, at = at, adj = 0, padj = 0, cex = cex, col = colour)
  }
}

draw_keys <- function(figure) {
  legend <- figure$legend
  panel <- graphics::par("plt")[4L]
  place <- function(x, y) {
    list(
      x = graphics::grconvertX((0.5 * figure$line + x) / figure$size[1L], "nfc", "user"), y = graphics::grconvertY(panel + y / figure$size[2L], "nfc", "user")
    )
  }
  y <- legend$at + legend$height - (legend$row + 0.5) * legend$row_height
  reach <- legend$glyph - 0.3 * figure$line * legend$cex
  middle <- place(legend$x + reach / 2, y)
  colours <- rep_len(legend$col, length(y))
  if (!is.null(legend$lty)) {
    from <- place(legend$x, y)
    graphics::segments(from$x, from$y, place(legend$x + reach, y)$x, from$y, col = colours, lty = legend$lty, lwd = legend$lwd, xpd = NA)
  }
  if (!is.null(legend$pch)) graphics::points(middle$x, middle$y, pch = legend$pch, col = colours, bg = legend$fill, cex = 1.2 * legend$cex / 0.85, xpd = NA)
  label <- place(legend$x + legend$glyph, y)
  graphics::text(label$x, label$y, legend$labels, adj = c(0, 0.5), cex = legend$cex, col = figure$inks$ink, xpd = NA)
}

# A layout of panels, with room for so many lines above them: of the text that a single panel would have, which is larger. Returns the parameters to put back.
open_panels <- function(mfrow, lines) {
  usual <- graphics::par("cex")
  kept <- graphics::par(mfrow = mfrow)
  c(kept, graphics::par(oma = c(0, 0, lines * usual / graphics::par("cex"), 0)))
}

# A header above several panels, in the outer margin that is there.
draw_outer_header <- function(main, sub = NULL, keys = NULL) {
  inks <- device_inks()
  size <- graphics::par("din")
  line <- graphics::par("cin")[2L] * graphics::par("cex")
  # Measured and drawn at the size of text that a single panel would have.
  cex <- 1 / graphics::par("cex")
  measure <- function(text, size) text_inches(text, size * cex)
  header <- measure_header(main, sub, keys, size[1L] - line, size[2L], line * cex, measure)
  top <- size[2L] - header$top
  to_x <- function(inches) graphics::grconvertX(inches / size[1L], "ndc", "user")
  to_y <- function(inches) graphics::grconvertY((top + inches) / size[2L], "ndc", "user")
  for (part in header[c("title", "sub")]) {
    for (i in seq_len(part$lines)) {
      text <- if (is.character(part$text)) unlist(strsplit(part$text, "\n", fixed = TRUE))[i] else grDevices::as.graphicsAnnot(part$text)
      graphics::text(
        to_x(0.5 * line), to_y(part$at + (part$lines - i) * part$cex * line * cex), text,
        adj = c(0, 0), cex = part$cex * cex, col = if (identical(part, header$title)) inks$ink else inks$muted, xpd = NA
      )
    }
  }
  if (is.null(keys)) {
    return(invisible())
  }
  legend <- header$legend
  y <- to_y(legend$at + legend$height - (legend$row + 0.5) * legend$row_height)
  from <- 0.5 * line + legend$x
  reach <- legend$glyph - 0.3 * line * cex * legend$cex
  graphics::segments(to_x(from), y, to_x(from + reach), y, col = legend$col, lty = legend$lty, lwd = legend$lwd, xpd = NA)
  graphics::text(to_x(from + legend$glyph), y, legend$labels, adj = c(0, 0.5), cex = legend$cex * cex, col = inks$ink, xpd = NA)
}
