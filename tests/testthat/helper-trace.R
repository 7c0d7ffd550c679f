# Traces that several tests share, and each step computed anew from its operands.

article_printed_start <- function() {
  printed <- reference("article_tables")$step_1_start
  list(weights = list(printed$wh, printed$wout), biases = list(printed$bh, printed$bout))
}

article_trace <- function(iterations = 1, ...) {
  nn_trace(article_X, article_Y, lr = 0.1, start = article_printed_start(), iterations = iterations, ...)
}

# A step's result as its formula says, from the operands that the step names; NULL where it is given.
recompute <- function(step) {
  operands <- unname(step$operands)
  values <- step$values
  clip <- if (is.null(values$clip)) 1 else values$clip
  result <- switch(step$op,
    given = ,
    engine = return(NULL),
    weighted_sum = {
      z <- operands[[1]] %*% operands[[2]]
      for (k in seq_along(operands)[-(1:2)]) z <- z + if (names(step$operands)[k] == "offset") operands[[k]] else rep(operands[[k]], each = nrow(z))
      z
    },
    softmax = exp(operands[[1]]) / rowSums(exp(operands[[1]])),
    back = operands[[1]] %*% t(operands[[2]]),
    descend_weights = operands[[1]] + values$lr * t(operands[[2]]) %*% operands[[3]],
    descend_biases = operands[[1]] + values$lr * colSums(operands[[2]]),
    gradient_weights = {
      gradient <- -t(operands[[1]]) %*% operands[[2]]
      if (length(operands) == 3) {
        w <- operands[[3]]
        gradient <- gradient + values$penalty * ((1 - values$mixture) * w + values$mixture * sign(w))
      }
      clip * gradient
    },
    gradient_biases = -clip * colSums(operands[[1]]),
    cell = evaluate_template(step)
  )
  if (is.matrix(result)) result else matrix(result, nrow(step$result))
}

evaluate_template <- function(step) {
  values <- c(
    lapply(step$values$roles, function(key) step$operands[[key]]),
    lapply(step$values$scalars, function(x) if (length(x) > 1) matrix(x, nrow(step$result), length(x), byrow = TRUE) else x)
  )
  code <- gsub("[{}]", "", step$values$template)
  code <- gsub("\\bif\\(", "ifelse(", code)
  code <- gsub("\\bmax\\(", "pmax(", gsub("\\bmin\\(", "pmin(", code))
  # A matrix first, so that pmax() and ifelse() keep its shape; a constant slope fills it.
  like <- step$result
  if (!is.null(values$Y) && ncol(values$Y) < ncol(like)) values$Y <- values$Y[, rep(1, ncol(like))]
  # What all rows share (of a family's own parameters one for each column).
  values <- lapply(values, function(x) if (is.matrix(x) && nrow(x) == 1L && nrow(like) > 1L) x[rep(1L, nrow(like)), , drop = FALSE] else x)
  value <- eval(str2lang(code), values, baseenv_with_stats())
  matrix(value, nrow(like), ncol(like))
}

baseenv_with_stats <- function() list2env(list(pnorm = stats::pnorm, dnorm = stats::dnorm), parent = baseenv())

# One expectation for all steps, which names those that fail.
expect_formulas_hold <- function(trace, tolerance = 1e-10) {
  differs <- vapply(as.list(trace), function(step) {
    again <- recompute(step)
    !is.null(again) && !isTRUE(max(abs(again - step$result)) < tolerance)
  }, NA)
  testthat::expect_identical(vapply(as.list(trace)[differs], function(step) step$key, ""), character())
}

recorded_training <- function(..., iterations = 0L) train_recorded(list(...), iterations, quote(nn_train()))

# A trace with settings of the engine that `change` puts into the specification.
trace_with <- function(change, ..., iterations = 2) {
  recorded <- recorded_training(..., iterations = iterations)
  recorded$engine <- utils::modifyList(recorded$engine, change)
  result <- engine_train(
    recorded$engine, recorded$x, recorded$y, recorded$case_weights, recorded$offset, recorded$start, NULL
  )
  testthat::expect_null(result$error)
  recorded$trace <- name_slots(result$trace, result$optimizer_state$slots)
  new_trace(recorded)
}

