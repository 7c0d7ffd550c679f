# Trainings as moving pictures: the generic and its methods, which say what the frames are. animate-frames.R draws them, animate-write.R puts them into a file.

#' Animate a training
#'
#' Writes what [plot.nn_fit()] draws of a fit (the boundary or surface of its predictions, the network, its weights or activations) for one epoch after the
#' other, or the paths of [nn_path()] update by update. The ending of the file's name says as what: a page (`.html`) with a slider, play and pause, which needs no
#' package and no network; a picture (`.gif`), by gifski or magick; or a film (`.mp4`), by av.
#'
#' Scales are the same in all frames: colours of weights, widths of connections and heights of surfaces can be compared.
#'
#' @section On the page:
#' Play, the slider, and the keys go through the frames: Space plays and pauses, the arrow keys go back and on, Home and End to the first and the last. The page of a path
#' is drawn from its numbers: it counts updates, or epochs, where paths of many small steps and of few large ones have seen the same rows; a table has the weights and
#' the loss at each place. Pages follow the reader's light or dark colours. Without JavaScript they show the end.
#'
#' @param x A fit of [nn_train()] with `keep_weights`, or a path of [nn_path()].
#' @param file Where to write: a name ending in `.html`, `.gif` or `.mp4`. `NULL` gives the page as a part of a knitted document or a Shiny app (for which
#'   htmltools must be installed).
#' @param type What to draw: `"boundary"` (of classes; of numbers it is a surface), `"network"`, `"weights"` or `"activations"`.
#' @param frames At most so many frames, evenly chosen, the first and the last among them.
#' @param fps Frames in a second.
#' @param width,height Size of a frame in pixels, 240 to 4000, 96 to the inch.
#' @param data,inputs,at,layer,max_units,max_rows As for [plot.nn_fit()].
#' @param by What the frames of a path, and the slider of its page at first, count: `"iteration"` (updates) or `"epoch"`.
#' @param methods As for [plot.nn_path()].
#' @param main A title; `NULL` for the picture's own.
#' @param ... Not used; a misspelt argument is an error.
#' @return With `file`, the file's name, invisibly; without, an [htmltools::tagList()].
#' @section Errors:
#' A fit that kept no weights, an ensemble, a file name of another ending, and a missing package, which is named. A file that cannot be written is an error of class
#' `backprop_error_file` that gives the reason; a file that was there is then unchanged.
#' @seealso [nn_path()], [plot.nn_fit()]; [nn_view()] for a page of every number of a single step.
#' @examples
#' fit <- nn_train(Species ~ Petal.Length + Petal.Width, data = iris, preset = "textbook",
#'                 hidden = 4, activation = "tanh", lr = 0.5, epochs = 60,
#'                 keep_weights = 10, seed = 1)
#' file <- tempfile(fileext = ".html")
#' nn_animate(fit, file, data = iris)
#' nn_animate(fit, file, type = "network")
#' @export
nn_animate <- function(x, file = NULL, ...) {
  UseMethod("nn_animate")
}

#' @export
nn_animate.default <- function(x, file = NULL, ...) {
  stop_argument("x", "a fit from `nn_train(keep_weights = )` or a path from `nn_path()`", x, call = quote(nn_animate()))
}

#' @rdname nn_animate
#' @export
nn_animate.nn_fit <- function(x, file = NULL, type = "boundary", ..., data = NULL, inputs = NULL, at = NULL, layer = NULL, max_units = 16, max_rows = 60,
                              frames = 40, fps = 5, width = 720, height = 540, main = NULL) {
  call <- quote(nn_animate())
  refuse_dots(..., known = setdiff(names(formals(nn_animate.nn_fit)), "..."), call = call)
  x <- validate_fit(x, "x", call, ensembles = TRUE)
  if (is_ensemble(x)) refuse_ensemble(x, "x", call)
  check_choice(type, "type", c("boundary", "network", "weights", "activations"), call)
  film <- check_film(file, frames, fps, width, height, main, call)
  epochs <- epochs_kept(x, film$frames, call)
  pictures <- lapply(epochs, function(epoch) picture_of(at_epoch(x, epoch, "x", call), type, data, inputs, at, layer, max_units, max_rows, call))
  drawn <- frames_of_fit(x, type, pictures, epochs, main, titled = film$moves)
  if (is.null(film$ending)) check_htmltools()
  files <- draw_frames(drawn, film, call)
  on.exit(unlink(dirname(files[1L]), recursive = TRUE))
  if (film$moves) {
    return(write_film(file, files, film, call))
  }
  page_of(animation_body(frames_html(files, drawn$labels), drawn$title, count = length(epochs), film$fps, labels = drawn$labels), drawn$title, file, call)
}

#' @rdname nn_animate
#' @export
nn_animate.nn_path <- function(x, file = NULL, by = "iteration", ..., methods = NULL, frames = 40, fps = 5, width = 720, height = 540, main = NULL) {
  call <- quote(nn_animate())
  refuse_dots(..., known = setdiff(names(formals(nn_animate.nn_path)), "..."), call = call)
  picture <- path_picture(x, "x", methods, NULL, by, main, call)
  film <- check_film(file, frames, fps, width, height, main, call)
  if (film$moves) {
    drawn <- frames_of_path(x, methods, by, film$frames, main, call)
    files <- draw_frames(drawn, film, call)
    on.exit(unlink(dirname(files[1L]), recursive = TRUE))
    return(write_film(file, files, film, call))
  }
  if (is.null(film$ending)) check_htmltools()
  page_of(path_body(picture, by, film$fps), picture$title, file, call)
}

# What all films have: `ending`, NULL of a part of a document; whether it `moves` by itself, and is no page.
check_film <- function(file, frames, fps, width, height, main, call) {
  ending <- NULL
  if (!is.null(file)) {
    ending <- if (is_path(file)) tolower(sub("^.*[.]", "", basename(file))) else ""
    if (!ending %in% c("html", "gif", "mp4")) stop_argument("file", "the name of a file that ends in `.html`, `.gif` or `.mp4`", file, call = call)
  }
  check_title(main, call)
  pixels <- function(x, arg) {
    if (!is_whole(x, 240) || x > 4000) stop_argument(arg, "a whole number of pixels, 240 to 4000", x, call = call)
    as.integer(x)
  }
  # Before anything is drawn.
  if (isTRUE(ending %in% names(film_writers))) film_writer(ending, call)
  if (!is_positive(fps) || fps > 50) stop_argument("fps", "a positive number, 50 at most", fps, call = call)
  list(
    ending = ending, moves = !is.null(ending) && ending != "html", frames = check_count(frames, "frames", call = call), fps = as.double(fps), width = pixels(width, "width"), height = pixels(height, "height")
  )
}

# Epochs whose weights the fit has, `most` at most.
epochs_kept <- function(fit, most, call) {
  check_parts(fit, "snapshots", "x", call)
  if (length(fit$snapshots) == 0L) {
    stop_backprop("no_snapshots", c(
      "{.arg x} has no snapshots of its weights, so there is nothing to animate.",
      i = "Train with {.code keep_weights = 1} to keep those of every epoch."
    ), call = call)
  }
  known <- vapply(fit$snapshots, function(snapshot) as.integer(snapshot$epoch), 0L)
  known[evenly(length(known), most)]
}

# Places of `most` of n, the last among them, and the first where there is room.
evenly <- function(n, most) if (n <= most) seq_len(n) else if (most == 1L) n else unique(round(seq(1, n, length.out = most)))
