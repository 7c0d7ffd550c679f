# Random calls of everything the installed package offers, far more than the tests make, and each time others.
# usage: Rscript tools/dev/torture/fuzz.R [--seed=SEED] [--n=100000] [--index=NUMBER]
# What is found is printed with the call, and can be had again: --seed=SEED --index=NUMBER makes that call alone and shows its arguments.

library(backprop)

option <- function(name, default) {
  found <- grep(paste0("^--", name, "="), commandArgs(trailingOnly = TRUE), value = TRUE)
  if (length(found) > 0L) as.numeric(sub(".*=", "", found[1L])) else default
}

# A few digits, to be typed again.
seed <- option("seed", floor(as.numeric(Sys.time())) %% 1e6)
n <- option("n", 1e5)
index <- option("index", NA)

fuzz <- new.env(parent = globalenv())
for (file in list.files("tests/testthat", "^helper-fuzz.*[.]R$", full.names = TRUE)) sys.source(file, fuzz)

if (!is.na(index)) {
  seen <- NULL
  fuzz$observe <- local({
    observe <- fuzz$observe
    function(call, env) {
      seen <<- list(call = call, env = env)
      observe(call, env)
    }
  })
  one <- fuzz$fuzz_one(seed, index)
  cat(fuzz$describe_finding(seed, index, one), "\n\nended: ", one$ended, "\n", sep = "")
  if (!is.null(one$error)) print(conditionMessage(one$error))
  for (name in intersect(all.vars(seen$call), ls(seen$env))) {
    cat("\n", name, ":\n", sep = "")
    utils::str(get(name, seen$env), max.level = 2L, give.attr = FALSE)
  }
  quit(save = "no", status = as.integer(one$ended == "finding"))
}

# Beside the session's own folder, which nobody finds again when R does not end in order.
log <- file.path(dirname(tempdir()), paste0("backprop-fuzz-", Sys.getpid(), ".log"))
cat("fuzz: seed ", seed, ", ", n, " calls; the call at work is in ", log, "\n", sep = "")

counts <- c(value = 0, refused = 0, finding = 0)
# In pieces, so that results need no memory.
for (from in seq(1, n, by = 1000)) {
  ended <- vapply(
    fuzz$fuzz_many(seed, seq(from, min(n, from + 999)), log = log, tell = function(index, one) cat(fuzz$describe_finding(seed, index, one), "\n", sep = "")),
    function(one) one$ended, ""
  )
  for (name in names(counts)) counts[[name]] <- counts[[name]] + sum(ended == name)
}
unlink(log)
cat(sprintf("fuzz: %.0f calls, seed %.0f: %.0f values, %.0f refused, %.0f findings\n", n, seed, counts[["value"]], counts[["refused"]], counts[["finding"]]))
quit(save = "no", status = as.integer(counts[["finding"]] > 0))
