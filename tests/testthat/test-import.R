# Fits from ONNX files. Expected predictions of foreign files are those of scikit-learn and PyTorch, by the scripts beside the fixtures.

fixture <- function(name) test_path("fixtures", "onnx", paste0(name, ".onnx"))

told <- function(name) jsonlite::fromJSON(test_path("fixtures", "onnx", paste0(name, ".json")))

small <- function(...) nn_train(..., preset = "textbook", seed = 1, epochs = 20)

there_and_back <- function(fit) nn_import(nn_export(fit, withr::local_tempfile(fileext = ".onnx")))

expect_predicts_as_told <- function(name) {
  fit <- nn_import(fixture(name))
  expected <- told(name)
  predicted <- unname(nn_predict(fit, expected$X))
  if (ncol(predicted) < ncol(expected$predictions)) predicted <- cbind(1 - predicted, predicted)
  # Those were computed in single precision.
  expect_lt(max(abs(predicted - expected$predictions) / (1 + abs(expected$predictions))), 1e-6)
  fit
}

test_that("networks of scikit-learn predict as they do there, with the names of their classes", {
  skip_if_not_installed("jsonlite")
  for (name in c("sklearn-regressor", "sklearn-regressor-two", "sklearn-regressor-identity", "sklearn-minmax", "sklearn-multilabel")) {
    expect_null(expect_predicts_as_told(name)$outcome$levels)
  }
  for (name in c("sklearn-classifier-two", "sklearn-classifier-three", "sklearn-classifier-plain")) {
    fit <- expect_predicts_as_told(name)
    expect_identical(fit$outcome$levels, told(name)$classes)
    probabilities <- told(name)$predictions
    expect_identical(as.character(nn_predict(fit, told(name)$X, type = "class")), told(name)$classes[max.col(probabilities)])
  }
})

test_that("what scales inputs becomes their standardising", {
  fit <- nn_import(fixture("sklearn-classifier-two"))
  # What make_sklearn.py's scaler has: offset, and 1 / scale.
  expect_equal(fit$inputs$center, c(-0.0026740431785583496, 50.20077133178711, -2.023726224899292))
  expect_equal(fit$inputs$scale, 1 / c(1.1376652717590332, 0.1145661473274231, 11.33206844329834))
  expect_null(nn_import(fixture("sklearn-classifier-plain"))$inputs$center)
})

test_that("sequences of PyTorch predict as they do there, by both of its exporters", {
  skip_if_not_installed("jsonlite")
  curves <- c("gelu", "softplus", "silu", "softsign")
  plain <- c("relu", "tanh", "sigmoid", "leaky_relu", "elu", "selu")
  for (how in c("torch-old", "torch-new")) {
    expect_identical(expect_predicts_as_told(how)$settings$activation, plain)
    # Layers without an activation between them are one.
    expect_identical(expect_predicts_as_told(paste0(how, "-curves"))$settings$activation, curves)
  }
  expect_identical(expect_predicts_as_told("torch-softmax")$outcome$levels, c("0", "1", "2"))
  expect_identical(expect_predicts_as_told("torch-sigmoid")$settings$output, "sigmoid")
  expect_predicts_as_told("torch-no-bias")
})

test_that("names of classes can be given, and make probabilities of logits", {
  levels <- c("a", "b", "c")
  expect_identical(nn_import(fixture("torch-softmax"), levels = levels)$outcome$levels, levels)
  X <- told("torch-old")$X
  logits <- unname(nn_predict(nn_import(fixture("torch-old")), X))
  expect_equal(unname(nn_predict(nn_import(fixture("torch-old"), levels = c("n", "y")), X)), exp(logits) / rowSums(exp(logits)))
  one <- nn_import(fixture("torch-no-bias"), levels = c("n", "y"))
  expect_equal(drop(unname(nn_predict(one, X))), stats::plogis(drop(nn_predict(nn_import(fixture("torch-no-bias")), X))))
  expect_snapshot(error = TRUE, {
    nn_import(fixture("torch-softmax"), levels = c("a", "b"))
    nn_import(fixture("sklearn-multilabel"), levels = c("a", "b"))
    nn_import(fixture("torch-old"), levels = "a")
  })
})

test_that("a fit from a foreign file is one like any other", {
  fit <- nn_import(fixture("sklearn-classifier-three"))
  expect_snapshot({
    fit
    summary(fit)
  })
  X <- told("sklearn-classifier-three")$X
  path <- withr::local_tempfile(fileext = ".rds")
  saveRDS(fit, path)
  expect_identical(nn_predict(readRDS(path), X), nn_predict(fit, X))
  expect_identical(dim(coef(fit)$weights[[1L]]), c(3L, 4L))
  expect_s3_class(predict(fit, X, type = "prob"), "tbl_df")
  withr::with_pdf(NULL, expect_no_error(plot(fit, type = "network")))
  expect_identical(nn_predict(there_and_back(fit), X), nn_predict(fit, X))
  more <- nn_train(X, factor(c("10", "11", "12", "12", "10")), start = fit, epochs = 5)
  expect_null(more$imported)
  expect_identical(more$inputs$center, fit$inputs$center)
  expect_lt(more$final_loss, more$history$loss[1L])
})

