# What writing a plan (export-plan.R) in any language shares: numbers and texts as literals, the head of a file, expressions, and functions of inst/export/.

# With 17 digits, which are the number; always with a point or an exponent, so that no language takes it for an integer. `special`: what is NaN and Inf.
number_text <- function(x, special = c(nan = "NAN", infinite = "INFINITY")) {
  text <- sprintf("%.17g", x)
  whole <- grepl("^-?[0-9]+$", text)
  text[whole] <- paste0(text[whole], ".0")
  text[is.nan(x) | is.na(x)] <- special[["nan"]]
  infinite <- !is.na(x) & is.infinite(x)
  text[infinite] <- paste0(ifelse(x[infinite] < 0, "-", ""), special[["infinite"]])
  negative <- startsWith(text, "-")
  text[negative] <- paste0("(", text[negative], ")")
  text
}

# Many of them, in lines of some.
number_lines <- function(x, ...) {
  text <- number_text(x, ...)
  text <- sub("^[(](.*)[)]$", "\\1", text)
  lines <- split(text, (seq_along(text) - 1L) %/% 5L)
  paste0("  ", vapply(lines, paste, "", collapse = ", "), collapse = ",\n")
}

# A text as a literal between double quotes, of ASCII alone: `escape` makes of a code point what stands for it.
quoted_text <- function(x, escape) {
  vapply(enc2utf8(x), function(text) {
    points <- utf8ToInt(text)
    plain <- points >= 32L & points < 127L & !points %in% utf8ToInt("\"\\?$`<")
    parts <- character(length(points))
    parts[plain] <- intToUtf8(points[plain], multiple = TRUE)
    parts[!plain] <- vapply(points[!plain], escape, "")
    paste0("\"", paste(parts, collapse = ""), "\"")
  }, "", USE.NAMES = FALSE)
}

# A text in a comment, where nothing in it may end the comment.
comment_text <- function(x) {
  shown <- vapply(enc2utf8(x), function(text) {
    points <- utf8ToInt(text)
    parts <- ifelse(points >= 32L & points < 127L, intToUtf8(points, multiple = TRUE), sprintf("<U+%04X>", points))
    paste(parts, collapse = "")
  }, "", USE.NAMES = FALSE)
  gsub("([*/?-])(?=[*/?-])", "\\1 ", gsub("\\", "\\ ", shown, fixed = TRUE), perl = TRUE)
}

# Lines that say what a file is; each language makes comments of them. `inputs` and `outputs`: how these are called there.
export_head <- function(plan, inputs, outputs, notes) {
  call <- if (!is.null(plan$call)) strwrap(comment_text(plan$call), 100, exdent = 2)
  known <- vapply(plan$inputs, function(input) {
    if (input$kind != "levels") {
      return(c(number = "a number", flag = "true or false, as 1 or 0")[[input$kind]])
    }
    shown <- comment_text(utils::head(input$levels, 30L))
    paste0("text: ", paste0("\"", shown, "\"", collapse = ", "), if (length(input$levels) > 30L) paste0(", and ", length(input$levels) - 30L, " more"))
  }, "")
  many <- length(known) > 60L && plan$matrix
  lines <- c(
    paste0("Predictions of ", plan$network, ", written by nn_export() of backprop ", plan$version, "."),
    if (!is.null(call)) c("", "Trained by", paste0("  ", call)),
    "", "Inputs:", paste0("  ", if (many) paste(length(known), "numbers, in the order of the columns of training") else paste0(inputs, ": ", known)),
    "", paste0("Outputs: ", plan$outcome, "."), paste0("  ", comment_text(outputs)),
    "", strwrap(notes, 110)
  )
  unlist(strsplit(lines, "\n"))
}

names_of_inputs <- function(plan) vapply(plan$inputs, function(input) input$name, "")

# Names of the outputs, as columns of predict().
prediction_names <- function(plan) {
  if (plan$single) ".pred" else paste0(".pred_", plan$outputs)
}

# An expression of a plan in a language: `say` has a function for each leaf and each operation.
say_expression <- function(e, say) {
  if (is.null(e$args)) {
    return(say[[e$op]](if (e$op == "number") e$value else e$at))
  }
  args <- lapply(e$args, say_expression, say)
  if (e$op == "among") say$among(args[[1L]], e$values) else do.call(say[[e$op]], args)
}

