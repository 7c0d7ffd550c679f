# What a formula says, by R's own terms(): its outcome, its variables, and which of them are multiplied for an input.
#
# The value is a list:
#   outcome   the left side, an expression; outcome_name, its text
#   variables the expressions of the right side (each is evaluated once), named by their text
#   terms     for every term the places of its variables (`at`) and how terms() codes each (`code`: 1 by contrasts, 2 in full, 3 by contrasts here too)
#   offsets   expressions inside offset()
#   data      the data, with the variables added that lm() would find in the formula's environment

read_formula <- function(formula, data) {
  parsed <- parse_formula(formula, data)
  refuse_ambiguous_sum(parsed$outcome, names(data))
  parsed$data <- find_variables(parsed, data, environment(formula))
  parsed
}

parse_formula <- function(formula, data) {
  if (length(formula) != 3L) {
    stop_formula("{.arg formula} must have an outcome on its left side, as in {.code y ~ .}.")
  }
  terms <- with_formula_errors(stats::terms(formula, data = data))
  all <- as.list(attr(terms, "variables"))[-1L]
  factors <- attr(terms, "factors")
  if (length(factors) == 0L) {
    stop_formula("{.arg formula} must have at least one input on its right side.")
  }
  # `. - a` leaves `a` among the variables of terms(), in no term: it is not looked at.
  used <- which(rowSums(factors) > 0)
  places <- which(factors[used, , drop = FALSE] > 0, arr.ind = TRUE)
  codes <- factors[used, , drop = FALSE][places]
  column <- factor(places[, 2L], levels = seq_len(ncol(factors)))
  variables <- all[used]
  names(variables) <- vapply(variables, expression_text, "")
  products <- Map(
    function(at, code) list(at = at, code = code),
    split(unname(places[, 1L]), column), split(as.integer(codes), column)
  )
  list(
    outcome = formula[[2L]],
    outcome_name = expression_text(formula[[2L]]),
    variables = variables,
    terms = code_like_lm(unname(products)),
    offsets = lapply(all[attr(terms, "offset")], function(call) call[[2L]]),
    intercept = attr(terms, "intercept") == 1L
  )
}

# Without an intercept the first term that has a factor (or a flag) has all its levels, as in model.matrix(). `values` are those of the variables.
code_without_intercept <- function(terms, values) {
  coded <- vapply(values, function(value) is.factor(value) || (is.logical(value) && is.null(dim(value))), NA)
  for (i in seq_along(terms)) {
    first <- which(coded[terms[[i]]$at])
    if (length(first) > 0L) {
      terms[[i]]$code[first[1L]] <- 2L
      break
    }
  }
  terms
}

# Where terms() codes a variable of a product by contrasts (1), what is left of the product without it is a term, as a rule, and all levels
# span the same space. Where it is none (`g` in `g + x:h + g:h`), lm() has contrasts all the same. In such a formula products have contrasts
# here too: code 3, all levels but the first.
code_like_lm <- function(terms) {
  products <- which(lengths(lapply(terms, function(term) term$at)) > 1L)
  key <- function(at) paste(sort(at), collapse = " ")
  there <- vapply(terms, function(term) key(term$at), "")
  spans <- function(term) all(vapply(which(term$code == 1L), function(j) key(term$at[-j]) %in% there, NA))
  if (all(vapply(terms[products], spans, NA))) {
    return(terms)
  }
  terms[products] <- lapply(terms[products], function(term) {
    term$code[term$code == 1L] <- 3L
    term
  })
  terms
}

