# Derivatives row by row, as the engine has them.

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
    engine["loss_par"] <- list(NULL)
    engine$ancillary <- numeric()
    block$engine <- engine
    outputs <- problem_outputs(block, call)
    block$case_weights <- NULL
    lapply(seq_len(ncol(outputs)), function(k) {
      block$y <- outputs
      block$y[, k] <- block$y[, k] - 1
      slopes <- row_derivatives(block, call)
      # What a family has of its own changes no output.
      cbind(slopes, matrix(0, nrow(slopes), length(own_parameters(block$fit))), deparse.level = 0)
    })
  })
}

# Derivatives of each row's share of the summed loss: [rows x parameters], times the root of the row's weight, so that
# their cross-product is the middle of the sandwich.
row_scores <- function(problem, call) {
  weights <- problem$case_weights
  # From the mean over a row's outputs to the sum over them.
  problem$rows <- 1
  terms <- loss_terms(problem)
  scores <- in_blocks(problem, function(block) list(row_derivatives(block, call) * terms))[[1L]]
  if (is.null(weights)) scores else scores * sqrt(weights)
}

in_blocks <- function(problem, derive) {
  n <- nrow(problem$x)
  starts <- seq(1L, n, by = jacobian_rows)
  blocks <- lapply(starts, function(start) derive(pick_from_problem(problem, start:min(n, start + jacobian_rows - 1L))))
  if (length(blocks) == 1L) blocks[[1L]] else do.call(Map, c(list(rbind), blocks))
}

# Of each row's own loss, without weights and before any mean over rows.
row_derivatives <- function(problem, call) {
  answer <- engine_row_gradients(problem$engine, problem$weights, problem$biases, problem$x, problem$y, problem$offset)
  answered(answer, colnames(problem$x), call)$value
}
