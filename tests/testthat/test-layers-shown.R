# Traces, pictures and the page of networks with layers of every kind.

# CRAN wants all tests in a minute.
skip_on_cran()

trace_layers <- function(hidden, ...) {
  d <- layers_table()[c(1:5, 41:45), ]
  nn_trace(
    y ~ x + z + city + kind + flag,
    data = d, preset = "textbook", hidden = hidden, activation = "tanh", seed = 1, steps = 2, standardize = TRUE, ...
  )
}

# The worst relative difference of all derivatives of a trace's second iteration from central differences of the engine's loss.
worst_difference <- function(trace) {
  found <- lapply(seq_along(trace), function(position) {
    step <- trace[[position]]
    if (step$iteration != 2L) return(NULL)
    at <- expand.grid(i = seq_len(min(2L, nrow(step$result))), j = seq_len(min(2L, ncol(step$result))))
    vapply(seq_len(nrow(at)), function(k) {
      difference <- trace_difference(trace, position, at$i[k], at$j[k])
      # Differences of sums near 0 lose digits.
      if (is.null(difference) || abs(difference$analytic - difference$numeric) < 1e-8) 0 else difference$relative
    }, 0)
  })
  max(unlist(found))
}

test_that("a trace of every kind ends where the same training ends, and its derivatives are those of the loss", {
  for (name in names(layer_networks)) {
    for (optimizer in c("gd", if (name == "many") "adam")) {
      trace <- trace_layers(layer_networks[[name]](), optimizer = optimizer, lr = 0.05)
      d <- layers_table()[c(1:5, 41:45), ]
      fit <- train_layers(layer_networks[[name]](), data = d, optimizer = optimizer, lr = 0.05, epochs = 2, standardize = TRUE)
      expect_identical(unclass(trace)$end$weights, unname(fit$weights), info = name)
      expect_identical(unclass(trace)$end$biases, unname(fit$biases), info = name)
      expect_lt(worst_difference(trace), 1e-5)
    }
  }
})

test_that("a trace of every kind is printed, summarised, made a table, and of many kinds a page and a workbook", {
  for (name in names(layer_networks)) {
    trace <- trace_layers(layer_networks[[name]](), penalty = 0.01, clip_norm = 0.5)
    expect_output(print(trace, rows = 3), "nn_trace")
    expect_output(print(summary(trace)), "Change of each weight")
    cells <- as.data.frame(trace)
    expect_identical(nrow(cells), sum(vapply(as.list(trace), function(step) length(step$result), 0L)))
    if (!name %in% c("many", "members")) next
    page <- withr::local_tempfile(fileext = ".html")
    suppressMessages(nn_view(trace, file = page))
    expect_gt(file.size(page), 1000)
    book <- withr::local_tempfile(fileext = ".csv")
    nn_write_trace(trace, book)
    expect_gt(file.size(book), 1000)
  }
})

test_that("a scale's steps have a formula that gives its cells", {
  trace <- trace_layers(layer_networks$scale())
  step <- trace[[which(vapply(as.list(trace), function(step) step$key == "hidden_layer_input1", NA))[1L]]]
  expect_identical(step$op, "cell")
  expect_identical(step$formula, "hidden_layer_input1 = X * wh1")
  expect_equal(step$result, step$operands$X * step$operands$wh1[rep(1L, nrow(step$result)), ], ignore_attr = TRUE)
})

test_that("every kind is drawn", {
  for (name in names(layer_networks)) {
    fit <- train_layers(layer_networks[[name]](), keep = "data", keep_weights = 3)
    withr::with_pdf(withr::local_tempfile(), {
      for (type in c("network", "weights", "activations", "history", "loss")) expect_no_error(plot(fit, type = type))
    })
  }
})

test_that("networks without biases are drawn", {
  fit <- train_layers(3, formula = y ~ x - 1, keep = "data")
  withr::with_pdf(withr::local_tempfile(), {
    for (type in c("network", "weights", "activations")) expect_no_error(plot(fit, type = type))
  })
  skip_if_not_installed("ggplot2")
  expect_no_error(print(ggplot2::autoplot(fit, type = "network")))
})

test_that("an edge of a picture has the weight of its connection", {
  fit <- train_layers(layer_networks$scale())
  edges <- network_picture(fit, 16L)$edges
  expect_identical(subset(edges, layer == 1)$weight, unname(fit$weights[[1]][1L, ]))
  fit <- train_layers(layer_networks$skip())
  edges <- network_picture(fit, 16L)$edges
  # What comes in is added as it is; beside it the inputs' own weights.
  last <- subset(edges, layer == length(fit$weights))
  expect_setequal(last$weight, c(1, fit$weights[[length(fit$weights)]]))
  fit <- train_layers(layer_networks$members())
  heads <- subset(network_picture(fit, 16L)$edges, layer == length(fit$weights) & !bias)
  expect_equal(heads$weight, rowMeans(matrix(fit$weights[[length(fit$weights)]], 3)), tolerance = 1e-12)
})

test_that("networks of several kinds look as they should", {
  expect_picture("network-kinds", function() {
    plot(train_layers(nn_layers(layer_embedding("city", size = 2), 3, 3, layer_skip(), layer_members(2), skip = TRUE)), type = "network")
  })
})
