# Training from a reader: from the request to the fit. Between the survey and the engine everything is as for rows in memory.

#' Training on more rows than memory holds
#'
#' `nn_train()` takes a reader ([nn_reader()]) in the place of a formula and data: `nn_train(nn_reader(source, y ~ a + b), ...)`. Its arguments are those of the
#' formula method, and the fit is one of a formula: [predict()][predict.nn_fit], [summary()][summary.nn_fit] and all else take it as they take others. Memory
#' holds a chunk of rows, the buffer that shuffles, and at most 100,000 rows that are looked at, however many there are.
#'
#' @section Passes:
#' Rows are read again and again, from first to last: a look at the first chunk; a survey that counts rows, levels and gaps and finds the types of columns (once more
#' where the share `validation` is held back, or where types, or levels of a factor, are told by a later chunk only); a pass for the moments by which inputs are
#' scaled (none under `standardize = FALSE`); one for the weights of the rows; one for each epoch, and one more for each evaluation (of the final loss, of L-BFGS's line searches).
#' All passes must give the same rows in the same order. A pass that gives more rows or fewer, other columns or types, or levels that were not there is an error of class
#' `backprop_error_reader`.
#'
#' @section The same fit as in memory:
#' For the same rows and seed the fit is that of the formula method, to the last bit, whatever the size of chunks and the number of threads: with all rows in a step (`gd`, `rprop`,
#' `lbfgs`), and with mini-batches under `shuffle = FALSE`; with factors, products, offsets, weights of rows and classes, families, gaps left out. Different is:
#'
#' * `shuffle = TRUE`: the next row is drawn from a buffer of `shuffle_bytes` (see [nn_reader()]), which then takes up the next row read. By the seed it is the same in each run.
#' * `validation = 0.2`: each row is drawn by the seed and its number, by itself, so that about that share is held back, and not the rows that would be in memory. A level that
#'   would be left with no row to train it keeps its rows. Rows of their own, as a data frame or as a reader of the same columns, give the fit of memory.
#' * Beyond 100,000 rows what needs rows in order (quantiles of `embed` and `standardize`, medians of `na_action = "impute"`, the start of a family's own
#'   parameters) is learnt of 100,000 rows, drawn by the seed.
#' * `preset = "table"` trains one network where it would train several, and blends it with none.
#' * `fit$validation_rows` is empty, and `fit$omitted` beyond 100,000 rows.
#'
#' @section What a reader cannot have:
#' * Terms that depend on all rows: `poly(x, 2)`, `scale(x)`, `cut(x, 3)`, `x - mean(x)`, or functions of your own that do. The error names the term. Constants written out are none:
#'   `I((x - 3.2) / 1.5)`.
#' * Vectors beside the reader: `case_weights`, `offset` and `subset` are made of its columns.
#' * `ensemble` above 1, `blend`, `bootstrap`, `restarts`, `keep = "data"`; `family = "cox"`, whose loss compares all rows; [nn_trace()] and [nn_tune()]. Each is an error of class
#'   `backprop_error_incompatible`.
#'
#' @section What goes wrong while rows are read:
#' The error of the source reaches you as the parent of one of class `backprop_error_reader`. After the first epoch the network as of the last finished one is kept: [nn_last()] gives it, and
#' `nn_train(reader, start = nn_last())` goes on.
#' @examples
#' # Four chunks of a data frame, as if they were files:
#' reader <- nn_reader(iris, Species ~ ., chunk_rows = 40)
#' fit <- nn_train(reader, preset = "textbook", hidden = 4, optimizer = "lbfgs",
#'                 standardize = TRUE, epochs = 50, seed = 1)
#' same <- nn_train(Species ~ ., iris, preset = "textbook", hidden = 4, optimizer = "lbfgs",
#'                  standardize = TRUE, epochs = 50, seed = 1)
#' identical(fit$weights, same$weights)
#'
#' # Rows held back, mini-batches from a shuffle buffer:
#' fit <- nn_train(reader, epochs = 20, validation = 0.2, seed = 1)
#' fit$validation_count
#' @seealso [nn_reader()], [nn_train()]; `vignette("streams-and-clusters")`
#' @name streams
NULL

