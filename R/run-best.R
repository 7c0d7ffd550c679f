# The best epoch of a training that stops early, carried from one training to the next.

# What the engine is to know of an earlier training's best epoch; NULL where that means nothing now.
# The weights of the best epoch are those of the fit unless it was stored on the way.
earlier_best <- function(earlier, typed, settings) {
  best <- earlier$best
  changed <- c("loss", "output", "penalty", "mixture", "class_weights", "standardize", "stop_metric", "bootstrap")
  # Nothing judges any more, or other rows do.
  judged <- !is.null(settings$validation) || !is.null(settings$stop_iter)
  of_share <- function(validation) if (is.numeric(validation) || identical(validation, "out_of_bag")) validation else !is.null(validation)
  same_rows <- identical(of_share(settings$validation), of_share(earlier$settings$validation))
  if (is.null(best) || any(changed %in% typed) || !judged || !same_rows) {
    return(NULL)
  }
  if (is.null(best$weights)) {
    best$weights <- earlier$weights
    best$biases <- earlier$biases
    best$ancillary <- earlier$ancillary
  }
  if (earlier$status == "converged") {
    # That training had waited long enough; this one waits anew.
    best$epoch <- as.integer(earlier$epochs_done)
  }
  best
}

# The best epoch as the fit keeps it: with weights only where they are not the fit's own.
keep_best <- function(result, earlier) {
  best <- result$best
  if (is.null(best)) {
    return(NULL)
  }
  if (!is.null(earlier$best) && identical(best$loss, earlier$best$loss)) {
    best$epoch <- earlier$best$epoch
  }
  own <- c("weights", "biases", "ancillary")
  if (identical(best[["weights"]], result$weights) && identical(best[["biases"]], result$biases) && identical(best[["ancillary"]], result$ancillary)) {
    best[own] <- NULL
  }
  best
}
