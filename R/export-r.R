# A plan (export-plan.R) as a function of R that needs base R alone, neither this package nor the fit.

export_r <- function(plan, options) {
  say <- expressions_like_c(function(names) paste0(".", names), identity)
  say[c("number", "scalar", "input", "code", "missing", "among")] <- list(
    r_number, function(i) paste0("v", i), function(i) paste0("given[[", i, "]]"), function(i) paste0(".code(given[[", plan$codes[[i]]$input, "]], codes", i, ")"),
    function(i) paste0(".missing(given[[", i, "]])"), function(a, values) paste0(".among(", a, ", c(", paste(r_number(values), collapse = ", "), "))")
  )
  name <- options$name
  body <- r_body(plan, say)
  codes <- vapply(seq_along(plan$codes), function(i) r_code(plan$codes[[i]], i), "")
  constants <- vapply(names(plan$constants), function(constant) {
    values <- plan$constants[[constant]]
    numbers <- paste0("c(\n", number_lines(as.vector(values), r_special), "\n)")
    paste0(constant, " <- ", if (is.matrix(values)) paste0("matrix(", numbers, ", ", nrow(values), ")") else numbers)
  }, "")
  columns <- vapply(plan$inputs, function(input) input$name, "")
  outputs <- prediction_names(plan)
  head <- export_head(
    plan, paste0(if (plan$matrix) paste0("column ", seq_along(columns), " "), "\"", comment_text(columns), "\""), outputs, paste0(
      name, "(new_data) takes a data frame", if (plan$matrix) " or a matrix", " and gives a data frame with a row for each of its rows and a column for each output",
      if (!is.null(plan$classes)) ", and .pred_class, the likeliest level, as a factor", ". Rows without a prediction are NA."
    )
  )
  paste(c(
    paste0("# ", head), "", paste0(name, " <- local({"),
    paste0("  ", unlist(strsplit(c(needed_functions(r_library, c(body, ".given", ".columns", if (length(codes) > 0L) ".code")), codes, constants), "\n"))), "",
    "  function(new_data) {", paste0("    ", r_given(plan, columns)), paste0("    ", body),
    paste0("    made <- .columns(out, ", r_texts(outputs), ")"),
    if (!is.null(plan$classes)) c(
      "    place <- rep(NA_integer_, nrow(out))",
      "    place[good] <- max.col(out[good, , drop = FALSE], ties.method = \"first\")",
      paste0("    levels <- ", r_texts(plan$classes)), "    made[[\".pred_class\"]] <- factor(levels[place], levels = levels)"
    ),
    "    made", "  }", "})"
  ), collapse = "\n")
}

r_special <- c(nan = "NaN", infinite = "Inf")

r_number <- function(x) number_text(x, r_special)

r_text <- function(x) quoted_text(x, function(point) sprintf("\\U{%x}", point))

r_texts <- function(x) paste0("c(", paste(r_text(x), collapse = ", "), ")")

r_code <- function(table, i) {
  paste0(
    "codes", i, " <- list(texts = ", if (length(table$texts) > 0L) r_texts(table$texts) else "character()", ", codes = c(", paste(r_number(table$codes), collapse = ", "),
    "), other = ", r_number(table$other), ", missing = ", r_number(table$missing), ")"
  )
}

r_given <- function(plan, columns) {
  kinds <- vapply(plan$inputs, function(input) input$kind, "")
  paste0("given <- .given(new_data, ", r_texts(columns), ", c(", paste(kinds == "levels", collapse = ", "), "), by_position = ", plan$matrix, ")")
}

r_body <- function(plan, say) {
  value <- function(e) say_expression(e, say)
  bind <- function(values) paste0(".bind(n, list(\n", paste0("      ", values, collapse = ",\n"), "\n    ))")
  c(
    "n <- length(given[[1L]])",
    if (length(plan$scalars) > 0L) paste0("v", seq_along(plan$scalars), " <- suppressWarnings(", vapply(plan$scalars, value, ""), ")"),
    paste0("x <- ", if (is.null(plan$x)) ".bind(n, given)" else paste0("suppressWarnings(", bind(vapply(plan$x, value, "")), ")")),
    "good <- rowSums(!is.finite(x)) == 0",
    if (!is.null(plan$offset)) c(paste0("offset <- suppressWarnings(", bind(vapply(plan$offset, value, "")), ")"), "good <- good & rowSums(!is.finite(offset)) == 0"),
    if (length(plan$checks) > 0L) paste0("good <- good & ", vapply(plan$checks, value, ""), " %in% 1"),
    "# Rows without a prediction are not computed.", "x[!good, ] <- 0", if (!is.null(plan$offset)) "offset[!good, ] <- 0",
    vapply(plan$steps, r_step, "", plan),
    paste0("out <- ", plan$result), "out[!good, ] <- NA"
  )
}

