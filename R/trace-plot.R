# Pictures of a trace: the loss from iteration to iteration, and every weight on its way.

#' Plot a trace
#'
#' Small pictures side by side: the loss of all rows before the first iteration and after each, and for each layer the way of its weights (solid) and biases
#' (dashed). Where a layer has few of them, each is named at its end. [nn_path()] shows such ways over the surface of the loss.
#'
#' @param x,object A trace from [nn_trace()].
#' @param layer Which layers to draw, by number; `NULL` for all that have weights or biases.
#' @param main A title; `NULL` for the picture's own.
#' @param ... Not used; a misspelt argument is an error.
#' @return `x`, invisibly; for `autoplot()` a ggplot object.
#' @section Errors:
#' A trace that was edited (class `backprop_error_edited_trace`), and layers that it does not have.
#' @examples
#' X <- matrix(c(1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1), nrow = 3, byrow = TRUE)
#' Y <- matrix(c(1, 1, 0))
#' plot(nn_trace(X, Y, hidden = 3, lr = 0.5, iterations = 20, seed = 1))
#' @export
plot.nn_trace <- function(x, ..., layer = NULL, main = NULL) {
  call <- quote(plot())
  refuse_dots(..., known = c("x", "layer", "main"), call = call)
  picture <- trace_picture(x, "x", layer, main, call)
  panels <- picture$panels
  # Three in a row, but of many no more rows than columns.
  columns <- if (length(panels) == 4L) 2L else max(min(length(panels), 3L), ceiling(sqrt(length(panels))))
  kept <- graphics::par(mfrow = c(ceiling(length(panels) / columns), columns), oma = c(0, 0, 2, 0), mar = c(3.6, 3.8, 2, 0.8), mgp = c(2.4, 0.6, 0))
  on.exit(graphics::par(kept))
  graphics::par(mai = margins_within(graphics::par("mai"), graphics::par("fin")))
  for (panel in panels) draw_trace_panel(panel, picture$iterations)
  graphics::mtext(picture$title, outer = TRUE, line = 0.4, cex = 1, col = palette_of$ink)
  invisible(x)
}

#' @rdname plot.nn_trace
#' @exportS3Method ggplot2::autoplot
autoplot.nn_trace <- function(object, ..., layer = NULL, main = NULL) {
  call <- quote(autoplot())
  refuse_dots(..., known = c("object", "layer", "main"), call = call)
  picture <- trace_picture(object, "object", layer, main, call)
  long <- do.call(rbind, lapply(picture$panels, function(panel) {
    data.frame(
      panel = panel$title, line = paste(panel$title, rep(seq_along(panel$kind), each = nrow(panel$values))), iteration = rep(picture$iterations, ncol(panel$values)),
      value = as.double(panel$values), kind = rep(panel$kind, each = nrow(panel$values))
    )
  }))
  long <- long[!is.na(long$value), ]
  long$panel <- factor(long$panel, unique(long$panel))
  long$kind <- factor(long$kind, names(trace_inks))
  ggplot2::ggplot(long, ggplot2::aes(.data$iteration, .data$value, group = .data$line, colour = .data$kind, linetype = .data$kind)) +
    ggplot2::geom_line(linewidth = 0.7) +
    ggplot2::facet_wrap(ggplot2::vars(.data$panel), scales = "free_y") +
    ggplot2::scale_colour_manual(values = trace_inks) +
    ggplot2::scale_linetype_manual(values = trace_lines) +
    ggplot2::labs(title = picture$title, y = NULL, colour = NULL, linetype = NULL) +
    gg_theme()
}

# Of each kind of line.
trace_inks <- c(loss = "#222222", weights = "#0072B2", biases = "#D55E00")
trace_lines <- c(loss = 1, weights = 1, biases = 2)

# `iterations`: 0, before the first, to the last; `panels`, each with a column of `values` for each line, its `kind` and its name.
trace_picture <- function(x, arg, layer, main, call) {
  check_trace(x, call, arg)
  check_title(main, call)
  fields <- unclass(x)
  count <- nrow(fields$iterations)
  if (count == 0L || is.null(fields$start)) {
    stop_backprop("no_iterations", "{.arg {arg}} has no iterations to draw.", call = call)
  }
  ways <- lapply(seq_along(fields$start$weights), function(l) layer_ways(fields, l))
  sized <- which(vapply(ways, function(way) length(way$kind) > 0L, NA))
  if (!is.null(layer) && (!is_whole_each(layer, 1) || length(layer) == 0L || !all(layer %in% sized))) {
    stop_argument("layer", paste("numbers of layers with weights or biases:", paste(sized, collapse = ", ")), layer, call = call)
  }
  loss <- matrix(c(fields$iterations$loss_before[1L], fields$iterations$loss_after))
  title <- paste0(
    count_text(count, "iteration"), " of ", fields$network$optimizer$name, ": loss ", format(loss[1L], digits = 4), " to ", format(loss[count + 1L], digits = 4)
  )
  first <- list(values = loss, kind = "loss", names = "", title = "loss of all rows")
  list(iterations = 0:count, panels = c(list(first), ways[if (is.null(layer)) sized else unique(layer)]), title = if (is.null(main)) title else main)
}

