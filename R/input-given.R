# What each method of nn_train() was given, read into one form. From here on all methods are one.
#
# A list: interface; n, rows given; variables, by name (of a matrix: itself); terms; Y; offset and case_weights, as given or found in the
# data; subset; blueprint, what prediction will need, the design apart; arg, what messages call the inputs; original, for keep = "data".

given_matrix <- function(X, Y, settings) {
  x <- read_matrix(X)
  check_rows_of_outcome(nrow(x), Y)
  list(
    interface = "matrix", n = nrow(x), variables = list(x), terms = NULL, Y = Y,
    offset = settings$offset, case_weights = settings$case_weights,
    blueprint = NULL, arg = "X", outcome_arg = "Y", original = list(X = X, Y = Y)
  )
}

# For a fit that goes on: its columns, in its order.
given_matrix_again <- function(X, Y, settings, earlier) {
  given <- given_matrix(X, Y, settings)
  given$variables <- list(read_new_matrix(X, earlier, "X", quote(nn_train())))
  given
}

# `earlier` is a fit that training goes on from: its record of the columns holds.
given_table <- function(X, Y, settings, earlier) {
  check_table(X, "X")
  if (ncol(X) == 0L) {
    stop_backprop("empty", "{.arg X} must have at least one column.")
  }
  check_rows_of_outcome(nrow(X), Y)
  blueprint <- earlier$blueprint
  if (is.null(earlier)) {
    blueprint <- list(kind = "data.frame", columns = lapply(X, record_column))
  }
  variables <- if (is.null(earlier)) {
    read_variables(as.list(X), "X")
  } else {
    evaluate_variables(X, earlier, "X", quote(nn_train()))
  }
  list(
    interface = "data.frame", n = nrow(X), variables = variables, terms = plain_terms(length(variables)), Y = Y,
    offset = settings$offset, case_weights = settings$case_weights,
    blueprint = blueprint, arg = "X", outcome_arg = "Y", original = list(X = X, Y = Y)
  )
}

# `typed`: quosures of the arguments that may name columns of the data: case_weights, offset, subset.
given_formula <- function(formula, data, typed) {
  check_table(data, "data")
  original <- data
  n <- nrow(data)
  data <- read_columns(as_plain_table(as.list(data), n))
  plan <- read_formula(formula, data)
  found <- setdiff(names(plan$data), names(data))
  data <- plan$data
  original[found] <- data[found]
  env <- environment(formula)
  arguments <- lapply(typed, evaluate_argument, data, env)
  refuse_mixed_offsets(plan$offsets, arguments$offset)

  values <- Map(function(expression, name) evaluate_term(expression, name, data, env), plan$variables, names(plan$variables))
  offsets <- lapply(plan$offsets, function(expression) evaluate_term(expression, expression_text(expression), data, env))
  variables <- read_variables(values, "data")
  Y <- evaluate_outcome(plan$outcome, data, env)
  if (NROW(Y) != n) {
    stop_row_count(plan$outcome_name, NROW(Y), n)
  }
  blueprint <- blueprint_of_formula(plan, values, offsets, Y, arguments, data, env)
  list(
    interface = "formula", n = n, variables = variables, terms = plan$terms, Y = Y,
    offset = sum_offsets(c(offsets, list(arguments$offset$value)), n), case_weights = arguments$case_weights$value,
    subset = arguments$subset$value, blueprint = blueprint, arg = "data", outcome_arg = "data", original = list(data = original)
  )
}

# Predictions would find the one in new data and not the other.
refuse_mixed_offsets <- function(offsets, argument) {
  if (length(offsets) > 0L && !is.null(argument$value) && is.null(argument$expression)) {
    stop_incompatible(
      "{.arg offset} is no column of {.arg data}, and {.arg formula} has an {.fn offset} too: new data would have only the second.",
      "Make both terms of the formula, or give their sum as {.arg offset} alone."
    )
  }
}

# The same for a fit that goes on: its formula, on other data. What was a column then is found again, unless it is `given` anew (as NULL, say).
given_again <- function(data, typed, given, earlier) {
  call <- quote(nn_train())
  check_table(data, "data")
  arguments <- lapply(typed, evaluate_argument, data, globalenv())
  list(
    interface = "formula", n = nrow(data), variables = evaluate_variables(data, earlier, "data", call),
    terms = NULL, Y = new_outcome(data, earlier, "data", call),
    offset = if ("offset" %in% given) arguments$offset$value else offset_in_data(data, earlier, "data", call),
    case_weights = if ("case_weights" %in% given) arguments$case_weights$value else weights_in_data(data, earlier),
    subset = arguments$subset$value, blueprint = earlier$blueprint, arg = "data", outcome_arg = "data",
    original = list(data = data)
  )
}

