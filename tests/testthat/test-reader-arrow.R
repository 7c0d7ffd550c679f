# Arrow streams as sources of rows, as far as nothing that makes streams is needed; tools/dev/arrow has pyarrow for the rest.

refused <- function(object, text) {
  expect_error(open_reader(nn_reader(function() object))$next_chunk(), text, class = "backprop_error_reader")
}

test_that("what is no stream is refused in words for what it is", {
  refused(mtcars, "It gave a data frame.*is a source itself")
  refused(NULL, "It gave `NULL`")
  refused(3.5, "It gave `3.5`")
  refused(-4096, "It gave `-4096`")
  refused("a name", "must open an Arrow stream")
  refused(c(4096, 4097), "must open an Arrow stream")
  refused(list(1), "must open an Arrow stream")
  refused(globalenv(), "must open an Arrow stream")
  failing <- nn_reader(function() stop("no such table: {x} 100% %s"))
  expect_error(open_reader(failing), "no such table: {x} 100% %s", fixed = TRUE, class = "backprop_error_reader")
})

test_that("a stream that was read, or never exported, is refused", {
  room <- engine_arrow_allocate()
  expect_null(room$error)
  refused(room$address, "was read before, or released")
})

test_that("classes of packages that are not installed name them", {
  skip_if(has_package("arrow") || has_package("duckdb"))
  refused(structure(list(), class = c("Table", "ArrowObject", "R6")), "arrow.* is not installed")
  refused(structure(list(), class = "duckdb_result"), "duckdb.* is not installed")
})

test_that("a stream itself is for predictions alone", {
  room <- engine_arrow_allocate()
  stream <- structure(room$holder, class = "nanoarrow_array_stream")
  reader <- nn_reader(stream, y ~ x)
  expect_true(reader$once)
  expect_error(check_reader(reader, "X", training = TRUE), "can be read once only", class = "backprop_error_reader")
  expect_output(print(reader), "an Arrow stream")
  exported <- NULL
  batches <- structure(list(export_to_c = function(address) exported <<- address), class = c("RecordBatchReader", "R6"))
  expect_error(open_reader(nn_reader(batches)), "was read before, or released", class = "backprop_error_reader")
  expect_match(exported, "^[0-9]+$")
})

test_that("columns that are not read are refused when a formula wants them, be it by a dot", {
  opened <- list(names = c("y", "a"), refused = c("price", "at{"), reasons = c("decimal128(10, 2)", "interval of months"))
  wants <- function(formula, text) expect_error(refuse_unread(opened, formula), text, class = "backprop_error_reader")
  wants(y ~ ., "`price` is a decimal128\\(10, 2\\)")
  wants(y ~ ., "`at\\{` is an interval of months")
  wants(log(price) ~ a, "price")
  wants(y ~ . - price, "interval")
  expect_silent(refuse_unread(opened, y ~ . - price - `at{`))
  expect_silent(refuse_unread(opened, y ~ a))
  expect_silent(refuse_unread(opened, NULL))
})
