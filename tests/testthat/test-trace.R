# CRAN wants all tests in a minute.
skip_on_cran()

# Traces: the article's tables, formulas that hold, the same bits as without tracing, and ways to the parts.

keys_of <- function(trace) vapply(as.list(trace), function(step) step$key, "")
numbers_of <- function(trace) vapply(as.list(trace), function(step) step$number, 0L)

test_that("the article's tables are met to one unit of the last printed place", {
  tables <- reference("article_tables")
  trace <- article_trace()
  met <- function(key, printed, unit, which = 1L) {
    found <- Filter(function(step) step$key == key, as.list(trace))[[which]]$result
    expect_lte(largest_difference(found, printed), unit + 1e-9, label = key)
  }
  met("hidden_layer_input", tables$step_2_hidden_layer_input, 0.01)
  met("hiddenlayer_activations", tables$step_3_hiddenlayer_activations, 0.01)
  met("output", tables$step_4_output, 0.01)
  met("E", tables$step_5_E, 0.01)
  met("slope_output_layer", tables$step_6_slope_output_layer, 0.01)
  met("slope_hidden_layer", tables$step_6_slope_hidden_layer, 0.01)
  met("d_output", tables$step_7_d_output, 0.001)
  met("Error_at_hidden_layer", tables$step_8_error_at_hidden_layer, 0.001)
  met("d_hiddenlayer", tables$step_9_d_hiddenlayer, 0.001)
  met("wout", tables$step_10_wout, 0.01, which = 2L)
  met("wh", tables$step_10_wh, 0.01, which = 2L)
  met("bh", tables$step_11_bh, 0.01, which = 2L)
  met("bout", tables$step_11_bout, 0.01, which = 2L)
})

test_that("every matrix agrees with plain matrix code in double precision to 1e-12", {
  start <- article_printed_start()
  wh <- start$weights[[1]]
  wout <- start$weights[[2]]
  bh <- start$biases[[1]]
  bout <- start$biases[[2]]
  trace <- article_trace(iterations = 10)
  sigmoid <- function(z) 1 / (1 + exp(-z))
  for (iteration in 1:10) {
    same <- function(key, value, which = 1L) {
      steps <- Filter(function(step) step$key == key && step$iteration == iteration, as.list(trace))
      expect_lt(largest_difference(steps[[which]]$result, value), 1e-12, label = key)
    }
    same("wh", wh)
    hidden_layer_input <- article_X %*% wh + rep(bh, each = 3)
    hiddenlayer_activations <- sigmoid(hidden_layer_input)
    output_layer_input <- hiddenlayer_activations %*% wout + bout
    output <- sigmoid(output_layer_input)
    E <- article_Y - output
    slope_output_layer <- output * (1 - output)
    slope_hidden_layer <- hiddenlayer_activations * (1 - hiddenlayer_activations)
    d_output <- E * slope_output_layer
    Error_at_hidden_layer <- d_output %*% t(wout)
    d_hiddenlayer <- Error_at_hidden_layer * slope_hidden_layer
    for (key in c(
      "hidden_layer_input", "hiddenlayer_activations", "output_layer_input", "output", "E", "slope_output_layer",
      "slope_hidden_layer", "d_output", "Error_at_hidden_layer", "d_hiddenlayer"
    )) {
      same(key, get(key))
    }
    wout <- wout + t(hiddenlayer_activations) %*% d_output * 0.1
    wh <- wh + t(article_X) %*% d_hiddenlayer * 0.1
    bh <- bh + colSums(d_hiddenlayer) * 0.1
    bout <- bout + colSums(d_output) * 0.1
    same("wout", wout, 2L)
    same("wh", wh, 2L)
    same("bh", bh, 2L)
    same("bout", bout, 2L)
  }
  after <- reference("article")$after[["10"]]
  expect_lt(largest_difference(trace$end$weights, list(after$wh, after$wout)), 1e-12)
  expect_lt(largest_difference(trace$end$biases, list(after$bh, after$bout)), 1e-12)
})

