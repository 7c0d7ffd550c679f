# What may be wrong with a training, with the evidence and the argument to change.

#' Diagnose a training
#'
#' Looks for the usual reasons why a network does not learn, or learns the wrong thing, and names for each what was found, the evidence
#' in numbers, and which argument of [nn_train()] to change.
#'
#' | check | needs data | found when |
#' |---|---|---|
#' | `diverged` | no | training stopped because the loss or the weights were no longer finite |
#' | `oscillating` | no | in the second half of the epochs (200 at most) the loss rises in 3 of 10 or more, by steps of more than 1 % of the first loss (5 % with mini-batches) that get it nowhere |
#' | `crawling` | no | the loss has fallen by less than a tenth, as fast at the end as at the start; or has changed by less than a thousandth |
#' | `unfinished` | no | the last tenth of the epochs brought more than 2 % of the whole fall of the loss |
#' | `overfitting` | no, but `validation` | the validation loss has risen by more than a tenth from its lowest value while the training loss fell |
#' | `copies` | no | hidden units whose incoming and outgoing weights and biases are equal, up to a millionth of the largest: an equal start keeps them equal for ever. Not with a `penalty`, which makes units alike by itself |
#' | `unscaled` | yes | an input (or a numeric outcome under a linear output) that training did not standardise goes beyond 10, or has 100 times the spread of another |
#' | `dead` | yes | hidden units of the relu family that are 0 in all rows: no gradient reaches their weights |
#' | `saturated` | yes | hidden sigmoid, tanh or softsign units whose slope is below 5 % of its largest in 95 % of the rows or more |
#' | `constant` | yes | predictions that are the same for all rows, or all of one class |
#' | `baseline` | yes, see below | the loss is not below that of the best constant prediction (mean, shares of classes, median, quantiles; of families what training without inputs gives) by 1 % or more of what a perfect prediction would save |
#' | `far_from_minimum` | yes | 20 iterations of L-BFGS from the weights of the fit lower the objective (the loss, penalty included) by more than a tenth of its distance from the best constant prediction, and by more than 2 % of what a perfect prediction would save |
#' | `poor_minimum` | yes | the fit is not far from a minimum, but 50 iterations of L-BFGS from the best of 5 other starts lead lower, by more than a quarter of that distance and more than the same 2 % |
#' | `imbalance` | yes | a class with less than a fifth of the share that it would have if all were equal |
#'
#' A check that cannot be made is not one that found nothing: the first line that is printed tells how many checks wait for `data`, and the last ones tell
#' what kept the others from being made. The curve of the loss tells nothing in fewer than 20 epochs, that of the validation loss in fewer than 10. Without data `baseline` is found, but never
#' ruled out, where the loss of a constant is known beforehand: one half for every row under a sigmoid output (a quarter per value
#' with `mse`, an eighth with `sse`, the logarithm of 2 with `binary_cross_entropy`), all classes alike under softmax, the mean of an outcome that was standardised;
#' it is found when the loss has settled there, to 1 %, over the second half of the epochs.
#'
#' `far_from_minimum` and `poor_minimum` compare objectives, so that they look at the rows that trained: without those that a share for `validation`
#' split off, whose numbers the fit has, and not at all when the data have another number of rows than training had. They are left out where the weights were
#' not meant to be at a minimum: with `dropout`, with a `weight_decay` above 0.01, when validation rows chose the weights, and when `overfitting` was found.
#' With losses and activations that have kinks (`mae`, `quantile`, `relu`) L-BFGS may stop early, and they may miss something; what they find
#' is a point that is really lower. `poor_minimum` is made for networks and data that are small together, up to 2 million parameters times rows.
#'
#' Of many rows, 5000 evenly spaced ones are looked at; losses are computed over all of them. The bounds are conventions; a finding is a reason to look, no proof. At the end of a training
#' the checks of the curve of the loss are made by themselves, with stricter bounds, and end in a warning of class
#' `backprop_warning_symptom` when something is clearly wrong: a loss that oscillates, does not move, or on the validation rows is half as large again as it has been.
#' @param fit A model from [nn_train()].
#' @param data The training data in the form that training took: a data frame for a formula, `list(X =, Y =)` otherwise. Not needed if the fit was made
#'   with `keep = "data"`. Without data most checks are left out, and the diagnosis says so.
#' @param case_weights,offset Weights of rows and offset, if training had any that are not in the data.
#' @return A list of class `nn_diagnosis`:
#' \describe{
#'   \item{`findings`}{data frame with a row per finding: `check` (see above), `found`, `evidence` and `change`}
#'   \item{`passed`, `skipped`}{names of the checks that found nothing, and of those that were not made}
#'   \item{`why`}{why not, for each of `skipped`: `"data"` for want of data, `"validation"`, `"epochs"` (too few), `"diverged"`, `"penalty"`, `"constant"`
#'     (found already), `"outcome"` (it does not vary), `"infinite"` (the loss), `"rows"` (not those of training), `"dropout"`, `"weight_decay"`, `"stop_iter"`,
#'     `"overfitting"`, `"far_from_minimum"` (found already), `"size"`, `"memory"`}
#' }
#' @section Errors:
#' A model that is not whole, or data that do not fit it.
#' @references LeCun, Y., Bottou, L., Orr, G. B., & Mueller, K.-R. (1998). Efficient BackProp. In *Neural Networks: Tricks of the Trade*, 9-50.
#' @examples
#' # Inputs in hundreds, not scaled: the units saturate.
#' fit <- nn_train(as.matrix(mtcars[c("disp", "hp")]), mtcars$am, epochs = 200, seed = 1)
#' nn_diagnose(fit, list(X = as.matrix(mtcars[c("disp", "hp")]), Y = mtcars$am))
#'
#' better <- nn_train(am ~ disp + hp, data = mtcars, preset = "textbook",
#'                    optimizer = "lbfgs", penalty = 0.01,
#'                    keep = "data", seed = 1)
#' nn_diagnose(better)
#' @export
nn_diagnose <- function(fit, data = NULL, case_weights = NULL, offset = NULL) {
  call <- quote(nn_diagnose())
  # How training went is a matter of the network alone.
  fit <- without_calibration(check_fit_given(fit, call))
  if (is_ensemble(fit)) {
    return(diagnose_ensemble(fit, data, case_weights, offset))
  }
  with_data <- !is.null(data) || !is.null(fit$data)
  answers <- c(
    diagnose_history(fit, gentle_bounds), list(check_copies(fit)),
    if (with_data) {
      diagnose_on_data(diagnosis_problem(fit, data, call, case_weights, offset), call)
    } else {
      diagnose_without_data(fit)
    }
  )
  answers <- answers[!vapply(answers, is.null, NA)]
  made <- vapply(answers, inherits, NA, "finding")
  found <- answers[made]
  left_out <- answers[!made]
  checks <- c(history_checks, "copies", data_checks)
  skipped <- texts_of(left_out, "check")
  order <- order(match(skipped, checks))
  structure(
    list(
      findings = data.frame(
        check = texts_of(found, "check"),
        found = texts_of(found, "found"), evidence = texts_of(found, "evidence"), change = texts_of(found, "change")
      ),
      passed = setdiff(checks, c(texts_of(found, "check"), skipped)),
      skipped = skipped[order],
      why = texts_of(left_out, "why")[order]
    ),
    class = "nn_diagnosis"
  )
}

