# Pictures of explanations in base graphics.

#' Plot an explanation
#'
#' Draws what [nn_importance()], [nn_partial()] and [nn_shap()] return, in base graphics, leaving the graphical parameters as they were;
#' [ggplot2::autoplot()] draws the same with ggplot2. Rows may be taken out before.
#'
#' * Importance: a point for each column with its interval, the most important one on top.
#' * Partial dependence and accumulated effects of one column: a line for each output with twice the standard error on either side, points where the column is no number; ICE: a thin line for each
#'   row, and their mean. Of two columns a surface, or a line for each level of the second.
#' * Shapley values of one row: a bar for each column. Of several rows: a point for each row, dark where the column's value is high (grey where it is no number).
#'
#' Surfaces, ICE curves and Shapley values are of one output.
#' @param x,object What [nn_importance()], [nn_partial()] or [nn_shap()] returned.
#' @param output Which output to draw; `NULL` is the first.
#' @param most At most this many columns are drawn, the most important ones.
#' @param main A title; `NULL` for the picture's own.
#' @param ... Not used; a misspelt argument is an error.
#' @return `x`, invisibly; for `autoplot()` a ggplot object.
#' @examples
#' fit <- nn_train(Species ~ ., data = iris, preset = "textbook",
#'                 hidden = 3, activation = "tanh", epochs = 200, seed = 1)
#' plot(nn_importance(fit, iris, seed = 1))
#' plot(nn_partial(fit, iris, "Petal.Width"))
#' plot(nn_shap(fit, iris, iris[c(1, 51, 101), ], samples = 50, seed = 1), output = "virginica")
#' @name plot.nn_importance
NULL

#' @rdname plot.nn_importance
#' @export
plot.nn_importance <- function(x, ..., most = 20, main = NULL) {
  call <- quote(plot())
  refuse_dots(..., known = c("x", "most", "main"), call = call)
  picture <- importance_picture(x, most, main, call)
  table <- picture$table
  outputs <- picture$outputs
  k <- length(outputs)
  hues <- class_colours(k)
  of <- match(table$output, outputs)
  variables <- picture$variables
  place <- length(variables) + 1 - match(table$variable, variables) - (of - (k + 1) / 2) * 0.6 / k
  symbols <- class_symbols(k)
  figure <- start_figure(picture$title, NULL, if (k > 1L) legend_keys(outputs, palette_of$paper, pch = symbols, fill = hues))
  on.exit(graphics::par(figure$kept))
  ends <- range(0, table$importance, table$lower, table$upper, finite = TRUE)
  open_axes(figure, ends, c(0.5, length(variables) + 0.5), picture$label, "", ylabels = rev(variables), bty = "n")
  graphics::abline(v = 0, col = figure$inks$rule)
  sure <- is.finite(table$lower) & is.finite(table$upper)
  graphics::segments(table$lower[sure], place[sure], table$upper[sure], col = hues[of[sure]], lwd = 2)
  graphics::points(table$importance, place, pch = symbols[of], bg = hues[of], col = figure$inks$paper, cex = 1.3)
  invisible(x)
}

#' @rdname plot.nn_importance
#' @export
plot.nn_partial <- function(x, ..., output = NULL, main = NULL) {
  call <- quote(plot())
  refuse_dots(..., known = c("x", "output", "main"), call = call)
  picture <- partial_picture(x, output, main, call)
  if (picture$kind == "surface") draw_partial_surface(picture) else draw_partial_lines(picture)
  invisible(x)
}

#' @rdname plot.nn_importance
#' @export
plot.nn_shap <- function(x, ..., output = NULL, most = 20, main = NULL) {
  call <- quote(plot())
  refuse_dots(..., known = c("x", "output", "most", "main"), call = call)
  picture <- shap_picture(x, output, most, main, call)
  table <- picture$table
  variables <- picture$variables
  place <- length(variables) + 1 - match(table$variable, variables)
  labels <- if (picture$single) paste(table$variable, "=", table$value)[match(variables, table$variable)] else variables
  scaled <- !picture$single && !all(is.na(table$height))
  keys <- if (scaled) legend_keys(c("low value of the column", "high value"), palette_of$muted, pch = c(21L, 21L), fill = sequential_colours()[c(1L, 101L)])
  figure <- start_figure(picture$title, NULL, keys)
  on.exit(graphics::par(figure$kept))
  ends <- range(0, table$shap, if (picture$single) c(table$shap - table$std_error, table$shap + table$std_error), finite = TRUE)
  open_axes(figure, ends, c(0.5, length(variables) + 0.5), picture$label, "", ylabels = rev(labels), bty = "n")
  graphics::abline(v = 0, col = figure$inks$rule)
  if (picture$single) {
    hue <- ifelse(table$shap >= 0, palette_of$positive, palette_of$negative)
    graphics::rect(pmin(0, table$shap), place - 0.3, pmax(0, table$shap), place + 0.3, col = hue, border = NA)
    graphics::segments(table$shap - table$std_error, place, table$shap + table$std_error, col = figure$inks$ink)
  } else {
    fill <- ifelse(is.na(table$height), palette_of$muted, colour_of(ifelse(is.na(table$height), 0, table$height), c(0, 1), sequential_colours()))
    graphics::points(table$shap, place + table$aside, pch = 21, bg = fill, col = palette_of$muted, lwd = 0.5, cex = 0.9)
  }
  invisible(x)
}

