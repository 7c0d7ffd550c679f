# Which rows take part: those of `subset`, of positive weight, and, by `na_action`, without gaps.

# `na_action` as typed: a name, or one of R's functions or their names, which say the same.
read_na_action <- function(na_action) {
  if (identical(na_action, "error")) {
    return(na_action)
  }
  of_r <- list(error = stats::na.fail, omit = stats::na.omit, omit = stats::na.exclude)
  texts <- c(na.fail = "error", na.omit = "omit", na.exclude = "omit")
  if (is.function(na_action)) {
    same <- vapply(of_r, identical, NA, na_action)
    if (any(same)) {
      return(names(of_r)[same][1L])
    }
    if (identical(na_action, stats::na.pass)) na_action <- "na.pass"
  }
  if (is.character(na_action) && length(na_action) == 1L && !is.na(na_action) && na_action %in% names(texts)) {
    return(texts[[na_action]])
  }
  check_choice(na_action, "na_action", na_actions)
}

# What was given without the rows that take no part. `rows` are the places of those that do among those given (NULL for all), `omitted` of
# those that a gap took out. `prefix` is what arguments are called by, where they are elements of a list.
keep_rows <- function(given, na_action, prefix = "") {
  n <- given$n
  unweighted <- if (na_action != "error") rows_without_weight(given$case_weights, n)
  if (length(unweighted) > 0L) given$case_weights[unweighted] <- 0
  weights <- read_case_weights(given$case_weights, n, paste0(prefix, "case_weights"))
  if (!is_outcome(given$Y)) {
    stop_no_outcome(given$Y, if (nzchar(prefix)) "validation" else given$outcome_arg, training_call)
  }
  if (!is.null(given$offset) && length(given$offset) != 1L && (NROW(given$offset) != n || length(dim(given$offset)) > 2L)) {
    # With its own words.
    read_offset(given$offset, n, NCOL(given$offset), paste0(prefix, "offset"))
  }
  rows <- rows_of_subset(given$subset, n)
  given$subset_rows <- rows
  if (any(weights == 0)) {
    rows <- if (is.null(rows)) which(weights > 0) else rows[weights[rows] > 0]
  }
  if (length(rows) == 0L && !is.null(rows)) {
    stop_backprop("empty", "{.arg subset} and {.arg case_weights} leave no row of {.arg {given$arg}}.")
  }
  if (na_action != "error") {
    gaps <- sort(c(rows_with_gaps(given, rows, na_action), unweighted))
    if (length(gaps) > 0L) {
      given$omitted <- gaps
      rows <- setdiff_rows(rows, gaps, n)
      tell_omitted(given, na_action, length(rows), prefix)
    }
  }
  given$case_weights <- weights
  given$offset_given <- given$offset
  if (!is.null(rows)) {
    given$rows <- rows
    given$variables <- lapply(given$variables, pick_rows_of, rows)
    given$Y <- pick_rows_of(given$Y, rows)
    given$case_weights <- weights[rows]
    if (length(given$offset) > 1L) given$offset <- pick_rows_of(given$offset, rows)
  }
  given$kept <- if (is.null(rows)) n else length(rows)
  given
}

setdiff_rows <- function(rows, gaps, n) {
  rows <- if (is.null(rows)) seq_len(n) else rows
  rows[!rows %in% gaps]
}

# As lm() reads it: a condition (NA counts as FALSE), or numbers of rows.
rows_of_subset <- function(subset, n) {
  if (is.null(subset)) {
    return(NULL)
  }
  if (is.logical(subset) && length(subset) == n) {
    return(which(subset))
  }
  numbers <- is.numeric(subset) && !anyNA(subset) && all(subset == floor(subset)) && all(abs(subset) <= n)
  if (!numbers || (any(subset < 0) && any(subset > 0))) {
    stop_argument("subset", paste("a condition with a value for each of the", n, "rows, or numbers of rows"), subset)
  }
  seq_len(n)[subset]
}

# Of the rows that take part, those to be left out: without an outcome or offset, and (under "omit") with a gap in an input.
rows_with_gaps <- function(given, rows, na_action) {
  bad <- !is_known_outcome(given$Y)
  # What is no offset is refused for that, later.
  if (length(given$offset) > 1L && is_number(given$offset) && NROW(given$offset) == given$n) {
    offset <- as.matrix(given$offset)
    bad <- bad | rowSums(is.na(offset)) > 0
  }
  if (na_action == "omit") {
    for (value in given$variables) bad <- bad | has_gap(value)
  }
  gaps <- which(bad)
  if (is.null(rows)) gaps else gaps[gaps %in% rows]
}

has_gap <- function(value) {
  if (is_sparse(value)) {
    return(rows_of_sparse(value, is_gap))
  }
  if (is.matrix(value)) {
    if (!anyNA(value)) {
      return(FALSE)
    }
    return(rowSums(is_gap(value)) > 0)
  }
  if (is.factor(value)) is.na(as.integer(value)) else is_gap(value)
}

# Infinite outcomes are as good as missing.
is_known_outcome <- function(Y) {
  if (is.data.frame(Y)) {
    return(Reduce(`&`, lapply(Y, is_known_outcome), TRUE))
  }
  known <- if (is.numeric(Y) && !is.factor(Y)) is.finite(Y) else !is.na(Y)
  if (is.matrix(known)) rowSums(!known) == 0 else as.vector(known)
}

