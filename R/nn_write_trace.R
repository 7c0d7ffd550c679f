# Writes a trace to a file: a tidy table as CSV, or a workbook that computes.

#' Write a trace to a file
#'
#' As `.csv`, the table of [as.data.frame()][as.data.frame.nn_trace], a row per cell. As `.xlsx`, a workbook with a
#' sheet per iteration, in which every matrix is computed by formulas from the ones before it: change a weight, an
#' input or the learning rate (the blue cells) and watch what follows, to the loss and through all later iterations.
#' The workbook needs the openxlsx package.
#'
#' Some numbers of a workbook stay as they were recorded: which rows a mini-batch has, which units dropout drops, the
#' factor by which a gradient was clipped, and the steps of L-BFGS. Spreadsheets compute in double precision and in
#' their own order of summation, so that last digits may differ.
#' @param trace A trace from [nn_trace()].
#' @param file Path of the file, ending in `.csv` or `.xlsx`.
#' @param overwrite Whether a file that exists may be replaced.
#' @return The path, invisibly.
#' @section Errors:
#' Errors have class `backprop_error_file` (another ending, a folder that is not there, a file that exists),
#' `backprop_error_package` (openxlsx is not installed) or `backprop_error_too_large` (more cells than a workbook can
#' compute).
#' @examples
#' X <- matrix(c(1,0,1,0, 1,0,1,1, 0,1,0,1), nrow = 3, byrow = TRUE)
#' trace <- nn_trace(X, c(1, 1, 0), hidden = 3, lr = 0.1, steps = 2, seed = 1)
#' file <- tempfile(fileext = ".csv")
#' nn_write_trace(trace, file)
#' head(read.csv(file))
#' if (requireNamespace("openxlsx", quietly = TRUE)) {
#'   nn_write_trace(trace, tempfile(fileext = ".xlsx"))
#' }
#' @export
nn_write_trace <- function(trace, file, overwrite = FALSE) {
  call <- quote(nn_write_trace())
  if (missing(trace) || !inherits(trace, "nn_trace")) {
    stop_argument("trace", "a trace made by `nn_trace()`", if (missing(trace)) NULL else trace, call = call)
  }
  if (missing(file) || !is.character(file) || length(file) != 1L || is.na(file)) {
    stop_argument("file", "the path of a file", if (missing(file)) NULL else file, call = call)
  }
  check_flag(overwrite, "overwrite", call = call)
  kind <- tolower(sub(".*\\.", "", basename(file)))
  if (!kind %in% c("csv", "xlsx")) {
    name <- basename(file)
    stop_backprop("file", "{.arg file} must end in {.val .csv} or {.val .xlsx}, not {.val {name}}.", call = call)
  }
  if (!dir.exists(dirname(file))) {
    folder <- dirname(file)
    stop_backprop("file", "There is no folder {.path {folder}} to write to.", call = call)
  }
  if (file.exists(file) && !overwrite) {
    stop_backprop("file", c("{.path {file}} exists.", i = "Use {.code overwrite = TRUE} to replace it."), call = call)
  }
  if (kind == "csv") {
    utils::write.csv(as.data.frame(trace), file, row.names = FALSE)
  } else {
    write_workbook(trace, file, call)
  }
  invisible(file)
}

# Beyond this a workbook takes minutes to write and to open.
largest_workbook <- 2e5

write_workbook <- function(trace, file, call) {
  if (!requireNamespace("openxlsx", quietly = TRUE)) {
    stop_backprop("package", c(
      "Writing a workbook needs the openxlsx package, which is not installed.",
      i = "Install it with {.code install.packages(\"openxlsx\")}, or write a {.val .csv}."
    ), call = call)
  }
  cells <- sum(vapply(as.list(trace), function(step) as.double(length(step$result)), 0))
  if (cells > largest_workbook) {
    shown <- format(cells, big.mark = ",", scientific = FALSE)
    most <- format(largest_workbook, big.mark = ",", scientific = FALSE)
    stop_backprop("too_large", c(
      "The trace has {shown} cells; a workbook takes at most {most}.",
      i = "Write a {.val .csv}, or trace fewer rows or steps."
    ), call = call)
  }
  book <- openxlsx::createWorkbook()
  for (sheet in trace_sheets(trace)) {
    write_sheet(book, sheet)
  }
  openxlsx::saveWorkbook(book, file, overwrite = TRUE)
}

# One sheet of trace_sheets(): a list of `name` and `cells`, each cell with its place, its kind and its content.
write_sheet <- function(book, sheet) {
  openxlsx::addWorksheet(book, sheet$name, gridLines = FALSE)
  cells <- sheet$cells
  for (kind in c("number", "text", "formula")) {
    of_kind <- cells[cells$kind == kind, ]
    for (column in unique(of_kind$column)) {
      at <- of_kind[of_kind$column == column, ]
      # Runs of rows below each other are written at once.
      for (run in split(seq_len(nrow(at)), cumsum(c(1, diff(at$row) != 1)))) {
        write_run(book, sheet$name, kind, at$content[run], column, at$row[run[1L]])
      }
    }
  }
  for (style in setdiff(unique(cells$style), "")) {
    at <- cells[cells$style == style, ]
    openxlsx::addStyle(book, sheet$name, workbook_style(style), rows = at$row, cols = at$column, stack = TRUE)
  }
  openxlsx::setColWidths(book, sheet$name, cols = seq_len(max(cells$column)), widths = 11)
  openxlsx::freezePane(book, sheet$name, firstActiveRow = 2L)
}

write_run <- function(book, sheet, kind, content, column, row) {
  if (kind == "formula") {
    openxlsx::writeFormula(book, sheet, content, startCol = column, startRow = row)
  } else {
    content <- if (kind == "number") as.numeric(content) else content
    openxlsx::writeData(book, sheet, content, startCol = column, startRow = row, colNames = FALSE)
  }
}

workbook_style <- function(style) {
  number <- "0.0000##"
  frame <- "TopBottomLeftRight"
  switch(style,
    title = openxlsx::createStyle(textDecoration = "bold", fontSize = 13),
    heading = openxlsx::createStyle(textDecoration = "bold"),
    note = openxlsx::createStyle(fontColour = "#666666", textDecoration = "italic"),
    label = openxlsx::createStyle(fontColour = "#666666", halign = "right"),
    input = openxlsx::createStyle(numFmt = "General", fgFill = "#DDEBF7", border = frame, borderColour = "#9BC2E6"),
    value = openxlsx::createStyle(numFmt = number, border = frame, borderColour = "#D9D9D9"),
    changed = openxlsx::createStyle(numFmt = number, fgFill = "#FFF2CC", border = frame, borderColour = "#D6B656"),
    loss = openxlsx::createStyle(numFmt = "0.000000##", textDecoration = "bold", fgFill = "#E2EFDA")
  )
}
