# A plan (export-plan.R) as a SELECT of SQL: a common table expression for each layer, a column for each number.

# What a statement may be: databases allow between 1,600 and 2,000 columns, and parse what is longer for minutes.
sql_most_columns <- 1500L
sql_most_numbers <- 500000L

# Of more weights than this none stands in the expressions: they are columns of tables of one row. SQLite compares every literal of an expression with all before it.
sql_most_literals <- 5000L
sql_row_of_numbers <- 1000L

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
  columns <- names_of_inputs(plan)
  keys <- if (is.null(options$key)) columns else check_sql_names(options$key, "key", "names of columns of the table, or `NULL`", NULL, call)
  refuse_large_sql(plan, call)
  sql <- list2env(list(items = list(), vectors = list(), count = 0L, numbers = numeric(), tabled = sum(lengths(plan$constants)) > sql_most_literals, largest = dialect$largest, logarithm = dialect$logarithm))
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

# Weights in an expression: as they are, or as columns of tables of numbers.
sql_weights <- function(sql, values) {
  if (!sql$tabled) {
    return(sql_number(values))
  }
  places <- length(sql$numbers) + seq_along(values) - 1L
  sql$numbers <- c(sql$numbers, values)
  paste0("n", places %/% sql_row_of_numbers, ".a", places %% sql_row_of_numbers)
}

sql_tables_of_numbers <- function(sql, dialect) {
  numbers <- unlist(sql$numbers)
  tables <- split(numbers, (seq_along(numbers) - 1L) %/% sql_row_of_numbers)
  paste0("n", names(tables), " AS ", dialect$materialized, "(SELECT ", vapply(tables, function(values) {
    paste0(sql_number(values), " AS a", seq_along(values) - 1L, collapse = ", ")
  }, ""), ")", recycle0 = TRUE)
}

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
  tables <- grep("^n[0-9]+$", words, value = TRUE)
  sql$items <- c(sql$items, list(list(columns = stats::setNames(expressions, names), reads = setdiff(words, c(names, tables)), tables = tables)))
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
    # SQLite joins 64 tables at most.
    if (length(groups) > 1L && !any(item$reads %in% names(last$columns)) && length(union(last$tables, item$tables)) < 60L) {
      groups[[length(groups)]] <- list(columns = c(last$columns, item$columns), reads = union(last$reads, item$reads), tables = union(last$tables, item$tables))
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
      "c", g - 1L, " AS ", dialect$materialized, "(\n  SELECT ", paste(shown, collapse = ",\n    "), "\n  FROM ", if (g == 1L) paste0(table, " AS t") else paste(c(paste0("c", g - 2L), groups[[g]]$tables), collapse = " CROSS JOIN "), "\n)"
    )
    needed <- union(passed, groups[[g]]$reads)
    needed <- intersect(needed, unlist(lapply(groups[seq_len(g - 1L)], function(group) names(group$columns))))
  }
  c(
    paste0("WITH ", paste(c(sql_tables_of_numbers(sql, dialect), texts), collapse = ",\n")), paste0("SELECT ", paste0(final$expressions, " AS ", final$names, collapse = ",\n  ")), paste0("FROM c", length(groups) - 1L)
  )
}

refuse_wide_sql <- function(columns, call) {
  stop_backprop("export", c(
    "The network is too large for SQL: it needs {columns} columns at once.",
    x = "A statement may have {format(sql_most_columns, big.mark = ',')}, as databases have limits.",
    i = "Export it in another language, or train a smaller one ({.arg hidden}, {.arg ensemble})."
  ), call = call)
}
