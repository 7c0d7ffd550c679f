# The tables of RESULTS.md from what run.R wrote. Usage: Rscript bench/forecast/summarise.R, from the package's root.

results <- do.call(rbind, lapply(Sys.glob("bench/forecast/results-*.csv"), utils::read.csv))
measures <- c("mase", "cover80", "cover95", "width80", "width95", "seconds")

# Beside nnetar from the same origins: the logarithm of the ratio.
reference <- results[results$method == "nnetar", ]
same <- match(paste(results$series, results$end), paste(reference$series, reference$end))
results$against <- log(results$mase / reference$mase[same])

# Origins of one series are alike: a series counts once, and standard errors are over series.
by_series <- stats::aggregate(results[c(measures, "against")], results[c("series", "method")], mean, na.action = stats::na.pass)
methods <- unique(results$method)

shown <- function(x, digits = 2) {
  x <- x[!is.na(x)]
  sprintf("%.*f ± %.*f", digits, mean(x), digits, stats::sd(x) / sqrt(length(x)))
}

cat("| method | series | MASE | against nnetar | coverage of 80 % | of 95 % | width of 80 % | of 95 % | seconds |\n|---|---|---|---|---|---|---|---|---|\n")
for (method in methods) {
  rows <- by_series[by_series$method == method, ]
  ratio <- rows$against
  against <- if (method == "nnetar") "" else sprintf("%+.0f %% ± %.0f", 100 * (exp(mean(ratio)) - 1), 100 * stats::sd(ratio) / sqrt(length(ratio)))
  cells <- c(
    method, nrow(rows), shown(rows$mase), against, shown(rows$cover80), shown(rows$cover95), shown(rows$width80), shown(rows$width95), sprintf("%.1f", mean(rows$seconds))
  )
  cat("| ", paste(cells, collapse = " | "), " |\n", sep = "")
}

cat("\n| series | ", paste(methods, collapse = " | "), " |\n|---|", rep("---|", length(methods)), "\n", sep = "")
for (name in unique(by_series$series)) {
  rows <- by_series[by_series$series == name, ]
  cat("| ", name, " | ", paste(sprintf("%.2f", rows$mase[match(methods, rows$method)]), collapse = " | "), " |\n", sep = "")
}
