# The layers of a network as their numbers lie: how many weights and biases each has, which is the engine's to say, and what these are called.

# Of settings, or of what the engine is told: for each layer `rows` and `columns` of its weights, `biases`, and copies of a row that come in (`copies_in`)
# and go out (`copies`). Of a chain of dense layers no one needs to be asked.
layer_shapes <- function(settings) {
  sizes <- settings$sizes
  layers <- settings[["layers"]]
  if (is.null(layers)) {
    n <- length(sizes)
    one <- rep(1L, n - 1L)
    return(list(sizes = sizes, rows = sizes[-n], columns = sizes[-1L], biases = sizes[-1L], copies_in = one, copies = one))
  }
  key <- list(sizes, layers)
  if (!identical(key, session$shapes$key)) {
    session$shapes <- list(key = key, value = answered(engine_layers(list(sizes = as.integer(sizes), layers = layers))))
  }
  session$shapes$value
}

count_of_shapes <- function(shapes) sum(as.double(shapes$rows) * shapes$columns + shapes$biases)

# Whether the engine takes these as layers of these sizes.
are_engine_layers <- function(layers, sizes) {
  if (!is_plain_list(layers) || length(layers) != length(sizes) - 1L || !all(vapply(layers, is_plain_list, NA))) {
    return(FALSE)
  }
  answer <- engine_layers(list(sizes = as.integer(sizes), layers = layers))
  named <- function(layer) layer$kind != "embedding" || is_texts(layer[["names"]], length(layer$first))
  is.null(answer$error) && identical(answer$sizes, as.integer(sizes)) && is_output_kind(layers) && all(vapply(layers, named, NA))
}

# The outputs are made by dense layers or heads, and a skip may follow.
is_output_kind <- function(layers) {
  kinds <- kinds_of_layers(layers)
  last <- length(kinds)
  kinds[last] %in% c("dense", "heads") || (last > 1L && kinds[last] == "skip" && kinds[last - 1L] %in% c("dense", "heads"))
}

# Names of rows and columns of each layer's weights, of its biases, and of what goes out.
layer_labels <- function(fit) {
  settings <- fit$settings
  shapes <- layer_shapes(settings)
  layers <- settings[["layers"]]
  last <- length(shapes$rows)
  output <- if (is.null(layers)) last else output_layer(layers)
  outputs <- named_outputs(fit)
  out <- list(input_names(fit))
  labels <- vector("list", last)
  for (l in seq_len(last)) {
    units <- if (l >= output) outputs else unit_names(shapes$sizes[l + 1L])
    labels[[l]] <- label_layer(layer_at(settings, l), out[[l]], units, out, shapes, l)
    out[[l + 1L]] <- labels[[l]]$out
  }
  labels
}

# `from` are the names of what comes in, `units` those of what a dense layer gives, `before` those of all layers before, the inputs' first.
label_layer <- function(layer, from, units, before, shapes, l) {
  members <- function(of) paste0("m", rep(seq_len(shapes$copies[l]), each = length(of)), ":", of)
  label <- function(rows, columns, biases = NULL, out = from) list(rows = rows, columns = columns, biases = as.character(biases), out = out)
  switch(layer$kind,
    dense = label(from, units, if (layer$bias) units, units),
    heads = label(members(from), units, if (layer$bias) members(units), units),
    scale = label(if (layer$of_members) paste0("m", seq_len(shapes$rows[l])) else "factor", from),
    embedding = {
      groups <- Map(function(first, width) seq.int(first, length.out = width), layer$first, layer$width)
      made <- names_made(layer$names, layer$size)
      label(from[unlist(groups)], paste0("e", seq_len(layer$size)), if (layer$bias) made, c(from[-unlist(groups)], made))
    },
    periodic = {
      waves <- layer$frequencies
      outputs <- layer$size - layer$keeps
      of_waves <- if (layer$keeps) paste0("cos", seq_len(waves)) else c(paste0("sin", seq_len(waves)), paste0("cos", seq_len(waves)))
      ends <- utils::tail(seq_len(layer$size), outputs)
      columns <- c(
        paste0("frequency", seq_len(waves)), if (layer$keeps) paste0("phase", seq_len(waves)),
        as.vector(outer(ends, of_waves, function(end, wave) paste0(wave, ".e", end)))
      )
      label(from[layer$columns], columns, paste0(rep(from[layer$columns], each = outputs), ".e", ends), c(from[-layer$columns], names_made(from[layer$columns], layer$size)))
    },
    parametric = label(if (is.null(layer$curve)) "slope" else "share", from),
    norm = label("gain", from, from),
    skip = label(if (layer$weights) before[[layer$from + 1L]], if (layer$weights) from),
    members = label(if (layer$adapters) paste0("m", seq_len(layer$count)), if (layer$adapters) from)
  )
}

