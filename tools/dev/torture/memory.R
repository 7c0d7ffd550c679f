# Starved memory: each kind of call in processes that may have less and less of it. Wherever the system refuses,
# R must get an error and live on. Run by hand, or by the long tier, with the installed package:
#   Rscript tools/dev/torture/memory.R [--seed=1] [--n=20] [--only=snapshots,sparse]
# `ulimit -v` limits a process on Linux only.

arguments <- commandArgs(TRUE)
option <- function(name, default) {
  given <- sub(paste0("^--", name, "="), "", grep(paste0("^--", name, "="), arguments, value = TRUE))
  if (length(given) == 0L) default else given[1L]
}
seed <- as.integer(option("seed", as.integer(Sys.time()) %% 1e6))
n <- as.integer(option("n", 20))
cat("seed", seed, "\n")
set.seed(seed)

# `prepare` makes the data; `run` is what may be refused. A scenario's sizes are such that it takes some hundred MB and seconds.
table_of <- function(rows, columns) sprintf("X <- matrix(rnorm(%d), ncol = %d); Y <- X[, 1]", rows * columns, columns)
sparse_of <- function(rows) {
  sprintf("loadNamespace('Matrix'); X <- methods::new('dgCMatrix', i = rep(0:%1$d, 5L), p = 0:5 * %2$dL, x = rnorm(5 * %2$d), Dim = c(%2$dL, 5L)); Y <- X@x[0:%1$d + 1]", rows - 1L, rows)
}
scenarios <- list(
  snapshots = c(table_of(50, 4), "nn_train(X, Y, hidden = c(300, 300), keep_weights = 1, epochs = 400, optimizer = 'sgd', batch_size = 50, seed = 1)"),
  snapshots_small = c(table_of(3, 4), "nn_train(X, Y, hidden = c(3, 3), keep_weights = 1, epochs = 30000, seed = 1)"),
  validation_split = c(table_of(2e6, 5), "nn_train(X, Y, hidden = 2, validation = .5, epochs = 1, seed = 1)"),
  validation_factor = c(paste(table_of(1e6, 2), "; Y <- factor(Y > 0)"), "nn_train(X, Y, hidden = 2, validation = .5, epochs = 1, seed = 1)"),
  checkpoint = c(table_of(50, 4), "nn_train(X, Y, hidden = c(1500, 1500), checkpoint = list(path = tempfile()), epochs = 3, seed = 1)"),
  checkpoint_adam = c(table_of(50, 4), "nn_train(X, Y, hidden = c(1000, 1000), optimizer = 'adam', checkpoint = list(path = tempfile()), keep_weights = 1, stop_iter = 3, epochs = 5, seed = 1)"),
  sparse_full = c(sparse_of(1500000L), "nn_train(X, Y, hidden = 2, epochs = 2, seed = 1)"),
  sparse_batches = c(sparse_of(800000L), "nn_train(X, Y, hidden = 2, epochs = 1, optimizer = 'adam', batch_size = 4096, seed = 1)"),
  sparse_scaled = c(sparse_of(1500000L), "nn_train(X, Y, hidden = 2, epochs = 1, standardize = TRUE, validation = .2, seed = 1)"),
  dense_batches = c(table_of(1e6, 10), "nn_train(X, Y, hidden = 3, epochs = 1, optimizer = 'adam', batch_size = 4096, seed = 1, threads = 2)"),
  single = c(table_of(1e6, 10), "nn_train(X, Y, hidden = 3, epochs = 1, optimizer = 'adam', batch_size = 4096, precision = 'single', seed = 1)"),
  trace = c(table_of(5000, 20), "nn_trace(X, Y, hidden = c(100, 50), iterations = 4, seed = 1)"),
  trace_many = c(table_of(3, 4), "nn_trace(X, Y, iterations = 4000, optimizer = 'adam', seed = 1)"),
  hessian = c(paste(table_of(100, 20), "; f <- nn_train(X, Y, hidden = 120, epochs = 1, seed = 1)"), "nn_hessian(f, X, Y)"),
  covariance = c(paste(table_of(2000, 200), "; f <- nn_train(X, X[, 1] + rnorm(2000), hidden = c(), output = 'linear', optimizer = 'lbfgs', epochs = 300, seed = 1)"), "vcov(f, data = list(X = X, Y = Y), sandwich = TRUE)"),
  intervals = c(paste(table_of(20000, 60), "; f <- nn_train(X, X[, 1] + rnorm(20000), hidden = c(), output = 'linear', optimizer = 'lbfgs', epochs = 300, keep = 'data', seed = 1)"), "predict(f, X, type = 'conf_int')"),
  gradient = c(paste(table_of(20, 1000), "; f <- nn_train(X, Y, hidden = 1000, epochs = 0, seed = 1)"), "nn_gradient(f, X, Y)"),
  restarts = c(table_of(50, 4), "nn_train(X, Y, hidden = c(1000, 1000), restarts = 3, epochs = 2, seed = 1)"),
  predictions = c(paste(table_of(3e6, 3), "; f <- nn_train(X[1:100, ], X[1:100, 1:2], hidden = 3, output = 'linear', standardize = TRUE, epochs = 1, seed = 1)"), "nn_predict(f, X)"),
  predictions_gaps = c(paste(table_of(2e6, 3), "; f <- nn_train(X[1:100, ], Y[1:100], hidden = 3, epochs = 1, seed = 1); X[7, ] <- NA"), "predict(f, X)"),
  table = c("d <- data.frame(y = rnorm(1e6), x = rnorm(1e6), g = factor(sample(letters, 1e6, TRUE)))", "nn_train(y ~ x + g, data = d, hidden = 2, epochs = 1, seed = 1)"),
  table_gaps = c("d <- data.frame(y = rnorm(1e6), x = rnorm(1e6), g = factor(sample(letters, 1e6, TRUE))); d$x[5] <- NA", "nn_train(d[2:3], d$y, hidden = 2, na_action = 'impute', validation = .1, keep = 'data', epochs = 1, seed = 1)"),
  lbfgs = c(table_of(50, 4), "nn_train(X, Y, hidden = c(600, 600), activation = 'tanh', optimizer = opt_lbfgs(memory = 20), epochs = 30, seed = 1)"),
  early_stopping = c(table_of(200, 4), "nn_train(X, Y, hidden = c(1200, 1200), optimizer = 'rmsprop', validation = .3, stop_iter = 2, epochs = 8, seed = 1, threads = 2)"),
  goes_on = c(paste(table_of(50, 4), "; f <- nn_train(X, Y, hidden = c(1200, 1200), optimizer = 'adam', epochs = 1, seed = 1)"), "nn_train(X, Y, start = f, epochs = 2)"),
  start = c("", "nn_init(c(3000, 3000, 1000), init = 'normal', seed = 1)"),
  # R code that takes memory while the engine is at work.
  callback = c(paste(table_of(50, 4), "; kept <- list()"), "nn_train(X, Y, hidden = c(300, 300), keep_weights = 1, epochs = 200, callback = function(s) { kept[[length(kept) + 1L]] <<- numeric(1e5); TRUE }, seed = 1)"),
  layers = c(table_of(5, 4), "nn_train(X, Y, hidden = rep(1, 60000), epochs = 1, seed = 1)")
)
only <- option("only", "")
if (nzchar(only)) scenarios <- scenarios[strsplit(only, ",", fixed = TRUE)[[1L]]]

