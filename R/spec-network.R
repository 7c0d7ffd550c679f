# From layers as described (spec-layers.R) to layers as the engine takes them: columns by number, units of all layers, and what the call's
# `activation`, `dropout`, `init` and `bias` are for each. What the network is then is asked of the engine, see layer_shapes().

# What a network is, other than a chain of dense layers with biases that learn alike; of such a chain NULL. `inputs` is that of resolve_specification().
# Elements: sizes, layers (the engine's, output layer included), activation (of all layers but the last), hidden (units of the dense layers between inputs
# and outputs), dense (which layers these are), described (each dense layer as described), architecture (NULL where `hidden` was a vector), from_start.
describe_network <- function(settings, typed, inputs, outputs) {
  start <- settings$start
  hidden <- settings$hidden
  bias <- check_flag(settings$bias, "bias")
  earlier <- if (inherits(start, "nn_fit")) start$settings
  if (!is.null(earlier)) {
    if (bias != setting(earlier$bias, TRUE)) {
      stop_start(
        "{.arg bias} must be that of {.arg start}, {.val {then}}.", "Leave {.arg bias} out: it is read from {.arg start}.",
        then = setting(earlier$bias, TRUE)
      )
    }
    if (!"hidden" %in% typed || (is.null(earlier[["architecture"]]) && !is_layers(hidden))) {
      return(network_of_fit(earlier))
    }
  }
  if (is_layers(hidden)) {
    check_described(hidden)
    made <- make_layers(hidden, settings, bias, inputs, outputs)
  } else if (!bias) {
    hidden <- if (is.list(start) && is.list(start$weights) && !"hidden" %in% typed) units_of_start(start) else check_hidden(hidden)
    made <- make_layers(do.call(nn_layers, as.list(hidden)), settings, FALSE, inputs, outputs)
    made["architecture"] <- list(NULL)
  } else {
    made <- NULL
  }
  if (!is.null(earlier)) {
    asked <- if (is.null(made)) make_layers(do.call(nn_layers, as.list(check_hidden(hidden))), settings, bias, inputs, outputs) else made
    if (!same_layers(asked, earlier)) {
      stop_start(
        "{.arg hidden} is another network than that of {.arg start}.",
        "Leave {.arg hidden} out: it is read from {.arg start}. Only {.arg lr_factor} and {.arg decay_factor} of layers may be others."
      )
    }
  }
  made
}

# Whether a description is what a fit has, but for how fast layers learn.
same_layers <- function(asked, settings) {
  there <- settings[["layers"]]
  if (is.null(there)) there <- rep(list(list(kind = "dense", bias = TRUE)), length(settings$sizes) - 1L)
  kept <- function(layers) lapply(layers, function(layer) layer[setdiff(names(layer), c("lr_factor", "decay_factor"))])
  identical(as.double(asked$sizes), as.double(settings$sizes)) && identical(kept(asked$all), kept(there))
}

network_of_fit <- function(settings) {
  layers <- settings[["layers"]]
  if (is.null(layers)) {
    return(NULL)
  }
  architecture <- settings[["architecture"]]
  dense <- hidden_dense(layers)
  described <- if (is.null(architecture)) {
    lapply(settings$hidden, layer_dense)
  } else {
    dense_layers(architecture)
  }
  list(
    sizes = settings$sizes, layers = layers, activation = settings$activation, hidden = settings$hidden, dense = dense,
    described = described, architecture = architecture, from_start = TRUE
  )
}

# Units of a typed start that has no biases.
units_of_start <- function(start) {
  columns <- unlist(lapply(start$weights, NCOL))
  as.integer(columns[-length(columns)])
}

# The dense layers of a description.
dense_layers <- function(architecture) Filter(function(layer) layer$name == "dense", architecture$layers)

kinds_of_layers <- function(layers) vapply(layers, function(layer) layer$kind, "")

# Which layer makes the outputs, of which a skip behind it takes what the inputs give beside.
output_layer <- function(layers) if (layers[[length(layers)]]$kind == "skip") length(layers) - 1L else length(layers)

# The dense layers between inputs and outputs.
hidden_dense <- function(layers) setdiff(which(kinds_of_layers(layers) == "dense"), output_layer(layers))

