# The sheets of a trace's workbook: where each matrix stands, and its numbers or formulas. No file is touched here.

# A list with one element per sheet: `name`, and `cells`, a data frame of row, column, kind ("number", "text" or
# "formula"), content (as text; numbers to 17 digits) and style.
trace_sheets <- function(trace) {
  fields <- unclass(trace)
  book <- new.env(parent = emptyenv())
  book$places <- list() # by key: where the matrix was last written
  book$settings <- list() # by name: the cell of a learning rate or a hyperparameter
  iterations <- unique(vapply(fields$steps, function(step) step$iteration, 0L))
  sheets <- lapply(iterations, function(iteration) {
    steps <- Filter(function(step) step$iteration == iteration, fields$steps)
    iteration_sheet(book, fields, steps, iteration)
  })
  c(list(overview_sheet(book, fields, iterations)), sheets)
}

new_cells <- function() {
  cells <- new.env(parent = emptyenv())
  cells$rows <- list()
  cells
}

put <- function(cells, row, column, kind, content, style = "") {
  cell <- list(row = row, column = column, kind = kind, content = content, style = style)
  cells$rows[[length(cells$rows) + 1L]] <- cell
}

cells_table <- function(cells) {
  take <- function(field) {
    unlist(lapply(cells$rows, function(part) rep_len(part[[field]], length(part$content))), use.names = FALSE)
  }
  table <- data.frame(
    row = take("row"), column = take("column"), kind = take("kind"),
    content = unlist(lapply(cells$rows, `[[`, "content"), use.names = FALSE), style = take("style")
  )
  table[order(table$column, table$row), ]
}

exact_text <- function(x) formatC(x, digits = 17, format = "g", width = 1)

sheet_name <- function(iteration) paste("Iteration", iteration)

iteration_sheet <- function(book, fields, steps, iteration) {
  cells <- new_cells()
  sheet <- sheet_name(iteration)
  put(cells, 1L, 1L, "text", paste0(sheet, ", epoch ", steps[[1L]]$epoch), "title")
  row <- 3L
  for (name in names(iteration_settings(fields, steps))) {
    value <- iteration_settings(fields, steps)[[name]]
    known <- book$settings[[name]]
    put(cells, row, 1L, "text", name, "label")
    if (!is.null(known) && identical(known$value, value)) {
      put(cells, row, 2L, "formula", known$cell, "value")
    } else {
      put(cells, row, 2L, "number", exact_text(value), "input")
    }
    book$settings[[name]] <- list(value = value, cell = cell_reference(sheet, row, 2L))
    row <- row + 1L
  }
  loss_row <- row
  row <- row + 2L
  for (group in step_groups(steps)) {
    row <- write_group(book, cells, sheet, steps[group], row)
  }
  loss <- loss_formula(book, fields, steps)
  if (!is.null(loss)) {
    put(cells, loss_row, 1L, "text", "loss", "label")
    put(cells, loss_row, 2L, "formula", loss, "loss")
    book$losses[[as.character(iteration)]] <- cell_reference(sheet, loss_row, 2L)
  }
  list(name = sheet, cells = cells_table(cells))
}

# The learning rate of the iteration, and the hyperparameters that formulas use.
iteration_settings <- function(fields, steps) {
  iteration <- steps[[1L]]$iteration
  used <- unlist(lapply(steps, function(step) names(step$values$scalars)))
  hyperparameters <- hyperparameters_of(fields$network$optimizer)
  c(list(lr = fields$iterations$lr[iteration]), hyperparameters[intersect(names(hyperparameters), used)])
}

# Matrices of one of the article's steps beside each other; gives the next free row.
write_group <- function(book, cells, sheet, steps, row) {
  title <- paste0("Step ", steps[[1L]]$number, ", ", steps[[1L]]$phase, ": ", group_title(steps))
  put(cells, row, 1L, "text", title, "heading")
  texts <- unlist(lapply(steps, function(step) c(if (step$op != "given") step$formula, step$note)))
  for (text in unique(texts)) {
    row <- row + 1L
    put(cells, row, 1L, "text", text, "note")
  }
  row <- row + 1L
  column <- 1L
  for (step in steps) {
    write_matrix(book, cells, sheet, step, row, column)
    column <- column + ncol(step$result) + 2L
  }
  row + max(vapply(steps, function(step) nrow(step$result), 0L)) + 3L
}

# The key in the corner, names of rows and columns, and the cells.
write_matrix <- function(book, cells, sheet, step, row, column) {
  result <- step$result
  put(cells, row, column, "text", step$key, "heading")
  put(cells, row + 1L, column + seq_len(ncol(result)), "text", colnames(result), "label")
  put(cells, row + 1L + seq_len(nrow(result)), column, "text", rownames(result), "label")
  place <- list(sheet = sheet, row = row + 1L, column = column, result = result)
  content <- matrix_content(book, step)
  for (j in seq_len(ncol(result))) {
    changed <- if (is.null(step$changed)) FALSE else step$changed[, j] %in% TRUE
    style <- if (content$kind == "number") "input" else ifelse(changed, "changed", "value")
    put_column(cells, place$row + seq_len(nrow(result)), column + j, content$kind, content$text[, j], style)
  }
  book$places[[step$key]] <- place
}

put_column <- function(cells, rows, column, kind, text, style) {
  for (one in unique(style)) {
    at <- rep_len(style, length(rows)) == one
    put(cells, rows[at], column, kind, text[at], one)
  }
}

# A cell of a matrix that was written, as a formula names it.
cell_reference <- function(sheet, row, column) {
  paste0("'", sheet, "'!$", column_letters(column), "$", row)
}

column_letters <- function(column) {
  letters <- character(length(column))
  while (any(column > 0)) {
    rest <- (column - 1) %% 26
    letters <- ifelse(column > 0, paste0(LETTERS[rest + 1], letters), letters)
    column <- (column - 1 - rest) / 26
  }
  letters
}

# The first sheet: what this is, and the loss of each iteration.
overview_sheet <- function(book, fields, iterations) {
  cells <- new_cells()
  network <- fields$network
  lines <- c(
    paste0("A ", paste(network$sizes, collapse = "-"), " network, step by step"),
    paste0(
      "Activations: ", paste(c(network$activation, network$output), collapse = ", "), "; loss: ", network$loss,
      "; optimizer: ", network$optimizer$name
    ),
    paste(
      "Blue cells are inputs: change a weight, a value of X or Y, or the learning rate,",
      "and everything after it is computed anew."
    ),
    "Yellow cells are those that an update changed."
  )
  put(cells, 1L, 1L, "text", lines[1L], "title")
  put(cells, 2:4, 1L, "text", lines[-1L], "note")
  put(cells, 6L, 1:3, "text", c("iteration", "loss", "as recorded"), "heading")
  rows <- 6L + seq_along(iterations)
  put(cells, rows, 1L, "number", exact_text(iterations), "")
  live <- unlist(book$losses[as.character(iterations)])
  if (length(live) == length(iterations)) {
    put(cells, rows, 2L, "formula", unname(live), "loss")
  }
  put(cells, rows, 3L, "number", exact_text(fields$iterations$loss[iterations]), "loss")
  list(name = "Overview", cells = cells_table(cells))
}
