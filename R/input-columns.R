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

# What new data must be like: `type`, and levels or a class where the type has them.
record_column <- function(column) {
  column <- read_column(column)
  if (is.factor(column)) {
    return(list(type = "factor", levels = levels(column), ordered = is.ordered(column)))
  }
  if (is.character(column) && is.null(dim(column))) {
    return(list(type = "character"))
  }
  if (is_plain_number(column)) {
    return(list(type = "number"))
  }
  if (is_numeric_matrix(column)) {
    return(list(type = "matrix", columns = ncol(column)))
  }
  list(type = "other", class = class(column)[1L], says = describe_type(column))
}

is_numeric_matrix <- function(x) {
  length(dim(x)) == 2L && !is.data.frame(x) && (is.numeric(x) || is.logical(x)) &&
    !inherits(x, c("Date", "POSIXt", "difftime", "integer64"))
}

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
  column <- read_column(column)
  # A column of nothing but NA has no type of its own.
  empty <- is.logical(column) && is.null(dim(column)) && all(is.na(column))
  is_text <- is.factor(column) || (is.character(column) && is.null(dim(column)))
  switch(record$type,
    factor = {
      if (!is_text && !empty) stop_changed_type(column, name, "a factor or character", arg, call)
      text <- as.character(column)
      # Unknown levels stay what they are: whether they are new is asked of the variable that is made of them.
      new <- setdiff(text[!is.na(text)], record$levels)
      return(factor(text, levels = c(record$levels, new), exclude = if (anyNA(record$levels)) NULL else NA, ordered = record$ordered))
    },
    character = {
      if (!is_text && !empty) stop_changed_type(column, name, "a factor or character", arg, call)
      return(as.character(column))
    },
    number = if (!is_plain_number(column)) stop_changed_type(column, name, "numeric or logical", arg, call),
    matrix = if (!is_numeric_matrix(column) || ncol(column) != record$columns) {
      stop_changed_type(column, name, paste("a numeric matrix of", count_text(record$columns, "column")), arg, call)
    },
    other = if (!inherits(column, record$class) && !empty) {
      stop_changed_type(column, name, paste(article(record$says), record$says), arg, call)
    }
  )
  column
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
  value <- read_column(value)
  if (length(dim(value)) == 1L) {
    dim(value) <- NULL
  }
  if (is.character(value) && is.null(dim(value))) {
    return(factor(value))
  }
  if (is.factor(value)) {
    # Class and names go, and with them the order; NA stays a level where addNA() made it one.
    return(structure(as.integer(value), levels = levels(value), class = "factor"))
  }
  if (is_numeric_matrix(value)) {
    return(as_plain_matrix(value))
  }
  if (!is_plain_number(value)) {
    stop_column_type(value, name, arg, call)
  }
  if (is.logical(value)) as.vector(value) else as.double(value)
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

check_table <- function(data, arg, call = quote(nn_train())) {
  if (anyDuplicated(names(data))) {
    stop_duplicates(names(data), arg, call)
  }
  if (nrow(data) == 0L) {
    stop_backprop("empty", "{.arg {arg}} must have at least one row.", call = call)
  }
}

as_plain_table <- function(columns, n) {
  structure(columns, class = "data.frame", row.names = .set_row_names(n))
}
