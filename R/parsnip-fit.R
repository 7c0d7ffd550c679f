# What parsnip calls to train: its words for arguments become those of nn_train().

#' Networks in parsnip: the engine "backprop" of `mlp()` and `bag_mlp()`
#'
#' Where parsnip is installed, its `mlp()` and `bag_mlp()` know the engine `"backprop"`, for classification and regression:
#' `mlp(mode = "regression") |> set_engine("backprop") |> fit(mpg ~ ., data = mtcars)`. The engine is registered as soon as both packages are loaded, whichever
#' comes first; loading backprop does not load parsnip. Where several processes work, parsnip loads backprop in each. `nn_parsnip()` is what the engine calls;
#' nobody needs to call it by hand. `vignette("tidymodels")` shows recipes, workflows and tuning.
#'
#' What is not typed is chosen as [nn_train()] chooses it for a table: by `preset = "table"`, an ensemble, see [presets].
#'
#' @section Arguments of the model:
#' | `mlp()` | [nn_train()] | range that dials proposes |
#' |---|---|---|
#' | `hidden_units` | `hidden`; several numbers are several layers, `integer()` is none | 2 to 64 |
#' | `epochs` | `epochs` | 10 to 1000 |
#' | `penalty` | `penalty` | 1e-10 to 1 |
#' | `dropout` | `dropout` | 0 to 1 |
#' | `activation` | `activation`, see [nn_activation()] | all names |
#' | `learn_rate` | `lr` | 1e-4 to 0.1 |
#'
#' `bag_mlp()` has `hidden_units`, `penalty` and `epochs` of these. It trains `ensemble = 11` networks, unless `set_engine()` says another number, and averages them. Each is trained on a
#' bootstrap sample of the rows (`bootstrap = TRUE`), and what it did not draw chooses its best epoch. `set_engine("backprop", bootstrap = FALSE)` has the ensemble of [nn_train()], whose networks each hold a few
#' rows back. baguette is not needed.
#'
#' All other arguments of [nn_train()] go into `set_engine()`, by their own names: `set_engine("backprop", preset = "textbook", optimizer = "adam", seed = 1)`. What parsnip itself gives is an
#' error there: `hidden` is `mlp(hidden_units = )`, `case_weights` are given to `fit()` or `add_case_weights()`, `offset` is `offset()` in the formula.
#'
#' parsnip before 1.2.0 stops on `mlp(activation = )` for an engine that it does not know itself: type `set_engine("backprop", activation = )` there.
#'
#' Case weights, importance weights and frequency weights of hardhat, become `case_weights`. A formula given to `fit()` means what it means to [nn_train()]. Sparse matrices
#' are refused by parsnip; [nn_train()] takes them.
#'
#' @section Predictions:
#' `predict(fit, new_data, type = )` knows `"numeric"`, `"conf_int"`, `"pred_int"`, `"quantile"` and `"raw"` in regression, `"class"`, `"prob"`, `"conf_int"` and
#' `"raw"` in classification. `"raw"` is what [nn_predict()] gives, and takes its arguments as `opts = list(threads = 1)`. The others are those of [predict.nn_fit()],
#' which says which fit has intervals: ensembles have `"pred_int"` and `"quantile"`; a network with one hidden layer has them where it keeps its data
#' (`set_engine("backprop", preset = "textbook", keep = "data")`). Quantiles have the form that the parsnip has which is installed: a column of `hardhat::quantile_pred()`
#' from 1.3.0 on, a list of tibbles before. For what parsnip has no argument of, such as `calibration`, take the fit itself: `extract_fit_engine(fit)`.
#'
#' @section Earlier epochs:
#' `multi_predict(fit, new_data, type = , epochs = c(10, 50))` predicts by the weights that the network had after 10 and 50 epochs, without training again: equal to what fits of so many epochs predict.
#' That can be had of one network that keeps its weights, `set_engine("backprop", preset = "textbook", keep_weights = 10)`, and that went the same way as shorter
#' fits: without `validation` (which chooses an epoch), `restarts`, `time_limit`, `start`, and schedules whose length is left to be `epochs`. Everything else, ensembles
#' included, is an error that says so (class `backprop_error_epoch`).
#'
#' `tune_grid()` trains such a network once for all values of `epochs` that are multiples of `keep_weights`; any other once for each. tune from 2.0.0 on decides that before it
#' knows the arguments, and trains once for each.
#' @param formula,data What `fit()` of parsnip was given.
#' @param ... Arguments of the model and of the engine.
#' @param weights Case weights as numbers, or `NULL`.
#' @return What [nn_train()] returns. `multi_predict()` gives a tibble with a list column `.pred`, of a tibble for each row, with `epochs` and the columns that `predict()` gives.
#' @section Errors:
#' As [nn_train()], and an argument that parsnip itself gives, or one that is given twice (class `backprop_error_argument`).
#' @seealso [nn_train()], [predict.nn_fit()], [presets]
#' @examplesIf requireNamespace("parsnip", quietly = TRUE)
#' library(parsnip)
#' spec <- mlp(mode = "regression", hidden_units = 4, epochs = 200) |>
#'   set_engine("backprop", preset = "textbook", activation = "tanh",
#'              optimizer = "adam", keep_weights = 50, seed = 1)
#' model <- fit(spec, mpg ~ wt + hp, data = mtcars)
#' predict(model, head(mtcars))
#' multi_predict(model, head(mtcars, 2), epochs = c(50, 200))$.pred
#' @aliases details_mlp_backprop details_bag_mlp_backprop
#' @keywords internal
#' @export
nn_parsnip <- function(formula, data, ..., weights = NULL) {
  if (missing(formula)) stop_missing("formula", "the formula")
  if (missing(data)) stop_missing("data", "the data")
  arguments <- rename_arguments(list(...))
  if (is_outcome_of_parsnip(formula)) {
    # fit_xy(), and with it workflows, name no outcome: parsnip makes a formula of all columns, which needs no reading.
    X <- data[setdiff(names(data), outcome_of_parsnip)]
    Y <- data[[outcome_of_parsnip]]
    given <- list(X = quote(X), Y = quote(Y))
  } else {
    given <- list(formula = formula, data = quote(data))
  }
  # The data by name, which is what the fit shows of its call. Weights as values: a name would be looked for among the columns of `data` first.
  if (!is.null(weights)) arguments$case_weights <- weights
  is_code <- vapply(arguments, is.language, NA)
  arguments[is_code] <- lapply(arguments[is_code], enquote)
  do.call(nn_train, c(given, arguments))
}

