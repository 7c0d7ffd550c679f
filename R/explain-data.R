# What every explanation starts from: the rows of some data, which inputs each of their columns makes, and rows in which some columns are those of others.

# A list of
#   columns  names of the columns that the model's inputs are made of
#   table    these columns, as given; x: the inputs made of them [rows x inputs]
#   inputs   for each column the places of the inputs that it makes; alone: whether it makes these alone
#   offset, weights   of the rows, NULL where there are none; places: which of the rows given they are
# and, where the `outcome` is asked for, y (the targets of training), observed (in the columns of predictions) and Y (as a user has it).
# Rows of weight 0 (unless they are not `weighted`) and rows that the model predicts nothing for are left out; with the outcome, those without one as well.
explained_rows <- function(fit, data, arg, call, outcome = FALSE, weighted = TRUE) {
  given <- data_or_kept(fit, data, call)
  weigh <- if (weighted) function(X, n) weights_of_inputs(fit, given, is.null(data), X, n, call)
  known <- if (outcome) known_with_outcome(fit, data, arg, call) else known_inputs(fit, given, arg, call, weigh)
  made <- columns_in_inputs(fit)
  table <- columns_of_inputs(fit, inputs_of(fit, given), arg, call)[names(made$inputs)]
  x <- known$x
  check_room(3 * 8 * as.double(nrow(x)) * ncol(x), paste("An explanation by", count_text(nrow(x), "row")), "Give fewer rows.", call)
  base <- list(
    columns = names(table), table = pick_rows_of(table, known$places), x = unname(dense_inputs(x)),
    inputs = made$inputs, alone = made$alone, offset = known$offset, weights = known$weights, places = known$places,
    y = known$y, observed = known$observed, Y = known$Y
  )
  pick_explained(base, which(if (is.null(base$weights)) rep(TRUE, nrow(x)) else base$weights > 0))
}

known_with_outcome <- function(fit, data, arg, call) {
  known <- data_of(fit, data, call, gaps = TRUE)
  n <- nrow(known$x)
  weights <- read_case_weights(known$case_weights, n, call = call)
  good <- finite_rows(known$x) & is_known_outcome(known$Y) & (if (NROW(known$offset) == n) finite_rows(as.matrix(known$offset)) else TRUE)
  tell_left_out(good, arg, call, !all(is_known_outcome(known$Y)), if (is.null(weights)) rep(TRUE, n) else weights > 0)
  known <- keep_known(known, which(good))
  outcome <- read_outcome(known$Y, like = fit$outcome, arg = if (has_one_table(fit$interface)) "data" else "Y", call = call)
  known$outcome <- outcome
  c(known[c("x", "offset", "places")], list(
    weights = weights_of_rows(fit, known, is.null(data), call),
    y = encode_outcome(outcome, fit$settings), observed = observed_outcome(outcome, fit$settings), Y = plain_outcome(outcome)
  ))
}

# Says how many of the rows that count are not `good`; that none is, is an error. `outcome`: whether they lack that, perhaps.
tell_left_out <- function(good, arg, call, outcome = FALSE, counts = rep(TRUE, length(good))) {
  n <- sum(counts)
  bad <- sum(counts & !good)
  if (bad == n) {
    stop_backprop("empty", "{.arg {arg}} has no row that the model has a prediction for: each has missing values, or levels that training did not have.", call = call)
  }
  if (bad > 0L) {
    lack <- if (outcome) ", or {?it has/they have} no outcome" else ""
    warn_backprop(
      "left_out", paste0("{bad} of {n} row{?s} of {.arg {arg}} {cli::qty(bad)}{?is/are} left out: the model has no prediction for {?it/them}", lack, "."),
      rows = which(counts & !good)
    )
  }
}

# An outcome as a user has it: a factor, a vector or a matrix.
plain_outcome <- function(outcome) {
  values <- outcome$values
  if (is.matrix(values) && ncol(values) == 1L) values[, 1L] else values
}

# `weigh`: a function of the inputs and of how many rows they are, NULL where no weights count.
known_inputs <- function(fit, data, arg, call, weigh) {
  X <- inputs_of(fit, data)
  new <- read_new_rows(fit, X, arg, call)
  n <- nrow(new$x)
  if (n == 0L) {
    stop_backprop("empty", "{.arg {arg}} must have at least one row.", call = call)
  }
  offset <- prediction_offset(fit, setting(extra_of(data, "offset"), new$offset), n, last_size(fit), call, gaps = TRUE)
  weights <- if (!is.null(weigh)) weigh(X, n)
  good <- finite_rows(new$x) & (if (is.null(offset)) TRUE else finite_rows(offset))
  tell_left_out(good, arg, call)
  places <- which(good)
  list(
    x = new$x[places, , drop = FALSE], offset = if (!is.null(offset)) offset[places, , drop = FALSE], weights = weights[places], places = places
  )
}

