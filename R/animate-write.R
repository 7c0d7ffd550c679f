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
