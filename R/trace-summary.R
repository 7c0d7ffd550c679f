# A trace in short (losses, and how each weight changed) and at full length (a row per cell).

#' Summarise a trace
#'
#' `summary()` gives the loss before and after, and how each weight and bias changed from the start of the trace to
#' its end.
#' `as.data.frame()` gives the whole trace as a tidy table with a row per cell.
#'
#' @param object,x A trace from [nn_trace()], or its summary.
#' @param row.names,optional,... Not used.
#' @param rows,columns,digits As for [print.nn_trace()].
#' @return `summary()`: a list of class `summary.nn_trace` with `loss` (before and after, of all rows), `iterations`
#'   (a data frame, see [nn_trace()]) and `changes`, a data frame with a row per weight and bias (and of what a family trains of its own): `key`, `layer`,
#'   `row`, `column`, `from` and `to` (the names of the units), `before`, `after`, `change`.
#'
#'   `as.data.frame()`: a data frame with `position` in the trace, `iteration`, `epoch`, `number` (of the step, 0 to
#'   12), `phase`, `layer`, `key`, `row`, `column`, `row_name`, `column_name`, `value`, and `changed` (`NA` for what
#'   did not exist before).
#' @examples
#' X <- matrix(c(1,0,1,0, 1,0,1,1, 0,1,0,1), nrow = 3, byrow = TRUE)
#' trace <- nn_trace(X, c(1, 1, 0), hidden = 3, lr = 0.1, iterations = 5, seed = 1)
#' summary(trace)
#' cells <- as.data.frame(trace)
#' subset(cells, key == "E" & iteration == 5)
#' @export
summary.nn_trace <- function(object, ...) {
  check_trace(object, quote(summary()), "object", deep = FALSE)
  fields <- unclass(object)
  units <- c(list(fields$names$inputs), fields$names$hidden, list(fields$names$outputs))
  structure(
    list(
      loss = fields$loss, iterations = fields$iterations, changes = changes_of_trace(fields, units),
      start = fields$start, end = fields$end, keys = fields$keys, units = units, parameters = fields$names$parameters
    ),
    class = "summary.nn_trace"
  )
}

changes_of_trace <- function(fields, units) {
  of_layer <- function(l) {
    before <- c(fields$start$weights[[l]], fields$start$biases[[l]])
    after <- c(fields$end$weights[[l]], fields$end$biases[[l]])
    w <- fields$start$weights[[l]]
    k <- length(fields$start$biases[[l]])
    names <- fields$names$parameters[[l]]
    # Traces of an earlier version are of dense layers alone.
    if (is.null(names)) names <- list(rows = units[[l]], columns = units[[l + 1L]], biases = units[[l + 1L]])
    data.frame(
      key = rep(c(fields$keys$weights[l], fields$keys$biases[l]), c(length(w), k)),
      layer = rep(l, length(before)),
      row = c(as.vector(row(w)), rep(1L, k)), column = c(as.vector(col(w)), seq_len(k)),
      from = c(names$rows[row(w)], rep("bias", k)), to = c(names$columns[col(w)], names$biases),
      before = before, after = after, change = after - before
    )
  }
  do.call(rbind, c(lapply(seq_along(fields$start$weights), of_layer), list(changes_of_own(fields))))
}

# Of what a family trains of its own; NULL where there is none.
changes_of_own <- function(fields) {
  before <- fields$start$ancillary
  after <- fields$end$ancillary
  key <- own_keys[fields$engine$loss]
  if (length(before) == 0L || is.na(key)) {
    return(NULL)
  }
  data.frame(
    key = unname(key), layer = length(fields$start$weights), row = 1L, column = seq_along(before),
    from = "family", to = if (length(before) == 1L) unname(key) else paste0(key, seq_along(before)),
    before = before, after = after, change = after - before
  )
}

#' @rdname summary.nn_trace
#' @export
print.summary.nn_trace <- function(x, rows = 10, columns = 8, digits = 4, ...) {
  limits <- check_limits(rows, columns, digits, quote(print()))
  count <- nrow(x$iterations)
  cat(
    "Loss before ", count_text(count, "iteration"), ": ", format(x$loss[["before"]], digits = 6), "\n",
    "Loss after: ", format(x$loss[["after"]], digits = 6), " (", signed(x$loss[["after"]] - x$loss[["before"]]), ")\n",
    sep = ""
  )
  if (count > 1L) {
    cat("\n")
    print(utils::head(x$iterations, limits$rows), row.names = FALSE, digits = 5)
    if (count > limits$rows) {
      cat("... ", count_text(count - limits$rows, "more iteration"), "\n", sep = "")
    }
  }
  cat("\nChange of each weight and bias:\n\n")
  blocks <- unlist(lapply(seq_along(x$start$weights), function(l) {
    change <- function(kind, names) {
      difference <- as.matrix(x$end[[kind]][[l]] - x$start[[kind]][[l]])
      if (kind == "biases") difference <- t(difference)
      if (length(difference) == 0L) {
        return(NULL)
      }
      dimnames(difference) <- names
      list(table_block(difference, x$keys[[kind]][l], limits))
    }
    named <- x$parameters[[l]]
    if (is.null(named)) named <- list(rows = x$units[[l]], columns = x$units[[l + 1L]], biases = x$units[[l + 1L]])
    c(change("weights", list(named$rows, named$columns)), change("biases", list("bias", named$biases)))
  }), recursive = FALSE)
  own <- x$changes[x$changes$from == "family" & x$changes$key %in% own_keys & !x$changes$key %in% unlist(x$keys), ]
  if (nrow(own) > 0L) {
    blocks <- c(blocks, list(table_block(matrix(own$change, 1L, dimnames = list("family", own$to)), own$key[1L], limits)))
  }
  print_blocks(blocks)
  if (any(vapply(blocks, function(block) block$cut, NA))) {
    cat("\nCut to ", limits_text(limits), ": all are in $changes.\n", sep = "")
  }
  invisible(x)
}

signed <- function(x) paste0(if (is.finite(x) && x > 0) "+", format(x, digits = 4))

#' @rdname summary.nn_trace
#' @export
as.data.frame.nn_trace <- function(x, row.names = NULL, optional = FALSE, ...) {
  check_trace(x, quote(as.data.frame()), "x")
  steps <- as.list(x)
  sizes <- vapply(steps, function(step) length(step$result), 0L)
  each <- function(f, type) rep(vapply(steps, f, type), sizes)
  all <- function(f) unlist(lapply(steps, f), use.names = FALSE)
  data.frame(
    position = rep(seq_along(steps), sizes),
    iteration = each(function(step) step$iteration, 0L),
    epoch = each(function(step) step$epoch, 0L),
    number = each(function(step) step$number, 0L),
    phase = each(function(step) step$phase, ""),
    layer = each(function(step) as.integer(step$layer), 0L),
    key = each(function(step) step$key, ""),
    row = all(function(step) as.vector(row(step$result))),
    column = all(function(step) as.vector(col(step$result))),
    row_name = all(function(step) rownames(step$result)[row(step$result)]),
    column_name = all(function(step) colnames(step$result)[col(step$result)]),
    value = all(function(step) as.vector(step$result)),
    changed = all(function(step) if (is.null(step$changed)) rep(NA, length(step$result)) else as.vector(step$changed))
  )
}
