# The names that expressions and functions read: what must be a column, what must travel with a fit.

# `variables` and `functions` that a list of expressions reads from outside, without what they bind themselves.
names_read_by <- function(expressions, bound = character()) {
  seen <- new.env(parent = emptyenv())
  seen$variables <- seen$functions <- character()
  for (expression in without_empty(expressions)) collect_names(expression, bound, seen)
  list(variables = unique(seen$variables), functions = unique(seen$functions))
}

collect_names <- function(expression, bound, seen) {
  if (is.name(expression)) {
    name <- as.character(expression)
    if (nzchar(name) && !name %in% bound) seen$variables <- c(seen$variables, name)
    return(invisible())
  }
  if (!is.call(expression)) {
    return(invisible())
  }
  head <- expression[[1L]]
  if (is.name(head)) {
    if (!as.character(head) %in% bound) seen$functions <- c(seen$functions, as.character(head))
  } else {
    collect_names(head, bound, seen)
  }
  parts <- as.list(expression)[-1L]
  switch(if (is.name(head)) as.character(head) else "",
    `::` = ,
    `:::` = ,
    quote = return(invisible()),
    `$` = ,
    `@` = parts <- parts[1L],
    `function` = {
      parts <- c(as.list(parts[[1L]]), parts[2L])
      bound <- c(bound, names(expression[[2L]]))
    }
  )
  for (part in without_empty(parts)) collect_names(part, bound, seen)
}

# Arguments without a value, as in x[, 1] and function(x), cannot be looked at.
without_empty <- function(expressions) expressions[!vapply(expressions, identical, NA, quote(expr = ))]

# What a function reads from outside itself; `maybe` are names that it assigns too, before or after it reads them.
names_read_by_function <- function(f) {
  read <- names_read_by(c(as.list(formals(f)), list(body(f))), names(formals(f)))
  c(read, list(maybe = names_assigned(body(f))))
}

names_assigned <- function(expression) {
  if (!is.call(expression)) {
    return(character())
  }
  head <- if (is.name(expression[[1L]])) as.character(expression[[1L]]) else ""
  own <- if (head %in% c("<-", "=", "for") && is.name(expression[[2L]])) as.character(expression[[2L]])
  # The names inside another function are its own.
  inner <- if (head == "function") character() else unlist(lapply(without_empty(as.list(expression)[-1L]), names_assigned))
  c(own, inner)
}
