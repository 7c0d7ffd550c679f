# The plane in which paths are seen, and the loss over it.

# `origin` and `directions`: what a point of the plane is; `project()`: where a network (a row of parameters) is seen in it.
path_plane <- function(along, runs, hold, base, seed, call) {
  first <- runs[[1L]]$parameters
  centre <- first[if (hold == "end") nrow(first) else 1L, ]
  if (length(centre) < 2L) {
    stop_backprop("along", "A surface needs two weights or biases, and this network has {length(centre)}.", call = call)
  }
  all <- do.call(rbind, lapply(runs, function(run) run$parameters))
  if (identical(along, "pca") || identical(along, "random")) {
    directions <- if (along == "pca") directions_of_movement(all, centre, call) else directions_at_random(centre, base$fit, seed, call)
    return(plane_along(along, centre, directions))
  }
  terms <- parameter_table(base$fit)
  at <- if (is.null(along)) most_moved(all) else read_along(along, terms$term, call)
  plane_of_weights(at, centre, terms, several = length(base$fit$weights) > 1L)
}

plane_of_weights <- function(at, centre, terms, several) {
  directions <- matrix(0, length(centre), 2L)
  directions[cbind(at, 1:2)] <- 1
  word <- ifelse(is.na(terms$from), terms$term, ifelse(
    terms$from == "bias", paste("bias of", terms$to), if (several) paste("weight of", terms$from, "to", terms$to) else paste("weight of", terms$from)
  ))
  # Units of several layers are called alike, and several outputs have weights of the same input.
  if (anyDuplicated(word)) word <- ifelse(word %in% word[duplicated(word)], terms$term, word)
  list(
    origin = replace(centre, at, 0), directions = directions, axes = word[at], along = "weights", explained = NULL,
    held = length(centre) - 2L, exact = length(centre) == 2L, project = function(parameters) parameters[, at, drop = FALSE]
  )
}

plane_along <- function(along, centre, found) {
  directions <- found$directions
  decomposed <- qr(directions)
  share <- if (!is.null(found$explained)) sprintf("%.0f %% of movement", 100 * found$explained)
  axes <- if (along == "pca") paste0(c("first", "second"), " direction (", share, ")") else paste(c("first", "second"), "random direction")
  list(
    origin = centre, directions = directions, axes = axes, along = along, explained = found$explained, held = length(centre),
    exact = length(centre) == 2L, project = function(parameters) t(qr.coef(decomposed, t(parameters) - centre))
  )
}

# Places of the two numbers that were changed most, in their order.
most_moved <- function(all) {
  moved <- apply(all, 2L, function(one) diff(range(one)))
  sort(order(-moved)[1:2])
}

# Two different parameters, by name or place.
read_along <- function(along, terms, call) {
  stripped <- function(x) sub("^layer[0-9]+:", "", x)
  at <- if (is.character(along)) {
    wanted <- gsub(" ", "", along, fixed = TRUE)
    known <- gsub(" ", "", terms, fixed = TRUE)
    short <- stripped(known)
    short[short %in% short[duplicated(short)]] <- NA
    ifelse(is.na(match(wanted, known)), match(wanted, short, incomparables = NA), match(wanted, known))
  } else if (is_whole_each(along, 1)) {
    match(along, seq_along(terms))
  }
  if (length(at) != 2L || anyNA(at) || at[1L] == at[2L]) {
    known <- paste0(
      paste(encodeString(utils::head(terms, 12L), quote = "\""), collapse = ", "), if (length(terms) > 12L) paste0(", ... (", length(terms), " in all)")
    )
    found <- describe_value(along)
    stop_backprop("along", c(
      "{.arg along} must be two different weights or biases, {.val pca}, {.val random} or {.code NULL}, not {found}.",
      i = "This network has {known}."
    ), call = call)
  }
  at
}