# What each layer of a fit is called in lists: "hidden1", "output", or by its kind.
titles_of_layers <- function(fit) {
  settings <- fit$settings
  last <- length(settings$sizes) - 1L
  layers <- settings[["layers"]]
  if (is.null(layers) || is.null(settings[["architecture"]])) {
    return(c(paste0("hidden", seq_len(last - 1L))[seq_len(last - 1L)], "output"))
  }
  output <- output_layer(layers)
  kinds <- vapply(settings$architecture$layers, function(layer) layer$name, "")
  c(paste0(kinds, seq_along(kinds)), "output", if (last > output) "skip")
}

# Places of layer l in the vector of all parameters: of its weights, a matrix, and of its biases.
places_of_layer <- function(shapes, l) {
  counts <- as.double(shapes$rows) * shapes$columns
  before <- sum(counts[seq_len(l - 1L)] + shapes$biases[seq_len(l - 1L)])
  weights <- counts[l]
  list(
    weights = matrix(before + seq_len(weights), shapes$rows[l], shapes$columns[l]), biases = before + weights + seq_len(shapes$biases[l])
  )
}

# A matrix of places whose rows are inputs and, last, the biases: of a dense layer.
dense_places <- function(shapes, l) {
  at <- places_of_layer(shapes, l)
  if (length(at$biases) > 0L) rbind(at$weights, at$biases, deparse.level = 0) else at$weights
}

# Layers that are linear in the inputs and have a weight for each: a list of `at` (dense_places()) and `bias` (whether these have biases).
input_maps <- function(settings) {
  shapes <- layer_shapes(settings)
  layers <- settings[["layers"]]
  if (is.null(layers)) {
    return(list(list(at = dense_places(shapes, 1L), bias = TRUE)))
  }
  maps <- list()
  if (layers[[1L]]$kind == "dense") maps <- list(list(at = dense_places(shapes, 1L), bias = shapes$biases[1L] > 0L))
  last <- length(layers)
  output <- output_layer(layers)
  if (output < last && layers[[last]]$from == 0L && layers[[output]]$kind == "dense") {
    biases <- places_of_layer(shapes, output)$biases
    at <- places_of_layer(shapes, last)$weights
    maps <- c(maps, list(list(at = if (length(biases) > 0L) rbind(at, biases, deparse.level = 0) else at, bias = length(biases) > 0L)))
  }
  maps
}

# Places of what leads to the outputs, a column for each, and the biases among them.
output_places <- function(settings) {
  shapes <- layer_shapes(settings)
  layers <- settings[["layers"]]
  last <- length(settings$sizes) - 1L
  output <- if (is.null(layers)) last else output_layer(layers)
  at <- places_of_layer(shapes, output)
  biases <- matrix(at$biases, ncol = last_size(list(settings = settings)), byrow = TRUE)
  behind <- if (output < last) places_of_layer(shapes, last)$weights
  list(all = rbind(at$weights, behind, biases, deparse.level = 0), biases = biases)
}

# Parameters of layers that do not learn.
frozen_places <- function(settings) {
  frozen <- which(vapply(settings[["layers"]], function(layer) identical(as.double(setting(layer$lr_factor, 1)), 0), NA))
  if (length(frozen) > 0L) unlist(lapply(frozen, function(l) places_of_layer(layer_shapes(settings), l)), use.names = FALSE) else integer()
}

# A layer as the engine is told of it.
layer_at <- function(settings, l) {
  layers <- settings[["layers"]]
  if (is.null(layers)) list(kind = "dense", bias = TRUE) else layers[[l]]
}
