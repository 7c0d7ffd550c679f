# A plan (export-plan.R) as a file of C99 that needs nothing but math.h.

export_c <- function(plan, options) {
  name <- options$name
  # Fields of a structure are no vector.
  if (is.null(plan$x) && !plan$matrix) plan$x <- lapply(seq_along(plan$inputs), at_input)
  say <- expressions_like_c(function(names) paste0("bp_", names), function(names) replace(names, names %in% c("abs", "ceiling"), c("fabs", "ceil")))
  fields <- identifiers_of(vapply(plan$inputs, function(input) input$name, ""), c_keywords)
  at <- if (plan$matrix) paste0("x[", seq_along(fields) - 1L, "]") else paste0("row->", fields)
  say[c("number", "scalar", "input", "code", "missing", "among")] <- list(
    number_text, function(i) paste0("v", i), function(i) at[i],
    function(i) paste0("bp_code", i, "(", at[plan$codes[[i]]$input], ")"),
    function(i) if (plan$inputs[[i]]$kind == "levels") paste0("(", at[i], " ? 0.0 : 1.0)") else paste0("bp_unknown(", at[i], ")"),
    function(a, values) paste0("bp_among(", a, ", (const double[]){", paste(number_text(values), collapse = ", "), "}, ", length(values), ")")
  )
  body <- c_body(plan, say, at)
  codes <- vapply(seq_along(plan$codes), function(i) c_code(plan$codes[[i]], i), "")
  library <- needed_functions(c_library, c(body, if (length(codes) > 0L) "bp_same"))
  constants <- vapply(names(plan$constants), function(constant) {
    values <- plan$constants[[constant]]
    # Row by row: a row for each number that comes in.
    if (is.matrix(values)) values <- t(values)
    paste0("static const double ", constant, "[", length(values), "] = {\n", number_lines(as.vector(values)), "\n};")
  }, "")
  k <- plan$lengths[[plan$result]]
  argument <- if (plan$matrix) "const double *x" else paste0("const ", name, "_input *row")
  declared <- c(
    if (!plan$matrix) c("typedef struct {", paste0("  ", ifelse(vapply(plan$inputs, function(i) i$kind, "") == "levels", "const char *", "double "), fields, ";"), paste0("} ", name, "_input;")),
    paste0("int ", name, "(", argument, ", double *out);"),
    if (!is.null(plan$classes)) c(paste0("int ", name, "_class(const double *out);"), paste0("extern const char *const ", name, "_classes[", k, "];"))
  )
  head <- export_head(
    plan, if (plan$matrix) paste0(at, " (\"", comment_text(vapply(plan$inputs, function(i) i$name, "")), "\")") else paste0(fields, " (column \"", comment_text(vapply(plan$inputs, function(i) i$name, "")), "\")"),
    paste0("out[", seq_len(k) - 1L, "]: ", prediction_names(plan)),
    paste0(
      name, "() writes ", k, " number", if (k > 1L) "s", " to out and answers 1; where there is no prediction it writes NAN and answers 0. A number that is missing is NAN",
      if (!plan$matrix) ", a text that is missing a null pointer. Texts are compared byte by byte, as UTF-8", ". It keeps no state and allocates nothing. Compile without options that take NAN away, such as -ffast-math.",
      if (!is.null(plan$classes)) paste0(" ", name, "_class() answers with the place of the likeliest level in ", name, "_classes, or -1.")
    )
  )
  paste(c(
    "/*", paste0(" * ", head), " *", " * To be declared where it is called:", " *", paste0(" *   ", declared), " */",
    "", "#include <math.h>", "", declared, "", library, if (length(library) > 0L) "", codes, constants, "",
    body_of_c(name, argument, body), if (!is.null(plan$classes)) c("", c_class(name, plan))
  ), collapse = "\n")
}

body_of_c <- function(name, argument, body) c(paste0("int ", name, "(", argument, ", double *out)"), "{", paste0("  ", body), "}")

