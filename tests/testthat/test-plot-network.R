test_that("there is an edge for every weight and bias, with its value", {
  picture <- network_picture(drawn_fit(), 16L)
  expect_identical(nrow(picture$edges), 19L)
  expect_setequal(picture$edges$weight, unlist(coef_list(drawn_fit())))
  from_x2_to_h1 <- subset(picture$edges, layer == 1 & !bias & y0 == 0.5 & y1 == 1)
  expect_identical(from_x2_to_h1$weight, 3.38)
})

test_that("a wide layer is cut, and the picture says by how many units", {
  wide <- nn_train(article_X, article_Y, hidden = 50, epochs = 1, seed = 1)
  picture <- network_picture(wide, 7L)
  hidden <- subset(picture$nodes, layer == 2 & kind == "hidden")
  expect_identical(hidden$unit, c(1L, 2L, 3L, 48L, 49L, 50L))
  expect_identical(picture$omitted, 44)
  cut <- subset(picture$edges, layer == 2 & !bias)
  expect_identical(cut$weight, wide$weights[[2]][c(1:3, 48:50), 1])
})

test_that("networks look as they should", {
  expect_picture("network", function() plot(drawn_fit(), type = "network"))
  wide <- drawn_fit()
  wide$settings$sizes <- c(4L, 30L, 1L)
  wide$settings$hidden <- 30L
  wide$weights <- list(outer(1:4, 1:30, function(i, j) sin(i * j)), matrix(cos(1:30), 30))
  wide$biases <- list(sin(1:30), 0.5)
  expect_picture("network-wide", function() plot(wide, type = "network", max_units = 9))
})

named_network <- function(names, hidden = 3) {
  data <- stats::setNames(as.data.frame(matrix(stats::runif(5 * length(names)), 5)), names)
  data$outcome_with_a_long_name <- 1:5 / 5
  nn_train(outcome_with_a_long_name ~ ., data = data, hidden = hidden, epochs = 1, seed = 1, preset = "textbook")
}

# Every letter 0.08 inches wide at its full size.
fixed_width <- function(text, cex) 0.08 * cex * vapply(strsplit(as.character(text), "\n", fixed = TRUE), function(lines) max(0L, nchar(lines)), 0)

test_that("names and captions stay within the figure, and captions do not meet", {
  long <- named_network(c("number_of_cylinders_of_the_engine", "displacement_in_cubic_inches", "hp"), hidden = c(4, 3, 2))
  for (size in list(c(3, 3), c(6.7, 5), c(11, 8))) {
    layout <- network_layout(network_picture(long, 16L), size, 0.6, 0.2, fixed_width)
    nodes <- layout$nodes
    first <- min(nodes$x[nodes$kind == "input"]) - layout$radius - layout$gap - layout$input$width
    last <- max(nodes$x[nodes$kind == "output"]) + layout$radius + layout$gap + layout$output$width
    expect_gte(first, 0)
    expect_lte(last, size[1])
    expect_gte(min(nodes$y) - layout$radius, 0)
    expect_lte(max(nodes$y), size[2] - 0.6)
    captions <- layout$captions
    expect_true(all(utils::head(captions$x + captions$width / 2, -1) <= (captions$x - captions$width / 2)[-1]))
    expect_gte(captions$y - max(count_each(captions$text)) * captions$cex * 0.2, 0)
  }
})

test_that("weights are written on their connections, none over another or over a unit", {
  layout <- network_layout(network_picture(drawn_fit(), 16L), c(7, 5), 0.6, 0.2, fixed_width)
  labels <- layout$labels
  expect_setequal(labels$weight, unlist(coef_list(drawn_fit())))
  on_edge <- (labels$x - layout$edges$x0) * (layout$edges$y1 - layout$edges$y0) - (labels$y - layout$edges$y0) * (layout$edges$x1 - layout$edges$x0)
  expect_equal(on_edge, rep(0, 19), tolerance = 1e-9)
  pairs <- utils::combn(19, 2)
  apart <- abs(labels$x[pairs[1, ]] - labels$x[pairs[2, ]]) >= (labels$width[pairs[1, ]] + labels$width[pairs[2, ]]) / 2 - 1e-9 |
    abs(labels$y[pairs[1, ]] - labels$y[pairs[2, ]]) >= labels$height[1] - 1e-9
  expect_true(all(apart))
  for (i in seq_len(nrow(layout$nodes))) {
    node <- layout$nodes[i, ]
    expect_true(all(abs(labels$x - node$x) >= labels$width / 2 + layout$radius - 1e-9 | abs(labels$y - node$y) >= labels$height / 2 + layout$radius - 1e-9))
  }
})

test_that("weights are written where there is room, or on request", {
  layout_of <- function(fit, wanted, size = c(7, 5)) network_layout(network_picture(fit, 16L, wanted), size, 0.6, 0.2, fixed_width)$labels
  wide <- named_network(letters[1:6], hidden = 8)
  expect_null(layout_of(wide, NULL))
  expect_identical(nrow(layout_of(wide, TRUE)), 6L * 8L + 8L + 8L + 1L)
  expect_null(layout_of(drawn_fit(), FALSE))
  expect_null(layout_of(drawn_fit(), NULL, c(2, 2)))
  expect_error(plot(wide, type = "network", label_weights = 1), class = "backprop_error_argument")
})

test_that("the title counts what the network has", {
  expect_identical(network_picture(drawn_fit(), 16L)$title, "Network 4-3-1: 15 weights and 4 biases")
  expect_identical(network_picture(nn_train(matrix(0:1), 0:1, hidden = c(), bias = FALSE, epochs = 1, seed = 1), 16L)$title, "Network 1-1: 1 weight")
})