test_that("what was exported comes back: the same bits, interface, columns and record", {
  cars <- transform(mtcars, cyl = factor(cyl), am = am == 1)
  cars$wt[3] <- NA
  X <- as.matrix(mtcars[, c("wt", "hp")])
  layers <- nn_layers(layer_embedding("cyl", size = 2), layer_periodic(), 4, layer_norm(), layer_parametric(), 4, layer_skip(), skip = TRUE)
  fits <- list(
    list(small(X, mtcars$mpg, standardize = TRUE, validation = 0.2, optimizer = "adam"), X), list(small(X, mtcars[, 1:2]), X),
    list(small(X, mtcars$carb, family = "poisson", offset = rep(1, 32)), X),
    list(small(cars[c("cyl", "am", "wt")], cars$mpg, na_action = "impute"), cars), list(small(mpg ~ cyl * hp + am, data = cars), cars),
    list(small(log(mpg) ~ hp, data = cars), cars), list(small(Species ~ ., data = iris), iris),
    list(small(cars[c("cyl", "hp")], cars$mpg, hidden = layers), cars), list(small(mpg ~ hp, data = cars, family = "location_scale"), cars)
  )
  for (case in fits) {
    fit <- case[[1L]]
    offset <- if (isTRUE(fit$settings$offset)) 1
    again <- there_and_back(fit)
    expect_identical(nn_predict(again, case[[2L]], offset = offset), nn_predict(fit, case[[2L]], offset = offset))
    same <- c("weights", "biases", "history", "settings", "inputs", "outcome", "interface", "rows", "final_loss")
    expect_identical(unclass(again)[same], unclass(fit)[same])
    expect_null(again$imported)
  }
  more <- nn_train(X, mtcars$mpg, start = there_and_back(fits[[1L]][[1L]]), epochs = 5)
  expect_identical(more$epochs_done, 25L)
  expect_lt(more$final_loss, fits[[1L]][[1L]]$final_loss)
})

test_that("an ensemble comes back as one", {
  fit <- nn_train(iris[-1], iris$Sepal.Length, seed = 1, ensemble = 2, epochs = 5)
  again <- there_and_back(fit)
  expect_s3_class(again, "nn_ensemble")
  expect_identical(nn_predict(again, iris), nn_predict(fit, iris))
  expect_identical(again$choice, fit$choice)
  more <- nn_train(iris[-1], iris$Sepal.Length, start = again, epochs = 2)
  expect_gt(more$epochs_done, fit$epochs_done)
})

test_that("files that cannot be had say why", {
  path <- withr::local_tempfile(fileext = ".onnx")
  damaged <- function(edit, fit = small(as.matrix(mtcars[, 2:3]), mtcars$mpg)) {
    model <- wire_decode(readBin(nn_export(fit, path), "raw", 1e6), "Model", stop)
    writeBin(wire_encode(edit(model), "Model"), path)
    nn_import(path)
  }
  text <- withr::local_tempfile(lines = "no model", fileext = ".onnx")
  empty <- withr::local_tempfile(lines = character(), fileext = ".onnx")
  expect_snapshot(error = TRUE, {
    nn_import()
    nn_import(1)
    nn_import("none.onnx")
    nn_import(text)
    nn_import(empty)
    nn_import(fixture("torch-hardtanh"))
    nn_import(nn_export(small(mpg ~ log(wt), data = mtcars), path))
    nn_import(nn_export(small(mpg ~ wt, data = mtcars), path), levels = c("a", "b"))
    damaged(function(model) {
      model$graph$initializer[[1L]]$dims <- 7
      model
    })
    damaged(function(model) {
      text <- to_base64(wire_encode(as_plain(list(format = 3L), stop), "Plain", plain_messages))
      model$metadata_props[[1L]]$value <- text
      model$metadata_props[[2L]]$value <- model_sum(model$graph, text)
      model
    })
  }, transform = function(lines) gsub("'[^']*/(file[0-9a-f]+)?([^']*)'", "'<path>/\\2'", lines))
})

test_that("a network of operators that are not here names the one that is not", {
  path <- withr::local_tempfile(fileext = ".onnx")
  model <- function(nodes, ...) {
    graph <- list(
      name = "g", input = list(onnx_value("x", 2)), output = list(onnx_value("y", 2)), node = nodes,
      initializer = list(onnx_tensor("w", diag(2)), onnx_tensor("c", c(1, 2)))
    )
    writeBin(onnx_bytes(graph, list()), path)
    nn_import(path, ...)
  }
  operator <- function(...) expect_error(model(list(...)), class = "backprop_error_onnx_operator")
  dense <- onnx_node("MatMul", c("x", "w"), "h")
  expect_match(conditionMessage(operator(dense, onnx_node("LeakyRelu", "h", "y", list(f = list(alpha = 0.2))))), "`alpha` 0.2")
  expect_match(conditionMessage(operator(dense, onnx_node("Gelu", "h", "y", list(s = list(approximate = "tanh"))))), "approximate")
  expect_match(conditionMessage(operator(dense, onnx_node("Conv", c("h", "w"), "y"))), "`Conv`")
  expect_match(conditionMessage(operator(dense, onnx_node("Mul", c("h", "x"), "y"))), "`Mul` of two results")
  expect_match(conditionMessage(operator(dense, onnx_node("Relu", "h", "r"), onnx_node("Add", c("x", "r"), "y"))), "two branches")
  expect_match(conditionMessage(operator(dense, onnx_node("Relu", "h", "y", domain = "of.another"))), "`Relu`")
  # A sum of two linear maps of the same numbers is one.
  fit <- model(list(dense, onnx_node("Add", c("h", "x"), "s"), onnx_node("Sub", c("c", "s"), "y")))
  expect_equal(unname(nn_predict(fit, matrix(c(3, 4), 1))), matrix(c(1, 2) - 2 * c(3, 4), 1))
  expect_error(model(list(onnx_node("Relu", "h", "y"))), class = "backprop_error_onnx_file")
})

