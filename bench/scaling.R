# How times grow: 1 against 2 threads on W3 to W7, rows and epochs through four sizes, and more threads than cores.
# Rscript bench/scaling.R [--reps=3] [--out=bench/results]     writes scaling.csv
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
source(file.path(here, "workloads.R"))
library(backprop)
option <- function(name, default) {
  given <- grep(paste0("^--", name, "="), commandArgs(TRUE), value = TRUE)
  if (length(given)) sub("^[^=]*=", "", given[1]) else default
}
reps <- as.integer(option("reps", 3))
out <- option("out", file.path(here, "results"))

train <- function(w, threads, epochs = w$epochs, precision = "single") {
  nn_train(w$x, w$y, hidden = w$layers[-c(1, length(w$layers))], epochs = epochs, lr = max(w$lr, 1e-3), activation = w$activation,
    output = w$output, loss = w$loss, optimizer = if (w$optimizer == "none") "gd" else w$optimizer,
    batch_size = if (w$batch < w$rows) w$batch, start = list(weights = w$weights, biases = w$biases), precision = precision,
    threads = threads, seed = 1)
}
seconds <- function(call) {
  from <- Sys.time()
  force(call)
  as.numeric(difftime(Sys.time(), from, units = "secs"))
}
# Medians of calls that take turns, so that all meet the same neighbours.
in_turns <- function(calls) {
  times <- replicate(reps, vapply(calls, function(call) seconds(call()), 0))
  apply(matrix(times, nrow = length(calls)), 1, median)
}

rows <- list()
for (name in paste0("W", 3:7)) {
  w <- make_workload(name)
  model <- if (name == "W7") train(w, 1, 0)
  work <- function(threads) if (name == "W7") function() nn_predict(model, w$x, threads = threads) else function() train(w, threads)
  work(1)()
  times <- in_turns(list(work(1), work(2), work(8)))
  rows[[name]] <- data.frame(workload = name, what = c("2 threads against 1", "8 threads asked for, against 2"),
    value = c(times[1] / times[2], times[2] / times[3]), to_reach = c(1.6, 0.9))
  cat(sprintf("%s: 1 thread %.3f s, 2 threads %.3f s (%.2f times as fast), 8 asked for %.3f s\n", name, times[1], times[2], times[1] / times[2], times[3]))
}

# The exponent of time in size: 1 where time is linear.
exponent <- function(sizes, times) unname(coef(lm(log(times) ~ log(sizes)))[2])
sizes <- c(12500, 25000, 50000, 100000)
tables <- lapply(sizes, function(n) make_workload("W3", n))
times <- in_turns(lapply(tables, function(w) function() train(w, 1)))
by_rows <- exponent(sizes, times)
cat("W3 by rows:   ", sprintf("%.0f rows %.3f s", sizes, times), sprintf("exponent %.2f\n", by_rows), sep = "  ")
epochs <- c(2, 4, 8, 16)
times <- in_turns(lapply(epochs, function(e) function() train(tables[[1]], 1, e)))
by_epochs <- exponent(epochs, times)
cat("W3 by epochs: ", sprintf("%.0f epochs %.3f s", epochs, times), sprintf("exponent %.2f\n", by_epochs), sep = "  ")
rows$linear <- data.frame(workload = "W3", what = c("exponent of time in rows", "exponent of time in epochs"), value = c(by_rows, by_epochs), to_reach = 1)
write.csv(do.call(rbind, rows), file.path(out, "scaling.csv"), row.names = FALSE)
