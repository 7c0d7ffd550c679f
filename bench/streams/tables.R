# Epochs from an Arrow table in memory beside those of the same rows as R's matrix: tables.R FOLDER EPOCHS SHUFFLE_BYTES PYTHON
# Prints for shuffled and ordered rows the seconds of an epoch (the best of three differences between long and short trainings) and how much faster the stream is.
arguments <- commandArgs(TRUE)
epochs <- as.integer(arguments[2])
reticulate::use_python(arguments[4], required = TRUE)
dataset <- reticulate::import("pyarrow.dataset", convert = FALSE)
library(backprop)
table <- dataset$dataset(arguments[1])$to_table()$combine_chunks()
train <- function(..., epochs) {
  began <- proc.time()
  nn_train(..., hidden = c(64, 32), activation = "relu", output = "sigmoid", loss = "binary_cross_entropy", optimizer = "adam", lr = 0.001, batch_size = 256,
    epochs = epochs, standardize = FALSE, precision = "single", threads = 1, preset = "textbook", seed = 1)
  (proc.time() - began)[["elapsed"]]
}
reader <- nn_reader(function() table, y ~ ., shuffle_bytes = as.double(arguments[3]))
cursor <- backprop:::open_reader(reader)
rows <- list()
while (!is.null(chunk <- cursor$next_chunk())) rows <- c(rows, list(chunk))
rows <- do.call(rbind, rows)
x <- as.matrix(rows[paste0("x", 1:20)])
y <- rows$y
rm(rows)
for (shuffle in c(TRUE, FALSE)) {
  of_epoch <- function(...) (train(..., shuffle = shuffle, epochs = epochs + 1) - train(..., shuffle = shuffle, epochs = 1)) / epochs
  seconds <- apply(replicate(3, c(stream = of_epoch(reader), memory = of_epoch(x, y))), 1, min)
  cat(if (shuffle) "shuffled" else "in order", signif(seconds, 3), signif(seconds[["memory"]] / seconds[["stream"]], 2), "\n")
}
