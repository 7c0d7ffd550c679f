# A fit as an ONNX model: the plan of export-plan.R as one graph, from a user's columns to predictions. Expressions are in export-onnx-expressions.R, layers in
# export-onnx-steps.R.

#' @rdname nn_export
#' @name nn_export
#' @section ONNX:
#' An `.onnx` file holds one graph, from the columns of your data to the predictions, for any program that runs ONNX models, such as onnxruntime. Filling of gaps, factors, expressions of a formula,
#' scaling and all networks of an ensemble are in it.
#'
#' A fit of a matrix has one input `X` (single precision, rows by columns). Any other has an input for each column of the data frame, by its name, of extent rows by 1: numbers and flags (0 and 1) in single precision,
#' factors and texts as strings. An offset that is not in the data is one more input, `offset`. A missing number is `NaN`, a missing text the empty one, unless that is a level; then no text stands for a missing one.
#'
#' Of a factor the outputs are `label`, the likeliest level of each row as a string, and `probabilities`, with a column for each level in order; otherwise `variable`, with a column for each
#' output. They are called `label_1` and the like where a column has that name. Where there is no prediction numbers are `NaN`, and the label is the empty text. The model's description says in words what the columns are.
#'
#' What is computed of columns and the scaling of inputs are in double precision in the graph, so that a column far from 0 keeps its digits; the layers are in single precision, since runtimes have no
#' others of most activations; of a calibrated fit all behind them is in double precision again. On fits of every kind predictions differed from [nn_predict()] on the same inputs by less than 1e-6 times (1 + |prediction|); a calibration that is steep makes that larger. Inputs that are no numbers of single precision
#' (24 binary digits) are rounded where a program hands them in. A number above 3.4e38 in the model is an error of class `backprop_error_export`.
#'
#' The file also holds the model as plain data, by which [nn_import()] gives the same fit again. Operators are those of version 13, and of version 2 of `ai.onnx.ml`.
NULL

# Writes the model; there are no arguments of its own.
export_onnx <- function(fit, path, ..., call = quote(nn_export())) {
  refuse_dots(..., known = c("fit", "path", "language"), call = call)
  made <- onnx_of_plan(export_plan(fit, call), call)
  write_file(path, onnx_bytes(made$graph, carried_metadata(fit, made$graph), made$says), call = call)
}

# The graph of a plan, and what it `says` of itself.
onnx_of_plan <- function(plan, call) {
  columns <- vapply(plan$inputs, function(input) input$name, "")
  if (length(columns) == 0L) stop_backprop("export", "A model without inputs cannot be an ONNX model, which learns from them how many rows there are.", call = call)
  build <- new_build(plan, columns, call)
  vectors <- new.env(parent = emptyenv())
  vectors$x <- onnx_inputs(build, plan)
  gap <- onnx_gap(build, vectors$x$name)
  if (!is.null(plan$offset)) {
    vectors$offset <- onnx_columns(build, plan$offset)
    gap <- emit(build, "Add", c(gap, onnx_gap(build, vectors$offset$name)))
  }
  for (check in plan$checks) gap <- emit(build, "Add", c(gap, onnx_check(build, check)))
  for (step in plan$steps) assign(step$into, onnx_step(build, step, vectors, plan$constants), envir = vectors)
  gap <- emit(build, "Cast", gap, list(i = list(to = onnx_types[["float"]])))
  result <- as_single(build, get(plan$result, envir = vectors))
  onnx_outputs(build, plan, result, gap)
  graph <- list(
    name = "backprop", node = unname(build$nodes), initializer = unname(build$constants), input = build$inputs, output = build$outputs
  )
  list(graph = graph, says = describe_onnx(plan, build$says))
}

describe_onnx <- function(plan, outputs) {
  paste0(
    "Made by the R package backprop ", plan$version, ": ", plan$network, ". It predicts ", plan$outcome, ". ", outputs,
    if (length(plan$outputs) > 0L) paste0(" The columns are, in order: ", paste(encodeString(plan$outputs, quote = "\""), collapse = ", "), ".")
  )
}

# ---- what the graph is built in --------------------------------------------------------------------

# `names` are what inputs and outputs are called; no value within has a name that begins as one of them does not.
new_build <- function(plan, columns, call) {
  own <- if (plan$matrix) c("X", columns[vapply(plan$inputs, function(input) isTRUE(input$offset), NA)]) else columns
  results <- if (is.null(plan$classes)) "variable" else c("label", "probabilities")
  results <- utils::tail(make.unique(c(own, results), sep = "_"), length(results))
  prefix <- "n"
  while (any(startsWith(c(own, results), paste0(prefix, ".")))) prefix <- paste0(prefix, "n")
  list2env(list(
    nodes = list(), constants = list(), inputs = list(), outputs = list(), known = new.env(parent = emptyenv()), own = own, results = results,
    prefix = prefix, plan = plan, call = call, matrix_columns = list()
  ))
}

