# What an expression of a formula meant at training is what it means at prediction. lm() sees to that for poly(), ns(), bs() and
# scale() at the top of a term (makepredictcall()); here it holds at any depth, and for numbers that were computed from all rows,
# such as mean(x) in `x - mean(x)`: they keep the values of training. What cannot be had for a row by itself is refused.

# The expression that gives for any rows what it gave for all of them: `value`, of `data`, in `env`. `inside` is the environment of what
# travels with the fit, the only one that predictions know. With its `value` as predictions compute it, whose last digits may differ; NULL in
# `expression` where there is none, and `why`.
settle_expression <- function(expression, value, data, env, inside) {
  if (!is.call(expression)) {
    return(list(expression = expression, value = value))
  }
  # First with the numbers that were made of all rows; then, where these were only on the way to a value for each row (c(x, z) in
  # `matrix(c(x, z), ncol = 2)`), without; then as it is written. The user has seen the warnings of the first evaluation.
  suppressWarnings({
    forms <- list(
      function() freeze_call(expression, data, env, TRUE, top = TRUE),
      function() freeze_call(expression, data, env, FALSE, top = TRUE),
      function() expression
    )
    for (make in forms) {
      form <- make()
      found <- try_rowwise(form, value, data, inside)
      if (is.null(found$why)) {
        return(list(expression = form, value = found$value))
      }
    }
  })
  list(expression = NULL, why = found$why)
}

# The same where `data` are some rows of many: nothing can be frozen, since what was made of all rows is not known.
settle_rowwise <- function(expression, value, data, env, inside) {
  if (!is.call(expression)) {
    return(list(expression = expression, value = value))
  }
  found <- suppressWarnings(try_rowwise(expression, value, data, inside))
  if (is.null(found$why)) {
    return(list(expression = expression, value = found$value))
  }
  list(expression = NULL, why = found$why, stop = function(name) stop_of_all_rows(name, found$why))
}

stop_of_all_rows <- function(name, why) {
  stop_formula(
    c(
      "{.code {name}} in {.arg formula} depends on all rows, and a reader gives them in parts.",
      x = "{why}",
      i = "Write the constants out, as in {.code I((x - 3.2) / 1.5)}, {.code cut(x, c(0, 10, 20))} or {.code ns(x, knots = 3, Boundary.knots = c(0, 10))}; {.arg standardize} scales inputs."
    ),
    name = name, why = why
  )
}

# From the inside out.
freeze_call <- function(expression, data, env, aggregates, top = FALSE) {
  if (!is.call(expression) || is_quoting(expression)) {
    return(expression)
  }
  for (i in seq_along(expression)[-1L]) {
    # An empty argument, as in x[, 1], must not be looked at.
    if (is.call(expression[[i]])) expression[[i]] <- freeze_call(expression[[i]], data, env, aggregates)
  }
  read <- intersect(names_read_by(list(expression))$variables, names(data))
  if (length(read) == 0L) {
    return(expression)
  }
  value <- tryCatch(eval(expression, data, env), error = function(cnd) NULL)
  if (is.null(value)) {
    # poly() and others do not take NA.
    data <- rows_without_gaps(data, read)
    value <- tryCatch(eval(expression, data, env), error = function(cnd) NULL)
  }
  if (is.null(value) || is.function(value)) {
    return(expression)
  }
  if (is_aggregate(expression, value, data, env)) {
    small <- is.atomic(value) && utils::object.size(value) <= carried_bytes
    return(if (aggregates && !top && small) value else expression)
  }
  # A function of the user's own may have the name of one that is known here.
  tryCatch(freeze_basis(expression, value, data, env, top), error = function(cnd) expression)
}

rows_without_gaps <- function(data, read) {
  columns <- unclass(data)[read]
  known <- which(!Reduce(`|`, lapply(columns, rows_unknown), logical(nrow(data))))
  as_plain_table(lapply(columns, pick_rows_of, known), length(known))
}

# Calls whose arguments are not values.
is_quoting <- function(call) called(call) %in% c("function", "quote", "bquote", "substitute", "~", "$", "@")

# The name of the function that is called, without its package; "" for a computed one.
called <- function(call) {
  head <- call[[1L]]
  if (is.name(head)) {
    return(as.character(head))
  }
  if (is.call(head) && as.character(head[[1L]]) %in% c("::", ":::")) as.character(head[[3L]]) else ""
}

# Whether a value is made of all rows, as a mean is. With few rows it may have as many elements by chance: twice the rows tell.
is_aggregate <- function(expression, value, data, env) {
  n <- nrow(data)
  if (NROW(value) != n) {
    return(TRUE)
  }
  if (n > 30L) {
    return(FALSE)
  }
  twice <- lapply(unclass(data), pick_rows_of, rep(seq_len(n), 2L))
  again <- tryCatch(eval(expression, twice, env), error = function(cnd) NULL)
  !is.null(again) && NROW(again) == n
}

# The call that gives the same basis, intervals or codes for other rows.
freeze_basis <- function(call, value, data, env, top) {
  name <- called(call)
  if (name %in% c("factor", "as.factor", "ordered", "as.ordered", "droplevels")) {
    return(freeze_factor(call, value, data, env, top))
  }
  head <- call[[1L]]
  # scale(poly(x, 2)) has the class of what it scales.
  if (name == "scale") class(value) <- NULL
  # makepredictcall() knows functions by their bare name, and polym() not at all.
  call[[1L]] <- as.name(if (name == "polym") "poly" else if (nzchar(name)) name else "(")
  call <- if (name == "cut") freeze_cut(call, value, data, env) else stats::makepredictcall(value, call)
  call[[1L]] <- head
  call
}

