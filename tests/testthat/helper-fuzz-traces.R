# Random calls: traces, and what is asked of them.

draw_trace <- function(env) {
  problem <- draw_problem(chance(0.8))
  settings <- draw_settings(problem, "right")
  settings[c("callback", "checkpoint", "progress", "epochs", "restarts")] <- NULL
  # What is shown and written of many units takes long and is no other.
  if (identical(settings$hidden, 17)) settings$hidden <- 4
  first <- if (chance(0.3)) list(trained(env)$fit) else problem$first
  call <- as_fuzz_call(quote(nn_trace), c(first, if (length(first) > 1L) settings, list(iterations = draw_one(1, 1, 2))), env)
  seen <- observe(call, env)
  faults <- judge(seen, list(holds = faults_of_trace, formula = problem$first$formula, may_draw = TRUE))
  if (length(faults) > 0L) stop_finding("nn_trace", faults, call)
  if (is.null(seen$value)) nn_trace(matrix(1:4 / 4, 2), c(0, 1), hidden = 2, iterations = 2, seed = 1) else seen$value
}

faults_of_trace <- function(value) {
  if (!inherits(value, "nn_trace")) {
    return("is no trace")
  }
  steps <- as.list(value)
  c(
    if (length(steps) == 0L) "has no steps",
    if (!all(vapply(steps, function(step) is.matrix(step$result) && !is.null(rownames(step$result)) && !is.null(colnames(step$result)), NA))) "has results without names",
    if (chance(0.1)) faults_of_text(value)
  )
}

target_of_tracing <- function() {
  env <- fuzz_env()
  problem <- draw_problem(chance(0.5))
  how <- draw_how()
  settings <- draw_settings(problem, how, share = 0.3)
  settings <- settings[!names(settings) %in% c("checkpoint", "progress", "epochs", "callback", "restarts")]
  more <- bounded(draw_arguments(list(iterations = function(near) if (near) draw_one(0, NA, 1.5, "1", 1e9) else draw_one(1, 2)), how, "iterations"))
  if (how == "near" && chance(0.3)) more <- c(more, draw_one(list(epochs = 3), list(restarts = 2), list(zzz = 1)))
  methods <- c(matrix = "nn_trace.default", sparse = "nn_trace.default", data.frame = "nn_trace.default", formula = "nn_trace.formula")
  draw <- fuzz_draw(c("nn_trace", methods[[problem$interface]]), quote(nn_trace), c(problem$first, settings, more), env, faults_of_trace, may_draw = TRUE)
  draw$formula <- problem$first$formula
  draw
}

# What is asked of a trace; `kinds`, of its arguments.
asks_a_trace <- function(target, head, holds, kinds = list(), needed = character()) {
  function() {
    env <- fuzz_env()
    trace <- draw_trace(env)
    arguments <- draw_arguments(if (is.function(kinds)) kinds(trace) else kinds, draw_how(), needed)
    draw <- fuzz_draw(target, head, c(list(trace), arguments), env)
    draw$holds <- function(value) holds(value, trace, arguments)
    draw
  }
}

trace_places <- function(trace) {
  keys <- vapply(as.list(trace), function(step) step$key, "")
  function(near) if (near) draw_one(0, length(keys) + 1, -1, 1.5, NA, "zzz", NA_character_, list(1), c(1, 99), 1:2, keys[1:2]) else draw_one(1, length(keys), draw_from(keys))
}

limit_kinds <- list(rows = a_count, columns = a_count, digits = a_count)

