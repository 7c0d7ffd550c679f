# What exchanges cost between processes of this machine: a round of questions and answers of so many numbers, by sockets of the package parallel and by MPI.
# Rscript transport.R psock WORKERS, or mpirun -n RANKS Rscript transport.R mpi. Prints what, processes, numbers, median milliseconds.
what <- commandArgs(TRUE)[1L]
sizes <- c(10, 1e3, 1e4, 1e5, 1e6)
times_of <- function(n) if (n <= 1e4) 200 else if (n <= 1e5) 40 else 10
# Short times are below the clock's resolution: many in a row.
timed <- function(code, n) {
  times <- times_of(n)
  code()
  1000 * system.time(for (i in seq_len(times)) code())[["elapsed"]] / times
}
if (what == "psock") {
  workers <- as.integer(commandArgs(TRUE)[2L])
  cl <- parallel::makePSOCKcluster(workers)
  # As parallel has its sockets, and as nn_train() has them: pieces of a message do not wait for each other.
  for (how in c("as they are", "hastened")) {
    if (how == "hastened") invisible(backprop:::hasten_nodes(cl))
    for (n in sizes) {
      numbers <- raw(8 * n)
      cat("psock", how, workers, n, timed(function() parallel::clusterCall(cl, identity, numbers), n), "\n")
    }
  }
  parallel::stopCluster(cl)
} else {
  suppressPackageStartupMessages(library(Rmpi))
  ranks <- mpi.comm.size(0)
  for (n in sizes) {
    numbers <- numeric(n)
    ms <- timed(function() mpi.allreduce(numbers, type = 2L, op = "sum", comm = 0), n)
    if (mpi.comm.rank(0) == 0) cat("mpi", ranks, n, ms, "\n")
  }
  invisible(mpi.quit())
}
