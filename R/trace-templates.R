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
# A mean's is divided by n rows and k outputs. `par` names the parameter of the loss.
trace_losses <- list(
  sse = list(template = "{Y} - {output}"),
  mse = list(template = "2 * ({Y} - {output}) / ({n} * {k})"),
  mae = list(template = "sign({Y} - {output}) / ({n} * {k})"),
  huber = list(template = "max(-{delta}, min({delta}, {Y} - {output})) / ({n} * {k})", par = "delta"),
  quantile = list(template = "if({Y} > {output}, {tau}, if({Y} < {output}, {tau} - 1, 0)) / ({n} * {k})", par = "tau")
)

# What a cell of the output adds to the loss, without penalty: in terms of the output, of the weighted input z, or of log_sum, the logarithm of the sum of
# exp(z) of its row. Pages compute the loss of numbers that were changed by them; the loss of a trace is the engine's.
trace_loss_values <- c(
  sse = "({Y} - {output})^2 / 2",
  mse = "({Y} - {output})^2 / ({n} * {k})",
  mae = "abs({Y} - {output}) / ({n} * {k})",
  huber = "if(abs({Y} - {output}) > {delta}, {delta} * (abs({Y} - {output}) - {delta} / 2), ({Y} - {output})^2 / 2) / ({n} * {k})",
  quantile = "if({Y} > {output}, {tau}, {tau} - 1) * ({Y} - {output}) / ({n} * {k})",
  binary_cross_entropy = "(max(0, {z}) + log(1 + exp(-abs({z}))) - {Y} * {z}) / ({n} * {k})",
  cross_entropy = "{Y} * ({log_sum} - {z}) / {n}",
  poisson = "({output} - {Y} * {z}) / ({n} * {k})",
  gamma = "({Y} / {output} + {z}) / ({n} * {k})",
  discrete_hazard = "if({Y} < 0, 0, max(0, {z}) + log(1 + exp(-abs({z}))) - {Y} * {z}) / {n}"
)

# Losses that belong to their output: the error by the weighted input arises in one piece.
paired_losses <- c(
  binary_cross_entropy = "({Y} - {output}) / ({n} * {k})",
  cross_entropy = "({Y} - {output}) / {n}",
  poisson = "({Y} - {output}) / ({n} * {k})",
  gamma = "({Y} / {output} - 1) / ({n} * {k})",
  negative_binomial = "exp({log_theta}) * ({Y} - {output}) / ((exp({log_theta}) + {output}) * {n} * {k})",
  beta = NA,
  discrete_hazard = "if({Y} < 0, 0, {Y} - {output}) / {n}"
)

# Derivatives that no template has, as they are told: what the matrix is in symbols, what these mean, and which rows and columns of Y and output a cell reads.
worded_losses <- list(
  beta = list(
    formula = "phi * mu * (1 - mu) * (log(Y / (1 - Y)) - digamma(phi * mu) + digamma(phi * (1 - mu))) / (n * k)",
    note = "with mu = output and phi = exp(log_phi)", reads = c("i", "j")
  ),
  ordinal = list(
    formula = "(P(class < Y) - P(class > Y)) / n",
    note = paste(
      "Y is the number of the class, from 0; P(class <= j) = 1 / (1 + exp(output - tau_j)), with tau_0 = 0 and tau_j the sum of the first j",
      "exp(log_steps)"
    ),
    reads = c("i", "all")
  ),
  cox = list(
    formula = "(status - exp(output) * cumulative hazard at time) / n",
    note = paste(
      "the events that a row had less those that were to be expected by its time, by Breslow's cumulative hazard: at each time the events by",
      "the sum of exp(output) of all rows that are still at risk"
    ),
    reads = c("all", "all")
  ),
  location_scale = list(
    formula = "(Y - mean) / sd^2 / (n * k) by means, ((Y - mean)^2 / sd^2 - 1) / (n * k) by log standard deviations",
    note = "mean is the first half of the outputs, sd = exp() of the second", reads = c("i", "all")
  ),
  custom = list(
    formula = "-gradient(output, Y) / n", note = "gradient() is the function that was given to loss_custom()", reads = c("i", "all")
  )
)

# Losses of which none of these tables tells: the engine's numbers stand without a formula.
untold_loss <- list(formula = "minus the derivative of the loss", note = "the formula of this loss is not told here", reads = c("i", "all"))
is_told <- function(loss) loss %in% c(names(trace_losses), names(paired_losses), names(worded_losses))

# Whether the error by the weighted input arises in one piece, beside an E for information.
is_paired <- function(engine) {
  # Of a softmax each output's error reaches all weighted inputs.
  if (engine$loss == "custom") {
    return(engine$output == "softmax")
  }
  if (is_told(engine$loss)) engine$loss %in% names(paired_losses) else all_losses[[engine$loss]]$of_inputs && engine$output != "linear"
}

# What the losses' own parameters are called in a trace, and in words.
own_keys <- c(negative_binomial = "log_theta", beta = "log_phi", ordinal = "log_steps")
own_texts <- c(
  negative_binomial = "log theta, of the variance", beta = "log phi, of the variance", ordinal = "logarithms of the steps between thresholds"
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
