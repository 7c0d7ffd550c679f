# What formulas compute, as expressions of a plan (export-plan.R): arithmetic on columns, comparisons, and bases with their coefficients. What is none of
# these is an error that says how to mend it.

# The operations of an expression beside its leaves, and how many arguments each has. Logical ones know three values, as R's do.
expression_ops <- c(
  add = 2, subtract = 2, multiply = 2, divide = 2, power = 2, modulo = 2, negate = 1,
  less = 2, less_equal = 2, greater = 2, greater_equal = 2, equal = 2, not_equal = 2, and = 2, or = 2, not = 1,
  # `if` is not known where its condition is not; the others always give 1 or 0. `among`: whether it is one of `values`.
  "if" = 3, unknown = 1, is_true = 1, among = 1,
  exp = 1, log = 1, log1p = 1, expm1 = 1, sqrt = 1, abs = 1, sign = 1, floor = 1, ceiling = 1,
  sin = 1, cos = 1, tan = 1, asin = 1, acos = 1, atan = 1, sinh = 1, cosh = 1, tanh = 1, min = 2, max = 2
)

# R's functions that are operations.
binary_functions <- c(
  "+" = "add", "-" = "subtract", "*" = "multiply", "/" = "divide", "^" = "power", "%%" = "modulo", "<" = "less", "<=" = "less_equal", ">" = "greater",
  ">=" = "greater_equal", "==" = "equal", "!=" = "not_equal", "&" = "and", "|" = "or"
)
unary_functions <- c(
  "!" = "not", exp = "exp", log1p = "log1p", expm1 = "expm1", sqrt = "sqrt", abs = "abs", sign = "sign", floor = "floor", ceiling = "ceiling", sin = "sin",
  cos = "cos", tan = "tan", asin = "asin", acos = "acos", atan = "atan", sinh = "sinh", cosh = "cosh", tanh = "tanh", is.na = "unknown"
)

# An expression for each column of the value of an R expression. `context`: the plan, the record of `columns` and what is `carried`.
numbers_of_expression <- function(expression, context) {
  switch(if (is.call(expression)) called(expression) else "",
    poly = poly_of_expression(expression, context),
    ns = , bs = splines_of_expression(expression, context),
    cbind = unlist(lapply(unname(as.list(expression)[-1L]), numbers_of_expression, context), recursive = FALSE),
    "(" = , I = if (length(expression) == 2L) numbers_of_expression(expression[[2L]], context) else stop_unsaid(expression, context),
    list(number_of_expression(expression, context))
  )
}

number_of_expression <- function(expression, context) {
  of <- function(part) number_of_expression(part, context)
  if (is.name(expression) && as.character(expression) %in% names_of_inputs(context$plan)) {
    at <- match(as.character(expression), names_of_inputs(context$plan))
    return(if (context$plan$inputs[[at]]$kind == "levels") stop_unsaid(expression, context) else at_input(at))
  }
  if (length(inputs_read(expression, context)) == 0L) {
    value <- constant_of_expression(expression, context)
    if (length(value) != 1L || is.na(value) || !(is.numeric(value) || is.logical(value))) stop_unsaid(expression, context)
    return(number(value))
  }
  name <- called(expression)
  refuse_own_function(name, expression, context)
  parts <- as.list(expression)[-1L]
  count <- length(parts)
  compared <- if (name %in% c("==", "!=", "%in%")) text_test(name, parts, context)
  if (!is.null(compared)) {
    return(compared)
  }
  if (name == "is.na" && count == 1L && is.name(parts[[1L]])) {
    return(list(op = "missing", at = inputs_read(expression, context)))
  }
  if (name %in% names(binary_functions) && count == 2L) {
    return(op(binary_functions[[name]], of(parts[[1L]]), of(parts[[2L]])))
  }
  if (name %in% names(unary_functions) && count == 1L) {
    return(op(unary_functions[[name]], of(parts[[1L]])))
  }
  said <- other_functions[[name]]
  value <- if (!is.null(said)) said(expression, of, context)
  if (is.null(value)) stop_unsaid(expression, context) else value
}

