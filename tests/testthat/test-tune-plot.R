test_that("configurations are drawn by rank and along an argument", {
  draw <- function(...) function() plot(drawn_tuning(), ...)
  expect_picture("tune-ranks", draw())
  expect_picture("tune-penalty", draw(argument = "penalty"))
  expect_picture("tune-hidden", draw(argument = "hidden", main = "Units"))
  expect_no_marks(draw(argument = "penalty"))
  expect_no_marks(draw())
})

test_that("pictures begin with the same numbers", {
  picture <- tuning_picture(drawn_tuning(), "penalty", 30, "x", quote(plot()))
  expect_true(picture$log)
  expect_equal(picture$line, data.frame(at = c(0.001, 0.01, 0.1, 1), mean = c(2.4, 2, 2.2, 2.8)), ignore_attr = TRUE)
  picture <- tuning_picture(drawn_tuning(), "hidden", 3, "x", quote(plot()))
  expect_identical(picture$labels, c("8", "none"))
  expect_identical(nrow(picture$points), 3L)
})

test_that("ggplot2 draws the same", {
  skip_if_not_installed("ggplot2")
  withr::local_pdf(NULL)
  for (argument in list(NULL, "penalty", "hidden")) expect_no_error(ggplot2::ggplot_build(ggplot2::autoplot(drawn_tuning(), argument = argument)))
  expect_identical(ggplot2::ggplot_build(ggplot2::autoplot(drawn_tuning()))$data[[1]]$y, sort(drawn_tuning()$results$mean))
})

test_that("what cannot be drawn is refused", {
  expect_snapshot(error = TRUE, {
    plot(drawn_tuning(), argument = "penatly")
    plot(drawn_tuning(), n = 0)
    plot(drawn_tuning(), col = 2)
    plot(replace(drawn_tuning(), "results", list(transform(drawn_tuning()$results, mean = NA_real_))))
    autoplot.nn_tune(drawn_tuning(), argument = "lr")
  })
})