request_training.nn_reader <- with_arguments(replace(formula_defaults, "preset", list("table")), function(X, ...) {
  matched <- with_words_of_dots(match.call(), parent.frame())
  typed <- check_spelling(names(matched), names(sys.call()), c("X", "subset", training_arguments))
  columns <- list(
    case_weights = rlang::enquo0(case_weights), offset = rlang::enquo0(offset), subset = rlang::enquo0(subset)
  )
  case_weights <- offset <- NULL
  settings <- with_na_alias(settings_of(environment()), list(...))
  reader <- check_reader(X, "X", training = TRUE)
  earlier <- earlier_fit(start, "formula")
  structure(
    list(reader = reader, columns = columns, settings = settings, typed = typed, earlier = earlier, call = matched),
    class = "streamed_request"
  )
})

#' @rdname nn_train
#' @export
nn_train.nn_reader <- training_by(request_training.nn_reader)

is_streamed_request <- function(request) inherits(request, "streamed_request")

refuse_streamed <- function(request, what) {
  if (is_streamed_request(request)) {
    stop_incompatible("{what} needs its rows in memory, and a reader gives them in parts.", "Give a data frame of some of the rows.", what = what)
  }
}

train_streamed <- function(request) {
  if (is.null(request$settings$seed)) undoing_draws(train_reader(request)) else train_reader(request)
}

train_reader <- function(request) {
  reader <- request$reader
  typed <- request$typed
  earlier <- request$earlier
  settings <- settle_arguments(request)
  refuse_for_reader(settings, typed, earlier)
  settings$seed <- seed_or_drawn(settings$seed)
  request$settings <- settings
  seed <- split_seed(settings$seed, typed, earlier)
  judges <- if (inherits(settings$validation, "nn_reader")) check_reader(settings$validation, "validation", training = FALSE)

  seen <- look_at_reader(reader, request$columns, typed, earlier)
  check_given_again(typed, seen$read(seen$columns), earlier)
  check_still_filled(settings$na_action, earlier)
  # Of an Arrow stream only these are decoded.
  if (reader$kind %in% c("arrow", "parts")) reader$columns <- names(seen$columns)
  settled <- NULL
  survey <- survey_reader(reader, seen, request$columns, settings$na_action, function(survey) {
    settled <<- settle_survey(request, survey, judges)
    list(share = settled$plan$share, zero = settled$zero)
  }, seed)
  tell_survey(survey, settings$na_action)
  given <- settled$given
  plan <- settled$plan
  settings <- settled$settings
  plan$train <- plan$learn <- survey$learn
  plan$counts <- survey$counts
  if (is.null(earlier)) warn_unused_levels(given$outcome, plan)
  given$blueprint <- complete_blueprint(given, plan, settings, earlier)
  check_events(given$outcome, replace(plan, "given", list(NULL)), settings$resolved_family)
  if (!is.null(plan$given)) plan$given <- read_validation(plan$given, given, settings$na_action)
  ready <- prepare_stream(settings, plan, given, survey, typed, earlier, reader, judges)
  on.exit(close_streams(ready$data))
  seconds <- clock(settings$time_limit, settings$began)$left()
  fit <- keeping_last(function(keep) run_training(ready, given, earlier, ready$spec$engine$seed, seconds, keep))
  warn_symptoms(fit, started = !is.null(ready$spec$start))
  fit
}

close_streams <- function(data) {
  for (stream in streams_of(data)) stream$close()
}

streams_of <- function(data) {
  c(list(data$x), if (!is.null(data$validation) && is_streamed(data$validation)) list(data$validation$x))
}

# What needs all rows at once, or at other places than they are read.
refuse_for_reader <- function(settings, typed, earlier) {
  refuse <- function(arg, why, mend) {
    stop_incompatible("{.arg {arg}} does not go with a reader: {why}.", mend, arg = arg, why = why)
  }
  one <- "{.code ensemble = 1} without {.arg blend} trains one network; average networks of several seeds by hand, or train on a data frame."
  if ("ensemble" %in% typed && !identical(as.double(settings$ensemble), 1)) refuse("ensemble", "one network is trained", one)
  if (length(settings$blend) > 0L) refuse("blend", "one network is trained", one)
  if (isTRUE(settings$bootstrap)) refuse("bootstrap", "rows are not drawn from all", "Leave it out.")
  if (is_ensemble(earlier)) refuse("start", "one network is trained, and it has several", "Give one of them, {.code nn_member(start, 1)}, or train on a data frame.")
  if (!(is_whole(settings$restarts, 1) && settings$restarts == 1)) refuse("restarts", "one network is trained", "Train by several seeds and keep the best.")
  if (identical(settings$keep, "data")) {
    refuse("keep", "`\"data\"` would keep all rows in memory", "Leave it out; give {.arg data} to what asks for it.")
  }
}

