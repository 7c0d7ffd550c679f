# Derivatives row by row, read off what the engine records of one step: its activations, and its deltas (the derivatives by
# each unit's weighted input). A weight's derivative in a row is the activation before it times the delta behind it.

# Rows taken at a time; a row has as many derivatives as there are parameters.
jacobian_rows <- 2000L

# Bytes of the derivatives of some rows: in pieces, put together, and the products that the last piece is made of.
bytes_of_derivatives <- function(rows, parameters) 8 * parameters * (2 * rows + 4 * min(rows, jacobian_rows))

# Derivatives of the outputs before their activation by all parameters: a list of a matrix [rows x parameters] per output.
jacobian <- function(problem, call) {
  in_pieces(problem, function(piece) {
    engine <- piece$engine
    # Half the square of an error of 1 in one output has that output's derivative as its own.
    engine$output <- "linear"
    engine$loss <- "sse"
    piece$engine <- engine
    outputs <- problem_outputs(piece, call)
    piece$case_weights <- NULL
    lapply(seq_len(ncol(outputs)), function(k) {
      piece$y <- outputs
      piece$y[, k] <- piece$y[, k] - 1
      row_derivatives(piece, call)
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
  scores <- in_pieces(problem, function(piece) {
    list(row_derivatives(piece, call) * sum_factor(piece))
  })[[1L]]
  if (is.null(weights)) scores else scores * sqrt(weights)
}

in_pieces <- function(problem, derive) {
  n <- nrow(problem$x)
  starts <- seq(1L, n, by = jacobian_rows)
  pieces <- lapply(starts, function(start) {
    rows <- start:min(n, start + jacobian_rows - 1L)
    piece <- problem
    piece$x <- problem$x[rows, , drop = FALSE]
    piece$y <- problem$y[rows, , drop = FALSE]
    piece$offset <- problem$offset[rows, , drop = FALSE]
    piece$case_weights <- problem$case_weights[rows]
    piece$rows <- length(rows)
    derive(piece)
  })
  if (length(pieces) == 1L) pieces[[1L]] else do.call(Map, c(list(rbind), pieces))
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
