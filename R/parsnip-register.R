# The engine "backprop" in parsnip's table of models: what is called to train and to predict, and what each argument is.

# Run when both packages are loaded, see `.onLoad()`. A second time changes nothing.
register_in_parsnip <- function() {
  for (model in names(models_of_parsnip)) {
    if ("backprop" %in% parsnip::get_from_env(model)$engine) next
    for (mode in names(predictions_for_parsnip)) {
      register_mode(model, mode)
    }
    for (argument in models_of_parsnip[[model]]$arguments) {
      register_argument(model, argument)
    }
  }
}

# What the models have as arguments, and what the engine is told where nobody says it.
models_of_parsnip <- list(
  mlp = list(arguments = names(words_of_parsnip), defaults = list()),
  bag_mlp = list(arguments = c("hidden_units", "epochs", "penalty"), defaults = list(ensemble = 11, bootstrap = TRUE))
)

register_mode <- function(model, mode) {
  parsnip::set_model_engine(model, mode, "backprop")
  parsnip::set_dependency(model, "backprop", "backprop", mode = mode)
  parsnip::set_fit(model, mode, "backprop", value = list(
    # Data frames would lose what a formula says of products of variables, and of those that are left out.
    interface = "formula",
    protect = c("formula", "data", "weights"),
    func = c(pkg = "backprop", fun = "nn_parsnip"),
    defaults = models_of_parsnip[[model]]$defaults
  ))
  parsnip::set_encoding(model, mode, "backprop", options = list(
    predictor_indicators = "none", compute_intercept = FALSE, remove_intercept = FALSE, allow_sparse_x = FALSE
  ))
  predictions <- predictions_for_parsnip[[mode]]
  for (type in names(predictions)) {
    parsnip::set_pred(model, mode, "backprop", type, value = predictions[[type]])
  }
}

# `has_submodel` makes tune, up to 1.3.0, ask min_grid() which fits serve several epochs; from 2.0.0 on it would take it that all do.
register_argument <- function(model, argument) {
  parsnip::set_model_arg(
    model, "backprop",
    parsnip = argument,
    original = paste0(of_model, argument),
    func = c(list(pkg = "dials", fun = argument), proposed_values()[[argument]]),
    has_submodel = model == "mlp" && argument == "epochs" && asks_for_grid()
  )
}

asks_for_grid <- function() nzchar(system.file(package = "tune")) && utils::packageVersion("tune") < "1.3.0.9000"

# Where dials would propose others; of the rate it takes logarithms.
proposed_values <- function() {
  list(hidden_units = list(range = c(2L, 64L)), learn_rate = list(range = c(-4, -1)), activation = list(values = activations))
}

# `post` takes the tibble of predict() apart, where parsnip wants it so.
prediction_for_parsnip <- function(type, ..., post = NULL) {
  list(
    pre = NULL, post = post, func = c(fun = "predict"),
    args = c(list(object = quote(object$fit), new_data = quote(new_data), type = type), list(...))
  )
}

interval_for_parsnip <- function(type) {
  prediction_for_parsnip(type, level = quote(level), post = function(results, object) {
    if (isTRUE(object$spec$method$pred[[type]]$extras$std_error)) {
      stop_backprop("incompatible", c(
        "The engine {.val backprop} has no standard errors: {.code std_error = TRUE} cannot be had.",
        i = "Leave it out, and take the limits."
      ), call = quote(predict()))
    }
    results
  })
}

raw_for_parsnip <- list(
  pre = NULL, post = NULL, func = c(pkg = "backprop", fun = "nn_predict"),
  args = list(fit = quote(object$fit), X = quote(new_data))
)

# parsnip adds the levels to the call as `p`, or to the specification: so the call only collects, and `post` predicts.
quantiles_for_parsnip <- list(
  pre = NULL,
  post = function(results, object) {
    levels <- if (is.null(results$p)) object$spec$quantile_levels else results$p
    quantiles <- predict(results$fit, results$new_data, type = "quantile", quantile_levels = levels)
    if (is.null(results$p)) as_quantile_pred(quantiles, levels) else quantiles
  },
  func = c(fun = "list"),
  args = list(fit = quote(object$fit), new_data = quote(new_data))
)

# The form of newer parsnips, a column for each output. Older versions of hardhat lack what makes it.
as_quantile_pred <- function(quantiles, levels) {
  quantile_pred <- getExportedValue("hardhat", "quantile_pred")
  columns <- lapply(quantiles, function(rows) {
    values <- vapply(rows, function(row) row$.pred, numeric(length(levels)))
    quantile_pred(matrix(values, ncol = length(levels), byrow = TRUE), levels)
  })
  names(columns) <- sub("^[.]pred", ".pred_quantile", names(quantiles))
  tibble::new_tibble(columns, nrow = nrow(quantiles))
}

predictions_for_parsnip <- list(
  regression = list(
    numeric = prediction_for_parsnip("numeric"), conf_int = interval_for_parsnip("conf_int"),
    pred_int = interval_for_parsnip("pred_int"), quantile = quantiles_for_parsnip, raw = raw_for_parsnip
  ),
  classification = list(
    class = prediction_for_parsnip("class", post = function(results, object) results$.pred_class),
    prob = prediction_for_parsnip("prob"), conf_int = interval_for_parsnip("conf_int"), raw = raw_for_parsnip
  )
)
