# Animations in files: pages by ourselves, pictures and films by other packages.

# Whose function writes a file of this ending, and the name of the package.
film_writer <- function(ending) {
  if (ending == "mp4") {
    rlang::check_installed("av", "to write an MP4 film; a page (`.html`) needs no package.")
    return(function(files, to, film) av::av_encode_video(files, to, framerate = film$fps, verbose = FALSE))
  }
  if (requireNamespace("gifski", quietly = TRUE)) {
    return(function(files, to, film) gifski::gifski(files, to, film$width, film$height, delay = 1 / film$fps, progress = FALSE))
  }
  if (!requireNamespace("magick", quietly = TRUE)) {
    rlang::check_installed("magick", "to write a GIF picture (or gifski); a page (`.html`) needs no package.")
  }
  function(files, to, film) {
    # Delays are in hundredths of a second.
    moving <- magick::image_animate(magick::image_read(files), delay = max(2, round(100 / film$fps)))
    magick::image_write(moving, to, format = "gif")
  }
}

write_film <- function(file, files, film, call) {
  write <- film_writer(film$ending)
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
