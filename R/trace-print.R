# How a trace looks in the console: the article's spreadsheet, step by step.

#' Print a trace
#'
#' The whole trace as in a spreadsheet: each step with its formula and its matrices. Cells that an update changed are
#' highlighted, or marked with `*` where the console has no colours. One step (`trace[[7]]`) is shown with the
#' matrices that it reads and the sum behind one of its cells; that cell and the cells it is made from are
#' highlighted, or marked with `*` and `+`.
#'
#' @param x A trace from [nn_trace()], or one of its steps.
#' @param rows,columns How much of a large matrix to show. All of it is recorded.
#' @param digits Significant digits of the largest number of a matrix, 22 at most.
#' @param iterations How many iterations to show.
#' @param cell Row and column of the cell to explain.
#' @param ... Not used.
#' @return `x`, invisibly.
#' @examples
#' trace <- nn_trace(Species ~ ., data = iris, hidden = 2, seed = 1)
#' print(trace, rows = 3)
#' print(trace[["d_hiddenlayer"]], cell = c(2, 1))
#' @export
print.nn_trace <- function(x, rows = 10, columns = 8, digits = 4, iterations = 2, ...) {
  call <- quote(print())
  check_trace(x, call, "x")
  limits <- check_limits(rows, columns, digits, call)
  iterations <- check_count(iterations, "iterations", call = call)
  print_trace_header(x)
  positions <- seq_along(x)
  of_iteration <- vapply(as.list(x), function(step) step$iteration, 0L)
  shown <- utils::head(unique(of_iteration), iterations)
  cut <- FALSE
  for (iteration in shown) {
    cat("\n")
    print_rule(iteration_title(x, iteration))
    at <- positions[of_iteration == iteration]
    for (group in step_groups(as.list(x)[at])) {
      cut <- print_group(as.list(x)[at[group]], at[group], limits) || cut
    }
  }
  print_footer(x, length(unique(of_iteration)) - length(shown), cut, limits)
  invisible(x)
}

check_limits <- function(rows, columns, digits, call) {
  digits <- check_count(digits, "digits", call = call)
  # More than format() takes.
  if (digits > 22L) stop_argument("digits", "a whole number from 1 to 22", digits, call = call)
  shown_limits(check_count(rows, "rows", call = call), check_count(columns, "columns", call = call), digits)
}

print_trace_header <- function(trace) {
  fields <- unclass(trace)
  network <- fields$network
  matrices <- length(trace)
  cat(
    "<nn_trace> ", paste(network$sizes, collapse = "-"),
    ", ", paste(c(network$activation, network$output), collapse = " - "), ", loss ", network$loss, "\n",
    count_text(nrow(fields$iterations), "iteration"), " of ", describe_optimizer(network$optimizer),
    ", lr ", format(fields$lr, digits = 4), ": ", matrices, if (matrices == 1L) " matrix" else " matrices", "\n",
    "Loss ", format(fields$loss[["before"]], digits = 5), " -> ", format(fields$loss[["after"]], digits = 5), "\n",
    sep = ""
  )
}

iteration_title <- function(trace, iteration) {
  row <- unclass(trace)$iterations[iteration, ]
  paste0("Iteration ", iteration, ", epoch ", row$epoch, ", ", count_text(row$rows, "row"))
}

print_rule <- function(title) {
  dashes <- if (cli::is_utf8_output()) "\u2500" else "-"
  title <- paste0(strrep(dashes, 2L), " ", title, " ")
  rest <- max(0L, min(cli::console_width(), 80L) - nchar(title))
  cat(cli::style_bold(paste0(title, strrep(dashes, rest))), "\n", sep = "")
}

# Matrices of one of the article's steps that follow each other; by layer, unless the article's one formula per layer
# will do.
step_groups <- function(steps) {
  place <- vapply(steps, function(step) {
    by_layer <- step$number %in% c(2L, 3L, 8L, 9L) || (step$phase == "update" && !startsWith(step$op, "descend"))
    paste(step$number, if (by_layer) step$layer)
  }, "")
  runs <- rle(place)
  split(seq_along(steps), rep(seq_along(runs$lengths), runs$lengths))
}

group_title <- function(steps) {
  last <- steps[[length(steps)]]
  of_one_layer <- length(unique(vapply(steps, function(step) as.integer(step$layer), 0L))) == 1L
  if (length(steps) == 1L || (of_one_layer && last$number >= 10L)) {
    return(lower_first(last$name))
  }
  switch(as.character(last$number),
    `0` = "the data", `1` = "weights and biases", `4` = "the output layer", `6` = "slopes", `10` = "new weights",
    `11` = "new biases", `12` = "the family's own parameters", lower_first(last$name)
  )
}