# The child tells how large it is when the call begins and has been at most, and how it ended.
script_of <- function(scenario) {
  c(
    "size <- function(field) as.numeric(gsub('[^0-9]', '', grep(field, readLines('/proc/self/status'), value = TRUE)))",
    "outcome <- tryCatch({",
    # What tells of errors is loaded, and the stack as large as it takes.
    "  library(backprop); set.seed(1); try(nn_train(1), silent = TRUE)",
    scenario[1L],
    "  cat('ready', size('VmSize'), '\\n')",
    paste("  value <- suppressWarnings(", scenario[2L], ")"),
    "  'trained'",
    "}, error = function(cnd) paste('refused', class(cnd)[1L], gsub('\\n', ' ', conditionMessage(cnd))))",
    "cat('peak', size('VmPeak'), '\\n')",
    "cat(outcome, '\\n')"
  )
}

run_child <- function(script, limit = NULL) {
  command <- paste(shQuote(file.path(R.home("bin"), "Rscript")), "--vanilla", shQuote(script), "2>&1")
  if (!is.null(limit)) command <- sprintf("ulimit -v %.0f; exec %s", limit, command)
  output <- suppressWarnings(system2("sh", c("-c", shQuote(command)), stdout = TRUE))
  number <- function(mark) as.numeric(sub(paste0("^", mark, " "), "", grep(paste0("^", mark, " [0-9]"), output, value = TRUE)))
  status <- attr(output, "status")
  list(
    status = if (is.null(status)) 0L else status, ready = number("ready"), peak = number("peak"),
    trained = any(grepl("^trained", output)), refused = grep("^refused", output, value = TRUE), output = output
  )
}

# Kilobytes that R itself must find beyond what it has: below, its own stack cannot grow while it tells of an error.
stack_of_errors <- 16384

# A process that R itself could not start in tells nothing: limits begin above what it has when the call begins.
torture <- function(name) {
  script <- tempfile(fileext = ".R")
  writeLines(script_of(scenarios[[name]]), script)
  free <- run_child(script)
  if (!free$trained) stop("the scenario ", name, " fails without a limit: ", paste(free$output, collapse = " "))
  spread <- 1.3 * max(free$peak - free$ready, 1e5)
  limits <- free$ready + stack_of_errors + spread * (seq_len(n) - stats::runif(n)) / n
  found <- lapply(limits, function(limit) run_child(script, limit))
  trained <- vapply(found, function(one) one$trained, NA)
  refused <- vapply(found, function(one) length(one$refused) == 1L, NA)
  killed <- !(trained | refused) | vapply(found, function(one) one$status != 0L, NA)
  cat(sprintf("memory %s: %d limits, %d trained, %d refused, %d killed\n", name, n, sum(trained), sum(refused), sum(killed)))
  if ("--verbose" %in% arguments) {
    print(table(vapply(found[refused], function(one) sub("^refused ([^ ]+).*", "\\1", one$refused), "")))
  }
  for (i in which(killed)) {
    cat("  limit ", format(limits[i], scientific = FALSE), " kB, status ", found[[i]]$status, ": ", paste(utils::tail(found[[i]]$output, 3L), collapse = " | "), "\n", sep = "")
  }
  sum(killed)
}

killed <- vapply(names(scenarios), torture, 0L)
cat(sprintf("memory: %d scenarios, %d processes, %d killed\n", length(scenarios), length(scenarios) * n, sum(killed)))
quit(status = if (sum(killed) > 0L) 1L else 0L)
