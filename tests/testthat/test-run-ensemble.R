several <- function(...) {
  nn_train(..., preset = "textbook", hidden = 8, activation = "tanh", optimizer = "adam", lr = 0.01, batch_size = 16, ensemble = 4, seed = 1)
}
wavy <- withr::with_seed(1, data.frame(x = runif(200, -3, 3), g = factor(sample(c("a", "b"), 200, TRUE))))
wavy$y <- sin(wavy$x) + (wavy$g == "b") + withr::with_seed(2, rnorm(200)) / 10

test_that("an ensemble is the mean of networks that are trained as if each were alone", {
  fit <- several(y ~ ., wavy, epochs = 20)
  expect_s3_class(fit, c("nn_ensemble", "nn_fit"), exact = TRUE)
  each <- sapply(1:4, function(i) nn_predict(nn_member(fit, i), wavy))
  expect_equal(unname(nn_predict(fit, wavy)[, 1]), rowMeans(each), tolerance = 1e-14)
  expect_equal(predict(fit, wavy)$.pred, rowMeans(each), tolerance = 1e-14)
  spread <- predict(fit, wavy, type = "spread")$.spread
  expect_equal(spread, apply(each, 1, function(row) sqrt(mean((row - mean(row))^2))))
  # Without rows to validate by, the second is a network with the next seed.
  alone <- nn_train(y ~ ., wavy, preset = "textbook", hidden = 8, activation = "tanh", optimizer = "adam", lr = 0.01, batch_size = 16, epochs = 20, seed = 2)
  expect_identical(nn_member(fit, 2)$weights, alone$weights)
  expect_identical(fit$rows, 200L)
  expect_null(fit$out_of_fold)
})

test_that("the first network is the one that would be trained alone", {
  gaps <- transform(wavy, x = replace(x, c(3, 90), NA), z = x^2)
  train <- function(...) {
    nn_train(y ~ ., gaps,
      preset = "textbook", hidden = 8, activation = "relu", optimizer = "adam", batch_size = 16, epochs = 15, validation = 0.2, seed = 1,
      na_action = "impute", standardize = "robust", embed = embed_piecewise(5), rare_levels = 3, clip_predictions = TRUE, ...
    )
  }
  one <- train()
  first <- nn_member(train(ensemble = 3), 1)
  for (part in c("weights", "history", "inputs", "outcome", "blueprint", "validation_rows", "rows")) expect_identical(first[[part]], one[[part]], label = part)
})

test_that("side by side or one after the other, on any number of threads, the bits are the same", {
  train <- function(...) several(y ~ ., wavy, validation = 0.15, stop_iter = 5, epochs = 60, embed = "piecewise", blend = c("linear", "small"), ...)
  fit <- train(threads = 1)
  for (threads in 2:3) expect_identical(nn_predict(train(threads = threads), wavy), nn_predict(fit, wavy))
  heard <- list()
  told <- train(threads = 2, callback = function(state) {
    heard[[length(heard) + 1]] <<- c(state$member, state$epoch)
  })
  expect_identical(lapply(told$members, `[[`, "weights"), lapply(fit$members, `[[`, "weights"))
  expect_identical(unique(sapply(heard, `[`, 1)), 1:4)
  single <- train(precision = "single", threads = 1)
  expect_identical(nn_predict(train(precision = "single", threads = 2), wavy), nn_predict(single, wavy))
})

test_that("each network holds rows of its own back, and no two the same", {
  fit <- several(Species ~ ., iris, validation = 0.2, epochs = 5)
  held <- lapply(fit$members, function(member) member$validation_rows)
  expect_identical(lengths(held), rep(30L, 4))
  expect_false(anyDuplicated(unlist(held)) > 0)
  for (rows in held) expect_identical(as.vector(table(iris$Species[rows])), rep(10L, 3))
  expect_identical(fit$out_of_fold$rows, 120L)
  # Its loss is that of predictions by networks that did not train on the row.
  losses <- sapply(1:4, function(i) {
    p <- nn_predict(nn_member(fit, i), iris[held[[i]], ])
    mean(-log(p[cbind(1:30, as.integer(iris$Species[held[[i]]]))]))
  })
  expect_equal(fit$out_of_fold$loss, mean(losses), tolerance = 1e-10)
  # The first holds back what a single network would.
  one <- nn_train(Species ~ ., iris, preset = "textbook", validation = 0.2, epochs = 0, seed = 1)
  expect_identical(held[[1]], one$validation_rows)
  # More shares than there are rows: they are dealt anew.
  many <- nn_train(Species ~ ., iris, preset = "textbook", validation = 0.4, ensemble = 5, epochs = 1, seed = 1)
  expect_length(unique(lapply(many$members, function(member) member$validation_rows)), 5L)
})

