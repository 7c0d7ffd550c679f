# CRAN wants all tests in a minute.
skip_on_cran()

# Traces in files: the table, and workbooks whose formulas give the recorded numbers.

test_that("the table can be read back", {
  trace <- article_trace(iterations = 2)
  file <- withr::local_tempfile(fileext = ".csv")
  expect_identical(nn_write_trace(trace, file), file)
  read <- utils::read.csv(file, colClasses = c(row_name = "character"))
  expect_equal(read, as.data.frame(trace), tolerance = 1e-12)
})

test_that("a workbook's formulas give the recorded numbers, whatever the network", {
  data <- smooth_data(n = 6)
  for (activation in names(activations)) {
    expect_workbook_computes(nn_trace(data$X, data$Y, hidden = c(2, 2), activation = activation, seed = 1))
  }
  for (optimizer in setdiff(names(optimizers), "lbfgs")) {
    expect_workbook_computes(nn_trace(data$X, data$Y, hidden = 2, optimizer = optimizer, batch_size = 6, seed = 1, iterations = 3))
  }
  expect_workbook_computes(nn_trace(Species ~ ., data = iris, hidden = 2, optimizer = "sgd", batch_size = 5, seed = 1, iterations = 2))
  for (loss in c("sse", "mse", "mae", "huber")) {
    for (output in losses[[loss]]$outputs) {
      expect_workbook_computes(nn_trace(data$X, abs(data$Y), hidden = 2, loss = loss, output = output, seed = 1))
    }
  }
  expect_workbook_computes(nn_trace(article_X, article_Y, hidden = 2, loss = "binary_cross_entropy", seed = 1))
  expect_workbook_computes(nn_trace(article_X, c(3, 0, 1), hidden = 2, loss = "poisson", seed = 1))
  expect_workbook_computes(nn_trace(matrix(1:60 / 60, 4), 1:4, hidden = 2, seed = 1))
  expect_workbook_computes(trace_with(list(penalty = 0.1, mixture = 0.3, clip_norm = 0.01), data$X, data$Y, hidden = 3, seed = 1))
  expect_workbook_computes(trace_with(list(dropout = 0.5), data$X, data$Y, hidden = 4, activation = "tanh", seed = 1))
})

test_that("changing a weight of a workbook changes all that follows, as training from that weight does", {
  trace <- article_trace(iterations = 3)
  changed <- article_printed_start()
  changed$weights[[1]][2, 3] <- -0.5
  wanted <- nn_trace(article_X, article_Y, lr = 0.1, start = changed, iterations = 3)
  sheets <- trace_sheets(trace)
  first <- sheets[[2]]$cells
  # The blue cell of wh[2, 3] holds 0.68.
  at <- which(first$kind == "number" & first$content == exact_text(0.68))
  expect_length(at, 1)
  sheets[[2]]$cells$content[at] <- "-0.5"
  cells <- new_spreadsheet(sheets)
  losses <- vapply(7:9, function(row) cell_value(cells, paste0("Overview!B", row)), 0)
  expect_equal(losses, wanted$iterations$loss, tolerance = 1e-12)
})

test_that("the file of a workbook holds these formulas", {
  skip_if_not_installed("openxlsx")
  trace <- article_trace(iterations = 2)
  file <- withr::local_tempfile(fileext = ".xlsx")
  nn_write_trace(trace, file)
  expect_identical(openxlsx::getSheetNames(file), c("Overview", "Iteration 1", "Iteration 2", "After"))
  book <- openxlsx::loadWorkbook(file)
  written <- book$worksheets[[2]]$sheet_data
  formulas <- gsub("</?f>", "", written$f[!is.na(written$f)])
  cells <- trace_sheets(trace)[[2]]$cells
  formulas <- gsub("&quot;", "\"", gsub("&amp;", "&", gsub("&apos;", "'", formulas, fixed = TRUE), fixed = TRUE), fixed = TRUE)
  expect_setequal(formulas, cells$content[cells$kind %in% c("formula", "sentence")])
  inputs <- openxlsx::read.xlsx(file, "Iteration 1", colNames = FALSE, rows = 9:11, cols = 2:5)
  expect_equal(unname(as.matrix(inputs)), article_X)
})

