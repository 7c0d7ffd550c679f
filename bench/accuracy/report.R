# Makes a Markdown table of results files: Rscript report.R results.csv[,more.csv] [base] > RESULTS.md
# Splits 1 to 4 are for tuning: numbers on them are not reported, nor mixed with others.

arguments <- commandArgs(TRUE)
files <- strsplit(arguments[1L], ",", fixed = TRUE)[[1L]]
base <- if (length(arguments) > 1L) arguments[2L] else "backprop"
results <- lapply(files, utils::read.csv)
columns <- unique(c(unlist(lapply(results, names)), "cpu", "versions"))
results <- do.call(rbind, lapply(results, function(found) {
  found[setdiff(columns, names(found))] <- NA
  found[columns]
}))
if (any(results$split <= 4L)) stop("splits 1 to 4 were tuned on: give results of other splits")
if (!base %in% results$method) stop("no results of ", base, ", which the others are compared with")

# Of several lines for one fit the last counts.
earlier <- duplicated(results[c("table", "split", "method")], fromLast = TRUE)
results <- results[!earlier, ]
results$problem[is.na(results$problem)] <- ""
failed <- results[!is.finite(results$loss), ]
failed$problem[failed$problem == ""] <- "no loss, for no reason that was noted"

# A row per table and split, a column per method. Whatever is compared is compared within a row where both ran, then averaged
# over the splits of each table, then over tables.
cells <- function(column) tapply(as.numeric(results[[column]]), list(paste(results$table, results$split), results$method), mean)
losses <- log(cells("loss"))
table_of <- sub(" .*", "", rownames(losses))
split_of <- sub(".* ", "", rownames(losses))
average <- function(x) if (all(is.na(x))) NA_real_ else mean(x, na.rm = TRUE)
by_table <- function(x) tapply(x, table_of, average)
known <- function(x) x[is.finite(x)]

# Variants of a method ("lightgbm-tuned") are compared, but have no rank, and no part in which is the best.
methods <- colnames(losses)
ranked <- setdiff(methods, grep("-", methods, value = TRUE, fixed = TRUE))
# Mean rank: one, and the shares of fits in which each other method is better (a tie is half). With no fit missing it is the
# usual mean of ranks, and with some missing no method gains by fewer having run beside it.
mean_rank <- function(method) {
  beaten <- vapply(setdiff(ranked, method), function(other) {
    average(by_table((sign(losses[, method] - losses[, other]) + 1) / 2))
  }, 0)
  1 + sum(beaten)
}
best <- apply(losses[, ranked, drop = FALSE], 1L, function(x) if (all(is.na(x))) NA else min(x, na.rm = TRUE))

standard_error <- function(x) if (length(x) < 2L) NA else stats::sd(x) / sqrt(length(x))
# Over splits: of the means over those tables that have every split the method has.
error_of_splits <- function(difference) {
  wide <- tapply(difference, list(table_of, split_of), average)
  wide <- wide[, colSums(!is.na(wide)) > 0L, drop = FALSE]
  wide <- wide[stats::complete.cases(wide), , drop = FALSE]
  if (nrow(wide) == 0L) NA else standard_error(colMeans(wide))
}
digits <- function(x, n) ifelse(is.finite(x), formatC(x, digits = n, format = "f"), "")
percent <- function(x) paste(digits(100 * (exp(x) - 1), 1), "%")
short <- function(x) if (is.finite(x)) format(signif(x, 2)) else ""

# The clock's hundredths are no zero.
ratio_of <- function(found, method) {
  ratio <- known(by_table(log(pmax(found[, method], 0.001)) - log(pmax(found[, base], 0.001))))
  if (length(ratio) == 0L) "" else short(exp(mean(ratio)))
}
seconds <- cells("fit")
of_processor <- cells("cpu")
errors <- cells("ece")
coverage <- cells("coverage")

row_of <- function(method) {
  paired <- losses[, method] - losses[, base]
  difference <- known(by_table(paired))
  linear <- if ("linear" %in% methods && method != "linear") known(by_table(losses[, method] - losses[, "linear"])) else numeric()
  own <- known(by_table(seconds[, method]))
  data.frame(
    method = method,
    tables = paste(length(known(by_table(losses[, method]))), "/", sum(is.finite(losses[, method]))),
    rank = if (method %in% ranked) digits(mean_rank(method), 2) else "",
    best = digits(exp(average(by_table(losses[, method] - best))), 3),
    against = if (method == base) "" else if (length(difference) == 0L) "not on the same splits" else paste0(
      percent(mean(difference)), " ± ", digits(100 * standard_error(difference), 1), " / ", digits(100 * error_of_splits(paired), 1)
    ),
    worse = if (length(linear) > 0L) paste(sum(linear > log(1.03)), "of", length(linear)) else "",
    time = ratio_of(seconds, method), processor = ratio_of(of_processor, method),
    seconds = if (length(own) == 0L) "" else paste(short(stats::median(own)), "/", short(max(own))),
    ece = digits(average(by_table(errors[, method])), 4), coverage = digits(average(by_table(coverage[, method])), 3)
  )
}

rows <- do.call(rbind, lapply(methods, row_of))
order <- order(vapply(methods, function(method) average(by_table(losses[, method] - losses[, base])), 0))
line <- function(...) cat("|", paste(c(...), collapse = " | "), "|\n")
of_column <- function(column) paste(sort(unique(stats::na.omit(results[[column]]))), collapse = ", ")
cat("Processor: ", of_column("processor"), ". Threads: ", of_column("threads"), ". Splits: ", of_column("split"), ".\n", sep = "")
versions <- sort(unique(unlist(strsplit(as.character(stats::na.omit(results$versions)), "; ", fixed = TRUE))))
if (length(versions) > 0L) cat("Versions: ", paste(versions, collapse = ", "), ".\n", sep = "")
if (any(earlier)) cat("Lines of fits that were run again, and are left out: ", sum(earlier), ".\n", sep = "")
cat("\n")
line(
  "method", "tables / fits", "mean rank", "loss over the best", paste("loss against", base, "± se over tables / splits"), "> 3 % worse than linear",
  paste("time against", base), "the same of the processor's time", "seconds, median / largest", "calibration error", "coverage of 90 % intervals"
)
cat("|", strrep("---|", ncol(rows)), "\n", sep = "")
for (i in order) line(unlist(rows[i, ]))

cat("\nLosses, means (geometric) over the splits that a method has:\n\n")
line("table", methods[order])
cat("|", strrep("---|", length(methods) + 1L), "\n", sep = "")
tables <- sort(unique(table_of))
means <- matrix(exp(apply(losses, 2L, by_table)), nrow = length(tables), dimnames = list(tables, methods))
for (table in tables) line(table, digits(means[table, order], 3))

if (nrow(failed) > 0L) {
  cat("\nWhat did not run:\n\n")
  same <- interaction(failed$table, failed$method, failed$problem, drop = TRUE)
  for (group in split(failed, same)) {
    cat("*", group$table[1L], group$method[1L], paste0("(split ", paste(sort(group$split), collapse = ", "), "):"), group$problem[1L], "\n")
  }
}
