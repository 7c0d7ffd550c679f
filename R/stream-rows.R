# A chunk of a reader as rows: which of them take part, which train and which are held back, and what they are in numbers.
#
# `plan` says how, a plain list:
#   columns    what is known of the reader's columns, see stream-columns.R
#   like       what reading new rows takes of a fit: interface, blueprint, outcome, rows_given
#   subset     the quosure of `subset`
#   na_action  as checked
#   weighted   whether there are case weights
#   hold       NULL, or the `share` that is held back, its `seed`, and the keys of `kept`: rows that train whatever is drawn, see stream-survey.R
#   zero       levels of the outcome whose rows take no part

# The variables, the outcome `Y`, `offset` and `weights` of the rows of a chunk that are `kept` (their places), of which `before` were kept in the
# chunks before; `gaps`, how many rows a gap took out; `table`, the columns; `unknown`, what is missing where it is an error.
rows_of_chunk <- function(chunk, plan, before, first) {
  call <- training_call
  table <- restore_chunk(chunk, plan$columns)
  n <- nrow(table)
  in_chunk(first, {
    rows <- list(
      n = n, arg = "data", outcome_arg = "data",
      variables = evaluate_known(table, plan$like, "data", call),
      Y = new_outcome(table, plan$like, "data", call),
      offset = offset_in_data(table, plan$like, "data", call),
      case_weights = if (plan$weighted) weights_in_data(table, plan$like),
      subset = evaluate_subset(plan$subset, table)
    )
    keep_chunk(rows, table, plan$na_action, before)
  })
}

# Rows that messages number are those of the chunk.
in_chunk <- function(first, code) {
  withCallingHandlers(code, backprop_error = function(cnd) {
    if (first <= 1 || inherits(cnd, "backprop_error_reader")) return()
    cnd$body <- c(cnd$body, i = paste0("Rows are counted from row ", format(first, big.mark = ",", scientific = FALSE), " of the reader on."))
    rlang::cnd_signal(cnd)
  })
}

evaluate_subset <- function(quosure, table) {
  if (is.null(quosure) || rlang::quo_is_null(quosure)) {
    return(NULL)
  }
  found <- evaluate_argument(quosure, table, rlang::quo_get_env(quosure))$value
  if (!is.logical(found) || length(found) != nrow(table)) {
    stop_argument("subset", "a condition with a value for each row of the reader", found)
  }
  found
}

keep_chunk <- function(rows, table, na_action, before) {
  n <- rows$n
  unweighted <- if (na_action != "error") rows_without_weight(rows$case_weights, n)
  if (length(unweighted) > 0L) rows$case_weights[unweighted] <- 0
  weights <- read_case_weights(rows$case_weights, n, some = TRUE)
  kept <- if (is.null(rows$subset)) NULL else which(rows$subset)
  if (any(weights == 0)) kept <- if (is.null(kept)) which(weights > 0) else kept[weights[kept] > 0]
  omitted <- integer()
  if (na_action != "error") {
    omitted <- sort(c(rows_with_gaps(rows, kept, na_action), unweighted))
    if (length(omitted) > 0L) kept <- setdiff_rows(kept, omitted, n)
  }
  offset <- rows$offset
  list(
    table = table, kept = if (is.null(kept)) seq_len(n) else kept, before = before, omitted = omitted,
    variables = lapply(rows$variables, pick, kept), Y = pick(rows$Y, kept), weights = if (!is.null(weights)) pick(weights, kept),
    offset = if (length(offset) > 1L || n == 1L) pick(offset, kept) else offset
  )
}

# Some of the rows of a chunk, by their places among those kept; `numbers` counts rows kept from 0.
pick_of_chunk <- function(rows, places) {
  if (length(places) == length(rows$kept)) {
    return(rows)
  }
  rows$kept <- rows$kept[places]
  rows$variables <- lapply(rows$variables, pick_rows_of, places)
  rows$Y <- pick_rows_of(rows$Y, places)
  if (!is.null(rows$weights)) rows$weights <- rows$weights[places]
  if (!is.null(rows$offset)) rows$offset <- pick_rows_of(rows$offset, places)
  rows
}

# Places, among the rows kept, of those that train and of those that are held back.
split_chunk <- function(rows, plan) {
  count <- length(rows$kept)
  all <- seq_len(count)
  takes_part <- if (length(plan$zero) == 0L) all else which(!as.character(classes_of(rows$Y)) %in% plan$zero)
  if (is.null(plan$hold) || count == 0L) {
    return(list(train = takes_part, held = integer()))
  }
  held <- row_keys(plan$hold$seed, rows$before, count, "held") < plan$hold$share
  if (length(plan$hold$kept) > 0L) held <- held & !has_any_key(rows, plan)
  list(train = takes_part[!held[takes_part]], held = takes_part[held[takes_part]])
}

# The level of an outcome by row, where it has levels: as class weights name them.
classes_of <- function(Y) {
  if (is.factor(Y) || is.character(Y)) {
    return(Y)
  }
  if (is.data.frame(Y) || is_survival(Y) || NCOL(Y) != 1L) {
    return(NULL)
  }
  as.vector(Y)
}

# Rows in the engine's form: raw inputs, scaled outcome and offset, weights times those of the classes. `made` is from prepare_stream().
encode_chunk <- function(rows, made) {
  design <- made$design
  tryCatch(
    refuse_new_levels(rows$variables, design, "data"),
    backprop_error_new_level = function(cnd) {
      stop_backprop("reader", c("The rows of the reader have a level, or a combination of levels, that was not there before.", i = "Every pass must give the same rows."), parent = cnd)
    }
  )
  outcome <- read_outcome(rows$Y, like = made$outcome, arg = "data")
  weights <- weigh(weigh_trials(rows$weights, outcome), made$factors, if (!is.null(made$factors)) outcome_codes(outcome))
  data <- list(
    x = encode_rows(rows$variables, design), y = encode_outcome(outcome, made$objective), case_weights = weights,
    offset = if (made$offset) read_offset(rows$offset, length(rows$kept), made$outputs, objective = made$objective)
  )
  scale_outcomes(data, made$scaling, made$objective, made$lowest)
}
