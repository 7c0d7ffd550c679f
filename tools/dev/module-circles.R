# Tells which files of the engine need each other in a circle, by the paths that they write: `use` lines and
# paths in the code, tests left out. Fails where there is one.
#
#   Rscript tools/dev/module-circles.R [DIRECTORY]
#
# A path leads to the longest module that it begins with: what a mod.rs passes on counts as its own.

root <- c(commandArgs(TRUE), "src/rust/engine/src")[1]
# A number type names its packs, and a pack is of numbers of a type: neither can be said without the other.
allowed <- list(c("kernels/pack.rs", "kernels/scalar.rs"))

files <- sort(list.files(root, pattern = "\\.rs$", recursive = TRUE))
files <- files[!grepl("(^|/)tests(\\.rs$|/)", files)]
modules <- gsub("/", "::", sub("(^|/)(lib|mod)$", "", sub("\\.rs$", "", files)))

code_of <- function(file) {
  lines <- sub("//.*", "", readLines(file.path(root, file), encoding = "UTF-8"))
  # A file's tests are its end.
  tests <- grep("^#\\[cfg\\((all\\()?test\\b", lines)
  tests <- tests[grepl("^\\s*mod tests", lines[tests + 1])]
  if (length(tests)) lines <- lines[seq_len(tests[1] - 1)]
  # What is outside of a module within the file is the file itself.
  ends <- grep("^\\}", lines)
  for (start in grep("^(pub )?mod \\w+ \\{", lines)) {
    within <- seq(start, ends[ends > start][1])
    lines[within] <- gsub("\\bsuper::", "self::", lines[within])
  }
  paste(lines, collapse = "\n")
}

# `a::{b, c::{d, e}}` as a::b, a::c::d, a::c::e
spread <- function(tree) {
  open <- regexpr("{", tree, fixed = TRUE)
  if (open < 0) return(trimws(sub("\\s+as\\s+\\w+$", "", trimws(tree))))
  inner <- substr(tree, open + 1, nchar(sub("}[^}]*$", "", tree)))
  signs <- strsplit(inner, "")[[1]]
  depth <- cumsum((signs == "{") - (signs == "}"))
  part <- cumsum(signs == "," & depth == 0)
  parts <- vapply(split(signs, part), paste, "", collapse = "")
  parts <- trimws(sub("^,", "", parts))
  unlist(lapply(parts[nzchar(parts)], function(part) paste0(substr(tree, 1, open - 1), spread(part))))
}

paths_in <- function(code) {
  uses <- regmatches(code, gregexpr("(?<![\\w])use\\s+[^;]+;", code, perl = TRUE))[[1]]
  uses <- unlist(lapply(gsub("\\s+", " ", sub(";$", "", sub("^use\\s+", "", uses))), spread))
  code <- gsub("(?<![\\w])use\\s+[^;]+;", "", code, perl = TRUE)
  c(uses, regmatches(code, gregexpr("\\b[a-z_]\\w*(::\\w+)+", code, perl = TRUE))[[1]])
}

# The module that a path written in `module` leads to; NA for what is not the engine's.
target_of <- function(path, module) {
  steps <- strsplit(path, "::", fixed = TRUE)[[1]]
  at <- strsplit(module, "::", fixed = TRUE)[[1]]
  first <- steps[1]
  if (first == "crate") {
    at <- character()
  } else if (first == "super") {
    at <- at[-length(at)]
  } else if (first != "self" && !paste(c(at, first), collapse = "::") %in% modules) {
    return(NA_character_)
  } else if (first != "self") {
    steps <- c("self", steps)
  }
  steps <- steps[-1]
  while (length(steps) && steps[1] == "super") {
    at <- at[-length(at)]
    steps <- steps[-1]
  }
  for (known in rev(seq(0, length(steps)))) {
    candidate <- paste(c(at, steps[seq_len(known)]), collapse = "::")
    if (candidate %in% modules) return(candidate)
  }
  NA_character_
}

needs <- matrix(FALSE, length(files), length(files), dimnames = list(files, files))
for (number in seq_along(files)) {
  targets <- vapply(unique(paths_in(code_of(files[number]))), target_of, NA_character_, modules[number])
  needs[number, match(targets[!is.na(targets)], modules)] <- TRUE
}
diag(needs) <- FALSE
for (pair in allowed) if (all(pair %in% files)) needs[pair[1], pair[2]] <- FALSE

reaches <- needs
repeat {
  further <- reaches | (reaches %*% reaches > 0)
  if (identical(further, reaches)) break
  reaches <- further
}
circular <- files[diag(reaches)]
for (file in circular) {
  cat(file, "needs", paste(files[needs[file, ] & reaches[, file]], collapse = ", "), "\n")
}
if (length(circular)) {
  cat(length(circular), "files of the engine need each other in circles\n")
  quit(status = 1)
}
cat(length(files), "files of the engine, and no circle among them\n")