# What prediction needs of a formula: expressions that mean for other rows what they meant for these, and what these need in turn.
blueprint_of_formula <- function(plan, values, offsets, Y, arguments, data, env) {
  freeze <- function(expression, value) freeze_expression(expression, value, data, env)
  variables <- Map(freeze, plan$variables, values)
  frozen_offsets <- unname(Map(freeze, plan$offsets, offsets))
  if (!is.null(arguments$offset$expression)) {
    argument <- arguments$offset
    frozen_offsets <- c(frozen_offsets, list(freeze_expression(argument$expression, argument$value, data, argument$env)))
    offsets <- c(offsets, list(argument$value))
  }
  outcome <- freeze(plan$outcome, Y)
  weights <- arguments$case_weights$expression
  carried <- carry(c(unname(variables), frozen_offsets, list(outcome)), names(data), env)
  for (argument in arguments[c("offset", "case_weights")]) {
    # Where an argument was written its names may mean something else than where the formula was.
    if (!is.null(argument$expression)) carried <- add_carried(carried, carry(list(argument$expression), names(data), argument$env))
  }
  inside <- environment_of_carried(carried, quote(nn_train()))
  for (i in which(vapply(variables, is.call, NA))) {
    check_rowwise(variables[[i]], names(variables)[i], values[[i]], data, inside)
  }
  for (i in which(vapply(frozen_offsets, is.call, NA))) {
    check_rowwise(frozen_offsets[[i]], expression_text(frozen_offsets[[i]]), offsets[[i]], data, inside)
  }
  inputs <- intersect(names_read_by(c(variables, frozen_offsets))$variables, names(data))
  list(
    kind = "formula", variables = variables, offsets = frozen_offsets, outcome = outcome, case_weights = weights,
    typed = list(variables = plan$variables, offsets = plan$offsets, outcome = plan$outcome), outcome_name = plan$outcome_name,
    columns = lapply(unclass(data)[inputs], record_column),
    outcome_columns = intersect(names_read_by(list(outcome))$variables, names(data)),
    carried = carried
  )
}

read_variables <- function(values, arg, call = quote(nn_train())) {
  Map(function(value, name) as_variable(value, name, arg, call), values, names(values))
}

evaluate_term <- function(expression, name, data, env) {
  value <- if (is.name(expression)) data[[as.character(expression)]] else with_formula_errors(eval(expression, data, env))
  if (is.null(value) || is.function(value) || is.environment(value)) {
    stop_column_type(value, name, "data", quote(nn_train()))
  }
  if (NROW(value) != nrow(data)) {
    stop_row_count(name, NROW(value), nrow(data))
  }
  value
}

stop_row_count <- function(name, found, n) {
  stop_formula(
    c(
      "{.code {name}} in {.arg formula} must have a value for each row of {.arg data}.",
      x = "There {cli::qty(n)}{?is/are} {n} row{?s}; it has {found} value{?s}."
    ),
    name = name, found = found, n = n
  )
}

# An argument that may name columns, as those of lm() may: `value`, and its `expression` where it reads columns.
evaluate_argument <- function(quosure, data, env) {
  if (rlang::quo_is_null(quosure)) {
    return(list())
  }
  expression <- rlang::quo_squash(quosure)
  value <- tryCatch(
    rlang::eval_tidy(quosure, data),
    # lm() looks in the formula's environment.
    error = function(cnd) tryCatch(eval(expression, data, env), error = function(again) stop_unknown_argument_value(expression, cnd))
  )
  if (rlang::is_quosure(value)) {
    return(evaluate_argument(value, data, env))
  }
  reads <- if (is.language(expression)) names_read_by(list(expression))$variables
  list(value = value, expression = if (any(reads %in% names(data))) expression, env = rlang::quo_get_env(quosure))
}

stop_unknown_argument_value <- function(expression, cnd) {
  text <- expression_text(expression)
  said <- conditionMessage(cnd)
  stop_backprop("argument", c(
    "{.code {text}} cannot be computed from {.arg data} or from what is defined: {said}"
  ))
}

# A sum over offset() terms and the argument, per row or (a matrix) per row and output.
sum_offsets <- function(offsets, n) {
  offsets <- offsets[!vapply(offsets, is.null, NA)]
  if (length(offsets) == 0L) {
    return(NULL)
  }
  if (length(offsets) == 1L) {
    return(offsets[[1L]])
  }
  Reduce(function(a, b) {
    if (is.matrix(b) && !is.matrix(a)) b + as.double(a) else a + as.vector(b)
  }, offsets)
}

# What is no outcome at all is refused for that, later.
check_rows_of_outcome <- function(n, Y) {
  if (is.atomic(Y) || is.data.frame(Y)) check_same_rows(n, NROW(Y))
}
