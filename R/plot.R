# Pictures of a fit in base graphics, on whatever device is open: this file chooses, plot-*.R draw.

#' Plot a network
#'
#' Draws a network or its training in base graphics, on the open device, leaving the graphical parameters as they were.
#' [ggplot2::autoplot()] draws the same pictures with ggplot2, where that is installed.
#'
#' @section Types:
#' | type | picture | takes |
#' |---|---|---|
#' | `"loss"` | the loss of every epoch, and the validation loss where there is one | `log` |
#' | `"network"` | units and connections: blue solid lines are positive weights, orange dashed ones negative, and wider lines larger weights; small squares are biases | `max_units`, `label_weights` |
#' | `"weights"` | each layer's weights and biases as a table of colours, with the numbers where they fit | `layer` |
#' | `"boundary"` | the prediction over two inputs while the others are held: the classes, or a surface with contour lines | `inputs`, `at`, `data` |
#' | `"activations"` | what each unit gives for some rows, layer by layer | `data`, `max_rows` |
#' | `"history"` | every weight over the epochs, for a fit that kept snapshots of its weights | `layer` |
#'
#' @section Boundary:
#' The axes cover the range of `data`, which also gives the value at which the other inputs are held: the median of numbers,
#' the most frequent level of factors. A fit with `standardize = TRUE` on a matrix can do without `data`: it covers two and a half standard
#' deviations about the means. Shades get stronger where the network is surer. A model trained with an offset is
#' drawn at offset 0. Of several numeric outputs the surface shows the first. A network of one input is drawn as a curve for each output.
#'
#' @section Look:
#' Titles, legends and names are laid out by their size on the open device. Pictures take the device's foreground and background (`par(fg = , bg = )`), so that
#' they can be drawn on dark ones, and none speaks by colour alone. To a picture of the loss more can be added where the margins are the usual ones.
#'
#' @param x A model from [nn_train()].
#' @param type What to draw, see below.
#' @param log `TRUE` for a logarithmic axis of the loss.
#' @param data Rows to draw, in the form that training took: a data frame for a formula, else `list(X =, Y =)` or the
#'   inputs alone. Not needed for a fit trained with `keep = "data"`.
#' @param inputs Names or numbers of the two inputs along the axes; the first two numeric ones if `NULL`.
#' @param at A named list of values at which to hold other inputs.
#' @param layer Which layers to draw, by number; `NULL` for all.
#' @param max_units At most this many units of a layer are drawn; the rest is shown as an ellipsis.
#' @param label_weights `TRUE` for the weights as numbers on their connections, `FALSE` for none; `NULL` writes them where there are no more than 24 and
#'   they do not cover each other.
#' @param max_rows At most this many rows are drawn, evenly chosen.
#' @param main A title; `NULL` for the picture's own.
#' @param ... For `type = "loss"`: `xlim`, `ylim`, `xlab`, `ylab`, `bty`, `col`, `lwd`, and what else [graphics::lines()] takes. Otherwise refused.
#' @return `x`, invisibly.
#' @section Errors:
#' An unknown `type`, a fit of no epochs for `"loss"`, missing data for `"boundary"` and `"activations"`, and a fit
#' without snapshots for `"history"` are errors.
#' @examples
#' fit <- nn_train(Species ~ Petal.Length + Petal.Width, data = iris, preset = "textbook",
#'                 hidden = 4,
#'   activation = "tanh", epochs = 300, lr = 0.5, seed = 1)
#' plot(fit)
#' plot(fit, type = "network")
#' plot(fit, type = "weights")
#' plot(fit, type = "boundary", data = iris)
#' plot(fit, type = "activations", data = iris)
#' @export
plot.nn_fit <- function(x, type = "loss", ..., log = FALSE, data = NULL, inputs = NULL, at = NULL, layer = NULL,
                        max_units = 16, max_rows = 60, label_weights = NULL, main = NULL) {
  call <- quote(plot())
  x <- validate_fit(x, "x", call, ensembles = TRUE)
  check_choice(type, "type", picture_types, call)
  check_type_of_ensemble(x, type, "x", call)
  check_flag(log, "log", call)
  check_title(main, call)
  if (type != "loss" && ...length() > 0L) {
    refuse_dots(..., known = setdiff(names(formals(plot.nn_fit)), "..."), call = call)
  }
  picture <- picture_of(x, type, data, inputs, at, layer, max_units, max_rows, call, label_weights)
  switch(type,
    loss = draw_loss(picture, log, main = main, ...),
    network = draw_network(picture, main),
    weights = draw_tables(picture, main),
    boundary = draw_boundary(picture, main),
    activations = draw_tables(picture, main),
    history = draw_history(picture, main)
  )
  invisible(x)
}

picture_types <- c("loss", "network", "weights", "boundary", "activations", "history")

# Of an ensemble there is no picture of weights.
check_type_of_ensemble <- function(fit, type, arg, call) {
  if (is_ensemble(fit) && !type %in% c("loss", "boundary")) refuse_ensemble(fit, arg, call)
}

# What is drawn, as plain numbers: base graphics and ggplot2 both start from here.
picture_of <- function(fit, type, data, inputs, at, layer, max_units, max_rows, call, label_weights = NULL) {
  switch(type,
    loss = loss_picture(fit, call),
    network = network_picture(fit, check_max_units(max_units, call), check_label_weights(label_weights, call)),
    weights = weights_picture(fit, check_layer_numbers(layer, fit, call)),
    boundary = boundary_picture(fit, inputs, data, at, call),
    activations = activations_picture(fit, data, check_count(max_rows, "max_rows", call = call), call),
    history = history_picture(fit, check_layer_numbers(layer, fit, call), call)
  )
}

# What title() draws.
check_title <- function(main, call) {
  if (!is.null(main) && !is.character(main) && !is.language(main) && (!is.numeric(main) || is.object(main))) {
    stop_argument("main", "a text or an expression", main, call = call)
  }
}

check_label_weights <- function(x, call) {
  if (!is.null(x)) check_flag(x, "label_weights", call)
  x
}

# A layer that is cut needs a unit above the ellipsis and one below.
check_max_units <- function(x, call) {
  if (!is_whole(x, 3)) {
    stop_argument("max_units", paste0("a whole number, 3 or more", at_most(x)), x, call = call)
  }
  as.integer(x)
}

check_layer_numbers <- function(layer, fit, call) {
  known <- seq_along(fit$weights)
  if (is.null(layer)) {
    return(known)
  }
  if (!is.numeric(layer) || length(layer) == 0L || !all(layer %in% known)) {
    stop_argument("layer", paste("numbers of layers, from 1 to", length(known)), layer, call = call)
  }
  as.integer(unique(layer))
}

# Names for the axes and units of every layer, inputs first.
names_of_units <- function(fit) {
  if (!is.null(fit$settings[["layers"]])) {
    return(c(list(input_names(fit)), lapply(layer_labels(fit), function(label) label$out)))
  }
  sizes <- fit$settings$sizes
  last <- length(sizes)
  hidden <- lapply(seq_len(last - 2L), function(l) paste0("h", if (last > 3L) paste0(l, "."), seq_len(sizes[l + 1L])))
  c(list(input_names(fit)), hidden, list(named_outputs(fit)))
}

# "hidden layer", or "hidden layer 2" where there are several.
layer_names <- function(fit) {
  hidden <- length(fit$settings$sizes) - 2L
  c(if (hidden == 1L) "hidden layer" else sprintf("hidden layer %d", seq_len(hidden)), "output layer")
}
