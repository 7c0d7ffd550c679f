# One fit for several numbers of epochs: predictions by earlier weights, and which fits of a grid these save.

# Names that begin with `_` are quoted in NAMESPACE, which roxygen2's own tag forgets.
#' @rawNamespace S3method(parsnip::multi_predict,"_nn_fit")
multi_predict._nn_fit <- function(object, new_data, type = NULL, epochs = NULL, ...) {
  call <- quote(multi_predict())
  refuse_dots(..., known = c("object", "new_data", "type", "epochs"), call = call)
  why <- why_no_earlier_epochs(object$spec)
  if (!is.null(why)) {
    stop_backprop("epoch", c(
      "{.fn multi_predict} needs one network whose weights after earlier epochs are those of shorter fits.",
      x = why,
      i = "{.code set_engine(\"backprop\", preset = \"textbook\", keep_weights = 1)} trains one that keeps the weights of every epoch."
    ), call = call)
  }
  known <- if (object$spec$mode == "classification") c("class", "prob") else "numeric"
  type <- if (is.null(type)) known[1L] else check_choice(type, "type", known, call)
  fit <- object$fit
  epochs <- if (is.null(epochs)) fit$epochs_done else check_epoch_numbers(epochs, call)
  nest_by_row(epochs, lapply(epochs, function(epoch) {
    object$fit <- as_shorter_fit(fit, epoch, call)
    predict(object, new_data, type = type)
  }))
}

#' @rawNamespace S3method(parsnip::multi_predict,"_nn_ensemble")
multi_predict._nn_ensemble <- multi_predict._nn_fit

# The fit as one of `epochs` epochs. One that ended by itself would have ended there in more epochs, too.
as_shorter_fit <- function(fit, epochs, call) {
  if (fit$status %in% c("converged", "diverged")) epochs <- min(epochs, fit$epochs_done)
  at_epoch(fit, epochs, "object$fit", call)
}

# A tibble for each row of what is predicted after each of `epochs`.
nest_by_row <- function(epochs, predicted) {
  rows <- nrow(predicted[[1L]])
  columns <- c(list(epochs = rep(epochs, each = rows)), do.call(Map, c(list(f = c), predicted)))
  each <- lapply(seq_len(rows), function(row) {
    at <- row + rows * (seq_along(epochs) - 1L)
    tibble::new_tibble(lapply(columns, function(column) column[at]), nrow = length(epochs))
  })
  tibble::new_tibble(list(.pred = each), nrow = rows)
}

check_epoch_numbers <- function(epochs, call) {
  if (!is_bare_number(epochs) || length(epochs) == 0L || anyNA(epochs) || any(epochs < 0 | epochs != floor(epochs) | epochs > .Machine$integer.max)) {
    stop_argument("epochs", "whole numbers, 0 or more", epochs, call = call)
  }
  sort(unique(as.integer(epochs)))
}

# By the arguments of the engine: why a fit of many epochs does not hold what fits of fewer epochs are; NULL if it does.
why_no_earlier_epochs <- function(spec) {
  typed <- lapply(spec$eng_args, rlang::eval_tidy)
  has_validation <- !is.null(typed$validation) || (!identical(typed$preset, "textbook") && !"validation" %in% names(typed))
  scheduled <- Filter(function(name) follows_epochs(typed[[name]]), c("lr_schedule", "decay_schedule", "dropout_schedule"))
  not_alone <- Filter(function(name) !is.null(typed[[name]]), c("restarts", "time_limit", "start"))
  if (is.null(typed$keep_weights)) {
    "Weights of earlier epochs are not kept: {.arg keep_weights} was not typed."
  } else if (has_validation) {
    "With {.arg validation}, which {.code preset = \"table\"} has, a fit has the weights of its best epoch: {.code validation = NULL} takes all rows to train."
  } else if (length(scheduled) > 0L) {
    paste0("{.arg ", scheduled[1L], "} is as long as the training: type its length, as in {.code schedule_cosine(period = 100)}.")
  } else if (length(not_alone) > 0L) {
    paste0("{.arg ", not_alone[1L], "} makes fits of fewer epochs go another way.")
  }
}

# Whether the length of a schedule is left to be the number of epochs.
follows_epochs <- function(schedule) {
  if (is.character(schedule)) schedule <- schedule_defaults[[schedule[1L]]]
  anyNA(unclass(schedule), recursive = TRUE)
}

# Which rows of a grid are fits, and which are served by them: of tune, for the engines of mlp().
#' @exportS3Method generics::min_grid
min_grid.mlp <- function(x, grid, ...) {
  epochs <- if (identical(x$engine, "backprop")) grid[[epochs_in_grid(x)]]
  if (!is.null(epochs) && is_served_by_one_fit(x, epochs)) tune::fit_max_value(x, grid) else NextMethod()
}

# What tune() of the epochs is called.
epochs_in_grid <- function(spec) {
  parameters <- hardhat::extract_parameter_set_dials(spec)
  c(parameters$id[parameters$name == "epochs"], "epochs")[1L]
}

is_served_by_one_fit <- function(spec, epochs) {
  # An argument of the engine that is itself to be tuned has no value yet.
  tuned <- vapply(spec$eng_args, function(argument) "tune" %in% all.names(rlang::get_expr(argument)), NA)
  if (any(tuned) || !is.null(why_no_earlier_epochs(spec))) {
    return(FALSE)
  }
  every <- rlang::eval_tidy(spec$eng_args$keep_weights)
  is_whole(every, 1) && all(epochs %% every == 0)
}