# `kept`: whether it is the fit that has the data.
weights_of_inputs <- function(fit, data, kept, X, n, call) {
  weights <- extra_of(data, "case_weights")
  # What a fit keeps is multiplied by what outcomes say, which are not asked for here; it still tells which rows trained.
  if (kept && !is.null(weights) && (!is.null(fit$settings$class_weights) || fit$outcome$kind == "counts")) weights <- as.double(weights > 0)
  if (is.null(weights) && is.data.frame(X)) weights <- weights_in_data(X, fit)
  read_case_weights(weights, n, call = call)
}

# The columns that inputs are made of, as a table; those of a matrix without names are called x1, x2, ...
columns_of_inputs <- function(fit, X, arg, call) {
  if (fit$interface != "matrix") {
    return(restore_columns(as_table(X, arg, call), needed_columns(fit$blueprint), arg, call))
  }
  x <- dense_inputs(read_new_matrix(X, fit, arg, call))
  columns <- lapply(seq_len(ncol(x)), function(j) unname(x[, j]))
  as_plain_table(stats::setNames(columns, names_of_columns(fit)), nrow(x))
}

names_of_columns <- function(fit) {
  blueprint <- fit$blueprint
  if (fit$interface != "matrix") {
    return(names(needed_columns(blueprint)))
  }
  names <- if (is.null(blueprint)) fit$inputs$names else blueprint$names
  numbered <- paste0("x", seq_len(setting(blueprint$width, fit$inputs$n)))
  if (is.null(names)) numbered else make.unique(ifelse(is.na(names) | !nzchar(names), numbered, names))
}

# Inputs of rows of such a table, as the network takes them.
inputs_of_columns <- function(fit, table, call) {
  X <- if (fit$interface == "matrix") matrix(unlist(table, use.names = FALSE), nrow(table)) else table
  unname(dense_inputs(read_new_rows(fit, X, "data", call, with_offset = FALSE, warn = FALSE)$x))
}

# Of the columns that any input is made of, by name: `inputs`, the places of these inputs, and whether they are made of it `alone`.
columns_in_inputs <- function(fit) {
  columns <- names_of_columns(fit)
  design <- fit$blueprint$design
  if (fit$interface == "matrix") {
    # One input each, and one for its gaps; no table of all pairs, for there may be many.
    of <- c(seq_along(columns), which(as.logical(design$variables[[1L]]$gaps)))
    return(list(inputs = stats::setNames(unname(split(seq_along(of), of)), columns), alone = stats::setNames(rep(TRUE, length(columns)), columns)))
  }
  variables <- design$variables
  of_variable <- lapply(seq_along(variables), function(i) {
    columns %in% (if (fit$interface == "formula") names_read_by(fit$blueprint$variables[i])$variables else columns[i])
  })
  each <- function(of, names) matrix(rep(of, length(names)), length(columns))
  of_terms <- lapply(design$terms, function(term) each(Reduce(`|`, of_variable[term$at]), name_term(term, variables)$names))
  of_gaps <- Map(function(variable, of) each(of, name_gaps(variable)), variables, of_variable)
  reads <- do.call(cbind, c(of_terms, of_gaps))
  shared <- colSums(reads) > 1
  inputs <- stats::setNames(lapply(seq_along(columns), function(i) which(reads[i, ])), columns)
  inputs <- inputs[lengths(inputs) > 0L]
  list(inputs = inputs, alone = vapply(inputs, function(own) !any(shared[own]), NA))
}

pick_explained <- function(base, rows) {
  if (identical(rows, seq_len(nrow(base$x)))) {
    return(base)
  }
  by_row <- intersect(c("table", "x", "offset", "weights", "places", "y", "observed", "Y"), names(base))
  base[by_row] <- lapply(base[by_row], function(part) if (!is.null(part)) pick_rows_of(part, rows))
  base
}

# At most `most` rows, drawn by the seed.
sample_explained <- function(base, most, seed) {
  n <- nrow(base$x)
  if (is.null(most) || n <= most) base else pick_explained(base, sort(drawing_by(seed, function() sample.int(n, most))))
}

