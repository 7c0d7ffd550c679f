# One network of a fit as steps of a plan (export-plan.R): how its inputs are standardised and encoded, its layers, and what becomes of its outputs.

# Adds a network's steps and answers with the name of its predictions, on the scale of the outcome.
plan_member <- function(member, plan, calibrated) {
  plan$double <- FALSE
  copies <- plan_layers(plan, member, plan_encoding(plan, member))
  plan$double <- calibrated
  settings <- member$settings
  if (!is.null(plan$offset)) {
    scale <- setting(member$outcome$scale, rep(1, length(plan$offset)))
    scale <- rep_len(if (has_log_sds(settings)) c(scale, rep(1, length(scale))) else scale, last_size(member))
    moved <- add_step(plan, "times", "offset", last_size(member), factors = add_constant(plan, 1 / scale, "offset_factors"))
    copies <- vapply(copies, function(from) add_plus(plan, c(from, moved)), "")
  }
  made <- vapply(copies, function(from) {
    if (settings$output == "softmax") add_step(plan, "softmax", from, length_of(plan, from)) else add_activation(plan, from, settings$output)
  }, "")
  plan_outcome(plan, member, add_mean(plan, made, rep(1 / length(made), length(made))))
}

# The columns standardised, bent, and joined by their pieces.
plan_encoding <- function(plan, member) {
  inputs <- member$inputs
  from <- "x"
  if (!is.null(inputs$center)) {
    from <- add_step(
      plan, "standardise", from, inputs$n,
      center = add_constant(plan, inputs$center, "center"), scale = add_constant(plan, inputs$scale, "scale")
    )
  }
  encoding <- encoding_for_engine(inputs)
  if (is.null(encoding)) {
    return(from)
  }
  plain <- from
  clipped <- which(as.logical(encoding$clipped))
  curves <- lapply(which(lengths(encoding$knots) > 0L), function(j) list(column = j, knots = encoding$knots[[j]], scores = encoding$scores[[j]]))
  if (length(clipped) + length(curves) > 0L) from <- add_step(plan, "bend", plain, inputs$n, clipped = clipped, curves = curves)
  pieces <- lapply(which(lengths(encoding$edges) > 1L), function(j) list(column = j, edges = encoding$edges[[j]]))
  if (length(pieces) == 0L) {
    return(from)
  }
  count <- sum(vapply(pieces, function(piece) length(piece$edges) - 1L, 0L))
  add_take(plan, list(list(from = from), list(from = add_step(plan, "pieces", plain, count, pieces = pieces))))
}

# Every layer, for each copy of the row that members make; of the last one the names of what the copies give.
plan_layers <- function(plan, member, from) {
  settings <- member$settings
  shapes <- layer_shapes(settings)
  activation <- c(settings$activation, "linear")
  given <- list(from)
  for (l in seq_along(member$weights)) {
    layer <- layer_at(settings, l)
    constants <- layer_constants(plan, layer, member$weights[[l]], member$biases[[l]], shapes, l)
    copy_of <- function(vectors, m) vectors[[if (length(vectors) == 1L) 1L else m]]
    given[[l + 1L]] <- vapply(seq_len(shapes$copies[l]), function(m) {
      skipped <- if (layer$kind == "skip") copy_of(given[[layer$from + 1L]], m)
      add_activation(plan, plan_layer(plan, layer, constants, copy_of(given[[l]], m), skipped, m), activation[l])
    }, "")
  }
  given[[length(given)]]
}

# What all copies of a layer share, under the names that they get.
layer_constants <- function(plan, layer, weights, biases, shapes, l) {
  constant <- function(value, what) add_constant(plan, value, paste0(layer$kind, "_", what))
  biases_of <- function(rows) if (length(biases) > 0L) constant(biases[rows], "biases")
  each <- function(count, make) lapply(seq_len(count), make)
  switch(layer$kind,
    dense = list(weights = constant(weights, "weights"), biases = biases_of(TRUE)),
    skip = list(weights = if (layer$weights) constant(weights, "weights")),
    heads = {
      inputs <- nrow(weights) / shapes$copies[l]
      units <- ncol(weights)
      each(shapes$copies[l], function(m) {
        list(weights = constant(weights[(m - 1L) * inputs + seq_len(inputs), , drop = FALSE], "weights"), biases = biases_of((m - 1L) * units + seq_len(units)))
      })
    },
    scale = , members = each(nrow(weights), function(m) constant(weights[m, ], "factors")),
    norm = list(factors = constant(weights[1L, ], "factors"), biases = biases_of(TRUE)),
    parametric = list(slope = constant(weights[1L, ], "factors"), rest = constant(1 - weights[1L, ], "factors")),
    embedding = {
      ends <- cumsum(layer$width)
      each(length(layer$width), function(g) {
        list(
          weights = constant(weights[ends[g] - layer$width[g] + seq_len(layer$width[g]), , drop = FALSE], "weights"),
          biases = biases_of((g - 1L) * layer$size + seq_len(layer$size))
        )
      })
    },
    periodic = each(length(layer$columns), function(j) {
      waves <- layer$frequencies
      outputs <- layer$size - layer$keeps
      own <- weights[j, ]
      at <- if (layer$keeps) 2L * waves else waves
      list(
        frequencies = constant(matrix(own[seq_len(waves)], 1L), "frequencies"),
        # In turns, as the frequencies are.
        phases = if (layer$keeps) constant(own[waves + seq_len(waves)] / (2 * pi), "phases"),
        weights = constant(matrix(own[-seq_len(at)], ncol = outputs, byrow = TRUE), "weights"), biases = biases_of((j - 1L) * outputs + seq_len(outputs))
      )
    })
  )
}

