# The network that the graph of an ONNX file computes, found by following its inputs from operator to operator. Nothing is evaluated on rows: what is
# followed is a stream, the layers so far and, of what they give, what is multiplied and added before the next activation.

# `layers`: a list of layers, each with `weights`, `biases` and `activation`. `weights`: a matrix [inputs x outputs], or a vector where each output is one
# input times a number; `biases`: a number for each output.
new_stream <- function(layers, weights, biases) list(layers = layers, weights = weights, biases = biases)

stream_width <- function(stream) length(stream$biases)

# What cannot be followed, in words; it is an error once the outputs depend on it.
unknown_value <- function(what) list(unknown = what)

is_stream <- function(x) !is.null(x$biases)

is_constant <- function(x) !is.null(x$constant)

as_weights <- function(weights, call) {
  if (is.matrix(weights)) {
    return(weights)
  }
  check_room(8 * length(weights)^2, "A matrix of all inputs", NULL, call)
  diag(weights, length(weights))
}

# Multiplied by a constant matrix.
stream_times <- function(stream, matrix, call) {
  if (nrow(matrix) != stream_width(stream)) {
    return(unknown_value(paste("a matrix of", nrow(matrix), "rows for", stream_width(stream), "numbers")))
  }
  stream <- stream_standardised(stream)
  if (!is.matrix(stream$weights)) {
    weights <- stream$weights * matrix
  } else {
    check_room(8 * as.double(nrow(stream$weights)) * ncol(matrix), "A layer of the network", NULL, call)
    weights <- stream$weights %*% matrix
  }
  new_stream(stream$layers, weights, drop(stream$biases %*% matrix))
}

# Inputs that were scaled one by one: this becomes a layer of its own, which standardises.
stream_standardised <- function(stream) {
  scale <- 1 / stream$weights
  center <- -stream$biases * scale
  if (length(stream$layers) > 0L || is.matrix(scale) || gives_last(stream) || !all(is.finite(scale), scale > 0, is.finite(center))) {
    return(stream)
  }
  new_stream(list(list(center = center, scale = scale, activation = "standardise")), rep(1, length(scale)), numeric(length(scale)))
}

# Each output times `factor` plus `shift`: one number, or one for each.
stream_affine <- function(stream, factor, shift) {
  width <- stream_width(stream)
  if (!all(c(length(factor), length(shift)) %in% c(1L, width))) {
    return(unknown_value(paste(max(length(factor), length(shift)), "constants for", width, "numbers")))
  }
  factor <- rep_len(factor, width)
  weights <- if (is.matrix(stream$weights)) stream$weights * rep(factor, each = nrow(stream$weights)) else stream$weights * factor
  new_stream(stream$layers, weights, stream$biases * factor + shift)
}

stream_activated <- function(stream, activation, call) {
  width <- stream_width(stream)
  layer <- list(weights = as_weights(stream$weights, call), biases = stream$biases, activation = activation)
  new_stream(c(stream$layers, list(layer)), rep(1, width), numeric(width))
}

is_near <- function(a, b) length(a) == length(b) && isTRUE(all(abs(a - b) <= 1e-6 * pmax(1, abs(a))))

# Whether it gives what its last layer gives, times `factor` and plus `shift`.
gives_last <- function(stream, factor = 1, shift = 0) {
  !is.matrix(stream$weights) && is_near(stream$weights, rep(factor, stream_width(stream))) && is_near(stream$biases, rep(shift, stream_width(stream)))
}

# Of two streams of which `gate` is the other through one more layer, with `activation`: by what the other's numbers are larger than what that layer was given.
# NULL where they are not such a pair.
gated_by <- function(stream, gate, activation, call) {
  n <- length(stream$layers)
  if (length(gate$layers) != n + 1L || gate$layers[[n + 1L]]$activation != activation || !identical(gate$layers[seq_len(n)], stream$layers)) {
    return(NULL)
  }
  own <- c(as_weights(stream$weights, call), stream$biases)
  given <- c(gate$layers[[n + 1L]]$weights, gate$layers[[n + 1L]]$biases)
  ratio <- sum(own * given) / sum(given^2)
  if (is.finite(ratio) && is_near(own, ratio * given)) ratio
}

# ---- activations that several operators make -------------------------------------------------------

# x * sigmoid(x), and x * (1 + erf(x / sqrt(2))) times any number, half of which is gelu's.
stream_product <- function(a, b, call) {
  for (pair in list(list(a, b), list(b, a))) {
    stream <- pair[[1L]]
    gate <- pair[[2L]]
    if (isTRUE(all.equal(gated_by(stream, gate, "sigmoid", call), 1)) && gives_last(gate)) {
      return(stream_activated(stream, "silu", call))
    }
    ratio <- gated_by(stream, gate, "Erf", call)
    share <- if (!is.null(ratio)) gate$biases[1L]
    if (!is.null(ratio) && gives_last(gate, share, share)) {
      times <- ratio / sqrt(2)
      return(stream_affine(stream_activated(stream_affine(stream, 1 / times, 0), "gelu", call), 2 * share * times, 0))
    }
  }
  unknown_value("`Mul` of two results")
}

# x / (1 + |x|).
stream_quotient <- function(a, b, call) {
  if (isTRUE(all.equal(gated_by(a, b, "Abs", call), 1)) && gives_last(b, 1, 1)) stream_activated(a, "softsign", call) else unknown_value("`Div` of two results")
}

