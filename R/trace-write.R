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
#' trace <- nn_trace(X, c(1, 1, 0), hidden = 3, lr = 0.1, iterations = 2, seed = 1)
#' file <- tempfile(fileext = ".csv")
#' nn_write_trace(trace, file)
#' head(read.csv(file))
#' if (requireNamespace("openxlsx", quietly = TRUE)) {
#'   nn_write_trace(trace, tempfile(fileext = ".xlsx"))
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

# Beyond this a workbook takes minutes to write and to open.
largest_workbook <- 2e5

# A workbook as its file has it.
workbook_bytes <- function(trace, file, blank, call) {
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
  for (sheet in trace_sheets(trace, blank)) {
    write_sheet(book, sheet)
    if (sheet$shift > 0L) finish_blank_sheet(book, sheet)
  }
  name_no_drawings(book)
  made <- tempfile(fileext = ".xlsx")
  before <- workbook_scratch()
  on.exit(unlink(c(made, setdiff(workbook_scratch(), before)), recursive = TRUE, expand = FALSE))
  failure <- tryCatch(
    {
      suppressWarnings(openxlsx::saveWorkbook(book, made))
      workbook_fault(made)
    },
    error = conditionMessage
  )
  if (!is.null(failure)) {
    reason <- growth_fault(made)
    reason <- paste0("In the folder for temporary files, '", tempdir(), "': ", if (is.null(reason)) failure else reason)
    stop_unwritten(file, reason, call = call)
  }
  readBin(made, "raw", file.size(made))
}

# Where openxlsx writes the parts of a workbook; it leaves them there when it fails.
workbook_scratch <- function() list.files(tempdir(), "^workbookTemp_", full.names = TRUE)

# What is wrong with a workbook's file, or NULL: openxlsx does not notice when the disk takes only some of a part.
workbook_fault <- function(file) {
  if (!file.exists(file)) {
    return("the workbook was not made")
  }
  parts <- utils::unzip(file, list = TRUE)
  read <- function(name) {
    connection <- unz(file, name, "rb")
    on.exit(close(connection))
    readBin(connection, "raw", parts$Length[parts$Name == name])
  }
  for (name in grep("\\.(xml|rels)$", parts$Name, value = TRUE)) {
    bytes <- read(name)
    first <- rawToChar(utils::head(bytes, 1000L))
    root <- regmatches(first, regexpr("(?<=<)[A-Za-z:]+", first, perl = TRUE, useBytes = TRUE))
    last <- rawToChar(utils::tail(bytes, 100L))
    whole <- length(root) == 1L && grepl(paste0("</", root, ">\\s*$"), last, useBytes = TRUE) ||
      grepl("^(<\\?[^>]*>)?\\s*<[^>]*/>\\s*$", first, useBytes = TRUE)
    if (!whole) {
      return(paste0("the workbook's part '", name, "' was cut"))
    }
  }
  index <- rawToChar(read("xl/_rels/workbook.xml.rels"))
  targets <- regmatches(index, gregexpr("(?<=Target=\")[^\"]+", index, perl = TRUE))[[1L]]
  missing <- setdiff(basename(targets), basename(parts$Name))
  if (length(missing) > 0L) paste0("the workbook's part '", missing[1L], "' is missing")
}

# One sheet of trace_sheets(): a list of `name` and `cells`, each cell with its place, its kind and its content.
write_sheet <- function(book, sheet) {
  openxlsx::addWorksheet(book, sheet$name, gridLines = FALSE)
  cells <- sheet$cells
  for (kind in c("number", "text", "formula", "sentence")) {
    of_kind <- cells[cells$kind == kind, ]
    for (column in unique(of_kind$column)) {
      at <- of_kind[of_kind$column == column, ]
      # Runs of rows below each other are written at once.
      for (run in split(seq_len(nrow(at)), cumsum(c(1, diff(at$row) != 1)))) {
        write_run(book, sheet$name, kind, at$content[run], column, at$row[run[1L]])
      }
    }
  }
  keep_values(book, sheet)
  for (style in setdiff(unique(cells$style), "")) {
    at <- cells[cells$style == style, ]
    openxlsx::addStyle(book, sheet$name, workbook_style(style), rows = at$row, cols = at$column, stack = TRUE)
  }
  openxlsx::setColWidths(book, sheet$name, cols = seq_len(max(cells$column)), widths = 11)
  openxlsx::freezePane(book, sheet$name, firstActiveRow = 2L)
  lay_out_page(book, sheet)
}

write_run <- function(book, sheet, kind, content, column, row) {
  if (kind %in% c("formula", "sentence")) {
    openxlsx::writeFormula(book, sheet, content, startCol = column, startRow = row)
  } else {
    content <- if (kind == "number") as.numeric(content) else content
    openxlsx::writeData(book, sheet, content, startCol = column, startRow = row, colNames = FALSE)
  }
}

# Beside each formula what it gives, for whoever reads the file without computing: openxlsx writes formulas only, but has a place for it. Type 0 is
# a number, 3 text.
keep_values <- function(book, sheet) {
  data <- book$worksheets[[match(sheet$name, names(book))]]$sheet_data
  cells <- sheet$cells[sheet$cells$kind %in% c("formula", "sentence"), ]
  at <- match(paste(cells$row, cells$column), paste(data$rows, data$cols))
  data$v[at] <- as_xml_text(cells$value)
  data$t[at] <- ifelse(cells$kind == "sentence" | !nzchar(cells$value), 3L, 0L)
}

# openxlsx names drawings for each sheet and writes them only where there are some: readers that look for what is named would refuse the file.
name_no_drawings <- function(book) {
  book$worksheets_rels <- lapply(book$worksheets_rels, function(parts) parts[!grepl("drawings/", parts, fixed = TRUE)])
  book$Content_Types <- book$Content_Types[!grepl("/drawings/", book$Content_Types, fixed = TRUE)]
}

as_xml_text <- function(text) gsub(">", "&gt;", gsub("<", "&lt;", gsub("&", "&amp;", text, fixed = TRUE), fixed = TRUE), fixed = TRUE)

# An iteration on a page of its own, in the direction that leaves it larger; as wide as the page and on several pages where it would become too
# small to read. Sizes in points, of a row 15 and of a column 62, on A4.
lay_out_page <- function(book, sheet) {
  shown <- sheet$cells[sheet$shift == 0L | sheet$cells$column <= sheet$shift, ]
  size <- c(62 * max(shown$column), 15 * max(shown$row))
  paper <- c(495, 735)
  scale <- c(portrait = min(paper / size), landscape = min(rev(paper) / size))
  best <- names(which.max(scale))
  openxlsx::pageSetup(
    book, sheet$name, orientation = best, fitToWidth = TRUE, fitToHeight = scale[[best]] >= 0.4, paperSize = 9, printTitleRows = 1
  )
  openxlsx::setHeaderFooter(book, sheet$name, footer = c("&A", "", "page &P of &N"))
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
    blank = openxlsx::createStyle(numFmt = number, border = frame, borderColour = "#7F7F7F", borderStyle = "medium"),
    answer = openxlsx::createStyle(numFmt = number, fontColour = "#666666"),
    score = openxlsx::createStyle(textDecoration = "bold"),
    changed = openxlsx::createStyle(numFmt = number, fgFill = "#FFF2CC", border = frame, borderColour = "#D6B656"),
    loss = openxlsx::createStyle(numFmt = "0.000000##", textDecoration = "bold", fgFill = "#E2EFDA")
  )
}
