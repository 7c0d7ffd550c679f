# What a workbook shows after the last update: the forward pass on the same rows with the new weights, and its loss.

# `steps`, those of an iteration that ends with its outputs, and `loss`, both by the engine. NULL where that would be no pass over all rows with
# nothing but weights, inputs and outcomes: mini-batches, dropout, case weights, layers of other kinds.
forward_after <- function(fields) {
  last <- nrow(fields$iterations)
  steps <- Filter(function(step) step$iteration == last && (step$number <= 1L || step$phase == "forward"), fields$steps)
  keys <- vapply(steps, function(step) step$key, "")
  engine <- fields$engine
  plain <- all(vapply(steps, function(step) step$op %in% c("given", "weighted_sum", "cell", "softmax"), NA)) &&
    is.null(engine[["layers"]]) && is.null(engine$custom) && is.null(fields$end$ancillary) && !any(c("dropout", "case_weights") %in% sub("[0-9]+$", "", keys)) &&
    length(fields$names$rows) == fields$iterations$rows[last]
  if (!plain) {
    return(NULL)
  }
  of <- function(key) steps[[match(key, keys)]]$result
  offset <- if ("offset" %in% keys) unname(of("offset"))
  x <- unname(of("X"))
  new <- fields$end
  layers <- length(new$weights)
  made <- stats::setNames(list(), character())
  for (l in seq_len(layers)) {
    net <- list(
      sizes = engine$sizes[seq_len(l + 1L)], activation = engine$activation[seq_len(l - 1L)], output = "linear", precision = engine$precision,
      threads = 1L
    )
    through <- function(net) answered(engine_predict(net, new$weights[seq_len(l)], new$biases[seq_len(l)], x, if (l == layers) offset))$value
    z <- through(net)
    made[[fields$keys$z[l]]] <- z
    net$output <- engine$output
    made[[fields$keys$a[l]]] <- if (l == layers) through(net) else activation_at(engine$activation[l], z, NULL)$value
    made[[fields$keys$weights[l]]] <- new$weights[[l]]
    made[[fields$keys$biases[l]]] <- new$biases[[l]]
  }
  steps <- lapply(steps, function(step) {
    renewed <- function(value, key) {
      if (!is.null(made[[key]])) value[] <- made[[key]]
      value
    }
    step$operands <- Map(renewed, step$operands, names(step$operands))
    step$result <- renewed(step$result, step$key)
    step$iteration <- last + 1L
    step$changed <- NULL
    step
  })
  engine$penalty <- NULL
  loss <- answered(engine_evaluate(engine, new$weights, new$biases, x, unname(of("Y")), NULL, offset))$loss
  list(steps = steps, loss = loss)
}
