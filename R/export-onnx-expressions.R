# Expressions of a plan (export-plan.R) as nodes of an ONNX graph. Each is a column of doubles: logical values are 1 and 0, and NaN is what is not known.

# Expressions side by side, as a matrix. Runs of indicators of one code are one comparison.
onnx_columns <- function(build, expressions) {
  runs <- runs_of_indicators(expressions)
  parts <- lapply(split(seq_along(expressions), runs), function(at) {
    first <- expressions[[at[1L]]]
    if (length(at) == 1L) {
      return(as_column(build, onnx_expression(build, first)))
    }
    levels <- vapply(expressions[at], function(expression) expression$args[[2L]]$value, 0)
    onnx_comparison(build, "Equal", onnx_expression(build, first$args[[1L]])$name, emit_constant(build, levels, "double", dims = c(1, length(levels))))
  })
  parts <- unlist(parts, use.names = FALSE)
  row_vector(if (length(parts) == 1L) parts else emit(build, "Concat", parts, list(i = list(axis = 1))), double = TRUE)
}

# A number for each expression: the same for neighbours that compare the same value with a number.
runs_of_indicators <- function(expressions) {
  compared <- lapply(expressions, function(expression) {
    is_indicator <- expression$op == "equal" && expression$args[[2L]]$op == "number" && expression$args[[1L]]$op %in% c("scalar", "code")
    if (is_indicator) expression$args[[1L]]
  })
  same <- vapply(seq_along(compared)[-1L], function(j) !is.null(compared[[j]]) && identical(compared[[j]], compared[[j - 1L]]), NA)
  cumsum(c(TRUE, !same))
}

# One value, the same in every row, as a column of the rows that there are.
as_column <- function(build, value) {
  if (!value$fixed) {
    return(value$name)
  }
  rows <- emit(build, "Gather", c(emit(build, "Shape", build$own[1L]), emit_constant(build, 0, "int64")), list(i = list(axis = 0)))
  emit(build, "Expand", c(value$name, emit(build, "Concat", c(rows, emit_constant(build, 1, "int64")), list(i = list(axis = 0)))))
}

onnx_number <- function(build, value) emit_constant(build, value, "double", dims = c(1, 1))

# The name of its column, and whether it is `fixed`: one value, the same in every row.
onnx_expression <- function(build, expression) {
  made <- lapply(expression$args, onnx_expression, build = build)
  args <- vapply(made, function(arg) arg$name, "")
  fixed <- length(made) > 0L && all(vapply(made, function(arg) arg$fixed, NA))
  value <- function(name, fixed = FALSE) list(name = name, fixed = fixed)
  switch(expression$op,
    number = value(onnx_number(build, expression$value), fixed = TRUE),
    input = value(onnx_input(build, expression$at)),
    scalar = onnx_scalar(build, expression$at),
    code = value(onnx_code(build, build$plan$codes[[expression$at]])),
    missing = value(onnx_missing(build, expression$at)),
    among = value(onnx_among(build, args, expression$values), fixed),
    value(onnx_operation(build, expression$op, args), fixed)
  )
}

# Scalars are made when they are first read, each once.
onnx_scalar <- function(build, at) {
  key <- paste0("scalar ", at)
  if (is.null(build$known[[key]])) assign(key, onnx_expression(build, build$plan$scalars[[at]]), envir = build$known)
  build$known[[key]]
}

as_double <- function(build, name) emit(build, "Cast", name, list(i = list(to = onnx_types[["double"]])))

onnx_input <- function(build, at) {
  input <- build$plan$inputs[[at]]
  if (!build$plan$matrix || isTRUE(input$offset)) {
    return(as_double(build, input$name))
  }
  as_double(build, emit(build, "Gather", c("X", emit_constant(build, at - 1, "int64")), list(i = list(axis = 1))))
}

# A text's code. ONNX has no missing texts: the empty one stands for it, unless that is a level.
onnx_code <- function(build, table) {
  texts <- table$texts
  codes <- table$codes
  if (!"" %in% texts) {
    texts <- c(texts, "")
    codes <- c(codes, table$missing)
  }
  encoded <- emit(
    build, "LabelEncoder", build$plan$inputs[[table$input]]$name,
    list(strings = list(keys_strings = texts), floats = list(values_floats = codes), f = list(default_float = table$other)), "ai.onnx.ml"
  )
  as_double(build, encoded)
}

