# Formulas of a spreadsheet for the cells of a trace.

# What stands in the cells of a step's result: `kind` and `text`, a matrix of formulas or of numbers.
# References are to where a matrix is computed: in a blank workbook its hidden columns.
matrix_content <- function(book, step) {
  result <- step$result
  known <- book$places[[step$key]]
  if (step$op == "given") {
    # Weights go on from the iteration before; X and Y too, if the rows are the same.
    if (!is.null(known) && (step$number == 1L || identical(known$result, result))) {
      return(formulas(result, function(i, j) reference(known, i, j)))
    }
    return(list(kind = "number", text = array(exact_text(result), dim(result))))
  }
  formula <- step_formula(step)
  if (is.null(formula)) {
    return(list(kind = "number", text = array(exact_text(result), dim(result))))
  }
  formulas(result, function(i, j) formula(book, step, i, j))
}

formulas <- function(result, formula) {
  text <- matrix("", nrow(result), ncol(result))
  for (j in seq_len(ncol(result))) {
    for (i in seq_len(nrow(result))) {
      text[i, j] <- formula(i, j)
    }
  }
  list(kind = "formula", text = text)
}

# One function per operation; NULL where there is no formula, and the recorded numbers stand.
step_formula <- function(step) {
  switch(step$op,
    weighted_sum = weighted_sum_formula,
    back = function(book, step, i, j) sum_of_products(book, step, 1L, 2L, i, j),
    softmax = softmax_formula,
    cell = if (!is.null(step$values$template)) cell_formula,
    descend_weights = function(book, step, i, j) {
      paste0(read(book, step, 1L, i, j), "+", rate_of_step(book, step), "*", sum_of_products(book, step, 2L, 3L, i, j))
    },
    descend_biases = function(book, step, i, j) {
      paste0(read(book, step, 1L, i, j), "+", rate_of_step(book, step), "*SUM(", read(book, step, 2L, i, j), ")")
    },
    gradient_weights = function(book, step, i, j) {
      clipped(step, paste0("-", sum_of_products(book, step, 1L, 2L, i, j), penalty_formula(book, step, i, j)))
    },
    gradient_biases = function(book, step, i, j) clipped(step, paste0("-SUM(", read(book, step, 1L, i, j), ")"))
  )
}

# The cell of the learning rate, times the layer's own factor.
rate_of_step <- function(book, step) {
  lr <- book$settings$lr
  if (identical(step$values$lr, lr$value)) lr$cell else paste0(lr$cell, "*", exact_text(step$values$lr / lr$value))
}

# The note of a learning rate reads it from its cell; other notes are text: NULL.
note_formula <- function(book, text) {
  lr <- book$settings$lr
  if (identical(text, paste("lr =", format(lr$value, digits = 4)))) paste0("\"lr = \"&", lr$cell)
}

# The cells of operand `k` that cell [i, j] reads: a cell, or a range. An operand that the workbook does not have
# (what an optimizer kept before the first iteration) is its number.
read <- function(book, step, k, i, j) {
  key <- names(step$operands)[k]
  place <- book$places[[key]]
  reads <- step$reads[[key]]
  operand <- step$operands[[k]]
  rows <- range(read_places(reads[1L], i, j, nrow(operand)))
  columns <- range(read_places(reads[2L], i, j, ncol(operand)))
  if (is.null(place)) {
    return(exact_text(operand[rows[1L], columns[1L]]))
  }
  first <- reference(place, rows[1L], columns[1L])
  if (rows[1L] == rows[2L] && columns[1L] == columns[2L]) {
    return(first)
  }
  paste0(first, ":", sub(".*!", "", reference(place, rows[2L], columns[2L])))
}

reference <- function(place, i, j) cell_reference(place$sheet, place$row + i, place$column + j)

# Both ranges have one direction.
sum_of_products <- function(book, step, a, b, i, j) {
  paste0("SUMPRODUCT(", read(book, step, a, i, j), ",", read(book, step, b, i, j), ")")
}

