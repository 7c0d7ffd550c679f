# Access to the steps of a trace: by place, by name, in part.

#' @export
length.nn_trace <- function(x) length(steps_of(x))

#' @export
as.list.nn_trace <- function(x, ...) steps_of(x)

# Of whatever was made of a trace.
steps_of <- function(x) if (is.list(x)) as.list(unclass(x)[["steps"]]) else list()

#' @export
`[.nn_trace` <- function(x, i) {
  check_trace(x, quote(nn_trace()), "x", deep = FALSE)
  if (missing(i)) {
    return(x)
  }
  fields <- unclass(x)
  places <- (is.numeric(i) || is.logical(i)) && !is.object(i) && !(any(i < 0, na.rm = TRUE) && any(i > 0, na.rm = TRUE))
  if (!places && !(is.character(i) && !is.object(i))) stop_step(i, x)
  if (is.character(i)) {
    keys <- step_keys(x)
    unknown <- setdiff(i, keys)
    if (length(unknown) > 0L) stop_step(unknown[1L], x)
    i <- which(keys %in% i)
  }
  fields$steps <- fields$steps[i]
  if (any(vapply(fields$steps, is.null, NA))) {
    stop_step(i[is.na(i) | abs(i) > length(x)][1L], x)
  }
  structure(fields, class = "nn_trace")
}

#' @export
`[[.nn_trace` <- function(x, i, iteration = NULL, phase = NULL, exact = TRUE) {
  if (!is.null(iteration) && !is_bare_number(iteration)) stop_argument("iteration", "numbers of iterations", iteration, call = quote(nn_trace()))
  if (!is.null(phase) && !is.character(phase)) stop_argument("phase", "names of phases", phase, call = quote(nn_trace()))
  check_trace(x, quote(nn_trace()), "x", deep = FALSE)
  fields <- unclass(x)
  if (is.character(i) && length(i) == 1L) {
    found <- which(step_keys(x) == i)
    if (!is.null(iteration)) {
      found <- found[vapply(fields$steps[found], function(step) step$iteration, 0L) %in% iteration]
    }
    if (!is.null(phase)) {
      found <- found[vapply(fields$steps[found], function(step) step$phase, "") %in% phase]
    }
    if (length(found) == 0L) {
      if (is.null(iteration) && is.null(phase) && i %in% names(fields)) {
        return(fields[[i]])
      }
      stop_step(i, x, iteration, phase)
    }
    # An update writes under the name of what it changes: the first is what there was before.
    return(fields$steps[[found[1L]]])
  }
  if (!is_bare_number(i) || length(i) != 1L || is.na(i) || i < 1 || i > length(x) || i != floor(i)) {
    stop_step(i, x)
  }
  fields$steps[[i]]
}

step_keys <- function(trace) vapply(unclass(trace)$steps, function(step) step$key, "")

stop_step <- function(i, trace, iteration = NULL, phase = NULL) {
  n <- length(trace)
  keys <- unique(step_keys(trace))
  found <- describe_value(i)
  near <- if (is.character(i) && length(i) > 0L && !i[1L] %in% c(keys, NA)) nearest(i[1L], keys)
  where <- c(if (!is.null(iteration)) paste("in iteration", iteration), if (!is.null(phase)) paste("in the phase", phase))
  where <- if (length(where) > 0L) paste0(" ", paste(where, collapse = " and ")) else ""
  stop_backprop("step", c(
    "The trace has no step {found}{where}.",
    i = "It has {n} step{?s}; their names are {.val {keys}}.",
    i = if (!is.null(near)) "Did you mean {.val {near}}?"
  ), call = quote(nn_trace()))
}