test_that("formulas have their numbers beside them, the engine's to the last bit", {
  skip_if_not_installed("openxlsx")
  trace <- article_trace(iterations = 2)
  file <- withr::local_tempfile(fileext = ".xlsx")
  nn_write_trace(trace, file)
  read <- openxlsx::read.xlsx(file, "Iteration 2", colNames = FALSE, skipEmptyRows = FALSE, skipEmptyCols = FALSE)
  cells <- trace_sheets(trace)[[3]]$cells
  for (key in c("hiddenlayer_activations", "d_hiddenlayer")) {
    at <- cells[cells$content == key & cells$style == "heading", ]
    # Leading empty rows are skipped by the reader: the title stands in row 1.
    shown <- as.matrix(read[at$row + 1 + 1:3, at$column + 1:3])
    expect_identical(as.numeric(shown), as.vector(trace[[key, 2]]$result))
  }
  shown <- openxlsx::read.xlsx(file, "Overview", colNames = FALSE, rows = 7:9, cols = 2:3)
  # Numbers in 15 digits, as openxlsx writes those that are no formulas.
  expect_equal(as.numeric(shown[[1]]), as.numeric(shown[[2]]), tolerance = 1e-14)
})

test_that("a workbook opens in openpyxl, with a number or a text in every cell that has a formula", {
  skip_if_not_installed("openxlsx")
  python <- Sys.getenv("BACKPROP_OPENPYXL", Sys.which("python3"))
  has_it <- nzchar(python) && suppressWarnings(system2(python, c("-c", shQuote("import openpyxl")), stdout = FALSE, stderr = FALSE)) == 0
  skip_if_not(has_it, "python3 with openpyxl")
  file <- withr::local_tempfile(fileext = ".xlsx")
  script <- withr::local_tempfile(fileext = ".py", lines = c(
    "import openpyxl, sys",
    "formulas = openpyxl.load_workbook(sys.argv[1])",
    "values = openpyxl.load_workbook(sys.argv[1], data_only=True)",
    "cells = [(values[s.title][c.coordinate].value, c.value) for s in formulas for r in s.iter_rows() for c in r]",
    "print(sum(str(f).startswith('=') for v, f in cells), sum(str(f).startswith('=') and v is None for v, f in cells))"
  ))
  for (blank in c(FALSE, TRUE)) {
    nn_write_trace(article_trace(), file, overwrite = TRUE, blank = blank)
    counted <- as.numeric(strsplit(system2(python, c(script, file), stdout = TRUE), " ")[[1]])
    expect_gt(counted[1], 60)
    # In a blank form what takes over a cell that is not filled in shows nothing: the 19 weights and biases of a 4-3-1 network.
    expect_identical(counted[2], if (blank) 19 else 0)
  }
})

test_that("the last sheet has the loss after the last update, where it is one of all rows", {
  trace <- article_trace(iterations = 2)
  sheets <- trace_sheets(trace)
  expect_identical(sheets[[4]]$name, "After")
  cells <- expect_workbook_computes(trace)
  expect_equal(cell_value(cells, "Overview!B9"), trace$loss[["after"]], tolerance = 1e-12)
  expect_equal(cell_value(cells, "Overview!C9"), trace$loss[["after"]], tolerance = 1e-12)
  batch <- nn_trace(article_X, article_Y, hidden = 2, optimizer = "sgd", batch_size = 1, seed = 1, iterations = 2)
  sheets <- trace_sheets(batch)
  expect_identical(vapply(sheets, `[[`, "", "name"), c("Overview", "Iteration 1", "Iteration 2"))
  overview <- sheets[[1]]$cells
  expect_equal(as.numeric(overview$content[overview$row == 9 & overview$column == 3]), batch$loss[["after"]], tolerance = 1e-15)
  expect_null(forward_after(unclass(nn_trace(article_X, article_Y, hidden = 2, case_weights = 1:3, seed = 1))))
})

