# Rows in memory as rows that workers have: what a cluster is for rows that are somewhere else.

# Which shards each of so many workers has; `rows` and `shards` in all.
parts_of <- function(rows, shards, workers) {
  edges <- (shards * 0:workers) %/% workers
  parts <- lapply(seq_len(workers), function(worker) {
    list(rows = rows, shards = shards, from = edges[worker], to = edges[worker + 1L])
  })
  Filter(function(part) part$to > part$from, parts)
}

# `x`, `y`, `case_weights` and `offset` as `engine_train()` takes them, held by so many workers. With `sum`, each adds up its shards, and the master what
# they say. `ask(call)` is heard before each question and may fail; `change(answer)` changes what gradients() says.
as_remote <- function(spec, x, y, case_weights, offset, workers, sum = FALSE, ask = identity, change = identity) {
  n <- nrow(x)
  shards <- engine_shard_count(spec, n)$shards
  parts <- parts_of(n, shards, workers)
  if (sum) parts <- lapply(parts, c, sum = TRUE)
  spec$validation <- NULL
  calls <- 0L
  of_workers <- function(engine, parameters, job) {
    calls <<- calls + 1L
    ask(calls)
    lapply(parts, function(part) {
      rows <- seq.int((n * part$from) %/% shards + 1, (n * part$to) %/% shards)
      answer <- engine(
        spec, x[rows, , drop = FALSE], y[rows, , drop = FALSE], case_weights[rows], if (!is.null(offset)) offset[rows, , drop = FALSE],
        part, parameters, job
      )
      expect_null(answer$error)
      answer
    })
  }
  joined <- function(answers, name) do.call(c, lapply(answers, function(answer) answer[[name]]))
  gradients <- guarded_hook(function(parameters, job) {
    answers <- of_workers(engine_worker_gradients, parameters, job)
    change(list(gradients = joined(answers, "gradients"), totals = joined(answers, "totals")))
  })
  totals <- guarded_hook(function(parameters, job) joined(of_workers(engine_worker_totals, parameters, job), "totals"))
  structure(
    list(
      rows = n, inputs = ncol(x), targets = ncol(y), offsets = if (is.null(offset)) 0L else ncol(offset), case_weights = !is.null(case_weights),
      total_weight = if (is.null(case_weights)) n else Reduce(`+`, case_weights), sums = if (sum) length(parts) else shards,
      gradients = gradients$fun, totals = totals$fun,
      shards = shards, calls = function() calls, raised = function() c(gradients$raised(), totals$raised())
    ),
    class = "remote"
  )
}

# Trains on rows that so many workers have (0: in this process, as ever), with batches of shares of shards; `answer()` is what the engine said last.
# With `held`, workers have the rows that validate too.
local_workers <- function(workers, ..., held = FALSE, env = parent.frame()) {
  said <- NULL
  local_engine_train(env = env, function(in_process) {
    function(spec, x, y, case_weights, offset, start, hook) {
      if (spec$batch_size < nrow(x)) spec$shuffle <- "shards"
      if (workers == 0) {
        return(in_process(spec, x, y, case_weights, offset, start, hook))
      }
      validation <- spec$validation
      if (held) {
        spec$validation <- list(x = as_remote(spec, validation$x, as.matrix(validation$y), validation$case_weights, validation$offset, workers))
      }
      remote <- as_remote(spec, x, as.matrix(y), case_weights, offset, workers, ...)
      answer <- in_process(spec, remote, NULL, NULL, NULL, start, hook)
      said <<- c(answer, list(remote = remote))
      answer
    }
  })
  function() said
}