test_that("kinds are blended by the shares that the rows held back are predicted best with", {
  fit <- several(y ~ ., wavy, validation = 0.15, stop_iter = 10, epochs = 100, blend = c("linear", "small"))
  choice <- fit$choice
  expect_identical(choice$kind, c("linear", "small", "network"))
  expect_equal(sum(choice$share), 1)
  # A line does not follow a wave.
  expect_identical(choice$share[1], 0)
  expect_true(all(choice$loss[2:3] < choice$loss[1]))
  expect_lte(fit$out_of_fold$loss, min(choice$loss))
  straight <- data.frame(x = wavy$x, y = 2 * wavy$x + withr::with_seed(3, rnorm(200)))
  fit <- several(y ~ x, straight, validation = 0.15, stop_iter = 10, epochs = 100, blend = "linear")
  expect_gt(fit$choice$share[1], 0)
})

test_that("going on with an ensemble is going on with each of its networks", {
  train <- function(epochs, ...) several(y ~ ., wavy, validation = 0.15, epochs = epochs, ...)
  whole <- train(30)
  more <- nn_train(y ~ ., wavy, start = train(10), epochs = 20)
  expect_identical(nn_predict(more, wavy), nn_predict(whole, wavy))
  for (i in 1:4) {
    expect_identical(more$members[[i]]$history, whole$members[[i]]$history)
    expect_identical(more$members[[i]]$validation_rows, whole$members[[i]]$validation_rows)
  }
})

test_that("an ensemble goes on with the networks that it has", {
  one <- nn_train(mpg ~ ., mtcars, preset = "textbook", hidden = 3, epochs = 3, validation = 0.2, blend = "small", seed = 1)
  expect_identical(one$settings$ensemble, 1L)
  more <- nn_train(mpg ~ ., mtcars, start = one, epochs = 2)
  expect_identical(more$kinds, one$kinds)
  expect_identical(more$members[[1]]$epochs_done, one$members[[1]]$epochs_done + 2L)
  expect_error(nn_train(mpg ~ ., mtcars, start = one, ensemble = 3, epochs = 2), class = "backprop_error_start")
})

test_that("networks whose training diverged are left out, with a warning, and the others go on as what they are", {
  # Weights this large are no start for some of the seeds.
  train <- function(...) {
    nn_train(y ~ x, wavy,
      preset = "textbook", hidden = 8, activation = "relu", optimizer = "sgd", batch_size = 8, loss = "mse", epochs = 30, validation = 0.2, ensemble = 6, seed = 1, ...
    )
  }
  found <- NULL
  for (lr in c(0.3, 0.5, 0.7, 1, 1.5)) {
    warned <- FALSE
    fit <- withCallingHandlers(train(lr = lr), backprop_warning_diverged = function(cnd) {
      warned <<- TRUE
      tryInvokeRestart("muffleWarning")
    })
    expect_identical(warned, length(fit$members) < 6L || any(sapply(fit$members, function(member) member$status == "diverged")))
    if (warned && length(fit$members) < 6L) found <- fit
  }
  expect_false(is.null(found))
  expect_false(any(sapply(found$members, function(member) member$status == "diverged")))
  expect_equal(sum(found$shares), 1)
  more <- suppressWarnings(nn_train(y ~ x, wavy, start = found, lr = 1e-4, epochs = 1))
  expect_identical(more$numbers, found$numbers)
  for (i in seq_along(found$members)) expect_identical(more$members[[i]]$validation_rows, found$members[[i]]$validation_rows)
})