# cut(x, 3) finds its intervals from the rows; they are those of cut.default().
freeze_cut <- function(call, value, data, env) {
  matched <- match.call(function(x, breaks, labels = NULL, ...) NULL, call)
  number <- if (!is.null(matched$breaks)) eval(matched$breaks, data, env)
  x <- eval(matched$x, data, env)
  if (!is.numeric(number) || length(number) != 1L || !is.numeric(x) || inherits(x, c("Date", "POSIXt"))) {
    return(call)
  }
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
  if (is.factor(value)) matched$labels <- levels(value)
  matched
}

# The levels that were found, where none were typed. At the top of a term the levels are recorded with the variable, so that new ones are
# told and not lost; there only labels, which belong to levels by their order, need them.
freeze_factor <- function(call, value, data, env, top) {
  if (called(call) %in% c("factor", "ordered")) {
    call <- match.call(function(x, levels, labels, exclude, ordered, nmax, ...) NULL, call)
  }
  if (!is.null(call$levels) || (top && is.null(call$labels))) {
    return(call)
  }
  plain <- call
  plain$labels <- NULL
  levels <- if (is.null(call$labels)) levels(value) else levels(eval(plain, data, env))
  call[[1L]] <- as.name("factor")
  call$levels <- levels
  call$ordered <- is.ordered(value)
  call
}

# Rows by themselves must give what they gave among all: some each alone, and parts of them. The `value` of all; `why` where they do not.
try_rowwise <- function(expression, value, data, inside) {
  n <- nrow(data)
  columns <- unclass(data)[intersect(names_read_by(list(expression))$variables, names(data))]
  if (length(columns) == 0L) {
    return(list(why = "It reads no column."))
  }
  all <- tryCatch(evaluate_rows(expression, as_plain_table(columns, n), inside), error = identity)
  if (inherits(all, "error")) {
    return(list(why = paste0("It cannot be computed from what travels with the model: ", reason_of(all))))
  }
  if (!same_values(all, value)) {
    return(list(why = "It does not give the same values twice."))
  }
  for (rows in rows_to_try(value, columns)) {
    part <- as_plain_table(lapply(columns, pick_rows_of, rows), length(rows))
    alone <- tryCatch(evaluate_rows(expression, part, inside), error = identity)
    if (inherits(alone, "error")) {
      return(list(why = paste0("It cannot be computed for some rows alone: ", reason_of(alone))))
    }
    if (!same_values(alone, pick_rows_of(value, rows))) {
      return(list(why = "Some rows alone give other values than they do among all rows."))
    }
  }
  list(value = all)
}

# Single rows, evenly spread, of each of the rarest values, and of those that a gap does not keep from having a value; then parts.
rows_to_try <- function(value, columns) {
  known <- which(!rows_unknown(value))
  if (length(known) == 0L) {
    return(NULL)
  }
  some <- function(rows, count) unique(rows[round(seq(1, length(rows), length.out = min(length(rows), count)))])
  gaps <- Reduce(`|`, lapply(columns, rows_unknown))
  filled <- known[gaps[known]]
  plain <- if (length(dim(value)) < 2L) value[known]
  counts <- if (is.atomic(plain)) sort(table(plain))
  rare <- if (length(counts) > 1L && length(counts) <= 1000L) known[match(names(counts)[seq_len(min(10L, length(counts)))], as.character(plain))]
  single <- unique(c(some(known, 40L), some(filled, 5L), rare[!is.na(rare)]))
  c(as.list(single), list(utils::head(known, 500L), rev(some(known, 400L))[c(TRUE, FALSE)]))
}

reason_of <- function(cnd) {
  said <- conditionMessage(cnd)
  if (nchar(said) > 200L) paste0(substr(said, 1L, 200L), " ...") else said
}

rows_unknown <- function(value) {
  if (length(dim(value)) == 2L) {
    return(rowSums(is.na(value)) > 0)
  }
  as.vector(is.na(value))
}

# An expression on some rows, as at training.
evaluate_rows <- function(expression, rows, env) {
  tryCatch(evaluate_together(expression, rows, env), error = function(cnd) {
    # Many functions do not take NA, or nothing but NA: rows with gaps are unknown, the others are not.
    columns <- unclass(rows)[intersect(names_read_by(list(expression))$variables, names(rows))]
    gaps <- Reduce(`|`, lapply(columns, rows_unknown), logical(nrow(rows)))
    if (!any(gaps)) {
      stop(cnd)
    }
    if (all(gaps)) {
      return(rep(NA, nrow(rows)))
    }
    known <- which(!gaps)
    value <- evaluate_together(expression, as_plain_table(lapply(columns, pick_rows_of, known), length(known)), env)
    if (NROW(value) == length(known)) pick_rows_of(value, match(seq_len(nrow(rows)), known)) else value
  })
}

# A single row is computed as one of two: functions take a vector of one number for something else (of `poly(x, z)` the second, for the
# degree), or drop dimensions.
evaluate_together <- function(expression, rows, env) {
  if (nrow(rows) != 1L) {
    return(eval(expression, rows, env))
  }
  value <- eval(expression, lapply(unclass(rows), pick_rows_of, c(1L, 1L)), env)
  if (NROW(value) == 2L) pick_rows_of(value, 1L) else value
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
pick_rows_of <- function(value, rows) if (length(dim(value)) < 2L) value[rows] else as_times(value[rows, , drop = FALSE], value)

# Times of events stay what they are where the package whose class they have is not loaded.
as_times <- function(picked, value) {
  if (inherits(value, "Surv") && !inherits(picked, "Surv")) {
    attributes(picked)[c("type", "class")] <- attributes(value)[c("type", "class")]
  }
  picked
}

first_rows <- function(table, count) pick_table_rows(table, seq_len(count))
