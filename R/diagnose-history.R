# What the history of a training tells by itself, and the warning at its end that uses it.

history_checks <- c("diverged", "oscillating", "crawling", "unfinished", "overfitting")

# For nn_diagnose(), which was asked; and for the end of a training, which speaks only when something is clearly wrong.
gentle_bounds <- list(swing = 0.01, batch_swing = 0.05, still = 1e-3, validation_rise = 1.1)
strict_bounds <- list(swing = 0.05, batch_swing = 0.5, still = 1e-4, validation_rise = 1.5)

diagnose_history <- function(fit, bounds) {
  if (identical(fit$status, "diverged")) {
    # Of a history that ends in infinity nothing else can be said.
    return(c(list(check_diverged(fit)), lapply(setdiff(history_checks, "diverged"), not_made, why = "diverged")))
  }
  loss <- last_losses(fit)
  if (length(loss) < fewest_epochs) {
    curve <- lapply(c("oscillating", "crawling", "unfinished"), not_made, why = "epochs")
  } else {
    speed <- check_still(loss, fit, bounds)
    if (is.null(speed)) speed <- check_crawling(loss, fit)
    if (is.null(speed)) speed <- check_unfinished(loss, fit)
    curve <- list(check_oscillating(loss, fit, bounds), speed)
  }
  c(curve, list(why_no_overfitting(fit), check_overfitting(fit, bounds)))
}

# Shorter curves tell nothing.
fewest_epochs <- 20L
fewest_validations <- 10L

why_no_overfitting <- function(fit) {
  known <- sum(is.finite(fit$history$validation_loss))
  if (known < fewest_validations) not_made("overfitting", if (known == 0L) "validation" else "epochs")
}

# Of the last training alone; the epochs before it may have had other settings.
last_losses <- function(fit) {
  loss <- fit$history$loss
  before <- length(loss) - fit$settings$epochs
  if (before > 0L) loss[-seq_len(before)] else loss
}

check_diverged <- function(fit) {
  finding(
    "diverged", "Training diverged.",
    paste0("The loss or the weights were no longer finite after epoch ", fit$epochs_done, "; the weights are the last finite ones."),
    paste0("a smaller `lr` than ", short(fit$settings$lr), unless_scaled(fit))
  )
}

# What changes of a loss are measured by: its first value; of a density's logarithm, which may be anything and 0 too, what it fell if that is more.
size_of_loss <- function(loss, fit) {
  known <- loss[is.finite(loss)]
  max(abs(loss[1L]), if (isTRUE(family_of(fit)$is_density) && length(known) > 0L) loss[1L] - min(known))
}

check_oscillating <- function(loss, fit, bounds) {
  n <- length(loss)
  if (n < fewest_epochs) {
    return(NULL)
  }
  tail <- loss[(n - min(n %/% 2L, 200L)):n]
  if (!all(is.finite(tail)) || !is.finite(loss[1L]) || loss[1L] == 0) {
    return(NULL)
  }
  steps <- tail[-1L] - tail[-length(tail)]
  rises <- mean(steps > 0)
  swing <- mean(abs(steps)) / size_of_loss(loss, fit)
  batches <- fit$settings$batch_size < fit$rows || any(setting(fit$settings$dropout, 0) > 0)
  allowed <- if (batches) bounds$batch_swing else bounds$swing
  gain <- (tail[1L] - tail[length(tail)]) / sum(abs(steps))
  if (rises < 0.3 || swing <= allowed || gain > 0.2) {
    return(NULL)
  }
  finding(
    "oscillating", "The learning rate makes the loss oscillate.",
    paste0(
      "In the last ", length(steps), " epochs the loss rose ", sum(steps > 0), " times; it went to and fro by ",
      percent(swing), " of its first value on average, between ", short(min(tail)), " and ", short(max(tail)), "."
    ),
    paste0("a smaller `lr` than ", short(fit$settings$lr), if (batches) ", or a larger `batch_size`", unless_scaled(fit))
  )
}

check_still <- function(loss, fit, bounds) {
  n <- length(loss)
  if (!can_be_slow(loss, fit)) {
    return(NULL)
  }
  if (abs(loss[1L] - loss[n]) >= bounds$still * abs(loss[1L])) {
    return(NULL)
  }
  slow_finding("The loss does not move.", "", loss, fit)
}

check_crawling <- function(loss, fit) {
  n <- length(loss)
  if (!can_be_slow(loss, fit)) {
    return(NULL)
  }
  halves <- -diff(loss[c(1L, (n + 1L) %/% 2L, n)])
  steady <- halves[2L] > 0.5 * halves[1L] && mean(diff(loss) <= 0) > 0.95
  if (!steady || sum(halves) >= 0.1 * abs(loss[1L])) {
    return(NULL)
  }
  slow_finding(
    "The learning rate makes the loss crawl.", ", and was falling at the end as fast as at the start", loss, fit
  )
}

can_be_slow <- function(loss, fit) {
  n <- length(loss)
  n >= fewest_epochs && is.finite(loss[1L]) && is.finite(loss[n]) && loss[1L] != 0 &&
    !identical(fit$status, "converged") && !identical(fit$settings$optimizer$name, "lbfgs")
}

slow_finding <- function(found, speed, loss, fit) {
  n <- length(loss)
  fall <- (loss[1L] - loss[n]) / abs(loss[1L])
  finding(
    "crawling", found,
    paste0(
      "In ", n, " epochs the loss went from ", short(loss[1L]), " to ", short(loss[n]), ", a change of ", percent(abs(fall)),
      speed, "."
    ),
    paste0("a larger `lr` than ", short(fit$settings$lr), ", or `optimizer = \"lbfgs\"` or \"adam\"", unless_scaled(fit))
  )
}

