# From variables to the matrix of inputs: what is learnt from the training rows (levels, and what fills gaps), and how rows are encoded
# by it. The design of a matrix is the matrix; only where gaps are filled does it have one of these.
#
# A design is a plain list:
#   variables  for each: name; kind ("number", "flag", "levels", "matrix"); levels (those that a training row has); columns (names of a
#              matrix's); fill (numbers, or a level's text: what stands for NA; NULL where NA stays NA); gaps (which columns had NA: each gets an
#              indicator input, of a factor a level); untrained (levels that no training row had)
#   terms      for each: at (places of its variables), code (2: in full, of a flag two columns; 1: of a
#              flag one column; 3: as lm()'s contrasts, a factor without its first level), seen (where training rows do not have all
#              combinations of its levels: those that they have, as numbers of cells_of())
#   names      of the inputs
#   first      which inputs stand for the first level of a factor

# `variables` as as_variable() gives them, by name; `rows` are those that train (NULL for all), `weights` theirs.
learn_design <- function(variables, terms, rows, weights, impute) {
  learnt <- Map(
    function(value, name) learn_variable(value, name, rows, weights, impute),
    variables, names(variables)
  )
  design <- list(variables = unname(learnt), terms = terms)
  design$terms <- lapply(terms, function(term) learn_cells(term, variables, design$variables, rows))
  n <- if (is.null(rows)) NROW(variables[[1L]]) else length(rows)
  check_encoded_size(n, count_inputs(design), design, quote(nn_train()))
  blocks <- lapply(terms, function(term) name_term(term, design$variables))
  gaps <- unlist(lapply(design$variables, name_gaps))
  names <- c(unlist(lapply(blocks, function(block) block$names)), gaps)
  design$names <- distinct_names(names, blocks, length(gaps))
  design$first <- c(unlist(lapply(blocks, function(block) block$first)), rep(FALSE, length(gaps)))
  design
}

# Every variable by itself: the terms of a table without a formula.
plain_terms <- function(count) lapply(seq_len(count), function(at) list(at = at, code = 1L))

learn_variable <- function(value, name, rows, weights, impute) {
  kind <- if (is.factor(value)) "levels" else if (is.logical(value)) "flag" else if (is.matrix(value)) "matrix" else "number"
  learnt <- list(name = name, kind = kind)
  if (kind == "levels") {
    return(c(learnt, learn_levels(value, rows, impute)))
  }
  if (kind == "matrix") {
    learnt$columns <- colnames(value)
    if (is.null(learnt$columns)) learnt$columns <- as.character(seq_len(ncol(value)))
  }
  if (impute) {
    columns <- if (kind == "matrix") ncol(value) else 1L
    of <- function(j) pick(if (kind == "matrix") value[, j] else as.double(value), rows)
    known <- vapply(seq_len(columns), function(j) !all(is.na(of(j))), NA)
    if (!all(known)) {
      stop_backprop("nonfinite_x", c(
        "Column {.val {name}} has no value in any row that trains: nothing can fill it in.",
        i = "Leave it out."
      ))
    }
    learnt$fill <- vapply(seq_len(columns), function(j) weighted_median(of(j), weights, low = kind == "flag"), 0)
    learnt$gaps <- vapply(seq_len(columns), function(j) anyNA(of(j)), NA)
  }
  learnt
}

learn_levels <- function(value, rows, impute) {
  codes <- pick(as.integer(value), rows)
  counts <- tabulate(codes, nlevels(value))
  levels <- levels(value)[counts > 0L]
  learnt <- list(levels = levels, untrained = levels(value)[counts == 0L])
  if (impute) {
    # A level of its own where training rows had gaps; else the commonest level, which has trained weights.
    gaps <- anyNA(codes)
    learnt$fill <- if (gaps) gap_level(levels(value)) else levels(value)[which.max(counts)]
    learnt$gaps <- gaps
    if (gaps) learnt$levels <- c(levels, learnt$fill)
  }
  learnt
}

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
  codes <- Map(function(value, variable) codes_of(if (is.null(rows)) value else pick_rows_of(value, rows), variable), variables[term$at], of)
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

gap_level <- function(levels) utils::tail(make.unique(c(as.character(levels), "(missing)")), 1L)

pick <- function(x, rows) if (is.null(rows)) x else x[rows]

# The value that half of the weight lies below and half above; between two of these, their mean (the lower, if `low`).
weighted_median <- function(x, weights = NULL, low = FALSE) {
  known <- !is.na(x)
  x <- x[known]
  weights <- if (is.null(weights)) rep(1, length(x)) else weights[known]
  order <- order(x)
  x <- x[order]
  below <- cumsum(weights[order])
  half <- below[length(below)] / 2
  at <- which(below >= half * (1 - 1e-12))[1L]
  tie <- !low && at < length(x) && abs(below[at] - half) <= 1e-12 * half
  if (tie) (x[at] + x[at + 1L]) / 2 else x[at]
}

