# The perceptron: one unit that answers 1 when what comes in is above a threshold, the seed of every network.

#' A perceptron: one unit with a threshold
#'
#' Adds up its inputs and answers 1 where the sum is above a threshold, and 0 where it is not. With the defaults
#' the inputs count alike; with `weights` some count more than others; with `bias` the sum starts from something other
#' than nothing. A network is made of many such units, with a smooth curve (see [nn_activation()]) in place of
#' the threshold, so that small changes of a weight make small changes of the answer and can be learnt by [nn_train()].
#'
#' @section Three forms:
#' With the inputs x = (0, 1, 1):
#'
#' 1. the sum against a threshold: `nn_perceptron(x)` compares 0 + 1 + 1 = 2 with 0;
#' 2. weights: `nn_perceptron(x, weights = c(2, 3, 4))` compares 2*0 + 3*1 + 4*1 = 7 with 0;
#' 3. weights and a bias: `nn_perceptron(x, weights = c(2, 3, 4), bias = -7)` compares 7 - 7 = 0 with 0, and answers 0.
#'
#' The comparison is strict: a sum *equal* to the threshold gives 0. A threshold is a bias with its sign turned:
#' `threshold = 7` and `bias = -7` say the same.
#'
#' @section What one unit can and cannot learn:
#' A perceptron cuts the space of its inputs in two with a straight line (a plane, with three inputs). It can be AND and
#' OR, because a line parts the ones from the zeros. It cannot be XOR, which is 1 when exactly one input is: no
#' straight line has (0, 1) and (1, 0) on one side and (0, 0) and (1, 1) on the other. To see why, write down what the weights
#' would have to do: XOR asks for b <= 0, w1 + b > 0, w2 + b > 0 and w1 + w2 + b <= 0. The second and third add up to
#' w1 + w2 + 2b > 0, hence w1 + w2 + b > -b >= 0, which contradicts the fourth. Two units and a third that combines them can do it:
#' that is a hidden layer. The examples show all three.
#'
#' @param X Inputs: a vector is one row; a matrix or a data frame of numbers has a row per case.
#' @param weights A number for each input, or one number for all.
#' @param bias A number added to the sum.
#' @param threshold What the sum has to exceed.
#' @return An integer vector of 0 and 1 with an element for each row of `X`, named by its row names.
#' @section Errors:
#' Inputs that are not numbers or are missing, and weights that are not as many as the inputs, are errors.
#' @seealso [nn_activation()] for the curves that took the threshold's place.
#' @examples
#' x <- c(0, 1, 1)
#' nn_perceptron(x)
#' nn_perceptron(x, weights = c(2, 3, 4))
#' nn_perceptron(x, weights = c(2, 3, 4), bias = -7)
#'
#' # All four cases of two inputs.
#' X <- rbind(c(0, 0), c(0, 1), c(1, 0), c(1, 1))
#' and <- nn_perceptron(X, weights = 1, bias = -1.5)
#' or <- nn_perceptron(X, weights = 1, bias = -0.5)
#' cbind(X, and, or)
#'
#' # XOR is "or, but not and": no single unit, but two units and a third.
#' xor <- nn_perceptron(cbind(or, and), weights = c(1, -1), bias = -0.5)
#' cbind(X, xor)
#' @export
nn_perceptron <- function(X, weights = 1, bias = 0, threshold = 0) {
  call <- quote(nn_perceptron())
  X <- perceptron_inputs(X, call)
  weights <- check_finite(weights, "weights", call)
  p <- ncol(X)
  k <- length(weights)
  if (k != 1L && k != p) {
    stop_backprop("weights", c(
      "{.arg weights} must have one number for each input, or one for all.",
      x = "There {cli::qty(p)}{?is/are} {p} input{?s} and {k} weight{?s}."
    ), call = call)
  }
  bias <- check_number(bias, "bias", call)
  threshold <- check_number(threshold, "threshold", call)
  sums <- drop(X %*% rep_len(weights, p)) + bias
  stats::setNames(as.integer(sums > threshold), rownames(X))
}

# A matrix with a row per case; a bare vector is one case.
perceptron_inputs <- function(X, call) {
  if (missing(X)) {
    stop_backprop("missing_argument", "{.arg X} is missing: give a vector or a matrix of inputs.", call = call)
  }
  if (is.data.frame(X) && all(vapply(X, is_plain_number, NA))) {
    X <- as.matrix(X)
  }
  if (is.object(X) || !(is.numeric(X) || is.logical(X)) || length(dim(X)) > 2L) {
    stop_argument("X", "numbers: a vector, a matrix or a data frame of numeric columns", X, call = call)
  }
  if (is.null(dim(X))) {
    X <- matrix(X, nrow = 1L)
  }
  storage.mode(X) <- "double"
  bad <- !is.finite(colSums(X))
  if (any(bad)) {
    stop_unknown_inputs(X, if (is.null(colnames(X))) seq_len(ncol(X)) else colnames(X), "X", call)
  }
  X
}

check_finite <- function(x, arg, call) {
  if (!is_bare_number(x) || length(x) == 0L || !all(is.finite(x))) {
    stop_argument(arg, "finite numbers", x, call = call)
  }
  as.double(x)
}

check_number <- function(x, arg, call) {
  if (!is_bare_number(x) || length(x) != 1L || !is.finite(x)) {
    stop_argument(arg, "one finite number", x, call = call)
  }
  as.double(x)
}