targets_of_traces <- function() {
  itself <- function(value, trace, arguments) if (!is.object(value)) "does not return what it prints"
  list(
    nn_trace_fit = asks_by_inputs(c("nn_trace", "nn_trace.nn_fit"), quote(nn_trace), function(value, known, arguments) faults_of_trace(value), list(
      iterations = function(near) if (near) draw_one(0, NA, 1.5) else 2, hidden = function(near) if (near) 9 else NULL, lr = or_null(a_positive)
    )),
    print = asks_a_trace("print.nn_trace", quote(print), itself, c(limit_kinds, list(iterations = a_count))),
    print_step = asks_a_trace("print.nn_trace_step", quote(print_a_step), itself, c(limit_kinds, list(cell = function(near) if (near) draw_one(0, c(0, 1), c(99, 99), NA, "a") else c(1, 1)))),
    length = asks_a_trace("length.nn_trace", quote(length), function(value, trace, arguments) faults_of_numbers(value, 1L)),
    as.list = asks_a_trace("as.list.nn_trace", quote(as.list), function(value, trace, arguments) if (!is.list(value) || length(value) != length(trace)) "is no list of the steps"),
    part = asks_a_trace("[.nn_trace", quote(`[`), function(value, trace, arguments) faults_of_text(value), function(trace) list(i = trace_places(trace)), "i"),
    step = asks_a_trace("[[.nn_trace", quote(`[[`), function(value, trace, arguments) if (is.object(value)) faults_of_text(value), function(trace) {
      list(i = trace_places(trace), iteration = or_null(a_count), phase = or_null(a_choice_of(c("start", "forward", "backward", "update"))), exact = a_flag)
    }, "i"),
    summary = asks_a_trace(c("summary.nn_trace", "print.summary.nn_trace"), quote(summary), function(value, trace, arguments) faults_of_text(value)),
    print_summary = asks_a_trace("print.summary.nn_trace", quote(print_of_summary), itself, limit_kinds),
    as.data.frame = asks_a_trace("as.data.frame.nn_trace", quote(as.data.frame), function(value, trace, arguments) {
      cells <- sum(vapply(as.list(trace), function(step) length(step$result), 0L))
      if (!is.data.frame(value) || nrow(value) != cells) "is no table of all cells"
    }, list(row.names = or_null(anything), optional = a_flag)),
    nn_check_gradient = asks_a_trace(c("nn_check_gradient", "nn_check_gradient.nn_trace"), quote(nn_check_gradient), holds_of_check, list(tolerance = a_positive))
  )
}

# What takes a trace to a file or a page, and longer than the others.
targets_of_pages <- function() {
  written <- function(value, trace, arguments) {
    on.exit(unlink(value))
    if (!file.exists(value) || file.size(value) == 0) "wrote nothing"
  }
  file <- function(ending) function(near) if (near) draw_one(file.path(tempdir(), "x.txt"), "", NA, file.path(tempdir(), "no", paste0("a", ending)), tempdir(), c("a.csv", "b.csv")) else tempfile(fileext = ending)
  list(
    nn_view = asks_a_trace("nn_view", quote(nn_view), function(value, trace, arguments) {
      if (is.character(value)) written(value) else if (!inherits(value, "shiny.tag.list")) "is no page"
    }, c(limit_kinds, list(file = or_null(file(".html")), iterations = a_count, check = a_flag, blank = a_flag, answers = a_flag))),
    nn_write_trace = asks_a_trace("nn_write_trace", quote(nn_write_trace), written, list(
      file = function(near) file(if (chance(0.1)) ".xlsx" else ".csv")(near), overwrite = a_flag, blank = a_flag
    ), "file"),
    knit_print = asks_a_trace("knit_print.nn_trace", quote(knit_as_page), function(value, trace, arguments) if (!nzchar(paste(value, collapse = ""))) "is empty")
  )
}

print_a_step <- function(trace, ...) print(trace[[1L]], ...)

# As inside a document that becomes a page.
knit_as_page <- function(trace) {
  kept <- knitr::opts_knit$get("rmarkdown.pandoc.to")
  on.exit(knitr::opts_knit$set(rmarkdown.pandoc.to = kept))
  knitr::opts_knit$set(rmarkdown.pandoc.to = "html")
  knitr::knit_print(trace)
}
