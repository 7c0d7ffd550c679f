skip_if_not_installed("ggplot2")

test_that("ggplot2 finds the methods", {
  expect_s3_class(ggplot2::autoplot(drawn_fit()), "ggplot")
  expect_s3_class(ggplot2::autoplot(nn_activation("tanh")), "ggplot")
})

test_that("every type can be built, and refuses what plot() refuses", {
  withr::local_pdf(NULL)
  fit <- with_snapshots(nn_train(Species ~ ., data = iris, hidden = c(20, 3), epochs = 5, seed = 1, keep = "data", preset = "textbook"))
  curve <- nn_train(mpg ~ wt, data = mtcars, epochs = 5, seed = 1, keep = "data", preset = "textbook")
  for (type in picture_types) {
    expect_no_error(ggplot2::ggplot_build(ggplot2::autoplot(fit, type = type, max_units = 8)))
  }
  expect_no_error(ggplot2::ggplot_build(ggplot2::autoplot(curve, type = "boundary")))
  expect_error(ggplot2::autoplot(fit, type = "wieghts"), class = "backprop_error_choice")
})

test_that("networks without biases, points that miss an input and wide layers are drawn without a warning", {
  withr::local_pdf(NULL)
  bare <- with_snapshots(nn_train(article_X, article_Y, hidden = 2, bias = FALSE, epochs = 2, seed = 1))
  gaps <- mtcars
  gaps$wt[1] <- NA
  fit <- nn_train(mpg ~ wt + hp, data = mtcars, hidden = 50, epochs = 2, seed = 1, preset = "textbook")
  pictures <- list(
    ggplot2::autoplot(bare, type = "history"), ggplot2::autoplot(bare, type = "weights"), ggplot2::autoplot(bare, type = "network"),
    ggplot2::autoplot(fit, type = "boundary", data = gaps), ggplot2::autoplot(fit, type = "weights")
  )
  for (picture in pictures) expect_no_warning(print(picture))
})

test_that("a theme that is set is followed", {
  withr::local_pdf(NULL)
  before <- ggplot2::theme_set(ggplot2::theme_minimal() + ggplot2::theme(plot.background = ggplot2::element_rect(fill = "#1e1e1e"), text = ggplot2::element_text(colour = "#dddddd")))
  on.exit(ggplot2::theme_set(before))
  expect_identical(tolower(unlist(gg_inks()[c("ink", "paper")], use.names = FALSE)), c("#dddddd", "#1e1e1e"))
  expect_null(gg_theme()[[1]])
  ggplot2::theme_set(before)
  expect_identical(gg_theme()[[1]], ggplot2::theme_minimal())
})

test_that("they look as they should", {
  skip_if(utils::packageVersion("ggplot2") >= "3.5.0", "newer versions of ggplot2 draw differently")
  cars <- list(X = as.matrix(mtcars[c("wt", "hp", "qsec")]), Y = mtcars$mpg)
  expect_picture("gg-loss", ggplot2::autoplot(drawn_fit(), log = TRUE))
  expect_picture("gg-network", ggplot2::autoplot(drawn_fit(), type = "network"))
  expect_picture("gg-weights", ggplot2::autoplot(drawn_fit(), type = "weights"))
  expect_picture("gg-activations", ggplot2::autoplot(drawn_fit(), type = "activations"))
  expect_picture("gg-boundary-classes", ggplot2::autoplot(drawn_classes(), type = "boundary", data = iris))
  expect_picture("gg-boundary-surface", ggplot2::autoplot(drawn_surface(), type = "boundary", data = cars))
  expect_picture("gg-history", ggplot2::autoplot(with_snapshots(drawn_fit()), type = "history"))
  expect_picture("gg-activation-functions", ggplot2::autoplot(nn_activation(c("sigmoid", "relu"))))
})
