# The survey: a pass over the rows of a reader that finds what a training in memory sees at a glance, and keeps some of the rows, in which
# the rest is learnt by what learns from rows in memory.
#
# What it gives, a list:
#   rows       how many rows there are; `kept`, how many take part; `train` and `held`, how many of these train and are held back; `omitted`, how many a
#              gap took out
#   marks      where the parts of the reader begin, see note_part()
#   columns    what is known of the columns, see stream-columns.R
#   table      the rows kept, a table: all of the sample, and the first of each level, of each combination of levels that a term makes, and of each of the
#              least and greatest outcomes. `looked_at` are the places in it of the sample, `learn` of those that train.
#   counts     what learn_design() takes
#   keys       of each thing that has levels: texts of its levels or combinations, how many rows that train and how many that are held back have them
#   total      the weight of all rows that train, and `class_totals` of those of each level of the outcome

# `look(columns)` gives the plan that goes with what is known of the columns, see stream-given.R. Where a chunk has more to tell of them than those
# before, the pass goes on to learn that alone, and the next one surveys. `seed` draws the sample.
survey_rows <- function(reader, columns, look, seed) {
  repeat {
    plan <- look(columns)
    state <- new_survey(plan)
    walk_chunks(reader, function(chunk, first, part) {
      columns <<- add_columns(columns, chunk)
      note_part(state, part, first)
      if (identical(columns, plan$columns)) {
        survey_chunk(state, rows_of_chunk(chunk, plan, state$kept, first), plan, seed, first)
      }
    })
    if (identical(columns, plan$columns)) {
      return(finish_survey(state, plan))
    }
  }
}

# `each(chunk, first, part)` for every chunk of a pass; `first` is the number of its first row. The number of rows.
walk_chunks <- function(reader, each) {
  cursor <- open_reader(reader)
  on.exit(cursor$close())
  first <- 1
  repeat {
    chunk <- cursor$next_chunk()
    if (is.null(chunk)) break
    if (nrow(chunk) == 0L) next
    each(chunk, first, cursor$part())
    first <- first + nrow(chunk)
  }
  first - 1
}

new_survey <- function(plan) {
  list2env(list(
    rows = 0, marks = list(), kept = 0, train = 0, held = 0, omitted = 0, unknown = list(), unknown_outcomes = numeric(), unknown_count = 0,
    keys = lapply(plan$tracked, function(one) list(text = character(), train = numeric(), held = numeric())),
    tables = list(), about = list(), drawn = numeric(), limit = Inf, gaps = list(), extremes = list(), total = c(0, 0), class_totals = list(level = character(), total = list())
  ), parent = emptyenv())
}

# Where a reader begins.
first_mark <- list(part = 1, first = 1, before = 0, train = 0, held = 0)

# Before the first chunk of a part: how many rows came before it, in all and of each kind. Parts without rows are where the next one is.
note_part <- function(state, part, first) {
  mark <- list(first = first, before = state$kept, train = state$train, held = state$held)
  while (length(state$marks) < part) {
    new <- length(state$marks) + 1L
    state$marks[[new]] <- c(list(part = new), mark)
  }
}

survey_chunk <- function(state, rows, plan, seed, first) {
  state$rows <- state$rows + nrow(rows$table)
  state$omitted <- state$omitted + length(rows$omitted)
  # Their numbers too, while they are few.
  state$omitted_rows <- if (state$omitted <= most_looked_at) c(state$omitted_rows, first - 1L + rows$omitted)
  count <- length(rows$kept)
  if (count == 0L) {
    return(invisible())
  }
  note_unknown(state, rows, first)
  split <- split_chunk(rows, plan)
  trains <- replace(logical(count), split$train, TRUE)
  held <- replace(logical(count), split$held, TRUE)
  firsts <- logical(count)
  for (t in seq_along(plan$tracked)) firsts[note_keys(state, t, keys_of_rows(plan$tracked[[t]], rows), trains, held)] <- TRUE
  firsts[c(note_extremes(state, "kept", rows$Y, seq_len(count)), note_extremes(state, "train", rows$Y, split$train))] <- TRUE
  if (plan$na_action == "impute") note_gaps(state, rows$variables, split$train)
  keys <- rep(NA_real_, count)
  keys[split$train] <- row_keys(seed, state$train, length(split$train), "sample")
  keys[which(keys >= state$limit)] <- NA
  keep <- which(firsts | !is.na(keys))
  if (length(keep) > 0L) {
    i <- length(state$tables) + 1L
    state$tables[[i]] <- pick_table_rows(rows$table, rows$kept[keep])
    state$about[[i]] <- data.frame(number = first - 1 + rows$kept[keep], key = keys[keep], trains = trains[keep], first = firsts[keep])
    state$drawn <- c(state$drawn, keys[!is.na(keys)])
    prune_sample(state)
  }
  state$kept <- state$kept + count
  state$train <- state$train + length(split$train)
  state$held <- state$held + length(split$held)
  weights <- if (is.null(rows$weights)) rep(1, length(split$train)) else rows$weights[split$train]
  state$total <- add_exactly(state$total, weights)
  note_class_totals(state, rows$Y, split$train, weights)
}

