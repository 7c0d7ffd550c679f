# Where training starts from: weights and biases given as a list, or an earlier fit.

# `start` as the engine takes it, with `hidden` read off the shapes; NULL when there is none.
# `inputs` and `outputs` are what the data ask for, `own` how many parameters the family has of its own, under `loss`; `network` is from describe_network().
read_start <- function(start, inputs, outputs, own, loss, network = NULL) {
  if (is.null(start)) {
    return(NULL)
  }
  layers <- if (inherits(start, "nn_fit")) layers_of_settings(start$settings) else network
  if (inherits(start, "nn_fit")) {
    # Where the best weights were restored, training goes on from the last ones.
    from <- if (is.null(start$last)) start else start$last
    numbers <- from[c("weights", "biases", "ancillary")]
    # Of a fit that came without what its optimizer remembered (nn_import()) there is nothing to take over.
    state <- if (from$optimizer_state$steps > 0 || length(from$optimizer_state$slots) > 0L) from$optimizer_state
    if (start$settings$loss != loss && (own > 0 || length(numbers$ancillary) > 0L)) {
      # Those of one family say nothing to another, nor does what an optimizer remembers of them.
      numbers["ancillary"] <- list(NULL)
      state <- NULL
    }
    done <- start$epochs_done
  } else {
    numbers <- check_start_list(start)
    state <- NULL
    done <- 0L
  }
  sizes <- if (is.null(layers)) check_shapes(numbers) else check_shapes_of_layers(numbers, layers)
  if (sizes[1L] != inputs) {
    stop_start(
      "{.arg start} has {found} input{?s}, but the data have {wanted}.",
      "{.code start$weights[[1]]} must have one row for each column of {.arg X}.",
      found = sizes[1L], wanted = inputs
    )
  }
  last <- length(sizes)
  if (sizes[last] != outputs) {
    stop_start(
      "{.arg start} has {found} output{?s}, but the outcome takes {wanted}.",
      "The last matrix of {.code start$weights} must have one column for each output.",
      found = sizes[last], wanted = outputs
    )
  }
  if (!length(numbers$ancillary) %in% c(0, own)) {
    stop_start(
      "{.code start$ancillary} has {found} number{?s}, but the family has {own} of its own.",
      "Leave it out to begin where the outcome suggests.",
      found = length(numbers$ancillary), own = own
    )
  }
  list(
    weights = numbers$weights, biases = numbers$biases, ancillary = numbers$ancillary, optimizer_state = state,
    epochs_done = done, hidden = sizes[-c(1L, last)]
  )
}

check_start_list <- function(start) {
  if (!is.list(start) || is.null(start$weights) || is.null(start$biases)) {
    found <- describe_value(start)
    stop_start(
      "{.arg start} must be an earlier fit or a list with {.field weights} and {.field biases}, not {found}.",
      "{.fn nn_init} makes one.",
      found = if (is.list(start)) "a list without them" else found
    )
  }
  weights <- start$weights
  biases <- start$biases
  if (!is.list(weights) || !is.list(biases) || length(weights) != length(biases) || length(weights) == 0L) {
    stop_start(
      "{.code start$weights} and {.code start$biases} must be lists of one length, one element for each layer.",
      "{.fn nn_init} makes a start of the right form."
    )
  }
  for (l in seq_along(weights)) {
    w <- weights[[l]]
    b <- biases[[l]]
    if (!is.matrix(w) || !is.numeric(w) || !is.numeric(b) || !all(is.finite(w), is.finite(b))) {
      stop_start(
        "Layer {l} of {.arg start} must hold a numeric matrix of weights and numeric biases, all finite.",
        "{.code start$weights[[{l}]]} is [inputs x units], {.code start$biases[[{l}]]} has one number per unit.",
        l = l
      )
    }
    weights[[l]] <- matrix(as.double(unclass(w)), nrow(w), ncol(w))
    biases[[l]] <- as.double(unclass(b))
  }
  own <- start$ancillary
  if (!is.null(own) && !(is_bare_number(own) && all(is.finite(own)))) {
    stop_start(
      "{.code start$ancillary} must be finite numbers, the family's own parameters as {.code fit$ancillary} has them.",
      "Leave it out to begin where the outcome suggests."
    )
  }
  list(weights = unname(weights), biases = unname(biases), ancillary = if (length(own) > 0L) as.double(own))
}

# What layer_shapes() needs of a fit that is no chain of dense layers; else NULL.
layers_of_settings <- function(settings) if (!is.null(settings[["layers"]])) settings[c("sizes", "layers")]

# The same of a network of layers of several kinds.
check_shapes_of_layers <- function(numbers, network) {
  shapes <- layer_shapes(network)
  kinds <- kinds_of_layers(network$layers)
  if (length(numbers$weights) != length(kinds)) {
    stop_start(
      "{.code start$weights} has {found} element{?s}, but the network has {wanted} layers, the output layer included.",
      "They are {.val {kinds}}.",
      found = length(numbers$weights), wanted = length(kinds), kinds = kinds
    )
  }
  for (l in seq_along(kinds)) {
    found <- dim(numbers$weights[[l]])
    wanted <- c(shapes$rows[l], shapes$columns[l])
    biases <- length(numbers$biases[[l]])
    if (any(found != wanted) || biases != shapes$biases[l]) {
      stop_start(
        "Layer {l} of {.arg start} has a {found[1]} x {found[2]} matrix of weights and {biases} biases; {.val {kind}} there needs {wanted[1]} x {wanted[2]} and {needed}.",
        "{.code nn_train(epochs = 0)} makes a network of the right form.",
        l = l, found = found, biases = biases, kind = kinds[l], wanted = wanted, needed = shapes$biases[l]
      )
    }
  }
  as.double(shapes$sizes)
}

# Layer sizes, inputs first; each layer must take what the one before gives.
check_shapes <- function(network) {
  weights <- network$weights
  sizes <- nrow(weights[[1L]])
  for (l in seq_along(weights)) {
    rows <- nrow(weights[[l]])
    if (rows != sizes[l]) {
      stop_start(
        "{.code start$weights[[{l}]]} has {rows} row{?s}, but the layer before it has {units} unit{?s}.",
        "Weights are [inputs x units].",
        l = l, rows = rows, units = sizes[l]
      )
    }
    units <- ncol(weights[[l]])
    biases <- length(network$biases[[l]])
    if (biases != units) {
      stop_start(
        "{.code start$biases[[{l}]]} has {biases} value{?s}, but layer {l} has {units} unit{?s}.",
        "Give one bias for each unit, as a vector or a matrix of one row.",
        l = l, biases = biases, units = units
      )
    }
    sizes <- c(sizes, units)
  }
  sizes
}

# `...` are the values that the two texts mention.
stop_start <- function(message, hint, ...) {
  stop_backprop("start", c(message, i = hint), .envir = list2env(list(...), parent = environment()))
}
