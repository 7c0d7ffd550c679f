# The blank form of a workbook: cells to fill in, what tells whether they are right, and how many are.

# Four decimals, of large numbers four digits or so: enough for those who go on with rounded numbers.
blank_tolerance <- 1e-4

# What stands where an iteration takes over weights: what was filled in where they were computed.
filled_before <- function(place, j, n) {
  at <- cell_reference(place$sheet, place$row + seq_len(n), place$shown + j)
  paste0("IF(ISNUMBER(", at, "),", at, ",\"\")")
}

# Whether the cell (or range) `x` is near `answer`.
near_formula <- function(x, answer) paste0("ABS(", x, "-", answer, ")<=", exact_text(blank_tolerance), "*(1+ABS(", answer, "))")

# The rules that colour a cell: relative to it.
right_rule <- function(x, answer) paste0("IF(ISNUMBER(", x, "),", near_formula(x, answer), ",FALSE)")

wrong_rule <- function(x, answer) {
  paste0("IF(ISBLANK(", x, "),FALSE,IF(ISNUMBER(", x, "),NOT(", near_formula(x, answer), "),TRUE))")
}

# How many cells are right, under the title; counted for each column of cells in the first of the hidden columns.
put_score <- function(book, cells, sheet) {
  column <- book$shift + 1L
  counts <- vapply(book$filled, function(filled) {
    area <- function(column) {
      ends <- cell_reference(sheet, range(filled$rows), column)
      paste0(ends[1L], ":", sub(".*!", "", ends[2L]))
    }
    x <- area(filled$column)
    paste0("SUMPRODUCT(ISNUMBER(", x, ")*(", near_formula(x, area(filled$column + book$shift)), "))")
  }, "")
  if (length(counts) == 0L) {
    return(invisible())
  }
  put(cells, seq_along(counts), column, "formula", counts, "answer", "0")
  ends <- cell_reference(sheet, range(seq_along(counts)), column)
  all <- sum(lengths(lapply(book$filled, `[[`, "rows")))
  # Text in a cell makes the sum an error.
  score <- paste0("IFERROR(SUM(", ends[1L], ":", sub(".*!", "", ends[2L]), ")&\" of ", all, " right\",\"Only numbers, please\")")
  put(cells, 2L, 1L, "sentence", score, "score", paste("0 of", all, "right"))
  book$scores[[sheet]] <- list(cell = cell_reference(sheet, 2L, 1L), value = paste("0 of", all, "right"))
}

blank_overview <- function(book, fields, sheets) {
  cells <- new_cells()
  lines <- c(
    overview_lines(fields),
    "Fill in the framed cells, with numbers or with formulas of your own: they turn green and upright when right (to four decimals), orange and",
    "slanted when not. Blue cells are given; who changes one changes the answers with it.",
    "For the teacher: the answers are computed in hidden columns to the right of each sheet's matrices."
  )
  put(cells, 1L, 1L, "text", lines[1L], "title")
  put(cells, seq_along(lines)[-1L], 1L, "text", lines[-1L], "note")
  row <- length(lines) + 2L
  for (sheet in sheets) {
    score <- book$scores[[sheet$name]]
    put(cells, row, 1L, "text", sheet$name, "label")
    if (!is.null(score)) put(cells, row, 2L, "sentence", score$cell, "score", score$value)
    row <- row + 1L
  }
  list(name = "Overview", cells = cells_table(cells), shift = 0L)
}

# Colours the cells to be filled in, and hides the answers.
finish_blank_sheet <- function(book, sheet) {
  cells <- sheet$cells
  filled <- cells[cells$kind == "blank", ]
  right <- openxlsx::createStyle(bgFill = "#C5E8D5", fontColour = "#00513B")
  wrong <- openxlsx::createStyle(bgFill = "#FAD3BC", fontColour = "#8A2F00", textDecoration = "italic")
  for (area in filled_areas(filled)) {
    x <- paste0(column_letters(area$columns[1L]), area$rows[1L])
    answer <- paste0(column_letters(area$columns[1L] + sheet$shift), area$rows[1L])
    openxlsx::conditionalFormatting(book, sheet$name, area$columns, area$rows, rule = right_rule(x, answer), style = right)
    openxlsx::conditionalFormatting(book, sheet$name, area$columns, area$rows, rule = wrong_rule(x, answer), style = wrong)
  }
  hidden <- seq(sheet$shift + 1L, max(cells$column))
  openxlsx::setColWidths(book, sheet$name, cols = hidden, widths = 11, hidden = rep(TRUE, length(hidden)))
}

# Cells in as few rectangles as they make, each a list of `rows` and `columns`: rules take their time.
filled_areas <- function(cells) {
  runs <- unlist(lapply(unique(cells$column), function(column) {
    rows <- sort(cells$row[cells$column == column])
    lapply(split(rows, cumsum(c(1, diff(rows) != 1))), function(run) list(rows = run, columns = column))
  }), recursive = FALSE)
  rows <- vapply(runs, function(run) paste(range(run$rows), collapse = "-"), "")
  unlist(lapply(split(runs, factor(rows, unique(rows))), function(same) {
    columns <- sort(vapply(same, function(run) as.integer(run$columns), 0L))
    lapply(split(columns, cumsum(c(1, diff(columns) != 1))), function(run) list(rows = same[[1L]]$rows, columns = run))
  }), recursive = FALSE)
}
