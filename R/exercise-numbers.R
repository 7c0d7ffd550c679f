# Fresh numbers for exercises: few, short, and never zero.

# `n` numbers with one decimal, from -most to most.
short_numbers <- function(n, most = 0.9) round(sample.int(round(10 * most), n, replace = TRUE) / 10 * sample(c(-1, 1), n, replace = TRUE), 1)

short_matrix <- function(rows, columns, most = 0.9) matrix(short_numbers(rows * columns, most), rows, columns)

fresh_start <- function(sizes) {
  layers <- seq_len(length(sizes) - 1L)
  list(
    weights = lapply(layers, function(l) short_matrix(sizes[l], sizes[l + 1L])),
    biases = lapply(layers, function(l) short_numbers(sizes[l + 1L], 0.5))
  )
}

# The trace of one iteration of a network of the level. Numbers of rows and units differ, so that no shape fits by chance.
fresh_trace <- function(level) {
  rows <- 3L
  if (level == 1L) {
    X <- matrix(sample(0:1, rows * 2L, replace = TRUE), rows)
    Y <- matrix(sample(0:1, rows, replace = TRUE))
    return(nn_trace(X, Y, hidden = 2, lr = 0.5, seed = 1, start = fresh_start(c(2L, 2L, 1L))))
  }
  X <- short_matrix(rows, 2L, 1)
  if (level == 2L) {
    Y <- matrix(sample(0:1, rows, replace = TRUE))
    activation <- sample(c("tanh", "relu", "sigmoid"), 2L)
    return(nn_trace(X, Y, hidden = c(2, 2), activation = activation, lr = 0.5, seed = 1, start = fresh_start(c(2L, 2L, 2L, 1L))))
  }
  Y <- factor(c("no", "yes", sample(c("no", "yes"), 1L)), c("no", "yes"))
  activation <- sample(c("tanh", "relu"), 1L)
  nn_trace(
    X, Y, hidden = 2, activation = activation, output = "softmax", loss = "cross_entropy", lr = 0.5, seed = 1, start = fresh_start(c(2L, 2L, 2L))
  )
}

# The cells behind the cells [i, columns] of the step at `position`, itself included: a list of position, i and j in the order of computation. `stop`
# says of a step whether it is among what is given, and need not be computed.
cells_behind <- function(trace, position, i, columns, stop) {
  steps <- unclass(trace)$steps
  keys <- vapply(steps, function(step) step$key, "")
  found <- list()
  visit <- function(k, i, j) {
    id <- sprintf("%04d %03d %03d", k, i, j)
    if (!is.null(found[[id]]) || (k != position && stop(steps[[k]]))) return(invisible())
    found[[id]] <<- list(position = k, i = i, j = j)
    reads <- trace_reads(steps[[k]], i, j)
    for (key in names(reads)) {
      # Before the update there is one of each name.
      for (r in seq_len(nrow(reads[[key]]))) visit(match(key, keys), reads[[key]][r, 1L], reads[[key]][r, 2L])
    }
  }
  for (j in columns) visit(position, i, j)
  found[order(names(found))]
}

# The sums behind cells, a line for each: "hidden_layer_input[1, h1] = ... = 0.5".
cell_sums <- function(trace, cells, digits = 5) {
  vapply(unname(cells), function(cell) {
    step <- unclass(trace)$steps[[cell$position]]
    paste0(cell_name(step, cell$i, cell$j), " = ", trace_numbers(step, cell$i, cell$j, digits = digits))
  }, "")
}

# What is computed on the way, as formulas with the curves that they name.
formulas_of <- function(trace, cells) {
  unique(unlist(lapply(unique(vapply(cells, function(cell) cell$position, 0L)), function(k) {
    step <- unclass(trace)$steps[[k]]
    curve <- if (step$phase == "forward") step$note
    c(step$formula, curve, if (grepl("/ n$", step$formula)) paste("n =", nrow(step$result), "rows"))
  })))
}

cell_name <- function(step, i, j) paste0(step$key, "[", rownames(step$result)[i], ", ", colnames(step$result)[j], "]")

# What the trace says of a network, as tables to be shown.
given_matrices <- function(trace, keys) {
  steps <- unclass(trace)$steps
  of <- vapply(steps, function(step) step$key, "")
  stats::setNames(lapply(keys, function(key) {
    value <- steps[[match(key, of)]]$result
    names(dimnames(value)) <- NULL
    value
  }), keys)
}

network_sentence <- function(trace) {
  network <- unclass(trace)$network
  paste0(
    "A ", paste(network$sizes, collapse = "-"), " network; ", paste(c(network$activation, network$output), collapse = ", then "),
    "; loss ", gsub("_", " ", network$loss), "."
  )
}

answer_tolerance <- function(answer) 2e-4 + 1e-3 * abs(answer)

# Whether known mistakes can be told from the answer.
can_be_told <- function(answer, mistakes) {
  all(vapply(mistakes, function(mistake) any(abs(mistake$value - answer) > 4 * answer_tolerance(answer)), NA))
}

# Data, and the start of a network with one hidden layer where there is one, as matrices to be shown.
shown_network <- function(X, Y, start = NULL) {
  named <- function(x, rows, columns) matrix(x, length(rows), length(columns), dimnames = list(rows, columns))
  rows <- as.character(seq_len(nrow(X)))
  inputs <- paste0("x", seq_len(ncol(X)))
  data <- list(X = named(X, rows, inputs), Y = named(Y, rows, "y"))
  if (is.null(start)) {
    return(data)
  }
  units <- paste0("h", seq_len(ncol(start$weights[[1L]])))
  c(data, list(
    wh = named(start$weights[[1L]], inputs, units), bh = named(start$biases[[1L]], "bias", units),
    wout = named(start$weights[[2L]], units, "y"), bout = named(start$biases[[2L]], "bias", "y")
  ))
}
