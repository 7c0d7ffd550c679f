# Checks backpropagation against central differences, weight by weight.

#' Check the gradient
#'
#' Compares, for every weight and bias, the derivative of the loss that backpropagation gives with a central
#' difference: the loss is computed by the same engine at a slightly larger and a slightly smaller value of that
#' weight, over all rows, in double precision.
#'
#' Where the loss has a kink (relu at 0, an absolute error of 0) it has no derivative, and any slope between those on
#' both sides is accepted.
#' @param X Inputs or a formula, as for [nn_train()], to check a network as it would start. For a model, inputs in the
#'   form that training took (for a model trained by formula the data frame), unless it keeps its data.
#' @param Y The outcome that goes with `X`.
#' @param ... Arguments of [nn_train()] (`Y`, `hidden`, `activation`, `start`, `seed`, ...).
#' @param fit A model from [nn_train()], to be checked at its weights.
#' @param trace A trace from [nn_trace()], to be checked at its start, on the rows of its first iteration.
#' @param tolerance Largest relative error that passes.
#' @return A list of class `nn_gradient_check`:
#' \describe{
#'   \item{`table`}{data frame with a row per weight and bias: `key` (the name in the trace), `layer`, `row`,
#'     `column`, `backpropagation`, `difference`, `relative_error`}
#'   \item{`worst`}{the largest relative error: the distance of the two, divided by the larger of them, but at least
#'     by a thousandth of the largest derivative, below which differences of the loss are rounding}
#'   \item{`pass`, `tolerance`, `loss`}{whether all are within `tolerance`; the loss}
#' }
#' @section Errors:
#' Those of [nn_train()].
#' @seealso [nn_trace()]
#' @examples
#' X <- matrix(c(1,0,1,0, 1,0,1,1, 0,1,0,1), nrow = 3, byrow = TRUE)
#' Y <- matrix(c(1, 1, 0))
#' nn_check_gradient(X, Y, hidden = 3, seed = 1)
#'
#' fit <- nn_train(Species ~ ., data = iris, preset = "textbook",
#'                 hidden = c(4, 3), activation = "tanh", epochs = 20,
#'                 seed = 1)
#' nn_check_gradient(fit, iris)
#' @export
nn_check_gradient <- function(...) {
  UseMethod("nn_check_gradient", trace_subject(evaluate_dots(...), quote(nn_check_gradient())))
}

#' @rdname nn_check_gradient
#' @export
nn_check_gradient.default <- function(X, ..., tolerance = 1e-5) {
  call <- quote(nn_check_gradient())
  by_formula <- if (missing(X)) "formula" %in% ...names() else inherits(X, "formula")
  recorded <- train_recorded(c(if (!missing(X)) list(X), if (by_formula) evaluate_dots(...) else list(...)), 0L, call)
  check_gradient(problem_of_recording(recorded), tolerance, call)
}

#' @rdname nn_check_gradient
#' @export
nn_check_gradient.nn_fit <- function(fit, X, Y, ..., tolerance = 1e-5) {
  call <- quote(nn_check_gradient())
  if (missing(fit)) stop_called_x("fit", "model", call)
  data <- list(X = if (!missing(X)) X, Y = if (!missing(Y)) Y)
  recorded <- train_recorded(fit_arguments(fit, data, dots_of_fit(fit, ...), call), 0L, call)
  check_gradient(problem_of_recording(recorded), tolerance, call)
}

#' @rdname nn_check_gradient
#' @export
nn_check_gradient.nn_trace <- function(trace, ..., tolerance = 1e-5) {
  call <- quote(nn_check_gradient())
  check_trace(trace, call)
  check_gradient(problem_of_trace(unclass(trace), call), tolerance, call)
}

# The engine's specification, weights and data: all that both methods of computing need.
problem_of_recording <- function(recorded) {
  list(
    engine = replace(recorded$engine, "ancillary", list(own_parameters(recorded$fit))),
    weights = recorded$fit$weights, biases = recorded$fit$biases,
    x = recorded$x, y = recorded$y,
    case_weights = recorded$case_weights, offset = recorded$offset
  )
}

problem_of_trace <- function(trace, call) {
  of <- function(key) iteration_matrix(trace$steps, 1L, key)
  if (is.null(of("X")) || is.null(of("Y")) || is.null(trace$start)) {
    stop_backprop("step", "{.arg trace} was cut: its first iteration has no {.val X} and {.val Y} to check the gradient by.", call = call)
  }
  weights <- of("case_weights")
  list(
    engine = with_own(trace$engine, trace$start), weights = trace$start$weights, biases = trace$start$biases,
    x = unname(of("X")), y = unname(of("Y")),
    case_weights = if (!is.null(weights)) as.vector(weights), offset = of("offset")
  )
}

check_gradient <- function(problem, tolerance, call) {
  tolerance <- check_positive(tolerance, "tolerance", call = call)
  engine <- problem$engine
  engine$precision <- "double"
  problem$engine <- engine
  count <- sum(lengths(problem$weights), lengths(problem$biases))
  # A row of seven columns for each, put together from layers and weights.
  check_room(
    24 * 8 * as.double(count), paste("The table of", count_text(count, "derivative")), "Use fewer `hidden` units.", call
  )
  exact <- ask_engine(engine_gradient, problem, call)
  loss_at <- function(weights, biases, ancillary) {
    problem[c("weights", "biases")] <- list(weights, biases)
    problem$engine$ancillary <- ancillary
    objective_of(problem, call)
  }
  compare_gradients(exact, loss_at, problem$weights, problem$biases, engine$ancillary, tolerance, own_keys[engine$loss])
}

