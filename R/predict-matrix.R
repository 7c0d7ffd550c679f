# Predictions as a matrix, and the part that both forms of prediction share.

#' Predict, as a matrix
#'
#' The network's outputs for new rows: one row per row of `X`, one column per output. For the tidymodels
#' form (a tibble, with classes) see [predict.nn_fit()].
#'
#' @param fit A model from [nn_train()].
#' @param X New inputs: a matrix or, for a model trained on a data frame or by formula, a data frame. Where both
#'   training and new data have column names, columns are matched by name: their order does not matter, others are ignored, a missing
#'   one is an error. Else their number must be that of training. A vector is one row (under a network of one input, a column). Or a reader, see
#'   below.
#' @param type `"response"` for the outputs; `"class"`, for a model of a factor or a logical, for the likeliest level of each row, as a plain factor or a logical.
#' @param offset Numbers added to the output before its activation, for a model that was trained with an offset: one per row, or one for all
#'   (0 predicts rates per unit of exposure). Not needed where the formula's `offset()`, or a column that was given as offset, is found in `X`; if
#'   given, it takes their place.
#' @param epoch Number of an epoch whose weights the model keeps (see `keep_weights` of [nn_train()]); `NULL` for the final ones.
#' @param threads Processor threads, as in [nn_train()].
#' @param cost For `type = "class"`, what decisions cost, as [predict()][predict.nn_fit] takes it.
#' @param sink Where predictions of a reader go, chunk by chunk; see below. `NULL` returns them.
#' @param resume `TRUE` goes on with what an earlier call with the same `sink` had not finished, and begins if there is nothing. For a function as
#'   `sink`, the
#'   number of rows whose predictions it has already.
#' @return With a `sink` the number of rows predicted in all, invisibly. Without, with `type = "class"` a factor with the levels of the outcome (of a
#' logical, a logical), a value per row. Otherwise a double matrix with the rows of `X` and a column per output: on the scale of the outcome, or
#'   probabilities under a sigmoid or softmax output (for a factor of two levels, one column: the probability
#'   of the second). Row names are kept; columns have the names of the outcomes or the factor's levels where these are known.
#'   No rows give no rows. A row's prediction does not depend on the other rows.
#' @section Readers and sinks:
#' `X` may be a reader, see [nn_reader()]: its rows are predicted chunk by chunk, with the numbers that they have in memory. With a `sink` no more
#' than a chunk is in memory. It is one of:
#'
#' * a file whose name ends in `.csv`: a line for each row, numbers with as many digits as they need to be read back the same;
#' * a file whose name ends in `.parquet`, by the package \pkg{arrow};
#' * a table of a database, `list(connection = con, table = "name")`, by the package \pkg{DBI}: besides the predictions it has the number of each
#'   row, in a column `row`. The
#'   connection must not be the one that the reader reads from;
#' * a function of the predictions of a chunk and of the number of their first row, called for one chunk after another.
#'
#' A file is written beside its place, under its name with `.part`, and takes its place when it is whole. If the call ends before, by an error, by
#' Ctrl-C, or with the
#' process, `resume = TRUE` goes on from there: what was written of a CSV file stays, and a torn end of it is cut off; a table keeps the chunks that
#' it has (each is written in one transaction). The reader's rows up to there are read, and not predicted again but for the last of them: if its
#' prediction is another than was written, the reader or the fit was changed,
#' which is an error of class `backprop_error_sink`. A Parquet file cannot be gone on with. `offset` must be one number for all rows, or a column of
#' the reader. Warnings come once, at the end.
#' @section A fit is code:
#' A model that was trained by formula carries its formula's expressions, and the functions and constants of yours that these use; predicting evaluates
#' them. They are evaluated on the columns of the new data, in an environment that holds base R, what travels with the fit and the functions of packages that the
#' formula names, and nothing of your session. This keeps a prediction from depending on what else is defined; it does not keep
#' malicious code from doing harm. Like any R object with a formula or a function, read only those fits whose makers you trust.
#' @section Errors:
#' Rows with missing or infinite inputs (in single precision, those beyond 3.4e38) are `NA`, unless the fit fills missing values in, see `na_action`
#' of [nn_train()].
#' A factor level that training did not have makes the row's prediction `NA` with a warning of class `backprop_warning_new_level`.
#' A model that was trained with an offset needs one; an `epoch` whose weights are not kept is refused.
#' A model that is not whole (a field was taken out, or is not what it must be) is an error of class `backprop_error_edited_fit` that names the
#' field; one that a newer version made is an error of class `backprop_error_newer_format`.
#' @examples
#' X <- matrix(c(0, 0, 1, 1, 0, 1, 0, 1), ncol = 2, dimnames = list(letters[1:4], NULL))
#' fit <- nn_train(X, c(0, 1, 1, 1), epochs = 2000, seed = 1)
#' nn_predict(fit, X)
#' nn_predict(fit, c(1, 0))
#'
#' # Rows that are too many for memory, from one file to another.
#' rows <- tempfile(fileext = ".csv")
#' predicted <- tempfile(fileext = ".csv")
#' write.csv(data.frame(a = c(0, 1, 1), b = c(1, 0, 1)), rows, row.names = FALSE)
#' nn_predict(fit, nn_reader(rows), sink = predicted)
#' read.csv(predicted)
#' @export
nn_predict <- function(fit, X, type = "response", offset = NULL, epoch = NULL, threads = NULL, cost = NULL, sink = NULL, resume = FALSE) {
  call <- quote(nn_predict())
  check_not_missing(fit, call)
  if (missing(X)) {
    stop_backprop("missing_argument", "{.arg X} is missing: give the rows to predict.", call = call)
  }
  fit <- validate_fit(fit, "fit", call, c("description", "weights"), ensembles = TRUE)
  check_choice(type, "type", c("response", "class"), call)
  if (type == "class" && is.null(levels_of(fit))) {
    kind <- fit$outcome$kind
    stop_backprop("incompatible", c(
      "{.code type = \"class\"} needs a factor as outcome, or a logical one under a sigmoid output; that of the model is {kind}.",
      i = "Use {.code type = \"response\"}."
    ), call = call)
  }
  check_cost_wanted(cost, type, call)
  if (!is.null(cost)) cost <- check_cost(cost, levels_of(fit), call)
  fit <- at_epoch(fit, epoch, "fit", call)
  if (inherits(X, "nn_reader")) {
    return(predict_reader(fit, X, list(type = type, offset = offset, threads = threads, cost = cost), sink, resume, call))
  }
  check_sink_wanted(sink, resume, call)
  value <- predict_outputs(fit, X, "X", threads, call, offset)
  if (type == "response") value else decide(value, fit, cost)
}