test_that("an iteration has the article's steps 0 to 11 under the article's names", {
  trace <- article_trace()
  expect_identical(keys_of(trace), c(
    "X", "Y", "wh", "bh", "wout", "bout", "hidden_layer_input", "hiddenlayer_activations", "output_layer_input", "output",
    "E", "slope_output_layer", "slope_hidden_layer", "d_output", "Error_at_hidden_layer", "d_hiddenlayer",
    "wout", "wh", "bh", "bout"
  ))
  expect_identical(numbers_of(trace), c(0L, 0L, 1L, 1L, 1L, 1L, 2L, 3L, 4L, 4L, 5L, 6L, 6L, 7L, 8L, 9L, 10L, 10L, 11L, 11L))
  expect_identical(
    vapply(as.list(trace), function(step) step$phase, ""), rep(c("start", "forward", "backward", "update"), c(6, 4, 6, 4))
  )
  expect_identical(trace[["d_output"]]$formula, "d_output = E * slope_output_layer")
  expect_identical(trace[["hidden_layer_input"]]$shape, "(3 x 4) %*% (4 x 3) + (1 x 3) = (3 x 3)")
})

test_that("a traced run gives the same bits as an untraced one", {
  iris_x <- as.matrix(iris[1:4])
  calls <- list(
    list(article_X, article_Y, hidden = 3, seed = 1),
    list(iris_x, iris$Species, hidden = c(8, 4), activation = "relu", optimizer = "adam", batch_size = 150, seed = 2),
    list(iris_x, iris$Species, hidden = 5, precision = "single", seed = 3),
    list(iris_x, iris$Sepal.Length > 5.8, hidden = c(), loss = "binary_cross_entropy", optimizer = "rprop", seed = 4)
  )
  for (arguments in calls) {
    fit <- do.call(nn_train, c(arguments, preset = "textbook", epochs = 7))
    trace <- do.call(nn_trace, c(arguments, iterations = 7))
    expect_identical(trace$end$weights, fit$weights)
    expect_identical(trace$end$biases, fit$biases)
    expect_identical(trace$iterations$loss, fit$history$loss)
  }
})

test_that("a traced run of mini-batches gives the same bits, for any number of threads", {
  data <- smooth_data(n = 4000, p = 20)
  run <- function(f, ...) f(data$X, data$Y, hidden = c(64, 32), optimizer = "sgd", batch_size = 2000, seed = 5, ...)
  fit <- run(nn_train, epochs = 3)
  for (threads in 1:3) {
    trace <- run(nn_trace, iterations = 6, threads = threads)
    expect_identical(trace$end$weights, fit$weights)
    expect_identical(trace$end$biases, fit$biases)
  }
})

test_that("formulas hold for every activation", {
  data <- smooth_data(n = 12)
  for (activation in names(activations)) {
    expect_formulas_hold(nn_trace(data$X, data$Y, hidden = c(3, 2), activation = activation, seed = 1, iterations = 2))
  }
})

test_that("formulas hold for every loss and output", {
  X <- as.matrix(iris[c(1, 60, 120, 2, 70), 2:3])
  for (loss in names(losses)) {
    for (output in losses[[loss]]$outputs) {
      trace <- nn_trace(X, outcome_for(losses[[loss]]$needs, 5), hidden = 3, loss = loss, output = output, seed = 1)
      expect_formulas_hold(trace)
      if (!loss %in% names(paired_losses)) {
        product <- trace[["E"]]$result * trace[["slope_output_layer"]]$result
        expect_lt(largest_difference(product, trace[["d_output"]]$result), 1e-12)
      }
    }
  }
})

test_that("formulas hold for every optimizer, and what it keeps is shown", {
  data <- smooth_data(n = 12)
  kept <- list(
    momentum = "velocity", nesterov = "velocity", adagrad = "sum_of_squares", rmsprop = "mean_square",
    adam = c("mean", "mean_square"), adamw = c("mean", "mean_square"), rprop = c("previous_gradient", "step_size")
  )
  for (optimizer in names(kept)) {
    trace <- nn_trace(data$X, data$Y, hidden = 3, optimizer = optimizer, batch_size = 12, seed = 1, iterations = 3)
    expect_formulas_hold(trace)
    expect_true(all(c("gradient_wh", paste0(kept[[optimizer]], "_bout")) %in% keys_of(trace)))
    fit <- nn_train(data$X, data$Y, hidden = 3, optimizer = optimizer, batch_size = 12, seed = 1, epochs = 3)
    expect_identical(trace$end$weights, fit$weights)
  }
})