# A description as the engine takes it.
make_layers <- function(architecture, settings, bias, inputs, outputs) {
  described <- architecture$layers
  network <- list(sizes = as.integer(inputs$p), layers = list(), copies = 1L, columns = inputs$columns, bias = bias)
  dense <- which(vapply(described, function(layer) layer$name == "dense", NA))
  activation <- activations_of(described[dense], settings)
  of_layers <- character()
  for (l in seq_along(described)) {
    layer <- described[[l]]
    network <- add_layer(network, layer, l)
    own <- if (l %in% dense) activation[match(l, dense)] else if (layer$name %in% c("norm", "skip")) layer$activation else "linear"
    of_layers <- c(of_layers, own)
  }
  heads <- architecture$heads && network$copies > 1L
  network <- push_layer(network, list(kind = if (heads) "heads" else "dense", bias = bias), outputs)
  if (architecture$skip) {
    of_layers <- c(of_layers, "linear")
    network <- push_layer(network, list(kind = "skip", from = 0L, width = network$sizes[1L], weights = TRUE), 0L)
  }
  plain <- all(vapply(network$layers, is_plain_layer, NA))
  units <- network$sizes[dense + 1L]
  list(
    sizes = network$sizes, layers = if (!plain) network$layers, all = network$layers, activation = of_layers, hidden = units, dense = dense,
    described = described[dense], architecture = if (!plain) architecture, from_start = FALSE
  )
}

is_plain_layer <- function(layer) {
  layer$kind == "dense" && layer$bias && setting(layer$lr_factor, 1) == 1 && setting(layer$decay_factor, 1) == 1
}

# The activation of each dense layer: its own, or else the call's.
activations_of <- function(described, settings) {
  own <- lapply(described, function(layer) layer$activation)
  typed <- resolve_activation(settings$activation, described, own = settings$own_activations)
  as.character(unlist(Map(function(own, call) if (is.null(own)) call else own, own, typed)))
}

# `units` of 0 are those that the kind says by itself.
push_layer <- function(network, layer, units) {
  layers <- c(network$layers, list(layer))
  sizes <- c(network$sizes, if (is.double(units) && units > .Machine$integer.max) .Machine$integer.max else as.integer(units))
  shapes <- answered(engine_layers(list(sizes = sizes, layers = layers)))
  network[c("layers", "sizes", "copies")] <- list(layers, shapes$sizes, shapes$copies[length(layers)])
  network
}

# One described layer, by its number.
add_layer <- function(network, layer, l) {
  network$number <- l
  made <- switch(layer$name,
    dense = list(layer = list(kind = "dense", bias = layer$bias && network$bias), units = layer$units),
    scale = list(layer = list(kind = "scale", of_members = layer$of_members), columns = network$columns),
    embedding = make_embedding(layer, network),
    piecewise = make_piecewise(layer, network),
    periodic = make_periodic(layer, network),
    parametric = list(layer = c(list(kind = "parametric"), if (!is.null(layer$activation)) list(curve = layer$activation))),
    norm = list(layer = list(kind = "norm")),
    skip = make_skip(layer, network),
    members = make_members(layer, network)
  )
  network["columns"] <- list(made$columns)
  factors <- layer[c("lr_factor", "decay_factor")]
  push_layer(network, c(made$layer, unclass(factors)), setting(made$units, 0L))
}

make_members <- function(layer, network) {
  if (any(kinds_of_layers(network$layers) == "members")) {
    stop_layer(network, layer, "There are members already: members have no members.", "One {.fn layer_members} is enough.")
  }
  list(layer = list(kind = "members", count = layer$k, adapters = layer$adapters), columns = network$columns)
}

make_skip <- function(layer, network) {
  sizes <- network$sizes
  before <- length(sizes) - 1L
  width <- sizes[before + 1L]
  from <- layer$from
  if (before == 0L) {
    stop_layer(network, layer, "There is nothing before it but the inputs, which it would add to themselves.", "Put it behind a layer.")
  }
  if (is.null(from)) {
    from <- if (layer$weights) 0L else utils::tail(which(sizes[seq_len(before)] == width), 1L) - 1L
    if (length(from) == 0L) {
      stop_layer(
        network, layer, "No layer before it has {width} unit{?s}, as what comes in has.",
        "Layers have {describe_widths(sizes)}; {.code weights = TRUE} takes any number of units.",
        width = width, sizes = sizes
      )
    }
  }
  if (from >= before) {
    stop_layer(
      network, layer, "Its {.arg from} is {from}; it can be the number of a layer from 0 (the inputs) to {before - 1}, since layer {before} is what comes in.",
      "Layers are numbered from 1.",
      from = from, before = before
    )
  }
  if (!layer$weights && sizes[from + 1L] != width) {
    stop_layer(
      network, layer, "{sizes[from + 1]} number{?s} of {if (from == 0) 'the inputs' else paste('layer', from)} cannot be added to {width}.",
      "{.code weights = TRUE} takes any number of units; else both must have as many.",
      sizes = sizes, from = from, width = width
    )
  }
  list(layer = list(kind = "skip", from = from, width = sizes[from + 1L], weights = layer$weights))
}

