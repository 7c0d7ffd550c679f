# How every file is written: whole, or not at all and with the reason.

# `content`: bytes, or a function that writes to the connection it is given and fails where a byte cannot be written.
# It goes to a temporary file beside `path`, which takes the place of the former one in one step, when all of it is
# on the disk; until then the former file is as it was. `what` is the class of the error, `hint` its last line.
write_file <- function(path, content, what = "file", hint = NULL, call) {
  force(content)
  path <- path.expand(path)
  refuse <- function(reason) stop_unwritten(path, reason, what, hint, call)
  if (!dir.exists(dirname(path))) {
    refuse(paste0("There is no folder '", dirname(path), "'"))
  }
  # Ctrl-C must not come between a file and the promise to remove it.
  suspendInterrupts({
    begun <- engine_file_begin(path_to_bytes(path))
    if (is.null(begun$error)) {
      temporary <- path_from_bytes(begun$temporary)
      on.exit(suspendInterrupts(unlink(temporary, expand = FALSE)))
    }
  })
  if (!is.null(begun$error)) {
    refuse(begun$error$message)
  }
  written <- write_content(content, temporary)
  if (!is.null(written$failure)) {
    reason <- growth_fault(temporary)
    refuse(if (is.null(reason)) written$failure else reason)
  }
  finished <- engine_file_finish(begun$temporary, begun$target, written$bytes)
  if (!is.null(finished$error)) {
    refuse(finished$error$message)
  }
}

# How many bytes went into the file at `path`, or what went wrong.
write_content <- function(content, path) {
  connection <- NULL
  close_it <- function() {
    suspendInterrupts({
      open <- connection
      connection <<- NULL
      if (!is.null(open)) close_file(open)
    })
  }
  on.exit(close_it())
  written <- tryCatch(
    {
      suspendInterrupts(connection <- suppressWarnings(base::file(path, "wb")))
      if (is.function(content)) {
        content(connection)
      } else {
        # It warns of bytes that it could not write.
        withCallingHandlers(writeBin(content, connection), warning = function(cnd) stop(conditionMessage(cnd)))
      }
      list(bytes = seek(connection))
    },
    error = function(cnd) list(failure = conditionMessage(cnd))
  )
  closed <- close_it()
  if (is.null(closed)) written else list(failure = closed)
}

# NULL, or what went wrong: the last bytes are written when a connection closes, and what fails then is a warning.
close_file <- function(connection) {
  failure <- NULL
  withCallingHandlers(close(connection), warning = function(cnd) {
    failure <<- conditionMessage(cnd)
    invokeRestart("muffleWarning")
  })
  failure
}

# Why nothing more can be written to the file at `path`, or NULL: R knows that a write failed, the system why.
growth_fault <- function(path) engine_file_probe(path_to_bytes(path))$error$message

stop_unwritten <- function(path, reason, what = "file", hint = NULL, call) {
  kept <- file.exists(path) && !dir.exists(path)
  stop_backprop(unique(c(what, "file")), c(
    "{.file {path}} could not be written.",
    x = "{reason}.",
    i = if (kept) "The file that was there is unchanged.",
    i = hint
  ), call = call)
}

# A path as the bytes that the system knows it by, and back.
path_to_bytes <- function(path) charToRaw(if (.Platform$OS.type == "windows") enc2utf8(path) else enc2native(path))

path_from_bytes <- function(bytes) {
  path <- rawToChar(bytes)
  if (.Platform$OS.type == "windows") Encoding(path) <- "UTF-8"
  path
}

# Lines of text as the bytes of a file.
text_bytes <- function(lines) charToRaw(paste0(enc2utf8(lines), "\n", collapse = ""))