check_unfinished <- function(loss, fit) {
  n <- length(loss)
  if (n < fewest_epochs || !identical(fit$status, "completed") || !all(is.finite(loss))) {
    return(NULL)
  }
  fall <- loss[1L] - loss[n]
  late <- (mean(loss[round(0.88 * n):round(0.92 * n)]) - mean(loss[round(0.98 * n):n])) / fall
  if (!is.finite(late) || fall <= 0 || late < 0.02) {
    return(NULL)
  }
  finding(
    "unfinished", "Training ended before the loss had settled.",
    paste0("The last tenth of the epochs brought ", percent(late), " of the whole fall of the loss."),
    "more `epochs` (go on with `start = fit`), or a faster `optimizer`, such as \"lbfgs\" or \"adam\""
  )
}

check_overfitting <- function(fit, bounds) {
  curve <- fit$history$validation_loss
  known <- which(is.finite(curve))
  # With patience the best weights have been restored already.
  if (length(known) < fewest_validations || !is.null(fit$settings$stop_iter)) {
    return(NULL)
  }
  best <- known[which.min(curve[known])]
  last <- known[length(known)]
  lowest <- curve[best]
  rise <- curve[last] - lowest
  fell <- fit$history$loss[last] < fit$history$loss[best]
  # Of densities the lowest loss may be next to 0.
  size <- if (isTRUE(family_of(fit)$is_density)) max(abs(lowest), curve[known[1L]] - lowest) else abs(lowest)
  if (rise <= (bounds$validation_rise - 1) * size || last - best < 5L || !isTRUE(fell)) {
    return(NULL)
  }
  finding(
    "overfitting", "The network learns its rows by heart.",
    paste0(
      "The validation loss was lowest in epoch ", fit$history$epoch[best], " (", short(lowest), ") and has risen to ",
      short(curve[last]), ", while the training loss fell on."
    ),
    "`stop_iter = 10`, which ends the training in time (the weights kept are those of the best epoch); a `penalty` or `dropout`; or fewer `hidden` units"
  )
}

# Without data the loss of a constant is known in a few cases only: of one half for zeros and ones, of all classes alike, of the mean of an
# outcome that was standardised. Where classes are not equally frequent their shares are a better constant than these: a loss that has settled
# at one of them, or above, is proof of nothing learned, but a lower one is no proof of the contrary.
check_baseline_by_history <- function(fit) {
  level <- constant_level(fit)
  loss <- last_losses(fit)
  n <- length(loss)
  final <- setting(fit$final_loss, NA_real_)
  if (is.null(level) || n < fewest_epochs || !is.finite(final)) {
    return(NULL)
  }
  quarters <- c(mean(loss[(n %/% 2L):(n - n %/% 4L)]), mean(loss[(n - n %/% 4L):n]))
  settled <- abs(quarters[1L] - quarters[2L]) <= least_gain * level$loss
  if (!isTRUE(settled) || final < (1 - least_gain) * level$loss) {
    return(NULL)
  }
  baseline_finding(
    paste0("In the second half of the epochs the loss stayed at ", short(final), "; ", level$what, " has ", short(level$loss), "."), fit
  )
}

constant_level <- function(fit) {
  settings <- fit$settings
  outputs <- settings$sizes[length(settings$sizes)]
  total <- setting(fit$total_weight, NA_real_)
  squares <- settings$loss %in% c("sse", "mse")
  what <- "predicting 0.5 for every row"
  if (settings$output == "sigmoid" && squares) {
    what <- paste0(what, if (fit$outcome$kind == "numeric") ", where the outcome is 0 or 1,")
    value <- 0.25
  } else if (settings$output == "linear" && squares && !is.null(fit$outcome$center)) {
    what <- "predicting the mean"
    value <- 1 - 1 / total
  } else if (settings$loss == "binary_cross_entropy") {
    value <- log(2)
  } else if (settings$loss == "cross_entropy") {
    what <- "predicting that all classes are alike"
    value <- log(outputs)
  } else {
    return(NULL)
  }
  level <- if (settings$loss == "sse") value * outputs * total / 2 else value
  if (isTRUE(level > 0)) list(loss = level, what = what)
}

# Called once at the end of a training. It reads the history alone and costs microseconds.
# `started`: whether it set out from given weights, which may be at the minimum already.
warn_symptoms <- function(fit, started = FALSE) {
  if (fit$status %in% c("diverged", "interrupted") || length(fit$history$loss) < 50L) {
    return(invisible())
  }
  loss <- last_losses(fit)
  first <- check_oscillating(loss, fit, strict_bounds)
  if (is.null(first) && !started) first <- check_still(loss, fit, strict_bounds)
  if (is.null(first) && !is.na(fit$history$validation_loss[1L])) first <- check_overfitting(fit, strict_bounds)
  if (!is.null(first)) {
    warn_backprop("symptom", c(
      "{first$found}",
      x = "{first$evidence}",
      i = "Try {first$change}. {.code nn_diagnose(fit, data)} looks closer."
    ), check = first$check)
  }
  invisible()
}

short <- function(x) format(x, digits = 3)
percent <- function(x) paste(format(signif(100 * x, 2), scientific = if (x > 1e4) TRUE else 5), "%")

unless_scaled <- function(fit) if (isTRUE(fit$settings$standardize)) "" else ", or `standardize = TRUE`"
