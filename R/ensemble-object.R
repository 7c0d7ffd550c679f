# The ensemble as an object: what it must be, its networks one by one, and the mean of what they predict.

#' Ensembles, and the networks in them
#'
#' `nn_train(ensemble = k)` trains k networks that differ in their seeds and, under `validation = `, in the rows that judge them, and gives one object. It
#' predicts the mean of what the networks predict: of probabilities, means and quantiles, on the scale on which the outcome is. Everything that has a
#' meaning for several networks takes it as any fit: [predict()][predict.nn_fit], [nn_predict()], `print()`, `summary()`, [fitted()][fitted.nn_fit], `saveRDS()`,
#' `nn_train(start = )`, [nn_diagnose()]. What has a meaning for one network only (`coef()`, `vcov()`, [nn_trace()], pictures of weights) is an error, and takes
#' a network of the ensemble: `nn_member(fit, 1)`.
#'
#' Among the elements of an ensemble are `members` (a list with an element for each network), `kinds` and `shares` (of each network which kind it is of, and how much it
#' counts in the mean), `choice` (for each kind that was tried its loss on the rows that judged and its share) and `out_of_fold` (the loss of the mean on rows that the networks
#' averaged were not trained on, and the errors there, from which intervals come). `rows` counts all rows: each trains most of the networks.
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
  fit <- validate_fit(fit, "fit", call, names(fit_fields), ensembles = TRUE)
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

refuse_ensemble <- function(fit, arg, call) {
  count <- length(unclass(fit)$members)
  stop_backprop("ensemble", c(
    "{.arg {arg}} is an ensemble of {count} networks, and this is for one.",
    i = "{.code nn_member({arg}, 1)} is the first of them; {.code nn_train(..., preset = \"textbook\")} or {.code ensemble = 1} trains one alone."
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

print_ensemble <- function(x) {
  settings <- x$settings
  count <- length(x$members)
  first <- member_of(x, match("network", x$kinds, nomatch = 1L))
  cat("<nn_ensemble> ", count_text(count, "network"), "\n", sep = "")
  kinds <- unique(x$kinds)
  for (kind in rev(kinds)) {
    at <- which(x$kinds == kind)
    member <- member_of(x, at[1L])
    cat(
      format(paste0(kind_names[[kind]], ":"), width = 11), length(at), " of ", paste(member$settings$sizes, collapse = "-"), ", ",
      describe_hidden_layers(member$settings), if (length(kinds) > 1L) paste0(", share ", format(sum(x$shares[at]))), "\n",
      sep = ""
    )
  }
  cat("Output:    ", describe_output(first), ", loss ", describe_loss(settings$loss, settings$loss_par), "\n", sep = "")
  epochs <- vapply(x$members, function(member) member$epochs_done, 0L)
  rules <- unique(vapply(x$members, function(member) member$settings$optimizer$name, ""))
  cat("Trained:   ", describe_range(epochs), " epochs of ", paste(rules, collapse = " and "), ", on ", count_text(x$rows, "row"), "\n", sep = "")
  if (!is.null(x$out_of_fold)) {
    cat("Loss:      ", format(x$out_of_fold$loss, digits = 4), " on ", count_text(x$out_of_fold$rows, "row"), " held back\n", sep = "")
  }
  if (!identical(x$status, "completed")) {
    cat("Status:    ", x$status, "\n", sep = "")
  }
  invisible(x)
}

kind_names <- c(network = "Networks", linear = "Linear", small = "Small", log = "Of the log", plain = "Plain", scores = "Scores")

describe_range <- function(x) if (min(x) == max(x)) as.character(x[1L]) else paste(min(x), "to", max(x))

# How far the networks are apart, by output.
predict_spread <- function(fit, new_data, threads, call, offset) {
  if (!is_ensemble(fit)) {
    stop_backprop("incompatible", c(
      "{.code type = \"spread\"} is for an ensemble; {.arg object} is one network.",
      i = "{.code nn_train(..., ensemble = 5)} trains several."
    ), call = call)
  }
  mean <- predict_outputs(fit, new_data, "new_data", threads, call, offset)
  squares <- 0
  for (number in seq_along(fit$members)) {
    # What there is to warn of was told with the mean.
    value <- suppressWarnings(predict_outputs(member_of(fit, number), new_data, "new_data", threads, call, offset), classes = "backprop_warning")
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
