# What nn_train() is given with a reader, in the form that it has of rows in memory (see input-given.R): the same machinery reads the formula and learns the
# design, in some of the rows, and with what was counted in all.

# A first look at a reader: `columns`, what the first chunk with rows tells of those that are `needed`; and `read(columns)`, what was given, of some
# rows of that chunk as the columns are known.
look_at_reader <- function(reader, typed, names_typed, earlier) {
  chunk <- first_chunk(reader)
  needed <- columns_needed(reader$formula, typed, chunk, earlier)
  some <- first_rows(chunk, min(nrow(chunk), 1000L))
  list(
    columns = columns_of_chunk(chunk, needed),
    read = function(columns) read_some(reader$formula, restore_chunk(some, columns), typed, names_typed, earlier)
  )
}

first_chunk <- function(reader) {
  cursor <- open_reader(reader)
  on.exit(cursor$close())
  repeat {
    chunk <- cursor$next_chunk()
    if (is.null(chunk)) stop_no_rows()
    if (nrow(chunk) > 0L) {
      return(chunk)
    }
  }
}

columns_needed <- function(formula, typed, chunk, earlier) {
  parsed <- parse_formula(formula, chunk)
  expressions <- c(list(parsed$outcome), unname(parsed$variables), parsed$offsets, lapply(unname(typed), rlang::quo_get_expr))
  blueprint <- earlier$blueprint
  names <- c(
    names_read_by(expressions[!vapply(expressions, is.null, NA)])$variables,
    names(blueprint$columns), names(blueprint$outcome_columns), names(blueprint$weight_columns)
  )
  intersect(names(chunk), names)
}

# What was given, of some rows in memory.
read_some <- function(formula, table, typed, names_typed, earlier) {
  if (is.null(earlier)) given_formula(formula, table, typed, some = TRUE) else given_again(formula, table, typed, names_typed, earlier, some = TRUE)
}

# Weights, offsets and subsets of all rows are columns: no other value can be had in parts.
refuse_values_beside <- function(arguments) {
  for (name in names(arguments)) {
    if (!is.null(arguments[[name]]$value) && is.null(arguments[[name]]$expression)) {
      stop_incompatible(
        "{.arg {name}} must be made of columns of the reader, which gives its rows in parts.", "Name the column: {.code {name} = a_column}.",
        name = name
      )
    }
  }
}

# How chunks become rows (see stream-rows.R), of what was given of some.
plan_chunks <- function(given, columns, typed, na_action, hold = NULL, zero = NULL) {
  blueprint <- given$blueprint
  if (is.null(blueprint$design)) blueprint$design <- list(variables = unname(Map(describe_variable, given$variables, names(given$variables))))
  list(
    columns = columns, like = list(interface = "formula", blueprint = blueprint, rows_given = given$n, outcome = NULL), subset = typed$subset,
    na_action = na_action, weighted = !is.null(given$case_weights), hold = hold, zero = zero,
    tracked = tracked_things(given$variables, given$terms, given$Y)
  )
}

# What reading its rows needs to know of a variable whose levels are not known yet.
describe_variable <- function(value, name) {
  kind <- kind_of_variable(value)
  described <- list(name = name, kind = kind)
  if (kind == "matrix") described$columns <- if (is.null(colnames(value))) as.character(seq_len(ncol(value))) else colnames(value)
  described
}

# Surveys as often as it takes: once to know how many rows take part, where a share of them is held back once more, and again where a level would train
# no row. `share_of(survey)` is the share.
survey_reader <- function(reader, seen, typed, na_action, share_of, seed) {
  hold <- NULL
  columns <- seen$columns
  survey <- NULL
  repeat {
    survey <- survey_rows(reader, columns, function(columns) plan_chunks(seen$read(columns), columns, typed, na_action, hold, survey$zero), seed)
    columns <- survey$plan$columns
    wanted <- share_of(survey)
    survey$zero <- wanted$zero
    again <- if (is.null(hold)) {
      if (!is.null(wanted$share)) list(share = wanted$share, seed = seed)
    } else {
      lost <- lost_keys(survey)
      if (!is.null(lost)) replace(hold, "kept", list(Map(union, if (is.null(hold$kept)) list(NULL) else hold$kept, lost)))
    }
    if (is.null(again) && identical(wanted$zero, survey$plan$zero)) {
      return(survey)
    }
    if (!is.null(again)) hold <- again
  }
}
