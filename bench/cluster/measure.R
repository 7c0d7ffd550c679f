# Steps of one training in one process, on PSOCK workers, or on the ranks of an MPI job: how long a step takes and how many bytes are sent.
# Rscript measure.R one | psock WORKERS, or mpirun -n RANKS Rscript measure.R mpi. [exact|sum] and rows=ROWS may follow. Prints for each network and number of
# rows: how, processes, sums, parameters, rows, milliseconds a step (elapsed, and of the master's processor), bytes sent and received by the master in a step.
suppressPackageStartupMessages(library(backprop))
arguments <- commandArgs(TRUE)
how <- arguments[1L]
exact <- !"sum" %in% arguments
counts <- as.double(sub("^rows=", "", grep("^rows=", arguments, value = TRUE)))
if (length(counts) == 0) counts <- c(1e4, 1e5)
workers <- 1
cluster <- NULL
if (how == "psock") {
  workers <- as.integer(arguments[2L])
  cl <- parallel::makePSOCKcluster(workers)
  cluster <- nn_cluster(cl, exact = exact, timeout = 300)
} else if (how == "mpi") {
  workers <- Rmpi::mpi.comm.size(0)
  cluster <- nn_mpi(exact = exact, timeout = 300)
}
first <- how != "mpi" || Rmpi::mpi.comm.rank(0) == 0
networks <- list(small = list(p = 20, hidden = c(64, 32)), wide = list(p = 100, hidden = 100), large = list(p = 100, hidden = c(512, 512)))
for (network in networks) {
  sizes <- c(network$p, network$hidden, 1)
  parameters <- sum((utils::head(sizes, -1) + 1) * sizes[-1])
  for (rows in counts) {
    set.seed(1)
    x <- matrix(rnorm(rows * network$p), rows)
    y <- as.double(x[, 1] + rnorm(rows) > 0)
    # The difference between many epochs and few: what a training costs once is not in it.
    train <- function(epochs) {
      nn_train(x, y, hidden = network$hidden, activation = "sigmoid", output = "sigmoid", loss = "binary_cross_entropy", optimizer = "gd", lr = 0.1,
        epochs = epochs, threads = 1, seed = 1, standardize = FALSE, preset = "textbook", cluster = cluster)
    }
    if (rows * parameters > 5e9) next
    # Some seconds for each.
    steps <- max(6, min(400, ceiling(1.2e11 / (rows * parameters * 6))))
    spent <- function(epochs) {
      began <- proc.time()
      fit <- train(epochs)
      took <- proc.time() - began
      c(took[["elapsed"]], took[["user.self"]] + took[["sys.self"]], unlist(attr(fit, "cluster")[c("bytes_sent", "bytes_received")]))
    }
    short <- spent(2)
    long <- spent(2 + steps)
    per <- (long - short) / steps
    if (first) cat(how, workers, if (exact) "exact" else "sum", parameters, rows, signif(1000 * per[1:2], 4), if (length(per) > 2) round(per[3:4]) else c(0, 0), "\n")
  }
}
if (how == "psock") parallel::stopCluster(cl)
if (how == "mpi") invisible(Rmpi::mpi.quit())
