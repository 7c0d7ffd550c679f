# Prints codemeta.json, what catalogues of software read, made of DESCRIPTION: Rscript tools/dev/codemeta.R DESCRIPTION
description <- read.dcf(commandArgs(TRUE)[1L])[1L, ]
squeezed <- function(field) gsub("\\s+", " ", description[[field]])

# A dependency as a piece of software of its own, with the version that it has to have.
software <- function(text) {
  parts <- regmatches(text, regexec("^([A-Za-z0-9.]+)( \\(>= ([0-9.]+)\\))?$", text))[[1L]]
  about <- list(`@type` = "SoftwareApplication", identifier = parts[[2L]], name = parts[[2L]])
  if (nzchar(parts[[4L]])) about$version <- paste(">=", parts[[4L]])
  about
}
dependencies <- function(fields) {
  fields <- intersect(fields, names(description))
  texts <- unlist(strsplit(vapply(fields, squeezed, ""), ","), use.names = FALSE)
  lapply(trimws(texts), software)
}

# The package's authors are a team, and its address is no real one.
authors <- eval(parse(text = description[["Authors@R"]]))
team <- list(`@type` = "Organization", name = paste(c(authors[1L]$given, authors[1L]$family), collapse = " "))

about <- list(
  `@context` = "https://doi.org/10.5063/schema/codemeta-2.0",
  `@type` = "SoftwareSourceCode",
  identifier = description[["Package"]],
  name = paste0(description[["Package"]], ": ", squeezed("Title")),
  description = squeezed("Description"),
  license = "https://spdx.org/licenses/MIT",
  version = description[["Version"]],
  programmingLanguage = list(
    list(`@type` = "ComputerLanguage", name = "R"),
    list(`@type` = "ComputerLanguage", name = "Rust")
  ),
  author = list(team),
  softwareRequirements = dependencies(c("Depends", "Imports")),
  softwareSuggestions = dependencies("Suggests")
)
cat(jsonlite::toJSON(about, auto_unbox = TRUE, pretty = TRUE), "\n", sep = "")
