# Activations and losses that are functions of the user's: checked where they are given, carried with the fit, and called from the engine.

#' Activations and losses of your own
#'
#' An activation or a loss as R functions, for `activation =` and `loss =` in [nn_train()]. They take part in all that the
#' engine does: training, prediction, [nn_trace()], [nn_gradient()], [nn_check_gradient()], a fit that goes on.
#'
#' `activation_custom()` and a plain `list(value =, derivative =)` are the same. With several hidden layers, names and such functions go together in a list:
#' `activation = list("tanh", activation_custom(...))`.
#'
#' An **activation** is asked of a numeric vector: the weighted inputs of all units of several rows. `value` and `derivative`
#' answer with as many finite numbers, each from the one in its place alone. A rule for a kink is yours (`as.numeric(z > 0)`).
#'
#' A **loss** is asked of two matrices \[rows x outputs\], predictions and targets: the outcome on the scale that the network is trained on (under
#' `standardize` its standard deviations; classes as 0 and 1). `value` answers with one number for each row, from that row alone, and `gradient` with a
#' matrix \[rows x outputs\]: the derivatives of the row's number by its predictions. What follows from the output, its slope or
#' softmax's Jacobian, is the engine's part. The loss of all rows is their mean, weighted by `case_weights`, as for other losses;
#' what is to be divided by the number of outputs is divided in `value` and `gradient`.
#'
#' @param value Function of a vector (an activation) or of two matrices (a loss): see Details.
#' @param derivative Function of a vector: the derivative of `value` at each number.
#' @param gradient Function of two matrices: the derivatives of `value` by the first of them.
#' @param output The output that the loss goes with: `"linear"`, `"sigmoid"`, `"exp"` or `"softmax"`.
#' @return A list: of class `nn_activation_custom` with `value` and `derivative`; of class `nn_loss` with `name` (`"custom"`), `par`, `value`, `gradient` and
#'   `output`.
#' @section What travels with a fit:
#' The functions are in `fit$settings$custom`, with what they read from where they were written: other functions and constants of up to 1 MB. A saved fit
#' predicts in a new session. Data do not travel: what a function needs of them is an error.
#' @section What there is not:
#' A second derivative. So [nn_hessian()], [vcov()][vcov.nn_fit], [confint()] and confidence intervals of predictions are refused.
#' Such a loss belongs to no family: there is no `logLik()` and no `simulate()`. Traces and workbooks show numbers without formulas where a
#' function of yours made them.
#' @section Speed:
#' The functions are called on R's own thread, for many rows at a time, and one thread does all the work, whatever `threads` says; the networks of an
#' ensemble are trained one after the other. Measured on an AMD EPYC processor with `tanh()` and squared errors, against the built-in ones on one thread: 150 rows
#' of 4 columns in batches of 32, 10 hidden units, take 19 times as long with such an activation, 13 times with such a loss, 23 times with both; 10,000 rows of
#' 20 columns in batches of 128, 64 and 32 hidden units, take 8 times as long with such activations, twice as long with such a loss. A call takes
#' some 30 microseconds beside what the function itself does, so that larger batches lose less.
#' @section Errors:
#' Before training, the functions are tried at some points: an answer of another length, numbers that are not finite, a derivative that
#' clearly differs from central differences of `value` (a few points may, for kinks), or an answer that depends on neighbouring numbers or rows
#' is an error of class `backprop_error_custom`. So is an error or such an answer in the course of training or prediction; there is then
#' no model. Ctrl-C inside such a function ends training as it always does, see [nn_last()].
#' @seealso [nn_train()], [nn_activation()] and [losses] for those with names.
#' @examples
#' bent <- activation_custom(function(z) z / sqrt(1 + z^2), function(z) (1 + z^2)^-1.5)
#' log_cosh <- loss_custom(
#'   value = function(y_hat, y) rowMeans(log(cosh(y_hat - y))),
#'   gradient = function(y_hat, y) tanh(y_hat - y) / ncol(y)
#' )
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, preset = "textbook", hidden = 4, standardize = TRUE,
#'                 activation = bent, loss = log_cosh, optimizer = "adam", lr = 0.01, epochs = 200,
#'                 seed = 1)
#' fit
#' predict(fit, head(mtcars))
#' nn_check_gradient(fit, mtcars)
#'
#' # Asymmetric squares of probabilities: the engine adds the slope of the sigmoid.
#' careful <- loss_custom(
#'   value = function(y_hat, y) rowSums(ifelse(y == 1, 5, 1) * (y_hat - y)^2),
#'   gradient = function(y_hat, y) 2 * ifelse(y == 1, 5, 1) * (y_hat - y),
#'   output = "sigmoid"
#' )
#' nn_train(am ~ wt, data = mtcars, preset = "textbook", loss = careful, epochs = 50, seed = 1)
#' @name custom
NULL

