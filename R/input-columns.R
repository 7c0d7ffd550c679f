# Columns of a table: what they may be, what is recorded of them, and how those of new data are held to the record.

# A column as the rest sees it. Of a labelled column of SPSS, SAS or Stata the values stay; those that its maker declared missing are.
read_column <- function(column) {
  if (inherits(column, "haven_labelled")) {
    values <- column
    attributes(values) <- NULL
    declared <- attr(column, "na_values", exact = TRUE)
    span <- attr(column, "na_range", exact = TRUE)
    missing <- values %in% declared
    if (length(span) == 2L) missing <- missing | (!is.na(values) & values >= span[1L] & values <= span[2L])
    # SAS and Stata mark their kinds of missing values by what R takes for NaN.
    values[missing | is.na(values)] <- NA
    return(values)
  }
  if (inherits(column, "AsIs")) {
    class(column) <- setdiff(class(column), "AsIs")
  }
  column
}

read_columns <- function(data) {
  labelled <- vapply(data, inherits, NA, "haven_labelled")
  if (any(labelled)) {
    data[labelled] <- lapply(unclass(data)[labelled], read_column)
  }
  data
}

# What new data must be like: `type`, and levels, names or a class where the type has them.
record_column <- function(column) {
  column <- read_column(column)
  if (is.factor(column)) {
    return(list(type = "factor", levels = levels(column), ordered = is.ordered(column)))
  }
  if (is.character(column) && length(dim(column)) < 2L) {
    return(list(type = "character"))
  }
  if (is_numeric_matrix(column)) {
    return(list(type = "matrix", columns = ncol(column), names = colnames(column)))
  }
  if (is_plain_number(drop_one_dimension(column))) {
    return(list(type = "number"))
  }
  list(type = "other", class = class(column), says = describe_type(column))
}

is_numeric_matrix <- function(x) {
  length(dim(x)) == 2L && !is.data.frame(x) && is_number(x) && !inherits(x, "Surv")
}

# tapply() and table() give arrays of one dimension.
drop_one_dimension <- function(x) if (length(dim(x)) == 1L) as.vector(x) else x

# Columns of new data as training had them: text again text, factors with the codes that their levels had.
restore_columns <- function(data, record, arg, call = quote(nn_predict())) {
  missing <- setdiff(names(record), names(data))
  if (length(missing) > 0L) {
    stop_missing_columns(missing, arg, call)
  }
  restore <- function(column, name, then) restore_column(column, name, then, arg, call)
  columns <- Map(restore, unclass(data)[names(record)], names(record), record)
  as_plain_table(columns, nrow(data))
}

restore_column <- function(column, name, record, arg, call) {
  column <- drop_one_dimension(read_column(column))
  # A column of nothing but NA has no type of its own.
  if (is.logical(column) && is.null(dim(column)) && all(is.na(column))) {
    return(empty_column(length(column), record))
  }
  is_text <- is.factor(column) || (is.character(column) && is.null(dim(column)))
  switch(record$type,
    factor = {
      if (!is_text) stop_changed_type(column, name, "a factor or character", arg, call)
      text <- as.character(column)
      # Unknown levels stay what they are: whether they are new is asked of the variable that is made of them.
      new <- setdiff(text[!is.na(text)], record$levels)
      factor(text, levels = c(record$levels, new), exclude = if (anyNA(record$levels)) NULL else NA, ordered = record$ordered)
    },
    character = {
      if (!is_text) stop_changed_type(column, name, "a factor or character", arg, call)
      as.character(column)
    },
    number = {
      if (is_numeric_matrix(column) && ncol(column) == 1L) column <- column[, 1L]
      if (!is_plain_number(column)) stop_changed_type(column, name, "numeric or logical", arg, call)
      column
    },
    matrix = restore_matrix(column, name, record, arg, call),
    other = {
      if (!inherits(column, record$class[1L])) stop_changed_type(column, name, paste(article(record$says), record$says), arg, call)
      column
    },
    column
  )
}

# By name where both have names, as columns of a table are.
restore_matrix <- function(column, name, record, arg, call) {
  if (record$columns == 1L && is_plain_number(column)) {
    return(matrix(column, ncol = 1L, dimnames = if (!is.null(record$names)) list(NULL, record$names)))
  }
  names <- colnames(column)
  are_names <- function(names) !is.null(names) && !anyNA(names) && all(nzchar(names)) && !anyDuplicated(names)
  by_name <- is_numeric_matrix(column) && are_names(names) && are_names(record$names)
  if (by_name && all(record$names %in% names)) {
    return(column[, record$names, drop = FALSE])
  }
  if (by_name || !is_numeric_matrix(column) || ncol(column) != record$columns) {
    columns <- if (is.null(record$names)) "" else paste0(" (", paste(record$names, collapse = ", "), ")")
    stop_changed_type(column, name, paste0("a numeric matrix of ", count_text(record$columns, "column"), columns), arg, call)
  }
  column
}

