# What is connected with what in a layer, and by which weight: the edges of a network's picture.

# A data frame with a row for each connection into layer `l`: `from`, the layer that it comes from (0: the inputs); `i`, the unit there
# (0: the bias); `j`, the unit of the layer; `weight`, NA where a connection has none of its own, as a number that becomes waves.
connections_of <- function(fit, l) {
  layer <- layer_at(fit$settings, l)
  w <- fit$weights[[l]]
  b <- fit$biases[[l]]
  sizes <- fit$settings$sizes
  units <- sizes[l + 1L]
  before <- l - 1L
  same <- seq_len(units)
  found <- switch(layer$kind,
    scale = connections(before, same, same, colMeans(w)),
    parametric = connections(before, same, same, w[1L, ]),
    norm = connections(before, same, same, w[1L, ]),
    members = connections(before, same, same, if (nrow(w) > 0L) colMeans(w) else 1),
    skip = rbind(connections(before, same, same, 1), if (layer$weights) all_pairs(layer$from, w) else connections(layer$from, same, same, 1)),
    embedding = embedded_connections(before, layer, sizes[l], w),
    periodic = waved_connections(before, layer, sizes[l]),
    # Heads: of each connection the members' mean.
    heads = all_pairs(before, member_mean(w, sizes[l])),
    all_pairs(before, w)
  )
  if (length(b) == 0L) {
    return(found)
  }
  # Where each member has biases of its own, their mean; those of an embedding belong to its last units.
  biases <- if (layer$kind == "heads") rowMeans(matrix(b, units)) else b
  rbind(connections(before, 0L, utils::tail(same, length(biases)), biases)[seq_len(length(biases)), ], found)
}

connections <- function(from, i, j, weight) data.frame(from = from, i = i, j = j, weight = weight)

all_pairs <- function(from, w) {
  pairs <- expand.grid(i = seq_len(nrow(w)), j = seq_len(ncol(w)))
  connections(from, pairs$i, pairs$j, w[cbind(pairs$i, pairs$j)])
}

member_mean <- function(w, inputs) {
  members <- nrow(w) / inputs
  Reduce(`+`, lapply(seq_len(members), function(m) w[(m - 1L) * inputs + seq_len(inputs), , drop = FALSE])) / members
}

# The columns of each group lead to the group's units; all others pass, and come first.
embedded_connections <- function(before, layer, inputs, w) {
  groups <- Map(function(first, width) first - 1L + seq_len(width), layer$first, layer$width)
  passing <- setdiff(seq_len(inputs), unlist(groups))
  starts <- c(0L, cumsum(layer$width))
  made <- lapply(seq_along(groups), function(g) {
    own <- all_pairs(before, w[starts[g] + seq_along(groups[[g]]), , drop = FALSE])
    connections(before, groups[[g]][own$i], length(passing) + (g - 1L) * layer$size + own$j, own$weight)
  })
  rbind(if (length(passing) > 0L) connections(before, passing, seq_along(passing), 1), do.call(rbind, made))
}

waved_connections <- function(before, layer, inputs) {
  passing <- setdiff(seq_len(inputs), layer$columns)
  made <- lapply(seq_along(layer$columns), function(g) {
    connections(before, layer$columns[g], length(passing) + (g - 1L) * layer$size + seq_len(layer$size), NA)
  })
  rbind(if (length(passing) > 0L) connections(before, passing, seq_along(passing), 1), do.call(rbind, made))
}