#' @rdname custom
#' @export
activation_custom <- function(value, derivative) {
  call <- quote(activation_custom())
  structure(
    list(value = check_function(value, "value", call), derivative = check_function(derivative, "derivative", call)),
    class = "nn_activation_custom"
  )
}

#' @rdname custom
#' @export
loss_custom <- function(value, gradient, output = "linear") {
  call <- quote(loss_custom())
  structure(
    list(
      name = "custom", par = numeric(), value = check_function(value, "value", call), gradient = check_function(gradient, "gradient", call),
      output = check_choice(output, "output", names(outputs), call)
    ),
    class = "nn_loss"
  )
}

check_function <- function(x, arg, call) {
  if (missing(x)) stop_backprop("missing_argument", "{.arg {arg}} is missing: give a function.", call = call)
  if (!is.function(x)) stop_argument(arg, "a function", x, call = call)
  x
}

#' @export
print.nn_activation_custom <- function(x, ...) {
  cat("<nn_activation_custom>\n")
  invisible(x)
}

is_custom_loss <- function(x) inherits(x, "nn_loss") && is.list(x) && identical(unclass(x)[["name"]], "custom")

# A loss that loss_custom() made; lists can be edited.
check_custom_loss <- function(x, arg = "loss", call = training_call) {
  x <- unclass(x)
  if (!is.function(x[["value"]]) || !is.function(x[["gradient"]]) || !is_choice(x[["output"]], names(outputs))) {
    stop_argument(arg, "what `loss_custom()` made, with functions `value` and `gradient` and the name of an `output`", x, call = call)
  }
  loss <- new_loss("custom", numeric())
  loss[c("value", "gradient", "output")] <- x[c("value", "gradient", "output")]
  loss
}

# Activations as typed: `names`, one for each, and the `own` functions by the names that stand for them: "custom", "custom2" and so on.
read_activations <- function(x, call = training_call) {
  if (is.function(x)) {
    stop_backprop("argument", c(
      "{.arg activation} must be a name, or a function with its derivative.",
      i = "{.code activation_custom(value, derivative)} takes both."
    ), call = call)
  }
  if (!is.list(x)) {
    return(list(names = x, own = NULL))
  }
  if (is_activation(x) || inherits(x, "nn_activation_custom")) x <- list(x)
  names <- character(length(x))
  own <- list()
  for (i in seq_along(x)) {
    one <- x[[i]]
    if (is.character(one)) {
      names[i] <- check_choice(one, "activation", names(activations), call)
      next
    }
    if (!is_activation(one)) {
      stop_backprop("argument", c(
        "{.arg activation} must have names and functions as its elements, as {.code activation_custom(value, derivative)} makes them.",
        x = "Element {i} is {describe_value(one)}."
      ), call = call)
    }
    one <- unclass(one)[c("value", "derivative")]
    same <- which(vapply(own, identical, NA, one))
    if (length(same) == 0L) {
      same <- length(own) + 1L
      own[[paste0("custom", if (same > 1L) same)]] <- one
    }
    names[i] <- names(own)[same[1L]]
  }
  if (length(x) == 0L) names <- list()
  list(names = names, own = lapply(own, function(functions) checked_activation(functions, call)))
}

