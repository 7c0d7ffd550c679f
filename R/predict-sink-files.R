# Sinks that are files: written under another name beside their place, and put there when they are whole.

# Begins the file of predictions that will be at `path`, or goes on with it. What is written goes to `part`; beside it lies `journal`, with a
# line for each chunk: rows and bytes so far, and a hash of the last row. So a torn end is known as one.
begin_part <- function(path, call) {
  refuse <- function(reason) stop_unwritten(path, reason, "sink", NULL, call)
  if (!dir.exists(dirname(path))) refuse(paste0("There is no folder '", dirname(path), "'"))
  begun <- engine_file_begin(path_to_bytes(path))
  if (!is.null(begun$error)) refuse(begun$error$message)
  target <- path_from_bytes(begun$target)
  list(
    path = path, temporary = path_from_bytes(begun$temporary), target = target, part = paste0(target, ".part"), journal = paste0(target, ".journal")
  )
}

# The empty file with the rights of the former one becomes the part.
start_part <- function(files, call) {
  unlink(files$journal, expand = FALSE)
  if (!file.rename(files$temporary, files$part)) {
    unlink(files$temporary, expand = FALSE)
    stop_unwritten(files$path, paste0("'", files$part, "' cannot be made"), "sink", NULL, call)
  }
}

finish_part <- function(files, bytes, call) {
  finished <- engine_file_finish(path_to_bytes(files$part), path_to_bytes(files$target), bytes)
  if (!is.null(finished$error)) stop_unfinished(files, finished$error$message, call)
  unlink(files$journal, expand = FALSE)
}

stop_unfinished <- function(files, reason, call) {
  stop_unwritten(files$path, reason, "sink", "What was predicted so far is kept: {.code resume = TRUE} goes on from there.", call)
}

csv_sink <- function(path, plan, resume, call) {
  files <- begin_part(path, call)
  known <- if (resume) tryCatch(read_journal(files, plan, call), error = function(cnd) {
    unlink(files$temporary, expand = FALSE)
    stop(cnd)
  })
  at <- list(rows = 0, bytes = 0, last = "")
  if (is.null(known)) start_part(files, call) else unlink(files$temporary, expand = FALSE)
  if (!is.null(known)) at <- known
  connection <- base::file(files$part, "r+b")
  close_it <- function() {
    if (is.null(connection)) {
      return(NULL)
    }
    open <- connection
    connection <<- NULL
    close_file(open)
  }
  seek(connection, at$bytes, rw = "write")
  truncate(connection)
  # Rows and their line in the journal, without an interrupt between them.
  append <- function(lines, rows) {
    bytes <- text_bytes(lines)
    suspendInterrupts({
      failure <- tryCatch(
        {
          withCallingHandlers(writeBin(bytes, connection), warning = function(cnd) stop(conditionMessage(cnd)))
          flush(connection)
          if (file.size(files$part) != at$bytes + length(bytes)) "Not all bytes were written"
        },
        error = function(cnd) conditionMessage(cnd)
      )
      if (is.null(failure)) {
        at <<- list(rows = at$rows + rows, bytes = at$bytes + length(bytes), last = rlang::hash(lines[length(lines)]))
        failure <- write_journal(files, at)
      }
    })
    if (!is.null(failure)) {
      close_it()
      stop_unfinished(files, disk_fault(files, failure), call)
    }
  }
  if (is.null(known)) {
    failure <- write_journal(files, plan$fingerprint)
    if (!is.null(failure)) {
      close_it()
      stop_unfinished(files, disk_fault(files, failure), call)
    }
    append(paste(csv_texts(plan$columns), collapse = ","), 0)
  }
  list(
    done = at$rows, matches = function(value) rlang::hash(csv_lines(value, plan)) == at$last,
    write = function(value, first_row) if (NROW(value) > 0L) append(csv_lines(value, plan), NROW(value)),
    finish = function(rows) {
      failure <- close_it()
      if (!is.null(failure)) stop_unfinished(files, failure, call)
      finish_part(files, at$bytes, call)
    },
    abandon = function() suspendInterrupts(close_it())
  )
}

