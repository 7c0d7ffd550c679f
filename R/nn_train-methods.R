# The methods of nn_train(): each reads its kind of data; train_given() does the rest.

#' @rdname nn_train
#' @export
nn_train.default <- function(X, Y, hidden = 3, epochs = 1000, lr = NULL, ...,
                             preset = "textbook", effort = "standard", time_limit = NULL,
                             activation = "sigmoid", output = NULL, loss = NULL, optimizer = "gd",
                             batch_size = NULL, shuffle = TRUE, lr_schedule = "constant", init = NULL, start = NULL,
                             restarts = 1, ensemble = 1, blend = NULL, standardize = FALSE, embed = NULL, rare_levels = 0, outcome_transform = "none",
                             clip_predictions = FALSE,
                             penalty = 0, mixture = 0, dropout = 0, clip_norm = NULL, decay_schedule = NULL, dropout_schedule = NULL,
                             validation = NULL, stop_iter = NULL, stop_metric = NULL, tol = 0,
                             case_weights = NULL, class_weights = NULL, offset = NULL, na_action = "error",
                             precision = "double", threads = NULL, seed = NULL, keep = "minimal",
                             keep_weights = NULL, callback = NULL, checkpoint = NULL, progress = NULL) {
  matched <- with_words_of_dots(match.call(), parent.frame())
  typed <- check_spelling(names(matched), names(sys.call()), c("X", "Y", training_arguments))
  settings <- with_na_alias(settings_of(environment()), list(...))
  if (missing(Y)) {
    stop_missing("Y", "the outcome")
  }
  earlier <- earlier_fit(start, "matrix")
  train_given(given_matrix(X, Y, settings, earlier), settings, typed, earlier, matched)
}

#' @rdname nn_train
#' @export
nn_train.matrix <- nn_train.default

#' @rdname nn_train
#' @export
nn_train.data.frame <- function(X, Y, hidden, epochs, lr, ...,
                                preset = "table", effort = "standard", time_limit = NULL,
                                activation, output = NULL, loss = NULL, optimizer,
                                batch_size, shuffle = TRUE, lr_schedule, init = NULL, start = NULL,
                                restarts = 1, ensemble, blend, standardize = TRUE, embed, rare_levels, outcome_transform, clip_predictions,
                                penalty, mixture = 0, dropout, clip_norm, decay_schedule = NULL, dropout_schedule = NULL,
                                validation, stop_iter, stop_metric = NULL, tol = 0,
                                case_weights = NULL, class_weights = NULL, offset = NULL, na_action = "error",
                                precision, threads = NULL, seed = NULL, keep = "minimal",
                                keep_weights = NULL, callback = NULL, checkpoint = NULL, progress = NULL) {
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
  train_given(given_table(X, Y, settings, earlier), settings, typed, earlier, matched)
}

#' @rdname nn_train
#' @export
nn_train.formula <- function(formula, data, hidden, epochs, lr, ...,
                             preset = "table", effort = "standard", time_limit = NULL,
                             activation, output = NULL, loss = NULL, optimizer,
                             batch_size, shuffle = TRUE, lr_schedule, init = NULL, start = NULL,
                             restarts = 1, ensemble, blend, standardize = TRUE, embed, rare_levels, outcome_transform, clip_predictions,
                             penalty, mixture = 0, dropout, clip_norm, decay_schedule = NULL, dropout_schedule = NULL,
                             validation, stop_iter, stop_metric = NULL, tol = 0,
                             case_weights = NULL, class_weights = NULL, offset = NULL, na_action = "error", subset = NULL,
                             precision, threads = NULL, seed = NULL, keep = "minimal",
                             keep_weights = NULL, callback = NULL, checkpoint = NULL, progress = NULL) {
  matched <- with_words_of_dots(match.call(), parent.frame())
  if (missing(formula)) {
    stop_called_x("formula", "formula", quote(nn_train()))
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
  if (!is.data.frame(data)) {
    stop_argument("data", "a data frame", data, hint = "`as.data.frame()` makes one of a matrix or a list.")
  }
  earlier <- earlier_fit(start, "formula")
  given <- undoing_draws(
    if (is.null(earlier)) given_formula(formula, data, columns) else given_again(formula, data, columns, typed, earlier)
  )
  train_given(given, settings, typed, earlier, matched)
}

# The arguments of a method. Those that have no default and were not given have the textbook's value; a preset may have another.
settings_of <- function(frame) {
  settings <- mget(training_arguments, envir = frame)
  absent <- vapply(settings, function(value) identical(value, quote(expr = )), NA)
  settings[absent] <- textbook[names(settings)[absent]]
  # From here on a limit of time counts.
  settings$began <- proc.time()[["elapsed"]]
  settings
}

# `na.action`, as R's own functions call it, is understood.
with_na_alias <- function(settings, dots) {
  if ("na.action" %in% names(dots)) settings["na_action"] <- list(dots$na.action)
  settings
}