is_activation <- function(x) {
  is.list(x) && length(x) == 2L && setequal(names(x), c("value", "derivative")) && all(vapply(unclass(x), is.function, NA))
}

# The settings of a fit as they are typed.
typed_activation <- function(settings) {
  own <- settings$custom$activation
  if (length(own) == 0L) {
    return(settings$activation)
  }
  lapply(settings$activation, function(name) if (is.null(own[[name]])) name else structure(own[[name]], class = "nn_activation_custom"))
}

typed_loss <- function(settings) {
  own <- settings$custom$loss
  if (is.null(own)) new_loss(settings$loss, settings$loss_par) else loss_custom(own$value, own$gradient, settings$output)
}

# Output and loss where the loss is the user's own.
custom_objective <- function(loss, output) {
  if (!is.null(output) && !identical(check_choice(output, "output", names(outputs)), loss$output)) {
    stop_incompatible(
      "{.arg loss} goes with {.code output = \"{its}\"}, and {.arg output} says {.val {found}}.",
      "Say it in {.code loss_custom(output = )} alone.", its = loss$output, found = output
    )
  }
  list(output = loss$output, loss = "custom", own_loss = lapply(loss[c("value", "gradient")], carry_custom, "loss"))
}

# What the engine and the settings of a fit have of the user's functions; NULL where there are none.
custom_functions <- function(activation, own, choice) {
  if (is.null(own) && is.null(choice$own_loss)) {
    return(NULL)
  }
  functions <- list(activation = own[intersect(names(own), activation)], loss = choice$own_loss)
  functions <- functions[lengths(functions) > 0L]
  if (length(functions) > 0L) functions
}

# A function with nothing around it but what it reads.
carry_custom <- function(f, arg) carry_function(f, list2env(list(pairs = list(), arg = arg)))

# Calling them.

# What the engine calls (src/rust/src/functions.rs): the numbers, NULL for an interrupt, or FALSE where there are none. Why not, stop_custom() says when
# the engine is done: a condition must not jump over its frames.
call_custom <- function(f, arg, part, ...) {
  tryCatch(
    {
      value <- f(...)
      wrong <- wrong_answer(value, part, ...)
      if (is.null(wrong)) {
        as.double(value)
      } else {
        session$custom <- list(arg = arg, part = part, wrong = wrong)
        FALSE
      }
    },
    interrupt = function(cnd) NULL,
    error = function(cnd) {
      session$custom <- list(arg = arg, part = part, failed = conditionMessage(cnd))
      FALSE
    }
  )
}

# `x` are weighted inputs or predictions.
wrong_answer <- function(value, part, x, y) {
  if (!is.numeric(value) || is.object(value)) {
    hint <- if (is.logical(value)) "{.fn as.numeric} makes numbers of `TRUE` and `FALSE`."
    return(list(must = "numbers", found = describe_value(value), hint = hint))
  }
  if (part == "gradient") {
    if (!identical(dim(value), dim(x)) && !(ncol(x) == 1L && is.null(dim(value)) && length(value) == nrow(x))) {
      must <- paste0("a matrix [rows x outputs] as the predictions, ", nrow(x), " x ", ncol(x))
      return(list(must = must, found = describe_size(value)))
    }
  } else {
    n <- if (missing(y)) length(x) else nrow(x)
    if (length(value) != n) {
      must <- if (missing(y)) paste0("as many numbers as it is given, ", n) else paste0("one number for each row, ", n)
      return(list(must = must, found = describe_size(value)))
    }
  }
  if (!all(is.finite(value))) {
    # A training that diverges is to be noticed as such.
    sane <- abs(x) <= largest_sane
    if (!missing(y)) sane <- rep_len(rowSums(!sane) == 0, length(value))
    at <- which(!is.finite(value) & sane)
    if (length(at) > 0L) {
      return(list(must = "finite numbers", found = format(value[at[1L]]), at = place_of(at[1L], x, if (!missing(y)) y)))
    }
  }
  NULL
}

