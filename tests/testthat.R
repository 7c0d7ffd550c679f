# Runs the tests under R CMD check.
library(testthat)
library(backprop)

test_check("backprop")
