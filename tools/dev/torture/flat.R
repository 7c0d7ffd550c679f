# Flat memory: errors and deliberate panics by the thousand, after which R's process is as large as before. With the
# installed package:
#   Rscript tools/dev/torture/flat.R [--seed=1] [--n=10000]
# Linux only: the size is read from /proc.

arguments <- commandArgs(TRUE)
option <- function(name, default) {
  given <- sub(paste0("^--", name, "="), "", grep(paste0("^--", name, "="), arguments, value = TRUE))
  if (length(given) == 0L) default else given[1L]
}
seed <- as.integer(option("seed", as.integer(Sys.time()) %% 1e6))
n <- as.integer(option("n", 10000))
cat("seed", seed, "\n")
set.seed(seed)

library(backprop)
engine <- asNamespace("backprop")
# Mebibytes that a process may grow by between the first tenth of its calls and the last: pages of the allocator, not objects.
allowed <- 4

X <- matrix(stats::rnorm(20), 5)
fit <- nn_train(X, X[, 1], hidden = 2, epochs = 1, seed = 1)
starts <- nn_init(c(4, 2, 1), seed = 1)
raising <- function(code) tryCatch(force(code), backprop_error = function(cnd) NULL)
scenarios <- list(
  panic = function(i) engine$engine_panic(2L),
  panic_alone = function(i) engine$engine_panic(1L),
  argument = function(i) raising(nn_train(X, X[, 1], lr = -i)),
  values = function(i) raising(nn_train(replace(X, i %% 20 + 1, NA), X[, 1], epochs = 1, seed = 1)),
  start = function(i) raising(nn_train(X, X[, 1], start = list(weights = starts$weights[1], biases = starts$biases), epochs = 1)),
  memory = function(i) raising(nn_train(X, X[, 1], hidden = c(2e5, 2e5) + i %% 7, epochs = 1, seed = 1)),
  predict = function(i) raising(nn_predict(fit, X[, 1:3])),
  callback = function(i) tryCatch(nn_train(X, X[, 1], hidden = 2, epochs = 2, seed = 1, callback = function(s) stop("no")), error = function(cnd) NULL),
  # What fails in the engine, past the checks of R.
  engine = function(i) engine$engine_init(c(4L, 0L), "normal", "zeros", 1L, NA_real_),
  vectors = function(i) engine$engine_split(rep(1L, 5L), "no share", 1, 1L)
)

resident <- function() {
  gc()
  scan("/proc/self/statm", quiet = TRUE)[2L] * 4096 / 2^20
}

grows <- function(name) {
  once <- scenarios[[name]]
  run <- function(times) for (i in seq_len(times)) try(once(i), silent = TRUE)
  run(n %/% 10L)
  before <- resident()
  run(n - n %/% 10L)
  growth <- resident() - before
  cat(sprintf("flat %s: %d calls, grown by %.1f MiB, %d failed\n", name, n, growth, as.integer(growth > allowed)))
  growth > allowed
}

failed <- vapply(names(scenarios), grows, NA)
cat(sprintf("flat: %d scenarios, %d failed\n", length(scenarios), sum(failed)))
quit(status = if (any(failed)) 1L else 0L)
