# The exact Hessian of the training objective at the weights of a fit.

#' @rdname nn_gradient
#' @export
nn_hessian <- function(fit, X, Y, case_weights = NULL, offset = NULL) {
  call <- quote(nn_hessian())
  problem <- problem_of_call(fit, if (!missing(X)) X, if (!missing(Y)) Y, case_weights, offset, call)
  refuse_custom_hessian(problem$engine, call)
  # As the engine gives it, and with names.
  check_room_for_pairs(problem$fit, 2, "The Hessian", call)
  warn_derivatives(named_hessian(problem, call))
}

named_hessian <- function(problem, call) {
  value <- ask_engine(engine_hessian, problem, call)$value
  names <- parameter_names(problem$fit)
  dimnames(value) <- list(names, names)
  value
}
