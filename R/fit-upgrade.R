# Fits made by older versions, brought to today's format when they are used.

# What the steps read before they make anything; what they make of the rest is looked at afterwards, as in every fit.
upgraded_fields <- fields(
  rows = whole_field(1),
  validation_rows = whole_field(0),
  settings = field("a list", function(x, fit) is_plain_list(x)),
  inputs = field("a list", function(x, fit) is_plain_list(x)),
  blueprint = field("what training recorded of its data", function(x, fit) is_plain_list(x), optional = TRUE)
)

upgrade_fit <- function(fit, arg, call) {
  wrong <- find_wrong(unclass(fit), upgraded_fields)
  if (!is.null(wrong)) stop_edited(wrong, arg, call)
  fit <- tryCatch(suppressWarnings(upgrade_from_1(fit)), error = function(cnd) {
    stop_edited(wrong_part("$blueprint", upgraded_fields$must[[5L]], fit[["blueprint"]]), arg, call)
  })
  fit$format <- fit_format
  fit
}

# Format 1 kept hardhat's blueprint of a table, only the number of the validation rows, and no call.
upgrade_from_1 <- function(fit) {
  fit$validation_count <- fit$validation_rows
  fit["validation_rows"] <- list(integer())
  fit$rows_given <- fit$rows + if (is.null(fit$validation_count) || identical(fit$settings$validation, "given")) 0L else fit$validation_count
  fit$settings$na_action <- "error"
  old <- fit$blueprint
  if (is.null(old)) {
    return(fit)
  }
  record <- old$record
  if (old$kind == "xy") {
    fit$blueprint <- list(
      kind = "data.frame", columns = lapply(record, column_of_format_1),
      design = design_of_format_1(record, names(record), plain_terms(length(record)), fit)
    )
    return(fit)
  }
  # The terms of the inputs alone; `predvars` has what poly() and its like need.
  terms <- old$hardhat$terms$predictors
  asked <- as.list(attr(terms, "variables"))[-1L]
  variables <- as.list(attr(terms, "predvars"))[-1L]
  if (length(variables) == 0L) variables <- asked
  names <- vapply(asked, expression_text, "")
  typed <- lapply(asked, put_back, old$derived)
  variables <- lapply(variables, put_back, old$derived)
  names(variables) <- names(typed) <- names
  factors <- attr(terms, "factors")
  of_terms <- lapply(seq_len(ncol(factors)), function(j) {
    at <- unname(which(factors[, j] > 0))
    list(at = at, code = rep(1L, length(at)))
  })
  raw <- names_read_by(variables)$variables
  columns <- lapply(stats::setNames(nm = raw), function(name) {
    # What stands in a call alone was not recorded.
    if (name %in% names(record)) column_of_format_1(record[[name]]) else list(type = "any")
  })
  classes <- attr(terms, "dataClasses")
  matrices <- as.list(sub("nmatrix.", "", classes[startsWith(classes, "nmatrix.")], fixed = TRUE))
  fit$blueprint <- list(
    kind = "formula", variables = variables, offsets = list(), outcome = old$left, case_weights = NULL,
    typed = list(variables = typed, offsets = list(), outcome = old$left), outcome_name = expression_text(old$left),
    columns = columns, outcome_columns = lapply(stats::setNames(nm = old$outcomes), function(name) list(type = "any")),
    input_columns = raw,
    # Functions of other packages could not travel then: those of stats are what a formula has.
    carried = carry(c(unname(variables), list(old$left)), c(raw, old$outcomes), asNamespace("stats")),
    design = design_of_format_1(record, names, of_terms, fit, matrices)
  )
  fit
}

column_of_format_1 <- function(levels) if (is.null(levels)) list(type = "number") else list(type = "factor", levels = levels, ordered = FALSE)

# What format 1 named a column after is a call again.
put_back <- function(expression, derived) {
  if (is.name(expression)) {
    name <- as.character(expression)
    return(if (name %in% names(derived)) derived[[name]] else expression)
  }
  if (is.call(expression)) {
    expression[-1L] <- lapply(expression[-1L], put_back, derived)
  }
  expression
}

# `matrices`: the numbers of columns of the variables that are matrices.
design_of_format_1 <- function(record, names, terms, fit, matrices = NULL) {
  inputs <- fit$inputs$names
  variables <- lapply(names, function(name) {
    levels <- record[[name]]
    if (!is.null(levels)) {
      return(list(name = name, kind = "levels", levels = levels, untrained = character()))
    }
    if (!name %in% names(matrices)) {
      return(list(name = name, kind = "number"))
    }
    list(name = name, kind = "matrix", columns = as.character(seq_len(matrices[[name]])))
  })
  design <- list(variables = variables, terms = terms)
  blocks <- lapply(terms, function(term) name_term(term, variables))
  design$names <- inputs
  design$first <- unlist(lapply(blocks, function(block) block$first))
  design
}
