# The algorithms as base R matrix code: what a user would write without the package. Sourced by the other scripts.

# The textbook's network: one hidden layer, sigmoids, all rows in each step.
base_r_textbook <- function(x, y, weights, biases, epochs, lr) {
  sigmoid <- function(z) 1 / (1 + exp(-z))
  wh <- weights[[1]]; wo <- weights[[2]]
  bh <- biases[[1]]; bo <- biases[[2]]
  rows <- nrow(x)
  for (epoch in seq_len(epochs)) {
    hidden <- sigmoid(x %*% wh + rep(bh, each = rows))
    output <- sigmoid(hidden %*% wo + rep(bo, each = rows))
    d_output <- (y - output) * output * (1 - output)
    d_hidden <- (d_output %*% t(wo)) * hidden * (1 - hidden)
    wo <- wo + lr * t(hidden) %*% d_output
    bo <- bo + lr * colSums(d_output)
    wh <- wh + lr * t(x) %*% d_hidden
    bh <- bh + lr * colSums(d_hidden)
  }
  list(weights = list(wh, wo), biases = list(bh, bo))
}

base_r_forward <- function(w, weights, biases, x) {
  activate <- switch(w$activation, sigmoid = function(z) 1 / (1 + exp(-z)), relu = function(z) z * (z > 0))
  values <- list(x)
  last <- length(weights)
  for (l in seq_len(last)) {
    z <- values[[l]] %*% weights[[l]] + rep(biases[[l]], each = nrow(x))
    values[[l + 1]] <- if (l < last) activate(z) else switch(w$output,
      sigmoid = 1 / (1 + exp(-z)), linear = z, softmax = { e <- exp(z - apply(z, 1, max)); e / rowSums(e) })
  }
  values
}

# Any of the workloads that use plain gradient steps, with mini-batches.
base_r_train <- function(w) {
  weights <- w$weights; biases <- w$biases
  layers <- length(weights)
  for (epoch in seq_len(w$epochs)) {
    order <- if (w$batch < w$rows) sample.int(w$rows) else seq_len(w$rows)
    for (first in seq(1, w$rows, by = w$batch)) {
      rows <- order[first:min(w$rows, first + w$batch - 1)]
      y <- w$y[rows, , drop = FALSE]
      values <- base_r_forward(w, weights, biases, w$x[rows, , drop = FALSE])
      delta <- values[[layers + 1]] - y
      if (w$loss == "sse") delta <- delta * values[[layers + 1]] * (1 - values[[layers + 1]])
      if (w$loss != "sse") delta <- delta / length(rows)
      for (l in layers:1) {
        step <- crossprod(values[[l]], delta)
        bias_step <- colSums(delta)
        if (l > 1) {
          a <- values[[l]]
          delta <- tcrossprod(delta, weights[[l]]) * (if (w$activation == "sigmoid") a * (1 - a) else a > 0)
        }
        weights[[l]] <- weights[[l]] - w$lr * step
        biases[[l]] <- biases[[l]] - w$lr * bias_step
      }
    }
  }
  list(weights = weights, biases = biases)
}
