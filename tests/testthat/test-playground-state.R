test_that("slices give the same bits as one training, whatever the optimizer", {
  for (optimizer in names(optimizers)) {
    play <- a_play(optimizer = optimizer, lr = play_rate(optimizer), dropout = if (optimizer == "lbfgs") 0 else 0.2)
    for (epochs in c(1, 4, 2)) play <- advance(play, epochs)
    expect_identical(play$fit$epochs_done, 7L)
    by_code <- run_code(play)
    expect_identical(shown_coef(play), by_code$coef, label = optimizer)
    expect_identical(play$fit[c("weights", "biases", "best")], by_code$fit[c("weights", "biases", "best")], label = optimizer)
    expect_identical(play$fit$history[-1L], by_code$fit$history[-1L], label = optimizer)
  }
})

test_that("the code gives the weights on the screen, for every kind of data and of settings", {
  plays <- list(
    a_play(epochs = 0), a_play(data = "xor", epochs = 6), a_play(data = "waves", validation = 0, epochs = 6),
    a_play(hidden = integer(), features = play_features, epochs = 3), a_play(hidden = c(8L, 8L, 8L, 8L), init = "orthogonal", penalty = 0.01, epochs = 2),
    a_play(lr = 1 / 30, noise = 0.123456789012345, epochs = 2),
    a_play(source = own_source(iris, Species ~ .), epochs = 5), a_play(source = own_source(mtcars, log(mpg) ~ wt + factor(cyl)), epochs = 5)
  )
  for (play in plays) expect_identical(shown_coef(play), coef_by_code(play))
})

test_that("rate, penalty and dropout may change on the way, and the code says when", {
  play <- advance(changed(a_play(epochs = 5), lr = 0.2), 3)
  play <- advance(changed(play, lr = 0.1, penalty = 0.001), 2)
  play <- advance(changed(play, penalty = 0, dropout = 0.5), 2)
  expect_identical(play$fit$epochs_done, 12L)
  by_code <- run_code(play)
  expect_identical(shown_coef(play), by_code$coef)
  expect_identical(play$fit[c("weights", "best")], by_code$fit[c("weights", "best")])
  expect_snapshot(writeLines(play_code(play)))
  # Set and set back before any epoch says nothing.
  expect_identical(play_code(changed(changed(play, lr = 9), lr = 0.1)), play_code(play))
})

test_that("any other change begins anew", {
  play <- a_play(epochs = 5)
  for (change in list(list(seed = 2L), list(hidden = 3L), list(activation = "relu"), list(noise = 0.2), list(features = "x1"), list(validation = 0.5))) {
    expect_identical(do.call(changed, c(list(play), change))$fit$epochs_done, 0L)
  }
  expect_identical(changed(play, lr = 0.5)$fit$epochs_done, 5L)
})

test_that("an earlier epoch is as it was, and playing goes on from there", {
  early <- a_play(epochs = 4)
  late <- advance(advance(early, 3), 2)
  back <- rewind(late, 4)
  expect_identical(shown_coef(back), shown_coef(early))
  expect_identical(coef_by_code(back), shown_coef(early))
  # Forward again, as long as nothing was played.
  expect_identical(shown_coef(rewind(back, 9)), shown_coef(late))
  expect_identical(shown_coef(advance(back, 5)), shown_coef(late))
  # The nearest epoch that is kept.
  expect_identical(rewind(late, 5)$fit$epochs_done, 4L)
  other <- advance(changed(back, lr = 0.3), 2)
  expect_identical(snapshot_epochs(other), c(0L, 4L, 6L))
  expect_identical(nrow(other$history), 6L)
  expect_identical(shown_coef(other), coef_by_code(other))
})

test_that("what is remembered is bounded, and reaches from the beginning to the end", {
  play <- a_play(hidden = 1L, validation = 0)
  for (k in 1:130) play <- advance(play)
  known <- snapshot_epochs(play)
  # One more than the hundred are halved.
  expect_lte(length(known), 100)
  expect_gte(length(known), 50)
  expect_identical(range(known), c(0L, 130L))
  expect_false(is.unsorted(known, strictly = TRUE))
})

test_that("a slice takes the epochs that fit into its time", {
  play <- a_play()
  play <- advance_for(play, 0.05)
  expect_identical(play$fit$epochs_done, 1L)
  play$pace <- 0.001
  play$slice <- 40
  expect_identical(advance_for(play, 0.05)$slice, 50)
  expect_identical(advance_for(play, 0.05, most = 10)$slice, 10)
  # No more than twice as many as before, and at least one.
  play$slice <- 4
  expect_identical(advance_for(play, 0.05)$slice, 8)
  play$pace <- 60
  expect_identical(advance_for(play, 0.05)$slice, 1)
})

test_that("a training that diverges says so, and is the same by its code", {
  play <- a_play(data = "plane", activation = "linear", optimizer = "gd", lr = 1e6, validation = 0)
  for (k in 1:40) if (can_advance(play)) play <- advance(play, 3)
  expect_false(can_advance(play))
  expect_match(play$problem, "lr")
  expect_identical(coef_by_code(play), shown_coef(play))
})

