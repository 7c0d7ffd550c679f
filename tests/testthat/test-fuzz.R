# Random calls of all that the package offers, by a fixed seed. tools/dev/torture/fuzz.R makes many more, each time others.

skip_unless_fuzzing <- function() {
  skip_on_cran()
  for (package in c("bigmemory", "Matrix", "RSQLite", "generics", "ggplot2", "htmltools", "knitr", "openxlsx", "recipes", "shiny", "withr")) skip_if_not_installed(package)
}

# Made once for all tests of this file. The seed is the first there is; calls of other seeds are as good.
fuzz_results <- local({
  results <- NULL
  function() {
    if (is.null(results)) results <<- fuzz_many(1, 1:2000)
    results
  }
})

test_that("2,000 random calls end in a value that holds, or in an error that says what is wrong", {
  skip_unless_fuzzing()
  ended <- vapply(fuzz_results(), function(one) one$ended, "")
  expect_length(ended, 2000)
  found <- which(ended == "finding")
  expect_identical(vapply(found, function(index) describe_finding(1, index, fuzz_results()[[index]]), ""), character())
  # A generator whose calls are all refused would look well, too.
  expect_gt(mean(ended == "value"), 0.4)
  expect_gt(mean(ended == "refused"), 0.1)
})

test_that("every exported function and every method is drawn", {
  skip_unless_fuzzing()
  drawn <- unique(unlist(lapply(fuzz_results(), function(one) one$target)))
  expect_identical(setdiff(c(fuzz_exports(), fuzz_methods()), drawn), character())
})

test_that("every argument of every exported function and method is drawn", {
  skip_unless_fuzzing()
  never <- lapply(c(fuzz_exports(), setdiff(fuzz_methods(), c(sparse_methods, survival_methods, recipe_methods))), function(name) {
    of_target <- Filter(function(one) name %in% one$target, fuzz_results())
    fun <- get0(name, asNamespace("backprop"))
    # The first one is the object that is asked, whatever it is called.
    wanted <- setdiff(names(formals(fun))[-1L], "...")
    paste(name, setdiff(wanted, unlist(lapply(of_target, function(one) one$arguments))), recycle0 = TRUE)
  })
  expect_identical(unlist(never), character())
})

test_that("a call is known by its seed and its number", {
  skip_unless_fuzzing()
  # A training, which has the most arguments to differ in.
  index <- Position(function(one) "nn_train" %in% one$target, fuzz_results(), right = TRUE)
  alone <- fuzz_one(1, index)
  same <- c("target", "ended", "faults", "typed", "arguments")
  expect_identical(alone[same], fuzz_results()[[index]][same])
  expect_false(identical(fuzz_one(2, index)$typed, alone$typed))
})

# What the judge says of a call of `fun` with one argument.
judged <- function(fun, x = c(1, 2), holds = function(value) NULL) {
  env <- fuzz_env()
  env$fun <- fun
  draw <- fuzz_draw("fun", quote(fun), list(x), env, holds)
  with_fuzz_seed(1, 1, judge(observe(draw$call, env), draw))
}

test_that("the judge sees errors and warnings that are not the package's", {
  expect_null(judged(identity))
  expect_match(judged(function(x) stop("no")), "not the package's, of class simpleError")
  expect_match(judged(function(x) warning("careful")), "a warning of another class")
  expect_match(judged(function(x) message("hello")), "a message of another class")
  expect_null(judged(function(x) stop_argument("x", "a number", x, call = quote(nn_train()))))
  expect_match(judged(function(x) stop_argument("x", "a number", x, call = quote(inner()))), "a call nobody made")
  expect_match(judged(function(x) stop_engine(list(kind = "panic", message = "m"), NULL)), "of class panic")
  expect_match(judged(function(x) stop_engine(list(kind = "config", message = "m"), NULL)), "of class config")
  expect_match(judged(function(x) stop_backprop("argument", "index out of bounds")), "in the words of another")
  expect_null(judged(function(x) stop(own_error)))
  expect_match(judged(function(x) stop(structure(own_error, call = quote(changed())))), "changed on its way")
})

test_that("the judge sees what a call does besides", {
  expect_match(judged(function(x) runif(1)), "random stream was changed")
  expect_match(judged(function(x) { runif(1); stop_argument("x", "a number", x) }), "refused call changed R's random stream")
  expect_match(judged(function(x) assign("the_1", x + 1, envir = parent.frame())), "object of the caller was changed")
  expect_match(judged(identity, holds = function(value) "is wrong"), "is wrong")
  expect_match(judged(identity, holds = function(value) stop("cannot")), "cannot be used: cannot")
})

test_that("the judge sees fits and predictions that do not hold", {
  problem <- list(interface = "matrix", n = 4L, inputs = cbind(a = c(0, 0, 1, 1), b = c(0, 1, 0, 1)))
  fit <- nn_train(problem$inputs, c(0, 1, 1, 0), hidden = 2, epochs = 3, seed = 1)
  expect_null(faults_of_fit(fit, problem))
  changed <- function(...) utils::modifyList(fit, list(...))
  expect_match(faults_of_fit(changed(status = "lost"), problem), "has the status lost", all = FALSE)
  expect_match(faults_of_fit(changed(epochs_done = 4L), problem), "number of epochs", all = FALSE)
  expect_match(faults_of_fit(changed(final_loss = NaN), problem), "final loss", all = FALSE)
  value <- nn_predict(fit, problem$inputs)
  expect_null(faults_of_prediction(value, fit, 4L, rep(FALSE, 4)))
  expect_match(faults_of_prediction(value[1:3, , drop = FALSE], fit, 4L), "no matrix of 4 x 1")
  expect_match(faults_of_prediction(value, fit, 4L, c(TRUE, FALSE, FALSE, FALSE)), "not those with gaps")
  expect_match(faults_of_prediction(replace(value, 1, NaN), fit, 4L), "NaN")
  expect_match(faults_of_prediction(replace(value, 1, Inf), fit, 4L), "infinite", all = FALSE)
  expect_match(faults_of_prediction(value + 1, fit, 4L), "outside 0 to 1")
  # Twice the tolerance of sums in double precision.
  expect_match(fault_of_difference(value, value * (1 + 2e-12) + 2e-12, fit, "depends"), "depends, by")
  expect_null(fault_of_difference(value, value, fit, "depends"))
})
