# All weights and biases as one vector: its order, its names, and what of it the data can tell.

# Of `weights`, `biases` and, where there are any, `ancillary` in a list. Layer by layer: the weights unit by unit, then the biases; at last
# the family's own. The order of the engine's Hessian.
as_parameters <- function(network) {
  c(unlist(Map(c, network$weights, network$biases), use.names = FALSE), network$ancillary)
}

# The other way round, in the shapes of `weights` and `biases`; what is left are the family's own parameters.
as_layers <- function(parameters, weights, biases = lapply(weights, function(w) numeric(ncol(w)))) {
  place <- 0L
  for (l in seq_along(weights)) {
    size <- length(weights[[l]])
    units <- length(biases[[l]])
    weights[[l]][] <- parameters[place + seq_len(size)]
    biases[[l]] <- parameters[place + size + seq_len(units)]
    place <- place + size + units
  }
  list(weights = weights, biases = biases, ancillary = parameters[-seq_len(place)])
}

# Bytes of a parameter with its name, while names are put together.
bytes_of_named <- 200

# "layer1:x1->h1", "layer1:bias->h1", ...
parameter_names <- function(fit) {
  labels <- layer_labels(fit)
  of_layers <- lapply(seq_along(labels), function(l) {
    ends <- parameter_ends(labels[[l]])
    paste0("layer", l, ":", ends$from, "->", ends$to, recycle0 = TRUE)
  })
  c(unlist(of_layers), own_names(fit))
}

# What each parameter of a layer leads `from` and `to`, by layer_labels().
parameter_ends <- function(of) {
  from <- c(rep(of$rows, length(of$columns)), rep("bias", length(of$biases)))
  list(from = from, to = if (length(from) > 0L) c(rep(of$columns, each = length(of$rows)), of$biases) else from)
}

# A row for each parameter: its name as `term`, the title of its `layer`, and what it leads `from` and `to`.
parameter_table <- function(fit) {
  ends <- lapply(layer_labels(fit), parameter_ends)
  none <- rep(NA_character_, length(own_names(fit)))
  part <- function(name) c(unlist(lapply(ends, function(one) one[[name]])), none)
  layer <- c(rep(titles_of_layers(fit), vapply(ends, function(one) length(one$from), 0L)), none)
  as_plain_table(list(term = parameter_names(fit), layer = layer, from = part("from"), to = part("to")), length(layer))
}

# "log theta", ...: a family's own parameters as they are trained.
own_names <- function(fit) {
  count <- length(own_parameters(fit))
  if (count == 0L) {
    return(character())
  }
  own <- family_of(fit)$own
  if (count == 1L) own else paste0(own, seq_len(count))
}

# What the data can tell of the parameters. Two kinds of them are redundant by construction: the inputs of the
# first layer may be linearly dependent (the columns of a factor sum to 1, which the bias is there for), and softmax does not change when all
# its units are shifted alike. As in glm() and nnet::multinom(), the others then are contrasts to what is left out: to the
# first level of the factor, to the first level of the outcome. Elements: `keep`, the places left; `contrasts`, the matrix that makes
# the contrasts from all parameters.
identify_parameters <- function(problem, x = scale_inputs(problem)) {
  check_room_for_aliases(problem)
  count <- count_parameters(problem$fit)
  contrasts <- diag(count)
  maps <- aliased_maps(x, problem$fit)
  for (map in maps) {
    for (unit in seq_len(ncol(map$at))) {
      contrasts[map$at[map$kept, unit], map$at[map$out, unit]] <- map$coefficients
    }
  }
  if (problem$engine$output == "softmax") {
    at <- output_places(problem$fit$settings)$all
    shift <- diag(count)
    for (unit in seq_len(ncol(at))[-1L]) {
      shift[cbind(at[, unit], at[, 1L])] <- -1
    }
    contrasts <- multiply(shift, contrasts)
  }
  keep <- setdiff(seq_len(count), redundant_places(problem, maps))
  list(keep = keep, contrasts = contrasts[keep, , drop = FALSE])
}

