# What the weights of a network tell by themselves: hidden units that are copies of each other.

# Of the largest weight around a layer. Copies of an equal start differ by rounding alone; units that started apart do not meet.
copy_tolerance <- 1e-6

check_copies <- function(fit) {
  settings <- fit$settings
  if (setting(settings$penalty, 0) > 0) {
    # The least sum of squares shares work equally: units become alike, with nothing wrong.
    return(not_made("copies", "penalty"))
  }
  # Between layers of other kinds units do not stand for columns.
  if (!is.null(settings[["architecture"]])) {
    return(not_made("copies", "kinds"))
  }
  hidden <- seq_along(settings$activation)
  groups <- lapply(hidden, function(l) {
    copies_among(rbind(fit$weights[[l]], fit$biases[[l]], t(fit$weights[[l + 1L]])))
  })
  units <- lapply(groups, function(group) which(group > 0L))
  count <- sum(lengths(units))
  if (count == 0L) {
    return(NULL)
  }
  different <- sum(vapply(groups, max, 0L))
  finding(
    "copies", paste0("Hidden units are copies of each other: ", name_units(units, settings), "."),
    paste0(
      "Their weights and biases, incoming and outgoing, are equal, and so are their gradients: gradient steps keep them equal, and ",
      count, " units do the work of ", different, "."
    ),
    "a start with unequal weights: `init` and `seed` instead of equal ones in `start`"
  )
}

# For each column the number of its group of equal columns; 0 for those that are like no other.
copies_among <- function(columns) {
  n <- ncol(columns)
  tolerance <- copy_tolerance * max(abs(columns))
  # Equal columns have equal sums however they are weighted, so that only neighbours need to be compared.
  order <- order(colSums(columns * sin(seq_len(nrow(columns)))))
  sorted <- columns[, order, drop = FALSE]
  same <- c(FALSE, apply(abs(sorted[, -1L, drop = FALSE] - sorted[, -n, drop = FALSE]), 2L, max) <= tolerance)
  run <- cumsum(!same)
  alone <- tabulate(run)[run] == 1L
  group <- integer(n)
  group[order[!alone]] <- match(run[!alone], unique(run[!alone]))
  group
}
