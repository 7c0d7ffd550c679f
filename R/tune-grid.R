# What is tuned: the arguments that were given several values, and the configurations that are made of these.

#' A range of values to tune over
#'
#' Where [nn_tune()] draws its configurations (`configurations = `), an argument may be a range, of which each configuration has a number of its own.
#'
#' @param low,high The ends of the range, which belong to it.
#' @param log Whether numbers are drawn evenly on the logarithmic scale, which suits rates and penalties; both ends must be above 0.
#' @param whole Whether the numbers are whole, as for `hidden` and `batch_size`.
#' @return A list of class `nn_range` with these four.
#' @section Errors:
#' Ends that are no finite numbers, or in the wrong order, are an error of class `backprop_error_argument`.
#' @examples
#' nn_range(1e-4, 1, log = TRUE)
#' tuned <- nn_tune(Species ~ ., iris, preset = "textbook",
#'                  hidden = nn_range(2, 8, whole = TRUE), lr = nn_range(0.01, 1, log = TRUE),
#'                  epochs = 50, search = "random", configurations = 3, folds = 3, seed = 1)
#' tuned$results[c("hidden", "lr", "mean")]
#' @export
nn_range <- function(low, high, log = FALSE, whole = FALSE) {
  call <- quote(nn_range())
  for (end in c("low", "high")[c(missing(low), missing(high))]) {
    stop_backprop("missing_argument", "{.arg {end}} is missing: give the two ends of the range.", call = call)
  }
  check_flag(log, "log", call)
  check_flag(whole, "whole", call)
  for (end in c("low", "high")) {
    value <- get(end)
    fits <- is_one_number(value) && is.finite(value) && (!log || value > 0) && (!whole || value == floor(value))
    if (!fits) {
      stop_argument(end, paste0("a finite ", if (whole) "whole ", "number", if (log) " above 0"), value, call = call)
    }
  }
  if (low >= high) {
    stop_backprop("argument", "{.arg low} must be below {.arg high}; they are {low} and {high}.", call = call)
  }
  structure(list(low = as.double(low), high = as.double(high), log = log, whole = whole), class = "nn_range")
}

is_range <- function(x) inherits(x, "nn_range")

# Arguments of nn_train() that are about one training, so that there is nothing to compare: with what to do instead.
refused_in_tuning <- c(
  start = "All trainings begin anew.",
  checkpoint = "The file would mix the trainings.",
  callback = "It would be called by many trainings in turn.",
  keep_weights = "Train the best configuration once more to have its weights over the epochs.",
  time_limit = "What is compared would depend on the machine: use fewer {.arg epochs}, {.arg folds} or {.arg configurations}."
)

# Arguments that are the same for all configurations, whatever they are: the data, and how trainings are run.
same_for_all <- c(
  names(refused_in_tuning), "preset", "effort", "family", "case_weights", "class_weights", "offset", "validation", "na_action",
  "threads", "seed", "keep", "progress"
)

# Arguments whose one value may be a vector: of these only a list has several.
vector_valued <- c("hidden", "activation", "blend", "init", "dropout")

# Arguments of nn_tune() that follow X or the formula, by their names: those given by place are named as nn_train()'s are.
name_by_place <- function(arguments, by_formula) {
  names <- names_of(arguments)
  free <- setdiff(c(if (by_formula) "data" else "Y", "hidden", "epochs", "lr"), names)
  unnamed <- which(names == "")
  names[unnamed] <- free[seq_along(unnamed)]
  # More of them than there are places.
  names[is.na(names)] <- ""
  stats::setNames(arguments, names)
}

# Several values of an argument as a list of them (or a range); NULL where there is one.
several_values <- function(value, name) {
  if (is_range(value)) {
    return(value)
  }
  several <- if (name %in% vector_valued) is_plain_list(value) else is_plain_list(value) || (is.atomic(value) && !is.null(value) && length(value) != 1L)
  if (!several) {
    return(NULL)
  }
  if (length(value) == 0L) {
    stop_backprop("argument", c(
      "{.arg {name}} has no value, so there are no configurations.",
      i = "Give one value or more, such as {.code {name} = list(...)}."
    ), call = tuning_call)
  }
  unname(as.list(value))
}

