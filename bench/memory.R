# How much resident memory grows at its peak during nn_train() on W4 and W6 and nn_predict() on W7, each in a process of its own.
# Rscript bench/memory.R [--out=bench/results]     writes memory.csv; needs Linux's /proc
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
source(file.path(here, "workloads.R"))
arguments <- commandArgs(TRUE)

# Resident memory in MiB: the most so far (VmHWM) or now (VmRSS).
resident <- function(field) as.numeric(gsub("\\D", "", grep(field, readLines("/proc/self/status"), value = TRUE))) / 1024

if ("--child" %in% arguments) {
  name <- arguments[1]
  precision <- arguments[2]
  w <- make_workload(name)
  train <- function(w, epochs) backprop::nn_train(w$x, w$y, hidden = w$layers[-c(1, length(w$layers))], epochs = epochs, lr = max(w$lr, 1e-3),
    activation = w$activation, output = w$output, loss = w$loss, optimizer = if (w$optimizer == "none") "gd" else w$optimizer,
    batch_size = if (w$batch < w$rows) w$batch, start = list(weights = w$weights, biases = w$biases), precision = precision, threads = 2, seed = 1)
  small <- w
  small$x <- w$x[1:50, ]
  small$y <- w$y[1:50, , drop = FALSE]
  small$batch <- 50
  small$rows <- 50
  model <- train(small, 1) # loads and compiles what is loaded and compiled once
  if (name == "W7") invisible(backprop::nn_predict(model, small$x))
  rm(small)
  invisible(gc())
  writeLines("5", "/proc/self/clear_refs") # the peak starts anew here
  before <- resident("VmRSS")
  value <- if (name == "W7") backprop::nn_predict(model, w$x, threads = 2) else train(w, min(2, w$epochs))
  cat(resident("VmHWM") - before, "\n")
  quit("no")
}

out <- sub("^--out=", "", c(grep("^--out=", arguments, value = TRUE), file.path(here, "results"))[1])
rows <- list()
for (name in c("W4", "W6", "W7")) for (precision in c("single", "double")) {
  w <- workloads[[name]]
  answer <- system2(file.path(R.home("bin"), "Rscript"), c(shQuote(file.path(here, "memory.R")), name, precision, "--child"), stdout = TRUE)
  grown <- as.numeric(tail(answer, 1))
  bytes <- if (precision == "single") 4 else 8
  x <- w$rows * w$layers[1] * bytes / 2^20
  result <- if (name == "W7") w$rows * 8 / 2^20 else 0
  allowed <- if (name == "W4") 1.15 * x else 32 + result
  rows[[paste(name, precision)]] <- data.frame(workload = name, precision = precision, grown_mib = round(grown, 1), x_mib = round(x, 1),
    allowed_mib = round(allowed, 1), met = grown <= allowed)
}
memory <- do.call(rbind, rows)
print(memory, row.names = FALSE)
write.csv(memory, file.path(out, "memory.csv"), row.names = FALSE)
