# What the hyperparameters of optimizers, schedules and losses must be: one table for each name. The functions that make such objects check by it, and so does
# whatever takes one, since a list can be edited.

share_below_1 <- between_field(0, 1)
at_least_0 <- between_field(0)
at_least_1 <- between_field(1)
share_with_1 <- between_field(0, 1, closed = TRUE)
above_0_to_1 <- field("a number above 0 and at most 1", function(x, whole) is_positive(x) && x <= 1)
above_0_below_1 <- field("a number above 0 and below 1", function(x, whole) is_positive(x) && x < 1)
# NA stands for what training will fill in.
memory_field <- field("a whole number, 1 or more, or `NA`", function(x, whole) is_missing_number(x) || is_whole(x, 1))
epochs_field <- field("a number of at least 1, or `NA`", function(x, whole) is_missing_number(x) || is_between(x, 1, Inf))
is_missing_number <- function(x) is_one_number(x) && is.na(x) && !is.nan(x)

optimizer_fields <- list(
  gd = fields(),
  sgd = fields(),
  momentum = fields(momentum = share_below_1),
  nesterov = fields(momentum = share_below_1),
  adagrad = fields(epsilon = positive_field()),
  rmsprop = fields(rho = share_below_1, epsilon = positive_field()),
  adam = fields(beta1 = share_below_1, beta2 = share_below_1, epsilon = positive_field()),
  adamw = fields(beta1 = share_below_1, beta2 = share_below_1, epsilon = positive_field(), weight_decay = at_least_0),
  rprop = fields(
    eta_minus = share_below_1, eta_plus = at_least_1, step_max = positive_field(),
    step_min = field("a positive, finite number", function(x, whole) {
      if (!is_positive(x) || x <= whole$step_max) is_positive(x) else wrong_part("", paste("at most `step_max`, which is", whole$step_max), x)
    })
  ),
  lbfgs = fields(memory = memory_field, gradient_tolerance = at_least_0, value_tolerance = at_least_0)
)

# `columns` are NULL for all.
embedding_fields <- list(
  piecewise = fields(bins = whole_field(1), columns = field("names of inputs", function(x, whole) is_texts(x) && length(x) > 0L, optional = TRUE))
)

schedule_fields <- list(
  constant = fields(warmup = at_least_0),
  step = fields(factor = above_0_to_1, every = epochs_field, warmup = at_least_0),
  exponential = fields(rate = above_0_to_1, warmup = at_least_0),
  cosine = fields(period = epochs_field, floor = share_with_1, restarts = flag_field(), growth = at_least_1, warmup = at_least_0),
  one_cycle = fields(total = epochs_field, rise = above_0_below_1, start = share_with_1, floor = share_with_1, warmup = at_least_0),
  plateau = fields(
    factor = above_0_below_1, patience = whole_field(1), tolerance = at_least_0, floor = share_with_1, warmup = at_least_0
  )
)

no_parameter <- fields(par = field("`numeric(0)`", function(x, whole) is.numeric(x) && length(x) == 0L))
loss_fields <- list(
  sse = no_parameter, mse = no_parameter, mae = no_parameter,
  huber = fields(par = positive_field()),
  binary_cross_entropy = no_parameter, cross_entropy = no_parameter, poisson = no_parameter,
  quantile = fields(par = field("different numbers above 0 and below 1, in order", function(x, whole) is_quantile_levels(x)))
)

is_quantile_levels <- function(x) {
  is.numeric(x) && length(x) > 0L && !anyNA(x) && all(x > 0 & x < 1) && !is.unsorted(x, strictly = TRUE)
}

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
