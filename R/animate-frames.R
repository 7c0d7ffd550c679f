# The frames of an animation: pictures with the same scales, drawn into files.

# `draw`: a function for each frame; `labels`, what it shows; `title` of all, which stands in each frame where these are `titled`.
frames_of_fit <- function(fit, type, pictures, epochs, main, titled) {
  pictures <- on_one_scale(pictures, type)
  loss <- fit$history$loss[match(epochs, fit$history$epoch)]
  labels <- paste0("epoch ", epochs, ifelse(is.na(loss), "", paste0(", loss ", vapply(loss, format, "", digits = 3))))
  title <- if (!is.null(main)) paste(as.character(main), collapse = " ") else animation_title(pictures[[1L]], type)
  draw_one <- switch(type, boundary = draw_boundary, network = draw_network, weights = draw_tables, activations = draw_tables)
  draw <- Map(function(picture, label) function() draw_one(picture, if (titled) paste0(title, ": ", label) else label), pictures, labels)
  list(draw = draw, labels = labels, title = title)
}

animation_title <- function(picture, type) {
  switch(type,
    boundary = if (length(picture$axes) == 1L) "Prediction" else if (is.null(picture$classes)) paste("Prediction of", picture$title) else "Classes",
    network = "Network",
    picture$title
  )
}

on_one_scale <- function(pictures, type) {
  of_all <- function(part) range(unlist(lapply(pictures, part)), finite = TRUE)
  scale <- switch(type,
    boundary = list(reach = of_all(function(picture) picture$value)),
    network = list(largest = max(abs(of_all(function(picture) c(0, picture$edges$weight))))),
    list(range = of_all(function(picture) picture$range))
  )
  lapply(pictures, function(picture) replace(picture, names(scale), scale))
}

frames_of_path <- function(path, methods, by, most, main, call) {
  counts <- sort(unique(check_path(path, "x", call)$paths[[by]]))
  counts <- counts[evenly(length(counts), most)]
  pictures <- lapply(counts, function(until) path_picture(path, "x", methods, until, by, main, call))
  # Widths go by the whole path.
  widths <- path_picture(path, "x", methods, NULL, by, main, call)$widths
  draw <- lapply(pictures, function(picture) {
    picture$widths <- widths
    function() draw_path_alone(picture)
  })
  list(draw = draw, labels = vapply(counts, count_text, "", if (by == "epoch") "epoch" else "update"), title = pictures[[1L]]$title)
}

# PNG files in a folder of their own.
draw_frames <- function(frames, film, call) {
  if (!capabilities("png")) {
    stop_backprop("device", "This R cannot draw PNG files: {.code capabilities(\"png\")} is {.code FALSE}.", call = call)
  }
  folder <- tempfile("frames")
  dir.create(folder)
  files <- file.path(folder, sprintf("%05d.png", seq_along(frames$draw)))
  done <- FALSE
  on.exit(if (!done) unlink(folder, recursive = TRUE))
  # Films of many codecs have even sides only.
  even <- function(pixels) pixels + if (identical(film$ending, "mp4")) pixels %% 2L else 0L
  for (k in seq_along(files)) {
    draw_into(frames$draw[[k]], files[k], even(film$width), even(film$height))
  }
  done <- TRUE
  files
}

draw_into <- function(draw, file, width, height) {
  before <- grDevices::dev.cur()
  grDevices::png(file, width, height, res = 96, bg = "white")
  device <- grDevices::dev.cur()
  on.exit({
    grDevices::dev.off(device)
    if (before > 1L) grDevices::dev.set(before)
  })
  draw()
}