# Predictions [length(at) x outputs] for the rows `at` of `base`, where the columns named in `takes` are those of the rows `from` of `donor`: for each
# column TRUE, or a flag for each row. Offsets are those of `base`, or as given.
predict_mixed <- function(fit, base, at, donor, from, takes, threads, call, offset = base$offset[at, , drop = FALSE]) {
  size <- rows_in_block(base)
  starts <- seq(1, length(at), by = size)
  blocks <- lapply(starts, function(start) {
    rows <- start:min(length(at), start + size - 1)
    taken <- lapply(takes, function(flags) if (isTRUE(flags)) TRUE else flags[rows])
    x <- mixed_inputs(fit, base, at[rows], donor, from[rows], taken, call)
    predict_known(fit, x, if (!is.null(offset)) offset[rows, , drop = FALSE], threads, call, names(takes))
  })
  if (length(blocks) == 1L) blocks[[1L]] else do.call(rbind, blocks)
}

# Rows whose inputs take 16 MB: cut by the shape of the problem, and so the same on any machine.
rows_in_block <- function(base) max(1, floor(2^21 / ncol(base$x)))

mixed_inputs <- function(fit, base, at, donor, from, takes, call) {
  if (!all(base$alone[names(takes)])) {
    # Inputs of several columns, as those of a product, are made anew.
    # Factors go as text: either side may have levels that the other has not.
    plain <- function(column, rows) pick_rows_of(if (is.factor(column)) as.character(column) else column, rows)
    table <- as_plain_table(lapply(base$table, plain, at), length(at))
    for (name in names(takes)) {
      rows <- if (isTRUE(takes[[name]])) seq_along(at) else which(takes[[name]])
      theirs <- plain(donor$table[[name]], from[rows])
      if (is.matrix(theirs)) table[[name]][rows, ] <- theirs else table[[name]][rows] <- theirs
    }
    return(inputs_of_columns(fit, table, call))
  }
  x <- base$x[at, , drop = FALSE]
  for (name in names(takes)) {
    places <- base$inputs[[name]]
    rows <- takes[[name]]
    if (isTRUE(rows)) x[, places] <- donor$x[from, places] else x[rows, places] <- donor$x[from[rows], places]
  }
  x
}

# Predictions of rows that must all have one. `names`: the columns whose values are not the rows' own.
predict_known <- function(fit, x, offset, threads, call, names = NULL) {
  value <- suppressWarnings(
    predict_rows(fit, list(x = x, offset = offset), "data", threads, call),
    classes = c("backprop_warning_overflow", "backprop_warning_crossing")
  )
  bad <- if (is.finite(sum(value))) 0L else sum(rowSums(!is.finite(value)) > 0)
  if (bad > 0L) {
    n <- nrow(value)
    shown <- utils::head(names, 5L)
    with <- if (length(shown) > 0L) "With other values of {.val {shown}}, " else ""
    stop_backprop("no_prediction", c(
      paste0(with, "{bad} of {n} row{?s} {cli::qty(bad)}{?has/have} no finite prediction."),
      x = "They have a level, or levels together, that no training row has, or numbers beyond what the model can compute with.",
      i = "Give other values, or leave products of such factors out of the formula."
    ), call = call)
  }
  value
}

# A function that makes of predictions the outputs to be explained, with names: those asked for, or all; of two levels the second.
output_chooser <- function(fit, output, call) {
  levels <- fit$outcome$levels
  names <- if (is_cox(fit)) "linear_pred" else if (count_predictions(fit) == last_size(fit)) named_outputs(fit) else levels
  both <- count_predictions(fit) == 1L && length(levels) == 2L
  known <- if (both) levels else names
  # By place: a level may have no characters, which no column can be found by.
  chosen <- match(if (is.null(output)) names else unique(check_choices(output, "output", known, call)), known)
  function(value) {
    if (both) value <- cbind(1 - value, value)
    dimnames(value) <- list(NULL, known)
    value[, chosen, drop = FALSE]
  }
}

warn_beyond_numbers <- function(value) {
  bad <- if (is.finite(sum(value))) 0L else sum(!is.finite(value))
  if (bad > 0L) {
    warn_backprop("overflow", c(
      "{bad} of {length(value)} value{?s} {cli::qty(bad)}{?is/are} not finite: numbers became larger than 1.8e308.", i = "The data, or the weights, are very large."
    ))
  }
}

is_cox <- function(fit) fit$outcome$kind == "survival" && !has_level(fit)

# The standard error of such a mean of independent rows; NA of a single one.
mean_error <- function(value, weights) {
  n <- length(value)
  share <- if (is.null(weights)) rep(1 / n, n) else weights / sum(weights)
  if (n < 2L) NA_real_ else sqrt(n / (n - 1) * sum(share^2 * (value - weighted_mean(value, weights))^2))
}
