# A plan (export-plan.R) as a SELECT of SQL: a common table expression for each layer, a column for each number.

# What a statement may be: databases allow between 1,600 and 2,000 columns, and parse what is longer for minutes.
sql_most_columns <- 1500L
sql_most_numbers <- 500000L

# `materialized`: what keeps a database from computing a layer anew for each use of its columns. `number` and `text` are the columns of a table as double
# precision and as text; of SQLite, whose columns hold what they are given, only what is a number is one. `logarithm`: SQLite's LOG() has the base 10 or e, by who built it.
sql_dialects <- list(
  sqlite = list(
    materialized = "MATERIALIZED ", largest = "MAX", logarithm = "(LOG(@) / LOG(2.7182818284590452))",
    number = function(x) paste0("CASE WHEN typeof(", x, ") IN ('integer', 'real') THEN CAST(", x, " AS REAL) END"), text = function(x) paste0("CAST(", x, " AS TEXT)")
  ),
  duckdb = list(
    materialized = "MATERIALIZED ", largest = "GREATEST", logarithm = "LN(@)", number = function(x) paste0("CAST(", x, " AS DOUBLE)"),
    text = function(x) paste0("CAST(", x, " AS VARCHAR)")
  ),
  postgresql = list(
    materialized = "MATERIALIZED ", largest = "GREATEST", logarithm = "LN(@)", number = function(x) paste0("CAST(", x, " AS DOUBLE PRECISION)"), text = function(x) paste0("CAST(", x, " AS TEXT)")
  ),
  standard = list(materialized = "", largest = "GREATEST", logarithm = "LN(@)", number = function(x) paste0("CAST(", x, " AS DOUBLE PRECISION)"), text = identity)
)

export_sql <- function(plan, options) {
  call <- options$call
  dialect <- sql_dialects[[check_choice(options$dialect, "dialect", names(sql_dialects), call)]]
  table <- check_sql_names(options$table, "table", "the name of a table, or a schema and a name", 1:2, call)
  columns <- vapply(plan$inputs, function(input) input$name, "")
  keys <- if (is.null(options$key)) columns else check_sql_names(options$key, "key", "names of columns of the table, or `NULL`", NULL, call)
  refuse_large_sql(plan, call)
  sql <- list2env(list(items = list(), vectors = list(), count = 0L, largest = dialect$largest, logarithm = dialect$logarithm))
  sql_inputs(sql, plan, dialect, options$dialect, keys)
  sql_design(sql, plan)
  for (step in plan$steps) sql$vectors[[step$into]] <- sql_step(sql, step, plan)
  final <- sql_outputs(sql, plan, keys)
  head <- export_head(
    plan, paste0("column \"", comment_text(columns), "\""), c(prediction_names(plan), if (!is.null(plan$classes)) ".pred_class: the likeliest level"),
    paste0("For ", c(sqlite = "SQLite", duckdb = "DuckDB", postgresql = "PostgreSQL", standard = "standard SQL")[[options$dialect]], ". Predictions are NULL where there are none. Rows come in any order.")
  )
  paste(c(paste("--", head), sql_statement(sql, paste(sql_name(table), collapse = "."), final, dialect, call)), collapse = "\n")
}

check_sql_names <- function(x, arg, expected, lengths, call) {
  if (!is_texts(x) || length(x) == 0L || !all(nzchar(x)) || (!is.null(lengths) && !length(x) %in% lengths)) stop_argument(arg, expected, x, call = call)
  x
}

refuse_large_sql <- function(plan, call) {
  numbers <- sum(lengths(plan$constants))
  widest <- max(plan$lengths)
  if (numbers > sql_most_numbers || widest > sql_most_columns) {
    stop_backprop("export", c(
      "The network is too large for SQL: {format(numbers, big.mark = ',')} numbers, in layers of up to {widest} columns.",
      x = "A statement may have {format(sql_most_numbers, big.mark = ',', scientific = FALSE)} and {format(sql_most_columns, big.mark = ',')}: databases have limits on columns, and take minutes to read more.",
      i = "Export it in another language, or train a smaller one ({.arg hidden}, {.arg ensemble})."
    ), call = call)
  }
}

