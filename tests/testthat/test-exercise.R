# CRAN wants all tests in a minute.
skip_on_cran()

# Exercises: what they ask, and that the engine's answer is right.

all_exercises <- function(seeds, kinds = exercise_kinds) {
  unlist(lapply(kinds, function(kind) unlist(lapply(1:3, function(level) lapply(seeds, function(seed) nn_exercise(kind, level, seed))), recursive = FALSE)), recursive = FALSE)
}

test_that("kind, level and seed decide an exercise, and the session's generator stays where it was", {
  set.seed(1)
  before <- .Random.seed
  first <- nn_exercise("backward", 2, seed = 5)
  expect_identical(.Random.seed, before)
  set.seed(99, kind = "Wichmann-Hill")
  expect_identical(nn_exercise("backward", 2, seed = 5), first)
  RNGkind("default")
  expect_false(identical(nn_exercise("backward", 2, seed = 6)$given, first$given))
  set.seed(2)
  drawn <- nn_exercise("forward")
  set.seed(2)
  expect_identical(nn_exercise("forward"), drawn)
})

test_that("what nn_solution() tells is right, for every kind, level and seed", {
  for (exercise in all_exercises(1:2)) {
    answer <- nn_check_answer(exercise, nn_solution(exercise)$answer)
    expect_true(answer$right)
    expect_null(answer$hint)
    expect_length(exercise$hints, 3)
  }
})

test_that("numbers of the forward pass are those of R's own arithmetic", {
  for (seed in 1:20) {
    exercise <- nn_exercise("forward", 1, seed)
    given <- exercise$given
    sigmoid <- function(z) 1 / (1 + exp(-z))
    hidden_layer_input <- given$X %*% given$wh + rep(given$bh, each = 3)
    output_layer_input <- sigmoid(hidden_layer_input) %*% given$wout + given$bout[1]
    all <- list(
      hidden_layer_input = hidden_layer_input, hiddenlayer_activations = sigmoid(hidden_layer_input),
      output_layer_input = output_layer_input, output = sigmoid(output_layer_input)
    )
    at <- regmatches(exercise$task$names, regexec("^(.*)\\[(.*), (.*)\\]$", exercise$task$names))[[1]]
    expect_equal(exercise$task$answer, all[[at[2]]][[at[3], at[4]]], tolerance = 1e-12)
  }
})

test_that("a row of the backward pass can be computed from what is shown, rounded to four decimals on the way", {
  for (seed in 1:20) {
    exercise <- nn_exercise("backward", 1, seed)
    given <- lapply(exercise$given, round, 4)
    E <- given$Y - given$output
    d_output <- round(E * given$output * (1 - given$output), 4)
    back <- round(d_output %*% t(given$wout), 4)
    delta <- round(back * given$hiddenlayer_activations * (1 - given$hiddenlayer_activations), 4)
    asked <- names(exercise$given)[length(exercise$given)]
    row <- which(is.na(exercise$given[[asked]][, 1]))
    expect_length(row, 1)
    found <- if (asked == "d_hiddenlayer") delta[row, ] else back[row, ]
    expect_true(nn_check_answer(exercise, found)$right)
  }
})

test_that("known mistakes are wrong, and are told by name", {
  told <- character()
  for (exercise in all_exercises(1:8, c("forward", "backward"))) {
    for (mistake in exercise$task$mistakes) {
      answer <- nn_check_answer(exercise, mistake$value)
      expect_false(answer$right)
      told <- c(told, answer$says)
    }
  }
  # Without the bias, the weighted input, the sigmoid's sign, turned signs, the slope, the learning rate ...
  expect_gt(length(unique(told)), 9)
  expect_true(any(grepl("without the bias", told)) && any(grepl("slope", told)) && any(grepl("Mind the sign", told)))
})

test_that("every planted bug shows after one epoch, in a line that differs, and the right script computes what the engine does", {
  right <- script_function(unname(right_script))
  task <- drawing_by(1, bug_data)
  expect_lt(max(script_differences(run_script(right, task), task)), 1e-12)
  task$epochs <- 1L
  for (bug in unlist(planted_bugs, recursive = FALSE)) {
    planted <- plant_bug(bug)
    expect_gt(max(script_differences(run_script(script_function(planted$script), task), task)), 1e-4)
    expect_identical(planted$script[planted$line], bug$wrong)
    expect_length(planted$script, length(right_script))
    # Without that line both scripts are the same.
    expect_identical(planted$script[-planted$line], unname(right_script[names(right_script) != bug$line]))
  }
})

test_that("units that start equal stay equal, to the bit", {
  task <- nn_exercise("symmetry", seed = 1)$task
  units <- trained_units(task, task$start)
  expect_identical(units[1, ], units[2, ])
  expect_identical(units[1, ], units[3, ])
  # They do train.
  expect_gt(max(abs(units[1, 1:2] - task$start$weights[[1]][, 1])), 1e-3)
})

test_that("exercises look like this", {
  expect_snapshot(nn_exercise_set(n = 5, level = 1, seed = 1))
  expect_snapshot(nn_solution(nn_exercise("backward", level = 3, seed = 1)))
})

test_that("a set takes its kinds in turn, and its exercises have seeds of their own that make them alone", {
  set <- nn_exercise_set(c("forward", "rate"), n = 3, level = 2, seed = 4)
  expect_identical(vapply(set, function(exercise) exercise$kind, ""), c("forward", "rate", "forward"))
  expect_identical(nn_exercise("forward", 2, set[[3]]$seed), set[[3]])
  expect_false(identical(set[[1]]$task, set[[3]]$task))
})

test_that("arguments that are none are refused", {
  expect_snapshot(error = TRUE, {
    nn_exercise("forwards")
    nn_exercise(level = 4)
    nn_exercise(seed = "a")
    nn_exercise_set(kinds = character())
    nn_exercise_set(n = 0)
    nn_check_answer(1, 2)
    nn_solution()
  })
  edited <- nn_exercise("forward", seed = 1)
  edited$task$answer <- "a"
  expect_error(nn_check_answer(edited, 1), "edited", class = "backprop_error_edited_exercise")
  expect_error(print(edited), class = "backprop_error_edited_exercise")
  edited$task <- NULL
  expect_error(nn_solution(edited), "is missing", class = "backprop_error_edited_exercise")
})
