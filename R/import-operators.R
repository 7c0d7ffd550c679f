# What each operator of ONNX does to a stream of import-onnx.R, and to constants. An operator that is not here cannot be had.

# `inputs` are values (streams and constants), `attributes` those of the node. NULL: not in this way.
onnx_activation <- function(name, wanted = list()) {
  function(inputs, attributes, call) {
    for (key in names(wanted)) {
      found <- attributes[[key]]
      if (is.null(found)) found <- wanted[[key]]$default
      if (!isTRUE(all.equal(found, wanted[[key]]$here, tolerance = 1e-6))) {
        return(unknown_value(paste0("an activation `", name, "` with `", key, "` ", format(found), " (here it is ", format(wanted[[key]]$here), ")")))
      }
    }
    if (is_stream(inputs[[1L]])) stream_activated(inputs[[1L]], name, call)
  }
}

passes <- function(inputs, attributes, call) inputs[[1L]]

# In training mode it would draw.
follow_dropout <- function(inputs, attributes, call) if (length(inputs) < 3L || identical(constant_or(inputs, 3L, NULL), 0)) inputs[[1L]]

# Of a stream and a constant, in any order, `with(stream, numbers, turned)`; of two streams `both(a, b)`.
with_constant <- function(with, both) {
  function(inputs, attributes, call) {
    if (length(inputs) != 2L) {
      return(NULL)
    }
    a <- inputs[[1L]]
    b <- inputs[[2L]]
    if (is_stream(a) && is_stream(b)) {
      both(a, b, call)
    } else if (is_stream(a) && is_row(b)) {
      with(a, as.double(b$constant), FALSE)
    } else if (is_stream(b) && is_row(a)) {
      with(b, as.double(a$constant), TRUE)
    }
  }
}

# A constant that is one number for each column.
is_row <- function(x) is_constant(x) && is.numeric(x$constant) && (!is.matrix(x$constant) || nrow(x$constant) == 1L)

constant_or <- function(inputs, place, default) if (length(inputs) >= place && is_constant(inputs[[place]])) inputs[[place]]$constant else default

given_or <- function(x, default) if (is.null(x)) default else x

follow_gemm <- function(inputs, attributes, call) {
  matrix <- constant_or(inputs, 2L, NULL)
  if (!is_stream(inputs[[1L]]) || !is.matrix(matrix) || isTRUE(attributes$transA == 1) || length(inputs) > 3L || (length(inputs) == 3L && !is_row(inputs[[3L]]))) {
    return(NULL)
  }
  if (isTRUE(attributes$transB == 1)) matrix <- t(matrix)
  made <- stream_times(inputs[[1L]], given_or(attributes$alpha, 1) * matrix, call)
  if (!is_stream(made)) made else stream_affine(made, 1, given_or(attributes$beta, 1) * as.double(constant_or(inputs, 3L, 0)))
}

follow_matmul <- function(inputs, attributes, call) {
  matrix <- constant_or(inputs, 2L, NULL)
  if (is_stream(inputs[[1L]]) && is.matrix(matrix)) stream_times(inputs[[1L]], matrix, call)
}

# Rows stay rows: of a stream only an extent that changes nothing is understood.
follow_reshape <- function(inputs, attributes, call) {
  extent <- as.double(constant_or(inputs, 2L, NULL))
  if (!is_stream(inputs[[1L]])) {
    return(if (is_constant(inputs[[1L]])) reshaped(inputs[[1L]]$constant, extent))
  }
  width <- stream_width(inputs[[1L]])
  rows <- length(extent) >= 1L && extent[1L] %in% c(-1, 0)
  if (rows && (width == 1L && all(extent[-1L] == 1) || identical(extent[-1L], as.double(width)))) {
    return(inputs[[1L]])
  }
  # Several outputs one below the other, as skl2onnx leaves them: understood as what the graph gives in the end, and not on the way.
  if (identical(extent, c(-1, 1))) list(stacked = inputs[[1L]])
}

reshaped <- function(x, extent) {
  values <- if (is.matrix(x)) as.vector(t(x)) else x
  if (length(extent) == 2L && sum(extent == -1) <= 1L) {
    extent[extent == -1] <- length(values) / prod(extent[extent != -1])
    if (isTRUE(all(extent > 0)) && prod(extent) == length(values)) {
      return(list(constant = matrix(values, extent[1L], extent[2L], byrow = TRUE)))
    }
  }
  list(constant = values)
}

follow_softmax <- function(inputs, attributes, call) {
  if (is_stream(inputs[[1L]]) && isTRUE(given_or(attributes$axis, -1) %in% c(-1, 1))) stream_activated(inputs[[1L]], "softmax", call)
}

