# Runs tests/testthat against the installed package on two processes, and adds the result to the sum of .ci/run.
# usage: Rscript tools/dev/test.R [--timed|--untimed] [FILTER]    FILTER: a pattern, to run only the files whose names match
# --timed: only the files that look at the clock; --untimed: all others.

# Each process takes the next file that none has taken: a folder of its name can be made only once. Long files come
# first, so that none is left alone at the end.
run_files <- function(files, taken) {
  Sys.setenv(NOT_CRAN = "true")
  found <- list()
  for (file in files) {
    if (!dir.create(file.path(taken, file), showWarnings = FALSE)) next
    results <- testthat::test_file(
      file.path("tests/testthat", file),
      package = "backprop", load_package = "installed", reporter = "check", stop_on_failure = FALSE
    )
    found[[file]] <- as.data.frame(results)[c("file", "test", "nb", "failed", "error", "skipped", "real")]
  }
  saveRDS(do.call(rbind, unname(found)), file.path(taken, paste0(Sys.getpid(), ".rds")))
}

args <- commandArgs(trailingOnly = TRUE)
if (identical(args[1L], "--take")) {
  run_files(readRDS(file.path(args[2L], "files.rds")), args[2L])
  quit(save = "no")
}

which <- intersect(args, c("--timed", "--untimed"))
args <- setdiff(args, which)
files <- list.files("tests/testthat", "^test-.*\\.R$")
if (length(args) > 0L) files <- files[grepl(args[1L], sub("^test-(.*)\\.R$", "\\1", files))]
long <- c(
  "test-fuzz.R", "test-trace-families.R", "test-layers-shown.R", "test-trace-write.R", "test-import.R", "test-fit-fields.R", "test-input-formula.R"
)
files <- c(intersect(long, files), setdiff(files, long))
# What looks at the clock, sends signals or compares processor times taken in turn runs when nothing else does.
looks_at_clock <- function(file) any(grepl("\"elapsed\"|start_process|in_turn", readLines(file.path("tests/testthat", file), warn = FALSE)))
timed <- vapply(files, looks_at_clock, NA)
if (length(which) == 1L) {
  files <- files[timed == (which == "--timed")]
  timed <- timed[files]
}
taken <- tempfile("tests-")
dir.create(taken)

run_side_by_side <- function(files, processes) {
  if (length(files) == 0L) return(invisible())
  saveRDS(files, file.path(taken, "files.rds"))
  logs <- tempfile(paste0("log-", seq_len(processes)), taken)
  rscript <- file.path(R.home("bin"), "Rscript")
  commands <- sprintf("%s tools/dev/test.R --take %s > %s 2>&1 &", shQuote(rscript), shQuote(taken), shQuote(logs))
  system(paste(c(commands, "wait"), collapse = " "))
  for (log in logs) writeLines(readLines(log, warn = FALSE))
}
run_side_by_side(files[!timed], 2L)
run_side_by_side(files[timed], 1L)

# One for each test_that() block: failed when any expectation in it did, or it stopped with an error.
tests <- do.call(rbind, lapply(list.files(taken, "^[0-9]+\\.rds$", full.names = TRUE), readRDS))
lost <- setdiff(files, tests$file)
fails <- tests$failed > 0 | tests$error
failed <- sum(fails) + length(lost)
skipped <- sum(tests$skipped & !fails)
passed <- sum(!fails) - skipped

counts <- Sys.getenv("DEV_COUNTS")
if (nzchar(counts)) cat(passed, failed, "\n", file = counts, append = TRUE)
seconds <- sort(tapply(tests$real, tests$file, sum), decreasing = TRUE)
cat("longest:", paste(sprintf("%s %.0f s", names(seconds), seconds)[seq_len(min(8L, length(seconds)))], collapse = ", "), "\n")
if (length(lost) > 0L) cat("ended before they were over, or without a test:", lost, "\n")
cat(sprintf("package: %d passed, %d failed, %d skipped\n", passed, failed, skipped))
quit(save = "no", status = as.integer(failed > 0 || passed == 0))
