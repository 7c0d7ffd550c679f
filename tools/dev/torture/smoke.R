# A little of everything, for tools that make it slow.

library(backprop)
set.seed(1)
X <- matrix(rnorm(80), 20)
Y <- X[, 1] + rnorm(20)
fit <- nn_train(X, Y, hidden = 3, epochs = 5, seed = 1, standardize = TRUE, validation = 0.2, stop_iter = 3, callback = function(state) TRUE)
for (precision in c("double", "single")) {
  for (optimizer in c("gd", "sgd", "adam", "rprop", "lbfgs")) {
    nn_train(X, factor(Y > 0), hidden = c(5, 4), epochs = 3, optimizer = optimizer, precision = precision, threads = 2, seed = 1)
  }
}
nn_train(mpg ~ ., mtcars, epochs = 3, seed = 1)
stopifnot(all(is.finite(nn_predict(fit, X))))
invisible(nn_hessian(fit, X, Y))
invisible(nn_trace(X, Y, iterations = 2, seed = 1))
invisible(try(nn_train(X, replace(Y, 1, NA)), silent = TRUE))
cat("done\n")
