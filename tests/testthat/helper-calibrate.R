# A network that is too sure of itself, and rows to judge it by. The outcome follows x alone, by known probabilities.

overconfident_data <- function(n, k = 2L, seed = 1) {
  withr::with_seed(seed, {
    data <- data.frame(x = rnorm(n), noise = rnorm(n))
    z <- cbind(0, 1.2 * data$x, -data$x)[, seq_len(k)]
    p <- exp(z) / rowSums(exp(z))
    class <- 1L + rowSums(runif(n) > t(apply(p, 1L, cumsum)))
    data$y <- factor(c("a", "b", "c")[pmin(class, k)], levels = c("a", "b", "c")[seq_len(k)])
    data
  })
}

overconfident_fit <- function(k = 2L, ...) {
  nn_train(
    y ~ x + noise, data = overconfident_data(60, k), hidden = 6, activation = "tanh", optimizer = "lbfgs", epochs = 150, penalty = 0.001, seed = 1,
    preset = "textbook", ...
  )
}

log_loss_of <- function(fit, data) {
  found <- nn_metrics(fit, data)
  found$.estimate[found$.metric == "mn_log_loss"]
}
