# Presets: the values of arguments that nobody typed.

#' Presets: what `nn_train()` does where nothing is typed
#'
#' `preset = "table"`, the default for data frames, formulas and recipes, is for people who want the best predictions of a table that there are.
#' `preset = "textbook"`, the default for matrices, is the network of the textbook: sigmoid units, gradient descent on all rows, nothing done to the inputs that was not asked
#' for. Both only fill in what was not typed: an argument that is typed is what it says under both.
#'
#' The last column is the evidence: by how much the mean loss rises when the choice is undone, measured on 13 to 18 tables, on splits that nothing was tuned on (see
#' `vignette("defaults")`).
#'
#' | argument | `"textbook"` | `"table"` | undone |
#' |---|---|---|---|
#' | `hidden` | 3 | `nn_layers(layer_scale(lr_factor = 6), 128, 64)`; for fewer than 500 rows 64, 32 | smaller: +0.8 ± 0.7 %; without the factors: +0.4 ± 0.2 % |
#' | `activation` | sigmoid | silu | relu: +2.1 ± 1.0 % |
#' | `optimizer`, `lr` | gd, by the optimizer | adam, 0.002 | no measurable effect of the rate from 0.001 to 0.005 |
#' | `batch_size` | all rows | 32 up to 1,000 rows, 64 up to 4,000, then 128 | no measurable effect |
#' | `epochs`, `stop_iter` | 1000, `NULL` | 400, 40 for numbers; 200, 20 for classes, where more changes nothing | 200, 20 for numbers: about +2 % |
#' | `validation` | `NULL` | 0.15, for each network of the ensemble rows of its own | without a best epoch: about +29 % for classes |
#' | `ensemble` | 1 | by `effort`: 1, 8 or 16 | one network, nothing blended: +14 ± 4 % |
#' | `blend` | `NULL` | none under `effort = "quick"`; `"linear"` and `"small"` where rows times (inputs + 5) are at most 3 million; `"log"` where a numeric outcome has a skewness above 1 that its logarithm makes smaller | +6.3 ± 3.6 % |
#' | `standardize` | matrix `FALSE`, tables `TRUE` | `TRUE` | robust: +0.9 ± 0.9 %, quantile: +7.1 ± 5.9 % |
#' | `embed` | `NULL` | piecewise, 8 bins, for up to 60 numeric columns | +3.2 ± 1.8 % |
#' | `rare_levels` | 0 | 5 | for new levels |
#' | `clip_predictions` | `FALSE` | `TRUE` for numbers | against what lies far away |
#' | `clip_norm` | `NULL` | 1 | +0.3 ± 0.2 % |
#' | `precision` | double | single | double: +0.1 ± 0.1 %, twice the time |
#'
#' With fewer than 30 rows `"table"` holds none back: 5 tanh units, L-BFGS, a penalty of 1 / n, 200 epochs, and `rare_levels = 2`.
#'
#' Of `family = "cox"`, whose steps take all rows, `"table"` is a network of 10 tanh units, trained by L-BFGS on all rows with a penalty of 5 / n. Families whose networks are not
#' averaged (see [nn_family()]) have one network, and nothing is blended with it.
#'
#' `vignette("defaults")` says in plain words why, with what each choice was measured to be worth.
#'
#' @section What gives way:
#' Where an argument that was typed does not go with something that the preset would choose, the preset's choice gives way:
#' * `hidden = c()` is a plain linear model, as [lm()] and [glm()] fit it: one network on all rows, by L-BFGS, in double precision, without validation, encoding, blending or clipping.
#' * `optimizer` takes `lr`, `batch_size` and `clip_norm` back to what that optimizer has by default.
#' * `dropout` and `clip_norm` take L-BFGS, where it would be chosen, to adam with a rate of 0.01 for 1000 epochs.
#' * `restarts`, `checkpoint`, `keep_weights` and `start` (a list) are for one network: `ensemble` is 1.
#' * `hidden`, `loss` or `output` leave nothing to blend with: `blend` is empty.
#' * `validation = NULL` trains all networks on all rows; there is no early stopping and nothing to choose by.
#' * `bootstrap = TRUE` has the rows out of each network's bag choose its best epoch: `validation` is `"out_of_bag"`.
#'
#' @section Effort:
#' `effort = "quick"` trains one network; `"standard"` averages several, and blends them with smaller ones where the rows that they hold back say so; `"thorough"`
#' averages more. On two cores of a common processor these take about 0.2, 1 and 3 seconds for 1,000 rows of 10 columns, and 2, 8 and 20 seconds for 10,000 rows of 20 columns.
#'
#' `time_limit = ` (seconds) ends a training whose time is up. The networks that were finished by then are the fit (or, if there was none, the first one as far as it had come), which says so:
#' `fit$settings$time_cut` are the arguments by which the same fit is had without a limit.
#' @seealso [nn_train()], [ensembles][nn_member]
#' @name presets
NULL

