# Processes on this machine as workers of a cluster, with the package as tested.

local_cluster <- function(k = 2, env = parent.frame()) {
  skip_if_not_installed("parallel")
  cl <- parallel::makePSOCKcluster(k)
  withr::defer(
    {
      # A worker that was stopped would keep its end from coming.
      for (pid in attr(cl, "pids")) {
        tools::pskill(pid, tools::SIGCONT)
        tools::pskill(pid, tools::SIGTERM)
      }
      for (node in cl) try(close(node$con), silent = TRUE)
    },
    env
  )
  parallel::clusterCall(cl, function(code) {
    eval(parse(text = code), globalenv())
    NULL
  }, prelude())
  attr(cl, "pids") <- unlist(parallel::clusterCall(cl, Sys.getpid))
  cl
}

# What must be the same of two fits, to the bit.
bits_of_fit <- function(fit) {
  fit <- unclass(fit)
  fit[c("weights", "biases", "ancillary", "history", "status", "epochs_done", "rows", "total_weight", "final_loss", "final_objective", "final_validation_loss", "best", "optimizer_state", "last", "snapshots")]
}

# Not by loading it: a process that has begun MPI starts no job.
skip_without_rmpi <- function() skip_if(!nzchar(system.file(package = "Rmpi")), "Rmpi is not here")

# A script on so many ranks of MPI; the lines that each wrote, in the order of ranks where the lines begin with them.
run_ranks <- function(code, ranks = 2L, seconds = 60, env = parent.frame()) {
  skip_without_rmpi()
  skip_if(Sys.which("mpirun") == "", "mpirun is not here")
  script <- withr::local_tempfile(fileext = ".R", lines = c("suppressMessages(library(Rmpi))", prelude(), "rank <- mpi.comm.rank(0)", code), .local_envir = env)
  arguments <- c(
    "-s", "KILL", seconds, "mpirun", "--allow-run-as-root", "--oversubscribe", "-n", ranks, shQuote(file.path(R.home("bin"), "Rscript")), "--vanilla", shQuote(script)
  )
  output <- suppressWarnings(system2("timeout", arguments, stdout = TRUE, stderr = TRUE, env = c(
    paste0("R_LIBS=", paste(.libPaths(), collapse = .Platform$path.sep)), "R_TESTS="
  )))
  list(status = attr(output, "status"), output = sort(as.character(output)))
}

# Workers in this process: the operations are those of workers elsewhere. `asked`: an environment that notes what they were asked.
workers_here <- function(k, asked = NULL) {
  cluster <- nn_mpi()
  cluster$kind <- "parallel"
  cluster$open <- function(cluster) {
    list(
      size = k, describe = function(worker) paste("Worker", worker), settle = function() NULL, close = function(fit, error) NULL,
      # Copies, as other processes get; each worker's rows have a name of their own.
      exchange = function(operation, arguments, at) {
        if (!is.null(asked)) asked$operations <- c(asked$operations, operation)
        Map(function(own, worker) {
          if (!is.null(own$id)) own$id <- paste(own$id, worker)
          answer_worker(operation, unserialize(serialize(own, NULL)))
        }, arguments, at)
      }
    )
  }
  cluster
}