r_step <- function(step, plan) {
  from <- step$from
  numbers <- function(x) paste0("c(", paste(r_number(x), collapse = ", "), ")")
  whole <- function(x) paste0("c(", paste0(x, "L", collapse = ", ", recycle0 = TRUE), ")")
  call <- function(name, ...) paste0(".", name, "(", paste(..., sep = ", "), ")")
  paste0(step$into, " <- ", switch(step$op,
    standardise = call("standardise", from, step$center, step$scale),
    rescale = call("rescale", from, step$scale, step$center),
    times = call("times", from, step$factors),
    plus = paste(from, collapse = " + "),
    clamp = call("clamp", from, step$lower, step$upper),
    softmax = call("softmax", from),
    norm = call("norm", from, step$factors, step$biases, r_number(step$epsilon)),
    linear = call("linear", from, step$weights, if (is.null(step$biases)) "0" else step$biases),
    activate = call(paste0("curve_", step$activation), from),
    mean = paste0(r_number(step$shares), " * ", from, collapse = " + "),
    take = paste0("cbind(", paste(vapply(step$parts, function(part) {
      if (is.null(part$at)) part$from else paste0(part$from, "[, ", whole(part$at), ", drop = FALSE]")
    }, ""), collapse = ", "), ")"),
    pieces = paste0("cbind(", paste(vapply(step$pieces, function(piece) call("pieces", paste0(from, "[, ", piece$column, "L]"), numbers(piece$edges)), ""), collapse = ", "), ")"),
    bend = paste0(
      ".bend(", from, ", ", whole(step$clipped), ", list(",
      paste(vapply(step$curves, function(curve) paste0("list(", curve$column, "L, ", numbers(curve$knots), ", ", numbers(curve$scores), ")"), ""), collapse = ", "), "))"
    )
  ))
}

