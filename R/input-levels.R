# Levels, and combinations of levels, that no training row has: they have no weights. Which rows have them, and what is said of it.

# Several codes of each row as one number; `counts` are how many codes each has. NULL where there are none.
cells_of <- function(codes, counts) {
  there <- !vapply(codes, is.null, NA)
  if (!any(there)) {
    return(NULL)
  }
  sizes <- cumprod(c(1, unlist(counts[there])))
  Reduce(`+`, Map(function(code, size) (code - 1) * size, codes[there], sizes[-length(sizes)]))
}

# Codes of a variable's rows; NULL for numbers. `variable` is its part of the design.
codes_of <- function(value, variable) {
  switch(variable$kind, levels = codes_of_levels(value, variable), flag = 1 + (fill_flag(value, variable) != 0))
}

fill_flag <- function(value, variable) {
  if (is.null(variable$fill)) value else replace(as.double(value), is_gap(value), variable$fill)
}

count_codes <- function(variable) switch(variable$kind, levels = length(variable$levels), flag = 2)

# A factor alone has just the levels that training rows have; flags and products may have combinations that they have not.
learn_cells <- function(term, variables, design_variables, rows) {
  kinds <- vapply(design_variables[term$at], function(variable) variable$kind, "")
  if (!any(kinds %in% c("levels", "flag")) || identical(kinds, "levels")) {
    return(term)
  }
  cells <- cells_of_term(term, variables, design_variables, rows)
  seen <- unique(cells[!is.na(cells)])
  if (length(seen) < prod(unlist(lapply(design_variables[term$at], count_codes)))) term$seen <- seen
  term
}

cells_of_term <- function(term, variables, design_variables, rows) {
  of <- design_variables[term$at]
  codes <- Map(function(value, variable) codes_of(pick(value, rows), variable), variables[term$at], of)
  cells_of(codes, lapply(of, count_codes))
}

# Rows whose combination of levels no training row has, for a term that knows which ones these have.
unseen_rows <- function(term, variables, design, rows = NULL) {
  if (is.null(term$seen)) {
    return(integer())
  }
  cells <- cells_of_term(term, variables, design$variables, rows)
  which(!is.na(cells) & !cells %in% term$seen)
}

# Tells of levels, and of combinations of levels, that no training row had; rows that have them are NA. `told`: rows that were told of already.
warn_new_levels <- function(variables, design, arg, told = integer()) {
  of_rows <- function(value) if (length(told) > 0L) pick_rows_of(value, -told) else value
  for (i in seq_along(design$variables)) {
    variable <- design$variables[[i]]
    if (variable$kind == "levels") {
      new <- setdiff(new_levels(of_rows(variables[[i]]), variable), variable$rare)
      if (length(new) > 0L) warn_new_level(variable$name, new, variable$untrained, arg, if (!is.null(variable$rare)) length(variable$rare) > 0L)
    }
  }
  # Of products that contain each other the smallest tells most; terms() has it first.
  unseen <- lapply(design$terms, unseen_rows, variables, design)
  rows <- setdiff(unlist(unseen), told)
  if (length(rows) > 0L) {
    what <- describe_cells(design$terms[[which(lengths(unseen) > 0L)[1L]]], design)
    count <- length(rows)
    warn_backprop("new_level", c(
      "{.arg {arg}} has {count} row{?s} with {what} that no training row had.",
      i = "Predictions for {cli::qty(count)}{?this row/these rows} are {.code NA}."
    ), rows = rows)
  }
}

# "a combination of `g` and `h`", "a value of `flag`"
describe_cells <- function(term, design) {
  categorical <- Filter(function(variable) variable$kind %in% c("levels", "flag"), design$variables[term$at])
  names <- paste0("`", vapply(categorical, function(variable) variable$name, ""), "`")
  paste(if (length(names) == 1L) "a value of" else "a combination of", paste(names, collapse = " and "))
}

new_levels <- function(value, variable) {
  present <- levels(value)[tabulate(as.integer(value), nlevels(value)) > 0L]
  setdiff(present, variable$levels)
}

# `merged`: whether new levels count as rare ones (or as none of those there are, where none were rare); NULL where rows that have them are NA.
warn_new_level <- function(name, new, untrained, arg, merged = NULL) {
  unseen <- length(untrained) > 0L && all(new %in% untrained)
  shown <- shorten_levels(new)
  warn_backprop("new_level", c(
    "Column {.val {name}} of {.arg {arg}} has {cli::qty(length(new))}{?a level/levels} that {if (unseen) 'no training row had' else 'training did not have'}: {shown}.",
    i = if (is.null(merged)) {
      "Predictions for these rows are {.code NA}."
    } else if (merged) {
      "They are predicted as rare levels are."
    } else {
      "They are predicted as rows of none of the levels."
    }
  ), column = name, levels = new)
}

