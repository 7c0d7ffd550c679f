# Trains 20-64-32-1 from a folder of Parquet files with backprop in this process: worker.R WHERE FOLDER EPOCHS THREADS PYTHON
# WHERE: "stream" (the files are read anew for each pass) or "memory" (they are read once, into a matrix). Prints seconds of loading and training, seconds of
# processors, the peak of resident memory in MiB, and the loss.
arguments <- commandArgs(TRUE)
where <- arguments[1]
folder <- arguments[2]
epochs <- as.integer(arguments[3])
threads <- as.integer(arguments[4])
reticulate::use_python(arguments[5], required = TRUE)
dataset <- reticulate::import("pyarrow.dataset")
reticulate::import("pyarrow")$set_cpu_count(threads)
library(backprop)

# pyarrow reads ahead without end where rows are used more slowly than it decodes them, unless it is told not to.
lazily <- dataset$ParquetFragmentScanOptions(pre_buffer = FALSE)
open_stream <- function() {
  dataset$dataset(folder)$scanner(batch_size = 65536L, batch_readahead = 2L, fragment_readahead = 1L, use_threads = FALSE, fragment_scan_options = lazily)$to_reader()
}
train <- function(...) {
  nn_train(..., hidden = c(64, 32), activation = "relu", output = "sigmoid", loss = "binary_cross_entropy", optimizer = "adam", lr = 0.001,
    batch_size = 256, epochs = epochs, standardize = FALSE, precision = "single", threads = threads, preset = "textbook", seed = 1)
}

began <- proc.time()
if (where == "stream") {
  fit <- train(nn_reader(open_stream, y ~ .))
} else {
  # The chunks as a reader gives them, all kept.
  cursor <- backprop:::open_reader(nn_reader(open_stream, y ~ .))
  rows <- as.integer(dataset$dataset(folder)$count_rows())
  x <- matrix(0, rows, 20)
  y <- numeric(rows)
  place <- 0L
  while (!is.null(chunk <- cursor$next_chunk())) {
    at <- place + seq_len(nrow(chunk))
    for (j in 1:20) x[at, j] <- chunk[[paste0("x", j)]]
    y[at] <- chunk$y
    place <- place + nrow(chunk)
  }
  cursor$close()
  fit <- train(x, y)
}
took <- proc.time() - began
peak <- as.numeric(gsub("\\D", "", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1024
cat(sprintf("%.2f %.2f %.0f %.5f\n", took[["elapsed"]], took[["user.self"]] + took[["sys.self"]], peak, fit$final_loss))
