# Exercises about backpropagation on fresh numbers, checked against the engine: what one is, and how it is made.
#
# An exercise (class `nn_exercise`) is a plain list:
#   kind, level, seed  what makes it: the same three give the same exercise
#   title, question    words; the question is a line or more
#   given              named list of the matrices that are shown (NA: to be found)
#   code               lines of a script, or NULL
#   ask                how to answer, with `%s` where the exercise stands
#   hints              from vague to explicit
#   solution           lines
#   task               what answers are judged by: fields of the kind's own
#   options            for a page: what there is to choose from (text, right, why), or NULL where numbers are typed
#   choose             the question that goes with options, in place of the last of `question`, or NULL where that will do
# A kind is a function that makes one from a level (exercise-cells, -bug, -symmetry, -rate) and one that judges an answer (exercise-check).

exercise_kinds <- c("forward", "backward", "bug", "symmetry", "rate")

exercise_makers <- function(kind) {
  switch(kind,
    forward = make_forward, backward = make_backward, bug = make_bug, symmetry = make_symmetry, rate = make_rate
  )
}

#' Exercises that check
#'
#' Makes an exercise on fresh numbers, of which the engine knows the answer. [nn_check_answer()] says whether an answer is right and gives a hint when it
#' is not, more explicit each time; [nn_solution()] tells it all. [nn_exercise_page()] makes a page of exercises that check themselves without R.
#'
#' | kind | question | answer |
#' |---|---|---|
#' | `"forward"` | predict a cell of the forward pass | a number |
#' | `"backward"` | fill the missing row of a matrix of the backward pass | a number for each cell of the row |
#' | `"bug"` | find the bug that was planted in a script | the number of its line, or the mended function, which is run beside the engine |
#' | `"symmetry"` | hidden units that start equal stay equal: break the symmetry | a start (as for [nn_train()]) that trains to different units |
#' | `"rate"` | choose a learning rate that reaches a loss in so many epochs | a number, tried by training |
#'
#' Level 1 has one hidden layer (none for `"rate"`) and bugs that show; level 2 two hidden layers, other activations and bugs that hide behind
#' shapes that fit by chance; level 3 two classes with softmax and a cross-entropy, and bugs in what looks right. Numbers that are to be computed by hand are few and
#' short. An answer is right within 0.0002 and a thousandth of itself: rounding to four decimals on the way does no harm.
#'
#' @param kind What to ask: `"forward"`, `"backward"`, `"bug"`, `"symmetry"` or `"rate"`.
#' @param level How hard: 1, 2 or 3.
#' @param seed Whole number that decides the numbers, so that a class has the same ones, or each pupil others; `NULL` draws one.
#' @param kinds Which kinds, taken in turn.
#' @param n How many exercises.
#' @return `nn_exercise()` an exercise, which shows itself when printed; `nn_exercise_set()` a list of `n` of them, of class `nn_exercise_set`. Exercises hold
#'   their answers, which printing does not show. What is shown is in them too: matrices in `exercise$given`, a script in `exercise$code`, the start
#'   whose symmetry is to be broken in `exercise$task$start`.
#' @section Errors:
#' Arguments that are not what is described above: classes `backprop_error_argument` and `backprop_error_choice`.
#' @seealso [nn_check_answer()], [nn_exercise_page()], [nn_write_trace()] with `blank = TRUE`, `vignette("class")`
#' @examples
#' exercise <- nn_exercise("forward", seed = 1)
#' exercise
#' nn_check_answer(exercise, 0.5)
#'
#' # One for each of three pupils
#' lapply(1:3, function(pupil) nn_exercise("backward", level = 2, seed = pupil))
#'
#' nn_exercise_set(n = 5, seed = 1)
#' @export
nn_exercise <- function(kind = c("forward", "backward", "bug", "symmetry", "rate"), level = 1, seed = NULL) {
  call <- quote(nn_exercise())
  if (missing(kind)) kind <- "forward"
  kind <- check_choice(kind, "kind", exercise_kinds, call)
  level <- check_difficulty(level, call)
  make_exercise(kind, level, undoing_draws(seed_or_drawn(seed, call)))
}

