# A plan (export-plan.R) as a function of JavaScript that depends on nothing.

export_js <- function(plan, options) {
  name <- options$name
  keys <- if (plan$matrix) as.character(seq_along(plan$inputs) - 1L) else js_text(vapply(plan$inputs, function(input) input$name, ""))
  say <- expressions_like_c(identity, function(names) paste0("Math.", replace(names, names == "ceiling", "ceil")))
  say[c("number", "scalar", "input", "code", "missing", "among")] <- list(
    js_number, function(i) paste0("v", i), function(i) paste0("number(given[", i - 1L, "])"),
    function(i) paste0("code", i, "(given[", plan$codes[[i]]$input - 1L, "])"), function(i) paste0("missing(given[", i - 1L, "])"),
    function(a, values) paste0("among(", a, ", [", paste(js_number(values), collapse = ", "), "])")
  )
  body <- js_body(plan, say)
  codes <- vapply(seq_along(plan$codes), function(i) js_code(plan$codes[[i]], i), "")
  constants <- vapply(names(plan$constants), function(constant) {
    values <- plan$constants[[constant]]
    if (is.matrix(values)) values <- t(values)
    paste0("const ", constant, " = [\n", number_lines(as.vector(values), js_special), "\n];")
  }, "")
  outputs <- prediction_names(plan)
  head <- export_head(
    plan, if (plan$matrix) paste0("row[", keys, "] (\"", comment_text(vapply(plan$inputs, function(i) i$name, "")), "\")") else paste0("row[\"", comment_text(vapply(plan$inputs, function(i) i$name, "")), "\"]"),
    outputs, paste0(
      name, "(row) takes ", if (plan$matrix) "an array of numbers" else "an object with a property for each column", ", and answers with an object with a property for each output",
      if (!is.null(plan$classes)) " and .pred_class, the likeliest level", ". What is missing is null or undefined. Where there is no prediction the properties are null."
    )
  )
  paste(c(
    paste0("// ", head), "",
    if (options$module) paste0("export const ", name, " = (() => {") else paste0("(function (root) {"), "\"use strict\";", "",
    needed_functions(replace(js_library, "upper_tail", js_upper_tail()), c(body, if (length(codes) > 0L) c("missing", "text"))), codes, constants, "",
    paste0("const columns = [", paste(if (plan$matrix) js_text(vapply(plan$inputs, function(i) i$name, "")) else keys, collapse = ", "), "];"),
    paste0("const outputs = [", paste(js_text(outputs), collapse = ", "), "];"),
    if (!is.null(plan$classes)) paste0("const classes = [", paste(js_text(plan$classes), collapse = ", "), "];"), "",
    paste0("function ", name, "(row) {"), paste0("  ", body), "}", "",
    if (options$module) c(paste0("return ", name, ";"), "})();", "", paste0("export default ", name, ";")) else c(
      paste0("if (typeof module !== \"undefined\" && module.exports) { module.exports = ", name, "; module.exports.", name, " = ", name, "; }"),
      paste0("else { root.", name, " = ", name, "; }"), "})(typeof globalThis !== \"undefined\" ? globalThis : this);"
    )
  ), collapse = "\n")
}

js_special <- c(nan = "NaN", infinite = "Infinity")

js_number <- function(x) number_text(x, js_special)

js_text <- function(x) {
  # Beyond 16 bits by two halves.
  quoted_text(x, function(point) {
    halves <- if (point < 65536L) point else c(55296L + (point - 65536L) %/% 1024L, 56320L + (point - 65536L) %% 1024L)
    paste(sprintf("\\u%04x", halves), collapse = "")
  })
}

js_body <- function(plan, say) {
  value <- function(e) say_expression(e, say)
  list_of <- function(values) paste0("[\n", paste0("    ", values, collapse = ",\n"), "\n  ]")
  c(
    paste0("const given = given_of(row, columns, ", if (plan$matrix) "true" else "false", ");"),
    if (length(plan$scalars) > 0L) paste0("const v", seq_along(plan$scalars), " = ", vapply(plan$scalars, value, ""), ";"),
    paste0("const x = ", if (is.null(plan$x)) "given.map(number)" else list_of(vapply(plan$x, value, "")), ";"),
    if (!is.null(plan$offset)) paste0("const offset = ", list_of(vapply(plan$offset, value, "")), ";"),
    paste0("const nothing = ", js_answer(plan, "null"), ";"),
    paste0("if (!x.every(Number.isFinite)", if (!is.null(plan$offset)) " || !offset.every(Number.isFinite)", ") return nothing;"),
    vapply(plan$checks, function(check) paste0("if (", value(check), " !== 1) return nothing;"), ""),
    vapply(plan$steps, js_step, "", plan),
    paste0("return ", js_answer(plan, plan$result), ";")
  )
}

js_answer <- function(plan, vector) paste0("answer(", vector, ", outputs", if (!is.null(plan$classes)) ", classes", ")")

