# Runs code in a new R process that has this package, as tested.

prelude <- function() {
  if (requireNamespace("pkgload", quietly = TRUE) && pkgload::is_dev_package("backprop")) {
    path <- pkgload::pkg_path(find.package("backprop"))
    return(sprintf("suppressMessages(pkgload::load_all(%s, quiet = TRUE, compile = FALSE))", deparse(path)))
  }
  sprintf("library(backprop, lib.loc = %s)", deparse(dirname(find.package("backprop"))))
}

start_process <- function(code, env = parent.frame()) {
  script <- withr::local_tempfile(fileext = ".R", lines = c(prelude(), code), .local_envir = env)
  output <- withr::local_tempfile(fileext = ".txt", .local_envir = env)
  file.create(output)
  list(
    # `limit`: kilobytes that the process may have, where the system knows such limits.
    run = function(wait, limit = NULL) {
      rscript <- file.path(R.home("bin"), "Rscript")
      command <- if (is.null(limit)) rscript else "sh"
      arguments <- c("--vanilla", shQuote(script))
      if (!is.null(limit)) {
        arguments <- c("-c", shQuote(sprintf("ulimit -v %.0f; exec %s", limit, paste(c(shQuote(rscript), arguments), collapse = " "))))
      }
      system2(
        command, arguments,
        stdout = output, stderr = output, wait = wait,
        env = c(paste0("R_LIBS=", paste(.libPaths(), collapse = .Platform$path.sep)), "R_TESTS=")
      )
    },
    output = function() readLines(output, warn = FALSE)
  )
}

run_process <- function(code, limit = NULL) {
  process <- start_process(code)
  status <- process$run(wait = TRUE, limit)
  list(status = status, output = process$output())
}

# Waits until a line begins with `mark`; returns it, or NULL when time is up.
wait_for <- function(process, mark, seconds = 60) {
  end <- Sys.time() + seconds
  while (Sys.time() < end) {
    found <- grep(paste0("^", mark), process$output(), value = TRUE)
    if (length(found) > 0L) {
      return(found[1L])
    }
    Sys.sleep(0.02)
  }
  NULL
}

# The process's number, of which its code says first: "pid 123".
pid_of <- function(process) as.integer(strsplit(wait_for(process, "pid"), " +")[[1L]][2L])

# Whether an interrupt gets out of `code`.
is_interrupted <- function(code) {
  tryCatch(
    {
      force(code)
      FALSE
    },
    interrupt = function(cnd) TRUE
  )
}
