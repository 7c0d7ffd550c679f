# Methods for vetiver: a fit as a model that is versioned and served.

#' Serving a fit with vetiver
#'
#' `vetiver::vetiver_model(fit, "name")` makes a model of a fit that can be pinned and served. The prototype of its inputs comes from the fit; one that was trained by
#' recipe needs `prototype_data`. A plain list as a fit is, it needs no `bundle::bundle()`, which gives it back as it is.
#'
#' @param model,vetiver_model A model from [nn_train()]; a model of vetiver that holds one.
#' @param metadata A list of the user's.
#' @param prototype_data Rows of the inputs, of which the prototype is made; `NULL` for what the fit knows.
#' @param ... For `handler_predict()` arguments of [predict()][predict.nn_fit], such as `type`.
#' @return What vetiver asks of its methods: a text; a list with the packages that predictions need; the fit without data and call; no rows of the inputs, as a tibble; a function that
#'   answers a request with the tibble of [predict()][predict.nn_fit].
#' @name vetiver-methods
NULL

#' @rdname vetiver-methods
#' @exportS3Method vetiver::vetiver_create_description
vetiver_create_description.nn_fit <- function(model) {
  model <- validate_fit(model, "model", quote(vetiver_create_description()), ensembles = TRUE)
  kind <- if (is_ensemble(model)) paste("An ensemble of", count_text(length(model$members), "neural network")) else "A neural network"
  what <- switch(model$outcome$kind, factor = "classification", survival = "survival", "regression")
  paste0(kind, " for ", what, ", trained by backprop ", model$version)
}

#' @rdname vetiver-methods
#' @exportS3Method vetiver::vetiver_create_meta
vetiver_create_meta.nn_fit <- function(model, metadata) {
  model <- validate_fit(model, "model", quote(vetiver_create_meta()), ensembles = TRUE)
  vetiver::vetiver_meta(metadata, required_pkgs = packages_of_predictions(model))
}

#' @rdname vetiver-methods
#' @exportS3Method vetiver::vetiver_prepare_model
vetiver_prepare_model.nn_fit <- function(model) axe_data.nn_fit(axe_call.nn_fit(model))

#' @rdname vetiver-methods
#' @exportS3Method vetiver::vetiver_ptype
vetiver_ptype.nn_fit <- function(model, ..., prototype_data = NULL) {
  call <- quote(vetiver_ptype())
  model <- validate_fit(model, "model", call, ensembles = TRUE)
  refuse_dots(..., known = "prototype_data", call = call)
  if (!is.null(prototype_data)) {
    return(tibble::as_tibble(prototype_data)[0L, ])
  }
  if (model$interface == "recipe") {
    stop_backprop("recipe", c(
      "A recipe does not tell of which types the columns are.", i = "Give some rows of them: {.code vetiver_model(fit, name, prototype_data = data[1, ])}."
    ), call = call)
  }
  columns <- if (model$interface == "matrix") {
    lapply(stats::setNames(nm = columns_of_matrix(model)), function(name) numeric())
  } else {
    lapply(needed_columns(model$blueprint), no_rows_of_column)
  }
  tibble::new_tibble(columns, nrow = 0L)
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
  read <- unlist(c(fit$blueprint$carried$packages, lapply(fit$blueprint$variables, packages_named)), use.names = FALSE)
  of_recipe <- if (fit$interface == "recipe") recipes::required_pkgs(fit$blueprint$recipe)
  unique(c("backprop", of_recipe, setdiff(read, "base")))
}

# Those that stand before `::`.
packages_named <- function(expression) {
  if (!is.call(expression)) {
    return(character())
  }
  if (is.name(expression[[1L]]) && as.character(expression[[1L]]) %in% c("::", ":::")) {
    return(as.character(expression[[2L]]))
  }
  unlist(lapply(as.list(expression), packages_named))
}

# Where gaps are filled in there are more inputs than columns.
columns_of_matrix <- function(fit) {
  known <- if (is.null(fit$blueprint)) list(names = fit$inputs$names, width = fit$inputs$n) else fit$blueprint
  if (is.null(known$names)) paste0("x", seq_len(known$width)) else known$names
}

# No values of a column that training recorded.
no_rows_of_column <- function(record) {
  switch(record$type,
    factor = factor(character(), record$levels, ordered = record$ordered), character = character(),
    matrix = matrix(0, 0L, record$columns, dimnames = list(NULL, record$names)), numeric()
  )
}
