# Importance as how steeply predictions rise and fall along the inputs that a column makes.

# For each row: the standard deviation that a prediction would have if it were linear there, with the slopes g that it has in that row, and if the inputs
# that the column makes varied as they do among the rows: sqrt(g' S g), S their covariance. Of a number that makes one input it is |g| times the
# standard deviation. The importance is the mean over rows.
importance_by_gradient <- function(fit, base, asked, call) {
  base <- sample_explained(base, asked$rows, asked$seed)
  n <- nrow(base$x)
  if (n < 2L) {
    stop_backprop("empty", "{.arg data} must have at least two rows: slopes are counted per standard deviation of an input.", call = call)
  }
  choose <- output_chooser(fit, asked$output, call)
  share <- if (is.null(base$weights)) rep(1 / n, n) else base$weights / sum(base$weights)
  centred <- base$x - rep(colSums(base$x * share), each = n)
  # The divisor of n - 1, as in sd().
  covariance <- crossprod(centred * sqrt(share)) * n / (n - 1)
  slopes <- input_slopes(fit, base, sqrt(diag(covariance)), choose, asked$threads, call)
  tables <- lapply(dimnames(slopes)[[3L]], function(output) {
    spread <- vapply(base$inputs, function(own) {
      g <- matrix(slopes[, own, output], n)
      sqrt(pmax(0, rowSums((g %*% covariance[own, own, drop = FALSE]) * g)))
    }, numeric(n))
    table_of_means(spread, base, output, asked$level)
  })
  list(table = do.call(rbind, tables), rows = n)
}

# Derivatives of predictions by inputs [rows x inputs x outputs], by central differences: steps of a ten-thousandth of an input's standard deviation, of a
# hundredth in single precision. An input that does not vary has none.
input_slopes <- function(fit, base, sds, choose, threads, call) {
  n <- nrow(base$x)
  outputs <- colnames(choose(matrix(0, 1L, count_predictions(fit))))
  slopes <- array(0, c(n, length(sds), length(outputs)), list(NULL, NULL, outputs))
  step <- sds * (if (identical(fit$settings$precision, "single")) 1e-2 else 1e-4)
  varying <- which(step > 0)
  # As many inputs at a time as make a block of rows.
  many <- max(1, floor(rows_in_block(base) / (2 * n)))
  for (inputs in split(varying, (seq_along(varying) - 1L) %/% many)) {
    moved <- rep(inputs, each = n)
    reached <- function(side) {
      x <- base$x[rep(seq_len(n), length(inputs)), , drop = FALSE]
      at <- cbind(seq_along(moved), moved)
      x[at] <- x[at] + side * step[moved]
      choose(predict_known(fit, x, base$offset[rep(seq_len(n), length(inputs)), , drop = FALSE], base$columns, threads, call))
    }
    slopes[, inputs, ] <- (reached(1) - reached(-1)) / (2 * step[moved])
  }
  slopes
}

# Means over rows of values [rows x columns], with their errors and normal intervals.
table_of_means <- function(values, base, output, level) {
  values <- matrix(values, nrow(base$x))
  importance <- apply(values, 2L, weighted_mean, base$weights)
  error <- apply(values, 2L, mean_error, base$weights)
  reach <- stats::qnorm((1 + level) / 2)
  data.frame(
    variable = base$columns, importance = importance, std_error = error, lower = importance - reach * error, upper = importance + reach * error,
    output = output
  )
}