# Lines for a column that is a number, points for one that is not; several columns of curves at the same places.
draw_partial_lines <- function(picture) {
  table <- picture$table
  lines <- picture$lines
  k <- length(lines)
  hues <- class_colours(k)
  symbols <- class_symbols(k)
  types <- class_lines(k)
  ice <- picture$kind == "ice"
  at <- if (picture$numeric) table$at else match(table$at, picture$levels)
  reach <- if (is.null(table$std_error)) 0 else ifelse(is.na(table$std_error), 0, 2 * table$std_error)
  keys <- if (ice) {
    legend_keys(c("a row", "mean"), c(palette_of$muted, palette_of$positive), lty = c(1, 1), lwd = c(1, 2.5))
  } else if (k > 1L) {
    if (picture$numeric) legend_keys(lines, hues, lty = types, lwd = 2.5) else legend_keys(lines, palette_of$paper, pch = symbols, fill = hues)
  }
  figure <- start_figure(picture$title, NULL, keys)
  on.exit(graphics::par(figure$kept))
  open_axes(
    figure, if (picture$numeric) range(at) else c(0.5, length(picture$levels) + 0.5), range(table$estimate - reach, table$estimate + reach),
    picture$variables[1L], picture$label, xlabels = if (!picture$numeric) picture$levels, open = TRUE
  )
  if (ice) {
    curves <- split(data.frame(at = at, estimate = table$estimate), table$row)
    for (curve in curves) graphics::lines(curve$at, curve$estimate, col = faded(figure$inks$muted, 0.35))
    mean <- tapply(table$estimate, at, mean)
    graphics::lines(as.numeric(names(mean)), mean, col = palette_of$positive, lwd = 2.5)
    return(invisible())
  }
  for (i in seq_len(k)) {
    own <- which(table$line == lines[i])
    if (picture$numeric) {
      if (any(reach > 0)) {
        graphics::polygon(c(at[own], rev(at[own])), c((table$estimate - reach)[own], rev((table$estimate + reach)[own])), col = faded(hues[i], 0.15), border = NA)
      }
      graphics::lines(at[own], table$estimate[own], col = hues[i], lwd = 2.5, lty = types[i])
    } else {
      # Of several lines the points stand side by side.
      place <- at[own] + (i - (k + 1) / 2) * 0.5 / k
      if (any(reach > 0)) graphics::segments(place, (table$estimate - reach)[own], y1 = (table$estimate + reach)[own], col = hues[i], lwd = 2)
      graphics::points(place, table$estimate[own], pch = symbols[i], bg = hues[i], col = figure$inks$paper, cex = 1.3)
    }
  }
}

draw_partial_surface <- function(picture) {
  table <- picture$table[order(picture$table[[2L]], picture$table[[1L]]), ]
  span <- lapply(table[1:2], unique)
  value <- matrix(table$estimate, length(span[[1L]]))
  limits <- range(value) + c(0, 1) * (diff(range(value)) == 0)
  colours <- sequential_colours()
  figure <- start_figure(picture$title)
  on.exit(graphics::par(figure$kept))
  open_axes(
    figure, range(span[[1L]]), range(span[[2L]]), picture$variables[1L], picture$variables[2L], right = side_scale_room(limits, figure$line), bty = "n", snug = TRUE
  )
  # Not as a raster: values of a grid need not be evenly spaced.
  graphics::image(span[[1L]], span[[2L]], value, zlim = limits, col = colours, add = TRUE)
  draw_contours(contour_picture(span[[1L]], span[[2L]], value, limits, colours))
  draw_side_scale(limits, colours, figure)
}
