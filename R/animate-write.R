# Animations in files: pages by ourselves, pictures and films by other packages.

# The function that writes a file of this ending, of the first package that is there.
film_writer <- function(ending, call = quote(nn_animate())) {
  writers <- film_writers[[ending]]
  there <- Filter(has_package, names(writers))
  if (length(there) == 0L) {
    kind <- toupper(ending)
    stop_backprop("package", c(
      "To write {kind} files one of these packages must be installed: {.or {.pkg {names(writers)}}}.",
      i = "A page (a file name ending in {.val .html}) needs none."
    ), call = call)
  }
  writers[[there[1L]]]
}

has_package <- function(name) requireNamespace(name, quietly = TRUE)

film_writers <- list(
  gif = list(
    gifski = function(files, to, film) gifski::gifski(files, to, film$width, film$height, delay = 1 / film$fps, progress = FALSE),
    # Delays are in hundredths of a second.
    magick = function(files, to, film) magick::image_write(magick::image_animate(magick::image_read(files), delay = max(2, round(100 / film$fps))), to, format = "gif")
  ),
  mp4 = list(av = function(files, to, film) av::av_encode_video(files, to, framerate = film$fps, verbose = FALSE))
)

write_film <- function(file, files, film, call) {
  write <- film_writer(film$ending, call)
  made <- tempfile(fileext = paste0(".", film$ending))
  on.exit(unlink(made))
  reason <- tryCatch(
    {
      write(files, made, film)
      NULL
    },
    error = function(cnd) conditionMessage(cnd)
  )
  if (!is.null(reason) || !file.exists(made)) stop_unwritten(file, setting(reason, "Nothing was written"), call = call)
  write_file(file, readBin(made, "raw", file.size(made)), call = call)
  invisible(file)
}

# A page in a file, or as a part of a document, which gets style and script once.
page_of <- function(body, title, file, call) {
  if (is.null(file)) {
    tags <- htmltools::tagList(
      htmltools::HTML(body),
      htmltools::htmlDependency(
        "nn-animate", package_version_text(),
        src = c(file = system.file("view", package = "backprop")), script = "animate.js", stylesheet = "animate.css"
      )
    )
    return(htmltools::browsable(tags, rlang::is_interactive()))
  }
  page <- c(
    "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">', '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    # No icon: a browser would otherwise ask for one.
    '<link rel="icon" href="data:,">', paste0("<title>", as_html(title), "</title>"), "<style>", view_asset("animate.css"), "</style>", "</head>",
    '<body class="nn-alone">', "<main>", body, "</main>", "<script>", view_asset("animate.js"), "</script>", "</body>", "</html>"
  )
  write_file(file, text_bytes(page), call = call)
  invisible(file)
}

check_htmltools <- function() rlang::check_installed("htmltools", "to put a page into a document; a file needs no package.")