infix <- function(sign) function(a, b) paste0("(", a, " ", sign, " ", b, ")")

function_of <- function(name) function(...) paste0(name, "(", paste(..., sep = ", "), ")")

# Operations of languages whose signs and functions are those of C: some are functions that a file defines itself, by `own` their names; the others are those
# of the language, by `given`.
expressions_like_c <- function(own, given) {
  defined <- c(
    "power", "modulo", "less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "and", "or", "not", "unknown", "is_true", "sign", "min", "max",
    "among", "choose"
  )
  there <- c("exp", "log", "log1p", "expm1", "sqrt", "abs", "floor", "ceiling", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")
  functions <- c(stats::setNames(lapply(own(defined), function_of), defined), stats::setNames(lapply(given(there), function_of), there))
  functions[["if"]] <- functions$choose
  c(functions, list(add = infix("+"), subtract = infix("-"), multiply = infix("*"), divide = infix("/"), negate = function(a) paste0("(-", a, ")")))
}

# The functions in a file of inst/export/, named texts. Its first paragraph says what it is; of the others each is one of them, behind comments.
exported_functions <- function(file) {
  text <- paste(readLines(system.file("export", file, package = "backprop"), encoding = "UTF-8"), collapse = "\n")
  functions <- strsplit(text, "\n\n", fixed = TRUE)[[1L]][-1L]
  declared <- sub("^(//[^\n]*\n)*", "", functions)
  names(functions) <- sub("^(static [a-z]+ |const )?([A-Za-z_.]+).*$", "\\2", declared)
  functions
}

# Those that `code` calls, and those that these call, in their order: each stands behind those that it calls.
needed_functions <- function(file, code) {
  functions <- exported_functions(file)
  needed <- character()
  while (length(code) > 0L) {
    code <- gsub("\"[^\"\n]*\"", "", code)
    words <- unique(unlist(regmatches(code, gregexpr("[A-Za-z_.][A-Za-z0-9_.]*", code))))
    found <- setdiff(intersect(words, names(functions)), needed)
    needed <- c(needed, found)
    code <- functions[found]
  }
  functions[names(functions) %in% needed]
}

# For languages without erf(): of z at least 0 the upper tail of the normal distribution is exp(-z^2 / 2) times a polynomial in u = (z - half) / (z + half),
# with the error of double precision. Its coefficients, of rising powers, from R's own values at Chebyshev's points, far out from the continued fraction
# (Abramowitz and Stegun, 1964, 26.2.14).
upper_tail_series <- function(terms = 25L, half = 4) {
  points <- cos(pi * (seq_len(terms) - 0.5) / terms)
  z <- half * (1 + points) / (1 - points)
  fraction <- Reduce(function(below, k) z + k / below, 120:1, z)
  scaled <- ifelse(z < 5, stats::pnorm(pmin(z, 5), lower.tail = FALSE) * exp(pmin(z, 5)^2 / 2), 1 / (fraction * sqrt(2 * pi)))
  orders <- seq_len(terms) - 1L
  chebyshev <- as.vector(cos(outer(orders, acos(points))) %*% scaled) * 2 / terms
  chebyshev[1L] <- chebyshev[1L] / 2
  # From Chebyshev's polynomials to powers: T(k + 1) = 2 u T(k) - T(k - 1).
  before <- c(1, numeric(terms - 1L))
  now <- c(0, 1, numeric(terms - 2L))
  powers <- chebyshev[1L] * before + chebyshev[2L] * now
  for (k in 3:terms) {
    following <- 2 * c(0, now[-terms]) - before
    powers <- powers + chebyshev[k] * following
    before <- now
    now <- following
  }
  list(coefficients = powers, half = half)
}

# Identifiers of other texts: letters, digits and underscores, all different.
identifiers_of <- function(names, reserved) {
  plain <- gsub("[^A-Za-z0-9]+", "_", iconv(enc2utf8(names), "UTF-8", "ASCII", sub = "_"))
  plain <- gsub("^_+|_+$", "", plain)
  bad <- !grepl("^[A-Za-z]", plain)
  plain[bad] <- paste0("x_", plain[bad])
  plain <- ifelse(plain %in% reserved, paste0(plain, "_"), plain)
  make.unique(substr(plain, 1L, 50L), sep = "_")
}
