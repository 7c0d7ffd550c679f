# What averaging every so many epochs (`sync_every`) loses against exact steps: the loss on rows that nothing was trained on, after as many epochs.
# Rscript average.R: prints for each number of workers and `sync_every` the mean loss over seeds, its standard error, the mean difference from exact steps by
# seed and its standard error, and bytes that the master sent and received in a training.
suppressPackageStartupMessages(library(backprop))
draw <- function(n, seed) {
  set.seed(seed)
  x <- matrix(rnorm(n * 10), n)
  list(x = x, y = sin(2 * x[, 1]) + x[, 2] * x[, 3] + abs(x[, 4]) + 0.3 * rnorm(n))
}
train_rows <- draw(20000, 1)
held_out <- draw(20000, 2)
train <- function(seed, cluster = NULL) {
  fit <- nn_train(train_rows$x, train_rows$y, hidden = c(32, 16), activation = "relu", optimizer = "adam", lr = 0.003, batch_size = 64, epochs = 20, shuffle = "shards",
    standardize = FALSE, preset = "textbook", threads = 1, seed = seed, cluster = cluster)
  c(loss = mean((nn_predict(fit, held_out$x) - held_out$y)^2), unlist(attr(fit, "cluster")[c("bytes_sent", "bytes_received")]))
}
seeds <- 1:10
exact <- vapply(seeds, train, 0)
show <- function(workers, every, losses, bytes) {
  differences <- losses - exact
  error <- function(values) sd(values) / sqrt(length(values))
  cat(workers, every, sprintf("%.4f %.4f %+.4f %.4f", mean(losses), error(losses), mean(differences), error(differences)), round(mean(bytes)), "\n")
}
show("exact", "-", exact, 0)
for (workers in c(2, 4, 8)) {
  cl <- parallel::makePSOCKcluster(workers)
  for (every in c(1, 5, 20)) {
    found <- vapply(seeds, train, numeric(3), cluster = nn_cluster(cl, sync_every = every, timeout = 300))
    show(workers, every, found["loss", ], found["bytes_sent", ] + found["bytes_received", ])
  }
  parallel::stopCluster(cl)
}