test_that("formulas hold with a penalty, clipping and dropout", {
  data <- smooth_data(n = 12)
  penalised <- trace_with(list(penalty = 0.1, mixture = 0.3), data$X, data$Y, hidden = 3, seed = 1)
  expect_formulas_hold(penalised)
  expect_true("gradient_wout" %in% keys_of(penalised))
  clipped <- trace_with(list(clip_norm = 0.01), data$X, data$Y, hidden = 3, seed = 1)
  expect_formulas_hold(clipped)
  expect_match(clipped[["gradient_wh"]]$note, "shortened to the norm 0.01")
  for (penalty in c(0, 0.1)) {
    unbiased <- trace_with(list(clip_norm = 0.01, penalty = penalty, mixture = 0.3), data$X, data$Y, hidden = 3, bias = FALSE, seed = 1)
    expect_formulas_hold(unbiased)
    expect_match(unbiased[["gradient_wh"]]$note, "shortened to the norm 0.01")
  }
  sums <- trace_with(list(penalty = 0.1), data$X, data$Y, hidden = 3, loss = "sse", optimizer = "sgd", batch_size = 4, seed = 1)
  expect_formulas_hold(sums)
  dropped <- trace_with(list(dropout = c(0.5, 0.25)), data$X, data$Y, hidden = c(6, 4), activation = "tanh", seed = 1)
  expect_formulas_hold(dropped)
  expect_setequal(unique(as.vector(dropped[["dropout2"]]$result)), c(0, 1 / 0.75))
})

test_that("L-BFGS is traced", {
  data <- smooth_data(n = 12)
  rule <- list(name = "lbfgs", memory = 10, gradient_tolerance = 1e-10, value_tolerance = 1e-14)
  trace <- trace_with(list(optimizer = rule, lr = 1), data$X, data$Y, hidden = 3, seed = 1, iterations = 3)
  expect_formulas_hold(trace)
  expect_match(trace["wout"][[2]]$note, "L-BFGS")
  expect_lt(trace$loss[["after"]], trace$loss[["before"]])
})

test_that("a rule and a loss that have no formula here are traced all the same", {
  data <- smooth_data(n = 6)
  recorded <- recorded_training(data$X, data$Y, hidden = 2, optimizer = "adam", batch_size = 6, seed = 1, iterations = 2L)
  recorded$engine$optimizer$name <- "a_new_rule"
  recorded$engine$loss <- "mse"
  trace <- new_trace(recorded)
  expect_match(trace["wout"][[2]]$formula, "the rule of a_new_rule")
  expect_true("mean_wout" %in% keys_of(trace))
  expect_formulas_hold(trace)
})

test_that("a paired output and loss say that the delta arises in one piece", {
  trace <- nn_trace(as.matrix(iris[1:4]), iris$Species, hidden = 3, seed = 1)
  expect_match(trace[["E"]]$note, "For information")
  expect_match(trace[["slope_output_layer"]]$note, "For information")
  expect_match(trace[["d_output"]]$note, "arises in one piece")
  expect_identical(names(trace[["d_output"]]$operands), c("Y", "output"))
  expect_equal(trace[["d_output"]]$result, (trace[["Y"]]$result - trace[["output"]]$result) / 150)
  # Softmax's slope is a matrix for each row: its diagonal is shown.
  p <- trace[["output"]]$result
  expect_equal(trace[["slope_output_layer"]]$result, p * (1 - p))
})

test_that("several hidden layers are numbered, and none leave steps 2, 3, 8 and 9 out", {
  deep <- nn_trace(article_X, article_Y, hidden = c(3, 2, 2), seed = 1)
  expect_true(all(paste0(c("wh", "bh", "hidden_layer_input", "d_hiddenlayer"), rep(1:3, each = 4)) %in% keys_of(deep)))
  expect_identical(deep[["Error_at_hidden_layer2"]]$formula, "Error_at_hidden_layer2 = d_hiddenlayer3 %*% t(wh3)")
  expect_formulas_hold(deep)
  flat <- nn_trace(article_X, article_Y, hidden = c(), seed = 1)
  expect_false(any(c(2L, 3L, 8L, 9L) %in% numbers_of(flat)))
  expect_identical(flat[["output_layer_input"]]$formula, "output_layer_input = X %*% wout + bout")
  expect_formulas_hold(flat)
})

