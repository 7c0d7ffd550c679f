# Pictures of paths down the loss: contours, and the paths over them.

#' Plot paths down the loss
#'
#' Contours of the loss with the path of each method over them, in base graphics or with ggplot2. Darker is a higher loss. Each path begins at the
#' common start, a black point, and ends in a symbol of its own, which is also set along the way.
#'
#' @param x,object A path from [nn_path()].
#' @param methods Names of the methods to draw; `NULL` for all.
#' @param until Draw the paths up to so many updates or epochs; `NULL` for all.
#' @param by What `until` counts: `"iteration"` (updates) or `"epoch"`.
#' @param main A title; `NULL` for the picture's own.
#' @param ... Not used; a misspelt argument is an error.
#' @return `x`, invisibly; for `autoplot()` a ggplot object.
#' @section Errors:
#' Something that is no path, or was edited (class `backprop_error_edited_path`), and methods that it does not have.
#' @examples
#' path <- nn_path(mpg ~ wt + hp, data = mtcars, hidden = c(), bias = FALSE, standardize = TRUE,
#'                 lr = 0.1, epochs = 10, seed = 1)
#' plot(path)
#' plot(path, until = 3, by = "epoch")
#' @export
plot.nn_path <- function(x, ..., methods = NULL, until = NULL, by = "iteration", main = NULL) {
  call <- quote(plot())
  refuse_dots(..., known = c("x", "methods", "until", "by", "main"), call = call)
  picture <- path_picture(x, "x", methods, until, by, main, call)
  draw_path_alone(picture)
  invisible(x)
}

#' @rdname plot.nn_path
#' @exportS3Method ggplot2::autoplot
autoplot.nn_path <- function(object, ..., methods = NULL, until = NULL, by = "iteration", main = NULL) {
  call <- quote(autoplot())
  refuse_dots(..., known = c("object", "methods", "until", "by", "main"), call = call)
  picture <- path_picture(object, "object", methods, until, by, main, call)
  k <- length(picture$labels)
  names <- picture$labels
  paths <- picture$paths
  paths$label <- factor(names[paths$method], names)
  marks <- paths[picture$marked, ]
  start <- paths[1L, ]
  levels <- picture$levels
  surface <- picture$surface
  plot <- ggplot2::ggplot(surface, ggplot2::aes(.data$x, .data$y)) +
    ggplot2::geom_contour_filled(ggplot2::aes(z = .data$loss), breaks = surface_edges(picture), na.rm = TRUE) +
    ggplot2::scale_fill_manual(values = picture$colours, drop = FALSE, guide = "none")
  if (length(levels) > 0L) plot <- plot + ggplot2::geom_contour(ggplot2::aes(z = .data$loss), breaks = levels, colour = palette_of$muted, linewidth = 0.25, na.rm = TRUE)
  plot +
    ggplot2::geom_path(ggplot2::aes(colour = .data$label, linewidth = .data$label), data = paths) +
    ggplot2::geom_point(ggplot2::aes(shape = .data$label), data = marks, fill = picture$hues[marks$method], colour = "white", size = 2.2) +
    ggplot2::geom_point(data = start, colour = palette_of$ink, size = 2.4) +
    ggplot2::scale_colour_manual(values = picture$hues, drop = FALSE) +
    ggplot2::scale_linewidth_manual(values = picture$widths * 0.45, drop = FALSE) +
    ggplot2::scale_shape_manual(values = picture$symbols, drop = FALSE) +
    ggplot2::guides(shape = ggplot2::guide_legend(override.aes = list(fill = picture$hues[seq_len(k)]))) +
    ggplot2::coord_cartesian(picture$limits$x, picture$limits$y, expand = FALSE) +
    ggplot2::labs(title = picture$title, subtitle = picture$note, x = picture$axes[1L], y = picture$axes[2L], colour = NULL, linewidth = NULL, shape = NULL) +
    gg_theme() + ggplot2::theme(aspect.ratio = 1, legend.position = "right")
}

