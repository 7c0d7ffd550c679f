# From a user's columns to the inputs of the networks, as expressions of a plan (export-plan.R): what input-new.R and input-encode.R do with new rows.

# Adds `inputs`, `matrix`, `codes`, `scalars`, `x`, `checks` and `offset` to a plan.
plan_inputs <- function(plan, fit) {
  blueprint <- fit$blueprint
  plan$matrix <- is.null(blueprint) || blueprint$kind == "matrix"
  plan$checks <- list()
  plan$inputs <- if (plan$matrix) inputs_of_matrix(fit) else inputs_of_table(blueprint, plan$call)
  context <- list(plan = plan, columns = if (!plan$matrix) blueprint$columns, carried = blueprint$carried)
  if (!is.null(blueprint)) plan_design(plan, blueprint, context)
  plan_offset(plan, fit, context)
}

inputs_of_matrix <- function(fit) {
  filled <- fit$blueprint
  count <- if (is.null(filled)) fit$inputs$n else filled$width
  names <- if (is.null(filled)) fit$inputs$names else filled$names
  names <- if (is.null(names)) paste0("x", seq_len(count)) else ifelse(nzchar(names), names, paste0("x", seq_len(count)))
  lapply(names, function(name) list(name = name, kind = "number"))
}

inputs_of_table <- function(blueprint, call) {
  flags <- vapply(blueprint$design$variables, function(variable) if (variable$kind == "flag") variable$name else NA_character_, "")
  Map(function(column, name) {
    switch(column$type,
      factor = , character = list(name = name, kind = "levels", levels = levels_of_input(column, name, blueprint)),
      number = list(name = name, kind = if (name %in% flags) "flag" else "number"),
      {
        what <- if (column$type == "matrix") "a matrix" else column$says
        stop_backprop("export", c(
          "Column {.val {name}} is {what}, which no other language has as a column.",
          i = "Give its parts, or the numbers that it stands for, as columns of their own, and train on these."
        ), call = call)
      }
    )
  }, blueprint$columns, names(blueprint$columns), USE.NAMES = FALSE)
}

# Those that training knew: of a text they are recorded where it is an input itself.
levels_of_input <- function(column, name, blueprint) {
  if (column$type == "factor") {
    return(column$levels[!is.na(column$levels)])
  }
  for (variable in blueprint$design$variables) {
    if (variable$name == name && variable$kind == "levels") {
      return(setdiff(variable$levels, c(variable$fill, NA)))
    }
  }
  character()
}

# ---- the design -------------------------------------------------------------------------------------

plan_design <- function(plan, blueprint, context) {
  design <- blueprint$design
  made <- lapply(seq_along(design$variables), function(i) {
    variable <- design$variables[[i]]
    expression <- switch(blueprint$kind, formula = blueprint$variables[[i]], data.frame = as.name(names(blueprint$columns)[i]))
    plan_variable(plan, variable, expression, context)
  })
  columns <- list()
  for (term in design$terms) {
    if (!is.null(term$seen)) plan$checks <- c(plan$checks, list(check_of_cells(term, made[term$at], design$variables[term$at])))
    blocks <- Map(function(variable, kind, code) block_of_expressions(variable, kind$kind, code), made[term$at], design$variables[term$at], term$code)
    columns <- c(columns, Reduce(function(a, b) {
      # As model.matrix() has it: of several variables the first one's columns go by fastest.
      unlist(lapply(b, function(second) lapply(a, function(first) op("multiply", first, second))), recursive = FALSE)
    }, blocks))
  }
  gaps <- unlist(lapply(made, function(variable) variable$gaps), recursive = FALSE)
  plan$x <- c(columns, gaps)
  straight <- length(plan$x) == length(plan$inputs) && all(vapply(seq_along(plan$x), function(j) identical(plan$x[[j]], at_input(j)), NA))
  if (straight) plan$x <- NULL
}

# A variable as expressions: `values` of its columns (of levels, the code), `count` of codes, and `gaps`, indicators of what was filled in.
plan_variable <- function(plan, variable, expression, context) {
  if (variable$kind == "levels") {
    return(list(values = list(add_scalar(plan, codes_of_variable(plan, variable, expression, context))), count = length(variable$levels)))
  }
  values <- if (is.null(expression)) lapply(seq_along(plan$inputs), at_input) else numbers_of_expression(expression, context)
  if (length(values) != (if (variable$kind == "matrix") length(variable$columns) else 1L)) stop_unsaid(expression, context)
  refuse_unknown_texts(expression, context)
  # What is computed is used several times.
  if (is.call(expression)) values <- lapply(values, function(value) add_scalar(plan, value))
  gaps <- list()
  if (!is.null(variable$fill)) {
    for (j in seq_along(values)) {
      gap <- gap_of(values[[j]], expression, context)
      if (variable$gaps[j]) gaps <- c(gaps, list(gap))
      values[[j]] <- add_scalar(plan, op("if", gap, number(variable$fill[j]), values[[j]]))
    }
  }
  list(values = values, gaps = gaps)
}

# A value that is not known because an input is missing; what a computation has no answer for is no gap.
gap_of <- function(value, expression, context) {
  if (value$op == "input") {
    return(list(op = "missing", at = value$at))
  }
  read <- inputs_read(expression, context)
  gaps <- lapply(read, function(at) list(op = "missing", at = at))
  if (length(gaps) == 0L) number(0) else op("and", op("unknown", value), Reduce(function(a, b) op("or", a, b), gaps))
}

inputs_read <- function(expression, context) which(names_of_inputs(context$plan) %in% names_read_by(list(expression))$variables)