test_that("an ensemble is one plain object that can be saved", {
  fit <- several(Species ~ ., iris, validation = 0.2, epochs = 5, keep = "data")
  path <- withr::local_tempfile()
  saveRDS(fit, path)
  expect_identical(readRDS(path), fit)
  found <- run_process(c(
    paste0("fit <- readRDS(", deparse(path), ")"), "cat(format(sum(nn_predict(fit, iris[1:3, ])[, 1]), digits = 17))"
  ))$output
  expect_identical(utils::tail(found, 1L), format(sum(nn_predict(fit, iris[1:3, ])[, 1]), digits = 17))
  expect_equal(fitted(fit), nn_predict(fit, iris))
  expect_equal(unname(rowSums(residuals(fit))), rep(0, 150))
  # What the networks have in common is there once.
  expect_null(fit$members[[1]]$blueprint)
})

test_that("what is for one network is refused, and takes one of the ensemble", {
  fit <- several(mpg ~ wt + hp, mtcars, epochs = 2, keep = "data")
  expect_snapshot(error = TRUE, {
    coef(fit)
    vcov(fit)
    logLik(fit)
    nn_trace(fit)
    nn_gradient(fit)
    plot(fit, type = "weights")
    predict(fit, mtcars, type = "conf_int")
    residuals(fit, type = "pearson")
    nn_member(fit, 5)
    predict(nn_member(fit, 1), mtcars, type = "spread")
    nn_trace(mpg ~ wt, mtcars, preset = "table", ensemble = 3)
  })
  expect_type(coef(nn_member(fit, 4)), "list")
  expect_silent(withr::with_pdf(withr::local_tempfile(fileext = ".pdf"), plot(fit)))
})

test_that("what does not go with several networks is refused by name", {
  start <- nn_init(c(2, 3, 1), seed = 1)
  expect_snapshot(error = TRUE, {
    nn_train(mpg ~ wt + hp, mtcars, preset = "textbook", ensemble = 2, restarts = 2)
    nn_train(mpg ~ wt + hp, mtcars, preset = "textbook", ensemble = 2, checkpoint = list(path = "x.rds"))
    nn_train(mpg ~ wt + hp, mtcars, preset = "textbook", ensemble = 2, keep_weights = 1)
    nn_train(mpg ~ wt + hp, mtcars, preset = "textbook", ensemble = 2, start = start)
    nn_train(mpg ~ wt + hp, mtcars, preset = "textbook", ensemble = 0)
    nn_train(mpg ~ wt + hp, mtcars, preset = "textbook", ensemble = 2, blend = "forest")
    nn_train(mpg ~ wt + hp, mtcars, preset = "textbook", ensemble = 2, blend = "small")
    nn_train(mpg ~ wt + hp, mtcars, preset = "textbook", blend = "small", validation = 0.2, restarts = 2)
  })
})

test_that("intervals of an ensemble come from the errors on rows held back, and hold what they promise", {
  fit <- nn_train(y ~ ., wavy, seed = 1)
  new <- withr::with_seed(9, data.frame(x = runif(2000, -3, 3), g = factor(sample(c("a", "b"), 2000, TRUE))))
  new$y <- sin(new$x) + (new$g == "b") + withr::with_seed(8, rnorm(2000)) / 10
  limits <- predict(fit, new, type = "pred_int", level = 0.9)
  inside <- mean(new$y >= limits$.pred_lower & new$y <= limits$.pred_upper)
  expect_gt(inside, 0.86)
  expect_lt(inside, 0.98)
  expect_s3_class(predict(fit, new[1:2, ], type = "quantile"), "tbl_df")
})

