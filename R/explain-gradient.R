# Importance as how steeply predictions rise and fall along the inputs that a column makes.

# For each row: the standard deviation that a prediction would have if it were linear, with the slopes g that it has in that row, and the inputs that the
# column makes varied as they do among the rows: sqrt(g' S g), S their covariance; here by slopes for each standard deviation, and correlations. Of a number
# that makes one input it is |g| times the standard deviation. The importance is the mean over rows.
importance_by_gradient <- function(fit, base, asked, call) {
  base <- sample_explained(base, asked$rows, asked$seed)
  n <- nrow(base$x)
  if (n < 2L) {
    stop_backprop("empty", "{.arg data} must have at least two rows: slopes are counted per standard deviation of an input.", call = call)
  }
  choose <- output_chooser(fit, asked$output, call)
  share <- if (is.null(base$weights)) rep(1 / n, n) else base$weights / sum(base$weights)
  centred <- base$x - rep(colSums(base$x * share), each = n)
  # By their largest values first: squares of large ones are no numbers.
  size <- pmax(apply(abs(centred), 2L, max), .Machine$double.xmin)
  # The divisor of n - 1, as in sd().
  sds <- size * sqrt(colSums((centred / rep(size, each = n))^2 * share) * n / (n - 1))
  units <- centred / rep(ifelse(sds > 0, sds, 1), each = n)
  units <- units * sqrt(share * n / (n - 1))
  slopes <- input_slopes(fit, base, sds, choose, asked$threads, call)
  outputs <- dimnames(slopes)[[3L]]
  tables <- lapply(seq_along(outputs), function(k) {
    spread <- vapply(base$inputs, function(own) {
      g <- matrix(slopes[, own, k], n)
      sqrt(pmax(0, rowSums((g %*% crossprod(units[, own, drop = FALSE])) * g)))
    }, numeric(n))
    table_of_means(spread, base, outputs[k], asked$level)
  })
  list(table = do.call(rbind, tables), rows = n)
}

# Slopes of predictions along inputs, for each standard deviation [rows x inputs x outputs], by central differences: steps of a ten-thousandth of it, of a
# hundredth in single precision. An input that does not vary has none.
input_slopes <- function(fit, base, sds, choose, threads, call) {
  n <- nrow(base$x)
  outputs <- colnames(choose(matrix(0, 1L, count_predictions(fit))))
  check_room(
    16 * as.double(n) * length(sds) * length(outputs), paste("Slopes of", count_text(n, "row"), "along", count_text(length(sds), "input")),
    "Use fewer `rows`.", call
  )
  slopes <- array(0, c(n, length(sds), length(outputs)), list(NULL, NULL, outputs))
  step <- if (identical(fit$settings$precision, "single")) 1e-2 else 1e-4
  varying <- which(sds > 0)
  # As many inputs at a time as make a block of rows.
  many <- max(1, floor(rows_in_block(base) / (2 * n)))
  for (inputs in split(varying, (seq_along(varying) - 1L) %/% many)) {
    rows <- rep(seq_len(n), length(inputs))
    at <- cbind(seq_along(rows), rep(inputs, each = n))
    reached <- function(side) {
      x <- base$x[rows, , drop = FALSE]
      x[at] <- x[at] + side * step * sds[at[, 2L]]
      choose(predict_known(fit, x, base$offset[rows, , drop = FALSE], threads, call))
    }
    slopes[, inputs, ] <- (reached(1) - reached(-1)) / (2 * step)
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