# Prints the matrices of one step; TRUE when something of them was cut.
print_group <- function(steps, positions, limits) {
  first <- steps[[1L]]
  cat("\n", cli::style_bold(paste0("Step ", first$number)), ", ", first$phase, ": ", group_title(steps), "\n", sep = "")
  print_formulas(steps)
  print_notes(unique(unlist(lapply(steps, function(step) step$note))))
  blocks <- Map(function(step, position) {
    marks <- if (!is.null(step$changed)) array(as.integer(step$changed %in% TRUE), dim(step$result))
    table_block(step$result, paste0("[", position, "] ", step$key), limits, marks)
  }, steps, positions)
  print_blocks(blocks)
  any(vapply(blocks, function(block) block$cut, NA))
}

# Formulas with the shapes of their matrices beside them where the console is wide enough, else below.
print_formulas <- function(steps) {
  steps <- steps[vapply(steps, function(step) step$op != "given", NA)]
  if (length(steps) == 0L) {
    return(invisible())
  }
  formulas <- vapply(steps, function(step) step$formula, "")
  shapes <- vapply(steps, function(step) step$shape, "")
  width <- cli::console_width()
  if (max(nchar(formulas)) + max(nchar(shapes)) + 5L <= width) {
    cat(paste0("  ", format(formulas), "   ", cli::col_grey(shapes), "\n"), sep = "")
    return(invisible())
  }
  for (k in seq_along(steps)) {
    cat(paste0(strwrap(formulas[k], width - 2L, indent = 2L, exdent = 6L), "\n"), sep = "")
    if (grepl("=", shapes[k], fixed = TRUE)) {
      cat("      ", cli::col_grey(shapes[k]), "\n", sep = "")
    }
  }
}

print_notes <- function(notes) {
  if (length(notes) > 0L) {
    cat(paste0("  ", unlist(lapply(notes, strwrap, min(cli::console_width(), 80L) - 4L)), "\n"), sep = "")
  }
}

print_footer <- function(trace, iterations_left, cut, limits) {
  lines <- c(
    if (iterations_left > 0L) {
      paste0("... ", count_text(iterations_left, "more iteration"), ": print(iterations = ) shows more.")
    },
    if (cut) {
      paste0(
        "Large matrices are cut to ", limits_text(limits), "; all was computed and recorded: see print(rows = , columns = ) and as.data.frame()."
      )
    },
    if (any(vapply(as.list(trace), function(step) any(step$changed %in% TRUE), NA))) {
      if (has_colours()) "Highlighted: changed by the update." else "* changed by the update"
    }
  )
  if (length(lines) > 0L) {
    cat("\n", paste0(unlist(lapply(lines, strwrap, cli::console_width())), "\n"), sep = "")
  }
}

#' @rdname print.nn_trace
#' @export
print.nn_trace_step <- function(x, cell = c(1, 1), rows = 10, columns = 8, digits = 4, ...) {
  call <- quote(print())
  check_trace_step(x, call)
  limits <- check_limits(rows, columns, digits, call)
  cell <- check_cell(cell, x$result, call)
  i <- cell[1L]
  j <- cell[2L]
  cat(
    "<nn_trace_step> iteration ", x$iteration, ", step ", x$number, ", ", x$phase, ": ", lower_first(x$name), "\n",
    sep = ""
  )
  print_formulas(list(x))
  print_notes(x$note)
  cat("\n")
  explained <- x$op != "given"
  reads <- trace_reads(x, i, j)
  blocks <- lapply(names(x$operands), function(name) {
    operand <- x$operands[[name]]
    marks <- array(0L, dim(operand))
    marks[reads[[name]]] <- 2L
    table_block(operand, if (name == x$key) paste(name, "(before)") else name, limits, marks)
  })
  marks <- array(0L, dim(x$result))
  marks[i, j] <- as.integer(explained)
  title <- if (x$key %in% names(x$operands)) paste(x$key, "(after)") else x$key
  blocks <- c(blocks, list(table_block(x$result, title, limits, marks)))
  print_blocks(blocks)
  if (explained) {
    cat("\n  ", x$key, "[", i, ", ", j, "] = ", trace_numbers(x, i, j, digits), "\n", sep = "")
    signs <- "* this cell, + the cells it is made from"
    cat("  ", if (has_colours()) "Highlighted: this cell, and the cells it is made from." else signs, "\n", sep = "")
  }
  if (any(vapply(blocks, function(block) block$cut, NA))) {
    cat("  Cut to ", limits_text(limits), ": see print(rows = , columns = ).\n", sep = "")
  }
  invisible(x)
}

lower_first <- function(text) paste0(tolower(substr(text, 1L, 1L)), substr(text, 2L, nchar(text)))

check_cell <- function(cell, result, call) {
  fits <- is.numeric(cell) && length(cell) == 2L && !anyNA(cell) &&
    all(cell >= 1 & cell == floor(cell) & cell <= dim(result))
  if (!fits) {
    size <- paste(nrow(result), "x", ncol(result))
    stop_argument("cell", paste("a row and a column of the result, which is", size), cell, call = call)
  }
  as.integer(cell)
}
