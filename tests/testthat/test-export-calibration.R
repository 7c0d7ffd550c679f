# Exports of calibrated fits. That their numbers are those of nn_predict(), in every language, is in test-export-plan.R and test-export.R, among the cases of
# helper-export-cases.R; of ONNX tools/dev/onnx has them in onnxruntime.

small_calibrated <- function(method, k = 3L) nn_calibrate(overconfident_fit(k), overconfident_data(150, k, seed = 2), method)

test_that("a calibrated fit's ONNX file comes back calibrated, and predicts the same bits", {
  new <- overconfident_data(20, 3, seed = 3)
  several <- nn_train(y ~ x + noise, overconfident_data(60, 3), seed = 1, epochs = 3, ensemble = 2)
  fits <- c(lapply(calibration_methods, small_calibrated), list(nn_calibrate(several, overconfident_data(150, 3, seed = 2))))
  for (fit in fits) {
    again <- nn_import(nn_export(fit, withr::local_tempfile(fileext = ".onnx")))
    expect_identical(again$calibration, fit$calibration)
    expect_identical(nn_predict(again, new), nn_predict(fit, new))
  }
})

test_that("the graph of a calibrated fit alone is no network, and is not taken for one", {
  for (method in calibration_methods) {
    path <- nn_export(small_calibrated(method), withr::local_tempfile(fileext = ".onnx"))
    model <- wire_decode(readBin(path, "raw", file.size(path)), "Model", stop)
    model$metadata_props <- NULL
    writeBin(wire_encode(model, "Model"), path)
    expect_error(nn_import(path), class = "backprop_error_onnx_operator")
  }
})

test_that("in a graph all that is calibrated is in double precision, from the outputs' activation on", {
  fit <- small_calibrated("platt", 2L)
  plan <- export_plan(fit)
  double <- vapply(plan$steps, function(step) step$double, NA)
  ops <- vapply(plan$steps, function(step) step$op, "")
  expect_identical(ops[cumsum(double) > 0L][1:3], c("activate", "linear", "take"))
  expect_false(is.unsorted(double))
  expect_false(any(vapply(export_plan(nn_calibrate(fit, method = "none"))$steps, function(step) step$double, NA)))
})

test_that("a row of which one against the rest leaves nothing keeps its probabilities", {
  fit <- small_calibrated("isotonic")
  # A curve of 0 everywhere, of each class.
  fit$calibration$parameters <- lapply(1:3, function(level) list(x = 0.5, y = 0))
  case <- list(fit = fit, data = overconfident_data(5, 3, seed = 3))
  expected <- unname(nn_predict(nn_calibrate(fit, method = "none"), case$data))
  expect_equal(unname(nn_predict(fit, case$data)), expected, tolerance = 1e-15)
  expect_lt(exported_difference(structure(run_r(case), class_of_row = NULL), expected), 1e-12)
  skip_if_not_installed("RSQLite")
  expect_lt(exported_difference(structure(run_sql(case), class_of_row = NULL), expected), 1e-9)
})

test_that("a file says that its fit is calibrated", {
  lines <- readLines(nn_export(small_calibrated("temperature", 2L), withr::local_tempfile(fileext = ".R")))
  expect_match(lines[1L], "sigmoid output, calibrated: temperature [0-9.]+, on 150 rows")
})
