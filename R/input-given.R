# What each method of nn_train() was given, read into one form. From here on all methods are one.
#
# A list: interface; n, rows given; variables, by name (of a matrix: itself); terms; Y; offset and case_weights, as given or found in the
# data; subset; blueprint, what prediction will need, the design apart; arg, what messages call the inputs; original, for keep = "data".

# `earlier` is a fit that training goes on from, here and below: its columns, in its order.
given_matrix <- function(X, Y, settings, earlier) {
  x <- read_matrix(X)
  if (!is.null(earlier)) x <- read_new_matrix(X, earlier, "X", training_call)
  Y <- read_outcome_columns(Y)
  check_rows_of_outcome(nrow(x), Y)
  list(
    interface = "matrix", n = nrow(x), variables = list(x), terms = NULL, Y = Y,
    offset = settings$offset, case_weights = settings$case_weights,
    blueprint = earlier$blueprint, arg = "X", outcome_arg = "Y", original = list(X = X, Y = Y)
  )
}

given_table <- function(X, Y, settings, earlier, arg = "X") {
  check_table(X, arg)
  if (ncol(X) == 0L) {
    stop_backprop("empty", "{.arg {arg}} must have at least one column.")
  }
  unnamed <- which(is.na(names(X)) | !nzchar(names(X)))
  if (length(unnamed) > 0L) {
    stop_backprop("column_names", c("All columns of {.arg {arg}} must have names.", x = "Without one: {cli::qty(length(unnamed))}column{?s} {unnamed}."))
  }
  Y <- read_outcome_columns(Y)
  check_rows_of_outcome(nrow(X), Y)
  blueprint <- earlier$blueprint
  if (is.null(earlier)) {
    blueprint <- list(kind = "data.frame", columns = lapply(X, record_column))
  }
  variables <- if (is.null(earlier)) {
    read_variables(as.list(X), arg)
  } else {
    evaluate_known(X, earlier, arg, training_call)
  }
  list(
    interface = "data.frame", n = nrow(X), variables = variables, terms = plain_terms(length(variables)), Y = Y,
    offset = settings$offset, case_weights = settings$case_weights,
    blueprint = blueprint, arg = arg, outcome_arg = "Y", original = list(X = X, Y = Y)
  )
}

# `typed`: quosures of the arguments that may name columns of the data: case_weights, offset, subset. `some`: the data are some rows of many, see
# stream-given.R: then all that has a value for each row is a column, and nothing is made of all rows.
given_formula <- function(formula, data, typed, some = FALSE) {
  check_table(data, "data")
  original <- data
  n <- nrow(data)
  data <- read_columns(as_plain_table(as.list(data), n))
  plan <- read_formula(formula, if (some) first_rows(data, 1L) else data)
  if (some) plan$data <- data
  settle <- if (some) settle_rowwise else settle_expression
  found <- setdiff(names(plan$data), names(data))
  data <- plan$data
  original[found] <- data[found]
  env <- environment(formula)
  arguments <- lapply(typed, evaluate_argument, data, env)
  if (some) refuse_values_beside(arguments)
  refuse_mixed_offsets(plan$offsets, arguments$offset)

  values <- Map(function(expression, name) evaluate_term(expression, name, data, env), plan$variables, names(plan$variables))
  offsets <- lapply(plan$offsets, function(expression) evaluate_term(expression, expression_text(expression), data, env))
  variables <- read_variables(values, "data")
  if (!plan$intercept) plan$terms <- code_without_intercept(plan$terms, variables)
  refuse_own_contrasts(plan$terms, values)
  Y <- evaluate_outcome(plan$outcome, data, env)
  if (NROW(Y) != n) {
    stop_row_count(plan$outcome_name, NROW(Y), n)
  }
  settled <- blueprint_of_formula(plan, values, offsets, Y, arguments, data, env, settle)
  settled$blueprint$lag <- attr(original, "lag")
  # What trains is what predictions will compute, to the last bit.
  made <- vapply(plan$variables, is.call, NA)
  variables[made] <- read_variables(settled$values[made], "data")
  list(
    interface = "formula", n = n, variables = variables, terms = plan$terms, Y = Y,
    offset = sum_offsets(c(offsets, list(arguments$offset$value))), case_weights = arguments$case_weights$value,
    subset = arguments$subset$value, blueprint = settled$blueprint, arg = "data", outcome_arg = "data", original = list(data = original),
    intercept = plan$intercept
  )
}

