# Sends SIGINT at random moments to a process that runs each of the package's long functions in turn, and checks that each is
# answered in time, as an interrupt, with the model so far in nn_last(), and that the next training has its usual bits.
#
# Rscript interrupts.R --seed=1 --n=200

source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "common.R"))
n <- option("n", 200)

# Processor time that may pass between the signal and the answer, in seconds.
most <- 0.2

# What runs in the other process: one line of code on stdin at a time, evaluated with a handler for interrupts; answers on stdout.
worker <- c(
  "library(backprop)",
  "set.seed(1)",
  "X <- matrix(rnorm(2000 * 20), 2000)",
  "Y <- X[, 1]",
  "B <- matrix(rnorm(3e6), ncol = 30)",
  "W <- matrix(rnorm(3000 * 30), ncol = 30)",
  "small <- nn_train(X, Y, hidden = c(16, 8), epochs = 1, seed = 1)",
  "wide <- nn_train(W, W[, 1], hidden = c(200, 200), epochs = 0, seed = 1)",
  "path <- tempfile(fileext = '.rds')",
  "same <- function(fit, again) identical(fit[c('weights', 'biases')], again[c('weights', 'biases')])",
  "usual <- nn_train(X, Y, hidden = 3, epochs = 3, seed = 5)",
  "say <- function(...) { cat(..., '\\n'); flush(stdout()) }",
  "commands <- file('stdin', 'r')",
  "say('ready', Sys.getpid())",
  "repeat {",
  "  code <- parse(text = readLines(commands, 1))",
  "  say('begins')",
  "  reached <- tryCatch({ repeat eval(code[[1]], globalenv()) }, interrupt = function(cnd) 'interrupt', error = function(cnd) conditionMessage(cnd))",
  "  spent <- sum(proc.time()[1:2])",
  "  right <- if (length(code) > 1) isTRUE(eval(code[[2]], globalenv())) else TRUE",
  "  usually <- same(nn_train(X, Y, hidden = 3, epochs = 3, seed = 5), usual)",
  "  say('answer', format(spent, digits = 16), right, usually, reached)",
  "}"
)

# Each is run again and again until the signal comes; the second expression tells whether nn_last() is right.
long <- c(
  train = "nn_train(X, Y, hidden = 8, epochs = 1e5, seed = 3); same(nn_last(), nn_train(X, Y, hidden = 8, epochs = nn_last()$epochs_done, seed = 3))",
  `train, callback` = "nn_train(X, Y, hidden = 8, epochs = 1e5, seed = 3, callback = function(s) TRUE); same(nn_last(), nn_train(X, Y, hidden = 8, epochs = nn_last()$epochs_done, seed = 3))",
  `train tiny, callback` = "nn_train(X[1:9, ], Y[1:9], epochs = 1e6, seed = 3, callback = function(s) TRUE); same(nn_last(), nn_train(X[1:9, ], Y[1:9], epochs = nn_last()$epochs_done, seed = 3))",
  `train, checkpoint` = "nn_train(X[1:9, ], Y[1:9], epochs = 1e5, seed = 3, checkpoint = list(path = path)); same(nn_last(), nn_train(X[1:9, ], Y[1:9], epochs = nn_last()$epochs_done, seed = 3)) && inherits(readRDS(path), 'nn_fit')",
  `train, mini-batches` = "nn_train(B, B[, 1], hidden = 50, epochs = 1e4, optimizer = 'adam', seed = 3, threads = 2); nn_last()$status == 'interrupted'",
  `train, L-BFGS` = "nn_train(B, B[, 1], hidden = 50, epochs = 1e4, optimizer = 'lbfgs', seed = 3, threads = 2); nn_last()$status == 'interrupted'",
  `train, formula` = "nn_train(mpg ~ ., mtcars, epochs = 1e5, seed = 3); nn_last()$status == 'interrupted'",
  `train, restarts` = "nn_train(X[1:9, ], Y[1:9], epochs = 5, restarts = 1e4, seed = 3); nn_last()$epochs_done <= 5",
  `train, wide` = "nn_train(W, W[, 1], hidden = c(2000, 2000), epochs = 10, seed = 3)",
  `train, standardised` = "nn_train(B, B[, 1], hidden = 1, epochs = 0, standardize = TRUE, seed = 3)",
  `train, orthogonal` = "nn_train(W[, 1:20], W[, 1], hidden = 1000, init = 'orthogonal', epochs = 0, seed = 3)",
  nn_init = "nn_init(c(1000, 1000, 1), init = 'orthogonal', seed = 1)",
  nn_predict = "nn_predict(wide, B)",
  predict = "predict(wide, B)",
  nn_hessian = "nn_hessian(small, X, Y)",
  vcov = "vcov(small, data = list(X = X, Y = Y), sandwich = TRUE)",
  confint = "confint(small, data = list(X = X, Y = Y))",
  nn_gradient = "nn_gradient(wide, B, B[, 1])",
  logLik = "logLik(wide, data = list(X = B, Y = B[, 1]))",
  nn_check_gradient = "nn_check_gradient(small, X, Y)",
  nn_diagnose = "nn_diagnose(small, list(X = X, Y = Y))",
  nn_trace = "nn_trace(X[1:50, ], Y[1:50], hidden = 8, iterations = 2000, seed = 1)",
  nn_write_trace = "nn_write_trace(nn_trace(X[1:50, ], Y[1:50], hidden = 8, iterations = 20, seed = 1), path, overwrite = TRUE)"
)