js_step <- function(step, plan) {
  n <- plan$lengths[[step$into]]
  from <- step$from
  list_of <- function(x) paste0("[", paste(js_number(x), collapse = ", "), "]")
  paste0("const ", step$into, " = ", switch(step$op,
    standardise = paste0("standardise(", from, ", ", step$center, ", ", step$scale, ")"),
    rescale = paste0("rescale(", from, ", ", step$scale, ", ", step$center, ")"),
    times = paste0("times(", from, ", ", step$factors, ")"),
    plus = paste0("plus(", from[1L], ", ", from[2L], ")"),
    clamp = paste0("clamp(", from, ", ", step$lower, ", ", step$upper, ")"),
    softmax = paste0("softmax(", from, ")"),
    norm = paste0("norm(", from, ", ", step$factors, ", ", step$biases, ", ", js_number(step$epsilon), ")"),
    linear = paste0("linear(", from, ", ", step$weights, ", ", if (is.null(step$biases)) "null" else step$biases, ", ", n, ")"),
    activate = paste0(from, ".map(curve_", step$activation, ")"),
    mean = paste0("mean([", paste(from, collapse = ", "), "], ", list_of(step$shares), ")"),
    take = paste0("[].concat(", paste(vapply(step$parts, function(part) {
      if (is.null(part$at)) part$from else paste0("[", paste(part$at - 1L, collapse = ", "), "].map((i) => ", part$from, "[i])")
    }, ""), collapse = ", "), ")"),
    pieces = paste0("[].concat(", paste(vapply(step$pieces, function(piece) paste0("pieces(", from, "[", piece$column - 1L, "], ", list_of(piece$edges), ")"), ""), collapse = ", "), ")"),
    bend = paste0(
      "bend(", from, ", [", paste(step$clipped - 1L, collapse = ", "), "], [",
      paste(vapply(step$curves, function(curve) paste0("[", curve$column - 1L, ", ", list_of(curve$knots), ", ", list_of(curve$scores), "]"), ""), collapse = ", "), "])"
    )
  ), ";")
}

js_code <- function(table, i) {
  paste0(
    "const codes", i, " = new Map([", paste0("[", js_text(table$texts), ", ", js_number(table$codes), "]", recycle0 = TRUE, collapse = ", "), "]);\n",
    "const code", i, " = (a) => missing(a) ? ", js_number(table$missing), " : codes", i, ".has(text(a)) ? codes", i, ".get(text(a)) : ", js_number(table$other), ";"
  )
}

# The upper tail of the normal distribution for numbers that are not negative, which the language does not have.
js_upper_tail <- function() {
  tail <- upper_tail_series()
  paste0(
    "const upper_tail_series = [\n", number_lines(rev(tail$coefficients), js_special), "\n];\n",
    "const upper_tail = (z) => {\n  if (z === Infinity) return 0;\n  const u = (z - ", js_number(tail$half), ") / (z + ", js_number(tail$half), ");\n  return Math.exp(-0.5 * z * z) * upper_tail_series.reduce((sum, c) => sum * u + c, 0);\n};"
  )
}

