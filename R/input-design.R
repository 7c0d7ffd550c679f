# The design of a table: what is learnt from the training rows (levels, and what fills gaps) and how inputs are made of variables by it.
# A matrix has none, unless gaps are filled in.
#
# A design is a plain list:
#   variables  for each: name; kind ("number", "flag", "levels", "matrix"); levels (those that a training row has); columns (names of a
#              matrix's); fill (numbers, or a level's text: what stands for NA; NULL where NA stays NA); gaps (which columns had NA: each gets an
#              indicator input, of a factor a level); untrained (levels that no training row had); rare (levels that are merged into one, the
#              last; NULL where a level that is not among `levels` makes a row's prediction NA)
#   terms      for each: at (places of its variables), code (2: in full, of a flag two columns; 1: of a
#              flag one column; 3: as lm()'s contrasts, a factor without its first level), seen (where training rows do not have all
#              combinations of its levels: those that they have, as numbers of cells_of())
#   names      of the inputs
#   first      which inputs stand for the first level of a factor

# `variables` as as_variable() gives them, by name; `rows` are those that train (NULL for all), `weights` theirs. Where they are some of many, `counts`
# has for each variable what was counted in all: of a factor how many rows have each level, by name; and `gaps`, whether any has none.
learn_design <- function(variables, terms, rows, weights, impute, rare_levels = 0L, counts = list(NULL)) {
  learnt <- Map(
    function(value, name, count) learn_variable(value, name, rows, weights, impute, rare_levels, count),
    variables, names(variables), counts
  )
  design <- list(variables = unname(learnt), terms = terms)
  design$terms <- lapply(terms, function(term) learn_cells(term, variables, design$variables, rows))
  n <- if (is.null(rows)) NROW(variables[[1L]]) else length(rows)
  check_encoded_size(n, count_inputs(design), design, training_call)
  blocks <- lapply(terms, function(term) name_term(term, design$variables))
  gaps <- unlist(lapply(design$variables, name_gaps))
  names <- c(unlist(lapply(blocks, function(block) block$names)), gaps)
  design$names <- distinct_names(names, blocks, length(gaps))
  design$first <- c(unlist(lapply(blocks, function(block) block$first)), rep(FALSE, length(gaps)))
  design
}

# Every variable by itself: the terms of a table without a formula.
plain_terms <- function(count) lapply(seq_len(count), function(at) list(at = at, code = 1L))

learn_variable <- function(value, name, rows, weights, impute, rare_levels, counted = NULL) {
  kind <- kind_of_variable(value)
  learnt <- list(name = name, kind = kind)
  if (kind == "levels") {
    return(c(learnt, learn_levels(value, rows, impute, rare_levels, counted)))
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
    learnt$gaps <- if (is.null(counted)) vapply(seq_len(columns), function(j) anyNA(of(j)), NA) else counted$gaps
  }
  learnt
}

kind_of_variable <- function(value) if (is.factor(value)) "levels" else if (is.matrix(value)) "matrix" else if (is.logical(value)) "flag" else "number"

learn_levels <- function(value, rows, impute, rare_levels = 0L, counted = NULL) {
  codes <- pick(as.integer(value), rows)
  counts <- if (is.null(counted)) tabulate(codes, nlevels(value)) else unname(counted$levels[levels(value)])
  counts[is.na(counts)] <- 0
  levels <- levels(value)[counts > 0L]
  learnt <- list(levels = levels, untrained = levels(value)[counts == 0L])
  if (impute) {
    # A level of its own where training rows had gaps; else the commonest level, which has trained weights.
    gaps <- if (is.null(counted)) anyNA(codes) else counted$gaps
    learnt$fill <- if (gaps) gap_level(levels(value)) else levels(value)[which.max(counts)]
    learnt$gaps <- gaps
    if (gaps) learnt$levels <- c(levels, learnt$fill)
  }
  if (rare_levels > 0L) merge_rare(learnt, levels(value)[counts > 0L & counts < rare_levels]) else learnt
}

# Merged they are one level, the last, which stands for new ones, too. Where nothing is left to tell them from, they stay.
merge_rare <- function(learnt, rare) {
  kept <- setdiff(learnt$levels, rare)
  if (length(kept) == 0L) rare <- character() else learnt$levels <- c(kept, if (length(rare) > 0L) rare_level(learnt$levels))
  if (length(learnt$fill) == 1L && learnt$fill %in% rare) learnt$fill <- learnt$levels[length(learnt$levels)]
  learnt$rare <- rare
  learnt
}

rare_level <- function(levels) utils::tail(make.unique(c(levels, "(rare)")), 1L)

gap_level <- function(levels) utils::tail(make.unique(c(as.character(levels), "(missing)")), 1L)

# All rows where none are named.
pick <- function(x, rows) if (is.null(rows)) x else pick_rows_of(x, rows)

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
  count <- 0
  for (term in design$terms) {
    width <- 1
    for (i in seq_along(term$at)) width <- width * width_of(design$variables[[term$at[i]]], term$code[i])
    count <- count + width
  }
  count
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