# Beyond it, numbers may overflow.
largest_sane <- 1e100

describe_size <- function(value) {
  if (is.matrix(value)) paste0("a ", nrow(value), " x ", ncol(value), " matrix") else paste(length(value))
}

# Where an answer stands, in words.
place_of <- function(at, x, y = NULL) {
  short <- function(numbers) paste(format(numbers, digits = 4, trim = TRUE), collapse = ", ")
  if (is.null(y)) {
    return(paste("at z =", short(x[at])))
  }
  row <- (at - 1L) %% nrow(x) + 1L
  paste0("at y_hat = ", short(x[row, ]), " and y = ", short(y[row, ]))
}

# Raises what call_custom() noted.
stop_custom <- function(call) {
  noted <- session$custom
  session$custom <- NULL
  arg <- noted$arg
  part <- noted$part
  if (!is.null(noted$failed)) {
    failed <- noted$failed
    stop_backprop("custom", c("The function {.code {part}} of {.arg {arg}} failed.", x = "{failed}"), call = call)
  }
  wrong <- noted$wrong
  where <- if (is.null(wrong$at)) "" else paste0(" (", wrong$at, ")")
  stop_backprop("custom", c(
    "The function {.code {part}} of {.arg {arg}} must answer with {wrong$must}, not {wrong$found}{where}.",
    i = wrong$hint
  ), call = call)
}

# The same answer for R, with the errors of training.
ask_custom <- function(f, arg, part, ..., call = training_call) {
  value <- call_custom(f, arg, part, ...)
  if (is.null(value)) rlang::interrupt()
  if (is.logical(value)) stop_custom(call)
  value
}

# Trying them before training.

# Points off the places where kinks usually are.
probe_points <- seq(-4, 4, by = 0.25) + 0.0137

checked_activation <- function(functions, call = training_call) {
  functions <- lapply(functions, carry_custom, "activation")
  z <- probe_points
  for (part in names(functions)) {
    ask <- function(z) ask_custom(functions[[part]], "activation", part, z, call = call)
    check_alone(ask(z), rev(ask(rev(z))), "activation", part, "number", call)
    check_alone(ask(z)[1:3], ask(z[1:3]), "activation", part, "number", call)
  }
  value <- function(z) ask_custom(functions$value, "activation", "value", z, call = call)
  h <- 1e-5 * pmax(1, abs(z))
  difference <- (value(z + h) - value(z - h)) / (2 * h)
  derivative <- ask_custom(functions$derivative, "activation", "derivative", z, call = call)
  check_derivative(derivative, difference, 1e-4, function(at) place_of(at, z), "activation", "derivative", call)
  functions
}

# Some rows of the targets that training will see, and predictions that such an output could give.
probe_loss <- function(functions, output, y, call = training_call) {
  if (is.null(functions)) {
    return(invisible())
  }
  y <- unname(y[seq_len(min(8L, nrow(y))), , drop = FALSE])
  u <- y
  u[] <- sin(2.1 * seq_along(y))
  spread <- max(stats::sd(y), 1e-3 * max(abs(y)), na.rm = TRUE)
  predictions <- switch(output,
    linear = y + (if (spread > 0) spread else 1) * u,
    sigmoid = stats::plogis(2 * u),
    softmax = exp(u) / rowSums(exp(u)),
    exp = max(mean(y), 1e-3) * exp(u)
  )
  value <- function(predictions, rows = seq_len(nrow(y))) {
    ask_custom(functions$value, "loss", "value", predictions, y[rows, , drop = FALSE], call = call)
  }
  gradient <- function(rows = seq_len(nrow(y))) {
    answer <- ask_custom(functions$gradient, "loss", "gradient", predictions[rows, , drop = FALSE], y[rows, , drop = FALSE], call = call)
    matrix(answer, length(rows))
  }
  backwards <- rev(seq_len(nrow(y)))
  check_alone(value(predictions), rev(value(predictions[backwards, , drop = FALSE], backwards)), "loss", "value", "row", call)
  check_alone(value(predictions)[1L], value(predictions[1L, , drop = FALSE], 1L), "loss", "value", "row", call)
  found <- gradient()
  check_alone(found, gradient(backwards)[backwards, , drop = FALSE], "loss", "gradient", "row", call)
  check_alone(found[1L, ], gradient(1L)[1L, ], "loss", "gradient", "row", call)
  difference <- found
  for (j in seq_len(ncol(y))) {
    h <- 1e-5 * if (output == "linear") pmax(1, abs(predictions[, j])) else predictions[, j]
    if (output %in% c("sigmoid", "softmax")) h <- h * (1 - predictions[, j])
    moved <- function(by) {
      predictions[, j] <- predictions[, j] + by
      value(predictions)
    }
    difference[, j] <- (moved(h) - moved(-h)) / (2 * h)
  }
  check_derivative(found, difference, 1e-3, function(at) place_of(at, predictions, y), "loss", "gradient", call)
}

