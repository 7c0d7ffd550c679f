# The ensemble as an object: what it must be, its networks one by one, and the mean of what they predict.

#' Ensembles, and the networks in them
#'
#' `nn_train(ensemble = k)` trains k networks that differ in their seeds and, under `validation = `, in the rows that judge them, and gives one object. It
#' predicts the mean of what the networks predict: of probabilities, means and quantiles, on the scale on which the outcome is. Everything that has a
#' meaning for several networks takes it as any fit: [predict()][predict.nn_fit], [nn_predict()], `print()`, `summary()`, [fitted()][fitted.nn_fit], `saveRDS()`,
#' `nn_train(start = )`, [nn_diagnose()]. What has a meaning for one network only (`coef()`, `vcov()`, [nn_trace()], pictures of weights) is an error, and takes
#' a network of the ensemble: `nn_member(fit, 1)`.
#'
#' Among the elements of an ensemble are `members` (a list with an element for each network), `kinds`, `shares` and `numbers` (of each network which kind it is of, how much it
#' counts in the mean, and which of its kind it is: networks whose training diverged are left out, with a warning), `choice` (for each kind that was tried its loss on the rows that judged and its share) and `out_of_fold` (the loss of the mean on rows that the networks
#' averaged were not trained on, and the errors there, from which intervals come; under `bootstrap` each row is predicted by the mean of the networks that have not drawn it). `rows` counts all rows: each trains most of the networks.
#'
#' Under `bootstrap = TRUE`, the rows that a network has not drawn are its `validation_rows` where they judged it (`validation = "out_of_bag"`); its `rows` counts what it drew. `start = nn_member(fit, 1)` goes on with that network alone, on all rows.
#'
#' @param fit An ensemble, from [nn_train()].
#' @param number Which network, from 1.
#' @return An `nn_fit` of one network.
#' @section Errors:
#' A number that the ensemble has no network of (class `backprop_error_argument`).
#' @examples
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, ensemble = 3, seed = 1)
#' one <- nn_member(fit, 1)
#' coef(one)$weights$output
#' # How much the networks differ, row by row:
#' predict(fit, head(mtcars), type = "spread")
#' @export
nn_member <- function(fit, number) {
  call <- quote(nn_member())
  # What training needs to go on a fit may have left behind.
  fit <- validate_fit(fit, "fit", call, setdiff(names(fit_fields), "training"), ensembles = TRUE)
  count <- if (is_ensemble(fit)) length(fit$members) else 1L
  if (missing(number) || !is_whole(number, 1) || number > count) {
    stop_argument("number", paste0("the number of a network, from 1 to ", count), if (missing(number)) NULL else number, call = call)
  }
  if (is_ensemble(fit)) member_of(fit, number) else fit
}

is_ensemble <- function(fit) inherits(fit, "nn_ensemble")

# One network, whole again.
member_of <- function(fit, number) {
  plain <- unclass(fit)
  member <- c(plain$members[[number]], plain[intersect(common_fields, names(plain))])
  class(member) <- "nn_fit"
  member
}

refuse_ensemble <- function(fit, arg, call, instead = NULL) {
  count <- length(unclass(fit)$members)
  stop_backprop("ensemble", c(
    "{.arg {arg}} is an ensemble of {count} networks, and this is for one.",
    i = "{.code nn_member({arg}, 1)} is the first of them; {.code nn_train(..., preset = \"textbook\")} or {.code ensemble = 1} trains one alone.",
    i = instead
  ), call = call)
}

check_ensemble_parts <- function(fit, parts, arg, call) {
  plain <- unclass(fit)
  wrong <- find_wrong(plain, ensemble_fields)
  if (!is.null(wrong)) stop_edited(wrong, arg, call)
  for (number in seq_along(plain$members)) {
    member <- member_of(fit, number)
    check_parts(member, setdiff(parts, "snapshots"), paste0(arg, "$members[[", number, "]]"), call)
  }
}

# The mean of what the networks predict; NULL where one has nothing to say.
predict_mean <- function(fit, predict_one) {
  total <- NULL
  for (number in seq_along(fit$members)) {
    value <- predict_one(member_of(fit, number))
    if (is.null(value)) {
      return(NULL)
    }
    value <- value * fit$shares[number]
    total <- if (is.null(total)) value else total + value
  }
  total
}

# The kinds of the ensemble, the network's own first: of each how many, a network of it, and their share.
kinds_in <- function(fit) {
  kinds <- unique(fit$kinds)
  kinds <- c(intersect("network", kinds), rev(setdiff(kinds, "network")))
  lapply(kinds, function(kind) {
    at <- which(fit$kinds == kind)
    list(kind = kind, count = length(at), member = member_of(fit, at[1L]), share = sum(fit$shares[at]))
  })
}

print_ensemble <- function(x) {
  settings <- x$settings
  kinds <- kinds_in(x)
  line <- function(name, ...) cat(format(paste0(name, ": "), width = 10), ..., "\n", sep = "")
  cat("<nn_ensemble> ", count_text(length(x$members), "network"), "\n", sep = "")
  for (kind in kinds) {
    shown <- kind$member$settings
    line(
      kind_names[[kind$kind]], kind$count, " of ", paste(shown$sizes, collapse = "-"), ", ", describe_hidden_layers(shown),
      if (length(kinds) > 1L) paste0(", share ", format(kind$share))
    )
  }
  line("Output", describe_output(kinds[[1L]]$member), ", loss ", describe_loss(settings$loss, settings$loss_par))
  family <- describe_family(x)
  if (!is.null(family)) line("Family", family)
  epochs <- vapply(x$members, function(member) member$epochs_done, 0L)
  rules <- unique(vapply(x$members, function(member) member$settings$optimizer$name, ""))
  line("Trained", describe_range(epochs), " epochs of ", paste(rules, collapse = " and "), ", on ", if (isTRUE(settings$bootstrap)) "bootstrap samples of ", count_text(x$rows, "row"))
  if (!is.null(x$out_of_fold)) {
    line("Loss", format(x$out_of_fold$loss, digits = 4), " on ", count_text(x$out_of_fold$rows, "row"), " ", describe_held(settings))
  }
  if (identical(settings$preset, "table")) line("Preset", describe_preset(settings))
  if (!is.null(x$calibration)) line("Calibrated", describe_calibration(x))
  if (!identical(x$status, "completed")) line("Status", x$status)
  invisible(x)
}