# Outputs on the scale of the outcome, with names; rows that are incomplete are NA.
predict_outputs <- function(fit, X, arg, threads, call, offset = NULL) {
  predict_rows(fit, read_known(fit, X, arg, call, offset), arg, threads, call)
}

# New rows as predict_rows() wants them.
read_known <- function(fit, X, arg, call, offset = NULL) {
  new <- read_new_rows(fit, X, arg, call, with_offset = is.null(offset))
  list(x = new$x, offset = if (is.null(offset)) new$offset else offset, offset_in_data = is.null(offset), row_names = new$rows)
}

# The same as predict_outputs() for rows that were read already.
predict_rows <- function(fit, known, arg, threads, call) {
  x <- known$x
  rows <- known$row_names
  offset <- prediction_offset(fit, known$offset, nrow(x), last_size(fit), call, gaps = isTRUE(known$offset_in_data))
  value <- if (nrow(x) > 0L && (is.null(offset) || all(is.finite(offset)))) {
    run_prediction(fit, x, offset, arg, threads, call, gaps = TRUE)
  }
  if (is.null(value)) {
    value <- matrix(NA_real_, nrow(x), count_predictions(fit))
    good <- finite_rows(x) & rows_within_precision(x, fit) & (if (is.null(offset)) TRUE else finite_rows(offset))
    if (any(good)) {
      value[good, ] <- run_prediction(fit, x[good, , drop = FALSE], offset[good, , drop = FALSE], arg, threads, call)
    }
  }
  value <- calibrate_predictions(value, fit)
  columns <- output_names(fit)
  if (!is.null(rows) || !is.null(columns)) {
    dimnames(value) <- list(rows, columns)
  }
  warn_overflow(value, fit$settings$precision)
  if (identical(fit$settings$loss, "quantile")) {
    warn_crossing(value)
  }
  value
}

