# Calls every function of the binding with R collecting garbage at each allocation, and compares what it gives with what it gave before:
# an object that Rust holds and R does not know of would be gone.
#
# Rscript gctorture.R

source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "common.R"))
library(backprop)

# Every call that the package makes of the binding while some of its functions run: name and arguments.
calls <- list()
binding <- grep("^engine_", ls(asNamespace("backprop"), all.names = TRUE), value = TRUE)
originals <- mget(binding, asNamespace("backprop"))
for (name in binding) {
  wrapper <- local({
    called <- name
    function(...) {
      calls[[length(calls) + 1L]] <<- list(name = called, arguments = list(...))
      originals[[called]](...)
    }
  })
  utils::assignInNamespace(name, wrapper, "backprop")
}

X <- matrix(rnorm(60), 20, dimnames = list(NULL, c("a", "b", "c")))
Y <- X[, 1] + rnorm(20)
file <- tempfile(fileext = ".rds")
fit <- nn_train(
  X, Y, hidden = 3, epochs = 4, seed = 1, standardize = TRUE, validation = 0.3, stop_iter = 2, keep_weights = 1, keep = "data",
  callback = function(state) TRUE, checkpoint = list(path = file)
)
for (optimizer in c("adam", "lbfgs", "rprop")) nn_train(X > 0, Y, hidden = 3, epochs = 3, optimizer = optimizer, seed = 1)
nn_train(X, factor(Y > 0), epochs = 2, precision = "single", seed = 1)
nn_train(X, factor(rep(letters[1:4], 5)), epochs = 2, case_weights = runif(20), threads = 2, seed = 1)
if (requireNamespace("Matrix", quietly = TRUE)) nn_train(Matrix::Matrix(X * (X > 0), sparse = TRUE), Y, epochs = 2, standardize = TRUE, seed = 1)
nn_predict(fit, X)
backprop:::check_room(2e8, "This", NULL, quote(nn_train()))
nn_gradient(fit)
nn_hessian(fit)
logLik(fit)
nn_init(c(3, 4, 2), init = "orthogonal", seed = 1)
nn_activation("gelu", -1:1)
backprop:::engine_registry()
trace <- nn_trace(X, Y, iterations = 2, seed = 1)
nn_write_trace(trace, tempfile(fileext = ".csv"))
for (refused in list(quote(nn_train(X, replace(Y, 1, NA))), quote(nn_train(replace(X, 1, Inf), Y)), quote(nn_init(c(1e9, 1e9))))) {
  try(eval(refused), silent = TRUE)
}
for (name in binding) utils::assignInNamespace(name, originals[[name]], "backprop")

# Files that were renamed are not there a second time.
again <- Filter(function(call) !startsWith(call$name, "engine_file"), calls)
missed <- setdiff(binding, c(vapply(calls, `[[`, "", "name"), "engine_panic", "engine_info", "engine_file_probe"))
changed <- 0L
for (call in again) {
  wanted <- do.call(originals[[call$name]], call$arguments, quote = TRUE)
  gctorture(TRUE)
  found <- do.call(originals[[call$name]], call$arguments, quote = TRUE)
  gctorture(FALSE)
  # How much memory there is changes from one moment to the next.
  if (!identical(found, wanted) && !identical(wanted$error$kind, "memory")) {
    changed <- changed + 1L
    cat("gctorture: another answer of", call$name, "\n")
  }
}
gctorture(TRUE)
panics <- vapply(1:3, function(threads) originals$engine_panic(threads)$error$kind, "")
gctorture(FALSE)
cat(sprintf(
  "gctorture: %d calls of %d functions, %d changed, not called: %s\n", length(again), length(unique(vapply(again, `[[`, "", "name"))),
  changed, if (length(missed) == 0L) "none" else paste(missed, collapse = ", ")
))
quit(status = changed > 0L || length(missed) > 0L || any(panics != "panic"))
