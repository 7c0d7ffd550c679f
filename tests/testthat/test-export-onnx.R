# Exports as ONNX: what is in the file, and that the numbers of its graph are the fit's. tools/dev/onnx runs such files of every kind of fit in onnxruntime.

small <- function(...) nn_train(..., preset = "textbook", seed = 1, epochs = 20)

exported <- function(fit) nn_export(fit, withr::local_tempfile(fileext = ".onnx", .local_envir = parent.frame()))

model_in <- function(path) wire_decode(readBin(path, "raw", file.size(path)), "Model", stop)

# The same file without what stands beside the graph.
graph_alone <- function(path) {
  model <- model_in(path)
  model$metadata_props <- NULL
  writeBin(wire_encode(model, "Model"), path)
  path
}

# Every value of a graph in words, a line for each.
outline <- function(path) {
  graph <- model_in(path)$graph
  extent <- function(value) {
    dims <- vapply(value$type$tensor_type$shape$dim, function(dim) if (is.null(dim$dim_value)) dim$dim_param else format(dim$dim_value), "")
    paste0(value$name, ": ", names(onnx_types)[match(value$type$tensor_type$elem_type, onnx_types)], " [", paste(dims, collapse = ", "), "]")
  }
  nodes <- vapply(graph$node, function(node) paste0(node$output, " = ", node$op_type, "(", paste(node$input, collapse = ", "), ")"), "")
  c(paste("input ", vapply(graph$input, extent, "")), nodes, paste("output", vapply(graph$output, extent, "")))
}

test_that("the graph of a matrix and that of a table are these", {
  X <- as.matrix(mtcars[, c("wt", "hp")])
  expect_snapshot(writeLines(outline(exported(small(X, mtcars$mpg, hidden = 2, standardize = TRUE)))))
  fit <- small(data.frame(wt = mtcars$wt, cyl = factor(mtcars$cyl)), factor(mtcars$am), hidden = 2)
  expect_snapshot({
    writeLines(outline(exported(fit)))
    writeLines(model_in(exported(fit))$doc_string)
  })
})

test_that("the graph alone predicts as the fit: every activation, outputs and classes", {
  X <- as.matrix(mtcars[, c("wt", "hp")])
  for (activation in setdiff(nn_activation()$activation, c("linear", "exp"))) {
    fit <- small(X, mtcars[, c("mpg", "qsec")], hidden = c(4, 3), activation = activation, standardize = TRUE)
    expect_equal(unname(nn_predict(nn_import(graph_alone(exported(fit))), X)), unname(nn_predict(fit, X)), tolerance = 1e-6, info = activation)
  }
  fits <- list(
    small(mpg ~ wt + hp, data = mtcars, hidden = c()), small(carb ~ wt + hp, data = mtcars, family = "poisson"),
    small(factor(am) ~ wt + hp, data = mtcars), small(factor(cyl) ~ wt + hp, data = mtcars),
    small(factor(am) ~ wt + hp, data = mtcars, output = "softmax"), small(X, mtcars$am == 1)
  )
  for (fit in fits) {
    again <- nn_import(graph_alone(exported(fit)))
    expect_equal(unname(nn_predict(again, X)), unname(nn_predict(fit, X)), tolerance = 1e-6)
    expect_identical(again$outcome$levels, fit$outcome$levels)
  }
})

test_that("inputs and outputs keep apart where a column has the name of an output", {
  data <- data.frame(label = mtcars$wt, variable = mtcars$hp, n.1 = mtcars$qsec)
  graph <- model_in(exported(small(data, factor(mtcars$cyl))))$graph
  expect_identical(vapply(graph$output, function(output) output$name, ""), c("label_1", "probabilities"))
  names <- c(vapply(graph$input, function(input) input$name, ""), unlist(lapply(graph$node, function(node) node$output)))
  expect_identical(anyDuplicated(names), 0L)
  expect_identical(vapply(model_in(exported(small(data, mtcars$mpg)))$graph$output, function(output) output$name, ""), "variable_1")
})

test_that("the offset of a matrix is an input beside it", {
  fit <- nn_train(cbind(a = 1:6, b = 0), 1:6, family = "poisson", offset = rep(0.5, 6), hidden = 2, epochs = 2, seed = 1)
  graph <- model_in(exported(fit))$graph
  expect_identical(vapply(graph$input, function(input) input$name, ""), c("X", "offset"))
})

test_that("nothing of the training's rows and no code is in the file", {
  data <- transform(mtcars, secret = 12345.678 + seq_len(32))
  fit <- small(mpg ~ secret, data = data, keep = "data", validation = 0.2)
  plain <- from_plain(wire_decode(from_base64(carried_metadata(fit, list(name = "g"))[[1L]], stop), "Plain", stop, plain_messages), stop)
  expect_null(plain$data)
  expect_null(plain$call)
  expect_identical(plain$validation_rows, integer())
  expect_identical(plain$weights, fit$weights)
  note <- carried_metadata(small(mpg ~ log(wt), data = mtcars), list(name = "g"))
  expect_named(note, "backprop.note")
  expect_match(note[[1L]], "computes `log(wt)`", fixed = TRUE)
})

test_that("what ONNX cannot say is an error, and nothing is written", {
  path <- withr::local_tempfile(fileext = ".onnx")
  X <- as.matrix(mtcars[, c("wt", "hp")])
  huge <- small(X, mtcars$mpg, hidden = 2)
  huge$weights[[1]][1] <- 1e39
  expect_snapshot(error = TRUE, {
    nn_export(huge, path)
    nn_export(small(X, mtcars$mpg), path, opset = 18)
    nn_export(small(X, mtcars$mpg), file.path(tempdir(), "none", "a.onnx"))
  }, transform = function(lines) gsub(tempdir(), "<folder>", lines, fixed = TRUE))
  expect_false(file.exists(path))
})
