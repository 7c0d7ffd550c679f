# Fits made by hand, so that pictures do not depend on the machine's arithmetic.

# A fit of the article's shape whose numbers are all set here.
drawn_fit <- function() {
  fit <- nn_train(article_X, article_Y, hidden = 3, epochs = 1, seed = 1, keep = "data")
  fit$weights <- list(
    matrix(c(-1.08, 3.38, -1.58, -0.29, 1.43, -1.53, 1.9, -0.16, 2.33, 1.69, -1.85, -0.28), 4),
    matrix(c(-4.37, 3.64, 0.09), 3)
  )
  fit$biases <- list(c(-0.2, -0.59, 0.58), 0.39)
  fit$history <- data.frame(epoch = 1:20, loss = exp(-(1:20) / 5), validation_loss = NA_real_, lr = 0.1)
  fit
}

# Three classes over two inputs, without hidden layers: straight borders.
drawn_classes <- function() {
  fit <- nn_train(Species ~ Petal.Length + Petal.Width, data = iris, hidden = c(), epochs = 0, standardize = FALSE, seed = 1, preset = "textbook")
  fit$weights <- list(matrix(c(-2, -2, 0, 0, 1, 2), 2))
  fit$biases <- list(c(8, 2, -6))
  fit
}

drawn_surface <- function() {
  fit <- nn_train(
    as.matrix(mtcars[c("wt", "hp", "qsec")]), mtcars$mpg,
    hidden = 2, epochs = 0, standardize = TRUE, seed = 1
  )
  fit$weights <- list(matrix(c(-1, 0.5, 0.25, 0.5, -1, 0.25), 3), matrix(c(1, 0.5), 2))
  fit$biases <- list(c(0.25, -0.25), 0)
  fit
}

with_snapshots <- function(fit) {
  fit$snapshots <- lapply(0:10, function(i) {
    list(epoch = i, weights = lapply(fit$weights, function(w) w * i / 10), biases = lapply(fit$biases, function(b) b * sqrt(i / 10)))
  })
  fit
}

# A drawing that is stable under tests, on a device that leaves no file.
expect_picture <- function(title, draw) {
  testthat::skip_on_cran()
  testthat::skip_if_not_installed("vdiffr")
  vdiffr::expect_doppelganger(title, draw)
}

expect_no_marks <- function(draw) {
  withr::local_pdf(NULL)
  graphics::par(mfrow = c(1, 2))
  graphics::plot(1)
  before <- graphics::par(c("mar", "mgp", "oma", "las", "lwd", "cex", "xpd", "tcl"))
  devices <- grDevices::dev.list()
  draw()
  testthat::expect_identical(graphics::par(c("mar", "mgp", "oma", "las", "lwd", "cex", "xpd", "tcl")), before)
  testthat::expect_identical(grDevices::dev.list(), devices)
}

# `draw` on a device so many inches wide and high.
on_small_device <- function(inches, draw) {
  withr::local_pdf(NULL, width = inches, height = inches)
  draw
}

coef_list <- function(fit) c(fit$weights, fit$biases)
