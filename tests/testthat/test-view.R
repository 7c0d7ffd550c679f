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

# The trace as the page has it.
data_of <- function(page) {
  skip_if_not_installed("jsonlite")
  text <- regmatches(page, regexpr("(?<=class=\"nn-data\">)[^<]+(?=</script>)", page, perl = TRUE))
  jsonlite::fromJSON(text, simplifyMatrix = FALSE, simplifyDataFrame = FALSE)
}

test_that("the page needs nothing from elsewhere", {
  page <- page_of(article_trace())
  expect_false(grepl("(src|href)=\"(?!data:)", page, perl = TRUE))
  # The name of SVG's elements is no address that is asked.
  expect_false(grepl("https?://|@import|url\\(", gsub("http://www.w3.org/2000/svg", "", page, fixed = TRUE)))
  expect_match(page, "<style>", fixed = TRUE)
  expect_match(page, "<script>", fixed = TRUE)
})

test_that("every matrix of the trace is in the page's data once, to the last bit", {
  trace <- article_trace(iterations = 2)
  steps <- data_of(page_of(trace))$steps
  expect_length(steps, length(trace))
  numbers <- function(step) as.double(if (is.null(step$m$same)) step$m$v else steps[[step$m$same + 1]]$m$v)
  # Of the second iteration X, Y and the weights are there already.
  expect_identical(which(!vapply(steps, function(step) is.null(step$m$same), NA)), 21:26)
  expect_identical(lapply(steps, numbers), lapply(as.list(trace), function(step) as.vector(step$result)))
})

test_that("the article's page is small, and twenty iterations are small and quick", {
  expect_lt(nchar(page_of(article_trace()), "bytes"), 150e3)
  trace <- article_trace(iterations = 20)
  expect_lt(nchar(page_of(trace, iterations = 20), "bytes"), 500e3)
  # It takes 0.7 s of one core where this was written; the limit is for a slower machine.
  expect_lt(system.time(page_of(trace, iterations = 20))[["user.self"]], 3)
})

test_that("without a script the page has the text of the trace", {
  trace <- article_trace()
  page <- page_of(trace)
  text <- regmatches(page, regexpr("(?s)<noscript>.*?</noscript>", page, perl = TRUE))
  expect_match(text, "JavaScript", fixed = TRUE)
  expect_match(text, "hidden_layer_input = X %*% wh + bh", fixed = TRUE)
  expect_match(text, "[20] bout", fixed = TRUE)
  expect_no_match(page_of(trace, blank = TRUE), "<pre>", fixed = TRUE)
})

test_that("what the page cannot compute is to be read only, and says why", {
  why <- function(...) data_of(page_of(...))$obstacle
  X <- article_X
  traced <- function(...) nn_trace(X, article_Y, hidden = 2, seed = 1, ...)
  expect_null(why(article_trace()))
  expect_match(why(traced(activation = activation_custom(function(z) z, function(z) 1 + 0 * z))), "functions of R's own")
  expect_match(why(traced(precision = "single")), "single precision")
  expect_match(why(traced(optimizer = "lbfgs")), "no formula for w")
  expect_match(why(nn_trace(X, c(0, 2, 1), hidden = 2, family = "negative_binomial", seed = 1)), "no formula")
  expect_match(why(article_trace()[1:9]), "cut")
  expect_match(suppressMessages(why(nn_trace(matrix(stats::rnorm(30000), 300), rep(1:3, 100), hidden = 2, seed = 1))), "30,[0-9]+ numbers")
  # Nor are its numbers those of all rows.
  page <- suppressMessages(page_of(nn_trace(matrix(stats::rnorm(30000), 300), rep(1:3, 100), hidden = 2, seed = 1)))
  expect_lt(nchar(page, "bytes"), 200e3)
})

test_that("read-only pages have the engine's checks", {
  trace <- nn_trace(article_X, article_Y, hidden = 2, seed = 1, activation = activation_custom(function(z) z^2, function(z) 2 * z))
  steps <- data_of(page_of(trace))$steps
  position <- which(vapply(as.list(trace), function(step) step$key, "") == "d_output")
  expect_equal(steps[[position]]$checks$numeric[2], trace_difference(trace, position, 2L, 1L)$numeric)
  expect_null(data_of(page_of(trace, check = FALSE))$steps[[position]]$checks)
})

test_that("of mini-batches the loss is that of their rows", {
  trace <- nn_trace(Species ~ ., data = iris, hidden = 3, optimizer = "sgd", batch_size = 20, iterations = 2, seed = 1)
  loss <- data_of(suppressMessages(page_of(trace)))$loss
  expect_true(loss$partial)
  expect_equal(loss$before, trace[["iterations"]]$loss[1:2])
})

test_that("no name of a row, a column or an outcome becomes markup or a script", {
  X <- article_X
  script <- "<script>alert('\"')</script>"
  dimnames(X) <- list(paste0(script, 1:3), c(paste0(script, 4:5), "a&b", "</script>"))
  page <- page_of(nn_trace(X, matrix(article_Y, dimnames = list(NULL, script)), hidden = 2, seed = 1))
  expect_identical(count_of("<script>", page), 1L)
  # The data are the other one.
  expect_identical(count_of("</script>", page), 2L)
  expect_identical(unlist(data_of(page)$names[1:2]), c(rownames(X), colnames(X)))
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
  expect_identical(data_of(page)$cut, c("the first 3 rows", "the first 2 columns of larger matrices", "the first 2 of 4 iterations"))
  expect_identical(data_of(page)$iterations, 1:2)
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
  expect_setequal(basename(needed), c(view_scripts, "view.css"))
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
    nn_view(trace, blank = "yes")
    nn_view(trace, answers = TRUE)
    nn_view(trace, file = "no/such/folder/page.html")
  })
})

test_that("numbers that are not finite are told, and the page does not compute with them", {
  expect_warning(
    trace <- nn_trace(matrix(c(1e200, 1, 2, 3), 2), c(1, 2), hidden = 1, activation = "linear", output = "linear", seed = 1),
    class = "backprop_warning_diverged"
  )
  page <- page_of(trace)
  expect_match(data_of(page)$obstacle, "finite", fixed = TRUE)
  expect_match(page, "\"(NaN|-?Infinity)\"")
})