# Twice as many candidates as are wanted, and those that cannot be among the wanted go.
prune_sample <- function(state, most = most_looked_at) {
  if (length(state$drawn) <= most) {
    return(invisible())
  }
  state$limit <- sort(state$drawn, partial = most + 1)[most + 1]
  if (length(state$drawn) > 2 * most) {
    state$drawn <- state$drawn[state$drawn < state$limit]
    about <- do.call(rbind, state$about)
    keep <- which(about$first | about$key < state$limit)
    state$tables <- list(pick_table_rows(bind_tables(state$tables), keep))
    state$about <- list(about[keep, ])
  }
}

# A sum in two parts, the second what rounding took from the first: R's own sums are of more digits than a number keeps.
add_exactly <- function(total, values) {
  high <- sum(values)
  low <- sum(c(values, -high))
  sum <- total[1L] + high
  back <- sum - total[1L]
  c(sum, total[2L] + low + ((total[1L] - (sum - back)) + (high - back)))
}

# Numbers of so many values are no classes, and counted no further.
most_classes <- 1000L

note_class_totals <- function(state, Y, train, weights) {
  known <- state$class_totals
  classes <- classes_of(Y)
  if (is.null(known) || is.null(classes)) {
    return(invisible())
  }
  classes <- classes[train]
  found <- unique(classes)
  if (!is.factor(classes) && !is.character(classes) && length(found) > most_classes) {
    state$class_totals <- NULL
    return(invisible())
  }
  parts <- split(weights, factor(match(classes, found), seq_along(found)))
  found <- as.character(found)
  new <- setdiff(found, known$level)
  known$level <- c(known$level, new)
  known$total <- c(known$total, rep(list(c(0, 0)), length(new)))
  at <- match(found, known$level)
  known$total[at] <- Map(add_exactly, known$total[at], parts)
  state$class_totals <- known
}

# Inputs and outcomes that are missing or not finite are an error where gaps are not left out: all are counted first.
note_unknown <- function(state, rows, first) {
  counts <- lapply(rows$variables, count_unknown)
  state$unknown <- if (length(state$unknown) == 0L) counts else Map(function(a, b) list(gaps = a$gaps + b$gaps, broken = a$broken + b$broken), state$unknown, counts)
  state$variables <- lapply(rows$variables, pick_rows_of, 0L)
  bad <- which(!is_known_outcome(rows$Y))
  state$unknown_outcomes <- utils::head(c(state$unknown_outcomes, first - 1 + rows$kept[bad]), 6L)
  state$unknown_count <- state$unknown_count + length(bad)
}

# Whether a row that trains has a gap, by variable and its columns.
note_gaps <- function(state, variables, train) {
  gaps <- lapply(variables, function(value) {
    value <- pick_rows_of(value, train)
    if (is.factor(value)) anyNA(as.integer(value)) else if (is.matrix(value)) colSums(is.na(value)) > 0 else anyNA(value)
  })
  state$gaps <- if (length(state$gaps) == 0L) gaps else Map(`|`, state$gaps, gaps)
}

refuse_unknown_in_survey <- function(state, plan) {
  if (state$unknown_count > 0) stop_nonfinite_outcome(state$unknown_outcomes, "data", training_call)
  counts <- state$unknown
  gaps <- unlist(lapply(counts, function(count) count$gaps))
  broken <- unlist(lapply(counts, function(count) count$broken))
  impute <- plan$na_action == "impute"
  if (any(broken > 0) || (!impute && any(gaps > 0))) {
    columns <- unlist(Map(name_unknown, state$variables, names_of(state$variables)))
    stop_unknown_values(columns, if (impute) 0 * gaps else gaps, broken, "data", training_call)
  }
}

# What has levels: every factor, every term that makes combinations of levels, and the outcome.
tracked_things <- function(variables, terms, Y) {
  kinds <- vapply(variables, kind_of_variable, "")
  factors <- lapply(which(kinds == "levels"), function(i) list(what = "variable", at = i))
  coded <- kinds %in% c("levels", "flag")
  has_cells <- vapply(terms, function(term) any(coded[term$at]) && !identical(unname(kinds[term$at]), "levels"), NA)
  products <- lapply(terms[has_cells], function(term) list(what = "term", at = term$at[coded[term$at]]))
  c(unname(factors), unname(products), if (!is.null(classes_of(Y)) && (is.factor(Y) || is.character(Y))) list(list(what = "outcome")))
}

# Numbers of the combinations that rows have, and the text of each.
keys_of_rows <- function(thing, rows) {
  values <- if (thing$what == "outcome") list(factor(as.character(rows$Y))) else rows$variables[thing$at]
  codes <- lapply(values, function(value) {
    code <- if (is.factor(value)) as.integer(value) else 1L + value
    replace(code, is.na(code), if (is.factor(value)) nlevels(value) + 1L else 3L)
  })
  cells <- cells_of(codes, lapply(values, function(value) if (is.factor(value)) nlevels(value) + 1 else 3))
  first <- which(!duplicated(cells))
  texts <- do.call(paste, c(lapply(values, function(value) {
    text <- as.character(value[first])
    ifelse(is.na(text), if (is.factor(value)) paste0(gap_key, ifelse(is.na(as.integer(value[first])), "", "level")) else gap_key, text)
  }), sep = "\r"))
  list(of_row = match(cells, cells[first]), first = first, texts = texts)
}