# A spreadsheet in a few lines: computes the formulas of trace_sheets(), so that the tests need no spreadsheet program.
new_spreadsheet <- function(sheets) {
  cells <- new.env()
  for (sheet in sheets) {
    at <- sheet$cells
    keys <- paste0(sheet$name, "!", column_letters(at$column), at$row)
    for (k in seq_along(keys)) {
      assign(keys[k], list(kind = at$kind[k], content = at$content[k]), envir = cells)
    }
  }
  cells
}

cell_value <- function(cells, key) {
  cell <- get(key, envir = cells)
  if (is.null(cell$value)) {
    cell$value <- if (cell$kind == "formula") evaluate_formula(cells, cell$content) else as.numeric(cell$content)
    assign(key, cell, envir = cells)
  }
  cell$value
}

column_number <- function(letters) Reduce(function(sum, letter) 26 * sum + match(letter, LETTERS), strsplit(letters, "")[[1]], 0)

# References become calls of `cell` and `area`, functions those of R.
evaluate_formula <- function(cells, formula) {
  area <- "'([^']+)'!\\$([A-Z]+)\\$([0-9]+):\\$([A-Z]+)\\$([0-9]+)"
  one <- "'([^']+)'!\\$([A-Z]+)\\$([0-9]+)"
  code <- gsub(area, "area(\"\\1\",\"\\2\",\\3,\"\\4\",\\5)", formula)
  code <- gsub(one, "cell(\"\\1!\\2\\3\")", code)
  eval(str2lang(code), list(
    cell = function(key) cell_value(cells, key),
    area = function(sheet, left, top, right, bottom) {
      columns <- column_letters(column_number(left):column_number(right))
      outer(top:bottom, columns, Vectorize(function(row, column) cell_value(cells, paste0(sheet, "!", column, row))))
    },
    EXP = exp, TANH = tanh, MAX = max, MIN = min, ABS = abs, SQRT = sqrt, SIGN = sign, LN = log, NORMSDIST = stats::pnorm,
    PI = function() pi, IF = function(test, yes, no) if (test) yes else no, SUM = sum, SUMPRODUCT = function(...) sum(Reduce(`*`, list(...))),
    MMULT = function(a, b) drop(a %*% b), SUMXMY2 = function(a, b) sum((a - b)^2)
  ), baseenv())
}

# Where each step's matrix stands: headings with its key, in order.
expect_workbook_computes <- function(trace, tolerance = 1e-9) {
  sheets <- trace_sheets(trace)
  cells <- new_spreadsheet(sheets)
  differs <- character()
  for (sheet in sheets) {
    # What a reader sees that computes nothing.
    at <- sheet$cells[sheet$cells$kind == "formula", ]
    for (k in seq_len(nrow(at))) {
      computed <- cell_value(cells, paste0(sheet$name, "!", column_letters(at$column[k]), at$row[k]))
      if (!isTRUE(abs(computed - as.numeric(at$value[k])) < tolerance)) differs <- c(differs, paste(sheet$name, at$row[k], at$column[k]))
    }
  }
  for (sheet in sheets[grepl("^Iteration", vapply(sheets, `[[`, "", "name"))]) {
    steps <- Filter(function(step) sheet_name(step$iteration) == sheet$name, as.list(trace))
    headings <- sheet$cells[sheet$cells$style == "heading" & !grepl("^Step", sheet$cells$content), ]
    headings <- headings[order(headings$row, headings$column), ]
    testthat::expect_identical(headings$content, vapply(steps, function(step) step$key, ""))
    for (k in seq_along(steps)) {
      result <- steps[[k]]$result
      keys <- outer(
        headings$row[k] + 1L + seq_len(nrow(result)), column_letters(headings$column[k] + seq_len(ncol(result))),
        function(row, column) paste0(sheet$name, "!", column, row)
      )
      computed <- vapply(keys, function(key) cell_value(cells, key), 0)
      if (!isTRUE(max(abs(computed - as.vector(result))) < tolerance)) {
        differs <- c(differs, paste(sheet$name, steps[[k]]$key))
      }
    }
  }
  testthat::expect_identical(differs, character())
  invisible(cells)
}
