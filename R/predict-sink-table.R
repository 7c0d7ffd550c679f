# Sinks that are tables of a database: a transaction for each chunk, so that the number of rows says how far it came.

table_sink <- function(connection, table, plan, reader, resume, call) {
  rlang::check_installed("DBI", "to write to a database.", call = call)
  if (!inherits(connection, "DBIConnection") || !(is_text(table) || inherits(table, "Id"))) {
    stop_argument("sink", "`list(connection = , table = )`, a connection of DBI and the name of a table", list(), call = call)
  }
  if (any(vapply(leaves_of(reader), function(leaf) identical(leaf$kind, "query") && identical(leaf$source, connection), NA))) {
    stop_backprop("incompatible", c(
      "{.arg sink} needs a connection of its own: the one that rows are read from is busy while they are.",
      i = "Connect once more to the database."
    ), call = call)
  }
  names <- make.unique(c("row", plan$columns))
  as_rows <- function(value, first_row) {
    number <- first_row - 1 + seq_len(NROW(value))
    stats::setNames(as_plain_table(c(list(number), unclass(prediction_table(value, plan))), NROW(value)), names)
  }
  with_database <- function(code) {
    tryCatch(code, error = function(cnd) {
      if (inherits(cnd, "backprop_error")) stop(cnd)
      said <- conditionMessage(cnd)
      stop_backprop("sink", c(
        "The table of predictions could not be written.", x = "{said}",
        i = if (grepl("locked", said, fixed = TRUE)) "SQLite writes while it reads after {.code PRAGMA journal_mode = WAL}, or to another file.",
        i = "The rows that it has stay: {.code resume = TRUE} goes on with them."
      ), call = call, parent = cnd)
    })
  }
  shown <- if (is_text(table)) table else paste(unlist(attr(table, "name")), collapse = ".")
  done <- with_database(if (DBI::dbExistsTable(connection, table)) {
    if (!resume) {
      stop_backprop("sink", c(
        "There is a table {.val {shown}} already.",
        i = "{.code resume = TRUE} goes on with it; {.code DBI::dbRemoveTable()} removes it."
      ), call = call)
    }
    count_table_rows(connection, table, names, shown, call)
  } else {
    DBI::dbCreateTable(connection, table, as_rows(plan$none, 1))
    0
  })
  list(
    done = done,
    matches = function(value) with_database(same_row(written_row(connection, table, done), as_rows(value, done))),
    write = function(value, first_row) {
      if (NROW(value) > 0L) {
        with_database(append_whole(connection, table, as_rows(value, first_row)))
      }
    },
    finish = function(rows) invisible(), abandon = function() invisible()
  )
}

# All rows or none, when an interrupt comes too.
append_whole <- function(connection, table, rows) {
  DBI::dbBegin(connection)
  done <- FALSE
  on.exit(if (!done) suspendInterrupts(DBI::dbRollback(connection)))
  DBI::dbAppendTable(connection, table, rows)
  suspendInterrupts({
    DBI::dbCommit(connection)
    done <- TRUE
  })
}

# How many rows of predictions a table has, which must be the first ones.
count_table_rows <- function(connection, table, names, shown, call) {
  if (!setequal(DBI::dbListFields(connection, table), names)) {
    refuse_resumed(call, "The table {.val {row}} has other columns.", shown)
  }
  row <- quote_name(connection, "row")
  counted <- DBI::dbGetQuery(connection, paste(
    "SELECT COUNT(*) AS n, MIN(", row, ") AS low, MAX(", row, ") AS high FROM", quote_name(connection, table)
  ))
  n <- as.double(counted$n)
  if (n > 0 && (counted$low != 1 || counted$high != n)) {
    refuse_resumed(call, "The table {.val {row}} has not the first rows, each once.", shown)
  }
  n
}

written_row <- function(connection, table, row) {
  DBI::dbGetQuery(connection, paste(
    "SELECT * FROM", quote_name(connection, table), "WHERE", quote_name(connection, "row"), "=", sprintf("%.0f", row)
  ))
}

quote_name <- function(connection, name) as.character(DBI::dbQuoteIdentifier(connection, name))

# A database may hold a number with fewer digits, and a logical as a number.
same_row <- function(written, predicted) {
  same <- function(one, other) {
    if (is.na(one) || is.na(other)) {
      return(is.na(one) && is.na(other))
    }
    if (is.character(other)) identical(one, other) else isTRUE(all.equal(as.double(one), as.double(other), tolerance = 1e-6))
  }
  nrow(written) == 1L && all(vapply(names(predicted), function(name) same(written[[name]], predicted[[name]]), NA))
}
