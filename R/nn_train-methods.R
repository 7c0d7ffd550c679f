# The methods of nn_train(): each reads its kind of data into a request; train_requested() does the rest.

# The arguments that say how to train, in the order of the signature, with the values of the textbook's network.
training_defaults <- alist(
  hidden = 3, epochs = 1000, lr = NULL, preset = "textbook", effort = "standard", time_limit = NULL,
  activation = "sigmoid", bias = TRUE, family = NULL, output = NULL, loss = NULL, optimizer = "gd", batch_size = NULL, shuffle = TRUE,
  lr_schedule = "constant", init = NULL, start = NULL, restarts = 1, ensemble = 1, bootstrap = FALSE, blend = NULL,
  standardize = FALSE, embed = NULL, rare_levels = 0, outcome_transform = "none", clip_predictions = FALSE,
  penalty = 0, mixture = 0, dropout = 0, clip_norm = NULL, decay_schedule = NULL, dropout_schedule = NULL,
  validation = NULL, stop_iter = NULL, stop_metric = NULL, tol = 0,
  case_weights = NULL, class_weights = NULL, offset = NULL, na_action = "error",
  precision = "double", threads = NULL, cluster = NULL, seed = NULL, keep = "minimal",
  keep_weights = NULL, callback = NULL, checkpoint = NULL, progress = NULL
)

# Those that `preset = "table"` chooses by the data: the methods for tables have no defaults of them.
chosen_by_preset <- c(
  "hidden", "epochs", "lr", "activation", "optimizer", "batch_size", "lr_schedule", "ensemble", "blend", "embed", "rare_levels",
  "outcome_transform", "clip_predictions", "penalty", "dropout", "clip_norm", "validation", "stop_iter", "precision"
)

table_defaults <- replace(training_defaults, c("preset", "standardize"), list("table", TRUE))
table_defaults[chosen_by_preset] <- alist(absent = )
# `subset` may name columns of the data, which only a formula has.
formula_defaults <- append(table_defaults, alist(subset = NULL), match("na_action", names(table_defaults)))

# `method` with the arguments `defaults`: the first three may be given by place, after those that it has itself.
with_arguments <- function(defaults, method) {
  own <- formals(method)
  formals(method) <- c(own[names(own) != "..."], defaults[1:3], own["..."], defaults[-(1:3)])
  method
}

# A call of nn_train() that is read and checked as far as its data: `given`, `settings`, the names of those that were `typed`, the fit that it goes on
# from (`earlier`), and the `call`. nn_trace() trains by it as well.
request_training <- function(X, ...) {
  if (missing(X)) {
    return(without_x(..., .method = request_training.formula))
  }
  UseMethod("request_training")
}

request_training.default <- with_arguments(training_defaults, function(X, Y, ...) {
  matched <- with_words_of_dots(match.call(), parent.frame())
  typed <- check_spelling(names(matched), names(sys.call()), c("X", "Y", training_arguments))
  settings <- with_na_alias(settings_of(environment()), list(...))
  if (missing(Y)) {
    stop_missing("Y", "the outcome")
  }
  earlier <- earlier_fit(start, "matrix")
  list(given = given_matrix(X, Y, settings, earlier), settings = settings, typed = typed, earlier = earlier, call = matched)
})

request_training.data.frame <- with_arguments(table_defaults, function(X, Y, ...) {
  matched <- with_words_of_dots(match.call(), parent.frame())
  typed <- check_spelling(names(matched), names(sys.call()), c("X", "Y", training_arguments))
  settings <- with_na_alias(settings_of(environment()), list(...))
  if (missing(Y)) {
    stop_missing("Y", "the outcome")
  }
  if (inherits(Y, "formula")) {
    stop_backprop("formula", c(
      "{.arg Y} must not be a formula when {.arg X} is a data frame.",
      i = "Give the formula first: {.code nn_train(formula, data = )}."
    ))
  }
  earlier <- earlier_fit(start, "data.frame")
  list(given = given_table(X, Y, settings, earlier), settings = settings, typed = typed, earlier = earlier, call = matched)
})

request_training.formula <- with_arguments(formula_defaults, function(formula, data, ...) {
  matched <- with_words_of_dots(match.call(), parent.frame())
  if (missing(formula)) {
    stop_called_x("formula", "formula", training_call)
  }
  typed <- check_spelling(names(matched), names(sys.call()), c("formula", "data", "subset", training_arguments))
  # As those of lm(), these may name columns of the data.
  columns <- list(
    case_weights = rlang::enquo0(case_weights), offset = rlang::enquo0(offset), subset = rlang::enquo0(subset)
  )
  case_weights <- offset <- NULL
  settings <- with_na_alias(settings_of(environment()), list(...))
  if (!inherits(formula, "formula")) {
    stop_argument("formula", "a formula", formula, hint = "`as.formula()` makes one of a text or a call.")
  }
  if (is.null(environment(formula))) {
    environment(formula) <- parent.frame()
  }
  if (missing(data)) {
    data <- data_of_formula(formula)
  }
  check_data_frame(data)
  earlier <- earlier_fit(start, "formula")
  given <- undoing_draws(
    if (is.null(earlier)) given_formula(formula, data, columns) else given_again(formula, data, columns, typed, earlier)
  )
  list(given = given, settings = settings, typed = typed, earlier = earlier, call = matched)
})

request_training.recipe <- with_arguments(table_defaults, function(X, data, ...) {
  matched <- with_words_of_dots(match.call(), parent.frame())
  typed <- check_spelling(names(matched), names(sys.call()), c("X", "data", training_arguments))
  settings <- with_na_alias(settings_of(environment()), list(...))
  if (missing(data)) {
    stop_missing("data", "the data frame that the recipe is for")
  }
  check_data_frame(data)
  earlier <- earlier_fit(start, "recipe")
  given <- undoing_draws(given_recipe(X, data, settings, earlier))
  list(given = given, settings = settings, typed = typed, earlier = earlier, call = matched)
})

check_data_frame <- function(data) {
  if (!is.data.frame(data)) {
    stop_argument("data", "a data frame", data, hint = "`as.data.frame()` makes one of a matrix or a list.")
  }
}

# The method of nn_train() that trains what `request` reads, with its arguments.
training_by <- function(request) {
  body(request) <- bquote({
    request <- .(body(request))
    train_requested(request)
  })
  request
}

#' @rdname nn_train
#' @export
nn_train.default <- training_by(request_training.default)

#' @rdname nn_train
#' @export
nn_train.matrix <- nn_train.default

#' @rdname nn_train
#' @export
nn_train.data.frame <- training_by(request_training.data.frame)

#' @rdname nn_train
#' @export
nn_train.formula <- training_by(request_training.formula)

#' @rdname nn_train-recipe
#' @export
nn_train.recipe <- training_by(request_training.recipe)

# The arguments of a method. Those that have no default and were not given have the textbook's value; a preset may have another.
settings_of <- function(frame) {
  settings <- mget(training_arguments, envir = frame)
  # An absent argument is a symbol without a name.
  absent <- vapply(settings, is.symbol, NA)
  absent[absent] <- vapply(settings[absent], identical, NA, quote(expr = ))
  settings[absent] <- training_defaults[absent]
  # From here on a limit of time counts.
  settings$began <- proc.time()[["elapsed"]]
  settings
}

# `na.action`, as R's own functions call it, is understood.
with_na_alias <- function(settings, dots) {
  if ("na.action" %in% names(dots)) settings["na_action"] <- list(dots$na.action)
  settings
}
