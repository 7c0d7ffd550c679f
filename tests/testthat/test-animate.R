kept_fit <- function(...) nn_train(Species ~ Petal.Length + Petal.Width, data = iris, preset = "textbook", hidden = 2, epochs = 6, keep_weights = 2, seed = 1, ...)
a_path <- function() nn_path(mpg ~ wt + hp, data = mtcars, hidden = c(), bias = FALSE, standardize = TRUE, lr = 0.1, epochs = 2, grid = 5, seed = 1)
read_page <- function(file) paste(readLines(file, encoding = "UTF-8"), collapse = "\n")
matches <- function(pattern, text) regmatches(text, gregexpr(pattern, text))[[1L]]

test_that("a page has a frame for each epoch that was kept, and asks for nothing from a network", {
  file <- withr::local_tempfile(fileext = ".html")
  for (type in c("boundary", "network", "weights", "activations")) {
    nn_animate(kept_fit(), file, type, data = iris, width = 240, height = 240)
    page <- read_page(file)
    expect_length(matches("data:image/png;base64,", page), 3L)
    expect_identical(sub(",.*", "", sub('alt="', "", matches('alt="epoch [0-9]+,', page))), paste("epoch", c(2, 4, 6)))
    expect_length(matches("https?://", page), 0L)
  }
})

test_that("frames are chosen evenly, with the first and the last", {
  expect_identical(evenly(3, 5), 1:3)
  expect_identical(evenly(100, 4), c(1, 34, 67, 100))
  expect_identical(evenly(10, 1), 10)
})

test_that("all frames have one scale", {
  fit <- kept_fit()
  pictures <- lapply(c(2, 4, 6), function(epoch) picture_of(at_epoch(fit, epoch, "x", quote(plot())), "weights", NULL, NULL, NULL, NULL, 16, 60, quote(plot())))
  scaled <- on_one_scale(pictures, "weights")
  expect_length(unique(lapply(scaled, function(picture) picture$range)), 1L)
  expect_identical(scaled[[1]]$range[2], max(abs(unlist(lapply(pictures, function(picture) picture$range)))))
  # Half of the largest weight of all frames is half as wide.
  expect_identical(edge_size(c(1, 2), 4), c(0.25, 0.5))
})

test_that("a path is drawn from its numbers: every point is on the page, thinned where there are very many", {
  path <- a_path()
  file <- withr::local_tempfile(fileext = ".html")
  nn_animate(path, file)
  page <- read_page(file)
  data <- sub('.*class="nn-data">\\s*', "", sub("</script>.*", "", page))
  counts <- lengths(strsplit(matches('"iteration":\\[[^]]*', data), ",", fixed = TRUE))
  expect_identical(counts, as.integer(table(path$paths$method)))
  # An eighth of a megabyte is what the page of a small path may have.
  expect_lt(file.size(file), 131072)
  long <- data.frame(iteration = 0:9999, x = 0)
  expect_identical(range(thinned(long, 100)$iteration), c(0L, 9999L))
})

test_that("contours close on the page, and the lowest holds the lowest point", {
  x <- y <- seq(-1, 1, length.out = 21)
  height <- outer(x, y, function(x, y) x^2 + y^2)
  limits <- list(x = c(-1, 1), y = c(-1, 1))
  ring <- svg_ring(x, y, height, 0.25, limits)
  expect_match(ring, "^M[0-9. ]+Z$")
  points <- matrix(as.double(strsplit(sub("Z", "", sub("M", "", ring)), " ")[[1L]]), ncol = 2, byrow = TRUE)
  # A circle of half the frame's half width about its middle, to the error of lines between points of the grid.
  radius <- sqrt((points[, 1] - stage_x(0, limits))^2 + (points[, 2] - stage_y(0, limits))^2)
  expect_equal(radius, rep(path_stage$size / 4, length(radius)), tolerance = 0.02)
  # What leaves the frame is closed along its rim.
  expect_match(svg_ring(x, y, height, 1.5, limits), "Z$")
})

