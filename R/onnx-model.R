# The parts of an ONNX model as R has them: tensors, nodes and values, on the messages of onnx-messages.R.

# Types of elements (TensorProto.DataType), and of attributes (AttributeProto.AttributeType).
onnx_types <- c(float = 1, int32 = 6, int64 = 7, string = 8, bool = 9, double = 11)

onnx_attribute_types <- c(f = 1, i = 2, s = 3, t = 4, floats = 6, ints = 7, strings = 8)

# The version of the representation and of the two sets of operators that files are written in: old enough for any runtime of today.
onnx_versions <- list(representation = 7, operators = 13, learning = 2)

# ---- making ----------------------------------------------------------------------------------------

# A tensor of a vector, or of a matrix, whose rows come one after the other.
onnx_tensor <- function(name, x, type = "float", dims = if (is.null(dim(x))) length(x) else dim(x)) {
  values <- if (is.matrix(x)) as.vector(t(x)) else as.vector(x)
  out <- list(name = name, dims = as.double(dims), data_type = onnx_types[[type]])
  field <- c(float = "raw_data", int64 = "int64_data", string = "string_data", double = "double_data")[[type]]
  out[[field]] <- if (type == "float") encode_numbers(values, "single") else values
  out
}

# Attributes are named by what they are and hold: `list(ints = list(axes = 1))`.
onnx_node <- function(operator, inputs, outputs, attributes = list(), domain = NULL) {
  made <- unlist(Map(function(kind, values) {
    Map(function(name, value) c(list(name = name, type = onnx_attribute_types[[kind]]), stats::setNames(list(value), kind)), names(values), values)
  }, names(attributes), attributes), recursive = FALSE)
  list(op_type = operator, input = inputs, output = outputs, domain = domain, attribute = unname(made))
}

# An input or output: rows, whose number is not known, and columns.
onnx_value <- function(name, columns, type = "float") {
  dims <- c(list(list(dim_param = "N")), lapply(columns, function(n) list(dim_value = n)))
  list(name = name, type = list(tensor_type = list(elem_type = onnx_types[[type]], shape = list(dim = dims))))
}

# A file's bytes. `metadata` is a named list of texts, `says` what the model is, in words.
onnx_bytes <- function(graph, metadata, says = NULL) {
  wire_encode(list(
    ir_version = onnx_versions$representation, producer_name = "backprop", producer_version = package_version_text(), doc_string = says, graph = graph,
    opset_import = list(
      list(domain = "", version = onnx_versions$operators), list(domain = "ai.onnx.ml", version = onnx_versions$learning)
    ),
    metadata_props = unname(Map(function(key, value) list(key = key, value = value), names(metadata), metadata))
  ), "Model")
}

# What tells whether a graph and the text beside it are those that were written: a sum over their bytes, of the graph as this package writes them.
model_sum <- function(graph, text) {
  bytes <- as.integer(c(wire_encode(graph, "Graph"), charToRaw(text)))
  n <- length(bytes)
  # Two sums of which one knows the order (Fletcher's), kept exact in doubles, and the length.
  low <- sum(as.double(bytes)) %% 65521
  high <- 0
  for (first in seq(1, n, by = 2^20)) {
    at <- first:min(n, first + 2^20 - 1)
    high <- (high + sum(bytes[at] * ((n - at + 1) %% 65521))) %% 65521
  }
  paste(n, low, high, sep = "-")
}

# ---- reading ---------------------------------------------------------------------------------------

# The values of a tensor: a vector, or of two dimensions a matrix. `refuse(reason)` raises the error.
tensor_values <- function(tensor, refuse) {
  called <- paste0("its constant `", tensor$name, "`")
  type <- names(onnx_types)[match(tensor$data_type, onnx_types)]
  if (length(type) == 0L || is.na(type)) refuse(paste(called, "is of a type that no network of this package has"))
  if (isTRUE(tensor$data_location == 1)) {
    refuse(paste(called, "is in another file; write the model with all numbers in one file (`external_data = False` of PyTorch)"))
  }
  values <- if (length(tensor$raw_data) > 0L) raw_values(tensor$raw_data, type, refuse) else {
    switch(type, float = tensor$float_data, double = tensor$double_data, int64 = tensor$int64_data, string = tensor$string_data, tensor$int32_data)
  }
  dims <- as.double(tensor$dims)
  if (any(dims < 0) || prod(dims) != length(values)) refuse(paste(called, "has another number of values than its extent says"))
  if (length(dims) > 2L || any(dims == 0)) refuse(paste(called, "is empty, or has more than two dimensions"))
  values <- if (type == "string") as.character(values) else as.double(values)
  if (length(dims) == 2L) matrix(values, dims[1L], dims[2L], byrow = TRUE) else values
}

raw_values <- function(bytes, type, refuse) {
  size <- c(float = 4L, double = 8L, int32 = 4L, int64 = 8L, bool = 1L, string = 0L)[[type]]
  if (size == 0L || length(bytes) %% size != 0L) refuse("it holds a part of a number")
  n <- length(bytes) / size
  if (type %in% c("float", "double")) {
    return(readBin(bytes, "double", n, size = size, endian = "little"))
  }
  if (type != "int64") {
    return(readBin(bytes, "integer", n, size = size, endian = "little"))
  }
  halves <- readBin(bytes, "integer", 2L * n, size = 4L, endian = "little")
  low <- as.double(halves[c(TRUE, FALSE)])
  value <- halves[c(FALSE, TRUE)] * 2^32 + ifelse(low < 0, low + 2^32, low)
  if (any(is.na(value) | abs(value) > 2^53)) refuse("it holds a number beyond 2^53")
  value
}

# The attributes of a node by name.
node_attributes <- function(node) {
  values <- lapply(node$attribute, function(attribute) {
    kind <- names(onnx_attribute_types)[match(attribute$type, onnx_attribute_types)]
    if (length(kind) == 0L || is.na(kind)) {
      return(NULL)
    }
    # A zero may be left out.
    if (is.null(attribute[[kind]]) && kind %in% c("f", "i")) 0 else attribute[[kind]]
  })
  stats::setNames(values, vapply(node$attribute, function(attribute) attribute$name, ""))
}