# A fit that goes on has its formula; another one would be passed over. The data, with variables that the formula's environment has.
same_formula_data <- function(formula, data, earlier) {
  blueprint <- earlier$blueprint
  needed <- c(names(blueprint$outcome_columns), blueprint$input_columns)
  for (name in setdiff(needed, names(data))) {
    value <- get0(name, envir = environment(formula))
    if (has_rows(value, nrow(data))) data[[name]] <- value
  }
  # A point stands for other columns where some are missing.
  missing <- setdiff(needed, names(data))
  if (length(missing) > 0L) {
    stop_missing_columns(missing, "data", training_call)
  }
  parsed <- parse_formula(formula, data)
  key <- function(variables, terms, offsets, outcome, intercept) {
    texts <- vapply(unname(variables), expression_text, "")
    products <- vapply(terms, function(term) paste(sort(texts[term$at]), collapse = ":"), "")
    c(expression_text(outcome), if (!intercept) "0", sort(products), "offset", sort(vapply(offsets, expression_text, "")))
  }
  typed <- blueprint$typed
  same <- identical(
    key(parsed$variables, parsed$terms, parsed$offsets, parsed$outcome, parsed$intercept),
    key(typed$variables, blueprint$design$terms, typed$offsets, typed$outcome, !isFALSE(typed$intercept))
  )
  if (!same) {
    then <- deparse1(formula(earlier))
    if (nchar(then) > 300L) then <- paste(substr(then, 1L, 300L), "...")
    stop_backprop("start", c(
      "{.arg formula} must be that of {.arg start}, which training goes on from.",
      x = "That is {.code {then}}.",
      i = "For another formula train anew, or give its weights alone: {.code start = fit[c(\"weights\", \"biases\")]}."
    ))
  }
  data
}

# How an expression is named: as model.frame() does, a name without backticks.
expression_text <- function(expression) {
  if (is.name(expression)) as.character(expression) else deparse1(expression, backtick = TRUE)
}

# To lm() `a + b` on the left is a sum; to others it is two outcomes. Whoever writes it should say which.
refuse_ambiguous_sum <- function(outcome, columns) {
  parts <- summands(outcome)
  if (length(parts) < 2L || !all(vapply(parts, is.name, NA)) || !all(vapply(parts, as.character, "") %in% columns)) {
    return(invisible())
  }
  both <- paste(vapply(parts, deparse1, ""), collapse = ", ")
  stop_formula(
    c(
      "{.code {sum}} on the left side of {.arg formula} could be a sum or several outcomes.",
      i = "Several outcomes: {.code cbind({both}) ~ ...}.",
      i = "Their sum, as {.fn lm} has it: {.code I({sum}) ~ ...}."
    ),
    sum = deparse1(outcome), both = both
  )
}

summands <- function(expression) {
  if (is.call(expression) && identical(expression[[1L]], as.name("+")) && length(expression) == 3L) {
    return(c(summands(expression[[2L]]), expression[[3L]]))
  }
  list(expression)
}

# The data, with the columns that the formula reads from its environment instead, as lm() allows: vectors, factors and matrices
# with a value for each row. Other values there are constants (knots, say), or functions that are passed on by name.
find_variables <- function(parsed, data, env) {
  inputs <- c(parsed$variables, parsed$offsets)
  parts <- c(outcome_parts(parsed$outcome), inputs)
  bare <- vapply(parts[vapply(parts, is.name, NA)], as.character, "")
  read <- names_read_by(c(list(parsed$outcome), inputs))$variables
  missing <- character()
  for (name in setdiff(read, names(data))) {
    value <- get0(name, envir = env)
    if (has_rows(value, nrow(data))) {
      data[[name]] <- value
    } else if (name %in% bare && (is.null(value) || is.function(value))) {
      missing <- c(missing, name)
    } else {
      refuse_table_in_formula(value, name, nrow(data))
    }
  }
  if (length(missing) > 0L) {
    stop_missing_variables(missing)
  }
  refuse_outcome_as_input(parsed$outcome, names_read_by(inputs)$variables, names(data))
  data
}

stop_missing_variables <- function(missing) {
  stop_backprop("columns", c(
    "All variables of {.arg formula} must be columns of {.arg data}.",
    x = "Not found: {.val {missing}}."
  ))
}

# `post - pre ~ pre` is a model; an outcome that the inputs give away is none.
refuse_outcome_as_input <- function(outcome, right, columns) {
  for (part in outcome_parts(outcome)) {
    read <- intersect(names_read_by(list(part))$variables, columns)
    if (length(read) > 0L && all(read %in% right)) {
      stop_formula("{.val {both}} must not stand on both sides of {.arg formula}.", both = read)
    }
  }
}

# The outcomes that cbind() binds, or the one that there is.
outcome_parts <- function(outcome) if (binds_columns(outcome)) as.list(outcome)[-1L] else list(outcome)

binds_columns <- function(outcome) is.call(outcome) && identical(outcome[[1L]], as.name("cbind"))

