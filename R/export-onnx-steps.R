# Steps of a plan (export-plan.R) as nodes of an ONNX graph. What comes before the first layer is in double precision, the layers are in
# single but for what calibrations come from.

# The vector that a step makes; `vectors` are those before it by name, `constants` those of the plan.
onnx_step <- function(build, step, vectors, constants) {
  from <- lapply(step$from, get, envir = vectors)
  if (step$op %in% names(onnx_encodings)) {
    return(onnx_encodings[[step$op]](build, step, from, constants))
  }
  names <- vapply(from, if (step$double) as_double_vector else as_single, "", build = build)
  row_vector(onnx_layers[[step$op]](build, step, names, constants, step$double), step$double)
}

# A row of constants of the type of a vector.
row_of <- function(build, values, double) emit_constant(build, as.vector(values), if (double) "double" else "float")

columns_of <- function(build, name, at) emit(build, "Gather", c(name, emit_constant(build, at - 1, "int64")), list(i = list(axis = 1)))

joined_columns <- function(build, names) if (length(names) == 1L) names else emit(build, "Concat", names, list(i = list(axis = 1)))

# How far the numbers of `name` are between `lower` and the next edge, from 0 to 1.
shares_between <- function(build, name, lower, width, double) {
  through <- emit(build, "Div", c(emit(build, "Sub", c(name, row_of(build, lower, double))), row_of(build, width, double)))
  end <- function(value) emit_constant(build, value, if (double) "double" else "float", dims = numeric())
  emit(build, "Clip", c(through, end(0), end(1)))
}

onnx_encodings <- list(
  standardise = function(build, step, from, constants) {
    centred <- emit(build, "Sub", c(from[[1L]]$name, row_of(build, constants[[step$center]], from[[1L]]$double)))
    row_vector(emit(build, "Div", c(centred, row_of(build, constants[[step$scale]], from[[1L]]$double))), from[[1L]]$double)
  },
  bend = function(build, step, from, constants) {
    name <- from[[1L]]$name
    double <- from[[1L]]$double
    places <- seq_len(build$plan$lengths[[step$from]])
    made <- character()
    if (length(step$clipped) > 0L) {
      z <- columns_of(build, name, step$clipped)
      third <- emit(build, "Div", c(z, row_of(build, 3, double)))
      root <- emit(build, "Sqrt", emit(build, "Add", c(emit(build, "Mul", c(third, third)), row_of(build, 1, double))))
      made <- emit(build, "Div", c(z, root))
    }
    curves <- vapply(step$curves, function(curve) curve_of(build, curve, name, double), "")
    changed <- c(step$clipped, vapply(step$curves, function(curve) as.double(curve$column), 0))
    places[changed] <- length(places) + seq_along(changed)
    row_vector(columns_of(build, joined_columns(build, c(name, made, curves)), places), double)
  },
  pieces = function(build, step, from, constants) {
    at <- unlist(lapply(step$pieces, function(piece) rep(piece$column, length(piece$edges) - 1L)))
    lower <- unlist(lapply(step$pieces, function(piece) piece$edges[-length(piece$edges)]))
    width <- unlist(lapply(step$pieces, function(piece) diff(piece$edges)))
    row_vector(shares_between(build, columns_of(build, from[[1L]]$name, at), lower, width, from[[1L]]$double), from[[1L]]$double)
  },
  take = function(build, step, from, constants) {
    double <- all(vapply(from, function(vector) vector$double, NA))
    parts <- vapply(step$parts, function(part) {
      vector <- from[[match(part$from, step$from)]]
      name <- if (double) vector$name else as_single(build, vector)
      if (is.null(part$at)) name else columns_of(build, name, part$at)
    }, "")
    row_vector(joined_columns(build, parts), double)
  }
)

# Interpolated between points: the first, and of each interval its rise times how far the number is through it.
curve_of <- function(build, curve, name, double) {
  knots <- curve$knots
  scores <- curve$scores
  if (length(knots) == 1L) {
    knots <- c(knots, knots + 1)
    scores <- c(scores, scores)
  }
  n <- length(knots)
  shares <- shares_between(build, columns_of(build, name, curve$column), knots[-n], diff(knots), double)
  rises <- emit_constant(build, matrix(diff(scores)), if (double) "double" else "float")
  emit(build, "Add", c(emit(build, "MatMul", c(shares, rises)), row_of(build, scores[1L], double)))
}

