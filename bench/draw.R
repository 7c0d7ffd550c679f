# Draws the stored times into the pictures of the README and the vignette: Rscript bench/draw.R
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
for (file in c("workloads.R", "peers.R", "report.R")) source(file.path(here, file))
results <- file.path(here, "results")
summary <- read.csv(file.path(results, "summary.csv"))
root <- dirname(normalizePath(here))
figures <- file.path(root, c("man/figures", "vignettes/figures"))
for (folder in figures) dir.create(folder, recursive = TRUE, showWarnings = FALSE)
picture <- file.path(figures, "benchmarks.png")
png(picture[1], width = 1400, height = 900, res = 150, type = "cairo")
draw_times(summary)
invisible(dev.off())
# 64 colours are enough, and a third of the bytes.
if (nzchar(Sys.which("pngquant"))) system2("pngquant", c("--speed=1", "--strip", "--force", "--ext=.png", "64", shQuote(picture[1])))
invisible(file.copy(picture[1], picture[2], overwrite = TRUE))
# The vignette carries the table with it, because bench/ is no part of the package.
invisible(file.copy(file.path(results, "table.md"), file.path(root, "vignettes", "figures", "benchmarks.md"), overwrite = TRUE))
# The README's table is the short one: the lines from its head to the first that is none of a table.
readme <- readLines(file.path(root, "README.md"), encoding = "UTF-8")
short <- readLines(file.path(results, "short.md"), encoding = "UTF-8")
head <- match(short[1], readme)
after <- head + which(!startsWith(readme[-seq_len(head)], "|"))[1]
writeLines(c(readme[seq_len(head - 1)], short, readme[after:length(readme)]), file.path(root, "README.md"), useBytes = TRUE)
