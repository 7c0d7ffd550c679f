# The page: a trace as one self-contained HTML document that plays the steps, and the same inside knitted documents.

#' Watch a trace as a page
#'
#' Makes a page that plays the steps of a trace: every matrix as a table, the cell at hand highlighted together with the cells it is made from, the
#' sum behind it with its numbers, and its check against finite differences. The page is self-contained: it needs no
#' network, and can be sent by mail. In a knitted HTML document a trace shows itself this way; there
#' it can be printed as text with `print(trace)`.
#'
#' @section On the page:
#' The buttons, the arrow keys and the numbered row go from step to step; Play does so by itself. A click on a cell of the result explains
#' it; one on a cell of an operand leads to the step where that number came from. The cell at hand is yellow with a solid outline, the cells it
#' is made from are orange with dashed outlines. Without JavaScript all steps, tables and sums stand on the page one below
#' the other.
#'
#' @param trace A trace from [nn_trace()].
#' @param file Where to save the page, a file name ending in `.html`; `NULL` to show it: in RStudio's Viewer or in the browser.
#' @param rows,columns How much of a large matrix to show. All of it was computed.
#' @param iterations How many iterations to show.
#' @param digits Significant digits of the numbers, 22 at most.
#' @param check Whether to check the cells by finite differences.
#' @return Without `file`, the page as an [htmltools::tagList()], which shows itself when printed in an interactive session; with
#'   `file`, the file's name, invisibly. What is cut is told by a message.
#' @section Errors:
#' Something that is not a trace is an error, as is a missing package htmltools. A page that cannot be written is an
#' error of class `backprop_error_file` that gives the reason; a file that was there is then unchanged.
#' @examplesIf requireNamespace("htmltools", quietly = TRUE)
#' X <- matrix(c(1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1), nrow = 3, byrow = TRUE)
#' Y <- matrix(c(1, 1, 0))
#' trace <- nn_trace(X, Y, hidden = 3, lr = 0.1, seed = 1)
#' file <- tempfile(fileext = ".html")
#' nn_view(trace, file)
#' if (interactive()) {
#'   nn_view(trace)
#' }
#' @export
nn_view <- function(trace, file = NULL, rows = 12, columns = 8, iterations = 3, digits = 4, check = TRUE) {
  call <- quote(nn_view())
  check_trace(if (missing(trace)) NULL else trace, call)
  rlang::check_installed("htmltools", "to make a page.")
  limits <- check_limits(rows, columns, digits, call)
  limits$iterations <- check_count(iterations, "iterations", call = call)
  limits$check <- check_flag(check, "check", call)
  if (!is.null(file) && !is_path(file)) {
    stop_argument("file", "the name of a file", file, call = call)
  }
  body <- view_body(trace, limits)
  tell_what_is_cut(trace, limits)
  if (is.null(file)) {
    # In a script the page is a value like any other, and opens no browser.
    return(htmltools::browsable(view_tags(body), rlang::is_interactive()))
  }
  write_page(body, view_title(trace), file, call)
  invisible(file)
}

tell_what_is_cut <- function(trace, limits) {
  shapes <- vapply(as.list(trace), function(step) dim(step$result), c(0L, 0L))
  fields <- unclass(trace)
  cut <- c(
    if (any(shapes[1L, ] > limits$rows)) paste("the first", limits$rows, "rows"),
    if (any(shapes[2L, ] > limits$columns)) paste("the first", limits$columns, "columns"),
    if (nrow(fields$iterations) > limits$iterations) paste("the first", limits$iterations, "iterations")
  )
  if (length(cut) > 0L) {
    cli::cli_inform(c(
      i = "The page shows {cut} of what is larger; everything was computed and is in the trace.",
      i = "{.arg rows}, {.arg columns} and {.arg iterations} show more."
    ), class = c("backprop_message_cut", "backprop_message"))
  }
}

# The page as a part of a document, which gets style and script once, however many traces it shows.
view_tags <- function(body) {
  htmltools::tagList(
    htmltools::HTML(body),
    htmltools::htmlDependency(
      "nn-view", package_version_text(),
      src = c(file = system.file("view", package = "backprop")), script = "view.js", stylesheet = "view.css"
    )
  )
}

view_asset <- function(name) {
  paste(readLines(system.file("view", name, package = "backprop"), encoding = "UTF-8"), collapse = "\n")
}

write_page <- function(body, title, file, call) {
  page <- c(
    "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    # No icon: a browser would otherwise ask for one.
    '<link rel="icon" href="data:,">',
    paste0("<title>", htmltools::htmlEscape(title), "</title>"),
    "<style>", "body { margin: 0; padding: .5rem; background: #eceeea; }", view_asset("view.css"), "</style>",
    "</head>", "<body>", "<main>", body, "</main>",
    "<script>", view_asset("view.js"), "</script>", "</body>", "</html>"
  )
  write_file(file, text_bytes(page), call = call)
}

#' @rdname nn_view
#' @param x A trace.
#' @param ... For knitr's use.
#' @exportS3Method knitr::knit_print
knit_print.nn_trace <- function(x, ...) {
  if (!knitr::is_html_output() || !requireNamespace("htmltools", quietly = TRUE)) {
    return(knitr::normal_print(x))
  }
  knitr::knit_print(nn_view(x), ...)
}
