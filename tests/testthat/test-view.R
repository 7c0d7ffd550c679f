skip_if_not_installed("htmltools")

article_trace <- function(...) {
  start <- list(
    weights = list(
      rbind(c(0.42, 0.88, 0.55), c(0.10, 0.73, 0.68), c(0.60, 0.18, 0.47), c(0.92, 0.11, 0.52)),
      matrix(c(0.30, 0.25, 0.23))
    ),
    biases = list(c(0.46, 0.72, 0.08), 0.69)
  )
  nn_trace(article_X, article_Y, hidden = 3, lr = 0.1, start = start, ...)
}

page_of <- function(...) {
  file <- withr::local_tempfile(fileext = ".html")
  nn_view(..., file = file)
  paste(readLines(file, encoding = "UTF-8"), collapse = "\n")
}

count_of <- function(pattern, text) lengths(regmatches(text, gregexpr(pattern, text)))

test_that("the page needs nothing from elsewhere", {
  page <- page_of(article_trace())
  expect_false(grepl("(src|href)=\"(?!data:)", page, perl = TRUE))
  expect_false(grepl("https?://|@import|url\\(", page))
  expect_match(page, "<style>", fixed = TRUE)
  expect_match(page, "<script>", fixed = TRUE)
})

test_that("every matrix of the trace is a table with a caption and headers, with or without a script", {
  trace <- article_trace()
  page <- page_of(trace)
  matrices <- sum(vapply(as.list(trace), function(step) 1 + length(step$operands), 0))
  expect_identical(count_of("<table class=\"nn-matrix", page), as.integer(matrices))
  expect_identical(count_of("<caption", page), count_of("<table", page))
  expect_gt(count_of("<th scope=\"row\"", page), 50)
  expect_match(page, "aria-live", fixed = TRUE)
  # Only what a script serves is hidden.
  hidden <- regmatches(page, gregexpr("<[a-z]+ class=\"[^\"]*\"[^>]* hidden>", page))[[1L]]
  expect_true(all(grepl("nn-(controls|timeline|why|legend)", hidden)))
})

test_that("the page has the sum behind every cell, and its check", {
  trace <- article_trace()
  page <- page_of(trace)
  for (key in c("hidden_layer_input", "d_output", "wh")) {
    position <- tail(which(vapply(as.list(trace), function(step) step$key, "") == key), 1L)
    step <- trace[[position]]
    expect_match(page, htmltools::htmlEscape(trace_numbers(step, 2L, 1L)), fixed = TRUE)
  }
  expect_identical(count_of("data-agrees=\"no\"", page), 0L)
  expect_gt(count_of("data-agrees=\"yes\"", page), 40L)
  expect_identical(count_of("data-agrees", page_of(trace, check = FALSE)), count_of("data-agrees", view_asset("view.js")))
})

test_that("names cannot become markup", {
  X <- article_X
  colnames(X) <- c("<b>", "a&b", "\"", "'")
  page <- page_of(nn_trace(X, article_Y, hidden = 2, seed = 1))
  expect_no_match(page, "<b>", fixed = TRUE)
  expect_match(page, "&lt;b&gt;", fixed = TRUE)
})

test_that("no name of a row, a column or an outcome becomes a script", {
  X <- article_X
  script <- "<script>alert('\"')</script>"
  dimnames(X) <- list(paste0(script, 1:3), paste0(script, 4:7))
  page <- page_of(nn_trace(X, matrix(article_Y, dimnames = list(NULL, script)), hidden = 2, seed = 1))
  expect_identical(count_of("<script>", page), 1L)
  expect_identical(count_of("</script>", page), 1L)
  expect_gt(count_of("&lt;script&gt;", page), 10L)
})

