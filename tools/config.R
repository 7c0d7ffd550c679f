# Run by configure before anything is compiled: finds Rust, says which, and writes src/Makevars.
# It installs nothing. Base R only, since it runs before any package can be relied on.

windows <- .Platform$OS.type == "windows"

stop_configure <- function(...) {
  message(paste(c("", "------------------------ backprop ------------------------", ..., ""), collapse = "\n"))
  quit(save = "no", status = 1L)
}

required_rustc <- function() {
  requirements <- read.dcf("DESCRIPTION", fields = "SystemRequirements")[[1L]]
  sub(".*rustc \\(>= ([0-9.]+)\\).*", "\\1", gsub("\\s+", " ", requirements))
}

# Where rustup puts cargo, for an R that was not started from the user's shell.
rustup_dirs <- function() {
  home <- if (windows) Sys.getenv("USERPROFILE") else Sys.getenv("HOME")
  dirs <- c(Sys.getenv("CARGO_HOME"), file.path(home, ".cargo"))
  gsub("\\", "/", file.path(dirs[nzchar(dirs)], "bin"), fixed = TRUE)
}

version_line <- function(program, dir) {
  path <- if (nzchar(dir)) file.path(dir, program) else program
  out <- tryCatch(
    suppressWarnings(system2(path, "--version", stdout = TRUE, stderr = TRUE)),
    error = function(e) character()
  )
  c(grep(paste0("^", program, " [0-9]"), out, value = TRUE), "")[[1L]]
}

version_number <- function(line) sub("^[a-z]+ ([0-9.]+).*", "\\1", line)

is_new_enough <- function(rust) {
  nzchar(rust$cargo) && nzchar(rust$rustc) && utils::compareVersion(version_number(rust$rustc), required) >= 0L
}

# The first Rust that is new enough, else the first; NULL when there is none. `dir` is "" for the one on the PATH.
find_rust <- function() {
  program <- if (windows) "cargo.exe" else "cargo"
  dirs <- rustup_dirs()
  dirs <- c(if (nzchar(Sys.which("cargo"))) "", dirs[file.exists(file.path(dirs, program))])
  all <- lapply(dirs, function(dir) list(dir = dir, cargo = version_line("cargo", dir), rustc = version_line("rustc", dir)))
  c(Filter(is_new_enough, all), all, list(NULL))[[1L]]
}

how_to_install <- function() {
  c(
    "Ways to install it:",
    if (windows) {
      "  - run rustup-init.exe from https://rustup.rs, then: rustup target add x86_64-pc-windows-gnu"
    } else {
      c(
        "  - any system:      https://rustup.rs",
        "  - Debian 12:       apt-get install cargo-web rustc-web",
        "  - Debian 13:       apt-get install cargo rustc",
        "  - Fedora:          dnf install cargo",
        "  - macOS:           brew install rust"
      )
    }
  )
}

required <- required_rustc()
rust <- find_rust()
if (is.null(rust)) {
  stop_configure(
    sprintf("backprop is compiled with Rust (cargo, and rustc %s or newer), and cargo was not found", required),
    sprintf("on the PATH nor in %s.", paste(rustup_dirs(), collapse = " or ")),
    how_to_install()
  )
}
if (!nzchar(rust$cargo) || !nzchar(rust$rustc)) {
  stop_configure(
    sprintf("`%s --version` does not answer.", if (nzchar(rust$cargo)) "rustc" else "cargo"),
    "With rustup, `rustup default stable` chooses a toolchain.",
    how_to_install()
  )
}
# R's own checks look for these two lines before the first compilation.
message("Using ", rust$cargo)
message("Using ", rust$rustc)
if (!is_new_enough(rust)) {
  stop_configure(
    sprintf("backprop needs rustc %s or newer, and this is rustc %s.", required, version_number(rust$rustc)),
    "With rustup, `rustup update` brings the newest.",
    how_to_install()
  )
}

# The release tarball carries the source of every crate, and is built from nothing else. Without it
# (a clone), cargo uses the user's own store, and keeps what it compiled for the next build.
vendored <- file.exists("src/rust/vendor.tar.xz")
if (vendored) {
  unlink("src/rust/vendor", recursive = TRUE)
  utils::untar("src/rust/vendor.tar.xz", exdir = "src/rust", tar = "internal")
}

