# The network before training, as nn_init() makes it.

#' Plot a network before training
#'
#' Draws the weights and biases that [nn_init()] made as units and connections, as `plot(fit, type = "network")` draws those of a fit.
#'
#' @inheritParams plot.nn_fit
#' @param x,object What [nn_init()] returns.
#' @param type `"network"`, or `"weights"`: each layer as a table of colours.
#' @param ... Not used; a misspelt argument is an error.
#' @return `x`, invisibly; for `autoplot()` a ggplot object.
#' @section Errors:
#' A start whose matrices do not go together is an error of class `backprop_error_argument`.
#' @examples
#' plot(nn_init(c(4, 3, 1), seed = 1))
#' plot(nn_init(c(4, 3, 1), seed = 1), type = "weights")
#' @export
plot.nn_start <- function(x, type = "network", ..., max_units = 16, label_weights = NULL, main = NULL) {
  call <- quote(plot())
  refuse_dots(..., known = setdiff(names(formals(plot.nn_start)), "..."), call = call)
  picture <- start_picture(x, type, max_units, label_weights, main, "x", call)
  if (type == "network") draw_network(picture, main) else draw_tables(picture, main)
  invisible(x)
}

#' @rdname plot.nn_start
#' @exportS3Method ggplot2::autoplot
autoplot.nn_start <- function(object, type = "network", ..., max_units = 16, label_weights = NULL, main = NULL) {
  call <- quote(autoplot())
  refuse_dots(..., known = setdiff(names(formals(autoplot.nn_start)), "..."), call = call)
  picture <- start_picture(object, type, max_units, label_weights, main, "object", call)
  if (type == "network") gg_network(picture, main) else gg_tables(picture, main)
}

start_picture <- function(x, type, max_units, label_weights, main, arg, call) {
  sizes <- sizes_of_start(x, arg, call)
  check_choice(type, "type", c("network", "weights"), call)
  check_title(main, call)
  net <- network_of_start(x, sizes)
  max_units <- check_max_units(max_units, call)
  label_weights <- check_label_weights(label_weights, call)
  if (type == "weights") {
    return(weights_picture(net, seq_along(net$weights)))
  }
  picture <- network_picture(net, max_units, label_weights)
  picture$title <- paste0(picture$title, ", before training")
  picture
}

# As much of a fit as pictures of its weights look at. Which activation follows is not known yet.
network_of_start <- function(x, sizes) {
  list(
    weights = unclass(x)$weights, biases = unclass(x)$biases, inputs = list(n = sizes[1L]), outcome = list(kind = "numeric", k = sizes[length(sizes)]),
    settings = list(sizes = sizes, activation = rep("", length(sizes) - 2L), output = "", loss = "mse"), epochs_done = 0L
  )
}
