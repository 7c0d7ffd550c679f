# Rows as the network takes them: a matrix with a column for each input of a design.

# The matrix [rows x inputs]; NA where a row has a gap that is not filled or a level that no training row had.
encode_rows <- function(variables, design, rows = NULL, call = training_call) {
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
      known <- which(!is.na(cells) & !of_no_level(columns[term$at]))
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

# Rows with a level that stands for none of those there are: all their indicators are 0.
of_no_level <- function(columns) Reduce(`|`, lapply(columns, function(column) column$value %in% 0L))

# Whether a term is of factors alone, all levels of each: in a row one of its columns is 1.
is_indicator <- function(term, design) {
  all(term$code != 3L) && all(vapply(design$variables[term$at], function(variable) variable$kind == "levels", NA))
}

# A column for each level of a factor adds up: refused beforehand where there is no room, with the variable that takes most of it.
check_encoded_size <- function(n, inputs, design, call) {
  # Their names take memory too.
  bytes <- 8 * as.double(n) * inputs + 64 * inputs
  counts <- vapply(design$variables, function(variable) length(variable$levels), 1L)
  most <- max(counts)
  hint <- if (most > 1L) {
    widest <- design$variables[[which.max(counts)]]$name
    paste0("`", widest, "` alone has ", most, " levels, an input for each: merge rare ones, or leave it out.")
  }
  check_room(bytes, paste(count_text(n, "row"), "of", count_text(inputs, "encoded input")), hint, call)
}

# A variable's rows, filled; codes for levels. `gaps`: a list of the indicators that belong to it.
encode_variable <- function(value, variable, rows) {
  if (variable$kind == "levels") {
    return(list(value = codes_of_levels(pick(value, rows), variable), count = length(variable$levels)))
  }
  value <- pick(value, rows)
  gaps <- NULL
  if (!is.null(variable$fill) && (any(variable$gaps) || anyNA(value))) {
    filled <- fill_gaps(value, variable)
    value <- filled$value
    gaps <- filled$gaps
  }
  list(value = value, gaps = gaps)
}

codes_of_levels <- function(value, variable) {
  places <- match(levels(value), variable$levels)
  # Rare levels are the last one; where none were, a new level is none of those there are.
  if (!is.null(variable$rare)) places[is.na(places)] <- if (length(variable$rare) > 0L) length(variable$levels) else 0L
  codes <- places[as.integer(value)]
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
