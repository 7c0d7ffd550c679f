# Formulas over a grammar of what lm() takes, and a table that they fit.

formula_table <- function(n = 90) {
  withr::with_seed(11, {
    data <- data.frame(
      x = rnorm(n), z = runif(n, -1, 1), w = rexp(n) + 0.2, k = sample.int(5L, n, replace = TRUE),
      g = factor(sample(c("a", "b", "c"), n, replace = TRUE)), h = factor(sample(c("no", "yes"), n, replace = TRUE)),
      o = factor(sample(c("low", "mid", "high"), n, replace = TRUE), levels = c("low", "mid", "high"), ordered = TRUE),
      flag = sample(c(TRUE, FALSE), n, replace = TRUE),
      text = sample(c("5", "10", "20", "100"), n, replace = TRUE), s = sample(c("pear", "fig", "banana"), n, replace = TRUE),
      d = as.Date("2024-01-01") + sample.int(200L, n, replace = TRUE), ga = rnorm(n)
    )
    data$m <- cbind(u = rnorm(n), v = rnorm(n))
    data$one <- scale(rnorm(n))
    data[["my col"]] <- rnorm(n)
    data[["a+b"]] <- rnorm(n)
    data[["gr\u00f6\u00dfe"]] <- rnorm(n)
    data$y <- 3 + data$x - 0.5 * data$w + 0.3 * data$k + (data$g == "b") + rnorm(n) / 2
    data$yp <- exp(data$y / 4)
    data$b <- as.integer(data$x + (data$h == "yes") + rlogis(n) > 0.5)
    data
  })
}

# What stands in a formula's environment.
formula_environment <- function() {
  env <- new.env(parent = globalenv())
  env$knots <- c(-0.5, 0.5)
  env$shift <- 2
  env$own <- function(v) pmin(v, limit)
  env$limit <- 1
  environment(env$own) <- env
  env$ns <- splines::ns
  env
}

formula_numbers <- c(
  "x", "z", "k", "ga", "`my col`", "`a+b`", "`gr\u00f6\u00dfe`", "m", "one", "log(w)", "sqrt(w)", "I(x^2)", "I(x + z)", "I(1/w)", "exp(z)",
  "abs(x)", "poly(x, 2)", "poly(x, 2, raw = TRUE)", "poly(x, z, degree = 2)", "scale(x)", "scale(x, scale = FALSE)", "ns(x, 3)",
  "ns(x, knots = knots)", "splines::bs(x, df = 4)", "log(scale(w) + 3)", "I(scale(x)^2)", "I((x - mean(x)) / sd(x))", "I(x - shift)",
  "own(x)", "ifelse(x > 0, x, 0)", "pmax(x, 0)", "as.numeric(text)", "nchar(s)", "as.numeric(d)", "as.numeric(o)", "cbind(x, z)",
  "x %% 1", "sin(2 * pi * z)", "as.integer(g)", "as.numeric(o > \"low\")", "as.numeric(factor(text))"
)
formula_classes <- c(
  "g", "h", "o", "flag", "s", "text", "factor(k)", "as.factor(k)", "cut(w, c(0, 0.7, 1.5, Inf))", "cut(x, 3)", "weekdays(d)", "months(d)",
  "addNA(g)", "x > 0", "!flag", "I(k %in% c(1, 3))", "I(!k %in% 2:3)", "g == \"a\"", "interaction(g, h)", "relevel(g, ref = \"b\")",
  "x > mean(x)", "cut(w, quantile(w, 0:3 / 3), include.lowest = TRUE)", "flag & x > 0", "is.na(x) | flag", "factor(k, levels = 5:1)", "s != \"fig\""
)
formula_outcomes <- c(
  "y", "y^2", "-y", "1/y", "y + 1", "y / 100", "100 * y", "I(y^2)", "log(yp)", "-log(yp)", "log(yp) - log(w)", "(y - 1)^2", "sqrt(yp)", "y - z",
  "yp / w", "y * 2 - 1", "abs(y)", "(y + yp)", "I(y + yp)", "scale(y)", "y - mean(y)", "exp(y / 10)", "y %/% 1", "1 - y", "w - y"
)

# Right sides: every atom alone, then sums, products, nestings and powers of them, drawn by a fixed seed.
formula_right_sides <- function(count = 130) {
  withr::with_seed(3, {
    atoms <- c(formula_numbers, formula_classes)
    # Operators stand in brackets, as a user must write them beside others.
    bracket <- function(text) {
      head <- str2lang(text)
      operator <- is.call(head) && is.name(head[[1L]]) && !make.names(as.character(head[[1L]])) == as.character(head[[1L]])
      if (operator) paste0("(", text, ")") else text
    }
    classes <- vapply(formula_classes, bracket, "", USE.NAMES = FALSE)
    parts <- vapply(atoms, bracket, "", USE.NAMES = FALSE)
    pick <- function(k) sample(parts, k)
    shapes <- list(
      function() paste(pick(2), collapse = " + "),
      function() paste(pick(3), collapse = " + "),
      function() paste(pick(2), collapse = " * "),
      function() paste(pick(2), collapse = ":"),
      function() paste0(sample(classes, 1), ":", sample(formula_numbers[1:9], 1)),
      function() paste0(sample(classes, 1), " / ", sample(formula_numbers[1:9], 1)),
      function() paste0("(", paste(c(sample(classes[1:5], 2), "x"), collapse = " + "), ")^2"),
      function() {
        two <- pick(2)
        paste0(two[1], " + ", two[1], ":", two[2])
      },
      function() paste0("g * h * ", pick(1)),
      function() paste0("g %in% h + ", pick(1)),
      function() paste0("x + offset(", sample(c("z", "log(w)", "2 * x"), 1), ") + ", pick(1)),
      function() paste0(pick(1), " + (x > 0) * (w > 1)")
    )
    made <- vapply(seq_len(count), function(i) shapes[[(i - 1L) %% length(shapes) + 1L]](), "")
    unique(c(atoms, made, ". - y - yp - b - d", ". - y - yp - b - d - text - m"))
  })
}

# The design of lm() or glm(), as the columns that tell rows apart.
design_of <- function(model) {
  X <- model.matrix(model)
  X[, !is.na(coef(model)), drop = FALSE]
}

# Whether two matrices have one column space: each lies in the other's.
expect_same_space <- function(ours, theirs, label, tolerance = 1e-8) {
  unit <- function(X) {
    X <- unname(X)
    lengths <- sqrt(colSums(X^2))
    sweep(X[, lengths > 0, drop = FALSE], 2, lengths[lengths > 0], "/")
  }
  outside <- function(A, B) max(abs(qr.resid(qr(B, tol = 1e-10), A)))
  ours <- unit(cbind(1, ours))
  theirs <- unit(cbind(1, theirs))
  testthat::expect_lt(outside(ours, theirs), tolerance, label = paste("what", label, "has and lm() has not"))
  testthat::expect_lt(outside(theirs, ours), tolerance, label = paste("what lm() has and", label, "has not"))
}