# Adds a node and answers with the name of what it gives; the same node is there once.
emit <- function(build, operator, inputs, attributes = list(), domain = NULL, output = NULL) {
  key <- if (is.null(output)) rlang::hash(list(operator, inputs, attributes, domain))
  if (!is.null(key) && !is.null(build$known[[key]])) {
    return(build$known[[key]])
  }
  name <- if (is.null(output)) paste0(build$prefix, ".", length(build$nodes) + 1L) else output
  build$nodes[[length(build$nodes) + 1L]] <- onnx_node(operator, inputs, name, attributes, domain)
  if (!is.null(key)) assign(key, name, envir = build$known)
  name
}

# Adds a constant and answers with its name; the same constant is there once.
emit_constant <- function(build, value, type, dims = if (is.null(dim(value))) length(value) else dim(value)) {
  key <- rlang::hash(list(value, type, dims))
  if (is.null(build$known[[key]])) {
    if (type == "float" && any(is.finite(value) & abs(value) > (2 - 2^-23) * 2^127)) {
      stop_backprop("export", "The model has numbers above 3.4e38, more than the single precision of an ONNX model holds.", call = build$call)
    }
    name <- paste0(build$prefix, ".c", length(build$constants) + 1L)
    build$constants[[length(build$constants) + 1L]] <- onnx_tensor(name, value, type, dims)
    assign(key, name, envir = build$known)
  }
  build$known[[key]]
}

# A vector of each row: the name of a matrix, and whether it is one of doubles.
row_vector <- function(name, double = FALSE) list(name = name, double = double)

as_single <- function(build, vector) if (vector$double) emit(build, "Cast", vector$name, list(i = list(to = onnx_types[["float"]]))) else vector$name

as_double_vector <- function(build, vector) if (vector$double) vector$name else as_double(build, vector$name)

# ---- inputs and outputs ----------------------------------------------------------------------------

# The inputs of the networks. What is computed of columns is in double precision: what is lost there, no network brings back.
onnx_inputs <- function(build, plan) {
  declare_inputs(build, plan)
  if (is.null(plan$x) && plan$matrix) {
    return(row_vector(emit(build, "Cast", "X", list(i = list(to = onnx_types[["double"]]))), double = TRUE))
  }
  onnx_columns(build, if (is.null(plan$x)) lapply(seq_along(plan$inputs), at_input) else plan$x)
}

declare_inputs <- function(build, plan) {
  column <- function(input) onnx_value(input$name, 1, if (input$kind == "levels") "string" else "float")
  if (!plan$matrix) {
    build$inputs <- lapply(plan$inputs, column)
    return(invisible())
  }
  offset <- vapply(plan$inputs, function(input) isTRUE(input$offset), NA)
  build$inputs <- c(list(onnx_value("X", sum(!offset))), lapply(plan$inputs[offset], column))
}

# NaN where a number of a row is not finite, else 0, in a column.
onnx_gap <- function(build, name) {
  emit(build, "ReduceSum", c(emit(build, "Sub", c(name, name)), emit_constant(build, 1, "int64")), list(i = list(keepdims = 1)))
}

onnx_check <- function(build, check) {
  holds <- emit(build, "Equal", c(onnx_expression(build, check)$name, onnx_number(build, 1)))
  emit(build, "Where", c(holds, onnx_number(build, 0), onnx_number(build, NaN)))
}

onnx_outputs <- function(build, plan, result, gap) {
  k <- plan$lengths[[plan$result]]
  # Runtimes differ in what their activations make of NaN: it is added in the end.
  emit(build, "Add", c(result, gap), output = utils::tail(build$results, 1L))
  if (is.null(plan$classes)) {
    build$outputs <- list(onnx_value(build$results, k))
    build$says <- paste0("Output `", build$results, "` has a row for each row, NaN where there is no prediction.")
    return(invisible())
  }
  likeliest <- emit(build, "ArgMax", build$results[2L], list(i = list(axis = 1, keepdims = 0)))
  label <- emit(build, "Gather", c(emit_constant(build, plan$classes, "string"), likeliest), list(i = list(axis = 0)))
  absent <- emit(build, "IsNaN", emit(build, "Reshape", c(gap, emit_constant(build, -1, "int64"))))
  emit(build, "Where", c(absent, emit_constant(build, "", "string", dims = numeric()), label), output = build$results[1L])
  build$outputs <- list(onnx_value(build$results[1L], numeric(), "string"), onnx_value(build$results[2L], k))
  build$says <- paste0(
    "Output `", build$results[2L], "` has a row for each row, NaN where there is no prediction; `", build$results[1L], "` is the likeliest class, an empty text there."
  )
}
