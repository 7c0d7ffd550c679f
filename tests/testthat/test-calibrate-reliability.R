test_that("bins have the means of their rows, and Wilson's interval", {
  fit <- overconfident_fit()
  held <- overconfident_data(100, seed = 2)
  found <- nn_reliability(fit, held, bins = 4)
  p <- nn_predict(fit, held)[, 1]
  quarter <- ceiling(rank(p) / 25)
  expect_equal(found$predicted, unname(c(tapply(p, quarter, mean))))
  expect_equal(found$observed, unname(c(tapply(held$y == "b", quarter, mean))))
  expect_identical(found$n, rep(25L, 4))
  expect_identical(as.character(found$.level), rep("b", 4))
  limits <- suppressWarnings(prop.test(sum(held$y[quarter == 2] == "b"), 25, correct = FALSE)$conf.int)
  expect_equal(c(found$lower[2], found$upper[2]), c(limits))
  three <- nn_reliability(overconfident_fit(3), overconfident_data(100, 3, seed = 2), bins = 5)
  expect_identical(as.character(three$.level), rep(c("a", "b", "c"), each = 5))
  # A number for every row, once.
  expect_identical(sum(three$n), 300L)
  # Five trials in a row are five cases.
  trials <- data.frame(yes = c(1, 4), no = c(4, 1), x = 1:2)
  counts <- nn_train(cbind(yes, no) ~ x, data = trials, hidden = c(), family = "binomial", epochs = 50, preset = "textbook")
  expect_equal(nn_reliability(counts, trials, bins = 2)[c("observed", "n")], data.frame(observed = c(0.2, 0.8), n = c(5, 5)), ignore_attr = TRUE)
})

# Numbers of no machine's arithmetic.
shown_reliability <- function() {
  structure(
    data.frame(
      .level = factor(rep(c("a", "b"), each = 3)), predicted = c(0.1, 0.5, 0.9, 0.2, 0.4, 0.7), observed = c(0.2, 0.4, 0.8, 0.1, 0.5, 0.7),
      lower = c(0.1, 0.3, 0.6, 0, 0.4, 0.5), upper = c(0.3, 0.5, 0.9, 0.2, 0.6, 0.9), n = 20L
    ),
    class = c("nn_reliability", "data.frame")
  )
}

test_that("it is printed as a table and drawn, on any device", {
  x <- shown_reliability()
  expect_snapshot(print(x))
  expect_output(print(x[1:2, c("predicted", "n")]), "predicted")
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  expect_identical(plot(x, main = "Mine"), x)
  skip_if_not_installed("vdiffr")
  vdiffr::expect_doppelganger("reliability", function() plot(x))
})

test_that("autoplot() draws the same", {
  skip_if_not_installed("ggplot2")
  built <- ggplot2::ggplot_build(ggplot2::autoplot(shown_reliability()))
  expect_identical(built$data[[4]]$y, shown_reliability()$observed)
})

test_that("what has no probabilities is refused", {
  line <- nn_train(mpg ~ wt, data = mtcars, epochs = 1, seed = 1, preset = "textbook")
  expect_snapshot(error = TRUE, {
    nn_reliability(line, mtcars)
    nn_reliability(line)
    nn_reliability(overconfident_fit(), overconfident_data(20), level = 2)
    plot(shown_reliability()[c("predicted", "n")])
  })
})
