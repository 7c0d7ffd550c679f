# Tables (data frames and formulas): columns are checked and brought to a plain form before hardhat sees them.
#
# hardhat by itself forgets the levels of text columns, takes dates as numbers, leaves factors of
# `mold(x, y)` unencoded, and puts backticks into the names of encoded columns. So text becomes factors of
# recorded levels, ordered factors lose their order, logicals become one 0/1 column, and encoding is one-hot.

# The columns of `data` named in `names`, in plain form, with a record of what each was.
# `earlier`, the record from training, imposes types and levels.
prepare_columns <- function(data, names, arg, call = quote(nn_train())) {
  columns <- lapply(names, function(name) prepare_column(data[[name]], name, arg, call))
  names(columns) <- names
  list(
    data = as_plain_table(columns, nrow(data)),
    record = lapply(columns, function(column) if (is.factor(column)) levels(column) else NULL)
  )
}

as_plain_table <- function(columns, n) {
  structure(columns, class = "data.frame", row.names = .set_row_names(n))
}

prepare_column <- function(column, name, arg, call) {
  if (is.character(column) && is.null(dim(column))) {
    column <- factor(column)
  }
  if (is.factor(column)) {
    return(factor(as.character(column), levels = levels(column)))
  }
  check_column_type(column, name, arg, call)
  as.double(column)
}

check_column_type <- function(column, name, arg, call) {
  if (!is_plain_number(column)) {
    type <- describe_type(column)
    stop_backprop("column_type", c(
      "Column {.val {name}} of {.arg {arg}} must be numeric, logical, a factor or character.",
      x = "It is {article(type)} {type}.",
      i = "Make it a number or a factor, or leave it out."
    ), call = call)
  }
}

# The same columns in data to predict, held to the types and levels of training.
# A level that training did not have makes the row's prediction NA, with a warning, as hardhat does.
prepare_new_columns <- function(data, record, arg, call = quote(nn_predict())) {
  missing <- setdiff(names(record), names(data))
  if (length(missing) > 0L) {
    stop_missing_columns(missing, arg, call)
  }
  columns <- lapply(names(record), function(name) {
    prepare_new_column(data[[name]], name, record[[name]], arg, call)
  })
  names(columns) <- names(record)
  as_plain_table(columns, nrow(data))
}

prepare_new_column <- function(column, name, levels, arg, call) {
  all_missing <- is.logical(column) && all(is.na(column))
  if (is.null(levels)) {
    if (is.factor(column) || is.character(column)) {
      stop_changed_type(column, name, "numeric or logical", arg, call)
    }
    check_column_type(column, name, arg, call)
    return(as.double(column))
  }
  if (!is.factor(column) && !is.character(column) && !all_missing) {
    stop_changed_type(column, name, "a factor or character", arg, call)
  }
  text <- as.character(column)
  new <- setdiff(text[!is.na(text)], levels)
  if (length(new) > 0L) {
    warn_backprop("new_level", c(
      "Column {.val {name}} of {.arg {arg}} has {cli::qty(length(new))}{?a level/levels} that training did not have: {.val {new}}.",
      i = "Predictions for these rows are {.code NA}."
    ), column = name, levels = new)
  }
  factor(text, levels = levels)
}

stop_changed_type <- function(column, name, then, arg, call) {
  type <- describe_type(column)
  stop_backprop("column_type", c(
    "Column {.val {name}} of {.arg {arg}} must be {then}, as in training.",
    x = "It is {article(type)} {type}."
  ), call = call)
}

# A data frame of inputs, molded: the matrix X of the training and the blueprint for predictions.
mold_table <- function(data, arg = "X") {
  check_table(data, arg)
  if (ncol(data) == 0L) {
    stop_backprop("empty", "{.arg {arg}} must have at least one column.")
  }
  prepared <- prepare_columns(data, names(data), arg)
  check_no_missing(prepared$data, arg)
  molded <- hardhat::mold(prepared$data, NULL)
  list(
    x = encode_columns(molded$predictors, prepared$record),
    blueprint = list(kind = "xy", hardhat = molded$blueprint, record = prepared$record)
  )
}

check_table <- function(data, arg, call = quote(nn_train())) {
  if (anyDuplicated(names(data))) {
    stop_duplicates(names(data), arg, call)
  }
  if (nrow(data) == 0L) {
    stop_backprop("empty", "{.arg {arg}} must have at least one row.", call = call)
  }
}