# Each behind those that it calls. Logical values are 1 and 0.
r_library <- c(
  .given = paste(
    ".given <- function(data, columns, texts, by_position) {", "  if (is.matrix(data)) {",
    "    if (by_position && (is.null(colnames(data)) || !all(columns %in% colnames(data)))) {",
    "      if (ncol(data) != length(columns)) stop(length(columns), \" columns are wanted, not \", ncol(data))", "      colnames(data) <- columns", "    }",
    "    data <- stats::setNames(lapply(seq_len(ncol(data)), function(j) data[, j]), colnames(data))", "  }",
    "  lost <- setdiff(columns, names(data))",
    "  if (length(lost) > 0L) stop(\"columns are missing: \", paste(lost, collapse = \", \"))",
    "  Map(function(name, text) {", "    value <- data[[name]]",
    "    if (text) {", "      if (!is.factor(value) && !is.character(value) && !all(is.na(value))) stop(\"column \", name, \" must be a text or a factor\")",
    "      as.character(value)", "    } else {", "      if (!(is.numeric(value) || is.logical(value)) || is.factor(value)) stop(\"column \", name, \" must be numeric or logical\")",
    "      as.double(value)", "    }", "  }, columns, texts)", "}",
    sep = "\n"
  ),
  .bind = ".bind <- function(n, columns) matrix(as.double(unlist(lapply(columns, rep_len, n))), n)",
  .columns = paste(
    ".columns <- function(values, names) {", "  made <- lapply(seq_len(ncol(values)), function(j) values[, j])", "  names(made) <- names",
    "  structure(made, class = \"data.frame\", row.names = seq_len(nrow(values)))", "}",
    sep = "\n"
  ),
  .missing = ".missing <- function(a) as.double(is.na(a) & !is.nan(a))",
  .code = paste(
    ".code <- function(text, table) {", "  at <- match(enc2utf8(text), table$texts)", "  code <- table$codes[at]", "  code[is.na(at)] <- table$other",
    "  code[is.na(text)] <- table$missing", "  code", "}",
    sep = "\n"
  ),
  .choose = ".choose <- function(a, b, c) {\n  n <- max(length(a), length(b), length(c))\n  ifelse(rep_len(a, n) != 0, rep_len(b, n), rep_len(c, n))\n}",
  .unknown = ".unknown <- function(a) as.double(is.na(a))",
  .is_true = ".is_true <- function(a) as.double(a %in% 1)",
  .less = ".less <- function(a, b) as.double(a < b)",
  .less_equal = ".less_equal <- function(a, b) as.double(a <= b)",
  .greater = ".greater <- function(a, b) as.double(a > b)",
  .greater_equal = ".greater_equal <- function(a, b) as.double(a >= b)",
  .equal = ".equal <- function(a, b) as.double(a == b)",
  .not_equal = ".not_equal <- function(a, b) as.double(a != b)",
  .and = ".and <- function(a, b) as.double(a != 0 & b != 0)",
  .or = ".or <- function(a, b) as.double(a != 0 | b != 0)",
  .not = ".not <- function(a) as.double(a == 0)",
  .among = ".among <- function(a, values) ifelse(is.na(a), NA, as.double(a %in% values))",
  .min = ".min <- function(a, b) pmin(a, b)",
  .max = ".max <- function(a, b) pmax(a, b)",
  .sign = ".sign <- function(a) sign(a)",
  .power = ".power <- function(a, b) a^b",
  .modulo = ".modulo <- function(a, b) a %% b",
  .curve_sigmoid = ".curve_sigmoid <- function(z) 1 / (1 + exp(-z))",
  .curve_tanh = ".curve_tanh <- function(z) tanh(z)",
  .curve_exp = ".curve_exp <- function(z) exp(z)",
  .curve_relu = ".curve_relu <- function(z) replace(z, z < 0, 0)",
  .curve_leaky_relu = ".curve_leaky_relu <- function(z) ifelse(z < 0, 0.01 * z, z)",
  .curve_elu = ".curve_elu <- function(z) ifelse(z < 0, expm1(z), z)",
  .curve_selu = ".curve_selu <- function(z) 1.0507009873554805 * ifelse(z < 0, 1.6732632423543772 * expm1(z), z)",
  .curve_gelu = ".curve_gelu <- function(z) z * stats::pnorm(z)",
  .curve_softplus = ".curve_softplus <- function(z) replace(z, z < 0, 0) + log1p(exp(-abs(z)))",
  .curve_silu = ".curve_silu <- function(z) z / (1 + exp(-z))",
  .curve_softsign = ".curve_softsign <- function(z) z / (1 + abs(z))",
  .curve_cosine = ".curve_cosine <- function(z) cos(2 * pi * (z - floor(z + 0.5)))",
  .curve_sine = ".curve_sine <- function(z) sin(2 * pi * (z - floor(z + 0.5)))",
  .standardise = ".standardise <- function(x, center, scale) (x - rep(center, each = nrow(x))) / rep(scale, each = nrow(x))",
  .rescale = ".rescale <- function(x, scale, center) x * rep(scale, each = nrow(x)) + rep(center, each = nrow(x))",
  .times = ".times <- function(x, factors) x * rep(factors, each = nrow(x))",
  .clamp = ".clamp <- function(x, lower, upper) {\n  x[] <- pmin(pmax(x, rep(lower, each = nrow(x))), rep(upper, each = nrow(x)))\n  x\n}",
  .linear = ".linear <- function(x, weights, biases) x %*% weights + rep(biases, each = nrow(x))",
  .softmax = ".softmax <- function(x) {\n  e <- exp(x - x[cbind(seq_len(nrow(x)), max.col(x, ties.method = \"first\"))])\n  e / rowSums(e)\n}",
  .norm = ".norm <- function(x, factors, biases, epsilon) {\n  x <- x - rowMeans(x)\n  x / sqrt(rowMeans(x^2) + epsilon) * rep(factors, each = nrow(x)) + rep(biases, each = nrow(x))\n}",
  .pieces = ".pieces <- function(z, edges) {\n  m <- length(edges) - 1L\n  matrix(pmin(pmax((z - rep(edges[-(m + 1L)], each = length(z))) / rep(diff(edges), each = length(z)), 0), 1), length(z))\n}",
  .curve = ".curve <- function(z, knots, scores) {\n  i <- findInterval(z, knots)\n  low <- pmax(i, 1L)\n  high <- pmin(i + 1L, length(knots))\n  share <- ifelse(low == high, 0, (z - knots[low]) / (knots[high] - knots[low]))\n  ifelse(i == 0L, scores[1L], scores[low] + share * (scores[high] - scores[low]))\n}",
  .bend = ".bend <- function(x, clipped, curves) {\n  for (i in clipped) x[, i] <- x[, i] / sqrt(1 + (x[, i] / 3)^2)\n  for (one in curves) x[, one[[1L]]] <- .curve(x[, one[[1L]]], one[[2L]], one[[3L]])\n  x\n}"
)