# Each behind those that it calls. Logical values are 1 and 0, and NaN where they are not known.
js_library <- c(
  missing = "const missing = (a) => a === null || a === undefined ? 1 : 0;",
  number = "const number = (a) => {\n  if (missing(a)) return NaN;\n  if (typeof a !== \"number\" && typeof a !== \"boolean\") throw new TypeError(\"a number is wanted, not \" + JSON.stringify(a));\n  return Number(a);\n};",
  text = "const text = (a) => {\n  if (typeof a !== \"string\") throw new TypeError(\"a text is wanted, not \" + JSON.stringify(a));\n  return a;\n};",
  given_of = "const given_of = (row, columns, by_position) => {\n  if (by_position && (Array.isArray(row) || ArrayBuffer.isView(row))) {\n    if (row.length !== columns.length) throw new RangeError(columns.length + \" numbers are wanted, not \" + row.length);\n    return Array.from(row);\n  }\n  return columns.map((name) => {\n    if (!(name in row)) throw new RangeError(\"the column \" + JSON.stringify(name) + \" is missing\");\n    return row[name];\n  });\n};",
  answer = "const answer = (values, outputs, classes) => {\n  const made = {};\n  outputs.forEach((name, i) => { made[name] = values === null ? null : values[i]; });\n  if (classes) made[\".pred_class\"] = values === null ? null : classes[values.indexOf(values.reduce((a, b) => (b > a ? b : a)))];\n  return made;\n};",
  unknown = "const unknown = (a) => (Number.isNaN(a) ? 1 : 0);",
  either = "const either = (a, b) => Number.isNaN(a) || Number.isNaN(b);",
  is_true = "const is_true = (a) => (a === 1 ? 1 : 0);",
  choose = "const choose = (a, b, c) => (Number.isNaN(a) ? NaN : a !== 0 ? b : c);",
  less = "const less = (a, b) => (either(a, b) ? NaN : Number(a < b));",
  less_equal = "const less_equal = (a, b) => (either(a, b) ? NaN : Number(a <= b));",
  greater = "const greater = (a, b) => (either(a, b) ? NaN : Number(a > b));",
  greater_equal = "const greater_equal = (a, b) => (either(a, b) ? NaN : Number(a >= b));",
  equal = "const equal = (a, b) => (either(a, b) ? NaN : Number(a === b));",
  not_equal = "const not_equal = (a, b) => (either(a, b) ? NaN : Number(a !== b));",
  and = "const and = (a, b) => (a === 0 || b === 0 ? 0 : either(a, b) ? NaN : 1);",
  not = "const not = (a) => (Number.isNaN(a) ? NaN : Number(a === 0));",
  or = "const or = (a, b) => ((a !== 0 && !Number.isNaN(a)) || (b !== 0 && !Number.isNaN(b)) ? 1 : either(a, b) ? NaN : 0);",
  among = "const among = (a, values) => (Number.isNaN(a) ? NaN : Number(values.includes(a)));",
  min = "const min = (a, b) => Math.min(a, b);",
  max = "const max = (a, b) => Math.max(a, b);",
  sign = "const sign = (a) => Math.sign(a);",
  power = "const power = (a, b) => (a === 1 ? 1 : Math.pow(a, b));",
  modulo = "const modulo = (a, b) => a - Math.floor(a / b) * b;",
  curve_sigmoid = "const curve_sigmoid = (z) => 1 / (1 + Math.exp(-z));",
  curve_tanh = "const curve_tanh = (z) => Math.tanh(z);",
  curve_exp = "const curve_exp = (z) => Math.exp(z);",
  curve_relu = "const curve_relu = (z) => (z < 0 ? 0 : z);",
  curve_leaky_relu = "const curve_leaky_relu = (z) => (z < 0 ? 0.01 * z : z);",
  curve_elu = "const curve_elu = (z) => (z < 0 ? Math.expm1(z) : z);",
  curve_selu = "const curve_selu = (z) => 1.0507009873554805 * (z < 0 ? 1.6732632423543772 * Math.expm1(z) : z);",
  curve_softplus = "const curve_softplus = (z) => (z < 0 ? 0 : z) + Math.log1p(Math.exp(-Math.abs(z)));",
  curve_silu = "const curve_silu = (z) => z / (1 + Math.exp(-z));",
  curve_softsign = "const curve_softsign = (z) => z / (1 + Math.abs(z));",
  curve_cosine = "const curve_cosine = (z) => Math.cos(2 * Math.PI * (z - Math.floor(z + 0.5)));",
  curve_sine = "const curve_sine = (z) => Math.sin(2 * Math.PI * (z - Math.floor(z + 0.5)));",
  # Has numbers of its own, see js_upper_tail().
  upper_tail = "",
  curve_gelu = "const curve_gelu = (z) => z * (z > 0 ? 1 - upper_tail(z) : upper_tail(-z));",
  standardise = "const standardise = (x, center, scale) => x.map((z, i) => (z - center[i]) / scale[i]);",
  rescale = "const rescale = (x, scale, center) => x.map((z, i) => z * scale[i] + center[i]);",
  times = "const times = (x, factors) => x.map((z, i) => z * factors[i]);",
  plus = "const plus = (x, y) => x.map((z, i) => z + y[i]);",
  clamp = "const clamp = (x, lower, upper) => x.map((z, i) => Math.min(Math.max(z, lower[i]), upper[i]));",
  mean = "const mean = (vectors, shares) => vectors[0].map((z, i) => vectors.reduce((sum, x, j) => sum + shares[j] * x[i], 0));",
  linear = "const linear = (x, weights, biases, n) => {\n  const out = biases ? biases.slice() : new Array(n).fill(0);\n  x.forEach((z, i) => { for (let j = 0; j < n; j++) out[j] += z * weights[i * n + j]; });\n  return out;\n};",
  softmax = "const softmax = (x) => {\n  const top = x.reduce((a, b) => (b > a ? b : a));\n  const powers = x.map((z) => Math.exp(z - top));\n  const sum = powers.reduce((a, b) => a + b, 0);\n  return powers.map((z) => z / sum);\n};",
  norm = "const norm = (x, factors, biases, epsilon) => {\n  const average = (values) => values.reduce((a, b) => a + b, 0) / values.length;\n  const mean = average(x);\n  const size = Math.sqrt(average(x.map((z) => (z - mean) * (z - mean))) + epsilon);\n  return x.map((z, i) => (z - mean) / size * factors[i] + biases[i]);\n};",
  pieces = "const pieces = (z, edges) => edges.slice(1).map((end, i) => Math.min(Math.max((z - edges[i]) / (end - edges[i]), 0), 1));",
  curve = "const curve = (z, knots, scores) => {\n  const next = knots.findIndex((knot) => knot > z);\n  if (next === 0) return scores[0];\n  if (next < 0) return scores[scores.length - 1];\n  return scores[next - 1] + (z - knots[next - 1]) / (knots[next] - knots[next - 1]) * (scores[next] - scores[next - 1]);\n};",
  bend = "const bend = (x, clipped, curves) => {\n  const out = x.slice();\n  clipped.forEach((i) => { out[i] = x[i] / Math.sqrt(1 + x[i] / 3 * (x[i] / 3)); });\n  curves.forEach(([i, knots, scores]) => { out[i] = curve(x[i], knots, scores); });\n  return out;\n};"
)
