# A plan (export-plan.R) as a file of C99 that needs nothing but math.h.

export_c <- function(plan, options) {
  name <- options$name
  # Fields of a structure are no vector.
  if (is.null(plan$x) && !plan$matrix) plan$x <- lapply(seq_along(plan$inputs), at_input)
  say <- expressions_like_c(function(names) paste0("bp_", names), function(names) replace(names, names %in% c("abs", "ceiling"), c("fabs", "ceil")))
  columns <- names_of_inputs(plan)
  fields <- identifiers_of(columns, c_keywords)
  at <- if (plan$matrix) paste0("x[", seq_along(fields) - 1L, "]") else paste0("row->", fields)
  say[c("number", "scalar", "input", "code", "missing", "among")] <- list(
    number_text, function(i) paste0("v", i), function(i) at[i],
    function(i) paste0("bp_code", i, "(", at[plan$codes[[i]]$input], ")"),
    function(i) if (plan$inputs[[i]]$kind == "levels") paste0("(", at[i], " ? 0.0 : 1.0)") else paste0("bp_unknown(", at[i], ")"),
    function(a, values) paste0("bp_among(", a, ", ", c_numbers(values), ", ", length(values), ")")
  )
  body <- c_body(plan, say, at)
  codes <- vapply(seq_along(plan$codes), function(i) c_code(plan$codes[[i]], i), "")
  library <- needed_functions("functions.c", c(body, if (length(codes) > 0L) "bp_same"))
  constants <- vapply(names(plan$constants), function(constant) {
    values <- plan$constants[[constant]]
    # Row by row: a row for each number that comes in.
    if (is.matrix(values)) values <- t(values)
    paste0("static const double ", constant, "[", length(values), "] = {\n", number_lines(as.vector(values)), "\n};")
  }, "")
  k <- plan$lengths[[plan$result]]
  argument <- if (plan$matrix) "const double *x" else paste0("const ", name, "_input *row")
  declared <- c_declarations(plan, name, argument, fields)
  head <- export_head(
    plan, paste0(if (plan$matrix) at else fields, " (column \"", comment_text(columns), "\")"), paste0("out[", seq_len(k) - 1L, "]: ", prediction_names(plan)),
    paste0(
      name, "() writes ", count_text(k, "number"), " to out and answers 1; where there is no prediction it writes NAN and answers 0. A number that is missing is NAN",
      if (!plan$matrix) ", a text that is missing a null pointer. Texts are compared byte by byte, as UTF-8",
      ". It keeps no state and allocates nothing. Compile without options that take NAN away, such as -ffast-math.",
      if (!is.null(plan$classes)) paste0(" ", name, "_class() answers with the place of the likeliest level in ", name, "_classes, or -1.")
    )
  )
  paste(c(
    "/*", paste0(" * ", head), " *", " * To be declared where it is called:", " *", paste0(" *   ", declared), " */",
    "", "#include <math.h>", "", declared, "", library, if (length(library) > 0L) "", codes, constants, "",
    paste0("int ", name, "(", argument, ", double *out)"), "{", paste0("  ", body), "}", if (!is.null(plan$classes)) c("", c_class(name, plan))
  ), collapse = "\n")
}

c_declarations <- function(plan, name, argument, fields) {
  texts <- vapply(plan$inputs, function(input) input$kind == "levels", NA)
  c(
    if (!plan$matrix) c("typedef struct {", paste0("  ", ifelse(texts, "const char *", "double "), fields, ";"), paste0("} ", name, "_input;")),
    paste0("int ", name, "(", argument, ", double *out);"),
    if (!is.null(plan$classes)) c(
      paste0("int ", name, "_class(const double *out);"), paste0("extern const char *const ", name, "_classes[", length(plan$classes), "];")
    )
  )
}

c_numbers <- function(x) paste0("(const double[]){", paste(number_text(x), collapse = ", "), "}")

c_body <- function(plan, say, at) {
  value <- function(e) say_expression(e, say)
  width <- plan$lengths[["x"]]
  offsets <- length(plan$offset)
  k <- plan$lengths[[plan$result]]
  made <- setdiff(names(plan$lengths), c("x", "offset"))
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
    shares = call("shares", from[1L], from[2L]),
    norm = call("norm", from, step$factors, step$biases, number_text(step$epsilon)),
    linear = call("linear", from, m, step$weights, if (is.null(step$biases)) "(const double *) 0" else step$biases),
    activate = paste0("for (i = 0; i < ", n, "; i++) ", step$into, "[i] = bp_", step$activation, "(", from, "[i]);"),
    mean = paste0("for (i = 0; i < ", n, "; i++) ", step$into, "[i] ", c("=", rep("+=", length(from) - 1L)), " ", number_text(step$shares), " * ", from, "[i];"),
    take = c_take(step, plan),
    pieces = {
      counts <- vapply(step$pieces, function(piece) length(piece$edges) - 1L, 0L)
      Map(function(piece, count, end) {
        paste0("bp_pieces(", from, "[", piece$column - 1L, "], ", c_numbers(piece$edges), ", ", count, ", ", step$into, " + ", end - count, ");")
      }, step$pieces, counts, cumsum(counts))
    },
    bend = {
      cell <- function(vector, j) paste0(vector, "[", j - 1L, "]", recycle0 = TRUE)
      c(
        paste0("for (i = 0; i < ", n, "; i++) ", step$into, "[i] = ", from, "[i];"),
        paste0(cell(step$into, step$clipped), " = bp_clipped(", cell(from, step$clipped), ");", recycle0 = TRUE),
        vapply(step$curves, function(curve) {
          points <- paste0(c_numbers(curve$knots), ", ", c_numbers(curve$scores), ", ", length(curve$knots))
          paste0(cell(step$into, curve$column), " = bp_curve(", cell(from, curve$column), ", ", points, ");")
        }, "")
      )
    }
  )
}

# Runs of elements that follow each other are copied in one go.
c_take <- function(step, plan) {
  place <- 0L
  lines <- character()
  for (part in step$parts) {
    at <- if (is.null(part$at)) seq_len(plan$lengths[[part$from]]) else part$at
    for (run in split(at, cumsum(c(TRUE, diff(at) != 1L)))) {
      from <- paste0(c_vector(part$from, plan), "[", run[1L] - 1L, " + i]")
      lines <- c(lines, paste0("for (i = 0; i < ", length(run), "; i++) ", step$into, "[", place, " + i] = ", from, ";"))
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