test_that("the notes of the learning rate read its cell, and factors of layers count", {
  sheets <- trace_sheets(article_trace())
  notes <- sheets[[2]]$cells[sheets[[2]]$cells$kind == "sentence", ]
  expect_identical(unique(notes$content), "\"lr = \"&'Iteration 1'!$B$3")
  expect_identical(unique(notes$value), "lr = 0.1")
  expect_gt(nrow(notes), 1)
  data <- smooth_data(n = 4)
  expect_workbook_computes(nn_trace(data$X, data$Y, hidden = nn_layers(layer_dense(2, lr_factor = 3)), lr = 0.1, seed = 1))
})

test_that("each iteration prints on one page, and too long ones as wide as the page", {
  skip_if_not_installed("openxlsx")
  page_of <- function(trace, sheet) {
    file <- withr::local_tempfile(fileext = ".xlsx")
    nn_write_trace(trace, file)
    part <- utils::unzip(file, paste0("xl/worksheets/sheet", sheet, ".xml"), exdir = withr::local_tempdir())
    text <- readChar(part, file.size(part), useBytes = TRUE)
    regmatches(text, regexpr("fitToWidth=\"[0-9]\" fitToHeight=\"[0-9]\"", text))
  }
  expect_identical(page_of(article_trace(), 2), "fitToWidth=\"1\" fitToHeight=\"1\"")
  expect_identical(page_of(nn_trace(matrix(1:300 / 300, 100), rep(0:1, 50), hidden = 2, seed = 1), 2), "fitToWidth=\"1\" fitToHeight=\"0\"")
})

test_that("a blank workbook leaves the results out, knows them beside, and counts none as right", {
  trace <- article_trace(iterations = 2)
  whole <- trace_sheets(trace)
  blank <- trace_sheets(trace, blank = TRUE)
  cells <- new_spreadsheet(blank)
  for (k in 2:4) {
    open <- blank[[k]]$cells[blank[[k]]$cells$kind == "blank", ]
    solved <- whole[[k]]$cells
    at <- match(paste(open$row, open$column), paste(solved$row, solved$column))
    # What is left out is what the whole workbook computes; the answer stands `shift` to the right.
    expect_true(all(solved$kind[at] == "formula"))
    answers <- vapply(seq_along(at), function(i) {
      cell_value(cells, paste0(blank[[k]]$name, "!", column_letters(open$column[i] + blank[[k]]$shift), open$row[i]))
    }, 0)
    expect_equal(answers, as.numeric(solved$value[at]), tolerance = 1e-12)
    # Nothing in sight gives an answer away: given numbers, and what takes over what was filled in.
    seen <- blank[[k]]$cells[blank[[k]]$cells$column <= blank[[k]]$shift, ]
    expect_true(all(seen$value[seen$kind == "formula" & !grepl("^IF", seen$content)] %in% exact_text(c(0.1, article_X, article_Y))))
  }
  # 9 + 9 + 3 + 3 forward, 3 + 3 + 9 + 3 + 9 + 9 backward, 19 new weights and biases, and the loss.
  expect_identical(sum(blank[[2]]$cells$kind == "blank"), 80L)
  score <- blank[[2]]$cells[blank[[2]]$cells$style == "score", ]
  expect_identical(score$value, "0 of 80 right")
  expect_match(score$content, "^IFERROR\\(SUM\\(")
})