describe_widths <- function(sizes) paste(sizes, collapse = ", ")

# ---- layers of inputs ------------------------------------------------------------------------------

# What is known of the numbers that come in while they still are the inputs, or made of single ones: their `names`; of indicators which `factor` they are of;
# of bins which `column`; and which are `number`s other than zeros and ones. `groups`: factors of which all there is is in products.
describe_columns <- function(x, blueprint, encoding, binary = columns_of_zeros_and_ones(x)) {
  p <- ncol(x)
  names <- colnames(x)
  if (is.null(names)) names <- paste0("x", seq_len(p))
  factor <- rep(NA_character_, p)
  variables <- character()
  design <- if (!identical(blueprint$kind, "matrix")) blueprint$design
  if (!is.null(design)) {
    variables <- stats::setNames(vapply(design$variables, function(variable) variable$kind, ""), vapply(design$variables, function(variable) variable$name, ""))
    place <- 0L
    for (term in design$terms) {
      width <- as.integer(count_inputs(list(terms = list(term), variables = design$variables)))
      if (length(term$at) == 1L && is_indicator(term, design)) factor[place + seq_len(width)] <- design$variables[[term$at]]$name
      place <- place + width
    }
  }
  bins <- if (is.null(encoding$edges)) integer(p) else pmax(lengths(encoding$edges) - 1L, 0L)
  list(
    names = encoded_names(names, encoding), factor = c(factor, rep(NA, sum(bins))), column = c(rep(NA, p), rep(names, bins)),
    number = c(!binary, logical(sum(bins))), binary = c(binary, logical(sum(bins))), variables = variables, table = !is.null(design)
  )
}

needs_columns <- function(hidden) {
  is_layers(hidden) && any(vapply(hidden$layers, function(layer) layer$name %in% c("embedding", "piecewise", "periodic"), NA))
}

# The columns, where they are still those.
columns_for <- function(layer, network) {
  if (is.null(network$columns)) {
    stop_layer(
      network, layer, "It is of inputs, and a layer before it has mixed these.",
      "Put it in front; before it only others of inputs may stand, {.fn layer_scale} and {.fn layer_members}."
    )
  }
  network$columns
}

# The names that groups of columns become, behind those that pass.
columns_made <- function(columns, at, made) {
  stays <- setdiff(seq_along(columns$names), at)
  new <- length(made)
  columns$names <- c(columns$names[stays], made)
  columns$factor <- c(columns$factor[stays], rep(NA, new))
  columns$column <- c(columns$column[stays], rep(NA, new))
  columns$number <- c(columns$number[stays], logical(new))
  columns$binary <- c(columns$binary[stays], logical(new))
  columns
}

names_made <- function(groups, size) paste0(rep(groups, each = size), ".e", seq_len(size))

embed_groups <- function(layer, network, columns, groups) {
  levels <- sum(lengths(groups))
  if (levels * layer$size > .Machine$integer.max) {
    size <- layer$size
    stop_layer(
      network, layer, "{levels} levels of {size} numbers each are more numbers than can be counted, {most}.",
      "Merge rare levels ({.arg rare_levels}), or use a smaller {.arg size}.", levels = levels, size = size, most = .Machine$integer.max
    )
  }
  list(
    layer = list(
      kind = "embedding", first = vapply(groups, min, 0L, USE.NAMES = FALSE), width = unname(lengths(groups)), size = layer$size,
      bias = layer$bias && network$bias, names = names(groups)
    ),
    columns = columns_made(columns, unlist(groups), names_made(names(groups), layer$size))
  )
}

