# A plan (export-plan.R) as a function of R that needs base R alone, neither this package nor the fit.

export_r <- function(plan, options) {
  say <- expressions_like_c(function(names) paste0(".", names), identity)
  say[c("number", "scalar", "input", "code", "missing", "among")] <- list(
    r_number, function(i) paste0("v", i), function(i) paste0("given[[", i, "]]"),
    function(i) paste0(".code(given[[", plan$codes[[i]]$input, "]], codes", i, ")"), function(i) paste0(".missing(given[[", i, "]])"),
    function(a, values) paste0(".among(", a, ", c(", paste(r_number(values), collapse = ", "), "))")
  )
  name <- options$name
  body <- r_body(plan, say)
  codes <- vapply(seq_along(plan$codes), function(i) r_code(plan$codes[[i]], i), "")
  constants <- vapply(names(plan$constants), function(constant) {
    values <- plan$constants[[constant]]
    numbers <- paste0("c(\n", number_lines(as.vector(values), r_special), "\n)")
    paste0(constant, " <- ", if (is.matrix(values)) paste0("matrix(", numbers, ", ", nrow(values), ")") else numbers)
  }, "")
  columns <- names_of_inputs(plan)
  library <- needed_functions("functions.R", c(body, ".given", ".columns", if (length(codes) > 0L) ".code"))
  outputs <- prediction_names(plan)
  head <- export_head(
    plan, paste0(if (plan$matrix) paste0("column ", seq_along(columns), " "), "\"", comment_text(columns), "\""), outputs, paste0(
      name, "(new_data) takes a data frame or a matrix and gives a data frame with a row for each of its rows and a column for each output",
      if (!is.null(plan$classes)) ", and .pred_class, the likeliest level, as a factor", ". Rows without a prediction are NA."
    )
  )
  paste(c(
    paste0("# ", head), "", paste0(name, " <- local({"),
    paste0("  ", unlist(strsplit(c(library, codes, constants), "\n"))), "",
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
    "codes", i, " <- list(texts = ", if (length(table$texts) > 0L) r_texts(table$texts) else "character()",
    ", codes = c(", paste(r_number(table$codes), collapse = ", "), "), other = ", r_number(table$other), ", missing = ", r_number(table$missing), ")"
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
    if (!is.null(plan$offset)) c(
      paste0("offset <- suppressWarnings(", bind(vapply(plan$offset, value, "")), ")"), "good <- good & rowSums(!is.finite(offset)) == 0"
    ),
    if (length(plan$checks) > 0L) paste0("good <- good & suppressWarnings(", vapply(plan$checks, value, ""), ") %in% 1"),
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
    shares = call("shares", from[1L], from[2L]),
    norm = call("norm", from, step$factors, step$biases, r_number(step$epsilon)),
    linear = call("linear", from, step$weights, if (is.null(step$biases)) "0" else step$biases),
    activate = call(paste0("curve_", step$activation), from),
    mean = paste0(r_number(step$shares), " * ", from, collapse = " + "),
    take = paste0("cbind(", paste(vapply(step$parts, function(part) {
      if (is.null(part$at)) part$from else paste0(part$from, "[, ", whole(part$at), ", drop = FALSE]")
    }, ""), collapse = ", "), ")"),
    pieces = paste0("cbind(", paste(vapply(step$pieces, function(piece) {
      call("pieces", paste0(from, "[, ", piece$column, "L]"), numbers(piece$edges))
    }, ""), collapse = ", "), ")"),
    bend = paste0(
      ".bend(", from, ", ", whole(step$clipped), ", list(",
      paste(vapply(step$curves, function(curve) {
        paste0("list(", curve$column, "L, ", numbers(curve$knots), ", ", numbers(curve$scores), ")")
      }, ""), collapse = ", "), "))"
    )
  ))
}