test_that("mini-batches hold the rows of each step, with their names", {
  trace <- nn_trace(as.matrix(mtcars[, c("wt", "hp")]), mtcars$mpg, hidden = 2, optimizer = "sgd", batch_size = 10, seed = 1, iterations = 5)
  expect_identical(trace$iterations$rows, c(10L, 10L, 10L, 2L, 10L))
  expect_identical(trace$iterations$epoch, c(1L, 1L, 1L, 1L, 2L))
  first_epoch <- unlist(lapply(1:4, function(iteration) rownames(trace[["X", iteration]]$result)))
  expect_setequal(first_epoch, rownames(mtcars))
  rows <- rownames(trace[["X", 3]]$result)
  expect_equal(unname(trace[["Y", 3]]$result), matrix(mtcars[rows, "mpg"]))
  in_order <- nn_trace(article_X, article_Y, optimizer = "sgd", batch_size = 1, shuffle = FALSE, seed = 1, iterations = 4)
  expect_identical(vapply(1:4, function(k) rownames(in_order[["X", k]]$result), ""), c("1", "2", "3", "1"))
})

test_that("each iteration begins where the one before ended", {
  trace <- article_trace(iterations = 3)
  for (iteration in 2:3) {
    ended <- Filter(function(step) step$key == "wh" && step$iteration == iteration - 1L, as.list(trace))[[2]]$result
    expect_identical(trace[["wh", iteration]]$result, ended)
    expect_identical(trace$iterations$loss_before[iteration], trace$iterations$loss_after[iteration - 1L])
  }
  expect_identical(trace$loss[["after"]], trace$iterations$loss_after[3])
  expect_lt(trace$loss[["after"]], trace$loss[["before"]])
})

test_that("formulas, data frames and fits can be traced, in any order of arguments", {
  by_formula <- nn_trace(Species ~ ., data = iris, hidden = 2, seed = 1)
  expect_identical(colnames(by_formula[["X"]]$result), names(iris)[1:4])
  expect_identical(colnames(by_formula[["output"]]$result), levels(iris$Species))
  expect_match(by_formula[["X"]]$note, "standardised")
  by_table <- nn_trace(iris[1:4], iris$Species, hidden = 2, seed = 1)
  expect_identical(by_table$end, by_formula$end)
  expect_identical(nn_trace(formula = Species ~ ., data = iris, hidden = 2, seed = 1)$end, by_formula$end)

  fit <- nn_train(article_X, article_Y, epochs = 20, seed = 1)
  on <- nn_train(article_X, article_Y, start = fit, epochs = 2)
  trace <- nn_trace(fit, article_X, article_Y, iterations = 2)
  expect_identical(trace$start$weights, fit$weights)
  expect_identical(trace$end$weights, on$weights)
  expect_identical(trace$iterations$epoch, 21:22)
  expect_identical(nn_trace(fit, X = article_X, Y = article_Y, iterations = 2)$end, trace$end)
  expect_identical(nn_trace(article_X, article_Y, fit = fit, iterations = 2)$end, trace$end)

  kept <- nn_train(Species ~ ., data = iris, hidden = 2, optimizer = "adam", epochs = 3, seed = 1, keep = "data", preset = "textbook")
  further <- nn_train(Species ~ ., data = iris, start = kept, epochs = 1, preset = "textbook")
  expect_identical(nn_trace(kept, iterations = 5)$end$weights, further$weights)
  expect_identical(nn_trace(kept, iris, iterations = 5)$end$weights, further$weights)
  expect_formulas_hold(nn_trace(kept, iterations = 5))
})

test_that("an ensemble to go on from is refused", {
  several <- nn_train(article_X, article_Y, ensemble = 2, epochs = 1, seed = 1)
  expect_error(nn_trace(several, article_X, article_Y), class = "backprop_error_ensemble")
  expect_error(nn_trace(article_X, article_Y, start = several), class = "backprop_error_ensemble")
  expect_error(nn_check_gradient(article_X, article_Y, start = several), class = "backprop_error_ensemble")
})

test_that("tracing leaves R's generator as training does, and later fits untraced", {
  set.seed(1)
  trace <- nn_trace(article_X, article_Y)
  after_trace <- runif(1)
  set.seed(1)
  fit <- nn_train(article_X, article_Y, epochs = 1)
  expect_identical(trace$end$weights, fit$weights)
  expect_identical(after_trace, runif(1))
  expect_error(nn_trace(article_X, article_Y, lr = -1), class = "backprop_error_argument")
  expect_identical(nn_train(article_X, article_Y, epochs = 9, seed = 1)$epochs_done, 9L)
})

