# Full disks and kills: whatever writes a file leaves it whole, or the former one as it was with a reason.
# usage: Rscript tools/dev/torture/disks.R [--seed=N] [--n=POINTS]
# It uses the installed package, mounts a small disk (Linux, as root), and fails when a file is broken.

library(backprop)

arguments <- commandArgs(TRUE)
argument <- function(name, default) {
  given <- grep(paste0("^--", name, "="), arguments, value = TRUE)
  if (length(given) == 0L) default else as.integer(sub(".*=", "", given[1L]))
}
seed <- argument("seed", sample.int(.Machine$integer.max, 1L))
points <- argument("n", 100L)
cat("disks: seed ", seed, "\n", sep = "")
set.seed(seed)

block <- 4096L # a tmpfs gives its room in pages
broken <- 0L

mount_disk <- function(folder, size) {
  if (system2("mount", c("-t", "tmpfs", "-o", paste0("size=", size), "tmpfs", folder)) != 0L) {
    stop("a disk could not be mounted: this needs Linux and an administrator")
  }
}

# Takes all room on the disk but so many bytes.
fill <- function(folder, free) {
  filler <- file.path(folder, "filler")
  unlink(filler)
  suppressWarnings(system2("dd", c("if=/dev/zero", paste0("of=", filler), paste0("bs=", block)), stdout = FALSE, stderr = FALSE))
  system2("truncate", c("-s", format(max(0, file.size(filler) - free), scientific = FALSE), filler))
}

bytes_of <- function(path) if (file.exists(path)) readBin(path, "raw", file.size(path))

# What has to be the same in two files of one call: a workbook has the time in it, a page a number of its own.
content_of <- function(path) {
  if (grepl("xlsx$", path)) {
    parts <- utils::unzip(path, list = TRUE)
    names <- setdiff(parts$Name, "docProps/core.xml")
    lapply(stats::setNames(names, names), function(name) {
      connection <- unz(path, name, "rb")
      on.exit(close(connection))
      readBin(connection, "raw", parts$Length[parts$Name == name])
    })
  } else if (grepl("html$", path)) {
    gsub("nn-view-[0-9]+", "", readLines(path, encoding = "UTF-8"))
  } else if (grepl("rds$", path)) {
    readRDS(path)[c("weights", "biases", "epochs_done", "optimizer_state")]
  } else {
    bytes_of(path)
  }
}

X <- matrix(stats::rnorm(80), 20)
Y <- X[, 1L] > 0
small <- nn_trace(X[1:5, ], Y[1:5], hidden = 2, seed = 1)
large <- nn_trace(X, Y, hidden = 4, iterations = 3, seed = 1)
train <- function(path, hidden) nn_train(X, Y, hidden = hidden, epochs = 1, checkpoint = list(path = path), seed = 1)

# `write` makes the file at a path; `former` the one that was there before, if any was.
writers <- list(
  "checkpoint" = list(ending = "rds", write = function(path) train(path, 2000), former = function(path) train(path, 10)),
  "csv" = list(ending = "csv", write = function(path) nn_write_trace(large, path)),
  "csv overwrite" = list(
    ending = "csv", write = function(path) nn_write_trace(large, path, overwrite = TRUE),
    former = function(path) nn_write_trace(small, path)
  ),
  "workbook" = list(
    ending = "xlsx", write = function(path) nn_write_trace(small[1:20], path, overwrite = TRUE),
    former = function(path) nn_write_trace(small[1:5], path)
  ),
  # Here the disk is where openxlsx puts a workbook together.
  "workbook's parts" = list(
    ending = "xlsx", write = function(path) nn_write_trace(small[1:20], path, overwrite = TRUE),
    former = function(path) nn_write_trace(small[1:5], path), disk = tempdir()
  ),
  "page" = list(
    ending = "html", write = function(path) nn_view(small, path, check = FALSE), former = function(path) nn_view(small[1:5], path)
  )
)

# "written", "refused", or what is wrong.
try_point <- function(writer, path, disk, free, former, expected) {
  unlink(path)
  if (file.exists(former)) file.copy(former, path)
  before <- bytes_of(path)
  beside <- setdiff(list.files(dirname(path), all.files = TRUE), basename(path))
  fill(disk, free)
  cnd <- tryCatch(
    {
      suppressMessages(writer$write(path))
      NULL
    },
    error = identity
  )
  unlink(file.path(disk, "filler"))
  left <- setdiff(list.files(dirname(path), all.files = TRUE), c(basename(path), beside, "filler"))
  if (length(left) > 0L) {
    return(paste("left behind:", paste(left, collapse = ", ")))
  }
  if (is.null(cnd)) {
    same <- tryCatch(identical(content_of(path), expected), error = function(cnd) FALSE)
    return(if (same) "written" else "success was reported of a file that is not whole")
  }
  reason <- if (disk == dirname(path)) "No space left on device" else "In the folder for temporary files"
  if (!any(grepl("^backprop_error_", class(cnd))) || !grepl(reason, conditionMessage(cnd), fixed = TRUE)) {
    return(paste0("another error: <", class(cnd)[1L], "> ", conditionMessage(cnd)))
  }
  if (identical(bytes_of(path), before)) "refused" else "the former file was harmed"
}

