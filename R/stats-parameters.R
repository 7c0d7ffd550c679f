# All weights and biases as one vector: its order, its names, and what of it the data can tell.

# Of `weights`, `biases` and, where there are any, `ancillary` in a list. Layer by layer: the weights unit by unit, then the biases; at last
# the family's own. The order of the engine's Hessian.
as_parameters <- function(network) {
  c(unlist(Map(c, network$weights, network$biases), use.names = FALSE), network$ancillary)
}

# The other way round, in the shapes of `weights`; what is left are the family's own parameters.
as_layers <- function(parameters, weights) {
  biases <- vector("list", length(weights))
  place <- 0L
  for (l in seq_along(weights)) {
    size <- length(weights[[l]])
    units <- ncol(weights[[l]])
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
  sizes <- fit$settings$sizes
  layers <- length(sizes) - 1L
  of_layers <- unlist(lapply(seq_len(layers), function(l) {
    from <- if (l == 1L) input_names(fit) else unit_names(sizes[l])
    to <- if (l == layers) named_outputs(fit) else unit_names(sizes[l + 1L])
    paste0("layer", l, ":", c(rep(from, length(to)), rep("bias", length(to))), "->", c(rep(to, each = length(from)), to))
  }))
  c(of_layers, own_names(fit))
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

# Places of layer l in the vector: a matrix [inputs + 1 x units], the biases its last row.
places_of_layer <- function(sizes, l) {
  before <- sum((sizes[seq_len(l - 1L)] + 1L) * sizes[seq_len(l - 1L) + 1L])
  inputs <- sizes[l]
  units <- sizes[l + 1L]
  rbind(
    matrix(before + seq_len(inputs * units), inputs, units),
    before + inputs * units + seq_len(units)
  )
}

# What the data can tell of the parameters. Two kinds of them are redundant by construction: the inputs of the
# first layer may be linearly dependent (the columns of a factor sum to 1, which the bias is there for), and softmax does not change when all
# its units are shifted alike. As in glm() and nnet::multinom(), the others then are contrasts to what is left out: to the
# first level of the factor, to the first level of the outcome. Elements: `keep`, the places left; `contrasts`, the matrix that makes
# the contrasts from all parameters.
identify_parameters <- function(problem, x = scale_inputs(problem)) {
  check_room_for_aliases(problem)
  sizes <- problem$engine$sizes
  count <- count_parameters(problem$fit)
  contrasts <- diag(count)
  dropped <- integer()
  aliased <- aliased_columns(x, problem$fit)
  if (length(aliased$out) > 0L) {
    at <- places_of_layer(sizes, 1L)
    for (unit in seq_len(sizes[2L])) {
      contrasts[at[aliased$kept, unit], at[aliased$out, unit]] <- aliased$coefficients
    }
    dropped <- c(dropped, at[aliased$out, ])
  }
  if (!has_level(problem$fit)) {
    # What all rows have alike changes no comparison.
    at <- places_of_layer(sizes, length(sizes) - 1L)
    dropped <- c(dropped, at[nrow(at), ])
  }
  if (problem$engine$output == "softmax") {
    at <- places_of_layer(sizes, length(sizes) - 1L)
    shift <- diag(count)
    for (unit in seq_len(ncol(at))[-1L]) {
      shift[cbind(at[, unit], at[, 1L])] <- -1
    }
    contrasts <- multiply(shift, contrasts)
    dropped <- c(dropped, at[, 1L])
  }
  keep <- setdiff(seq_len(count), dropped)
  list(keep = keep, contrasts = contrasts[keep, , drop = FALSE])
}

# How many parameters the data can tell; the count alone, without the matrices.
count_identified <- function(problem) {
  check_room_for_aliases(problem)
  sizes <- problem$engine$sizes
  rank <- sizes[1L] + 1L - length(aliased_columns(scale_inputs(problem), problem$fit)$out)
  layers <- length(sizes) - 1L
  inputs <- c(rank, sizes[-c(1L, layers + 1L)] + 1L)
  units <- sizes[-1L]
  if (problem$engine$output == "softmax") {
    units[layers] <- units[layers] - 1L
  }
  sum(as.double(inputs) * units) + length(own_parameters(problem$fit)) - !has_level(problem$fit)
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
    engine[c("sizes", "activation", "output")] <- list(c(width, width), character(), "linear")
    value <- answered(engine_predict(engine, list(diag(width)), list(numeric(width)), problem$x, NULL), call = problem$call)$value
    return(matrix(value, nrow(problem$x), width, dimnames = list(NULL, input_names(problem$fit))))
  }
  x <- dense_inputs(problem$x)
  if (is.null(engine$center)) x else scale_columns(x, engine$center, engine$scale)
}

# Columns of [x, 1] that the others make up; first levels of factors are left out before others.
# `out` and `kept` count the bias as the last column; `coefficients` makes the first from the second.
aliased_columns <- function(x, fit) {
  p <- ncol(x)
  last <- first_levels(fit)
  order <- c(p + 1L, setdiff(seq_len(p), last), last)
  all <- unname(cbind(dense_inputs(x), 1))[, order, drop = FALSE]
  # With columns of one size none is too small or too large for sums of squares.
  size <- apply(abs(all), 2L, max)
  size[size == 0] <- 1
  all <- all / rep(size, each = nrow(all))
  decomposed <- qr(all, tol = 1e-9)
  rank <- decomposed$rank
  if (rank == p + 1L) {
    return(list(out = integer(), kept = seq_len(p + 1L)))
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
