# Random calls: exercises, and what is asked of them.

targets_of_exercises <- function() {
  kinds <- c("forward", "backward", "bug", "symmetry", "rate")
  a_level <- function(near) if (near) draw_one(0, 4, NA, "1", 1.5, c(1, 2)) else draw_one(1, 2, 3)
  is_exercise <- function(value) c(if (!inherits(value, "nn_exercise")) "is no exercise", faults_of_text(value))
  an_exercise <- function() nn_exercise(draw_from(kinds), draw_one(1, 2, 3), sample.int(50L, 1L))
  # An exercise that was edited, or none at all.
  hostile <- function(exercise) {
    if (chance(0.3)) return(hostile_value())
    exercise <- unclass(exercise)
    exercise[[draw_from(names(exercise))]] <- hostile_value()
    structure(exercise, class = "nn_exercise")
  }
  an_answer <- function(exercise) {
    function(near) {
      if (near) return(draw_one(NA, "a", numeric(), c(1, Inf), 1e308, -1, list(), function(...) stop(own_error), function(...) 1, hostile_value()))
      if (chance(0.5)) nn_solution(exercise)$answer else draw_one(0.1, 5, c(0.1, 0.2), exercise$task$start)
    }
  }
  asks <- function(target, head, holds, kinds = function(exercise) list(), needed = character()) {
    function() {
      exercise <- an_exercise()
      arguments <- draw_arguments(kinds(exercise), draw_how(), needed)
      fuzz_draw(target, head, c(list(if (chance(0.2)) hostile(exercise) else exercise), arguments), holds = holds)
    }
  }
  page <- function(near) if (near) draw_one(file.path(tempdir(), "no", "a.html"), "", NA, tempdir(), 1) else tempfile(fileext = ".html")
  list(
    nn_exercise = function() {
      arguments <- draw_arguments(list(kind = a_choice_of(kinds), level = a_level, seed = or_null(a_seed)))
      fuzz_draw(c("nn_exercise", "print.nn_exercise"), quote(nn_exercise), arguments, may_draw = TRUE, holds = is_exercise)
    },
    nn_exercise_set = function() {
      arguments <- draw_arguments(list(
        kinds = function(near) if (near) draw_one("zzz", NA_character_, 1, character()) else sample(kinds, 2L),
        n = function(near) if (near) draw_one(0, NA, 1.5, "2") else draw_one(1, 2), level = a_level, seed = or_null(a_seed)
      ), needed = "n")
      fuzz_draw(c("nn_exercise_set", "print.nn_exercise_set"), quote(nn_exercise_set), arguments, may_draw = TRUE, holds = function(value) {
        c(if (!all(vapply(value, inherits, NA, "nn_exercise"))) "has what is no exercise", faults_of_text(value))
      })
    },
    nn_check_answer = asks(c("nn_check_answer", "print.nn_answer"), quote(nn_check_answer), function(value) {
      c(if (!is_flag(value$right)) "is neither right nor wrong", if (value$right && length(value$hint) > 0L) "is right and has a hint", faults_of_text(value))
    }, function(exercise) {
      list(answer = an_answer(exercise), hint = or_null(function(near) if (near) draw_one(-1, 4, NA, "1", 1.5) else draw_one(0, 1, 3)))
    }, "answer"),
    nn_solution = asks(c("nn_solution", "print.nn_solution"), quote(nn_solution), function(value) c(if (!is.character(value$lines)) "has no lines", faults_of_text(value))),
    nn_exercise_page = asks("nn_exercise_page", quote(nn_exercise_page), function(value) {
      if (!is.character(value)) return(if (!inherits(value, "shiny.tag.list")) "is no page")
      on.exit(unlink(value))
      if (file.size(value) == 0) "wrote nothing"
    }, function(exercise) list(
      file = or_null(page), answers = a_flag, title = function(near) if (near) draw_one(NA_character_, 1, c("a", "b")) else draw_one("<b>", "A title")
    ))
  )
}
