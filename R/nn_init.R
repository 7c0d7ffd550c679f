# Makes weights and biases to start from, with the engine's own generator.

#' Make a start
#'
#' Draws weights and biases for a network, in the form that `start =` of [nn_train()] takes.
#' With the same `seed`, [nn_train()] starts from the same numbers by itself.
#'
#' | `init` | weights | biases |
#' |---|---|---|
#' | `"normal"` | N(0, 1) | U(0, 1) |
#' | `"uniform"` | U(0, 1) | U(0, 1) |
#' | `"glorot_uniform"`, `"glorot_normal"` | variance 2 / (inputs + units) | 0 |
#' | `"he_uniform"`, `"he_normal"` | variance 2 / inputs | 0 |
#' | `"lecun_normal"` | variance 1 / inputs | 0 |
#' | `"orthogonal"` | orthonormal rows or columns | 0 |
#'
#' @param sizes Units of all layers, inputs first, outputs last: `c(4, 8, 3)` is 4 inputs,
#'   8 hidden units and 3 outputs.
#' @param init One name of the table above for all layers, or one per layer. `NULL`: `"normal"` when
#'   all hidden layers are sigmoid; otherwise per layer, He-normal for the relu family and
#'   Glorot-uniform for the others.
#' @param activation Activation of the hidden layers, one name or one per layer; only used to choose `init`.
#' @param seed A whole number; `NULL` draws one from R's generator, so that `set.seed()` decides.
#' @return A list of class `nn_start` with `weights` (matrices, \[inputs x units\]) and `biases` (vectors). `plot()` and [ggplot2::autoplot()] draw the
#'   network before training, see [plot.nn_start()].
#' @section Errors:
#' Sizes that are not whole numbers, unknown names and a seed that is not a whole number are errors.
#' @examples
#' start <- nn_init(c(4, 8, 3), init = "he_normal", seed = 1)
#' start
#' lapply(start$weights, dim)
#' plot(nn_init(c(4, 3, 1), seed = 1))
#' nn_train(Species ~ ., data = iris, preset = "textbook", epochs = 5, start = start)
#' @export
nn_init <- function(sizes, init = NULL, activation = "sigmoid", seed = NULL) {
  call <- quote(nn_init())
  if (missing(sizes) || !is.numeric(sizes) || length(sizes) < 2L || !are_unit_counts(sizes)) {
    stop_argument(
      "sizes", paste0("two or more whole numbers, 1 or more", if (!missing(sizes)) at_most(sizes)), if (missing(sizes)) NULL else sizes,
      hint = "The first is the number of inputs, the last the number of outputs.", call = call
    )
  }
  hidden <- sizes[-c(1L, length(sizes))]
  activation <- resolve_activation(activation, hidden, call)
  init <- resolve_init(init, activation, list(output = "sigmoid", loss = "sse"), call)
  undoing_draws({
    seed <- seed_or_drawn(seed, call)
    made <- engine_init(as.integer(sizes), NULL, init$weights, init$biases, seed, resolve_max_bytes())
    structure(answered(made, call = call)[c("weights", "biases")], class = "nn_start")
  })
}

#' @export
print.nn_start <- function(x, ...) {
  sizes <- sizes_of_start(x, "x", quote(print()))
  cat("<nn_start> ", paste(sizes, collapse = "-"), ", ", count_text(sum(lengths(x$weights), lengths(x$biases)), "parameter"), "\n", sep = "")
  for (l in seq_along(x$weights)) {
    cat(
      if (l < length(x$weights)) paste0("Layer ", l, ": ") else "Outputs: ", paste(dim(x$weights[[l]]), collapse = " x "), " weights, ",
      spread_text(x$weights[[l]]), "; biases, ", spread_text(x$biases[[l]]), "\n",
      sep = ""
    )
  }
  invisible(x)
}

spread_text <- function(values) {
  ends <- format_short(unique(range(values)))
  if (length(ends) == 2L) paste(ends, collapse = " to ") else if (length(values) > 1L) paste("all", ends) else ends
}

# Units of all layers of a start that may have been edited.
sizes_of_start <- function(x, arg, call) {
  x <- unclass(x)
  tryCatch(check_shapes(check_start_list(x)), backprop_error_start = function(cnd) {
    stop_argument(arg, "what `nn_init()` returns: a matrix of weights and a vector of biases for each layer, which go together", x, call = call)
  })
}
