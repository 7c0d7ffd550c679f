# The methods of nn_train(): each reads its kind of data; train_prepared() does the rest.

#' @rdname nn_train
#' @export
nn_train.default <- function(X, Y, hidden = 3, epochs = 1000, lr = NULL, ...,
                             activation = "sigmoid", output = NULL, loss = NULL, optimizer = "gd",
                             batch_size = NULL, shuffle = TRUE, lr_schedule = "constant", init = NULL, start = NULL,
                             restarts = 1, standardize = FALSE, penalty = 0, mixture = 0, dropout = 0,
                             clip_norm = NULL, validation = NULL, stop_iter = NULL, tol = 0,
                             case_weights = NULL, class_weights = NULL, offset = NULL,
                             precision = "double", threads = NULL, seed = NULL, keep = "minimal",
                             keep_weights = NULL, callback = NULL, checkpoint = NULL, progress = NULL) {
  matched <- names(match.call())
  typed <- check_spelling(matched, names(sys.call()), c("X", "Y", training_arguments))
  settings <- mget(training_arguments)
  if (missing(Y)) {
    stop_missing("Y", "the outcome")
  }
  earlier <- earlier_fit(start, "matrix")
  x <- read_matrix(X)
  outcome <- read_outcome(Y, like = earlier$outcome)
  check_same_rows(nrow(x), outcome)
  train_prepared(
    list(x = x, outcome = outcome, interface = "matrix", blueprint = NULL, original = list(X = X, Y = Y)),
    settings, typed, earlier
  )
}

#' @rdname nn_train
#' @export
nn_train.matrix <- nn_train.default

#' @rdname nn_train
#' @export
nn_train.data.frame <- function(X, Y, hidden = 3, epochs = 1000, lr = NULL, ...,
                                activation = "sigmoid", output = NULL, loss = NULL, optimizer = "gd",
                                batch_size = NULL, shuffle = TRUE, lr_schedule = "constant", init = NULL, start = NULL,
                                restarts = 1, standardize = TRUE, penalty = 0, mixture = 0, dropout = 0,
                                clip_norm = NULL, validation = NULL, stop_iter = NULL, tol = 0,
                                case_weights = NULL, class_weights = NULL, offset = NULL,
                                precision = "double", threads = NULL, seed = NULL, keep = "minimal",
                                keep_weights = NULL, callback = NULL, checkpoint = NULL, progress = NULL) {
  matched <- names(match.call())
  typed <- check_spelling(matched, names(sys.call()), c("X", "Y", training_arguments))
  settings <- mget(training_arguments)
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
  if (is.null(earlier)) {
    table <- mold_table(X)
  } else {
    check_table(X, "X")
    table <- list(x = forge_training(X, earlier, "X"), blueprint = earlier$blueprint)
  }
  outcome <- read_outcome(Y, like = earlier$outcome)
  check_same_rows(nrow(table$x), outcome)
  train_prepared(
    list(
      x = table$x, outcome = outcome, interface = "data.frame", blueprint = table$blueprint,
      original = list(X = X, Y = Y)
    ),
    settings, typed, earlier
  )
}

#' @rdname nn_train
#' @export
nn_train.formula <- function(formula, data, hidden = 3, epochs = 1000, lr = NULL, ...,
                             activation = "sigmoid", output = NULL, loss = NULL, optimizer = "gd",
                             batch_size = NULL, shuffle = TRUE, lr_schedule = "constant", init = NULL, start = NULL,
                             restarts = 1, standardize = TRUE, penalty = 0, mixture = 0, dropout = 0,
                             clip_norm = NULL, validation = NULL, stop_iter = NULL, tol = 0,
                             case_weights = NULL, class_weights = NULL, offset = NULL,
                             precision = "double", threads = NULL, seed = NULL, keep = "minimal",
                             keep_weights = NULL, callback = NULL, checkpoint = NULL, progress = NULL) {
  matched <- names(match.call())
  if (missing(formula)) {
    # The generic dispatched on `X = y ~ x`.
    stop_backprop("unknown_argument", "Give the formula as the first argument or as {.arg formula}, not as {.arg X}.")
  }
  typed <- check_spelling(matched, names(sys.call()), c("formula", "data", training_arguments))
  settings <- mget(training_arguments)
  if (missing(data)) {
    stop_missing("data", "a data frame with the variables of {.arg formula}")
  }
  if (!is.data.frame(data)) {
    stop_argument("data", "a data frame", data, hint = "Use `as.data.frame()` if it is a matrix.")
  }
  earlier <- earlier_fit(start, "formula")
  if (is.null(earlier)) {
    table <- mold_formula(formula, data)
  } else {
    check_table(data, "data")
    table <- list(
      x = forge_training(data, earlier, "data"),
      y = forge_outcome(data, earlier, quote(nn_train())),
      blueprint = earlier$blueprint
    )
  }
  outcome <- read_outcome(table$y, like = earlier$outcome, arg = "data")
  train_prepared(
    list(
      x = table$x, outcome = outcome, interface = "formula", blueprint = table$blueprint,
      original = list(data = data)
    ),
    settings, typed, earlier
  )
}
