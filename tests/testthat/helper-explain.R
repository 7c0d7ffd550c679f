# Models whose explanations are known.

# mpg = 28 - 3 wt - 0.05 hp + 0.5 qsec: no hidden layer, weights set here, so that no arithmetic of training is in the numbers.
flat_fit <- function() {
  fit <- nn_train(mpg ~ wt + hp + qsec, data = mtcars, hidden = c(), epochs = 0, standardize = FALSE, seed = 1, preset = "textbook")
  fit$weights <- list(matrix(c(-3, -0.05, 0.5)))
  fit$biases <- list(28)
  fit
}

# Tanh units, and a factor of two inputs.
curved_fit <- function(formula = mpg ~ wt + hp + am) {
  data <- cars_with_factor()
  nn_train(formula, data = data, hidden = 3, activation = "tanh", epochs = 30, seed = 1, preset = "textbook")
}

cars_with_factor <- function() transform(mtcars, am = factor(am, labels = c("automatic", "manual")), cyl = factor(cyl, ordered = TRUE))

# The mean prediction of `fit` over `background` in which the columns in `known` are those of `row`.
mean_with <- function(fit, background, row, known) {
  background[known] <- row[rep(1L, nrow(background)), known, drop = FALSE]
  mean(nn_predict(fit, background))
}

# Shapley values by their definition, over all subsets of the columns.
enumerated_shapley <- function(fit, background, row, columns) {
  p <- length(columns)
  vapply(columns, function(column) {
    others <- setdiff(columns, column)
    subsets <- unlist(lapply(0:(p - 1L), function(size) utils::combn(others, size, simplify = FALSE)), recursive = FALSE)
    sum(vapply(subsets, function(known) {
      share <- factorial(length(known)) * factorial(p - length(known) - 1L) / factorial(p)
      share * (mean_with(fit, background, row, c(known, column)) - mean_with(fit, background, row, known))
    }, 0))
  }, 0)
}
