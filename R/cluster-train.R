# A training whose rows workers hold, at the master: rows are cut and sent, and the engine asks for what it needs of them.

# In place of train_requested(). Under MPI all ranks come here, and all but the first serve.
train_on_cluster <- function(request, recorder) {
  cluster <- request$settings$cluster
  if (!is.null(recorder)) {
    stop_incompatible("{.fn nn_trace} shows the numbers of all rows in one process, and takes no {.arg cluster}.", "Leave {.arg cluster} out.")
  }
  if (cluster$kind == "mpi" && mpi_size() > 1L && mpi_rank() != 0L) {
    return(serve_mpi())
  }
  transport <- open_transport(cluster)
  fit <- NULL
  failure <- NULL
  on.exit({
    transport$settle()
    suspendInterrupts(transport$close(fit, if (is.null(fit)) if (is.null(failure)) simpleError("The master was interrupted.") else failure))
  })
  withCallingHandlers(
    {
      check_workers(transport, cluster$exact && is.null(cluster$sync_every))
      request$settings$cluster$transport <- transport
      fit <- train_in_process(request, NULL)
    },
    error = function(cnd) failure <<- cnd
  )
  counter <- transport$counter
  attr(fit, "cluster") <- list(
    kind = cluster$kind, workers = transport$size, exact = cluster$exact, sync_every = cluster$sync_every, exchanges = counter$exchanges, bytes_sent = counter$sent, bytes_received = counter$received
  )
  fit
}

# Which rows each worker holds: those of its shards, which follow each other. `first` and `count` of rows, `from` and `to` of shards (0-based, `to` is not in).
cut_rows <- function(n, shards, workers) {
  edge <- function(worker) (shards * worker) %/% workers
  row <- function(shard) (as.double(n) * shard) %/% shards
  lapply(seq_len(workers), function(worker) {
    from <- edge(worker - 1)
    to <- edge(worker)
    list(rows = as.double(n), shards = shards, from = from, to = to, first = row(from) + 1, count = row(to) - row(from))
  })
}

# Sends each worker its rows. Gives what is asked of later: `id`, the `parts`, and `at`, the workers that have rows.
begin_workers <- function(transport, engine, data, parts) {
  id <- paste0("training-", Sys.getpid(), "-", format(as.double(Sys.time()), digits = 20), "-", transport$counter$exchanges)
  engine[c("validation", "checkpoint", "max_bytes", "seconds")] <- NULL
  engine$max_bytes <- NA_real_
  at <- which(vapply(parts, function(part) part$count > 0, NA))
  arguments <- lapply(parts[at], function(part) list(rows = rows_of_part(data, part), part = part))
  ask_workers(transport, "begin", arguments, list(id = id, spec = engine), at)
  list(id = id, parts = parts, at = at)
}

# The rows of a part, or the stream of all rows, of which a worker takes its own.
rows_of_part <- function(data, part) {
  if (is_streamed(data)) {
    return(list(x = stream_to_send(data$x)))
  }
  rows <- seq.int(part$first, length.out = part$count)
  c(list(x = pick_rows_of(data$x, rows)), pick_rows(data$y, data$case_weights, data$offset, rows))
}

# What the workers held of a training is theirs again. A worker that is lost has nothing to give back.
end_workers <- function(transport, held) try(ask_workers(transport, "end", common = list(id = held$id), at = held$at), silent = TRUE)

# Training by exact steps, as engine_train() does it in one process. Gives the engine's answer, and what was raised at the master or by a worker on the way.
train_remotely <- function(cluster, engine, data, start, hook) {
  fitting <- hold_rows(cluster, engine, data)
  on.exit(fitting$end())
  judging <- NULL
  if (judges_remotely(engine)) {
    judging <- hold_rows(cluster, engine, engine$validation)
    on.exit(judging$end(), add = TRUE)
    engine$validation <- list(x = judging$rows)
  }
  result <- engine_train(engine, fitting$rows, NULL, NULL, NULL, start, hook)
  list(result = result, raised = c(fitting$raised(), if (!is.null(judging)) judging$raised()))
}