rows_without_weight <- function(weights, n) {
  if (is.numeric(weights) && length(weights) == n) which(is.na(weights))
}

tell_omitted <- function(given, na_action, left, prefix) {
  count <- length(given$omitted)
  if (left == 0L) {
    stop_backprop("empty", c(
      "No row of {.arg {given$arg}} is left: all {count} have a missing value.",
      i = if (na_action == "omit") "{.code na_action = \"impute\"} fills gaps of inputs in."
    ))
  }
  what <- if (na_action == "omit") "a missing value" else "a missing outcome, offset or weight"
  where <- if (nzchar(prefix)) " of {.arg {given$arg}}" else ""
  inform_backprop("omitted", paste0(
    "{count} row{?s}", where, " with {what} {cli::qty(count)}{?is/are} left out; {left} {cli::qty(left)}{?is/are} used."
  ), count = count)
}

# For training: what stays missing names its columns. NaN and infinities are never filled in.
check_inputs_known <- function(variables, arg, impute, call = training_call) {
  counts <- lapply(variables, count_unknown)
  columns <- unlist(Map(name_unknown, variables, names_of(variables)))
  gaps <- unlist(lapply(counts, function(count) count$gaps))
  broken <- unlist(lapply(counts, function(count) count$broken))
  if (any(broken > 0) || (!impute && any(gaps > 0))) {
    stop_unknown_values(columns, if (impute) 0 * gaps else gaps, broken, arg, call)
  }
}

count_unknown <- function(value) {
  if (is_sparse(value)) {
    # Sparse inputs are looked at by the engine.
    return(list(gaps = numeric(ncol(value)), broken = numeric(ncol(value))))
  }
  if (is.factor(value) || is.logical(value) && !is.matrix(value)) {
    return(list(gaps = sum(is.na(if (is.factor(value)) as.integer(value) else value)), broken = 0))
  }
  if (is.matrix(value)) {
    if (all(is.finite(colSums(value)))) {
      return(list(gaps = numeric(ncol(value)), broken = numeric(ncol(value))))
    }
    return(list(gaps = colSums(is_gap(value)), broken = colSums(!is.finite(value) & !is_gap(value))))
  }
  if (is.finite(sum(value))) {
    return(list(gaps = 0, broken = 0))
  }
  list(gaps = sum(is_gap(value)), broken = sum(!is.finite(value) & !is_gap(value)))
}

name_unknown <- function(value, name) {
  if (!is.matrix(value) && !is_sparse(value)) {
    return(name)
  }
  columns <- colnames(value)
  if (is.null(columns)) {
    return(if (nzchar(name)) paste0(name, seq_len(ncol(value))) else seq_len(ncol(value)))
  }
  paste0(name, columns)
}

# `gaps` and `broken` (NaN or infinite): how many each of the `columns`, names or numbers, has.
# NA as count where it is not known.
stop_unknown_values <- function(columns, gaps, broken, arg, call, sparse = FALSE) {
  gaps[is.na(gaps)] <- Inf
  broken[is.na(broken)] <- Inf
  shown <- function(counts) {
    at <- which(counts > 0)
    names <- if (is.character(columns)) encodeString(columns[at], quote = "\"") else columns[at]
    texts <- ifelse(counts[at] < Inf, paste0(names, " (", counts[at], ")"), names)
    more <- length(texts) - 20L
    paste(c(utils::head(texts, 20L), if (more > 0L) paste("and", count_text(more, "more column"))), collapse = ", ")
  }
  gaps_text <- shown(gaps)
  broken_text <- shown(broken)
  hint <- if (!identical(call, training_call)) {
    "Remove these rows (see {.fn na.omit}) or fill them in."
  } else if (any(gaps > 0) && sparse) {
    "{.code na_action = \"omit\"} leaves rows with missing values out."
  } else if (any(gaps > 0)) {
    "{.code na_action = \"omit\"} leaves rows with missing values out, {.code na_action = \"impute\"} fills them in."
  } else {
    "Where they stand for missing values, make them {.code NA}; see {.arg na_action}."
  }
  stop_backprop("nonfinite_x", c(
    "{.arg {arg}} must not have missing or infinite values.",
    x = if (any(gaps > 0)) "Missing, by column: {gaps_text}.",
    x = if (any(broken > 0)) "Infinite or {.code NaN}, by column: {broken_text}.",
    i = hint
  ), call = call)
}

# Rows of a matrix of inputs that hold nothing but numbers.
finite_rows <- function(x) {
  if (is_sparse(x)) {
    return(!rows_of_sparse(x, function(numbers) !is.finite(numbers)))
  }
  if (all(is.finite(colSums(x)))) rep(TRUE, nrow(x)) else rowSums(!is.finite(x)) == 0
}

# What the engine found not finite among the inputs, told apart.
stop_unknown_inputs <- function(x, columns, arg, call = training_call) {
  counts <- function(bad) {
    if (is_sparse(x)) {
      slots <- unclass(x)
      column <- rep(seq_len(slots$dim[2L]), diff(slots$p))
      return(tabulate(column[bad(slots$x)], slots$dim[2L]))
    }
    colSums(bad(x))
  }
  broken <- counts(function(numbers) !is.finite(numbers) & !is_gap(numbers))
  stop_unknown_values(columns, counts(is_gap), broken, arg, call, is_sparse(x))
}