test_that("the form's rules take numbers near the answer, and neither text nor nothing", {
  skip_if_not_installed("openxlsx")
  judge <- function(rule, x, answer) {
    eval(str2lang(rule), list(
      B2 = x, D2 = answer, ISNUMBER = is.numeric, ISBLANK = is.null, ABS = abs, NOT = `!`,
      IF = function(test, yes, no) if (test) yes else no
    ))
  }
  right <- right_rule("B2", "D2")
  wrong <- wrong_rule("B2", "D2")
  expect_true(judge(right, 0.81731, 0.8173))
  expect_false(judge(right, 0.8175, 0.8173))
  expect_true(judge(wrong, 0.8175, 0.8173))
  expect_true(judge(right, 1234.56, 1234.6))
  expect_true(judge(wrong, "0.8173", 0.8173))
  expect_false(judge(wrong, NULL, 0.8173))
  expect_error(nn_write_trace(article_trace(), tempfile(fileext = ".csv"), blank = TRUE), "must end in", class = "backprop_error_file")
  expect_error(nn_write_trace(article_trace(), tempfile(fileext = ".xlsx"), blank = 2), class = "backprop_error_argument")
})

# A trace whose names a spreadsheet would compute.
trace_of_formulas <- function() {
  X <- article_X
  colnames(X) <- c("=1+1", "+b", "@SUM(1)", "\tc")
  rownames(X) <- c("-1", "2", "=HYPERLINK(\"x\",\"y\")")
  nn_trace(X, matrix(c(1, 1, 0), dimnames = list(NULL, "-y")), hidden = 2, seed = 1)
}

test_that("no text of a table begins as a formula does, and numbers stay numbers", {
  trace <- trace_of_formulas()
  file <- withr::local_tempfile(fileext = ".csv")
  nn_write_trace(trace, file)
  read <- utils::read.csv(file, colClasses = c(row_name = "character"))
  table <- as.data.frame(trace)
  expect_identical(read$value < 0, table$value < 0)
  expect_true(any(table$value < 0))
  for (name in c("row_name", "column_name")) {
    computed <- grepl("^[-=+@\t\r]", table[[name]])
    expect_true(any(computed))
    expect_identical(read[[name]] == table[[name]], !computed)
    expect_identical(read[[name]][computed], paste0("'", table[[name]][computed]))
  }
  table <- data.frame(text = c("=a", "+a", "-a", "@a", "\ta", "\ra", "\na", "a=", "'=a", " a", "", NA), number = -1)
  expect_identical(
    rawToChar(csv_bytes(table)),
    paste0(
      "\"text\",\"number\"\n",
      paste0(c("\"'=a\"", "\"'+a\"", "\"'-a\"", "\"'@a\"", "\"'\ta\"", "\"'\ra\"", "\"'\na\"", "\"a=\"", "\"'=a\"", "\" a\"", "\"\"", "NA"), ",-1\n", collapse = "")
    )
  )
})

test_that("the names of a workbook are text, whatever they begin with", {
  skip_if_not_installed("openxlsx")
  trace <- trace_of_formulas()
  file <- withr::local_tempfile(fileext = ".xlsx")
  nn_write_trace(trace, file)
  sheet <- openxlsx::loadWorkbook(file)$worksheets[[2L]]$sheet_data
  cells <- trace_sheets(trace)[[2L]]$cells
  expect_identical(sum(!is.na(sheet$f)), sum(cells$kind %in% c("formula", "sentence")))
  expect_false(any(grepl("1+1", sheet$f, fixed = TRUE)))
  read <- openxlsx::read.xlsx(file, "Iteration 1", colNames = FALSE, skipEmptyRows = FALSE, skipEmptyCols = FALSE)
  expect_true(all(c("=1+1", "+b", "@SUM(1)", "-1", "-y") %in% unlist(read)))
})

test_that("on a full disk a file that was to be replaced is as it was", {
  folder <- local_disk("256k")
  trace <- article_trace(iterations = 2)
  endings <- c(".csv", if (requireNamespace("openxlsx", quietly = TRUE)) ".xlsx")
  for (ending in endings) {
    path <- file.path(folder, paste0("old", ending))
    nn_write_trace(trace, path)
    whole <- file.size(path)
    for (free in c(0, 4096, whole %/% 4096 * 4096)) {
      fill_disk(folder, free)
      expect_refused(nn_write_trace(trace, path, overwrite = TRUE), path, "No space left on device")
      fresh <- file.path(folder, paste0("new", ending))
      expect_refused(nn_write_trace(trace, fresh), fresh, "No space left on device")
    }
    unlink(file.path(folder, "filler"))
  }
})

