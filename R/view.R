# The page: a trace as one self-contained HTML document that plays the steps and computes anew what is changed, and the same inside knitted documents.

#' Watch a trace as a page
#'
#' Makes a page that plays the steps of a trace and answers when it is touched: every matrix as a table, the sum behind each cell with its
#' numbers, a picture of the network in step with it; and any weight, bias, input, target or the learning rate can be changed, upon
#' which everything that follows is computed anew, in the page. It is self-contained: it needs no network, and can be sent by mail. In a
#' knitted HTML document or a Shiny app a trace shows itself this way; there it can be printed as text with `print(trace)`.
#'
#' @section On the page:
#' The buttons, the arrow keys, Home and End and the row of names go from matrix to matrix, the slider from iteration to iteration; Play, or
#' the space bar, does so by itself. A click on a cell of the result explains it: that cell is yellow with a solid outline, the
#' cells it is made from are orange with dashed outlines, and units and edges of the picture light up in step. In the picture
#' blue is positive and orange (dashed, in grey too) negative, and size is the size of the number. Of layers with more than
#' eight units it shows those around the current one. Derivatives are checked by nudging the number up and down and computing the loss again.
#'
#' Cells with a dotted line below can be changed: a click, or Enter, opens a field; Enter takes the new number, Escape leaves the old one, and
#' an empty field brings back the first. Cells that differ from the engine's numbers are marked, the loss before and after follows, and a badge
#' says whose numbers are shown: the engine's, exactly, or those that the page computed, which agree with the engine's to 12 digits where nothing was
#' changed. The page computes all that has a formula. Where there is none (functions of R's own, layers and losses whose steps are told in words),
#' in single precision, and for traces that begin with more than 20,000 numbers it can only be read, and says why.
#'
#' Without JavaScript the page has the text of `print(trace)`. Printed on paper it has all matrices of the iteration, with their sums. It is light
#' or dark as the document around it is.
#'
#' @section For a class:
#' With `blank = TRUE` the cells of results are empty fields. A number typed into one is checked against the engine's: it is right if it is the
#' engine's, rounded to as many decimals as were typed (two significant digits at least), or off by one unit of the last digit that the page
#' would show. A wrong one brings a hint, the formula of that cell with names, and after the second try with
#' numbers. Numbers of matrices that are not filled in yet are not shown, here or where they are read. `answers = TRUE` adds a button that
#' shows the answers, for the teacher; a page without it has them in its source all the same.
#'
#' @param trace A trace from [nn_trace()].
#' @param file Where to save the page, a file name ending in `.html`; `NULL` to show it: in RStudio's Viewer or in the browser.
#' @param rows,columns How much of a large matrix to show. All of it was computed.
#' @param iterations How many iterations to show.
#' @param digits Significant digits of the numbers, 22 at most.
#' @param check Whether derivatives are checked by finite differences.
#' @param blank Whether the results are to be filled in by the reader.
#' @param answers Whether a page to be filled in has a button that shows the answers.
#' @return Without `file`, the page as an [htmltools::tagList()], which shows itself when printed in an interactive session; with
#'   `file`, the file's name, invisibly. What is cut is told by a message, and at the end of the page.
#' @section Errors:
#' Something that is not a trace is an error, as is a missing package htmltools. A page that cannot be written is an
#' error of class `backprop_error_file` that gives the reason; a file that was there is then unchanged.
#' @seealso [nn_trace()], [nn_write_trace()] for a workbook that computes
#' @examplesIf requireNamespace("htmltools", quietly = TRUE)
#' X <- matrix(c(1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1), nrow = 3, byrow = TRUE)
#' Y <- matrix(c(1, 1, 0))
#' trace <- nn_trace(X, Y, hidden = 3, lr = 0.1, seed = 1)
#' file <- tempfile(fileext = ".html")
#' nn_view(trace, file)
#'
#' # To be filled in by a class
#' nn_view(trace, file, blank = TRUE)
#' if (interactive()) {
#'   nn_view(trace)
#' }
#' @export
nn_view <- function(trace, file = NULL, rows = 12, columns = 8, iterations = 3, digits = 4, check = TRUE, blank = FALSE, answers = FALSE) {
  call <- quote(nn_view())
  check_trace(if (missing(trace)) NULL else trace, call)
  rlang::check_installed("htmltools", "to make a page.")
  limits <- check_limits(rows, columns, digits, call)
  limits$iterations <- check_count(iterations, "iterations", call = call)
  limits$check <- check_flag(check, "check", call)
  limits$blank <- check_flag(blank, "blank", call)
  limits$answers <- check_flag(answers, "answers", call)
  if (limits$answers && !limits$blank) {
    stop_backprop("unknown_argument", c(
      "{.arg answers} is for a page to be filled in.", i = "Give {.code blank = TRUE} too, or leave {.arg answers} out: every other page has its numbers."
    ), call = call)
  }
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
  cut <- cut_text(trace, limits)
  if (length(cut) > 0L) {
    cli::cli_inform(c(
      i = "The page shows {cut}; everything was computed and is in the trace.",
      i = "{.arg rows}, {.arg columns} and {.arg iterations} show more."
    ), class = c("backprop_message_cut", "backprop_message"))
  }
}

# In the order in which they need each other.
view_scripts <- c(
  "numbers.js", "templates.js", "compute.js", "loss.js", "sums.js", "tables.js", "diagram.js", "blank.js", "frame.js", "stage.js", "explain.js", "edits.js",
  "play.js", "paper.js", "view.js"
)

# The page as a part of a document, which gets style and script once, however many traces it shows.
view_tags <- function(body) {
  htmltools::tagList(
    htmltools::HTML(body),
    htmltools::htmlDependency(
      "nn-view", package_version_text(),
      src = c(file = system.file("view", package = "backprop")), script = view_scripts, stylesheet = "view.css"
    )
  )
}

view_asset <- function(name) {
  paste(readLines(system.file("view", name, package = "backprop"), encoding = "UTF-8"), collapse = "\n")
}

view_page_style <- paste(
  ":root { color-scheme: light dark; } body { margin: 0; padding: .5rem; background: #eceeea; }",
  "@media (prefers-color-scheme: dark) { body { background: #14181c; } } @media print { body { background: #fff; padding: 0; } }"
)

write_page <- function(body, title, file, call) {
  page <- c(
    "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    # No icon: a browser would otherwise ask for one.
    '<link rel="icon" href="data:,">',
    paste0("<title>", htmltools::htmlEscape(title), "</title>"),
    "<style>", view_page_style, view_asset("view.css"), "</style>",
    "</head>", "<body>", "<main>", body, "</main>",
    "<script>", unlist(lapply(view_scripts, view_asset)), "</script>", "</body>", "</html>"
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
