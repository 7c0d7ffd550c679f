# A page of exercises that check themselves: no R, no library, no network.

#' A page of exercises
#'
#' Makes a page of exercises that check themselves in the browser: numbers are typed where they are missing, lines, starts and rates are chosen. A
#' wrong answer gets a hint, more explicit each time; the solution is there on request. The page is one file that needs no network, can be printed, and is used by mouse,
#' keyboard and screen reader alike.
#'
#' What the engine says of each answer was asked when the page was made, and is in it. It is encoded, so that it is not read at a
#' glance; whoever looks for it finds it. For an examination, check answers with [nn_check_answer()]. Without JavaScript the page shows the questions.
#' @param exercises Exercises from [nn_exercise_set()], one from [nn_exercise()], or a list of such.
#' @param file Where to save the page, a file name ending in `.html`; `NULL` for a page that shows itself.
#' @param answers Whether to write the solutions below the questions: the teacher's page.
#' @param title Heading of the page.
#' @return Without `file`, the page as an [htmltools::tagList()], which shows itself when printed in an interactive session; with `file`, the
#'   file's name, invisibly.
#' @section Errors:
#' What are no exercises, classes `backprop_error_not_an_exercise` and `backprop_error_edited_exercise`; a missing package htmltools. A page that cannot be written is an
#' error of class `backprop_error_file` that gives the reason; a file that was there is then unchanged.
#' @seealso [nn_exercise()]; [nn_view()] for a trace as a page
#' @examplesIf requireNamespace("htmltools", quietly = TRUE)
#' exercises <- nn_exercise_set(c("forward", "backward"), seed = 1)
#' nn_exercise_page(exercises, tempfile(fileext = ".html"))
#' nn_exercise_page(exercises, tempfile(fileext = ".html"), answers = TRUE)
#' if (interactive()) {
#'   nn_exercise_page(exercises)
#' }
#' @export
nn_exercise_page <- function(exercises, file = NULL, answers = FALSE, title = "Exercises") {
  call <- quote(nn_exercise_page())
  if (missing(exercises)) exercises <- NULL
  if (inherits(exercises, "nn_exercise")) exercises <- list(exercises)
  check_exercise_set(exercises, call)
  rlang::check_installed("htmltools", "to make a page.")
  check_flag(answers, "answers", call)
  if (!is_text(title)) stop_argument("title", "a text", title, call = call)
  if (!is.null(file) && !is_path(file)) stop_argument("file", "the name of a file", file, call = call)
  body <- exercise_body(lapply(exercises, unclass), answers, title)
  if (is.null(file)) {
    # In a script the page is a value like any other, and opens no browser.
    return(htmltools::browsable(exercise_tags(body), rlang::is_interactive()))
  }
  asset <- function(name) paste(readLines(system.file("exercise", name, package = "backprop"), encoding = "UTF-8"), collapse = "\n")
  page <- c(
    "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">', '<meta name="color-scheme" content="light dark">',
    # No icon: a browser would otherwise ask for one.
    '<link rel="icon" href="data:,">',
    paste0("<title>", as_html(title), "</title>"),
    "<style>", "body { margin: 0; }", asset("exercise.css"), "</style>",
    "</head>", "<body>", "<main>", body, "</main>",
    "<script>", asset("exercise.js"), "</script>", "</body>", "</html>"
  )
  write_file(file, text_bytes(page), call = call)
  invisible(file)
}

# As a part of a document, which gets style and script once.
exercise_tags <- function(body) {
  htmltools::tagList(
    htmltools::HTML(body),
    htmltools::htmlDependency(
      "nn-exercise", package_version_text(),
      src = c(file = system.file("exercise", package = "backprop")), script = "exercise.js", stylesheet = "exercise.css"
    )
  )
}

exercise_body <- function(exercises, answers, title) {
  session$exercise_pages <- 1L + if (is.null(session$exercise_pages)) 0L else session$exercise_pages
  id <- paste0("nn-exercises-", session$exercise_pages)
  n <- length(exercises)
  numeric <- any(vapply(exercises, function(exercise) is.null(exercise$options), NA))
  parts <- vapply(seq_along(exercises), function(k) exercise_section(exercises[[k]], k, paste0(id, "-", k), answers), "")
  paste(c(
    paste0('<div class="nn-exercises" id="', id, '" lang="en">'),
    paste0("<h1>", as_html(title), if (answers) ", with answers", "</h1>"),
    paste0(
      '<p class="nnx-facts">', count_text(n, "exercise"), if (numeric) ". Numbers to four decimals", '. <strong class="nnx-score" aria-live="polite"></strong></p>'
    ),
    "<noscript><p>Without JavaScript the page shows the questions, and checks nothing.</p></noscript>",
    parts, "</div>"
  ), collapse = "\n")
}