# softplus(x) where x is not large, else x.
stream_chosen <- function(condition, a, b, call) {
  is_softplus <- !is.null(condition$above) && condition$above >= 20 && identical(condition$stream, a) &&
    isTRUE(all.equal(gated_by(a, b, "softplus", call), 1)) && gives_last(b)
  if (is_softplus) b else unknown_value("`Where`")
}

stream_sum <- function(a, b, sign, call) {
  if (sign < 0 && identical(a, b)) {
    return(stream_affine(a, 0, 0))
  }
  if (!identical(a$layers, b$layers) || stream_width(a) != stream_width(b)) {
    return(unknown_value("`Add` of two branches"))
  }
  new_stream(a$layers, as_weights(a$weights, call) + sign * as_weights(b$weights, call), a$biases + sign * b$biases)
}

# Columns side by side, of streams through the same layers.
streams_joined <- function(streams, call) {
  same <- vapply(streams, function(stream) is_stream(stream) && identical(stream$layers, streams[[1L]]$layers), NA)
  if (!all(same)) {
    return(unknown_value("`Concat` of several branches"))
  }
  weights <- do.call(cbind, lapply(streams, function(stream) as_weights(stream$weights, call)))
  # Inputs that come one by one are what they are.
  if (nrow(weights) == ncol(weights) && all(weights[row(weights) != col(weights)] == 0)) weights <- diag(weights)
  new_stream(streams[[1L]]$layers, weights, unlist(lapply(streams, function(stream) stream$biases)))
}

# ---- the graph -------------------------------------------------------------------------------------

# The values of all tensors of a graph, by name. `size` is that of the file: no input has more columns than there are bytes.
follow_graph <- function(graph, size, refuse, call) {
  known <- new.env(parent = emptyenv())
  for (tensor in graph$initializer) assign_value(known, tensor$name, list(constant = tensor_values(tensor, refuse)), refuse)
  if (any(vapply(graph$input, function(input) !nzchar(input$name), NA))) refuse("it has an input without a name")
  inputs <- Filter(function(input) !exists(input$name, envir = known, inherits = FALSE), graph$input)
  widths <- vapply(inputs, function(input) input_width(input, size, refuse), 0)
  total <- sum(widths)
  if (total > size) refuse("its inputs have more columns than the file has bytes")
  if (length(inputs) > 1L) check_room(8 * total^2, "A matrix of all inputs", NULL, call)
  for (i in seq_along(inputs)) {
    value <- if (widths[i] == 0) unknown_value(paste0("the input `", inputs[[i]]$name, "`, which is no number")) else {
      columns <- sum(widths[seq_len(i - 1L)]) + seq_len(widths[i])
      weights <- if (length(inputs) == 1L) rep(1, total) else diag(1, total)[, columns, drop = FALSE]
      new_stream(list(), weights, numeric(widths[i]))
    }
    assign_value(known, inputs[[i]]$name, value, refuse)
  }
  for (node in graph$node) follow_node(node, known, refuse, call)
  list(known = known, names = input_columns(inputs, widths))
}

assign_value <- function(known, name, value, refuse) {
  if (!nzchar(name) || nchar(name, "bytes") > 1e4) refuse("it has a value without a name, or one that is too long")
  assign(name, value, envir = known)
}

# The columns of an input of numbers, 0 of any other.
input_width <- function(input, size, refuse) {
  type <- input$type$tensor_type
  dims <- type$shape$dim
  if (!isTRUE(type$elem_type %in% onnx_types[c("float", "double", "int32", "int64", "bool")])) {
    return(0)
  }
  columns <- if (length(dims) == 2L) dims[[2L]]$dim_value
  if (is.null(columns) || columns < 1 || columns > size) {
    refuse(paste0("its input `", input$name, "` is not rows with a known number of columns"))
  }
  columns
}

# Names of columns, where each comes by itself.
input_columns <- function(inputs, widths) {
  names <- vapply(inputs, function(input) input$name, "")
  if (length(inputs) > 1L && all(widths == 1) && anyDuplicated(names) == 0L) names
}

follow_node <- function(node, known, refuse, call) {
  operator <- node$op_type
  if (length(node$output) == 0L) {
    return(invisible())
  }
  inputs <- lapply(node$input[nzchar(node$input)], function(name) {
    if (!exists(name, envir = known, inherits = FALSE)) refuse(paste0("its operator `", operator, "` takes `", name, "`, which nothing before it gives"))
    get(name, envir = known)
  })
  if (length(inputs) == 0L && operator != "Constant") refuse(paste0("its operator `", operator, "` takes nothing"))
  unknown <- Filter(function(input) !is.null(input$unknown), inputs)
  follow <- if (nzchar(operator)) onnx_operators[[operator]]
  value <- if (length(unknown) > 0L) {
    unknown[[1L]]
  } else if (is.null(follow) || !node$domain %in% c("", "ai.onnx", "ai.onnx.ml")) {
    unknown_value(paste0("`", operator, "`"))
  } else {
    follow(inputs, node_attributes(node), call)
  }
  if (is.null(value)) value <- unknown_value(paste0("`", operator, "` of this kind"))
  for (i in seq_along(node$output)) {
    if (nzchar(node$output[i])) assign_value(known, node$output[i], if (i == 1L) value else unknown_value(paste0("`", operator, "`")), refuse)
  }
}