# How many inputs the terms make, as a double: products of factors may be beyond any integer.
count_inputs <- function(design) {
  widths <- vapply(design$terms, function(term) {
    prod(mapply(function(at, code) width_of(design$variables[[at]], code), term$at, term$code))
  }, 0)
  sum(widths)
}

width_of <- function(variable, code) {
  switch(variable$kind,
    number = 1, flag = if (code == 2L) 2 else 1, levels = length(variable$levels) - (code == 3L), matrix = length(variable$columns)
  )
}

# Names of a variable's columns under a code, and which of them stand for a first level.
name_block <- function(variable, code) {
  name <- variable$name
  switch(variable$kind,
    number = list(names = name, first = FALSE),
    flag = if (code == 2L) list(names = paste0(name, c("FALSE", "TRUE")), first = c(TRUE, FALSE)) else list(names = name, first = FALSE),
    levels = {
      shown <- if (code == 3L) variable$levels[-1L] else variable$levels
      list(names = paste0(name, shown), first = code != 3L & seq_along(shown) == 1L)
    },
    matrix = list(names = paste0(name, variable$columns), first = logical(length(variable$columns)))
  )
}

# In the order of model.matrix(): of several variables the first one's columns go by fastest.
name_term <- function(term, variables) {
  blocks <- Map(function(at, code) name_block(variables[[at]], code), term$at, term$code)
  Reduce(function(a, b) {
    list(names = as.vector(outer(a$names, b$names, paste, sep = ":")), first = as.vector(outer(a$first, b$first, "|")))
  }, blocks)
}

name_gaps <- function(variable) {
  if (variable$kind == "levels" || !any(variable$gaps)) {
    return(NULL)
  }
  columns <- if (variable$kind == "matrix") paste0(variable$name, variable$columns) else variable$name
  paste0("is.na(", columns[variable$gaps], ")")
}

# Level `a` of `g` beside a column `ga`: what is made of several parts gives way.
distinct_names <- function(names, blocks, gaps) {
  twice <- names %in% names[duplicated(names)]
  if (!any(twice)) {
    return(names)
  }
  # Of two alike the plain column keeps its name.
  made <- c(unlist(lapply(blocks, function(block) rep(length(block$names) > 1L, length(block$names)))), rep(TRUE, gaps))
  order <- order(made)
  names[order] <- make.unique(names[order], sep = ".")
  names
}

# The matrix [rows x inputs]; NA where a row has a gap that is not filled or a level that no training row had.
encode_rows <- function(variables, design, rows = NULL, call = quote(nn_train())) {
  n <- if (is.null(rows)) NROW(variables[[1L]]) else length(rows)
  check_encoded_size(n, length(design$names), design, call)
  columns <- lapply(seq_along(design$variables), function(i) encode_variable(variables[[i]], design$variables[[i]], rows))
  x <- matrix(0, n, length(design$names), dimnames = list(NULL, design$names))
  place <- 0L
  for (term in design$terms) {
    unseen <- unseen_rows(term, variables, design, rows)
    if (is_indicator(term, design)) {
      # The large case, filled in without a copy.
      cells <- cells_of(lapply(columns[term$at], function(column) column$value), lapply(columns[term$at], function(column) column$count))
      width <- prod(vapply(columns[term$at], function(column) as.double(column$count), 0))
      known <- which(!is.na(cells))
      x[known + (place + cells[known]) * n] <- 1
      unseen <- c(unseen, which(is.na(cells)))
    } else {
      block <- Reduce(multiply_blocks, Map(function(at, code) block_of(columns[[at]], design$variables[[at]]$kind, code), term$at, term$code))
      width <- if (is.matrix(block)) ncol(block) else 1L
      x[, place + seq_len(width)] <- block
    }
    if (length(unseen) > 0L) x[unseen, place + seq_len(width)] <- NA
    place <- place + width
  }
  for (i in seq_along(columns)) {
    for (gap in columns[[i]]$gaps) {
      place <- place + 1L
      x[, place] <- gap
    }
  }
  x
}

# Whether a term is of factors alone, all levels of each: in a row one of its columns is 1.
is_indicator <- function(term, design) {
  all(term$code != 3L) && all(vapply(design$variables[term$at], function(variable) variable$kind == "levels", NA))
}