# What both show: the surface with its levels, paths up to `until`, and which of their points get a symbol.
path_picture <- function(x, arg, methods, until, by, main, call) {
  path <- check_path(x, arg, call)
  known <- levels(path$paths$method)
  if (!is.null(methods)) check_choices(methods, "methods", known, call)
  check_choice(by, "by", c("iteration", "epoch"), call)
  if (!is.null(until)) until <- check_count(until, "until", min = 0, call = call)
  check_title(main, call)
  chosen <- if (is.null(methods)) known else known[known %in% methods]
  paths <- path$paths[path$paths$method %in% chosen, ]
  if (!is.null(until)) paths <- paths[paths[[by]] <= until, ]
  paths$method <- match(paths$method, chosen)
  places <- match(chosen, known)
  counts <- tabulate(paths$method, length(chosen))
  last <- paths[cumsum(counts), ]
  limits <- lapply(path$surface[c("x", "y")], range)
  contours <- surface_levels(path$surface$loss)
  list(
    surface = path$surface, paths = paths, axes = path$axes, limits = limits, levels = contours$levels, range = contours$range, colours = contours$colours,
    marked = marked_points(counts), hues = class_colours(length(known))[places], symbols = class_symbols(length(known))[places],
    widths = path_widths(counts), counts = counts, note = if (!path$exact) held_in_path(path),
    labels = sprintf("%s\n%s, loss %s", chosen, vapply(last$iteration, count_text, "", "update"), vapply(last$loss, format, "", digits = 3)),
    title = if (is.null(main)) path_title(chosen, until, by) else main
  )
}

path_title <- function(methods, until, by) {
  after <- if (is.null(until)) "" else paste0(", after ", count_text(until, if (by == "epoch") "epoch" else "update"))
  paste0("Down the loss from one start", after)
}

# Levels that lie as those of a bowl at even distances; quantiles where the loss is so skewed that most would fall on a cliff.
surface_levels <- function(loss) {
  loss <- loss[is.finite(loss)]
  range <- if (length(loss) == 0L) c(0, 0) else range(loss)
  width <- diff(range)
  if (width <= 1e-12 * max(abs(range))) {
    # Of a loss so high that adding 1 changes nothing, too, the ends are apart.
    return(list(levels = numeric(), range = range + c(0, max(1, 1e-3 * abs(range))), colours = path_colours(1L)))
  }
  # 12 rings; a bowl's middle is at a third of its height over a square.
  steps <- seq(0, 1, length.out = 13L)[2:12]
  levels <- if (stats::median(loss) - range[1L] < 0.1 * width) stats::quantile(loss, steps, names = FALSE) else range[1L] + width * steps^2
  levels <- unique(signif(levels, 2L))
  levels <- levels[levels > range[1L] & levels < range[2L]]
  list(levels = levels, range = range, colours = path_colours(length(levels) + 1L))
}

# Levels with the ends: a little beyond them, so that what is lowest and highest has a colour.
surface_edges <- function(picture) {
  reach <- 1e-9 * diff(picture$range)
  c(picture$range[1L] - reach, picture$levels, picture$range[2L] + reach)
}

# Pale, so that paths stand out.
path_colours <- function(n) mixed_colours(sequential_colours(max(n, 2L)), palette_of$paper, 0.55)[seq_len(n)]

# Paths of many steps are thin: they cross themselves.
path_widths <- function(counts) ifelse(counts > 60, 1.1, 2.2)

# By what a text is made smaller that would not fit above the panel, in whose middle it stands.
fitting <- function(text, cex) {
  middle <- mean(graphics::par("plt")[1:2])
  room <- 2 * min(middle, 1 - middle) * graphics::par("fin")[1L]
  min(1, 0.97 * room / max(graphics::strwidth(text, "inches", cex = cex)))
}

laid_in_order <- function(counts) order(-counts, -seq_along(counts))

# The last point of each path, and at most eleven before it.
marked_points <- function(counts) {
  first <- cumsum(c(0L, counts))[seq_along(counts)]
  unlist(Map(function(from, n) from + unique(round(seq(1, n, length.out = min(n, 12L))))[-1L * (n > 1L)], first, counts))
}