# ---- literals ---------------------------------------------------------------------------------------

sql_name <- function(x) paste0("\"", gsub("\"", "\"\"", enc2utf8(x), fixed = TRUE), "\"")

sql_text <- function(x) paste0("'", gsub("'", "''", enc2utf8(x), fixed = TRUE), "'")

# No database has the same word for infinity.
sql_number <- function(x) number_text(x, c(nan = "NULL", infinite = "1.7976931348623157e308"))

# Many terms in pairs of pairs: databases limit how deep an expression may go.
sql_join <- function(terms, sign) {
  n <- length(terms)
  if (n <= 8L) {
    return(paste(terms, collapse = paste0(" ", sign, " ")))
  }
  half <- n %/% 2L
  paste0("(", sql_join(terms[seq_len(half)], sign), ") ", sign, " (", sql_join(terms[-seq_len(half)], sign), ")")
}

# ---- columns: each is an item of `sql`, with what it is made of -------------------------------------------

# Adds columns named by `stem`, and answers with their names.
sql_add <- function(sql, expressions, stem) {
  names <- paste0(stem, if (length(expressions) > 1L) paste0("_", seq_along(expressions)))
  words <- unique(unlist(regmatches(expressions, gregexpr("\\b[a-z]+[0-9]*(_[0-9]+)*\\b", expressions, perl = TRUE))))
  sql$items <- c(sql$items, list(list(columns = stats::setNames(expressions, names), reads = setdiff(words, names))))
  names
}

# A column for what is used more than once.
sql_hold <- function(sql, expression) {
  if (grepl("^[a-z]+[0-9]*(_[0-9]+)*$", expression) || grepl("^[(]?-?[0-9.e+-]+[)]?$", expression)) {
    return(expression)
  }
  sql$count <- sql$count + 1L
  sql_add(sql, expression, paste0("w", sql$count))
}

sql_hold_each <- function(sql, expressions) vapply(expressions, function(expression) sql_hold(sql, expression), "", USE.NAMES = FALSE)

# Those of the table, under names of our own.
sql_inputs <- function(sql, plan, dialect, name, keys) {
  read <- vapply(plan$inputs, function(input) {
    column <- paste0("t.", sql_name(input$name))
    switch(input$kind,
      levels = dialect$text(column), number = dialect$number(column),
      # A flag is a number in SQLite, and has a type of its own elsewhere.
      flag = if (name == "sqlite") dialect$number(column) else paste0("CASE WHEN ", column, " THEN 1.0 WHEN NOT ", column, " THEN 0.0 END")
    )
  }, "")
  sql$first <- stats::setNames(c(paste0("t.", sql_name(keys)), read), c(paste0("k", seq_along(keys)), paste0("i", seq_along(read))))
}

sql_design <- function(sql, plan) {
  say <- sql_expressions(sql, plan)
  value <- function(e) say_expression(e, say)
  for (i in seq_along(plan$scalars)) sql_add(sql, value(plan$scalars[[i]]), paste0("v", i))
  columns <- if (is.null(plan$x)) lapply(seq_along(plan$inputs), at_input) else plan$x
  sql$vectors$x <- sql_add(sql, vapply(columns, value, ""), "x")
  if (!is.null(plan$offset)) sql$vectors$offset <- sql_add(sql, vapply(plan$offset, value, ""), "o")
  finite <- paste0("ABS(", c(sql$vectors$x, sql$vectors$offset), ") <= 1.7976931348623157e308")
  checks <- vapply(plan$checks, function(check) paste0("(", value(check), ") = 1.0"), "")
  sql_add(sql, paste0("CASE WHEN ", sql_join(c(finite, checks), "AND"), " THEN 1 ELSE 0 END"), "ok")
}

