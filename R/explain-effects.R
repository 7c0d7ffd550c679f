# Accumulated local effects: the changes of predictions from one value to the next, of rows that lie there, added up.

accumulated_effects <- function(fit, base, values, choose, threads, call) {
  name <- names(values)
  value <- values[[1L]]
  last <- length(value)
  # With a single value nothing changes.
  cells <- if (last > 1L) local_rows(base$table[[name]], value) else list(row = integer(), cell = integer())
  donor <- grid_rows(fit, base, values, call)
  at <- c(cells$row, cells$row)
  weights <- if (is.null(base$weights)) rep(1, nrow(base$x)) else base$weights
  predicted <- if (length(at) > 0L) {
    choose(predict_mixed(fit, base, at, donor, c(cells$cell, cells$cell + 1L), stats::setNames(list(TRUE), name), threads, call))
  } else {
    choose(matrix(0, 0L, count_predictions(fit)))
  }
  half <- length(cells$row)
  cell <- factor(cells$cell, seq_len(last - 1L))
  of_rows <- weights[cells$row]
  total <- function(x) vapply(split(x, cell), sum, 0, USE.NAMES = FALSE)
  counts <- weights_of_values(base$table[[name]], value, weights)
  do.call(rbind, lapply(colnames(predicted), function(output) {
    change <- predicted[half + seq_len(half), output] - predicted[seq_len(half), output]
    mass <- total(of_rows)
    # Where no row lies, nothing is known to change.
    effects <- ifelse(mass > 0, total(change * of_rows) / mass, 0)
    curve <- c(0, cumsum(effects))
    middle <- if (is.numeric(value) && last > 1L) sum((curve[-last] + curve[-1L]) / 2 * mass) / sum(mass) else sum(curve * counts) / sum(counts)
    result <- data.frame(value, output = output, estimate = curve - middle)
    names(result)[1L] <- name
    result
  }))
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
