# How errors and warnings leave the package: one classed condition each, in cli's voice.
# cli costs about 12 ms, so nothing here runs unless something is wrong. An interrupt while cli works on a text leaves it
# unable to make another: until the text is made, interrupts wait.

# What errors name where they are not told another function: most of what is refused are arguments of this one.
training_call <- quote(nn_train())

# `what` becomes the class `backprop_error_<what>`. Values from the user reach the message only
# through `{}` substitution, which cli does not interpret a second time, so braces in them are safe.
# `parent`: the condition that this error comes of, if another one.
stop_backprop <- function(what, message, call = training_call, parent = NULL, .envir = parent.frame()) {
  # As cli::cli_abort() does it.
  message[] <- made_whole(vapply(message, cli::format_inline, "", .envir = .envir))
  rlang::abort(
    message,
    class = c(paste0("backprop_error_", what), "backprop_error"),
    call = call,
    parent = parent,
    use_cli_format = TRUE,
    .frame = .envir
  )
}

# A text, made while interrupts wait. One that waited is taken here, and not while the functions that use the text are loaded: from R 4.4 on
# these could then not be loaded any more in the session.
made_whole <- function(text) {
  text <- suspendInterrupts(text)
  Sys.sleep(1e-6)
  text
}

# `...` holds named fields for the condition, so that a program can read what a person reads.
warn_backprop <- function(what, message, ..., .envir = parent.frame()) {
  rlang::warn(
    made_whole(cli::format_warning(message, .envir = .envir)),
    class = c(paste0("backprop_warning_", what), "backprop_warning"),
    ...
  )
}

# What a user should know that is no fault of theirs.
inform_backprop <- function(what, message, ..., .envir = parent.frame()) {
  rlang::inform(
    made_whole(cli::format_message(message, .envir = .envir)),
    class = c(paste0("backprop_message_", what), "backprop_message"),
    ...
  )
}

# The common shape: "`lr` must be <expected>, not <found>."
stop_argument <- function(arg, expected, x, hint = NULL, call = training_call) {
  found <- describe_value(x)
  message <- "{.arg {arg}} must be {expected}, not {found}."
  if (!is.null(hint)) {
    message <- c(message, i = "{hint}")
  }
  stop_backprop("argument", message, call = call)
}

# An unknown name of something the registry lists.
stop_choice <- function(arg, x, choices, call) {
  if (!is.character(x) || length(x) != 1L || is.na(x)) {
    found <- describe_value(x)
    stop_backprop("choice", c(
      "{.arg {arg}} must be one of {.or {.val {choices}}}, not {found}."
    ), call = call)
  }
  near <- nearest(x, choices)
  message <- c(
    "{.arg {arg}} must be one of {.or {.val {choices}}}, not {.val {x}}.",
    i = if (!is.null(near)) "Did you mean {.val {near}}?"
  )
  stop_backprop("choice", message, call = call)
}

# What was found, in words a reader can match with what was typed.
describe_value <- function(x) {
  if (missing(x)) {
    return("missing")
  }
  if (is.null(x)) {
    return("`NULL`")
  }
  if (is.atomic(x) && is.null(dim(x)) && !is.object(x)) {
    if (length(x) == 0L) {
      return(paste0("`", typeof(x), "(0)`"))
    }
    shown <- if (is.character(x)) quote_each(utils::head(x, 5L)) else format_each(utils::head(x, 5L))
    if (length(x) == 1L) {
      return(paste0("`", shown, "`"))
    }
    more <- if (length(x) > 5L) ", ..." else ""
    return(paste0("`c(", paste(shown, collapse = ", "), more, ")`"))
  }
  paste0(article(describe_type(x)), " ", describe_type(x))
}

format_each <- function(x) vapply(x, format, "", digits = 7)

# Of long texts the beginning.
quote_each <- function(x) encodeString(ifelse(validUTF8(x) & nchar(x, "bytes") > 80L, paste0(substr(x, 1L, 77L), "..."), x), quote = "\"")

article <- function(noun) if (grepl("^([aeiou]|nn_)", noun, ignore.case = TRUE)) "an" else "a"

# The type of a column or an argument, as messages name it.
describe_type <- function(x) {
  if (is.null(x)) {
    return("empty `NULL`")
  }
  if (inherits(x, "AsIs")) {
    class(x) <- setdiff(class(x), "AsIs")
  }
  if (inherits(x, "POSIXt")) {
    return("date-time (POSIXt)")
  }
  if (inherits(x, "Date")) {
    return("Date")
  }
  if (inherits(x, "difftime")) {
    return("difftime")
  }
  if (inherits(x, "integer64")) {
    return("integer64")
  }
  if (is.factor(x)) {
    return("factor")
  }
  if (is.data.frame(x)) {
    return("data frame")
  }
  if (is.function(x)) {
    return("function")
  }
  if (inherits(x, "formula")) {
    return("formula")
  }
  if (is.call(x) || is.name(x)) {
    return(if (is.name(x)) "name" else "call")
  }
  if (is.array(x) && length(dim(x)) != 2L) {
    return(paste0(length(dim(x)), "-dimensional array"))
  }
  if (is.matrix(x)) {
    return(paste(typeof(x), "matrix"))
  }
  if (is.object(x)) {
    return(paste0(class(x)[1L], " object"))
  }
  if (is.list(x)) {
    return("list")
  }
  if (is.atomic(x)) {
    return(paste(typeof(x), "vector"))
  }
  typeof(x)
}

# The choice nearest to a misspelt word, or NULL when none is near.
nearest <- function(word, choices) {
  if (!validUTF8(word)) {
    return(NULL)
  }
  if (nchar(word) < 2L) {
    # Near to anything.
    same <- choices[tolower(choices) == tolower(word)]
    return(if (length(same) > 0L) same[1L])
  }
  lower <- tolower(choices)
  starts <- startsWith(lower, tolower(word))
  if (any(starts) && nzchar(word)) {
    return(choices[starts][1L])
  }
  distance <- utils::adist(tolower(word), lower)[1L, ]
  best <- which.min(distance)
  if (distance[best] <= max(2, nchar(word) %/% 3)) choices[best] else NULL
}
