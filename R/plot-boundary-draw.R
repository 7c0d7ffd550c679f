# Boundaries, surfaces and curves in base graphics.

draw_boundary <- function(picture, main) {
  draw <- if (length(picture$axes) == 1L) draw_curve else if (is.null(picture$classes)) draw_surface else draw_classes
  draw(picture, setting(main, picture$title))
}

draw_raster <- function(picture, colours) {
  nx <- length(picture$span[[1L]])
  ny <- length(picture$span[[2L]])
  image <- t(matrix(colours, nx, ny))[rev(seq_len(ny)), ]
  x <- range(picture$span[[1L]])
  y <- range(picture$span[[2L]])
  graphics::rasterImage(image, x[1L], y[1L], x[2L], y[2L], interpolate = FALSE)
}

draw_classes <- function(picture, main) {
  shares <- as_shares(picture$value)
  k <- ncol(shares)
  hues <- class_colours(k)
  symbols <- class_symbols(k)
  best <- max.col(shares, ties.method = "first")
  figure <- start_figure(main, picture$note, legend_keys(picture$classes, palette_of$paper, pch = symbols, fill = hues))
  on.exit(graphics::par(figure$kept))
  open_axes(figure, range(picture$span[[1L]]), range(picture$span[[2L]]), picture$axes[1L], picture$axes[2L], bty = "n", snug = TRUE)
  draw_raster(picture, shaded(hues[best], shares[cbind(seq_along(best), best)], k))
  for (border in class_borders(picture$span, shares)) graphics::lines(border$x, border$y, lwd = 1.5, col = palette_of$ink)
  x <- picture$points[[1L]]
  if (length(x) > 0L) {
    code <- picture$code
    graphics::points(
      x, picture$points[[2L]],
      pch = if (is.null(code)) 21L else symbols[code], bg = if (is.null(code)) palette_of$muted else hues[code], col = palette_of$paper, lwd = 0.7, cex = 1.05
    )
  }
  draw_boxed_text(region_names(picture, best), palette_of$ink, palette_of$paper)
}

# Lines along which a class and the best of the others are equal.
class_borders <- function(span, shares) {
  k <- ncol(shares)
  borders <- lapply(seq_len(if (k == 2L) 1L else k), function(class) {
    lead <- shares[, class] - apply(shares[, -class, drop = FALSE], 1L, max)
    # Where one class leads by the same everywhere there is no border.
    if (diff(range(lead, finite = TRUE)) > 0) grDevices::contourLines(span[[1L]], span[[2L]], matrix(lead, length(span[[1L]])), levels = 0)
  })
  do.call(c, borders)
}

# Where colours repeat, the name of each class stands in its region, at the point that is farthest from the region's edge. None of a class without a region.
region_names <- function(picture, best) {
  if (length(picture$classes) <= length(palette_of$classes)) {
    return(NULL)
  }
  size <- lengths(picture$span)
  places <- lapply(sort(unique(best)), function(class) {
    inside <- matrix(best == class, size[1L])
    # Peeled from all sides until nothing is left.
    repeat {
      peeled <- inside
      peeled[-1L, ] <- peeled[-1L, ] & inside[-size[1L], ]
      peeled[-size[1L], ] <- peeled[-size[1L], ] & inside[-1L, ]
      peeled[, -1L] <- peeled[, -1L] & inside[, -size[2L]]
      peeled[, -size[2L]] <- peeled[, -size[2L]] & inside[, -1L]
      peeled[c(1L, size[1L]), ] <- FALSE
      peeled[, c(1L, size[2L])] <- FALSE
      if (!any(peeled)) break
      inside <- peeled
    }
    # Of what is left the point nearest to its middle.
    left <- which(inside, arr.ind = TRUE)
    at <- left[which.min(rowSums(sweep(left, 2L, colMeans(left))^2)), ]
    data.frame(x = picture$span[[1L]][at[1L]], y = picture$span[[2L]][at[2L]], text = picture$classes[class])
  })
  do.call(rbind, places)
}

# Text on a box, which hides what would make it hard to read.
draw_boxed_text <- function(labels, ink, paper, cex = 0.75) {
  if (NROW(labels) == 0L) {
    return(invisible())
  }
  width <- graphics::strwidth(labels$text, cex = cex) / 2 + graphics::strwidth("n", cex = cex) * 0.3
  height <- graphics::strheight("Mg", cex = cex) * 0.75
  graphics::rect(labels$x - width, labels$y - height, labels$x + width, labels$y + height, col = faded(paper, 0.85), border = NA)
  graphics::text(labels$x, labels$y, labels$text, cex = cex, col = ink)
}

# A class's colour, paler where its share is smaller.
shaded <- function(hues, share, k) {
  sure <- pmax(0, (share - 1 / k) / (1 - 1 / k))
  mixed_colours(hues, palette_of$paper, 0.12 + 0.38 * sure)
}

draw_surface <- function(picture, main) {
  value <- picture$value[, 1L]
  # `reach`: what other pictures beside this one show.
  limits <- range(value, picture$observed[, 1L], picture$reach, finite = TRUE)
  colours <- sequential_colours()
  figure <- start_figure(main, picture$note)
  on.exit(graphics::par(figure$kept))
  open_axes(
    figure, range(picture$span[[1L]]), range(picture$span[[2L]]), picture$axes[1L], picture$axes[2L],
    right = side_scale_room(limits, figure$line), bty = "n", snug = TRUE
  )
  draw_raster(picture, colour_of(value, limits, colours))
  draw_contours(contour_picture(picture$span[[1L]], picture$span[[2L]], matrix(value, length(picture$span[[1L]])), limits, colours))
  x <- picture$points[[1L]]
  if (length(x) > 0L) {
    fill <- if (is.null(picture$observed)) palette_of$paper else colour_of(picture$observed[, 1L], limits, colours)
    graphics::points(x, picture$points[[2L]], pch = 21, bg = fill, col = palette_of$ink, lwd = 0.8, cex = 1.05)
  }
  draw_side_scale(limits, colours, figure)
}

draw_curve <- function(picture, main) {
  k <- ncol(picture$value)
  hues <- class_colours(k)
  lines <- class_lines(k)
  symbols <- class_symbols(k)
  # Classes have no points of their own, since all would lie at 0 and 1.
  observed <- if (k == 1L || is.null(picture$classes)) picture$observed
  figure <- start_figure(main, picture$note, if (k > 1L) legend_keys(picture$outputs, hues, lty = lines))
  on.exit(graphics::par(figure$kept))
  open_axes(figure, range(picture$span[[1L]]), range(picture$value, observed, picture$reach, finite = TRUE), picture$axes[1L], picture$label)
  # The points of several outputs have their colours and symbols.
  for (j in seq_len(NCOL(observed) * !is.null(observed))) {
    graphics::points(
      picture$points[[1L]], observed[, j],
      pch = symbols[j], bg = faded(if (ncol(observed) == 1L) figure$inks$muted else hues[j], 0.4), col = figure$inks$paper
    )
  }
  graphics::matlines(picture$span[[1L]], picture$value, col = hues, lwd = 2.5, lty = lines)
}