# One layer of one copy of a row, before its activation.
plan_layer <- function(plan, layer, constants, from, skipped, m) {
  width <- length_of(plan, from)
  linear <- function(from, its) add_step(plan, "linear", from, ncol(plan$constants[[its$weights]]), weights = its$weights, biases = its$biases)
  times <- function(from, factors) add_step(plan, "times", from, length_of(plan, from), factors = factors)
  switch(layer$kind,
    dense = linear(from, constants),
    heads = linear(from, constants[[m]]),
    scale = times(from, constants[[if (length(constants) == 1L) 1L else m]]),
    members = if (layer$adapters) times(from, constants[[m]]) else from,
    norm = add_step(plan, "norm", from, width, factors = constants$factors, biases = constants$biases, epsilon = 1e-5),
    skip = add_plus(plan, c(from, if (layer$weights) linear(skipped, constants) else skipped)),
    # x + s (f(x) - x) is s f(x) + (1 - s) x; what PReLU has below 0 is such a share of ReLU's.
    parametric = {
      curve <- add_activation(plan, from, if (is.null(layer$curve)) "relu" else layer$curve)
      shares <- if (is.null(layer$curve)) constants[c("rest", "slope")] else constants[c("slope", "rest")]
      add_plus(plan, c(times(curve, shares[[1L]]), times(from, shares[[2L]])))
    },
    embedding = {
      groups <- Map(function(first, width) seq.int(first, length.out = width), layer$first, layer$width)
      made <- Map(function(at, its) linear(add_take(plan, list(list(from = from, at = at))), its), groups, constants)
      passing <- setdiff(seq_len(width), unlist(groups))
      add_take(plan, c(if (length(passing) > 0L) list(list(from = from, at = passing)), lapply(unname(made), function(name) list(from = name))))
    },
    periodic = {
      made <- unlist(Map(function(column, its) plan_waves(plan, layer, from, column, its, linear), layer$columns, constants), recursive = FALSE)
      passing <- setdiff(seq_len(width), layer$columns)
      add_take(plan, c(if (length(passing) > 0L) list(list(from = from, at = passing)), made))
    }
  )
}

# Parts of a take: what one column of a periodic layer becomes.
plan_waves <- function(plan, layer, from, column, its, linear) {
  turns <- linear(add_take(plan, list(list(from = from, at = column))), list(weights = its$frequencies, biases = its$phases))
  cosines <- add_activation(plan, turns, "cosine")
  if (layer$keeps) {
    return(list(list(from = from, at = column), list(from = linear(cosines, its))))
  }
  waves <- add_take(plan, list(list(from = add_activation(plan, turns, "sine")), list(from = cosines)))
  list(list(from = add_activation(plan, linear(waves, its), "relu")))
}

# From the network's outputs to the scale of the outcome, as as_predictions() has it.
plan_outcome <- function(plan, member, from) {
  outcome <- member$outcome
  if (has_log_sds(member$settings)) {
    k <- outcome$k
    mean <- add_take(plan, list(list(from = from, at = seq_len(k))))
    sd <- add_activation(plan, add_take(plan, list(list(from = from, at = k + seq_len(k)))), "exp")
    if (!is.null(outcome$scale)) sd <- add_step(plan, "times", sd, k, factors = add_constant(plan, outcome$scale, "outcome_factors"))
    return(add_take(plan, list(list(from = plan_scale(plan, outcome, mean)), list(from = sd))))
  }
  if (is_ordered(member)) {
    # P(Y <= j) by thresholds, and of classes the differences.
    steps <- c(0, cumsum(exp(own_parameters(member))))
    classes <- length(steps) + 1L
    cumulative <- add_activation(plan, add_linear(plan, from, matrix(-1, 1L, classes - 1L), steps, "threshold"), "sigmoid")
    differences <- diag(classes)[-classes, , drop = FALSE]
    differences[cbind(seq_len(classes - 1L), seq_len(classes - 1L) + 1L)] <- -1
    return(add_linear(plan, cumulative, differences, c(rep(0, classes - 1L), 1), "class"))
  }
  plan_scale(plan, outcome, from)
}

plan_scale <- function(plan, outcome, from) {
  width <- length_of(plan, from)
  if (!is.null(outcome$center)) from <- add_rescale(plan, from, rep_len(outcome$scale, width), rep_len(outcome$center, width), "outcome")
  if (!is.null(outcome$transform)) {
    transform <- outcome$transform
    from <- add_rescale(plan, add_activation(plan, from, "exp"), rep_len(transform$factor, width), -rep_len(transform$shift, width), "transform")
  }
  if (is.null(outcome$limits)) {
    return(from)
  }
  add_step(plan, "clamp", from, width, lower = add_constant(plan, outcome$limits$lower, "lower"), upper = add_constant(plan, outcome$limits$upper, "upper"))
}