empty_column <- function(n, record) {
  switch(record$type,
    factor = factor(rep(NA_character_, n), levels = record$levels, ordered = record$ordered),
    character = rep(NA_character_, n),
    number = rep(NA_real_, n),
    matrix = matrix(NA_real_, n, record$columns, dimnames = if (!is.null(record$names)) list(NULL, record$names)),
    other = structure(rep(NA_real_, n), class = record$class),
    rep(NA, n)
  )
}

stop_changed_type <- function(column, name, then, arg, call) {
  type <- describe_type(column)
  stop_backprop("column_type", c(
    "Column {.val {name}} of {.arg {arg}} must be {then}, as in training.",
    x = "It is {article(type)} {type}."
  ), call = call)
}

# The value of a column or of an expression in plain form: a double vector, a logical, a factor without order, or a double matrix.
as_variable <- function(value, name, arg, call) {
  if (inherits(value, "hardhat_case_weights")) stop_weights_as_input(value, name, arg, call)
  value <- drop_one_dimension(read_column(value))
  if (is.character(value) && is.null(dim(value))) {
    return(factor(value, levels = levels_of_text(value)))
  }
  if (is.factor(value)) {
    refuse_few_contrasts(value, name, call)
    # Class and names go, and with them the order; NA stays a level where addNA() made it one.
    return(structure(as.integer(value), levels = levels(value), class = "factor"))
  }
  # A comparison with a column of scale() is a matrix of one column.
  if (is.logical(value) && length(dim(value)) == 2L && ncol(value) == 1L) {
    return(as.vector(value))
  }
  if (is_numeric_matrix(value)) {
    return(as_plain_matrix(value))
  }
  if (!is_plain_number(value)) {
    stop_column_type(value, name, arg, call)
  }
  if (is.logical(value)) as.vector(value) else as.double(value)
}

# The levels that a text makes, in an order that is the same in all locales.
levels_of_text <- function(value) sort(unique(value), method = "radix")

# Contrasts that span all levels change nothing here; fewer are another model.
refuse_few_contrasts <- function(value, name, call) {
  contrasts <- attr(value, "contrasts")
  if (is.matrix(contrasts) && ncol(contrasts) < nlevels(value) - 1L) {
    k <- ncol(contrasts)
    stop_formula(
      c(
        "{.val {name}} has {k} contrast{?s} for {nlevels} levels: a network has an input for each level, which is another model.",
        i = "Make the contrasts columns of {.arg data}, or take them off the factor."
      ),
      name = name, k = k, nlevels = nlevels(value), call = call
    )
  }
}

as_plain_matrix <- function(value) {
  if (is.double(value) && !is.object(value) && all(names(attributes(value)) %in% c("dim", "dimnames"))) {
    return(value)
  }
  matrix(as.double(value), nrow(value), ncol(value), dimnames = list(NULL, colnames(value)))
}

stop_column_type <- function(column, name, arg, call) {
  type <- describe_type(column)
  stop_backprop("column_type", c(
    "Column {.val {name}} of {.arg {arg}} must be numeric, logical, a factor or character.",
    x = "It is {article(type)} {type}.",
    i = "Make it a number or a factor, or leave it out."
  ), call = call)
}

# Most often `.` took them for one.
stop_weights_as_input <- function(column, name, arg, call) {
  class <- class(column)[1L]
  stop_backprop("column_type", c(
    "Column {.val {name}} of {.arg {arg}} has case weights ({.cls {class}}), which are no input.",
    i = "Give them as {.code case_weights = {name}} and leave them out of the inputs ({.code y ~ . - {name}}); {.fn as.numeric} makes numbers of them."
  ), call = call)
}

check_table <- function(data, arg) {
  if (anyDuplicated(names(data))) {
    stop_duplicates(names(data), arg)
  }
  if (nrow(data) == 0L) {
    stop_backprop("empty", "{.arg {arg}} must have at least one row.")
  }
}

as_plain_table <- function(columns, n) {
  structure(columns, class = "data.frame", row.names = .set_row_names(n))
}
