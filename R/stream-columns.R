# Columns of a reader: their types, which every chunk of every pass must have, and the levels of factors, which chunks may add to.
#
# What is known of them is a list with, for each column: `record`, as record_column() makes it, and `kind`, a text for what it is. A column that
# had nothing but NA so far is of the kind "unknown".

# The columns of a chunk, those named `needed`.
columns_of_chunk <- function(chunk, needed) {
  lapply(unclass(chunk)[intersect(names(chunk), needed)], function(column) list(kind = kind_of_column(column), record = record_column(column)))
}

kind_of_column <- function(column) {
  column <- drop_one_dimension(read_column(column))
  if (is.logical(column) && is.null(dim(column)) && all(is.na(column))) {
    return("unknown")
  }
  if (is.factor(column)) {
    return(if (is.ordered(column)) "an ordered factor" else "a factor")
  }
  if (is.character(column) && is.null(dim(column))) {
    return("text")
  }
  if (is.logical(column) && is.null(dim(column))) {
    return("a flag")
  }
  if (is_numeric_matrix(column)) {
    return(paste("a matrix of", count_text(ncol(column), "column")))
  }
  if (is_plain_number(column)) "numbers" else describe_type(column)
}

# What is known, with what another chunk adds to it: a type where there was none, levels of factors. A chunk of other types is refused.
add_columns <- function(known, chunk) {
  for (name in names(known)) {
    column <- chunk[[name]]
    if (is.null(column)) stop_missing_in_reader(setdiff(names(known), names(chunk)))
    kind <- kind_of_column(column)
    then <- known[[name]]$kind
    if (kind == "unknown") next
    if (kind == "text" && then %in% c("a factor", "an ordered factor")) {
      # A new text is a level that was not seen yet; which place it has among ordered ones cannot be known.
      if (then == "a factor") known[[name]]$record$levels <- with_levels(known[[name]]$record$levels, column)
      next
    }
    if (then == "unknown") {
      known[[name]] <- list(kind = kind, record = record_column(column))
      next
    }
    # A text may come as a factor.
    if (then == "text" && kind == "a factor") next
    if (kind != then) stop_other_type(name, kind, then)
    if (known[[name]]$record$type == "factor" && !identical(levels(column), known[[name]]$record$levels)) {
      known[[name]]$record$levels <- union(known[[name]]$record$levels, levels(column))
    }
  }
  known
}

with_levels <- function(levels, text) c(levels, sort(setdiff(text, c(levels, NA)), method = "radix"))

records_of <- function(known) lapply(known, function(column) column$record)

stop_missing_in_reader <- function(missing) {
  stop_backprop("reader", c("The rows of the reader must have the columns that training began with.", x = "Missing: {.val {missing}}."))
}

stop_other_type <- function(name, kind, then) {
  stop_backprop("reader", c(
    "Column {.val {name}} of the reader must have the same type in all chunks.", x = "In one it is {kind}, before it was {then}.",
    i = if (setequal(c(kind, then), c("a flag", "numbers"))) "{.fn as.numeric} makes numbers of a flag."
  ))
}

# The columns of a chunk as they are known, in plain form. A level that was not there when they were surveyed is refused.
restore_chunk <- function(chunk, known) {
  columns <- Map(function(name, one) {
    column <- chunk[[name]]
    if (is.null(column)) stop_missing_in_reader(name)
    restore_known(column, name, one)
  }, names(known), known)
  as_plain_table(columns, nrow(chunk))
}

restore_known <- function(column, name, one) {
  record <- one$record
  # The usual cases by themselves: they take no time.
  if (record$type == "number" && is.null(attributes(column)) && is.numeric(column) && one$kind == "numbers") {
    return(column)
  }
  if (record$type == "factor" && is.factor(column) && identical(levels(column), record$levels) && is.ordered(column) == record$ordered) {
    return(column)
  }
  kind <- kind_of_column(column)
  fits <- kind == one$kind || kind == "unknown" || (kind %in% c("text", "a factor", "an ordered factor") && record$type %in% c("character", "factor"))
  if (!fits) stop_other_type(name, kind, one$kind)
  if (kind == "unknown" && one$kind == "a flag") {
    return(column)
  }
  restored <- restore_column(column, name, record, "data", training_call)
  new <- if (record$type == "factor") setdiff(levels(restored), record$levels)
  if (length(new) > 0L) stop_level_in_reader(name, new)
  restored
}

stop_level_in_reader <- function(name, new) {
  shown <- shorten_levels(new)
  stop_backprop("reader", c(
    "Column {.val {name}} of the reader has {cli::qty(length(new))}{?a level/levels} in this pass that {?it/they} did not have before: {shown}.",
    i = "Every pass must give the same rows."
  ))
}

# Tables of the same columns, one below the other.
bind_tables <- function(tables) {
  if (length(tables) == 1L) {
    return(tables[[1L]])
  }
  bind <- function(columns) {
    first <- columns[[1L]]
    if (length(dim(first)) == 2L) {
      return(as_times(do.call(rbind, lapply(columns, unclass)), first))
    }
    if (!is.factor(first)) {
      return(do.call(c, columns))
    }
    codes <- unlist(lapply(columns, as.integer))
    attributes(codes) <- attributes(first)[c("levels", "class")]
    codes
  }
  columns <- lapply(names(tables[[1L]]), function(name) bind(lapply(tables, function(table) table[[name]])))
  names(columns) <- names(tables[[1L]])
  as_plain_table(columns, sum(vapply(tables, nrow, 1L)))
}
