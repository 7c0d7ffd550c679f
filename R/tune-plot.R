# Pictures of a result of nn_tune(): configurations by rank, or along the values of one argument.

#' Look at a tuning, and predict by it
#'
#' `print()` shows the best configurations; the pictures show what is measured of each, with one standard error to either side; `predict()` is that of
#' the fit of the best one.
#'
#' @param x,object A result of [nn_tune()].
#' @param argument The name of a tuned argument to have along the axis: a point for each configuration, and a line through the best of each value. `NULL`
#'   has the configurations in the order of their ranks.
#' @param n How many configurations are drawn or printed at most, the best first.
#' @param main A title; `NULL` for the picture's own.
#' @param ... Not used; anything here is an error. Of `predict()`: arguments of [predict.nn_fit()].
#' @return `plot()` and `print()` return `x`, invisibly; `autoplot()` a ggplot object; `predict()` what [predict.nn_fit()] returns.
#' @section Errors:
#' An `argument` that was not tuned is an error of class `backprop_error_choice`. `predict()` of a tuning that was interrupted has no fit to predict by
#' (class `backprop_error_not_a_fit`).
#' @examples
#' tuned <- nn_tune(mpg ~ wt + hp, data = mtcars, preset = "textbook",
#'                  hidden = c(), optimizer = "lbfgs", epochs = 30,
#'                  penalty = c(0.001, 0.01, 0.1, 1), folds = 4, seed = 1)
#' plot(tuned)
#' plot(tuned, argument = "penalty")
#' @export
plot.nn_tune <- function(x, argument = NULL, ..., n = 30, main = NULL) {
  call <- quote(plot())
  refuse_dots(..., known = c("x", "argument", "n", "main"), call = call)
  picture <- tuning_picture(x, argument, n, "x", call)
  check_title(main, call)
  figure <- start_figure(setting(main, picture$title), NULL, tuning_keys(picture))
  on.exit(graphics::par(figure$kept))
  points <- picture$points
  across <- if (is.null(picture$labels)) range(points$at) else c(0.5, length(picture$labels) + 0.5)
  open_axes(figure, across, range(points$low, points$high), picture$x_label, picture$y_label, xlabels = picture$labels, log = if (picture$log) "x" else "", whole = picture$ranked)
  if (!is.null(picture$line)) graphics::lines(picture$line$at, picture$line$mean, col = figure$inks$muted)
  graphics::segments(points$at, points$low, points$at, points$high, col = figure$inks$muted)
  colours <- ifelse(points$chosen, palette_of$negative, palette_of$positive)
  graphics::points(points$at, points$mean, pch = ifelse(points$chosen, 23, 21), bg = ifelse(points$chosen, palette_of$negative, figure$inks$paper), col = colours)
  invisible(x)
}

#' @rdname plot.nn_tune
#' @exportS3Method ggplot2::autoplot
autoplot.nn_tune <- function(object, argument = NULL, ..., n = 30, main = NULL) {
  call <- quote(autoplot())
  refuse_dots(..., known = c("object", "argument", "n", "main"), call = call)
  picture <- tuning_picture(object, argument, n, "object", call)
  check_title(main, call)
  plot <- ggplot2::ggplot(picture$points, ggplot2::aes(.data$at, .data$mean))
  if (!is.null(picture$line)) plot <- plot + ggplot2::geom_line(data = picture$line, colour = palette_of$muted)
  plot <- plot +
    ggplot2::geom_linerange(ggplot2::aes(ymin = .data$low, ymax = .data$high), colour = palette_of$muted, na.rm = TRUE) +
    ggplot2::geom_point(ggplot2::aes(colour = .data$chosen, shape = .data$chosen, fill = .data$chosen), size = 2) +
    ggplot2::scale_colour_manual(values = c(`FALSE` = palette_of$positive, `TRUE` = palette_of$negative), labels = chosen_labels) +
    ggplot2::scale_fill_manual(values = c(`FALSE` = gg_inks()$paper, `TRUE` = palette_of$negative), labels = chosen_labels) +
    ggplot2::scale_shape_manual(values = c(`FALSE` = 21, `TRUE` = 23), labels = chosen_labels) +
    ggplot2::labs(title = gg_title(main, picture$title), x = picture$x_label, y = picture$y_label, colour = NULL, fill = NULL, shape = NULL) +
    gg_theme()
  if (picture$log) {
    plot + ggplot2::scale_x_log10()
  } else if (is.null(picture$labels)) {
    if (picture$ranked) plot + ggplot2::scale_x_continuous(breaks = whole_ticks) else plot
  } else {
    plot + ggplot2::scale_x_continuous(breaks = seq_along(picture$labels), labels = gg_names(picture$labels))
  }
}

chosen_labels <- c(`FALSE` = "configuration", `TRUE` = "chosen")

# What stands for configurations, and for the one that was chosen where it is drawn.
tuning_keys <- function(picture) {
  there <- c(any(!picture$points$chosen), any(picture$points$chosen))
  hues <- c(palette_of$positive, palette_of$negative)
  legend_keys(chosen_labels[there], hues[there], pch = c(21L, 23L)[there], fill = c(device_paper(), palette_of$negative)[there])
}

# What is drawn, as plain numbers: `points` of configurations, a `line` through the best of each value, and what the axes say.
tuning_picture <- function(x, argument, n, arg, call) {
  x <- check_tuned(x, arg, call)
  n <- check_count(n, "n", call = call)
  if (!is.null(argument)) check_choice(argument, "argument", names(x$best), call)
  results <- utils::head(x$results[!is.na(x$results$mean), ], n)
  if (nrow(results) == 0L) {
    stop_backprop("no_results", "{.arg {arg}} has no configuration that was measured, so there is nothing to draw.", call = call)
  }
  error <- replace(results$std_error, is.na(results$std_error), 0)
  points <- data.frame(
    at = results$rank, mean = results$mean, low = results$mean - error, high = results$mean + error, chosen = results$configuration == x$chosen
  )
  measured <- sum(!is.na(x$results$mean))
  title <- paste0(count_text(measured, "configuration"), if (nrow(results) < measured) paste0(", the best ", nrow(results)))
  if (!is.null(argument)) title <- paste0(title, " by ", argument)
  picture <- list(points = points, ranked = is.null(argument), log = FALSE, title = title, x_label = "rank", y_label = paste(x$metric, "on rows held out"))
  if (is.null(argument)) {
    return(picture)
  }
  values <- results[[argument]]
  picture$x_label <- argument
  if (is.numeric(values)) {
    picture$points$at <- as.double(values)
    # Rates and penalties span powers of ten.
    picture$log <- all(values > 0) && max(values) >= 30 * min(values)
  } else {
    texts <- vapply(values, label_value, "")
    picture$labels <- unique(texts[order(results$configuration)])
    picture$points$at <- match(texts, picture$labels)
  }
  best <- !duplicated(picture$points$at)
  picture$line <- picture$points[best, c("at", "mean")]
  picture$line <- picture$line[order(picture$line$at), ]
  picture
}