presets <- c("textbook", "table")
efforts <- c("quick", "standard", "thorough")

# The settings with what a preset says of those that were not typed. A fit that goes on was given all its settings when it began.
apply_preset <- function(settings, typed, given, earlier) {
  if (!is.null(earlier)) {
    settings$preset <- setting(earlier$settings$preset, "textbook")
    return(settings)
  }
  preset <- check_choice(settings$preset, "preset", presets)
  effort <- check_choice(settings$effort, "effort", efforts)
  if (preset == "textbook") {
    if ("effort" %in% typed) {
      stop_incompatible("{.arg effort} is a matter of {.code preset = \"table\"}.", "Leave it out, or type {.code preset = \"table\"}.")
    }
    return(settings)
  }
  family <- settings$resolved_family
  linear <- "hidden" %in% typed && length(settings$hidden) == 0L
  chosen <- if (linear) plain_linear else suit_family(choose_for_table(describe_given(given, settings), effort), family, given)
  chosen <- give_way(chosen, settings, typed)
  free <- setdiff(names(chosen), typed)
  settings[free] <- chosen[free]
  settings
}

# Networks of some families are not averaged, and a Cox model takes all rows in each step.
suit_family <- function(chosen, family, given) {
  if (is.null(family) || family$family == "gaussian") {
    return(chosen)
  }
  # The logarithm of an outcome is a matter of linear outputs, as limits of predictions are.
  blend <- if (family$averages) setdiff(chosen$blend, "log")
  chosen["blend"] <- list(if (length(blend) > 0L) blend)
  chosen$clip_predictions <- FALSE
  if (!family$averages) chosen$ensemble <- 1
  if (family$all_rows) replace(chosen_for_all_rows(given), "ensemble", chosen$ensemble) else chosen
}

# A step for each epoch, of all rows: a small network to its minimum, which a penalty keeps from following single rows. On tables of 137 to 6,524
# rows the relative hazards of new rows are in order more often than by the network of other families, whose best epoch so few events choose badly.
chosen_for_all_rows <- function(given) {
  list(
    hidden = 10, activation = "tanh", optimizer = "lbfgs", penalty = 5 / given$kept, epochs = 200, standardize = TRUE, rare_levels = if (given$kept < fewest_to_judge) 2 else 5
  )
}

# As lm() and glm() fit it.
plain_linear <- list(optimizer = "lbfgs", epochs = 1000, activation = "tanh", standardize = TRUE)

# What the choice depends on.
describe_given <- function(given, settings) {
  variables <- given$variables
  numeric <- vapply(variables, function(value) if (is.factor(value) || is.logical(value)) 0L else NCOL(value), 0L)
  levels <- vapply(variables, function(value) if (is.factor(value)) nlevels(value) else 0L, 0L)
  list(
    n = given$kept, numeric = sum(numeric), levels = sum(levels), inputs = sum(numeric) + sum(levels) + sum(vapply(variables, is.logical, NA)),
    sparse = any(vapply(variables, is_sparse, NA)), outcome = given$outcome
  )
}

choose_for_table <- function(table, effort) {
  n <- table$n
  networks <- c(quick = 1, standard = 8, thorough = 16)[[effort]]
  if (n < fewest_to_judge) {
    # Too few to judge by: small networks that a penalty keeps smooth.
    return(list(
      hidden = 5, activation = "tanh", optimizer = "lbfgs", penalty = 1 / n, epochs = 200, standardize = TRUE, ensemble = networks, rare_levels = 2,
      clip_predictions = is_number_outcome(table$outcome)
    ))
  }
  numbers <- is_number_outcome(table$outcome)
  small <- n * (table$inputs + 5) <= 3e6
  chosen <- list(
    hidden = table_layers(n), activation = "silu", optimizer = "adam", lr = 0.002,
    batch_size = if (n <= 1000) 32 else if (n <= 4000) 64 else 128, epochs = if (numbers) 400 else 200, stop_iter = if (numbers) 40 else 20, validation = 0.15, clip_norm = 1,
    precision = "single", standardize = TRUE, ensemble = networks,
    blend = if (effort != "quick") c(if (small) c("linear", "small"), if (is_skewed(table$outcome)) "log"),
    rare_levels = 5, clip_predictions = is_number_outcome(table$outcome), embed = if (table$numeric <= 60 && !table$sparse) embed_piecewise(8)
  )
  chosen
}

