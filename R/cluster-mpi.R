# Questions to the ranks of an MPI job, all of which run the same script: rank 0 asks, and is a worker too; the others serve until they are told what came of it.
# Messages go from rank to rank and are looked for, so that one that does not come has a name; only sums of `exact = FALSE` are MPI's own.

# The communicator of all ranks that were started together, as Rmpi counts.
mpi_world <- 0L
# The tags of messages: questions and answers.
mpi_question <- 1801L
mpi_answer <- 1802L
# Rmpi's code for raw vectors.
mpi_raw <- 4L

# A function of Rmpi by its name. Written as `Rmpi::`, a check of this package would load Rmpi, which begins MPI and ends the process where it cannot.
rmpi <- function(name) getExportedValue("Rmpi", name)

mpi_size <- function() {
  if (!requireNamespace("Rmpi", quietly = TRUE)) {
    stop_cluster(
      "{.fn nn_mpi} needs the package Rmpi.", "It is r-cran-rmpi in Debian and Ubuntu; elsewhere {.code install.packages(\"Rmpi\")} builds it for the MPI that is there."
    )
  }
  rmpi("mpi.comm.size")(mpi_world)
}

mpi_rank <- function() rmpi("mpi.comm.rank")(mpi_world)

mpi_transport <- function(cluster) {
  size <- mpi_size()
  # Counted over all trainings of the session: no answer is taken for that of another question.
  if (is.null(session$mpi_asked)) session$mpi_asked <- 0
  list(
    size = size,
    describe = function(worker) paste0("Rank ", worker - 1L),
    exchange = function(operation, arguments, at) {
      number <- session$mpi_asked + 1
      session$mpi_asked <- number
      summed <- if (!cluster$exact && operation == "gradients") arguments[[1L]]$size
      ranks <- at - 1L
      pending <- list()
      for (i in which(ranks != 0L)) {
        pending[[length(pending) + 1L]] <- mpi_begin_send(list(number = number, operation = operation, arguments = arguments[[i]], summed = summed), ranks[i], mpi_question)
      }
      deadline <- now() + cluster$timeout
      # Before rank 0 does its own part: long messages move only while MPI is called.
      for (sent in pending) mpi_end_send(sent, deadline, cluster$timeout)
      answers <- vector("list", length(at))
      own <- which(ranks == 0L)
      if (length(own) > 0L) answers[[own]] <- mpi_answer_of(operation, arguments[[own]], summed)
      deadline <- now() + cluster$timeout
      for (i in which(ranks != 0L)) {
        repeat {
          answer <- mpi_receive(ranks[i], mpi_answer, deadline, cluster$timeout)
          # What is left of an exchange that was broken off is not the answer to this one.
          if (identical(answer$number, number)) break
        }
        answers[[i]] <- answer$answer
      }
      if (is.null(summed)) answers else mpi_add_up(answers, size, cluster$timeout)
    },
    # Told to all: what the training gave, or what ended it. Nobody waits for a rank that takes no message.
    close = function(fit = NULL, error = NULL) {
      news <- list(operation = "done", fit = fit, error = if (!is.null(error)) list(message = conditionMessage(error), class = class(error)))
      sent <- lapply(seq_len(size - 1L), function(rank) mpi_begin_send(news, rank, mpi_question))
      deadline <- now() + if (is.null(error)) cluster$timeout else 1
      for (one in sent) {
        if (is.null(error)) mpi_end_send(one, deadline, cluster$timeout) else try(mpi_end_send(one, deadline, 1), silent = TRUE)
      }
    },
    settle = function() NULL
  )
}

now <- function() proc.time()[["elapsed"]]

# A message on its way: `mpi_end_send()` waits until its bytes may be given back.
mpi_begin_send <- function(message, rank, tag) {
  bytes <- serialize(message, NULL, xdr = FALSE)
  rmpi("mpi.isend")(bytes, mpi_raw, rank, tag, mpi_world, request = rank)
  list(bytes = bytes, rank = rank)
}

mpi_end_send <- function(sent, deadline, timeout) {
  mpi_wait(function() rmpi("mpi.test")(sent$rank, status = 0), sent$rank, deadline, timeout)
}

mpi_receive <- function(rank, tag, deadline, timeout) {
  mpi_wait(function() rmpi("mpi.iprobe")(rank, tag, mpi_world, status = 0), rank, deadline, timeout)
  bytes <- raw(rmpi("mpi.get.count")(mpi_raw, status = 0))
  unserialize(rmpi("mpi.recv")(bytes, mpi_raw, rank, tag, mpi_world, status = 0))
}

# Looks again and again, at first without a pause: answers most often come within a millisecond. R hears of interrupts in the pauses.
mpi_wait <- function(is_there, rank, deadline, timeout) {
  patience <- now() + 0.002
  while (!isTRUE(as.logical(is_there()))) {
    time <- now()
    if (time > deadline) {
      stop_cluster(
        "Rank {rank} has not answered within {seconds} seconds.",
        "It may be stopped, cut off, or not have come to {.fn nn_train} yet: all ranks must call it. More time: {.code nn_mpi(timeout = )}.",
        rank = rank, seconds = timeout
      )
    }
    if (time > patience) Sys.sleep(2e-4)
  }
}

# The sum over all ranks, added by MPI. Each rank has said before that it has its own: one that failed would have the others wait for ever.
mpi_add_up <- function(answers, size, timeout) {
  if (any(vapply(answers, function(answer) is.null(answer$value), NA))) {
    return(answers)
  }
  of <- answers[[1L]]$value
  message <- list(operation = "reduce", length = of$length)
  for (rank in seq_len(size - 1L)) mpi_end_send(mpi_begin_send(message, rank, mpi_question), now() + timeout, timeout)
  totals <- Reduce(`+`, lapply(answers, function(answer) answer$value$totals))
  list(list(value = list(gradients = to_bytes(mpi_reduce(of$length), of$size), totals = totals)))
}

# `summed`: bytes of a number where the sum is not sent but added by MPI, else NULL.
mpi_answer_of <- function(operation, arguments, summed) {
  answer <- answer_worker(operation, arguments)
  if (is.null(summed)) answer else mpi_hold(answer, summed)
}

# What a rank has found waits here until all have; one that has no rows adds nothing.
mpi_hold <- function(answer, size) {
  if (is.null(answer$value)) {
    return(answer)
  }
  found <- answer$value
  session$mpi_sum <- from_bytes(found$gradients, size)
  list(value = list(length = length(session$mpi_sum), size = size, totals = found$totals))
}

mpi_reduce <- function(length) {
  own <- session$mpi_sum
  session$mpi_sum <- NULL
  rmpi("mpi.allreduce")(if (is.null(own)) numeric(length) else own, type = 2L, op = "sum", comm = mpi_world)
}

# What a rank other than 0 does in nn_train(): it answers until it is told the end, and returns the fit, or raises the master's error.
serve_mpi <- function() {
  repeat {
    message <- mpi_receive(0L, mpi_question, Inf, Inf)
    if (message$operation == "done") {
      break
    }
    if (message$operation == "reduce") {
      mpi_reduce(message$length)
      next
    }
    answer <- list(number = message$number, answer = mpi_answer_of(message$operation, message$arguments, message$summed))
    # The master may have gone on without it: then it takes the message when it looks for the next one.
    mpi_end_send(mpi_begin_send(answer, 0L, mpi_answer), Inf, Inf)
  }
  error <- message$error
  if (!is.null(error)) {
    rlang::abort(error$message, class = grep("^backprop_error", error$class, value = TRUE), call = training_call)
  }
  message$fit
}
