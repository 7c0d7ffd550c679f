# What memory a training from Parquet files takes, at the start of each pass: memory.R FOLDER PYTHON. Prints MiB: the peak and the present size of the process, the peak and the
# present of what pyarrow has allocated, and the same of R's heap.
arguments <- commandArgs(TRUE)
reticulate::use_python(arguments[2], required = TRUE)
dataset <- reticulate::import("pyarrow.dataset")
arrow <- reticulate::import("pyarrow")
arrow$set_cpu_count(1L)
library(backprop)
lazily <- dataset$ParquetFragmentScanOptions(pre_buffer = FALSE)
pass <- 0
show <- function(what) {
  heap <- gc()
  status <- readLines("/proc/self/status")
  of <- function(name) round(as.numeric(gsub("\\D", "", grep(name, status, value = TRUE))) / 1024)
  cat(what, of("VmHWM"), of("VmRSS"), round(arrow$default_memory_pool()$max_memory() / 2^20), round(arrow$total_allocated_bytes() / 2^20), heap[2, 6], heap[2, 2], "\n")
}
open_stream <- function() {
  pass <<- pass + 1
  show(paste("pass", pass))
  dataset$dataset(arguments[1])$scanner(batch_size = 65536L, batch_readahead = 2L, fragment_readahead = 1L, use_threads = FALSE, fragment_scan_options = lazily)$to_reader()
}
fit <- nn_train(nn_reader(open_stream, y ~ .), hidden = c(64, 32), activation = "relu", output = "sigmoid", loss = "binary_cross_entropy", optimizer = "adam", lr = 0.001,
  batch_size = 256, epochs = 2, standardize = FALSE, precision = "single", threads = 1, preset = "textbook", seed = 1)
show("end")
