# How predictions depend on one column or two: over a grid of their values, for rows that are otherwise as they are.

#' Partial dependence, ICE curves and accumulated local effects
#'
#' How the predictions of a model depend on one column of its data, or on two. `"pdp"` gives every row of `data` each value of the grid in turn and takes the mean prediction (partial dependence,
#' Friedman 2001); `"ice"` keeps the curve of each row (Goldstein et al. 2015): where these are not parallel, the column interacts with others.
#'
#' Both ask the model about rows that no data have where columns go together: a large house of one room. `"ale"` does not (Apley & Zhu 2020): between two values of the grid it looks at the
#' rows that lie there, takes the mean change of *their* predictions from one end to the other, and adds these changes up. The curve is shifted to a mean of 0 over the rows. It is for one column:
#' of numbers, logicals, an ordered factor, or of levels whose order `grid` gives. Between values that no row lies between it stays level.
#'
#' @section Weights and offsets:
#' Means are by the case weights that `data` have. An offset stays with its row.
#' @param fit A model from [nn_train()].
#' @param data Rows to average over, in the form that training took, inputs alone or with the outcome; not needed for a fit that keeps its data.
#' @param variables Name of a column, or of two for a surface. Those of a matrix without names are called `x1`, `x2`, ...
#' @param type `"pdp"`, `"ice"` or `"ale"`.
#' @param grid A whole number: how many values; for `"pdp"` and `"ice"` evenly over the range of `data`, for `"ale"` by its quantiles, and no more than there are. Or the values themselves: a vector of two and more, or
#'   a list with an element by the name of each column. Of factors, text and logicals all that `data` have.
#' @param output Names of the outputs, or levels of the outcome, to show; `NULL` for all (of two levels the second).
#' @param rows At most this many rows of `data` are used, drawn by the seed; `NULL` for all.
#' @param seed,threads As in [nn_importance()].
#' @return A data frame of class `nn_partial` with the values of the grid in a column by the name of each variable (with `value.` before it where that is the name of one of the columns that follow), then `output`, for `"ice"` `row` (its place in `data`), `estimate` on the scale of [nn_predict()], and for `"pdp"`
#'   `std_error`: that of a mean of the rows used, as a sample of others. It says nothing of how well the model is known.
#' @section Errors:
#' A column that the model does not have, or of a type that has no grid of its own; `"ale"` of two columns, or of levels without order
#' (class `backprop_error_incompatible`); otherwise as [nn_importance()].
#' @references
#' Apley, D. W., & Zhu, J. (2020). Visualizing the effects of predictor variables in black box supervised learning models. *Journal of the Royal Statistical Society: Series B*, 82(4), 1059-1086.
#'
#' Friedman, J. H. (2001). Greedy function approximation: a gradient boosting machine. *Annals of Statistics*, 29(5), 1189-1232.
#'
#' Goldstein, A., Kapelner, A., Bleich, J., & Pitkin, E. (2015). Peeking inside the black box: visualizing statistical learning with plots of individual conditional expectation.
#' *Journal of Computational and Graphical Statistics*, 24(1), 44-65.
#' @examples
#' fit <- nn_train(mpg ~ wt + hp + qsec, data = mtcars, preset = "textbook",
#'                 hidden = 3, activation = "tanh", epochs = 500, seed = 1)
#' partial <- nn_partial(fit, mtcars, "wt")
#' partial
#' plot(partial)
#' plot(nn_partial(fit, mtcars, "wt", type = "ice"))
#' plot(nn_partial(fit, mtcars, "wt", type = "ale"))
#' plot(nn_partial(fit, mtcars, c("wt", "hp")))
#' @export
nn_partial <- function(fit, data = NULL, variables, type = "pdp", grid = 20, output = NULL, rows = 1000, seed = NULL, threads = NULL) {
  call <- quote(nn_partial())
  fit <- check_fit_given(fit, call)
  check_choice(type, "type", c("pdp", "ice", "ale"), call)
  if (missing(variables)) {
    stop_backprop("missing_argument", "{.arg variables} is missing: name a column, or two.", call = call)
  }
  known <- names(columns_in_inputs(fit)$inputs)
  variables <- unique(check_choices(variables, "variables", known, call))
  if (length(variables) > (if (type == "ale") 1L else 2L)) {
    stop_backprop("incompatible", c(
      "{.code type = \"{type}\"} takes {if (type == 'ale') 'one column' else 'one column or two'}, and {.arg variables} names {length(variables)}.",
      i = if (type == "ale") "{.code type = \"pdp\"} takes two."
    ), call = call)
  }
  if (!is.null(rows)) rows <- check_count(rows, "rows", call = call)
  choose <- output_chooser(fit, output, call)
  undoing_draws({
    base <- explained_rows(fit, data, "data", call)
    given <- nrow(base$x)
    sampled <- !is.null(rows) && given > rows
    seed <- if (sampled) seed_or_drawn(seed, call) else if (!is.null(seed)) check_seed(seed, call)
    base <- sample_explained(base, rows, seed)
    values <- stats::setNames(lapply(variables, function(name) grid_of(name, base, grid, type, variables, call)), variables)
    table <- switch(type,
      ale = accumulated_effects(fit, base, values, choose, threads, call),
      partial_effects(fit, base, values, type, choose, threads, call)
    )
  })
  warn_beyond_numbers(table$estimate)
  new_explanation(table, "nn_partial", list(variables = variables, type = type, rows = nrow(base$x), given = given, seed = if (sampled) seed))
}

