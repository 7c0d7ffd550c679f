old <- charToRaw("old")
new <- charToRaw("something new")

# A folder with a file.
local_file <- function(env = parent.frame()) {
  path <- file.path(withr::local_tempdir(.local_envir = env), "file.txt")
  writeBin(old, path)
  path
}

write_new <- function(path, content = new, ...) write_file(path, content, ..., call = quote(f()))

test_that("a file is replaced, and nothing is left beside it", {
  path <- local_file()
  write_new(path)
  expect_identical(file_bytes(path), new)
  write_new(path, function(connection) writeBin(raw(1e6), connection))
  expect_identical(file.size(path), 1e6)
  write_new(path, raw())
  expect_identical(file.size(path), 0)
  expect_identical(list.files(dirname(path), all.files = TRUE, no.. = TRUE), "file.txt")
})

test_that("names of any kind are written to", {
  withr::local_dir(withr::local_tempdir())
  names <- c("plain", "with space", "per%cent {brace}", "star*[a]?", "quote'\"", strrep("long", 60))
  skip_on_os("windows")
  if (l10n_info()$`UTF-8`) names <- c(names, "gr\u00fc\u00df", strrep("\u00e9", 120))
  for (name in names) {
    write_new(name)
    expect_identical(file_bytes(name), new, label = name)
  }
  expect_setequal(list.files(), names)
})

test_that("a file goes where links lead, and the links stay", {
  skip_on_os("windows")
  path <- local_file()
  folder <- dirname(path)
  dir.create(file.path(folder, "sub"))
  links <- file.path(folder, c("link", "sub/second", "sub/dangling"))
  file.symlink(c("file.txt", "../link", "nothing"), links)
  write_new(links[2L])
  expect_identical(file_bytes(path), new)
  write_new(links[3L])
  expect_identical(file_bytes(file.path(folder, "sub/nothing")), new)
  expect_identical(unname(Sys.readlink(links)), c("file.txt", "../link", "nothing"))
  file.symlink("circle", file.path(folder, "circle"))
  expect_error(write_new(file.path(folder, "circle")), "Too many symbolic links", class = "backprop_error_file")
})

test_that("a file keeps its rights", {
  skip_on_os("windows")
  path <- local_file()
  Sys.chmod(path, "640", use_umask = FALSE)
  write_new(path)
  expect_identical(format(file.mode(path)), "640")
})

test_that("a file that cannot be is refused with the reason", {
  skip_on_os("windows")
  path <- local_file()
  folder <- dirname(path)
  withr::local_dir(folder)
  dir.create("folder")
  system2("mkfifo", "pipe")
  expect_snapshot(error = TRUE, {
    write_new("folder")
    write_new("nowhere/file.txt")
    write_new("file.txt/file.txt")
    write_new("pipe")
    write_new("folder", what = "checkpoint", hint = "Give another name.")
  })
  expect_error(write_new(strrep("name", 64)), "File name too long", class = "backprop_error_file")
  expect_setequal(list.files(), c("file.txt", "folder", "pipe"))
})

test_that("a file or folder without the right to write is refused", {
  skip_on_os("windows")
  path <- local_file()
  Sys.chmod(path, "444")
  skip_if(file.access(path, 2L) == 0L, "an administrator may write anywhere")
  expect_refused(write_new(path), path, "Permission denied")
  Sys.chmod(path, "644")
  Sys.chmod(dirname(path), "555")
  withr::defer(Sys.chmod(dirname(path), "755"))
  expect_refused(write_new(path), path, "Permission denied")
})

test_that("a writer that fails leaves the former file", {
  path <- local_file()
  fails <- function(connection) {
    writeBin(raw(1e5), connection)
    stop("the cable broke")
  }
  expect_refused(write_new(path, fails), path, "the cable broke")
  fresh <- file.path(dirname(path), "fresh.txt")
  expect_refused(write_new(fresh, fails), fresh, "the cable broke")
  expect_refused(write_new(path, fails, what = "checkpoint"), path, "the cable broke", class = "backprop_error_checkpoint")
})

test_that("Ctrl-C goes on, and leaves the former file and no open connection", {
  path <- local_file()
  connections <- nrow(showConnections())
  interrupted <- function(connection) {
    writeBin(raw(1e5), connection)
    rlang::interrupt()
  }
  expect_identical(tryCatch(write_new(path, interrupted), interrupt = function(cnd) "Ctrl-C"), "Ctrl-C")
  expect_identical(file_bytes(path), old)
  expect_identical(list.files(dirname(path), all.files = TRUE, no.. = TRUE), "file.txt")
  expect_identical(nrow(showConnections()), connections)
})

test_that("bytes that are missing in the end are noticed", {
  path <- local_file()
  begun <- engine_file_begin(path_to_bytes(path))
  expect_null(begun$error)
  temporary <- path_from_bytes(begun$temporary)
  expect_identical(dirname(temporary), dirname(path))
  writeBin(raw(3), temporary)
  expect_identical(engine_file_finish(begun$temporary, begun$target, 5)$error$message, "3 of 5 bytes were written")
  expect_identical(file_bytes(path), old)
  expect_null(engine_file_finish(begun$temporary, begun$target, 3)$error)
  expect_identical(file_bytes(path), raw(3))
  expect_match(engine_file_finish(begun$temporary, begun$target, 3)$error$message, "No such file")
})

test_that("what fails only when a file is closed has failed", {
  skip_if_not(file.exists("/dev/full"), "this system has no disk that is always full")
  # Few bytes wait in memory until then.
  expect_match(write_content(new, "/dev/full")$failure, "No space left")
  expect_match(write_content(function(connection) saveRDS(1, connection), "/dev/full")$failure, "No space left")
  expect_type(write_content(raw(1e6), "/dev/full")$failure, "character")
  expect_identical(growth_fault("/dev/full"), "No space left on device")
})

test_that("on a full disk the former file stays and the reason is told", {
  folder <- local_disk("256k")
  path <- file.path(folder, "file.txt")
  writeBin(old, path)
  for (free in c(0, 4096, 65536)) {
    fill_disk(folder, free)
    expect_refused(write_new(path, raw(free + 1)), path, "No space left on device")
    expect_refused(write_new(path, function(connection) writeBin(raw(free + 1), connection)), path, "No space left on device")
  }
  # What fits is written.
  write_new(path, raw(65536))
  expect_identical(file.size(path), 65536)
})
