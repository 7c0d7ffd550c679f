# Whether an answer to an exercise is right, and what to say when it is not.

#' Check an answer to an exercise
#'
#' Says whether an answer is right. A wrong one gets a hint: what mistake it looks like, where it is one that is often made, and then the exercise's own hints, more
#' explicit with each wrong answer. `nn_solution()` tells the solution, with the sums behind it.
#'
#' Numbers are compared with those of the engine. A function, the mended script of a `"bug"`, is run beside the engine, on the exercise's data and on others of
#' another shape; a start (`"symmetry"`) and a rate (`"rate"`) are tried by training. How many wrong answers an exercise got is counted in the session.
#' @param exercise An exercise from [nn_exercise()].
#' @param answer The answer: what the exercise asks for; see the table there.
#' @param hint Which hint a wrong answer gets: 1, 2 or 3; 0 for none; `NULL` for the next one.
#' @return `nn_check_answer()` a list of class `nn_answer`, which prints what it says: `right` (`TRUE` or `FALSE`), `cells` (for numbers: which of them are right), `says` (what
#'   is wrong with this answer, or what came of it), `hint` (a text or `NULL`) and `wrong` (how many wrong answers there were so far). `nn_solution()` a list of class
#'   `nn_solution` with `answer` (numbers, a line, a start, a rate) and `lines`.
#' @section Errors:
#' An answer of another form than is asked for is an error of class `backprop_error_argument`, and no wrong answer. What is no exercise is one of class
#' `backprop_error_not_an_exercise`, an edited exercise one of class `backprop_error_edited_exercise`.
#' @examples
#' exercise <- nn_exercise("backward", seed = 1)
#' nn_check_answer(exercise, c(0.1, 0.2))
#' nn_check_answer(exercise, nn_solution(exercise)$answer)
#'
#' bug <- nn_exercise("bug", seed = 1)
#' nn_check_answer(bug, 5)$right
#'
#' rate <- nn_exercise("rate", seed = 1)
#' nn_check_answer(rate, 10)
#' @export
nn_check_answer <- function(exercise, answer, hint = NULL) {
  call <- quote(nn_check_answer())
  exercise <- unclass(check_exercise(if (missing(exercise)) NULL else exercise, call))
  if (missing(answer)) {
    stop_backprop("argument", "{.arg answer} is missing.", call = call)
  }
  if (!is.null(hint) && (!is_whole(hint, 0) || hint > length(exercise$hints))) {
    stop_argument("hint", paste("`NULL` or a whole number from 0 to", length(exercise$hints)), hint, call = call)
  }
  judge <- switch(exercise$kind,
    forward = , backward = judge_numbers, bug = judge_bug, symmetry = judge_symmetry, rate = judge_rate
  )
  judged <- judge(exercise$task, answer, call)
  wrong <- count_wrong(exercise, !judged$right)
  which <- if (is.null(hint)) min(wrong, length(exercise$hints)) else hint
  structure(
    list(
      right = judged$right, cells = judged$cells, says = judged$says,
      hint = if (!judged$right && which > 0L) exercise$hints[which], wrong = wrong
    ),
    class = "nn_answer"
  )
}

#' @rdname nn_check_answer
#' @export
nn_solution <- function(exercise) {
  exercise <- unclass(check_exercise(if (missing(exercise)) NULL else exercise, quote(nn_solution())))
  task <- exercise$task
  answer <- switch(exercise$kind,
    forward = task$answer,
    backward = stats::setNames(task$answer, task$names),
    bug = task$lines,
    symmetry = , rate = task$solution
  )
  structure(list(answer = answer, lines = exercise$solution), class = "nn_solution")
}

# Wrong answers to an exercise in this session.
count_wrong <- function(exercise, is_wrong) {
  id <- paste(exercise$kind, exercise$level, exercise$seed)
  before <- session$wrong_answers[[id]]
  count <- (if (is.null(before)) 0L else before) + is_wrong
  session$wrong_answers[[id]] <- count
  count
}

judge_numbers <- function(task, answer, call) {
  n <- length(task$answer)
  if (!is.numeric(answer) || is.object(answer) || length(answer) != n || !all(is.finite(answer))) {
    stop_argument("answer", if (n == 1L) "a number" else paste(n, "numbers, one for each cell"), answer, call = call)
  }
  answer <- as.vector(answer)
  tolerance <- answer_tolerance(task$answer)
  cells <- abs(answer - task$answer) <= tolerance
  likely <- Filter(function(mistake) all(abs(answer - mistake$value) <= answer_tolerance(mistake$value)), task$mistakes)
  says <- if (all(cells)) {
    paste0(task$names, " = ", formatC(task$answer, digits = 6, format = "fg"))
  } else if (length(likely) > 0L) {
    likely[[1L]]$text
  } else if (any(cells)) {
    paste0("Right: ", paste(task$names[cells], collapse = ", "), "; wrong: ", paste(task$names[!cells], collapse = ", "), ".")
  }
  list(right = all(cells), cells = stats::setNames(cells, task$names), says = says)
}