test_that("weights, offsets, validation rows of their own and several quantiles go with ensembles", {
  weights <- rep(1:2, 100)
  fit <- several(y ~ ., wavy, case_weights = weights, epochs = 5, validation = 0.15)
  expect_equal(fit$total_weight, sum(weights))
  expect_equal(nn_member(fit, 1)$total_weight, sum(weights[-fit$members[[1]]$validation_rows]))
  given <- several(y ~ ., wavy[1:150, ], validation = wavy[151:200, ], epochs = 5)
  expect_identical(sapply(given$members, function(member) member$validation_count), rep(50L, 4))
  counts <- data.frame(x = wavy$x, exposure = 1:200, y = rpois(200, 3))
  rates <- several(y ~ x + offset(log(exposure)), counts, output = "exp", loss = "poisson", epochs = 3, validation = 0.2)
  expect_true(all(nn_predict(rates, counts) > 0))
  quantiles <- several(y ~ x, wavy, loss = loss_quantile(c(0.1, 0.9)), epochs = 30, validation = 0.2)
  expect_named(predict(quantiles, wavy[1:2, ]), c(".pred_q0.1", ".pred_q0.9"))
  classes <- several(g ~ x + y, wavy, class_weights = "balanced", epochs = 5, validation = 0.2)
  expect_equal(rowSums(as.matrix(predict(classes, wavy, type = "prob"))), rep(1, 200))
})

test_that("a limit of time is kept, and what was done by then can be had without it", {
  skip_on_cran()
  slow <- withr::with_seed(1, as.data.frame(matrix(rnorm(60000), ncol = 20)))
  slow$y <- slow$V1 * slow$V2 + slow$V3
  train <- function(...) {
    nn_train(y ~ ., slow, preset = "textbook", hidden = c(64, 64), activation = "relu", optimizer = "adam", validation = 0.2, seed = 1, threads = 1, ...)
  }
  took <- system.time(suppressMessages(fit <- train(epochs = 1e5, time_limit = 1)))[["elapsed"]]
  expect_lt(took, 1.3)
  expect_identical(fit$status, "out_of_time")
  expect_same_bits(fit, train(epochs = fit$epochs_done))
  # Of several networks those that were finished; of none the first, as far as it came.
  took <- system.time(expect_message(fit <- train(epochs = 100, ensemble = 100, time_limit = 2), class = "backprop_message_time_limit"))[["elapsed"]]
  expect_lt(took, 2.5)
  cut <- fit$settings$time_cut
  expect_identical(length(fit$members), cut$ensemble)
  if (cut$ensemble > 1) expect_identical(nn_predict(train(epochs = 100, ensemble = cut$ensemble), slow), nn_predict(fit, slow))
  expect_message(fit <- train(epochs = 1e5, ensemble = 3, time_limit = 1), class = "backprop_message_time_limit")
  expect_identical(length(fit$members), 1L)
  expect_identical(nn_member(fit, 1)$weights, train(epochs = fit$settings$time_cut$epochs)$weights)
  expect_error(train(epochs = 5, ensemble = 2, time_limit = 1e-6), class = "backprop_error_time_limit")
})

test_that("an interrupt stops the networks side by side, and what was finished is kept", {
  skip_on_cran()
  skip_on_os("windows")
  process <- start_process(c(
    "X <- matrix(rnorm(40000), ncol = 20); Y <- X[, 1] * X[, 2]",
    "cat('pid', Sys.getpid(), '\\n')",
    "caught <- tryCatch({",
    "  nn_train(X, Y, hidden = c(64, 64), activation = 'relu', optimizer = 'adam', epochs = 20, ensemble = 500, threads = 2, seed = 1)",
    "}, interrupt = function(i) 'interrupted')",
    "cat('caught', format(as.numeric(Sys.time()), digits = 17), caught, length(nn_last()$members) > 0, nn_last()$status, '\\n')"
  ))
  process$run(wait = FALSE)
  pid <- pid_of(process)
  Sys.sleep(5)
  sent <- as.numeric(Sys.time())
  tools::pskill(pid, tools::SIGINT)
  end <- strsplit(wait_for(process, "caught"), " +")[[1]]
  expect_identical(end[3:5], c("interrupted", "TRUE", "interrupted"))
  # What is kept is put together on the way.
  expect_lt(as.numeric(end[2]) - sent, 1)
})

test_that("restarts that are no number are refused with an ensemble, without a warning of R's own", {
  X <- matrix(1:8 / 8, 4)
  expect_no_warning(expect_error(nn_train(X, c(0, 1, 0, 1), hidden = 1, ensemble = 2, restarts = list(name = "adam")), class = "backprop_error"))
})