# Every function is held to where it has a value; elsewhere some databases end the statement.
sql_expressions <- function(sql, plan) {
  hold <- function(a) sql_hold(sql, a)
  compared <- function(sign, opposite) {
    function(a, b) {
      a <- hold(a)
      b <- hold(b)
      paste0("(CASE WHEN ", a, " ", sign, " ", b, " THEN 1.0 WHEN ", a, " ", opposite, " ", b, " THEN 0.0 END)")
    }
  }
  where <- function(condition, value) {
    function(a) {
      a <- hold(a)
      paste0("(CASE WHEN ", gsub("@", a, condition, fixed = TRUE), " THEN ", gsub("@", a, value, fixed = TRUE), " END)")
    }
  }
  of <- function(value) function(a) paste0("(", gsub("@", hold(a), value, fixed = TRUE), ")")
  list(
    number = sql_number, input = function(i) paste0("i", i), scalar = function(i) paste0("v", i),
    missing = function(i) paste0("(CASE WHEN i", i, " IS NULL THEN 1.0 ELSE 0.0 END)"),
    code = function(i) sql_code(plan$codes[[i]]),
    among = function(a, values) {
      a <- hold(a)
      paste0("(CASE WHEN ", a, " IN (", paste(sql_number(values), collapse = ", "), ") THEN 1.0 WHEN ", a, " IS NOT NULL THEN 0.0 END)")
    },
    add = infix("+"), subtract = infix("-"), multiply = infix("*"), divide = function(a, b) paste0("(", a, " / NULLIF(", b, ", 0.0))"), negate = function(a) paste0("(-", a, ")"),
    power = function(a, b) sql_power(hold(a), b),
    modulo = function(a, b) {
      a <- hold(a)
      b <- hold(b)
      paste0("(", a, " - FLOOR(", a, " / NULLIF(", b, ", 0.0)) * ", b, ")")
    },
    less = compared("<", ">="), less_equal = compared("<=", ">"), greater = compared(">", "<="), greater_equal = compared(">=", "<"),
    equal = compared("=", "<>"), not_equal = compared("<>", "="),
    and = function(a, b) {
      a <- hold(a)
      b <- hold(b)
      paste0("(CASE WHEN ", a, " = 0.0 OR ", b, " = 0.0 THEN 0.0 WHEN ", a, " <> 0.0 AND ", b, " <> 0.0 THEN 1.0 END)")
    },
    or = function(a, b) {
      a <- hold(a)
      b <- hold(b)
      paste0("(CASE WHEN ", a, " <> 0.0 OR ", b, " <> 0.0 THEN 1.0 WHEN ", a, " = 0.0 AND ", b, " = 0.0 THEN 0.0 END)")
    },
    not = of("CASE WHEN @ = 0.0 THEN 1.0 WHEN @ <> 0.0 THEN 0.0 END"),
    "if" = function(a, b, c) {
      a <- hold(a)
      paste0("(CASE WHEN ", a, " <> 0.0 THEN ", b, " WHEN ", a, " = 0.0 THEN ", c, " END)")
    },
    unknown = of("CASE WHEN @ IS NULL THEN 1.0 ELSE 0.0 END"), is_true = of("CASE WHEN @ = 1.0 THEN 1.0 ELSE 0.0 END"),
    min = function(a, b) sql_smaller(hold(a), hold(b), "<="), max = function(a, b) sql_smaller(hold(a), hold(b), ">="),
    exp = function(a) sql_exp(hold(a)), log = where("@ > 0.0", sql$logarithm), log1p = where("@ > -1.0", gsub("@", "1.0 + @", sql$logarithm, fixed = TRUE)),
    expm1 = function(a) paste0("(", sql_exp(hold(a)), " - 1.0)"), sqrt = where("@ >= 0.0", "SQRT(@)"), abs = of("ABS(@)"),
    sign = of("CASE WHEN @ > 0.0 THEN 1.0 WHEN @ < 0.0 THEN -1.0 WHEN @ = 0.0 THEN 0.0 END"), floor = of("FLOOR(@)"), ceiling = of("CEIL(@)"),
    sin = of("SIN(@)"), cos = of("COS(@)"), tan = of("TAN(@)"), asin = where("ABS(@) <= 1.0", "ASIN(@)"), acos = where("ABS(@) <= 1.0", "ACOS(@)"), atan = of("ATAN(@)"),
    sinh = function(a) {
      a <- hold(a)
      paste0("((", sql_exp(a), " - ", sql_exp(hold(paste0("(-", a, ")"))), ") / 2.0)")
    },
    cosh = function(a) {
      a <- hold(a)
      paste0("((", sql_exp(a), " + ", sql_exp(hold(paste0("(-", a, ")"))), ") / 2.0)")
    },
    tanh = function(a) sql_tanh(hold(a))
  )
}

