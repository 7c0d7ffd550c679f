# Runs tests/testthat against the installed package, and adds the result to the sum of .ci/run.
# usage: Rscript tools/dev/test.R [FILTER]    FILTER: a pattern, to run only the files whose names match

args <- commandArgs(trailingOnly = TRUE)
Sys.setenv(NOT_CRAN = "true")

results <- testthat::test_dir(
  "tests/testthat",
  filter = if (length(args)) args[[1L]],
  package = "backprop",
  load_package = "installed",
  reporter = "check",
  stop_on_failure = FALSE
)

# One for each test_that() block: failed when any expectation in it did, or it stopped with an error.
tests <- as.data.frame(results)
failed <- sum(tests$failed > 0 | tests$error)
skipped <- sum(tests$skipped & !(tests$failed > 0 | tests$error))
passed <- nrow(tests) - failed - skipped

counts <- Sys.getenv("DEV_COUNTS")
if (nzchar(counts)) cat(passed, failed, "\n", file = counts, append = TRUE)
cat(sprintf("package: %d passed, %d failed, %d skipped\n", passed, failed, skipped))
quit(save = "no", status = as.integer(failed > 0 || passed == 0))