#' @rdname nn_exercise
#' @export
nn_exercise_set <- function(kinds = c("forward", "backward", "bug", "symmetry", "rate"), n = length(kinds), level = 1, seed = NULL) {
  call <- quote(nn_exercise_set())
  kinds <- check_choices(kinds, "kinds", exercise_kinds, call)
  n <- check_count(n, "n", call = call)
  level <- check_difficulty(level, call)
  seed <- undoing_draws(seed_or_drawn(seed, call))
  seeds <- drawing_by(seed, function() sample.int(99999L, n, replace = n > 99999L))
  structure(Map(make_exercise, rep_len(kinds, n), level, seeds, list(call), USE.NAMES = FALSE), class = "nn_exercise_set")
}

check_difficulty <- function(level, call) {
  if (!is_whole(level, 1) || level > 3) stop_argument("level", "1, 2 or 3", level, call = call)
  as.integer(level)
}

# Numbers are drawn anew until the exercise is fair: a maker gives NULL where it is not.
make_exercise <- function(kind, level, seed, call = quote(nn_exercise())) {
  make <- exercise_makers(kind)
  made <- drawing_by(seed, function() {
    for (attempt in 1:500) {
      made <- make(level)
      if (!is.null(made)) return(made)
    }
  })
  if (is.null(made)) {
    stop_backprop("exercise", "No fair exercise was found for this seed: try another.", call = call)
  }
  structure(c(list(kind = kind, level = level, seed = as.integer(seed)), made), class = "nn_exercise")
}

# Made when asked for: this file is read before fields.R.
exercise_fields <- function() fields(
  kind = choice_field(exercise_kinds),
  level = field("1, 2 or 3", function(x, exercise) is_whole(x, 1) && x <= 3),
  seed = whole_field(),
  title = text_field(),
  question = field("lines of text", function(x, exercise) is_lines(x)),
  given = field("a named list of matrices of numbers", function(x, exercise) is_plain_list(x) && !is.null(names(x)) && all(vapply(x, is_shown_matrix, NA))),
  code = field("lines of text", function(x, exercise) is_lines(x), optional = TRUE),
  ask = text_field(),
  hints = field("lines of text", function(x, exercise) is_lines(x)),
  solution = field("lines of text", function(x, exercise) is_lines(x)),
  task = field("a list of what answers are judged by", function(x, exercise) is_plain_list(x) && is_whole_task(x, exercise$kind)),
  options = field("a list of options", function(x, exercise) is_plain_list(x) && all(vapply(x, is_option, NA)), optional = TRUE),
  choose = text_field(optional = TRUE)
)

is_lines <- function(x) is.character(x) && is.null(dim(x)) && length(x) > 0L && !anyNA(x)

is_shown_matrix <- function(x) is.matrix(x) && is.numeric(x) && !is.object(x)

is_option <- function(x) is_plain_list(x) && is_lines(x$text) && is_flag(x$right) && is_lines(x$why)

is_whole_task <- function(task, kind) {
  numbers <- function(x) is.numeric(x) && !is.object(x) && length(x) > 0L && all(is.finite(x))
  network <- function() numbers(task$X) && numbers(task$Y) && is_plain_list(task$start) && is_whole(task$epochs, 1)
  switch(kind,
    forward = , backward = numbers(task$answer) && is.character(task$names) && length(task$names) == length(task$answer) && is_plain_list(task$mistakes),
    bug = network() && numbers(task$lines) && numbers(task$lr) && is_lines(task$script),
    symmetry = network() && numbers(task$lr) && is_whole(task$most, 0) && is_flag(task$outgoing) && is_plain_list(task$solution),
    rate = network() && numbers(task$target) && numbers(task$solution)
  )
}

check_exercise <- function(exercise, call, arg = "exercise") {
  if (!inherits(exercise, "nn_exercise")) {
    found <- describe_value(exercise)
    stop_backprop("not_an_exercise", "{.arg {arg}} must be an exercise made by {.fn nn_exercise}, not {found}.", call = call)
  }
  plain <- unclass(exercise)
  wrong <- if (is.list(plain)) find_wrong(plain, exercise_fields()) else wrong_part("", "a list", exercise)
  if (!is.null(wrong)) stop_edited(wrong, arg, call, "exercise", "a whole exercise")
  invisible(exercise)
}

check_exercise_set <- function(exercises, call, arg = "exercises") {
  if (!is.list(exercises) || length(exercises) == 0L || !all(vapply(unclass(exercises), inherits, NA, "nn_exercise"))) {
    found <- describe_value(exercises)
    stop_backprop("not_an_exercise", "{.arg {arg}} must be exercises made by {.fn nn_exercise} or {.fn nn_exercise_set}, not {found}.", call = call)
  }
  for (exercise in unclass(exercises)) check_exercise(exercise, call, arg)
  invisible(exercises)
}