sql_smaller <- function(a, b, sign) paste0("(CASE WHEN ", a, " ", sign, " ", b, " THEN ", a, " WHEN ", b, " IS NOT NULL THEN ", b, " END)")

sql_power <- function(a, b) {
  exponent <- suppressWarnings(as.double(b))
  if (exponent %in% 1:4) paste0("(", paste(rep(a, exponent), collapse = " * "), ")") else paste0("(CASE WHEN ", a, " > 0.0 OR FLOOR(", b, ") = ", b, " THEN POWER(", a, ", ", b, ") END)")
}

# `z` is a column: it stands here several times. Beyond these ends some databases end the statement.
sql_exp <- function(z) paste0("(CASE WHEN ", z, " < -700.0 THEN 0.0 WHEN ", z, " <= 709.78 THEN EXP(", z, ") END)")

# e to minus the size of z, which cannot be too large.
sql_decay <- function(z, times = "") paste0("(CASE WHEN ABS(", z, ") > 350.0 THEN 0.0 ELSE EXP(-", times, "ABS(", z, ")) END)")

sql_tanh <- function(z) {
  e <- sql_decay(z, "2.0 * ")
  paste0("((CASE WHEN ", z, " < 0.0 THEN -1.0 ELSE 1.0 END) * (1.0 - ", e, ") / (1.0 + ", e, "))")
}

sql_sigmoid <- function(z) {
  e <- sql_decay(z)
  paste0("((CASE WHEN ", z, " < 0.0 THEN ", e, " ELSE 1.0 END) / (1.0 + ", e, "))")
}

sql_code <- function(table) {
  text <- paste0("i", table$input)
  cases <- paste0("WHEN ", text, " = ", sql_text(table$texts), " THEN ", sql_number(table$codes), recycle0 = TRUE)
  paste0("(CASE WHEN ", text, " IS NULL THEN ", sql_number(table$missing), " ", paste(cases, collapse = " "), " ELSE ", sql_number(table$other), " END)")
}

# ---- steps ------------------------------------------------------------------------------------------

