# Disks that are full.

# A folder that is a disk of its own, of `size` (as mount takes it), gone when the caller ends.
local_disk <- function(size, env = parent.frame()) {
  skip_on_cran()
  skip_on_os(c("windows", "mac", "solaris"))
  folder <- withr::local_tempdir(.local_envir = env)
  mounted <- system2("mount", c("-t", "tmpfs", "-o", paste0("size=", size), "tmpfs", folder), stdout = FALSE, stderr = FALSE)
  skip_if_not(mounted == 0L, "may not mount a disk")
  withr::defer(system2("umount", folder), envir = env)
  folder
}

# Leaves `bytes` (whole blocks of them) free on a disk of local_disk().
fill_disk <- function(folder, bytes = 0) {
  filler <- file.path(folder, "filler")
  unlink(filler)
  suppressWarnings(system2("dd", c("if=/dev/zero", paste0("of=", filler), "bs=4096"), stdout = FALSE, stderr = FALSE))
  size <- file.size(filler)
  system2("truncate", c("-s", format(max(0, size - bytes), scientific = FALSE), filler))
}

file_bytes <- function(path) readBin(path, "raw", file.size(path))

# `write` must fail for the reason given, and leave the file at `path`, and its folder, as they were.
expect_refused <- function(write, path, reason, class = "backprop_error_file") {
  before <- if (file.exists(path)) file_bytes(path)
  beside <- list.files(dirname(path), all.files = TRUE)
  cnd <- expect_error(write, reason, class = class)
  expect_match(conditionMessage(cnd), basename(path), fixed = TRUE)
  expect_identical(list.files(dirname(path), all.files = TRUE), beside)
  expect_identical(if (file.exists(path)) file_bytes(path), before)
}
