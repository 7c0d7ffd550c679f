# Objects edited field by field, as the tables of their fields say.

# What no field may be.
never_right <- list(environment = new.env(), `function` = sum, classed = structure(list(1), class = "odd"))

# Every rule of a table with its place: those of tables inside come after the list that they describe.
rules_of <- function(table, at = character()) {
  rules <- list()
  for (i in seq_along(table$name)) {
    place <- c(at, table$name[i])
    rules <- c(rules, list(list(at = place, optional = table$optional[i])))
    inner <- environment(table$test[[i]])$table
    if (!is.null(inner)) rules <- c(rules, rules_of(inner, place))
  }
  rules
}

# `object` with the field at a place set, or taken out where `value` is NULL.
edit <- function(object, at, value) {
  class <- oldClass(object)
  object <- unclass(object)
  if (length(at) > 1L) value <- edit(object[[at[[1L]]]], at[-1L], value)
  object[[at[[1L]]]] <- value
  class(object) <- class
  object
}

field_at <- function(object, at) {
  for (one in at) object <- unclass(object)[[one]]
  object
}

place_of <- function(at) paste0("$", at, collapse = "")
