# One network in exact steps, in one process or on the ranks of an MPI job: `example.R FILE` stores what came of it. Weights, history and losses of all starts must be
# the same bits.

suppressPackageStartupMessages(library(backprop))
file <- commandArgs(TRUE)[1L]
ranks <- Sys.getenv("OMPI_COMM_WORLD_SIZE", Sys.getenv("SLURM_NTASKS"))
cluster <- if (nzchar(ranks)) nn_mpi()

# 2^-20 steps: the same numbers on every machine.
n <- 6000
draw <- function(k) ((seq_len(n) * k) %% 1048583) / 1048583
data <- data.frame(a = draw(7919), b = draw(104729), kind = factor(c("x", "y", "z")[1 + seq_len(n) %% 3]))
data$y <- sin(4 * data$a) + data$b^2 + (data$kind == "y") / 2

train <- function(...) nn_train(y ~ a + b + kind, data, hidden = c(12, 6), preset = "textbook", seed = 1, threads = 1, cluster = cluster, ...)
fits <- list(
  train(optimizer = "rprop", epochs = 30),
  train(optimizer = "lbfgs", epochs = 15, precision = "double"),
  train(optimizer = "adam", epochs = 3, batch_size = 1500, shuffle = "shards", precision = "single", validation = 0.2, stop_iter = 3)
)
if (is.null(cluster) || Rmpi::mpi.comm.rank(0) == 0) {
  saveRDS(lapply(fits, function(fit) fit[c("weights", "biases", "history", "final_loss", "best")]), file)
  for (fit in fits) cat(if (nzchar(ranks)) paste(ranks, "ranks:") else "one process:", fit$settings$optimizer$name, format(fit$final_loss, digits = 17), "\n")
}
if (!is.null(cluster)) invisible(Rmpi::mpi.quit())