# The values of a column's grid, in the type of the column.
grid_of <- function(name, base, grid, type, variables, call) {
  column <- base$table[[name]]
  own <- grid_given(name, grid, variables, call)
  has_levels <- is.factor(column) || is.character(column) || is.logical(column)
  if (!has_levels && !is_plain_number(column)) refuse_grid(column, name, type, own, call)
  if (!is.null(own)) {
    return(if (type == "ale" && !has_levels) sort(unique(own)) else own)
  }
  if (has_levels) {
    if (type == "ale" && !is.ordered(column) && !is.logical(column)) {
      stop_backprop("incompatible", c(
        "{.code type = \"ale\"} needs an order of values, and those of {.val {name}} have none.",
        i = "Give them in order, {.code grid = list({name} = c(...))}, or use {.code type = \"pdp\"}."
      ), call = call)
    }
    return(if (is.factor(column)) levels(column)[tabulate(column, nlevels(column)) > 0L] else sort(unique(column)))
  }
  count <- if (is_whole(grid, 2)) grid else 20
  there <- sort(unique(column))
  if (length(there) <= count) {
    return(there)
  }
  if (type == "ale") {
    return(unique(stats::quantile(column, seq(0, 1, length.out = count), type = 1L, names = FALSE, na.rm = TRUE)))
  }
  seq(there[1L], there[length(there)], length.out = count)
}

# Dates and their like have no grid of their own; columns that are matrices have none at all.
refuse_grid <- function(column, name, type, own, call) {
  if (!is.null(own) && type != "ale" && !is.matrix(column)) {
    return(invisible())
  }
  what <- describe_type(column)
  stop_backprop("incompatible", c(
    "{.code type = \"{type}\"} needs a column with a grid of values, and {.val {name}} is {article(what)} {what}.",
    i = if (type != "ale" && !is.matrix(column)) "Give the values: {.code grid = list({name} = ...)}." else "{.fn nn_shap} and {.fn nn_importance} take it."
  ), call = call)
}

# The values that a user gave for a column, or NULL.
grid_given <- function(name, grid, variables, call) {
  if (is_whole(grid, 2)) {
    return(NULL)
  }
  if (is.list(grid) && !is.data.frame(grid) && all(names(grid) %in% variables) && length(names(grid)) == length(grid)) {
    values <- grid[[name]]
  } else if (is.atomic(grid) && length(grid) > 1L && length(variables) == 1L) {
    values <- grid
  } else {
    stop_argument("grid", "a whole number of values, 2 or more, a vector of values, or a list with values by the names of columns", grid, call = call)
  }
  if (!is.null(values) && (length(values) == 0L || anyNA(values))) {
    stop_argument("grid", paste0("values without gaps for `", name, "`"), values, call = call)
  }
  if (is.factor(values)) as.character(values) else values
}

# Rows that have the values of the grid, one for each: `donor` of predict_mixed(). Other columns are those of the first row.
grid_rows <- function(fit, base, values, call) {
  n <- length(values[[1L]])
  table <- as_plain_table(lapply(base$table, pick_rows_of, rep(1L, n)), n)
  table[names(values)] <- values
  if (fit$interface != "matrix") table <- restore_columns(table, needed_columns(fit$blueprint)[names(table)], "grid", call)
  list(table = table, x = inputs_of_columns(fit, table, call))
}

partial_effects <- function(fit, base, values, type, choose, threads, call) {
  points <- expand.grid(values, KEEP.OUT.ATTRS = FALSE, stringsAsFactors = FALSE)
  n <- nrow(base$x)
  g <- nrow(points)
  check_room(
    8 * as.double(n) * g * (3 + count_predictions(fit)), paste(count_text(g, "value"), "of the grid for", count_text(n, "row")),
    "Use a smaller `grid`, or fewer `rows`.", call
  )
  donor <- grid_rows(fit, base, as.list(points), call)
  names(points) <- names_beside_results(names(points))
  takes <- stats::setNames(rep(list(TRUE), length(values)), names(values))
  predicted <- choose(predict_mixed(fit, base, rep(seq_len(n), g), donor, rep(seq_len(g), each = n), takes, threads, call))
  do.call(rbind, lapply(seq_len(ncol(predicted)), function(k) {
    output <- colnames(predicted)[k]
    curves <- matrix(predicted[, k], n)
    if (type == "ice") {
      return(cbind(
        points[rep(seq_len(g), n), , drop = FALSE], output = output, row = rep(base$places, each = g), estimate = as.vector(t(curves)),
        row.names = NULL
      ))
    }
    cbind(
      points, output = output, estimate = apply(curves, 2L, weighted_mean, base$weights), std_error = apply(curves, 2L, mean_error, base$weights),
      row.names = NULL
    )
  }))
}

# Names of the variables in a table that has columns of its own.
names_beside_results <- function(names) ifelse(names %in% c("output", "row", "estimate", "std_error"), paste0("value.", names), names)

#' @export
print.nn_partial <- function(x, ..., n = 10) {
  explained <- attr(x, "explained")
  if (!is.null(explained)) {
    cat("<nn_partial> ", partial_titles[[explained$type]], " of ", paste(explained$variables, collapse = " and "), "\n", sep = "")
    of <- if (explained$rows < explained$given) paste0(" of ", explained$given, ", drawn by seed ", explained$seed)
    cat("By ", count_text(explained$rows, "row"), of, "\n", sep = "")
  }
  print_table(x, check_count(n, "n", call = quote(print())))
  invisible(x)
}

partial_titles <- c(pdp = "Partial dependence", ice = "ICE curves", ale = "Accumulated local effects")