# The request as it is once the rows were surveyed: given, settings, and the plan of plan_rows().
settle_survey <- function(request, survey, judges) {
  given <- read_some(request$reader$formula, survey$table, request$columns, request$typed, request$earlier)
  given$n <- count_as_integer(survey$rows)
  given$kept <- survey$kept
  given$call <- request$call
  if (length(survey$omitted_rows) > 0L) given$omitted <- survey$omitted_rows
  completed <- complete_request(request_of_rows(request, given))
  given <- completed$given
  settings <- alone_in_stream(completed$settings)
  refuse_all_rows(settings$resolved_family)
  # A reader of rows that judge stands for rows of their own.
  plan <- plan_rows(if (is.null(judges)) settings else replace(settings, "validation", list(NULL)), given)
  plan["weights"] <- list(weigh_trials(plan$weights, given$outcome))
  plan$settings <- settings
  zero <- if (is.numeric(plan$class_weights)) names(plan$class_weights)[plan$class_weights == 0]
  list(given = given, settings = settings, plan = plan, zero = if (length(zero) > 0L) zero)
}

request_of_rows <- function(request, given) {
  list(given = given, settings = request$settings, typed = request$typed, earlier = request$earlier, call = request$call)
}

# Where a preset would train several networks, one is trained.
alone_in_stream <- function(settings) {
  settings$ensemble <- 1
  settings["blend"] <- list(NULL)
  settings
}

refuse_all_rows <- function(family) {
  if (isTRUE(family$all_rows)) {
    stop_incompatible(
      "{.code family = \"{name}\"} compares every row with all that are at risk, and a reader gives them in parts.",
      "{.code family = \"discrete_hazard\"} takes rows one by one.",
      name = family$family
    )
  }
}

tell_survey <- function(survey, na_action) {
  count <- survey$omitted
  if (count > 0) {
    left <- survey$kept
    what <- if (na_action == "omit") "a missing value" else "a missing outcome, offset or weight"
    inform_backprop("omitted", "{count} row{?s} with {what} {cli::qty(count)}{?is/are} left out; {left} {cli::qty(left)}{?is/are} used.", count = count)
  }
  if (!is.null(survey$plan$hold) && (survey$held == 0 || survey$train == 0)) {
    side <- if (survey$held == 0) "judge" else "train"
    stop_backprop("argument", c(
      "{.arg validation} must leave rows on both sides.", x = "None of {survey$kept} row{?s} {side}s: each is drawn by the seed.",
      i = "Give another share, or rows of their own."
    ))
  }
  if (survey$train > .Machine$integer.max) {
    stop_backprop("reader", "A reader may give up to {(.Machine$integer.max)} rows that train.")
  }
}