# A row of inputs times a column of weights: terms one by one where they are few, which is easier to follow.
weighted_sum_formula <- function(book, step, i, j) {
  inputs <- ncol(step$operands[[1L]])
  keys <- names(step$operands)
  if (inputs <= 12L) {
    at <- seq_len(inputs)
    weights <- reference(book$places[[keys[2L]]], at, j)
    terms <- paste0(reference(book$places[[keys[1L]]], i, at), "*", weights, collapse = "+")
  } else {
    terms <- paste0("MMULT(", read(book, step, 1L, i, j), ",", read(book, step, 2L, i, j), ")")
  }
  added <- vapply(seq_along(keys)[-(1:2)], function(k) read(book, step, k, i, j), "")
  paste(c(terms, added), collapse = "+")
}

softmax_formula <- function(book, step, i, j) {
  row <- read(book, step, 1L, i, j)
  z <- reference(book$places[[names(step$operands)[1L]]], i, j)
  # Less the largest, so that no exponential is too large.
  paste0("EXP(", z, "-MAX(", row, "))/SUMPRODUCT(EXP(", row, "-MAX(", row, ")))")
}

cell_formula <- function(book, step, i, j) {
  roles <- step$values$roles
  values <- vapply(roles, function(key) read(book, step, match(key, names(step$operands)), i, j), "")
  scalars <- vapply(names(step$values$scalars), function(name) {
    setting <- book$settings[[name]]
    scalar <- step$values$scalars[[name]]
    if (is.null(setting)) exact_text(if (length(scalar) > 1L) scalar[j] else scalar) else setting$cell
  }, "")
  fill_template(spreadsheet_template(step$values$template), c(values, scalars))
}

# R's names of functions in a template as a spreadsheet has them.
spreadsheet_template <- function(template) {
  # A sign before a power belongs to the number in a spreadsheet, so the square is bracketed.
  template <- gsub("dnorm\\((\\{[a-z]+\\})\\)", "exp(-(\\1^2)/2)/sqrt(2*PI())", template)
  for (name in c("exp", "tanh", "max", "min", "abs", "sqrt", "sign", "if")) {
    template <- gsub(paste0("\\b", name, "\\("), paste0(toupper(name), "("), template)
  }
  template <- gsub("\\blog\\(", "LN(", template)
  template <- gsub("\\bpnorm\\(", "NORMSDIST(", template)
  gsub(" ", "", template, fixed = TRUE)
}

penalty_formula <- function(book, step, i, j) {
  penalty <- step$values$penalty
  if (length(step$operands) < 3L) {
    return("")
  }
  w <- read(book, step, 3L, i, j)
  mixture <- step$values$mixture
  paste0(
    if (mixture < 1) paste0("+", exact_text(penalty * (1 - mixture)), "*", w),
    if (mixture > 0) paste0("+", exact_text(penalty * mixture), "*SIGN(", w, ")")
  )
}

clipped <- function(step, formula) {
  if (step$values$clip < 1) paste0("(", formula, ")*", exact_text(step$values$clip)) else formula
}

# The loss of the iteration's rows, from Y and output; NULL where there is no short formula. Without penalty.
loss_formula <- function(book, fields, steps) {
  y <- book$places$Y
  output <- book$places$output
  known <- !is.null(y) && !is.null(output) && is.null(book$places$case_weights) &&
    identical(dim(y$result), dim(output$result))
  if (!known) {
    return(NULL)
  }
  n <- nrow(y$result)
  cells <- n * ncol(y$result)
  area <- function(place) {
    paste0(reference(place, 1L, 1L), ":", sub(".*!", "", reference(place, n, ncol(place$result))))
  }
  Y <- area(y)
  O <- area(output)
  switch(fields$network$loss,
    sse = paste0("SUMXMY2(", Y, ",", O, ")/2"),
    mse = paste0("SUMXMY2(", Y, ",", O, ")/", cells),
    mae = paste0("SUMPRODUCT(ABS(", Y, "-", O, "))/", cells),
    binary_cross_entropy = paste0("-SUMPRODUCT(", Y, "*LN(", O, ")+(1-", Y, ")*LN(1-", O, "))/", cells),
    cross_entropy = paste0("-SUMPRODUCT(", Y, ",LN(", O, "))/", n),
    poisson = paste0("SUMPRODUCT(", O, "-", Y, "*LN(", O, "))/", cells)
  )
}
