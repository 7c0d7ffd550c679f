# Ten rows and two inputs, as in the help.
ten <- list(
  X = cbind(x1 = c(0.5, 1, 1.5, 2, -1, -0.5, -1.5, 0.2, -0.8, 1.2), x2 = c(1, -0.5, 0.3, 1.2, -1, 0.8, -0.2, -1.4, 0.6, -0.9)),
  Y = c(0.1, 1.9, 1.4, 1, -0.5, -1.3, -1.5, 1.5, -1.2, 2.2)
)
linear_path <- function(..., epochs = 4, grid = 5) {
  nn_path(ten$X, ten$Y, hidden = c(), bias = FALSE, lr = 0.1, epochs = epochs, grid = grid, seed = 1, ...)
}

test_that("a path ends in the weights that nn_train() gives, to the last bit", {
  path <- linear_path()
  expect_named(path$methods, c("full batch", "SGD", "mini-batch"))
  for (name in names(path$methods)) {
    fit <- do.call(nn_train, c(list(ten$X, ten$Y, hidden = c(), bias = FALSE, lr = 0.1, epochs = 4, seed = 1), path$methods[[name]]))
    last <- utils::tail(path$paths[path$paths$method == name, ], 1L)
    expect_identical(c(last$x, last$y), as.double(fit$weights[[1]]))
    # The fit is that of nn_train() in all but the call.
    expect_identical(path$fits[[name]], replace(fit, "call", list(NULL)))
  }
})

test_that("so does the path of a deep network with momentum, mini-batches and dropout", {
  common <- list(Species ~ ., data = iris, hidden = c(3, 2), dropout = 0.2, penalty = 0.01, seed = 3)
  method <- list(optimizer = opt_momentum(), batch_size = 40, lr = 0.05, lr_schedule = schedule_cosine())
  path <- do.call(nn_path, c(common, list(epochs = 3, grid = 2, along = c("layer1:bias->h1", "h2->setosa"), methods = list(one = method))))
  fit <- do.call(nn_train, c(common, list(epochs = 3, preset = "textbook"), method))
  expect_identical(path$fits$one$weights, fit$weights)
  last <- utils::tail(path$paths, 1L)
  expect_identical(c(last$x, last$y), c(fit$biases[[1]][1], fit$weights[[3]][2, 1]))
  # 150 rows in batches of 40 are four updates.
  expect_identical(last$iteration, 12L)
})

test_that("each point of a path is a step of the trace", {
  path <- linear_path(methods = list(SGD = list(optimizer = "sgd", batch_size = 1)), epochs = 1)
  trace <- nn_trace(ten$X, ten$Y, hidden = c(), bias = FALSE, lr = 0.1, optimizer = "sgd", batch_size = 1, iterations = 10, seed = 1)
  before <- t(vapply(1:10, function(i) c(trace[["wout", i, "start"]]$result), numeric(2)))
  expect_identical(unname(as.matrix(path$paths[1:10, c("x", "y")])), before)
  expect_equal(path$paths$loss[1:10], trace$iterations$loss_before)
})

test_that("points by epochs are those by iterations at the ends of epochs", {
  by_step <- linear_path()$paths
  by_epoch <- linear_path(each = "epoch")$paths
  ends <- function(of) of[of$iteration %in% c(0, 10 * 1:4) & of$method == "SGD", c("epoch", "x", "y", "loss")]
  expect_equal(ends(by_epoch), ends(by_step), ignore_attr = TRUE)
})

test_that("the surface is the loss that R computes, with its penalty", {
  path <- linear_path(penalty = 0.2)
  at <- path$surface[7, ]
  residual <- ten$Y - drop(ten$X %*% c(at$x, at$y))
  # The mean square, and half of the penalty times the squares.
  expect_equal(at$loss, mean(residual^2) + 0.1 * (at$x^2 + at$y^2))
  # What training says of the weights before its first step.
  expect_equal(path$paths$loss[1], path$fits[[1]]$history$loss[1])
})

