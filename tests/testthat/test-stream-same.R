test_that("a reader trains the same fit as its rows in memory, whatever the size of the chunks", {
  sizes <- c(20, 1000)
  expect_same_streamed(y ~ a + b + flag + f + s, data = streamed_table(31), sizes = c(1, 7, 31))
  expect_same_streamed(y ~ a + b + flag + f * a + s + offset(o), sizes = sizes, optimizer = "adam", batch_size = 20, precision = "single")
  expect_same_streamed(k ~ a + flag:f + s, sizes = sizes, optimizer = "lbfgs", class_weights = "balanced")
  expect_same_streamed(three ~ ., sizes = sizes, preset = "table", validation = NULL, ensemble = 1, blend = character())
})

test_that("whatever is learnt of rows is learnt of those of a reader", {
  expect_same_streamed(y ~ a + b + f, standardize = "robust", embed = "piecewise")
  expect_same_streamed(y ~ a + I(b^2) + log(a) + s, standardize = "quantile", precision = "single")
  expect_same_streamed(y ~ a + b, standardize = FALSE, optimizer = "rprop")
  expect_same_streamed(exp(y) ~ a + b + f, outcome_transform = "log", clip_predictions = TRUE)
  expect_same_streamed(y ~ a + b + f - 1, optimizer = "adam")
  expect_same_streamed(cbind(y, o) ~ b + f:flag + s, case_weights = w)
  expect_same_streamed(y ~ a + three + cut(b, c(0, 0.5, 1)), case_weights = w, subset = a > 4)
  expect_same_streamed(y ~ a + f + s, rare_levels = 45)
  expect_same_streamed(y ~ a + f, preset = "table", hidden = nn_layers(layer_embedding("f", 2), 3), validation = NULL, ensemble = 1, blend = character())
})

test_that("weights of rows and classes and offsets count as in memory", {
  expect_same_streamed(k ~ a + b + s, case_weights = w, offset = o)
  expect_same_streamed(k ~ a + b + s, class_weights = c(no = 0, yes = 1))
  expect_same_streamed(three ~ a + b + s, class_weights = "balanced", case_weights = w)
  expect_same_streamed(flag ~ a + b + s, class_weights = "balanced")
})

test_that("families train as in memory", {
  expect_same_streamed(round(exp(y)) ~ a + b + s, family = "negative_binomial")
  expect_same_streamed(three ~ a + b + s, family = "ordinal")
  expect_same_streamed(y ~ a + b + s + offset(o), family = "location_scale")
  expect_same_streamed(cbind(round(exp(y)), 1 + round(5 * b)) ~ a + s, family = "binomial")
  skip_if_not_installed("survival")
  expect_same_streamed(survival::Surv(exp(y), flag) ~ a + b + s, family = "discrete_hazard")
})

test_that("gaps are left out or filled in as in memory", {
  data <- streamed_table()
  data$a[5] <- data$f[9] <- data$y[11] <- data$w[12] <- data$s[3] <- data$flag[4] <- NA
  data$b[150:157] <- NA
  expect_same_streamed(y ~ a + b + flag * f + s, data = data, sizes = 25, na_action = "omit", case_weights = w)
  expect_same_streamed(y ~ a + b + flag + f + s, data = data, sizes = 25, na_action = "impute", case_weights = w)
  expect_same_streamed(y ~ a + b + flag + f + s, data = data, na_action = "impute", rare_levels = 35)
  expect_error(nn_train(nn_reader(data, y ~ a + f, chunk_rows = 7)), class = "backprop_error_nonfinite_y")
  data$y[11] <- 0
  expect_error(nn_train(nn_reader(data, y ~ a + b + f, chunk_rows = 7)), "\"a\" (1), \"b\" (8), \"f\" (1)", fixed = TRUE, class = "backprop_error_nonfinite_x")
})

test_that("rows of their own judge a reader's training as in memory, be they a data frame or a reader", {
  data <- streamed_table()
  wanted <- expect_same_streamed(y ~ a + b + s, validation = streamed_table(61), stop_iter = 2, epochs = 12, optimizer = "adam")
  judged <- nn_train(
    nn_reader(data, y ~ a + b + s, chunk_rows = 30), validation = nn_reader(streamed_table(61), chunk_rows = 9), preset = "textbook", hidden = 4,
    seed = 3, shuffle = FALSE, stop_iter = 2, epochs = 12, optimizer = "adam"
  )
  expect_identical(judged[setdiff(names(judged), "call")], wanted[setdiff(names(wanted), "call")])
})

test_that("a fit goes on from a reader and from memory alike", {
  data <- streamed_table()
  common <- list(preset = "textbook", hidden = 4, seed = 3, optimizer = "adam", shuffle = FALSE)
  read <- nn_reader(data, y ~ a + f + s, chunk_rows = 20)
  first <- do.call(nn_train, c(list(read, epochs = 3), common))
  fields <- c("weights", "biases", "history", "optimizer_state", "epochs_done", "inputs", "outcome", "blueprint")
  whole <- nn_train(y ~ a + f + s, data, epochs = 5, preset = "textbook", hidden = 4, seed = 3, optimizer = "adam", shuffle = FALSE)
  expect_identical(nn_train(read, start = first, epochs = 2)[fields], whole[fields])
  expect_identical(nn_train(y ~ a + f + s, data, start = first, epochs = 2)[fields], whole[fields])
})

test_that("a fit of a reader is one of a formula", {
  data <- streamed_table()
  fit <- nn_train(nn_reader(data, y ~ a + f + s, chunk_rows = 20), hidden = 3, epochs = 3, seed = 1, validation = NULL)
  expect_equal(formula(fit), y ~ a + f + s, ignore_formula_env = TRUE)
  expect_identical(deparse(fit$call$X[[1L]]), "nn_reader")
  expect_length(predict(fit, data)$.pred, nrow(data))
  expect_output(print(summary(fit)))
  expect_s3_class(predict(fit, data), "data.frame")
  expect_identical(validate_fit(fit), fit)
})
