# Which rows each training holds out, to be judged on them.

# The folds of every repeat, or (of a share) the rows that each repeat holds out: a list with `fold`, `repetition` and the places `held`, among
# `places`, those
# of the rows that take part. `outcome` is theirs, as read_outcome() gives it; `groups` has a value for each of them, or is NULL.
make_splits <- function(places, outcome, folds, repeats, groups, seed) {
  n <- length(places)
  share <- is_between(folds, 0, 1) && folds > 0
  if (!share && !is_whole(folds, 2)) {
    stop_argument("folds", "a whole number, 2 or more, or a share of the rows above 0 and below 1", folds, call = tuning_call)
  }
  repeats <- check_count(repeats, "repeats", call = tuning_call)
  strata <- strata_of(outcome)
  units <- if (is.null(groups)) n else length(unique(groups))
  noun <- if (is.null(groups)) "row" else "group"
  if (share) check_held_share(folds, units, noun) else check_folds(folds, strata, units, noun)
  # Each row is held out once in a repeat, and a list of three parts says of which fold.
  check_room((8 * n + 1000) * repeats, paste(count_text(repeats, "repeat"), "of", count_text(n, "row")), "Use fewer `repeats`.", tuning_call)
  drawing_by(seed, function() {
    made <- lapply(seq_len(repeats), function(repetition) {
      if (share) {
        return(list(list(fold = 1L, repetition = repetition, held = places[hold_share(folds, strata, groups)])))
      }
      fold <- deal_folds(folds, strata, groups)
      lapply(seq_len(folds), function(k) list(fold = k, repetition = repetition, held = places[fold == k]))
    })
    unlist(made, recursive = FALSE)
  })
}

# What the rows are dealt by: codes of classes (of times: whether the event came) or, of one numeric outcome, its values.
strata_of <- function(outcome) {
  codes <- outcome_codes(outcome)
  if (outcome$kind == "numeric" && outcome$k == 1L && !outcome$unit) {
    return(list(values = outcome$values[, 1L], classes = FALSE))
  }
  list(values = codes, classes = TRUE, levels = if (outcome$kind == "survival") c("without an event", "with an event") else outcome_levels(outcome))
}

# `units`, rows or groups (what the `noun` says), are what is held out as a whole.
check_held_share <- function(share, units, noun) {
  held <- round(share * units)
  if (held < 1 || held >= units) {
    stop_backprop("argument", c(
      "{.arg folds} must leave {noun}s on both sides.",
      x = "{share} of {count_text(units, noun)} is {held}."
    ), call = tuning_call)
  }
}

check_folds <- function(folds, strata, units, noun) {
  if (folds > units) {
    stop_backprop("folds", c("{.code folds = {folds}} are more than there are {noun}s: {units}.", i = "Use fewer {.arg folds}."), call = tuning_call)
  }
  if (!strata$classes || noun == "group") {
    return(invisible())
  }
  counts <- table(strata$values)
  rare <- counts[counts < folds]
  if (length(rare) > 0L) {
    count <- min(rare)
    code <- as.integer(names(rare)[which.min(rare)])
    level <- if (is.null(strata$levels)) code - 1L else strata$levels[code]
    stop_backprop("folds", c(
      "Each of {.code folds = {folds}} needs a row of each class, and {.val {level}} has {count} row{?s}.",
      i = "Use fewer {.arg folds}, or a share of the rows such as {.code folds = 0.25}."
    ), call = tuning_call)
  }
}

# Rows in the order of their strata, by chance within each.
stratified_order <- function(strata) order(strata$values, stats::runif(length(strata$values)))

# The fold of each row. Rows are dealt in the order of their strata, so that each class, or each stretch of a numeric outcome, is spread evenly.
deal_folds <- function(folds, strata, groups) {
  if (!is.null(groups)) {
    return(deal_groups(folds, groups))
  }
  n <- length(strata$values)
  fold <- integer(n)
  # Of classes one order of the folds is kept, which puts a row of each class with so many rows into each fold. Of numbers each hand is shuffled: no
  # fold always has
  # the smallest.
  hands <- ceiling(n / folds)
  dealt <- if (strata$classes) rep(sample.int(folds), hands) else unlist(lapply(seq_len(hands), function(i) sample.int(folds)))
  fold[stratified_order(strata)] <- dealt[seq_len(n)]
  fold
}

# Whole groups, the largest first, each into the fold with the fewest rows.
deal_groups <- function(folds, groups) {
  codes <- match(groups, unique(groups))
  sizes <- tabulate(codes)
  of_group <- integer(length(sizes))
  filled <- numeric(folds)
  for (group in order(-sizes, stats::runif(length(sizes)))) {
    of_group[group] <- which.min(filled)
    filled[of_group[group]] <- filled[of_group[group]] + sizes[group]
  }
  of_group[codes]
}

# Places of a share of the rows, the same share of each stratum, or of the groups.
hold_share <- function(share, strata, groups) {
  if (!is.null(groups)) {
    codes <- match(groups, unique(groups))
    return(which(codes %in% sample.int(max(codes), round(share * max(codes)))))
  }
  n <- length(strata$values)
  # A row wherever the running share passes a whole number.
  passed <- floor(seq_len(n) * share + stats::runif(1L))
  sort(stratified_order(strata)[diff(c(0, passed)) > 0])
}

# The groups of the rows given: a column's name, or values.
read_groups <- function(group, given) {
  if (is.null(group)) {
    return(NULL)
  }
  table <- if (has_one_table(given$interface)) given$original$data else given$original$X
  if (is_text(group) && given$interface != "matrix") {
    if (!group %in% names(table)) {
      stop_choice("group", group, names(table), call = tuning_call)
    }
    group <- table[[group]]
  }
  if (!is.atomic(group) || !is.null(dim(group)) || length(group) != given$n) {
    stop_argument("group", paste("the name of a column, or a value for each of the", given$n, "rows"), group, call = tuning_call)
  }
  if (anyNA(group)) {
    stop_backprop("argument", "{.arg group} must not have missing values; {sum(is.na(group))} {?is/are} missing.", call = tuning_call)
  }
  group
}
