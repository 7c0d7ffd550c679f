# Derivatives row by row, read off what the engine records of one step: its activations, and its deltas (the derivatives by
# each unit's weighted input). A weight's derivative in a row is the activation before it times the delta behind it.

# Rows taken at a time; a row has as many derivatives as there are parameters.
jacobian_rows <- 2000L

# Bytes of the derivatives of some rows: in blocks, put together, and the products that the last block is made of.
bytes_of_derivatives <- function(rows, parameters) 8 * parameters * (2 * rows + 4 * min(rows, jacobian_rows))

# Derivatives of the outputs before their activation by all parameters: a list of a matrix [rows x parameters] per output.
jacobian <- function(problem, call) {
  in_blocks(problem, function(block) {
    engine <- block$engine
    # Half the square of an error of 1 in one output has that output's derivative as its own.
    engine$output <- "linear"
    engine$loss <- "sse"
    block$engine <- engine
    outputs <- problem_outputs(block, call)
    block$case_weights <- NULL
    lapply(seq_len(ncol(outputs)), function(k) {
      block$y <- outputs
      block$y[, k] <- block$y[, k] - 1
      row_derivatives(block, call)
    })
  })
}

# Derivatives of each row's share of the summed loss: [rows x parameters], times the root of the row's weight, so that
# their cross-product is the middle of the sandwich.
row_scores <- function(problem, call) {
  weights <- problem$case_weights
  # Taken without weights, so that a mean is one over the rows alone.
  problem$case_weights <- NULL
  problem$rows <- nrow(problem$x)
  scores <- in_blocks(problem, function(block) {
    list(row_derivatives(block, call) * sum_factor(block))
  })[[1L]]
  if (is.null(weights)) scores else scores * sqrt(weights)
}

in_blocks <- function(problem, derive) {
  n <- nrow(problem$x)
  starts <- seq(1L, n, by = jacobian_rows)
  blocks <- lapply(starts, function(start) {
    rows <- start:min(n, start + jacobian_rows - 1L)
    block <- problem
    block$x <- problem$x[rows, , drop = FALSE]
    block$y <- problem$y[rows, , drop = FALSE]
    block$offset <- problem$offset[rows, , drop = FALSE]
    block$case_weights <- problem$case_weights[rows]
    block$rows <- length(rows)
    derive(block)
  })
  if (length(blocks) == 1L) blocks[[1L]] else do.call(Map, c(list(rbind), blocks))
}

row_derivatives <- function(problem, call) {
  step <- record_step(problem, call)
  from <- step$x
  layers <- lapply(step$layers, function(layer) {
    delta <- layer$delta
    inputs <- seq_len(ncol(from))
    units <- seq_len(ncol(delta))
    weights <- from[, rep(inputs, length(units)), drop = FALSE] * delta[, rep(units, each = length(inputs)), drop = FALSE]
    from <<- layer$activation
    cbind(weights, delta)
  })
  do.call(cbind, layers)
}

# One step over all rows in their order, as the engine records it; the weights that it makes are not used.
record_step <- function(problem, call) {
  engine <- problem$engine
  engine$penalty <- engine$mixture <- NULL
  sizes <- engine$sizes
  engine <- c(engine, list(
    optimizer = list(name = "gd"), lr = 1e-300, schedule = list(name = "constant"), epochs = 1L,
    batch_size = nrow(problem$x), shuffle = FALSE, init = rep("normal", length(sizes) - 1L), bias_init = "zeros",
    seed = 1L, trace_steps = 1L
  ))
  start <- list(weights = problem$weights, biases = problem$biases, optimizer_state = NULL, epochs_done = 0L)
  answer <- engine_train(engine, problem$x, problem$y, problem$case_weights, problem$offset, start, NULL)
  finished(answer, colnames(problem$x), call)$trace[[1L]]
}