# An expression that reads a level that its factor did not have gives nothing.
refuse_unknown_texts <- function(expression, context) {
  if (!is.call(expression)) {
    return(invisible())
  }
  plan <- context$plan
  for (at in inputs_read(expression, context)) {
    record <- context$columns[[plan$inputs[[at]]$name]]
    if (record$type != "factor") next
    known <- at_code(plan, at, plan$inputs[[at]]$levels, 1, other = 0, missing = 1)
    if (!any(vapply(plan$checks, identical, NA, known))) plan$checks <- c(plan$checks, list(known))
  }
}

# The number of a level, NaN for none: that of a text, or the first condition that holds.
codes_of_variable <- function(plan, variable, expression, context) {
  filled <- if (is.null(variable$fill)) NaN else match(variable$fill, variable$levels)
  known <- which(!is.na(variable$levels))
  new <- if (is.null(variable$rare)) NaN else if (length(variable$rare) > 0L) length(variable$levels) else 0
  missing <- if (anyNA(variable$levels) && is.nan(filled)) match(NA, variable$levels) else filled
  texts <- text_of_expression(expression, context)
  if (!is.null(texts)) {
    refuse_unknown_texts(expression, context)
    return(at_code(plan, texts, variable$levels[known], known, other = new, missing = missing))
  }
  levels <- variable$levels
  levels[levels %in% c(if (isTRUE(variable$gaps)) variable$fill, if (length(variable$rare) > 0L) levels[length(levels)])] <- NA
  cases <- cases_of_expression(expression, levels, context)
  refuse_unknown_texts(expression, context)
  # A value that has no level, as beyond the ends of cut(), is nothing; one that has a level which training rows had not is new.
  nothing <- number(if (isTRUE(variable$gaps)) filled else NaN)
  rest <- op("if", cases$has_level, number(new), op("if", gap_of(cases$value, expression, context), number(filled), nothing))
  Reduce(function(rest, k) op("if", op("is_true", cases$tests[[k]]), number(k), rest), rev(which(lengths(cases$tests) > 0L)), rest)
}

# Columns of a variable under a code of terms(): see block_of().
block_of_expressions <- function(variable, kind, code) {
  if (kind == "levels") {
    shown <- seq_len(variable$count)
    if (code == 3L) shown <- shown[-1L]
    return(lapply(shown, function(level) op("equal", variable$values[[1L]], number(level))))
  }
  if (kind == "flag" && code == 2L) {
    return(list(op("subtract", number(1), variable$values[[1L]]), variable$values[[1L]]))
  }
  variable$values
}

# Whether training rows had this combination of levels; cells are counted as cells_of() does.
check_of_cells <- function(term, made, variables) {
  cell <- number(0)
  size <- 1
  for (i in seq_along(made)) {
    count <- switch(variables[[i]]$kind, levels = made[[i]]$count, flag = 2)
    if (is.null(count)) next
    value <- made[[i]]$values[[1L]]
    # Of a code its distance from the first.
    step <- if (variables[[i]]$kind == "levels") op("subtract", value, number(1)) else op("not_equal", value, number(0))
    cell <- op("add", cell, op("multiply", step, number(size)))
    size <- size * count
  }
  list(op = "among", args = list(cell), values = as.double(sort(term$seen)))
}

# ---- the offset -------------------------------------------------------------------------------------

plan_offset <- function(plan, fit, context) {
  plan$offset <- NULL
  if (!isTRUE(fit$settings$offset)) {
    return(invisible())
  }
  offsets <- fit$blueprint$offsets
  if (length(offsets) > 0L) {
    parts <- lapply(offsets, function(expression) {
      values <- numbers_of_expression(expression, context)
      refuse_unknown_texts(expression, context)
      values
    })
  } else {
    name <- utils::tail(make.unique(c(names_of_inputs(plan), "offset")), 1L)
    plan$inputs <- c(plan$inputs, list(list(name = name, kind = "number", offset = TRUE)))
    parts <- list(list(at_input(length(plan$inputs))))
    if (is.null(plan$x)) plan$x <- lapply(seq_len(length(plan$inputs) - 1L), at_input)
  }
  outputs <- last_size(if (is_ensemble(fit)) member_of(fit, 1L) else fit)
  means <- if (has_log_sds(fit$settings)) outputs / 2 else outputs
  parts <- lapply(parts, function(values) if (length(values) == 1L) c(rep(values, means), rep(list(number(0)), outputs - means)) else values)
  if (!all(lengths(parts) == outputs)) stop_unsaid(offsets[[1L]], context)
  plan$offset <- lapply(seq_len(outputs), function(j) Reduce(function(a, b) op("add", a, b), lapply(parts, function(values) values[[j]])))
  plan$lengths$offset <- outputs
}

# ---- leaves -----------------------------------------------------------------------------------------

op <- function(op, ...) list(op = op, args = list(...))

number <- function(value) list(op = "number", value = as.double(value))

at_input <- function(at) list(op = "input", at = as.integer(at))

# A number that others are made of, computed once.
add_scalar <- function(plan, value) {
  if (value$op %in% c("input", "number", "scalar")) {
    return(value)
  }
  plan$scalars <- c(plan$scalars, list(value))
  list(op = "scalar", at = length(plan$scalars))
}

# What a text is as a number.
at_code <- function(plan, input, texts, codes, other, missing) {
  table <- list(
    input = as.integer(input), texts = texts, codes = rep_len(as.double(codes), length(texts)), other = as.double(other), missing = as.double(missing)
  )
  same <- which(vapply(plan$codes, identical, NA, table))
  if (length(same) == 0L) {
    plan$codes <- c(plan$codes, list(table))
    same <- length(plan$codes)
  }
  list(op = "code", at = same)
}