test_that("a page that cannot be written leaves the former one", {
  folder <- local_disk("256k")
  trace <- article_trace()
  path <- file.path(folder, "page.html")
  nn_view(trace, path)
  for (free in c(0, 4096, file.size(path) %/% 4096 * 4096)) {
    fill_disk(folder, free)
    expect_refused(nn_view(trace, path), path, "No space left on device")
  }
})

test_that("large matrices and long traces are cut with a message, and the page tells how much is left", {
  trace <- nn_trace(Species ~ ., data = iris, hidden = 12, iterations = 4, seed = 1)
  expect_snapshot(page <- page_of(trace, rows = 3, columns = 2, iterations = 2, check = FALSE))
  expect_message(nn_view(trace, check = FALSE), class = "backprop_message")
  expect_match(page, "147 more rows and 10 more columns", fixed = TRUE)
  expect_match(page, "iteration 2 of 4", fixed = TRUE)
  expect_no_match(page, "iteration 3 of 4", fixed = TRUE)
})

test_that("the page is a value, with ids of its own each time", {
  trace <- article_trace()
  first <- as.character(htmltools::renderTags(nn_view(trace))$html)
  second <- as.character(htmltools::renderTags(nn_view(trace))$html)
  id <- function(html) regmatches(html, regexpr("id=\"nn-view-[0-9]+\"", html))
  expect_false(identical(id(first), id(second)))
  expect_s3_class(nn_view(trace), "shiny.tag.list")
})

test_that("printed in an interactive session it opens in the viewer, with all it needs beside it", {
  rlang::local_interactive(TRUE)
  shown <- NULL
  withr::local_options(viewer = function(url, ...) shown <<- url)
  print(nn_view(article_trace()))
  expect_true(file.exists(shown))
  html <- paste(readLines(shown, encoding = "UTF-8"), collapse = "\n")
  needed <- regmatches(html, gregexpr("(?<=src=\"|href=\")[^\"]+", html, perl = TRUE))[[1L]]
  expect_setequal(basename(needed), c("view.js", "view.css"))
  expect_true(all(file.exists(file.path(dirname(shown), needed))))
})

test_that("in a script it opens nothing", {
  rlang::local_interactive(FALSE)
  withr::local_options(viewer = function(url, ...) stop("opened"), browser = function(url) stop("opened"))
  expect_output(print(nn_view(article_trace())), "nn-view", fixed = TRUE)
})

test_that("a trace knits to its page in HTML, and to text elsewhere", {
  skip_if_not_installed("knitr")
  trace <- article_trace()
  withr::local_options(knitr.in.progress = TRUE)
  knitr::opts_knit$set(rmarkdown.pandoc.to = "html")
  withr::defer(knitr::opts_knit$set(rmarkdown.pandoc.to = NULL))
  knitted <- knitr::knit_print(trace)
  expect_s3_class(knitted, "knit_asis")
  expect_match(paste(knitted, collapse = ""), "nn-view", fixed = TRUE)
  knitr::opts_knit$set(rmarkdown.pandoc.to = "latex")
  text <- paste(capture.output(knitr::knit_print(trace)), collapse = "\n")
  expect_match(text, "<nn_trace>", fixed = TRUE)
  expect_no_match(text, "nn-view", fixed = TRUE)
})

test_that("what is no trace, and a file that cannot be written, are refused", {
  trace <- article_trace()
  expect_snapshot(error = TRUE, {
    nn_view()
    nn_view(1)
    nn_view(trace, rows = 0)
    nn_view(trace, file = 3)
    nn_view(trace, check = NA)
    nn_view(trace, file = "no/such/folder/page.html")
  })
})

test_that("numbers that are not finite agree with nothing", {
  expect_warning(
    trace <- nn_trace(matrix(c(1e200, 1, 2, 3), 2), c(1, 2), hidden = 1, activation = "linear", output = "linear", seed = 1),
    class = "backprop_warning_diverged"
  )
  page <- as.character(nn_view(trace))
  expect_match(page, "data-agrees=\"no\"", fixed = TRUE)
})