test_that("graphs that lack what every graph has are errors of ours", {
  path <- withr::local_tempfile(fileext = ".onnx")
  graph <- list(name = "g", input = list(onnx_value("x", 2)), output = list(onnx_value("y", 2)), node = list(onnx_node("Relu", "x", "y")))
  crippled <- function(edit) {
    writeBin(onnx_bytes(edit(graph), list()), path)
    expect_error(nn_import(path), class = "backprop_error")
  }
  lack <- function(...) function(graph) {
    graph[[c(...)]] <- NULL
    graph
  }
  crippled(lack("node"))
  crippled(lack("output"))
  crippled(lack("input"))
  for (part in c("input", "output", "op_type")) crippled(function(graph) {
    graph$node[[1L]][[part]] <- NULL
    graph
  })
  for (part in c("name", "type")) crippled(function(graph) {
    graph$input[[1L]][[part]] <- NULL
    graph
  })
  crippled(function(graph) {
    graph$input <- list(onnx_value("x", 1e12))
    graph
  })
  crippled(function(graph) {
    graph$initializer <- list(list(name = "w", data_type = 1, dims = c(2^50, 0)))
    graph
  })
  # A product that would be much larger than the file.
  withr::local_options(backprop.max_bytes = 1e6)
  crippled(function(graph) {
    graph$input <- list(onnx_value("x", 3000))
    graph$initializer <- list(onnx_tensor("a", matrix(0, 3000, 1)), onnx_tensor("b", matrix(0, 1, 3000)))
    graph$node <- list(onnx_node("MatMul", c("x", "a"), "h"), onnx_node("MatMul", c("h", "b"), "y"))
    graph
  })
})

test_that("a fit of a newer version, and one that would load packages, are refused", {
  path <- withr::local_tempfile(fileext = ".onnx")
  written <- function(fit) {
    model <- wire_decode(readBin(nn_export(small(mpg ~ wt, data = mtcars), path), "raw", 1e6), "Model", stop)
    text <- to_base64(wire_encode(as_plain(fit, stop), "Plain", plain_messages))
    model$metadata_props[[1L]]$value <- text
    model$metadata_props[[2L]]$value <- model_sum(model$graph, text)
    writeBin(wire_encode(model, "Model"), path)
    path
  }
  fit <- model_alone(small(mpg ~ wt, data = mtcars))
  newer <- replace(fit, "format", list(fit_format + 1L))
  class(newer) <- "nn_fit"
  expect_error(nn_import(written(newer)), class = "backprop_error_newer_format")
  fit$blueprint$carried$packages <- c(qlogis = "stats")
  expect_error(nn_import(written(fit)), class = "backprop_error_onnx_file")
})

test_that("a damaged file is an error of ours or, of our own files, the same model, and quickly", {
  skip_on_cran()
  path <- withr::local_tempfile(fileext = ".onnx")
  fit <- small(Species ~ ., data = iris)
  fits <- list(nn_export(fit, path), fixture("sklearn-classifier-two"), fixture("torch-old-curves"))
  withr::local_seed(1)
  withr::local_options(backprop.max_bytes = 1e9)
  for (file in fits) {
    bytes <- readBin(file, "raw", file.size(file))
    other <- withr::local_tempfile(fileext = ".onnx")
    for (i in 1:10) {
      at <- sample(length(bytes), 1 + i %% 3)
      changed <- switch(i %% 4 + 1L,
        bytes[seq_len(at[1L])],
        replace(bytes, at, xor(bytes[at], as.raw(2^sample(0:7, length(at), TRUE)))),
        append(bytes, as.raw(sample(0:255, 3)), at[1L]),
        replace(bytes, at, as.raw(0xff))
      )
      writeBin(changed, other)
      took <- system.time(outcome <- tryCatch(nn_import(other), error = identity))[["user.self"]]
      expect_true(inherits(outcome, "nn_fit") || inherits(outcome, "backprop_error"), info = paste(basename(file), i, class(outcome)[1L], conditionMessage(outcome)))
      if (file == path && inherits(outcome, "nn_fit")) expect_identical(nn_predict(outcome, iris), nn_predict(fit, iris))
      expect_lt(took, 5)
    }
  }
})