# Enough of them to know what they are.
shorten_levels <- function(levels) {
  texts <- encodeString(substr(utils::head(levels, 10L), 1L, 60L), quote = "\"")
  more <- length(levels) - 10L
  paste(c(texts, if (more > 0L) paste("and", count_text(more, "more level"))), collapse = ", ")
}

# Rows that are to train or to validate cannot have them.
refuse_new_levels <- function(variables, design, arg, call = training_call) {
  for (i in seq_along(design$variables)) {
    variable <- design$variables[[i]]
    if (variable$kind != "levels" || !is.null(variable$rare)) next
    new <- new_levels(variables[[i]], variable)
    value <- variables[[i]]
    if (length(new) > 0L) stop_new_level(variable$name, new, sum(levels(value)[as.integer(value)] %in% new), arg, call)
  }
  for (term in design$terms) {
    rows <- length(unseen_rows(term, variables, design))
    if (rows > 0L) {
      what <- describe_cells(term, design)
      stop_backprop("new_level", c(
        "{.arg {arg}} has {rows} row{?s} with {what} that no training row has: there are no weights for {cli::qty(rows)}{?it/them}.",
        i = "Leave {cli::qty(rows)}{?this row/these rows} out of {.arg {arg}}."
      ), call = call)
    }
  }
}

stop_new_level <- function(name, new, rows, arg, call) {
  shown <- shorten_levels(new)
  stop_backprop("new_level", c(
    "Column {.val {name}} of {.arg {arg}} has {cli::qty(length(new))}{?a level/levels} that no training row has: {shown}.",
    x = "Found in {rows} row{?s}, for which there are no weights.",
    i = "Leave {cli::qty(rows)}{?this row/these rows} out of {.arg {arg}}, or train on data that have {cli::qty(length(new))}{?that level/those levels}."
  ), call = call)
}

# Rows and levels, by column, of what the expressions read and training did not have.
unknown_levels <- function(columns, record, expressions) {
  rows <- integer()
  levels <- list()
  for (name in intersect(names_read_by(expressions)$variables, names(columns))) {
    if (record[[name]]$type != "factor") next
    new <- which(as.integer(columns[[name]]) > length(record[[name]]$levels))
    if (length(new) > 0L) {
      rows <- c(rows, new)
      levels[[name]] <- unique(as.character(columns[[name]])[new])
    }
  }
  list(rows = unique(rows), levels = levels)
}

warn_unknown_levels <- function(unknown, arg) {
  for (name in names(unknown$levels)) warn_new_level(name, unknown$levels[[name]], character(), arg)
}

# Not of gaps: of values in all columns read. Where training rows had such gaps, they are a level or an indicator of their own.
lost_values <- function(variables, columns, blueprint, made) {
  rows <- integer()
  names <- character()
  for (i in made) {
    design <- blueprint$design$variables[[i]]
    missing <- has_gap(variables[[i]])
    if (!any(missing) || any(design$gaps)) next
    read <- intersect(names_read_by(blueprint$variables[i])$variables, names(columns))
    there <- !Reduce(`|`, lapply(unclass(columns)[read], rows_unknown), logical(nrow(columns)))
    lost <- which(missing & there)
    if (length(lost) > 0L) {
      rows <- c(rows, lost)
      names <- c(names, design$name)
    }
  }
  list(rows = unique(rows), names = names)
}

warn_lost_values <- function(rows, names, arg) {
  count <- length(rows)
  if (count == 0L) {
    return(invisible())
  }
  warn_backprop("new_level", c(
    "{.code {names}} in the formula of the model {cli::qty(length(names))}{?has/have} no value for what {count} row{?s} of {.arg {arg}} hold{?s/}.",
    i = "Predictions for {cli::qty(count)}{?this row/these rows} are {.code NA}."
  ), rows = rows)
}

# What is computed of levels that training did not have cannot stand beside what was trained.
refuse_unknown_levels <- function(columns, record, expressions, arg, call) {
  stop_unknown_levels(unknown_levels(columns, record, expressions), arg, call)
}

# Where there are some, that is.
stop_unknown_levels <- function(unknown, arg, call) {
  if (length(unknown$rows) > 0L) {
    stop_new_level(names(unknown$levels)[1L], unknown$levels[[1L]], length(unknown$rows), arg, call)
  }
}
