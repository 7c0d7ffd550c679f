# What a fit says of itself: print() in a few lines, summary() with all settings as resolved.

#' Print or summarise a network
#'
#' `print()` shows what was trained in a few lines. `summary()` gives the architecture layer by layer, the number of
#' parameters (those of the family itself, such as thresholds, included), every setting as resolved, and the last loss; where data are kept or given, also the error on them.
#'
#' @param x,object A model from [nn_train()], or its summary.
#' @param data Data to measure the error on, in the form that training took: a data frame for a formula,
#'   `list(X =, Y =)` otherwise. Not needed if the fit was made with `keep = "data"`.
#' @param offset For the error on data, the offset, if training had one that is not in the data.
#' @param ... Not used.
#' @return `summary()` returns a list of class `summary.nn_fit`: `layers` (a data frame), `parameters`, `settings`, `loss`,
#'   `epochs_done`, `rows`, `status`, `seed`, `family` (its name, `NULL` where there is none), `own` (what was trained beside weights and biases, as
#'   [nn_family()] names it), and `error`. `error` is `NULL` without data, and for times of an event; for a numeric outcome it holds `rmse` and `mae`,
#'   one value per output in the outcome's own units; for a factor `accuracy`. `print()` returns its argument, invisibly.
#' @examples
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, preset = "textbook",
#'                 epochs = 500, activation = "tanh", seed = 1)
#' fit
#' summary(fit, data = mtcars)
#' @export
print.nn_fit <- function(x, ...) {
  x <- validate_fit(x, "x", quote(print()), ensembles = TRUE)
  if (is_ensemble(x)) {
    return(print_ensemble(x))
  }
  settings <- x$settings
  cat("<nn_fit> ", paste(settings$sizes, collapse = "-"), ", ", count_text(count_parameters(x), "parameter"), "\n", sep = "")
  cat("Hidden:  ", describe_hidden_layers(settings), "\n", sep = "")
  if (isFALSE(settings$bias)) cat("Biases:  none\n")
  cat("Output:  ", describe_output(x), ", loss ", describe_loss(settings$loss, settings$loss_par), "\n", sep = "")
  family <- describe_family(x)
  if (!is.null(family)) cat("Family:  ", family, "\n", sep = "")
  cat("Trained: ", describe_training(x), "\n", sep = "")
  cat("Loss:    ", describe_last_loss(x), "\n", sep = "")
  if (identical(settings$preset, "table")) cat("Preset:  ", describe_preset(settings), "\n", sep = "")
  if (!is.null(x$calibration)) cat("Calibrated: ", describe_calibration(x), "\n", sep = "")
  cluster <- attr(x, "cluster")
  if (!is.null(cluster)) cat("Cluster: ", count_text(cluster$workers, "worker"), ", ", describe_sums(cluster), "\n", sep = "")
  if (!identical(x$status, "completed")) {
    cat("Status:  ", x$status, "\n", sep = "")
  }
  invisible(x)
}

#' @rdname print.nn_fit
#' @export
summary.nn_fit <- function(object, data = NULL, ..., offset = NULL) {
  call <- quote(summary())
  refuse_dots(..., known = c("object", "data", "offset"), call = call)
  object <- validate_fit(object, "object", call, ensembles = TRUE)
  if (is_ensemble(object)) {
    return(summarise_ensemble(object, data, call, offset))
  }
  structure(
    list(
      layers = table_of_layers(object$settings),
      parameters = count_parameters(object),
      family = family_of(object)$family,
      own = natural_parameters(object),
      described_family = describe_family(object),
      described_calibration = describe_calibration(object),
      settings = object$settings,
      loss = last_loss(object),
      validation_loss = if (is.null(object$final_validation_loss)) NA_real_ else object$final_validation_loss,
      validation_rows = object$validation_count,
      best = object$best,
      restarts = object$restarts,
      epochs_done = object$epochs_done,
      rows = object$rows,
      rows_given = object$rows_given,
      omitted = object$omitted,
      filled = filled_inputs(object),
      status = object$status,
      seed = object$seed,
      inputs = object$inputs,
      outcome = object$outcome,
      interface = object$interface,
      error = if (!is.null(data) || !is.null(object$data)) measure_error(object, data, call, offset)
    ),
    class = "summary.nn_fit"
  )
}

# A row for each layer. Of layers of several kinds it says what each is.
table_of_layers <- function(settings) {
  sizes <- settings$sizes
  shapes <- layer_shapes(settings)
  last <- length(sizes) - 1L
  parameters <- shapes$rows * shapes$columns + shapes$biases
  table <- data.frame(
    layer = seq_len(last), inputs = sizes[-length(sizes)], units = sizes[-1L], activation = c(settings$activation, settings$output),
    init = settings$layer_init, parameters = parameters
  )
  layers <- settings[["layers"]]
  if (is.null(layers)) {
    return(table)
  }
  kinds <- kinds_of_layers(layers)
  described <- lapply(settings[["architecture"]]$layers, function(layer) c(layer$name, describe_layer(layer)))
  for (l in seq_along(described)) kinds[l] <- described[[l]][1L]
  what <- c(vapply(described, `[`, "", 2L), rep("", last - length(described)))
  output <- output_layer(layers)
  what[kinds == "dense"] <- ""
  what[output] <- "outputs"
  if (last > output) what[last] <- "weights from the inputs"
  table$init[!kinds %in% c("dense", "heads") & !(kinds == "skip" & parameters > 0)] <- ""
  data.frame(table["layer"], kind = kinds, table[c("inputs", "units", "activation", "init", "parameters")], what = what)
}

