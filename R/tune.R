# Tuning: nn_tune(), which compares configurations on rows held out and trains the best on all rows. What it does step by step is in tune-*.R.

# What its errors name.
tuning_call <- quote(nn_tune())

stop_tuning <- function(message, hint, ...) {
  stop_backprop("tuning", c(message, i = hint), call = tuning_call, .envir = list2env(list(...), parent = environment()))
}

#' Tune a neural network
#'
#' Trains a network by each of several configurations, judges all of them on the same rows held out, and trains the best one on all rows. It is called as
#' [nn_train()] is, for a formula, a recipe, a data frame or a matrix: an argument that is given several values is tuned.
#'
#' @section What is tuned:
#' `penalty = c(0, 0.01)` has two values. Where one value may be a vector or an object itself (`hidden`, `activation`, `dropout`, `init`, `blend`), only
#' a plain list has several: `hidden = list(8, c(64, 32), c())`, `optimizer = list("adam", opt_sgd())`. The grid has all combinations; where no argument
#' has several values, the one configuration is cross-validated. The data (`case_weights`, `offset`, `class_weights`, `validation`, `na_action`),
#' `family`, `preset`, `effort`, `threads` and `keep` are as in [nn_train()] and the same for all; `start`, `checkpoint`, `callback`, `keep_weights` and
#' `time_limit` are about one training and are refused.
#'
#' All configurations are tried first, with no epoch and on one fold: what [nn_train()] refuses in one of them is an error before the first is
#' trained.
#'
#' @section Folds:
#' The rows that take part are dealt into `folds` by the seed alone: the same share of every class (of times: of events) in each, or for one numeric
#' outcome the same share of its small, middle and large values. With `group`, all rows of a group are in one fold. `folds = 0.25` holds a quarter of the
#' rows out, once. `repeats` deals anew. All configurations are judged on the same folds, by trainings of the same seeds.
#'
#' Rows held out have no part in a training: levels, moments, fillings of gaps and encodings are learnt from the others, and early stopping
#' (`validation = 0.15`, as `preset = "table"` has it) is judged by rows that are split off from these. What a formula's expressions take from all rows
#' (the knots of `ns(x, 3)`, the moments of `scale(x)`) they take from all rows here, too, as they do for [lm()] with a `subset`; and so
#' does a recipe, which is prepared once: one whose steps learn from the outcome makes the measures too good. What `preset = "table"`
#' chooses, it chooses once, by all rows.
#'
#' @section Measures:
#' `metric` is one of those that `stop_metric` of [nn_train()] knows, weighted by case weights (not by class weights), on the outcome's own scale
#' (`"rmse"` and `"mae"` of several outcomes: each divided by its standard deviation over all rows). `NULL` is `"log_loss"` for classes and `"rmse"` for
#' numbers, unless they have a loss of their own; then it is `"loss"`, which for the families from gamma on in the table of [nn_family()] is minus the
#' mean log-likelihood (of `"cox"` the partial one, among the rows held out). `"auc"` and `"accuracy"` are to be large, the others small.
#'
#' `std_error` is the standard deviation over the trainings of a configuration, divided by the root of their number. Folds share rows, so it is a rough
#' guide. `rule = "one_se"` takes, of the configurations whose mean is within one standard error of the best one's, that with the fewest parameters, of
#' equals the largest `penalty`, then the largest `dropout`, then the best mean (Breiman et al. 1984).
#'
#' @section Searches:
#' * `"grid"` trains every combination.
#' * `"random"` draws `configurations` of them, none twice; where an argument is a [nn_range()], numbers from it.
#' * `"halving"` (Jamieson and Talwalkar 2016) trains all for a few epochs (or as many as `configurations` draws), and lets the best `1 / eta` of them go
#'   on for `eta` times as many, and so on, until one is trained for all `epochs`. Each goes on where it stood, with `start = fit`: the last ones are,
#'   bit for bit, what a grid would have trained. Schedules have the length of all epochs from the beginning. `epochs` cannot be tuned, nor can there be
#'   `restarts`. A configuration that learns slowly at first may be lost; those that ended early are ranked after those that went on. In an ensemble,
#'   networks that `stop_iter` had ended wait anew in the next stage.
#'
#' On one core of a common processor, 100 configurations of 8 to 16 units take about 17 seconds by halving, for 10,000 rows of 20 columns, five folds and
#' 81 epochs.
#'
#' @section What is compared, and what is trained in the end:
#' Under `preset = "table"`, where neither `ensemble` nor `blend` nor `bootstrap` is typed, configurations are compared by one network each, which takes a tenth of the
#' time; in the end the ensemble of the preset is trained with the best one's settings. It should predict better than `results` say; how well it does, no
#' row has told. `ensemble = 1` has one network in the end as well, `ensemble = 8` compares ensembles.
#'
#' The best configuration is trained on all rows by `seed`. If it is one network whose best epoch was chosen on a share of the rows (under constant
#' schedules), that share trains, too: it is trained without `validation`, for as many epochs as the best ones were on the mean over the folds. An
#' ensemble holds rows of its own back for each network, as it does in [nn_train()].
#'
#' @section Several processors:
#' Where the package future has a plan of several processes (`future::plan("multisession", workers = 2)`) and future.apply is installed, trainings run
#' side by side there, with one thread each. Else they run one after the other, each with `threads`. The results are the same bits.
#'
#' @section Interrupting:
#' After Ctrl-C, [nn_last()] has what was done so far: a `nn_tune` without a fit. Trainings that other processes had in work are lost.
#'
#' @param X A formula, a recipe, a data frame or a matrix of inputs, as in [nn_train()]; `formula = ` is understood.
#' @param ... `data` or `Y`, and further arguments of [nn_train()], some of them with several values.
#' @param search `"grid"`, `"random"` or `"halving"`.
#' @param configurations How many configurations are drawn, for `"random"` and `"halving"`.
#' @param folds Number of folds, 2 or more; or the share of the rows to hold out, below 1.
#' @param repeats How many times the rows are dealt into folds.
#' @param group The name of a column of the data, or a value per row: rows of a group are held out together. The column remains an input unless the
#'   formula leaves it out.
#' @param metric What configurations are compared by; see below.
#' @param rule `"best"` takes the best mean, `"one_se"` the smallest network within a standard error of it.
#' @param eta Of `"halving"`: by how much the number of configurations falls from stage to stage, and the epochs rise.
#' @param seed A whole number, or `NULL` to draw one from R's generator.
#' @param progress `TRUE` or `FALSE`; `NULL` shows a progress bar in interactive sessions.
#' @return A plain list of class `nn_tune`, which `saveRDS()` keeps:
#' \describe{
#'   \item{`results`}{data frame with a row per configuration, the best first: `rank`, `configuration` (its number), a column for each tuned argument (a
#'     list where values are no single ones), `mean` and `std_error` of the measure, `folds` (how many trainings), `epochs_done` (mean of those that made
#'     the weights that were judged), `parameters`, `seconds` (of all its trainings)}
#'   \item{`folds`}{data frame with a row per training: `configuration`, `repetition`, `fold`, `value`, `rows` (that were judged), `epochs_done`,
#'     `seconds`, `status`. Of `"halving"`, as each was last. Where a training diverged, `value` is `NA`, and the configuration is ranked last}
#'   \item{`best`}{the tuned arguments of the chosen configuration, a list; `chosen` is its number}
#'   \item{`fit`}{that configuration, trained on all rows: an `nn_fit`}
#'   \item{`metric`, `search`, `rule`, `alone`, `seed`, `call`}{what was compared by, how, whether one network each where the fit has several, and the
#'     call}
#'   \item{`held`}{for each fold of each repeat the numbers of the rows held out}
#' }
#' `predict()` and [nn_predict()] take `tuned$fit`; `predict(tuned, new_data)` does so by itself.
#' @section Errors:
#' Those of [nn_train()], with the configuration that has them. Class `backprop_error_folds`: more folds than rows, groups, or rows of a class.
#' `backprop_error_tuning`: arguments of the search that do not go together, or one of a single training. `backprop_error_incompatible`: a measure that
#' does not fit the outcome.
#' @references
#' Breiman, L., Friedman, J. H., Olshen, R. A., & Stone, C. J. (1984). *Classification and Regression Trees*. Wadsworth.
#'
#' Jamieson, K., & Talwalkar, A. (2016). Non-stochastic best arm identification and hyperparameter optimization. *AISTATS 2016*, 240-248.
#' @seealso [nn_train()], [plot.nn_tune()], [nn_range()]
#' @examples
#' tuned <- nn_tune(Species ~ ., data = iris, preset = "textbook",
#'                  hidden = list(c(), 4), penalty = c(0, 0.01), activation = "tanh",
#'                  optimizer = "lbfgs", epochs = 30, folds = 3, seed = 1)
#' tuned
#' tuned$best
#' predict(tuned, head(iris, 3))
#'
#' # Few epochs for all, more for the best:
#' halved <- nn_tune(as.matrix(mtcars[2:4]), mtcars$mpg, lr = nn_range(1e-3, 1, log = TRUE),
#'                   standardize = TRUE, activation = "tanh", epochs = 90,
#'                   search = "halving", configurations = 9, folds = 0.3, seed = 1)
#' halved$results[c("lr", "mean", "epochs_done")]
#' @export
nn_tune <- function(X, ..., search = "grid", configurations = NULL, folds = 5, repeats = 1, group = NULL, metric = NULL,
                    rule = "best", eta = 3, seed = NULL, progress = NULL) {
  if (missing(X) && !"formula" %in% ...names()) as_tuning(without_x(..., .method = NULL))
  by_formula <- missing(X) || inherits(X, "formula")
  arguments <- if (by_formula) evaluate_dots(...) else list(...)
  if (missing(X)) {
    X <- arguments$formula
    arguments$formula <- NULL
  }
  arguments <- name_by_place(arguments, by_formula || inherits(X, "recipe"))
  as_tuning(check_spelling(c("", names(arguments)), character(), c("Y", "data", "subset", training_arguments, names(formals(nn_tune)))))
  refuse_in_tuning(names(arguments))
  check_choice(search, "search", searches, tuning_call)
  check_choice(rule, "rule", c("best", "one_se"), tuning_call)
  if (!is_one_number(eta) || !is.finite(eta) || eta <= 1) stop_argument("eta", "a number above 1", eta, call = tuning_call)
  if (!is.null(progress)) check_flag(progress, "progress", tuning_call)
  words <- with_words_of_dots(match.call(), parent.frame())
  undoing_draws({
    seed <- seed_or_drawn(seed, tuning_call)
    values <- read_tuned(arguments)
    chosen <- make_configurations(values, search, configurations, seed)
    request <- as_tuning(do.call("request_training", c(list(X), arguments[setdiff(names(arguments), names(values))]), quote = TRUE))
    as_tuning(refuse_streamed(request, "A tuning"))
    refuse_moved_rows(request$given)
    request$call <- training_words(words, names(arguments), values)
    task <- new_task(request, chosen, folds, repeats, group, metric, seed, progress)
    if (search == "halving") check_halving(values, task$trials)
    tune_task(task, request, list(search = search, rule = rule, eta = eta, seed = seed, call = plain_call(words, quote(nn_tune))))
  })
}

