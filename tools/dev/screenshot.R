# Makes the page whose picture opens the README. usage: Rscript screenshot.R FILE.html    (R_LIBS names the package's library)

library(backprop)

X <- matrix(c(1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1), nrow = 3, byrow = TRUE)
Y <- matrix(c(1, 1, 0))
nn_view(nn_trace(X, Y, hidden = 3, lr = 0.1, seed = 1), commandArgs(TRUE)[[1L]])
