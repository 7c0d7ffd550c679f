# Predictions of readers, and where they go.

mixed <- local({
  set.seed(5)
  data.frame(x = c(rnorm(58), NA, 1), g = factor(sample(c("u", "v", "w, \"x\""), 60, TRUE)), y = rnorm(60), k = factor(sample(c("p", "q", "r"), 60, TRUE)))
})
numbers <- suppressMessages(nn_train(y ~ x + g, mixed, hidden = 3, epochs = 5, seed = 1, na_action = "omit", preset = "textbook"))
classes <- suppressMessages(nn_train(k ~ x + g, mixed, hidden = 3, epochs = 5, seed = 1, na_action = "omit", preset = "textbook"))
reader_of <- function(rows = 7) nn_reader(mixed, chunk_rows = rows)

test_that("without a sink all predictions come back as they do in memory", {
  for (rows in c(1, 7, 59, 1000)) {
    expect_identical(nn_predict(numbers, reader_of(rows)), nn_predict(numbers, mixed))
    expect_identical(nn_predict(classes, reader_of(rows)), nn_predict(classes, mixed))
    expect_identical(nn_predict(classes, reader_of(rows), type = "class"), nn_predict(classes, mixed, type = "class"))
  }
  named <- mtcars
  fit <- nn_train(mpg ~ wt + hp, named, epochs = 2, seed = 1, preset = "textbook")
  expect_identical(nn_predict(fit, nn_reader(named, chunk_rows = 10)), nn_predict(fit, named))
  expect_identical(nn_predict(fit, nn_reader(named[0, ])), nn_predict(fit, named[0, ]))
  expect_identical(nn_predict(fit, nn_reader(function(reset) NULL)), unname(nn_predict(fit, named[0, ]))[, 1, drop = FALSE] |> `colnames<-`("mpg"))
})

test_that("a fit by matrix, ensembles, offsets and kept epochs predict by readers", {
  X <- as.matrix(mtcars[c("wt", "hp")])
  fit <- nn_train(X, mtcars$mpg, epochs = 3, seed = 1, keep_weights = 1)
  expect_identical(nn_predict(fit, nn_reader(mtcars, chunk_rows = 9)), nn_predict(fit, X))
  expect_identical(nn_predict(fit, nn_reader(mtcars, chunk_rows = 9), epoch = 2), nn_predict(fit, X, epoch = 2))
  many <- nn_train(mpg ~ wt, mtcars, epochs = 2, seed = 1, preset = "textbook", ensemble = 2)
  expect_identical(nn_predict(many, nn_reader(mtcars, chunk_rows = 9)), nn_predict(many, mtcars))
  with_offset <- nn_train(carb ~ wt + offset(log(cyl)), mtcars, family = "poisson", epochs = 2, seed = 1, preset = "textbook")
  expect_identical(nn_predict(with_offset, nn_reader(mtcars, chunk_rows = 9)), nn_predict(with_offset, mtcars))
  expect_identical(nn_predict(with_offset, nn_reader(mtcars, chunk_rows = 9), offset = 0), nn_predict(with_offset, mtcars, offset = 0))
  expect_error(nn_predict(with_offset, nn_reader(mtcars), offset = 1:32), "one number", class = "backprop_error_argument")
})

test_that("a CSV file has the same numbers to the last bit, and nothing is left beside it", {
  folder <- withr::local_tempdir()
  path <- file.path(folder, "p.csv")
  expect_identical(withVisible(nn_predict(numbers, reader_of(), sink = path)), list(value = 60, visible = FALSE))
  expect_identical(list.files(folder), "p.csv")
  expect_identical(utils::read.csv(path)$y, unname(nn_predict(numbers, mixed)[, 1]))
  nn_predict(classes, reader_of(), sink = path)
  expect_identical(as.matrix(utils::read.csv(path)), unname(nn_predict(classes, mixed)) |> `colnames<-`(c("p", "q", "r")))
  nn_predict(classes, reader_of(), type = "class", sink = path)
  expect_identical(utils::read.csv(path)$class, as.character(nn_predict(classes, mixed, type = "class")))
  nn_predict(numbers, nn_reader(mixed[0, ]), sink = path)
  expect_identical(readLines(path), "y")
})

test_that("texts of a CSV file are quoted where they have to be", {
  texts <- c("a", "a,b", "say \"x\"", "two\nlines", "", " a", "NA", NA, "\u00e9")
  path <- withr::local_tempfile()
  writeLines(paste0("1,", csv_texts(texts)), path, useBytes = TRUE)
  read <- scan(path, list("", ""), sep = ",", quiet = TRUE, quote = "\"", encoding = "UTF-8", na.strings = character())[[2L]]
  expect_identical(read, replace(texts, 8L, "NA"))
  expect_identical(csv_texts(NA_character_), "NA")
})