# Whether workers hold the rows that judge: so many that they have shards. A measure of predictions needs these in one place, and a reader of them is the master's.
judges_remotely <- function(engine) {
  judges <- engine$validation
  !is.null(judges) && !is_streamed(judges) && is.null(engine$metric) && answered(engine_shard_count(engine, as.double(nrow(judges$x))))$shards > 1L
}

# Rows that the workers hold from here on, as engine_train() asks about them; what was raised on the way; and what gives the workers' memory back.
hold_rows <- function(cluster, engine, data) {
  transport <- cluster$transport
  about <- describe_rows(data)
  shards <- answered(engine_shard_count(engine, as.double(about$rows)))$shards
  parts <- cut_rows(about$rows, shards, transport$size)
  if (!cluster$exact) parts <- lapply(parts, c, sum = TRUE)
  held <- begin_workers(transport, engine, data, parts)
  size <- if (engine$precision == "single") 4L else 8L
  ask <- function(operation, common) ask_workers(transport, operation, rep(list(list()), length(held$at)), c(list(id = held$id), common), held$at)
  gradients <- guarded_hook(function(parameters, job) {
    answers <- ask("gradients", list(parameters = parameters, job = job, size = size))
    if (cluster$exact) joined_sums(answers) else added_up(answers, size)
  })
  totals <- guarded_hook(function(parameters, job) {
    found <- lapply(ask("totals", list(parameters = parameters, job = job)), function(answer) answer$totals)
    if (cluster$exact) unlist(found) else Reduce(`+`, found)
  })
  list(
    rows = structure(
      c(about, list(sums = if (cluster$exact) as.double(shards) else 1, gradients = gradients$fun, totals = totals$fun)),
      class = "remote"
    ),
    raised = function() c(gradients$raised(), totals$raised()),
    end = function() end_workers(transport, held)
  )
}

# How many rows there are, what each has, and what they weigh together.
describe_rows <- function(data) {
  if (is_streamed(data)) {
    return(c(data$x[c("rows", "inputs", "targets", "offsets", "case_weights")], list(total_weight = total_weight_of_stream(data$x))))
  }
  n <- nrow(data$x)
  list(
    rows = n, inputs = ncol(data$x), targets = ncol(data$y), offsets = if (is.null(data$offset)) 0L else ncol(data$offset),
    case_weights = !is.null(data$case_weights), total_weight = total_weight_of(data$case_weights, n)
  )
}

# What all workers found, in the order of their shards.
joined_sums <- function(answers) {
  list(
    gradients = do.call(c, lapply(answers, function(answer) answer$gradients)),
    totals = unlist(lapply(answers, function(answer) answer$totals))
  )
}

# The sum of what the workers found. `size`: bytes of a number.
added_up <- function(answers, size) {
  if (length(answers) == 1L) {
    return(joined_sums(answers))
  }
  sum <- Reduce(`+`, lapply(answers, function(answer) from_bytes(answer$gradients, size)))
  list(gradients = to_bytes(sum, size), totals = Reduce(`+`, lapply(answers, function(answer) answer$totals)))
}

from_bytes <- function(bytes, size) readBin(bytes, "double", length(bytes) %/% size, size)
to_bytes <- function(numbers, size) writeBin(numbers, raw(), size)

# As the engine adds them: one after the other, in double precision, where sum() has more.
total_weight_of <- function(weights, n, total = 0) {
  if (is.null(weights)) {
    return(as.double(n))
  }
  for (weight in weights) total <- total + weight
  total
}

# What failed at a worker, or on the way to it: where an epoch was finished before, its model is kept.
raise_of_workers <- function(remote, as_fit) {
  result <- remote$result
  failed <- if (is.null(result$error)) result$failure else if (identical(result$error$kind, "stream")) result$error
  if (length(remote$raised) == 0L && is.null(failed)) {
    return(invisible())
  }
  if (is.null(result$error)) {
    fit <- as_fit()
    fit$status <- "interrupted"
    session$last <- fit
  }
  if (length(remote$raised) > 0L) rlang::cnd_signal(remote$raised[[1L]])
  stop_cluster("The workers' answers could not be used: {said}.", said = failed$message)
}
