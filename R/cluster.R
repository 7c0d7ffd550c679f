# Trainings whose rows several processes hold: what a user says of them, and what does not go with them.

#' Train on a cluster
#'
#' `nn_train(..., cluster = )` trains one network on rows that several R processes hold, on one machine or on many. The process that called `nn_train()`,
#' the *master*, has the weights, the optimizer, the history and the checkpoints; the *workers* have rows, and answer what the gradient and the loss of their
#' rows are at given weights.
#'
#' `nn_cluster(cl)` takes any cluster object of the package parallel: of `parallel::makePSOCKcluster()`, `parallel::makeForkCluster()`, or of packages that make
#' such objects. `cluster = cl` alone is `cluster = nn_cluster(cl)`. backprop must be installed where the workers are, in the same version.
#'
#' `nn_mpi()` is for a script that `mpirun` or `srun --mpi=pmix` starts on several ranks, all of which run the same lines (package Rmpi). Each of them comes to
#' `nn_train()`; rank 0 is master and worker, the others serve it, and **all ranks return the fit**. An error at the master ends the call on all ranks with that
#' error. End the script with `Rmpi::mpi.quit()`.
#'
#' @section The same bits:
#' Rows are cut into at most 16 shards, whose number depends on the number of rows and on the network, never on the workers. Sums of the shards are added in their
#' order, as they are in a single process. So with `exact = TRUE` the fit of 1, 2, 3 or 4 workers is that of one process, to the bit. Workers whose
#' version of backprop or instruction set differ from the master's are refused, since their sums would be others. More workers than shards are of no use:
#' those without a shard wait.
#'
#' `exact = FALSE` has each worker add up its shards (over MPI all ranks together, by `MPI_Allreduce`): less is sent, and the last bits depend on the number of workers.
#'
#' Each step of an optimizer is an exchange of one gradient: it pays where a step takes long, with many rows in it. Mini-batches are drawn
#' with `shuffle = "shards"`, where each shard shuffles its own rows: the default on a cluster, and to be typed in a single process for the same bits.
#'
#' @section Readers:
#' `nn_train(reader, cluster = )` surveys the rows at the master; then every worker opens the reader by itself, reads to the last row of its shards in each step, and computes with its own. What the
#' reader opens (files, a database) must be where the workers are: a reader made of a connection does not travel, one made of a function that opens it does. Steps take all rows (`"gd"`,
#' `"rprop"`, `"lbfgs"`); the fit is that of the reader in one process, to the bit. Memory of a worker is that of a chunk.
#'
#' @section Averaging instead of exact steps:
#' `sync_every = H` has each worker train by itself for `H` epochs of its own rows, from the same weights; then the weights, and what the optimizer remembers, are
#' averaged by rows, and so on ("local SGD", Stich 2019). It exchanges one network in `H` epochs: `b p W (1 + S)` bytes down and as many up, for `W` workers, `p` weights and biases of
#' `b` = 8 bytes, and the `S` numbers for each that the optimizer remembers (0 of gradient descent, 1 of momentum, 2 of Adam). It is a method of its own, not the exact one: the fit depends on the number of workers. Under gradient
#' descent on all rows an epoch is one step. Validation, early stopping and checkpoints look at the average, after each exchange.
#'
#' @section What travels, and where to:
#' The package opens no connection of its own: everything goes through the connections of the cluster that it was given, to the addresses that the cluster was made with. Rows travel once, before the training; then weights and
#' sums of gradients: for `p` parameters (each layer has its units rounded up to 8) of 8 bytes (4 in single precision), `W` workers and `K` shards `8 p (W + K)` bytes in a step, with `exact = FALSE` `16 p W`.
#' `attr(fit, "cluster")` has what was counted, and how sums were added.
#'
#' R writes a message in pieces, and by the system's default the last piece of a longer one waits for an acknowledgement, some 40 milliseconds in each direction. The sockets of a cluster object of parallel are
#' therefore told to send at once (`TCP_NODELAY`; not on Windows), at the master and at the workers.
#'
#' **Nothing of this is encrypted** by the package, by the sockets of `parallel::makePSOCKcluster()`, or by MPI. Whoever can read the network between the machines can read rows and weights. `makePSOCKcluster()` starts
#' processes through ssh, which is encrypted, but its data sockets are plain; port forwarding over ssh (its argument `rshcmd`) encrypts them. Slurm checks who starts a job by munge, which does not encrypt the job's messages.
#'
#' @section Faults:
#' A worker that ended, one that does not answer within `timeout` seconds, and one that reports an error each end the training with an error of class `backprop_error_cluster`,
#' which names the worker. The model of the last epoch is then in [nn_last()], and the file of `checkpoint` is whole: `start = nn_last()` (or what [readRDS()] makes of the file) goes on, to the same bits as a training that nothing
#' disturbed. Time limits hold for sockets of the package parallel and for MPI; for clusters of other kinds, those of the cluster itself. A rank of MPI that is killed ends the whole job, which is what `mpirun` does; the checkpoint stays.
#'
#' @param cl A cluster object of the package parallel.
#' @param exact Whether sums are added in the order of the shards, for the bits of a single process.
#' @param sync_every `NULL`: each step is exchanged. A number of epochs: workers train by themselves so long before their networks are averaged.
#' @param timeout Seconds within which a worker has to answer; at least 1.
#' @return An object of class `nn_cluster` for the argument `cluster` of [nn_train()].
#' @seealso [nn_train()]; `vignette("streams-and-clusters")`
#' @references Stich, S. U. (2019). Local SGD converges fast and communicates little. International Conference on Learning Representations.
#' @examples
#' \dontrun{
#' cl <- parallel::makePSOCKcluster(2)
#' fit <- nn_train(mpg ~ ., mtcars, hidden = 5, optimizer = "rprop", preset = "textbook",
#'                 seed = 1, cluster = cl)
#' parallel::stopCluster(cl)
#'
#' # In a script for `mpirun -n 4 Rscript script.R`:
#' fit <- nn_train(mpg ~ ., mtcars, hidden = 5, preset = "textbook", seed = 1,
#'                 cluster = nn_mpi())
#' if (Rmpi::mpi.comm.rank(0) == 0) saveRDS(fit, "fit.rds")
#' Rmpi::mpi.quit()
#' }
#' nn_mpi(timeout = 30)
#' @export
nn_cluster <- function(cl, exact = TRUE, sync_every = NULL, timeout = 60) {
  call <- quote(nn_cluster())
  if (missing(cl)) {
    stop_backprop("missing_argument", "{.arg cl} is missing: give a cluster of {.fn parallel::makePSOCKcluster}.", call = call)
  }
  if (!inherits(cl, "cluster") || length(cl) == 0L) {
    stop_argument("cl", "a cluster object of the package parallel", cl, hint = "`parallel::makePSOCKcluster(2)` makes one of two processes on this machine.", call = call)
  }
  new_cluster("parallel", parallel_transport, exact, sync_every, timeout, call, cl = cl)
}