test_that("a function gets chunk by chunk, and goes on where it is told", {
  got <- list()
  take <- function(predictions, first_row) got[[length(got) + 1L]] <<- list(predictions, first_row)
  nn_predict(numbers, reader_of(25), sink = take)
  expect_identical(vapply(got, `[[`, 1, 2L), c(1, 26, 51))
  expect_identical(do.call(rbind, lapply(got, `[[`, 1L)), nn_predict(numbers, mixed))
  got <- list()
  nn_predict(numbers, reader_of(25), sink = take, resume = 30)
  expect_identical(vapply(got, `[[`, 1, 2L), c(31, 51))
  expect_identical(do.call(rbind, lapply(got, `[[`, 1L)), nn_predict(numbers, mixed)[31:60, , drop = FALSE])
  expect_error(nn_predict(numbers, reader_of(), sink = take, resume = 61), "fewer rows", class = "backprop_error_sink")
  expect_error(nn_predict(numbers, reader_of(), sink = function(p, i) rlang::abort("full", class = "mine")), class = "mine")
})

# A reader that fails at row `at` until `mended`.
failing <- function(at) {
  state <- new.env()
  state$mended <- FALSE
  place <- 0
  state$reader <- nn_reader(function(reset) {
    if (reset) {
      place <<- 0
    } else if (place < nrow(mixed)) {
      if (place >= at && !state$mended) stop("the cable is out")
      place <<- place + 5
      mixed[place - 4:0, ]
    }
  })
  state
}

test_that("an unfinished CSV file is gone on with, a torn end of it cut off, and the former file stays until then", {
  folder <- withr::local_tempdir()
  path <- file.path(folder, "p.csv")
  writeLines("former", path)
  whole <- file.path(folder, "whole.csv")
  nn_predict(classes, reader_of(), sink = whole)
  for (torn in c("", "0.5,0.25", strrep("x", 1e5))) {
    state <- failing(35)
    expect_error(nn_predict(classes, state$reader, sink = path), "the cable is out", class = "backprop_error_reader")
    if (torn == "") expect_identical(readLines(path), "former")
    cat(torn, file = paste0(path, ".part"), append = TRUE)
    expect_length(readLines(paste0(path, ".part"), warn = FALSE), 36L + nzchar(torn))
    # Rows that are there are not predicted again, but for the last.
    state$mended <- TRUE
    nn_predict(classes, state$reader, sink = path, resume = TRUE)
    expect_identical(file_bytes(path), file_bytes(whole))
    expect_setequal(list.files(folder), c("p.csv", "whole.csv"))
  }
  nn_predict(classes, reader_of(), sink = path, resume = TRUE)
  expect_identical(file_bytes(path), file_bytes(whole))
})

test_that("another fit, type or reader is noticed, and a file that lost its end is gone on with from what it has", {
  path <- file.path(withr::local_tempdir(), "p.csv")
  state <- failing(35)
  again <- function(fit, reader, ...) nn_predict(fit, reader, sink = path, resume = TRUE, ...)
  expect_error(nn_predict(classes, state$reader, sink = path), class = "backprop_error_reader")
  refused <- function(code, text) expect_error(code, text, class = "backprop_error_sink")
  other <- suppressMessages(nn_train(k ~ x + g, mixed, hidden = 3, epochs = 6, seed = 1, na_action = "omit", preset = "textbook"))
  refused(again(other, reader_of()), "another fit")
  refused(again(classes, reader_of(), type = "class"), "another fit")
  refused(again(classes, nn_reader(mixed[c("x", "g")])), "other columns")
  refused(again(classes, nn_reader(mixed[60:1, ])), "row 35")
  refused(again(classes, nn_reader(mixed[1:34, ])), "fewer rows")
  size <- file.size(paste0(path, ".part"))
  connection <- file(paste0(path, ".part"), "r+b")
  seek(connection, size - 3, rw = "write")
  truncate(connection)
  close(connection)
  again(classes, reader_of())
  whole <- withr::local_tempfile(fileext = ".csv")
  nn_predict(classes, reader_of(), sink = whole)
  expect_identical(file_bytes(path), file_bytes(whole))
})

