bowl <- function(n = 41) {
  at <- seq(-1, 1, length.out = n)
  z <- outer(at, at, function(x, y) 30 * (x^2 + y^2))
  contour_picture(at, at, z, range(z), sequential_colours())
}

test_that("a contour and its number have the value that the surface has there", {
  contours <- bowl()
  for (line in contours$lines) expect_equal(30 * (line$x^2 + line$y^2), rep(line$level, length(line$x)), tolerance = 0.02)
  labels <- contours$labels
  expect_equal(30 * (labels$x^2 + labels$y^2), as.numeric(labels$text), tolerance = 0.02)
})

test_that("numbers on contours stand apart, and off the edges", {
  labels <- bowl()$labels
  expect_gt(nrow(labels), 2)
  pairs <- utils::combn(nrow(labels), 2)
  # Of the panel's width and height, which are 2 here.
  expect_true(all(abs(labels$x[pairs[1, ]] - labels$x[pairs[2, ]]) > 0.28 | abs(labels$y[pairs[1, ]] - labels$y[pairs[2, ]]) > 0.14))
  expect_true(all(abs(c(labels$x, labels$y)) < 0.9))
})

test_that("contours are in ink that can be read on their colour", {
  for (line in bowl()$lines) expect_identical(line$ink, unname(ink_on(line$colour)))
})

test_that("a flat surface has no contours", {
  expect_null(contour_picture(1:3, 1:3, matrix(2, 3, 3), c(1, 3), sequential_colours()))
})
