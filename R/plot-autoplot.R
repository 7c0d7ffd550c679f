# The pictures of plot() with ggplot2, which is only needed when they are asked for.

#' Pictures with ggplot2
#'
#' The pictures of [plot.nn_fit()] and of [nn_activation()] as ggplot objects, to which layers, scales and themes can be added.
#' They take the theme that is set by [ggplot2::theme_set()]; where that is ggplot2's own, a plainer one. Titles and names are broken so that they fit the device
#' that is open, or 7 by 5 inches.
#'
#' @inheritParams plot.nn_fit
#' @param object A model from [nn_train()], or what [nn_activation()] returns.
#' @param ... Not used.
#' @return A ggplot object.
#' @section Errors:
#' As [plot.nn_fit()].
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' fit <- nn_train(Species ~ ., data = iris, preset = "textbook",
#'                 hidden = 4, activation = "tanh", epochs = 200, seed = 1)
#' ggplot2::autoplot(fit)
#' ggplot2::autoplot(fit, type = "boundary", inputs = c("Petal.Length", "Petal.Width"), data = iris)
#' ggplot2::autoplot(nn_activation(c("sigmoid", "tanh")))
#' @name autoplot
NULL

#' @rdname autoplot
#' @exportS3Method ggplot2::autoplot
autoplot.nn_fit <- function(object, type = "loss", ..., log = FALSE, data = NULL, inputs = NULL, at = NULL, layer = NULL,
                            max_units = 16, max_rows = 60, label_weights = NULL, main = NULL) {
  call <- quote(autoplot())
  refuse_dots(..., known = setdiff(names(formals(autoplot.nn_fit)), "..."), call = call)
  object <- validate_fit(object, "object", call, ensembles = TRUE)
  check_choice(type, "type", picture_types, call)
  check_type_of_ensemble(object, type, "object", call)
  check_flag(log, "log", call)
  check_title(main, call)
  picture <- picture_of(object, type, data, inputs, at, layer, max_units, max_rows, call, label_weights)
  switch(type,
    loss = gg_loss(picture, log, main),
    network = gg_network(picture, main),
    weights = gg_tables(picture, main),
    boundary = gg_boundary(picture, main),
    activations = gg_tables(picture, main),
    history = gg_history(picture, main)
  )
}

#' @rdname autoplot
#' @exportS3Method ggplot2::autoplot
autoplot.nn_activation <- function(object, ...) {
  points <- activation_curves(object)
  names <- unique(points$activation)
  points$activation <- factor(points$activation, names)
  shown <- do.call(rbind, lapply(names, function(name) activation_pieces(points[points$activation == name, ])))
  several <- length(names) > 1L
  ggplot2::ggplot(shown, ggplot2::aes(.data$z, .data$y, colour = .data$curve, linetype = .data$curve, group = interaction(.data$curve, .data$piece))) +
    ggplot2::geom_hline(yintercept = 0, colour = gg_inks()$rule) +
    ggplot2::geom_vline(xintercept = 0, colour = gg_inks()$rule) +
    ggplot2::geom_line(linewidth = 0.8, na.rm = TRUE) +
    (if (several) ggplot2::facet_wrap(ggplot2::vars(.data$activation), scales = "free_y", ncol = activation_columns(length(names)))) +
    ggplot2::scale_colour_manual(values = c(value = palette_of$positive, derivative = palette_of$negative)) +
    ggplot2::scale_linetype_manual(values = c(value = 1, derivative = 2)) +
    ggplot2::labs(title = gg_title(NULL, activation_title(names)), y = NULL, colour = NULL, linetype = NULL) +
    gg_theme()
}

#' @importFrom rlang .data
NULL

gg_loss <- function(picture, log, main) {
  history <- picture$history
  long <- rbind(
    data.frame(epoch = history$epoch, loss = history$loss, rows = "training"),
    data.frame(epoch = history$epoch, loss = history$validation_loss, rows = "validation")
  )
  long <- long[!is.na(long$loss), ]
  if (log) long <- long[long$loss > 0, ]
  validated <- length(unique(long$rows)) > 1L
  guide <- if (validated) "legend" else "none"
  draw <- if (nrow(history) > 1L) ggplot2::geom_line(linewidth = 0.8) else ggplot2::geom_point()
  plot <- ggplot2::ggplot(long, ggplot2::aes(.data$epoch, .data$loss, colour = .data$rows, linetype = .data$rows)) +
    draw +
    ggplot2::scale_colour_manual(values = c(training = palette_of$positive, validation = palette_of$negative), guide = guide) +
    ggplot2::scale_linetype_manual(values = c(training = 1, validation = 2), guide = guide) +
    ggplot2::labs(title = gg_title(main, picture$title), subtitle = gg_note(picture$note), y = picture$label, colour = NULL, linetype = NULL) +
    gg_theme()
  if (log) plot + ggplot2::scale_y_log10() else plot
}

gg_history <- function(picture, main) {
  epochs <- picture$epochs
  titles <- panel_titles(picture$panels)
  long <- do.call(rbind, lapply(seq_along(titles), function(i) {
    panel <- picture$panels[[i]]
    of_kind <- function(values, kind) {
      data.frame(
        epoch = rep(epochs, ncol(values)), value = as.double(values), kind = rep(kind, length(values)),
        line = paste(rep(titles[i], length(values)), kind, rep(seq_len(ncol(values)), each = length(epochs)), recycle0 = TRUE), panel = rep(titles[i], length(values))
      )
    }
    rbind(of_kind(panel$weights, "weights"), of_kind(panel$biases, "biases"))
  }))
  long$panel <- factor(long$panel, titles)
  long$kind <- factor(long$kind, c("weights", "biases"))
  k <- length(titles)
  ggplot2::ggplot(long, ggplot2::aes(.data$epoch, .data$value, group = .data$line, colour = .data$kind, linetype = .data$kind)) +
    ggplot2::geom_hline(yintercept = 0, colour = gg_inks()$rule) +
    ggplot2::geom_line(alpha = history_opacity(picture)) +
    ggplot2::facet_wrap(ggplot2::vars(.data$panel), scales = "free_y", ncol = min(k, 2L), labeller = gg_labeller(gg_size()[1L] / min(k, 2L))) +
    ggplot2::scale_colour_manual(values = c(weights = palette_of$positive, biases = palette_of$negative)) +
    ggplot2::scale_linetype_manual(values = c(weights = 1, biases = 2)) +
    ggplot2::labs(title = gg_title(main, picture$title), subtitle = gg_note(picture$note), y = "weight", colour = NULL, linetype = NULL) +
    gg_theme()
}