check_no_missing <- function(data, arg, call = quote(nn_train())) {
  bad <- vapply(data, function(column) if (is.factor(column)) anyNA(column) else !all(is.finite(column)), NA)
  if (any(bad)) {
    stop_nonfinite_columns(names(data)[bad], arg, call)
  }
}

stop_nonfinite_columns <- function(columns, arg, call = quote(nn_train())) {
  k <- length(columns)
  stop_backprop("nonfinite_x", c(
    "{.arg {arg}} must not have missing or infinite values.",
    x = "Found in {cli::qty(k)}column{?s} {.val {columns}}.",
    i = "Remove these rows (see {.fn na.omit}) or fill them in."
  ), call = call)
}

# One-hot: each factor gets one 0/1 column per level, named as model.matrix() names them.
encode_columns <- function(predictors, record) {
  columns <- lapply(names(predictors), function(name) {
    column <- predictors[[name]]
    levels <- record[[name]]
    if (is.null(levels)) {
      return(matrix(column, ncol = 1L, dimnames = list(NULL, name)))
    }
    codes <- as.integer(column)
    x <- matrix(as.double(outer(codes, seq_along(levels), "==")), nrow = length(codes))
    colnames(x) <- paste0(name, levels)
    x
  })
  do.call(cbind, columns)
}

# A formula with its data, molded. Outcomes stay as they are apart from text and order.
mold_formula <- function(formula, data) {
  check_table(data, "data")
  plan <- plan_formula(formula, data)
  inputs <- prepare_columns(with_derived(data, plan$derived, environment(formula)), plan$inputs, "data")
  check_no_missing(inputs$data, "data")
  outcomes <- lapply(plan$outcomes, function(name) prepare_outcome_column(data[[name]], name))
  names(outcomes) <- plan$outcomes
  table <- as_plain_table(c(as.list(inputs$data), outcomes), nrow(data))
  molded <- with_formula_errors(hardhat::mold(
    plan$formula, table,
    blueprint = hardhat::default_formula_blueprint(indicators = "one_hot")
  ))
  list(
    x = predictors_matrix(molded$predictors),
    y = outcomes_of(molded$outcomes),
    blueprint = list(
      kind = "formula", hardhat = molded$blueprint, record = inputs$record,
      left = formula[[2L]], outcomes = plan$outcomes, derived = plan$derived
    )
  )
}

prepare_outcome_column <- function(column, name, call = quote(nn_train())) {
  if (is.character(column) || is.factor(column)) {
    return(factor(as.character(column), levels = levels(if (is.factor(column)) column else factor(column))))
  }
  check_column_type(column, name, "data", call)
  column
}

# hardhat hands outcomes over as a tibble; `cbind(a, b)` comes with the call in the names.
outcomes_of <- function(outcomes) {
  names(outcomes) <- gsub("`", "", sub("^cbind\\(.*\\)\\.", "", names(outcomes)))
  as.data.frame(outcomes)
}

predictors_matrix <- function(predictors) {
  matrix(
    as.double(unlist(predictors, use.names = FALSE)),
    nrow = nrow(predictors), ncol = length(predictors),
    # hardhat leaves backticks around names that are not syntactic.
    dimnames = list(NULL, gsub("`", "", names(predictors)))
  )
}

# New data through a table fit's preparation: a matrix, with NA where a row cannot be predicted.
forge_table <- function(data, blueprint, arg, call = quote(nn_predict())) {
  data <- with_derived(data, blueprint$derived, globalenv(), arg, call)
  data <- prepare_new_columns(data, blueprint$record, arg, call)
  forged <- hardhat::forge(data, blueprint$hardhat)
  if (blueprint$kind == "xy") encode_columns(forged$predictors, blueprint$record) else predictors_matrix(forged$predictors)
}

# The outcome in new data of a formula fit, to compare predictions with.
forge_outcome <- function(data, fit, call) {
  blueprint <- fit$blueprint
  missing <- setdiff(blueprint$outcomes, names(data))
  if (length(missing) > 0L) {
    stop_missing_columns(missing, "data", call)
  }
  if (fit$outcome$kind == "factor") {
    # hardhat would turn new levels into NA; here they are to be refused by name.
    return(eval(blueprint$left, data, globalenv()))
  }
  columns <- with_derived(data, blueprint$derived, globalenv(), "data", call)
  columns <- prepare_new_columns(columns, blueprint$record, "data", call)
  for (name in blueprint$outcomes) {
    columns[[name]] <- prepare_outcome_column(data[[name]], name, call)
  }
  outcomes_of(hardhat::forge(columns, blueprint$hardhat, outcomes = TRUE)$outcomes)
}
