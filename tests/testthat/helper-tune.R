# Tunings that many tests share.

# Two hidden layers, two penalties, on three folds of iris.
tuned_iris <- function(...) {
  arguments <- list(
    Species ~ ., iris,
    preset = "textbook", hidden = list(c(), c(4, 3)), penalty = c(0, 0.01), activation = "tanh", epochs = 40, lr = 0.3, folds = 3, seed = 4
  )
  do.call(nn_tune, utils::modifyList(arguments, list(...), keep.null = TRUE))
}

# What does not depend on the clock, the threads and the words of the call.
without_time <- function(tuned) {
  tuned$results$seconds <- tuned$folds$seconds <- tuned$call <- tuned$fit$call <- tuned$fit$settings$threads <- NULL
  tuned
}

# A result made by hand, so that pictures and texts do not depend on the machine.
drawn_tuning <- function() {
  penalty <- rep(c(0.001, 0.01, 0.1, 1), 2)
  mean <- c(2.4, 2.1, 2.2, 3, 2.6, 2, 2.3, 2.8)
  order <- order(mean)
  results <- data.frame(rank = seq_along(mean), configuration = order)
  results$hidden <- rep(list(8, NULL), each = 4)[order]
  results$penalty <- penalty[order]
  results[c("mean", "std_error", "folds", "epochs_done", "parameters", "seconds")] <- list(mean[order], 0.15, 5L, 20, rep(c(41, 5), each = 4)[order], 0.25)
  structure(
    list(
      results = results, folds = data.frame(configuration = rep(order, each = 5)), best = list(hidden = NULL, penalty = 0.01), chosen = 6L,
      fit = drawn_fit(), metric = "rmse", search = "grid", rule = "best", alone = FALSE, status = "completed"
    ),
    class = "nn_tune"
  )
}
