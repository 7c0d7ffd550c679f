# What an expression of a formula meant at training is what it means at prediction. lm() sees to that for poly(), ns(), bs() and
# scale() at the top of a term (makepredictcall()); here it holds at any depth, and for numbers that were computed from all rows,
# such as mean(x) in `x - mean(x)`: they keep the values of training. What cannot be had for a row by itself is refused.

# The expression with what depends on all rows replaced by what it was; `value` is what it gave at training.
freeze_expression <- function(expression, value, data, env) {
  # The user has seen the warnings of the first evaluation.
  if (is.call(expression)) suppressWarnings(freeze_term(expression, value, data, env)) else expression
}

freeze_term <- function(expression, value, data, env) {
  # Levels of a factor are recorded with the variable: new ones are to be told, not lost.
  if (is.factor(value) && calls_factor(expression)) {
    for (i in seq_along(expression)[-1L]) expression[i] <- list(freeze_call(expression[[i]], data, env, nrow(data)))
    return(expression)
  }
  frozen <- freeze_call(expression, data, env, nrow(data))
  again <- tryCatch(eval(frozen, data, env), error = function(cnd) NULL)
  if (same_values(again, value)) frozen else expression
}

freeze_call <- function(expression, data, env, n) {
  if (!is.call(expression) || is_quoting(expression)) {
    return(expression)
  }
  for (i in seq_along(expression)[-1L]) {
    part <- expression[[i]]
    # An empty argument, as in x[, 1], must not be looked at.
    if (is.call(part)) expression[[i]] <- freeze_call(part, data, env, n)
  }
  if (!any(names_read_by(list(expression))$variables %in% names(data))) {
    return(expression)
  }
  value <- tryCatch(eval(expression, data, env), error = function(cnd) NULL)
  if (is.null(value) || is.function(value)) {
    return(expression)
  }
  if (NROW(value) != n) {
    small <- is.atomic(value) && utils::object.size(value) <= carried_bytes
    return(if (small) value else expression)
  }
  freeze_basis(expression, value, data, env)
}

# Calls whose arguments are not values.
is_quoting <- function(call) {
  head <- if (is.name(call[[1L]])) as.character(call[[1L]]) else ""
  head %in% c("function", "quote", "bquote", "substitute", "~", "::", ":::", "$", "@")
}

# The call that gives the same basis, intervals or codes for other rows.
freeze_basis <- function(call, value, data, env) {
  head <- call[[1L]]
  name <- if (is.name(head)) as.character(head) else as.character(head)[3L]
  if (is.na(name)) {
    return(call)
  }
  if (calls_factor(call)) {
    return(freeze_factor(call, value))
  }
  # makepredictcall() knows functions by their bare name.
  call[[1L]] <- as.name(name)
  call <- if (name == "cut") freeze_cut(call, value, data, env) else stats::makepredictcall(value, call)
  call[[1L]] <- head
  call
}

calls_factor <- function(call) {
  is.name(call[[1L]]) && as.character(call[[1L]]) %in% c("factor", "as.factor", "ordered", "as.ordered")
}

# cut(x, 3) finds its intervals from the rows; they are those of cut.default().
freeze_cut <- function(call, value, data, env) {
  matched <- match.call(function(x, breaks, labels = NULL, ...) NULL, call)
  number <- if (!is.null(matched$breaks)) eval(matched$breaks, data, env)
  if (!is.numeric(number) || length(number) != 1L || is.null(levels(value))) {
    return(call)
  }
  x <- eval(matched$x, data, env)
  ends <- range(x, na.rm = TRUE)
  width <- diff(ends)
  if (width == 0) {
    width <- if (ends[1L] == 0) 1 else abs(ends[1L])
    breaks <- seq.int(ends[1L] - width / 1000, ends[2L] + width / 1000, length.out = number + 1L)
  } else {
    breaks <- seq.int(ends[1L], ends[2L], length.out = number + 1L)
    breaks[c(1L, number + 1L)] <- ends + c(-1, 1) * width / 1000
  }
  matched$breaks <- breaks
  matched$labels <- levels(value)
  matched
}

# The levels that were found; only where none were typed.
freeze_factor <- function(call, value) {
  if (length(call) != 2L) {
    return(call)
  }
  call[[1L]] <- as.name("factor")
  call$levels <- levels(value)
  call$ordered <- is.ordered(value)
  call
}

# Rows by themselves must give what they gave among all: each one alone, and some in another order.
check_rowwise <- function(expression, name, value, data, env) {
  n <- nrow(data)
  columns <- unclass(data)[intersect(names_read_by(list(expression))$variables, names(data))]
  several <- unique(round(seq(n, 1, length.out = min(n, 500L))))
  for (rows in list(1L, (n + 1L) %/% 2L, n, several)) {
    part <- as_plain_table(lapply(columns, pick_rows_of, rows), length(rows))
    alone <- tryCatch(
      suppressWarnings(evaluate_rows(expression, part, env)),
      error = function(cnd) stop_not_rowwise(name, "It cannot be computed for some rows alone: {said}", conditionMessage(cnd))
    )
    if (!same_values(alone, pick_rows_of(value, rows))) {
      stop_not_rowwise(name, "Some rows alone give other values than they do among all rows.")
    }
  }
}

# An expression on some rows. A single row is computed as one of two: functions take a vector of one number for something else
# (of `poly(x, z)` the second, for the degree), or drop dimensions.
evaluate_rows <- function(expression, rows, env) {
  n <- NROW(rows[[1L]])
  if (n != 1L) {
    return(eval(expression, rows, env))
  }
  value <- eval(expression, lapply(unclass(rows), pick_rows_of, c(1L, 1L)), env)
  if (NROW(value) == 2L) pick_rows_of(value, 1L) else value
}

stop_not_rowwise <- function(name, why, said = NULL) {
  stop_formula(
    c(
      "The value of {.code {name}} in a row depends on other rows, so that no new row could be predicted by it.",
      x = why,
      i = "Compute it before, as a column of {.arg data}."
    ),
    name = name, said = said
  )
}

same_values <- function(a, b) {
  if (is.factor(a) || is.factor(b)) {
    return(is.factor(a) == is.factor(b) && identical(as.character(a), as.character(b)))
  }
  if (NROW(a) != NROW(b) || NCOL(a) != NCOL(b)) {
    return(FALSE)
  }
  if (!is.numeric(a) || !is.numeric(b)) {
    return(identical(as.vector(a), as.vector(b)))
  }
  isTRUE(all.equal(as.double(a), as.double(b), tolerance = 1e-10))
}

# Rows of a vector, factor, matrix or data frame.
pick_rows_of <- function(value, rows) if (length(dim(value)) < 2L) value[rows] else value[rows, , drop = FALSE]
