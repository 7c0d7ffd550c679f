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
  if (is.name(expression) && as.character(expression) %in% input_names_of(context)) {
    at <- match(as.character(expression), input_names_of(context))
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

# ---- levels -----------------------------------------------------------------------------------------

# The place of the input whose texts an expression gives as they are; NULL where it gives others.
text_of_expression <- function(expression, context) {
  if (is.call(expression)) {
    same <- called(expression) %in% c("factor", "as.factor", "ordered", "as.ordered", "droplevels", "as.character", "I", "(")
    plain <- all(names(as.list(expression)) %in% c("", "x", "levels", "ordered")) && is.null(expression$labels)
    return(if (same && plain && length(expression) > 1L && is_complete(expression, context)) text_of_expression(expression[[2L]], context))
  }
  at <- if (is.name(expression)) match(as.character(expression), input_names_of(context)) else NA
  if (!is.na(at) && context$plan$inputs[[at]]$kind == "levels") at
}

# Levels that are typed may leave some out: what is NA then is not told from what is new.
is_complete <- function(call, context) is.null(call$levels) || called(call) != "factor"

# Of a factor that is made of numbers, whose `levels` are NA where they stand for no value of their own: the `value` that is looked at, `tests` for each of its levels (NULL: no value has it), and `has_level`, whether it
# has one at all, perhaps one that is not among `levels`.
cases_of_expression <- function(expression, levels, context) {
  name <- if (is.call(expression)) called(expression) else ""
  refuse_own_function(name, expression, context)
  if (name == "cut") {
    return(cases_of_cut(expression, levels, context))
  }
  if (!name %in% c("factor", "as.factor", "ordered", "as.ordered")) stop_unsaid(expression, context)
  call <- if (name %in% c("factor", "ordered")) match.call(factor, expression) else expression
  if (!all(names(as.list(call)) %in% c("", "x", "ordered"))) stop_unsaid(expression, context)
  value <- add_scalar(context$plan, number_of_expression(call[[2L]], context))
  flags <- match(levels, c("FALSE", "TRUE")) - 1
  numbers <- if (all(is.na(levels) | !is.na(flags))) flags else suppressWarnings(as.double(levels))
  # R writes numbers with 15 digits to make levels of them: of whole numbers these are all.
  if (!identical(is.na(numbers), is.na(levels)) || any(numbers != floor(numbers) | abs(numbers) > 1e15, na.rm = TRUE)) stop_unsaid(expression, context)
  list(value = value, tests = lapply(numbers, function(each) if (!is.na(each)) op("equal", value, number(each))), has_level = op("not", op("unknown", value)))
}

cases_of_cut <- function(expression, levels, context) {
  call <- match.call(cut.default, expression)
  constant <- function(name, absent) if (is.null(call[[name]])) absent else constant_of_expression(call[[name]], context)
  breaks <- sort(as.double(constant("breaks", NaN)))
  if (length(breaks) < 2L || anyNA(breaks)) stop_unsaid(expression, context)
  right <- constant("right", TRUE)
  lowest <- constant("include.lowest", FALSE)
  plain <- call
  # The intervals, in order, by the names that they get: of the middle of each.
  middles <- breaks[-1L] - pmin(diff(breaks), 2) / 2
  middles[!is.finite(middles)] <- breaks[-length(breaks)][!is.finite(middles)] + 1
  if (is.infinite(breaks[1L])) middles[1L] <- if (is.finite(breaks[2L])) breaks[2L] - 1 else 0
  plain$x <- middles
  names <- as.character(constant_of_expression(plain, context))
  value <- add_scalar(context$plan, number_of_expression(call$x, context))
  within <- function(i) {
    below <- if (right && !(lowest && i == 1L)) "greater" else "greater_equal"
    above <- if (right || (lowest && i == length(breaks) - 1L)) "less_equal" else "less"
    op("and", op(below, value, number(breaks[i])), op(above, value, number(breaks[i + 1L])))
  }
  at <- lapply(levels, function(level) which(names == level))
  tests <- lapply(at, function(places) if (length(places) > 0L) Reduce(function(a, b) op("or", a, b), lapply(places, within)))
  inside <- Reduce(function(a, b) op("or", a, b), lapply(seq_along(names), within))
  list(value = value, tests = tests, has_level = op("is_true", inside))
}

# ---- bases ------------------------------------------------------------------------------------------

# Orthogonal polynomials by the three-term recursion that poly() goes by, or plain powers.
poly_of_expression <- function(expression, context) {
  call <- match.call(stats::poly, expression, expand.dots = FALSE)
  raw <- !is.null(call$raw) && isTRUE(constant_of_expression(call$raw, context))
  coefs <- if (!is.null(call$coefs)) constant_of_expression(call$coefs, context)
  degree <- if (is.null(call$degree)) unlist(call[["..."]]) else call$degree
  degree <- if (is.null(degree)) 1 else constant_of_expression(degree, context)
  if (length(degree) != 1L || (!raw && !(is.list(coefs) && all(c("alpha", "norm2") %in% names(coefs))))) stop_unsaid(expression, context)
  plan <- context$plan
  x <- add_scalar(plan, number_of_expression(call$x, context))
  if (raw) {
    return(lapply(seq_len(degree), function(power) op("power", x, number(power))))
  }
  columns <- list(number(1), op("subtract", x, number(coefs$alpha[1L])))
  for (i in seq_len(degree - 1) + 1) {
    next_one <- op(
      "subtract", op("multiply", op("subtract", x, number(coefs$alpha[i])), columns[[i]]),
      op("multiply", number(coefs$norm2[i + 1] / coefs$norm2[i]), columns[[i - 1]])
    )
    columns[[i + 1]] <- add_scalar(plan, next_one)
  }
  lapply(seq_len(degree), function(i) op("divide", columns[[i + 1]], number(sqrt(coefs$norm2[i + 2]))))
}

# Splines are a polynomial between each two knots, which as many values as it has coefficients determine.
splines_of_expression <- function(expression, context) {
  refuse_own_function(called(expression), expression, context)
  constant <- function(name) if (!is.null(expression[[name]])) as.double(constant_of_expression(expression[[name]], context))
  knots <- sort(unique(c(constant("Boundary.knots"), constant("knots"))))
  if (length(knots) < 2L || length(inputs_read(expression[[2L]], context)) == 0L) stop_unsaid(expression, context)
  degree <- if (is.null(expression$degree)) 3 else constant("degree")
  x <- add_scalar(context$plan, number_of_expression(expression[[2L]], context))
  last <- length(knots)
  width <- knots[last] - knots[1L]
  starts <- c(knots[1L] - width, knots)
  ends <- c(knots, knots[last] + width)
  points <- cos(pi * (seq_len(degree + 1) - 0.5) / (degree + 1))
  call <- expression
  call[[2L]] <- as.name(".x")
  env <- environment_of_carried(context$carried, context$plan$call)
  coefficients <- Map(function(start, end) {
    values <- suppressWarnings(eval(call, list(.x = (start + end) / 2 + points * (end - start) / 2), env))
    solve(outer(points, 0:degree, `^`), unclass(values))
  }, starts, ends)
  place <- Map(function(start, end) add_scalar(context$plan, op("divide", op("subtract", x, number((start + end) / 2)), number((end - start) / 2))), starts, ends)
  lapply(seq_len(ncol(coefficients[[1L]])), function(j) {
    polynomials <- Map(function(of_piece, u) {
      Reduce(function(sum, coefficient) op("add", op("multiply", sum, u), number(coefficient)), rev(of_piece[-nrow(of_piece), j]), number(of_piece[nrow(of_piece), j]))
    }, coefficients, place)
    Reduce(function(rest, i) op("if", op("less", x, number(knots[i])), polynomials[[i]], rest), rev(seq_len(last)), polynomials[[last + 1L]])
  })
}

# `stop`: what cannot be said in another language.
stop_unsaid <- function(expression, context) {
  text <- expression_text(expression)
  if (nchar(text) > 200L) text <- paste(substr(text, 1L, 200L), "...")
  stop_backprop("export", c(
    "{.code {text}} in the formula of the model cannot be said in another language.",
    x = "What can be are arithmetic, comparisons and {.fn ifelse} on columns, {.fn factor} and {.fn cut} of them, {.fn poly}, {.fn ns} and {.fn bs}.",
    i = "Compute it as a column of the data first, and train on that; or train on the matrix that {.fn model.matrix} makes, and export that fit."
  ), call = context$plan$call)
}
