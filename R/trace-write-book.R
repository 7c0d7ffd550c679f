# The workbook's file, made of the sheets by openxlsx.

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