# Numbers and rows are answered one by one: which others are asked of with them makes no difference.
check_alone <- function(all, apart, arg, part, unit, call) {
  if (isTRUE(all.equal(as.vector(all), as.vector(apart), tolerance = 1e-8))) {
    return(invisible())
  }
  stop_backprop("custom", c(
    "The function {.code {part}} of {.arg {arg}} must answer for each {unit} by itself.",
    x = "Asked of the same {unit}s in another order, or of some of them, it gives other numbers.",
    i = "It is asked of as many {unit}s at a time as suits the engine; functions such as {.fn mean}, {.fn max} or {.fn runif} have no place in it."
  ), call = call)
}

# A tenth of the points may differ: there may be kinks.
check_derivative <- function(derivative, difference, tolerance, place, arg, part, call) {
  wrong <- abs(derivative - difference) > tolerance * pmax(1, abs(difference))
  if (sum(wrong) <= length(wrong) %/% 10) {
    return(invisible())
  }
  at <- which(wrong)[1L]
  given <- format(derivative[at], digits = 5)
  found <- format(difference[at], digits = 5)
  where <- place(at)
  stop_backprop("custom", c(
    "The function {.code {part}} of {.arg {arg}} is not the derivative of its {.code value}.",
    x = "{where} it gives {given}, and central differences of {.code value} give {found}; {sum(wrong)} of {length(wrong)} points differ.",
    i = if (arg == "loss") "{.code gradient} has the derivatives by the predictions, without the slope of the output."
  ), call = call)
}

# What has no second derivative has no Hessian.
refuse_custom_hessian <- function(engine, call) {
  custom <- engine$custom
  own <- c(if (any(engine$activation %in% names(custom$activation))) "activation", if (engine$loss == "custom") "loss")
  if (length(own) == 0L) {
    return(invisible())
  }
  stop_backprop("incompatible", c(
    "A custom {.arg {own}} has no second derivative, from which the Hessian and covariances are computed.",
    i = "{.fn nn_gradient} has the first derivatives."
  ), call = call)
}

# The names of a fit's own activations, whatever was made of its field.
own_activations <- function(custom) if (is_plain_list(custom) && is_plain_list(custom[["activation"]])) names(custom[["activation"]])

# What it must be in a fit: see fit-fields.R.
is_custom <- function(x, settings) {
  own <- settings$activation[is.na(match(settings$activation, names(activations)))]
  parts <- c(if (length(own) > 0L) "activation", if (identical(settings$loss, "custom")) "loss")
  are_functions <- function(x, parts) is_plain_list(x) && identical(names(x), parts) && all(vapply(x, is.function, NA))
  if (length(parts) == 0L) {
    return(is.null(x))
  }
  is_plain_list(x) && setequal(names(x), parts) &&
    (length(own) == 0L || (is_plain_list(x$activation) && is_named(x$activation) && all(own %in% names(x$activation)) &&
      all(vapply(x$activation, are_functions, NA, c("value", "derivative"))))) &&
    (!"loss" %in% parts || are_functions(x$loss, c("value", "gradient")))
}
