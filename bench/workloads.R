# The eight workloads: their sizes and settings, their data and starting weights, drawn from fixed seeds.
# Sourced by the other scripts; peers in other languages read what write_workload() writes.

# layers: inputs, hidden, outputs. precisions: those that are compared. `epochs` of W7 does not matter.
workloads <- list(
  W1 = list(title = "The textbook's network: 3 x 4, 3 hidden, 5,000 epochs", rows = 3, layers = c(4, 3, 1),
            activation = "sigmoid", output = "sigmoid", loss = "sse", optimizer = "gd", lr = 0.1, batch = 3,
            epochs = 5000, precisions = "double"),
  W2 = list(title = "150 x 4, 10 sigmoid, 3 classes, 1,000 full-batch epochs", rows = 150, layers = c(4, 10, 3),
            activation = "sigmoid", output = "softmax", loss = "cross_entropy", optimizer = "gd", lr = 0.5, batch = 150,
            epochs = 1000, precisions = "double"),
  W3 = list(title = "100,000 x 20, relu 64-32, binary, Adam, batch 256, 3 epochs", rows = 1e5, layers = c(20, 64, 32, 1),
            activation = "relu", output = "sigmoid", loss = "binary_cross_entropy", optimizer = "adam", lr = 0.001,
            batch = 256, epochs = 3, precisions = c("single", "double")),
  W4 = list(title = "20,000 x 784, relu 128, 10 classes, SGD, batch 128, 3 epochs", rows = 2e4, layers = c(784, 128, 10),
            activation = "relu", output = "softmax", loss = "cross_entropy", optimizer = "sgd", lr = 0.05,
            batch = 128, epochs = 3, precisions = c("single", "double")),
  W5 = list(title = "20,000 x 256, relu 512-512, regression, Adam, batch 256, 2 epochs", rows = 2e4,
            layers = c(256, 512, 512, 1), activation = "relu", output = "linear", loss = "mse", optimizer = "adam",
            lr = 0.001, batch = 256, epochs = 2, precisions = c("single", "double")),
  W6 = list(title = "100,000 x 100, sigmoid 100, full-batch gd, 20 epochs", rows = 1e5, layers = c(100, 100, 1),
            activation = "sigmoid", output = "sigmoid", loss = "binary_cross_entropy", optimizer = "gd", lr = 0.5,
            batch = 1e5, epochs = 20, precisions = c("single", "double")),
  W7 = list(title = "Predict 1,000,000 x 20 through relu 64-32-1", rows = 1e6, layers = c(20, 64, 32, 1),
            activation = "relu", output = "sigmoid", loss = "binary_cross_entropy", optimizer = "none", lr = 0,
            batch = 1e6, epochs = 0, precisions = c("single", "double")),
  W8 = list(title = "True SGD, batch 1: 10,000 x 20, sigmoid 32, 5 epochs", rows = 1e4, layers = c(20, 32, 1),
            activation = "sigmoid", output = "sigmoid", loss = "sse", optimizer = "sgd", lr = 0.05, batch = 1,
            epochs = 5, precisions = "double")
)

# Ratio (best peer's time / ours) to reach, and the peer it is measured against ("best": the fastest).
targets <- rbind(
  data.frame(workload = "W1", precision = "double", against = "base R", target = 100),
  data.frame(workload = "W2", precision = "double", against = "nnet", target = 5),
  data.frame(workload = "W3", precision = c("single", "double"), against = "best", target = 5),
  data.frame(workload = "W4", precision = c("single", "double"), against = "best", target = c(2.5, 2)),
  data.frame(workload = "W5", precision = c("single", "double"), against = "best", target = 1.6),
  data.frame(workload = "W6", precision = c("single", "double"), against = "best", target = 4),
  data.frame(workload = "W7", precision = c("single", "double"), against = "best", target = c(4, 2.5)),
  data.frame(workload = "W8", precision = "double", against = "RSNNS", target = 5)
)

# Inputs, outcomes (one column per output) and starting weights of a workload; `rows` may differ from the usual.
make_workload <- function(name, rows = workloads[[name]]$rows) {
  w <- workloads[[name]]
  w$name <- name
  w$rows <- rows
  set.seed(20)
  if (name == "W1") {
    w$x <- matrix(c(1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1), nrow = 3, byrow = TRUE)
    w$y <- matrix(c(1, 1, 0))
  } else if (name == "W2") {
    w$x <- unname(scale(as.matrix(datasets::iris[1:4])))
    attributes(w$x) <- list(dim = c(150L, 4L))
    w$y <- unname(diag(3)[as.integer(datasets::iris$Species), ])
  } else {
    p <- w$layers[1]
    k <- w$layers[length(w$layers)]
    w$x <- matrix(rnorm(rows * p), rows, p)
    signal <- w$x[, 1:10] %*% matrix(rnorm(10 * k), 10, k) / sqrt(10) + w$x[, 2] * w$x[, 3]
    noisy <- signal + 0.5 * matrix(rnorm(rows * k), rows, k)
    w$y <- switch(w$output, softmax = diag(k)[max.col(noisy), , drop = FALSE], sigmoid = (noisy > 0) + 0, linear = noisy)
  }
  sizes <- w$layers
  w$weights <- lapply(seq_len(length(sizes) - 1), function(l) {
    spread <- if (w$activation == "relu") sqrt(2 / sizes[l]) else 1 / sqrt(sizes[l])
    matrix(rnorm(sizes[l] * sizes[l + 1], sd = spread), sizes[l], sizes[l + 1])
  })
  w$biases <- lapply(sizes[-1], numeric)
  w
}

# Writes a workload so that any language can read it: numbers as raw doubles, column by column.
write_workload <- function(w, dir) {
  dir.create(dir, showWarnings = FALSE, recursive = TRUE)
  writeBin(as.vector(w$x), file.path(dir, "x.bin"))
  writeBin(as.vector(w$y), file.path(dir, "y.bin"))
  writeBin(unlist(Map(function(weights, bias) c(as.vector(weights), bias), w$weights, w$biases)), file.path(dir, "start.bin"))
  small <- w[!names(w) %in% c("x", "y", "weights", "biases")]
  saveRDS(w, file.path(dir, "workload.rds"), compress = FALSE)
  fields <- vapply(small, function(value) {
    if (is.character(value)) value <- encodeString(value, quote = "\"")
    if (length(value) > 1 || is.numeric(value)) value <- format(value, scientific = FALSE, trim = TRUE)
    if (length(value) > 1) paste0("[", paste(value, collapse = ", "), "]") else value
  }, "")
  writeLines(paste0("{", paste0("\"", names(fields), "\": ", fields, collapse = ", "), "}"), file.path(dir, "workload.json"))
}

# The loss of predictions (on the scale of the output), as every peer is judged: a sum for sse, else a mean over rows.
loss_of <- function(w, predicted) {
  predicted <- matrix(predicted, nrow(w$y))
  tiny <- function(p) pmax(p, 1e-300)
  switch(w$loss,
    sse = sum((w$y - predicted)^2) / 2,
    mse = mean((w$y - predicted)^2),
    binary_cross_entropy = -mean(w$y * log(tiny(predicted)) + (1 - w$y) * log(tiny(1 - predicted))),
    cross_entropy = -sum(w$y * log(tiny(predicted))) / nrow(w$y))
}