c_body <- function(plan, say, at) {
  value <- function(e) say_expression(e, say)
  width <- plan$lengths[["x"]]
  offsets <- length(plan$offset)
  k <- plan$lengths[[plan$result]]
  made <- setdiff(names(plan$lengths), c("x", "offset"))
  used <- unique(unlist(lapply(plan$steps, function(step) step$from)))
  straight <- is.null(plan$x)
  c(
    if (length(plan$scalars) > 0L) paste0("const double v", seq_along(plan$scalars), " = ", vapply(plan$scalars, value, ""), ";"),
    if (!straight) c(paste0("double in[", width, "];")),
    if (offsets > 0L) paste0("double offset[", offsets, "];"),
    if (length(made) > 0L) paste0("double ", made, "[", plan$lengths[made], "];"),
    "int i, good = 1;",
    if (!straight) paste0("in[", seq_len(width) - 1L, "] = ", vapply(plan$x, value, ""), ";"),
    if (offsets > 0L) paste0("offset[", seq_len(offsets) - 1L, "] = ", vapply(plan$offset, value, ""), ";"),
    paste0("for (i = 0; i < ", width, "; i++) if (!isfinite(", c_vector("x", plan), "[i])) good = 0;"),
    if (offsets > 0L) paste0("for (i = 0; i < ", offsets, "; i++) if (!isfinite(offset[i])) good = 0;"),
    vapply(plan$checks, function(check) paste0("if (bp_is_true(", value(check), ") != 1.0) good = 0;"), ""),
    "if (!good) {", paste0("  for (i = 0; i < ", k, "; i++) out[i] = NAN;"), "  return 0;", "}",
    unlist(lapply(plan$steps, c_step, plan)),
    paste0("for (i = 0; i < ", k, "; i++) out[i] = ", c_vector(plan$result, plan), "[i];"), "return 1;"
  )
}

# The columns of a matrix are what the networks take.
c_vector <- function(name, plan) if (name == "x" && !is.null(plan$x)) "in" else name

c_step <- function(step, plan) {
  from <- vapply(step$from, c_vector, "", plan)
  n <- plan$lengths[[step$into]]
  m <- plan$lengths[[step$from[1L]]]
  call <- function(name, ...) paste0("bp_", name, "(", paste(..., sep = ", "), ", ", n, ", ", step$into, ");")
  switch(step$op,
    standardise = call("standardise", from, step$center, step$scale),
    rescale = call("rescale", from, step$scale, step$center),
    times = call("times", from, step$factors),
    plus = call("plus", from[1L], from[2L]),
    clamp = call("clamp", from, step$lower, step$upper),
    softmax = call("softmax", from),
    norm = call("norm", from, step$factors, step$biases, number_text(step$epsilon)),
    linear = call("linear", from, m, step$weights, if (is.null(step$biases)) "(const double *) 0" else step$biases),
    activate = paste0("for (i = 0; i < ", n, "; i++) ", step$into, "[i] = bp_", step$activation, "(", from, "[i]);"),
    mean = c(paste0("for (i = 0; i < ", n, "; i++) ", step$into, "[i] = 0.0;"), paste0("for (i = 0; i < ", n, "; i++) ", step$into, "[i] += ", number_text(step$shares), " * ", from, "[i];")),
    take = c_take(step, plan),
    pieces = {
      ends <- cumsum(vapply(step$pieces, function(piece) length(piece$edges) - 1L, 0L))
      mapply(function(piece, end) {
        count <- length(piece$edges) - 1L
        paste0("bp_pieces(", from, "[", piece$column - 1L, "], (const double[]){", paste(number_text(piece$edges), collapse = ", "), "}, ", count, ", ", step$into, " + ", end - count, ");")
      }, step$pieces, ends)
    },
    bend = c(
      paste0("for (i = 0; i < ", n, "; i++) ", step$into, "[i] = ", from, "[i];"),
      if (length(step$clipped) > 0L) paste0(step$into, "[", step$clipped - 1L, "] = bp_clipped(", from, "[", step$clipped - 1L, "]);"),
      vapply(step$curves, function(curve) {
        points <- function(x) paste0("(const double[]){", paste(number_text(x), collapse = ", "), "}")
        paste0(step$into, "[", curve$column - 1L, "] = bp_curve(", from, "[", curve$column - 1L, "], ", points(curve$knots), ", ", points(curve$scores), ", ", length(curve$knots), ");")
      }, "")
    )
  )
}

# Runs of elements that follow each other are copied in one go.
c_take <- function(step, plan) {
  place <- 0L
  lines <- character()
  for (part in step$parts) {
    at <- if (is.null(part$at)) seq_len(plan$lengths[[part$from]]) else part$at
    for (run in split(at, cumsum(c(TRUE, diff(at) != 1L)))) {
      lines <- c(lines, paste0("for (i = 0; i < ", length(run), "; i++) ", step$into, "[", place, " + i] = ", c_vector(part$from, plan), "[", run[1L] - 1L, " + i];"))
      place <- place + length(run)
    }
  }
  lines
}

