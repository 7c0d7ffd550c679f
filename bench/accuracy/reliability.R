# Draws how sure methods are of the likeliest class against how often they are right, over all tables and splits:
# Rscript reliability.R results-reliability.csv reliability.png [methods]

arguments <- commandArgs(TRUE)
bins <- do.call(rbind, lapply(strsplit(arguments[1L], ",")[[1L]], utils::read.csv))
methods <- if (length(arguments) > 2L) strsplit(arguments[3L], ",")[[1L]] else unique(bins$method)
grDevices::png(arguments[2L], 260 * length(methods), 300, res = 110)
graphics::par(mfrow = c(1L, length(methods)), mar = c(4, 4, 2, 0.5), mgp = c(2.2, 0.7, 0), las = 1)
for (method in methods) {
  own <- bins[bins$method == method, ]
  rows <- tapply(own$rows, own$bin, sum)
  mean_of <- function(column) tapply(own$rows * own[[column]], own$bin, sum) / rows
  graphics::plot(
    mean_of("confidence"), mean_of("right"), type = "b", pch = 19, cex = 0.4 + 1.6 * sqrt(rows / max(rows)), xlim = c(0.2, 1), ylim = c(0.2, 1), col = "#0072B2",
    xlab = "probability", ylab = if (method == methods[1L]) "share that is right" else "", main = method, font.main = 1, bty = "l"
  )
  graphics::abline(0, 1, lty = 2, col = "grey50")
}
invisible(grDevices::dev.off())
