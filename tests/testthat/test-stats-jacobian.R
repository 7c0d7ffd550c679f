# Central differences of what `value` makes of the parameters, a column for each.
differences <- function(fit, value) {
  parameters <- as_parameters(fit)
  vapply(seq_along(parameters), function(j) {
    at <- function(h) {
      layers <- as_layers(replace(parameters, j, parameters[j] + h), fit$weights)
      fit[names(layers)] <- layers
      value(fit)
    }
    c(at(1e-6) - at(-1e-6)) / 2e-6
  }, numeric(length(value(fit))))
}

test_that("rows' derivatives of the linear predictor agree with differences, for each output", {
  fit <- nn_train(iris[1:4], iris$Species, hidden = c(3, 2), activation = c("tanh", "gelu"), epochs = 5, seed = 1, preset = "textbook")
  rows <- c(1, 60, 120)
  problem <- problem_of(fit, list(X = iris[rows, 1:4], Y = iris$Species[rows]), quote(f()))
  found <- jacobian(problem, quote(f()))
  wanted <- differences(fit, function(fit) {
    problem_outputs(problem_of(fit, list(X = iris[rows, 1:4], Y = iris$Species[rows]), quote(f())), quote(f()), "linear")
  })
  expect_length(found, 3)
  expect_lt(max(abs(do.call(rbind, found) - wanted)), 1e-7)
})

test_that("rows' scores add up to the gradient for every loss, however many blocks they are taken in", {
  n <- jacobian_rows + 10L
  data <- smooth_data(n)
  outcomes <- list(sse = data$Y, mse = cbind(data$Y, -data$Y), huber = data$Y, binary_cross_entropy = data$Y > 0)
  for (loss in names(outcomes)) {
    output <- if (loss == "binary_cross_entropy") "sigmoid" else "linear"
    fit <- nn_train(data$X, outcomes[[loss]], hidden = 2, loss = loss, output = output, activation = "tanh", epochs = 0, seed = 1)
    problem <- problem_of(fit, list(X = data$X, Y = outcomes[[loss]]), quote(f()))
    scores <- row_scores(problem, quote(f()))
    expect_identical(nrow(scores), n)
    gradient <- nn_gradient(fit, data$X, outcomes[[loss]]) * loss_terms(problem)
    expect_equal(colSums(scores), unname(gradient), tolerance = 1e-8, label = loss)
  }
})
