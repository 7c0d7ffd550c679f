explanations <- function() {
  data <- cars_with_factor()
  classes <- drawn_classes()
  fit <- flat_fit()
  by_factor <- nn_train(mpg ~ wt + am + cyl, data = data, hidden = 2, epochs = 3, seed = 1, preset = "textbook")
  list(
    importance = nn_importance(fit, mtcars, seed = 1), slopes = nn_importance(classes, iris, method = "gradient"), shares = nn_importance(fit, method = "garson"),
    line = nn_partial(classes, iris, "Petal.Width"), curves = nn_partial(fit, mtcars, "wt", type = "ice", grid = 3), effects = nn_partial(fit, mtcars, "wt", type = "ale"),
    levels = nn_partial(by_factor, data, "am"), lines = nn_partial(by_factor, data, c("am", "wt"), grid = 4), cells = nn_partial(by_factor, data, c("am", "cyl")),
    surface = nn_partial(fit, mtcars, c("wt", "hp"), grid = list(wt = c(1, 2, 5), hp = c(50, 300))), flat = nn_partial(by_factor, data[1, ], "wt", type = "ale"),
    row = nn_shap(fit, mtcars, mtcars[1, ], samples = 64, seed = 1), rows = nn_shap(fit, mtcars, samples = 4, seed = 1),
    texts = nn_shap(by_factor, data, data[1:5, ], samples = 4, seed = 1)
  )
}

test_that("drawing leaves par() and the devices as they were, and returns what was drawn", {
  for (explained in explanations()) expect_no_marks(function() expect_identical(plot(explained), explained))
})

test_that("ggplot2 draws the same, and finds the methods", {
  skip_if_not_installed("ggplot2")
  for (explained in explanations()) {
    picture <- ggplot2::autoplot(explained, main = "A title")
    expect_s3_class(picture, "ggplot")
    expect_no_warning(ggplot2::ggplot_build(picture))
  }
})

test_that("a part is drawn as the whole is", {
  withr::local_pdf(NULL)
  all <- explanations()
  expect_no_error(plot(all$slopes[all$slopes$output == "setosa", ]))
  expect_identical(partial_picture(all$line, "setosa", NULL, NULL)$lines, "setosa")
  expect_identical(unique(importance_picture(all$slopes, 1, NULL, NULL)$table$variable), "Petal.Length")
  expect_no_error(plot(all$rows[all$rows$row < 4, ], most = 2))
})

test_that("points of a crowd stand beside each other, those alone on the line", {
  aside <- crowd(c(0, 0, 0, 1), c(0, 1))
  expect_identical(aside, c(0, -0.05, 0.05, 0))
  expect_lte(max(abs(crowd(rep(1, 200), c(0, 1)))), 0.36)
})

test_that("values are dark where they are high, and grey where they are no numbers", {
  picture <- shap_picture(explanations()$texts, NULL, 20, NULL, NULL)$table
  expect_true(all(is.na(picture$height[picture$variable == "am"])))
  expect_equal(range(picture$height[picture$variable == "wt"]), c(0, 1))
})

test_that("pictures look as they did", {
  all <- explanations()
  expect_picture("explain-importance", function() plot(all$importance))
  expect_picture("explain-slopes", function() plot(all$slopes))
  expect_picture("explain-partial", function() plot(all$line))
  expect_picture("explain-surface", function() plot(all$surface))
  expect_picture("explain-row", function() plot(all$row))
})

test_that("what cannot be drawn is refused", {
  withr::local_pdf(NULL)
  all <- explanations()
  both <- nn_partial(flat_fit(), mtcars, c("wt", "hp"), type = "ice", grid = 2)
  expect_snapshot(error = TRUE, {
    plot(all$importance, mian = "x")
    plot(all$importance[c("variable", "importance")])
    plot(all$rows[0, ])
    plot(all$line, output = "none")
    plot(all$importance, most = 0)
    plot(both)
  })
})
