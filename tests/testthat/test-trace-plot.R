test_that("a trace's picture goes from its start to its end, through every iteration's weights", {
  trace <- article_trace(4)
  picture <- trace_picture(trace, "x", NULL, NULL, quote(plot()))
  expect_identical(picture$iterations, 0:4)
  expect_identical(vapply(picture$panels, function(panel) panel$title, ""), c("loss of all rows", "hidden layer", "output layer"))
  expect_equal(drop(picture$panels[[1]]$values), unname(c(trace$loss["before"], trace$iterations$loss_after)))
  # Weights column by column, then biases.
  hidden <- picture$panels[[2]]
  expect_identical(hidden$values[1, ], c(as.double(trace$start$weights[[1]]), trace$start$biases[[1]]))
  expect_identical(hidden$values[3, 1:12], as.double(trace[["wh", 3, "start"]]$result))
  expect_identical(hidden$values[5, ], c(as.double(trace$end$weights[[1]]), trace$end$biases[[1]]))
})

test_that("a trace that was cut is drawn by what it has", {
  cut <- article_trace(4)[1:3]
  values <- trace_picture(cut, "x", 1, NULL, quote(plot()))$panels[[2]]$values
  expect_identical(unname(which(!is.na(values[, 1]))), c(1L, 5L))
  expect_no_marks(function() plot(cut))
})

test_that("layers are chosen by number, and layers without parameters are left out", {
  trace <- nn_trace(matrix(1:6 / 6, 3), c(0, 1, 0), hidden = nn_layers(layer_dense(2), layer_skip(from = 0), layer_dense(1)), seed = 1)
  titles <- vapply(trace_picture(trace, "x", NULL, NULL, quote(plot()))$panels, function(panel) panel$title, "")
  sized <- which(lengths(trace$start$weights) + lengths(trace$start$biases) > 0)
  expect_length(titles, 1L + length(sized))
})

test_that("pictures of traces in base graphics and ggplot2", {
  expect_picture("trace", function() plot(article_trace(6)))
  expect_s3_class(ggplot2::autoplot(article_trace(3)), "ggplot")
  expect_error(plot(article_trace(), layer = 3), class = "backprop_error_argument")
  expect_error(plot(structure(list(), class = "nn_trace")), class = "backprop_error_edited_trace")
})

test_that("many layers, and a device too small for the margins, are drawn all the same", {
  deep <- nn_trace(matrix(1:6 / 6, 3), c(0, 1, 0), hidden = rep(2, 40), seed = 1)
  expect_no_error(on_small_device(7, plot(deep)))
  # R's own margins take 1.84 inches of it.
  expect_no_error(on_small_device(1, plot(article_trace(2))))
})

test_that("a panel whose numbers are all not finite is drawn without them", {
  grDevices::pdf(NULL)
  withr::defer(grDevices::dev.off())
  panel <- list(values = matrix(c(NaN, Inf)), kind = "loss", names = "", title = "loss of all rows")
  expect_no_warning(draw_trace_panel(panel, 0:1))
})
