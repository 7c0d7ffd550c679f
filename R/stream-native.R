# Rows of an Arrow stream that become inputs without R: the plan for it, where each input is a column, or a level of one, and nothing else is done to them.

# NULL where R has to see the rows: the formula computes something, or levels are merged, gaps filled in, rows chosen.
native_plan <- function(reader, given, plan, made, which) {
  blueprint <- given$blueprint
  sources <- native_sources(reader)
  needs_r <- is.null(sources) || !rlang::quo_is_null(plan$subset) || length(plan$zero) > 0L ||
    !is.null(made$factors) || length(plan$hold$kept) > 0L || !plan$na_action %in% c("omit", "error") || !is.null(made$scaling$y_transform) ||
    (plan$weighted && !is.name(blueprint$case_weights)) || length(blueprint$offsets) != made$offset || !all(vapply(blueprint$offsets, is.name, NA))
  if (needs_r) {
    return(NULL)
  }
  inputs <- native_inputs(blueprint)
  outcome <- native_outcome(given, made)
  if (is.null(inputs) || is.null(outcome)) {
    return(NULL)
  }
  kept <- NULL
  open <- guarded_hook(function(part) {
    opened <- arrow_address(sources[[part]]())
    # What must live until the stream is taken over.
    kept <<- opened$keep
    opened$address
  })
  native <- list(
    parts = length(sources), open = open$fun, inputs = inputs, outcome = outcome, case_weights = if (plan$weighted) as.character(blueprint$case_weights),
    offset = if (made$offset) as.character(blueprint$offsets[[1L]]), offset_scale = if (made$offset) native_offset_scale(made), na = plan$na_action
  )
  if (!is.null(plan$hold)) {
    native <- c(native, list(seed = as.double(plan$hold$seed), share = plan$hold$share, keep = if (which == "held") "held" else "training"))
  }
  list(plan = native[!vapply(native, is.null, NA)], raised = open$raised)
}

# The functions that open a reader's streams, one for each part; NULL where rows come from elsewhere.
native_sources <- function(reader) {
  parts <- leaves_of(reader)
  opens <- vapply(parts, function(part) part$kind == "arrow" && is.function(part$source), NA)
  if (all(opens)) lapply(parts, `[[`, "source")
}

native_inputs <- function(blueprint) {
  design <- blueprint$design
  plain <- all(vapply(blueprint$variables, is.name, NA)) &&
    all(vapply(design$terms, function(term) length(term$at) == 1L && is.null(term$seen) && (term$code == 1L || design$variables[[term$at]]$kind == "levels"), NA)) &&
    !any(vapply(design$terms, function(term) 3L %in% term$code, NA)) &&
    all(vapply(design$variables, function(variable) variable$kind != "matrix" && is.null(variable$fill) && length(variable$rare) == 0L, NA))
  if (!plain) {
    return(NULL)
  }
  lapply(design$terms, function(term) {
    variable <- design$variables[[term$at]]
    input <- list(column = as.character(blueprint$variables[[term$at]]), kind = variable$kind)
    if (variable$kind == "levels") c(input, list(levels = variable$levels, others = character())) else input
  })
}

native_outcome <- function(given, made) {
  outcome <- made$outcome
  expression <- given$blueprint$outcome
  if (!is.name(expression) || !is.null(family_of_settings(made$objective)$targets) || !is.null(outcome$trials)) {
    return(NULL)
  }
  column <- as.character(expression)
  if (outcome$kind == "factor") {
    return(list(column = column, kind = "levels", levels = outcome$levels, targets = made$targets))
  }
  if (outcome$k != 1L || !outcome$kind %in% c("numeric", "logical")) {
    return(NULL)
  }
  found <- list(column = column, kind = if (outcome$kind == "logical") "flag" else "number", targets = 1L)
  if (is.null(made$scaling$y_center)) {
    return(found)
  }
  # A flag is scaled as a number is, which the plan knows nothing of.
  if (outcome$kind == "logical") NULL else c(found, list(center = made$scaling$y_center, scale = made$scaling$y_scale))
}

# By what the offset is divided, for each output: nothing is added to the logarithm of a standard deviation.
native_offset_scale <- function(made) {
  means <- if (has_log_sds(made$objective)) made$outputs / 2 else made$outputs
  scale <- if (is.null(made$scaling$y_scale)) 1 else made$scaling$y_scale
  c(rep_len(as.double(scale), means), rep(Inf, made$outputs - means))
}