test_that("a file that cannot be is refused, as a table and as a workbook", {
  skip_on_os("windows")
  trace <- article_trace()
  withr::local_dir(withr::local_tempdir())
  for (ending in c("csv", if (requireNamespace("openxlsx", quietly = TRUE)) "xlsx")) {
    path <- paste0("folder.", ending)
    dir.create(path)
    for (overwrite in c(FALSE, TRUE)) {
      expect_error(nn_write_trace(trace, path, overwrite), "It is a folder", class = "backprop_error_file")
    }
  }
})

test_that("a workbook with a part that was cut or lost is no workbook", {
  skip_if_not_installed("openxlsx")
  skip_if_not(nzchar(Sys.which("zip")), "zip is not installed")
  folder <- withr::local_tempdir()
  whole <- file.path(folder, "whole.xlsx")
  nn_write_trace(article_trace(), whole)
  expect_null(workbook_fault(whole))
  fault_after <- function(harm) {
    withr::local_dir(withr::local_tempdir())
    utils::unzip(whole)
    harm()
    broken <- file.path(folder, "broken.xlsx")
    unlink(broken)
    utils::zip(broken, list.files(all.files = TRUE, no.. = TRUE), flags = "-r9Xq")
    workbook_fault(broken)
  }
  cut <- function(part, by) function() writeBin(utils::head(file_bytes(part), -by), part)
  expect_null(fault_after(function() NULL))
  expect_identical(fault_after(cut("xl/worksheets/sheet2.xml", 1)), "the workbook's part 'xl/worksheets/sheet2.xml' was cut")
  expect_identical(fault_after(cut("xl/sharedStrings.xml", 500)), "the workbook's part 'xl/sharedStrings.xml' was cut")
  expect_identical(fault_after(function() unlink("xl/styles.xml")), "the workbook's part 'styles.xml' is missing")
  expect_identical(workbook_fault(file.path(folder, "none.xlsx")), "the workbook was not made")
  writeBin(utils::head(file_bytes(whole), -10), file.path(folder, "cut.xlsx"))
  expect_error(workbook_fault(file.path(folder, "cut.xlsx")))
})

test_that("files that cannot be written are refused with a reason", {
  trace <- article_trace()
  folder <- withr::local_tempdir()
  withr::local_dir(folder)
  nn_write_trace(trace, "steps.csv")
  expect_snapshot(error = TRUE, {
    nn_write_trace(trace, "steps.csv")
    nn_write_trace(trace, "steps.txt")
    nn_write_trace(trace, "nowhere/steps.csv")
    nn_write_trace(1, "steps.csv")
    nn_write_trace(trace, 1)
  })
  expect_no_error(nn_write_trace(trace, "steps.csv", overwrite = TRUE))
  big <- nn_trace(matrix(0.5, 2000, 50), rep(0:1, 1000), hidden = 20, seed = 1)
  skip_if_not_installed("openxlsx")
  expect_error(nn_write_trace(big, "big.xlsx"), "takes at most 200,000", class = "backprop_error_too_large")
})

test_that("the rules of a form cover each cell to be filled in once", {
  skip_if_not_installed("openxlsx")
  for (trace in list(article_trace(), nn_trace(article_X, c(1, 1, 0), hidden = c(2, 5), seed = 1))) {
    filled <- trace_sheets(trace, blank = TRUE)[[2]]$cells
    filled <- filled[filled$kind == "blank", ]
    areas <- filled_areas(filled)
    covered <- unlist(lapply(areas, function(area) as.vector(outer(area$rows, area$columns, paste))), use.names = FALSE)
    expect_identical(sort(covered), sort(paste(filled$row, filled$column)))
    expect_lt(length(areas), nrow(filled) / 3)
  }
})