# Adds the columns of a step, and answers with their names.
sql_step <- function(sql, step, plan) {
  x <- sql$vectors[[step$from[1L]]]
  constant <- function(what) plan$constants[[step[[what]]]]
  add <- function(expressions) sql_add(sql, expressions, step$into)
  # Differences and sums with a number that may be negative: it is in parentheses then.
  number <- sql_number
  switch(step$op,
    take = unlist(lapply(step$parts, function(part) {
      columns <- sql$vectors[[part$from]]
      if (is.null(part$at)) columns else columns[part$at]
    })),
    standardise = add(ifelse(is.finite(constant("scale")), paste0("(", x, " - ", number(constant("center")), ") / ", number(constant("scale"))), "0.0")),
    rescale = add(paste0(x, " * ", number(constant("scale")), " + ", number(constant("center")))),
    times = add(paste0(x, " * ", number(rep_len(constant("factors"), plan$lengths[[step$into]])))),
    plus = add(paste0(x, " + ", sql$vectors[[step$from[2L]]])),
    clamp = add(paste0(
      "CASE WHEN ", x, " < ", number(constant("lower")), " THEN ", number(constant("lower")), " WHEN ", x, " > ", number(constant("upper")), " THEN ",
      number(constant("upper")), " ELSE ", x, " END"
    )),
    mean = add(vapply(seq_along(x), function(j) {
      sql_join(paste0(vapply(step$from, function(from) sql$vectors[[from]][j], ""), " * ", number(step$shares)), "+")
    }, "")),
    linear = {
      weights <- constant("weights")
      biases <- if (is.null(step$biases)) rep("0.0", ncol(weights)) else number(constant("biases"))
      add(vapply(seq_len(ncol(weights)), function(j) {
        used <- which(weights[, j] != 0)
        sql_join(c(biases[j], paste0(x[used], " * ", number(weights[used, j]), recycle0 = TRUE)), "+")
      }, ""))
    },
    activate = sql_activate(sql, step, x, add),
    softmax = {
      top <- sql_hold(sql, sql_largest(sql, x))
      powers <- sql_hold_each(sql, vapply(sql_hold_each(sql, paste0("(", x, " - ", top, ")")), sql_exp, ""))
      sum <- sql_hold(sql, paste0("(", sql_join(powers, "+"), ")"))
      add(paste0(powers, " / ", sum))
    },
    norm = {
      mean <- sql_hold(sql, paste0("((", sql_join(x, "+"), ") / ", number(length(x)), ")"))
      centered <- sql_hold_each(sql, paste0("(", x, " - ", mean, ")"))
      size <- sql_hold(sql, paste0("SQRT((", sql_join(paste0(centered, " * ", centered), "+"), ") / ", number(length(x)), " + ", number(step$epsilon), ")"))
      add(paste0(centered, " / ", size, " * ", number(constant("factors")), " + ", number(constant("biases"))))
    },
    pieces = add(unlist(lapply(step$pieces, function(piece) {
      z <- x[piece$column]
      e <- piece$edges
      low <- number(e[-length(e)])
      paste0("CASE WHEN ", z, " <= ", low, " THEN 0.0 WHEN ", z, " >= ", number(e[-1L]), " THEN 1.0 ELSE (", z, " - ", low, ") / ", number(diff(e)), " END")
    }))),
    bend = {
      bent <- x
      bent[step$clipped] <- paste0(x[step$clipped], " / SQRT(1.0 + ", x[step$clipped], " * ", x[step$clipped], " / 9.0)", recycle0 = TRUE)
      for (curve in step$curves) bent[curve$column] <- sql_curve(x[curve$column], curve$knots, curve$scores)
      add(bent)
    }
  )
}

# Functions take a limited number of arguments.
sql_largest <- function(sql, x) {
  if (length(x) == 1L) {
    return(x)
  }
  parts <- vapply(split(x, (seq_along(x) - 1L) %/% 50L), function(part) if (length(part) > 1L) paste0(sql$largest, "(", paste(part, collapse = ", "), ")") else part, "")
  if (length(parts) > 1L) sql_largest(sql, parts) else unname(parts)
}

sql_curve <- function(z, knots, scores) {
  n <- length(knots)
  slopes <- diff(scores) / diff(knots)
  between <- paste0("WHEN ", z, " < ", sql_number(knots[-1L]), " THEN ", sql_number(scores[-n]), " + (", z, " - ", sql_number(knots[-n]), ") * ", sql_number(slopes), recycle0 = TRUE)
  paste0("CASE WHEN ", z, " < ", sql_number(knots[1L]), " THEN ", sql_number(scores[1L]), " ", paste(between, collapse = " "), " ELSE ", sql_number(scores[n]), " END")
}

sql_activate <- function(sql, step, x, add) {
  below <- function(value) paste0("CASE WHEN ", x, " < 0.0 THEN ", value, " ELSE ", x, " END")
  switch(step$activation,
    sigmoid = add(sql_sigmoid(x)), tanh = add(sql_tanh(x)), relu = add(below("0.0")), leaky_relu = add(below(paste0("0.01 * ", x))),
    elu = add(below(paste0("(", sql_decay(x), " - 1.0)"))),
    selu = add(paste0("1.0507009873554805 * ", below(paste0("1.6732632423543772 * (", sql_decay(x), " - 1.0)")))),
    gelu = {
      tail <- upper_tail_series()
      u <- sql_hold_each(sql, paste0("((ABS(", x, ") - ", sql_number(tail$half), ") / (ABS(", x, ") + ", sql_number(tail$half), "))"))
      series <- Reduce(function(sum, c) paste0("(", sum, " * ", u, " + ", sql_number(c), ")"), rev(tail$coefficients)[-1L], sql_number(utils::tail(tail$coefficients, 1L)))
      upper <- sql_hold_each(sql, paste0("(CASE WHEN ABS(", x, ") > 37.0 THEN 0.0 ELSE EXP(-0.5 * ", x, " * ", x, ") * ", series, " END)"))
      add(paste0(x, " * (CASE WHEN ", x, " > 0.0 THEN 1.0 - ", upper, " ELSE ", upper, " END)"))
    },
    softplus = add(vapply(seq_along(x), function(j) paste0(below("0.0")[j], " + ", sub("@", paste0("1.0 + ", sql_decay(x[j])), sql$logarithm, fixed = TRUE)), "")),
    silu = add(paste0(x, " * ", sql_sigmoid(x))), softsign = add(paste0(x, " / (1.0 + ABS(", x, "))")), exp = add(sql_exp(x)),
    cosine = add(paste0("COS(6.2831853071795865 * (", x, " - FLOOR(", x, " + 0.5)))")), sine = add(paste0("SIN(6.2831853071795865 * (", x, " - FLOOR(", x, " + 0.5)))"))
  )
}