has_rows <- function(value, n) {
  n > 1L && is.atomic(value) && length(dim(value)) <= 2L && NROW(value) == n
}

# `mtcars$wt` in a formula would keep the rows of training whatever rows are to be predicted.
refuse_table_in_formula <- function(value, name, n) {
  if (is.data.frame(value) && nrow(value) == n) {
    stop_formula(
      c(
        "{.arg formula} takes columns out of {.code {name}}, a data frame beside {.arg data}: new rows would not have them.",
        i = "Name the columns alone, as in {.code y ~ x}, and give {.code data = {name}}."
      ),
      name = name
    )
  }
}

# `data` for a formula whose variables all stand in its environment, as lm() allows.
data_of_formula <- function(formula) {
  env <- environment(formula)
  if (length(formula) != 3L) {
    parse_formula(formula, NULL)
  }
  read <- names_read_by(as.list(formula)[-1L])$variables
  if ("." %in% read) {
    stop_missing("data", "a data frame with the variables of {.arg formula}")
  }
  values <- lapply(read, get0, envir = env)
  names(values) <- read
  values <- values[vapply(values, function(value) is.atomic(value) && length(value) > 0L, NA)]
  if (length(values) == 0L) {
    stop_missing("data", "a data frame with the variables of {.arg formula}")
  }
  # The outcome has a value for each row; what does not is a constant.
  rows <- NROW(with_formula_errors(eval(formula[[2L]], env)))
  as_plain_table(values[vapply(values, NROW, 1L) == rows], rows)
}

# The value of the left side. Of factors cbind() would bind the codes.
evaluate_outcome <- function(outcome, data, env, call = training_call) {
  if (binds_columns(outcome)) {
    for (part in outcome_parts(outcome)) {
      # Its warnings come with the whole.
      value <- suppressWarnings(with_formula_errors(evaluate_rows(part, data, env), call))
      if (!is.data.frame(value) && !is_number(value)) {
        stop_formula(
          c(
            "{.code cbind()} on the left side of {.arg formula} takes numbers; {.val {name}} is {article(type)} {type}.",
            i = "Train a network for it alone: {.code {name} ~ ...}."
          ),
          name = expression_text(part), type = describe_type(value), call = call
        )
      }
    }
  }
  value <- with_formula_errors(evaluate_rows(outcome, data, env), call)
  if (inherits(value, "Surv") || is_survival(value)) {
    return(plain_survival(value, expression_text(outcome), call))
  }
  if (is.matrix(value)) {
    return(name_outcome_columns(value, outcome))
  }
  if (is_plain_number(value)) {
    return(matrix(value, ncol = 1L, dimnames = list(NULL, expression_text(outcome))))
  }
  value
}

# cbind() names the columns that are plain names; the others get their expression.
name_outcome_columns <- function(value, outcome) {
  names <- colnames(value)
  if (ncol(value) == 1L && is.null(names)) {
    colnames(value) <- expression_text(outcome)
    return(value)
  }
  parts <- outcome_parts(outcome)
  if (binds_columns(outcome) && length(parts) == ncol(value)) {
    if (is.null(names)) names <- character(length(parts))
    texts <- vapply(parts, expression_text, "")
    colnames(value) <- ifelse(nzchar(names), names, texts)
  }
  value
}

# `...` are the values that the message mentions.
stop_formula <- function(message, ..., call = training_call) {
  stop_backprop("formula", message, call = call, .envir = list2env(list(...), parent = environment()))
}

# What terms() or a function in the formula refuses gets the package's class and call.
with_formula_errors <- function(expr, call = training_call) {
  withCallingHandlers(expr, warning = function(cnd) {
    # R's own count of variables, where `.` stands for names in backticks; the terms are right.
    if (grepl("EncodeVars", conditionMessage(cnd), fixed = TRUE)) invokeRestart("muffleWarning")
  }, error = function(cnd) {
    if (!inherits(cnd, "backprop_error")) {
      said <- conditionMessage(cnd)
      hint <- if (identical(conditionCall(cnd)[[1L]], quote(Surv))) "{.code survival::Surv(time, event)} is found without {.code library(survival)}."
      stop_formula(c("{.arg formula} cannot be used: {said}", i = hint), said = said, call = call)
    }
  })
}