test_that("names that would be markup are text", {
  path <- a_path()
  levels(path$paths$method)[1] <- "<script>alert(1)</script>"
  path$axes[1] <- "a & \"b\""
  file <- withr::local_tempfile(fileext = ".html")
  nn_animate(path, file, main = "<b>")
  page <- read_page(file)
  expect_no_match(page, "<script>alert", fixed = TRUE)
  expect_match(page, "a &amp; &quot;b&quot;", fixed = TRUE)
  expect_match(page, "<title>&lt;b&gt;</title>", fixed = TRUE)
})

test_that("without a file it is a part of a document, once with style and script", {
  skip_if_not_installed("htmltools")
  tags <- htmltools::tagList(nn_animate(a_path()), nn_animate(kept_fit(), type = "network", width = 240, height = 240))
  expect_identical(unique(vapply(htmltools::findDependencies(tags), function(one) one$name, "")), c("nn-page", "nn-animate"))
  ids <- matches('id="nn-animate-[0-9]+"', as.character(tags))
  expect_identical(anyDuplicated(ids), 0L)
})

test_that("a GIF has the frames, its size and an endless loop", {
  skip_if_not(requireNamespace("magick", quietly = TRUE) || requireNamespace("gifski", quietly = TRUE))
  file <- withr::local_tempfile(fileext = ".gif")
  expect_identical(nn_animate(kept_fit(), file, data = iris, width = 260, height = 240, fps = 4), file)
  bytes <- readBin(file, "raw", file.size(file))
  expect_identical(rawToChar(bytes[1:6]), "GIF89a")
  expect_identical(readBin(bytes[7:10], "integer", 2, 2, endian = "little"), c(260L, 240L))
  skip_if_not_installed("magick")
  expect_identical(nrow(magick::image_info(magick::image_read(file))), 3L)
  nn_animate(a_path(), file, frames = 4, width = 260, height = 240)
  expect_identical(nrow(magick::image_info(magick::image_read(file))), 4L)
})

test_that("an MP4 has even sides", {
  skip_if_not_installed("av")
  file <- withr::local_tempfile(fileext = ".mp4")
  nn_animate(kept_fit(), file, type = "network", width = 261, height = 241)
  video <- av::av_media_info(file)$video
  expect_identical(c(video$width, video$height), c(262, 242))
})

test_that("where no package can write a file, one is named", {
  without <- function(ending) {
    with_tables(list(has_package = function(name) FALSE), film_writer(ending))
  }
  expect_error(without("gif"), "gifski or magick", class = "backprop_error_package")
  expect_error(without("mp4"), "av", class = "backprop_error_package")
})

test_that("a writer that fails leaves the file that was there", {
  file <- withr::local_tempfile(fileext = ".gif", lines = "before")
  fails <- function(ending) function(files, to, film) stop("no room for films")
  with_tables(list(film_writer = function(ending, call) fails(ending)), expect_error(nn_animate(kept_fit(), file, type = "network"), "no room for films", class = "backprop_error_file"))
  expect_identical(readLines(file), "before")
})

test_that("bad requests are refused", {
  fit <- kept_fit()
  expect_snapshot(error = TRUE, nn_animate(nn_train(c(0, 1), c(0, 1), epochs = 1, seed = 1), "a.html", "network"))
  expect_snapshot(error = TRUE, nn_animate(fit, "a.png", "network"))
  expect_snapshot(error = TRUE, nn_animate(fit, "a.html", "loss"))
  expect_snapshot(error = TRUE, nn_animate(fit, "a.html", "network", fps = 0))
  expect_snapshot(error = TRUE, nn_animate(fit, "a.html", "network", width = 10))
  expect_snapshot(error = TRUE, nn_animate(1, "a.html"))
  expect_error(nn_animate(fit, file.path(tempdir(), "no", "a.html"), "network"), class = "backprop_error_file")
  expect_error(nn_animate(fit, "a.html", "network", colour = 1), class = "backprop_error_unknown_argument")
})

test_that("no device and no folder is left behind", {
  devices <- grDevices::dev.list()
  before <- list.files(tempdir(), "^frames")
  try(nn_animate(kept_fit(), file.path(tempdir(), "no", "a.html"), "network"), silent = TRUE)
  expect_identical(grDevices::dev.list(), devices)
  expect_identical(list.files(tempdir(), "^frames"), before)
})
