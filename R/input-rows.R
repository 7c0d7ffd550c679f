# The rows of a training: which train and which judge, and both in the engine's form.

# Adds to a plan of plan_rows(): `train`, the places of the rows that train among those kept (NULL for all), `held`, of those that were split
# off to judge, `n` of the first; `learn`, of those that inputs and outcome are scaled by; and the seed, where splitting drew it.
split_rows <- function(plan, given, settings, typed, earlier) {
  plan$train <- plan$used
  plan$settings <- settings
  if (!is.null(plan$share)) {
    if (is.null(settings$seed)) {
      plan$settings$seed <- sample.int(.Machine$integer.max, 1L)
    }
    seed <- split_seed(check_seed(plan$settings$seed), typed, earlier)
    codes <- outcome_codes(given$outcome)
    check_room_for_split(given)
    rows <- if (is.null(plan$used)) seq_len(given$kept) else plan$used
    chosen <- rows_of_member(given, rows, codes, plan$share, seed, 1L)
    if (length(chosen) == 0L) stop_all_needed(length(rows))
    plan$held <- rows[chosen]
    plan$train <- rows[-chosen]
  }
  plan$n <- if (is.null(plan$train)) given$kept else length(plan$train)
  plan$learn <- plan$train
  plan
}

# Of a share none is left where each of its rows is needed in training.
stop_all_needed <- function(n) {
  stop_backprop("argument", c(
    "{.arg validation} must leave rows on both sides.",
    x = "Of {n} rows each that would be held back is the only one of its level, which it is needed to train.",
    i = "Merge rare levels, give rows of their own as {.arg validation}, or leave it out."
  ))
}

# Places among `rows` of those that a member of an ensemble holds back to judge; a single network is the first.
rows_of_member <- function(given, rows, codes, share, seed, member) {
  chosen <- answered(engine_split(codes[rows], share, as.double(seed), member))$rows
  setdiff(chosen, rows_needed_in_training(given, rows, chosen))
}

# Splitting copies the rows of either side, and draws from their numbers: of each row a dozen at a time.
check_room_for_split <- function(given) {
  columns <- vapply(given$variables, NCOL, 1L)
  stored <- vapply(given$variables, function(value) if (is_sparse(value)) 5 * length(unclass(value)$x) else as.double(length(value)), 0)
  n <- as.double(given$kept)
  check_room(
    8 * (sum(stored) + n * NCOL(given$outcome$values)) + 48 * n,
    paste("Splitting", count_text(n, "row"), "of", count_text(sum(columns), "column")),
    "Give rows of their own as `validation`, or fewer rows.", training_call
  )
}

# With restarts the best fit's seed is not the one that split off the validation rows; a fit that goes on keeps its rows.
split_seed <- function(seed, typed, earlier) {
  if (is.null(earlier) || "seed" %in% typed) seed else earlier$settings$split_seed
}

# A level, or a combination that a term makes of levels, that would be left with no row to train it keeps its first one, among the
# `chosen` places of `rows`.
rows_needed_in_training <- function(given, rows, chosen) {
  variables <- given$variables
  # Gaps that are still there will be filled in, those of a factor by a level of its own.
  with_gap <- function(codes, count) replace(codes, is.na(codes), count + 1)
  codes <- lapply(variables, function(value) {
    if (is.factor(value)) with_gap(as.integer(value), nlevels(value)) else if (is.logical(value) && !is.matrix(value)) with_gap(1 + value, 2)
  })
  sizes <- lapply(variables, function(value) 1 + if (is.factor(value)) nlevels(value) else 2)
  terms <- c(given$terms, plain_terms(length(variables)))
  needed <- lapply(terms, function(term) {
    cells <- cells_of(codes[term$at], sizes[term$at])[rows]
    lost <- setdiff(cells[chosen], c(cells[-chosen], NA))
    chosen[match(lost, cells[chosen])]
  })
  unique(unlist(needed))
}

# The inputs of the rows that train and of those that were split off to judge (NULL where none were), as matrices.
encode_given <- function(given, plan) {
  check_inputs_of_given(given, plan)
  design <- given$blueprint$design
  if (is.null(design)) {
    of <- function(rows) pick(given$variables[[1L]], rows)
  } else {
    of <- function(rows) encode_rows(given$variables, design, rows)
  }
  list(x = of(plan$train), held = if (!is.null(plan$held)) of(plan$held))
}

# A matrix that is to have no gaps is looked at by the engine, which reads every number anyway.
check_inputs_of_given <- function(given, plan) {
  impute <- plan$settings$na_action == "impute"
  if (given$interface == "matrix" && !impute) {
    return(invisible())
  }
  variables <- lapply(given$variables, pick, plan$used)
  refuse_new_levels(variables, given$blueprint$design, given$arg)
  check_inputs_known(variables, given$arg, impute)
}

