# Trains 20-64-32-1 from a folder of Parquet files with backprop in this process: worker.R WHERE FOLDER EPOCHS THREADS PYTHON
# WHERE: "stream" (the files are read anew for each pass) or "memory" (they are read once, into a matrix). Prints seconds of loading and training,
# the peak of resident memory in MiB, and the loss.
arguments <- commandArgs(TRUE)
where <- arguments[1]
folder <- arguments[2]
epochs <- as.integer(arguments[3])
threads <- as.integer(arguments[4])
reticulate::use_python(arguments[5], required = TRUE)
dataset <- reticulate::import("pyarrow.dataset")
reticulate::import("pyarrow")$set_cpu_count(threads)
library(backprop)

open_stream <- function() dataset$dataset(folder)$scanner(batch_size = 65536L)$to_reader()
train <- function(...) {
  nn_train(..., hidden = c(64, 32), activation = "relu", output = "sigmoid", loss = "binary_cross_entropy", optimizer = "adam", lr = 0.001,
    batch_size = 256, epochs = epochs, standardize = FALSE, precision = "single", threads = threads, preset = "textbook", seed = 1)
}

began <- proc.time()[["elapsed"]]
if (where == "stream") {
  fit <- train(nn_reader(open_stream, y ~ .))
} else {
  table <- dataset$dataset(folder)$to_table()
  names <- paste0("x", 1:20)
  x <- vapply(names, function(name) as.double(reticulate::py_to_r(table$column(name)$to_numpy())), numeric(table$num_rows))
  y <- as.double(reticulate::py_to_r(table$column("y")$to_numpy()))
  rm(table)
  fit <- train(x, y)
}
seconds <- proc.time()[["elapsed"]] - began
peak <- as.numeric(gsub("\\D", "", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1024
cat(sprintf("%.3f %.0f %.5f\n", seconds, peak, fit$final_loss))
