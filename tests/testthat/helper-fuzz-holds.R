# Random calls: what must hold. Each function gives the faults that it finds, as texts; none when all is well.

# How the call ended, whatever it was.
judge <- function(seen, draw) {
  c(
    if (is.null(seen$condition)) faults_of_success(seen, draw) else faults_of_error(seen, draw),
    unlist(lapply(seen$warnings, fault_of_warning, draw)),
    unlist(lapply(seen$messages, function(cnd) {
      if (!inherits(cnd, "backprop_message")) paste("a message of another class:", first_line(conditionMessage(cnd)))
    })),
    if (seen$touched) "an object of the caller was changed",
    # Of processor time, on data of 40 rows and networks of a few units.
    if (seen$seconds > 5) paste("took", round(seen$seconds, 1), "s")
  )
}

faults_of_success <- function(seen, draw) {
  c(
    if (isTRUE(draw$refused)) "should have been refused",
    faults_of_stream(seen, draw),
    unless_told(tryCatch(draw$holds(seen$value), error = function(cnd) paste("its value cannot be used:", first_line(conditionMessage(cnd)))), seen$warnings)
  )
}

# What a warning tells is no fault: numbers beyond the precision.
unless_told <- function(faults, warnings) {
  told <- any(vapply(warnings, inherits, NA, "backprop_warning_overflow"))
  if (told) grep("NaN|infinite|not finite", faults, value = TRUE, invert = TRUE) else faults
}

# Simulations without a seed draw as they like; a training without a seed draws one number; everything else leaves R's generator alone.
faults_of_stream <- function(seen, draw) {
  if (identical(seen$before, seen$after) || isTRUE(draw$draws)) {
    return(NULL)
  }
  if (isTRUE(draw$may_draw)) {
    one_more <- with_stream(seen$before, {
      sample.int(.Machine$integer.max, 1L)
      stream()
    })
    if (identical(one_more, seen$after)) {
      return(NULL)
    }
  }
  "R's random stream was changed"
}

with_stream <- function(state, code) {
  now <- stream()
  on.exit(assign(".Random.seed", now, envir = globalenv()))
  assign(".Random.seed", state, envir = globalenv())
  code
}

faults_of_error <- function(seen, draw) {
  cnd <- seen$condition
  if (inherits(cnd, "fuzz_own_error")) {
    return(if (!identical(cnd, own_error)) "the callback's error was changed on its way")
  }
  # Laying the text out costs more than the call.
  text <- if (inherits(cnd, "backprop_error") && !chance(0.1)) paste(c(cnd$message, cnd$body), collapse = "\n") else conditionMessage(cnd)
  if (!inherits(cnd, "backprop_error")) {
    return(paste0("an error that is not the package's, of class ", class(cnd)[1L], ", in ", deparse1(conditionCall(cnd))[1L], ": ", first_line(text)))
  }
  kind <- sub("backprop_error_", "", grep("^backprop_error_", class(cnd), value = TRUE))
  at <- conditionCall(cnd)
  c(
    if (length(kind) != 1L) "an error without a class of its own",
    # These say that what R should have checked was left to the engine.
    if (any(kind %in% c("panic", "config"))) paste0("an error of class ", kind, ": ", first_line(text)),
    # What R says of an expression is passed on.
    if (!"formula" %in% kind && grepl("panicked|unwrap\\(|\\.rs\\b|Robj|ndarray|out of bounds|NULL value passed|non-numeric argument", text)) paste("an error in the words of another:", first_line(text)),
    if (!validUTF8(text) || !nzchar(text)) "an error without a readable text",
    if (!is.call(at) || !paste(deparse(at[[1L]])) %in% fuzz_known_calls()) paste("an error that names a call nobody made:", deparse1(at)),
    if (!identical(seen$before, seen$after)) "a refused call changed R's random stream",
    if (isTRUE(draw$right)) paste("refused, although all was right:", first_line(text))
  )
}

# Functions that someone can have called: those that are exported, and the generics of the methods.
fuzz_known_calls <- function() c(fuzz_exports(), getNamespaceInfo("backprop", "S3methods")[, 1L], "autoplot", "step", "set_engine")
fuzz_exports <- function() getNamespaceExports("backprop")
fuzz_methods <- function() {
  methods <- getNamespaceInfo("backprop", "S3methods")
  # Those for packages that may be absent everywhere have tests of their own.
  enhanced <- strsplit(utils::packageDescription("backprop")$Enhances, "[, \n]+")[[1L]]
  methods <- methods[!methods[, 4L] %in% enhanced, , drop = FALSE]
  # One function may be the method of several classes.
  setdiff(unique(methods[, 3L]), called_by_others)
}

# What parsnip and tune call, and what takes streams of Arrow, with objects of theirs: tried in tests of their own.
called_by_others <- c("multi_predict._nn_fit", "multi_predict._nn_ensemble", "min_grid.mlp", "nn_reader.RecordBatchReader", "nn_reader.nanoarrow_array_stream")