outcome_of_parsnip <- "..y"

is_outcome_of_parsnip <- function(formula) inherits(formula, "formula") && identical(formula[[2L]], as.name(outcome_of_parsnip))

# The arguments of the models, in parsnip's words, and what nn_train() calls them.
words_of_parsnip <- c(
  hidden_units = "hidden", epochs = "epochs", penalty = "penalty", dropout = "dropout", activation = "activation", learn_rate = "lr"
)

# By which prefix those arrive: a name of their own tells them from what set_engine() was given under the same name, which parsnip would drop.
of_model <- "model_"

# What the engine must not be told, and where it is said instead.
said_elsewhere <- c(
  hidden = "Hidden layers are an argument of the model: {.code mlp(hidden_units = )}.",
  epochs = "Epochs are an argument of the model: {.code mlp(epochs = )}.",
  penalty = "The penalty is an argument of the model: {.code mlp(penalty = )}.",
  X = "parsnip gives the data: {.code fit(spec, y ~ ., data)} or {.code fit_xy(spec, x, y)}.",
  Y = "parsnip gives the data: {.code fit(spec, y ~ ., data)} or {.code fit_xy(spec, x, y)}.",
  case_weights = "Give them to {.code fit(..., case_weights = )}, or by {.code add_case_weights()} to a workflow.",
  offset = "Write it into the formula: {.code y ~ x + offset(log(time))}.",
  subset = "Choose the rows of the data before."
)

# The arguments of the model and of the engine, by the names of nn_train().
rename_arguments <- function(arguments) {
  call <- quote(set_engine())
  names <- names(arguments)
  if (length(arguments) > 0L && (is.null(names) || !all(nzchar(names)))) {
    stop_backprop("argument", c(
      "An argument of the engine has no name.",
      i = "Type {.code set_engine(\"backprop\", name = value)}; {.code ?nn_train} has the names."
    ), call = call)
  }
  refused <- intersect(names, names(said_elsewhere))
  if (length(refused) > 0L) {
    refused <- refused[1L]
    stop_backprop("argument", c("{.arg {refused}} is no argument of the engine.", i = said_elsewhere[[refused]]), call = call)
  }
  from_model <- startsWith(names, of_model)
  names[from_model] <- words_of_parsnip[substring(names[from_model], nchar(of_model) + 1L)]
  if (anyDuplicated(names) > 0L) {
    twice <- names[duplicated(names)][1L]
    stop_backprop("argument", c(
      "{.arg {twice}} is given twice: as an argument of the model and by {.fn set_engine}.",
      i = "Leave the one in {.fn set_engine} out."
    ), call = call)
  }
  names(arguments) <- names
  arguments
}
