# Checks of single arguments: plain `if`s that cost nothing when all is well.
# Each returns the value in the type that the engine wants.

check_count <- function(x, arg, min = 1, call = training_call) {
  if (!is_whole(x, min)) {
    expected <- if (min == 0) "a whole number, 0 or more" else "a whole number, 1 or more"
    stop_argument(arg, paste0(expected, at_most(x)), x, call = call)
  }
  as.integer(x)
}

# R's integers, and with them sizes, counts and places, end there: said to whoever gives more.
at_most <- function(x) {
  beyond <- is_bare_number(x) && any(x > .Machine$integer.max, na.rm = TRUE)
  if (beyond) paste(" and at most", .Machine$integer.max) else ""
}

check_positive <- function(x, arg, call = training_call) {
  if (!is_positive(x)) {
    stop_argument(arg, "a positive, finite number", x, call = call)
  }
  as.double(x)
}

# A number in [min, max), or in [min, max] when `closed`.
check_between <- function(x, arg, min, max, closed = FALSE, call = training_call) {
  if (!is_between(x, min, max, closed)) {
    stop_argument(arg, words_between(min, max, closed), x, call = call)
  }
  as.double(x)
}

check_flag <- function(x, arg, call = training_call) {
  if (!is_flag(x)) {
    stop_argument(arg, "`TRUE` or `FALSE`", x, call = call)
  }
  x
}

check_choice <- function(x, arg, choices, call = training_call) {
  if (!is_choice(x, choices)) {
    stop_choice(arg, x, choices, call = call)
  }
  x
}

# One or more of the choices.
check_choices <- function(x, arg, choices, call = training_call) {
  if (!is.character(x) || length(x) == 0L) {
    stop_choice(arg, x, choices, call = call)
  }
  unknown <- is.na(match(x, choices))
  if (any(unknown)) {
    stop_choice(arg, x[unknown][1L], choices, call = call)
  }
  x
}

# Any whole number that R can store as an integer.
check_seed <- function(x, call = training_call) {
  if (!is_whole(x)) {
    stop_argument("seed", "a whole number", x, call = call)
  }
  as.integer(x)
}

# Units of the hidden layers; NULL and zero-length vectors mean none.
check_hidden <- function(x) {
  if (length(x) == 0L && (is.null(x) || is.numeric(x))) {
    return(integer())
  }
  if (!is_bare_number(x) || !is.null(dim(x)) || !are_unit_counts(x)) {
    stop_argument(
      "hidden", paste0("whole numbers, 1 or more", at_most(x), ", one per hidden layer"), x,
      hint = "Use `hidden = c()` for a network without hidden layers."
    )
  }
  as.integer(x)
}

are_unit_counts <- function(x) !anyNA(x) && all(x >= 1 & x == floor(x) & x <= .Machine$integer.max)

# Every argument must be spelt in full: R itself would silently match the beginning of a name,
# and would silently drop what falls into `...`.
# `matched` are the names of match.call(), `raw` those of sys.call(); returns the arguments typed.
check_spelling <- function(matched, raw, known) {
  given <- c(matched[-1L], raw[nzchar(raw)])
  if (all(given %in% known)) {
    return(matched[-1L])
  }
  given <- setdiff(given, "na.action")
  if (all(given %in% known)) {
    return(sub("na.action", "na_action", matched[-1L], fixed = TRUE))
  }
  unknown <- given[!given %in% known][1L]
  refuse_taught_argument(unknown, known)
  if (!nzchar(unknown)) {
    stop_backprop("unknown_argument", c(
      "Too many unnamed arguments.",
      i = "Give everything after {.arg lr} by its name."
    ))
  }
  near <- nearest(unknown, known)
  stop_backprop("unknown_argument", c(
    "Unknown argument {.arg {unknown}}.",
    i = if (!is.null(near)) "Did you mean {.arg {near}}?" else "See {.code ?nn_train} for the arguments."
  ))
}

# What dots must not swallow: an argument that a method does not have.
refuse_dots <- function(..., known, call) {
  if (...length() == 0L) {
    return(invisible())
  }
  names <- ...names()
  unknown <- if (is.null(names)) "" else setdiff(names, known)[1L]
  if (is.na(unknown) || !nzchar(unknown)) {
    stop_backprop("unknown_argument", "Too many unnamed arguments.", call = call)
  }
  near <- nearest(unknown, known)
  stop_backprop("unknown_argument", c(
    "Unknown argument {.arg {unknown}}.",
    i = if (!is.null(near)) "Did you mean {.arg {near}}?" else "It takes {.arg {known}}."
  ), call = call)
}
