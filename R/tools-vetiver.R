# Methods for vetiver: a fit as a model that is versioned and served.

#' Serving a fit with vetiver
#'
#' `vetiver::vetiver_model(fit, "name")` makes a model of a fit that can be pinned and served. The prototype of its inputs comes from the fit; one that was trained by
#' recipe needs `prototype_data`. A plain list as a fit is, it needs no `bundle::bundle()`, which gives it back as it is.
#'
#' @param model,vetiver_model A model from [nn_train()]; a model of vetiver that holds one.
#' @param metadata A list of the user's.
#' @param ... For `vetiver_ptype()`: `prototype_data`, rows of the inputs; for `handler_predict()` arguments of [predict()][predict.nn_fit], such as `type`.
#' @return What vetiver asks of its methods: a text; a list with the packages that predictions need; the fit without data and call; no rows of the inputs, as a tibble; a function that
#'   answers a request with the tibble of [predict()][predict.nn_fit].
#' @name vetiver-methods
NULL

#' @rdname vetiver-methods
#' @exportS3Method vetiver::vetiver_create_description
vetiver_create_description.nn_fit <- function(model) {
  kind <- if (is_ensemble(model)) paste("An ensemble of", count_text(length(model$members), "neural network")) else "A neural network"
  what <- switch(model$outcome$kind, factor = "classification", survival = "survival", "regression")
  paste0(kind, " for ", what, ", trained by backprop ", model$version)
}

#' @rdname vetiver-methods
#' @exportS3Method vetiver::vetiver_create_meta
vetiver_create_meta.nn_fit <- function(model, metadata) {
  vetiver::vetiver_meta(metadata, required_pkgs = packages_of_predictions(model))
}

#' @rdname vetiver-methods
#' @exportS3Method vetiver::vetiver_prepare_model
vetiver_prepare_model.nn_fit <- function(model) axe_data.nn_fit(axe_call.nn_fit(model))

#' @rdname vetiver-methods
#' @exportS3Method vetiver::vetiver_ptype
vetiver_ptype.nn_fit <- function(model, ...) {
  call <- quote(vetiver_ptype())
  refuse_dots(..., known = "prototype_data", call = call)
  given <- list(...)$prototype_data
  if (!is.null(given)) {
    return(tibble::as_tibble(given)[0L, ])
  }
  if (model$interface == "recipe") {
    stop_backprop("recipe", c(
      "A recipe does not tell of which types the columns are.", i = "Give some rows of them: {.code vetiver_model(fit, name, prototype_data = data[1, ])}."
    ), call = call)
  }
  columns <- if (model$interface == "matrix") stats::setNames(rep(list(list(type = "number")), model$inputs$n), columns_of_matrix(model)) else needed_columns(model$blueprint)
  tibble::new_tibble(lapply(columns, empty_column), nrow = 0L)
}

#' @rdname vetiver-methods
#' @exportS3Method vetiver::handler_startup
handler_startup.nn_fit <- function(vetiver_model) {
  vetiver::attach_pkgs(vetiver_model$metadata$required_pkgs)
}

#' @rdname vetiver-methods
#' @exportS3Method vetiver::handler_predict
handler_predict.nn_fit <- function(vetiver_model, ...) {
  # predict() itself looks at columns and types.
  function(req) stats::predict(vetiver_model$model, req$body, ...)
}

# Packages whose functions a formula or a recipe needs.
packages_of_predictions <- function(fit) {
  named <- unlist(fit$blueprint$carried$packages, use.names = FALSE)
  unique(c("backprop", if (fit$interface == "recipe") "recipes", setdiff(named, c("base", "stats"))))
}

columns_of_matrix <- function(fit) {
  names <- if (is.null(fit$blueprint)) fit$inputs$names else fit$blueprint$names
  if (is.null(names)) paste0("x", seq_len(if (is.null(fit$blueprint)) fit$inputs$n else fit$blueprint$width)) else names
}

# No values of a column that training recorded.
empty_column <- function(record) {
  switch(record$type,
    factor = factor(character(), record$levels, ordered = record$ordered), character = character(),
    matrix = matrix(0, 0L, record$columns, dimnames = list(NULL, record$names)), numeric()
  )
}