onnx_layers <- list(
  linear = function(build, step, from, constants, double) {
    biases <- if (!is.null(step$biases)) row_of(build, constants[[step$biases]], double)
    emit(build, "Gemm", c(from, emit_constant(build, constants[[step$weights]], if (double) "double" else "float"), biases))
  },
  times = function(build, step, from, constants, double) emit(build, "Mul", c(from, row_of(build, constants[[step$factors]], double))),
  plus = function(build, step, from, constants, double) Reduce(function(a, b) emit(build, "Add", c(a, b)), from),
  activate = function(build, step, from, constants, double) onnx_activated(build, from, step$activation),
  norm = function(build, step, from, constants, double) {
    mean_of <- function(name) emit(build, "ReduceMean", name, list(ints = list(axes = 1), i = list(keepdims = 1)))
    centred <- emit(build, "Sub", c(from, mean_of(from)))
    variance <- emit(build, "Add", c(mean_of(emit(build, "Mul", c(centred, centred))), row_of(build, step$epsilon, double)))
    scaled <- emit(build, "Mul", c(emit(build, "Div", c(centred, emit(build, "Sqrt", variance))), row_of(build, constants[[step$factors]], double)))
    if (is.null(step$biases)) scaled else emit(build, "Add", c(scaled, row_of(build, constants[[step$biases]], double)))
  },
  softmax = function(build, step, from, constants, double) emit(build, "Softmax", from, list(i = list(axis = 1))),
  shares = function(build, step, from, constants, double) {
    sum <- emit(build, "ReduceSum", c(from[1L], emit_constant(build, 1, "int64")), list(i = list(keepdims = 1)))
    emit(build, "Where", c(emit(build, "Greater", c(sum, row_of(build, 0, double))), emit(build, "Div", c(from[1L], sum)), from[2L]))
  },
  rescale = function(build, step, from, constants, double) {
    emit(build, "Add", c(emit(build, "Mul", c(from, row_of(build, constants[[step$scale]], double))), row_of(build, constants[[step$center]], double)))
  },
  clamp = function(build, step, from, constants, double) {
    emit(build, "Min", c(emit(build, "Max", c(from, row_of(build, constants[[step$lower]], double))), row_of(build, constants[[step$upper]], double)))
  },
  mean = function(build, step, from, constants, double) {
    Reduce(function(a, b) emit(build, "Add", c(a, b)), Map(function(name, share) emit(build, "Mul", c(name, row_of(build, share, double))), from, step$shares))
  }
)

activation_operators <- c(
  sigmoid = "Sigmoid", tanh = "Tanh", relu = "Relu", leaky_relu = "LeakyRelu", elu = "Elu", selu = "Selu", softplus = "Softplus", softsign = "Softsign", exp = "Exp",
  log = "Log"
)

activation_attributes <- list(leaky_relu = list(f = list(alpha = 0.01)), elu = list(f = list(alpha = 1)), selu = list(f = list(alpha = 1.6732632423543772, gamma = 1.0507009873554805)))

onnx_activated <- function(build, from, activation) {
  if (activation %in% names(activation_operators)) {
    attributes <- activation_attributes[[activation]]
    return(emit(build, activation_operators[[activation]], from, if (is.null(attributes)) list() else attributes))
  }
  make <- function(operator, ...) emit(build, operator, c(...))
  number <- function(value) emit_constant(build, value, "float", dims = numeric())
  switch(activation,
    silu = make("Mul", from, make("Sigmoid", from)),
    gelu = make("Mul", make("Mul", from, make("Add", make("Erf", make("Div", from, number(sqrt(2)))), number(1))), number(0.5)),
    # Of turns only the part behind the point counts, which keeps its digits.
    cosine = make("Cos", make("Mul", make("Sub", from, make("Floor", from)), number(2 * pi))),
    sine = make("Sin", make("Mul", make("Sub", from, make("Floor", from)), number(2 * pi))),
    stop_backprop("export", "The activation {.val {activation}} cannot be said in ONNX.", call = build$call)
  )
}
