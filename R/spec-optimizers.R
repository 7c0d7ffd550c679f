# Optimizer objects: a name and its hyperparameters, checked where they are made.

#' Optimizers and their hyperparameters
#'
#' Give one of these as `optimizer =` in [nn_train()], or just its name as a string
#' when the defaults will do: `"adam"` is `opt_adam()`.
#' The learning rate is not among the hyperparameters: it is `lr` of [nn_train()].
#'
#' | optimizer | default `lr` | steps on | what it does |
#' |---|---|---|---|
#' | `opt_gd()` | 0.1 | all rows | gradient descent: `w - lr * g` |
#' | `opt_sgd()` | 0.01 | mini-batches | the same rule on `batch_size` rows at a time |
#' | `opt_momentum()` | 0.01 | mini-batches | steps along `v = momentum * v + g` |
#' | `opt_nesterov()` | 0.01 | mini-batches | steps along `g + momentum * v` |
#' | `opt_adagrad()` | 0.01 | mini-batches | divides by the root of the sum of squared gradients |
#' | `opt_rmsprop()` | 0.001 | mini-batches | divides by the root of a moving mean of squared gradients |
#' | `opt_adam()` | 0.001 | mini-batches | moving means of the gradient and its square, bias-corrected |
#' | `opt_adamw()` | 0.001 | mini-batches | Adam with decay of the weights (not of the biases) apart from the gradient |
#' | `opt_rprop()` | 0.01 | all rows | steps of its own size per weight, from the signs of the gradients; `lr` is the first step |
#'
#' | `opt_lbfgs()` | 1 | all rows | the direction of steepest descent as the last `memory` steps have bent it, and a line search for a step that meets the strong Wolfe conditions; one such iteration per epoch. It ends by itself, with status `"converged"` |
#'
#' `opt_rprop()` is the rule of PyTorch's `Rprop`, known as iRprop-: where a gradient changes its sign, the step shrinks and
#' that weight rests for one epoch; the last step is not taken back. `opt_adam()`, `opt_adamw()`,
#' `opt_rmsprop()`, `opt_adagrad()`, `opt_momentum()` and `opt_nesterov()` are PyTorch's rules too, without dampening, centring or AMSGrad.
#' `gd`, `rprop` and `lbfgs` compare gradients of different steps or search along them, which needs all
#' rows each time: a `batch_size` below the number of rows is refused. `lbfgs` takes no `dropout` and no `clip_norm`; `rprop` and
#' `lbfgs` take no `lr_schedule`.
#'
#' | hyperparameter | default | range | meaning |
#' |---|---|---|---|
#' | `momentum` | 0.9 | 0 or more, below 1 | share of the last step that is kept |
#' | `epsilon` | 1e-8 (adagrad 1e-10) | above 0 | keeps divisions finite |
#' | `rho` | 0.99 | 0 or more, below 1 | rate of the moving mean of squared gradients |
#' | `beta1`, `beta2` | 0.9, 0.999 | 0 or more, below 1 | rates of the moving means of gradients and their squares |
#' | `weight_decay` | 0.01 | 0 or more | share of each weight, times `lr`, taken away at each step |
#' | `eta_minus`, `eta_plus` | 0.5, 1.2 | below 1, 1 or more | factors by which a step shrinks and grows |
#' | `step_min`, `step_max` | 1e-6, 50 | above 0 | limits of the steps |
#' | `memory` | `NULL` | 1 or more | steps that are remembered; `NULL`: as many as 100,000 numbers hold, from 10 (for 10,000 parameters and more) to 100 (for 1,000 and fewer) |
#' | `gradient_tolerance` | 1e-10 | 0 or more | it ends when no element of the gradient is larger than this times the objective (or 1, if that is larger) |
#' | `value_tolerance` | 1e-14 | 0 or more | it ends when the objective falls by less than this share |
#'
#' @param momentum The share of the last step that is kept; at least 0, below 1.
#' @param epsilon A small positive number that keeps divisions finite.
#' @param rho,beta1,beta2 Rates of the moving means; at least 0, below 1.
#' @param weight_decay Share of each weight, times `lr`, taken away at each step; 0 or more.
#' @param eta_minus,eta_plus Factors by which a step shrinks (between 0 and 1) and grows (above 1).
#' @param step_min,step_max Limits of the steps; positive.
#' @param memory Steps that are remembered; a whole number, 1 or more, or `NULL` to choose by the size of the network.
#' @param gradient_tolerance,value_tolerance When to end; 0 or more.
#'
#' @return A list of class `nn_optimizer` with `name` and the hyperparameters.
#' @section Errors:
#' A hyperparameter out of its range is an error of class `backprop_error_argument`.
#' @examples
#' opt_adam(beta1 = 0.8)
#' nn_train(Species ~ ., data = iris, preset = "textbook",
#'          hidden = 4, epochs = 5, optimizer = opt_adam(beta1 = 0.8))
#' @name optimizers
NULL

