# Readers of a query: its result is fetched in parts, and it is sent anew for each pass.

#' @param query What a database is asked for each pass, a `SELECT`.
#' @section Databases:
#' A connection of the package \pkg{DBI} is asked `query`, anew for each pass, and its result is fetched `chunk_rows` rows at a time. A database may
#' give the rows of a
#' query in another order each time unless there is an `ORDER BY` (of a key, so that there are no ties): what depends on the order of rows, as
#' training by mini-batches, which rows are held back or sums to the last bit, is then not the same twice. Most connections read one result at a time:
#' give validation rows and the table that predictions are written to a connection of their own.
#' @rdname nn_reader
#' @export
nn_reader.DBIConnection <- function(source, formula = NULL, ..., query, chunk_rows = 65536, shuffle_bytes = 64 * 2^20) {
  call <- quote(nn_reader())
  refuse_dots(..., known = names(formals(nn_reader.DBIConnection)), call = call)
  rlang::check_installed("DBI", "to read a database.")
  if (missing(query)) {
    stop_backprop("missing_argument", c(
      "{.arg query} is missing: say which rows.", i = "{.code nn_reader(source, formula, query = \"SELECT * FROM ...\")}"
    ), call = call)
  }
  if (!is_text(query)) stop_argument("query", "a text in SQL", query, call = call)
  chunk_rows <- check_count(chunk_rows, "chunk_rows", call = call)
  new_reader("query", source, formula, shuffle_bytes, query = query, chunk_rows = chunk_rows, env = parent.frame())
}

query_cursor <- function(reader) {
  result <- DBI::dbSendQuery(reader$source, reader$query)
  began <- FALSE
  next_chunk <- function() {
    # A query without rows gives its columns once.
    if (began && DBI::dbHasCompleted(result)) {
      return(NULL)
    }
    chunk <- withCallingHandlers(DBI::dbFetch(result, n = reader$chunk_rows), warning = function(cnd) {
      # RSQLite's, where a column holds values of several types: some would come as others.
      if (grepl("mixed type", conditionMessage(cnd), fixed = TRUE)) {
        stop(conditionMessage(cnd), ": use CAST() in the query", call. = FALSE)
      }
    })
    if (began && nrow(chunk) == 0L) {
      return(NULL)
    }
    began <<- TRUE
    chunk
  }
  list(next_chunk = next_chunk, close = function() DBI::dbClearResult(result))
}