#' @rdname print.nn_fit
#' @export
print.summary.nn_fit <- function(x, ...) {
  settings <- x$settings
  cat("Network: ", paste(settings$sizes, collapse = "-"), ", ", count_text(x$parameters, "parameter"), "\n\n", sep = "")
  print(x$layers, row.names = FALSE)
  shown <- c(
    Outcome = describe_outcome(x$outcome),
    Family = x$described_family,
    Loss = describe_loss(settings$loss, settings$loss_par),
    Optimizer = describe_optimizer(settings$optimizer),
    `Learning rate` = describe_lr(settings),
    `Batch size` = describe_batches(settings, x$rows),
    Epochs = describe_epochs(x),
    Standardized = describe_standardizing(x),
    if (!is.null(settings$embed)) c(Encoded = describe_embedding(settings$embed)),
    describe_taming(settings),
    describe_gaps(x),
    describe_weighting(x),
    Precision = settings$precision,
    Threads = settings$threads,
    Seed = x$seed,
    describe_preset(settings),
    Calibrated = x$described_calibration,
    Status = x$status,
    `Last loss` = format(x$loss, digits = 6),
    if (!is.na(x$validation_loss)) c(`Validation loss` = format(x$validation_loss, digits = 6)),
    if (!is.null(x$restarts)) c(`Losses of restarts` = describe_restarts(x$restarts))
  )
  cat("\n", paste0(format(paste0(names(shown), ":")), " ", shown, "\n"), sep = "")
  if (!is.null(x$error)) {
    cat("\nOn ", count_text(x$error$rows, "row"), " of data:\n", sep = "")
    print_error(x$error)
  }
  invisible(x)
}

print_error <- function(error) {
  if (!is.null(error$accuracy)) {
    cat("Accuracy: ", format(error$accuracy, digits = 4), "\n", sep = "")
    return(invisible())
  }
  cat("RMSE: ", paste(format(error$rmse, digits = 4), collapse = ", "), "\n", sep = "")
  cat("MAE:  ", paste(format(error$mae, digits = 4), collapse = ", "), "\n", sep = "")
}

count_parameters <- function(fit) {
  count_of_shapes(layer_shapes(fit$settings)) + length(own_parameters(fit))
}

# Of all networks of an ensemble.
count_all_parameters <- function(fit) if (is_ensemble(fit)) sum(vapply(fit$members, count_parameters, 0)) else count_parameters(fit)

count_text <- function(n, noun) {
  paste0(format(n, big.mark = ",", scientific = FALSE), " ", noun, if (n != 1) "s")
}

last_loss <- function(fit) {
  loss <- fit$history$loss
  if (length(loss) == 0L) NA_real_ else loss[length(loss)]
}

describe_last_loss <- function(fit) {
  loss <- fit$history$loss
  n <- length(loss)
  if (n == 0L) {
    return(if (is.null(fit$imported)) "not trained yet" else "not known")
  }
  paste0(format(loss[n], digits = 4), if (n > 1L) paste0(" (in the first epoch ", format(loss[1L], digits = 4), ")"))
}

describe_hidden_layers <- function(settings) {
  architecture <- settings[["architecture"]]
  if (!is.null(architecture)) {
    dense <- vapply(architecture$layers, function(layer) layer$name == "dense", NA)
    texts <- Map(function(layer, activation) describe_layer(layer, if (layer$name == "dense") activation), architecture$layers, settings$activation[seq_along(dense)])
    texts <- c(unlist(texts), if (architecture$skip) "skip from inputs to outputs")
    return(paste(texts, collapse = ", "))
  }
  if (length(settings$hidden) == 0L) {
    return("none")
  }
  paste(settings$hidden, settings$activation, collapse = ", ")
}

describe_output <- function(fit) {
  outcome <- fit$outcome
  text <- paste(last_size(fit), fit$settings$output)
  if (is_single_class(outcome, fit$settings$output)) {
    text <- paste0(text, " for the level ", encodeString(outcome$levels[2L], quote = "\""))
  }
  text
}

describe_training <- function(fit) {
  settings <- fit$settings
  if (!is.null(fit$imported)) {
    return(paste("elsewhere; read from a file of", fit$imported))
  }
  text <- paste0(
    count_text(fit$epochs_done, "epoch"), " of ", settings$optimizer$name, ", lr ", format(settings$lr, digits = 4),
    ", on ", count_text(fit$rows, "row")
  )
  if (settings$batch_size < fit$rows) paste0(text, " in batches of ", settings$batch_size) else text
}

