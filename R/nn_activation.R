# The activation functions: what there is, their values and derivatives from the engine, and their picture.

# What a reader is told of each: value and derivative as one writes them, and the range. Of others, what a trace tells stands in.
activation_notes <- list(
  sigmoid = c("1 / (1 + exp(-z))", "a (1 - a)", "0 to 1"),
  tanh = c("tanh(z)", "1 - a^2", "-1 to 1"),
  relu = c("max(0, z)", "1 if z > 0, else 0", "0 to Inf"),
  leaky_relu = c("z if z > 0, else 0.01 z", "1 if z > 0, else 0.01", "-Inf to Inf"),
  elu = c("z if z > 0, else exp(z) - 1", "1 if z > 0, else a + 1", "-1 to Inf"),
  selu = c("1.0507 z if z > 0, else 1.7581 (exp(z) - 1)", "1.0507 if z > 0, else a + 1.7581", "-1.7581 to Inf"),
  gelu = c("z pnorm(z)", "pnorm(z) + z dnorm(z)", "-0.17 to Inf"),
  softplus = c("log(1 + exp(z))", "1 / (1 + exp(-z))", "0 to Inf"),
  silu = c("z s, with s = 1 / (1 + exp(-z))", "s + a (1 - s)", "-0.2785 to Inf"),
  softsign = c("z / (1 + |z|)", "(1 - |a|)^2", "-1 to 1"),
  linear = c("z", "1", "-Inf to Inf"),
  exp = c("exp(z)", "a", "0 to Inf")
)

#' The activation functions
#'
#' Lists the activation functions with their formulas, or gives their values and derivatives as the engine computes them.
#' `plot()` draws them.
#'
#' @param name Names of activation functions; `NULL` for all.
#' @param z Weighted inputs at which to compute values and derivatives; `NULL` for the list of formulas.
#' @return A data frame of class `nn_activation`. Without `z`: a row for each function, with columns `activation`,
#'   `value` and `derivative` (formulas, where `z` is the weighted input and `a` the value), `range`, and `used_for`. With `z`: a
#'   row for each function and point, with columns `activation`, `z`, `value` and `derivative`.
#' @section Where they are used:
#' `nn_train(activation = )` takes all but `exp` for hidden layers; `nn_train(output = )` takes `sigmoid`, `linear`, `exp`
#' and `softmax`, which is not in the list because it looks at all outputs of a row at once.
#' @section Errors:
#' An unknown name, or a `z` that is not numeric, is an error.
#' @examples
#' nn_activation()
#' nn_activation(c("sigmoid", "relu"), z = c(-1, 0, 1))
#' plot(nn_activation(c("sigmoid", "tanh", "relu", "gelu")))
#' @export
nn_activation <- function(name = NULL, z = NULL) {
  call <- quote(nn_activation())
  known <- activation_names()
  if (is.null(name)) {
    name <- known
  }
  if (!is.character(name) || length(name) == 0L || anyNA(match(name, known))) {
    bad <- if (is.character(name) && length(name) > 0L) name[!name %in% known][1L] else name
    stop_choice("name", bad, known, call = call)
  }
  rows <- if (is.null(z)) activation_list(name) else activation_values(name, check_points(z, call))
  structure(rows, class = c("nn_activation", "data.frame"))
}

check_points <- function(z, call) {
  if (!is_bare_number(z) || length(z) == 0L || !all(is.finite(z))) {
    stop_argument("z", "finite numbers", z, call = call)
  }
  as.double(z)
}

# Those of hidden layers, and those of outputs alone that look at one unit at a time.
activation_names <- function() c(names(activations), setdiff(names(outputs), c(names(activations), "softmax")))

activation_note <- function(name) {
  if (name %in% names(activation_notes)) {
    return(activation_notes[[name]])
  }
  told <- trace_functions[[name]]
  formula <- function(template) if (is.null(template)) NA_character_ else fill_template(template, c(z = "z", a = "a"))
  c(formula(told$value), formula(told$slope), NA_character_)
}

