# The peers: which of them take part in which workload, whether they are installed, and in which version.

peers <- list(
  backprop = list(language = "R", package = "backprop", workloads = paste0("W", 1:8)),
  `base R` = list(language = "R", package = "base", workloads = c("W1", "W2", "W7", "W8")),
  nnet = list(language = "R", package = "nnet", workloads = c("W2", "W6", "W7")),
  RSNNS = list(language = "R", package = "RSNNS", workloads = c("W1", "W2", "W8")),
  neuralnet = list(language = "R", package = "neuralnet", workloads = "W1"),
  ANN2 = list(language = "R", package = "ANN2", workloads = c("W3", "W4", "W5")),
  deepnet = list(language = "R", package = "deepnet", workloads = c("W3", "W4")),
  NumPy = list(language = "Python", package = "numpy", workloads = paste0("W", 1:8)),
  `scikit-learn` = list(language = "Python", package = "scikit-learn", workloads = paste0("W", 2:8)),
  torch = list(language = "Python", package = "torch", workloads = paste0("W", 1:8))
)

# Where a peer's algorithm is not the workload's own, what it does instead; its loss is then not compared.
other_algorithm <- list(
  nnet = c(W2 = "BFGS, as many iterations as epochs", W6 = "BFGS, as many iterations as epochs", W7 = "one hidden layer of 64 sigmoids"),
  deepnet = c(W3 = "sigmoid, SGD", W4 = "sigmoid"),
  RSNNS = c(W1 = "its batch rule", W2 = "its batch rule", W8 = "single precision"),
  neuralnet = c(W1 = "its batch rule"),
  ANN2 = c(W3 = "two softmax outputs"),
  `scikit-learn` = c(W5 = "its own smaller starting weights", W8 = "log loss")
)

# Version of each peer here; NA where it is not installed.
peer_versions <- function(python) {
  vapply(peers, function(peer) {
    if (peer$language == "R") {
      if (peer$package == "base") return(as.character(getRversion()))
      tryCatch(as.character(utils::packageVersion(peer$package)), error = function(e) NA_character_)
    } else {
      if (!file.exists(python)) return(NA_character_)
      code <- sprintf("import importlib.metadata as m; print(m.version('%s'))", peer$package)
      found <- suppressWarnings(system2(python, c("-c", shQuote(code)), stdout = TRUE, stderr = FALSE))
      if (length(found) == 1) found else NA_character_
    }
  }, "")
}

# Runs one workload with one peer in a process of its own; a row per precision, or none where it failed.
run_peer <- function(peer, dir, threads, here, python) {
  how <- peers[[peer]]
  command <- if (how$language == "R") file.path(R.home("bin"), "Rscript") else python
  script <- file.path(here, if (how$language == "R") "worker.R" else "worker.py")
  lines <- suppressWarnings(system2(command, c(shQuote(script), shQuote(peer), shQuote(dir), threads), stdout = TRUE,
    stderr = file.path(dirname(dir), "worker.log"), timeout = 900))
  lines <- grep("^(single|double) [0-9.e+-]+ [0-9]+ ", lines, value = TRUE)
  if (length(lines) == 0) {
    message("  ", peer, " failed: ", paste(tail(readLines(file.path(dirname(dir), "worker.log")), 2), collapse = " "))
    return(NULL)
  }
  parts <- do.call(rbind, strsplit(lines, " "))
  data.frame(peer = peer, precision = parts[, 1], seconds = as.numeric(parts[, 2]), calls = as.integer(parts[, 3]),
             loss = suppressWarnings(as.numeric(parts[, 4])))
}
