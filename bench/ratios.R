# Prints two ratios that tell in seconds whether the engine is as fast as it should be: the textbook's job
# against the same algorithm as base R matrix code in this process, and rows per second and core on 784-128-10.
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
source(file.path(here, "workloads.R"))
source(file.path(here, "base_r.R"))
library(backprop)

seconds <- function(call, times) {
  median(vapply(seq_len(times), function(i) {
    from <- Sys.time()
    call()
    as.numeric(difftime(Sys.time(), from, units = "secs"))
  }, 0))
}

w <- make_workload("W1")
start <- list(weights = w$weights, biases = w$biases)
ours <- function() nn_train(w$x, w$y, hidden = 3, epochs = w$epochs, lr = w$lr, start = start)
base <- function() base_r_textbook(w$x, w$y, w$weights, w$biases, w$epochs, w$lr)
invisible(base()); invisible(ours()) # R compiles functions when they are called a second time
difference <- max(abs(unlist(base()$weights) - unlist(ours()$weights)))
stopifnot(difference < 1e-9)
times <- c(base = seconds(base, 7), ours = seconds(ours, 31))
cat(sprintf("3 x 4, 3 hidden, 5,000 epochs: base R %.1f ms, nn_train() %.2f ms: ratio %.0f (to reach: 40, later 100)\n",
  1e3 * times[["base"]], 1e3 * times[["ours"]], times[["base"]] / times[["ours"]]))

w <- make_workload("W4")
start <- list(weights = w$weights, biases = w$biases)
train <- function(epochs) nn_train(w$x, w$y, hidden = 128, activation = "relu", output = "softmax", loss = "cross_entropy",
  optimizer = "sgd", lr = w$lr, batch_size = 128, epochs = epochs, start = start, precision = "single", threads = 1, seed = 1)
invisible(train(1))
rate <- w$rows * w$epochs / seconds(function() train(w$epochs), 5)
cat(sprintf("784-128-10, batch 128, single precision: %s rows per second on one core: ratio %.2f to the 150,000 to reach\n",
  format(round(rate), big.mark = ","), rate / 150000))
