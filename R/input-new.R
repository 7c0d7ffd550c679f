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
  variables <- evaluate_variables(through_recipe(table, fit, call), fit, arg, call)
  unknown <- attr(variables, "unknown")
  if (warn) {
    warn_unknown_levels(unknown, arg)
    warn_new_levels(variables, blueprint$design, arg, unknown$rows)
    warn_lost_values(setdiff(attr(variables, "lost")$rows, unknown$rows), attr(variables, "lost")$names, arg)
  }
  x <- encode_rows(variables, blueprint$design, call = call)
  nothing <- c(unknown$rows, attr(variables, "lost")$rows)
  if (length(nothing) > 0L) x[nothing, ] <- NA
  list(
    x = x, variables = variables, offset = if (with_offset) offset_in_data(table, fit, arg, call), rows = table_row_names(table)
  )
}

# The table that the design is of.
through_recipe <- function(table, fit, call) if (identical(fit$blueprint$kind, "recipe")) bake_new(table, fit, call) else table

# The variables of a table fit's design on other rows, in plain form. Their attribute `unknown` has the `rows` in which an expression reads
# a level that the column did not have, and these `levels` by column: their codes would mean nothing. Their attribute `lost` has the
# `rows` in which an expression gives nothing for what is there, as cut() does beyond its breaks, and the `names` of these.
evaluate_variables <- function(table, fit, arg, call) {
  blueprint <- fit$blueprint
  design <- blueprint$design
  asked <- needed_columns(blueprint)
  twice <- intersect(names(table)[duplicated(names(table))], names(asked))
  if (length(twice) > 0L) {
    stop_duplicates(c(twice, twice), arg, call)
  }
  columns <- restore_columns(table, asked, arg, call)
  values <- if (blueprint$kind != "formula") {
    as.list(columns)
  } else if (nrow(table) == 0L) {
    lapply(design$variables, empty_variable)
  } else {
    env <- environment_of_carried(blueprint$carried, call)
    lapply(blueprint$variables, function(expression) {
      if (is.name(expression)) columns[[as.character(expression)]] else with_formula_errors(evaluate_rows(expression, columns, env), call)
    })
  }
  variables <- Map(function(value, variable) as_known_variable(value, variable, nrow(table), arg, call), values, design$variables)
  names(variables) <- vapply(design$variables, function(variable) variable$name, "")
  if (blueprint$kind == "formula" && nrow(table) > 0L) {
    made <- vapply(blueprint$variables, is.call, NA)
    attr(variables, "unknown") <- unknown_levels(columns, asked, blueprint$variables[made])
    attr(variables, "lost") <- lost_values(variables, columns, blueprint, which(made))
  }
  variables
}

# For rows that are to train or to judge.
evaluate_known <- function(table, fit, arg, call) {
  variables <- evaluate_variables(table, fit, arg, call)
  stop_unknown_levels(attr(variables, "unknown"), arg, call)
  variables
}

# Columns that the inputs read; those of offset() alone are asked for only when they are needed.
needed_columns <- function(blueprint) {
  if (blueprint$kind == "formula") blueprint$columns[blueprint$input_columns] else blueprint$columns
}

empty_variable <- function(variable) {
  switch(variable$kind, levels = character(), matrix = matrix(0, 0L, length(variable$columns)), numeric())
}

as_known_variable <- function(value, variable, n, arg, call) {
  name <- variable$name
  if (NROW(value) != n) {
    found <- NROW(value)
    stop_backprop("rows", c(
      "{.code {name}} must have a value for each row of {.arg {arg}}.",
      x = "There {cli::qty(n)}{?is/are} {n} row{?s}; it has {found} value{?s}."
    ), call = call)
  }
  if (is.logical(value) && is.null(dim(value)) && all(is.na(value))) {
    value <- switch(variable$kind,
      levels = as.character(value), matrix = matrix(NA_real_, n, length(variable$columns)), value
    )
  }
  value <- as_variable(value, name, arg, call)
  fits <- switch(variable$kind, levels = is.factor(value), matrix = is.matrix(value), !is.factor(value) && !is.matrix(value))
  if (!fits) {
    then <- switch(variable$kind, levels = "a factor or character", matrix = "a numeric matrix", "numeric or logical")
    stop_changed_type(value, name, then, arg, call)
  }
  value
}

# What offset() in the formula, or an offset that was a column, says of other rows; NULL where there is none.
offset_in_data <- function(table, fit, arg, call) {
  blueprint <- fit$blueprint
  offsets <- blueprint$offsets
  if (length(offsets) == 0L || nrow(table) == 0L) {
    return(NULL)
  }
  record <- blueprint$columns[intersect(names_read_by(offsets)$variables, names(blueprint$columns))]
  columns <- restore_columns(table, record, arg, call)
  env <- environment_of_carried(blueprint$carried, call)
  offset <- sum_offsets(lapply(offsets, function(expression) with_formula_errors(evaluate_rows(expression, columns, env), call)))
  unknown <- unknown_levels(columns, record, offsets)
  if (length(unknown$rows) > 0L) {
    warn_unknown_levels(unknown, arg)
    if (is.matrix(offset)) offset[unknown$rows, ] <- NA else offset[unknown$rows] <- NA
  }
  offset
}

# Case weights that were a column of the training data, where other data have it too.
weights_in_data <- function(table, fit) {
  blueprint <- fit$blueprint
  if (identical(blueprint$kind, "recipe")) {
    return(weights_in_recipe_data(table, fit))
  }
  if (is.null(blueprint$case_weights) || !all(names(blueprint$weight_columns) %in% names(table))) {
    return(NULL)
  }
  call <- training_call
  columns <- restore_columns(table, blueprint$weight_columns, "data", call)
  refuse_unknown_levels(columns, blueprint$weight_columns, list(blueprint$case_weights), "data", call)
  with_formula_errors(evaluate_rows(blueprint$case_weights, columns, environment_of_carried(blueprint$carried, call)), call)
}

# The outcome in other data of a fit by formula or recipe.
new_outcome <- function(data, fit, arg, call) {
  blueprint <- fit$blueprint
  if (blueprint$kind == "recipe") {
    return(outcome_of_recipe(data, fit, call))
  }
  columns <- restore_columns(data, blueprint$outcome_columns, arg, call)
  # Of a factor itself the outcome's own check tells.
  if (is.call(blueprint$outcome)) refuse_unknown_levels(columns, blueprint$outcome_columns, list(blueprint$outcome), arg, call)
  if (isFALSE(blueprint$outcome_rowwise) && nrow(data) != fit$rows_given) {
    name <- blueprint$outcome_name
    stop_backprop("outcome", c(
      "The outcome {.code {name}} in a row depends on other rows: it can be computed for the training data alone.",
      i = "Compute it before, as a column of the data."
    ), call = call)
  }
  evaluate_outcome(blueprint$outcome, columns, environment_of_carried(blueprint$carried, call), call)
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
