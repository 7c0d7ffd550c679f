start <- nn_init(c(4, 3, 1), seed = 1)

test_that("the network before training has the edges of its weights and biases", {
  picture <- start_picture(start, "network", 16, NULL, NULL, "x", quote(plot()))
  expect_setequal(picture$edges$weight, unlist(unclass(start)))
  expect_identical(picture$title, "Network 4-3-1: 15 weights and 4 biases, before training")
  expect_identical(picture$nodes$label[picture$nodes$kind != "bias"], c(paste0("x", 1:4), paste0("h", 1:3), "y"))
})

test_that("a start draws without marks, and is returned", {
  for (type in c("network", "weights")) expect_no_marks(function() expect_identical(plot(start, type = type), start))
  expect_no_marks(function() plot(nn_init(c(30, 2), seed = 1), max_units = 5))
  expect_picture("start", function() plot(structure(list(weights = drawn_fit()$weights, biases = drawn_fit()$biases), class = "nn_start")))
})

test_that("ggplot2 draws a start too", {
  skip_if_not_installed("ggplot2")
  withr::local_pdf(NULL)
  for (type in c("network", "weights")) expect_no_warning(ggplot2::ggplot_build(ggplot2::autoplot(start, type = type)))
})

test_that("training from a start is training from its numbers, and keeps no class of it", {
  fit <- nn_train(article_X, article_Y, hidden = 3, epochs = 3, start = start)
  expect_identical(fit$weights, nn_train(article_X, article_Y, hidden = 3, epochs = 3, start = unclass(start))$weights)
  expect_identical(nn_train(article_X, article_Y, hidden = 3, epochs = 0, start = start)$weights, start$weights)
  trace <- nn_trace(article_X, article_Y, hidden = 3, start = start)
  expect_false(inherits(trace$start, "nn_start"))
})

test_that("a start prints its layers, and an edited one is refused", {
  expect_snapshot(print(structure(list(weights = drawn_fit()$weights, biases = drawn_fit()$biases), class = "nn_start")))
  broken <- start
  broken$biases[[1]] <- 1
  expect_snapshot(error = TRUE, {
    print(broken)
    plot(broken)
    plot(start, type = "loss")
    plot(start, max_unit = 3)
  })
})