# Each input has a factor that learns six times as fast as the weights behind it: which inputs matter is found early.
table_layers <- function(n) {
  units <- if (n < 500) c(64, 32) else c(128, 64)
  nn_layers(layer_scale(lr_factor = 6), units[1L], units[2L])
}

is_number_outcome <- function(outcome) outcome$kind != "factor" && !outcome$unit

# Whether an outcome has a long tail above, and its logarithm a shorter one.
is_skewed <- function(outcome) {
  if (!is_number_outcome(outcome) || outcome$k != 1L) {
    return(FALSE)
  }
  y <- outcome$values
  skewness <- function(y) mean((y - mean(y))^3) / mean((y - mean(y))^2)^1.5
  found <- skewness(y)
  is.finite(found) && found > 1 && abs(skewness(transform_outcome(y, learn_log(y, NULL)))) < found
}

# Rows from which on some are held back.
fewest_to_judge <- 30

# What was typed, and what then cannot be.
give_way <- function(chosen, settings, typed) {
  drop <- character()
  if (identical(chosen$optimizer, "lbfgs") && !"optimizer" %in% typed && any(c("dropout", "clip_norm") %in% typed)) {
    # L-BFGS takes neither.
    chosen[c("optimizer", "lr", "epochs")] <- list("adam", 0.01, 1000)
  }
  if ("optimizer" %in% typed) {
    drop <- c(drop, "lr", "batch_size", "clip_norm", "penalty")
    if (identical(optimizer_name(settings$optimizer), "lbfgs")) {
      drop <- c(drop, "precision", "blend")
      # It knows of no layers that learn faster than others.
      if (is_layers(chosen$hidden)) chosen$hidden <- vapply(dense_layers(chosen$hidden), function(layer) layer$units, 0)
    }
  }
  if (any(c("hidden", "loss", "output", "activation", "offset") %in% typed)) drop <- c(drop, "blend")
  if (isTRUE(settings$bootstrap) && !is.null(chosen$validation)) chosen$validation <- "out_of_bag"
  if ("validation" %in% typed && !is.numeric(settings$validation)) {
    drop <- c(drop, if (!isTRUE(settings$bootstrap)) "blend", if (is.null(settings$validation)) "stop_iter")
  }
  single <- intersect(c(single_arguments, "start"), typed)
  if (length(single) > 0L && !"ensemble" %in% typed) drop <- c(drop, "ensemble", "blend")
  if ("start" %in% typed) drop <- c(drop, "hidden", "embed")
  if (is_layers(settings$hidden) && any(vapply(settings$hidden$layers, function(layer) layer$name %in% c("piecewise", "periodic"), NA))) drop <- c(drop, "embed")
  chosen[setdiff(names(chosen), drop)]
}

optimizer_name <- function(optimizer) if (inherits(optimizer, "nn_optimizer")) optimizer$name else optimizer

# In words, what led to the settings of an ensemble; nothing of the textbook's.
reasons_of <- function(fit) {
  settings <- fit$settings
  if (!identical(settings$preset, "table")) {
    return(character())
  }
  choice <- fit$choice
  out <- choice$kind[choice$share == 0 & !is.na(choice$loss)]
  members <- paste0(count_text(settings$ensemble, "network"), " of a kind: `effort` is \"", settings$effort, "\".")
  c(
    members,
    if (isTRUE(settings$bootstrap)) "Each trains on rows that were drawn with replacement (`bootstrap`).",
    if (identical(settings$validation, "out_of_bag")) "The rows that it has not drawn choose its best epoch.",
    if (is.numeric(settings$validation)) "Each holds rows of its own back, which choose its best epoch: the mean of such networks is better than one trained on all rows.",
    if (!is.null(settings$embed)) paste0("Numeric inputs are encoded in ", settings$embed$bins, " bins, which lets the network bend where the data are dense."),
    if (is.null(settings$embed) && is.null(fit$inputs$encoding)) "Numeric inputs are not encoded in bins: there are more than 60, or none.",
    if (length(out) > 0L) paste0("Tried and left out, since the rows held back were predicted no better with it: ", paste(out, collapse = ", "), "."),
    if (any(choice$share > 0 & choice$kind != "network")) "Kinds of networks are blended by the shares that the rows held back are predicted best with.",
    if ("log" %in% choice$kind) "The outcome has a long tail: networks of its logarithm were tried, too.",
    if (isTRUE(settings$clip_predictions)) "Predictions are held to the range of the training rows, a tenth wider.",
    if (length(settings$time_cut) > 0L) paste0("`time_limit` = ", settings$time_limit, " ended the training: typed, ", describe_cut(fit), " gives the same.")
  )
}
