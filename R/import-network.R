# From what a graph computes (import-onnx.R) to a network of this package, and to a fit of it.

# What the file says beside its graph where this package wrote it.
carried_keys <- c(fit = "backprop.fit", sum = "backprop.sum", note = "backprop.note")

# The fit that nn_export() put into the file, NULL where there is none.
carried_fit <- function(model, refuse, call) {
  keys <- vapply(model$metadata_props, function(entry) entry$key, "")
  told <- lapply(carried_keys, function(key) if (key %in% keys) model$metadata_props[[match(key, keys)]]$value)
  if (!is.null(told$note)) {
    note <- told$note
    refuse(paste("it was exported without the model itself,", note), i = "Keep such a model by {.fn saveRDS}.")
  }
  if (is.null(told$fit)) {
    return(NULL)
  }
  if (!identical(told$sum, model_sum(model$graph, told$fit))) {
    refuse("it was changed after `nn_export()` wrote it, so its graph and the model beside it may be two", i = "Read the file as it was exported, or train again.")
  }
  plain <- wire_decode(from_base64(told$fit, refuse), "Plain", refuse, plain_messages)
  fit <- from_plain(plain, refuse)
  # A fit that needs functions of packages would have these loaded.
  if (is.list(fit) && length(unclass(fit)$blueprint$carried$packages) > 0L) refuse("its description of the model is damaged")
  # One of an older version comes in the form of this one.
  tryCatch(validate_fit(fit, "path", call, names(fit_fields), ensembles = TRUE), error = function(cnd) {
    if (inherits(cnd, "backprop_error_newer_format")) stop(cnd)
    refuse("its description of the model is damaged")
  })
}

# The network whose outputs the graph gives.
network_of_graph <- function(graph, followed, levels, refuse, call) {
  stream <- followed_output(graph, followed$known, refuse, call)
  own <- if (is.null(levels)) levels_of_graph(graph, followed$known)
  ended <- network_end(stream, levels, own, call)
  ended$names <- followed$names
  finite <- vapply(ended$layers, function(layer) all(is.finite(layer$weights), is.finite(layer$biases)), NA)
  if (!all(finite)) refuse("its weights are not all finite")
  ended
}

# Of the outputs of a graph the one that holds numbers or probabilities; the others are labels.
followed_output <- function(graph, known, refuse, call) {
  names <- vapply(graph$output, function(output) output$name, "")
  # Probabilities by name of the class are probabilities.
  zipped <- Filter(function(node) identical(node$op_type, "ZipMap") && length(node$input) == 1L && length(node$output) == 1L, graph$node)
  for (node in zipped) names[names == node$output] <- node$input
  names <- names[nzchar(names)]
  there <- names[vapply(names, exists, NA, envir = known, inherits = FALSE)]
  if (length(there) == 0L || length(there) < length(names)) refuse("it has outputs that no operator gives")
  values <- lapply(there, function(name) {
    value <- get(name, envir = known)
    if (is.null(value$stacked)) value else value$stacked
  })
  streams <- Filter(is_stream, values)
  if (length(streams) == 0L) {
    what <- Filter(Negate(is.null), lapply(values, function(value) value$unknown))
    stop_operator(if (length(what) > 0L) what[[length(what)]] else "a constant", call)
  }
  if (length(unique(streams)) > 1L) stop_operator("several outputs of numbers", call)
  streams[[1L]]
}

stop_operator <- function(what, call) {
  stop_backprop("onnx_operator", c(
    "The network in the file depends on {what}, which no network of this package has.",
    i = "Chains of linear layers and activations are read; see {.code ?nn_import}."
  ), call = call)
}

# Names of the classes, as scikit-learn's converter and this package write them.
levels_of_graph <- function(graph, known) {
  for (node in graph$node) {
    attributes <- if (identical(node$op_type, "ZipMap")) node_attributes(node)
    labels <- c(attributes$classlabels_strings, attributes$classlabels_int64s)
    if (node$op_type %in% c("ArrayFeatureExtractor", "Gather") && length(node$input) == 2L && exists(node$input[1L], envir = known, inherits = FALSE)) {
      classes <- get(node$input[1L], envir = known)$constant
      if (is.character(classes) || node$op_type != "Gather") labels <- as.vector(classes)
    }
    if (length(labels) > 1L && anyDuplicated(labels) == 0L) {
      return(if (is.character(labels)) labels else format(labels, trim = TRUE, scientific = FALSE))
    }
  }
}

