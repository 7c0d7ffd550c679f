# Pages: a body with its style and scripts, in a file that needs nothing else, or as a part of a document.

# What is around a page that stands alone: quiet, and dark where the reader has it so.
page_ground <- paste(
  "body { margin: 0; padding: .5rem; background: #eceeea; }",
  "@media (prefers-color-scheme: dark) { body { background: #14181c; } } @media print { body { background: #fff; padding: 0; } }"
)

# A page in a file, whose name this gives back; without `file` as a part of a document, which gets style and scripts once, however many such bodies
# it has. `kind` is a kind of page: `name`, `folder` in inst/, `scripts` in the order in which they need each other, `style`.
page_of <- function(body, title, kind, file, call) {
  if (is.null(file)) {
    # In a script the page is a value like any other, and opens no browser.
    return(htmltools::browsable(page_tags(body, kind), rlang::is_interactive()))
  }
  page <- c(
    "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">', '<meta name="color-scheme" content="light dark">',
    # No icon: a browser would otherwise ask for one.
    '<link rel="icon" href="data:,">', paste0("<title>", as_html(title), "</title>"),
    "<style>", page_ground, page_asset(kind, kind$style), "</style>", "</head>", '<body class="nn-alone">', "<main>", body, "</main>",
    "<script>", vapply(kind$scripts, function(script) page_asset(kind, script), ""), "</script>", "</body>", "</html>"
  )
  write_file(file, text_bytes(page), call = call)
  invisible(file)
}

page_tags <- function(body, kind) {
  htmltools::tagList(
    htmltools::HTML(body),
    htmltools::htmlDependency(
      kind$name, package_version_text(),
      src = c(file = system.file(kind$folder, package = "backprop")), script = kind$scripts, stylesheet = kind$style
    )
  )
}

page_asset <- function(kind, name) paste(readLines(system.file(kind$folder, name, package = "backprop"), encoding = "UTF-8"), collapse = "\n")

check_htmltools <- function() rlang::check_installed("htmltools", "to put a page into a document; a file needs no package.")

# A number of the session's own for each body of a kind, so that several stand in one document.
body_id <- function(kind) {
  made <- session$bodies[[kind$name]]
  session$bodies[[kind$name]] <- 1L + if (is.null(made)) 0L else made
  paste0(kind$name, "-", session$bodies[[kind$name]])
}

# Text as HTML, in attributes too.
as_html <- function(text) {
  for (sign in list(c("&", "&amp;"), c("<", "&lt;"), c(">", "&gt;"), c("\"", "&quot;"), c("'", "&#39;"))) text <- gsub(sign[1L], sign[2L], text, fixed = TRUE)
  enc2utf8(text)
}
