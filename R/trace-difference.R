# A cell checked by finite differences: the engine itself is run on slightly different numbers, and how much its loss
# changes is compared with what backpropagation says.

# For cell [i, j] of the step at `position`: list(what, analytic, numeric, relative), or NULL where the step is not a
# derivative.
# `analytic` is in the cell's own sign; for new weights and biases it is the derivative of the loss by the old ones.
trace_difference <- function(trace, position, i, j) {
  fields <- unclass(trace)
  step <- fields$steps[[position]]
  fields$engine <- engine_at(fields, step)
  engine <- fields$engine
  kind <- derivative_kind(step, engine)
  # What is beside the way through dense layers is part of no rest of the network; with members, rows are not those of Y.
  layered <- !is.null(engine[["layers"]])
  if (layered && isTRUE(kind %in% c("E", "error", "delta"))) kind <- NULL
  # Dropped units would not be dropped again when the loss is evaluated.
  dropped <- length(engine$dropout) > 0L && any(engine$dropout > 0)
  if (is.null(kind) || dropped) {
    return(NULL)
  }
  of <- function(key) iteration_matrix(fields$steps, step$iteration, key)
  keys <- fields$keys
  layer <- step$layer
  minus <- function(what) paste("minus the derivative of the loss by", what)
  known <- switch(
    EXPR = kind, # named, or the branch `E` would be taken for it
    slope = list(
      what = paste("derivative of", keys$a[layer], "by", keys$z[layer]),
      analytic = step$result[i, j], numeric = slope_difference(engine, layer, of(keys$z[layer])[i, , drop = FALSE], j)
    ),
    E = list(
      what = minus("output"), analytic = step$result[i, j],
      numeric = -row_difference(fields, step, i, j, of("output"), first = layer, of, only_loss = TRUE)
    ),
    error = list(
      what = minus(keys$a[layer]), analytic = step$result[i, j],
      numeric = -row_difference(fields, step, i, j, of(keys$a[layer]), first = layer + 1L, of)
    ),
    delta = list(
      what = minus(keys$z[layer]), analytic = step$result[i, j],
      numeric = -row_difference(fields, step, i, j, of(keys$z[layer]), first = layer, of, through_z = TRUE)
    ),
    parameter = parameter_difference(fields, step, i, j, of),
    kind = parameter_difference(fields, step, i, j, of),
    own = own_difference(fields, step, j, of)
  )
  if (is.null(known)) {
    return(NULL)
  }
  known$relative <- abs(known$analytic - known$numeric) / max(abs(known$analytic), abs(known$numeric), 1e-8)
  known
}

# What the engine was told, with the loss's own parameters as the iteration found them.
engine_at <- function(fields, step) {
  key <- own_keys[fields$engine$loss]
  own <- if (!is.na(key)) iteration_matrix(fields$steps, step$iteration, key)
  with_own(fields$engine, list(ancillary = if (!is.null(own)) as.vector(own)))
}

# The matrix that an iteration first wrote under a key: for weights, those before the update.
iteration_matrix <- function(steps, iteration, key) {
  for (step in steps) {
    if (step$iteration == iteration && step$key == key) {
      return(step$result)
    }
  }
  NULL
}

derivative_kind <- function(step, engine) {
  if (step$phase == "backward") {
    return(switch(as.character(step$number),
      `5` = if (!is_paired(engine)) "E",
      `6` = "slope", `7` = "delta", `8` = "error", `9` = "delta"
    ))
  }
  if (startsWith(step$key, "gradient_") && step$number == 12L) {
    return("own")
  }
  if (startsWith(step$key, "gradient_") && step$op == "engine" && !is.null(step$values$clipped)) {
    return("kind")
  }
  if (step$op %in% c("descend_weights", "descend_biases", "gradient_weights", "gradient_biases")) "parameter"
}

# Weights and biases that an iteration began with; layers that have none stay as they were at the start.
parameters_at <- function(fields, of, kind) {
  plain <- if (kind == "weights") unname else as.vector
  Map(function(key, start) if (is.null(of(key))) start else plain(of(key)), unname(fields$keys[[kind]]), fields$start[[kind]])
}

# Central difference of `f` at the number `at`.
central_difference <- function(f, at) {
  h <- 6e-6 * max(1, abs(at))
  up <- at + h
  down <- at - h
  (f(up) - f(down)) / (up - down)
}

# Loss of one row as a function of a number on its way; everything after it is computed by the engine on the rest of
# the network.
row_difference <- function(fields, step, i, j, matrix, first, of, through_z = FALSE, only_loss = FALSE) {
  engine <- rest_of_network(fields, first, of, through_z, only_loss)
  # Times of an event are compared with those of all rows.
  together <- isTRUE(family_of_settings(fields$engine)$all_rows)
  rows <- if (together) seq_len(nrow(matrix)) else i
  y <- of("Y")[rows, , drop = FALSE]
  row <- matrix[rows, , drop = FALSE]
  at <- cbind(match(i, rows), j)
  # The weighted input of the output layer has the offset in it.
  has_offset <- !only_loss && !(through_z && first == length(fields$engine$sizes) - 1L)
  offset <- if (has_offset) of("offset")[rows, , drop = FALSE]
  weights <- if (together && !is.null(of("case_weights"))) as.vector(of("case_weights"))
  loss <- function(value) {
    row[at] <- value
    answered(engine_evaluate(engine$spec, engine$weights, engine$biases, unname(row), unname(y), weights, unname(offset)))$loss
  }
  central_difference(loss, row[at]) * if (together) 1 else row_share(fields, step, i, of)
}