report <- function(what, results, good) {
  bad <- !results %in% good
  for (at in which(bad)) {
    cat("BROKEN, ", what, ", point ", at, " of seed ", seed, ": ", results[at], "\n", sep = "")
  }
  counts <- vapply(good, function(one) sum(results == one), 0L)
  cat("disks ", what, ": ", length(results), " points, ", paste(counts, good, collapse = ", "), ", ", sum(bad), " broken\n", sep = "")
  broken <<- broken + sum(bad)
}

torture <- function(what) {
  writer <- writers[[what]]
  folder <- tempfile("disk", tmpdir = "/tmp")
  dir.create(file.path(folder, "full"), recursive = TRUE)
  on.exit(unlink(folder, recursive = TRUE))
  example <- file.path(folder, paste0("example.", writer$ending))
  former <- file.path(folder, paste0("former.", writer$ending))
  suppressMessages(writer$write(example))
  if (!is.null(writer$former)) suppressMessages(writer$former(former))
  size <- file.size(example)
  if (is.null(writer$disk)) {
    disk <- file.path(folder, "full")
  } else {
    disk <- writer$disk
    # The parts, all of them once more in one file, and this copied.
    size <- sum(ceiling(utils::unzip(example, list = TRUE)$Length / block) * block) + 2 * size
  }
  expected <- content_of(example)
  mount_disk(disk, "4m")
  on.exit(system2("umount", disk), add = TRUE, after = FALSE)
  path <- file.path(folder, "full", paste0("file.", writer$ending))
  results <- vapply(seq_len(points), function(point) {
    free <- sample.int(ceiling(1.5 * size / block) + 1L, 1L) - 1L
    try_point(writer, path, disk, free * block, former, expected)
  }, "")
  report(what, results, c("refused", "written"))
}

# Processes that store checkpoints without pause, killed at random moments.
kills <- function(count) {
  folder <- tempfile("kill", tmpdir = "/tmp")
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  path <- file.path(folder, "fit.rds")
  script <- file.path(folder, "train.R")
  writeLines(c(
    sprintf(".libPaths(%s)", paste(deparse(.libPaths()), collapse = "")),
    "library(backprop)",
    sprintf("writeLines(as.character(Sys.getpid()), %s)", deparse(file.path(folder, "pid.new"))),
    sprintf("invisible(file.rename(%s, %s))", deparse(file.path(folder, "pid.new")), deparse(file.path(folder, "pid"))),
    "X <- matrix(rnorm(1000), 50)",
    sprintf("nn_train(X, X[, 1], hidden = 5000, optimizer = 'adam', epochs = 1e6, checkpoint = list(path = %s), seed = 1)", deparse(path))
  ), script)
  unfinished <- 0L
  results <- vapply(seq_len(count), function(point) {
    unlink(c(file.path(folder, "pid"), list.files(folder, "part$", full.names = TRUE)))
    started <- Sys.time()
    system2(file.path(R.home("bin"), "Rscript"), c("--vanilla", script), wait = FALSE, stdout = FALSE, stderr = FALSE)
    waits <- function() (!file.exists(file.path(folder, "pid")) || !file.exists(path)) && Sys.time() - started < 60
    while (waits()) Sys.sleep(0.01)
    if (!file.exists(path)) {
      return("no checkpoint was written in a minute")
    }
    Sys.sleep(stats::runif(1L, 0, 0.5))
    tools::pskill(as.integer(readLines(file.path(folder, "pid"))), tools::SIGKILL)
    Sys.sleep(0.1)
    unfinished <<- unfinished + (length(list.files(folder, "part$")) > 0L)
    fit <- tryCatch(readRDS(path), error = function(cnd) NULL)
    whole <- inherits(fit, "nn_fit") && all(is.finite(unlist(fit$weights))) && length(fit$history$loss) == fit$epochs_done
    if (whole) "whole" else "the checkpoint is broken"
  }, "")
  cat("disks kills: ", unfinished, " came while a file was being written\n", sep = "")
  report("kills", results, "whole")
}

for (what in names(writers)) torture(what)
kills(ceiling(points * 0.3))
quit(status = as.integer(broken > 0L))
