# CRAN wants all tests in a minute.
skip_on_cran()

# What is said of answers to exercises.

forget_answers <- function(env = parent.frame()) {
  kept <- session$wrong_answers
  session$wrong_answers <- NULL
  withr::defer(session$wrong_answers <- kept, env)
}

test_that("hints become more explicit with each wrong answer, and can be asked for by number", {
  forget_answers()
  exercise <- nn_exercise("forward", seed = 1)
  said <- lapply(1:4, function(k) nn_check_answer(exercise, 99))
  expect_identical(vapply(said, function(answer) answer$hint, ""), exercise$hints[c(1, 2, 3, 3)])
  expect_identical(vapply(said, function(answer) answer$wrong, 0L), 1:4)
  expect_identical(nn_check_answer(exercise, 99, hint = 1)$hint, exercise$hints[1])
  expect_null(nn_check_answer(exercise, 99, hint = 0)$hint)
  # Another exercise begins anew; a right answer counts as none.
  expect_identical(nn_check_answer(nn_exercise("forward", seed = 2), 99)$wrong, 1L)
  expect_identical(nn_check_answer(exercise, nn_solution(exercise)$answer)$wrong, 6L)
})

test_that("numbers are right to four decimals, and each cell is judged by itself", {
  exercise <- nn_exercise("backward", seed = 1)
  right <- exercise$task$answer
  expect_true(nn_check_answer(exercise, round(right, 4))$right)
  expect_false(nn_check_answer(exercise, right + c(0.001, 0))$right)
  half <- nn_check_answer(exercise, c(right[1], 9))
  expect_identical(unname(half$cells), c(TRUE, FALSE))
  expect_match(half$says, paste("wrong:", exercise$task$names[2]), fixed = TRUE)
  for (answer in list("a", right[1], c(NA, 1), factor(1:2), NULL, Inf)) {
    expect_error(nn_check_answer(exercise, answer), "2 numbers", class = "backprop_error_argument")
  }
})

test_that("a script is judged by running it beside the engine, on rows of another number too", {
  exercise <- nn_exercise("bug", level = 2, seed = 1)
  right <- script_function(unname(right_script))
  expect_true(nn_check_answer(exercise, right)$right)
  expect_match(nn_check_answer(exercise, script_function(exercise$code))$says, "After one epoch .* from the engine's")
  expect_match(nn_check_answer(exercise, function(...) stop("oh {no}"))$says, "the function stops: oh {no}", fixed = TRUE)
  expect_match(nn_check_answer(exercise, function(...) list(wh = 1))$says, "must give a list with wh, bh, wout, bout")
  # One that knows the answer by heart.
  known <- run_script(right, exercise$task)
  one <- run_script(right, replace(exercise$task, "epochs", 1L))
  learnt <- function(X, Y, wh, bh, wout, bout, lr, epochs) if (epochs == 1) one else known
  expect_match(nn_check_answer(exercise, learnt)$says, "With 5 rows|must give a list")
  line <- exercise$task$lines
  expect_true(nn_check_answer(exercise, line)$right)
  expect_match(nn_check_answer(exercise, line %% 10 + 1)$says, "is as it should be")
  expect_error(nn_check_answer(exercise, 99), "number of a line", class = "backprop_error_argument")
})

test_that("a start is judged by training from it, and by what was asked", {
  for (level in 1:3) {
    exercise <- nn_exercise("symmetry", level, seed = 2)
    start <- exercise$task$start
    expect_match(nn_check_answer(exercise, start)$says, "h1 and h2, h1 and h3, h2 and h3 are alike still")
    one <- start
    one$weights[[2]][1] <- one$weights[[2]][1] + 0.5
    expect_match(nn_check_answer(exercise, one)$says, "h2 and h3 are alike still")
    expect_false(nn_check_answer(exercise, one)$right)
    random <- nn_init(c(2, 3, 1), seed = 1)[c("weights", "biases")]
    expect_identical(nn_check_answer(exercise, random)$right, level == 1)
    zero <- rapply(start, function(x) x * 0, how = "replace")
    expect_false(nn_check_answer(exercise, zero)$right)
  }
  start <- exercise$task$start
  start$weights[[1]][1, 2:3] <- c(0.1, 0.2)
  expect_match(nn_check_answer(exercise, start)$says, "wh and bh are to stay")
  expect_match(nn_check_answer(nn_exercise("symmetry", 1, seed = 2), zero)$says, "no error comes back")
  for (answer in list(1, list(), start["weights"], list(weights = list(1, 2), biases = list(1, 2)))) {
    expect_error(nn_check_answer(exercise, answer), "a start", class = "backprop_error_argument")
  }
})

test_that("a rate is judged by training with it", {
  exercise <- nn_exercise("rate", seed = 1)
  task <- exercise$task
  expect_match(nn_check_answer(exercise, 1e-6)$says, "far too small")
  expect_match(nn_check_answer(exercise, 1e3)$says, "too large")
  expect_match(nn_check_answer(exercise, 1e300)$says, "breaks down in epoch 1")
  fit <- nn_train(task$X, task$Y, hidden = c(), output = "linear", loss = "mse", lr = task$solution, start = task$start, epochs = task$epochs)
  expect_lte(mean((nn_predict(fit, task$X) - task$Y)^2), task$target)
  expect_error(nn_check_answer(exercise, 0), "positive number", class = "backprop_error_argument")
})

test_that("answers look like this", {
  forget_answers()
  exercise <- nn_exercise("backward", seed = 1)
  expect_snapshot({
    nn_check_answer(exercise, nn_solution(exercise)$answer)
    nn_check_answer(exercise, -nn_solution(exercise)$answer)
    nn_check_answer(exercise, c(1, 2))
    nn_check_answer(nn_exercise("rate", seed = 1), 100)
    nn_check_answer(nn_exercise("bug", seed = 1), 3)
  })
  expect_snapshot(error = TRUE, {
    nn_check_answer(exercise)
    nn_check_answer(exercise, 1, hint = 4)
    nn_check_answer(exercise, "a")
  })
})
