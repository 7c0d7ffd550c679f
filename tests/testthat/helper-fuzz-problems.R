# The generator of random calls: data to train on, small and of every kind, and new rows for what was trained on them.

outcome_kinds <- c(
  "zero_one", "zero_one", "logical", "factor2", "factor2", "factor3", "factor3", "unused", "ordered", "text", "numeric", "numeric", "numeric",
  "several", "several", "flags", "counts", "unit", "shares", "constant", "large", "positive", "times", "times", "trials"
)

# Data in the form of one of the methods of nn_train(): `first`, its first arguments; `inputs`, what predictions take; `n`; `outcome`, its kind;
# `outputs`, how many columns it has; `known`, whether it is without gaps; `columns`, extra arguments that name columns of a formula's data.
draw_problem <- function(clean = FALSE, interface = NULL) {
  if (is.null(interface)) interface <- draw_from(c("matrix", "matrix", "sparse", "data.frame", "formula", "formula"))
  n <- draw_from(if (clean) c(8L, 13L, 20L) else c(1L, 2L, 3L, 5L, 8L, 13L, 20L, 40L))
  kind <- draw_from(if (interface == "formula") setdiff(outcome_kinds, c("several", "flags", "shares", "trials")) else outcome_kinds)
  problem <- list(interface = interface, n = n, outcome = kind, clean = clean)
  Y <- draw_outcome(kind, n)
  if (!clean && chance(0.05) && n > 1L) Y <- with_gap(Y)
  table <- interface %in% c("data.frame", "formula")
  X <- if (table) draw_table(n, clean) else draw_matrix(n, clean)
  if (interface == "sparse") X <- as_sparse_matrix(X)
  problem$known <- !anyNA(Y) && all_finite(X)
  problem$inputs <- X
  if (interface == "formula") {
    return(as_formula_problem(problem, X, Y))
  }
  if (!clean && is.null(dim(Y)) && chance(0.2)) Y <- draw_one(matrix(Y, ncol = 1L), data.frame(outcome = Y), array(Y, length(Y)))
  problem$first <- list(X = X, Y = Y)
  problem
}

as_sparse_matrix <- function(X) {
  loadNamespace("Matrix")
  methods::as(methods::as(methods::as(X, "dMatrix"), "generalMatrix"), "CsparseMatrix")
}

all_finite <- function(X) {
  if (is.data.frame(X)) all(vapply(X, all_finite, NA)) else if (isS4(X)) all(is.finite(X@x)) else if (is.numeric(X)) all(is.finite(X)) else !anyNA(X)
}

with_gap <- function(Y) {
  if (is.matrix(Y)) Y[1L, ] <- NA else Y[draw_from(seq_along(Y))] <- NA
  Y
}

draw_outcome <- function(kind, n) {
  levels <- draw_one(c("a", "b", "c", "d"), c("no", "yes", "", "perhaps"), c("1", "2", "3", "4"), c("\u00e4", "b c", "{d}", "%e"))
  pick <- function(k) factor(levels[c(rep_len(seq_len(k), min(n, k)), sample.int(k, max(n - k, 0L), TRUE))], levels = levels[seq_len(k)])
  numbers <- function() stats::rnorm(n)
  switch(kind,
    zero_one = draw_one(sample(0:1, n, TRUE), as.double(sample(0:1, n, TRUE))),
    logical = sample(c(TRUE, FALSE), n, TRUE),
    factor2 = pick(2L),
    factor3 = pick(3L),
    unused = factor(as.character(pick(2L)), levels = levels),
    ordered = factor(pick(3L), ordered = TRUE),
    text = as.character(pick(2L)),
    numeric = numbers(),
    several = draw_one(
      cbind(numbers(), numbers()), cbind(u = numbers(), v = numbers(), w = numbers()), data.frame(u = numbers(), v = numbers())
    ),
    flags = matrix(sample(c(TRUE, FALSE), 2L * n, TRUE), n),
    counts = stats::rpois(n, 3),
    unit = stats::runif(n),
    shares = {
      shares <- matrix(stats::rexp(3L * n), n)
      shares / rowSums(shares)
    },
    positive = stats::rexp(n) + 1e-3,
    times = structure(cbind(time = draw_one(stats::rexp(n), as.double(sample.int(4L, n, TRUE))), status = stats::rbinom(n, 1, 0.7)), class = "Surv", type = "right"),
    trials = cbind(yes = stats::rbinom(n, 5, 0.4), no = stats::rpois(n, 2) + 1),
    constant = rep(draw_one(0, 1, 2.5, -1e6), n),
    large = numbers() * draw_one(1e3, 1e8, 1e150)
  )
}

