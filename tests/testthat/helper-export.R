# A plan (R/export-plan.R) carried out in plain R, step by step: what the languages are to say.

# `data`: a data frame, or for a fit of a matrix a matrix. A matrix with a column for each output.
run_plan <- function(plan, data) {
  n <- nrow(data)
  read <- function(i) {
    value <- if (plan$matrix && !isTRUE(plan$inputs[[i]]$offset)) data[, i] else data[[plan$inputs[[i]]$name]]
    if (plan$inputs[[i]]$kind == "levels") as.character(value) else as.double(value)
  }
  inputs <- lapply(seq_along(plan$inputs), read)
  scalars <- list()
  value <- function(e) rep_len(run_expression(e, plan, inputs, scalars), n)
  for (e in plan$scalars) scalars <- c(scalars, list(value(e)))
  table <- function(expressions) matrix(unlist(lapply(expressions, value)), n)
  vectors <- list(x = if (is.null(plan$x)) matrix(unlist(inputs), n) else table(plan$x))
  if (!is.null(plan$offset)) vectors$offset <- table(plan$offset)
  good <- rowSums(!is.finite(vectors$x)) == 0 & (if (is.null(plan$offset)) TRUE else rowSums(!is.finite(vectors$offset)) == 0)
  for (e in plan$checks) good <- good & value(e) %in% 1
  for (step in plan$steps) vectors[[step$into]] <- run_step(step, plan, vectors)
  out <- vectors[[plan$result]]
  out[!good, ] <- NA
  colnames(out) <- plan$outputs
  out
}

run_expression <- function(e, plan, inputs, scalars) {
  args <- lapply(e$args, run_expression, plan, inputs, scalars)
  a <- if (length(args) > 0L) args[[1L]]
  b <- if (length(args) > 1L) args[[2L]]
  as.double(switch(e$op,
    number = rep(e$value, length(inputs[[1L]])), input = inputs[[e$at]], scalar = scalars[[e$at]],
    missing = is.na(inputs[[e$at]]) & !is.nan(inputs[[e$at]]),
    code = {
      table <- plan$codes[[e$at]]
      text <- inputs[[table$input]]
      code <- table$codes[match(text, table$texts)]
      ifelse(is.na(text), table$missing, ifelse(is.na(match(text, table$texts)), table$other, code))
    },
    add = a + b, subtract = a - b, multiply = a * b, divide = a / b, power = a^b, modulo = a %% b, negate = -a, less = a < b, less_equal = a <= b,
    greater = a > b, greater_equal = a >= b, equal = a == b, not_equal = a != b, and = (a != 0) & (b != 0), or = (a != 0) | (b != 0), not = a == 0,
    "if" = ifelse(a != 0, b, args[[3L]]), unknown = is.na(a), is_true = a %in% 1, among = ifelse(is.na(a), NA, a %in% e$values),
    min = pmin(a, b), max = pmax(a, b), suppressWarnings(get(e$op, baseenv())(a))
  ))
}

run_step <- function(step, plan, vectors) {
  x <- if (length(step$from) == 1L) vectors[[step$from]]
  constant <- function(what) plan$constants[[step[[what]]]]
  by_row <- function(what) rep(constant(what), each = nrow(x))
  switch(step$op,
    standardise = (x - by_row("center")) / by_row("scale"),
    bend = {
      for (j in step$clipped) x[, j] <- x[, j] / sqrt(1 + (x[, j] / 3)^2)
      for (curve in step$curves) {
        x[, curve$column] <- if (length(curve$knots) == 1L) curve$scores else stats::approx(curve$knots, curve$scores, x[, curve$column], rule = 2)$y
      }
      x
    },
    pieces = do.call(cbind, lapply(step$pieces, function(piece) {
      e <- piece$edges
      vapply(seq_len(length(e) - 1L), function(i) pmin(pmax((x[, piece$column] - e[i]) / (e[i + 1L] - e[i]), 0), 1), x[, 1L])
    })),
    take = do.call(cbind, lapply(step$parts, function(part) if (is.null(part$at)) vectors[[part$from]] else vectors[[part$from]][, part$at, drop = FALSE])),
    linear = {
      z <- x %*% constant("weights")
      if (is.null(step$biases)) z else z + rep(constant("biases"), each = nrow(z))
    },
    times = x * by_row("factors"),
    plus = Reduce(`+`, vectors[step$from]),
    activate = run_activation(x, step$activation),
    norm = {
      centered <- x - rowMeans(x)
      centered / sqrt(rowMeans(centered^2) + step$epsilon) * by_row("factors") + by_row("biases")
    },
    softmax = {
      e <- exp(x - apply(x, 1L, max))
      e / rowSums(e)
    },
    rescale = x * by_row("scale") + by_row("center"),
    clamp = pmin(pmax(x, by_row("lower")), by_row("upper")),
    mean = Reduce(`+`, Map(`*`, vectors[step$from], step$shares))
  )
}

# A fit that computes in double precision, whatever it was trained in: what languages are held to.
in_double <- function(fit) {
  fit$settings$precision <- "double"
  if (is_ensemble(fit)) {
    fit$members <- lapply(fit$members, function(member) {
      member$settings$precision <- "double"
      member
    })
  }
  fit
}

# By the definitions in R's own functions, none of the package's.
run_activation <- function(z, name) {
  switch(name,
    sigmoid = stats::plogis(z), tanh = tanh(z), relu = pmax(z, 0), leaky_relu = ifelse(z < 0, 0.01 * z, z), elu = ifelse(z < 0, expm1(z), z),
    selu = 1.0507009873554805 * ifelse(z < 0, 1.6732632423543772 * expm1(z), z), gelu = z * stats::pnorm(z), softplus = pmax(z, 0) + log1p(exp(-abs(z))),
    silu = z * stats::plogis(z), softsign = z / (1 + abs(z)), exp = exp(z), cosine = suppressWarnings(cos(2 * pi * z)), sine = suppressWarnings(sin(2 * pi * z))
  )
}
