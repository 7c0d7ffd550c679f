# What a path is: the check that it is one, its table, and how it looks in the console.

path_fields <- fields(
  surface = field("a data frame with columns `x`, `y` and `loss` over a whole grid", function(x, path) is_surface(x), classed = TRUE),
  paths = field("a data frame with columns `method`, `iteration`, `epoch`, `x`, `y` and `loss`", function(x, path) is_table_of_paths(x), classed = TRUE),
  axes = field("two texts", function(x, path) is_texts(x, 2L)),
  along = choice_field(c("weights", "pca", "random")),
  held = field("a list of `count` and `at`", function(x, path) is_plain_list(x) && is_whole(x$count, 0) && is_choice(x$at, c("end", "start"))),
  exact = flag_field()
)

is_surface <- function(x) {
  if (!is.data.frame(x) || !are_numbers_in(x, c("x", "y", "loss")) || anyNA(x$x) || anyNA(x$y) || nrow(x) < 4L) {
    return(FALSE)
  }
  n <- match(FALSE, x$y == x$y[1L]) - 1L
  across <- x$x[seq_len(if (is.na(n)) 1L else n)]
  length(across) > 1L && nrow(x) %% length(across) == 0L && !is.unsorted(across, strictly = TRUE) &&
    identical(x$x, rep(across, nrow(x) / length(across))) && !is.unsorted(x$y[seq.int(1L, nrow(x), length(across))], strictly = TRUE)
}

is_table_of_paths <- function(x) {
  is.data.frame(x) && nrow(x) > 0L && are_numbers_in(x, c("iteration", "epoch", "x", "y", "loss")) && is.factor(x$method) && !anyNA(x$method)
}

are_numbers_in <- function(x, columns) all(vapply(columns, function(name) is_bare_number(x[[name]]), NA))

# `x` as a path, or an error.
check_path <- function(x, arg, call) {
  if (!inherits(x, "nn_path")) stop_argument(arg, "a path from `nn_path()`", x, call = call)
  fields <- unclass(x)
  wrong <- if (is.list(fields)) find_wrong(fields, path_fields) else wrong_part("", "a list", fields)
  if (!is.null(wrong)) stop_edited(wrong, arg, call, "path", "a whole path")
  fields$paths$method <- droplevels(fields$paths$method)
  fields
}

#' @rdname nn_path
#' @param x A path.
#' @export
print.nn_path <- function(x, ...) {
  path <- check_path(x, "x", quote(print()))
  ends <- path_ends(path)
  cat("<nn_path> ", count_text(nrow(ends), "way"), " down the loss, from one start\n", sep = "")
  cat("x: ", path$axes[1L], "\ny: ", path$axes[2L], "\n", sep = "")
  cat(path_note(path), "\n\n", sep = "")
  table <- data.frame(
    method = ends$method, updates = ends$iteration, epochs = ends$epoch,
    `loss before` = format(ends$before, digits = 4), `loss after` = format(ends$loss, digits = 4), check.names = FALSE
  )
  print(table, row.names = FALSE, right = FALSE)
  invisible(x)
}

# The last point of each path, and the loss `before`.
path_ends <- function(path) {
  paths <- path$paths
  last <- !duplicated(paths$method, fromLast = TRUE)
  ends <- paths[last, ]
  ends$before <- paths$loss[!duplicated(paths$method)][match(ends$method, paths$method[!duplicated(paths$method)])]
  ends
}

path_note <- function(path) {
  if (path$exact) {
    return("These are all numbers of the network: each point lies on the surface.")
  }
  paste0(held_in_path(path), ". The paths' points have a loss of their own.")
}

held_in_path <- function(path) {
  held <- paste0("as at the ", path$held$at, " of \"", levels(path$paths$method)[1L], "\"")
  if (path$along == "weights") paste(count_text(path$held$count, "other number"), held) else paste("Through the network", held)
}

#' @rdname nn_path
#' @param row.names,optional Not used.
#' @export
as.data.frame.nn_path <- function(x, row.names = NULL, optional = FALSE, ...) {
  check_path(x, "x", quote(as.data.frame()))$paths
}
