# Readers of databases and of big matrices.

all_chunks <- function(reader) {
  cursor <- open_reader(reader)
  on.exit(cursor$close())
  chunks <- list()
  while (!is.null(chunk <- cursor$next_chunk())) chunks <- c(chunks, list(chunk))
  chunks
}

local_database <- function(table, env = parent.frame()) {
  skip_if_not_installed("RSQLite")
  con <- DBI::dbConnect(RSQLite::SQLite(), ":memory:")
  withr::defer(DBI::dbDisconnect(con), envir = env)
  DBI::dbWriteTable(con, "t", table)
  con
}

test_that("a query is read in parts, anew for each pass, with the types of its columns", {
  table <- data.frame(n = 1:7, x = c(NA, NA, NA, 0.1 + 0.2, -1e300, 5, 6), g = c("u", NA, "\u00e9", "v", "w", "x", "y"))
  con <- local_database(table)
  for (rows in c(1, 3, 7, 100)) {
    reader <- nn_reader(con, x ~ n, query = "SELECT * FROM t ORDER BY n", chunk_rows = rows)
    for (pass in 1:2) {
      chunks <- all_chunks(reader)
      expect_identical(max(vapply(chunks, nrow, 1L)), as.integer(min(rows, 7)))
      expect_identical(do.call(rbind, chunks), table)
    }
  }
  expect_output(print(reader), "a query of SQLiteConnection")
  none <- all_chunks(nn_reader(con, query = "SELECT n, g FROM t WHERE n > 99"))
  expect_identical(vapply(none, nrow, 1L), 0L)
  expect_named(none[[1L]], c("n", "g"))
})

test_that("a result is cleared on every way out, and what the database says reaches the user", {
  con <- local_database(data.frame(n = 1:10))
  cursor <- open_reader(nn_reader(con, query = "SELECT n FROM t", chunk_rows = 2))
  cursor$next_chunk()
  cursor$close()
  # It would warn of a result that is still open.
  expect_no_warning(DBI::dbGetQuery(con, "SELECT 1"))
  expect_error(open_reader(nn_reader(con, query = "SELECT zzz FROM t")), "no such column: zzz", class = "backprop_error_reader")
  expect_error(all_chunks(nn_reader(con, query = "SELECT CASE WHEN n > 1 THEN 'a' ELSE 1 END AS v FROM t")), "CAST", class = "backprop_error_reader")
  expect_no_warning(DBI::dbGetQuery(con, "SELECT 1"))
  expect_error(nn_reader(con), "`query` is missing", class = "backprop_error_missing_argument")
  expect_error(nn_reader(con, query = 3), "query", class = "backprop_error_argument")
})

test_that("a big matrix is read by rows, by the names of its columns", {
  skip_if_not_installed("bigmemory")
  withr::local_options(bigmemory.allow.dimnames = TRUE)
  numbers <- matrix(c(1:9, NA) / 3, 5, dimnames = list(NULL, c("a", "b")))
  big <- bigmemory::as.big.matrix(numbers)
  for (rows in c(1, 2, 9)) {
    expect_identical(do.call(rbind, all_chunks(nn_reader(big, a ~ b, chunk_rows = rows))), as.data.frame(numbers))
  }
  expect_output(print(nn_reader(big)), "a big matrix of 5 rows and 2 columns")
  expect_error(nn_reader(bigmemory::as.big.matrix(unname(numbers))), "must have names", class = "backprop_error_reader")
  lost <- withr::local_tempfile()
  saveRDS(nn_reader(big), lost)
  expect_error(open_reader(readRDS(lost)), "another session", class = "backprop_error_reader")
})
