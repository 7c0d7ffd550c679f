# Bases of polynomials and splines, with the coefficients that training froze, as expressions of a plan (export-plan.R).

# Orthogonal polynomials by the three-term recursion that poly() goes by, or plain powers.
poly_of_expression <- function(expression, context) {
  call <- match.call(stats::poly, expression, expand.dots = FALSE)
  raw <- !is.null(call$raw) && isTRUE(constant_of_expression(call$raw, context))
  coefs <- if (!is.null(call$coefs)) constant_of_expression(call$coefs, context)
  degree <- if (is.null(call$degree)) unlist(call[["..."]]) else call$degree
  degree <- if (is.null(degree)) 1 else constant_of_expression(degree, context)
  if (length(degree) != 1L || (!raw && !(is.list(coefs) && all(c("alpha", "norm2") %in% names(coefs))))) stop_unsaid(expression, context)
  plan <- context$plan
  x <- add_scalar(plan, number_of_expression(call$x, context))
  if (raw) {
    return(lapply(seq_len(degree), function(power) op("power", x, number(power))))
  }
  columns <- list(number(1), op("subtract", x, number(coefs$alpha[1L])))
  for (i in seq_len(degree - 1) + 1) {
    next_one <- op(
      "subtract", op("multiply", op("subtract", x, number(coefs$alpha[i])), columns[[i]]),
      op("multiply", number(coefs$norm2[i + 1] / coefs$norm2[i]), columns[[i - 1]])
    )
    columns[[i + 1]] <- add_scalar(plan, next_one)
  }
  lapply(seq_len(degree), function(i) op("divide", columns[[i + 1]], number(sqrt(coefs$norm2[i + 2]))))
}

# Splines are a polynomial between each two knots, which as many values as it has coefficients determine.
splines_of_expression <- function(expression, context) {
  refuse_own_function(called(expression), expression, context)
  constant <- function(name) if (!is.null(expression[[name]])) as.double(constant_of_expression(expression[[name]], context))
  knots <- sort(unique(c(constant("Boundary.knots"), constant("knots"))))
  if (length(knots) < 2L || length(inputs_read(expression[[2L]], context)) == 0L) stop_unsaid(expression, context)
  degree <- if (is.null(expression$degree)) 3 else constant("degree")
  x <- add_scalar(context$plan, number_of_expression(expression[[2L]], context))
  last <- length(knots)
  width <- knots[last] - knots[1L]
  starts <- c(knots[1L] - width, knots)
  ends <- c(knots, knots[last] + width)
  points <- cos(pi * (seq_len(degree + 1) - 0.5) / (degree + 1))
  call <- expression
  call[[2L]] <- as.name(".x")
  env <- environment_of_carried(context$carried, context$plan$call)
  coefficients <- Map(function(start, end) {
    values <- suppressWarnings(eval(call, list(.x = (start + end) / 2 + points * (end - start) / 2), env))
    solve(outer(points, 0:degree, `^`), unclass(values))
  }, starts, ends)
  place <- Map(function(start, end) add_scalar(context$plan, op("divide", op("subtract", x, number((start + end) / 2)), number((end - start) / 2))), starts, ends)
  lapply(seq_len(ncol(coefficients[[1L]])), function(j) {
    polynomials <- Map(function(of_piece, u) {
      Reduce(function(sum, coefficient) op("add", op("multiply", sum, u), number(coefficient)), rev(of_piece[-nrow(of_piece), j]), number(of_piece[nrow(of_piece), j]))
    }, coefficients, place)
    Reduce(function(rest, i) op("if", op("less", x, number(knots[i])), polynomials[[i]], rest), rev(seq_len(last)), polynomials[[last + 1L]])
  })
}
