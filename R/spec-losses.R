# Losses with a parameter: objects made by functions, checked where they are made.

#' Losses with a parameter
#'
#' Give one of these as `loss =` in [nn_train()]. Losses without a parameter are given by name, and so are
#' these when the default will do: `"huber"` is `loss_huber()`.
#'
#' | argument | default | range | meaning |
#' |---|---|---|---|
#' | `delta` | 1 | above 0 | the error up to which the Huber loss is quadratic, \eqn{\frac12 e^2}{e^2 / 2}; beyond it is \eqn{\delta(|e| - \delta/2)}{delta * (|e| - delta / 2)}. Under `standardize` it counts in standard deviations of the outcome |
#' | `tau` | `c(0.1, 0.5, 0.9)` | above 0, below 1 | the quantiles: the network has one linear output for each, trained on the pinball loss, \eqn{\tau e}{tau * e} where the outcome is above the prediction and \eqn{(\tau - 1) e}{(tau - 1) * e} where it is below |
#'
#' Predictions of several quantiles are named by them: `q0.1`, `q0.5`, `q0.9` in [nn_predict()], `.pred_q0.1` and so on
#' in [predict()][predict.nn_fit]. Each is trained by itself, so that in some rows a lower quantile may come out above a higher one: this is
#' reported with a warning of class `backprop_warning_crossing`, whose field `rows` gives the rows.
#'
#' @param delta,tau See the table.
#' @return A list of class `nn_loss` with `name` and `par`.
#' @section Errors:
#' A parameter out of its range is an error of class `backprop_error_argument`. A function alone is refused as a loss: [loss_custom()]
#' takes it with its gradient.
#' @seealso [nn_train()]
#' @examples
#' fit <- nn_train(mpg ~ wt, data = mtcars, preset = "textbook", hidden = 4, activation = "tanh",
#'                 loss = loss_quantile(c(0.1, 0.9)), optimizer = "adam", lr = 0.01, seed = 1)
#' predict(fit, head(mtcars))
#' @name losses
NULL

#' @rdname losses
#' @export
loss_huber <- function(delta = 1) {
  new_loss("huber", check_positive(delta, "delta", call = quote(loss_huber())))
}

#' @rdname losses
#' @export
loss_quantile <- function(tau = c(0.1, 0.5, 0.9)) {
  if (!is_bare_number(tau) || !is_quantile_levels(sort(tau, na.last = TRUE))) {
    stop_argument("tau", "one or more different numbers above 0 and below 1", tau, call = quote(loss_quantile()))
  }
  new_loss("quantile", sort(as.double(tau)))
}

new_loss <- function(name, par) {
  loss <- list(name = name, par = par)
  class(loss) <- "nn_loss" # not structure(), which takes longer than many a check
  loss
}

#' @export
print.nn_loss <- function(x, ...) {
  if (is_custom_loss(x)) {
    cat("<nn_loss> custom, output ", check_custom_loss(x, "x", quote(print()))$output, "\n", sep = "")
    return(invisible(x))
  }
  check_hyperparameters(x, "x", "nn_loss", loss_fields, quote(print()))
  cat("<nn_loss> ", describe_loss(x$name, x$par), "\n", sep = "")
  invisible(x)
}

describe_loss <- function(name, par) {
  what <- c(huber = "delta", quantile = "tau")[name]
  if (is.na(what)) name else paste0(name, " (", what, " = ", paste(format_each(par), collapse = ", "), ")")
}

# A name or an object, as a list of name and parameter; NULL stays NULL.
read_loss <- function(x) {
  if (is.null(x)) {
    return(x)
  }
  if (is_custom_loss(x)) {
    return(check_custom_loss(x))
  }
  if (inherits(x, "nn_loss")) {
    return(check_hyperparameters(x, "loss", "nn_loss", loss_fields))
  }
  if (is.function(x)) {
    known <- names(losses)
    stop_backprop("choice", c(
      "{.arg loss} must be a name or an object, not a function.",
      i = "The names are {.val {known}}.",
      i = "A loss of your own needs its gradient too: {.code loss_custom(value, gradient)}."
    ))
  }
  name <- check_choice(x, "loss", names(losses))
  new_loss(name, as.double(losses[[name]]$par))
}

# The mean loss of predictions on the outcome's scale, for predictions that no single network makes: by the engine, of a network whose inputs are
# what its output makes these predictions of. A sum of squares is judged by its mean. Probabilities of 0 and 1 count as 1e-15 from there.
mean_loss <- function(name, par, output, predicted, y, weights = NULL, custom = NULL) {
  if (!all(is.finite(predicted))) {
    return(Inf)
  }
  units <- ncol(predicted)
  engine <- list(
    sizes = c(units, units), activation = character(), output = output, loss = if (name == "sse") "mse" else name, loss_par = par,
    precision = "double", threads = 1L, custom = custom
  )
  x <- unname(as_weighted_input(predicted, output, 1e-15))
  answered(engine_evaluate(engine, list(diag(units)), list(numeric(units)), x, unname(y), weights, NULL))$loss
}