#' @rdname nn_cluster
#' @export
nn_mpi <- function(exact = TRUE, sync_every = NULL, timeout = 60) {
  new_cluster("mpi", mpi_transport, exact, sync_every, timeout, quote(nn_mpi()))
}

# `open` makes the transport of an object, see cluster-transport.R.
new_cluster <- function(kind, open, exact, sync_every, timeout, call, cl = NULL) {
  check_flag(exact, "exact", call)
  if (!is.null(sync_every)) sync_every <- check_count(sync_every, "sync_every", call = call)
  if (!is_bare_number(timeout) || length(timeout) != 1L || !is.finite(timeout) || timeout < 1 || timeout > 1e6) {
    stop_argument("timeout", "seconds, from 1 to 1e6", timeout, call = call)
  }
  structure(list(kind = kind, open = open, cl = cl, exact = exact, sync_every = sync_every, timeout = as.double(timeout)), class = "nn_cluster")
}

#' @export
print.nn_cluster <- function(x, ...) {
  where <- if (x$kind == "mpi") "the ranks of an MPI job" else count_text(length(x$cl), "worker")
  cat("A cluster for nn_train(): ", where, "\n", sep = "")
  cat("Sums: ", describe_sums(x), "\nTime for an answer: ", format(x$timeout), " s\n", sep = "")
  invisible(x)
}

# What becomes of what workers find, of a cluster or of what a fit says of its own.
describe_sums <- function(cluster) {
  if (!is.null(cluster$sync_every)) {
    paste0("networks trained apart are averaged every ", count_text(cluster$sync_every, "epoch"), " (local SGD)")
  } else if (cluster$exact) {
    "the same bits as one process"
  } else {
    "sums in any order: the last bits depend on the workers"
  }
}

# `cluster` as typed; NULL where there is none.
read_cluster <- function(cluster) {
  if (is.null(cluster) || inherits(cluster, "nn_cluster")) {
    return(cluster)
  }
  if (!inherits(cluster, "cluster")) {
    stop_argument("cluster", "a cluster of the package parallel, or what `nn_cluster()` or `nn_mpi()` gives", cluster)
  }
  nn_cluster(cluster)
}

# How the rows of a step are drawn, checked. Where workers hold rows, no step is cut out of the order of all.
read_shuffle <- function(shuffle, typed, cluster, batch_size, n) {
  if (!is_flag(shuffle) && !identical(shuffle, "shards")) {
    stop_argument("shuffle", "`TRUE`, `FALSE` or \"shards\"", shuffle)
  }
  if (is.null(cluster) || !is.null(cluster$sync_every) || batch_size >= n || identical(shuffle, "shards")) {
    return(shuffle)
  }
  if (typed) {
    stop_incompatible(
      "{.code shuffle = {shuffle}} takes rows for a batch of {size} from wherever they are, and on a cluster each worker has rows of its own.",
      "Use {.code shuffle = \"shards\"}, or leave {.arg batch_size} out to take all rows in each step.",
      shuffle = shuffle, size = batch_size
    )
  }
  "shards"
}

# What takes all rows in one process, by name.
check_goes_with_cluster <- function(ready) {
  engine <- ready$spec$engine
  family <- family_of_settings(engine)
  if (isTRUE(family$all_rows)) {
    stop_incompatible(
      "{.code family = \"{name}\"} compares every row with all that are at risk, and on a cluster no process has all rows.",
      "Leave {.arg cluster} out; {.code family = \"discrete_hazard\"} trains on a cluster.",
      name = family$family
    )
  }
  if (!is.null(ready$spec$cluster$sync_every)) check_averageable(ready)
}

# An error of a cluster, with what can be done.
stop_cluster <- function(message, hint = NULL, ..., call = training_call) {
  stop_backprop("cluster", c(
    message,
    i = hint,
    i = "The model of the last epoch, if there was one, is in {.fn nn_last}; {.code start = nn_last()} goes on from there on a new cluster."
  ), call = call, .envir = list2env(list(...), parent = environment()))
}
