# What configure makes of `--host`, with a Rust that only says what it is: nothing is compiled.

# Runs tools/config.R in a copy of what it reads. The Rust on the PATH works on x86-64 Linux and has the standard
# library of `targets`. Gives what was said and the lines of src/Makevars, or NULL where it was refused.
configure <- function(arguments = character(), targets = character(), env = parent.frame()) {
  skip_on_os("windows")
  sources <- test_path("..", "..", c("DESCRIPTION", "tools/config.R", "src/Makevars.in"))
  skip_if_not(all(file.exists(sources)), "the package's sources")
  folder <- withr::local_tempdir(.local_envir = env)
  copies <- file.path(folder, c("DESCRIPTION", "tools/config.R", "src/Makevars.in"))
  for (each in unique(dirname(copies))) dir.create(each, showWarnings = FALSE)
  file.copy(sources, copies)
  rust <- file.path(folder, "bin")
  dir.create(rust)
  dir.create(file.path(rust, "has"))
  for (target in unique(targets)) dir.create(file.path(rust, "has", target))
  answers <- c(
    "#!/bin/sh", 'case "$1" in',
    '--version) echo "$(basename "$0") 1.99.0" ;;',
    "-vV) echo 'host: x86_64-unknown-linux-gnu' ;;",
    paste0('--print) echo "', rust, '/has/$4" ;;'), "esac"
  )
  for (program in file.path(rust, c("cargo", "rustc"))) {
    writeLines(answers, program)
    Sys.chmod(program, "755")
  }
  withr::local_path(rust)
  withr::local_dir(folder)
  said <- suppressWarnings(system2(
    file.path(R.home("bin"), "Rscript"), c("--vanilla", "tools/config.R", arguments),
    stdout = TRUE, stderr = TRUE
  ))
  makevars <- if (file.exists("src/Makevars")) readLines("src/Makevars")
  list(said = said, makevars = makevars)
}

library_of <- function(configured) sub("LIBDIR = $(TARGET_DIR)", "", grep("^LIBDIR", configured$makevars, value = TRUE), fixed = TRUE)

test_that("without `--host`, and with that of this machine, cargo is not told for what to compile", {
  for (arguments in list(character(), "--host=x86_64-pc-linux-gnu", c("--build=any", "--host=x86_64-redhat-linux-gnu"))) {
    configured <- configure(arguments)
    expect_identical(library_of(configured), "/release")
    expect_false(any(grepl("--target ", configured$makevars)))
  }
})

test_that("another system is compiled for by Rust's name of it", {
  named <- c(
    "wasm32-unknown-emscripten" = "wasm32-unknown-emscripten", "aarch64-apple-darwin20" = "aarch64-apple-darwin",
    "arm64-apple-darwin" = "aarch64-apple-darwin", "x86_64-apple-darwin20.6.0" = "x86_64-apple-darwin",
    "aarch64-linux-gnu" = "aarch64-unknown-linux-gnu", "x86_64-alpine-linux-musl" = "x86_64-unknown-linux-musl"
  )
  for (host in names(named)) {
    configured <- configure(c("--build=x86_64-pc-linux-gnu", paste0("--host=", host), "ac_cv_func_getrandom=no"), named)
    expect_identical(library_of(configured), paste0("/", named[[host]], "/release"))
    expect_match(configured$makevars, paste("build --target", named[[host]], "--lib"), fixed = TRUE, all = FALSE)
  }
})

test_that("`--host` and its value may be two words", {
  configured <- configure(c("--host", "aarch64-linux-gnu"), "aarch64-unknown-linux-gnu")
  expect_identical(library_of(configured), "/aarch64-unknown-linux-gnu/release")
})

test_that("words for Linux's linker are for Linux alone, and this machine's `strip` is for what runs on it", {
  skip_on_os("mac")
  says <- function(host, start, words) {
    configured <- configure(if (!is.null(host)) paste0("--host=", host), host)
    grepl(words, grep(start, configured$makevars, value = TRUE))
  }
  expect_true(says(NULL, "^PKG_LIBS", "exclude-libs"))
  expect_true(says("aarch64-unknown-linux-gnu", "^PKG_LIBS", "exclude-libs"))
  expect_false(says("wasm32-unknown-emscripten", "^PKG_LIBS", "exclude-libs"))
  expect_true(says(NULL, "^all", "own_names"))
  expect_false(says("aarch64-unknown-linux-gnu", "^all", "own_names"))
})

test_that("a system that is not known, or whose standard library is missing, is an error that says how to mend it", {
  for (host in c("wasm32-unknown-emscripten", "sparc-sun-solaris2.10", "amiga")) {
    refused <- configure(paste0("--host=", host))
    expect_null(refused$makevars)
    expect_snapshot(cat(refused$said, sep = "\n"))
  }
})
