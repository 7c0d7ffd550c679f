# Every letter a tenth of an inch wide, so that claims need no device.
tenths <- function(text, cex) 0.1 * cex * vapply(strsplit(as.character(text), "\n", fixed = TRUE), function(lines) max(0L, nchar(lines)), 0)

test_that("wrapped text is no wider than its room, and keeps every letter", {
  name <- "number_of_cylinders_of_the_engine"
  for (width in c(0.3, 1, 1.5, 4)) {
    wrapped <- wrap_text(name, width, 1, tenths)
    expect_lte(tenths(wrapped, 1), width)
    expect_identical(gsub("\n", "", wrapped), name)
  }
  expect_identical(wrap_text("hidden layer 1\nsigmoid", 0.8, 1, tenths), "hidden\nlayer 1\nsigmoid")
  expect_identical(wrap_text("", 1, 1, tenths), "")
})

test_that("text is made smaller before it is broken, and letters are not torn from their word while they can be smaller", {
  expect_identical(fit_text("a title", 0.6, 1, smallest = 0.5, measure = tenths), list(text = "a title", cex = 0.85))
  expect_identical(fit_text("hidden layer", 0.5, 1, smallest = 0.5, lines = 2L, measure = tenths), list(text = "hidden\nlayer", cex = 0.8))
  expect_lte(tenths(fit_text("nowhere to break", 0.2, 1, measure = tenths)$text, 0.6), 0.2)
})

test_that("rows of text are no taller than what lies between them", {
  names <- c("weight_in_thousand_pounds", "a", "displacement_in_cubic_inches")
  for (slot in c(0.05, 0.2, 0.6)) {
    rows <- fit_rows(names, 1, slot, 0.2, 0.8, tenths)
    expect_lte(max(count_each(rows$text)) * rows$cex * 0.2, slot + 1e-9)
    expect_lte(max(tenths(rows$text, rows$cex)), 1 + 1e-9)
  }
})

test_that("keys of a legend stand within the width, none over another", {
  for (k in c(1, 3, 12)) {
    keys <- lay_out_keys(legend_keys(paste0("class_", seq_len(k)), "red", lty = 1), 4, 2, 0.2, tenths)
    ends <- keys$x + keys$glyph + tenths(keys$labels, keys$cex)
    expect_lte(max(ends), 4)
    for (row in unique(keys$row)) {
      own <- keys$row == row
      expect_true(all(utils::head(ends[own], -1) < keys$x[own][-1]))
    }
    expect_lte(keys$height, 2)
  }
})

test_that("a picture with long names fits on a small device, within a layout too, and is one page", {
  names <- c("number_of_cylinders_of_the_engine", "displacement_in_cubic_inches")
  folder <- withr::local_tempdir()
  grDevices::png(file.path(folder, "page-%d.png"), 3, 3, units = "in", res = 72)
  figure <- start_figure("A title that is a good deal wider than three inches would be", "with a note", legend_keys(names, 1:2, lty = 1:2))
  open_axes(figure, c(0, 1), c(0.5, 2.5), names[1], "", ylabels = names)
  # What the names of the axis take lies within the figure.
  expect_gt(graphics::par("mai")[2], max(text_inches(fit_text(names, 0.42 * 3, 0.9, lines = 2L)$text, 0.6)))
  expect_true(all(graphics::par("pin") > 0.5))
  graphics::par(figure$kept)
  grDevices::dev.off()
  # The device writes a file for each page.
  expect_length(list.files(folder), 1L)
})

test_that("what is added to a picture of the loss falls where its axes say", {
  withr::local_pdf(NULL)
  for (log in c(FALSE, TRUE)) {
    figure <- start_figure("Loss from 0.9 to 0.02 in 20 epochs", "a note", legend_keys(c("training", "validation"), 1:2, lty = 1:2))
    open_axes(figure, c(1, 20), c(0.02, 0.9), "epoch", "loss: sse", log = if (log) "y" else "", open = TRUE)
    during <- graphics::par("plt")
    graphics::par(figure$kept)
    expect_equal(graphics::par("plt"), during)
  }
})

test_that("a device with dark paper gets light ink", {
  withr::local_pdf(NULL)
  graphics::par(bg = "#1e1e1e")
  expect_identical(unname(ink_on(device_inks()$ink)), palette_of$ink)
  graphics::par(fg = "#dddddd")
  expect_identical(tolower(device_inks()$ink), "#dddddd")
  graphics::par(bg = "white", fg = "black")
  expect_identical(device_inks()[c("ink", "muted")], list(ink = palette_of$ink, muted = palette_of$muted))
})
