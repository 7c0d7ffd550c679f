# What the fields of an object must be that users hold in their hands: a rule for each field, tables of rules, and the one function that walks
# a table. The tables are in fit-fields.R, fit-blueprint.R, trace-fields.R and spec-hyperparameters.R.

# A rule: `must`, in words (or a function of the whole object that gives them), and `test`, a function of the value and of the whole object. It gives
# TRUE or FALSE, or of a value with parts NULL or what wrong_part() makes. An `optional` field may be NULL; a `classed` one has a class of its own.
field <- function(must, test, optional = FALSE, classed = FALSE) {
  list(must = must, test = test, optional = optional, classed = classed)
}

# A table of rules by name, in the order in which they are asked: one may rely on those before it.
fields <- function(...) {
  rules <- list(...)
  part <- function(name) unname(lapply(rules, function(rule) rule[[name]]))
  list(
    name = names(rules), must = part("must"), test = part("test"), optional = unlist(part("optional")), classed = unlist(part("classed"))
  )
}

wrong_part <- function(at, must, found) list(at = at, must = must, found = found)

# The first field of a list that is not what its table says, or NULL. Walked before every prediction: nothing here but what is needed.
find_wrong <- function(x, table, whole = x) {
  names <- table$name
  tests <- table$test
  for (i in seq_along(names)) {
    value <- x[[names[i]]]
    if (is.null(value) && table$optional[i]) next
    answer <- if (is.object(value) && !table$classed[i]) FALSE else tests[[i]](value, whole)
    if (is.null(answer)) next
    if (is.list(answer)) {
      answer$at <- paste0("$", names[i], answer$at)
      return(answer)
    }
    if (isTRUE(answer)) next
    must <- table$must[[i]]
    return(wrong_part(paste0("$", names[i]), if (is.function(must)) must(whole) else must, value))
  }
  NULL
}

# Raised for what find_wrong() found. "`fit$outcome$center` must be a finite number, not `NaN`."
stop_edited <- function(wrong, arg, call, what = "fit", whole = "a whole model") {
  field <- paste0(arg, wrong$at)
  must <- wrong$must
  found <- describe_parts(wrong$found)
  stop_backprop(paste0("edited_", what), c(
    "{.arg {arg}} is not {whole}: it was edited or truncated.",
    x = if (is.null(wrong$found)) "{.code {field}} is missing; it must be {must}." else "{.code {field}} must be {must}, not {found}."
  ), call = call)
}

# A value of several parts with what tells it from what it should be.
describe_parts <- function(x) {
  if (is.data.frame(x)) {
    columns <- utils::head(names(unclass(x)), 10L)
    return(paste("a data frame", if (length(columns) == 0L) "without columns" else paste("with", paste0("`", columns, "`", collapse = ", "))))
  }
  if (is_plain_list(x)) {
    return(paste("a list of", length(x)))
  }
  if (is.matrix(x) && is.numeric(x)) {
    return(paste0("a ", nrow(x), " x ", ncol(x), " matrix", if (!all(is.finite(x))) " with missing or infinite values"))
  }
  describe_value(x)
}

# A list that a table describes.
nested <- function(table, optional = FALSE) {
  field("a list", function(x, whole) if (is.list(x)) find_wrong(x, table, whole) else FALSE, optional)
}

# A test of a list by a test of its elements. `named`: whether each has a name of its own.
each <- function(x, test, must, named = FALSE) {
  if (!is_plain_list(x) || (named && !is_named(x))) {
    return(FALSE)
  }
  for (i in seq_along(x)) {
    answer <- test(x[[i]])
    if (is.null(answer)) next
    if (!is.list(answer)) {
      if (isTRUE(answer)) next
      answer <- wrong_part("", must, x[[i]])
    }
    answer$at <- paste0(if (named) paste0("$`", names(x)[i], "`") else paste0("[[", i, "]]"), answer$at)
    return(answer)
  }
  NULL
}

# A test of a list by a table.
walks <- function(x, table, whole) if (is_plain_list(x)) find_wrong(x, table, whole) else FALSE

# What values are. None of these fails on any value.

is_plain_list <- function(x) is.list(x) && !is.object(x)

is_named <- function(x) {
  names <- names(x)
  length(x) == 0L || (!is.null(names) && anyDuplicated(names) == 0L)
}

# Numbers without a class, so that what follows is R's own arithmetic.
is_bare_number <- function(x) is.numeric(x) && !is.object(x)

is_one_number <- function(x) is_bare_number(x) && length(x) == 1L

is_whole <- function(x, min = -.Machine$integer.max) {
  is_bare_number(x) && length(x) == 1L && !is.na(x) && x >= min && x == floor(x) && x <= .Machine$integer.max
}

is_whole_each <- function(x, min) is_bare_number(x) && !anyNA(x) && all(x >= min & x == floor(x) & x <= .Machine$integer.max)

is_positive <- function(x) is_bare_number(x) && length(x) == 1L && is.finite(x) && x > 0

# In [min, max), or in [min, max] when `closed`.
is_between <- function(x, min, max, closed = FALSE) {
  is_bare_number(x) && length(x) == 1L && is.finite(x) && x >= min && x <= max && (closed || x != max)
}

is_flag <- function(x) is.logical(x) && length(x) == 1L && !is.na(x)

is_text <- function(x) is.character(x) && length(x) == 1L && !is.na(x)

is_choice <- function(x, choices) is.character(x) && length(x) == 1L && !is.na(match(x, choices))

is_texts <- function(x, n = length(x)) is.character(x) && length(x) == n && !anyNA(x)

# A path; R expands none of more bytes than Linux takes.
is_path <- function(x) is_text(x) && nzchar(x) && nchar(x, "bytes") < 4096L

# An expression that can be evaluated.
is_expression <- function(x) is.call(x) || is.name(x) || (is.atomic(x) && length(x) == 1L)

# Rules that several tables have.

whole_field <- function(min = NULL, optional = FALSE) {
  if (is.null(min)) {
    return(field("a whole number", function(x, whole) is_whole(x), optional))
  }
  field(paste0("a whole number, ", min, " or more"), function(x, whole) is_whole(x, min), optional)
}

number_field <- function() field("a number", function(x, whole) is_one_number(x))

positive_field <- function(optional = FALSE) field("a positive, finite number", function(x, whole) is_positive(x), optional)

between_field <- function(min, max = Inf, closed = FALSE) {
  field(words_between(min, max, closed), function(x, whole) is_between(x, min, max, closed))
}

words_between <- function(min, max, closed, open = FALSE) {
  paste0("a number ", if (open) "above " else "of at least ", min, if (max == Inf) "" else if (closed) paste(" and at most", max) else paste(" and below", max))
}

flag_field <- function() field("`TRUE` or `FALSE`", function(x, whole) is_flag(x))

text_field <- function(optional = FALSE) field("a text", function(x, whole) is_text(x), optional)

# `choices` are looked at when they are first needed: the registry is read after the tables.
choice_field <- function(choices, optional = FALSE) {
  field(
    function(whole) one_of_choices(choices),
    function(x, whole) is.character(x) && length(x) == 1L && !is.na(match(x, choices)),
    optional
  )
}

one_of_choices <- function(choices) paste("one of", paste0("\"", choices, "\"", collapse = ", "))

# An object with hyperparameters (see spec-hyperparameters.R).
hyperparameters_field <- function(class, tables, optional = FALSE) {
  field(paste0("a list of class `", class, "`"), function(x, whole) wrong_hyperparameters(x, class, tables), optional, classed = TRUE)
}
