# What a result of nn_tune() shows in the console.

#' @rdname plot.nn_tune
#' @param n How many configurations are shown, the best first.
#' @export
print.nn_tune <- function(x, n = 10, ...) {
  call <- quote(print())
  x <- check_tuned(x, "x", call)
  refuse_dots(..., known = c("x", "n"), call = call)
  n <- check_count(n, "n", call = call)
  line <- function(name, ...) cat(format(paste0(name, ":"), width = 10), ..., "\n", sep = "")
  count <- nrow(x$results)
  cat("<nn_tune> ", count_text(count, "configuration"), ", ", x$search, ", ", count_text(nrow(x$folds), "training"), "\n", sep = "")
  line("Metric", x$metric, " on rows held out (", if (rises(x$metric)) "larger" else "smaller", " is better)")
  if (x$alone) line("Compared", "one network each; the fit is what nn_train() makes of the best settings")
  shown <- utils::head(x$results, n)
  table <- data.frame(rank = shown$rank, row.names = NULL)
  for (name in names(x$best)) table[[name]] <- vapply(shown[[name]], label_value, "")
  table[c("mean", "std_error", "epochs_done", "parameters", "seconds")] <- list(
    signif(shown$mean, 4), signif(shown$std_error, 2), round(shown$epochs_done, 1), shown$parameters, signif(shown$seconds, 2)
  )
  cat("\n")
  print(table, row.names = FALSE)
  if (count > nrow(shown)) cat("... and ", count_text(count - nrow(shown), "more configuration"), "\n", sep = "")
  cat("\n")
  if (length(x$best) > 0L) {
    line("Best", label_configuration(x$best), if (x$rule == "one_se") " (the smallest within one standard error)")
  }
  if (is.null(x$fit)) line("Status", x$status, ", without a fit") else line("Fit", describe_refit(x$fit))
  invisible(x)
}

describe_refit <- function(fit) {
  if (is_ensemble(fit)) paste0(count_text(length(fit$members), "network"), " on ", count_text(fit$rows, "row")) else describe_training(fit)
}