test_that("a path in a plane of all numbers lies on its surface", {
  fives <- list(list(optimizer = "sgd", batch_size = 5))
  along <- linear_path(along = "pca", methods = fives)
  expect_true(along$exact)
  point <- function(row) along$plane$origin + drop(along$plane$directions %*% c(along$paths$x[row], along$paths$y[row]))
  straight <- linear_path(methods = fives)$paths
  expect_equal(point(3), c(straight$x[3], straight$y[3]))
  expect_equal(along$paths$loss, straight$loss)
  expect_equal(sum(along$explained), 1)
})

test_that("principal directions explain what the paths do, the first the most", {
  path <- nn_path(Species ~ ., data = iris, hidden = 3, epochs = 3, lr = 0.1, along = "pca", grid = 2, seed = 1)
  expect_true(path$explained[1] > path$explained[2] && sum(path$explained) <= 1)
  expect_equal(crossprod(path$plane$directions), diag(2))
  # The held point is the middle of the plane.
  held <- utils::tail(path$paths[path$paths$method == "full batch", ], 1L)
  expect_equal(c(held$x, held$y), c(0, 0))
})

test_that("random directions have the length of each unit's weights, leave biases, and go by the seed alone", {
  draw <- function(seed) nn_path(iris[1:4], iris$Species, hidden = 3, epochs = 1, lr = 0.1, along = "random", grid = 2, seed = seed)
  path <- draw(1)
  fit <- path$fits[[1]]
  direction <- as_layers(path$plane$directions[, 1], fit$weights, fit$biases)
  for (l in 1:2) expect_equal(colSums(direction$weights[[l]]^2), colSums(fit$weights[[l]]^2))
  expect_true(all(unlist(direction$biases) == 0))
  withr::with_seed(9, {
    again <- draw(1)
    here <- stats::runif(1)
  })
  expect_identical(again$plane, path$plane)
  expect_identical(here, withr::with_seed(9, stats::runif(1)))
  expect_false(identical(draw(2)$plane, path$plane))
})

test_that("weights that are held are those of the end or of the start", {
  path <- function(hold) nn_path(ten$X, ten$Y, hidden = 2, epochs = 5, lr = 0.5, along = c("x1->h1", "x2->h1"), hold = hold, methods = "gd", grid = 2, seed = 1)
  end <- path("end")
  expect_equal(end$plane$origin[-(1:2)], as_parameters(end$fits$gd)[-(1:2)])
  untrained <- nn_train(ten$X, ten$Y, hidden = 2, epochs = 0, seed = 1)
  expect_equal(path("start")$plane$origin[-(1:2)], as_parameters(untrained)[-(1:2)])
})

test_that("a model can be gone on from", {
  fit <- nn_train(ten$X, ten$Y, hidden = 2, epochs = 3, keep_weights = 1, seed = 1)
  path <- nn_path(ten$X, ten$Y, start = fit, epochs = 2, lr = 0.1, grid = 2, seed = 1)
  expect_setequal(path$paths$epoch, 0:2)
  for (one in path$fits) expect_identical(one$epochs_done, 5L)
})

test_that("a step too long leaves the frame, which shows where it began", {
  path <- linear_path(methods = list(right = list(lr = 0.1), long = list(lr = 1.2)), epochs = 8)
  far <- path$paths[path$paths$method == "long", ]
  expect_gt(utils::tail(far$loss, 1), 10 * far$loss[1])
  expect_lt(max(path$surface$x), max(abs(far$x)))
  start <- far[1, ]
  expect_true(start$x > min(path$surface$x) && start$x < max(path$surface$x))
})

test_that("limits and grid say where the surface is", {
  surface <- linear_path(limits = list(c(-1, 1), c(0, 3)), grid = 3)$surface
  expect_identical(unique(surface$x), c(-1, 0, 1))
  expect_identical(unique(surface$y), c(0, 1.5, 3))
})