# ---- the statement ----------------------------------------------------------------------------------

sql_outputs <- function(sql, plan, keys) {
  columns <- sql$vectors[[plan$result]]
  value <- paste0("CASE WHEN ok = 1 THEN ", columns, " END")
  class <- if (!is.null(plan$classes)) {
    k <- length(columns)
    # The first that is not below any after it is the largest.
    cases <- vapply(seq_len(k - 1L), function(j) sql_join(paste0(columns[j], " >= ", columns[(j + 1L):k]), "AND"), "")
    paste0("CASE WHEN ok = 1 THEN CASE ", paste0("WHEN ", cases, " THEN ", sql_text(plan$classes[-k]), collapse = " "), " ELSE ", sql_text(plan$classes[k]), " END END")
  }
  list(
    expressions = c(paste0("k", seq_along(keys)), value, class), names = sql_name(c(keys, prediction_names(plan), if (!is.null(class)) ".pred_class")),
    reads = c(paste0("k", seq_along(keys)), columns, "ok")
  )
}

# Items that follow each other go into one expression where none reads another; each expression passes on what is read later.
sql_statement <- function(sql, table, final, dialect, call) {
  groups <- list(list(columns = sql$first, reads = character()))
  for (item in sql$items) {
    last <- groups[[length(groups)]]
    if (length(groups) > 1L && !any(item$reads %in% names(last$columns))) {
      groups[[length(groups)]] <- list(columns = c(last$columns, item$columns), reads = union(last$reads, item$reads))
    } else {
      groups <- c(groups, list(item))
    }
  }
  needed <- final$reads
  texts <- character(length(groups))
  for (g in rev(seq_along(groups))) {
    made <- groups[[g]]$columns
    here <- made[names(made) %in% needed]
    passed <- setdiff(needed, names(made))
    if (length(here) + length(passed) > sql_most_columns) refuse_wide_sql(length(here) + length(passed), call)
    shown <- c(passed, paste0(here, " AS ", names(here), recycle0 = TRUE))
    texts[g] <- paste0(
      "c", g - 1L, " AS ", dialect$materialized, "(\n  SELECT ", paste(shown, collapse = ",\n    "), "\n  FROM ", if (g == 1L) paste0(table, " AS t") else paste0("c", g - 2L), "\n)"
    )
    needed <- union(passed, groups[[g]]$reads)
    needed <- intersect(needed, unlist(lapply(groups[seq_len(g - 1L)], function(group) names(group$columns))))
  }
  c(
    paste0("WITH ", paste(texts, collapse = ",\n")), paste0("SELECT ", paste0(final$expressions, " AS ", final$names, collapse = ",\n  ")), paste0("FROM c", length(groups) - 1L)
  )
}

refuse_wide_sql <- function(columns, call) {
  stop_backprop("export", c(
    "The network is too large for SQL: it needs {columns} columns at once.",
    x = "A statement may have {format(sql_most_columns, big.mark = ',')}, as databases have limits.",
    i = "Export it in another language, or train a smaller one ({.arg hidden}, {.arg ensemble})."
  ), call = call)
}