fault_of_warning <- function(cnd, draw) {
  own <- inherits(cnd, "fuzz_own_warning") && identical(cnd, own_warning)
  # Expressions of the user's formula warn by themselves, as under lm(): of a logarithm below 0, of a range of nothing, of factors in arithmetic.
  of_formula <- !is.null(draw$formula) && is_warning_of(conditionMessage(cnd), draw$formula)
  if (!own && !of_formula && !inherits(cnd, "backprop_warning")) paste("a warning of another class:", first_line(conditionMessage(cnd)))
}

is_warning_of <- function(message, formula) {
  read <- all.names(formula)
  (any(c("log", "sqrt") %in% read) && grepl("NaNs produced", message)) ||
    ("cut" %in% read && grepl("no non-missing arguments", message)) || grepl("not meaningful for (ordered )?factors", message)
}

first_line <- function(text) substr(gsub("\n", " / ", text, fixed = TRUE), 1L, 250L)

# ---- fits -------------------------------------------------------------------------------------------

fuzz_statuses <- c("completed", "converged", "stopped", "diverged")

# How close predictions must be to themselves: a few units in the last place of sums of some terms, relative to the largest.
fuzz_tolerance <- function(fit) if (identical(fit$settings$precision, "single")) 1e-5 else 1e-12

faults_of_fit <- function(fit, problem, earlier = NULL) {
  if (inherits(fit, "nn_ensemble")) {
    return(faults_of_ensemble(fit, problem))
  }
  sizes <- fit$settings$sizes
  history <- fit$history
  if (!inherits(fit, "nn_fit")) {
    return("is no fit")
  }
  c(
    if (!fit$status %in% fuzz_statuses) paste("has the status", fit$status),
    if (!all(is.finite(unlist(fit[c("weights", "biases")])))) "has weights that are not finite",
    if (!identical(lapply(fit$weights, dim), dims_of_weights(fit))) "has weights of the wrong shape",
    if (nrow(history) != fit$epochs_done) "has another number of epochs than its history",
    if (fit$status == "completed" && fit$epochs_done != fit$settings$epochs + (if (is.null(earlier)) 0L else earlier$epochs_done)) "completed another number of epochs",
    if (fit$status != "diverged" && !all(is.finite(history$loss))) "has losses that are not finite, and did not diverge",
    # Without a training nothing diverged: the loss of large outputs is beyond all numbers.
    if (is.nan(fit$final_loss) || (fit$status != "diverged" && fit$epochs_done > 0L && !is.finite(fit$final_loss))) "has a final loss that is not finite, and did not diverge",
    if (fit$rows < 1L || fit$rows > fit$rows_given) "has an impossible number of rows",
    if (!all(is.finite(unlist(fit$ancillary)))) "has parameters of its family that are not finite",
    faults_of_printing(fit),
    faults_of_training_rows(fit, problem)
  )
}

faults_of_ensemble <- function(fit, problem) {
  count <- length(fit$members)
  c(
    if (!fit$status %in% c(fuzz_statuses, "out_of_time")) paste("has the status", fit$status),
    if (abs(sum(fit$shares) - 1) > 1e-10 || length(fit$shares) != count || length(fit$kinds) != count) "has shares of other networks than it has",
    unlist(lapply(seq_len(count), function(number) {
      member <- nn_member(fit, number)
      if (!all(is.finite(unlist(member[c("weights", "biases")])))) "has a network whose weights are not finite"
    })),
    if (fit$rows < 1L || fit$rows > fit$rows_given) "has an impossible number of rows",
    faults_of_printing(fit),
    faults_of_training_rows(fit, problem)
  )
}

faults_of_printing <- function(x) {
  shown <- tryCatch(suppressWarnings(utils::capture.output(print(x), print(summary(x))), classes = "backprop_warning"), error = identity, warning = identity)
  if (inherits(shown, "condition")) paste("cannot be printed:", first_line(conditionMessage(shown))) else if (!any(nzchar(shown))) "prints nothing"
}

# Predictions of the rows of training, alone and together.
faults_of_training_rows <- function(fit, problem) {
  warnings <- list()
  all <- predict_rows_of(fit, problem, seq_len(problem$n), function(cnd) warnings[[length(warnings) + 1L]] <<- cnd)
  faults <- unless_told(faults_of_prediction(all, fit, problem$n, unknown_rows(fit, problem$inputs)), warnings)
  rows <- sample.int(problem$n, min(problem$n, 3L))
  some <- predict_rows_of(fit, problem, rows)
  c(faults, fault_of_difference(some, all[rows, , drop = FALSE], fit, "a row's prediction depends on its neighbours"))
}

predict_rows_of <- function(fit, problem, rows, tell = function(cnd) NULL) {
  offset <- if (isTRUE(fit$settings$offset)) rep(0.25, length(rows))
  withCallingHandlers(nn_predict(fit, as_rows(problem$inputs, rows)$X, offset = offset), backprop_warning = function(cnd) {
    tell(cnd)
    tryInvokeRestart("muffleWarning")
  })
}

