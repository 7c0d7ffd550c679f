# Makes a Markdown table of a results file: Rscript report.R results.csv [base] > RESULTS.md
# Splits 1 to 4 are for tuning: numbers on them are not reported.

arguments <- commandArgs(TRUE)
results <- do.call(rbind, lapply(strsplit(arguments[1L], ",")[[1L]], utils::read.csv))
base <- if (length(arguments) > 1L) arguments[2L] else "backprop"
if (any(results$split <= 4L)) stop("splits 1 to 4 were tuned on: give results of other splits")

# Mean over splits of log losses, table by table.
losses <- tapply(log(results$loss), list(results$table, results$method), mean, na.rm = TRUE)
times <- tapply(results$fit, list(results$table, results$method), mean, na.rm = TRUE)
mean_of <- function(column) tapply(results[[column]], list(results$table, results$method), mean, na.rm = TRUE)
methods <- colnames(losses)
peers <- setdiff(methods, grep("^backprop-", methods, value = TRUE))
ranks <- t(apply(losses[, peers, drop = FALSE], 1L, rank, na.last = "keep"))
best <- apply(losses[, peers, drop = FALSE], 1L, min, na.rm = TRUE)

# Standard error of the mean over tables; and over splits, of the mean of what differs within a table.
over_tables <- function(x) stats::sd(x) / sqrt(length(x))
over_splits <- function(method) {
  wide <- tapply(log(results$loss), list(results$split, results$table, results$method), mean)
  if (dim(wide)[1L] < 2L) {
    return(NA)
  }
  by_split <- rowMeans(wide[, , method] - wide[, , base], na.rm = TRUE)
  stats::sd(by_split) / sqrt(length(by_split))
}

row_of <- function(method) {
  difference <- losses[, method] - losses[, base]
  known <- difference[is.finite(difference)]
  linear <- if ("linear" %in% methods) losses[, method] - losses[, "linear"] else NA
  percent <- function(x) format(round(100 * (exp(x) - 1), 1), nsmall = 1, trim = TRUE)
  data.frame(
    method = method, tables = length(known),
    rank = if (method %in% peers) format(round(mean(ranks[, method], na.rm = TRUE), 2), nsmall = 2) else "",
    best = format(round(exp(mean(losses[, method] - best, na.rm = TRUE)), 3), nsmall = 3),
    against = if (method == base) "" else paste0(percent(mean(known)), " % ± ", round(100 * over_tables(known), 1), " / ", round(100 * over_splits(method), 1)),
    worse = paste(sum(linear > log(1.03), na.rm = TRUE), "of", sum(is.finite(linear))),
    time = format(signif(exp(mean(log(times[is.finite(difference), method] / times[is.finite(difference), base]))), 2)),
    seconds = paste(signif(stats::median(times[, method], na.rm = TRUE), 2), "/", signif(max(times[, method], na.rm = TRUE), 2)),
    ece = format(round(mean(mean_of("ece")[, method], na.rm = TRUE), 4)),
    coverage = format(round(mean(mean_of("coverage")[, method], na.rm = TRUE), 3))
  )
}

rows <- do.call(rbind, lapply(methods, row_of))
order <- order(vapply(methods, function(method) mean(losses[, method] - losses[, base], na.rm = TRUE), 0))
cat("Processor: ", paste(unique(results$processor), collapse = "; "), ". Threads: ", paste(unique(results$threads), collapse = ", "), ". Splits: ",
  paste(sort(unique(results$split)), collapse = ", "), ".\n\n", sep = "")
cat("| method | tables | mean rank | loss over the best | loss against ", base, " ± se over tables / splits | > 3 % worse than linear | time against ", base,
  " | seconds, median / largest | calibration error | coverage of 90 % intervals |\n|", strrep("---|", 10), "\n", sep = "")
for (i in order) cat("|", paste(unlist(rows[i, ]), collapse = " | "), "|\n")

cat("\n| table |", paste(methods[order], collapse = " | "), "|\n|", strrep("---|", length(methods) + 1L), "\n", sep = "")
for (table in rownames(losses)) {
  shown <- ifelse(is.finite(losses[table, order]), format(round(exp(losses[table, order]), 3), nsmall = 3), "")
  cat("|", paste(c(table, shown), collapse = " | "), "|\n")
}
problems <- unique(results[nzchar(results$problem) & !is.na(results$problem), c("table", "method", "problem")])
if (nrow(problems) > 0L) {
  cat("\nWhat did not run:\n\n")
  for (i in seq_len(nrow(problems))) cat("*", problems$table[i], problems$method[i], "-", problems$problem[i], "\n")
}