# Principal components of all points about the held one; the largest number of each direction is positive.
directions_of_movement <- function(all, centre, call) {
  moved <- all - rep(centre, each = nrow(all))
  parts <- svd(moved, nu = 0L, nv = min(2L, dim(moved)))
  size <- c(parts$d, 0)[1:2]^2
  if (!all(is.finite(size)) || size[2L] <= 1e-24 * size[1L] || size[1L] == 0) {
    stop_backprop("along", c("The paths do not move in two directions, so there are no principal ones.", i = "Train longer, or choose two weights by {.arg along}."), call = call)
  }
  directions <- apply(parts$v, 2L, function(v) v * sign(v[which.max(abs(v))]))
  list(directions = directions, explained = size / sum(parts$d^2))
}

# Two draws, in which each unit's weights are as long as the network's (Li et al., 2018), so that units that may be scaled against each other
# count alike. Biases stay where they are.
directions_at_random <- function(centre, fit, seed, call) {
  size <- length(centre)
  draws <- drawing_by(seed, function() matrix(stats::rnorm(2 * size), size))
  here <- as_layers(centre, fit$weights, fit$biases)
  directions <- apply(draws, 2L, function(draw) {
    drawn <- as_layers(draw, fit$weights, fit$biases)
    drawn$weights <- Map(function(to, from) {
      to * rep(sqrt(colSums(from^2)) / sqrt(colSums(to^2)), each = nrow(to))
    }, drawn$weights, here$weights)
    drawn$biases <- lapply(drawn$biases, function(b) b * 0)
    drawn$ancillary <- drawn$ancillary * 0
    as_parameters(drawn)
  })
  if (qr(directions)$rank < 2L) {
    stop_backprop("along", c("There are no two random directions: the weights are 0, or there is one alone.", i = "Choose two weights or biases by {.arg along}."), call = call)
  }
  list(directions = directions)
}

# What training makes small, of `n` networks whose parameters `of(i)` gives; NA where it is not finite.
heights <- function(n, of, base) {
  engine <- base$engine
  fit <- base$fit
  loss <- vapply(seq_len(n), function(i) {
    network <- as_layers(of(i), fit$weights, fit$biases)
    if (length(network$ancillary) == 0L) network$ancillary <- NULL
    answer <- engine_evaluate(with_own(engine, network), network$weights, network$biases, base$x, base$y, base$case_weights, base$offset)
    if (is.null(answer$error)) answer$loss + answer$penalty else NA_real_
  }, 0)
  ifelse(is.finite(loss), loss, NA_real_)
}

path_points <- function(runs, names, plane, base) {
  points <- lapply(seq_along(runs), function(k) {
    run <- runs[[k]]
    at <- plane$project(run$parameters)
    data.frame(method = names[k], iteration = run$iteration, epoch = run$epoch, x = at[, 1L], y = at[, 2L], loss = heights(nrow(at), function(i) run$parameters[i, ], base))
  })
  points <- do.call(rbind, points)
  points$method <- factor(points$method, names)
  points
}

# The frame: all points but those far above the start, with a margin. Axes of like length get the same length, so that slopes look as they are.
path_limits <- function(limits, paths, plane) {
  if (!is.null(limits)) {
    return(limits)
  }
  start <- max(paths$loss[paths$iteration == 0L])
  shown <- paths[paths$iteration == 0L | (!is.na(paths$loss) & paths$loss <= start + abs(start)), ]
  ends <- lapply(shown[c("x", "y")], function(at) if (plane$along == "random") range(at, -1, 1) else range(at))
  width <- vapply(ends, diff, 0)
  centre <- vapply(ends, mean, 0)
  width <- ifelse(width > 0, width, if (any(width > 0)) max(width) else pmax(1, abs(centre)))
  if (max(width) < 5 * min(width)) width[] <- max(width)
  lapply(1:2, function(k) centre[[k]] + c(-0.65, 0.65) * width[[k]])
}

path_surface <- function(plane, limits, n, base) {
  grid <- expand.grid(x = seq(limits[[1L]][1L], limits[[1L]][2L], length.out = n), y = seq(limits[[2L]][1L], limits[[2L]][2L], length.out = n))
  first <- plane$directions[, 1L]
  second <- plane$directions[, 2L]
  data.frame(x = grid$x, y = grid$y, loss = heights(nrow(grid), function(i) plane$origin + grid$x[i] * first + grid$y[i] * second, base))
}