describe_held <- function(settings) if (isTRUE(settings$bootstrap) && !is.numeric(settings$validation)) "out of bag" else "held back"

kind_names <- c(network = "Networks", linear = "Linear", small = "Small", log = "Log", plain = "Plain", scores = "Scores")

describe_range <- function(x) if (min(x) == max(x)) as.character(x[1L]) else paste(min(x), "to", max(x))

# How far the networks are apart, by output.
predict_spread <- function(fit, new_data, threads, call, offset) {
  if (!is_ensemble(fit)) {
    stop_backprop("incompatible", c(
      "{.code type = \"spread\"} is for an ensemble; {.arg object} is one network.",
      i = "{.code nn_train(..., ensemble = 5)} trains several."
    ), call = call)
  }
  # The networks have no calibration of their own.
  fit <- without_calibration(fit)
  known <- read_known(fit, new_data, "new_data", call, offset)
  mean <- predict_rows(fit, known, "new_data", threads, call)
  squares <- 0
  for (number in seq_along(fit$members)) {
    # What there is to warn of was told with the mean.
    value <- suppressWarnings(predict_rows(member_of(fit, number), known, "new_data", threads, call), classes = "backprop_warning")
    squares <- squares + fit$shares[number] * (value - mean)^2
  }
  spread <- sqrt(squares)
  if (fit$outcome$kind == "factor") {
    return(tibble_of_columns(if (ncol(spread) == 1L) cbind(spread, spread) else spread, paste0(".spread_", fit$outcome$levels)))
  }
  tibble <- tibble_of_numbers(spread)
  names(tibble) <- sub("^[.]pred", ".spread", names(tibble))
  tibble
}

# summary() of an ensemble: the kinds that were tried, the settings of the network, and why the preset chose them.
summarise_ensemble <- function(object, data, call, offset) {
  structure(
    list(
      choice = object$choice, networks = length(object$members), settings = object$settings, out_of_fold = object$out_of_fold,
      members = data.frame(
        kind = object$kinds, share = object$shares, epochs = member_numbers(object, "epochs_done"), loss = member_numbers(object, "final_loss"),
        validation_loss = member_numbers(object, "final_validation_loss"), rows = member_numbers(object, "rows")
      ),
      parameters = count_all_parameters(object),
      rows = object$rows, rows_given = object$rows_given, omitted = object$omitted, filled = filled_inputs(object), status = object$status,
      seed = object$seed, inputs = object$inputs, outcome = object$outcome, interface = object$interface,
      validation_rows = max(member_numbers(object, "validation_count")),
      reasons = reasons_of(object), described_family = describe_family(object), described_calibration = describe_calibration(object),
      error = if (!is.null(data) || !is.null(object$data)) measure_error(object, data, call, offset)
    ),
    class = "summary.nn_ensemble"
  )
}

member_numbers <- function(fit, field) vapply(fit$members, function(member) as.double(member[[field]]), 0)

#' @export
print.summary.nn_ensemble <- function(x, ...) {
  settings <- x$settings
  cat("Ensemble: ", count_text(x$networks, "network"), ", ", count_text(x$parameters, "parameter"), "\n\n", sep = "")
  print(x$choice, row.names = FALSE)
  shown <- c(
    Network = paste(paste(settings$sizes, collapse = "-"), describe_hidden_layers(settings), sep = ", "),
    Outcome = describe_outcome(x$outcome),
    Family = x$described_family,
    Loss = describe_loss(settings$loss, settings$loss_par),
    Optimizer = describe_optimizer(settings$optimizer),
    `Learning rate` = describe_lr(settings),
    `Batch size` = describe_batches(settings, x$rows),
    if (isTRUE(settings$bootstrap)) c(Bootstrap = paste("each network on", count_text(max(x$members$rows), "row"), "drawn with replacement")),
    Epochs = paste0(describe_range(x$members$epochs), " of up to ", settings$epochs),
    Standardized = describe_standardizing(x),
    if (!is.null(settings$embed)) c(Encoded = describe_embedding(settings$embed)),
    describe_taming(settings),
    describe_gaps(x),
    describe_weighting(x),
    Precision = settings$precision, Threads = settings$threads, Seed = x$seed,
    describe_preset(settings),
    Calibrated = x$described_calibration,
    Status = x$status,
    if (!is.null(x$out_of_fold)) stats::setNames(paste0(format(x$out_of_fold$loss, digits = 6), " on ", count_text(x$out_of_fold$rows, "row")), paste("Loss", describe_held(settings)))
  )
  cat("\n", paste0(format(paste0(names(shown), ":")), " ", shown, "\n"), sep = "")
  if (length(x$reasons) > 0L) {
    wrapped <- vapply(strwrap(x$reasons, width = 100, exdent = 2, simplify = FALSE), paste, "", collapse = "\n")
    cat("\nWhy the preset chose so:\n", paste0("* ", wrapped, "\n"), sep = "")
  }
  if (!is.null(x$error)) {
    cat("\nOn ", count_text(x$error$rows, "row"), " of data:\n", sep = "")
    print_error(x$error)
  }
  invisible(x)
}
