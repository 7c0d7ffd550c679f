# Factors that formulas make, as expressions of a plan (export-plan.R): of texts, of whole numbers, and of intervals.

# The place of the input whose texts an expression gives as they are; NULL where it gives others.
text_of_expression <- function(expression, context) {
  if (is.call(expression)) {
    same <- called(expression) %in% c("factor", "as.factor", "ordered", "as.ordered", "droplevels", "as.character", "I", "(")
    plain <- all(names(as.list(expression)) %in% c("", "x", "levels", "ordered")) && is.null(expression$labels)
    return(if (same && plain && length(expression) > 1L && is_complete(expression, context)) text_of_expression(expression[[2L]], context))
  }
  at <- if (is.name(expression)) match(as.character(expression), names_of_inputs(context$plan)) else NA
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
