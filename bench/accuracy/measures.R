# What is measured of predictions on test rows.

# `predicted`: a matrix of probabilities with a column per class, or numbers; `shares` are the classes' in training.
measure <- function(table, predicted, test, train, interval = NULL) {
  y <- table$data[[table$outcome]]
  if (table$kind == "number") {
    error <- predicted[, 1L] - y[test]
    spread <- stats::sd(y[test])
    inside <- if (!is.null(interval)) y[test] >= interval[[1L]] & y[test] <= interval[[2L]]
    return(data.frame(
      loss = sqrt(mean(error^2)) / spread, raw = sqrt(mean(error^2)), accuracy = NA, brier = NA, ece = NA,
      coverage = if (is.null(inside)) NA else mean(inside),
      width = if (is.null(inside)) NA else mean(interval[[2L]] - interval[[1L]]) / spread
    ))
  }
  code <- as.integer(y[test])
  p <- pmin(pmax(predicted, 1e-6), 1)
  p <- p / rowSums(p)
  own <- p[cbind(seq_along(code), code)]
  shares <- prop.table(table(y[train]))
  blind <- mean(-log(pmax(as.vector(shares)[code], 1e-6)))
  likeliest <- max.col(p, ties.method = "first")
  truth <- diag(nlevels(y))[code, , drop = FALSE]
  data.frame(
    loss = mean(-log(own)) / blind, raw = mean(-log(own)), accuracy = mean(likeliest == code), brier = mean(rowSums((p - truth)^2)),
    ece = calibration_error(p[cbind(seq_along(code), likeliest)], likeliest == code), coverage = NA, width = NA
  )
}

# How sure of the likeliest class, and how often right, in 15 bins of equal width.
reliability <- function(confidence, right, bins = 15) {
  bin <- factor(pmin(floor(confidence * bins) + 1, bins), seq_len(bins))
  data.frame(bin = seq_len(bins), rows = tabulate(bin, bins), confidence = as.vector(tapply(confidence, bin, mean)), right = as.vector(tapply(right, bin, mean)))
}

# Expected calibration error (Guo et al., 2017).
calibration_error <- function(confidence, right) {
  found <- reliability(confidence, right)
  found <- found[found$rows > 0, ]
  sum(found$rows * abs(found$confidence - found$right)) / sum(found$rows)
}

# Of predictions of classes, for the picture.
reliability_of <- function(table, predicted, test) {
  p <- pmin(pmax(predicted, 1e-6), 1)
  p <- p / rowSums(p)
  likeliest <- max.col(p, ties.method = "first")
  reliability(p[cbind(seq_along(likeliest), likeliest)], likeliest == as.integer(table$data[[table$outcome]][test]))
}