# Functions with arguments of several kinds: each answers with an expression, or NULL where it has none for these.
other_functions <- list(
  "(" = function(call, of, context) of(call[[2L]]),
  I = function(call, of, context) of(call[[2L]]),
  "+" = function(call, of, context) of(call[[2L]]),
  "-" = function(call, of, context) op("negate", of(call[[2L]])),
  "%/%" = function(call, of, context) op("floor", op("divide", of(call[[2L]]), of(call[[3L]]))),
  log = function(call, of, context) {
    call <- match.call(function(x, base) NULL, call)
    if (is.null(call$base)) op("log", of(call$x)) else op("divide", op("log", of(call$x)), op("log", of(call$base)))
  },
  log2 = function(call, of, context) op("divide", op("log", of(call[[2L]])), number(log(2))),
  log10 = function(call, of, context) op("divide", op("log", of(call[[2L]])), number(log(10))),
  plogis = function(call, of, context) if (length(call) == 2L) op("divide", number(1), op("add", number(1), op("exp", op("negate", of(call[[2L]]))))),
  trunc = function(call, of, context) if (length(call) == 2L) op("multiply", op("sign", of(call[[2L]])), op("floor", op("abs", of(call[[2L]])))),
  ifelse = function(call, of, context) {
    call <- match.call(ifelse, call)
    op("if", op("not_equal", of(call$test), number(0)), of(call$yes), of(call$no))
  },
  pmin = function(call, of, context) if (is.null(call$na.rm)) Reduce(function(a, b) op("min", a, b), lapply(as.list(call)[-1L], of)),
  pmax = function(call, of, context) if (is.null(call$na.rm)) Reduce(function(a, b) op("max", a, b), lapply(as.list(call)[-1L], of)),
  as.numeric = function(call, of, context) if (length(call) == 2L) of(call[[2L]]),
  as.double = function(call, of, context) if (length(call) == 2L) of(call[[2L]]),
  as.integer = function(call, of, context) if (length(call) == 2L) other_functions$trunc(call, of, context),
  as.logical = function(call, of, context) if (length(call) == 2L) op("not_equal", of(call[[2L]]), number(0)),
  "%in%" = function(call, of, context) {
    values <- if (length(inputs_read(call[[3L]], context)) == 0L) constant_of_expression(call[[3L]], context)
    # What is not known is in no set that does not name it.
    if (is.numeric(values) && !anyNA(values)) op("is_true", list(op = "among", args = list(of(call[[2L]])), values = as.double(values)))
  },
  scale = function(call, of, context) {
    call <- match.call(scale.default, call)
    part <- function(value, none) {
      if (is.null(value)) {
        return(NULL)
      }
      value <- constant_of_expression(value, context)
      if (isFALSE(value)) none else if (is.numeric(value) && length(value) == 1L) as.double(value)
    }
    center <- part(call$center, 0)
    scale <- part(call$scale, 1)
    if (!is.null(center) && !is.null(scale)) op("divide", op("subtract", of(call$x), number(center)), number(scale))
  }
)

# The value of what reads no column.
constant_of_expression <- function(expression, context) {
  tryCatch(eval(expression, environment_of_carried(context$carried, context$plan$call)), error = function(cnd) stop_unsaid(expression, context))
}

# A function that travels with the fit is not the one of that name that is known here.
refuse_own_function <- function(name, expression, context) {
  package <- context$carried$packages[name]
  if (name %in% names(context$carried$values) || !is.na(package) && !package %in% c("stats", "splines")) stop_unsaid(expression, context)
}

# A column of texts compared with some: NULL where it is none.
text_test <- function(name, parts, context) {
  text <- vapply(parts, function(part) is.name(part) && !is.null(text_of_expression(part, context)), NA)
  if (length(parts) != 2L || !any(text) || (name == "%in%" && !text[1L])) {
    return(NULL)
  }
  at <- text_of_expression(parts[[which(text)[1L]]], context)
  other <- parts[[if (text[1L]) 2L else 1L]]
  values <- if (length(inputs_read(other, context)) == 0L) constant_of_expression(other, context)
  if (!is.character(values) || anyNA(values) || (name != "%in%" && length(values) != 1L)) {
    return(NULL)
  }
  test <- at_code(context$plan, at, values, if (name == "!=") 0 else 1, other = as.double(name == "!="), missing = if (name == "%in%") 0 else NaN)
  test
}

# What cannot be said in another language.
stop_unsaid <- function(expression, context) {
  text <- expression_text(expression)
  if (nchar(text) > 200L) text <- paste(substr(text, 1L, 200L), "...")
  stop_backprop("export", c(
    "{.code {text}} in the formula of the model cannot be said in another language.",
    x = "What can be are arithmetic, comparisons and {.fn ifelse} on columns, {.fn factor} and {.fn cut} of them, {.fn poly}, {.fn ns} and {.fn bs}.",
    i = "Compute it as a column of the data first, and train on that; or train on the matrix that {.fn model.matrix} makes, and export that fit."
  ), call = context$plan$call)
}
