# The same for all machines: numbers that are made, not trained.
made_path <- function() {
  path <- nn_path(cbind(a = 1:4 / 4, b = c(1, -1, 1, -1)), c(1, 2, 2, 3), hidden = c(), bias = FALSE, epochs = 1, lr = 0.1, grid = 7, seed = 1, limits = list(c(-1, 1), c(-1, 1)))
  path$surface$loss <- with(path$surface, x^2 + 2 * y^2)
  steps <- 0:10
  ways <- list(cbind(-0.9, 0.8) %x% 0.8^steps, cbind(-0.9 * 0.7^steps, 0.8 * (-0.5)^steps))
  path$paths <- do.call(rbind, lapply(1:2, function(k) {
    at <- ways[[k]]
    data.frame(method = c("full batch", "SGD")[k], iteration = steps, epoch = steps, x = at[, 1], y = at[, 2], loss = at[, 1]^2 + 2 * at[, 2]^2)
  }))
  path$paths$method <- factor(path$paths$method, c("full batch", "SGD"))
  path
}

test_that("paths are drawn over contours, and leave the graphical parameters as they were", {
  expect_picture("paths", function() plot(made_path()))
  expect_picture("paths gg", ggplot2::autoplot(made_path()))
  expect_no_marks(function() plot(made_path()))
})

test_that("a picture up to an update has the points up to there", {
  picture <- function(...) path_picture(made_path(), "x", ..., main = NULL, call = quote(plot()))
  expect_identical(range(picture(NULL, 3, "iteration")$paths$iteration), c(0L, 3L))
  expect_identical(unique(picture("SGD", NULL, "iteration")$paths$method), 1L)
  # The colour of a method is its own, whichever are drawn.
  expect_identical(picture("SGD", NULL, "iteration")$hues, picture(NULL, NULL, "iteration")$hues[2])
  expect_error(plot(made_path(), methods = "adam"), class = "backprop_error_choice")
  expect_error(plot(made_path(), until = -1), class = "backprop_error_argument")
})

test_that("levels are inside of the surface's range and rise, also where it is flat or skewed", {
  for (loss in list((-10:10)^2, exp(seq(0, 30)), c(1, NA, 2))) {
    found <- surface_levels(loss)
    expect_true(all(diff(found$levels) > 0) && all(found$levels > min(loss, na.rm = TRUE) & found$levels < max(loss, na.rm = TRUE)))
    expect_length(found$colours, length(found$levels) + 1L)
  }
  expect_length(surface_levels(c(2, 2, 2))$levels, 0L)
  expect_length(surface_levels(c(NA_real_, NA))$levels, 0L)
})

test_that("higher is darker, in grey too", {
  luminance <- function(colours) drop(c(0.299, 0.587, 0.114) %*% grDevices::col2rgb(colours))
  expect_true(all(diff(luminance(path_colours(12L))) < 0))
  expect_true(all(diff(luminance(night_colours(12L))) > 0))
})

test_that("a surface as high everywhere as numbers go, and a device too small for the margins, are drawn all the same", {
  path <- made_path()
  path$surface$loss <- 2e296
  expect_true(all(diff(surface_edges(path_picture(path, "x", NULL, NULL, "iteration", NULL, quote(plot())))) > 0))
  expect_no_error(on_small_device(7, plot(path)))
  expect_no_error(on_small_device(1, plot(made_path())))
})