make_embedding <- function(layer, network) {
  columns <- columns_for(layer, network)
  asked <- layer$columns
  if (is.list(asked)) {
    return(embed_groups(layer, network, columns, groups_typed(layer, network, columns)))
  }
  there <- unique(columns$factor[!is.na(columns$factor)])
  groups <- lapply(stats::setNames(nm = there), function(name) which(columns$factor %in% name))
  if (is.null(asked)) {
    groups <- groups[lengths(groups) > 2L]
    if (length(groups) == 0L) {
      stop_layer(
        network, layer, "There is no factor with more than two levels among the inputs.",
        if (columns$table) "Name factors of fewer: {.code columns = \"name\"}." else "Give a data frame with factors; or groups of columns of zeros and ones, as a list: {.code columns = list(city = 3:9)}."
      )
    }
    return(embed_groups(layer, network, columns, groups))
  }
  wrong <- setdiff(asked, there)
  if (length(wrong) > 0L) {
    name <- wrong[1L]
    kind <- if (name %in% names(columns$variables)) columns$variables[[name]] else "none"
    if (!columns$table) {
      stop_layer(
        network, layer, "A matrix has no factors, and {.val {name}} is none.",
        "Give a data frame; or groups of columns of zeros and ones, as a list: {.code columns = list(city = 3:9)}.", name = name
      )
    }
    if (kind == "levels") {
      stop_layer(
        network, layer, "{.val {name}} is not among the inputs by itself.",
        "A factor is embedded once, and not where it stands in products alone: add its main effect to the formula.", name = name
      )
    }
    if (kind != "none") {
      stop_layer(network, layer, "{.val {name}} is no factor.", "{.code factor({name})} makes one; {.fn layer_periodic} and {.fn layer_piecewise} are for numbers.", name = name)
    }
    stop_unknown_column(layer, network, name, there, "Factors")
  }
  groups <- groups[asked]
  embed_groups(layer, network, columns, groups[order(vapply(groups, min, 0L))])
}

# Groups of columns by name or number; each stands together.
groups_typed <- function(layer, network, columns) {
  groups <- layer$columns
  names <- names(groups)
  if (is.null(names)) names <- rep("", length(groups))
  names[!nzchar(names)] <- paste0("group", seq_along(groups))[!nzchar(names)]
  found <- lapply(groups, function(group) {
    at <- if (is.character(group)) match(group, columns$names) else as.integer(group)
    if (anyNA(at) || any(at > length(columns$names))) {
      name <- as.character(group[is.na(at) | at > length(columns$names)][1L])
      stop_unknown_column(layer, network, name, columns$names, "Columns")
    }
    at <- sort(at)
    if (anyDuplicated(at) > 0L || any(diff(at) != 1L)) {
      stop_layer(network, layer, "The columns of a group must stand side by side.", "Reorder the columns of {.arg X}.")
    }
    if (!all(columns$binary[at])) {
      name <- columns$names[at][!columns$binary[at]][1L]
      stop_layer(network, layer, "Column {.val {name}} has other numbers than zeros and ones.", "Only columns of zeros and ones stand for levels.", name = name)
    }
    at
  })
  if (anyDuplicated(unlist(found)) > 0L) {
    stop_layer(network, layer, "A column is in two groups.", "Give each column to one.")
  }
  names(found) <- names
  found[order(vapply(found, min, 0L))]
}

make_piecewise <- function(layer, network) {
  columns <- columns_for(layer, network)
  there <- unique(columns$column[!is.na(columns$column)])
  wanted <- if (is.null(layer$columns)) there else intersect(there, layer$columns)
  if (length(wanted) == 0L) {
    stop_layer(
      network, layer, "No input has bins: there is no number with three values or more among the columns that it names.",
      "Leave the layer out, or name other columns."
    )
  }
  groups <- lapply(stats::setNames(nm = wanted), function(name) which(columns$column %in% name))
  embed_groups(layer, network, columns, groups)
}

