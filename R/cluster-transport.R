# How questions reach workers, whatever carries them: one interface, whose kinds are in cluster-parallel.R and cluster-mpi.R.

# A transport is a list: `size`, the number of workers; `describe(worker)`, who it is, in words; `exchange(operation, arguments, at)`, which asks the workers `at` and
# gives their answers in that order, `arguments` being a list with a list of arguments for each; `close(fit, error)`. What an exchange cannot bring back is a condition
# of stop_cluster().
open_transport <- function(cluster) {
  transport <- cluster$open(cluster)
  counter <- new.env(parent = emptyenv())
  counter$sent <- counter$received <- counter$exchanges <- 0
  transport$counter <- counter
  transport
}

# The answers of the workers `at`. `arguments` is one list for each of them, `common` are arguments that all have.
ask_workers <- function(transport, operation, arguments = rep(list(list()), length(at)), common = list(), at = seq_len(transport$size)) {
  arguments <- lapply(arguments, function(own) c(own, common))
  counter <- transport$counter
  answers <- transport$exchange(operation, arguments, at)
  failed <- which(!vapply(answers, function(answer) is.list(answer) && !is.null(answer$value), NA))
  if (length(failed) > 0L) {
    answer <- answers[[failed[1L]]]
    stop_cluster(
      "{who} of the cluster could not do its part ({operation}): {said}",
      who = transport$describe(at[failed[1L]]), operation = operation,
      said = if (is.list(answer) && is_text(answer$error)) answer$error else "its answer is none of backprop's"
    )
  }
  values <- lapply(answers, function(answer) answer$value)
  counter$exchanges <- counter$exchanges + 1
  counter$sent <- counter$sent + sum(vapply(arguments, payload_bytes, 0))
  counter$received <- counter$received + sum(vapply(values, payload_bytes, 0))
  values
}

# Bytes of the numbers in what is sent. What R writes around them, some hundred bytes for a message, does not count.
payload_bytes <- function(value) {
  switch(typeof(value),
    raw = as.double(length(value)),
    double = 8 * length(value),
    integer = ,
    logical = 4 * length(value),
    character = sum(nchar(value, "bytes"), na.rm = TRUE),
    list = sum(vapply(value, payload_bytes, 0)),
    0
  )
}

# Whether all workers are of the master's kind: what is asked must be understood, and under exact sums each must add as the master does.
check_workers <- function(transport, exact) {
  found <- ask_workers(transport, "about")
  own <- worker_operations$about()
  differ <- function(field, what, hint) {
    other <- which(!vapply(found, function(about) identical(about[[field]], own[[field]]), NA))
    if (length(other) > 0L) {
      stop_cluster(
        "{who} has another {what} than the master: {theirs}, not {ours}.", hint,
        who = transport$describe(other[1L]), what = what, theirs = found[[other[1L]]][[field]], ours = own[[field]]
      )
    }
  }
  differ("protocol", "version of the messages of backprop", "Install the same version of backprop for all of them.")
  if (exact) {
    differ("version", "version of backprop", "Install the same version for all of them, or give {.code exact = FALSE} for sums whose last bits may differ.")
    differ("instructions", "instruction set", "Their sums differ in the last bits. Use machines of one kind, or {.code exact = FALSE}.")
  }
  invisible(found)
}