test_that("steps are found by place and by name, and a shorter trace is a trace", {
  trace <- article_trace(iterations = 2)
  expect_length(trace, 40)
  expect_s3_class(trace[[7]], "nn_trace_step")
  expect_identical(trace[[7]]$key, "hidden_layer_input")
  expect_identical(trace[["E", 2]]$iteration, 2L)
  expect_identical(trace[["wout", 2, phase = "update"]]$result[, 1], stats::setNames(drop(trace$end$weights[[2]]), c("h1", "h2", "h3")))
  expect_error(trace[["E", 3]], "in iteration 3", class = "backprop_error_step")
  expect_s3_class(trace[1:3], "nn_trace")
  expect_length(trace[1:3], 3)
  expect_length(trace["wout"], 4)
  expect_identical(lapply(trace, function(step) step$key)[[3]], "wh")
  expect_error(trace[[41]], class = "backprop_error_step")
  expect_error(trace[["d_ouput"]], "d_output", class = "backprop_error_step")
  expect_error(trace["nothing"], class = "backprop_error_step")
  expect_error(trace[99], class = "backprop_error_step")
})

test_that("a cell's sum names the numbers that it reads", {
  trace <- article_trace()
  expect_identical(trace_numbers(trace[["hidden_layer_input"]]), "1 * 0.42 + 0 * 0.1 + 1 * 0.6 + 0 * 0.92 + 0.46 = 1.48")
  expect_identical(trace_numbers(trace[["E"]], 3, 1), "0 - 0.7893 = -0.7893")
  expect_identical(trace_numbers(trace[["d_output"]]), "0.2107 * 0.1663 = 0.03503")
  reads <- trace_reads(trace[["hidden_layer_input"]], 2, 3)
  expect_identical(unname(reads$X), cbind(2L, 1:4))
  expect_identical(unname(reads$wh), cbind(1:4, 3L))
  expect_identical(unname(reads$bh), cbind(1L, 3L))
  long <- nn_trace(matrix(1, 2, 40), c(0, 1), hidden = 2, seed = 1)
  expect_match(trace_numbers(long[["hidden_layer_input"]]), "(28 more)", fixed = TRUE)
})

test_that("cells agree with finite differences of the engine's own loss", {
  traces <- list(
    article_trace(iterations = 2),
    nn_trace(mpg ~ wt + hp, mtcars, hidden = c(4, 3), activation = c("gelu", "silu"), loss = "huber", seed = 1, batch_size = 10, optimizer = "sgd"),
    nn_trace(Species ~ ., iris, hidden = 3, activation = "softplus", seed = 1, batch_size = 8, optimizer = "adam")
  )
  for (trace in traces) {
    checked <- 0
    for (position in seq_along(trace)) {
      result <- trace[[position]]$result
      check <- trace_difference(trace, position, nrow(result), ncol(result))
      if (!is.null(check)) {
        checked <- checked + 1
        expect_lt(check$relative, 1e-6, label = trace[[position]]$key)
      }
    }
    expect_gt(checked, 5)
  }
  expect_null(trace_difference(traces[[1]], 7, 1, 1))
})

test_that("a trace survives saveRDS()", {
  trace <- article_trace()
  file <- withr::local_tempfile(fileext = ".rds")
  saveRDS(trace, file)
  expect_identical(readRDS(file), trace)
})

test_that("case weights, offsets, penalties, clipping, dropout and schedules are traced through nn_trace()", {
  data <- smooth_data(n = 6)
  w <- rep(c(0.5, 1, 2), 2)
  same_bits <- function(...) {
    trace <- nn_trace(..., iterations = 2)
    fit <- nn_train(..., preset = "textbook", epochs = 2)
    expect_identical(trace$end$weights, fit$weights)
    expect_formulas_hold(trace)
    expect_workbook_computes(trace)
    for (position in seq_along(trace)) {
      check <- trace_difference(trace, position, 1, 1)
      if (!is.null(check)) expect_lt(check$relative, 1e-5, label = trace[[position]]$key)
    }
    expect_true(nn_check_gradient(trace)$pass)
    trace
  }
  for (loss in c("sse", "mse", "mae", "huber")) {
    trace <- same_bits(data$X, data$Y, hidden = 3, loss = loss, case_weights = w, seed = 1)
    expect_true("case_weights" %in% keys_of(trace))
  }
  same_bits(data$X, data$Y > 0, hidden = 3, loss = "binary_cross_entropy", case_weights = w, seed = 1)
  counts <- round(exp(data$Y))
  poisson <- same_bits(data$X, counts, hidden = 3, loss = "poisson", offset = log(w), seed = 1)
  expect_match(poisson[["output_layer_input"]]$formula, "+ offset", fixed = TRUE)
  same_bits(data$X, data$Y, hidden = 3, penalty = 0.1, mixture = 0.5, seed = 1)
  same_bits(data$X, data$Y, hidden = 3, clip_norm = 0.05, seed = 1)
  same_bits(data$X, data$Y, hidden = c(6, 4), activation = "tanh", dropout = c(0.5, 0.2), seed = 1)
  same_bits(data$X, data$Y, hidden = 3, optimizer = "lbfgs", seed = 1)
  same_bits(data$X, data$Y, hidden = 3, loss = loss_quantile(c(0.1, 0.5)), seed = 1)
  scheduled <- same_bits(data$X, data$Y, hidden = 3, lr_schedule = schedule_exponential(0.5), seed = 1)
  expect_equal(scheduled$iterations$lr, 0.1 * 0.5^(0:1))
})

