# What makes a single prediction: Shapley values, by orders of the columns that are drawn.

#' Shapley values of single predictions
#'
#' How much each column of a row moves its prediction away from the mean prediction (Štrumbelj & Kononenko 2014). The columns of a row of `data` are replaced by those of the row to be
#' explained, one after the other in an order that is drawn, and each is given what the prediction changes by when its turn comes. The value is the mean over orders and rows of `data`.
#'
#' Orders come in pairs, one and its reverse, under the same row of `data`, which makes the error smaller (antithetic sampling). Every order starts at
#' the prediction of a row of `data` and ends at the prediction that is explained. So the values of a row and its `baseline` (the mean prediction of
#' the rows of `data` that were drawn) sum to its `prediction`, to rounding, however few orders there are. All rows are explained by the same orders. Rows of
#' `data` are drawn without return while there are any left, and with case weights in proportion to these.
#'
#' A value says how the *model* came to this prediction, and not what would happen if the column changed. Where columns go together, their combinations are taken apart: the model is asked
#' about rows that no data have. An offset is that of the row that is explained, and part of its baseline.
#' @param fit A model from [nn_train()].
#' @param data Rows to compare with, in the form that training took, inputs alone or with the outcome; not needed for a fit that keeps its data. They decide what the baseline is.
#' @param new_data Rows to explain: a data frame or matrix, or a list like `data` where an offset is needed; `NULL` for those of `data`.
#' @param samples Number of orders for each row, an even number. The error falls with its root.
#' @param output Names of the outputs, or levels of the outcome, to explain; `NULL` for all (of two levels the second).
#' @param seed,threads As in [nn_importance()].
#' @return A data frame of class `nn_shap` with a row for each row that is explained, output and column: `row` (its place in `new_data`), `output`, `variable`, `value` (of
#'   the column, as text), `shap`, `std_error` (of `shap`, from the spread of the pairs; 0 where all agree), `baseline` and `prediction`. All are on the scale of [nn_predict()]: probabilities, means, of `"cox"` the logarithm of
#'   the relative hazard. Rows without a prediction are left out, with a warning of class `backprop_warning_left_out`.
#' @section Cost:
#' `samples` times the number of columns are predictions made for each row.
#' @section Errors:
#' As [nn_importance()].
#' @references
#' Štrumbelj, E., & Kononenko, I. (2014). Explaining prediction models and individual predictions with feature contributions. *Knowledge and Information Systems*, 41(3), 647-665.
#' @examples
#' fit <- nn_train(mpg ~ wt + hp + qsec, data = mtcars, preset = "textbook",
#'                 hidden = 3, activation = "tanh", epochs = 500, seed = 1)
#' shap <- nn_shap(fit, mtcars, mtcars["Fiat 128", ], seed = 1)
#' shap
#' sum(shap$shap) + shap$baseline[1] - shap$prediction[1]
#' plot(shap)
#' plot(nn_shap(fit, mtcars, samples = 100, seed = 1))
#' @export
nn_shap <- function(fit, data = NULL, new_data = NULL, samples = 500, output = NULL, seed = NULL, threads = NULL) {
  call <- quote(nn_shap())
  fit <- check_fit_given(fit, call)
  samples <- check_count(samples, "samples", call = call)
  if (samples < 2L || samples %% 2L == 1L) {
    stop_argument("samples", "an even number, 2 or more: orders come in pairs", samples, call = call)
  }
  choose <- output_chooser(fit, output, call)
  undoing_draws({
    base <- explained_rows(fit, data, "data", call)
    rows <- if (is.null(new_data)) base else explained_rows(fit, new_data, "new_data", call, weighted = FALSE)
    seed <- seed_or_drawn(seed, call)
    values <- shapley_values(fit, rows, base, choose, samples / 2L, seed, threads, call)
  })
  warn_beyond_numbers(values$value)
  new_explanation(shap_table(values, rows), "nn_shap", list(samples = samples, background = nrow(base$x), seed = seed))
}

