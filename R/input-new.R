# New rows for a fit, brought into the form that its training had: for predictions, for data to judge a fit by, for training that goes on.

# `x`, the inputs [rows x inputs], NA where a row cannot be predicted; `variables`, what it was made of; `offset`, what the formula's
# offset() says; `rows`, names.
read_new_rows <- function(fit, X, arg, call, with_offset = TRUE, warn = TRUE) {
  blueprint <- fit$blueprint
  if (is.null(blueprint) || blueprint$kind == "matrix") {
    x <- read_new_matrix(X, fit, arg, call)
    filled <- if (is.null(blueprint)) x else encode_rows(list(x), blueprint$design, call = call)
    return(list(x = filled, variables = list(x), offset = NULL, rows = rownames(x)))
  }
  table <- as_table(X, arg, call)
  variables <- evaluate_variables(table, fit, arg, call)
  if (warn) warn_new_levels(variables, blueprint$design, arg)
  list(
    x = encode_rows(variables, blueprint$design, call = call),
    variables = variables,
    offset = if (with_offset) offset_in_data(table, fit, arg, call),
    rows = table_row_names(table)
  )
}

# The variables of a table fit's design on other rows, in plain form.
evaluate_variables <- function(table, fit, arg, call) {
  blueprint <- fit$blueprint
  if (anyDuplicated(names(table)) && anyDuplicated(names(table)[names(table) %in% names(blueprint$columns)])) {
    stop_duplicates(names(table)[names(table) %in% names(blueprint$columns)], arg, call)
  }
  columns <- restore_columns(table, needed_columns(blueprint), arg, call)
  kinds <- lapply(blueprint$design$variables, function(variable) variable$kind)
  names <- vapply(blueprint$design$variables, function(variable) variable$name, "")
  values <- if (blueprint$kind == "formula" && nrow(table) > 0L) {
    env <- environment_of_carried(blueprint$carried, call)
    lapply(blueprint$variables, function(expression) {
      if (is.name(expression)) columns[[as.character(expression)]] else with_formula_errors(evaluate_rows(expression, columns, env), call)
    })
  } else if (blueprint$kind == "formula") {
    lapply(blueprint$design$variables, empty_variable)
  } else {
    as.list(columns)
  }
  variables <- Map(function(value, name, kind) as_known_variable(value, name, kind, nrow(table), arg, call), values, names, kinds)
  names(variables) <- names
  variables
}

# Columns that the inputs read; those of offset() alone are asked for only when they are needed.
needed_columns <- function(blueprint) {
  if (blueprint$kind != "formula" || length(blueprint$offsets) == 0L) {
    return(blueprint$columns)
  }
  read <- names_read_by(blueprint$variables)$variables
  blueprint$columns[names(blueprint$columns) %in% read]
}

empty_variable <- function(variable) {
  switch(variable$kind, levels = character(), matrix = matrix(0, 0L, length(variable$columns)), numeric())
}

as_known_variable <- function(value, name, kind, n, arg, call) {
  if (NROW(value) != n) {
    found <- NROW(value)
    stop_backprop("rows", c(
      "{.code {name}} must have a value for each row of {.arg {arg}}.",
      x = "There {cli::qty(n)}{?is/are} {n} row{?s}; it has {found} value{?s}."
    ), call = call)
  }
  if (kind == "levels" && is.logical(value) && all(is.na(value))) {
    value <- as.character(value)
  }
  value <- as_variable(value, name, arg, call)
  fits <- switch(kind, levels = is.factor(value), matrix = is.matrix(value), !is.factor(value) && !is.matrix(value))
  if (!fits) {
    then <- switch(kind, levels = "a factor or character", matrix = "a numeric matrix", "numeric or logical")
    stop_changed_type(value, name, then, arg, call)
  }
  value
}

# What offset() in the formula, or an offset that was a column, says of other rows; NULL where there is none.
offset_in_data <- function(table, fit, arg, call) {
  offsets <- fit$blueprint$offsets
  if (length(offsets) == 0L || nrow(table) == 0L) {
    return(NULL)
  }
  blueprint <- fit$blueprint
  read <- names_read_by(offsets)$variables
  columns <- restore_columns(table, blueprint$columns[names(blueprint$columns) %in% read], arg, call)
  env <- environment_of_carried(blueprint$carried, call)
  sum_offsets(lapply(offsets, function(expression) with_formula_errors(evaluate_rows(expression, columns, env), call)), nrow(table))
}

# Case weights that were a column of the training data, where other data have it too.
weights_in_data <- function(table, fit) {
  expression <- fit$blueprint$case_weights
  if (is.null(expression)) {
    return(NULL)
  }
  env <- environment_of_carried(fit$blueprint$carried, quote(nn_train()))
  tryCatch(eval(expression, as.list(table), env), error = function(cnd) NULL)
}

# The outcome in other data of a formula fit.
new_outcome <- function(data, fit, arg, call) {
  blueprint <- fit$blueprint
  missing <- setdiff(blueprint$outcome_columns, names(data))
  if (length(missing) > 0L) {
    stop_missing_columns(missing, arg, call)
  }
  columns <- read_columns(as_plain_table(as.list(data), nrow(data)))
  evaluate_outcome(blueprint$outcome, columns, environment_of_carried(blueprint$carried, call), arg, call)
}

# New data for a table fit: a matrix with column names will do where the columns are numbers.
as_table <- function(X, arg, call) {
  if (is.data.frame(X)) {
    return(X)
  }
  if (is.null(dim(X)) && !is.null(names(X)) && is.atomic(X) && !is.object(X)) {
    X <- matrix(X, nrow = 1L, dimnames = list(NULL, names(X)))
  }
  if (!is.matrix(X) || is.null(colnames(X)) || is.object(X)) {
    type <- describe_type(X)
    stop_backprop("type", c(
      "{.arg {arg}} must be a data frame, as in training, not {article(type)} {type}."
    ), call = call)
  }
  columns <- lapply(seq_len(ncol(X)), function(j) unname(X[, j]))
  names(columns) <- colnames(X)
  table <- as_plain_table(columns, nrow(X))
  if (!is.null(rownames(X))) {
    attr(table, "row.names") <- rownames(X)
  }
  table
}