# Layers with the output layer, its activation and the levels: those that were given, or the file's `own`.
network_end <- function(stream, levels, own, call) {
  layers <- stream$layers
  scaling <- NULL
  if (length(layers) > 0L && layers[[1L]]$activation == "standardise") {
    scaling <- layers[[1L]][c("center", "scale")]
    layers <- layers[-1L]
  }
  n <- length(layers)
  last <- if (n > 0L) layers[[n]]$activation else "none"
  # Of two classes the probabilities of both, or of several flags those of their absence too.
  if (last == "sigmoid" && is.matrix(stream$weights)) {
    k <- length(layers[[n]]$biases)
    both <- cbind(-diag(k), diag(k))
    if (identical(dim(both), dim(stream$weights)) && is_near(both, stream$weights) && is_near(stream$biases, rep(1:0, each = k))) {
      stream[c("weights", "biases")] <- list(rep(1, k), numeric(k))
    }
  }
  if (last %in% c("sigmoid", "softmax", "exp") && gives_last(stream)) {
    output <- last
  } else {
    output <- "linear"
    layers <- c(layers, list(list(weights = as_weights(stream$weights, call), biases = stream$biases)))
    n <- n + 1L
  }
  within <- vapply(layers[-n], function(layer) layer$activation, "")
  foreign <- setdiff(within, names(activations))
  if (length(foreign) > 0L) stop_operator(paste0("`", foreign[1L], "` between layers"), call)
  k <- length(layers[[n]]$biases)
  c(list(layers = layers, activation = within, scaling = scaling), end_with_levels(output, k, levels, own, call))
}

end_with_levels <- function(output, k, levels, own, call) {
  if (!is.null(own)) {
    if (!output %in% c("sigmoid", "softmax")) stop_operator("classes whose probabilities are neither of a softmax nor of a sigmoid", call)
    # Several flags are no classes of one outcome.
    if (k == 1L || output == "softmax") levels <- own
  }
  if (is.null(levels) && output == "softmax") levels <- as.character(seq_len(k) - 1L)
  if (is.null(levels)) {
    return(list(output = output))
  }
  if (output == "linear") output <- if (k == 1L) "sigmoid" else "softmax"
  wanted <- if (k == 1L) 2L else k
  if (output == "exp" || (output == "sigmoid" && k > 1L)) {
    stop_backprop("incompatible", c(
      "The {k} output{?s} of the network {?is/are} no probabilities of classes of one outcome.", i = "Leave {.arg levels} out."
    ), call = call)
  }
  if (length(levels) != wanted) {
    count <- length(levels)
    stop_backprop("incompatible", c(
      "There are {count} names of classes, and the network has {k} output{?s}.",
      i = "{.arg levels} must be as many names as there are outputs, or two for one output."
    ), call = call)
  }
  list(output = output, levels = levels)
}

# The fit of a network: that of no epoch of training, from its weights.
fit_of_network <- function(network, producer, call) {
  layers <- network$layers
  p <- nrow(layers[[1L]]$weights)
  k <- length(layers[[length(layers)]]$biases)
  Y <- if (!is.null(network$levels)) factor(network$levels, levels = network$levels) else matrix(0, 1L, k)
  X <- matrix(0, NROW(Y), p, dimnames = if (!is.null(network$names)) list(NULL, network$names))
  fit <- nn_train(
    X, Y,
    hidden = vapply(layers[-length(layers)], function(layer) length(layer$biases), 0L), activation = if (length(layers) > 1L) network$activation else "sigmoid",
    output = network$output, loss = outputs[[network$output]], epochs = 0, seed = 1,
    start = list(weights = lapply(layers, function(layer) layer$weights), biases = lapply(layers, function(layer) layer$biases))
  )
  if (!is.null(network$scaling)) {
    fit$inputs[c("center", "scale")] <- network$scaling
    fit$settings$standardize <- TRUE
  }
  fit["call"] <- list(NULL)
  fit$imported <- producer
  fit
}
