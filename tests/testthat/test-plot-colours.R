luminance <- function(colours) {
  # As WCAG 2.1 defines it.
  rgb <- grDevices::col2rgb(colours) / 255
  linear <- ifelse(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055)^2.4)
  drop(c(0.2126, 0.7152, 0.0722) %*% linear)
}

contrast <- function(a, b) {
  both <- cbind(luminance(a), luminance(b))
  (pmax(both[, 1], both[, 2]) + 0.05) / (pmin(both[, 1], both[, 2]) + 0.05)
}

test_that("what goes from little to much goes from light to dark, so that it is seen in grey", {
  expect_true(all(diff(luminance(sequential_colours())) < 0))
  # Of signs both sides get darker away from nothing.
  both <- luminance(diverging_colours(101))
  expect_true(all(diff(both[1:51]) > 0) && all(diff(both[51:101]) < 0))
})

test_that("colours of classes are seen on white and on dark paper", {
  # 2: points and lines are thicker than text, for which WCAG asks 3.
  expect_true(all(contrast(palette_of$classes, rep("#FFFFFF", 8)) > 2))
  expect_true(all(contrast(palette_of$classes, rep("#1E1E1E", 8)) > 2))
})

test_that("40 classes differ in colour or symbol, 24 lines in colour or type", {
  expect_identical(anyDuplicated(paste(class_colours(40), class_symbols(40))), 0L)
  expect_identical(anyDuplicated(paste(class_colours(24), class_lines(24))), 0L)
})

test_that("text on a colour can be read", {
  for (palette in list(sequential_colours(), diverging_colours())) expect_true(all(contrast(palette, unname(ink_on(palette))) > 3))
})
