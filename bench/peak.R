# The share of the machine's matrix-product speed that W5 reaches, both measured here, in turns, on 2 threads.
# Rscript bench/peak.R [--out=bench/results]     writes peak.csv; the product is NumPy's, or torch's where that is faster
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
source(file.path(here, "workloads.R"))
out <- sub("^--out=", "", c(grep("^--out=", commandArgs(TRUE), value = TRUE), file.path(here, "results"))[1])
python <- file.path(here, ".venv", "bin", "python")
if (!file.exists(python)) {
  cat("no Python peers: the peak is not measured\n")
  quit("no")
}
code <- '
import time, sys, numpy
best = 0
for module in sys.argv[2:]:
    try:
        lib = __import__(module)
    except ImportError:
        continue
    n = 1536
    a = numpy.random.rand(n, n).astype(sys.argv[1]); b = a.copy()
    if module == "torch":
        lib.set_num_threads(2); a = lib.from_numpy(a); b = lib.from_numpy(b)
    a @ b
    for i in range(6):
        begin = time.perf_counter(); a @ b; best = max(best, 2e-9 * n ** 3 / (time.perf_counter() - begin))
print(best)'
script <- tempfile(fileext = ".py")
writeLines(code, script)
Sys.setenv(OMP_NUM_THREADS = 2, OPENBLAS_NUM_THREADS = 2, MKL_NUM_THREADS = 2)
w <- make_workload("W5")
l <- w$layers
# Forward and gradient for every weight, and the error taken back through all layers but the first.
flops <- w$rows * w$epochs * 2 * (2 * sum(l[-1] * l[-length(l)]) + sum(l[-(1:2)] * l[-c(1, length(l))]))
rows <- lapply(w$precisions, function(precision) {
  fit <- function() backprop::nn_train(w$x, w$y, hidden = l[2:3], epochs = w$epochs, lr = w$lr, activation = w$activation, output = w$output, loss = w$loss,
    optimizer = "adam", batch_size = w$batch, start = list(weights = w$weights, biases = w$biases), precision = precision, threads = 2, seed = 1)
  measured <- replicate(3, {
    peak <- as.numeric(system2(python, c(script, if (precision == "single") "float32" else "float64", "numpy", "torch"), stdout = TRUE))
    from <- Sys.time()
    fit()
    c(peak, flops / as.numeric(difftime(Sys.time(), from, units = "secs")) / 1e9)
  })
  data.frame(workload = "W5", precision = precision, product_peak_gflops = max(measured[1, ]), ours_gflops = max(measured[2, ]),
    share = max(measured[2, ]) / max(measured[1, ]), to_reach = 0.75)
})
peak <- do.call(rbind, rows)
print(peak, row.names = FALSE, digits = 3)
write.csv(peak, file.path(out, "peak.csv"), row.names = FALSE)
