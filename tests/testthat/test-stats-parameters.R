test_that("parameters go into one vector and back", {
  fit <- nn_train(as.matrix(iris[1:4]), iris$Species, hidden = c(3, 2), epochs = 1, seed = 1)
  parameters <- as_parameters(fit)
  expect_identical(as_layers(parameters, fit$weights), list(weights = fit$weights, biases = fit$biases, ancillary = numeric()))
  shapes <- layer_shapes(fit$settings)
  expect_identical(parameters[dense_places(shapes, 2L)], c(rbind(fit$weights[[2]], fit$biases[[2]])))
  expect_equal(sort(unlist(lapply(1:3, places_of_layer, shapes = shapes), use.names = FALSE)), seq_along(parameters))
})

test_that("the first level of a factor is what is left out", {
  fit <- nn_train(len ~ supp + dose, data = ToothGrowth, hidden = 2, epochs = 1, seed = 1, preset = "textbook")
  problem <- problem_of(fit, ToothGrowth, quote(f()))
  names <- parameter_names(fit)
  found <- identify_parameters(problem)
  expect_identical(setdiff(seq_along(names), found$keep), grep("suppOJ", names))
  expect_identical(count_identified(problem), as.double(length(found$keep)))
  # A contrast does not change when what is redundant does.
  shift <- numeric(length(names))
  shift[names %in% c("layer1:suppOJ->h1", "layer1:suppVC->h1")] <- 1
  shift[names == "layer1:bias->h1"] <- -1
  expect_equal(drop(found$contrasts %*% shift), numeric(length(found$keep)))
})