# `value` and `error` [rows x columns x outputs], `baseline` and `prediction` [rows x outputs].
shapley_values <- function(fit, rows, base, choose, pairs, seed, threads, call) {
  n <- nrow(rows$x)
  p <- length(base$columns)
  check_room(
    12 * (2 * as.double(p) - 1) * pairs * p, paste(count_text(2 * pairs, "order"), "of", count_text(p, "column")), "Ask for fewer orders: `samples`, or `repeats`.", call
  )
  drawn <- drawing_by(seed, function() draw_orders(base, p, pairs))
  prediction <- choose(predict_known(fit, rows$x, rows$offset, threads, call))
  outputs <- colnames(prediction)
  value <- error <- array(0, c(n, p, length(outputs)), list(NULL, base$columns, outputs))
  baseline <- prediction
  # Of each pair the row of `data` itself, then what the order makes of it, then what the reverse order does.
  steps <- 2L * p - 1L
  takes <- lapply(seq_len(p), function(j) as.vector(rbind(
    FALSE, outer(seq_len(p - 1L), drawn$place[j, ], `>=`), outer(seq_len(p - 1L), p + 1L - drawn$place[j, ], `>=`)
  )))
  names(takes) <- base$columns
  at <- rep(drawn$row, each = steps)
  for (i in seq_len(n)) {
    offset <- if (!is.null(rows$offset)) rows$offset[rep(i, length(at)), , drop = FALSE]
    reached <- choose(predict_mixed(fit, base, at, rows, rep(i, length(at)), takes, threads, call, offset))
    for (k in seq_along(outputs)) {
      found <- gains_of_orders(matrix(reached[, k], steps), prediction[i, k], drawn$place)
      value[i, , k] <- rowMeans(found$gains)
      error[i, , k] <- apply(found$gains, 1L, mean_error, NULL)
      baseline[i, k] <- mean(found$start)
    }
  }
  list(value = value, error = error, baseline = baseline, prediction = prediction)
}

# `place`: when each column has its turn [columns x pairs]; `row`: the row of the data under each pair.
draw_orders <- function(base, p, pairs) {
  place <- vapply(seq_len(pairs), function(i) sample.int(p), integer(p))
  n <- nrow(base$x)
  row <- if (is.null(base$weights)) {
    unlist(lapply(seq_len(ceiling(pairs / n)), function(i) sample.int(n)))[seq_len(pairs)]
  } else {
    sample.int(n, pairs, replace = TRUE, prob = base$weights)
  }
  list(place = matrix(place, p), row = row)
}

# What each column is given in each pair [columns x pairs], the mean of both orders; `start`, the predictions that they start from.
gains_of_orders <- function(reached, end, place) {
  p <- nrow(place)
  pairs <- ncol(place)
  start <- reached[1L, ]
  forward <- rbind(start, reached[1L + seq_len(p - 1L), , drop = FALSE], end, deparse.level = 0)
  backward <- rbind(start, reached[p + seq_len(p - 1L), , drop = FALSE], end, deparse.level = 0)
  pair <- rep(seq_len(pairs), each = p)
  gain <- function(path, turn) path[cbind(turn + 1L, pair)] - path[cbind(turn, pair)]
  gains <- (gain(forward, as.vector(place)) + gain(backward, p + 1L - as.vector(place))) / 2
  list(gains = matrix(gains, p), start = start)
}

shap_table <- function(values, rows) {
  n <- nrow(rows$x)
  outputs <- colnames(values$prediction)
  p <- length(rows$columns)
  shown <- vapply(rows$table, shown_values, character(n))
  index <- expand.grid(variable = seq_len(p), output = seq_along(outputs), row = seq_len(n))
  at <- cbind(index$row, index$variable, index$output)
  data.frame(
    row = rows$places[index$row], output = outputs[index$output], variable = rows$columns[index$variable],
    value = matrix(shown, n)[at[, 1:2, drop = FALSE]], shap = values$value[at], std_error = values$error[at],
    baseline = values$baseline[at[, c(1L, 3L), drop = FALSE]], prediction = values$prediction[at[, c(1L, 3L), drop = FALSE]]
  )
}

# A column's values as texts, a row of a matrix as one.
shown_values <- function(column) {
  if (is.matrix(column)) apply(column, 1L, function(row) paste(format_each(row), collapse = ", ")) else if (is.numeric(column)) format_each(column) else as.character(column)
}

# Of rows of the data their mean size.
importance_by_shapley <- function(fit, base, asked, call) {
  pairs <- setting(asked$repeats, 50L)
  rows <- sample_explained(base, setting(asked$rows, 200L), asked$seed)
  values <- shapley_values(fit, rows, base, output_chooser(fit, asked$output, call), pairs, asked$seed, asked$threads, call)
  outputs <- dimnames(values$value)[[3L]]
  tables <- lapply(seq_along(outputs), function(k) table_of_means(abs(values$value[, , k]), rows, outputs[k], asked$level))
  list(table = do.call(rbind, tables), rows = nrow(rows$x), repeats = pairs)
}

#' @export
print.nn_shap <- function(x, ..., n = 10) {
  explained <- attr(x, "explained")
  if (!is.null(explained)) {
    cat(
      "<nn_shap> ", count_text(length(unique(x$row)), "row"), " by ", count_text(explained$samples, "order"), " of the columns, beside ",
      count_text(explained$background, "row"), " of data\n", sep = ""
    )
  }
  print_table(x, check_count(n, "n", call = quote(print())))
  invisible(x)
}