# The arguments that are tuned, each with its values.
read_tuned <- function(arguments) {
  tunable <- setdiff(intersect(names(arguments), training_arguments), same_for_all)
  values <- Map(several_values, arguments[tunable], tunable)
  values[!vapply(values, is.null, NA)]
}

searches <- c("grid", "random", "halving")

# The most configurations of a grid: a number that no one means to train.
most_configurations <- 10000

# The configurations, each a list of the values of the tuned arguments. `count` are drawn, by the seed; NULL is the whole grid.
make_configurations <- function(values, search, count, seed) {
  ranges <- names(values)[vapply(values, is_range, NA)]
  if (!is.null(count)) count <- check_count(count, "configurations", call = tuning_call)
  if (search == "grid" && !is.null(count)) {
    stop_tuning("{.code search = \"grid\"} trains the whole grid and takes no {.arg configurations}.", "{.code search = \"random\"} draws some of it.")
  }
  if (is.null(count) && (search == "random" || length(ranges) > 0L)) {
    stop_tuning(
      "{why} needs {.arg configurations}: how many are drawn.",
      if (search == "grid") "Use {.code search = \"random\", configurations = 20}." else "Such as {.code configurations = 20}.",
      why = if (search == "random") "`search = \"random\"`" else paste0("The range of `", ranges[1L], "`")
    )
  }
  whole <- prod(lengths(values[setdiff(names(values), ranges)]))
  asked <- if (is.null(count)) whole else count
  if (asked > most_configurations) {
    stop_tuning(
      "{asked} are more than {most}, the most that are compared.", "{.code search = \"random\", configurations = 50} draws some of a grid.",
      asked = count_text(asked, "configuration"), most = format(most_configurations, big.mark = ",")
    )
  }
  if (is.null(count) || (length(ranges) == 0L && count >= whole)) {
    return(cells_of_grid(values, seq_len(whole)))
  }
  drawing_by(seed, function() {
    if (length(ranges) == 0L) {
      return(cells_of_grid(values, sort(sample.int(whole, count))))
    }
    lapply(seq_len(count), function(i) lapply(values, draw_value))
  })
}

draw_value <- function(value) {
  if (!is_range(value)) {
    return(value[[sample.int(length(value), 1L)]])
  }
  # A whole number is as likely as its neighbours on that scale.
  margin <- if (value$whole) 0.5 else 0
  ends <- c(value$low - margin, value$high + margin)
  drawn <- if (value$log) exp(stats::runif(1L, log(ends[1L]), log(ends[2L]))) else stats::runif(1L, ends[1L], ends[2L])
  if (value$whole) drawn <- round(drawn)
  min(max(drawn, value$low), value$high)
}

# Cells of the grid by their numbers, the first argument changing fastest.
cells_of_grid <- function(values, numbers) {
  sizes <- lengths(values)
  lapply(numbers, function(number) {
    at <- (number - 1) %/% c(1, cumprod(sizes))[seq_along(sizes)] %% sizes + 1
    Map(function(value, i) value[[i]], values, at)
  })
}

# A column of a table of configurations: a vector where all values are single numbers, texts or flags, else a list.
column_of_values <- function(values) {
  plain <- vapply(values, function(value) is.atomic(value) && length(value) == 1L && !is.object(value), NA)
  kinds <- unique(vapply(values, function(value) if (is.numeric(value)) "number" else typeof(value), ""))
  if (all(plain) && length(kinds) == 1L) unlist(values) else values
}

# A value in a few words.
label_value <- function(value) {
  if (length(value) == 0L) {
    return("none")
  }
  if (is.atomic(value)) {
    return(paste(if (is.numeric(value)) format_each(signif(value, 4)) else value, collapse = ", "))
  }
  if (is_layers(value)) {
    return(paste(vapply(value$layers, function(layer) layer$name, ""), collapse = ", "))
  }
  if (inherits(value, "nn_optimizer")) {
    return(describe_optimizer(value))
  }
  if (inherits(value, "nn_schedule")) describe_schedule(value) else if (is_text(value$name)) value$name else describe_type(value)
}

# A configuration in words: "hidden = 8, penalty = 0.01".
label_configuration <- function(values) paste0(names(values), " = ", vapply(values, label_value, ""), collapse = ", ")
