# Traces in files: the table, and workbooks whose formulas give the recorded numbers.

test_that("the table can be read back", {
  trace <- article_trace(steps = 2)
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
    expect_workbook_computes(nn_trace(data$X, data$Y, hidden = 2, optimizer = optimizer, batch_size = 6, seed = 1, steps = 3))
  }
  expect_workbook_computes(nn_trace(Species ~ ., data = iris, hidden = 2, optimizer = "sgd", batch_size = 5, seed = 1, steps = 2))
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
  trace <- article_trace(steps = 3)
  changed <- article_printed_start()
  changed$weights[[1]][2, 3] <- -0.5
  wanted <- nn_trace(article_X, article_Y, lr = 0.1, start = changed, steps = 3)
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
  trace <- article_trace(steps = 2)
  file <- withr::local_tempfile(fileext = ".xlsx")
  nn_write_trace(trace, file)
  expect_identical(openxlsx::getSheetNames(file), c("Overview", "Iteration 1", "Iteration 2"))
  book <- openxlsx::loadWorkbook(file)
  written <- book$worksheets[[2]]$sheet_data
  formulas <- gsub("</?f>", "", written$f[!is.na(written$f)])
  cells <- trace_sheets(trace)[[2]]$cells
  expect_setequal(gsub("&apos;", "'", formulas, fixed = TRUE), cells$content[cells$kind == "formula"])
  inputs <- openxlsx::read.xlsx(file, "Iteration 1", colNames = FALSE, rows = 9:11, cols = 2:5)
  expect_equal(unname(as.matrix(inputs)), article_X)
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
