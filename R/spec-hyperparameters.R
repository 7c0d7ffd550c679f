# What the hyperparameters of optimizers, schedules and losses must be: one table for each name, of what the engine states of them. The functions that make such objects check by it, and so does
# whatever takes one, since a list can be edited.

# What a range is in words.
words_of_range <- function(range) {
  words <- switch(range$range,
    flag = "`TRUE` or `FALSE`",
    count = "a whole number, 1 or more",
    number = if (range$from == 0 && range$above && range$to == Inf) {
      "a positive, finite number"
    } else {
      words_between(range$from, range$to, closed = !range$below, open = range$above)
    }
  )
  # NA stands for what training will fill in.
  if (is.na(range$default)) paste0(words, ", or `NA`") else words
}

# Whether a value lies in a range.
is_in_range <- function(x, range) {
  (is.na(range$default) && is_missing_number(x)) || switch(range$range,
    flag = is_flag(x),
    count = is_whole(x, 1),
    number = is_between(x, range$from, range$to, closed = !range$below) && (!range$above || x > range$from)
  )
}
is_missing_number <- function(x) is_one_number(x) && is.na(x) && !is.nan(x)

# The rule for a hyperparameter as the registry states it.
hyperparameter_rule <- function(stated) {
  highest <- stated$at_most
  field(words_of_range(stated), function(x, whole) {
    is_right <- is_in_range(x, stated)
    if (!is_right || is.null(highest) || x <= whole[[highest]]) {
      return(is_right)
    }
    wrong_part("", paste0("at most `", highest, "`, which is ", whole[[highest]]), x)
  })
}

# The rules of each name of a table of the registry. A hyperparameter that another one bounds comes after those that stand by themselves.
hyperparameter_fields <- function(table) {
  lapply(table, function(entry) {
    bounded <- vapply(entry$hyperparameters, function(stated) !is.null(stated$at_most), NA)
    do.call(fields, lapply(c(entry$hyperparameters[!bounded], entry$hyperparameters[bounded]), hyperparameter_rule))
  })
}

optimizer_fields <- hyperparameter_fields(optimizers)
schedule_fields <- hyperparameter_fields(schedules)

# `columns` are NULL for all.
embedding_fields <- list(
  piecewise = fields(bins = whole_field(1), columns = field("names of inputs", function(x, whole) is_texts(x) && length(x) > 0L, optional = TRUE))
)

no_parameter <- fields(par = field("`numeric(0)`", function(x, whole) is.numeric(x) && length(x) == 0L))
loss_fields <- lapply(losses, function(loss) no_parameter)
loss_fields$huber <- fields(par = positive_field())
loss_fields$quantile <- fields(par = field("different numbers above 0 and below 1, in order", function(x, whole) is_quantile_levels(x)))
# What the outcome decides: how many classes there are, where intervals end.
loss_fields$ordinal <- fields(par = field("the number of classes", function(x, whole) is_whole(x, 2) || (is.numeric(x) && length(x) == 0L)))
loss_fields$discrete_hazard <- fields(par = field("ascending numbers above 0", function(x, whole) is_breaks(x) || (is.numeric(x) && length(x) == 0L)))

is_quantile_levels <- function(x) {
  is.numeric(x) && length(x) > 0L && !anyNA(x) && all(x > 0 & x < 1) && !is.unsorted(x, strictly = TRUE)
}

is_breaks <- function(x) is.numeric(x) && length(x) > 0L && all(is.finite(x)) && x[1L] > 0 && !is.unsorted(x, strictly = TRUE)

# An object of `class` from its name and hyperparameters, checked; `tables` are those above.
new_hyperparameters <- function(class, tables, name, hyperparameters, call) {
  wrong <- find_wrong(hyperparameters, tables[[name]])
  if (!is.null(wrong)) {
    stop_argument(substring(wrong$at, 2L), wrong$must, wrong$found, call = call)
  }
  numbers <- vapply(hyperparameters, is.numeric, NA)
  hyperparameters[numbers] <- lapply(hyperparameters[numbers], as.double)
  structure(c(list(name = name), hyperparameters), class = class)
}

# What is wrong with such an object, or NULL.
wrong_hyperparameters <- function(x, class, tables) {
  if (!is.list(x) || !inherits(x, class)) {
    return(wrong_part("", paste0("a list of class `", class, "`"), if (inherits(x, class)) unclass(x) else x))
  }
  hyperparameters <- unclass(x)
  name <- hyperparameters[["name"]]
  if (!is_choice(name, names(tables))) {
    return(wrong_part("$name", one_of_choices(names(tables)), name))
  }
  table <- tables[[name]]
  unknown <- setdiff(names(hyperparameters), c("name", table$name))
  if (length(unknown) > 0L) {
    has <- if (length(table$name) == 0L) "no hyperparameters" else paste0("`", table$name, "`", collapse = ", ")
    return(wrong_part(paste0("$", unknown[1L]), paste0("absent (", name, " has ", has, ")"), hyperparameters[[unknown[1L]]]))
  }
  find_wrong(hyperparameters, table)
}

check_hyperparameters <- function(x, arg, class, tables, call = training_call) {
  wrong <- wrong_hyperparameters(x, class, tables)
  if (!is.null(wrong)) {
    stop_argument(paste0(arg, wrong$at), wrong$must, wrong$found, hint = "The object was edited: make it anew.", call = call)
  }
  x
}