# Why the disk takes no more, in the system's words where it has some. To ask it is to write; that is cut off when the file is gone on with.
disk_fault <- function(files, failure) {
  reason <- growth_fault(files$part)
  if (is.null(reason)) failure else reason
}

csv_lines <- function(value, plan) {
  columns <- lapply(prediction_table(value, plan), function(column) if (is.double(column)) shortest_numbers(column) else csv_texts(column))
  do.call(paste, c(unname(columns), list(sep = ",")))
}

csv_texts <- function(x) {
  if (!is.character(x)) {
    return(as.character(x))
  }
  quoted <- grepl("[\",\r\n]", x) | x %in% c("", "NA") | x != trimws(x)
  x[quoted & !is.na(x)] <- paste0("\"", gsub("\"", "\"\"", x[quoted & !is.na(x)], fixed = TRUE), "\"")
  x[is.na(x)] <- "NA"
  x
}

# NULL, or what went wrong. A line that ends in a semicolon is whole.
write_journal <- function(files, entry) {
  line <- if (is.list(entry)) sprintf("%.0f %.0f %s;", entry$rows, entry$bytes, entry$last) else paste0(entry, ";")
  tryCatch(
    {
      withCallingHandlers(cat(line, "\n", file = files$journal, append = TRUE, sep = ""), warning = function(cnd) stop(conditionMessage(cnd)))
      NULL
    },
    error = function(cnd) conditionMessage(cnd)
  )
}

# Where an unfinished file is gone on from; NULL where there is none.
read_journal <- function(files, plan, call) {
  if (!file.exists(files$part) || !file.exists(files$journal)) {
    return(NULL)
  }
  lines <- readLines(files$journal, warn = FALSE)
  whole <- grepl("^[0-9]+ [0-9]+ [0-9a-f]+;$", lines)
  if (length(lines) < 2L || !any(whole)) {
    return(NULL)
  }
  if (!identical(lines[1L], paste0(plan$fingerprint, ";"))) {
    refuse_resumed(call, "{.file {row}} was made by another fit, for another {.arg type}, or from other columns.", basename(files$part))
  }
  fields <- strsplit(sub(";$", "", lines[whole]), " ", fixed = TRUE)
  bytes <- as.double(vapply(fields, `[`, "", 2L))
  # After a power cut the file may be shorter than the journal says.
  last <- utils::tail(which(bytes <= file.size(files$part)), 1L)
  if (length(last) == 1L) list(rows = as.double(fields[[last]][1L]), bytes = bytes[last], last = fields[[last]][3L])
}

# A Parquet file by arrow's writer: its end says where everything is, so it cannot be gone on with.
parquet_sink <- function(path, plan, resume, call) {
  rlang::check_installed("arrow", "to write a Parquet file.", call = call)
  if (resume) {
    stop_backprop("incompatible", c(
      "A Parquet file that is not finished cannot be gone on with.",
      i = "A CSV file or a table of a database can."
    ), call = call)
  }
  files <- begin_part(path, call)
  start_part(files, call)
  stream <- writer <- NULL
  with_arrow <- function(code) {
    tryCatch(code, error = function(cnd) {
      stop_unwritten(files$path, disk_fault(files, conditionMessage(cnd)), "sink", NULL, call)
    })
  }
  write <- function(value, first_row) {
    table <- prediction_table(value, plan)
    with_arrow({
      table <- arrow::arrow_table(table)
      if (is.null(writer)) {
        stream <<- arrow::FileOutputStream$create(files$part)
        writer <<- arrow::ParquetFileWriter$create(table$schema, stream, properties = arrow::ParquetWriterProperties$create(names(table)))
      }
      if (NROW(value) > 0L) writer$WriteTable(table, chunk_size = NROW(value))
    })
  }
  list(
    done = 0, write = write,
    finish = function(rows) {
      if (is.null(writer)) write(plan$none, 1)
      with_arrow({
        writer$Close()
        stream$close()
      })
      finish_part(files, file.size(files$part), call)
    },
    abandon = function() {
      suspendInterrupts({
        if (!is.null(stream)) try(stream$close(), silent = TRUE)
        unlink(files$part, expand = FALSE)
      })
    }
  )
}
