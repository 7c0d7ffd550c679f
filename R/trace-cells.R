# Cells: which cells make a cell, the sum behind it with numbers, and its check by finite differences.

# Places read for cell [i, j] of a step's result: for each operand a matrix of rows and columns.
trace_reads <- function(step, i, j) {
  Map(function(operand, reads) {
    rows <- read_places(reads[1L], i, j, nrow(operand))
    columns <- read_places(reads[2L], i, j, ncol(operand))
    as.matrix(expand.grid(row = rows, column = columns))
  }, step$operands, step$reads[names(step$operands)])
}

read_places <- function(which, i, j, all) {
  switch(which, i = as.integer(i), j = as.integer(j), one = 1L, all = seq_len(all))
}

# The numbers of one operand that a cell reads, in order.
operand_numbers <- function(step, name, i, j) {
  operand <- step$operands[[name]]
  reads <- step$reads[[name]]
  as.vector(operand[read_places(reads[1L], i, j, nrow(operand)), read_places(reads[2L], i, j, ncol(operand))])
}

# The sum behind cell [i, j], such as "1 * 0.42 + 0 * 0.1 + 1 * 0.6 + 0 * 0.92 + 0.46 = 1.48".
# Sums of more than `terms` terms are cut in the middle.
trace_numbers <- function(step, i = 1L, j = 1L, digits = 4, terms = 12L) {
  read <- function(k) operand_numbers(step, names(step$operands)[k], i, j)
  show <- function(x) format_numbers(x, digits)
  sum_of <- function(a, b) cut_sum(length(a), terms, function(at) paste(show(a[at]), "*", show(b[at])))
  sum_one <- function(a) cut_sum(length(a), terms, function(at) show(a[at]))
  values <- step$values
  clipped <- if (!is.null(values$clip) && values$clip < 1) paste(" *", show(values$clip))
  text <- switch(step$op,
    weighted_sum = {
      # The bias, and an offset where there is one.
      added <- vapply(seq_along(step$operands)[-(1:2)], function(k) show(read(k)), "")
      paste(c(sum_of(read(1L), read(2L)), added), collapse = " + ")
    },
    back = sum_of(read(1L), read(2L)),
    descend_weights = paste0(show(read(1L)), " + ", show(values$lr), " * (", sum_of(read(2L), read(3L)), ")"),
    descend_biases = paste0(show(read(1L)), " + ", show(values$lr), " * (", sum_one(read(2L)), ")"),
    gradient_weights = paste0("-(", sum_of(read(1L), read(2L)), ")", penalty_text(step, read, show)),
    gradient_biases = paste0("-(", sum_one(read(1L)), ")"),
    softmax = softmax_text(read(1L), j, show, terms),
    cell = cell_text(step, i, j, show),
    NULL
  )
  if (!is.null(clipped)) {
    text <- paste0("(", text, ")", clipped)
  }
  paste0(if (!is.null(text)) paste0(drop_brackets(text), " = "), show_result(step$result[i, j], digits))
}

# Brackets that nothing needs: at the beginning, and twice around one number.
drop_brackets <- function(text) {
  text <- gsub("\\(\\((-[0-9.e+-]+)\\)\\)", "(\\1)", text)
  sub("^\\((-[0-9.e+-]+)\\)(?!\\^)", "\\1", text, perl = TRUE)
}

# Negative numbers stand in brackets, so that they can follow a sign or carry a power.
format_numbers <- function(x, digits) {
  text <- vapply(x, function(number) format(signif(number, digits), digits = digits), "")
  ifelse(is.finite(x) & x < 0, paste0("(", text, ")"), text)
}

show_result <- function(x, digits) format(signif(x, digits), digits = digits)

# The sum of `n` terms, of which `term_at` writes those it is asked for: of a long sum the ends only.
cut_sum <- function(n, terms, term_at) {
  if (n <= terms) {
    return(paste(term_at(seq_len(n)), collapse = " + "))
  }
  ends <- terms %/% 2L
  left <- n - 2L * ends
  paste(c(term_at(seq_len(ends)), paste0("... (", left, " more)"), term_at(seq.int(n - ends + 1L, n))), collapse = " + ")
}

penalty_text <- function(step, read, show) {
  penalty <- step$values$penalty
  if (length(step$operands) < 3L) {
    return(NULL)
  }
  w <- read(3L)
  mixture <- step$values$mixture
  paste0(
    if (mixture < 1) paste(" +", show(penalty * (1 - mixture)), "*", show(w)),
    if (mixture > 0) paste0(" + ", show(penalty * mixture), " * sign(", show(w), ")")
  )
}

softmax_text <- function(z, j, show, terms) {
  paste0("exp(", show(z[j]), ") / (", cut_sum(length(z), terms, function(at) paste0("exp(", show(z[at]), ")")), ")")
}

# NULL where an activation's formula is not known.
cell_text <- function(step, i, j, show) {
  template <- step$values$template
  if (is.null(template)) {
    return(NULL)
  }
  fill_template(template, vapply(cell_values(step, i, j), show, ""))
}

# The numbers for the placeholders of a template: operands at the cell, and scalars (one per column where there are
# several).
cell_values <- function(step, i, j) {
  roles <- step$values$roles
  numbers <- lapply(roles, function(key) operand_numbers(step, key, i, j))
  scalars <- lapply(step$values$scalars, function(scalar) if (length(scalar) > 1L) scalar[j] else scalar)
  c(numbers, scalars)
}