test_that("rows keep their own numbers where not all train", {
  data <- smooth_data(n = 12)
  trace <- nn_trace(data$X, data$Y, hidden = 2, case_weights = rep(c(0, 1, 1), 4), seed = 1)
  expect_identical(rownames(trace[["X"]]$result), as.character(setdiff(1:12, c(1, 4, 7, 10))))
  held <- nn_trace(data$X, data$Y, hidden = 2, validation = 0.25, seed = 1)
  rows <- as.integer(rownames(held[["X"]]$result))
  expect_length(rows, 9)
  expect_equal(unname(held[["X"]]$result), data$X[rows, ])
})

test_that("a fit that keeps its data goes on with the rows and weights of its training", {
  data <- smooth_data(n = 20)
  train <- function(...) {
    nn_train(data$X, data$Y > 0, hidden = 2, loss = "binary_cross_entropy", seed = 1, keep = "data", ...)
  }
  for (arguments in list(
    list(case_weights = rep(c(0, 1, 3, 2), 5)), list(class_weights = "balanced"), list(validation = 0.2, stop_iter = 50),
    list(case_weights = rep(c(0, 1, 3, 2), 5), class_weights = "balanced", validation = 0.2)
  )) {
    fit <- do.call(train, c(arguments, epochs = 3))
    on <- do.call(train, c(arguments, epochs = 6))
    # The weights after the last epoch, where the best ones were restored.
    end <- if (is.null(on$last)) on$weights else on$last$weights
    expect_equal(nn_trace(fit, iterations = 3)$end$weights, end, tolerance = 1e-14)
    expect_true(nn_check_gradient(fit)$pass)
  }
  counts <- round(exp(data$Y))
  fit <- nn_train(data$X, counts, hidden = 2, loss = "poisson", offset = data$X[, 1], seed = 1, keep = "data", epochs = 2)
  on <- nn_train(data$X, counts, hidden = 2, loss = "poisson", offset = data$X[, 1], seed = 1, epochs = 4)
  expect_identical(nn_trace(fit, iterations = 2)$end$weights, on$weights)
})

test_that("iterations may be called steps, as they were in version 0.1, but not both", {
  expect_identical(nn_trace(article_X, article_Y, seed = 1, steps = 2), nn_trace(article_X, article_Y, seed = 1, iterations = 2))
  expect_identical(nn_trace(mpg ~ wt, mtcars, seed = 1, steps = 2), nn_trace(mpg ~ wt, mtcars, seed = 1, iterations = 2))
  fit <- nn_train(article_X, article_Y, epochs = 1, seed = 1)
  expect_identical(nn_trace(fit, article_X, article_Y, steps = 2), nn_trace(fit, article_X, article_Y, iterations = 2))
  expect_snapshot(error = TRUE, {
    nn_trace(article_X, article_Y, iterations = 2, steps = 2)
    nn_trace(article_X, article_Y, steps = 0)
  })
})

test_that("sparse inputs are traced", {
  skip_if_not_installed("Matrix")
  X <- Matrix::Matrix(article_X, sparse = TRUE)
  expect_equal(nn_trace(X, article_Y, seed = 1)$end, nn_trace(article_X, article_Y, seed = 1)$end, tolerance = 1e-14)
  expect_true(nn_check_gradient(X, article_Y, seed = 1)$pass)
})