new_optimizer <- function(name, ...) {
  given <- list(...)
  call <- call(paste0("opt_", name))
  for (stated in names(which(is.na(unlist(optimizer_defaults[[name]]))))) {
    # NA stands for what training will fill in.
    given[[stated]] <- if (is.null(given[[stated]])) NA_real_ else check_count(given[[stated]], stated, call = call)
  }
  new_hyperparameters("nn_optimizer", optimizer_fields, name, given, call)
}

# The function that makes an optimizer: its arguments are the hyperparameters, with the defaults, that the registry states.
constructor_of <- function(name) {
  defaults <- lapply(optimizers[[name]]$hyperparameters, function(stated) if (!is.na(stated$default)) stated$default)
  body <- as.call(c(quote(new_optimizer), name, sapply(names(defaults), as.name)))
  as.function(c(defaults, body), topenv())
}

#' @rdname optimizers
#' @export
opt_gd <- constructor_of("gd")

#' @rdname optimizers
#' @export
opt_sgd <- constructor_of("sgd")

#' @rdname optimizers
#' @export
opt_momentum <- constructor_of("momentum")

#' @rdname optimizers
#' @export
opt_nesterov <- constructor_of("nesterov")

#' @rdname optimizers
#' @export
opt_adagrad <- constructor_of("adagrad")

#' @rdname optimizers
#' @export
opt_rmsprop <- constructor_of("rmsprop")

#' @rdname optimizers
#' @export
opt_adam <- constructor_of("adam")

#' @rdname optimizers
#' @export
opt_adamw <- constructor_of("adamw")

#' @rdname optimizers
#' @export
opt_rprop <- constructor_of("rprop")

#' @rdname optimizers
#' @export
opt_lbfgs <- constructor_of("lbfgs")

#' @export
print.nn_optimizer <- function(x, ...) {
  check_hyperparameters(x, "x", "nn_optimizer", optimizer_fields, quote(print()))
  cat("<nn_optimizer> ", describe_optimizer(x), "\n", sep = "")
  invisible(x)
}

describe_optimizer <- function(optimizer) {
  hyperparameters <- hyperparameters_of(optimizer)
  hyperparameters <- hyperparameters[!is.na(hyperparameters)]
  if (length(hyperparameters) == 0L) {
    return(optimizer$name)
  }
  values <- paste(names(hyperparameters), "=", vapply(hyperparameters, format, "", digits = 7))
  paste0(optimizer$name, " (", paste(values, collapse = ", "), ")")
}

hyperparameters_of <- function(x) {
  hyperparameters <- unclass(x)
  hyperparameters[names(hyperparameters) != "name"]
}

# A name or an object, as an object.
read_optimizer <- function(x) {
  if (inherits(x, "nn_optimizer")) {
    return(check_hyperparameters(x, "optimizer", "nn_optimizer", optimizer_fields))
  }
  name <- check_choice(x, "optimizer", names(optimizers))
  optimizer <- c(list(name = name), optimizer_defaults[[name]])
  class(optimizer) <- "nn_optimizer" # not structure(), which takes longer than many a check
  optimizer
}

# What an optimizer leaves to be chosen by the size of the network: the memory of L-BFGS. Many steps help where the
# loss is ill-conditioned, and cost nothing in small networks.
complete_optimizer <- function(optimizer, network) {
  if (optimizer$name == "lbfgs" && is.na(optimizer$memory)) {
    optimizer$memory <- min(100, max(10, floor(1e5 / count_of_shapes(layer_shapes(network)))))
  }
  optimizer
}