test_that("a process that is killed leaves a file that is gone on with", {
  skip_on_os("windows")
  folder <- withr::local_tempdir()
  path <- file.path(folder, "p.csv")
  saveRDS(list(fit = classes, rows = mixed), file.path(folder, "known.rds"))
  process <- start_process(c(
    sprintf("known <- readRDS(%s)", deparse(file.path(folder, "known.rds"))),
    "cat('pid', Sys.getpid(), '\\n')",
    "place <- 0",
    "slow <- function(reset) if (reset) place <<- 0 else if (place < 60) { Sys.sleep(0.05); place <<- place + 1; if (place == 20) { cat('ready\\n'); Sys.sleep(60) }; known$rows[place, ] }",
    sprintf("nn_predict(known$fit, nn_reader(slow), sink = %s)", deparse(path))
  ))
  process$run(wait = FALSE)
  expect_false(is.null(wait_for(process, "ready")))
  tools::pskill(pid_of(process), tools::SIGKILL)
  expect_false(file.exists(path))
  expect_length(readLines(paste0(path, ".part")), 20L)
  nn_predict(classes, reader_of(), sink = path, resume = TRUE)
  whole <- withr::local_tempfile(fileext = ".csv")
  nn_predict(classes, reader_of(), sink = whole)
  expect_identical(file_bytes(path), file_bytes(whole))
})

test_that("Ctrl-C leaves a file that is gone on with, and no connection", {
  path <- file.path(withr::local_tempdir(), "p.csv")
  before <- nrow(showConnections())
  place <- 0
  stopping <- nn_reader(function(reset) {
    if (reset) {
      place <<- 0
    } else {
      if (place == 30) rlang::interrupt()
      place <<- place + 10
      mixed[place - 9:0, ]
    }
  })
  expect_true(is_interrupted(nn_predict(numbers, stopping, sink = path)))
  expect_identical(nrow(showConnections()), before)
  expect_identical(nn_predict(numbers, reader_of(), sink = path, resume = TRUE), 60)
  expect_identical(utils::read.csv(path)$y, unname(nn_predict(numbers, mixed)[, 1]))
})

test_that("a full disk is an error that says so, and what was written is gone on with", {
  folder <- local_disk("256k")
  path <- file.path(folder, "p.csv")
  fill_disk(folder, 8192)
  long <- mixed[rep(1:60, 20), ]
  cnd <- expect_error(nn_predict(classes, nn_reader(long, chunk_rows = 50), sink = path), class = "backprop_error_sink")
  expect_match(conditionMessage(cnd), "No space left on device")
  expect_match(conditionMessage(cnd), "resume = TRUE", fixed = TRUE)
  expect_false(file.exists(path))
  unlink(file.path(folder, "filler"))
  expect_gt(length(readLines(paste0(path, ".journal"))), 2L)
  nn_predict(classes, nn_reader(long, chunk_rows = 50), sink = path, resume = TRUE)
  expect_identical(as.matrix(utils::read.csv(path)), unname(nn_predict(classes, long)) |> `colnames<-`(c("p", "q", "r")))
})

test_that("a table of a database is written by transactions, and gone on with", {
  skip_if_not_installed("RSQLite")
  con <- DBI::dbConnect(RSQLite::SQLite(), ":memory:")
  withr::defer(DBI::dbDisconnect(con))
  into <- function(name) list(connection = con, table = name)
  nn_predict(classes, reader_of(), sink = into("p"))
  read <- DBI::dbGetQuery(con, "SELECT * FROM p ORDER BY row")
  expect_identical(read$row, as.double(1:60))
  expect_identical(as.matrix(read[-1L]), unname(nn_predict(classes, mixed)) |> `colnames<-`(c("p", "q", "r")))
  expect_error(nn_predict(classes, reader_of(), sink = into("p")), "is a table \"p\" already", class = "backprop_error_sink")
  state <- failing(35)
  expect_error(nn_predict(classes, state$reader, type = "class", sink = into("select")), "the cable is out", class = "backprop_error_reader")
  expect_identical(DBI::dbGetQuery(con, "SELECT COUNT(*) AS n FROM \"select\"")$n, 35L)
  expect_error(nn_predict(classes, nn_reader(mixed[1:10, ]), type = "class", sink = into("select"), resume = TRUE), "fewer rows", class = "backprop_error_sink")
  nn_predict(classes, reader_of(), type = "class", sink = into("select"), resume = TRUE)
  expect_identical(DBI::dbReadTable(con, "select")$class, as.character(nn_predict(classes, mixed, type = "class")))
  expect_error(nn_predict(classes, reader_of(), sink = into("select"), resume = TRUE), "other columns", class = "backprop_error_sink")
  expect_error(nn_predict(numbers, nn_reader(mixed[60:1, ]), sink = into("q")), NA)
  expect_error(nn_predict(numbers, reader_of(), sink = into("q"), resume = TRUE), "row 60", class = "backprop_error_sink")
  DBI::dbWriteTable(con, "rows", mixed)
  expect_error(nn_predict(numbers, nn_reader(con, query = "SELECT * FROM rows"), sink = into("r")), "connection of its own", class = "backprop_error_incompatible")
})

