# Measures of predicted probabilities of classes, and the bins by which they are compared with what was observed.

# Where what a fit predicts are probabilities of classes: `p` [cases x classes], the `code` of the class observed, `weights`, `levels`; NULL elsewhere.
judged_classes <- function(fit, judged) {
  kind <- fit$outcome$kind
  y <- judged$y
  p <- judged$predicted
  weights <- judged$weights
  if (kind == "counts") {
    return(classes_of_counts(fit, y, p, weights))
  }
  if (kind != "factor" && !is_zero_one(fit, y)) {
    return(NULL)
  }
  levels <- if (kind == "factor") fit$outcome$levels else if (kind == "logical") c("FALSE", "TRUE") else c("0", "1")
  list(p = as_shares(p), code = code_classes(y), weights = weights, levels = levels)
}

is_zero_one <- function(fit, y) ncol(y) == 1L && identical(family_of(fit)$family, "binomial") && all(y == 0 | y == 1)

# Each class of each row is a case that weighs as its trials.
classes_of_counts <- function(fit, y, p, weights) {
  p <- as_shares(p)
  if (ncol(y) == 1L) y <- cbind(1 - y, y)
  k <- ncol(y)
  n <- nrow(y)
  weights <- as.double(y * weights)
  there <- which(weights > 0)
  list(
    p = p[rep(seq_len(n), k)[there], , drop = FALSE], code = rep(seq_len(k), each = n)[there], weights = weights[there],
    levels = if (k == 2L && fit$outcome$k == 1L) c("failure", "success") else setting(fit$outcome$names, paste0("y", seq_len(k)))
  )
}

# Probabilities of every class that sum to 1.
as_shares <- function(p) {
  if (ncol(p) == 1L) {
    return(cbind(1 - p, p, deparse.level = 0))
  }
  total <- rowSums(p)
  left <- which(total > 0)
  p[left, ] <- p[left, ] / total[left]
  p
}

# In the form of measure_numbers(): there is one output.
measure_classes <- function(classes, bins) {
  p <- classes$p
  code <- classes$code
  weights <- classes$weights
  k <- ncol(p)
  # Of equals the first, as predictions of classes have it.
  best <- max.col(p, ties.method = "first")
  found <- vapply(seq_len(k), function(level) sum(weights[code == level & best == level]) / sum(weights[code == level]), 0)
  own <- p[cbind(seq_along(code), code)]
  sure <- if (k == 2L) p[, 2L] else p[cbind(seq_along(best), best)]
  right <- if (k == 2L) code == 2L else code == best
  binned <- bin_probabilities(sure, right, weights, bins)
  list(c(
    accuracy = stats::weighted.mean(best == code, weights), bal_accuracy = mean(found, na.rm = TRUE),
    mn_log_loss = -stats::weighted.mean(log(pmax(own, 1e-15)), weights),
    brier_class = stats::weighted.mean(rowSums(p^2) - 2 * own + 1, weights) / 2,
    ece = sum(binned$weight * abs(binned$predicted - binned$observed)) / sum(binned$weight),
    if (k == 2L) c(roc_auc = area_under_curve(p[, 2L], code == 2L, weights))
  ))
}

# The share of pairs, one of each class, that are in order; exact, ties counted half.
area_under_curve <- function(p, positive, weights) {
  group <- match(p, sort(unique(p)))
  sum_by_group <- function(values) as.double(rowsum(values, group))
  above <- sum_by_group(weights * positive)
  below <- sum_by_group(weights * !positive)
  pairs <- sum(above) * sum(below)
  if (pairs == 0) NA_real_ else sum(above * (cumsum(below) - below / 2)) / pairs
}

# Bins that weigh about the same, from low to high: `predicted` and `observed` (their means), `weight`, `rows`, and `n`, how many rows of equal weight say as
# much (Kish: the sum of weights squared, by the sum of their squares). Equal probabilities are in one bin.
bin_probabilities <- function(p, observed, weights, bins) {
  value <- sort(unique(p))
  group <- match(p, value)
  weight <- as.double(rowsum(weights, group))
  middle <- (cumsum(weight) - weight / 2) / sum(weight)
  bin <- pmin(bins, floor(middle * bins) + 1)[group]
  sum_by_bin <- function(values) as.double(rowsum(values, bin))
  total <- sum_by_bin(weights)
  list(
    predicted = sum_by_bin(weights * p) / total, observed = sum_by_bin(weights * observed) / total, weight = total,
    rows = tabulate(match(bin, sort(unique(bin)))), n = total^2 / sum_by_bin(weights^2)
  )
}
