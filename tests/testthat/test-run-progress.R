test_that("nothing is shown in scripts unless asked for", {
  expect_silent(nn_train(article_X, article_Y, epochs = 100, seed = 1))
  expect_null(watch_training(FALSE)$hook)
  skip_if(interactive())
  expect_null(watch_training(NULL)$hook)
})

test_that("a watched fit is the same fit", {
  withr::local_options(cli.progress_handlers_only = "logger")
  plain <- nn_train(article_X, article_Y, epochs = 2000, seed = 1)
  capture.output(watched <- nn_train(article_X, article_Y, epochs = 2000, seed = 1, progress = TRUE))
  expect_same_bits(plain, watched)
})

test_that("the hook shows epoch and loss, and lets no condition out", {
  withr::local_options(cli.progress_show_after = 0, cli.dynamic = FALSE)
  watch <- watch_training(TRUE)
  shown <- cli::cli_fmt({
    expect_true(watch$hook$fun(1L, 10L, 0.5, NULL))
    expect_true(watch$hook$fun(2L, 10L, 0.25, NULL))
    watch$close()
  })
  expect_identical(watch$raised(), list())

  broken <- watch_training(TRUE)
  expect_false(broken$hook$fun(stop("a fault"), 10L, 0.5, NULL))
  expect_s3_class(broken$raised()[[1]], "error")
})
