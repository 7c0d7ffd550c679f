# The methods of nn_train(): each reads its kind of data; train_given() does the rest.

#' @rdname nn_train
#' @export
nn_train.default <- function(X, Y, hidden = 3, epochs = 1000, lr = NULL, ...,
                             activation = "sigmoid", output = NULL, loss = NULL, optimizer = "gd",
                             batch_size = NULL, shuffle = TRUE, lr_schedule = "constant", init = NULL, start = NULL,
                             restarts = 1, ensemble = 1, blend = NULL, time_limit = NULL, standardize = FALSE, embed = NULL, penalty = 0, mixture = 0, dropout = 0,
                             clip_norm = NULL, validation = NULL, stop_iter = NULL, tol = 0,
                             case_weights = NULL, class_weights = NULL, offset = NULL, na_action = "error",
                             precision = "double", threads = NULL, seed = NULL, keep = "minimal",
                             keep_weights = NULL, callback = NULL, checkpoint = NULL, progress = NULL) {
  matched <- with_words_of_dots(match.call(), parent.frame())
  typed <- check_spelling(names(matched), names(sys.call()), c("X", "Y", training_arguments))
  settings <- with_na_alias(mget(training_arguments), list(...))
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
nn_train.data.frame <- function(X, Y, hidden = 3, epochs = 1000, lr = NULL, ...,
                                activation = "sigmoid", output = NULL, loss = NULL, optimizer = "gd",
                                batch_size = NULL, shuffle = TRUE, lr_schedule = "constant", init = NULL, start = NULL,
                                restarts = 1, ensemble = 1, blend = NULL, time_limit = NULL, standardize = TRUE, embed = NULL, penalty = 0, mixture = 0, dropout = 0,
                                clip_norm = NULL, validation = NULL, stop_iter = NULL, tol = 0,
                                case_weights = NULL, class_weights = NULL, offset = NULL, na_action = "error",
                                precision = "double", threads = NULL, seed = NULL, keep = "minimal",
                                keep_weights = NULL, callback = NULL, checkpoint = NULL, progress = NULL) {
  matched <- with_words_of_dots(match.call(), parent.frame())
  typed <- check_spelling(names(matched), names(sys.call()), c("X", "Y", training_arguments))
  settings <- with_na_alias(mget(training_arguments), list(...))
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
nn_train.formula <- function(formula, data, hidden = 3, epochs = 1000, lr = NULL, ...,
                             activation = "sigmoid", output = NULL, loss = NULL, optimizer = "gd",
                             batch_size = NULL, shuffle = TRUE, lr_schedule = "constant", init = NULL, start = NULL,
                             restarts = 1, ensemble = 1, blend = NULL, time_limit = NULL, standardize = TRUE, embed = NULL, penalty = 0, mixture = 0, dropout = 0,
                             clip_norm = NULL, validation = NULL, stop_iter = NULL, tol = 0,
                             case_weights = NULL, class_weights = NULL, offset = NULL, na_action = "error", subset = NULL,
                             precision = "double", threads = NULL, seed = NULL, keep = "minimal",
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
  settings <- with_na_alias(mget(training_arguments), list(...))
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

# `na.action`, as R's own functions call it, is understood.
with_na_alias <- function(settings, dots) {
  if ("na.action" %in% names(dots)) settings["na_action"] <- list(dots$na.action)
  settings
}