fault_of_difference <- function(a, b, fit, text, tolerance = fuzz_tolerance(fit)) {
  if (!identical(is.na(unname(a)), is.na(unname(b)))) {
    return(text)
  }
  scale <- max(1, abs(b[is.finite(b)]))
  off <- abs(unname(a) - unname(b))
  if (any(off > tolerance * scale, na.rm = TRUE)) paste0(text, ", by ", format(max(off, na.rm = TRUE), digits = 3))
}

# Which rows cannot be predicted: those with a gap in an input, where training filled none in.
unknown_rows <- function(fit, X) {
  x <- tryCatch(suppressWarnings(stats::model.matrix(fit, if (fit$interface == "formula") X else list(X = X)), classes = c("backprop_warning", "simpleWarning")), error = identity)
  if (inherits(x, "error")) {
    return(NULL)
  }
  if (identical(fit$settings$precision, "single")) {
    # Its largest number is 3.4e38; what is beyond it once standardised is infinite.
    scaled <- if (is.null(fit$inputs$center)) x else t((t(x) - fit$inputs$center) / fit$inputs$scale)
    x[abs(scaled) > 3.402823e38] <- Inf
  }
  unname(rowSums(!is.finite(x)) > 0)
}

# A matrix of predictions; `unknown`, which rows must be NA (NULL: not known).
faults_of_prediction <- function(value, fit, n, unknown = NULL) {
  # Of classes in order a probability of each, of one unit.
  k <- if (fit$settings$loss == "ordinal") length(fit$outcome$levels) else fit$settings$sizes[length(fit$settings$sizes)]
  if (!is.double(value) || !is.matrix(value) || !identical(dim(value), c(as.integer(n), as.integer(k)))) {
    return(paste("predictions are no matrix of", n, "x", k))
  }
  # NaN is no gap.
  gaps <- rowSums(is.na(value) & !is.nan(value)) > 0
  known <- value[!gaps, , drop = FALSE]
  output <- fit$settings$output
  c(
    if (any(is.nan(value))) "predicts NaN",
    if (any(rowSums(is.na(value) & !is.nan(value)) %in% seq_len(k - 1L))) "predicts a part of a row",
    if (!is.null(unknown) && !identical(unname(gaps), unknown)) "the rows that are NA are not those with gaps",
    if (any(is.infinite(known))) "predicts infinite values",
    if (output %in% c("sigmoid", "softmax") && any(known < 0 | known > 1, na.rm = TRUE)) "predicts shares outside 0 to 1",
    # Sums of a few shares; in single precision each has seven digits.
    if (output == "softmax" && any(abs(rowSums(known) - 1) > 10 * max(fuzz_tolerance(fit), 1e-9), na.rm = TRUE)) "predicts shares that do not sum to one",
    if (output == "exp" && any(known < 0, na.rm = TRUE)) "predicts negative rates"
  )
}

faults_of_tibble <- function(value, n) {
  if (!inherits(value, "tbl_df")) {
    return("is no tibble")
  }
  c(if (nrow(value) != n) "has another number of rows", if (!all(startsWith(names(value), ".pred"))) "has columns of other names")
}

faults_of_shares <- function(value, fit) {
  shares <- as.matrix(value)
  if (!any(stats::complete.cases(shares)) || fit$settings$output == "sigmoid" && ncol(shares) > 2L) {
    # One sigmoid for each of several classes: no sum is promised.
    return(NULL)
  }
  if (any(abs(rowSums(shares) - 1) > 10 * max(fuzz_tolerance(fit), 1e-9), na.rm = TRUE)) "has shares that do not sum to one"
}

faults_of_numbers <- function(value, length = NULL, finite = TRUE) {
  c(
    if (!is.numeric(value)) "is not numeric",
    if (!is.null(length) && length(value) != length) paste("has", length(value), "values instead of", length),
    if (finite && is.numeric(value) && !all(is.finite(value))) "has values that are not finite",
    if (is.numeric(value) && any(is.nan(value))) "has NaN"
  )
}

faults_of_square <- function(value, n = NROW(value)) {
  c(
    faults_of_numbers(value),
    if (!identical(dim(value), c(as.integer(n), as.integer(n)))) "has another shape",
    # Rounding of the sums that both halves are made of.
    if (is.matrix(value) && isTRUE(max(abs(value - t(value))) > 1e-8 * max(1, abs(value)))) "is not symmetric",
    if (is.null(rownames(value)) || !identical(rownames(value), colnames(value))) "has no names"
  )
}

# Of layers of several kinds the engine says which.
dims_of_weights <- function(fit) {
  sizes <- fit$settings$sizes
  if (is.null(fit$settings[["layers"]])) {
    return(lapply(seq_along(fit$weights), function(l) as.integer(sizes[l + 0:1])))
  }
  shapes <- engine_layers(list(sizes = as.integer(sizes), layers = fit$settings$layers))
  lapply(seq_along(shapes$rows), function(l) c(shapes$rows[l], shapes$columns[l]))
}

count_weights <- function(fit) length(unlist(fit[intersect(c("weights", "biases", "ancillary"), names(fit))]))
