# Runs the README's R code and holds its output against the lines that begin with #> there.
# usage: Rscript tools/dev/readme.R check    tells what differs
#        Rscript tools/dev/readme.R write    writes the lines anew, and the plot that an image shows
# A block that is followed by an image is the code that drew it.

mode <- match.arg(commandArgs(trailingOnly = TRUE), c("check", "write"))
readme <- readLines("README.md")
fences <- grep("^```", readme)
starts <- fences[readme[fences] == "```r"]
ends <- vapply(starts, function(start) min(fences[fences > start]), 0L)

# The image of the block that ends at a line, or NULL.
image_after <- function(end) {
  rest <- readme[-seq_len(end)]
  rest <- rest[nzchar(rest)]
  if (!length(rest) || !grepl("^!\\[.*\\]\\(.*\\.png\\)$", rest[[1L]])) return(NULL)
  sub("^!\\[.*\\]\\((.*)\\)$", "\\1", rest[[1L]])
}

# The code of a block with what each expression printed below it.
with_output <- function(code, envir) {
  expressions <- parse(text = code, keep.source = TRUE)
  lines <- utils::getSrcref(expressions)
  last <- 0L
  out <- character()
  for (i in seq_along(expressions)) {
    end <- as.integer(lines[[i]])[[3L]]
    out <- c(out, code[seq.int(last + 1L, end)])
    printed <- utils::capture.output({
      value <- withVisible(eval(expressions[[i]], envir))
      if (value$visible) print(value$value)
    })
    out <- c(out, sub("[ ]+$", "", paste("#>", printed, recycle0 = TRUE)))
    last <- end
  }
  c(out, code[seq_along(code) > last])
}

envir <- new.env(parent = globalenv())
blocks <- vector("list", length(starts))
for (i in seq_along(starts)) {
  shown <- readme[seq.int(starts[[i]] + 1L, length.out = ends[[i]] - starts[[i]] - 1L)]
  image <- image_after(ends[[i]])
  if (mode == "write" && !is.null(image)) {
    dir.create(dirname(image), recursive = TRUE, showWarnings = FALSE)
    grDevices::png(image, width = 1200, height = 750, res = 200)
  } else {
    grDevices::pdf(NULL)
  }
  found <- with_output(shown[!startsWith(shown, "#>")], envir)
  invisible(grDevices::dev.off())
  blocks[[i]] <- list(shown = shown, found = found)
}

same <- vapply(blocks, function(block) identical(block$shown, block$found), NA)
if (mode == "write") {
  for (i in rev(seq_along(starts))) {
    readme <- c(readme[seq_len(starts[[i]])], blocks[[i]]$found, readme[seq.int(ends[[i]], length(readme))])
  }
  writeLines(readme, "README.md")
} else {
  for (block in blocks[!same]) {
    cat("The README shows:", block$shown, "", "but its code gives:", block$found, "", sep = "\n")
  }
  cat(sprintf("README: %d blocks of code passed, %d failed\n", sum(same), sum(!same)))
  counts <- Sys.getenv("DEV_COUNTS")
  if (nzchar(counts)) cat(sum(same), sum(!same), "\n", file = counts, append = TRUE)
  quit(save = "no", status = as.integer(!length(same) || !all(same)))
}
