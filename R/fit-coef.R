# Weights with names, on the scale of the network or of the data.

#' Weights and biases
#'
#' @param object A model from [nn_train()].
#' @param scale `"scaled"`: as the network holds them, for standardised inputs. `"original"`: for inputs (and a
#'   numeric outcome) in their own units; only the first layer differs, and the last where the outcome was scaled. The same
#'   without `standardize`.
#' @param epoch Number of an epoch whose weights the model keeps (see `keep_weights` of [nn_train()]); `NULL` for the final ones.
#' @param ... Not used.
#' @return A list of `weights`, a matrix \[inputs x units\] for each layer, and `biases`, a vector for each layer. Inputs and
#'   outputs have their names where these are known, hidden units are `h1`, `h2`, ... Of a family that has trained parameters of its own, besides, a list
#'   `family` of these (see [nn_family()]): `theta`, `phi`, or `thresholds` as they go with these weights.
#' @section Errors:
#' An unknown `scale` is an error of class `backprop_error_choice`, an epoch that is not kept one of class `backprop_error_epoch`.
#' @examples
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, preset = "textbook",
#'                 hidden = c(), epochs = 2000, seed = 1)
#' coef(fit, scale = "original")
#' coef(lm(mpg ~ wt + hp, data = mtcars))
#' @importFrom stats coef
#' @export
coef.nn_fit <- function(object, scale = "scaled", epoch = NULL, ...) {
  call <- quote(coef())
  refuse_dots(..., known = c("object", "scale", "epoch"), call = call)
  object <- validate_fit(object, "object", call)
  object <- at_epoch(object, epoch, "object", call)
  check_choice(scale, "scale", c("scaled", "original"), call)
  weights <- object$weights
  biases <- object$biases
  if (scale == "original") {
    refuse_encoded(object, "scale = \"original\"", call)
    refuse_not_linear(object, call)
    unscaled <- unscale_network(weights, biases, object)
    weights <- unscaled$weights
    biases <- unscaled$biases
  }
  labels <- layer_labels(object)
  for (l in seq_along(weights)) {
    if (length(weights[[l]]) > 0L) dimnames(weights[[l]]) <- unname(labels[[l]][c("rows", "columns")])
    names(biases[[l]]) <- labels[[l]]$biases
  }
  names(weights) <- names(biases) <- titles_of_layers(object)
  object[c("weights", "biases")] <- list(weights, biases)
  own <- if (length(own_parameters(object)) > 0L) list(family = natural_parameters(object))
  c(list(weights = weights, biases = biases), own)
}

# With z = sum w (x - center) / scale + b, the weights of x itself are w / scale. The weights and biases may be others than those of the fit.
unscale_network <- function(weights, biases, fit) {
  inputs <- fit$inputs
  outcome <- fit$outcome
  last <- length(weights)
  layers <- fit$settings[["layers"]]
  output <- if (is.null(layers)) last else output_layer(layers)
  if (!is.null(inputs$center)) {
    weights[[1L]] <- weights[[1L]] / inputs$scale
    biases[[1L]] <- biases[[1L]] - drop(inputs$center %*% weights[[1L]])
    if (output < last && layers[[last]]$from == 0L) {
      weights[[last]] <- weights[[last]] / inputs$scale
      biases[[output]] <- biases[[output]] - drop(inputs$center %*% weights[[last]])
    }
  }
  if (!is.null(outcome$center)) {
    factor <- outcome$scale
    shift <- outcome$center
    # Several quantiles have one scale, that of their outcome; the logarithms of standard deviations follow the means.
    if (has_log_sds(fit$settings)) {
      shift <- c(shift, log(factor))
      factor <- c(factor, rep(1, length(factor)))
    }
    for (l in output:last) weights[[l]] <- weights[[l]] * rep(factor, each = nrow(weights[[l]]))
    if (length(biases[[output]]) > 0L) biases[[output]] <- biases[[output]] * factor + shift
  }
  list(weights = weights, biases = biases)
}

# Weights of the columns themselves exist where inputs are multiplied by weights alone, and a bias is there to take what centres them.
refuse_not_linear <- function(fit, call) {
  layers <- fit$settings[["layers"]]
  if (is.null(layers) || is.null(fit$inputs$center)) {
    return(invisible())
  }
  last <- length(layers)
  titles <- titles_of_layers(fit)
  output <- output_layer(layers)
  centred <- any(fit$inputs$center != 0)
  takes <- which(vapply(seq_along(layers), function(l) l == 1L || identical(as.double(layers[[l]]$from), 0), NA))
  fits <- function(l) {
    layer <- layers[[l]]
    dense <- function(l) layers[[l]]$kind == "dense" && (!centred || layers[[l]]$bias)
    if (l == 1L) dense(l) else layer$kind == "skip" && layer$weights && l == last && l > output && dense(output)
  }
  wrong <- takes[!vapply(takes, fits, NA)]
  if (length(wrong) > 0L) {
    title <- titles[wrong[1L]]
    stop_backprop("incompatible", c(
      "{.code scale = \"original\"} does not go with layer {wrong[1]} ({title}), which takes the standardised inputs.",
      i = "Only dense layers with biases, and a skip with weights to the outputs, can be brought to the scale of the columns."
    ), call = call)
  }
}

unit_names <- function(n) paste0("h", seq_len(n))

# Of the network's inputs: the columns, and the bins that encode them.
input_names <- function(fit) {
  names <- fit$inputs$names
  encoded_names(if (is.null(names)) paste0("x", seq_len(fit$inputs$n)) else names, fit$inputs$encoding)
}

named_outputs <- function(fit) {
  names <- output_names(fit)
  k <- last_size(fit)
  if (length(names) == k) {
    return(names)
  }
  if (k == 1L) "y" else paste0("y", seq_len(k))
}