# What a row's own loss counts in the loss of the step.
row_share <- function(fields, step, i, of) {
  weights <- of("case_weights")
  weight <- if (is.null(weights)) 1 else weights[i]
  if (isTRUE(all_losses[[fields$engine$loss]]$sum)) weight else weight / step_divisor(fields, step, of)
}

# Rows of the step times the mean case weight.
step_divisor <- function(fields, step, of) nrow(of("Y")) * fields$mean_weight

# The layers from `first` on as a network of their own. With `through_z` it takes weighted inputs: its first layer has
# weights of the identity. With `only_loss` it takes the network's output.
rest_of_network <- function(fields, first, of, through_z, only_loss) {
  engine <- fields$engine
  sizes <- engine$sizes
  layers <- length(sizes) - 1L
  engine$precision <- "double"
  engine$penalty <- NULL
  kept <- if (first > layers) integer() else first:layers
  weights <- lapply(fields$keys$weights[kept], of)
  biases <- lapply(fields$keys$biases[kept], function(key) as.vector(of(key)))
  if (through_z || only_loss) {
    units <- sizes[first + 1L]
    weights[[1L]] <- diag(units)
    biases[[1L]] <- numeric(units)
    engine$sizes <- c(units, sizes[(first + 1L):(layers + 1L)])
  } else {
    engine$sizes <- sizes[first:(layers + 1L)]
  }
  engine$activation <- engine$activation[kept[-length(kept)]]
  if (only_loss) {
    engine$output <- "linear"
  }
  list(spec = engine, weights = lapply(weights, unname), biases = biases)
}

# How the activation of unit j changes with its weighted input, by the engine's prediction of a network of that layer
# alone.
slope_difference <- function(engine, layer, z, j) {
  units <- ncol(z)
  layers <- length(engine$sizes) - 1L
  hidden <- layer < layers
  net <- list(
    sizes = rep(units, if (hidden) 3L else 2L),
    activation = if (hidden) engine$activation[layer] else character(),
    output = if (hidden) "linear" else engine$output,
    center = NULL, scale = NULL, precision = "double", threads = 1L, custom = engine$custom
  )
  weights <- rep(list(diag(units)), length(net$sizes) - 1L)
  biases <- rep(list(numeric(units)), length(net$sizes) - 1L)
  central_difference(function(value) {
    z[j] <- value
    answered(engine_predict(net, weights, biases, unname(z), NULL))$value[1L, j]
  }, z[j])
}

# The loss of the step's rows as a function of one weight or bias; without penalty and clipping, which are no matter of
# backpropagation.
parameter_difference <- function(fields, step, i, j, of) {
  keys <- fields$keys
  bias <- step$number == 11L
  layer <- step$layer
  engine <- fields$engine
  engine$precision <- "double"
  weights <- parameters_at(fields, of, "weights")
  biases <- parameters_at(fields, of, "biases")
  x <- unname(of("X"))
  y <- unname(of("Y"))
  case_weights <- if (!is.null(of("case_weights"))) as.vector(of("case_weights"))
  loss <- function(value) {
    if (bias) biases[[layer]][j] <- value else weights[[layer]][i, j] <- value
    answered(engine_evaluate(engine, weights, biases, x, y, case_weights, of("offset")))$loss
  }
  # A mini-batch divides by its rows times the mean weight of all rows, the evaluation by the weights of these rows.
  whole <- isTRUE(all_losses[[engine$loss]]$sum) || is.null(case_weights)
  share <- if (whole) 1 else sum(case_weights) / step_divisor(fields, step, of)
  key <- if (bias) keys$biases[layer] else keys$weights[layer]
  # Of a layer that is not dense the engine's gradient stands there.
  analytic <- if (!is.null(step$values$clipped)) {
    step$result[i, j] / step$values$clipped
  } else {
    delta <- of(keys$delta[layer])[, j]
    input <- if (bias) 1 else if (layer == 1L) x[, i] else of(keys$a[layer - 1L])[, i]
    -sum(input * delta)
  }
  list(
    what = paste("derivative of the loss by", key),
    analytic = analytic,
    numeric = central_difference(loss, if (bias) biases[[layer]][j] else weights[[layer]][i, j]) * share
  )
}

# The loss of the step's rows as a function of one of the loss's own parameters; without clipping.
own_difference <- function(fields, step, j, of) {
  engine <- fields$engine
  engine$precision <- "double"
  weights <- parameters_at(fields, of, "weights")
  biases <- parameters_at(fields, of, "biases")
  case_weights <- if (!is.null(of("case_weights"))) as.vector(of("case_weights"))
  loss <- function(value) {
    engine$ancillary[j] <- value
    answered(engine_evaluate(engine, weights, biases, unname(of("X")), unname(of("Y")), case_weights, of("offset")))$loss
  }
  share <- if (is.null(case_weights)) 1 else sum(case_weights) / step_divisor(fields, step, of)
  list(
    what = paste("derivative of the loss by", sub("^gradient_", "", step$key)), analytic = step$result[1L, j] / step$values$clipped,
    numeric = central_difference(loss, engine$ancillary[j]) * share
  )
}
