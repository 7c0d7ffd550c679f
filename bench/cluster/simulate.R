# What a step costs on W workers, computed from what was measured on one machine; see RESULTS.md for what is assumed. Rscript simulate.R
compute <- c("20-64-32-1" = 0.68e-3, "100-100-1" = 1.37e-3, "100-512-512-1" = 56e-3) # ms of one processor for a row of a step, double precision
parameters <- c(3457, 10201, 314881)
# Gradients that the master receives under exact = TRUE, as engine_shard_count() says.
sums <- function(i, rows) if (i < 3) 16 else min(16, max(3, rows %/% 2048))
answer <- 1.25 # ms for a message to be noticed and taken, either way
handling <- 0.1 # ms of the master for each worker
inside <- 220e3 # bytes a ms that R serializes, copies and adds
wires <- c(gigabit = 118e3, `100 gigabit` = 12000e3, `this machine` = Inf)

exchange <- function(p, k, workers, wire, exact) {
  rate <- 1 / (1 / wire + 1 / inside)
  away <- (workers - 1) / workers # rank 0 has a share of its own
  bytes <- 8 * p * (if (exact) (workers - 1) + k * away else (workers - 1) + 2)
  (2 * answer * if (exact) 1 else 1 + log2(workers)) + handling * workers + bytes / rate
}
# `cores`: on how many the workers share one machine.
step_ms <- function(i, rows, workers, wire, exact = TRUE, cores = workers) {
  if (workers == 1) return(rows * compute[i])
  k <- sums(i, rows)
  share <- if (exact) ceiling(k / workers) / k else 1 / workers
  rows * compute[i] * share * workers / cores + exchange(parameters[i], k, workers, wire, exact)
}
counts <- c(2, 4, 8, 16, 32, 64)
cat("\nSpeed-up over one process of one thread, strong scaling: rows in a step, then workers\n")
for (wire in names(wires)[1:2]) for (exact in c(TRUE, FALSE)) for (i in seq_along(compute)) for (rows in c(1e5, 1e6, 1e7)) {
  times <- vapply(counts, function(workers) step_ms(i, rows, workers, wires[[wire]], exact), 0)
  cat("|", wire, "|", if (exact) "exact" else "sums", "|", names(compute)[i], "|", format(rows, scientific = FALSE), "|",
    paste(formatC(rows * compute[i] / times, format = "f", digits = 1), collapse = " | "), "|\n")
}
cat("\nEfficiency, weak scaling: 100,000 rows in a step for each worker\n")
for (wire in names(wires)[1:2]) for (i in seq_along(compute)) {
  times <- vapply(counts, function(workers) step_ms(i, 1e5 * workers, workers, wires[[wire]], FALSE), 0)
  cat("|", wire, "|", names(compute)[i], "|", paste(formatC(100 * 1e5 * compute[i] / times, format = "f", digits = 0), collapse = " | "), "|\n")
}
cat("\nRows in a step from which two workers are faster than one\n")
for (wire in names(wires)) for (i in seq_along(compute)) {
  least <- stats::uniroot(function(rows) rows * compute[i] - step_ms(i, rows, 2, wires[[wire]]), c(1, 1e6))$root
  cat("|", wire, "|", names(compute)[i], "|", round(least, -2), "|", signif(least / parameters[i], 2), "|\n")
}
cat("\nPredicted milliseconds of a step on this machine of two cores, 2 and 4 ranks, exact sums and any\n")
for (i in seq_along(compute)) for (rows in c(1e4, 1e5)) {
  if (i == 3 && rows == 1e5) next
  predicted <- function(workers, exact) signif(step_ms(i, rows, workers, Inf, exact, cores = 2), 3)
  cat("|", names(compute)[i], "|", rows, "|", predicted(2, TRUE), "|", predicted(4, TRUE), "|", predicted(2, FALSE), "|", predicted(4, FALSE), "|\n")
}
