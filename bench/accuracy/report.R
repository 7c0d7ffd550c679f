# Makes a Markdown table of a results file: Rscript report.R results.csv [base] > RESULTS.md
# Splits 1 to 4 are for tuning: numbers on them are not reported.

arguments <- commandArgs(TRUE)
results <- do.call(rbind, lapply(strsplit(arguments[1L], ",")[[1L]], utils::read.csv))
base <- if (length(arguments) > 1L) arguments[2L] else "backprop"
if (any(results$split <= 4L)) stop("splits 1 to 4 were tuned on: give results of other splits")

# Log losses by table and split; methods are compared where both ran, and averaged over splits, table by table.
wide <- tapply(log(results$loss), list(paste(results$table, results$split), results$method), mean)
table_of <- sub(" .*", "", rownames(wide))
split_of <- sub(".* ", "", rownames(wide))
by_table <- function(values) tapply(values, table_of, function(x) if (all(is.na(x))) NA else mean(x, na.rm = TRUE))
losses <- apply(wide, 2L, by_table)
times <- tapply(results$fit, list(results$table, results$method), mean, na.rm = TRUE)
mean_of <- function(column) tapply(results[[column]], list(results$table, results$method), mean, na.rm = TRUE)
methods <- colnames(losses)
peers <- setdiff(methods, grep("^backprop-", methods, value = TRUE))
ranks <- losses[, peers, drop = FALSE]
ranks[] <- t(apply(ranks, 1L, rank, na.last = "keep"))
best <- apply(losses[, peers, drop = FALSE], 1L, min, na.rm = TRUE)

# Standard error of the mean over tables; and over splits, of the means over tables.
over_tables <- function(x) stats::sd(x) / sqrt(length(x))
over_splits <- function(difference) {
  by_split <- tapply(difference, split_of, mean, na.rm = TRUE)
  by_split <- by_split[is.finite(by_split)]
  if (length(by_split) < 2L) NA else stats::sd(by_split) / sqrt(length(by_split))
}

row_of <- function(method) {
  paired <- wide[, method] - wide[, base]
  difference <- by_table(paired)
  known <- difference[is.finite(difference)]
  linear <- if ("linear" %in% methods) by_table(wide[, method] - wide[, "linear"]) else NA
  percent <- function(x) format(round(100 * (exp(x) - 1), 1), nsmall = 1, trim = TRUE)
  data.frame(
    method = method, tables = length(known),
    rank = if (method %in% peers) format(round(mean(ranks[, method], na.rm = TRUE), 2), nsmall = 2) else "",
    best = format(round(exp(mean(losses[, method] - best, na.rm = TRUE)), 3), nsmall = 3),
    against = if (method == base) "" else paste0(percent(mean(known)), " % ± ", round(100 * over_tables(known), 1), " / ", round(100 * over_splits(paired), 1)),
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
