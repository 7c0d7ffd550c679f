# Random calls: files of networks that are read.

targets_of_files <- function() list(nn_import = target_of_import)

# What was exported a moment ago, with and without what stands beside its graph, and damaged.
target_of_import <- function() {
  env <- fuzz_env()
  file <- tempfile(fileext = ".onnx")
  # An ensemble may have numbers that no graph holds, which is refused.
  tryCatch(nn_export(if (chance(0.3)) an_ensemble(env) else a_plain_fit(env), file), backprop_error = function(cnd) nn_export(a_plain_fit(env), file))
  if (chance(0.5)) {
    # As a file of another program: the graph alone.
    model <- wire_decode(readBin(file, "raw", file.size(file)), "Model", stop)
    model$metadata_props <- NULL
    writeBin(wire_encode(model, "Model"), file)
  }
  if (chance(0.3)) {
    bytes <- readBin(file, "raw", file.size(file))
    at <- sample.int(length(bytes), 3L)
    writeBin(if (chance(0.5)) replace(bytes, at, as.raw(sample(0:255, 3L))) else bytes[seq_len(at[1L])], file)
  }
  path <- function(near) if (near) draw_one("", NA, "none.onnx", tempdir(), 1, c(file, file)) else file
  levels <- function(near) if (near) draw_one("a", c("a", "a"), 1:2, NA_character_) else draw_one(NULL, c("a", "b"), c("a", "b", "c"))
  draw <- fuzz_draw("nn_import", quote(nn_import), draw_arguments(list(path = path, levels = levels), needed = "path", share = 0.3), env)
  draw$holds <- function(value) c(if (!inherits(value, "nn_fit")) "is no fit", faults_of_text(value))
  draw
}

# Of numbers alone, so that its graph is a network by itself.
a_plain_fit <- function(env) {
  n <- sample.int(5L, 1L)
  X <- matrix(stats::rnorm(8L * n), 8L)
  Y <- draw_one(stats::rnorm(8), factor(rep(c("a", "b"), 4)), factor(rep(c("a", "b", "c", "d"), 2)), rep(0:1, 4) == 1, matrix(stats::rnorm(16), 8))
  nn_train(X, Y, hidden = draw_one(2, c(), c(3, 2)), activation = draw_from(names(activations)), epochs = 1, seed = 1, standardize = chance(0.5))
}