c_text <- function(x) quoted_text(x, function(point) paste(sprintf("\\%03o", as.integer(charToRaw(intToUtf8(point)))), collapse = ""))

c_code <- function(table, i) {
  count <- length(table$texts)
  paste(c(
    paste0("static double bp_code", i, "(const char *text)"), "{",
    if (count > 0L) c(
      paste0("  static const char *const texts[", count, "] = {\n", paste0("    ", c_text(table$texts), collapse = ",\n"), "\n  };"),
      paste0("  static const double codes[", count, "] = {\n  ", number_lines(table$codes), "\n  };"), "  int i;"
    ),
    paste0("  if (!text) return ", number_text(table$missing), ";"),
    if (count > 0L) paste0("  for (i = 0; i < ", count, "; i++) if (bp_same(text, texts[i])) return codes[i];"),
    paste0("  return ", number_text(table$other), ";"), "}", ""
  ), collapse = "\n")
}

c_class <- function(name, plan) {
  k <- length(plan$classes)
  c(
    paste0("const char *const ", name, "_classes[", k, "] = {"), paste0("  ", c_text(plan$classes), c(rep(",", k - 1L), "")), "};", "",
    paste0("int ", name, "_class(const double *out)"), "{", "  int i, best = 0;", "  if (isnan(out[0])) return -1;",
    paste0("  for (i = 1; i < ", k, "; i++) if (out[i] > out[best]) best = i;"), "  return best;", "}"
  )
}

c_keywords <- c(
  "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long",
  "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while", "main"
)

