# Warnings of many chunks, told once.

# `during(before, code)` runs code that looks at the rows after the first `before`, and keeps its warnings; `tell()` gives each kind once.
gather_warnings <- function(fit) {
  kept <- list()
  keep <- function(cnd, before) {
    key <- warning_key(cnd)
    one <- kept[[key]]
    # However many kinds there are, memory stays as it is.
    if (is.null(one) && length(kept) >= 100L) {
      return(invisible())
    }
    if (is.null(one)) one <- list(first = cnd, times = 0, rows = numeric(), count = 0, levels = NULL)
    one$times <- one$times + 1
    one$count <- one$count + length(cnd$rows)
    one$rows <- utils::head(c(one$rows, before + cnd$rows), 1000L)
    one$levels <- utils::head(union(one$levels, cnd$levels), 1000L)
    kept[[key]] <<- one
  }
  during <- function(before, code) {
    withCallingHandlers(code, warning = function(cnd) {
      keep(cnd, before)
      tryInvokeRestart("muffleWarning")
    })
  }
  list(during = during, tell = function() for (one in kept) tell_gathered(one, fit))
}

warning_key <- function(cnd) {
  kind <- class(cnd)[1L]
  paste(c(kind, if (!inherits(cnd, "backprop_warning")) conditionMessage(cnd) else cnd$column), collapse = " ")
}

tell_gathered <- function(one, fit) {
  cnd <- one$first
  if (!is.null(cnd$column)) {
    variable <- Find(function(variable) variable$name == cnd$column, fit$blueprint$design$variables)
    warn_new_level(cnd$column, one$levels, variable$untrained, "X", if (!is.null(variable$rare)) length(variable$rare) > 0L)
  } else if (inherits(cnd, "backprop_warning")) {
    said <- conditionMessage(cnd)
    times <- one$times
    count <- format(one$count, scientific = FALSE)
    warn_backprop(sub("^backprop_warning_", "", class(cnd)[1L]), c(
      "{said}", i = if (times > 1) "{times} chunks of {.arg X} gave such a warning, of {count} rows in all."
    ), rows = one$rows)
  } else {
    warning(cnd)
  }
}
