# Readers of CSV files.

all_of <- function(reader) {
  cursor <- open_reader(reader)
  on.exit(cursor$close())
  chunks <- list()
  while (!is.null(chunk <- cursor$next_chunk())) chunks <- c(chunks, list(chunk))
  do.call(rbind, chunks)
}

csv_file <- function(..., env = parent.frame()) {
  path <- withr::local_tempfile(fileext = ".csv", .local_envir = env)
  writeLines(c(...), path, useBytes = TRUE)
  path
}

test_that("rows are what read.csv() makes of the file, for any size of chunks", {
  table <- data.frame(
    x = c(1.5, NA, 1e-300, 0.1 + 0.2, -7, 12345678901), n = c(1:5, NA), g = c("u", "a, b", "say \"no\"", "two\nlines", NA, "NAN"),
    f = c(TRUE, FALSE, NA, TRUE, TRUE, FALSE)
  )
  path <- withr::local_tempfile(fileext = ".csv")
  utils::write.csv(table, path, row.names = FALSE)
  for (rows in c(1, 2, 5, 100)) {
    read <- all_of(nn_reader(path, chunk_rows = rows))
    expect_identical(read$x, utils::read.csv(path)$x)
    expect_identical(read$n, as.double(table$n))
    expect_identical(read[c("g", "f")], table[c("g", "f")])
  }
})

test_that("several files are one, columns in any order, and compressed ones are read", {
  first <- csv_file("a,b", "1,u", "2,v")
  second <- withr::local_tempfile(fileext = ".csv.gz")
  packed <- gzfile(second, "w")
  writeLines(c("b,a", "w,3"), packed)
  close(packed)
  empty <- csv_file("a,b")
  expect_identical(all_of(nn_reader(c(first, empty, second))), data.frame(a = c(1, 2, 3), b = c("u", "v", "w")))
  expect_error(all_of(nn_reader(c(first, csv_file("a,c", "1,2")))), "b.* is missing.*c.* is new", class = "backprop_error_reader")
})

test_that("other separators, a byte order mark, quoted numbers and other encodings are read", {
  path <- csv_file("\ufeffa;b", "1,5;\"2,25\"", ";\"3\"")
  expect_identical(all_of(nn_reader(path, sep = ";", dec = ",", chunk_rows = 1)), data.frame(a = c(1.5, NA), b = c(2.25, 3)))
  latin <- withr::local_tempfile(fileext = ".csv")
  writeBin(c(charToRaw("a\n"), as.raw(0xe9), charToRaw("\n")), latin)
  expect_identical(all_of(nn_reader(latin, encoding = "latin1")), data.frame(a = "\u00e9"))
  expect_identical(all_of(nn_reader(csv_file("\u00e4", "\u00e9"))), stats::setNames(data.frame("\u00e9"), "\u00e4"))
  wide <- withr::local_tempfile(fileext = ".csv")
  writeBin(iconv("a,b\n1,x\n", "UTF-8", "UTF-16LE", toRaw = TRUE)[[1L]], wide)
  expect_identical(all_of(nn_reader(wide, encoding = "UTF-16LE")), data.frame(a = 1, b = "x"))
  expect_error(nn_reader(latin, encoding = "no such one"), "no such one", class = "backprop_error_reader")
  expect_identical(all_of(nn_reader(csv_file("a,b", "-,x", "2,-"), na = "-"))$a, c(NA, 2))
})

test_that("types are fixed when the reader is made: a later text among numbers is an error that says where, and can be declared", {
  path <- csv_file("id,zip", paste(1:10002, c(rep("123", 10001), "12a"), sep = ","))
  reader <- nn_reader(path, chunk_rows = 1000)
  cnd <- expect_error(all_of(reader), class = "backprop_error_reader")
  expect_match(conditionMessage(cnd), "Column \"zip\" must have a number", fixed = TRUE)
  expect_match(conditionMessage(cnd), "Row 10002 has \"12a\"", fixed = TRUE)
  expect_match(conditionMessage(cnd), basename(path), fixed = TRUE)
  declared <- all_of(nn_reader(path, col_types = c(zip = "text")))
  expect_identical(declared$zip[c(1, 10002)], c("123", "12a"))
  flags <- nn_reader(csv_file("a", rep("T", 10000), "M"), chunk_rows = 4000)
  expect_error(all_of(flags), "must have a logical.*Row 10001 has \"M\"", class = "backprop_error_reader")
})

test_that("a row of other length, a quote that does not end and bytes that are no text are errors", {
  refused <- function(path, text, ...) expect_error(all_of(nn_reader(path, ...)), text, class = "backprop_error_reader")
  # Beyond the rows that types are guessed by.
  refused(csv_file("a,b", rep("1,2", 10004), "1,2,3"), "Row 10005 has 3", chunk_rows = 10)
  refused(csv_file("a,b", rep("1,2", 3), "1,2,3"), "must have 2 fields.*Row 4 has 3")
  refused(csv_file("a,b", "1,\"x"), "does not end")
  refused(csv_file("a,b", "1,\xe9"), "is not in UTF-8")
  nul <- withr::local_tempfile(fileext = ".csv")
  writeBin(c(charToRaw("a,b\n1,"), as.raw(0), charToRaw("2\n")), nul)
  refused(nul, "nul")
  refused(csv_file(character()), "is empty")
  refused(csv_file("a,a", "1,2"), "More than once")
})

test_that("files that are not there, folders, other formats and wrong arguments are refused", {
  expect_error(nn_reader("nowhere.csv"), "There is no file", class = "backprop_error_reader")
  expect_error(nn_reader(tempdir()), "is a folder", class = "backprop_error_reader")
  expect_error(nn_reader("rows.parquet"), "no CSV file.*Arrow stream", class = "backprop_error_reader")
  path <- csv_file("a,b", "1,2")
  expect_error(nn_reader(path, col_types = c(z = "text")), "z", class = "backprop_error_argument")
  expect_error(nn_reader(path, col_types = c(a = "date")), "col_types", class = "backprop_error_argument")
  expect_error(nn_reader(path, sep = ""), "single character", class = "backprop_error_argument")
  expect_output(print(nn_reader(path, a ~ b)), "1 CSV file of 2 columns")
})

test_that("no connection is left open", {
  before <- nrow(showConnections())
  path <- csv_file("a,b", "1,2", "3,4")
  cursor <- open_reader(nn_reader(path, chunk_rows = 1))
  cursor$next_chunk()
  cursor$close()
  expect_error(all_of(nn_reader(csv_file("a,b", "1,\"x"))))
  all_of(nn_reader(path))
  expect_identical(nrow(showConnections()), before)
})
