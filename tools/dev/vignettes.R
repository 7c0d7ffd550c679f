# What a reader of the vignettes would stumble over: code that is wider than the page, a page that asks the web for
# something, a link to a section that is not there.
# usage: Rscript tools/dev/vignettes.R              looks at the sources
#        Rscript tools/dev/vignettes.R FOLDER       at the pages that were built from them in FOLDER

# As many characters of code as a page of vignettes/vignette.css shows without scrolling.
widest <- 88L

sources <- list.files("vignettes", "[.]Rmd$", full.names = TRUE)
names(sources) <- sub("[.]Rmd$", "", basename(sources))

# Which lines of a source are within chunks, or within other blocks of code.
in_code <- function(lines) {
  fence <- grepl("^```", lines)
  cumsum(fence) %% 2L == 1L & !fence
}

# The names that pandoc gives sections.
anchors <- function(lines) {
  title <- sub("^#+ +", "", lines[!in_code(lines) & grepl("^#+ ", lines)])
  slug <- gsub("[^[:alnum:] _.-]", "", tolower(title))
  sub("^[^[:alpha:]]+", "", gsub(" +", "-", trimws(slug)))
}

captures <- function(pattern, text) {
  found <- regmatches(text, gregexpr(pattern, text, perl = TRUE))
  sub(pattern, "\\1", unlist(found), perl = TRUE)
}

source_faults <- function(name) {
  lines <- readLines(sources[[name]], encoding = "UTF-8")
  long <- which(in_code(lines) & nchar(lines) > widest)
  header <- lines[seq_len(which(lines == "---")[[2L]])]
  wanted <- c("mathjax: null", "css: vignette.css")
  absent <- wanted[!vapply(wanted, function(line) any(grepl(line, header, fixed = TRUE)), NA)]
  links <- captures("\\]\\(([^)]*[.]html(#[^)]*)?|#[^)]*)\\)", lines[!in_code(lines)])
  links <- links[!grepl("^https?:", links)]
  page <- sub("[.]html.*|#.*", "", links)
  page[!nzchar(page)] <- name
  anchor <- ifelse(grepl("#", links), sub(".*#", "", links), "")
  known <- page %in% names(sources)
  known[known] <- vapply(which(known), function(i) {
    !nzchar(anchor[[i]]) || anchor[[i]] %in% anchors(readLines(sources[[page[[i]]]], encoding = "UTF-8"))
  }, NA)
  c(
    sprintf("line %d has %d characters of code, more than %d", long, nchar(lines[long]), widest),
    sprintf("its header lacks `%s`", absent),
    sprintf("no such section: %s", links[!known])
  )
}

# Vignettes that are named anywhere and are not there.
named_faults <- function() {
  files <- c("README.md", sources, list.files("R", "[.]R$", full.names = TRUE))
  text <- unlist(lapply(files, readLines, encoding = "UTF-8"))
  named <- unique(captures("vignette\\(\"([a-z-]+)\"\\)", text))
  sprintf("there is no vignette(\"%s\")", setdiff(named, names(sources)))
}

# What a browser would ask the web for as it opens a page. Links that a reader follows are none of it.
page_faults <- function(file) {
  page <- paste(readLines(file, encoding = "UTF-8", warn = FALSE), collapse = "\n")
  page <- gsub("data:[a-z/+-]+;base64,[A-Za-z0-9+/=]+", "", page)
  tags <- captures("(<(?:script|link|img|iframe|source|video|audio|object|embed)\\b[^>]*(?:src|href|data)=\"?(?:https?:)?//[^>]*>)", page)
  within <- paste(captures("(?s)<(?:script|style)\\b[^>]*>(.*?)</(?:script|style)>", page), collapse = "\n")
  # A name space looks like an address and is never asked for.
  addresses <- grep("^https?://www[.]w3[.]org/", captures("(https?://[^\\s\"')]+)", within), value = TRUE, invert = TRUE)
  sprintf("it fetches %s", unique(substr(c(tags, addresses), 1L, 120L)))
}

folder <- commandArgs(trailingOnly = TRUE)
if (length(folder)) {
  pages <- list.files(folder, "[.]html$", full.names = TRUE)
  faults <- lapply(stats::setNames(pages, basename(pages)), page_faults)
} else {
  faults <- c(lapply(stats::setNames(nm = names(sources)), source_faults), list("all files" = named_faults()))
}
bad <- lengths(faults) > 0L
for (name in names(faults)[bad]) cat(sprintf("%s: %s\n", name, faults[[name]]), sep = "")
cat(sprintf("vignettes: %d passed, %d failed\n", sum(!bad), sum(bad)))
counts <- Sys.getenv("DEV_COUNTS")
if (nzchar(counts)) cat(sum(!bad), sum(bad), "\n", file = counts, append = TRUE)
quit(save = "no", status = as.integer(!length(faults) || any(bad)))
