# The sheets of a trace's workbook: where each matrix stands, and its numbers or formulas. No file is touched here.

# A list with one element per sheet: `name`, and `cells`, a data frame of row, column, kind ("number", "text", "formula",
# "sentence", which is a formula that gives text, or "blank"), content (as text; numbers to 17 digits), style, and
# `value`, what a formula gives: the engine's number. In a `blank` workbook the results are left to whoever fills it in, and
# computed in hidden columns beside them: `shift` is how far to the right.
trace_sheets <- function(trace, blank = FALSE) {
  fields <- unclass(trace)
  book <- new.env(parent = emptyenv())
  book$places <- list() # by key: where the matrix was last computed
  book$settings <- list() # by name: the cell of a learning rate or a hyperparameter
  book$blank <- blank
  iterations <- unique(vapply(fields$steps, function(step) step$iteration, 0L))
  sheets <- lapply(iterations, function(iteration) {
    steps <- Filter(function(step) step$iteration == iteration, fields$steps)
    title <- paste0(sheet_name(iteration), ", epoch ", steps[[1L]]$epoch)
    iteration_sheet(book, fields, steps, sheet_name(iteration), title, fields$iterations$loss[iteration])
  })
  after <- forward_after(fields)
  if (!is.null(after)) {
    title <- paste0("After the last update: the forward pass with the new weights")
    sheets <- c(sheets, list(iteration_sheet(book, fields, after$steps, after_name, title, after$loss)))
  }
  overview <- if (blank) blank_overview(book, fields, sheets) else overview_sheet(book, fields, iterations, after)
  c(list(overview), sheets)
}

new_cells <- function() {
  cells <- new.env(parent = emptyenv())
  cells$rows <- list()
  cells
}

put <- function(cells, row, column, kind, content, style = "", value = "") {
  cell <- list(row = row, column = column, kind = kind, content = content, style = style, value = value)
  cells$rows[[length(cells$rows) + 1L]] <- cell
}

cells_table <- function(cells) {
  take <- function(field) {
    unlist(lapply(cells$rows, function(part) rep_len(part[[field]], length(part$content))), use.names = FALSE)
  }
  table <- data.frame(
    row = take("row"), column = take("column"), kind = take("kind"),
    content = unlist(lapply(cells$rows, `[[`, "content"), use.names = FALSE), style = take("style"), value = take("value")
  )
  table[order(table$column, table$row), ]
}

exact_text <- function(x) formatC(x, digits = 17, format = "g", width = 1)

sheet_name <- function(iteration) paste("Iteration", iteration)

after_name <- "After"

iteration_sheet <- function(book, fields, steps, sheet, title, loss) {
  cells <- new_cells()
  groups <- lapply(step_groups(steps), function(group) steps[group])
  book$shift <- if (book$blank) widest(groups) + 2L else 0L
  book$filled <- list() # the cells that are to be filled in
  put(cells, 1L, 1L, "text", title, "title")
  row <- 3L
  settings <- if (sheet == after_name) list() else iteration_settings(fields, steps)
  for (name in names(settings)) {
    value <- settings[[name]]
    known <- book$settings[[name]]
    put(cells, row, 1L, "text", name, "label")
    if (!is.null(known) && identical(known$value, value)) {
      put(cells, row, 2L, "formula", known$cell, "value", exact_text(value))
    } else {
      put(cells, row, 2L, "number", exact_text(value), "input")
    }
    book$settings[[name]] <- list(value = value, cell = cell_reference(sheet, row, 2L))
    row <- row + 1L
  }
  loss_row <- row
  row <- row + 2L
  for (group in groups) {
    row <- write_group(book, cells, sheet, group, row)
  }
  formula <- loss_formula(book, fields, steps)
  if (!is.null(formula)) {
    put(cells, loss_row, 1L, "text", "loss", "label")
    put_result(book, cells, loss_row, 2L, formula, "loss", exact_text(loss))
    book$losses[[sheet]] <- cell_reference(sheet, loss_row, 2L + book$shift)
  }
  if (book$blank) put_score(book, cells, sheet)
  list(name = sheet, cells = cells_table(cells), shift = book$shift)
}

