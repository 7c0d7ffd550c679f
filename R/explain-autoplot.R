# The pictures of explanations with ggplot2.

#' @rdname plot.nn_importance
#' @exportS3Method ggplot2::autoplot
autoplot.nn_importance <- function(object, ..., most = 20, main = NULL) {
  call <- quote(autoplot())
  refuse_dots(..., known = c("object", "most", "main"), call = call)
  picture <- importance_picture(object, most, main, call)
  table <- picture$table
  k <- length(picture$outputs)
  table$variable <- factor(table$variable, rev(picture$variables))
  table$output <- factor(table$output, picture$outputs)
  # From above in the order of the outputs.
  beside <- ggplot2::position_dodge2(width = if (k > 1L) 0.6 else 0.01, reverse = TRUE)
  plot <- ggplot2::ggplot(table, ggplot2::aes(.data$variable, .data$importance, colour = .data$output, fill = .data$output, shape = .data$output, group = .data$output)) +
    ggplot2::geom_hline(yintercept = 0, colour = gg_inks()$rule) +
    ggplot2::geom_linerange(ggplot2::aes(ymin = .data$lower, ymax = .data$upper), data = table[is.finite(table$lower), ], position = beside, linewidth = 0.8) +
    ggplot2::geom_point(position = beside, size = 2.5, colour = gg_inks()$paper) +
    ggplot2::scale_colour_manual(values = class_colours(k), aesthetics = c("colour", "fill"), guide = gg_legend(picture$outputs)) +
    ggplot2::scale_shape_manual(values = class_symbols(k), guide = gg_legend(picture$outputs)) +
    ggplot2::scale_x_discrete(labels = gg_names) +
    ggplot2::coord_flip() +
    ggplot2::labs(title = gg_title(NULL, picture$title), x = NULL, y = picture$label, colour = NULL, fill = NULL, shape = NULL) +
    gg_theme()
  if (k == 1L) plot + ggplot2::guides(colour = "none", fill = "none", shape = "none") else plot
}

#' @rdname plot.nn_importance
#' @exportS3Method ggplot2::autoplot
autoplot.nn_partial <- function(object, ..., output = NULL, main = NULL) {
  call <- quote(autoplot())
  refuse_dots(..., known = c("object", "output", "main"), call = call)
  picture <- partial_picture(object, output, main, call)
  table <- picture$table
  labels <- ggplot2::labs(title = gg_title(NULL, picture$title), x = picture$variables[1L], y = picture$label, colour = NULL, fill = NULL, linetype = NULL, shape = NULL)
  if (picture$kind == "surface") {
    names(table)[1:2] <- c("x", "y")
    sorted <- table[order(table$y, table$x), ]
    limits <- range(table$estimate) + c(0, 1) * (diff(range(table$estimate)) == 0)
    contours <- contour_picture(unique(sorted$x), unique(sorted$y), matrix(sorted$estimate, length(unique(sorted$x))), limits, sequential_colours())
    return(
      ggplot2::ggplot(table, ggplot2::aes(.data$x, .data$y)) +
        ggplot2::geom_tile(ggplot2::aes(fill = .data$estimate)) +
        gg_contours(contours) +
        ggplot2::scale_fill_gradientn(colours = sequential_colours(), limits = limits) +
        ggplot2::coord_cartesian(expand = FALSE) +
        ggplot2::labs(title = gg_title(NULL, picture$title), x = picture$variables[1L], y = picture$variables[2L], fill = NULL) +
        gg_theme() + ggplot2::theme(legend.position = "right")
    )
  }
  if (!picture$numeric) table$at <- factor(table$at, picture$levels)
  if (picture$kind == "ice") {
    return(
      ggplot2::ggplot(table, ggplot2::aes(.data$at, .data$estimate)) +
        ggplot2::geom_line(ggplot2::aes(group = .data$row, colour = "a row"), alpha = 0.35) +
        ggplot2::stat_summary(ggplot2::aes(group = 1, colour = "mean"), fun = mean, geom = "line", linewidth = 1) +
        ggplot2::scale_colour_manual(values = c("a row" = gg_inks()$muted, mean = palette_of$positive)) +
        labels + gg_theme()
    )
  }
  k <- length(picture$lines)
  table$line <- factor(table$line, picture$lines)
  plot <- ggplot2::ggplot(table, ggplot2::aes(.data$at, .data$estimate, colour = .data$line, fill = .data$line)) +
    ggplot2::scale_colour_manual(values = class_colours(k), aesthetics = c("colour", "fill"), guide = gg_legend(picture$lines)) +
    ggplot2::scale_linetype_manual(values = class_lines(k), guide = gg_legend(picture$lines)) +
    ggplot2::scale_shape_manual(values = class_symbols(k), guide = gg_legend(picture$lines)) +
    (if (!picture$numeric) ggplot2::scale_x_discrete(labels = gg_names)) +
    labels + gg_theme()
  reach <- if (!is.null(table$std_error) && !anyNA(table$std_error)) ggplot2::aes(ymin = .data$estimate - 2 * .data$std_error, ymax = .data$estimate + 2 * .data$std_error)
  plot <- if (picture$numeric) {
    plot + (if (!is.null(reach)) ggplot2::geom_ribbon(reach, alpha = 0.15, colour = NA)) + ggplot2::geom_line(ggplot2::aes(linetype = .data$line), linewidth = 0.9)
  } else {
    beside <- ggplot2::position_dodge(width = if (k > 1L) 0.5 else 0.01)
    plot + (if (!is.null(reach)) ggplot2::geom_linerange(reach, position = beside, linewidth = 0.8)) +
      ggplot2::geom_point(ggplot2::aes(shape = .data$line), position = beside, size = 2.5, colour = gg_inks()$paper)
  }
  if (k == 1L) plot + ggplot2::theme(legend.position = "none") else plot
}