test_that("methods may be optimizers by name or object, and are named after themselves", {
  path <- nn_path(ten$X, ten$Y, hidden = 1, epochs = 2, grid = 2, seed = 1, methods = list("adam", opt_momentum(), list(optimizer = "sgd", batch_size = 5, lr = 0.2)))
  expect_named(path$methods, c("adam", "momentum", "sgd of 5 at 0.2"))
})

test_that("one row has full batches alone", {
  expect_named(nn_path(ten$X[1, , drop = FALSE], 1, hidden = c(), epochs = 1, lr = 0.1, grid = 2, seed = 1)$methods, "full batch")
})

test_that("what does not go with paths is refused by name", {
  expect_snapshot(error = TRUE, linear_path(validation = 0.2))
  expect_snapshot(error = TRUE, linear_path(optimizer = "adam"))
  expect_snapshot(error = TRUE, linear_path(methods = list(a = list(loss = "mae"))))
  expect_snapshot(error = TRUE, linear_path(methods = "adamm"))
  expect_snapshot(error = TRUE, linear_path(along = "x3->y"))
  expect_snapshot(error = TRUE, nn_path(ten$X[, 1], ten$Y, hidden = c(), bias = FALSE))
  expect_snapshot(error = TRUE, nn_path(ten$X, ten$Y, epochs = 0, along = "pca", seed = 1))
  expect_snapshot(error = TRUE, nn_path(nn_train(ten$X, ten$Y, epochs = 0, seed = 1)))
  expect_snapshot(error = TRUE, linear_path(limits = c(0, 1)))
  expect_snapshot(error = TRUE, linear_path(grid = 1))
})

test_that("a path prints what it is, and its table is as.data.frame()", {
  path <- linear_path(epochs = 2)
  path$paths$loss <- signif(path$paths$loss, 2)
  expect_snapshot(path)
  several <- nn_path(ten$X, ten$Y, hidden = 2, epochs = 2, lr = 0.1, grid = 2, seed = 1, methods = list(a = list(lr = 0.1)))
  several$paths$loss <- 1:3
  expect_snapshot(several)
  expect_identical(as.data.frame(path), path$paths)
})

test_that("an edited path is an error that names the field", {
  path <- linear_path(epochs = 1)
  expect_error(plot(replace(path, "paths", list(path$paths["x"]))), "paths", class = "backprop_error_edited_path")
  expect_error(print(structure(list(), class = "nn_path")), "surface", class = "backprop_error_edited_path")
  path$surface <- path$surface[-1, ]
  expect_error(nn_animate(path), class = "backprop_error_edited_path")
})

test_that("a family that compares every row with all others goes down with the full batch alone, unless told otherwise", {
  skip_if_not_installed("survival")
  data <- data.frame(time = c(3, 1, 4, 1.5, 9, 2), event = c(1, 1, 0, 1, 1, 0), x = c(0.1, 0.9, -0.3, 0.4, -1, 0.5))
  train <- function(...) nn_path(survival::Surv(time, event) ~ x, data, family = "cox", hidden = 2, epochs = 2, grid = 3, seed = 1, ...)
  expect_named(train()$fits, "full batch")
  expect_error(train(methods = list(list(optimizer = "sgd", batch_size = 1))), class = "backprop_error_incompatible")
})

test_that("a path that diverges ends where it was finite", {
  X <- matrix(c(0.5, -1, 2, 1, 0.3, -0.7), 3)
  path <- suppressWarnings(nn_path(X, c(1, 0, 2), hidden = c(), lr = 1e300, epochs = 3, grid = 2, seed = 1), classes = "backprop_warning_diverged")
  expect_true(all(is.finite(c(path$paths$x, path$paths$y))))
  expect_identical(levels(path$paths$method), names(path$fits))
})