activation_list <- function(name) {
  notes <- lapply(name, activation_note)
  part <- function(i) vapply(notes, function(note) note[i], "")
  hidden <- name %in% names(activations)
  output <- name %in% names(outputs)
  data.frame(
    activation = name, value = part(1L), derivative = part(2L), range = part(3L),
    used_for = ifelse(hidden & output, "hidden, output", ifelse(hidden, "hidden", "output"))
  )
}

activation_values <- function(name, z) {
  each <- lapply(name, function(one) {
    computed <- activation_at(one, z)
    data.frame(activation = one, z = z, value = computed$value, derivative = computed$slope)
  })
  do.call(rbind, each)
}

# Values and slopes of one function, by the engine; of the user's own by themselves.
activation_at <- function(name, z, custom = NULL) {
  own <- custom$activation[[name]]
  if (!is.null(own)) {
    return(list(value = ask_custom(own$value, "activation", "value", as.double(z), call = quote(plot()))))
  }
  answered(engine_activation(name, as.double(z)), call = quote(nn_activation()))
}

#' @rdname nn_activation
#' @param x From `nn_activation()`.
#' @param ... Not used.
#' @export
print.nn_activation <- function(x, ...) {
  print.data.frame(x, right = FALSE, row.names = FALSE)
  invisible(x)
}

#' @rdname nn_activation
#' @export
plot.nn_activation <- function(x, ...) {
  points <- activation_curves(x)
  names <- unique(points$activation)
  k <- length(names)
  keys <- legend_keys(c("value", "derivative"), c(palette_of$positive, palette_of$negative), lty = 1:2)
  if (k == 1L) {
    figure <- start_figure(activation_title(names), NULL, keys)
    on.exit(graphics::par(figure$kept))
    draw_activation(figure, points)
    return(invisible(x))
  }
  columns <- activation_columns(k)
  # Only what is changed is put back: restoring everything would also restart a layout of the user's.
  kept <- open_panels(c(ceiling(k / columns), columns), 3.4)
  on.exit(graphics::par(kept))
  for (name in names) {
    figure <- start_figure(name)
    draw_activation(figure, points[points$activation == name, ])
    graphics::par(figure$kept)
  }
  draw_outer_header(activation_title(names), NULL, keys)
  invisible(x)
}

activation_title <- function(names) if (length(names) == 1L) paste("Activation function", names) else "Activation functions and their derivatives"

activation_columns <- function(k) if (k <= 3L) k else ceiling(sqrt(k))

# The curves to draw: the points asked for, else enough of them for a smooth line.
activation_curves <- function(x) {
  if ("z" %in% names(x)) {
    return(as.data.frame(unclass(x)))
  }
  activation_values(unique(x$activation), seq(-4, 4, length.out = 401L))
}

# Both curves as long data, cut where the steep ones (exp) leave the range in which the others have a shape. A derivative that jumps is drawn as pieces.
activation_pieces <- function(points) {
  points <- points[order(points$z), ]
  n <- nrow(points)
  jump <- c(FALSE, abs(diff(points$derivative)) > 0.4)
  shown <- data.frame(
    activation = rep(points$activation, 2L), z = rep(points$z, 2L), y = c(points$value, points$derivative),
    curve = factor(rep(c("value", "derivative"), each = n), c("value", "derivative")), piece = c(rep(0, n), cumsum(jump))
  )
  shown$y[abs(shown$y) > 4 & n > 1L] <- NA
  shown
}

draw_activation <- function(figure, points) {
  shown <- activation_pieces(points)
  y <- if (all(is.na(shown$y))) 0 else range(shown$y, na.rm = TRUE)
  open_axes(figure, range(points$z), range(y), "z", "")
  graphics::abline(h = 0, v = 0, col = figure$inks$rule)
  looks <- list(value = list(palette_of$positive, 1L, 2.5), derivative = list(palette_of$negative, 2L, 2))
  type <- if (nrow(points) > 1L) "l" else "p"
  for (own in split(shown, list(shown$curve, shown$piece), drop = TRUE)) {
    look <- looks[[as.character(own$curve[1L])]]
    graphics::lines(own$z, own$y, type = type, col = look[[1L]], lty = look[[2L]], lwd = look[[3L]])
  }
}
