# augment(), broom's verb for rows: data with what a fit says of each row beside them.

#' Rows with their predictions and residuals
#'
#' `augment()` of the package generics (broom and the tidymodels bring it along) gives data back with predictions, and where the outcome is among them
#' residuals, as further columns.
#'
#' @param x A model from [nn_train()].
#' @param data The data in the form that training took (see [fitted.nn_fit()]): a data frame, or `list(X =, Y =)`. `NULL`: those that the fit keeps (`keep = "data"`).
#' @param new_data,newdata New rows, in place of `data`: a data frame or matrix as [predict()][predict.nn_fit] takes it. Where a column has the outcome there are
#'   residuals too. `newdata` is broom's name for it.
#' @param type.predict Type of prediction, as [predict()][predict.nn_fit] has them. `NULL`: classes and probabilities of a factor, else the default.
#' @param type.residuals Type of residuals, as [residuals()][residuals.nn_fit] has them.
#' @param offset As in [nn_predict()].
#' @param ... Not used; a misspelt argument is an error.
#' @return A tibble with a row per row of data, in their order: its columns (row names as `.rownames`), then
#' * `.pred_class` and `.pred_<level>` for a factor, `.pred` for a number, `.pred_<name>` for several: what [predict()][predict.nn_fit] says;
#' * `.resid`, or `.resid_<name>` for several numbers, where the outcome is there: outcome minus prediction, on the outcome's scale. Factors and times of an event
#'   have none.
#' @section Errors:
#' Without data an error of class `backprop_error_no_data`; a column of the data that has the name of one to be added is an error of class `backprop_error_column_names`.
#' @examplesIf requireNamespace("generics", quietly = TRUE)
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, preset = "textbook", epochs = 200, seed = 1)
#' generics::augment(fit, mtcars)
#' generics::augment(fit, new_data = data.frame(wt = 2:3, hp = 100))
#' @exportS3Method generics::augment
augment.nn_fit <- function(x, data = NULL, ..., new_data = NULL, newdata = NULL, type.predict = NULL, type.residuals = "response", offset = NULL) {
  call <- quote(augment())
  refuse_dots(..., known = setdiff(names(formals(augment.nn_fit)), "..."), call = call)
  x <- validate_fit(x, "x", call, ensembles = TRUE)
  check_choice(type.residuals, "type.residuals", c("response", "pearson", "deviance"), call)
  given <- list(data = data, new_data = new_data, newdata = newdata)
  given <- given[!vapply(given, is.null, NA)]
  if (length(given) > 1L) {
    twice <- names(given)[1:2]
    stop_backprop("incompatible", c("{.arg {twice[1]}} and {.arg {twice[2]}} are both given.", i = "Give the rows once."), call = call)
  }
  rows <- if (length(given) == 1L && names(given) != "data") given[[1L]] else data_or_kept(x, data, call)
  if (is.null(offset)) offset <- extra_of(rows, "offset")
  inputs <- inputs_of(x, rows)
  added <- predictions_beside(x, inputs, type.predict, offset)
  if (x$outcome$kind %in% c("numeric", "logical", "counts") && has_outcome(x, rows)) {
    value <- if (NROW(inputs) == 0L) {
      means_of(predict_outputs(x, inputs, "data", NULL, call, offset), x)
    } else {
      # What there is to warn of was told with the predictions.
      suppressWarnings(stats::residuals(x, data = rows, type = type.residuals, offset = offset), classes = "backprop_warning")
    }
    residual <- tibble_of_numbers(value)
    added <- c(added, stats::setNames(as.list(residual), sub("^[.]pred", ".resid", names(residual))))
  }
  beside_data(table_of_rows(x, inputs, rows, call), added, call)
}

predictions_beside <- function(fit, inputs, type, offset) {
  if (is.null(type) && fit$outcome$kind == "factor") {
    shares <- stats::predict(fit, inputs, type = "prob", offset = offset)
    levels <- fit$outcome$levels
    return(c(list(.pred_class = class_of(as.matrix(shares), levels)), as.list(shares)))
  }
  as.list(stats::predict(fit, inputs, type = type, offset = offset))
}

# Whether rows come with the outcome.
has_outcome <- function(fit, rows) {
  if (!has_one_table(fit$interface)) {
    return(!is.data.frame(rows) && is.list(rows) && !is.null(rows[["Y"]]))
  }
  needed <- if (fit$interface == "formula") names(fit$blueprint$outcome_columns) else outcomes_of_recipe(fit$blueprint$recipe)
  table <- inputs_of(fit, rows)
  is.data.frame(table) && all(needed %in% names(table))
}

# Inputs, and the outcome where it stands beside them, as a tibble.
table_of_rows <- function(fit, inputs, rows, call) {
  table <- inputs
  if (!is.data.frame(inputs)) {
    x <- named_matrix(inputs, fit, call)
    table <- as.data.frame(x)
    # Of no rows R makes flags.
    table[] <- lapply(seq_len(ncol(x)), function(j) unname(x[, j]))
  }
  named <- is.character(attr(table, "row.names"))
  table <- tibble::as_tibble(table, rownames = if (named) ".rownames")
  if (has_one_table(fit$interface) || !has_outcome(fit, rows)) {
    return(table)
  }
  Y <- rows$Y
  outcomes <- if (is.data.frame(Y)) as.list(Y) else if (is.matrix(Y) && !is.object(Y)) lapply(seq_len(ncol(Y)), function(j) unname(Y[, j])) else list(Y)
  names <- if (is.null(fit$outcome$names)) paste0("y", if (length(outcomes) > 1L) seq_along(outcomes)) else fit$outcome$names
  table[make.unique(c(names(table), names))[ncol(table) + seq_along(outcomes)]] <- outcomes
  table
}

named_matrix <- function(x, fit, call) {
  p <- setting(fit$blueprint$width, fit$inputs$n)
  x <- dense_inputs(as_input_matrix(if (is.null(dim(x))) matrix(x, ncol = p) else x, "data", call))
  if (is.null(colnames(x))) colnames(x) <- paste0("x", seq_len(ncol(x)))
  x
}

# What is there already is not replaced without a word.
beside_data <- function(table, added, call) {
  twice <- intersect(names(table), names(added))
  if (length(twice) > 0L) {
    stop_backprop("column_names", c(
      "The data have {cli::qty(length(twice))}column{?s} {.val {twice}} already, which {?is/are} to be added.", i = "Give them another name, or leave them out."
    ), call = call)
  }
  tibble::new_tibble(c(as.list(table), added), nrow = nrow(table))
}
