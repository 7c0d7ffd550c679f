# Exercises in which a learning rate is to be chosen.

make_rate <- function(level) {
  rows <- 8L
  X <- short_matrix(rows, 2L, 2)
  Y <- matrix(round(drop(X %*% short_numbers(2L, 2)) + short_numbers(1L, 2) + (level > 1L) * X[, 1L] * X[, 2L] + short_numbers(rows, 0.3), 1L))
  hidden <- list(integer(), 3L, c(3L, 3L))[[level]]
  start <- fresh_start(c(2L, hidden, 1L))
  task <- list(X = X, Y = Y, start = start, hidden = hidden, epochs = 50L)
  rates <- signif(10^seq(-4, 1, by = 0.5), 1L)
  tried <- lapply(rates, try_rate, task = task)
  loss <- vapply(tried, function(one) one$loss, 0)
  before <- tried[[1L]]$before
  best <- min(loss[is.finite(loss)])
  target <- signif(best + 0.1 * (before - best), 2L)
  enough <- which(is.finite(loss) & loss <= target)
  # A stretch of rates in the middle, neither needle nor barn door.
  fair <- length(enough) <= 3L && length(enough) > 0L && all(diff(enough) == 1L) && enough[1L] > 2L && utils::tail(enough, 1L) < length(rates) - 1L
  if (!fair || before < 2 * target) {
    return(NULL)
  }
  middle <- enough[ceiling(length(enough) / 2)]
  said <- function(k) paste0("lr = ", format(rates[k], scientific = FALSE), ": ", rate_words(tried[[k]], target))
  list(
    title = "Choose a rate",
    question = c(
      paste0(
        "A ", paste(c(2L, hidden, 1L), collapse = "-"), " network (", if (length(hidden) > 0L) "tanh, then ", "linear; loss mse) is trained by gradient descent on these ", rows, " rows, for ",
        task$epochs, " epochs from the same start each time."
      ),
      paste0("At the start the loss is ", format(signif(before, 3)), ". Which learning rate brings it to ", format(target), " or below?")
    ),
    given = shown_network(X, Y),
    ask = "nn_check_answer(%s, 0.001)",
    hints = c(
      "Too small a rate is still on its way after the last epoch; too large a one jumps over the valley, and further each time.",
      paste0("With ", said(max(enough[1L] - 2L, 1L)), " With ", said(min(utils::tail(enough, 1L) + 2L, length(rates)))),
      paste0("A rate near ", format(rates[middle], scientific = FALSE), " does it.")
    ),
    solution = c(paste0("For example lr = ", format(rates[middle], scientific = FALSE), "."), vapply(seq_along(rates), said, "")),
    task = c(task, list(target = target, solution = rates[middle])),
    options = lapply(seq_along(rates), function(k) {
      list(text = format(rates[k], scientific = FALSE), right = k %in% enough, why = rate_words(tried[[k]], target))
    })
  )
}

# A training at a rate: the loss before and after, and the epoch in which it broke down (NA for none).
try_rate <- function(lr, task) {
  fit <- suppressWarnings(
    nn_train(
      task$X, task$Y, hidden = task$hidden, activation = "tanh", output = "linear", loss = "mse", optimizer = "gd", lr = lr,
      start = task$start, epochs = task$epochs, seed = 1
    ),
    classes = "backprop_warning"
  )
  broke <- if (fit$epochs_done < task$epochs) fit$epochs_done + 1L else NA_integer_
  list(before = fit$history$loss[1L], loss = if (is.na(broke)) fit$final_loss else Inf, broke = broke)
}

reaches <- function(tried, target) is.finite(tried$loss) && tried$loss <= target

rate_words <- function(tried, target) {
  after <- format(signif(tried$loss, 3L), scientific = FALSE)
  if (reaches(tried, target)) {
    return(paste0("the loss comes to ", after, ": enough."))
  }
  if (!is.finite(tried$loss)) {
    return(paste0("training breaks down in epoch ", tried$broke, ": far too large."))
  }
  if (tried$loss > 1e6 * tried$before) {
    return("the loss grows beyond all bounds: far too large.")
  }
  if (tried$loss > tried$before) {
    return(paste0("the loss grows to ", after, ": too large."))
  }
  paste0("the loss comes to ", after, " only", if (tried$loss > 0.9 * tried$before) ": far too small" else "", ".")
}