# Rows are dealt into folds by their places in the data.
refuse_moved_rows <- function(given) {
  if (given$interface == "recipe" && moves_rows(given$blueprint$recipe, nrow(given$original$data), given$n)) {
    stop_tuning(
      "The recipe changes which rows there are or their order, so that folds of the data cannot be held out.",
      "Leave the step out and choose the rows beforehand."
    )
  }
}

refuse_in_tuning <- function(names) {
  wrong <- intersect(names, names(refused_in_tuning))
  if (length(wrong) > 0L) {
    stop_tuning("{.fn nn_tune} takes no {.arg {wrong}}.", refused_in_tuning[[wrong[1L]]], wrong = wrong[1L])
  }
}

# What all trainings share. `trials` are the configurations, complete.
new_task <- function(request, configurations, folds, repeats, group, metric, seed, progress) {
  # A class that the rows of a fold lack is a class all the same.
  if (is.data.frame(request$given$Y) && ncol(request$given$Y) == 1L && is.character(request$given$Y[[1L]])) request$given$Y <- request$given$Y[[1L]]
  if (is.character(request$given$Y)) request$given$Y <- factor(request$given$Y, levels = levels_of_text(request$given$Y))
  task <- list(trials = lapply(configurations, function(values) list(values = values)))
  settled <- as_tuning(settle_request(request))$given
  task$trials <- lapply(seq_along(configurations), function(i) {
    # What is to be said of the rows was said.
    withCallingHandlers(as_tuning(settle_trial(request, configurations[[i]]), task, i), backprop_message = function(cnd) tryInvokeRestart("muffleMessage"))
  })
  rows <- if (is.null(settled$rows)) seq_len(settled$n) else settled$rows
  # Rows that `subset` has twice are held out together.
  at <- which(!duplicated(rows))
  outcome <- settled$outcome
  if (length(at) < length(rows)) outcome <- read_outcome(pick_rows_of(settled$Y, at), like = outcome)
  groups <- read_groups(group, settled)[rows[at]]
  given <- request$given
  given$taking_part <- rows
  splits <- make_splits(rows[at], outcome, folds, repeats, groups, seed)
  metric <- as_tuning(check_metric(metric, outcome, lapply(task$trials, function(trial) trial$objective)))
  c(task, list(
    given = given, call = request$call, splits = splits, seeds = restart_seeds(seed, length(splits)), metric = metric, units = units_of(outcome),
    progress = progress, keep_fits = FALSE
  ))
}

