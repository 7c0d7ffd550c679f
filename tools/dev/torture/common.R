# What the scripts of the long tier share: options of the command line, and a seed that is new each time unless it is given.

# The value of --name=value, as a number.
option <- function(name, default) {
  given <- grep(paste0("^--", name, "="), commandArgs(TRUE), value = TRUE)
  if (length(given) == 0L) default else as.numeric(sub("^[^=]*=", "", given[1L]))
}

seed <- as.integer(option("seed", as.numeric(Sys.time()) %% 1e9))
set.seed(seed)
cat("seed", seed, "\n")