make_periodic <- function(layer, network) {
  columns <- columns_for(layer, network)
  at <- if (is.null(layer$columns)) {
    which(columns$number)
  } else {
    match(layer$columns, columns$names)
  }
  if (anyNA(at)) {
    name <- layer$columns[is.na(at)][1L]
    if (name %in% names(columns$variables) && columns$variables[[name]] == "levels") {
      stop_layer(network, layer, "{.val {name}} is a factor.", "{.fn layer_embedding} is for factors.", name = name)
    }
    stop_unknown_column(layer, network, name, columns$names[columns$number], "Numbers")
  }
  if (length(at) == 0L) {
    stop_layer(network, layer, "There is no numeric input but of zeros and ones.", "Leave it out, or name columns.")
  }
  at <- sort(at)
  made <- names_made(columns$names[at], layer$size)
  list(
    layer = list(
      kind = "periodic", columns = at, frequencies = layer$frequencies, size = layer$size, keeps = layer$waves == "pbld", sigma = layer$sigma
    ),
    columns = columns_made(columns, at, made)
  )
}

stop_unknown_column <- function(layer, network, name, there, what) {
  near <- nearest(name, there)
  stop_layer(
    network, layer, "{.val {name}} is not among the inputs.",
    c(if (!is.null(near)) "Did you mean {.val {near}}?", if (length(there) > 0L) "{what}: {.val {there}}." else "There are none."),
    name = name, near = near, there = utils::head(there, 20L), what = what
  )
}

# `...` are the values that the texts mention.
stop_layer <- function(network, layer, message, hint, ...) {
  made_by <- paste0("layer_", layer$name)
  env <- list2env(list(..., number = network$number, made_by = made_by), parent = environment())
  stop_backprop("layer", c("Layer {number} of {.arg hidden}, {.fn {made_by}}, does not fit.", x = message, stats::setNames(hint, rep("i", length(hint)))), .envir = env)
}

# ---- what goes with layers -------------------------------------------------------------------------

# The bins that layers of a description ask for instead of `embed`.
embed_of_layers <- function(settings, typed) {
  hidden <- settings$hidden
  if (inherits(settings$start, "nn_fit") || !is_layers(hidden)) {
    return(read_embed(settings$embed))
  }
  check_described(hidden)
  piecewise <- Filter(function(layer) layer$name == "piecewise", hidden$layers)
  if (length(piecewise) == 0L) {
    return(read_embed(settings$embed))
  }
  if ("embed" %in% typed && !is.null(read_embed(settings$embed))) {
    stop_incompatible("{.arg embed} and {.fn layer_piecewise} both make bins.", "Leave {.arg embed} out: the layer says which.")
  }
  bins <- unique(vapply(piecewise, function(layer) layer$bins, 0))
  if (length(bins) > 1L) {
    stop_incompatible("Layers of {.fn layer_piecewise} ask for {bins} bins.", "All must ask for the same.", bins = bins)
  }
  columns <- lapply(piecewise, function(layer) layer$columns)
  embed_piecewise(bins, if (!any(vapply(columns, is.null, NA))) unique(unlist(columns)))
}

# L-BFGS looks for one step of all parameters; a Cox model compares rows, of which members have several.
check_network_goes_with <- function(network, optimizer, family) {
  kinds <- kinds_of_layers(network$layers)
  factors <- vapply(network$layers, function(layer) as.double(setting(layer$lr_factor, 1)), 0)
  wrong <- which(!factors %in% c(0, 1))
  if (optimizer == "lbfgs" && length(wrong) > 0L) {
    factor <- factors[wrong[1L]]
    stop_incompatible(
      "{.code optimizer = \"lbfgs\"} takes one step of all layers; layer {l} has {.code lr_factor = {factor}}.",
      "0 freezes a layer; other factors go with the other optimizers, such as {.val adam}.",
      l = wrong[1L], factor = factor
    )
  }
  if ("members" %in% kinds && isTRUE(family$all_rows)) {
    stop_incompatible(
      "{.fn layer_members} does not go with {.code family = \"{name}\"}, whose loss compares all rows with each other.",
      "Leave the members out, or use {.code family = \"discrete_hazard\"}.", name = family$family
    )
  }
}

# One for each layer of the engine but the last, where `given` are for the dense layers alone.
for_engine_layers <- function(network, given, other) {
  all <- rep(other, length(network$layers) - 1L)
  all[network$dense] <- given
  all
}

# Dropout of each dense layer: its own, or the call's.
own_dropout <- function(network, dropout) {
  if (length(network$described) == 0L) {
    return(numeric())
  }
  if (is.null(dropout)) dropout <- numeric(length(network$described))
  own <- lapply(network$described, function(layer) layer$dropout)
  unlist(Map(function(own, call) if (is.null(own)) call else own, own, dropout))
}