# Layers that are linear in the inputs, where some columns are made up by others: input_maps() with what aliased_columns() says.
aliased_maps <- function(x, fit) {
  maps <- input_maps(fit$settings)
  of <- function(bias) if (any(vapply(maps, function(map) map$bias == bias, NA))) aliased_columns(x, fit, bias)
  aliased <- list(with = of(TRUE), without = of(FALSE))
  maps <- lapply(maps, function(map) c(map, aliased[[if (map$bias) "with" else "without"]]))
  Filter(function(map) length(map$out) > 0L, maps)
}

# Places of parameters that others make up, and of those that do not learn.
redundant_places <- function(problem, maps) {
  settings <- problem$fit$settings
  outputs <- output_places(settings)
  unique(c(
    unlist(lapply(maps, function(map) map$at[map$out, ])),
    # What all rows have alike changes no comparison.
    if (!has_level(problem$fit)) outputs$biases,
    if (problem$engine$output == "softmax") outputs$all[, 1L],
    frozen_places(settings)
  ))
}

# How many parameters the data can tell; the count alone, without the matrices.
count_identified <- function(problem) {
  check_room_for_aliases(problem)
  maps <- aliased_maps(scale_inputs(problem), problem$fit)
  count_parameters(problem$fit) - length(redundant_places(problem, maps))
}

# Whether predictions change when all rows' weighted inputs do alike.
has_level <- function(fit) !isFALSE(family_of(fit)$has_level)

# Dense, scaled, with a column of ones, in another order, decomposed; stored numbers with their places.
check_room_for_aliases <- function(problem) {
  x <- problem$x
  stored <- if (is_sparse(x)) length(unclass(x)$x) else 0
  check_room(
    8 * 5 * as.double(nrow(x)) * (ncol(x) + 1) + 24 * stored,
    paste0("Telling which of ", count_text(ncol(x), "input"), " others make up, over ", count_text(nrow(x), "row"), ","),
    "Give fewer rows, or use a network of fewer inputs.", problem$call
  )
}

scale_inputs <- function(problem) {
  engine <- problem$engine
  if (!is.null(engine$encoding)) {
    # The outputs of a network that passes its inputs on.
    width <- engine$sizes[1L]
    engine[c("sizes", "layers", "activation", "output")] <- list(c(width, width), NULL, character(), "linear")
    value <- answered(engine_predict(engine, list(diag(width)), list(numeric(width)), problem$x, NULL), call = problem$call)$value
    return(matrix(value, nrow(problem$x), width, dimnames = list(NULL, input_names(problem$fit))))
  }
  x <- dense_inputs(problem$x)
  if (is.null(engine$center)) x else scale_columns(x, engine$center, engine$scale)
}

# Columns of [x, 1] that the others make up; first levels of factors are left out before others.
# Without `bias`, of x alone. `out` and `kept` count the bias as the last column; `coefficients` makes the first from the second.
aliased_columns <- function(x, fit, bias = TRUE) {
  p <- ncol(x)
  last <- first_levels(fit)
  order <- c(if (bias) p + 1L, setdiff(seq_len(p), last), last)
  all <- unname(cbind(dense_inputs(x), 1))[, order, drop = FALSE]
  # With columns of one size none is too small or too large for sums of squares.
  size <- apply(abs(all), 2L, max)
  size[size == 0] <- 1
  all <- all / rep(size, each = nrow(all))
  decomposed <- qr(all, tol = 1e-9)
  rank <- decomposed$rank
  if (rank == length(order)) {
    return(list(out = integer(), kept = seq_along(order)))
  }
  pivot <- decomposed$pivot
  r <- qr.R(decomposed)
  inside <- seq_len(rank)
  list(
    out = order[pivot[-inside]], kept = order[pivot[inside]],
    coefficients = backsolve(r[inside, inside, drop = FALSE], r[inside, -inside, drop = FALSE]) *
      outer(1 / size[pivot[inside]], size[pivot[-inside]])
  )
}

# Input columns that stand for the first level of a factor, alone or in an interaction.
first_levels <- function(fit) if (is.null(fit$blueprint)) integer() else which(fit$blueprint$design$first)
