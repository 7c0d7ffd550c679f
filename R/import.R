# Fits from files that this package or others wrote.

#' Read a network from an ONNX file
#'
#' Reads a network that was exported as ONNX, and gives a fit that predicts as it does: what [nn_export()] wrote, networks of scikit-learn
#' (`MLPClassifier`, `MLPRegressor`, alone or behind a scaler in a pipeline) as skl2onnx converts them, and sequences of linear layers and activations of PyTorch as
#' `torch.onnx.export()` writes them. The fit is a model like any other: [predict()][predict.nn_fit], [coef()][coef.nn_fit], [summary()][summary.nn_fit],
#' pictures, `saveRDS()`, [nn_export()] and `nn_train(start = )` take it.
#'
#' @param path Path of an `.onnx` file.
#' @param levels Names of the classes, in the order of the network's outputs, where the file has none (PyTorch's have none). `NULL`: those in the file; of a network that
#'   ends in a softmax and has no names `"0"`, `"1"` and so on. Where levels are given, a network that ends in a linear layer is taken for one whose outputs are logits, as is usual in PyTorch:
#'   with two levels and one output a sigmoid is added, else a softmax.
#' @return An `nn_fit`, or what was exported. Of another package's network it has the interface of a matrix, with as many columns as the network has inputs, in their order; `fit$imported` says what wrote the file.
#'   Outputs are probabilities of classes where the file has classes, numbers otherwise. The activations are those of [nn_activation()].
#' @section What is read:
#' A file that [nn_export()] wrote holds the model beside the graph, as plain data: names, levels, settings and weights in double precision. It comes back with the
#' interface and the calibration that it had and predicts the same bits. Not in the file, and so not in the fit, are data and numbers of rows of the training, its call, weights of earlier epochs, and what the
#' optimizer remembers: training goes on with a fresh optimizer. Of a formula that computes (`log(x)`) the expressions would be code, which is neither written nor read: such a file is an error
#' here, and `saveRDS()` keeps such a fit. An outcome that is computed (`log(y)`, `cbind(a, b)`) comes back as a column of that name: the fit predicts, and what compares it with outcomes
#' ([residuals()][residuals.nn_fit], [nn_metrics()]) needs data with such a column.
#'
#' Of all other files the graph is followed from its inputs to its outputs: `MatMul`, `Gemm`, `Add`, `Sub`, `Mul`, `Div`, `BatchNormalization` and scalers, the activations
#' `Relu`, `LeakyRelu` (0.01), `Elu` (1), `Selu`, `Gelu`, `Softplus`, `Softsign`, `Sigmoid`, `Tanh` and SiLU, and `Softmax` at the end. What scales inputs becomes the standardising of the
#' fit. Predictions agree to about 1e-6 with a runtime that computes in single precision: weights are taken as they are, and the fit computes in double precision.
#'
#' Reading evaluates nothing of the file.
#' @section Errors:
#' A file that is no ONNX model, is damaged, or was changed after [nn_export()] wrote it: class `backprop_error_onnx_file`. A network with an operator that this package has not, such as a
#' convolution: class `backprop_error_onnx_operator`, with its name.
#' @seealso [nn_export()]
#' @examples
#' file <- tempfile(fileext = ".onnx")
#' fit <- nn_train(Species ~ ., data = iris, preset = "textbook",
#'                 hidden = 4, epochs = 50, seed = 1)
#' nn_export(fit, file)
#' again <- nn_import(file)
#' all.equal(predict(again, iris), predict(fit, iris))
#' @export
nn_import <- function(path, levels = NULL) {
  call <- quote(nn_import())
  if (missing(path)) {
    stop_backprop("missing_argument", "{.arg path} is missing: give the path of an {.file .onnx} file.", call = call)
  }
  if (!is_text(path)) stop_argument("path", "the path of a file", path, call = call)
  if (!is.null(levels)) check_import_levels(levels, call)
  refuse <- function(reason, ...) {
    stop_backprop("onnx_file", c("{.file {path}} cannot be read as an ONNX model: {reason}.", ...), call = call)
  }
  bytes <- read_bytes(path, refuse, call)
  model <- wire_decode(bytes, "Model", refuse)
  if (is.null(model$graph) || length(model$graph$node) == 0L || is.null(model$ir_version)) refuse("it has no graph of operators, so it is another kind of file")
  fit <- carried_fit(model, refuse, call)
  if (!is.null(fit)) {
    if (!is.null(levels)) stop_incompatible_levels(call)
    return(fit)
  }
  followed <- follow_graph(model$graph, length(bytes), refuse, call)
  network <- network_of_graph(model$graph, followed, levels, refuse, call)
  fit_of_network(network, producer_of(model), call)
}

check_import_levels <- function(levels, call) {
  if (!is.character(levels) || length(levels) < 2L || anyNA(levels) || anyDuplicated(levels) > 0L) {
    stop_argument("levels", "two or more different texts, the names of the classes in the order of the outputs", levels, call = call)
  }
}

stop_incompatible_levels <- function(call) {
  stop_backprop("incompatible", c(
    "{.arg levels} is for files without names of classes; the model in this one is complete.", i = "Leave {.arg levels} out."
  ), call = call)
}

# All of a file, whose size is known before room for it is asked for.
read_bytes <- function(path, refuse, call) {
  size <- file.size(path.expand(path))
  if (is.na(size) || dir.exists(path)) refuse(if (dir.exists(path)) "it is a folder" else "there is no such file")
  if (size == 0) refuse("it is empty")
  if (size > .Machine$integer.max) refuse("it is larger than 2 GiB, which is the format's limit")
  check_room(4 * size, "Reading this file", NULL, call)
  tryCatch(suppressWarnings(readBin(path, "raw", size)), error = function(cnd) refuse(conditionMessage(cnd)))
}

producer_of <- function(model) {
  producer <- trimws(paste(model$producer_name, model$producer_version))
  if (nzchar(producer)) producer else "an unnamed program"
}