# Each behind those that it calls. Logical values are 1 and 0, and NAN where they are not known.
c_library <- c(
  bp_same = "static int bp_same(const char *a, const char *b)\n{\n  while (*a && *a == *b) { a++; b++; }\n  return *a == *b;\n}",
  bp_unknown = "static double bp_unknown(double a) { return isnan(a) ? 1.0 : 0.0; }",
  bp_is_true = "static double bp_is_true(double a) { return a == 1.0 ? 1.0 : 0.0; }",
  bp_choose = "static double bp_choose(double a, double b, double c) { return isnan(a) ? NAN : a != 0.0 ? b : c; }",
  bp_less = "static double bp_less(double a, double b) { return isnan(a) || isnan(b) ? NAN : a < b; }",
  bp_less_equal = "static double bp_less_equal(double a, double b) { return isnan(a) || isnan(b) ? NAN : a <= b; }",
  bp_greater = "static double bp_greater(double a, double b) { return isnan(a) || isnan(b) ? NAN : a > b; }",
  bp_greater_equal = "static double bp_greater_equal(double a, double b) { return isnan(a) || isnan(b) ? NAN : a >= b; }",
  bp_equal = "static double bp_equal(double a, double b) { return isnan(a) || isnan(b) ? NAN : a == b; }",
  bp_not_equal = "static double bp_not_equal(double a, double b) { return isnan(a) || isnan(b) ? NAN : a != b; }",
  bp_and = "static double bp_and(double a, double b) { return a == 0.0 || b == 0.0 ? 0.0 : isnan(a) || isnan(b) ? NAN : 1.0; }",
  bp_or = "static double bp_or(double a, double b) { return (a != 0.0 && !isnan(a)) || (b != 0.0 && !isnan(b)) ? 1.0 : isnan(a) || isnan(b) ? NAN : 0.0; }",
  bp_not = "static double bp_not(double a) { return isnan(a) ? NAN : a == 0.0; }",
  bp_among = "static double bp_among(double a, const double *values, int n)\n{\n  int i;\n  if (isnan(a)) return NAN;\n  for (i = 0; i < n; i++) if (a == values[i]) return 1.0;\n  return 0.0;\n}",
  bp_min = "static double bp_min(double a, double b) { return isnan(a) || isnan(b) ? NAN : a < b ? a : b; }",
  bp_max = "static double bp_max(double a, double b) { return isnan(a) || isnan(b) ? NAN : a > b ? a : b; }",
  bp_sign = "static double bp_sign(double a) { return isnan(a) ? NAN : a > 0.0 ? 1.0 : a < 0.0 ? -1.0 : 0.0; }",
  bp_power = "static double bp_power(double a, double b) { return pow(a, b); }",
  bp_modulo = "static double bp_modulo(double a, double b) { return a - floor(a / b) * b; }",
  bp_sigmoid = "static double bp_sigmoid(double z) { return 1.0 / (1.0 + exp(-z)); }",
  bp_tanh = "static double bp_tanh(double z) { return tanh(z); }",
  bp_exp = "static double bp_exp(double z) { return exp(z); }",
  bp_relu = "static double bp_relu(double z) { return z < 0.0 ? 0.0 : z; }",
  bp_leaky_relu = "static double bp_leaky_relu(double z) { return z < 0.0 ? 0.01 * z : z; }",
  bp_elu = "static double bp_elu(double z) { return z < 0.0 ? expm1(z) : z; }",
  bp_selu = "static double bp_selu(double z) { return 1.0507009873554805 * (z < 0.0 ? 1.6732632423543772 * expm1(z) : z); }",
  bp_gelu = "static double bp_gelu(double z) { return 0.5 * z * erfc(-z * 0.70710678118654752); }",
  bp_softplus = "static double bp_softplus(double z) { return (z < 0.0 ? 0.0 : z) + log1p(exp(-fabs(z))); }",
  bp_silu = "static double bp_silu(double z) { return z / (1.0 + exp(-z)); }",
  bp_softsign = "static double bp_softsign(double z) { return z / (1.0 + fabs(z)); }",
  bp_cosine = "static double bp_cosine(double z) { return cos(6.2831853071795865 * (z - floor(z + 0.5))); }",
  bp_sine = "static double bp_sine(double z) { return sin(6.2831853071795865 * (z - floor(z + 0.5))); }",
  bp_clipped = "static double bp_clipped(double z) { return z / sqrt(1.0 + z / 3.0 * (z / 3.0)); }",
  bp_curve = "static double bp_curve(double z, const double *knots, const double *scores, int n)\n{\n  int i = 0;\n  if (z < knots[0]) return scores[0];\n  while (i < n && knots[i] <= z) i++;\n  if (i == n) return scores[n - 1];\n  return scores[i - 1] + (z - knots[i - 1]) / (knots[i] - knots[i - 1]) * (scores[i] - scores[i - 1]);\n}",
  bp_pieces = "static void bp_pieces(double z, const double *edges, int n, double *out)\n{\n  int i;\n  for (i = 0; i < n; i++) {\n    double share = (z - edges[i]) / (edges[i + 1] - edges[i]);\n    out[i] = share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;\n  }\n}",
  bp_standardise = "static void bp_standardise(const double *x, const double *center, const double *scale, int n, double *out)\n{\n  int i;\n  for (i = 0; i < n; i++) out[i] = (x[i] - center[i]) / scale[i];\n}",
  bp_rescale = "static void bp_rescale(const double *x, const double *scale, const double *center, int n, double *out)\n{\n  int i;\n  for (i = 0; i < n; i++) out[i] = x[i] * scale[i] + center[i];\n}",
  bp_times = "static void bp_times(const double *x, const double *factors, int n, double *out)\n{\n  int i;\n  for (i = 0; i < n; i++) out[i] = x[i] * factors[i];\n}",
  bp_plus = "static void bp_plus(const double *x, const double *y, int n, double *out)\n{\n  int i;\n  for (i = 0; i < n; i++) out[i] = x[i] + y[i];\n}",
  bp_clamp = "static void bp_clamp(const double *x, const double *lower, const double *upper, int n, double *out)\n{\n  int i;\n  for (i = 0; i < n; i++) out[i] = x[i] < lower[i] ? lower[i] : x[i] > upper[i] ? upper[i] : x[i];\n}",
  bp_linear = "static void bp_linear(const double *x, int m, const double *weights, const double *biases, int n, double *out)\n{\n  int i, j;\n  for (j = 0; j < n; j++) out[j] = biases ? biases[j] : 0.0;\n  for (i = 0; i < m; i++) for (j = 0; j < n; j++) out[j] += x[i] * weights[i * n + j];\n}",
  bp_norm = "static void bp_norm(const double *x, const double *factors, const double *biases, double epsilon, int n, double *out)\n{\n  double mean = 0.0, variance = 0.0;\n  int i;\n  for (i = 0; i < n; i++) mean += x[i] / n;\n  for (i = 0; i < n; i++) variance += (x[i] - mean) * (x[i] - mean) / n;\n  for (i = 0; i < n; i++) out[i] = (x[i] - mean) / sqrt(variance + epsilon) * factors[i] + biases[i];\n}",
  bp_softmax = "static void bp_softmax(const double *x, int n, double *out)\n{\n  double top = x[0], sum = 0.0;\n  int i;\n  for (i = 1; i < n; i++) if (x[i] > top) top = x[i];\n  for (i = 0; i < n; i++) sum += out[i] = exp(x[i] - top);\n  for (i = 0; i < n; i++) out[i] /= sum;\n}"
)
