# Importance as the harm that is done when the values of a column are exchanged between rows.

# A row for each column: the mean rise of the measure over the repeats, and its error. Each repeat exchanges rows in one way, the same for all columns,
# so that what they differ by is not chance.
importance_by_permutation <- function(fit, base, asked, call) {
  measure <- measure_of(fit, asked$metric, base, call)
  n <- nrow(base$x)
  if (n < 2L) {
    stop_backprop("empty", c("{.arg data} must have at least two rows: values are exchanged between rows.", i = "{.fn nn_shap} explains a single row."), call = call)
  }
  repeats <- setting(asked$repeats, 10L)
  # Of each row its place and that of the other, twice, and the predictions.
  check_room(
    (16 + 8 * count_predictions(fit)) * as.double(n) * repeats, paste(count_text(repeats, "exchange"), "of", count_text(n, "row")), "Ask for fewer `repeats`, or for fewer `rows`.",
    call
  )
  from <- drawing_by(asked$seed, function() vapply(seq_len(repeats), function(i) sample.int(n), integer(n)))
  whole <- measure$score(if (measure$by_inputs) base$x else predict_known(fit, base$x, base$offset, asked$threads, call))
  rises <- vapply(base$columns, function(column) {
    scores <- permuted_scores(fit, base, column, from, measure, asked$threads, call)
    measure$sign * (scores - whole)
  }, numeric(repeats))
  rises <- matrix(rises, repeats)
  importance <- colMeans(rises)
  error <- apply(rises, 2L, mean_error, NULL)
  reach <- if (repeats > 1L) stats::qt((1 + asked$level) / 2, repeats - 1L) else NA_real_
  list(
    table = data.frame(
      variable = base$columns, importance = importance, std_error = error, lower = importance - reach * error, upper = importance + reach * error
    ),
    metric = measure$name, baseline = whole, rows = n, repeats = repeats
  )
}

permuted_scores <- function(fit, base, column, from, measure, threads, call) {
  n <- nrow(base$x)
  takes <- stats::setNames(list(TRUE), column)
  if (measure$by_inputs) {
    return(apply(from, 2L, function(rows) measure$score(mixed_inputs(fit, base, seq_len(n), base, rows, takes, call))))
  }
  predicted <- predict_mixed(fit, base, rep(seq_len(n), ncol(from)), base, as.vector(from), takes, threads, call)
  vapply(seq_len(ncol(from)), function(i) measure$score(predicted[(i - 1L) * n + seq_len(n), , drop = FALSE]), 0)
}
