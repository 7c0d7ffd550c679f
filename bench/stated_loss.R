# Time to a stated loss against peers that minimise with another algorithm: nnet's BFGS on W2, neuralnet's Rprop on W1.
# Rscript bench/stated_loss.R [--reps=5] [--out=bench/results]     writes stated_loss.csv
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
source(file.path(here, "workloads.R"))
library(backprop)
option <- function(name, default) {
  given <- grep(paste0("^--", name, "="), commandArgs(TRUE), value = TRUE)
  if (length(given)) sub("^[^=]*=", "", given[1]) else default
}
reps <- as.integer(option("reps", 5))
out <- option("out", file.path(here, "results"))
has <- function(package) requireNamespace(package, quietly = TRUE)

# The median time of the fewest epochs that reach the loss, found beforehand from the history of a long fit.
ours <- function(w, goal, optimizer, lr, most) {
  fit <- function(epochs) nn_train(w$x, w$y, hidden = w$layers[2], epochs = epochs, lr = lr, activation = w$activation, output = w$output,
    loss = w$loss, optimizer = optimizer, start = list(weights = w$weights, biases = w$biases), threads = 1, seed = 1)
  epochs <- which(fit(most)$history$loss <= goal)[1]
  if (is.na(epochs)) return(c(epochs = NA, seconds = NA))
  c(epochs = epochs, seconds = typical(function() fit(epochs)))
}
typical <- function(call) {
  one <- function(i) {
    from <- Sys.time()
    call()
    as.numeric(difftime(Sys.time(), from, units = "secs"))
  }
  median(vapply(seq_len(reps + 1), one, 0)[-1])
}

rows <- list()
add <- function(task, goal, who, result) rows[[length(rows) + 1]] <<- data.frame(task = task, goal = goal, who = who,
  epochs = result[["epochs"]], seconds = result[["seconds"]])

w <- make_workload("W2")
for (goal in c(0.05, 0.03)) {
  rules <- list(list("lbfgs", 1, 2000), list("gd", 2, 50000), list("rprop", 0.01, 5000))
  for (rule in rules) add("W2, cross-entropy", goal, paste("backprop", rule[[1]]),
    tryCatch(ours(w, goal, rule[[1]], rule[[2]], rule[[3]]), error = function(e) c(epochs = NA, seconds = NA)))
  if (has("nnet")) {
    start <- unlist(Map(function(weights, bias) rbind(bias, weights), w$weights, w$biases))
    fit <- function(most = 1000) nnet::nnet(w$x, w$y, size = 10, softmax = TRUE, Wts = start, maxit = most, abstol = goal * w$rows, reltol = 0, trace = FALSE)
    stopifnot(fit()$value <= goal * w$rows)
    fewest <- 1
    while (fit(fewest)$value > goal * w$rows) fewest <- fewest + 1
    add("W2, cross-entropy", goal, "nnet BFGS", c(epochs = fewest, seconds = typical(function() fit(fewest))))
  } else cat("nnet is not installed\n")
}
w <- make_workload("W1")
for (goal in 0.005) {
  for (rule in list(list("rprop", 0.1, 5000), list("gd", 0.1, 50000))) add("W1, half the sum of squares", goal, paste("backprop", rule[[1]]), ours(w, goal, rule[[1]], rule[[2]], rule[[3]]))
  if (has("neuralnet")) {
    data <- data.frame(w$x, y = w$y)
    fit <- function() neuralnet::neuralnet(y ~ ., data, hidden = 3, linear.output = FALSE, threshold = 0.01, startweights = Map(rbind, w$biases, w$weights))
    add("W1, half the sum of squares", goal, "neuralnet Rprop, as its threshold stops", c(epochs = fit()$result.matrix["steps", ][[1]], seconds = typical(fit)))
  } else cat("neuralnet is not installed\n")
}
stated <- do.call(rbind, rows)
print(stated, row.names = FALSE)
write.csv(stated, file.path(out, "stated_loss.csv"), row.names = FALSE)
