# Accumulated local effects: the changes of predictions from one value to the next, of rows that lie there, added up.

accumulated_effects <- function(fit, base, values, choose, threads, call) {
  name <- names(values)
  value <- values[[1L]]
  last <- length(value)
  cells <- if (last > 1L) local_rows(base$table[[name]], value) else list(row = seq_len(nrow(base$x)), cell = NULL)
  if (length(cells$row) == 0L) {
    stop_backprop("empty", c("No row of {.arg data} lies between values of the grid.", i = "Give others for {.val {name}}, or leave {.arg grid} out."), call = call)
  }
  if (last == 1L) {
    # Nothing changes.
    outputs <- colnames(choose(matrix(0, 1L, count_predictions(fit))))
    return(effects_table(name, value, outputs, matrix(0, 1L, length(outputs))))
  }
  donor <- grid_rows(fit, base, values, call)
  at <- c(cells$row, cells$row)
  weights <- if (is.null(base$weights)) rep(1, nrow(base$x)) else base$weights
  predicted <- choose(
    predict_mixed(fit, base, at, donor, c(cells$cell, cells$cell + 1L), stats::setNames(list(TRUE), name), threads, call)
  )
  half <- length(cells$row)
  cell <- factor(cells$cell, seq_len(last - 1L))
  of_rows <- weights[cells$row]
  total <- function(x) vapply(split(x, cell), sum, 0, USE.NAMES = FALSE)
  mass <- total(of_rows)
  counts <- weights_of_values(base$table[[name]], value, weights)
  curves <- apply(predicted, 2L, function(reached) {
    change <- reached[half + seq_len(half)] - reached[seq_len(half)]
    curve <- c(0, cumsum(ifelse(mass > 0, total(change * of_rows) / mass, 0)))
    # The mean over the rows: of numbers those between two values count for both ends alike.
    curve - (if (is.numeric(value)) sum((curve[-last] + curve[-1L]) / 2 * mass) / sum(mass) else sum(curve * counts) / sum(counts))
  })
  effects_table(name, value, colnames(predicted), curves)
}

effects_table <- function(name, value, outputs, curves) {
  table <- data.frame(value = rep(value, length(outputs)), output = rep(outputs, each = length(value)), estimate = as.vector(curves))
  names(table)[1L] <- names_beside_results(name)
  table
}

# Which row counts for the change from which value to the next: of numbers those between the two, of levels those that have one of them.
local_rows <- function(column, value) {
  if (is.numeric(value)) {
    inside <- which(!is.na(column) & column >= value[1L] & column <= value[length(value)])
    return(list(row = inside, cell = findInterval(column[inside], value, left.open = TRUE, rightmost.closed = TRUE, all.inside = TRUE)))
  }
  code <- match(as.character(column), as.character(value))
  upward <- which(code < length(value))
  downward <- which(code > 1L)
  list(row = c(upward, downward), cell = c(code[upward], code[downward] - 1L))
}

weights_of_values <- function(column, value, weights) {
  code <- factor(match(as.character(column), as.character(value)), seq_along(value))
  vapply(split(weights, code), sum, 0, USE.NAMES = FALSE)
}
