# The demonstration of `./dev demo`: a small network, trained and asked.

library(backprop)

# Three rows of four inputs, and the answer wanted for each.
X <- matrix(c(1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1), nrow = 3, byrow = TRUE)
Y <- matrix(c(1, 1, 0))

# One hidden layer of three units, trained on all rows for 5,000 rounds.
set.seed(1)
fit <- nn_train(X, Y, hidden = 3, epochs = 5000, lr = 0.1)
fit

# What the network answers: close to 1, 1, 0.
nn_predict(fit, X)
