test_that("divergence warns with epoch, cause and remedy, and returns the last finite model", {
  data <- smooth_data()
  expect_warning(
    fit <- nn_train(data$X, data$Y * 1e3, epochs = 500, lr = 1000, seed = 1),
    class = "backprop_warning_diverged"
  )
  expect_identical(fit$status, "diverged")
  expect_true(all(is.finite(unlist(fit[c("weights", "biases")]))))
  expect_true(all(is.finite(nn_predict(fit, data$X))))
  expect_lt(nrow(fit$history), 500L)
  caught <- tryCatch(
    nn_train(data$X, data$Y, epochs = 500, lr = 1000, activation = "relu", seed = 1), warning = identity
  )
  expect_type(caught$epoch, "integer")
  expect_match(caught$remedy, "lr")
})

test_that("the cause of a divergence is looked for in the data first", {
  data <- smooth_data()
  cause <- function(...) tryCatch(nn_train(..., preset = "textbook", epochs = 200, seed = 1, activation = "relu"), warning = function(w) w$cause)
  expect_match(cause(data$X * 1e6, data$Y, lr = 1), "inputs")
  expect_match(cause(data$X, data$Y * 1e6, lr = 10), "outcome")
  expect_match(cause(data$X, data$Y, lr = 1e4), "learning rate")
})

test_that("errors of the engine become conditions of the package", {
  expect_snapshot(error = TRUE, {
    stop_engine(list(kind = "panic", message = "index 3 of {2}, 50% done %s"), NULL)
    stop_engine(list(kind = "memory", needed = 2^40, available = 2^33), NULL)
    stop_engine(list(kind = "config", message = "no such {thing}"), NULL)
    stop_engine(list(kind = "nonfinite_x", columns = 2:3), c("a", "b", "c"))
    stop_engine(list(kind = "nonfinite_y"), NULL)
  })
})

test_that("a panic of the engine is an error of R, a thousand times over, and leaks nothing", {
  expect_error(stop_engine(engine_panic(2L)$error, NULL), class = "backprop_error_panic")
  expect_same_bits(
    nn_train(article_X, article_Y, epochs = 10, seed = 1), nn_train(article_X, article_Y, epochs = 10, seed = 1)
  )
  skip_on_cran()
  skip_if_not(file.exists("/proc/self/statm"))
  done <- run_process(c(
    "resident <- function() { gc(); scan('/proc/self/statm', quiet = TRUE)[2] * 4096 / 2^20 }",
    "panic <- function(n) for (i in seq_len(n)) asNamespace('backprop')$engine_panic(2L)",
    "panic(200)",
    "before <- resident()",
    "panic(1000)",
    "cat('grown', resident() - before, '\\n')"
  ))
  expect_identical(done$status, 0L)
  # Nothing else may be printed: no panic text, no backtrace.
  expect_length(done$output, 1L)
  expect_lt(as.numeric(strsplit(done$output, " +")[[1]][2]), 4)
})

test_that("nn_last() says when nothing was interrupted", {
  withr::defer(session$last <- kept)
  kept <- session$last
  session$last <- NULL
  expect_snapshot(nn_last(), error = TRUE)
})

test_that("Ctrl-C answers within 0.2 s, twice in a row, and keeps the model so far", {
  skip_on_cran()
  skip_on_os("windows")
  process <- start_process(c(
    "say <- function(...) { cat(..., '\\n'); flush(stdout()) }",
    "X <- matrix(rnorm(2e4 * 20), ncol = 20); Y <- rnorm(2e4)",
    "say('pid', Sys.getpid())",
    "for (i in 1:2) {",
    "  say('ready', i)",
    "  result <- tryCatch({ nn_train(X, Y, hidden = c(64, 64), epochs = 1e6, lr = 1e-4, seed = 1); 'finished' },",
    "    interrupt = function(cnd) 'interrupted')",
    "  say('end', i, format(as.numeric(Sys.time()), digits = 16), result, nn_last()$status)",
    "}",
    "fit <- nn_last()",
    "say('epochs', identical(nrow(fit$history), fit$epochs_done), all(is.finite(unlist(fit$weights))))",
    "more <- nn_train(X, Y, start = fit, epochs = 1)",
    "say('more', more$epochs_done == fit$epochs_done + 1, more$status)"
  ))
  process$run(wait = FALSE)
  pid <- pid_of(process)
  for (i in 1:2) {
    expect_false(is.null(wait_for(process, paste("ready", i))))
    Sys.sleep(0.5)
    sent <- as.numeric(Sys.time())
    tools::pskill(pid, tools::SIGINT)
    end <- strsplit(wait_for(process, paste("end", i)), " +")[[1]]
    expect_lt(as.numeric(end[3]) - sent, 0.2)
    expect_identical(end[4:5], c("interrupted", "interrupted"))
  }
  expect_match(wait_for(process, "epochs"), "TRUE TRUE")
  expect_match(wait_for(process, "more"), "TRUE completed")
})

test_that("an interrupt after the engine has finished leaves the model in nn_last()", {
  fit <- nn_train(article_X, article_Y, epochs = 3, seed = 1)
  expect_true(is_interrupted(keeping_last(function(keep) {
    keep(function() fit)
    rlang::interrupt()
  })))
  expect_same_bits(nn_last(), fit)
  expect_identical(nn_last()$status, "interrupted")
})

test_that("each of many Ctrl-C at random moments gets through while a callback runs", {
  skip_on_cran()
  skip_on_os("windows")
  done <- run_process(c(
    "X <- matrix(rnorm(40), 10)",
    "Y <- X[, 1]",
    "pid <- Sys.getpid()",
    "reached <- vapply(1:20, function(i) {",
    "  signal <- function(state) if (state$epoch == 1) system(sprintf('(sleep %f; kill -INT %d) &', i / 500, pid))",
    "  tryCatch(nn_train(X, Y, epochs = 1e7, seed = i, callback = signal)$status, interrupt = function(cnd) {",
    "    fit <- nn_last()",
    "    same <- nn_train(X, Y, epochs = fit$epochs_done, seed = i)",
    "    if (fit$status == 'interrupted' && identical(fit$weights, same$weights)) 'interrupt' else 'another model'",
    "  })",
    "}, '')",
    "cat('reached', unique(reached), '\\n')"
  ))
  expect_identical(done$status, 0L)
  expect_match(utils::tail(done$output, 1L), "^reached interrupt $")
})

test_that("an interrupt ends the surrounding loop of a script", {
  skip_on_cran()
  skip_on_os("windows")
  process <- start_process(c(
    "say <- function(...) { cat(..., '\\n'); flush(stdout()) }",
    "X <- matrix(rnorm(2e4 * 20), ncol = 20); Y <- rnorm(2e4)",
    "say('pid', Sys.getpid())",
    "tryCatch(for (i in 1:3) { say('fit', i); nn_train(X, Y, hidden = 64, epochs = 1e6, lr = 1e-4) },",
    "  interrupt = function(cnd) say('left'))"
  ))
  process$run(wait = FALSE)
  pid <- pid_of(process)
  expect_false(is.null(wait_for(process, "fit 1")))
  Sys.sleep(0.5)
  tools::pskill(pid, tools::SIGINT)
  expect_false(is.null(wait_for(process, "left")))
  expect_false(any(grepl("^fit 2", process$output())))
})