# What errors of several outcomes are divided by.
units_of <- function(outcome) {
  if (outcome$kind != "numeric" || outcome$k == 1L) {
    return(1)
  }
  spread <- apply(outcome$values, 2L, stats::sd)
  replace(spread, !is.finite(spread) | spread == 0, 1)
}

tune_task <- function(task, request, search) {
  stages <- plan_stages(length(task$trials), search$search, search$eta, max(vapply(task$trials, function(trial) as.double(trial$settings$epochs), 0)))
  keeping_last(function(keep) {
    rehearse(task)
    task$keep_fits <- nrow(stages) > 1L
    done <- run_stages(task, stages, function(latest) keep(function() new_tune(task, latest, search)))
    tuned <- new_tune(task, done, search)
    keep(function() tuned)
    tell_of_trainings(done)
    tuned$fit <- refit(request, tuned, task, search$seed)
    tuned
  })
}

#' @rdname plot.nn_tune
#' @param new_data The rows to predict.
#' @export
predict.nn_tune <- function(object, new_data, ...) {
  call <- quote(predict())
  object <- check_tuned(object, "object", call)
  if (is.null(object$fit)) {
    stop_backprop("not_a_fit", c(
      "{.arg object} has no fit: the tuning was interrupted.", i = "{.code object$results} has what was done; train by the best of it with {.fn nn_train}."
    ), call = call)
  }
  if (missing(new_data)) predict(object$fit, ...) else predict(object$fit, new_data, ...)
}