folder <- tempfile("interrupts")
dir.create(folder)
commands <- file.path(folder, "commands")
answers <- file.path(folder, "answers")
writeLines(worker, file.path(folder, "worker.R"))
system(paste("mkfifo", shQuote(commands)))
file.create(answers)
system(sprintf(
  "%s --vanilla %s < %s > %s 2> %s &", shQuote(file.path(R.home("bin"), "Rscript")),
  shQuote(file.path(folder, "worker.R")), shQuote(commands), shQuote(answers), shQuote(file.path(folder, "errors"))
))
pipe <- fifo(commands, "w", blocking = TRUE)

# The next line of the worker that begins so.
seen <- 0L
hear <- function(mark, seconds = 120) {
  end <- Sys.time() + seconds
  while (Sys.time() < end) {
    # A line that is still being written has no end yet.
    lines <- strsplit(sub("[^\n]*$", "", readChar(answers, file.size(answers), useBytes = TRUE)), "\n")[[1L]]
    at <- which(startsWith(lines, mark) & seq_along(lines) > seen)
    if (length(at) > 0L) {
      seen <<- at[1L]
      return(strsplit(lines[seen], " +")[[1L]][-1L])
    }
    Sys.sleep(0.005)
  }
  stop("no answer: ", paste(utils::tail(readLines(file.path(folder, "errors"), warn = FALSE), 5L), collapse = "\n"))
}
pid <- as.integer(hear("ready"))

# Processor time of the worker so far, in seconds.
ticks <- as.numeric(system("getconf CLK_TCK", intern = TRUE))
spent_by <- function(pid) {
  fields <- strsplit(sub(".*\\) ", "", readLines(sprintf("/proc/%d/stat", pid))), " ")[[1L]]
  sum(as.numeric(fields[12:13])) / ticks
}

broken <- 0L
slowest <- 0
for (name in names(long)) {
  times <- ceiling(n / length(long))
  found <- replicate(times, {
    writeLines(long[[name]], pipe)
    flush(pipe)
    hear("begins")
    Sys.sleep(stats::runif(1, 0.05, 0.5))
    before <- spent_by(pid)
    tools::pskill(pid, tools::SIGINT)
    answer <- hear("answer")
    wrong <- c(
      if (!identical(answer[4L], "interrupt")) paste(answer[-(1:3)], collapse = " "),
      if (answer[2L] != "TRUE") "another model in nn_last()",
      if (answer[3L] != "TRUE") "other bits afterwards"
    )
    list(took = as.numeric(answer[1L]) - before, wrong = wrong)
  }, simplify = FALSE)
  took <- vapply(found, `[[`, 0, "took")
  wrong <- unlist(lapply(found, `[[`, "wrong"))
  late <- sum(took > most + 1 / ticks)
  broken <- broken + length(wrong) + late
  slowest <- max(slowest, took)
  cat(sprintf(
    "interrupts %s: %d sent, slowest answer %.2f s of processor time, %d late, %d wrong%s\n",
    name, times, max(took), late, length(wrong), if (length(wrong) > 0L) paste0(" (", unique(wrong)[1L], ")") else ""
  ))
}
tools::pskill(pid, tools::SIGKILL)
close(pipe)
cat(sprintf("interrupts: %d sent, seed %d, slowest %.2f s, %d broken\n", ceiling(n / length(long)) * length(long), seed, slowest, broken))
quit(status = broken > 0L)
