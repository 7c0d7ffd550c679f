# How much a model depends on each column of its data: what was asked, the method that answers, and the answer as a table.

#' Importance of the columns
#'
#' How much the predictions of a model depend on each column of its data. A column is what the user gave: a factor is one, whatever number of inputs it makes, and a
#' column that several terms of a formula use is one. All methods take any network of any depth, and ensembles; those of the weights take chains of dense layers.
#'
#' @section Methods:
#' | method | what is measured | in units of | `repeats` | interval |
#' |---|---|---|---|---|
#' | `"permutation"` | how much the loss (or `metric`) rises when the column's values are exchanged between rows (Breiman 2001; Fisher, Rudin & Dominici 2019) | the loss | permutations, 10 | Student's t over the permutations |
#' | `"shapley"` | the mean size of the column's Shapley values over rows, see [nn_shap()] (Štrumbelj & Kononenko 2014) | the prediction | pairs of orders for each row, 50 | normal, over rows |
#' | `"gradient"` | the mean size of the slope of the prediction, times the standard deviation of the input | the prediction | none | normal, over rows |
#' | `"olden"` | the products of the weights that lead from an input to an output, summed over all ways (Olden & Jackson 2002) | none | none | none |
#' | `"garson"` | the share of an input in what comes in, passed on from layer to layer by sizes of weights (Garson 1991); sums to 1 | a share | none | none |
#'
#' Permutation tells how much the model *relies* on a column to be right; it needs the outcome. The others tell how much the column *moves* predictions,
#' rightly or not. The intervals hold the chance of the permutations, or of the rows that were drawn: not that other data had trained another model.
#'
#' **Columns that go together** share what they tell: a model may use either, and exchanging one makes rows that no data have. An importance near 0 then does not
#' mean that a column tells nothing, nor a large one that it could not be replaced.
#'
#' **A column of several inputs** (a factor, `poly(x, 2)`) has as its slope \eqn{\sqrt{g^\top S g}}{sqrt(g' S g)}, with the slopes g of its inputs and their covariance S: the
#' standard deviation of the prediction if it were linear in them. An input made of several columns, as in a product, counts for each of these. The slopes are
#' central differences of the prediction on its own scale. `"olden"` keeps the sign of a column of one input; of several the sizes are summed. The
#' weights are those of standardised inputs where training standardised; where it did not, those of large numbers are small for that reason alone. Of an ensemble the mean of its networks is taken by their shares.
#'
#' `"shapley"` is not the measure of Covert, Lundberg & Lee (2020), which divides the loss and not the prediction. Sizes of values that are not exactly known are
#' a little too large on average; more `repeats` make that smaller.
#' @section Measures:
#' `metric = NULL` is the loss of training without its penalty, as a mean over rows (of `"sse"` the mean square). It is on the outcome's own scale; for families with parameters of their own it is on that of training. Others are
#' `"rmse"` and `"mae"` for numbers; `"log_loss"`, `"brier"`, `"accuracy"` and, of two levels, `"auc"` for factors; or a function of the outcome (as a
#' vector, factor or matrix) and the predictions (as [nn_predict()] gives them; one column as a vector) that gives a number of which less is better. Of `"accuracy"` and `"auc"` the fall is counted.
#'
#' @section Weights and offsets:
#' Case weights that `data` have count, for `"permutation"` with `class_weights` and numbers of trials, and rows of weight 0 are left out. An offset stays with its row. Of times of an event `"cox"` explains the logarithm of the relative
#' hazard, `"discrete_hazard"` the hazard of each interval.
#' @param fit A model from [nn_train()].
#' @param data The data to judge by, better rows that training has not seen, in the form that [residuals()][residuals.nn_fit] takes: a data frame for a formula, else `list(X =, Y =)`; where the outcome is not needed the inputs alone will do. Rows that the model has no prediction for, and for `"permutation"` those without an outcome, are left out, with a warning. Not needed by
#'   `"olden"` and `"garson"`, nor for a fit that keeps its data.
#' @param method One of the methods above.
#' @param repeats How often; `NULL` is the number in the table.
#' @param metric What is to rise, for `"permutation"`; see below.
#' @param output Names of the outputs, or levels of the outcome, to explain; `NULL` for all (of two levels the second). Not for `"permutation"`.
#' @param rows At most this many rows of `data` are used, drawn by the seed. `NULL`: all; for `"shapley"`, which explains each, 200.
#' @param seed A whole number for the draws, which leaves R's generator alone; `NULL` draws one from it.
#' @param level Level of the intervals.
#' @param threads Processor threads, as in [nn_train()]; their number changes nothing.
#' @return A data frame of class `nn_importance`, the most important column first: `variable`, `importance`, `std_error`, `lower`, `upper` (`NA` where there are none) and, but for
#'   `"permutation"`, `output`. Its attribute `explained` is a list of what was asked and used: `method`, `metric`, `baseline` (the measure before any permutation), `rows`, `repeats`, `seed`, `level`.
#' @section Errors:
#' A measure that does not go with the outcome, and a method of weights for a network that is no chain of dense layers (both of class `backprop_error_incompatible`); values
#' that make, in another row, what the model has no prediction for (`backprop_error_no_prediction`); no data (`backprop_error_no_data`).
#' @references
#' Breiman, L. (2001). Random forests. *Machine Learning*, 45(1), 5-32.
#'
#' Covert, I., Lundberg, S. M., & Lee, S.-I. (2020). Understanding global feature contributions with additive importance measures. *Advances in Neural Information Processing Systems*, 33.
#'
#' Fisher, A., Rudin, C., & Dominici, F. (2019). All models are wrong, but many are useful: learning a variable's importance by studying an entire class of prediction models
#' simultaneously. *Journal of Machine Learning Research*, 20(177), 1-81.
#'
#' Garson, G. D. (1991). Interpreting neural network connection weights. *AI Expert*, 6(4), 46-51.
#'
#' Olden, J. D., & Jackson, D. A. (2002). Illuminating the "black box": a randomization approach for understanding variable contributions in artificial neural networks.
#' *Ecological Modelling*, 154(1-2), 135-150.
#'
#' Štrumbelj, E., & Kononenko, I. (2014). Explaining prediction models and individual predictions with feature contributions. *Knowledge and Information Systems*, 41(3), 647-665.
#' @seealso [nn_partial()] for how predictions depend on a column, [nn_shap()] for what makes a single prediction.
#' @examples
#' fit <- nn_train(mpg ~ wt + hp + qsec, data = mtcars, preset = "textbook",
#'                 hidden = 3, activation = "tanh", epochs = 500, seed = 1)
#' importance <- nn_importance(fit, mtcars, seed = 1)
#' importance
#' plot(importance)
#' nn_importance(fit, mtcars, metric = "mae", seed = 1)
#' nn_importance(fit, mtcars, method = "gradient")
#' nn_importance(fit, method = "garson")
#' @export
nn_importance <- function(fit, data = NULL, method = "permutation", repeats = NULL, metric = NULL, output = NULL, rows = NULL, seed = NULL, level = 0.95, threads = NULL) {
  call <- quote(nn_importance())
  fit <- check_fit_given(fit, call)
  check_choice(method, "method", names(importance_methods), call)
  if (!is.null(repeats)) repeats <- check_count(repeats, "repeats", call = call)
  if (!is.null(rows)) rows <- check_count(rows, "rows", call = call)
  if (!is.null(seed)) seed <- check_seed(seed, call)
  level <- check_level(level, "level", call)
  refuse_other_methods(method, list(repeats = repeats, metric = metric, output = output, rows = rows), call)
  undoing_draws({
    base <- if (!method %in% c("olden", "garson")) explained_rows(fit, data, "data", call, outcome = method == "permutation")
    asked <- list(method = method, repeats = repeats, metric = metric, output = output, rows = rows, level = level, threads = threads)
    # The others leave R's generator alone.
    draws <- method %in% c("permutation", "shapley") || (method == "gradient" && !is.null(rows))
    if (draws) asked$seed <- seed_or_drawn(seed, call)
    found <- switch(method,
      permutation = importance_by_permutation(fit, sample_explained(base, rows, asked$seed), asked, call),
      shapley = importance_by_shapley(fit, base, asked, call),
      gradient = importance_by_gradient(fit, base, asked, call),
      olden = ,
      garson = importance_by_connections(fit, asked, call)
    )
  })
  warn_beyond_numbers(found$table$importance)
  new_explanation(most_important_first(found$table), "nn_importance", c(
    list(method = method, level = level, seed = asked$seed), found[setdiff(names(found), "table")]
  ))
}

