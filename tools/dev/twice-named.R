# Tells which names the R code of the package defines twice: the file that sorts last would silently win. Fails where there is one.
#
#   Rscript tools/dev/twice-named.R [DIRECTORY]

root <- c(commandArgs(TRUE), "R")[1]
files <- list.files(root, pattern = "\\.R$", full.names = TRUE)
named_in <- function(file) {
  defined <- Filter(function(call) is.call(call) && identical(call[[1]], quote(`<-`)) && is.name(call[[2]]), as.list(parse(file, keep.source = FALSE)))
  vapply(defined, function(call) as.character(call[[2]]), "")
}
names <- lapply(files, named_in)
twice <- unique(unlist(names)[duplicated(unlist(names))])
for (name in twice) cat(name, "is defined in", basename(files[vapply(names, function(of) name %in% of, NA)]), "\n")
cat(length(unlist(names)), "names of", length(files), "files,", length(twice), "of them defined twice\n")
if (length(twice) > 0) quit(status = 1)