describe_batches <- function(settings, rows) {
  if (settings$batch_size >= rows) {
    return(paste0(settings$batch_size, " (all rows)"))
  }
  paste0(settings$batch_size, switch(as.character(settings$shuffle), shards = ", each shard reshuffled each epoch", "TRUE" = ", reshuffled each epoch", ", rows in order"))
}

describe_lr <- function(settings) {
  schedule <- settings$lr_schedule
  text <- format(settings$lr, digits = 4)
  if (is.null(schedule) || (schedule$name == "constant" && schedule$warmup == 0)) {
    return(text)
  }
  paste0(text, ", ", describe_schedule(schedule))
}

# What chose the settings that were not typed; nothing for the textbook's.
describe_preset <- function(settings) {
  if (identical(settings$preset, "table")) c(Preset = paste0("table", if (!is.null(settings$effort)) paste0(", effort ", settings$effort)))
}

# The family and what it has trained of its own, where output and loss do not tell all.
describe_family <- function(fit) {
  family <- family_of(fit)
  counts <- identical(fit$outcome$kind, "counts")
  if (is.null(family) || (family$classical && !counts)) {
    return(NULL)
  }
  own <- natural_parameters(fit)
  shown <- vapply(names(own), function(name) {
    values <- vapply(own[[name]], function(value) format(value, digits = 4), "")
    paste(name, paste0(if (!is.null(names(own[[name]]))) paste0(names(own[[name]]), " "), values, collapse = ", "))
  }, "")
  paste(c(family$family, if (counts) "counts of trials", shown), collapse = "; ")
}

# Settings that are off are not mentioned.
describe_taming <- function(settings) {
  c(
    Penalty = if (isTRUE(settings$penalty > 0)) {
      paste0(format(settings$penalty), if (settings$mixture > 0) paste0(", mixture ", format(settings$mixture)))
    },
    Dropout = if (any(settings$dropout > 0)) paste(format_each(settings$dropout), collapse = ", "),
    `Decay schedule` = describe_factor_schedule(settings$decay_schedule),
    `Dropout schedule` = describe_factor_schedule(settings$dropout_schedule),
    `Clipped norm` = if (!is.null(settings$clip_norm)) format(settings$clip_norm),
    `Early stopping` = if (!is.null(settings$stop_iter)) {
      paste0("after ", count_text(settings$stop_iter, "epoch"), " without a lower loss", if (settings$tol > 0) paste(", tol", format(settings$tol)))
    }
  )
}

describe_factor_schedule <- function(schedule) {
  if (!is.null(schedule) && !(schedule$name == "constant" && schedule$warmup == 0)) describe_schedule(schedule)
}

# What was done about missing values; nothing where training would have refused them.
describe_gaps <- function(x) {
  action <- x$settings$na_action
  if (is.null(action) || action == "error") {
    return(NULL)
  }
  left_out <- if (length(x$omitted) > 0L) paste0(count_text(length(x$omitted), "row"), " of ", x$rows_given, " left out")
  filled <- if (length(x$filled) > 0L) paste("filled in:", paste(x$filled, collapse = ", "))
  c(`Missing values` = paste(c(action, left_out, filled), collapse = "; "))
}

# "hp (123, with an indicator)", for the inputs that had gaps in training.
filled_inputs <- function(fit) {
  unlist(lapply(fit$blueprint$design$variables, function(variable) {
    if (variable$kind == "levels") {
      return(if (any(variable$gaps)) paste0(variable$name, " (a level of its own)"))
    }
    columns <- if (variable$kind == "matrix") paste0(variable$name, variable$columns) else variable$name
    if (any(variable$gaps)) paste0(columns[variable$gaps], " (", format_each(variable$fill[variable$gaps]), ", with an indicator)")
  }))
}

describe_weighting <- function(x) {
  classes <- x$settings$class_weights
  c(
    Validation = if (isTRUE(x$validation_rows > 0)) count_text(x$validation_rows, "row"),
    `Case weights` = if (isTRUE(x$settings$case_weights)) "yes",
    `Class weights` = if (is.character(classes)) classes else if (!is.null(classes)) paste(names(classes), format_each(classes), collapse = ", "),
    Offset = if (isTRUE(x$settings$offset)) "yes",
    `Best epoch` = if (!is.null(x$best)) paste0(x$best$epoch, if (!is.null(x$settings$stop_metric)) paste(", by", x$settings$stop_metric))
  )
}

describe_restarts <- function(restarts) {
  judged <- if (all(is.na(restarts$validation_loss))) restarts$loss else restarts$validation_loss
  paste0(
    "from ", format(min(judged, na.rm = TRUE), digits = 4), " to ", format(max(judged, na.rm = TRUE), digits = 4),
    " in ", count_text(nrow(restarts), "start")
  )
}

describe_epochs <- function(x) {
  asked <- x$settings$epochs
  if (asked == x$epochs_done) asked else paste0(x$epochs_done, " (", asked, " asked for last)")
}

describe_standardizing <- function(x) {
  if (is.null(x$inputs$center)) {
    return("no")
  }
  paste0(
    if (is.null(x$outcome$center)) "inputs" else "inputs and outcome",
    switch(as.character(x$settings$standardize), robust = ", inputs by quartiles and clipped", quantile = ", inputs by normal scores")
  )
}
