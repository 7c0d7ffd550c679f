# What each field of a fit's blueprint must be: what training recorded of a table or a formula, by which new rows are encoded.

# Columns of a table, by type.
record_fields_of_type <- list(
  number = fields(),
  character = fields(),
  any = fields(),
  factor = fields(levels = field("different levels", function(x, column) is_levels(x)), ordered = flag_field()),
  matrix = fields(
    columns = whole_field(1),
    names = field("a text for each column", function(x, column) is.character(x) && length(x) == column$columns, optional = TRUE)
  ),
  other = fields(class = field("names of classes", function(x, column) is_texts(x) && length(x) > 0L), says = text_field())
)

is_levels <- function(x) is.character(x) && anyDuplicated(x) == 0L

is_column <- function(x) {
  if (!is_plain_list(x)) {
    return(FALSE)
  }
  type <- x[["type"]]
  if (!is_choice(type, names(record_fields_of_type))) {
    return(wrong_part("$type", one_of_choices(names(record_fields_of_type)), type))
  }
  walks(x, record_fields_of_type[[type]], x)
}

are_columns <- function(x) each(x, is_column, "a list that describes a column", named = TRUE)

columns_field <- function(optional = FALSE) field("a list that describes columns", function(x, fit) are_columns(x), optional)

# Variables of a design, by kind.

fill_fields <- function(count) {
  list(
    fill = field("a finite number for each column", function(x, variable) is_center(x, count(variable)), optional = TRUE),
    gaps = field("`TRUE` or `FALSE` for each column where `fill` is a number", function(x, variable) {
      if (is.null(variable[["fill"]])) is.null(x) else is.logical(x) && length(x) == count(variable) && !anyNA(x)
    })
  )
}

fields_of_number <- do.call(fields, c(list(name = text_field()), fill_fields(function(variable) 1L)))

variable_fields <- list(
  number = fields_of_number,
  flag = fields_of_number,
  levels = fields(
    name = text_field(),
    levels = field("different levels", function(x, variable) length(x) > 0L && is_levels(x)),
    untrained = field("levels", function(x, variable) is.character(x)),
    rare = field("levels", function(x, variable) is.character(x), optional = TRUE),
    fill = field("one of its `levels`", function(x, variable) is.character(x) && length(x) == 1L && x %in% variable$levels, optional = TRUE),
    gaps = field("`TRUE` or `FALSE` where `fill` is a level", function(x, variable) if (is.null(variable[["fill"]])) is.null(x) else is_flag(x))
  ),
  matrix = do.call(fields, c(
    list(name = text_field(), columns = field("a text for each column", function(x, variable) is.character(x) && length(x) > 0L)),
    fill_fields(function(variable) length(variable$columns))
  ))
)

is_variable <- function(x) {
  if (!is_plain_list(x)) {
    return(FALSE)
  }
  kind <- x[["kind"]]
  if (!is_choice(kind, names(variable_fields))) {
    return(wrong_part("$kind", one_of_choices(names(variable_fields)), kind))
  }
  walks(x, variable_fields[[kind]], x)
}

# Terms, which multiply variables.
term_fields <- fields(
  at = field("places of variables", function(x, known) length(x) > 0L && is_whole_each(x, 1) && all(x <= known$count)),
  code = field("1, 2 or 3 for each variable", function(x, known) {
    is.numeric(x) && length(x) == length(known$term$at) && !anyNA(match(x, 1:3))
  }),
  seen = field("numbers of combinations", function(x, known) is.numeric(x) && !anyNA(x), optional = TRUE)
)

# Of `known`: the design, and `n`, the number of the fit's inputs; `count`, of its variables.
design_fields <- fields(
  variables = field("a list with an element for each variable", function(x, known) {
    if (length(x) == known$count) each(x, is_variable, "a list that describes a variable") else FALSE
  }),
  terms = field("a list with an element for each term", function(x, known) {
    each(x, function(term) walks(term, term_fields, list(term = term, count = known$count)), "a list that describes a term")
  }),
  names = field("a text for each input", function(x, known) is.character(x) && length(x) == known$n),
  first = field("`TRUE` or `FALSE` for each input", function(x, known) is.logical(x) && length(x) == known$n && !anyNA(x))
)

