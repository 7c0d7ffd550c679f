# A plan (export-plan.R) as a function of JavaScript that depends on nothing.

export_js <- function(plan, options) {
  name <- options$name
  columns <- names_of_inputs(plan)
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
  shown <- paste0("\"", comment_text(columns), "\"")
  head <- export_head(
    plan, if (plan$matrix) paste0("row[", seq_along(columns) - 1L, "] (", shown, ")") else paste0("row[", shown, "]"), outputs, paste0(
      name, "(row) takes ", if (plan$matrix) "an array of numbers" else "an object with a property for each column",
      ", and answers with an object with a property for each output",
      if (!is.null(plan$classes)) " and .pred_class, the likeliest level",
      ". What is missing is null or undefined. Where there is no prediction the properties are null."
    )
  )
  paste(c(
    paste0("// ", head), "",
    if (options$module) paste0("export const ", name, " = (() => {") else paste0("(function (root) {"), "\"use strict\";", "",
    if (any(grepl("curve_gelu", body, fixed = TRUE))) js_tail_series(),
    needed_functions("functions.js", c(body, if (length(codes) > 0L) c("missing", "text"))), codes, constants, "",
    paste0("const columns = [", paste(js_text(columns), collapse = ", "), "];"),
    paste0("const outputs = [", paste(js_text(outputs), collapse = ", "), "];"),
    if (!is.null(plan$classes)) paste0("const classes = [", paste(js_text(plan$classes), collapse = ", "), "];"), "",
    paste0("function ", name, "(row) {"), paste0("  ", body), "}", "",
    js_export(name, options$module)
  ), collapse = "\n")
}

# For `import`; or for require() and, where there is none, as a name that all scripts see.
js_export <- function(name, module) {
  if (module) {
    return(c(paste0("return ", name, ";"), "})();", "", paste0("export default ", name, ";")))
  }
  c(
    paste0("if (typeof module !== \"undefined\" && module.exports) { module.exports = ", name, "; module.exports.", name, " = ", name, "; }"),
    paste0("else { root.", name, " = ", name, "; }"), "})(typeof globalThis !== \"undefined\" ? globalThis : this);"
  )
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
    shares = paste0("shares(", from[1L], ", ", from[2L], ")"),
    norm = paste0("norm(", from, ", ", step$factors, ", ", step$biases, ", ", js_number(step$epsilon), ")"),
    linear = paste0("linear(", from, ", ", step$weights, ", ", if (is.null(step$biases)) "null" else step$biases, ", ", n, ")"),
    activate = paste0(from, ".map(curve_", step$activation, ")"),
    mean = paste0("mean([", paste(from, collapse = ", "), "], ", list_of(step$shares), ")"),
    take = paste0("[].concat(", paste(vapply(step$parts, function(part) {
      if (is.null(part$at)) part$from else paste0("[", paste(part$at - 1L, collapse = ", "), "].map((i) => ", part$from, "[i])")
    }, ""), collapse = ", "), ")"),
    pieces = paste0("[].concat(", paste(vapply(step$pieces, function(piece) {
      paste0("pieces(", from, "[", piece$column - 1L, "], ", list_of(piece$edges), ")")
    }, ""), collapse = ", "), ")"),
    bend = paste0(
      "bend(", from, ", [", paste(step$clipped - 1L, collapse = ", "), "], [",
      paste(vapply(step$curves, function(curve) {
        paste0("[", curve$column - 1L, ", ", list_of(curve$knots), ", ", list_of(curve$scores), "]")
      }, ""), collapse = ", "), "])"
    )
  ), ";")
}

js_code <- function(table, i) {
  paste0(
    "const codes", i, " = new Map([", paste0("[", js_text(table$texts), ", ", js_number(table$codes), "]", recycle0 = TRUE, collapse = ", "), "]);\n",
    "const code", i, " = (a) => missing(a) ? ", js_number(table$missing),
    " : codes", i, ".has(text(a)) ? codes", i, ".get(text(a)) : ", js_number(table$other), ";"
  )
}

# The numbers that upper_tail() goes by.
js_tail_series <- function() {
  tail <- upper_tail_series()
  paste0("const tail_half = ", js_number(tail$half), ";\nconst tail_series = [\n", number_lines(rev(tail$coefficients), js_special), "\n];")
}