test_that("XOR is learnt to the last row", {
  play <- a_play(data = "xor", noise = 0, seed = 1L, epochs = 150)
  measures <- play_measures(play, shown_fit(play))
  expect_identical(measures$value, 1)
  expect_identical(measures$name, "accuracy")
})

test_that("the measures are those of the rows that train and of those held back", {
  play <- a_play(source = own_source(iris, Species ~ .), epochs = 20)
  measures <- play_measures(play, shown_fit(play))
  fit <- shown_fit(play)
  right <- predict(fit, iris)$.pred_class == iris$Species
  held <- fit$validation_rows
  expect_length(held, 45)
  expect_equal(measures$validation_value, mean(right[held]), tolerance = 1e-3)
  expect_equal(measures$value, mean(right[-held]), tolerance = 1e-3)
  expect_equal(measures$loss, tail(fit$history$loss, 1L), tolerance = 1e-3)
})

test_that("rows left out for missing values do not shift those held back", {
  data <- iris
  data$Sepal.Length[c(2, 60)] <- NA
  play <- a_play(source = own_source(data, Species ~ .), epochs = 2)
  expect_identical(shown_coef(play), coef(shown_fit(play)))
  places <- validation_places(play)
  kept <- seq_len(150)[-c(2, 60)]
  expect_identical(places, kept[play$fit$validation_rows])
  expect_length(play_scene(play, c("Sepal.Length", "Petal.Width"))$points$x, 148)
})

test_that("the pictures are the network's answers", {
  play <- a_play(epochs = 10)
  frame <- play_frame(play, c("x1", "x2"))
  expect_identical(nchar(frame$grid$value), 3600L)
  expect_identical(lengths(frame$units), c(4L, 2L, 1L))
  expect_identical(unique(nchar(unlist(frame$units))), 400L)
  # The corner below on the left comes first; characters are steps of 1/45.
  scene <- play_scene(play, c("x1", "x2"))
  corner <- data.frame(x1 = scene$axes[[1L]]$from, x2 = scene$axes[[2L]]$from)
  level <- (utf8ToInt(substr(frame$grid$value, 1L, 1L)) - 35) / 45 - 1
  expect_lte(abs(level - (2 * nn_predict(shown_fit(play), corner)[[1L]] - 1)), 1 / 89)
  second <- (utf8ToInt(substr(frame$grid$value, 60L, 60L)) - 35) / 45 - 1
  other <- data.frame(x1 = scene$axes[[1L]]$to, x2 = scene$axes[[2L]]$from)
  expect_lte(abs(second - (2 * nn_predict(shown_fit(play), other)[[1L]] - 1)), 1 / 89)
  expect_equal(unclass(frame$weights[[1L]]), unname(shown_fit(play)$weights[[1L]]), tolerance = 1e-3)
})

test_that("any two columns are axes: numbers, factors, flags and text; the others are held", {
  data <- data.frame(iris, wide = iris$Petal.Width > 1, text = rep(c("b", "a", "c"), 50))
  play <- a_play(source = own_source(data, Sepal.Length ~ .), epochs = 2)
  for (axes in list(c("Species", "Petal.Length"), c("wide", "text"), c("Sepal.Width", "wide"))) {
    scene <- play_scene(play, axes)
    expect_match(scene$held, "^held: ")
    expect_identical(nchar(play_frame(play, axes)$grid$value), 3600L)
    for (k in 1:2) {
      axis <- scene$axes[[k]]
      expect_true(all(scene$points[[k]] >= axis$from & scene$points[[k]] <= axis$to))
    }
  }
  expect_identical(unclass(play_scene(play, c("text", "wide"))$axes[[1L]]$levels), c("a", "b", "c"))
  expect_identical(play_axes(play), c("Sepal.Width", "Petal.Length"))
})

test_that("a flag as outcome is two classes, as are 0 and 1; text is classes in the order of the alphabet", {
  data <- data.frame(a = iris$Sepal.Length, b = iris$Sepal.Width, y = iris$Petal.Width > 1)
  play <- a_play(source = own_source(data, y ~ .), epochs = 2)
  expect_identical(unclass(play_scene(play, c("a", "b"))$classes), c("FALSE", "TRUE"))
  expect_identical(play_frame(play, c("a", "b"))$measures$name, "accuracy")
  data$y <- as.double(data$y)
  play <- a_play(source = own_source(data, y ~ .), epochs = 2)
  expect_identical(unclass(play_scene(play, c("a", "b"))$classes), c("0", "1"))
  data$y <- as.character(iris$Species)
  play <- a_play(source = own_source(data, y ~ .), epochs = 2)
  scene <- play_scene(play, c("a", "b"))
  expect_identical(unclass(scene$classes), levels(iris$Species))
  expect_identical(unclass(scene$points$value), as.integer(iris$Species) - 1L)
})

test_that("data of which no row is whole are refused by the columns that are empty, and columns without a name by number", {
  skip_if_not_installed("shiny")
  data <- data.frame(a = NA_real_, b = c(1, 2, 3, 4), y = c("p", "q", "p", "q"))
  expect_snapshot(error = TRUE, {
    nn_playground(data)
    nn_playground(stats::setNames(data, c("", NA, "y")))
  })
})