follow_normalization <- function(inputs, attributes, call) {
  numbers <- lapply(inputs[-1L], function(input) if (is_row(input)) as.double(input$constant))
  if (!is_stream(inputs[[1L]]) || length(numbers) != 4L || any(vapply(numbers, is.null, NA)) || isTRUE(attributes$training_mode == 1)) {
    return(NULL)
  }
  factor <- numbers[[1L]] / sqrt(numbers[[4L]] + given_or(attributes$epsilon, 1e-5))
  stream_affine(inputs[[1L]], factor, numbers[[2L]] - numbers[[3L]] * factor)
}

follow_scaler <- function(inputs, attributes, call) {
  offset <- given_or(attributes$offset, 0)
  scale <- given_or(attributes$scale, 1)
  if (is_stream(inputs[[1L]])) stream_affine(inputs[[1L]], scale, -offset * scale)
}

follow_cast <- function(inputs, attributes, call) {
  if (is_constant(inputs[[1L]]) || isTRUE(attributes$to %in% onnx_types[c("float", "double")])) inputs[[1L]]
}

follow_constant <- function(inputs, attributes, call) {
  values <- attributes[intersect(names(attributes), c("value", "value_float", "value_floats", "value_int", "value_ints"))]
  if (length(values) != 1L || is.null(values[[1L]])) {
    return(NULL)
  }
  # A damaged one is none.
  tensor <- function(x) tryCatch(tensor_values(x, stop), error = function(cnd) NULL)
  value <- if (names(values) == "value") tensor(values[[1L]]) else as.double(values[[1L]])
  if (!is.null(value)) list(constant = value)
}

onnx_operators <- list(
  Identity = passes, Dropout = follow_dropout, Cast = follow_cast, Constant = follow_constant,
  Reshape = follow_reshape,
  Flatten = function(inputs, attributes, call) if (is_stream(inputs[[1L]]) && isTRUE(given_or(attributes$axis, 1) == 1)) inputs[[1L]],
  Transpose = function(inputs, attributes, call) if (is_constant(inputs[[1L]]) && is.matrix(inputs[[1L]]$constant)) list(constant = t(inputs[[1L]]$constant)),
  Gemm = follow_gemm, MatMul = follow_matmul, BatchNormalization = follow_normalization, Scaler = follow_scaler,
  Add = with_constant(function(stream, numbers, turned) stream_affine(stream, 1, numbers), function(a, b, call) stream_sum(a, b, 1, call)),
  Sub = with_constant(
    function(stream, numbers, turned) if (turned) stream_affine(stream, -1, numbers) else stream_affine(stream, 1, -numbers),
    function(a, b, call) stream_sum(a, b, -1, call)
  ),
  Mul = with_constant(function(stream, numbers, turned) stream_affine(stream, numbers, 0), stream_product),
  Div = with_constant(function(stream, numbers, turned) if (!turned) stream_affine(stream, 1 / numbers, 0), stream_quotient),
  # What this package adds to outputs, so that a row with a gap has none.
  ReduceSum = function(inputs, attributes, call) if (is_stream(inputs[[1L]]) && gives_last(inputs[[1L]], 0)) list(constant = matrix(0)),
  Neg = function(inputs, attributes, call) if (is_stream(inputs[[1L]])) stream_affine(inputs[[1L]], -1, 0),
  Concat = function(inputs, attributes, call) if (isTRUE(attributes$axis %in% c(1, -1))) streams_joined(inputs, call),
  Greater = function(inputs, attributes, call) {
    if (length(inputs) == 2L && is_stream(inputs[[1L]]) && is_row(inputs[[2L]]) && length(inputs[[2L]]$constant) == 1L) {
      list(above = as.double(inputs[[2L]]$constant), stream = inputs[[1L]])
    }
  },
  Where = function(inputs, attributes, call) {
    if (length(inputs) == 3L && is_stream(inputs[[2L]]) && is_stream(inputs[[3L]])) stream_chosen(inputs[[1L]], inputs[[2L]], inputs[[3L]], call)
  },
  Sigmoid = onnx_activation("sigmoid"), Tanh = onnx_activation("tanh"), Relu = onnx_activation("relu"),
  LeakyRelu = onnx_activation("leaky_relu", list(alpha = list(default = 0.01, here = 0.01))),
  Elu = onnx_activation("elu", list(alpha = list(default = 1, here = 1))),
  Selu = onnx_activation("selu", list(
    alpha = list(default = 1.67326319217681884765625, here = 1.6732632423543772), gamma = list(default = 1.05070102214813232421875, here = 1.0507009873554805)
  )),
  Gelu = onnx_activation("gelu", list(approximate = list(default = "none", here = "none"))),
  Softplus = onnx_activation("softplus"), Softsign = onnx_activation("softsign"), Softmax = follow_softmax,
  # Of outputs alone, or parts of other activations.
  Exp = onnx_activation("exp"), Erf = onnx_activation("Erf"), Abs = onnx_activation("Abs")
)