judge_bug <- function(task, answer, call) {
  if (is.function(answer)) {
    return(judge_script(task, answer))
  }
  if (!is_whole(answer, 1) || answer > length(task$script)) {
    stop_argument("answer", paste("the number of a line, from 1 to", length(task$script), ", or the mended function"), answer, call = call)
  }
  right <- answer %in% task$lines
  list(right = right, says = if (!right) paste0("Line ", answer, " is as it should be: `", trimws(task$script[answer]), "`."))
}

# Runs a script's function on the exercise's data, after one epoch and after all, and on data of another shape.
judge_script <- function(task, train) {
  other <- drawing_by(1L, function() {
    list(X = short_matrix(5L, 2L), Y = matrix(c(0, 1, 1, 0, 1)), start = fresh_start(c(2L, 4L, 1L)), lr = 0.3, epochs = 3L)
  })
  tasks <- list(replace(task, "epochs", 1L), task, other)
  places <- c("After one epoch", paste("After", task$epochs, "epochs"), "With 5 rows, 2 inputs and 4 hidden units")
  for (k in seq_along(tasks)) {
    numbers <- tryCatch(run_script(train, tasks[[k]]), error = identity)
    if (inherits(numbers, "error")) {
      return(list(right = FALSE, says = paste0(places[k], " the function stops: ", conditionMessage(numbers))))
    }
    apart <- script_differences(numbers, tasks[[k]])
    if (anyNA(apart)) {
      return(list(right = FALSE, says = paste0("The function must give a list with ", paste(names(apart), collapse = ", "), ", in the shapes that it was given; ", paste(names(apart)[is.na(apart)], collapse = ", "), " is not so.")))
    }
    if (max(apart) > 1e-8) {
      most <- names(apart)[apart > 1e-8]
      return(list(right = FALSE, says = paste0(places[k], " ", paste(most, collapse = ", "), if (length(most) == 1L) " differs" else " differ", " from the engine's, by up to ", format(signif(max(apart), 2L)), ".")))
    }
  }
  list(right = TRUE, says = "The function computes what the engine does, on these data and on others of another shape.")
}

judge_symmetry <- function(task, answer, call) {
  start <- task$start
  is_start <- is_plain_list(answer) && is_plain_list(answer$weights) && is_plain_list(answer$biases) &&
    identical(lengths(answer$weights), lengths(start$weights)) && identical(lengths(answer$biases), lengths(start$biases)) &&
    all(vapply(c(answer$weights, answer$biases), function(x) is.numeric(x) && all(is.finite(x)), NA))
  if (!is_start) {
    stop_argument(
      "answer", "a start: `list(weights = list(wh, wout), biases = list(bh, bout))` with 6, 3, 3 and 1 numbers", answer, call = call
    )
  }
  # The shapes are the exercise's, whatever the answer's: 3 numbers are a column as well.
  filled <- list(
    weights = Map(function(x, like) replace(like, seq_along(like), as.double(x)), answer$weights, start$weights),
    biases = Map(function(x, like) as.double(x), answer$biases, start$biases)
  )
  changed <- list(weights = Map(`!=`, filled$weights, start$weights), biases = Map(`!=`, filled$biases, start$biases))
  count <- sum(unlist(changed))
  if (task$most > 0L && count > task$most) {
    return(list(right = FALSE, says = paste0(count, " numbers were changed; ", task$most, " are to do.")))
  }
  if (task$outgoing && (any(changed$weights[[1L]]) || any(changed$biases[[1L]]))) {
    return(list(right = FALSE, says = "wh and bh are to stay as they are."))
  }
  units <- trained_units(task, filled)
  says <- alike_words(units)
  if (all(unlist(filled) == 0)) says <- paste("With all weights 0 no error comes back to the hidden layer at all.", says)
  list(right = unit_distance(units) > enough_apart, says = says)
}

judge_rate <- function(task, answer, call) {
  if (!is_positive(answer)) {
    stop_argument("answer", "a learning rate: a positive number", answer, call = call)
  }
  tried <- try_rate(as.double(answer), task)
  list(right = reaches(tried, task$target), says = paste0("With lr = ", format(answer, scientific = FALSE), " ", rate_words(tried, task$target)))
}
