# Predictions as a matrix, and the part that both forms of prediction share.

#' Predict, as a matrix
#'
#' The network's outputs for new rows: one row per row of `X`, one column per output. For the tidymodels
#' form (a tibble, with classes) see [predict.nn_fit()].
#'
#' @param fit A model from [nn_train()].
#' @param X New inputs: a matrix or, for a model trained on a data frame or by formula, a data frame. Where both
#'   training and new data have column names, columns are matched by name: their order does not matter, others are ignored, a missing
#'   one is an error. Else their number must be that of training. A vector is one row (under a network of one input, a column).
#' @param offset Numbers added to the output before exp, for a model that was trained with an offset: one per row, or one for all
#'   (0 predicts rates per unit of exposure).
#' @param epoch Number of an epoch whose weights the model keeps (see `keep_weights` of [nn_train()]); `NULL` for the final ones.
#' @param threads Processor threads, as in [nn_train()].
#' @return A double matrix with the rows of `X` and a column per output: on the scale of the outcome, or
#'   probabilities under a sigmoid or softmax output (for a factor of two levels, one column: the probability
#'   of the second). Row names are kept; columns have the names of the outcomes or the factor's levels where these are known.
#'   No rows give no rows. A row's prediction does not depend on the other rows.
#' @section Errors:
#' Missing or infinite values in a matrix are an error; in a data frame they make that row's prediction `NA`.
#' A factor level that training did not have makes the row's prediction `NA` with a warning of class `backprop_warning_new_level`.
#' A model that was trained with an offset needs one; an `epoch` whose weights are not kept is refused.
#' A model that is not whole, or made by a newer version, is an error.
#' @examples
#' X <- matrix(c(0, 0, 1, 1, 0, 1, 0, 1), ncol = 2, dimnames = list(letters[1:4], NULL))
#' fit <- nn_train(X, c(0, 1, 1, 1), epochs = 2000, seed = 1)
#' nn_predict(fit, X)
#' nn_predict(fit, c(1, 0))
#' @export
nn_predict <- function(fit, X, offset = NULL, epoch = NULL, threads = NULL) {
  call <- quote(nn_predict())
  if (missing(fit)) {
    stop_backprop("missing_argument", "{.arg fit} is missing: give a model from {.fn nn_train}.", call = call)
  }
  if (missing(X)) {
    stop_backprop("missing_argument", "{.arg X} is missing: give the rows to predict.", call = call)
  }
  validate_fit(fit, "fit", call)
  predict_outputs(at_epoch(fit, epoch, call), X, "X", threads, call, offset)
}

# Outputs on the scale of the outcome, with names; rows that a table leaves incomplete are NA.
predict_outputs <- function(fit, X, arg, threads, call, offset = NULL) {
  from_table <- is.data.frame(X)
  if (!is.null(fit$blueprint)) {
    if (!from_table) {
      X <- as_new_table(X, arg, call)
      from_table <- TRUE
    }
    x <- forge_table(X, fit$blueprint, arg, call)
    rows <- table_row_names(X)
  } else {
    x <- read_new_matrix(X, fit, arg, call)
    rows <- rownames(x)
  }
  k <- fit$settings$sizes[length(fit$settings$sizes)]
  offset <- prediction_offset(fit, offset, nrow(x), k, call)
  value <- matrix(NA_real_, nrow(x), k)
  complete <- if (from_table) rowSums(!is.finite(x)) == 0 else TRUE
  if (all(complete)) {
    if (nrow(x) > 0L) {
      value <- run_prediction(fit, x, offset, arg, threads, call)
    }
  } else if (any(complete)) {
    value[complete, ] <- run_prediction(
      fit, x[complete, , drop = FALSE], offset[complete, , drop = FALSE], arg, threads, call
    )
  }
  columns <- output_names(fit)
  if (!is.null(rows) || !is.null(columns)) {
    dimnames(value) <- list(rows, columns)
  }
  if (identical(fit$settings$loss, "quantile")) {
    warn_crossing(value)
  }
  value
}

# The offset as the engine takes it: needed where training had one, refused where it had none.
prediction_offset <- function(fit, offset, n, outputs, call) {
  trained <- isTRUE(fit$settings$offset)
  if (trained && is.null(offset)) {
    stop_backprop("offset", c(
      "The model was trained with an {.arg offset}, and needs one to predict.",
      i = "{.code offset = 0} predicts rates per unit of exposure."
    ), call = call)
  }
  if (!trained && !is.null(offset)) {
    stop_backprop("offset", "The model was trained without {.arg offset}, and takes none to predict.", call = call)
  }
  read_offset(offset, n, outputs, call = call)
}

# Quantiles are trained each by itself: nothing keeps a lower one below a higher one in every row.
warn_crossing <- function(value) {
  k <- ncol(value)
  if (k < 2L) {
    return(invisible())
  }
  crossed <- which(rowSums(value[, -k, drop = FALSE] > value[, -1L, drop = FALSE]) > 0)
  if (length(crossed) > 0L) {
    n <- nrow(value)
    share <- length(crossed)
    warn_backprop("crossing", c(
      "Predicted quantiles cross in {share} of {n} row{?s}: a lower one is above a higher one.",
      i = "More training, fewer {.arg hidden} units or a {.arg penalty} make this rarer; sorting each row mends it."
    ), rows = crossed)
  }
}

run_prediction <- function(fit, x, offset, arg, threads, call) {
  settings <- fit$settings
  net <- list(
    sizes = as.integer(settings$sizes), activation = settings$activation, output = settings$output,
    center = fit$inputs$center, scale = fit$inputs$scale,
    precision = settings$precision, threads = resolve_threads(threads, call)
  )
  answer <- engine_predict(net, fit$weights, fit$biases, x, offset)
  if (!is.null(answer$error)) {
    stop_engine(answer$error, colnames(x), call, arg)
  }
  if (answer$interrupted) {
    rlang::interrupt()
  }
  value <- answer$value
  if (!is.null(fit$outcome$center)) {
    value <- unscale_columns(value, fit$outcome$center, fit$outcome$scale)
  }
  value
}

# A matrix with column names will do where training had a data frame of numbers.
as_new_table <- function(X, arg, call) {
  if (is.null(dim(X)) && !is.null(names(X)) && is.atomic(X) && !is.object(X)) {
    X <- matrix(X, nrow = 1L, dimnames = list(NULL, names(X)))
  }
  if (!is.matrix(X) || is.null(colnames(X)) || is.object(X)) {
    type <- describe_type(X)
    stop_backprop("type", c(
      "{.arg {arg}} must be a data frame, as in training, not {article(type)} {type}."
    ), call = call)
  }
  columns <- lapply(seq_len(ncol(X)), function(j) unname(X[, j]))
  names(columns) <- colnames(X)
  table <- as_plain_table(columns, nrow(X))
  if (!is.null(rownames(X))) {
    attr(table, "row.names") <- rownames(X)
  }
  table
}

# Names of the outputs where they are known.
output_names <- function(fit) {
  outcome <- fit$outcome
  if (identical(fit$settings$loss, "quantile")) {
    return(paste0("q", format_each(fit$settings$loss_par)))
  }
  if (outcome$kind != "factor") {
    return(outcome$names)
  }
  single <- fit$settings$sizes[length(fit$settings$sizes)] == 1L
  if (single) outcome$levels[2L] else outcome$levels
}
