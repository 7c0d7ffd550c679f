# The way all methods of nn_train() share: from what was typed to the engine.

# `nn_train(formula = , ...)` is understood; other spellings of the first argument are named.
train_without_x <- function(arguments) {
  given <- names(arguments)
  if ("formula" %in% given) {
    at <- match("formula", given)
    first <- unname(arguments[at])
    return(do.call("nn_train", c(first, arguments[-at]), quote = TRUE))
  }
  if ("x" %in% given) {
    stop_backprop("unknown_argument", c("Unknown argument {.arg x}.", i = "Did you mean {.arg X}?"))
  }
  stop_missing("X", "a matrix or a data frame of inputs, or a formula")
}

stop_missing <- function(arg, what) {
  what <- cli::format_inline(what)
  stop_backprop("missing_argument", "{.arg {arg}} is missing: give {what}.")
}

# The fit that `start` may be, checked, and trained through the same interface as this call.
earlier_fit <- function(start, interface) {
  if (!inherits(start, "nn_fit")) {
    return(NULL)
  }
  validate_fit(start, arg = "start", call = quote(nn_train()))
  if (start$interface != interface) {
    then <- start$interface
    stop_backprop("start", c(
      "{.arg start} must be a fit of the same kind of data.",
      x = "It was trained on a {then}; this call gives a {interface}.",
      i = "To take its weights alone, use {.code start = fit[c(\"weights\", \"biases\")]}."
    ))
  }
  start
}

# New rows for a fit that goes on: encoded by its own levels, and complete.
forge_training <- function(data, earlier, arg) {
  x <- forge_table(data, earlier$blueprint, arg, quote(nn_train()))
  bad <- !is.finite(colSums(x))
  if (any(bad)) {
    stop_nonfinite_columns(colnames(x)[bad], arg)
  }
  x
}

# From here on all methods are one: specification, rows, engine, fit.
train_prepared <- function(prepared, settings, typed, earlier) {
  if (!is.null(earlier)) {
    settings <- inherit_settings(settings, typed, earlier$settings)
  }
  plan <- plan_rows(settings, prepared, earlier, typed)
  inputs <- list(n = plan$n, p = ncol(prepared$x), rows = nrow(prepared$x))
  spec <- resolve_specification(settings, typed, inputs, prepared$outcome, prepared$interface != "matrix", earlier)
  data <- take_rows(plan, spec, prepared, spec$offset)
  spec$has_weights <- !is.null(settings$case_weights)
  spec$validation <- if (is.null(plan$given)) plan$share else "given"
  scaling <- resolve_scaling(spec, data$x, data$y, data$case_weights, earlier)
  spec$engine$center <- scaling$center
  spec$engine$scale <- scaling$scale
  if (!is.null(scaling$y_center)) {
    data$y <- scale_columns(data$y, scaling$y_center, scaling$y_scale)
    if (!is.null(data$validation)) {
      data$validation$y <- scale_columns(data$validation$y, scaling$y_center, scaling$y_scale)
    }
  }
  spec$engine$validation <- data$validation
  train <- function(spec, restart = NULL) run_training(spec, data, prepared, scaling, earlier, restart)
  fit <- if (spec$restarts > 1L) run_restarts(spec, train) else train(spec)
  warn_symptoms(fit, started = !is.null(spec$start))
  fit
}