# The legend stands at the right, in a narrow figure below, and in a small one nowhere.
draw_path_alone <- function(picture) {
  lines <- unlist(strsplit(picture$labels, "\n", fixed = TRUE))
  inches <- graphics::par("mai")[1L] / max(graphics::par("mar")[1L], 1e-3)
  free <- graphics::par("fin") / if (is.finite(inches) && inches > 0) inches else 0.2
  # A letter of the legend is about 0.4 lines wide.
  right <- 3 + 0.4 * max(nchar(lines, "width"))
  below <- 4.5 + 2 * length(picture$labels)
  # A panel of seven lines can be seen.
  place <- if (free[1L] - 4.6 - right > 7) "right" else if (free[2L] - 3.4 - below > 7) "below" else "none"
  kept <- graphics::par(mar = c(if (place == "below") below else 4, 4.6, if (is.null(picture$note)) 2.4 else 3.4, if (place == "right") right else 0.5), pty = "s")
  on.exit(graphics::par(kept))
  graphics::par(mai = margins_within(graphics::par("mai"), graphics::par("fin")))
  draw_path(picture)
  draw_path_legend(picture, place)
}

draw_path_legend <- function(picture, place) {
  usr <- graphics::par("usr")
  if (place == "none") {
    return(invisible())
  }
  line <- graphics::par("cxy")
  at <- if (place == "right") c(usr[2L] + 0.4 * line[1L], usr[4L]) else c(usr[1L], usr[3L] - 3.6 * line[2L])
  graphics::legend(
    at[1L], at[2L], picture$labels,
    pch = picture$symbols, pt.bg = picture$hues, col = picture$hues, lwd = picture$widths, pt.cex = 1.2, bty = "n", xpd = NA, cex = 0.85, y.intersp = 1.8
  )
}

draw_path <- function(picture) {
  x <- unique(picture$surface$x)
  y <- unique(picture$surface$y)
  height <- matrix(picture$surface$loss, length(x))
  graphics::plot.new()
  graphics::plot.window(range(x), range(y), xaxs = "i", yaxs = "i")
  usr <- graphics::par("usr")
  graphics::rect(usr[1L], usr[3L], usr[2L], usr[4L], col = palette_of$rule, border = NA)
  graphics::.filled.contour(x, y, height, surface_edges(picture), picture$colours)
  if (length(picture$levels) > 0L) graphics::contour(x, y, height, levels = picture$levels, add = TRUE, col = palette_of$muted, lwd = 0.7, labcex = 0.7, vfont = NULL)
  graphics::axis(1, col = NA, col.ticks = palette_of$muted)
  graphics::axis(2, col = NA, col.ticks = palette_of$muted, las = 1)
  graphics::title(xlab = picture$axes[1L], line = 2.5)
  graphics::title(ylab = picture$axes[2L], line = 3.3)
  graphics::title(picture$title, line = if (is.null(picture$note)) 0.8 else 1.6, font.main = 1, cex.main = 1.15 * fitting(picture$title, 1.15), col.main = palette_of$ink)
  if (!is.null(picture$note)) graphics::mtext(picture$note, side = 3, line = 0.4, cex = 0.75 * fitting(picture$note, 0.75), col = palette_of$muted)
  # Those of few steps lie on top, and the first of those of as many.
  for (k in laid_in_order(picture$counts)) {
    own <- picture$paths[picture$paths$method == k, ]
    graphics::lines(own$x, own$y, col = picture$hues[k], lwd = picture$widths[k])
  }
  marks <- picture$paths[picture$marked, ]
  marks <- marks[order(match(marks$method, laid_in_order(picture$counts))), ]
  graphics::points(marks$x, marks$y, pch = picture$symbols[marks$method], bg = picture$hues[marks$method], col = palette_of$paper, cex = 1.15)
  graphics::points(picture$paths$x[1L], picture$paths$y[1L], pch = 16, cex = 1.4, col = palette_of$ink)
}