test_that("what cannot be traced is refused with a reason", {
  expect_snapshot(error = TRUE, {
    nn_trace(article_X, article_Y, epochs = 5)
    nn_trace(article_X, article_Y, iterations = 0)
    nn_trace(article_X)
    nn_trace(Y = article_Y)
    nn_trace(article_X, article_Y, hiden = 3)
    nn_trace(article_X, article_Y, restarts = 3)
    nn_trace(replace(article_X, 5, NA), article_Y)
    nn_trace(article_X, article_Y, start = list(weights = list(diag(3)), biases = list(1:3)))
    nn_trace(nn_train(article_X, article_Y, epochs = 1, seed = 1))
  })
  expect_error(nn_trace(article_X, c(1, NA, 0)), class = "backprop_error_nonfinite_y")
  expect_error(nn_trace(1:3, list(1)), class = "backprop_error_type")
})

test_that("a fit in the place of another argument is no fit to go on from", {
  fit <- nn_train(article_X, article_Y, epochs = 1, seed = 1)
  expect_snapshot(error = TRUE, {
    nn_trace(X = article_X, Y = article_Y, standardize = fit)
    nn_trace(article_X, article_Y, fit)
    nn_trace(X = fit)
    nn_trace(fit, article_X, article_Y, start = fit)
    nn_check_gradient(X = article_X, Y = article_Y, loss = fit)
    nn_trace(X = mpg ~ wt, data = mtcars)
  })
  expect_identical(nn_trace(X = article_X, Y = article_Y, fit = fit)$start, fit[c("weights", "biases")])
  expect_identical(nn_trace(X = article_X, Y = article_Y, fit)$start, fit[c("weights", "biases")])
})

test_that("gradients beyond all numbers can be traced", {
  for (optimizer in c("gd", "adam")) {
    trace <- suppressWarnings(nn_trace(article_X * 1e200, article_Y * 1e200, output = "linear", optimizer = optimizer, clip_norm = 1, iterations = 2, seed = 1))
    expect_output(print(trace), "clipping")
  }
})

test_that("a recording that does not fit in memory is refused with its size", {
  withr::local_options(backprop.max_bytes = 1e6)
  expect_no_error(nn_train(article_X, article_Y, epochs = 2000, seed = 1))
  expect_error(nn_trace(article_X, article_Y, iterations = 2000, seed = 1), "recording", class = "backprop_error_memory")
})

test_that("a wrong number of steps of a fit is refused before anything is trained", {
  fit <- nn_train(article_X, article_Y, epochs = 1, seed = 1)
  expect_no_warning(expect_error(nn_trace(fit, article_X, article_Y, iterations = Sys.time()), class = "backprop_error_argument"))
})

test_that("places in a trace that mean nothing are refused", {
  trace <- article_trace()
  expect_identical(trace[], trace)
  for (place in list(NA, NA_character_, list(1), quote(x), factor("wh"), c(-1, 2), 99, function(x) x, 1e300, structure(1, class = c("vctrs_vctr", "double")))) {
    expect_error(trace[place], class = "backprop_error_step")
    expect_error(trace[[place]], class = "backprop_error_step")
  }
})

test_that("a loss, an activation and a rule without a formula show the engine's numbers", {
  tables <- list(
    trace_losses = trace_losses["sse"], paired_losses = paired_losses["gamma"], trace_rules = trace_rules["gd"],
    trace_functions = trace_functions[c("linear", "exp")]
  )
  X <- as.matrix(iris[c(1, 60, 120, 2, 70), 2:3])
  for (of in list(c("mae", "linear"), c("mae", "exp"), c("poisson", "exp"))) {
    with_tables(tables, {
      trace <- nn_trace(X, 1:5, hidden = 2, loss = of[1L], output = of[2L], optimizer = "momentum", batch_size = 5, seed = 1)
      check <- nn_check_gradient(trace)
      printed <- capture.output(print(trace))
    })
    expect_true(check$pass)
    expect_true(any(grepl("the rule of momentum", printed, fixed = TRUE)))
    told <- trace[[if (of[1L] == "poisson") "d_output" else "E"]]
    expect_identical(told$op, "engine")
    expect_match(told$note, "not told here")
    expect_false(grepl("cancels", trace[["E"]]$note))
    if (of[1L] != "poisson") {
      expect_lt(largest_difference(trace[["E"]]$result * trace[["slope_output_layer"]]$result, trace[["d_output"]]$result), 1e-12)
    }
  }
})
