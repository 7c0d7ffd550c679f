# Pages of our own, of every kind: in a file that needs nothing else, or as a part of a document.

# Style and scripts of each kind of page, in folders of inst/; scripts in the order in which they need each other. All begin with those of inst/page/.
page_kinds <- list(
  view = list(
    folder = "view", style = "view.css", scripts = c(
      "numbers.js", "templates.js", "compute.js", "loss.js", "sums.js", "tables.js", "diagram.js", "blank.js", "frame.js", "stage.js", "explain.js",
      "edits.js", "play.js", "paper.js", "view.js"
    )
  ),
  animate = list(folder = "animate", style = "animate.css", scripts = "animate.js"),
  exercise = list(folder = "exercise", style = "exercise.css", scripts = "exercise.js")
)

# In a file, whose name it returns invisibly; without one as tags that show themselves when printed.
deliver_page <- function(body, title, kind, file, call) {
  if (!is.null(file)) {
    write_file(file, text_bytes(page_text(body, title, kind)), call = call)
    return(invisible(file))
  }
  # In a script the page is a value like any other, and opens no browser.
  htmltools::browsable(htmltools::tagList(htmltools::HTML(body), page_dependencies(kind)), rlang::is_interactive())
}

page_text <- function(body, title, kind) {
  page <- page_kinds[[kind]]
  c(
    "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">', '<meta name="color-scheme" content="light dark">',
    # No icon: a browser would otherwise ask for one.
    '<link rel="icon" href="data:,">',
    paste0("<title>", as_html(title), "</title>"),
    "<style>", page_asset("page", "page.css"), page_asset(page$folder, page$style), "</style>",
    "</head>", '<body class="nn-alone">', "<main>", body, "</main>",
    "<script>", page_asset("page", "page.js"), page_asset(page$folder, page$scripts), "</script>", "</body>", "</html>"
  )
}

# A document gets style and scripts once, however many pages it shows.
page_dependencies <- function(kind) {
  page <- page_kinds[[kind]]
  from <- function(name, folder, scripts, style) {
    htmltools::htmlDependency(
      name, package_version_text(),
      src = c(file = system.file(folder, package = "backprop")), script = scripts, stylesheet = style, all_files = FALSE
    )
  }
  list(from("nn-page", "page", "page.js", "page.css"), from(paste0("nn-", kind), page$folder, page$scripts, page$style))
}

page_asset <- function(folder, names) unlist(lapply(system.file(folder, names, package = "backprop", mustWork = TRUE), readLines, encoding = "UTF-8"))

# A number of its own in the session for each page of a kind: several may stand in one document.
page_number <- function(kind) {
  counter <- paste0("pages_", kind)
  session[[counter]] <- 1L + if (is.null(session[[counter]])) 0L else session[[counter]]
  session[[counter]]
}

check_htmltools <- function() rlang::check_installed("htmltools", "to put a page into a document; a file needs no package.")

# Text as HTML, in attributes too.
as_html <- function(text) {
  for (sign in list(c("&", "&amp;"), c("<", "&lt;"), c(">", "&gt;"), c("\"", "&quot;"), c("'", "&#39;"))) text <- gsub(sign[1L], sign[2L], text, fixed = TRUE)
  enc2utf8(text)
}