test_that("what a database says reaches the user, and an interrupt leaves whole chunks", {
  skip_if_not_installed("RSQLite")
  file <- withr::local_tempfile(fileext = ".sqlite")
  reading <- DBI::dbConnect(RSQLite::SQLite(), file)
  writing <- DBI::dbConnect(RSQLite::SQLite(), file)
  withr::defer({
    DBI::dbDisconnect(reading)
    DBI::dbDisconnect(writing)
  })
  DBI::dbWriteTable(reading, "rows", mixed)
  rows <- nn_reader(reading, query = "SELECT * FROM rows", chunk_rows = 7)
  into <- list(connection = writing, table = "p")
  cnd <- expect_error(nn_predict(numbers, rows, sink = into), "locked", class = "backprop_error_sink")
  expect_match(conditionMessage(cnd), "WAL")
  DBI::dbGetQuery(reading, "PRAGMA journal_mode = WAL")
  expect_identical(nn_predict(numbers, rows, sink = into, resume = TRUE), 60)
  expect_identical(DBI::dbReadTable(writing, "p")$y, unname(nn_predict(numbers, mixed)[, 1]))
  place <- 0
  stopping <- nn_reader(function(reset) {
    if (reset) return(place <<- 0)
    if (place == 30) rlang::interrupt()
    place <<- place + 10
    mixed[place - 9:0, ]
  })
  expect_true(is_interrupted(nn_predict(numbers, stopping, sink = list(connection = writing, table = "q"))))
  expect_identical(nrow(DBI::dbReadTable(writing, "q")), 30L)
  expect_identical(nn_predict(numbers, rows, sink = list(connection = writing, table = "q"), resume = TRUE), 60)
})

test_that("warnings come once for all chunks, with rows and levels of all of them", {
  new <- mixed[c(1:20), ]
  new$g <- as.character(new$g)
  new$g[c(3, 9, 15)] <- c("z1", "z2", "z1")
  said <- list()
  value <- withCallingHandlers(nn_predict(numbers, nn_reader(new, chunk_rows = 4)), warning = function(cnd) {
    said[[length(said) + 1L]] <<- cnd
    invokeRestart("muffleWarning")
  })
  expect_identical(value, suppressWarnings(nn_predict(numbers, new)))
  expect_length(said, 1L)
  expect_s3_class(said[[1L]], "backprop_warning_new_level")
  expect_identical(said[[1L]]$levels, c("z1", "z2"))
  fit <- suppressMessages(nn_train(y ~ log(x + 10), mixed, hidden = 1, epochs = 1, seed = 1, na_action = "omit", preset = "textbook"))
  low <- data.frame(x = c(1, -20, 1, -30, 1))
  expect_length(capture_warnings(nn_predict(fit, nn_reader(low, chunk_rows = 2))), length(capture_warnings(nn_predict(fit, low))))
})

test_that("sinks and resumptions that cannot be are refused", {
  refused <- function(code, text, class = "backprop_error") expect_error(code, text, class = class)
  refused(nn_predict(numbers, mixed, sink = "p.csv"), "rows of a reader")
  refused(nn_predict(numbers, reader_of(), sink = "p.txt"), "`sink` must be a file")
  refused(nn_predict(numbers, reader_of(), sink = list(table = "a")), "`sink` must be")
  refused(nn_predict(numbers, reader_of(), sink = list(connection = 1, table = "a")), "a connection of DBI")
  refused(nn_predict(numbers, reader_of(), resume = TRUE), "is not known")
  refused(nn_predict(numbers, reader_of(), sink = identity, resume = TRUE), "Give the number of rows")
  refused(nn_predict(numbers, reader_of(), sink = "p.csv", resume = 5), "resume")
  refused(nn_predict(numbers, reader_of(), sink = file.path(tempdir(), "none", "p.csv")), "There is no folder")
  refused(nn_predict(numbers, nn_reader(mixed["g"])), "x")
  refused(nn_predict(numbers, 1, resume = NA), "rows of a reader")
  withr::local_dir(withr::local_tempdir())
  if (!requireNamespace("arrow", quietly = TRUE)) expect_error(nn_predict(numbers, reader_of(), sink = "p.parquet"), "arrow")
  expect_identical(list.files(), character())
})

test_that("a Parquet file has the same numbers", {
  skip_if_not_installed("arrow")
  path <- withr::local_tempfile(fileext = ".parquet")
  nn_predict(classes, reader_of(), sink = path)
  expect_identical(as.matrix(as.data.frame(arrow::read_parquet(path))), unname(nn_predict(classes, mixed)) |> `colnames<-`(c("p", "q", "r")))
  expect_error(nn_predict(classes, reader_of(), sink = path, resume = TRUE), "cannot be gone on with", class = "backprop_error_incompatible")
})
