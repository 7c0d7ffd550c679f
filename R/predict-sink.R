# Predictions of all rows of a reader, chunk by chunk, and where they go.

# `how`: type, offset, threads and cost as nn_predict() takes them, checked but for the offset.
predict_reader <- function(fit, reader, how, sink, resume, call) {
  reader <- check_reader(reader, "X", call)
  check_reader_offset(how$offset, call)
  told <- gather_warnings(fit)
  predict_chunk <- function(chunk, before) {
    told$during(before, {
      value <- predict_outputs(fit, chunk, "X", how$threads, call, how$offset)
      if (how$type == "response") value else decide(value, fit, how$cost)
    })
  }
  cursor <- open_reader(reader, call)
  on.exit(cursor$close())
  next_chunk <- function(before) told$during(before, cursor$next_chunk())
  chunk <- next_chunk(0)
  out <- open_sink(sink, sink_plan(fit, how, names(chunk)), reader, resume, call)
  finished <- FALSE
  on.exit(if (!finished) out$abandon(), add = TRUE)
  row <- 0
  while (!is.null(chunk)) {
    n <- nrow(chunk)
    there <- min(max(out$done - row, 0), n)
    if (there > 0 && row + there == out$done) {
      check_last_row(out, predict_chunk(pick_table_rows(chunk, there), out$done - 1), call)
    }
    if (there < n || n == 0L) {
      if (there > 0) chunk <- pick_table_rows(chunk, seq.int(there + 1, n))
      out$write(predict_chunk(chunk, row + there), row + there + 1)
    }
    row <- row + n
    chunk <- next_chunk(row)
  }
  if (row < out$done) {
    refuse_resumed(call, "{.arg X} has fewer rows ({format(row, scientific = FALSE)}) than were predicted before.", row)
  }
  value <- out$finish(row)
  finished <- TRUE
  told$tell()
  if (is.null(sink)) value else invisible(row)
}

check_sink_wanted <- function(sink, resume, call) {
  if (!is.null(sink) || !isFALSE(resume)) {
    stop_backprop("incompatible", c(
      "{.arg sink} and {.arg resume} are for the rows of a reader.", i = "{.code nn_reader(X)} makes one of a data frame."
    ), call = call)
  }
}

check_reader_offset <- function(offset, call) {
  if (!is.null(offset) && !is_one_number(offset)) {
    stop_argument(
      "offset", "one number for all rows", offset,
      hint = "An offset of each row is read where training had a column as offset.", call = call
    )
  }
}

# What a sink is to know: columns of predictions, whether they are classes, what a value without rows is, and a text that differs
# where the fit, what was asked of it or the columns of the reader do.
sink_plan <- function(fit, how, columns_read) {
  outputs <- output_names(fit)
  none <- matrix(0, 0L, count_predictions(fit), dimnames = if (!is.null(outputs)) list(NULL, outputs))
  classes <- how$type == "class"
  if (classes) none <- decide(none, fit, how$cost)
  numbers <- function(fit) unclass(fit)[c("weights", "biases", "calibration")]
  known <- list(
    numbers(fit), lapply(unclass(fit)$members, numbers), fit$inputs[c("center", "scale")], fit$outcome[c("center", "scale", "levels")],
    how[c("type", "offset", "cost")], columns_read
  )
  list(
    columns = if (classes) "class" else if (is.null(outputs)) paste0("y", seq_len(ncol(none))) else outputs,
    none = none, fingerprint = rlang::hash(known)
  )
}

# A sink, open: `done`, how many rows it has already; `matches(value)`, whether the last of them is `value`; `write(value, first_row)`;
# `finish(rows)`, after the last; `abandon()`, if there was none.
open_sink <- function(sink, plan, reader, resume, call) {
  counted <- is.function(sink) && is_one_number(resume) && is.finite(resume) && resume >= 0 && resume == floor(resume)
  if (!is_flag(resume) && !counted) {
    stop_argument("resume", "`TRUE` or `FALSE`; for a function as `sink`, the number of rows that it has", resume, call = call)
  }
  if ((is.null(sink) || is.function(sink)) && isTRUE(resume)) {
    stop_backprop("incompatible", c(
      "What was predicted before is not known: {.code resume = TRUE} needs a file or a table as {.arg sink}.",
      i = if (is.function(sink)) "Give the number of rows that the function has, {.code resume = 1000}."
    ), call = call)
  }
  if (is.null(sink)) {
    return(memory_sink(plan))
  }
  if (is.function(sink)) {
    return(function_sink(sink, as.double(resume)))
  }
  if (is_path(sink) && grepl("[.]csv$", sink, ignore.case = TRUE)) {
    return(csv_sink(path.expand(sink), plan, resume, call))
  }
  if (is_path(sink) && grepl("[.]parquet$", sink, ignore.case = TRUE)) {
    return(parquet_sink(path.expand(sink), plan, resume, call))
  }
  if (is_plain_list(sink) && setequal(names(sink), c("connection", "table")) && length(sink) == 2L) {
    return(table_sink(sink$connection, sink$table, plan, reader, resume, call))
  }
  stop_argument(
    "sink", "a file (`.csv`, `.parquet`), a table (`list(connection = , table = )`) or a function", sink, call = call
  )
}

memory_sink <- function(plan) {
  parts <- list()
  list(
    done = 0,
    write = function(value, first_row) parts[[length(parts) + 1L]] <<- value,
    finish = function(rows) {
      if (length(parts) == 0L) {
        return(plan$none)
      }
      if (is.matrix(plan$none)) do.call(rbind, parts) else unlist(parts)
    },
    abandon = function() invisible()
  )
}

function_sink <- function(sink, done) {
  list(
    done = done, matches = function(value) TRUE,
    write = function(value, first_row) if (NROW(value) > 0L) sink(value, first_row),
    finish = function(rows) invisible(), abandon = function() invisible()
  )
}

# Predictions as a plain table with the columns of the plan; classes as text.
prediction_table <- function(value, plan) {
  columns <- if (is.matrix(value)) {
    lapply(seq_len(ncol(value)), function(j) unname(value[, j]))
  } else {
    list(if (is.factor(value)) as.character(value) else value)
  }
  as_plain_table(stats::setNames(columns, plan$columns), NROW(value))
}

check_last_row <- function(out, value, call) {
  if (!out$matches(value)) {
    row <- out$done
    refuse_resumed(call, "The prediction of row {format(row, scientific = FALSE)} is another than the one that was written.", row)
  }
}

# What is there is not the beginning of what is asked for.
refuse_resumed <- function(call, reason, row = NULL) {
  stop_backprop("sink", c(
    "{.arg sink} has the predictions of another fit or of other rows: they cannot be gone on with.", x = reason,
    i = "{.code resume = FALSE} begins anew."
  ), call = call)
}
