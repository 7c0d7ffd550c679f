# Which rows train and which only judge: rows of weight 0 are left out, a share may be split off, or
# other rows given.

# Checked before the seed is drawn. Gives: `used`, the places of the rows that are not left out (NULL for all);
# `share` to split off; `given`, validation rows of their own; `out_of_bag`, whether those that were not drawn judge; `weights`; `class_weights`.
plan_rows <- function(settings, given) {
  outcome <- given$outcome
  n <- given$kept
  weights <- settings$case_weights
  class_weights <- read_class_weights(settings$class_weights, outcome)
  used <- NULL
  if (!is.null(class_weights) && !identical(class_weights, "balanced") && any(class_weights == 0)) {
    used <- which(class_weights[outcome_codes(outcome)] > 0)
    if (length(used) == 0L) {
      stop_backprop("argument", "{.arg case_weights} and {.arg class_weights} leave no row of positive weight.")
    }
    if (length(used) == n) used <- NULL
  }
  plan <- list(used = used, weights = weights, class_weights = class_weights, share = NULL, given = NULL)
  validation <- settings$validation
  if (identical(validation, "out_of_bag")) {
    if (!settings$bootstrap) {
      stop_incompatible(
        "{.code validation = \"out_of_bag\"} are the rows that a network has not drawn, and {.arg bootstrap} is {.code FALSE}: nothing is drawn.",
        "Type {.code bootstrap = TRUE}, or give a share of the rows: {.code validation = 0.15}."
      )
    }
    plan$out_of_bag <- TRUE
  } else if (is.numeric(validation)) {
    plan$share <- check_validation_share(validation, if (is.null(used)) n else length(used))
  } else if (!is.null(validation)) {
    plan$given <- check_validation(validation, given$interface, settings$bootstrap)
  }
  plan
}

# What a fit cannot pass on, since it keeps no data.
check_given_again <- function(typed, given, earlier) {
  if (is.null(earlier)) {
    return(invisible())
  }
  then <- c(
    case_weights = isTRUE(earlier$settings$case_weights) && is.null(given$case_weights),
    offset = isTRUE(earlier$settings$offset) && is.null(given$offset),
    validation = identical(earlier$settings$validation, "given")
  )
  for (arg in names(then)[then]) {
    if (!arg %in% typed) {
      stop_backprop("start", c(
        "{.arg start} was trained with {.arg {arg}}, which a fit does not keep.",
        i = "Give {.arg {arg}} again, or {.code {arg} = NULL} to go on without."
      ))
    }
  }
}

# What fills gaps in is learnt once, with the inputs that tell of them.
check_still_filled <- function(na_action, earlier) {
  if (na_action == "impute" && !is.null(earlier) && !identical(earlier$settings$na_action, "impute")) {
    stop_backprop("start", c(
      "{.arg start} was trained without {.code na_action = \"impute\"}: it has not learnt what fills gaps in.",
      i = "Leave rows with gaps out ({.code na_action = \"omit\"}), or train anew."
    ))
  }
}

# A class that no training row has stays an output: it is what the levels say.
warn_unused_levels <- function(outcome, plan) {
  if (outcome$kind != "factor") {
    return(invisible())
  }
  counts <- tabulate(pick(as.integer(outcome$values), plan$train), length(outcome$levels))
  unused <- outcome$levels[counts == 0L]
  # Those of weight 0 were left out on purpose.
  if (is.numeric(plan$class_weights)) unused <- setdiff(unused, names(plan$class_weights)[plan$class_weights == 0])
  if (length(unused) > 0L) {
    warn_backprop("unused_level", c(
      "The outcome has {cli::qty(length(unused))}{?a level/levels} that no training row has: {.val {unused}}.",
      i = "{cli::qty(length(unused))}{?It stays/They stay} among the outputs; {.fn droplevels} takes {cli::qty(length(unused))}{?it/them} out."
    ), levels = unused)
  }
}

check_validation_share <- function(share, n) {
  if (length(share) != 1L || !is.finite(share) || share <= 0 || share >= 1) {
    stop_argument("validation", "a proportion above 0 and below 1, or a list of `X` and `Y`", share)
  }
  held <- engine_rows_of_share(as.double(n), share)
  if (held < 1 || held >= n) {
    stop_backprop("argument", c(
      "{.arg validation} must leave rows on both sides.",
      x = "{share} of {n} row{?s} {?is/are} {held}."
    ))
  }
  as.double(share)
}

# Validation rows that were given, as a list of their parts.
check_validation <- function(validation, interface, drawn) {
  one_table <- has_one_table(interface)
  if (one_table && is.data.frame(validation)) {
    validation <- list(data = validation)
  }
  parts <- c(if (one_table) "data" else c("X", "Y"), "case_weights", "offset")
  needed <- setdiff(parts, c("case_weights", "offset"))
  if (!is.list(validation) || is.data.frame(validation) || !all(needed %in% names(validation))) {
    wanted <- if (one_table) paste("a proportion, or a data frame with the variables of the", interface) else "a proportion, or a list of `X` and `Y`"
    stop_argument("validation", if (drawn) paste0("`\"out_of_bag\"`, ", wanted) else wanted, validation)
  }
  unknown <- setdiff(names(validation), parts)
  if (length(unknown) > 0L) {
    stop_backprop("argument", c(
      "{.arg validation} has unknown elements: {.val {unknown}}.",
      i = "It may have {.val {parts}}."
    ))
  }
  validation
}

# These rows prepared as those of the training, whose levels and moments hold; gaps by the same rule.
read_validation <- function(validation, given, na_action) {
  call <- training_call
  like <- list(
    interface = given$interface, blueprint = given$blueprint, outcome = given$outcome, rows_given = given$n,
    inputs = list(n = ncol(given$variables[[1L]]), names = colnames(given$variables[[1L]]))
  )
  one_table <- has_one_table(given$interface)
  judged <- list(
    arg = "validation",
    Y = if (one_table) new_outcome(validation$data, like, "validation", call) else read_outcome_columns(validation$Y),
    case_weights = validation$case_weights, offset = validation$offset
  )
  if (one_table) {
    if (is.null(judged$offset)) judged$offset <- offset_in_data(validation$data, like, "validation", call)
    if (is.null(judged$case_weights)) judged$case_weights <- weights_in_data(validation$data, like)
  }
  judged$variables <- if (given$interface == "matrix") {
    list(read_new_matrix(validation$X, like, "validation", call))
  } else {
    table <- as_table(if (one_table) validation$data else validation$X, "validation", call)
    evaluate_known(through_recipe(table, like, call), like, "validation", call)
  }
  judged$n <- NROW(judged$variables[[1L]])
  if (judged$n == 0L) {
    stop_backprop("empty", "{.arg validation} must have at least one row.")
  }
  if (!one_table) check_same_rows(judged$n, NROW(judged$Y), what = "validation")
  judged <- keep_rows(judged, na_action, "validation$")
  design <- given$blueprint$design
  if (!is.null(design) && given$interface != "matrix") refuse_new_levels(judged$variables, design, "validation")
  check_inputs_known(judged$variables, "validation", na_action == "impute")
  list(
    x = if (is.null(design)) judged$variables[[1L]] else encode_rows(judged$variables, design),
    outcome = read_outcome(judged$Y, like = given$outcome, arg = "validation", call = call),
    offset = judged$offset, weights = judged$case_weights
  )
}
