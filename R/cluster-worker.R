# What a worker of a cluster does, in its own R process: it keeps the rows that it was given, and answers what is asked of them. Each operation is a function of plain
# arguments. Between questions a worker has its rows and nothing else.

held_rows <- new.env(parent = emptyenv())

# What a worker does when it is asked, by name.
worker_operations <- list(
  # Whose sums have the same bits, and who it is.
  about = function() {
    engine <- engine_info()
    list(
      version = package_version_text(), instructions = engine$isa, process = Sys.getpid(), host = Sys.info()[["nodename"]],
      protocol = cluster_protocol
    )
  },
  # An answer that is known, for whoever asks whether there is one.
  echo = function(token) token,
  # See hasten_nodes().
  send_at_once = function(port) engine_send_at_once(port),
  # `rows`: x, y, case_weights, offset; `part`: which of all rows these are, see cut_rows().
  begin = function(id, spec, rows, part) {
    if (is_streamed(rows)) rows$x <- part_of_stream(rows$x, part)
    held_rows[[id]] <- list(spec = spec, rows = rows, part = part)
    TRUE
  },
  # `size`: bytes of each number, which MPI has to know.
  gradients = function(id, parameters, job, size) {
    held <- rows_of_worker(id)
    rows <- held$rows
    of_engine(engine_worker_gradients(held$spec, rows$x, rows$y, rows$case_weights, rows$offset, held$part, parameters, job), rows)
  },
  totals = function(id, parameters, job) {
    held <- rows_of_worker(id)
    rows <- held$rows
    of_engine(engine_worker_totals(held$spec, rows$x, rows$y, rows$case_weights, rows$offset, held$part, parameters, job), rows)
  },
  # Epochs of its own, see cluster-average.R.
  train = function(id, changes, start) {
    held <- rows_of_worker(id)
    rows <- held$rows
    of_engine(engine_train(replace(held$spec, names(changes), changes), rows$x, rows$y, rows$case_weights, rows$offset, start, NULL))
  },
  # The loss of its rows, and what they weigh.
  loss = function(id, weights, biases, ancillary) {
    held <- rows_of_worker(id)
    rows <- held$rows
    spec <- held$spec
    spec$ancillary <- ancillary
    of_engine(engine_evaluate(spec, weights, biases, rows$x, rows$y, rows$case_weights, rows$offset))
  },
  end = function(id) {
    rows <- held_rows[[id]]$rows
    if (is_streamed(rows)) rows$x$close()
    if (exists(id, held_rows, inherits = FALSE)) rm(list = id, envir = held_rows)
    TRUE
  }
)

# Raised when questions or answers change in a way that another version does not understand.
cluster_protocol <- 1L

# Called on the worker. No condition leaves it: an error is part of the answer, in words.
answer_worker <- function(operation, arguments) {
  tryCatch(
    list(value = do.call(worker_operations[[operation]], arguments, quote = TRUE)),
    error = function(cnd) list(error = conditionMessage(cnd))
  )
}

rows_of_worker <- function(id) {
  held <- held_rows[[id]]
  if (is.null(held)) stop("it has no rows of this training any more")
  held
}

of_engine <- function(answer, rows = NULL) {
  if (!is.null(answer$error)) {
    raise_at_worker(rows)
    kind <- answer$error$kind
    # An interrupt of the worker's process is no wish of the master's.
    if (identical(kind, "interrupted")) stop("its process was interrupted")
    stop_engine(answer$error, NULL)
  }
  answer
}