most_important_first <- function(table) {
  output <- if (is.null(table$output)) rep(1L, nrow(table)) else match(table$output, unique(table$output))
  table <- table[order(output, -abs(table$importance)), ]
  row.names(table) <- NULL
  table
}

# Which arguments each method takes.
importance_methods <- list(
  permutation = c("repeats", "metric", "rows"), shapley = c("repeats", "output", "rows"), gradient = c("output", "rows"), olden = "output", garson = "output"
)

refuse_other_methods <- function(method, given, call) {
  given <- names(given)[!vapply(given, is.null, NA)]
  wrong <- setdiff(given, importance_methods[[method]])
  if (length(wrong) > 0L) {
    wrong <- wrong[1L]
    takers <- names(Filter(function(takes) wrong %in% takes, importance_methods))
    stop_backprop("incompatible", c(
      "{.code method = \"{method}\"} does not take {.arg {wrong}}.", i = "It goes with {.or {.val {takers}}}."
    ), call = call)
  }
}

# A data frame with what was asked beside it: an attribute, which columns taken from it lose.
new_explanation <- function(table, class, explained) {
  attr(table, "explained") <- explained[!vapply(explained, is.null, NA)]
  class(table) <- c(class, "data.frame")
  table
}

#' @export
print.nn_importance <- function(x, ...) {
  explained <- attr(x, "explained")
  if (!is.null(explained)) {
    cat("<nn_importance> ", explained$method, "\n", sep = "")
    lines <- describe_importance(explained)
    cat(lines[nzchar(lines)], sep = "\n")
  }
  print_table(x)
  invisible(x)
}