# `loss_at(weights, biases, ancillary)` is the objective; `exact` its loss and gradient by backpropagation.
compare_gradients <- function(exact, loss_at, weights, biases, ancillary, tolerance, own_key = NULL) {
  layers <- seq_along(weights)
  keys <- trace_keys(length(weights))
  # Below this a difference of the loss is mostly rounding.
  smallest <- max(1e-3 * max(abs(unlist(exact[c("weights", "biases", "ancillary")]))), 1e-8)
  table <- lapply(layers, function(l) {
    of_weights <- vapply(seq_along(weights[[l]]), function(k) {
      difference_at(function(value) {
        weights[[l]][k] <- value
        loss_at(weights, biases, ancillary)
      }, weights[[l]][k], exact$weights[[l]][k], smallest, exact$loss)
    }, numeric(2))
    of_biases <- vapply(seq_along(biases[[l]]), function(k) {
      difference_at(function(value) {
        biases[[l]][k] <- value
        loss_at(weights, biases, ancillary)
      }, biases[[l]][k], exact$biases[[l]][k], smallest, exact$loss)
    }, numeric(2))
    both <- cbind(of_weights, of_biases)
    units <- length(biases[[l]])
    data.frame(
      key = rep(c(keys$weights[l], keys$biases[l]), c(length(weights[[l]]), units)),
      layer = rep(l, length(weights[[l]]) + units),
      row = c(as.vector(row(weights[[l]])), rep(1L, units)),
      column = c(as.vector(col(weights[[l]])), seq_len(units)),
      backpropagation = c(exact$weights[[l]], exact$biases[[l]]),
      difference = both[1L, ],
      relative_error = both[2L, ]
    )
  })
  if (length(ancillary) > 0L) {
    of_own <- vapply(seq_along(ancillary), function(k) {
      difference_at(function(value) loss_at(weights, biases, replace(ancillary, k, value)), ancillary[k], exact$ancillary[k], smallest, exact$loss)
    }, numeric(2))
    own <- data.frame(
      key = setting(unname(own_key), "ancillary"), layer = length(weights) + 1L, row = 1L, column = seq_along(ancillary),
      backpropagation = exact$ancillary, difference = of_own[1L, ], relative_error = of_own[2L, ]
    )
    table <- c(table, list(own))
  }
  table <- do.call(rbind, table)
  worst <- max(table$relative_error)
  structure(
    list(
      table = table, worst = worst, pass = !is.na(worst) && worst <= tolerance, tolerance = tolerance, loss = exact$loss
    ),
    class = "nn_gradient_check"
  )
}

# Central difference of `f` at `at`, and its relative error against `exact`. A kink close by disturbs a wide
# difference, so narrower ones are tried; right on a kink, anything between the slopes of both sides is as good as any.
difference_at <- function(f, at, exact, smallest, loss) {
  best <- c(NA_real_, Inf)
  for (h in c(6e-6, 6e-7, 6e-8) * max(1, abs(at))) {
    up <- f(at + h)
    down <- f(at - h)
    central <- (up - down) / ((at + h) - (at - h))
    error <- abs(central - exact) / max(abs(central), abs(exact), smallest)
    if (is.na(error)) {
      return(c(central, error))
    }
    if (error < best[2L]) {
      best <- c(central, error)
    }
    if (error < 1e-6) {
      break
    }
    sides <- range((up - loss) / h, (loss - down) / h)
    between <- exact >= sides[1L] - smallest / 10 && exact <= sides[2L] + smallest / 10
    if (between && diff(sides) > 0.01 * max(abs(sides), smallest)) {
      return(c(central, 0))
    }
  }
  best
}

#' @rdname nn_check_gradient
#' @param x A check.
#' @param n How many of the worst derivatives to print when the check fails.
#' @export
print.nn_gradient_check <- function(x, n = 10, ...) {
  n <- check_count(n, "n", min = 0, call = quote(print()))
  count <- nrow(x$table)
  what <- paste(count_text(count, "derivative"), "by backpropagation and by central differences")
  bad <- which(is.na(x$table$relative_error) | x$table$relative_error > x$tolerance)
  worst <- format(x$worst, digits = 2)
  if (x$pass) {
    cat("<nn_gradient_check> PASS\n", what, ":\n", sep = "")
    cat("the largest relative error is ", worst, " (allowed: ", format(x$tolerance), ").\n", sep = "")
    return(invisible(x))
  }
  cat("<nn_gradient_check> FAIL\n", what, ":\n", sep = "")
  cat(
    length(bad), if (length(bad) == 1L) " differs" else " differ", " by more than ", format(x$tolerance),
    "; the largest relative error is ", worst, ".\n",
    sep = ""
  )
  at <- utils::head(bad[order(-x$table$relative_error[bad])], n)
  shown <- x$table[at, ]
  shown$layer <- NULL
  print(shown, row.names = FALSE, digits = 6)
  if (length(bad) > n) {
    cat("... and ", length(bad) - n, " more.\n", sep = "")
  }
  invisible(x)
}