# Columns that the widest group of matrices takes.
widest <- function(groups) {
  max(2L, vapply(groups, function(steps) sum(vapply(steps, function(step) ncol(step$result) + 2L, 0)), 0))
}

# A column of computed cells. In a blank workbook these go into the hidden columns, and `shown` stands in their place.
put_result <- function(book, cells, rows, column, formulas, style, values, shown = NULL) {
  if (!book$blank) {
    return(put_column(cells, rows, column, "formula", formulas, style, values))
  }
  put_column(cells, rows, column + book$shift, "formula", formulas, "answer", values)
  if (is.null(shown)) {
    put_column(cells, rows, column, "blank", rep("", length(rows)), "blank")
    book$filled <- c(book$filled, list(list(rows = rows, column = column)))
  } else {
    put_column(cells, rows, column, "formula", shown, "value", "")
  }
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
    live <- note_formula(book, text)
    if (is.null(live)) put(cells, row, 1L, "text", text, "note") else put(cells, row, 1L, "sentence", live, "note", text)
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
  content <- matrix_content(book, step)
  computed <- content$kind == "formula"
  # What was given stays in sight; of what iterations before computed, whatever was filled in there.
  known <- book$places[[step$key]]
  given <- step$op == "given" && step$number == 0L
  hidden <- book$blank && computed && !given
  rows <- row + 1L + seq_len(nrow(result))
  for (j in seq_len(ncol(result))) {
    changed <- if (is.null(step$changed)) FALSE else step$changed[, j] %in% TRUE
    style <- if (computed) ifelse(changed, "changed", "value") else "input"
    if (hidden) {
      shown <- if (step$op == "given") filled_before(known, j, nrow(result))
      put_result(book, cells, rows, column + j, content$text[, j], style, exact_text(result[, j]), shown)
    } else {
      put_column(cells, rows, column + j, content$kind, content$text[, j], style, if (computed) exact_text(result[, j]) else "")
    }
  }
  book$places[[step$key]] <- list(
    sheet = sheet, row = row + 1L, column = column + if (hidden) book$shift else 0L, result = result, shown = column
  )
}

put_column <- function(cells, rows, column, kind, text, style, value = "") {
  value <- rep_len(value, length(rows))
  for (one in unique(style)) {
    at <- rep_len(style, length(rows)) == one
    put(cells, rows[at], column, kind, text[at], one, value[at])
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

# The first sheet: what this is, and the loss of each iteration and after the last.
overview_sheet <- function(book, fields, iterations, after) {
  cells <- new_cells()
  lines <- c(
    overview_lines(fields),
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
  recorded <- fields$iterations$loss[iterations]
  live <- unlist(book$losses[sheet_name(iterations)])
  if (length(live) == length(iterations)) {
    put(cells, rows, 2L, "formula", unname(live), "loss", exact_text(recorded))
  }
  put(cells, rows, 3L, "number", exact_text(recorded), "loss")
  row <- 7L + length(iterations)
  put(cells, row, 1L, "text", "after", "label")
  live <- book$losses[[after_name]]
  if (!is.null(live)) put(cells, row, 2L, "formula", live, "loss", exact_text(after$loss))
  put(cells, row, 3L, "number", exact_text(if (is.null(after)) fields$loss[["after"]] else after$loss), "loss")
  list(name = "Overview", cells = cells_table(cells), shift = 0L)
}

overview_lines <- function(fields) {
  network <- fields$network
  c(
    paste0("A ", paste(network$sizes, collapse = "-"), " network, step by step"),
    paste0(
      "Activations: ", paste(c(network$activation, network$output), collapse = ", "), "; loss: ", network$loss,
      "; optimizer: ", network$optimizer$name
    )
  )
}