onnx_missing <- function(build, at) {
  input <- build$plan$inputs[[at]]
  if (input$kind == "levels") {
    return(onnx_code(build, list(input = at, texts = intersect("", input$levels), codes = rep(0, sum(input$levels == "")), other = 0, missing = 1)))
  }
  as_double(build, emit(build, "IsNaN", onnx_input(build, at)))
}

onnx_unknown <- function(build, args) {
  each <- vapply(args, function(arg) emit(build, "IsNaN", arg), "")
  Reduce(function(a, b) emit(build, "Or", c(a, b)), each)
}

# `value`, but NaN where an argument is not known.
onnx_known <- function(build, value, args) emit(build, "Where", c(onnx_unknown(build, args), onnx_number(build, NaN), value))

onnx_comparison <- function(build, operator, a, b) {
  # A constant is known.
  args <- if (is_constant_name(build, b)) a else c(a, b)
  onnx_known(build, as_double(build, emit(build, operator, c(a, b))), args)
}

is_constant_name <- function(build, name) startsWith(name, paste0(build$prefix, ".c"))

onnx_among <- function(build, arg, values) {
  if (length(values) == 0L) {
    return(onnx_known(build, onnx_number(build, 0), arg))
  }
  same <- as_double(build, emit(build, "Equal", c(arg, emit_constant(build, values, "double", dims = c(1, length(values))))))
  onnx_known(build, emit(build, "ReduceMax", same, list(ints = list(axes = 1), i = list(keepdims = 1))), arg)
}

# Operations that an operator of doubles is, those that runtimes have in single precision alone, and those that compare.
double_operators <- c(
  add = "Add", subtract = "Sub", multiply = "Mul", divide = "Div", power = "Pow", negate = "Neg", exp = "Exp", log = "Log", sqrt = "Sqrt", abs = "Abs",
  sign = "Sign", floor = "Floor", ceiling = "Ceil", sin = "Sin", cos = "Cos", tanh = "Tanh"
)
single_operators <- c(tan = "Tan", asin = "Asin", acos = "Acos", atan = "Atan", sinh = "Sinh", cosh = "Cosh")
comparing_operators <- c(less = "Less", less_equal = "LessOrEqual", greater = "Greater", greater_equal = "GreaterOrEqual", equal = "Equal")

onnx_operation <- function(build, op, args) {
  if (op %in% names(double_operators)) {
    return(emit(build, double_operators[[op]], args))
  }
  if (op %in% names(single_operators)) {
    single <- emit(build, "Cast", args, list(i = list(to = onnx_types[["float"]])))
    return(as_double(build, emit(build, single_operators[[op]], single)))
  }
  if (op %in% names(comparing_operators)) {
    return(onnx_comparison(build, comparing_operators[[op]], args[1L], args[2L]))
  }
  a <- args[1L]
  b <- args[2L]
  make <- function(operator, ...) emit(build, operator, c(...))
  number <- function(value) onnx_number(build, value)
  is_zero <- function(arg) make("Equal", arg, number(0))
  holds <- function(arg) make("Not", make("Or", is_zero(arg), make("IsNaN", arg)))
  switch(op,
    modulo = make("Sub", a, make("Mul", make("Floor", make("Div", a, b)), b)),
    log1p = make("Log", make("Add", a, number(1))),
    expm1 = make("Sub", make("Exp", a), number(1)),
    min = onnx_known(build, make("Min", a, b), args),
    max = onnx_known(build, make("Max", a, b), args),
    not_equal = make("Sub", number(1), onnx_comparison(build, "Equal", a, b)),
    not = onnx_comparison(build, "Equal", a, number(0)),
    # What one side decides alone is known, whatever the other is.
    and = make("Where", make("Or", is_zero(a), is_zero(b)), number(0), onnx_known(build, number(1), args)),
    or = make("Where", make("Or", holds(a), holds(b)), number(1), onnx_known(build, number(0), args)),
    "if" = onnx_known(build, make("Where", is_zero(a), args[3L], b), a),
    unknown = as_double(build, make("IsNaN", a)),
    is_true = as_double(build, make("Equal", a, number(1)))
  )
}