gap_key <- "\001"

# Counts them; the places of rows that are kept since they are the first.
note_keys <- function(state, t, found, trains, held) {
  known <- state$keys[[t]]
  new <- setdiff(found$texts, known$text)
  known$text <- c(known$text, new)
  known$train <- c(known$train, numeric(length(new)))
  known$held <- c(known$held, numeric(length(new)))
  at <- match(found$texts, known$text)
  of_train <- tabulate(found$of_row[trains], length(found$texts))
  fresh <- which(known$train[at] == 0 & of_train > 0)
  # The first that trains, and the first of all.
  firsts <- c(match(fresh, ifelse(trains, found$of_row, NA)), found$first[found$texts %in% new])
  known$train[at] <- known$train[at] + of_train
  known$held[at] <- known$held[at] + tabulate(found$of_row[held], length(found$texts))
  state$keys[[t]] <- known
  firsts
}

# Among `places`, those of rows whose outcome is lower or greater than all before, or the first that is no 0 or 1, or no whole number. `whose`: of
# which rows these extremes are.
note_extremes <- function(state, whose, Y, places) {
  if (is.data.frame(Y) || is.factor(Y) || !(is.numeric(Y) || is.logical(Y)) || length(places) == 0L) {
    return(integer())
  }
  values <- matrix(as.double(pick_rows_of(Y, places)), length(places))
  known <- state$extremes[[whose]]
  if (is.null(known)) known <- list(low = rep(Inf, ncol(values)), high = rep(-Inf, ncol(values)), parts = logical(ncol(values)), between = logical(ncol(values)))
  found <- integer()
  for (j in seq_len(ncol(values))) {
    column <- values[, j]
    if (all(is.na(column))) next
    low <- which.min(column)
    high <- which.max(column)
    if (column[low] < known$low[j]) found <- c(found, low)
    if (column[high] > known$high[j]) found <- c(found, high)
    known$low[j] <- min(known$low[j], column[low])
    known$high[j] <- max(known$high[j], column[high])
    odd <- c(parts = which(column != floor(column))[1L], between = which(column != 0 & column != 1)[1L])
    for (what in names(odd)[!is.na(odd)]) {
      if (!known[[what]][j]) found <- c(found, odd[[what]])
      known[[what]][j] <- TRUE
    }
  }
  state$extremes[[whose]] <- known
  places[found]
}

finish_survey <- function(state, plan) {
  if (state$rows == 0) {
    stop_no_rows()
  }
  if (state$kept == 0) {
    count <- state$rows
    omitted <- state$omitted
    stop_backprop("empty", c(
      "No row of the reader takes part in training.",
      x = "It gives {count} row{?s}: {omitted} with a missing value; others have weight 0 or are no part of {.arg subset}."
    ))
  }
  refuse_unknown_in_survey(state, plan)
  about <- do.call(rbind, state$about)
  list(
    rows = state$rows, marks = state$marks, kept = state$kept, train = state$train, held = state$held, omitted = state$omitted, omitted_rows = as.integer(state$omitted_rows), plan = plan,
    table = bind_tables(state$tables), looked_at = which(about$key < state$limit), learn = which(about$trains), keys = state$keys,
    total = sum(state$total), class_totals = stats::setNames(vapply(state$class_totals$total, sum, 0), state$class_totals$level), counts = counts_of_survey(state, plan)
  )
}

stop_no_rows <- function() {
  stop_backprop("reader", c("The reader gives no rows.", i = "Training needs at least one."))
}

# What was counted of each variable, as learn_design() takes it.
counts_of_survey <- function(state, plan) {
  counts <- lapply(seq_along(state$variables), function(i) list(gaps = if (length(state$gaps) > 0L) state$gaps[[i]]))
  for (t in seq_along(plan$tracked)) {
    if (plan$tracked[[t]]$what != "variable") next
    known <- state$keys[[t]]
    counts[[plan$tracked[[t]]$at]]$levels <- stats::setNames(known$train, known$text)
  }
  counts
}

# Keys that rows held back have and no row that trains: such rows are to train. Empty where there are none.
lost_keys <- function(survey) {
  lost <- lapply(survey$keys, function(known) known$text[known$train == 0 & known$held > 0])
  if (all(lengths(lost) == 0L)) NULL else lost
}

# Whether a row has one of the keys that are to train.
has_any_key <- function(rows, plan) {
  has <- Map(function(thing, texts) {
    if (length(texts) == 0L) {
      return(FALSE)
    }
    found <- keys_of_rows(thing, rows)
    found$texts[found$of_row] %in% texts
  }, plan$tracked, plan$hold$kept)
  Reduce(`|`, has)
}
