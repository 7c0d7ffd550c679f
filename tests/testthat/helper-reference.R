# Reference numbers made by independent implementations (see `meta` in each file), and ways to read them.

reference <- function(name) {
  testthat::skip_if_not_installed("jsonlite")
  jsonlite::read_json(testthat::test_path("reference", paste0(name, ".json")), simplifyVector = TRUE)
}

# A list of matrices, whatever the reader made of layers of equal or unequal shape.
layers_of <- function(x) {
  if (is.array(x) && length(dim(x)) == 3L) {
    x <- lapply(seq_len(dim(x)[1L]), function(i) x[i, , ])
  }
  lapply(x, function(layer) if (is.matrix(layer)) layer else matrix(layer, nrow = length(layer)))
}

# Biases may come as one matrix or one vector per layer.
biases_of <- function(x) {
  if (is.matrix(x)) {
    x <- lapply(seq_len(nrow(x)), function(i) x[i, ])
  }
  lapply(x, as.double)
}

# The largest absolute difference between lists of numbers.
largest_difference <- function(a, b) {
  max(abs(unlist(a, use.names = FALSE) - unlist(b, use.names = FALSE)))
}