# The blueprint of predictions, with what was learnt from the rows that train.
complete_blueprint <- function(given, plan, settings, earlier) {
  blueprint <- given$blueprint
  if (!is.null(earlier)) {
    return(blueprint)
  }
  impute <- settings$na_action == "impute"
  variables <- given$variables
  terms <- given$terms
  if (given$interface == "matrix") {
    if (!impute) {
      return(NULL)
    }
    x <- variables[[1L]]
    refuse_sparse_impute(x)
    names(variables) <- if (is.null(colnames(x))) "x" else ""
    terms <- plain_terms(1L)
    blueprint <- list(kind = "matrix", names = colnames(x), width = ncol(x))
  }
  weights <- pick(plan$weights, plan$learn)
  rare_levels <- check_count(settings$rare_levels, "rare_levels", min = 0)
  blueprint$design <- learn_design(variables, terms, plan$learn, weights, impute, rare_levels, if (is.null(plan$counts)) list(NULL) else plan$counts)
  blueprint
}

refuse_sparse_impute <- function(x) {
  if (is_sparse(x)) {
    stop_incompatible(
      "{.code na_action = \"impute\"} does not work on a sparse matrix.",
      "Fill it in before, or use {.code na_action = \"omit\"}."
    )
  }
}

# The rows in the engine's form. A training on all rows of a matrix without weights copies nothing.
take_rows <- function(plan, spec, given, encoded) {
  y <- encode_outcome(given$outcome, spec$engine)
  codes <- outcome_codes(given$outcome)
  train <- plan$train
  factors <- if (!is.null(plan$class_weights)) {
    of <- if (is.null(train)) seq_along(codes) else train
    class_factors(plan$class_weights, codes[of], plan$weights[of], outcome_levels(given$outcome))
  }
  weights <- weigh(plan$weights, factors, codes)
  data <- c(list(x = encoded$x), pick_rows(y, weights, spec$offset, train))
  if (!is.null(plan$held)) {
    data$validation <- c(list(x = encoded$held), pick_rows(y, weights, spec$offset, plan$held))
  } else if (!is.null(plan$given)) {
    data$validation <- given_rows(plan$given, spec, factors, spec$offset)
  }
  places <- pick_places(given$rows, train)
  if (!is.null(places) || !is.null(weights)) {
    # The weights of all rows given, 0 for those that did not train.
    data$all_weights <- numeric(given$n)
    at <- if (is.null(places)) seq_len(given$n) else places
    of_rows <- if (is.null(weights)) rep(1, length(at)) else pick(weights, train)
    # Row numbers in `subset` may repeat.
    sums <- if (anyDuplicated(at)) rowsum(of_rows, at, reorder = FALSE)
    data$all_weights[unique(at)] <- if (is.null(sums)) of_rows else sums[, 1L]
  }
  data$rows <- places
  data$held <- if (!is.null(plan$held)) pick_places(given$rows, plan$held)
  data
}

# Places among all rows of places among those kept.
pick_places <- function(rows, places) if (is.null(rows)) places else pick(rows, places)

# Case weights times the factors of their classes; NULL when both are.
weigh <- function(weights, factors, codes) {
  if (is.null(factors)) {
    return(weights)
  }
  if (is.null(weights)) factors[codes] else weights * factors[codes]
}

pick_rows <- function(y, weights, offset, rows) {
  if (is.null(rows)) {
    return(list(y = y, case_weights = weights, offset = offset))
  }
  list(
    y = y[rows, , drop = FALSE], case_weights = weights[rows],
    offset = if (!is.null(offset)) offset[rows, , drop = FALSE]
  )
}

given_rows <- function(given, spec, factors, offset) {
  outputs <- spec$engine$sizes[length(spec$engine$sizes)]
  if (!is.null(offset) && is.null(given$offset)) {
    stop_backprop("argument", "{.arg validation} must have an {.field offset}, since the training has one.")
  }
  list(
    x = given$x,
    y = encode_outcome(given$outcome, spec$engine),
    case_weights = weigh_trials(weigh(given$weights, factors, outcome_codes(given$outcome)), given$outcome),
    offset = if (!is.null(offset)) read_offset(given$offset, nrow(given$x), outputs, "validation$offset", objective = spec$engine)
  )
}

# Outcomes, and offsets with them, on the scale that training sees.
# `lowest` is what lowest_of_log() gives of the rows that train, where `data` are not all of these.
scale_outcomes <- function(data, scaling, objective, lowest = lowest_of_log(data$y, scaling$y_transform)) {
  if (is.null(scaling$y_center) && is.null(scaling$y_transform)) {
    return(data)
  }
  force(lowest)
  scale <- function(rows) {
    rows$y <- transform_outcome(rows$y, scaling$y_transform, lowest)
    if (is.null(scaling$y_center)) {
      return(rows)
    }
    rows$y <- scale_columns(rows$y, scaling$y_center, scaling$y_scale)
    rows["offset"] <- list(scale_offset(rows$offset, scaling$y_scale, objective))
    rows
  }
  data[c("y", "offset")] <- scale(data)[c("y", "offset")]
  if (!is.null(data$validation)) data$validation <- scale(data$validation)
  data
}

# An offset adds to an outcome that is divided by its scale; what is added to the logarithm of a standard deviation stays.
scale_offset <- function(offset, scale, objective) {
  if (is.null(offset) || is.null(scale)) {
    return(offset)
  }
  if (has_log_sds(objective)) scale <- c(scale, rep(1, length(scale)))
  offset / rep(scale, each = nrow(offset))
}
