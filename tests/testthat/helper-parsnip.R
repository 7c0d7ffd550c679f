# A fit as parsnip keeps it, without parsnip: `...` are what was typed into set_engine().

fit_as_of_parsnip <- function(fit, mode, ...) {
  list(fit = fit, spec = list(mode = mode, engine = "backprop", eng_args = list(...)))
}

skip_without_tidymodels <- function(packages = "parsnip") {
  for (package in packages) skip_if_not_installed(package)
}

# A small network of the textbook, as an engine's arguments and as those of nn_train().
quick <- list(preset = "textbook", optimizer = "adam", threads = 1, seed = 1)