# Network by network: what was found in any, and in how many.
diagnose_ensemble <- function(fit, data, case_weights, offset) {
  count <- length(fit$members)
  each <- lapply(seq_len(count), function(number) nn_diagnose(member_of(fit, number), data, case_weights, offset))
  findings <- do.call(rbind, lapply(each, function(diagnosis) diagnosis$findings))
  times <- table(findings$check)
  findings <- findings[!duplicated(findings$check), , drop = FALSE]
  in_some <- as.integer(times[findings$check])
  if (nrow(findings) > 0L) findings$evidence <- paste0(findings$evidence, " So in ", in_some, " of ", count, " networks.")
  rownames(findings) <- NULL
  skipped <- setdiff(unique(unlist(lapply(each, function(diagnosis) diagnosis$skipped))), findings$check)
  why <- unlist(lapply(each, function(diagnosis) stats::setNames(diagnosis$why, diagnosis$skipped)))
  passed <- setdiff(unique(unlist(lapply(each, function(diagnosis) diagnosis$passed))), c(findings$check, skipped))
  structure(list(findings = findings, passed = passed, skipped = skipped, why = unname(why[skipped])), class = "nn_diagnosis")
}

diagnose_without_data <- function(fit) {
  baseline <- if (!identical(fit$status, "diverged")) check_baseline_by_history(fit)
  c(list(baseline), lapply(setdiff(data_checks, baseline$check), not_made, why = "data"))
}