# `count` is how many variables it should have.
is_design <- function(x, n, count) {
  answer <- walks(x, design_fields, list(n = n, count = count))
  if (!is.null(answer)) {
    return(answer)
  }
  gaps <- sum(vapply(x$variables, function(variable) if (variable$kind == "levels") 0L else sum(variable$gaps), 0L))
  if (count_inputs(x) + gaps == n) TRUE else wrong_part("$terms", paste("terms that make", n, "inputs"), x$terms)
}

design_field <- function(count) field("a design", function(x, fit) is_design(x, fit$inputs$n, count(fit$blueprint)))

is_expressions <- function(x, n = length(x), named = FALSE) {
  if (length(x) == n) each(x, is_expression, "an expression", named = named) else FALSE
}

expression_field <- function(optional = FALSE) field("an expression", function(x, fit) is_expression(x), optional)

count_variables <- function(blueprint) length(blueprint$variables)

# How the table was made of a series (see nn_lag()).
lag_fields <- fields(
  column = text_field(),
  lags = field("whole numbers, 1 or more", function(x, fit) length(x) > 0L && is_whole_each(x, 1)),
  horizon = whole_field(1),
  difference = whole_field(0),
  calendar = field("parts of a calendar", function(x, fit) is.character(x) && all(x %in% calendars)),
  group = text_field(optional = TRUE),
  time = text_field(optional = TRUE),
  kind = choice_field(c("index", "season", "day", "month", "second")),
  step = positive_field()
)

blueprint_fields <- list(
  matrix = fields(
    width = whole_field(1),
    names = field("a text for each column", function(x, fit) is.character(x) && length(x) == fit$blueprint$width, optional = TRUE),
    design = design_field(function(blueprint) 1L)
  ),
  data.frame = fields(
    columns = columns_field(),
    design = design_field(function(blueprint) length(blueprint$columns))
  ),
  recipe = fields(
    recipe = field("a prepared recipe", function(x, fit) inherits(x, "recipe") && is.list(x), classed = TRUE),
    columns = columns_field(),
    design = design_field(function(blueprint) length(blueprint$columns))
  ),
  formula = fields(
    variables = field("a named list of expressions", function(x, fit) is_expressions(x, named = TRUE)),
    offsets = field("a list of expressions", function(x, fit) is_expressions(x)),
    outcome = expression_field(),
    outcome_rowwise = field("`TRUE` or `FALSE`", function(x, fit) is_flag(x), optional = TRUE),
    outcome_name = text_field(),
    case_weights = expression_field(optional = TRUE),
    weight_columns = columns_field(optional = TRUE),
    typed = nested(fields(
      variables = field("an expression for each variable", function(x, fit) is_expressions(x, count_variables(fit$blueprint), named = TRUE)),
      offsets = field("a list of expressions", function(x, fit) {
        if (length(x) <= length(fit$blueprint$offsets)) is_expressions(x) else FALSE
      }),
      outcome = expression_field(),
      intercept = field("`FALSE`", function(x, fit) identical(x, FALSE), optional = TRUE)
    )),
    columns = columns_field(),
    outcome_columns = columns_field(),
    input_columns = field("names of `columns`", function(x, fit) is.character(x) && all(x %in% names(fit$blueprint$columns))),
    carried = nested(fields(
      values = field("a named list", function(x, fit) is_plain_list(x) && is_named(x)),
      packages = field("names of packages, named", function(x, fit) is_texts(x) && is_named(x))
    )),
    design = design_field(count_variables),
    lag = nested(lag_fields, optional = TRUE)
  )
)

# A matrix without gaps has none.
is_blueprint <- function(x, fit) {
  if (is.null(x)) {
    return(fit$interface == "matrix")
  }
  if (!is_plain_list(x)) {
    return(FALSE)
  }
  if (!identical(x[["kind"]], fit$interface)) {
    return(wrong_part("$kind", paste0("\"", fit$interface, "\""), x[["kind"]]))
  }
  walks(x, blueprint_fields[[fit$interface]], fit)
}
