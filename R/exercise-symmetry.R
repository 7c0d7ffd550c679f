# Exercises about hidden units that start equal, and with that stay equal.

# XOR, or a like of it, and three units with the same weights.
make_symmetry <- function(level) {
  units <- 3L
  X <- rbind(c(0, 0), c(0, 1), c(1, 0), c(1, 1))
  Y <- matrix(sample(list(c(0, 1, 1, 0), c(1, 0, 0, 1), c(0, 0, 1, 0), c(1, 1, 0, 1)), 1L)[[1L]])
  same <- short_numbers(3L)
  out <- short_numbers(1L)
  start <- list(
    weights = list(matrix(same[1:2], 2L, units), matrix(out, units, 1L)), biases = list(rep(same[3L], units), short_numbers(1L, 0.5))
  )
  task <- list(X = X, Y = Y, start = start, lr = 0.5, epochs = 300L, most = c(0L, units - 1L, units - 1L)[level], outgoing = level == 3L)
  if (unit_distance(trained_units(task, start)) > 0) {
    return(NULL)
  }
  broken <- start
  if (level == 3L) broken$weights[[2L]][2:3] <- broken$weights[[2L]][2:3] + c(0.1, 0.2) else broken$weights[[1L]][1L, 2:3] <- broken$weights[[1L]][1L, 2:3] + c(0.1, 0.2)
  task$solution <- broken
  reached <- unit_distance(trained_units(task, broken))
  options <- symmetry_options(task, out)
  if (reached < 0.02 || !length(unique(vapply(options, function(option) option$right, NA))) == 2L) {
    return(NULL)
  }
  where <- if (level == 3L) "wout[2:3] <- wout[2:3] + c(0.1, 0.2)" else "wh[1, 2:3] <- wh[1, 2:3] + c(0.1, 0.2)"
  list(
    title = "Break the symmetry",
    question = c(
      paste0("Trained from this start (gradient descent, lr = ", task$lr, ", ", task$epochs, " epochs), the three hidden units of a 2-3-1 network of sigmoids stay the same."),
      paste0(
        "Give a start from which they become three different ones",
        c("", ", in which at most 2 numbers are changed", ", in which at most 2 numbers are changed, none of them in wh or bh")[level], "."
      )
    ),
    given = shown_network(task$X, task$Y, task$start),
    ask = "change `start <- %1$s$task$start`, then nn_check_answer(%1$s, start)",
    hints = c(
      "Units with the same weights in and out compute the same, get the same error back, and so the same update. What must differ between them at the start?",
      paste0("Of three units at least two must be changed, in numbers that belong to one unit alone: a column of wh, a number of bh, or a number of wout. bout belongs to all."),
      paste0("For example ", where, ".")
    ),
    solution = c(
      where, paste0("Trained by the engine, the two units that are most alike then differ by ", format(signif(reached, 3)), " in some weight."),
      "A random start, as that of nn_init(), does it for all weights at once."
    ),
    task = task,
    options = options,
    choose = "From which of these starts do they become three different ones? Tick all that do."
  )
}

# Trained units differ if some weight of theirs does by more than this.
enough_apart <- 0.01

# A row for each hidden unit: its weights in, its bias, its weight out, after training.
trained_units <- function(task, start) {
  fit <- nn_train(task$X, task$Y, hidden = ncol(task$start$weights[[1L]]), lr = task$lr, start = start, epochs = task$epochs, seed = 1)
  cbind(t(fit$weights[[1L]]), fit$biases[[1L]], fit$weights[[2L]])
}

# Of the two units that are most alike, the largest difference in a number.
unit_distance <- function(units) min(stats::dist(units, "maximum"))

# Starts for a page, each judged by training from it.
symmetry_options <- function(task, out) {
  start <- task$start
  with <- function(part, k, value) {
    start[[part]][[k]][] <- value
    start
  }
  row <- start$weights[[1L]]
  row[1L, ] <- row[1L, ] + c(0, 0.1, 0.2)
  one <- start$weights[[1L]]
  one[1L, 1L] <- one[1L, 1L] + 0.3
  zero <- start
  zero$weights <- lapply(zero$weights, function(w) w * 0)
  zero$biases <- lapply(zero$biases, function(b) b * 0)
  made <- list(
    list("all weights and biases 0", zero),
    list("all of wh doubled", with("weights", 1L, 2 * start$weights[[1L]])),
    list("0.1 more for x1 to h2, and 0.2 more for x1 to h3", with("weights", 1L, row)),
    list("0.3 more for x1 to h1, nothing else", with("weights", 1L, one)),
    list("another bias of the output", with("biases", 2L, 0.9)),
    list("biases of the hidden units 0, 0.1 and 0.2", with("biases", 1L, c(0, 0.1, 0.2))),
    list("wout raised by 0, 0.1 and 0.2", with("weights", 2L, out + c(0, 0.1, 0.2)))
  )
  lapply(made[sort(sample.int(length(made), 5L))], function(option) {
    units <- trained_units(task, option[[2L]])
    list(text = option[[1L]], right = unit_distance(units) > enough_apart, why = alike_words(units))
  })
}

# Which units ended alike.
alike_words <- function(units, names = paste0("h", seq_len(nrow(units)))) {
  pairs <- utils::combn(nrow(units), 2L)
  alike <- apply(pairs, 2L, function(pair) max(abs(units[pair[1L], ] - units[pair[2L], ])) <= enough_apart)
  if (!any(alike)) {
    return(paste0("After training all units differ, by ", format(signif(unit_distance(units), 2)), " or more."))
  }
  paste0("After training ", paste(apply(pairs[, alike, drop = FALSE], 2L, function(pair) paste(names[pair], collapse = " and ")), collapse = ", "), " are alike still.")
}
