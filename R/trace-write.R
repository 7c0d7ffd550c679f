# Writes a trace to a file: a tidy table as CSV, or a workbook that computes.

#' Write a trace to a file
#'
#' As `.csv`, the table of [as.data.frame()][as.data.frame.nn_trace], a row per cell. As `.xlsx`, a workbook with a
#' sheet per iteration, in which every matrix is computed by formulas from the ones before it: change a weight, an
#' input or the learning rate (the blue cells) and watch what follows, to the loss and through all later iterations.
#' The numbers stand beside their formulas, so that a viewer that computes nothing shows them too, and the last sheet has the forward pass and the loss
#' after the last update. Each iteration prints on a page of its own. The workbook needs the openxlsx package.
#'
#' With `blank = TRUE` it is a form for a class: all that is to be computed is left empty, and a cell that is filled in, with a number or a formula, turns
#' green or orange at once. It is right within 0.0001, of large numbers within 0.01 %. Each sheet counts what is right. The answers are computed from
#' the blue cells in columns to the right, which are hidden, not secret: unhide them, or write the same trace without `blank`, for the teacher.
#'
#' Some numbers of a workbook stay as they were recorded: which rows a mini-batch has, which units dropout drops, the
#' factor by which a gradient was clipped, and the steps of L-BFGS. Spreadsheets compute in double precision and in
#' their own order of summation, so that last digits may differ.
#'
#' A spreadsheet takes text that begins with `=`, `+`, `-` or `@` in a CSV file for a formula, whatever quotes are
#' around it. Names of rows and columns that begin so, or with a tab or a line break, get an apostrophe before them
#' (`'=A1`) in a `.csv`; numbers are written as they are. In a `.xlsx` names are text, and only the trace's own formulas are
#' computed.
#'
#' The file appears whole or not at all: when it cannot be written (a full disk, no right to write), the error says
#' why, and a file that was to be replaced is as it was.
#' @param trace A trace from [nn_trace()].
#' @param file Path of the file, ending in `.csv` or `.xlsx`.
#' @param overwrite Whether a file that exists may be replaced.
#' @param blank Whether to leave the results of a workbook to be filled in.
#' @return The path, invisibly.
#' @section Errors:
#' Errors have class `backprop_error_file` (another ending, a folder that is not there, a file that exists or cannot be
#' written), `backprop_error_package` (openxlsx is not installed) or `backprop_error_too_large` (more cells than a workbook can
#' compute).
#' @examples
#' X <- matrix(c(1,0,1,0, 1,0,1,1, 0,1,0,1), nrow = 3, byrow = TRUE)
#' trace <- nn_trace(X, c(1, 1, 0), hidden = 3, lr = 0.1, iterations = 1, seed = 1)
#' file <- tempfile(fileext = ".csv")
#' nn_write_trace(trace, file)
#' head(read.csv(file))
#' if (requireNamespace("openxlsx", quietly = TRUE)) {
#'   # For a class: the cells are to be filled in.
#'   nn_write_trace(trace, tempfile(fileext = ".xlsx"), blank = TRUE)
#' }
#' @export
nn_write_trace <- function(trace, file, overwrite = FALSE, blank = FALSE) {
  call <- quote(nn_write_trace())
  check_trace(if (missing(trace)) NULL else trace, call)
  if (missing(file) || !is_path(file)) {
    stop_argument("file", "the path of a file", if (missing(file)) NULL else file, call = call)
  }
  check_flag(overwrite, "overwrite", call = call)
  check_flag(blank, "blank", call = call)
  # Names of files may be any bytes.
  kind <- sub(".*\\.", "", basename(file), useBytes = TRUE)
  if (validUTF8(kind)) kind <- tolower(kind)
  if (!kind %in% c("csv", "xlsx")) {
    name <- basename(file)
    stop_backprop("file", "{.arg file} must end in {.val .csv} or {.val .xlsx}, not {.val {name}}.", call = call)
  }
  if (blank && kind == "csv") {
    stop_backprop("file", "A blank form is a workbook: with {.code blank = TRUE}, {.arg file} must end in {.val .xlsx}.", call = call)
  }
  if (!dir.exists(dirname(file))) {
    folder <- dirname(file)
    stop_backprop("file", "There is no folder {.path {folder}} to write to.", call = call)
  }
  if (file.exists(file) && !dir.exists(file) && !overwrite) {
    stop_backprop("file", c("{.path {file}} exists.", i = "Use {.code overwrite = TRUE} to replace it."), call = call)
  }
  write_file(file, if (kind == "csv") csv_bytes(as.data.frame(trace)) else workbook_bytes(trace, file, blank, call), call = call)
  invisible(file)
}

# A table as a CSV file has it.
csv_bytes <- function(table) {
  memory <- rawConnection(raw(), "wb")
  on.exit(close(memory))
  utils::write.csv(as_text_cells(table), memory, row.names = FALSE)
  rawConnectionValue(memory)
}

# Text that a spreadsheet would compute begins with an apostrophe: the characters are those of OWASP's page on CSV
# injection. Numbers stay numbers.
as_text_cells <- function(table) {
  texts <- vapply(table, is.character, NA)
  table[texts] <- lapply(table[texts], function(text) {
    computed <- grepl("^[=+@\t\r\n-]", text, useBytes = TRUE)
    text[computed] <- paste0("'", text[computed])
    text
  })
  table
}