exercise_section <- function(exercise, number, id, answers) {
  question <- exercise$question
  if (!is.null(exercise$choose)) question <- c(utils::head(question, -1L), exercise$choose)
  formulas <- grepl(" = ", question, fixed = TRUE) & !grepl("[?.]$", question)
  paste(c(
    paste0(
      '<section class="nnx-exercise" aria-labelledby="', id, '" data-kind="', exercise$kind, '" data-key="', encoded_key(exercise), '">'
    ),
    paste0('<h2 id="', id, '">', number, ". ", as_html(exercise$title), ' <small>level ', exercise$level, ", seed ", exercise$seed, "</small></h2>"),
    paste0("<p>", as_html(question[!formulas]), "</p>"),
    if (any(formulas)) paste0('<ul class="nnx-formulas">', paste0("<li><code>", as_html(question[formulas]), "</code></li>", collapse = ""), "</ul>"),
    '<form class="nnx-form" novalidate autocomplete="off">',
    exercise_fields_html(exercise, id),
    '<div class="nnx-buttons" hidden><button type="submit" class="nnx-check">Check</button>',
    '<button type="button" class="nnx-solve" aria-expanded="false">Solution</button></div>',
    '<div class="nnx-says" role="status"></div>',
    "</form>",
    if (answers) c('<div class="nnx-answer"><h3>Answer</h3>', solution_html(exercise), "</div>"),
    "</section>"
  ), collapse = "\n")
}

solution_html <- function(exercise) {
  lines <- as_html(page_solution(exercise))
  if (is.null(exercise$options)) lines <- paste0("<code>", lines, "</code>")
  paste0("<ul>", paste0("<li>", lines, "</li>", collapse = ""), "</ul>")
}

# Where a page has another question than the console, the answer is to that one.
page_solution <- function(exercise) {
  if (is.null(exercise$choose)) {
    return(exercise$solution)
  }
  vapply(exercise$options, function(option) paste0(if (option$right) "Yes" else "No", ", ", option$text, ": ", option$why), "")
}

# Matrices, code, and what is to be typed or chosen.
exercise_fields_html <- function(exercise, id) {
  tables <- if (is.null(exercise$code)) {
    c('<div class="nnx-tables">', vapply(names(exercise$given), function(name) exercise_table(exercise$given[[name]], name, exercise), ""), "</div>")
  }
  choice <- switch(exercise$kind,
    forward = paste0('<p class="nnx-ask"><label>', as_html(exercise$task$names), " = ", cell_input(exercise$task$names), "</label></p>"),
    bug = code_choice(exercise, id),
    symmetry = option_list(exercise, "checkbox", id, "Starts"),
    rate = option_list(exercise, "radio", id, "Learning rates")
  )
  c(tables, choice)
}

cell_input <- function(label) {
  paste0('<span class="nnx-cell"><input type="text" inputmode="decimal" size="8" aria-label="', as_html(label), '"></span>')
}

exercise_table <- function(x, name, exercise) {
  shown <- format_aligned(x[!is.na(x)], 5L)
  text <- matrix("", nrow(x), ncol(x))
  text[!is.na(x)] <- sub("^-", "\u2212", shown)
  # The fields of a missing row stand in it.
  if (anyNA(x)) text[is.na(x)] <- vapply(exercise$task$names, cell_input, "")
  rows <- vapply(seq_len(nrow(x)), function(i) {
    paste0('<tr><th scope="row">', as_html(rownames(x)[i]), "</th>", paste0("<td>", text[i, ], "</td>", collapse = ""), "</tr>")
  }, "")
  paste0(
    "<table><caption>", as_html(name), "</caption><thead><tr><td></td>", paste0('<th scope="col">', as_html(colnames(x)), "</th>", collapse = ""),
    "</tr></thead><tbody>", paste(rows, collapse = ""), "</tbody></table>"
  )
}

option_list <- function(exercise, type, id, legend) {
  items <- vapply(seq_along(exercise$options), function(k) {
    paste0('<li><label><input type="', type, '" name="', id, '-option" value="', k, '"> ', as_html(exercise$options[[k]]$text), "</label></li>")
  }, "")
  paste0('<fieldset class="nnx-options"><legend>', legend, "</legend><ul>", paste(items, collapse = ""), "</ul></fieldset>")
}

# The script with a button beside each line that may be wrong.
code_choice <- function(exercise, id) {
  lines <- as.integer(vapply(exercise$options, function(option) option$text, ""))
  items <- vapply(seq_along(exercise$code), function(k) {
    line <- paste0("<code>", as_html(exercise$code[k]), "</code>")
    option <- match(k, lines)
    if (is.na(option)) {
      return(paste0("<li><span>", line, "</span></li>"))
    }
    paste0('<li><label><input type="radio" name="', id, '-option" value="', option, '" aria-label="Line ', k, '"> ', line, "</label></li>")
  }, "")
  paste0('<fieldset class="nnx-code"><legend>The wrong line</legend><ol>', paste(items, collapse = ""), "</ol></fieldset>")
}

# What the page judges by, as JSON in hexadecimal digits: not to be read at a glance, and no secret.
encoded_key <- function(exercise) {
  task <- exercise$task
  key <- if (is.null(exercise$options)) {
    list(
      answer = I(task$answer), names = I(task$names), tolerance = I(answer_tolerance(task$answer)),
      mistakes = lapply(task$mistakes, function(mistake) {
        list(value = I(mistake$value), tolerance = I(answer_tolerance(mistake$value)), text = mistake$text)
      })
    )
  } else {
    list(options = lapply(exercise$options, function(option) option[c("text", "right", "why")]))
  }
  key <- c(key, list(hints = I(exercise$hints), solution = I(page_solution(exercise))))
  paste(format(charToRaw(json_text(key))), collapse = "")
}
