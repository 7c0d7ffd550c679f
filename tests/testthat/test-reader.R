# Readers, and one pass over their rows.

chunks_of <- function(reader) {
  cursor <- open_reader(reader)
  on.exit(cursor$close())
  chunks <- list()
  while (!is.null(chunk <- cursor$next_chunk())) chunks <- c(chunks, list(chunk))
  chunks
}

# A function by biglm's contract that gives `chunks`, the element after the last a NULL; an element that is a function is called.
giving <- function(chunks) {
  place <- 0
  function(reset) {
    if (reset) {
      place <<- 0
    } else if (place < length(chunks)) {
      place <<- place + 1
      if (is.function(chunks[[place]])) chunks[[place]]() else chunks[[place]]
    }
  }
}

test_that("a table comes back in chunks of the size asked for, whatever it is", {
  for (rows in c(1, 7, 32, 1000)) {
    chunks <- chunks_of(nn_reader(mtcars, chunk_rows = rows))
    expect_identical(vapply(chunks, nrow, 1L), as.integer(c(rep(min(rows, 32), 32 %/% min(rows, 32)), if (32 %% min(rows, 32) > 0) 32 %% rows)))
    expect_identical(do.call(rbind, chunks), mtcars)
  }
  table <- tibble::tibble(a = 1:3, m = matrix(1:6, 3), g = factor(c("u", "v", "u")))
  expect_identical(lapply(chunks_of(nn_reader(table, chunk_rows = 2)), function(chunk) chunk$m), list(matrix(c(1L, 2L, 4L, 5L), 2), matrix(c(3L, 6L), 1)))
  expect_identical(vapply(chunks_of(nn_reader(table, chunk_rows = 2)), function(chunk) class(chunk), ""), rep("data.frame", 2))
  none <- chunks_of(nn_reader(iris[0, ]))
  expect_identical(none, list(iris[0, ]))
})

test_that("a function is rewound at each pass, and its columns are put in the order of the first chunk", {
  reader <- nn_reader(giving(list(iris[1:3, ], iris[0, ], iris[4:5, 5:1])), Species ~ .)
  for (pass in 1:2) {
    chunks <- chunks_of(reader)
    expect_identical(vapply(chunks, nrow, 1L), c(3L, 0L, 2L))
    expect_equal(do.call(rbind, chunks), iris[1:5, ])
  }
})

test_that("each pass begins at the first row though another one was left", {
  reader <- nn_reader(iris, chunk_rows = 100)
  first <- open_reader(reader)
  first$next_chunk()
  first$close()
  expect_null(first$next_chunk())
  expect_length(chunks_of(reader), 2L)
})

test_that("chunks that are no data frames, or have other columns, are refused", {
  refused <- function(chunks, text) expect_error(chunks_of(nn_reader(giving(chunks))), text, class = "backprop_error_reader")
  refused(list(iris, as.matrix(iris[1:4])), "double matrix")
  refused(list(3), "It gave `3`")
  refused(list(iris, iris[-2]), "Sepal.Width.* is missing in a later one")
  refused(list(iris, cbind(iris, more = 1)), "more.* was not in the first one")
  refused(list(iris, iris[c(1:5, 5)]), "not in the first one|has a column twice")
  refused(list(iris[c(1, 1)][0]), "no columns")
  refused(list(stats::setNames(iris, rep("a", 5))), "More than once: \"a\"")
  refused(list(stats::setNames(iris, c("a", "b", "c", "", "e"))), "One has none")
})

test_that("what a source says when it fails is the parent of the error", {
  failing <- giving(list(iris, function() rlang::abort("the {disk} is gone", class = "of_mine")))
  cnd <- expect_error(chunks_of(nn_reader(failing)), "the {disk} is gone", fixed = TRUE, class = "backprop_error_reader")
  expect_s3_class(cnd$parent, "of_mine")
  expect_error(open_reader(nn_reader(function(reset) stop("closed today"))), "could not be opened", class = "backprop_error_reader")
  # Of the function that the user called.
  refusing <- nn_reader(giving(list(function() stop_argument("a", "b", 1))))
  expect_identical(expect_error(open_reader(refusing, quote(f()))$next_chunk(), class = "backprop_error_argument")$call, quote(f()))
})

test_that("a reader that cannot be is refused where it is made", {
  refused <- function(code, text, class = "backprop_error") expect_error(code, text, class = class)
  refused(nn_reader(), "source` is missing")
  refused(nn_reader(1:3), "must be a data frame, a function")
  refused(nn_reader(y ~ x), "comes second")
  refused(nn_reader(iris, "Species"), "must be a formula")
  refused(nn_reader(iris, ~Species), "an outcome on its left side")
  refused(nn_reader(iris, chunk_rows = 0), "chunk_rows")
  refused(nn_reader(iris, shuffle_bytes = -1), "shuffle_bytes")
  refused(nn_reader(iris, chunk_row = 3), "Did you mean `chunk_rows`")
  refused(nn_reader(function(con, sql) NULL), "It needs `con` and `sql`")
})

test_that("an edited reader, one without a formula and one of a single pass are told apart", {
  reader <- nn_reader(iris, Species ~ .)
  expect_identical(check_reader(reader, "X", training = TRUE), reader)
  for (edit in list(list(kind = "tape"), list(source = NULL), list(formula = 1), list(chunk_rows = 0.5), list(shuffle_bytes = "a"))) {
    edited <- reader
    edited[names(edit)] <- edit
    expect_error(check_reader(edited, "X"), "as `nn_reader()` makes it", fixed = TRUE, class = "backprop_error_argument")
  }
  expect_error(check_reader(nn_reader(iris), "X", training = TRUE), "no `formula`", class = "backprop_error_reader")
  reader$once <- TRUE
  expect_error(check_reader(reader, "X", training = TRUE), "once only", class = "backprop_error_reader")
})

test_that("a reader prints what it reads", {
  expect_output(print(nn_reader(iris, Species ~ ., chunk_rows = 10)), "150 rows and 5 columns.*Species ~ \\..*of 10 rows.*64 MiB")
  expect_output(print(nn_reader(function() NULL)), "an Arrow stream.*for predictions")
})