# To single precision an input beyond its largest number, once standardised, is an infinite one.
rows_within_precision <- function(x, fit) {
  if (!identical(fit$settings$precision, "single")) {
    return(TRUE)
  }
  largest <- (2 - 2^-23) * 2^127
  scale <- if (is.null(fit$inputs$scale)) rep(1, ncol(x)) else fit$inputs$scale
  if (is_sparse(x)) {
    slots <- unclass(x)
    column <- rep(seq_len(ncol(x)), diff(slots$p))
    return(!rows_of_sparse(x, function(numbers) abs(numbers / scale[column]) > largest))
  }
  rowSums(abs(scale_columns(x, if (is.null(fit$inputs$center)) 0 * scale else fit$inputs$center, scale)) > largest, na.rm = TRUE) == 0
}

# A number on the way, or the outcome of exp(), was larger than the precision holds.
warn_overflow <- function(value, precision) {
  # Sums are a matter of microseconds; only where one is not finite are the numbers looked at.
  if (is.finite(sum(value))) {
    return(invisible())
  }
  rows <- which(rowSums(is.infinite(value) | is.nan(value)) > 0)
  if (length(rows) > 0L) {
    share <- length(rows)
    n <- nrow(value)
    limit <- if (identical(precision, "single")) "3.4e38" else "1.8e308"
    warn_backprop("overflow", c(
      "The predictions of {share} of {n} row{?s} are not finite: numbers became larger than {limit}.",
      i = "The inputs may be far from those that the model was trained on."
    ), rows = rows)
  }
}

# The offset as the engine takes it: needed where training had one, refused where it had none.
prediction_offset <- function(fit, offset, n, outputs, call, gaps = FALSE) {
  trained <- isTRUE(fit$settings$offset)
  if (n == 0L) {
    return(NULL)
  }
  if (trained && is.null(offset)) {
    stop_backprop("offset", c(
      "The model was trained with an {.arg offset}, and needs one to predict.",
      i = "{.code offset = 0} predicts rates per unit of exposure."
    ), call = call)
  }
  if (!trained && !is.null(offset)) {
    stop_backprop("offset", "The model was trained without {.arg offset}, and takes none to predict.", call = call)
  }
  read_offset(offset, n, outputs, call = call, gaps = gaps, objective = fit$settings)
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

# The network of a fit, and how it reads its inputs, as the engine takes them.
network_for_engine <- function(fit) {
  settings <- fit$settings
  list(
    sizes = as.integer(settings$sizes), layers = settings[["layers"]], activation = settings$activation, output = settings$output, custom = settings$custom,
    center = fit$inputs$center, scale = fit$inputs$scale, encoding = encoding_for_engine(fit$inputs)
  )
}

# With `gaps`, NULL where some inputs are not finite.
run_prediction <- function(fit, x, offset, arg, threads, call, gaps = FALSE) {
  if (is_ensemble(fit)) {
    return(predict_mean(fit, function(member) run_prediction(member, x, offset, arg, threads, call, gaps)))
  }
  settings <- fit$settings
  net <- c(network_for_engine(fit), list(
    precision = settings$precision, threads = resolve_threads(threads, call), max_bytes = resolve_max_bytes(),
    # Brought back to the outcome's scale, they are multiplied and shifted in copies.
    extra_bytes = if (is.null(fit$outcome$center)) 0 else 4 * 8 * as.double(nrow(x)) * last_size(fit)
  ))
  answer <- engine_predict(net, fit$weights, fit$biases, x, scale_offset(offset, fit$outcome$scale, settings))
  if (gaps && identical(answer$error$kind, "nonfinite_x")) {
    return(NULL)
  }
  as_predictions(answered(answer, colnames(x), call, arg)$value, fit)
}

# The engine's outputs as predictions on the outcome's scale.
as_predictions <- function(value, fit) {
  family <- family_of(fit)
  if (is.null(family)) to_outcome(value, fit$outcome) else family$respond(value, fit)
}

# Of predictions those that an outcome is compared with.
means_of <- function(value, fit) {
  family <- family_of(fit)
  if (is.null(family)) value else family$means(value, fit)
}

# Columns of predictions: one for each output, of classes in order one for each class.
count_predictions <- function(fit) if (is_ordered(fit)) fit$outcome$k else last_size(fit)

# Names of the outputs where they are known.
output_names <- function(fit) {
  outcome <- fit$outcome
  if (identical(fit$settings$loss, "quantile")) {
    return(paste0("q", format_each(fit$settings$loss_par)))
  }
  columns <- family_of(fit)$columns
  if (!is.null(columns)) {
    return(columns(fit))
  }
  if (outcome$kind != "factor") {
    return(outcome$names)
  }
  if (last_size(fit) == 1L) outcome$levels[2L] else outcome$levels
}
