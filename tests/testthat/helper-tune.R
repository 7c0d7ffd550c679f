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