# What Rust calls the system that `--host=` names, in the words of autoconf: wasm32-unknown-emscripten, aarch64-linux-gnu,
# aarch64-apple-darwin20, x86_64-pc-linux-gnu. Rust has one vendor for each system, and no versions.
rust_target <- function(host) {
  parts <- strsplit(host, "-", fixed = TRUE)[[1L]]
  arch <- sub("^arm(64)?$", "aarch64", sub("^i[3-6]86$", "i686", parts[[1L]]))
  systems <- c(
    "emscripten$" = "unknown-emscripten", "apple-darwin[0-9.]*$" = "apple-darwin",
    "linux-gnu$" = "unknown-linux-gnu", "linux-musl$" = "unknown-linux-musl"
  )
  system <- systems[vapply(names(systems), grepl, logical(1), x = host)]
  if (length(parts) < 2L || length(system) != 1L) {
    stop_configure(
      sprintf("`--host=%s` is a system that backprop does not know by that name.", host),
      "Known are, with any processor in front: wasm32-unknown-emscripten, aarch64-apple-darwin,",
      "x86_64-unknown-linux-gnu and x86_64-unknown-linux-musl. Without `--host`, it is built for this machine."
    )
  }
  paste(arch, system, sep = "-")
}

# The target to compile for where it is not this machine. What is built for webR names it in `--host`, or is built by an R
# that says it of itself.
cross_target <- function(arguments) {
  typed <- paste(arguments, collapse = " ")
  host <- sub("^--host[= ]", "", regmatches(typed, regexpr("--host[= ][^ ]+", typed)))
  if (length(host) == 0L) host <- grep("emscripten", R.version$platform, value = TRUE)
  if (length(host) == 0L) return(NULL)
  target <- rust_target(host)
  rustc <- if (nzchar(rust$dir)) file.path(rust$dir, "rustc") else "rustc"
  ask <- function(...) suppressWarnings(system2(rustc, c(...), stdout = TRUE, stderr = FALSE))
  if (paste("host:", target) %in% ask("-vV")) return(NULL)
  library <- ask("--print", "target-libdir", "--target", target)
  if (length(library) != 1L || !dir.exists(library)) {
    stop_configure(
      sprintf("Rust's standard library for %s was not found, which `--host` asks for.", target),
      sprintf("With rustup, `rustup target add %s` brings it.", target)
    )
  }
  message("Compiling for ", target)
  target
}

cross <- if (!windows) cross_target(commandArgs(TRUE))
windows_target <- if (identical(R.version$arch, "aarch64")) "aarch64-pc-windows-gnullvm" else paste0(R.version$arch, "-pc-windows-gnu")

# As the shell that make runs writes it: on Windows, C:/cargo is /C/cargo there.
shell_dir <- if (windows) sub("^([A-Za-z]):", "/\\1", rust$dir) else rust$dir

# Rust's standard library brings its debugging information along, more than half of what is linked. The linker
# leaves it out, and all that nothing calls, where its words for that are known. Names of functions that are the library's
# own affair are another tenth, which goes after linking; what R CMD check reads are the others.
for_linux <- if (is.null(cross)) identical(Sys.info()[["sysname"]], "Linux") else grepl("linux", cross)
link_flags <- if (for_linux) "-Wl,--exclude-libs,ALL -Wl,--gc-sections -Wl,--strip-debug" else ""

values <- c(
  LINK_FLAGS = link_flags,
  CARGO_DIR = if (nzchar(rust$dir)) paste0(shell_dir, ":") else "",
  CARGO_ENV = if (vendored) "CARGO_HOME=.cargo-home" else "",
  VENDOR_CONFIG = if (vendored) {
    paste(
      "--config 'source.crates-io.replace-with=\"vendored\"'",
      "--config 'source.vendored.directory=\"rust/vendor\"'"
    )
  } else {
    ""
  },
  OFFLINE = if (vendored) "--offline" else "",
  AFTER_LINK = paste(c(if (for_linux && is.null(cross)) "own_names", if (vendored) "rust_clean"), collapse = " "),
  TARGET = if (windows) windows_target else "",
  BUILD_FOR = if (is.null(cross)) "" else paste("--target", cross),
  TARGET_FOLDER = if (is.null(cross)) "" else paste0("/", cross)
)

fill_in <- function(template, values) {
  text <- readLines(template)
  for (name in names(values)) {
    text <- gsub(paste0("@", name, "@"), values[[name]], text, fixed = TRUE)
  }
  sub("[ ]+$", "", text)
}

# An unchanged file keeps its date, so that make and devtools see no change either.
write_if_changed <- function(text, path) {
  if (!file.exists(path) || !identical(readLines(path), text)) writeLines(text, path)
}

makevars <- if (windows) "src/Makevars.win" else "src/Makevars"
write_if_changed(fill_in(paste0(makevars, ".in"), values), makevars)