describe_importance <- function(explained) {
  words <- words_of_importance(explained)
  by <- if (!is.null(explained$rows)) paste("by", count_text(explained$rows, "row"))
  repeated <- if (!is.null(explained$repeats)) {
    if (explained$method == "shapley") paste(count_text(explained$repeats, "pair"), "of orders each") else count_text(explained$repeats, "permutation")
  }
  interval <- if (!is.null(by)) paste0(format(100 * explained$level), " % intervals")
  before <- if (!is.null(explained$baseline)) paste("which is", format(explained$baseline, digits = 4))
  c(paste(c(paste0(toupper(substr(words, 1L, 1L)), substring(words, 2L)), before), collapse = ", "), paste(c(by, repeated, interval), collapse = ", "))
}

# What is counted: for the printed head and the axis of a picture.
words_of_importance <- function(explained) {
  switch(explained$method,
    permutation = paste(if (rises(explained$metric)) "fall" else "rise", "of the", words_of_metric(explained$metric)),
    shapley = "mean size of Shapley values", gradient = "mean slope per standard deviation", olden = "products of weights", garson = "shares of weights"
  )
}

# Without columns that say nothing, and without the class, so that a part of it can be printed too.
print_table <- function(x, most = Inf) {
  table <- as.data.frame(unclass(x), optional = TRUE, stringsAsFactors = FALSE)
  empty <- vapply(table, function(column) all(is.na(column)), NA) & nrow(table) > 0L
  shown <- utils::head(table[!empty], most)
  print(shown, digits = 4, row.names = FALSE)
  if (nrow(table) > nrow(shown)) cat("... ", count_text(nrow(table) - nrow(shown), "more row"), "\n", sep = "")
}