texts_of <- function(found, name) vapply(found, function(finding) finding[[name]], "", USE.NAMES = FALSE)

# What a check answers when it found something; NULL when it did not; and when it could not look, why.
finding <- function(check, found, evidence, change) {
  structure(list(check = check, found = found, evidence = evidence, change = change), class = "finding")
}

not_made <- function(check, why) list(check = check, why = why)

reasons <- c(
  data = "give `data`",
  validation = "training had no `validation`",
  epochs = "training had too few epochs",
  diverged = "training diverged",
  penalty = "a `penalty` makes units alike by itself",
  kinds = "its layers are of several kinds",
  constant = "`constant` tells it already",
  outcome = "the outcome does not vary",
  infinite = "the loss is not finite",
  far_from_minimum = "`far_from_minimum` comes first",
  overfitting = "`overfitting`: to go on would make it worse",
  size = "the network and the data are too large for a quick look",
  rows = "`data` are not the rows of training",
  dropout = "with `dropout` training has another objective",
  weight_decay = "with `weight_decay` training has another objective",
  stop_iter = "the validation rows chose the weights",
  memory = "not enough memory"
)

#' @rdname nn_diagnose
#' @param x A diagnosis.
#' @param ... Not used.
#' @export
print.nn_diagnosis <- function(x, ...) {
  n <- nrow(x$findings)
  cat("<nn_diagnosis> ", headline(x), "\n", sep = "")
  width <- min(getOption("width"), 100L)
  tell <- function(label, text) {
    cat(strwrap(text, width = width, initial = paste0("   ", label), prefix = strrep(" ", 13L)), sep = "\n")
  }
  for (i in seq_len(n)) {
    cat("", strwrap(paste0(i, ". ", x$findings$found[i]), width = width, exdent = 3L), sep = "\n")
    tell("Evidence: ", x$findings$evidence[i])
    tell("Change:   ", x$findings$change[i])
  }
  cat("\n")
  if (length(x$passed) > 0L) {
    list_checks("Nothing found by: ", paste(x$passed, collapse = ", "), width)
  }
  if (length(x$skipped) > 0L) {
    groups <- split(x$skipped, factor(x$why, unique(x$why)))
    texts <- paste0(vapply(groups, paste, "", collapse = ", "), " (", reasons[names(groups)], ")")
    list_checks("Not made: ", paste(texts, collapse = "; "), width)
  }
  invisible(x)
}

# Silence means little where most checks could not look: the first line says so.
headline <- function(x) {
  n <- nrow(x$findings)
  for_data <- sum(x$why == "data")
  if (for_data == 0L) {
    return(if (n == 0L) "nothing found" else count_text(n, "finding"))
  }
  said <- if (n > 0L) {
    count_text(n, "finding")
  } else {
    made <- length(x$passed)
    paste("nothing found by the", count_text(made, "check"), "that", if (made == 1L) "needs" else "need", "no data")
  }
  left <- if (n > 0L) count_text(for_data, "check") else for_data
  paste0(said, "; ", left, if (for_data == 1L) " was" else " were", " not made: give `data`")
}

list_checks <- function(label, names, width) {
  cat(strwrap(paste0(label, names, "."), width = width, exdent = 2L), sep = "\n")
}