# A column for each level of a factor adds up: refused beforehand where there is no room, with the variable that takes most of it.
check_encoded_size <- function(n, inputs, design, call) {
  # Their names take memory too.
  bytes <- 8 * as.double(n) * inputs + 64 * inputs
  if (bytes < 1e8 && is.null(getOption("backprop.max_bytes"))) {
    return(invisible())
  }
  limit <- resolve_max_bytes()
  answer <- engine_memory(bytes, if (is.na(limit)) NaN else limit)
  if (is.null(answer$error)) {
    return(invisible())
  }
  counts <- vapply(design$variables, function(variable) length(variable$levels), 1L)
  widest <- design$variables[[which.max(counts)]]$name
  most <- max(counts)
  needed <- format_bytes(answer$error$needed)
  available <- format_bytes(answer$error$available)
  stop_backprop("memory", c(
    "{n} row{?s} of {inputs} encoded input{?s} would need {needed} of memory; {available} can be used.",
    i = if (most > 1L) "{.val {widest}} alone has {most} levels, an input for each: merge rare ones, or leave it out."
  ), call = call)
}

# A variable's rows, filled; codes for levels. `gaps`: a list of the indicators that belong to it.
encode_variable <- function(value, variable, rows) {
  if (variable$kind == "levels") {
    return(list(value = codes_of_levels(pick(value, rows), variable), count = length(variable$levels)))
  }
  value <- if (is.null(rows)) value else pick_rows_of(value, rows)
  gaps <- NULL
  if (!is.null(variable$fill) && (any(variable$gaps) || anyNA(value))) {
    filled <- fill_gaps(value, variable)
    value <- filled$value
    gaps <- filled$gaps
  }
  list(value = value, gaps = gaps)
}

codes_of_levels <- function(value, variable) {
  codes <- match(levels(value), variable$levels)[as.integer(value)]
  if (!is.null(variable$fill)) codes[is.na(as.integer(value))] <- match(variable$fill, variable$levels)
  codes
}

# NaN is no gap: it is what a computation gave that has no answer.
fill_gaps <- function(value, variable) {
  columns <- if (is.matrix(value)) ncol(value) else 1L
  gaps <- list()
  for (j in seq_len(columns)) {
    column <- if (is.matrix(value)) value[, j] else value
    gap <- is_gap(column)
    if (variable$gaps[j]) gaps <- c(gaps, list(as.double(gap)))
    if (any(gap)) {
      column <- replace(as.double(column), gap, variable$fill[j])
      if (is.matrix(value)) value[, j] <- column else value <- column
    }
  }
  list(value = value, gaps = gaps)
}

is_gap <- function(x) if (is.double(x)) is.na(x) & !is.nan(x) else is.na(x)

block_of <- function(column, kind, code) {
  value <- column$value
  if (kind == "levels") {
    shown <- if (code == 3L) seq_len(column$count)[-1L] else seq_len(column$count)
    return(matrix(as.double(outer(value, shown, "==")), nrow = length(value)))
  }
  if (kind == "flag" && code == 2L) {
    return(cbind(1 - value, as.double(value)))
  }
  if (is.matrix(value)) value else as.double(value)
}

multiply_blocks <- function(a, b) {
  if (!is.matrix(a) || !is.matrix(b)) {
    return(a * b)
  }
  a[, rep(seq_len(ncol(a)), ncol(b)), drop = FALSE] * b[, rep(seq_len(ncol(b)), each = ncol(a)), drop = FALSE]
}

# Tells of levels, and of combinations of levels, that no training row had; rows that have them are NA. `told`: rows that were told of already.
warn_new_levels <- function(variables, design, arg, told = integer()) {
  of_rows <- function(value) if (length(told) > 0L) pick_rows_of(value, -told) else value
  for (i in seq_along(design$variables)) {
    variable <- design$variables[[i]]
    if (variable$kind == "levels") {
      new <- new_levels(of_rows(variables[[i]]), variable)
      if (length(new) > 0L) warn_new_level(variable$name, new, variable$untrained, arg)
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

warn_new_level <- function(name, new, untrained, arg) {
  unseen <- length(untrained) > 0L && all(new %in% untrained)
  shown <- shorten_levels(new)
  warn_backprop("new_level", c(
    "Column {.val {name}} of {.arg {arg}} has {cli::qty(length(new))}{?a level/levels} that {if (unseen) 'no training row had' else 'training did not have'}: {shown}.",
    i = "Predictions for these rows are {.code NA}."
  ), column = name, levels = new)
}

# Enough of them to know what they are.
shorten_levels <- function(levels) {
  texts <- encodeString(substr(utils::head(levels, 10L), 1L, 60L), quote = "\"")
  more <- length(levels) - 10L
  paste(c(texts, if (more > 0L) paste("and", count_text(more, "more level"))), collapse = ", ")
}

# Rows that are to train or to validate cannot have them.
refuse_new_levels <- function(variables, design, arg, call = quote(nn_train())) {
  for (i in seq_along(design$variables)) {
    variable <- design$variables[[i]]
    if (variable$kind != "levels") next
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