# Where a product has contrasts, the model depends on which: here they are treatment contrasts, lm()'s default for factors without order.
refuse_own_contrasts <- function(terms, values) {
  by_contrasts <- unique(unlist(lapply(terms, function(term) term$at[term$code == 3L])))
  if (length(by_contrasts) == 0L) {
    return(invisible())
  }
  treatment <- identical(getOption("contrasts")[[1L]], "contr.treatment")
  others <- vapply(values[by_contrasts], function(value) {
    is.ordered(value) || (is.factor(value) && !is.null(attr(value, "contrasts"))) || ((is.factor(value) || is.character(value)) && !treatment)
  }, NA)
  if (any(others)) {
    name <- names(values)[by_contrasts][others][1L]
    stop_formula(
      c(
        "{.code {name}} is in a product whose other part is no term of {.arg formula}: what {.fn lm} makes of that depends on the contrasts of {.code {name}}.",
        i = "Add the main effects, as in {.code a * b}, or make {.code {name}} a factor without order and contrasts."
      ),
      name = name
    )
  }
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
given_again <- function(formula, data, typed, given, earlier, some = FALSE) {
  call <- training_call
  check_table(data, "data")
  data <- same_formula_data(formula, data, earlier)
  arguments <- lapply(typed, evaluate_argument, data, environment(formula))
  if (some) refuse_values_beside(arguments)
  blueprint <- earlier$blueprint
  if ("offset" %in% given) {
    blueprint$offsets <- utils::head(blueprint$offsets, length(blueprint$typed$offsets))
    refuse_mixed_offsets(blueprint$offsets, arguments$offset)
  }
  if ("case_weights" %in% given) blueprint$case_weights <- NULL
  columns <- read_columns(as_plain_table(as.list(data), nrow(data)))
  blueprint <- add_arguments(blueprint, arguments, columns)
  like <- list(blueprint = blueprint, rows_given = earlier$rows_given)
  offset <- offset_in_data(data, like, "data", call)
  weights <- weights_in_data(data, like)
  list(
    interface = "formula", n = nrow(data), variables = evaluate_known(data, like, "data", call),
    terms = blueprint$design$terms, Y = new_outcome(data, like, "data", call),
    offset = if (is.null(offset)) arguments$offset$value else offset,
    case_weights = if (is.null(weights)) arguments$case_weights$value else weights,
    subset = arguments$subset$value, blueprint = blueprint, arg = "data", outcome_arg = "data",
    original = list(data = data)
  )
}

# `blueprint`: what prediction needs of a formula, expressions that mean for other rows what they meant for these, and what these need in turn.
# `values`: of the variables, as predictions compute them.
blueprint_of_formula <- function(plan, values, offsets, Y, arguments, data, env, how = settle_expression) {
  carried <- carry(c(unname(plan$variables), plan$offsets, list(plan$outcome)), names(data), env)
  inside <- environment_of_carried(carried, training_call)
  settle <- function(expression, name, value) settle_or_stop(expression, name, value, data, env, inside, how)
  settled <- Map(settle, plan$variables, names(plan$variables), values)
  variables <- lapply(settled, function(one) one$expression)
  outcome <- how(plan$outcome, Y, data, env, inside)
  if (is.null(outcome$expression) && !is.null(outcome$stop)) outcome$stop(plan$outcome_name)
  read <- function(expressions) intersect(names_read_by(expressions)$variables, names(data))
  formula_offsets <- Map(settle, plan$offsets, vapply(plan$offsets, expression_text, ""), offsets)
  formula_offsets <- unname(lapply(formula_offsets, function(one) one$expression))
  inputs <- read(c(variables, formula_offsets))
  blueprint <- list(
    kind = "formula", variables = variables, offsets = formula_offsets,
    # An outcome such as rank(y) can be computed for the training rows alone.
    outcome = if (is.null(outcome$expression)) plan$outcome else outcome$expression, outcome_rowwise = !is.null(outcome$expression),
    case_weights = NULL,
    typed = c(list(variables = plan$variables, offsets = plan$offsets, outcome = plan$outcome), if (!plan$intercept) list(intercept = FALSE)), outcome_name = plan$outcome_name,
    columns = lapply(unclass(data)[inputs], record_column),
    outcome_columns = lapply(unclass(data)[read(list(plan$outcome))], record_column),
    input_columns = read(variables),
    carried = carried
  )
  list(
    blueprint = add_arguments(blueprint, arguments, data, how),
    values = lapply(settled, function(one) one$value)
  )
}

# Adds what `offset` and `case_weights` need to be found in other data, where they are made of columns.
add_arguments <- function(blueprint, arguments, data, how = settle_expression) {
  for (name in c("offset", "case_weights")) {
    argument <- arguments[[name]]
    if (is.null(argument$expression)) next
    # Where an argument was written its names may mean something else than where the formula was.
    carried <- carry(list(argument$expression), names(data), argument$env)
    blueprint$carried <- add_carried(blueprint$carried, carried)
    reads <- intersect(names_read_by(list(argument$expression))$variables, names(data))
    record <- lapply(unclass(data)[reads], record_column)
    if (name == "offset") {
      inside <- environment_of_carried(carried, training_call)
      text <- expression_text(argument$expression)
      expression <- settle_or_stop(argument$expression, text, argument$value, data, argument$env, inside, how)
      blueprint$offsets <- c(blueprint$offsets, list(expression$expression))
      blueprint$columns[reads] <- record
    } else {
      blueprint$case_weights <- argument$expression
      blueprint$weight_columns <- record
    }
  }
  blueprint
}

settle_or_stop <- function(expression, name, value, data, env, inside, how = settle_expression) {
  settled <- how(expression, value, data, env, inside)
  if (is.null(settled$expression)) {
    if (!is.null(settled$stop)) settled$stop(name)
    stop_formula(
      c(
        "No new row could be predicted by {.code {name}}: in a row it is not the value that the row alone would have.",
        x = "{why}",
        i = "Compute it before, as a column of {.arg data}."
      ),
      name = name, why = settled$why
    )
  }
  settled
}

read_variables <- function(values, arg) {
  Map(function(value, name) as_variable(value, name, arg, training_call), values, names(values))
}

evaluate_term <- function(expression, name, data, env) {
  value <- if (is.name(expression)) {
    if (name %in% names(data)) data[[name]] else get(name, envir = env)
  } else {
    tryCatch(evaluate_rows(expression, data, env), error = function(cnd) stop_term(expression, data, env, cnd))
  }
  if (is.null(value) || is.function(value) || is.environment(value)) {
    stop_column_type(value, name, "data", training_call)
  }
  if (NROW(value) != nrow(data)) {
    stop_row_count(name, NROW(value), nrow(data))
  }
  value
}

# Most often a name is misspelt.
stop_term <- function(expression, data, env, cnd) {
  read <- setdiff(names_read_by(list(expression))$variables, names(data))
  missing <- read[!vapply(read, exists, NA, envir = env)]
  if (length(missing) > 0L) {
    stop_missing_variables(missing)
  }
  with_formula_errors(stop(cnd))
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
sum_offsets <- function(offsets) {
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
  # By its type, before anyone looks for gaps in it.
  if (!is.atomic(Y) && !is.data.frame(Y)) read_numbers(Y, "Y", training_call)
  check_same_rows(n, NROW(Y))
}

# Values that a labelled outcome declares missing.
read_outcome_columns <- function(Y) {
  if (is.data.frame(Y)) {
    times <- vapply(Y, inherits, NA, "Surv")
    if (!any(times)) {
      return(read_columns(Y))
    }
    if (ncol(Y) > 1L) {
      stop_backprop("column_type", c(
        "Times of an event must be the only column of {.arg Y}.",
        x = "{.val {names(Y)[times][1L]}} stands beside {ncol(Y) - 1} other{?s}."
      ))
    }
    return(plain_survival(Y[[1L]]))
  }
  if (inherits(Y, "Surv")) plain_survival(Y) else read_column(Y)
}
