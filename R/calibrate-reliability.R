# Whether probabilities mean what they say: predicted ones beside what was observed, as a table and as a picture.

#' Predicted probabilities beside what was observed
#'
#' Sorts rows by the probability that was predicted for a class, puts them in bins of equally many, and compares the mean probability of each bin with the share of
#' its rows that had the class. Where probabilities mean what they say, points lie on the diagonal of the picture.
#'
#' @inheritParams nn_metrics
#' @param fit A model from [nn_train()] of classes, calibrated by [nn_calibrate()] or not.
#' @param data Rows with their outcome that neither training nor calibration has seen, in the form that training took.
#' @param bins How many bins. Equal probabilities stay in one bin, so that there may be fewer.
#' @param level Level of the intervals around the shares, by Wilson's method (1927) on the rows of the bin; with case weights, on as many rows of equal weight as say as
#'   much.
#' @return A data frame of class `nn_reliability` with a row for each bin: `.level`, the class (of two the second one; of more each in turn against the
#'   others), `predicted` and `observed`, `lower` and `upper` (the interval around `observed`) and `n`, the number of rows (of counts, of trials). `plot()` draws it in base graphics,
#'   [ggplot2::autoplot()] with ggplot2.
#' @section Errors:
#' An outcome that is no class is an error of class `backprop_error_incompatible`.
#' @references Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. *Journal of the American Statistical Association*, 22(158),
#'   209-212.
#' @examples
#' cars2 <- transform(mtcars, am = factor(am, labels = c("auto", "manual")))
#' fit <- nn_train(am ~ wt, data = cars2[seq(1, 32, 2), ], preset = "textbook",
#'                 hidden = c(), epochs = 500)
#' found <- nn_reliability(fit, cars2[seq(2, 32, 2), ], bins = 3)
#' found
#' plot(found)
#' @export
nn_reliability <- function(fit, data, bins = 10, ..., level = 0.95, case_weights = NULL, offset = NULL) {
  call <- quote(nn_reliability())
  fit <- check_fit_given(fit, call)
  refuse_dots(..., known = c("fit", "data", "bins", "level", "case_weights", "offset"), call = call)
  check_data_given(if (missing(data)) NULL else data, call)
  bins <- check_count(bins, "bins", call = call)
  level <- check_level(level, "level", call)
  classes <- require_classes(fit, judge(fit, data, call, case_weights, offset), call)
  k <- length(classes$levels)
  rows <- lapply(if (k == 2L) 2L else seq_len(k), function(class) {
    binned <- bin_probabilities(classes$p[, class], classes$code == class, classes$weights, bins)
    # Of counts each trial is one.
    if (fit$outcome$kind == "counts") binned[c("rows", "n")] <- binned["weight"]
    data.frame(
      .level = classes$levels[class], predicted = binned$predicted, observed = binned$observed,
      wilson_limits(binned$observed, binned$n, level), n = binned$rows
    )
  })
  table <- do.call(rbind, rows)
  table$.level <- factor(table$.level, classes$levels[if (k == 2L) 2L else seq_len(k)])
  structure(table, class = c("nn_reliability", "data.frame"))
}

wilson_limits <- function(share, n, level) {
  z <- stats::qnorm((1 + level) / 2)
  middle <- (share + z^2 / (2 * n)) / (1 + z^2 / n)
  half <- z / (1 + z^2 / n) * sqrt(share * (1 - share) / n + z^2 / (4 * n^2))
  data.frame(lower = pmax(0, middle - half), upper = pmin(1, middle + half))
}

#' @export
print.nn_reliability <- function(x, ...) {
  # Of some columns only, a plain table.
  table <- as.data.frame(x)
  class(table) <- "data.frame"
  print(table, digits = 3, row.names = FALSE)
  invisible(x)
}

#' @rdname nn_reliability
#' @param x,object What `nn_reliability()` returns.
#' @param main A title; `NULL` for the picture's own.
#' @export
plot.nn_reliability <- function(x, ..., main = NULL) {
  call <- quote(plot())
  refuse_dots(..., known = c("x", "main"), call = call)
  check_reliability(x, "x", call)
  check_title(main, call)
  levels <- levels(x$.level)
  k <- length(levels)
  colours <- class_colours(k)
  symbols <- class_symbols(k)
  keys <- if (k > 1L) legend_keys(levels, colours, lty = class_lines(k), pch = symbols, fill = colours)
  figure <- start_figure(setting(main, reliability_title(levels)), reliability_note, keys)
  on.exit(graphics::par(figure$kept))
  open_axes(figure, c(0, 1), c(0, 1), reliability_labels[[1L]], reliability_labels[[2L]], open = TRUE)
  graphics::segments(0, 0, 1, 1, lty = 3, col = figure$inks$muted)
  for (i in seq_len(k)) {
    rows <- x[x$.level == levels[i], ]
    graphics::segments(rows$predicted, rows$lower, rows$predicted, rows$upper, col = faded(colours[i], 0.5))
    graphics::lines(rows$predicted, rows$observed, col = colours[i], lty = class_lines(k)[i])
    graphics::points(rows$predicted, rows$observed, pch = symbols[i], bg = colours[i], col = figure$inks$paper)
  }
  invisible(x)
}

reliability_title <- function(levels) if (length(levels) == 1L) paste("Reliability of the probability of", levels) else "Reliability of predicted probabilities"

reliability_note <- "on the dotted line probabilities mean what they say"

reliability_labels <- c("mean predicted probability", "share observed")

#' @rdname nn_reliability
#' @exportS3Method ggplot2::autoplot
autoplot.nn_reliability <- function(object, ..., main = NULL) {
  call <- quote(autoplot())
  refuse_dots(..., known = c("object", "main"), call = call)
  check_reliability(object, "object", call)
  check_title(main, call)
  levels <- levels(object$.level)
  k <- length(levels)
  class(object) <- "data.frame"
  legend <- if (k == 1L) "none" else gg_legend(levels)
  ggplot2::ggplot(object, ggplot2::aes(.data$predicted, .data$observed, colour = .data$.level, fill = .data$.level, shape = .data$.level, linetype = .data$.level)) +
    ggplot2::geom_abline(linetype = "dotted", colour = gg_inks()$muted) +
    ggplot2::geom_linerange(ggplot2::aes(ymin = .data$lower, ymax = .data$upper), alpha = 0.5, linetype = 1) +
    ggplot2::geom_line() +
    ggplot2::geom_point(size = 2, colour = gg_inks()$paper) +
    ggplot2::scale_colour_manual(values = class_colours(k), aesthetics = c("colour", "fill"), guide = legend) +
    ggplot2::scale_shape_manual(values = class_symbols(k), guide = legend) +
    ggplot2::scale_linetype_manual(values = class_lines(k), guide = legend) +
    ggplot2::coord_cartesian(xlim = c(0, 1), ylim = c(0, 1)) +
    ggplot2::labs(
      title = gg_title(main, reliability_title(levels)), subtitle = gg_note(reliability_note), x = reliability_labels[[1L]], y = reliability_labels[[2L]],
      colour = NULL, fill = NULL, shape = NULL, linetype = NULL
    ) +
    gg_theme()
}

check_reliability <- function(x, arg, call) {
  if (!is_frame(x, c("predicted", "observed", "lower", "upper", "n")) || !is.factor(unclass(x)[[".level"]]) || length(x$.level) == 0L) {
    stop_argument(arg, "what `nn_reliability()` returns, with all of its columns and a row or more", x, call = call)
  }
}
