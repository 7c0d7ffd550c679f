# The package's own help page and its ties to the compiled code.

#' backprop: neural networks trained in Rust
#'
#' Trains feed-forward networks (multilayer perceptrons) on the CPU, with an engine written in Rust.
#' [nn_train()] trains, [nn_predict()] and [predict()][predict.nn_fit] predict.
#'
#' @section Options:
#' | option | meaning |
#' |---|---|
#' | `backprop.threads` | threads for training and prediction, where `threads =` is not given; half the cores if unset |
#' | `backprop.max_bytes` | the most memory that a call may take, in bytes; the free memory if unset |
#'
#' The environment variables `OMP_THREAD_LIMIT` and `_R_CHECK_LIMIT_CORES_` are upper limits of the number of threads.
#' @keywords internal
#' @useDynLib backprop, .registration = TRUE
"_PACKAGE"

# What lasts as long as the session: the last interrupted fit, and what the machine is.
session <- new.env(parent = emptyenv())

.onLoad <- function(libname, pkgname) {
  when_loaded("parsnip", register_in_parsnip)
}

# Does `action` as soon as another package is there, without loading it. What fails there must not keep this package from loading.
when_loaded <- function(package, action) {
  act <- function(...) {
    tryCatch(action(), error = function(problem) {
      packageStartupMessage("backprop is not an engine of ", package, " ", utils::packageVersion(package), ": ", conditionMessage(problem))
    })
  }
  if (isNamespaceLoaded(package)) act()
  setHook(packageEvent(package, "onLoad"), act)
}