#' @rdname plot.nn_importance
#' @exportS3Method ggplot2::autoplot
autoplot.nn_shap <- function(object, ..., output = NULL, most = 20, main = NULL) {
  call <- quote(autoplot())
  refuse_dots(..., known = c("object", "output", "most", "main"), call = call)
  picture <- shap_picture(object, output, most, main, call)
  table <- picture$table
  labels <- ggplot2::labs(title = gg_title(NULL, picture$title), x = picture$label, y = NULL, fill = "value of the column")
  variables <- rev(picture$variables)
  table$place <- match(table$variable, variables)
  plot <- ggplot2::ggplot(table, ggplot2::aes(.data$shap, .data$place)) + ggplot2::geom_vline(xintercept = 0, colour = gg_inks()$rule)
  if (picture$single) {
    shown <- paste(table$variable, "=", table$value)[match(variables, table$variable)]
    return(
      plot + ggplot2::geom_rect(ggplot2::aes(
        xmin = pmin(0, .data$shap), xmax = pmax(0, .data$shap), ymin = .data$place - 0.3, ymax = .data$place + 0.3, fill = ifelse(.data$shap >= 0, "up", "down")
      )) +
        ggplot2::geom_segment(ggplot2::aes(x = .data$shap - .data$std_error, xend = .data$shap + .data$std_error, yend = .data$place), colour = gg_inks()$ink) +
        ggplot2::scale_fill_manual(values = c(up = palette_of$positive, down = palette_of$negative), guide = "none") +
        ggplot2::scale_y_continuous(breaks = seq_along(variables), labels = gg_names(shown)) + labels + gg_theme()
    )
  }
  plot + ggplot2::geom_point(ggplot2::aes(y = .data$place + .data$aside, fill = .data$height), shape = 21, colour = gg_inks()$muted, stroke = 0.3) +
    ggplot2::scale_fill_gradientn(
      colours = sequential_colours(), na.value = palette_of$muted, limits = c(0, 1), breaks = c(0, 1), labels = c("low", "high"),
      guide = if (all(is.na(table$height))) "none" else ggplot2::guide_colourbar(barheight = 0.5)
    ) +
    ggplot2::scale_y_continuous(breaks = seq_along(variables), labels = gg_names(variables)) + labels + gg_theme()
}