# As prepare_training() does it for rows in memory.
prepare_stream <- function(settings, plan, given, survey, typed, earlier, reader, judges) {
  design <- given$blueprint$design
  outcome <- given$outcome
  learn <- survey$learn
  looked <- list(x = encode_rows(given$variables, design, survey$looked_at), weights = pick(plan$weights, survey$looked_at))
  chunks <- replace(survey$plan, "like", list(replace(survey$plan$like, "blueprint", list(given$blueprint))))
  embed <- embed_of_layers(settings, typed)
  standardize <- read_standardize(settings$standardize)
  factors <- factors_of_survey(plan$class_weights, survey, outcome)
  made <- list(design = design, outcome = outcome, factors = factors, offset = FALSE)
  facts <- facts_of_stream(reader, chunks, made, settings, plan, survey, earlier)
  encoding <- learn_encoding(standardize, embed, looked$x, looked$weights, earlier, dummy = facts$dummy())
  inputs <- list(
    n = survey$train, p = encoded_width(length(design$names), encoding), rows = nrow(survey$table), embed = embed,
    validation = if (!is.null(judges) || !is.null(plan$given)) "given" else plan$share
  )
  if (needs_columns(settings$hidden)) inputs$columns <- describe_columns(looked$x, given$blueprint, encoding, facts$dummy())
  spec <- resolve_specification(settings, typed, inputs, outcome, TRUE, earlier)
  objective <- spec$engine
  if (!is.null(spec$cluster)) check_stream_on_cluster(spec$cluster, objective$batch_size, survey$train)
  weights <- weigh(plan$weights, factors, if (!is.null(factors)) outcome_codes(outcome))
  data <- pick_rows(encode_outcome(outcome, objective), weights, spec$offset, learn)
  facts$y <- data$y
  facts["case_weights"] <- list(data$case_weights)
  facts$looked_at <- function(j) list(column = looked$x[, j], weights = weights[survey$looked_at])
  scaling <- resolve_scaling(spec, facts, earlier)
  made$lowest <- lowest_of_log(data$y, scaling$y_transform)
  data <- scale_outcomes(data, scaling, objective)
  probe_loss(objective$custom$loss, objective$output, data$y)
  made <- c(made, list(objective = objective, scaling = scaling, outputs = utils::tail(objective$sizes, 1L), targets = ncol(data$y)))
  made$offset <- !is.null(spec$offset)
  made$offsets <- if (made$offset) ncol(spec$offset)
  place <- new_place()
  weighted <- !is.null(weights)
  stream <- function(which, rows, total) {
    stream_of_reader(reader, chunks, made, which, rows, weighted, place, total, native_plan(reader, given, chunks, made, which), survey$marks)
  }
  ready <- list(x = stream("train", survey$train, facts$total), looked_at = list(x = looked$x, y = data$y))
  validation <- if (!is.null(judges)) {
    list(x = stream_of_judges(judges, chunks, made, if (share_functions(judges, reader)) place else new_place()))
  } else if (!is.null(plan$share)) {
    list(x = stream("held", survey$held, NULL))
  } else if (!is.null(plan$given)) {
    scale_outcomes(given_rows(plan$given, spec, factors, spec$offset), scaling, objective, made$lowest)
  }
  ready["validation"] <- list(validation)
  list(
    spec = spec, data = ready, scaling = scaling, encoding = encoding,
    ancillary = start_ancillary(objective, data$y, data$case_weights)
  )
}

factors_of_survey <- function(class_weights, survey, outcome) {
  if (is.null(class_weights)) {
    return(NULL)
  }
  if (is.numeric(class_weights)) {
    return(unname(class_weights))
  }
  total <- unname(survey$class_totals[match(outcome_levels(outcome), names(survey$class_totals))])
  balanced_factors(replace(total, is.na(total), 0))
}

# Whether two readers call the same function, which has one place where it stands.
share_functions <- function(a, b) {
  functions_of <- function(reader) lapply(leaves_of(reader), `[[`, "source")
  any(vapply(functions_of(a), function(source) is.function(source) && any(vapply(functions_of(b), identical, NA, source)), NA))
}

# Rows of another reader that judge: counted once, then read as those that train.
stream_of_judges <- function(judges, plan, made, place) {
  plan[c("subset", "hold", "zero")] <- list(NULL)
  count <- 0
  weighted <- plan$weighted || !is.null(made$factors)
  rows <- of_validation(walk_chunks(judges, function(chunk, first, part) {
    found <- rows_of_chunk(chunk, plan, count, first)
    refuse_new_levels(found$variables, made$design, "validation")
    unknown <- !is_known_outcome(found$Y)
    if (any(unknown)) stop_nonfinite_outcome(first - 1 + found$kept[unknown], "validation", training_call)
    check_inputs_known(found$variables, "validation", plan$na_action == "impute")
    count <<- count + length(found$kept)
  }))
  if (count == 0) {
    stop_backprop("empty", "{.arg validation} must have at least one row that takes part; of its reader none of {rows} does.")
  }
  stream_of_reader(judges, plan, made, "train", count, weighted, place, NULL)
}

# Errors say which of two readers they are about: rows that judge can have levels and types that those that train have not.
of_validation <- function(code) {
  withCallingHandlers(code, backprop_error_reader = function(cnd) {
    cnd$body <- c(cnd$body[names(cnd$body) == "x"], i = "This is the reader of `validation`: its rows must be of the columns, types and levels of those that train.")
    rlang::cnd_signal(cnd)
  })
}