# Before each iteration as its step 1 has them, and at the end. Of a trace that was cut what is there.
layer_ways <- function(fields, l) {
  count <- nrow(fields$iterations)
  of <- function(kind) {
    first <- as.double(fields$start[[kind]][[l]])
    values <- matrix(NA_real_, count + 1L, length(first))
    for (step in fields$steps) {
      if (step$phase == "start" && step$key == fields$keys[[kind]][l] && step$iteration <= count && length(step$result) == length(first)) {
        values[step$iteration, ] <- step$result
      }
    }
    values[1L, ] <- first
    values[count + 1L, ] <- as.double(fields$end[[kind]][[l]])
    values
  }
  weights <- of("weights")
  biases <- of("biases")
  # Traces of version 0.1 have no names of parameters.
  labels <- fields$names$parameters[[l]]
  ends <- if (!is.null(labels)) parameter_ends(labels)
  names <- if (is.null(ends)) character(ncol(weights) + ncol(biases)) else ifelse(ends$from == "bias", paste("bias", ends$to), paste0(ends$from, "->", ends$to, recycle0 = TRUE))
  layers <- length(fields$start$weights)
  list(
    values = cbind(weights, biases), kind = rep(c("weights", "biases"), c(ncol(weights), ncol(biases))), names = names,
    title = if (l == layers) "output layer" else if (layers == 2L) "hidden layer" else paste("hidden layer", l)
  )
}

draw_trace_panel <- function(panel, iterations) {
  wide <- share_of_names(panel$names)
  named <- length(panel$kind) > 1L && length(panel$kind) <= 12L && wide <= 0.5
  last <- utils::tail(iterations, 1L)
  # Names stand behind the ends of the lines.
  room <- if (named) max(0.055 * max(nchar(panel$names)), wide / (1 - wide)) * last else 0
  values <- panel$values
  # Of a training that diverged at once there is nothing to see.
  seen <- values[is.finite(values)]
  graphics::plot(
    c(0, last + room), if (length(seen) > 0L) range(seen) else c(0, 1),
    type = "n", las = 1, bty = "n", xlab = "iteration", ylab = "", xaxt = "n", main = panel$title, font.main = 1, cex.main = 1, col.main = palette_of$muted
  )
  graphics::axis(1, unique(round(pretty(c(0, last), 4L)))[unique(round(pretty(c(0, last), 4L))) <= last])
  if (any(seen < 0) && any(seen > 0)) graphics::abline(h = 0, col = palette_of$rule)
  opacity <- if (panel$kind[1L] == "loss") 1 else max(0.25, min(0.9, 14 / length(panel$kind)))
  for (k in seq_along(panel$kind)) {
    there <- !is.na(values[, k])
    graphics::lines(iterations[there], values[there, k], lwd = 1.8, col = faded(trace_inks[[panel$kind[k]]], opacity), lty = trace_lines[[panel$kind[k]]])
  }
  if (panel$kind[1L] == "loss" && length(iterations) <= 31L) graphics::points(iterations, values, pch = 16, cex = 0.7, col = palette_of$ink)
  if (named) draw_line_names(values[length(iterations), ], last, panel)
}

# Which share of the panel's width names take; all of it where they have no room one below the other. No text can be measured before a picture
# is begun, but a letter is about half as high as a line, and a little wider.
share_of_names <- function(names) {
  letter <- 0.85 * graphics::par("cin") * graphics::par("cex")
  panel <- graphics::par("pin")
  if (length(names) * 1.7 * 0.5 * letter[2L] > panel[2L]) 1 else max(0, nchar(names)) * 0.6 * letter[1L] / panel[1L]
}

# Beside the ends of their lines, moved apart where these lie close.
draw_line_names <- function(ends, x, panel) {
  order <- order(ends)
  height <- graphics::strheight("x", cex = 0.85) * 1.7
  y <- ends[order]
  for (k in seq_along(y)[-1L]) y[k] <- max(y[k], y[k - 1L] + height)
  # As far down as they were pushed up on average, but not out of the panel.
  y <- y - mean(y - ends[order])
  y <- y - max(0, max(y) - graphics::par("usr")[4L])
  graphics::text(x, y, panel$names[order], pos = 4, offset = 0.3, cex = 0.85, col = trace_inks[panel$kind[order]], xpd = NA)
}
