# How exercises, answers and solutions look in the console.

#' @rdname nn_exercise
#' @param x An exercise or a set of them.
#' @param ... Not used.
#' @export
print.nn_exercise <- function(x, ...) {
  check_exercise(x, quote(print()), "x")
  print_exercise(unclass(x), "exercise")
  invisible(x)
}

#' @rdname nn_exercise
#' @export
print.nn_exercise_set <- function(x, ...) {
  check_exercise_set(x, quote(print()), "x")
  exercises <- unclass(x)
  for (k in seq_along(exercises)) {
    if (k > 1L) cat("\n")
    print_exercise(unclass(exercises[[k]]), paste0("exercises[[", k, "]]"), k)
  }
  invisible(x)
}

print_exercise <- function(exercise, name, number = NULL) {
  print_rule(paste0(if (!is.null(number)) paste0(number, ". "), exercise$title, " (level ", exercise$level, ", seed ", exercise$seed, ")"))
  question <- exercise$question
  cat(strwrap(question[1L], cli::console_width()), sep = "\n")
  # Formulas stay in one piece.
  cat(paste0("  ", question[-1L]), sep = "\n")
  if (is.null(exercise$code)) {
    print_blocks(lapply(names(exercise$given), function(name) shown_block(exercise$given[[name]], name)))
  } else {
    cat(paste0(formatC(seq_along(exercise$code), width = 4), "  ", exercise$code), sep = "\n")
  }
  cat("Answer: ", sprintf(exercise$ask, name), "\n", sep = "")
}

# A matrix with a ? in each cell that is to be found.
shown_block <- function(x, name) {
  block <- table_block(x, name, shown_limits(digits = 5))
  if (anyNA(x)) block$lines <- gsub("NA", " ?", block$lines, fixed = TRUE)
  block
}

#' @rdname nn_check_answer
#' @param x An answer that was checked, or a solution.
#' @param ... Not used.
#' @export
print.nn_answer <- function(x, ...) {
  if (x$right) cli::cat_line(cli::col_green(cli::symbol$tick), " Right.") else cli::cat_line(cli::col_red(cli::symbol$cross), " Not yet.")
  for (text in c(x$says, if (!is.null(x$hint)) paste("Hint:", x$hint))) {
    for (line in strsplit(text, "\n", fixed = TRUE)[[1L]]) cat(strwrap(line, cli::console_width(), indent = 2, exdent = 4), sep = "\n")
  }
  invisible(x)
}

#' @rdname nn_check_answer
#' @export
print.nn_solution <- function(x, ...) {
  cat(x$lines, sep = "\n")
  invisible(x)
}