draw_column <- function(n, clean = FALSE) {
  x <- draw_one(
    stats::rnorm(n), stats::rnorm(n), stats::runif(n), sample(0:1, n, TRUE), stats::rnorm(n) * 1e4, rep(1, n), sample.int(5L, n, TRUE),
    if (clean) stats::rnorm(n) else draw_one(rep(0, n), stats::rnorm(n) * 1e-300, stats::rnorm(n) * 1e200, stats::rnorm(n) * 5e-324)
  )
  if (!clean && chance(0.03)) x[sample.int(n, 1L)] <- draw_one(NA, NaN, Inf)
  x
}

draw_matrix <- function(n, clean) {
  p <- sample.int(5L, 1L)
  X <- matrix(unlist(lapply(seq_len(p), function(j) draw_column(n, clean))), n)
  if (chance(0.5)) colnames(X) <- draw_one(letters[seq_len(p)], paste0("in put", seq_len(p)), c("{x}", "%", "if", "\u00e9", "y")[seq_len(p)])
  if (chance(0.3)) rownames(X) <- paste0("row", seq_len(n))
  if (chance(0.1)) X[] <- X != 0
  if (chance(0.2) && all(is.finite(X)) && max(abs(X)) < 1e9) storage.mode(X) <- draw_one("integer", "logical")
  X
}

draw_table <- function(n, clean) {
  p <- sample.int(4L, 1L)
  columns <- lapply(seq_len(p), function(j) {
    draw_one(
      draw_column(n, clean), draw_column(n, clean), draw_column(n, clean), sample(c(TRUE, FALSE), n, TRUE),
      factor(sample(c("p", "q", "r"), n, TRUE)), sample(c("low", "high"), n, TRUE), factor(sample(1:3, n, TRUE), ordered = TRUE),
      if (clean) draw_column(n, clean) else draw_one(matrix(stats::rnorm(2L * n), n), as.Date("2020-01-01") + seq_len(n), factor(rep("one", n), c("one", "two")))
    )
  })
  names(columns) <- if (chance(0.8)) c("a", "b", "c", "d")[seq_len(p)] else c("a b", "if", "b.", "\u00e9")[seq_len(p)]
  table <- structure(columns, class = "data.frame", row.names = .set_row_names(n))
  if (chance(0.2)) rownames(table) <- paste0("row", seq_len(n))
  if (chance(0.2)) tibble::as_tibble(table) else table
}

# A table and an outcome as formula and data.
as_formula_problem <- function(problem, X, Y) {
  data <- X
  data$y <- Y
  if (chance(0.3)) data$w <- sample(0:3, problem$n, TRUE)
  if (chance(0.3)) data$o <- stats::runif(problem$n)
  problem$first <- list(formula = draw_formula(names(X), X, Y, names(data)), data = data)
  problem$inputs <- data
  problem
}

draw_formula <- function(names, X, Y, columns) {
  numeric <- names[vapply(X, function(x) is.numeric(x) && is.null(dim(x)), NA)]
  one <- as.name(draw_from(names))
  other <- as.name(draw_from(names))
  number <- if (length(numeric) > 0L) as.name(draw_from(numeric)) else one
  left <- if (is.numeric(Y) && chance(0.15)) draw_one(quote(log(y)), quote(y^2), quote(cbind(y, -y)), quote(I(y / 2)), quote(factor(y > 0)), quote(y > 0)) else quote(y)
  right <- draw_one(
    quote(.), quote(.), quote(.), one, bquote(.(one) + .(other)), bquote(.(one) * .(other)), bquote(.(one):.(other)), bquote(log(abs(.(number)) + 1)),
    bquote(poly(.(number), 2)), bquote(scale(.(number)) + .(other)), bquote(factor(.(one))), bquote(I(.(number)^2) + .(one)), bquote(cut(.(number), 3)),
    bquote(0 + .(one)), bquote(. - .(one)), quote(1), bquote(sqrt(.(number))), bquote(rank(.(number))), bquote(.(number) > 0), bquote((.(one) + .(other))^2),
    if ("o" %in% columns) bquote(offset(o) + .(one)) else quote(.), bquote(unknown + .(one)), bquote(.(number) - mean(.(number)))
  )
  stats::as.formula(call("~", left, right), env = globalenv())
}
