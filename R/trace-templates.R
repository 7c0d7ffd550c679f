# What is computed cell by cell, as templates: `{z}` and the like stand for operands and settings. The same template
# gives the formula in symbols, the sum behind a cell with numbers, and the formula of a spreadsheet.
# Templates only tell; the numbers of a trace are the engine's.

# Activations of z, and their slopes in terms of z or of the activation a.
trace_functions <- list(
  sigmoid = list(value = "1 / (1 + exp(-{z}))", slope = "{a} * (1 - {a})"),
  tanh = list(value = "tanh({z})", slope = "1 - {a}^2"),
  relu = list(value = "max(0, {z})", slope = "if({a} > 0, 1, 0)"),
  leaky_relu = list(value = "if({z} > 0, {z}, 0.01 * {z})", slope = "if({z} > 0, 1, 0.01)"),
  elu = list(value = "if({z} > 0, {z}, exp({z}) - 1)", slope = "if({a} > 0, 1, {a} + 1)"),
  selu = list(
    value = "1.0507009873554805 * if({z} > 0, {z}, 1.6732632423543772 * (exp({z}) - 1))",
    slope = "if({a} > 0, 1.0507009873554805, {a} + 1.7580993408473766)"
  ),
  gelu = list(value = "{z} * pnorm({z})", slope = "pnorm({z}) + {z} * dnorm({z})"),
  softplus = list(value = "max(0, {z}) + log(1 + exp(-abs({z})))", slope = "1 / (1 + exp(-{z}))"),
  silu = list(
    value = "{z} / (1 + exp(-{z}))",
    slope = "(1 + {z} * (1 - 1 / (1 + exp(-{z})))) / (1 + exp(-{z}))"
  ),
  softsign = list(value = "{z} / (1 + abs({z}))", slope = "(1 - abs({a}))^2"),
  linear = list(value = "{z}", slope = "1"),
  exp = list(value = "exp({z})", slope = "{a}"),
  # Only the diagonal of softmax's slope, which is a matrix for each row.
  softmax = list(value = NULL, slope = "{a} * (1 - {a})")
)

# The error that backpropagation starts from, in the article's sign: minus the derivative of the loss by the output.
# A mean's is divided by n rows and k outputs. `value` computes it from e = Y - output; the engine itself goes from
# Y and output to d_output in one step.
trace_losses <- list(
  sse = list(template = "{Y} - {output}", value = function(e, par) e),
  mse = list(template = "2 * ({Y} - {output}) / ({n} * {k})", value = function(e, par) 2 * e),
  mae = list(template = "sign({Y} - {output}) / ({n} * {k})", value = function(e, par) sign(e)),
  huber = list(
    template = "max(-{delta}, min({delta}, {Y} - {output})) / ({n} * {k})",
    value = function(e, par) pmax(pmin(e, par[1L]), -par[1L]), par = "delta"
  ),
  quantile = list(
    template = "if({Y} > {output}, {tau}, if({Y} < {output}, {tau} - 1, 0)) / ({n} * {k})",
    value = function(e, par) {
      tau <- rep(par, each = nrow(e))
      tau * (e > 0) + (tau - 1) * (e < 0)
    },
    par = "tau"
  )
)

# Losses that belong to their output: the error by the weighted input arises in one piece.
paired_losses <- c(
  binary_cross_entropy = "({Y} - {output}) / ({n} * {k})",
  cross_entropy = "({Y} - {output}) / {n}",
  poisson = "({Y} - {output}) / ({n} * {k})"
)

# Rules of the optimizers. In a slot's template its name and those of slots that come later stand for the numbers
# before the step; in
# `weights` (and `biases`, where they differ) all stand for those after it. `t` counts the steps.
trace_rules <- list(
  momentum = list(
    velocity = "{momentum} * {velocity} + {gradient}",
    weights = "{w} - {lr} * {velocity}"
  ),
  nesterov = list(
    velocity = "{momentum} * {velocity} + {gradient}",
    weights = "{w} - {lr} * ({gradient} + {momentum} * {velocity})"
  ),
  adagrad = list(
    sum_of_squares = "{sum_of_squares} + {gradient}^2",
    weights = "{w} - {lr} * {gradient} / (sqrt({sum_of_squares}) + {epsilon})"
  ),
  rmsprop = list(
    mean_square = "{rho} * {mean_square} + (1 - {rho}) * {gradient}^2",
    weights = "{w} - {lr} * {gradient} / (sqrt({mean_square}) + {epsilon})"
  ),
  adam = list(
    mean = "{beta1} * {mean} + (1 - {beta1}) * {gradient}",
    mean_square = "{beta2} * {mean_square} + (1 - {beta2}) * {gradient}^2",
    weights = "{w} - {lr} * ({mean} / (1 - {beta1}^{t})) / (sqrt({mean_square} / (1 - {beta2}^{t})) + {epsilon})"
  ),
  adamw = list(
    mean = "{beta1} * {mean} + (1 - {beta1}) * {gradient}",
    mean_square = "{beta2} * {mean_square} + (1 - {beta2}) * {gradient}^2",
    weights = paste(
      "(1 - {lr} * {weight_decay}) * {w} -",
      "{lr} * ({mean} / (1 - {beta1}^{t})) / (sqrt({mean_square} / (1 - {beta2}^{t})) + {epsilon})"
    ),
    biases = "{w} - {lr} * ({mean} / (1 - {beta1}^{t})) / (sqrt({mean_square} / (1 - {beta2}^{t})) + {epsilon})"
  ),
  rprop = list(
    step_size = paste0(
      "max({step_min}, min({step_max}, {step_size} * ",
      "if({gradient} * {previous_gradient} > 0, {eta_plus}, if({gradient} * {previous_gradient} < 0, {eta_minus}, 1))))"
    ),
    previous_gradient = "if({gradient} * {previous_gradient} < 0, 0, {gradient})",
    weights = "{w} - sign({previous_gradient}) * {step_size}"
  ),
  lbfgs = list(
    note = "L-BFGS makes a direction from the gradient and the last steps, and searches along it for a lower loss."
  ),
  gd = list(weights = "{w} - {lr} * {gradient}"),
  sgd = list(weights = "{w} - {lr} * {gradient}")
)

# The placeholders of a template, and the template with them replaced by `values` (a named character vector).
template_names <- function(template) {
  found <- regmatches(template, gregexpr("\\{[A-Za-z_0-9]+\\}", template))[[1L]]
  unique(substr(found, 2L, nchar(found) - 1L))
}

fill_template <- function(template, values) {
  # In one pass over the template, so that what was filled in is not searched again.
  parts <- regmatches(template, gregexpr("\\{[A-Za-z_0-9]+\\}", template), invert = TRUE)[[1L]]
  found <- regmatches(template, gregexpr("\\{[A-Za-z_0-9]+\\}", template))[[1L]]
  filled <- values[substr(found, 2L, nchar(found) - 1L)]
  paste0(parts, c(filled, ""), collapse = "")
}
